# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pacing on a fake clock, and retries on a real botocore client whose wire is cut off."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep import pacing
from ansible_collections.sysops.aws.plugins.module_utils.sweep.account import Connection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.pacing import ONCE, RATES, Calls, Pacer, Rate, rate_class
from botocore.awsrequest import AWSResponse
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from moto.core.botocore_stubber import MockRawResponse

URL = "https://aws.invalid"
UNPUBLISHED = {"cloudwatch-logs", "rds", "rds.Describe"}
PUBLISHED = {name: rate for name, rate in RATES.items() if name not in UNPUBLISHED}


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def paced(rate: Rate, clock: Clock) -> Pacer:
    return Pacer(rate, clock=clock, sleep=clock.sleep)


def wait(pacer: Pacer, clock: Clock, times: int = 1) -> list[float]:
    """How long each call had to wait."""
    waits = []
    for _call in range(times):
        before = clock.now
        pacer.wait()
        waits.append(clock.now - before)
    return waits


def test_a_burst_goes_at_once_and_the_rest_at_the_rate(clock):
    pacer = paced(Rate.published(3, 2), clock)
    assert wait(pacer, clock, 6) == pytest.approx([0, 0, 0, 0.5, 0.5, 0.5])


def test_an_idle_pacer_saves_up_no_more_than_a_burst(clock):
    pacer = paced(Rate.published(3, 2), clock)
    wait(pacer, clock, 5)
    clock.sleep(3600)
    assert wait(pacer, clock, 4) == pytest.approx([0, 0, 0, 0.5])


def test_callers_that_wait_together_get_turns_one_after_another(clock):
    sleeps: list[float] = []
    # nobody's sleep lets time pass: all of them came at the same moment
    pacer = Pacer(Rate.published(1, 2), clock=clock, sleep=sleeps.append)
    for _caller in range(4):
        pacer.wait()
    assert sleeps == pytest.approx([0.5, 1.0, 1.5])


def test_a_throttle_empties_the_burst_and_takes_a_quarter_of_the_rate(clock):
    pacer = paced(Rate.published(100, 8), clock)
    clock.sleep(1)
    pacer.throttled()
    assert wait(pacer, clock, 2) == pytest.approx([1 / 6, 1 / 6])


def test_threads_that_are_throttled_together_lower_the_rate_once_a_second(clock):
    pacer = paced(Rate.published(100, 8), clock)
    clock.sleep(1)
    for _thread in range(32):
        pacer.throttled()
    assert wait(pacer, clock) == pytest.approx([1 / 6])
    clock.sleep(1)
    pacer.throttled()
    assert wait(pacer, clock) == pytest.approx([1 / 4.5])


def test_however_often_it_is_throttled_an_eighth_of_the_rate_is_left(clock):
    pacer = paced(Rate.published(100, 8), clock)
    for _second in range(50):
        clock.sleep(1)
        pacer.throttled()
    assert wait(pacer, clock) == pytest.approx([1.0])


@pytest.mark.parametrize(
    ("answers", "per_second"),
    [(0, 6.0), (2, 6.8), (5, 8.0), (1000, 8.0)],
)
def test_answers_earn_a_lowered_rate_back_but_no_more(clock, answers, per_second):
    pacer = paced(Rate.published(100, 8), clock)
    clock.sleep(1)
    pacer.throttled()
    for _answer in range(answers):
        pacer.answered()
    assert wait(pacer, clock) == pytest.approx([1 / per_second])


def test_a_rate_that_nobody_published_grows_to_its_ceiling(clock):
    pacer = paced(Rate(2, 4, ceiling=20), clock)
    assert wait(pacer, clock, 3) == pytest.approx([0, 0, 1 / 4])
    for _answer in range(1000):
        pacer.answered()
    # the first two find what was saved up meanwhile
    assert wait(pacer, clock, 4)[2:] == pytest.approx([1 / 20, 1 / 20])


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_rate_is_never_exceeded_however_well_aws_answers(clock, name):
    rate, start = RATES[name], clock.now
    pacer = paced(rate, clock)
    for call in range(1, 400):
        pacer.wait()
        pacer.answered()
        assert call <= rate.burst + rate.per_second * (clock.now - start) + 1e-6


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("ec2", "DeleteVolume", "ec2.DeleteVolume"),
        ("ec2", "DeleteSnapshot", "ec2.DeleteSnapshot"),
        ("ec2", "DescribeVolumes", "ec2.Describe"),
        ("ec2", "DescribeRegions", "ec2.Describe"),
        ("ec2", "UnmonitorInstances", "ec2"),
        ("elastic-load-balancing-v2", "DescribeTargetHealth", "elastic-load-balancing-v2.DescribeTargetHealth"),
        ("elastic-load-balancing-v2", "DescribeRules", "elastic-load-balancing-v2.Describe"),
        ("elastic-load-balancing", "DescribeInstanceHealth", "elastic-load-balancing.Describe"),
        ("cloudwatch-logs", "DescribeLogGroups", "cloudwatch-logs.Describe"),
        ("cloudwatch-logs", "PutRetentionPolicy", "cloudwatch-logs"),
        ("rds", "DescribeDBInstances", "rds.Describe"),
        ("rds", "ModifyDBInstance", "rds"),
        # no rate of their own: all operations of the service share one
        ("cloudwatch", "DescribeAlarms", "cloudwatch"),
        ("cloudwatch", "GetMetricData", "cloudwatch"),
        ("sts", "AssumeRole", "sts"),
    ],
)
def test_an_operation_is_charged_to_the_bucket_that_aws_charges(service, operation, expected):
    assert rate_class(service, operation) == expected


class Wire:
    """Answers in place of AWS, in turn; the last one goes on for ever. An exception is raised as the network would."""

    def __init__(self, *answers: Exception | tuple[int, str]) -> None:
        self.answers = answers
        self.requests: list[Any] = []

    def __call__(self, request: Any, **_event: Any) -> AWSResponse:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return AWSResponse(URL, status, {}, MockRawResponse(body))


@pytest.fixture
def connect(session, monkeypatch, clock) -> Callable[..., Any]:
    """A client of a service whose pacing and retries are ours, and whose wire is cut off."""
    monkeypatch.setattr(pacing, "Pacer", functools.partial(Pacer, clock=clock, sleep=clock.sleep))
    monkeypatch.setattr("botocore.endpoint.time.sleep", clock.sleep)

    def make(service: str, wire: Wire, calls: type[Calls] = Calls) -> Any:
        client = session.client(service, config=Connection().client_config())
        calls(client.meta.service_model.service_id.hyphenize()).install(client)
        client.meta.events.register("before-send", wire)
        return client

    return make


def volumes(*ids: str, token: str = "") -> tuple[int, str]:
    items = "".join(f"<item><volumeId>{volume}</volumeId></item>" for volume in ids)
    more = f"<nextToken>{token}</nextToken>" if token else ""
    return 200, f"<DescribeVolumesResponse><volumeSet>{items}</volumeSet>{more}</DescribeVolumesResponse>"


def ec2_error(code: str, status: int = 400) -> tuple[int, str]:
    return status, f"<Response><Errors><Error><Code>{code}</Code><Message>m</Message></Error></Errors></Response>"


def elb_error(code: str) -> tuple[int, str]:
    return 400, f"<ErrorResponse><Error><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"


def json_error(code: str, status: int = 400) -> tuple[int, str]:
    return status, json.dumps({"__type": code, "message": "m"})


SERVED = (200, "<R><DescribeLoadBalancersResult/></R>")


@pytest.mark.parametrize(
    ("service", "operation", "throttle", "served"),
    [
        ("ec2", "describe_volumes", ec2_error("Throttling"), volumes("vol-1")),
        ("ec2", "describe_volumes", ec2_error("EC2ThrottledException", 503), volumes("vol-1")),
        ("ec2", "describe_volumes", ec2_error("RequestLimitExceeded", 503), volumes("vol-1")),
        ("ec2", "describe_volumes", ec2_error("BandwidthLimitExceeded", 503), volumes("vol-1")),
        # whatever its code
        ("ec2", "describe_volumes", ec2_error("TooManyRequests", 429), volumes("vol-1")),
        ("elbv2", "describe_load_balancers", elb_error("Throttling"), SERVED),
        ("elb", "describe_load_balancers", elb_error("ThrottlingException"), SERVED),
        ("logs", "describe_log_groups", json_error("ThrottlingException"), (200, "{}")),
        ("logs", "describe_log_groups", json_error("TooManyRequestsException"), (200, "{}")),
    ],
)
def test_a_call_that_is_throttled_30_times_succeeds(connect, service, operation, throttle, served):
    wire = Wire(*[throttle] * 30, served)
    answer = getattr(connect(service, wire), operation)()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(wire.requests) == 31


def test_throttled_calls_are_repeated_no_faster_than_aws_allows(connect, clock):
    start = clock.now
    connect("ec2", Wire(*[ec2_error("Throttling")] * 30, volumes())).describe_volumes()
    assert clock.now - start >= 30 / RATES["ec2.Describe"].per_second


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (ec2_error("InternalError", 500), 6),
        (ec2_error("Unavailable", 503), 6),
        (ec2_error("RequestTimeout"), 6),
        ((502, "<html>Bad Gateway</html>"), 6),
        (ConnectionClosedError(endpoint_url=URL), 6),
        (ReadTimeoutError(endpoint_url=URL), 2),
        (ConnectTimeoutError(endpoint_url=URL), 2),
        (EndpointConnectionError(endpoint_url=URL, error="Name or service not known"), 2),
        (ec2_error("UnauthorizedOperation", 403), 1),
        (ec2_error("AuthFailure", 401), 1),
        (ec2_error("InvalidVolume.NotFound"), 1),
    ],
    ids=str,
)
def test_a_fault_that_stays_is_tried_as_often_as_it_may_pass(connect, answer, attempts):
    wire = Wire(answer)
    with pytest.raises((ClientError, BotoCoreError)):
        connect("ec2", wire).describe_volumes()
    assert len(wire.requests) == attempts


@pytest.mark.parametrize(
    "faults",
    [
        [ec2_error("InternalError", 500)] * 5,
        [ec2_error("RequestTimeout")] * 5,
        [ConnectionClosedError(endpoint_url=URL)] * 5,
        [ReadTimeoutError(endpoint_url=URL)],
    ],
)
def test_a_fault_that_passes_is_not_seen(connect, faults):
    client = connect("ec2", Wire(*faults, volumes("vol-1")))
    assert [volume["VolumeId"] for volume in client.describe_volumes()["Volumes"]] == ["vol-1"]


@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        # whether AWS has done it is not known
        (json_error("InternalServerError", 500), 1),
        (json_error("ServiceUnavailable", 503), 1),
        (json_error("RequestTimeout"), 1),
        ((502, "<html>Bad Gateway</html>"), 1),
        (ConnectionClosedError(endpoint_url=URL), 1),
        (ReadTimeoutError(endpoint_url=URL), 1),
        # it has not
        (ConnectTimeoutError(endpoint_url=URL), 2),
        (EndpointConnectionError(endpoint_url=URL, error="Name or service not known"), 2),
    ],
    ids=str,
)
def test_what_has_no_idempotency_token_is_not_done_twice(connect, answer, attempts):
    wire = Wire(answer)
    client = connect("ssm", wire)
    with pytest.raises((ClientError, BotoCoreError)):
        client.send_command(DocumentName="AWS-RunPatchBaseline")
    assert len(wire.requests) == attempts
    with pytest.raises((ClientError, BotoCoreError)):
        client.create_association(Name="AWS-RunPatchBaseline")
    assert len(wire.requests) == 2 * attempts


def test_what_has_no_idempotency_token_is_repeated_after_a_throttle(connect):
    wire = Wire(*[json_error("ThrottlingException")] * 30, (200, "{}"))
    connect("ssm", wire).send_command(DocumentName="AWS-RunPatchBaseline")
    assert len(wire.requests) == 31


def test_each_operation_that_is_not_repeated_takes_no_token(session):
    model = session.client("ssm").meta.service_model
    for name in ONCE:
        members = model.operation_model(name).input_shape.members
        assert not [member for member, shape in members.items() if shape.metadata.get("idempotencyToken")], members


@pytest.mark.parametrize(("faults", "retried"), [([], False), ([ec2_error("InternalError", 500)], True)])
def test_an_error_tells_whether_an_earlier_attempt_may_have_reached_aws(connect, faults, retried):
    client = connect("ec2", Wire(*faults, ec2_error("InvalidVolume.NotFound")))
    with pytest.raises(ClientError) as caught:
        client.delete_volume(VolumeId="vol-1")
    assert CallError.of("ec2", "DeleteVolume", caught.value).retried is retried


def test_each_page_is_retried_on_its_own(connect):
    throttle = ec2_error("Throttling")
    wire = Wire(throttle, volumes("vol-1", token="t"), throttle, throttle, volumes("vol-2"))
    pages = connect("ec2", wire).get_paginator("describe_volumes").paginate()
    assert [volume["VolumeId"] for page in pages for volume in page["Volumes"]] == ["vol-1", "vol-2"]
    assert len(wire.requests) == 5


def test_every_attempt_waits_for_its_turn_and_is_signed_after_it(connect):
    signed: list[bool] = []

    class Watched(Calls):
        def _on_request(self, operation_name: str, **event: Any) -> None:
            signed.append("Authorization" in event["request"].headers)
            super()._on_request(operation_name, **event)

    wire = Wire(ec2_error("Throttling"), volumes())
    connect("ec2", wire, Watched).describe_volumes()
    assert signed == [False, False]
    assert all("Authorization" in request.headers for request in wire.requests)


def test_a_throttled_describe_does_not_slow_a_deletion(connect, clock):
    client = connect("ec2", Wire(*[ec2_error("Throttling")] * 30, volumes(), (200, "<DeleteVolumeResponse/>")))
    client.describe_volumes()
    before = clock.now
    client.delete_volume(VolumeId="vol-1")
    assert clock.now == before


def test_every_rate_is_filed_under_a_name_that_botocore_uses(session):
    services = [
        session.client(name).meta.service_model.service_id.hyphenize()
        for name in ("ec2", "elb", "elbv2", "logs", "rds")
    ]
    assert {name.partition(".")[0] for name in RATES} == set(services)
