# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which regions there are, and how calls are made in one: real botocore clients behind botocore's own stubber."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore
import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, RegionError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import (
    MINIMUM_BOTOCORE,
    Once,
    Region,
    Scope,
    _by_token,
    open_regions,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.secrets import Secrets
from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, PaginationError, UnknownServiceError
from botocore.stub import Stubber
from moto.core.botocore_stubber import MockRawResponse

ROOT = Path(__file__).resolve().parents[4]
NAME_A_MINIMUM = (
    "README.md",
    "meta/ee-requirements.txt",
    "plugins/doc_fragments/resource.py",
    "plugins/doc_fragments/sweep.py",
    "requirements.txt",
)
HOME, OTHER = "123456789012", "210987654321"
REGIONS = [
    {"RegionName": "eu-west-1", "OptInStatus": "opt-in-not-required"},
    {"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"},
    {"RegionName": "eu-south-2", "OptInStatus": "opted-in"},
    {"RegionName": "me-south-1", "OptInStatus": "not-opted-in"},
]


class StubbedAccount:
    """An account whose clients answer what they were told to."""

    partition = "aws"
    home_region = own_region = "eu-west-1"

    def __init__(self, session: boto3.session.Session, account_id: str = HOME) -> None:
        self.id = account_id
        self.secrets = Secrets()
        self._session = session
        self._clients: dict[str, Any] = {}
        self._stubbers: list[Stubber] = []

    def client(self, service: str, region: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, region_name=region)
        return self._clients[service]

    def stub(self, service: str) -> Stubber:
        stubber = Stubber(self.client(service, self.home_region))
        stubber.activate()
        self._stubbers.append(stubber)
        return stubber

    def offered_regions(self) -> list[str]:
        return ["eu-west-1", "us-east-1", "ap-east-1"]

    def all_asked(self) -> bool:
        for stubber in self._stubbers:
            stubber.assert_no_pending_responses()
        return True


@pytest.fixture
def account(session) -> Iterator[StubbedAccount]:
    made = StubbedAccount(session)
    yield made
    assert made.all_asked()


@pytest.fixture
def region(account) -> Region:
    return Region(account, "eu-west-1")


def listed(account: StubbedAccount) -> StubbedAccount:
    account.stub("ec2").add_response("describe_regions", {"Regions": REGIONS}, {"AllRegions": True})
    return account


def denied(account: StubbedAccount) -> StubbedAccount:
    account.stub("ec2").add_client_error("describe_regions", "UnauthorizedOperation", "You may not.", 403)
    return account


def names(regions: list[Region]) -> list[tuple[str, str]]:
    return [(region.scope.account_id, region.scope.region) for region in regions]


@pytest.mark.parametrize(
    ("requested", "opened"),
    [
        (["all"], ["eu-west-1", "us-east-1", "eu-south-2"]),
        (["us-east-1", "all"], ["eu-west-1", "us-east-1", "eu-south-2"]),
        ([], ["eu-west-1"]),
        (["eu-south-2", "us-east-1"], ["eu-south-2", "us-east-1"]),
        (["us-east-1", "us-east-1"], ["us-east-1"]),
    ],
)
def test_regions_are_those_asked_for_and_enabled(account, requested, opened):
    regions, errors = open_regions([listed(account)], requested)
    assert (names(regions), errors) == ([(HOME, name) for name in opened], [])


@pytest.mark.parametrize(
    ("requested", "words"),
    [
        (["us-east-1", "eu-wset-1"], "no AWS region 'eu-wset-1'. Did you mean eu-west-1"),
        (["EU-WEST-1"], "no AWS region 'EU-WEST-1'"),
        (["moon"], "no AWS region 'moon'.$"),
        (["<b>\n"], "no AWS region '<b>\\\\n'"),
        (["me-south-1"], f"me-south-1 is not enabled in account {HOME}"),
    ],
)
def test_a_region_that_does_not_exist_or_is_not_enabled_ends_the_run(account, requested, words):
    with pytest.raises(SweepError, match=words):
        open_regions([listed(account)], requested)


def test_regions_by_name_need_no_permission_to_list_them(account):
    regions, errors = open_regions([denied(account)], ["us-east-1", "ap-east-1"])
    assert (names(regions), errors) == ([(HOME, "us-east-1"), (HOME, "ap-east-1")], [])


def test_without_that_permission_a_misspelt_region_is_still_refused(account):
    with pytest.raises(SweepError, match="Did you mean us-east-1"):
        open_regions([denied(account)], ["us-esat-1"])


def test_without_that_permission_all_is_refused_with_the_way_out(account):
    with pytest.raises(SweepError, match=r"UnauthorizedOperation: You may not\..*name them in `regions`"):
        open_regions([denied(account)], ["all"])


def test_an_account_that_may_not_list_its_regions_costs_only_itself(session, account):
    closed = denied(StubbedAccount(session, OTHER))
    regions, errors = open_regions([closed, listed(account)], ["all"])
    assert names(regions) == [(HOME, name) for name in ("eu-west-1", "us-east-1", "eu-south-2")]
    assert errors == [
        RegionError(OTHER, "eu-west-1", "ec2", "DescribeRegions", "UnauthorizedOperation", "You may not.")
    ]


def test_every_account_has_its_own_regions(session, account):
    second = StubbedAccount(session, OTHER)
    second.stub("ec2").add_response("describe_regions", {"Regions": REGIONS[:1]})
    regions, _errors = open_regions([listed(account), second], ["all"])
    assert names(regions)[-2:] == [(HOME, "eu-south-2"), (OTHER, "eu-west-1")]


def test_an_arn_is_of_the_scopes_partition():
    scope = Scope(HOME, "cn-north-1", "aws-cn")
    assert scope.arn("ec2", "volume/vol-1") == f"arn:aws-cn:ec2:cn-north-1:{HOME}:volume/vol-1"


def test_pages_are_asked_for_in_the_largest_size(account, region):
    stub = account.stub("ec2")
    stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}], "NextToken": "t"}, {"MaxResults": 500})
    second = {"MaxResults": 500, "NextToken": "t"}
    stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-2"}]}, second)
    pages = list(region.pages("ec2", "describe_volumes", "Volumes"))
    assert pages == [[{"VolumeId": "vol-1"}], [{"VolumeId": "vol-2"}]]


def test_a_page_may_lack_its_list(account, region):
    account.stub("ec2").add_response("describe_volumes", {})
    assert list(region.pages("ec2", "describe_volumes", "Volumes")) == [[]]


def test_a_list_without_a_paginator_follows_its_token(account, region):
    stub = account.stub("ec2")
    locks = [{"SnapshotId": "snap-1"}, {"SnapshotId": "snap-2"}]
    stub.add_response("describe_locked_snapshots", {"Snapshots": locks[:1], "NextToken": "t"}, {"MaxResults": 1000})
    second = {"MaxResults": 1000, "NextToken": "t"}
    stub.add_response("describe_locked_snapshots", {"Snapshots": locks[1:], "NextToken": ""}, second)
    assert region.listing("ec2", "describe_locked_snapshots", "Snapshots") == locks


def test_a_list_whose_token_is_spelt_small_is_followed_too(account, region):
    stub = account.stub("logs")
    kind = {"policyType": "RETENTION_POLICY"}
    policies = [{"policyName": "a"}, {"policyName": "b"}]
    stub.add_response("describe_account_policies", {"accountPolicies": policies[:1], "nextToken": "t"}, kind)
    stub.add_response("describe_account_policies", {"accountPolicies": policies[1:]}, {**kind, "nextToken": "t"})
    assert region.listing("logs", "describe_account_policies", "accountPolicies", **kind) == policies


def test_the_same_list_is_fetched_once_and_another_on_its_own(account, region):
    stub = account.stub("elbv2")
    for arn in ("arn:a", "arn:b"):
        answer = {"Listeners": [{"LoadBalancerArn": arn}]}
        stub.add_response("describe_listeners", answer, {"LoadBalancerArn": arn})
    asked = ["arn:a", "arn:b", "arn:a", "arn:a", "arn:b"]
    answers = [region.listing("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn) for arn in asked]
    assert [answer[0]["LoadBalancerArn"] for answer in answers] == asked


def test_a_list_that_is_refused_is_refused_to_all_who_ask_and_asked_for_once(account, region):
    account.stub("ec2").add_client_error("describe_volumes", "UnauthorizedOperation", "no")
    for _guard in range(3):
        with pytest.raises(CallError, match="UnauthorizedOperation"):
            region.listing("ec2", "describe_volumes", "Volumes")


def refused(region: Region, *call: str, **parameters: Any) -> tuple[str, str, str]:
    with pytest.raises(CallError) as caught:
        region.call(*call, **parameters)
    return caught.value.service, caught.value.operation, caught.value.code


def test_an_error_names_service_operation_and_code(account, region):
    account.stub("ec2").add_client_error("delete_volume", "VolumeInUse", "attached")
    assert refused(region, "ec2", "delete_volume", VolumeId="vol-1") == ("ec2", "DeleteVolume", "VolumeInUse")


def test_an_error_of_a_later_page_is_named_too(account, region):
    stub = account.stub("ec2")
    stub.add_response("describe_volumes", {"Volumes": [{"VolumeId": "vol-1"}], "NextToken": "t"})
    stub.add_client_error("describe_volumes", "InternalError", "sorry")
    pages = region.pages("ec2", "describe_volumes", "Volumes")
    assert next(pages) == [{"VolumeId": "vol-1"}]
    with pytest.raises(CallError, match="ec2:DescribeVolumes answered InternalError: sorry"):
        next(pages)


def test_an_error_of_a_list_without_a_paginator_is_named_too(account, region):
    account.stub("ec2").add_client_error("describe_locked_snapshots", "UnsupportedOperation", "not here")
    with pytest.raises(CallError, match="ec2:DescribeLockedSnapshots answered UnsupportedOperation"):
        region.listing("ec2", "describe_locked_snapshots", "Snapshots")


def test_what_botocore_refuses_to_send_is_named(region):
    assert refused(region, "ec2", "delete_volume", VolumeId=7) == ("ec2", "DeleteVolume", "ParamValidationError")


def test_an_endpoint_that_cannot_be_reached_is_named(account, region):
    def unreachable(**_event: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://aws.invalid")

    account.client("sts", "eu-west-1").meta.events.register("before-call", unreachable)
    assert refused(region, "sts", "get_caller_identity") == ("sts", "GetCallerIdentity", "EndpointConnectionError")


def test_an_answer_that_is_not_aws_is_named(account, region):
    def portal(**_event: Any) -> AWSResponse:
        return AWSResponse("https://aws.invalid", 200, {}, MockRawResponse("<html><br>Please log in"))

    account.client("sts", "eu-west-1").meta.events.register("before-send", portal)
    assert refused(region, "sts", "get_caller_identity") == ("sts", "GetCallerIdentity", "ResponseParserError")


def test_a_service_that_botocore_does_not_know_is_named(region):
    assert refused(region, "ec3", "delete_volume") == ("ec3", "CreateClient", UnknownServiceError.__name__)


def test_an_operation_that_botocore_does_not_know_is_named_with_the_version_that_does(region):
    operation = "describe_what_is_yet_to_come"
    for ask in (region.call, lambda *call: list(region.pages(*call, "Rows")), lambda *call: region.listing(*call, "R")):
        with pytest.raises(CallError, match=f"botocore {botocore.__version__} doesn't .* 1.41.3 or newer") as told:
            ask("ec2", operation)
        assert (told.value.operation, told.value.code) == (operation, "UnknownOperationError")
        # nothing is known of what it would have listed: it must not pass for a list that is empty here
        assert not told.value.unsupported


@pytest.mark.parametrize(
    ("shape", "member", "known"),
    [
        ("LogGroup", "retentionInDays", True),
        ("LogGroup", "deletionProtectionEnabled", True),
        ("LogGroup", "whatIsYetToCome", False),
        ("WhatIsYetToCome", "name", False),
    ],
)
def test_a_member_that_botocore_drops_from_answers_is_known_to_be_unknown(region, shape, member, known):
    assert region.knows("logs", shape, member) is known


def test_every_page_that_names_a_minimum_of_botocore_names_the_same():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in NAME_A_MINIMUM]
    named = [re.findall(r"(?:boto3|botocore)\W* ?>= ?([\d.]+)", text) for text in texts]
    assert named == [[MINIMUM_BOTOCORE, MINIMUM_BOTOCORE]] * len(NAME_A_MINIMUM)


@pytest.mark.parametrize("statuses", [["available"], ["creating", "available"]])
def test_a_waiter_is_waited_for(account, region, statuses):
    stub = account.stub("rds")
    for status in statuses:
        row = {"DBInstanceIdentifier": "orders", "DBInstanceStatus": status}
        stub.add_response("describe_db_instances", {"DBInstances": [row]}, {"DBInstanceIdentifier": "orders"})
    region.wait("rds", "db_instance_available", 5, DBInstanceIdentifier="orders")


def test_a_waiter_that_is_not_content_in_time_is_a_named_error(account, region):
    row = {"DBInstanceIdentifier": "orders", "DBInstanceStatus": "modifying"}
    account.stub("rds").add_response("describe_db_instances", {"DBInstances": [row]})
    with pytest.raises(CallError, match=r"rds:db_instance_available answered WaiterError: .*Max attempts exceeded"):
        region.wait("rds", "db_instance_available", 0, DBInstanceIdentifier="orders")


def test_another_region_of_the_same_account_can_be_reached(account, region):
    assert region.elsewhere("us-east-1").scope == Scope(HOME, "us-east-1")


def test_callers_at_the_same_time_wait_for_one_answer():
    once, together, made = Once(), threading.Barrier(8), []

    def ask(_caller: int) -> object:
        together.wait(timeout=10)
        return once.get("key", lambda: made.append(1) or object())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert len({id(answer) for answer in answers}) == 1


def test_callers_who_wait_for_an_answer_that_fails_all_get_the_error():
    once, asked, failing = Once(), threading.Barrier(4), threading.Event()
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        assert failing.wait(timeout=10)
        raise CallError("ec2", "DescribeImages", "UnauthorizedOperation", "no")

    def ask(_caller: int) -> str:
        asked.wait(timeout=10)
        with pytest.raises(CallError) as caught:
            once.get("key", fail)
        return caught.value.code

    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(ask, range(4))
        failing.set()
        assert list(answers) == ["UnauthorizedOperation"] * 4
    assert calls == [1]


def test_one_list_may_be_made_from_another():
    once = Once()
    assert once.get("names", lambda: [f"{number}!" for number in once.get("numbers", lambda: [1, 2])]) == ["1!", "2!"]


def test_nothing_found_is_an_answer_too():
    once, answers = Once(), iter([None, "asked again"])
    assert [once.get("key", lambda: next(answers)) for _caller in range(2)] == [None, None]


def test_a_list_whose_token_repeats_ends_in_an_error_and_not_never():
    asked: list[Any] = []

    def method(**request: Any) -> dict[str, Any]:
        asked.append(request)
        return {"Rows": [], "NextToken": "again"}

    with pytest.raises(PaginationError, match="same next token was received twice"):
        list(_by_token(method, None, {}))
    assert asked == [{}, {"NextToken": "again"}]
