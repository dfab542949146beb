# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the connection, faults by chance, EC2's shared token buckets, and more snapshots than memory holds."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ConnectionError, ReadTimeoutError

REGION = "eu-west-1"


def impatient(account: Any, service: str = "ec2", seconds: float = 10) -> Any:
    """A client that tries once."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=seconds)
    keys = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}
    return boto3.client(service, region_name=REGION, endpoint_url=account.url, config=config, **keys)


def outcomes(call: Any, times: int) -> list[str]:
    found = []
    for _call in range(times):
        try:
            call()
            found.append("ok")
        except ClientError as error:
            found.append(error.response["Error"]["Code"])
    return found


def test_a_reset_connection_has_done_nothing_and_a_lost_answer_has(account: Any) -> None:
    ec2 = impatient(account)
    for kind, volumes in (("reset", 0), ("lost", 1)):
        account.faults.clear()
        account.faults.add(kind, operation="CreateVolume")
        with pytest.raises((ConnectionClosedError, ConnectionError)):
            ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")
        assert len(ec2.describe_volumes()["Volumes"]) == volumes


def test_silence_lasts_until_the_caller_gives_up(account: Any) -> None:
    account.faults.add("silent", operation="DescribeVolumes", times=1)
    with pytest.raises(ReadTimeoutError):
        impatient(account, seconds=1).describe_volumes()
    assert impatient(account).describe_volumes()["Volumes"] == []


def test_a_slow_answer_is_an_answer(account: Any) -> None:
    account.faults.add("slow", seconds=0.4)
    started = time.monotonic()
    assert impatient(account).describe_volumes()["Volumes"] == []
    assert time.monotonic() - started >= 0.4


def test_a_share_of_the_calls_fails_the_same_ones_each_time(account: Any) -> None:
    ec2 = impatient(account)
    seen = []
    for _time in range(2):
        account.faults.clear()
        account.faults.server_error(share=0.2)
        seen.append(outcomes(ec2.describe_volumes, 100))
    assert seen[0] == seen[1]
    assert 10 <= seen[0].count("InternalError") <= 30


def test_ec2_grants_reads_and_changes_from_two_buckets_a_region(account: Any) -> None:
    account.faults.throttle_as_ec2()
    ec2 = impatient(account)

    def change(number: int) -> Any:
        # all that changes things draws on one bucket
        one = {"Resources": ["vol-0"], "Tags": [{"Key": "a", "Value": "b"}]}
        return ec2.create_tags(**one) if number % 2 else ec2.delete_tags(Resources=["vol-0"])

    numbers = iter(range(1000))
    changed = outcomes(lambda: change(next(numbers)), 60)
    assert changed.index("RequestLimitExceeded") >= 50
    assert 50 <= sum(code != "RequestLimitExceeded" for code in changed) < 60
    assert outcomes(ec2.describe_volumes, 40) == ["ok"] * 40
    logs = impatient(account, "logs")
    assert outcomes(logs.describe_log_groups, 40) == ["ok"] * 40, "another service has buckets of its own"


def test_an_unknown_kind_of_fault_is_refused(account: Any) -> None:
    with pytest.raises(ValueError, match="unknown kind of fault 'sulk'"):
        account.faults.add("sulk")


def test_snapshots_that_are_made_as_they_are_asked_for_are_the_same_each_time(account: Any) -> None:
    account.reset("snapshots-2500")
    ec2 = account.client("ec2", REGION)
    answers = ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], PaginationConfig={"PageSize": 1000})
    pages = [answer["Snapshots"] for answer in answers]
    assert [len(page) for page in pages] == [1000, 1000, 500]
    ids = [snapshot["SnapshotId"] for page in pages for snapshot in page]
    assert len(set(ids)) == 2500
    assert ec2.describe_snapshots(SnapshotIds=[ids[1234]])["Snapshots"] == [pages[1][234]]
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
        ec2.describe_snapshots(SnapshotIds=["snap-fffffffffffffffff"])
    assert account.client("ec2", "us-east-1").describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_an_uneven_account_has_a_fifth_of_it_in_one_region(account: Any) -> None:
    account.reset("M-uneven")
    regions = [row["region"] for row in account.manifest]
    assert 0.18 < regions.count("us-east-1") / len(regions) < 0.22
    assert len(set(regions)) == 17
