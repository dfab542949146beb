# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layer in front of moto: accounts, counts, faults, latency, and the two ways of starting."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.emulator.wire import parse_call

REGION = "eu-west-1"
OTHER = "210987654321"
ROOT = Path(__file__).resolve().parents[2]


def test_an_assumed_role_sees_its_own_account_only(account: Any) -> None:
    account.client("ec2", REGION).create_volume(Size=1, AvailabilityZone=f"{REGION}a")
    other = account.client("ec2", REGION, OTHER)
    assert account.client("sts", REGION, OTHER).get_caller_identity()["Account"] == OTHER
    assert other.describe_volumes()["Volumes"] == []
    other.create_volume(Size=1, AvailabilityZone=f"{REGION}a")
    assert {k[0] for k in account.state()} == {"123456789012", OTHER}


def test_calls_are_counted_by_account_region_service_and_operation(account: Any) -> None:
    account.client("logs", REGION).describe_log_groups()
    account.client("cloudwatch", REGION, OTHER).describe_alarms()
    account.client("elb", REGION).describe_load_balancers()
    account.client("elbv2", REGION).describe_load_balancers()
    counted = {("123456789012", REGION, "logs", "DescribeLogGroups"), (OTHER, REGION, "cloudwatch", "DescribeAlarms"),
               ("123456789012", REGION, "elb", "DescribeLoadBalancers"),
               ("123456789012", REGION, "elbv2", "DescribeLoadBalancers")}  # fmt: skip
    assert {k: account.calls[k] for k in counted} == dict.fromkeys(counted, 1)


@pytest.fixture
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.mark.usefixtures("no_retries")
@pytest.mark.parametrize(
    ("service", "operation", "denied", "throttled"),
    [
        ("ec2", "describe_volumes", "UnauthorizedOperation", "RequestLimitExceeded"),
        ("elbv2", "describe_load_balancers", "AccessDenied", "Throttling"),
        ("logs", "describe_log_groups", "AccessDeniedException", "ThrottlingException"),
        ("cloudwatch", "describe_alarms", "AccessDeniedException", "ThrottlingException"),
    ],
)
def test_faults_have_awss_shapes(
    account: Any, refusal: Any, service: str, operation: str, denied: str, throttled: str
) -> None:
    method = getattr(account.client(service, REGION), operation)
    account.faults.deny(region=REGION, service=service)
    assert refusal(method) == denied
    getattr(account.client(service, "us-east-1"), operation)()
    account.faults.clear()
    account.faults.throttle(service=service, times=1)
    assert refusal(method) == throttled
    method()
    account.faults.server_error(service=service, times=1)
    assert refusal(method) in ("InternalError", "InternalFailure")


@pytest.mark.usefixtures("no_retries")
def test_a_token_bucket_throttles_each_region_by_itself(account: Any, refusal: Any) -> None:
    account.faults.throttle(service="ec2", operation="Describe*", rate=0.01, burst=3)
    for region in ("eu-west-1", "eu-west-2"):
        ec2 = account.client("ec2", region)
        for _time in range(3):
            ec2.describe_volumes()
        assert refusal(ec2.describe_volumes) == "RequestLimitExceeded"


def test_latency_is_added_and_overlaps(account: Any) -> None:
    ec2 = account.client("ec2", REGION)
    ec2.describe_volumes()
    account.front.latency_ms = 200
    try:
        started = time.monotonic()
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda _: ec2.describe_volumes(), range(5)))
        took = time.monotonic() - started
    finally:
        account.front.latency_ms = 0
    assert 0.2 <= took < 0.9


def test_iam_is_enforced_on_the_added_operations_too(account: Any, refusal: Any) -> None:
    iam = account.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    allowed = {"Effect": "Allow", "Action": ["ec2:DescribeVolumes", "rbin:GetRule"], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed]}
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps(policy))
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    ec2, rbin = (boto3.client(name, REGION, endpoint_url=account.url, **keys) for name in ("ec2", "rbin"))
    _enforce_iam_after(account.url, "0")
    try:
        assert ec2.describe_volumes()["Volumes"] == []
        assert refusal(ec2.describe_snapshots) == "UnauthorizedOperation"
        assert refusal(rbin.get_rule, Identifier="0123456789a") == "ResourceNotFoundException"
        assert refusal(rbin.list_rules, ResourceType="EBS_VOLUME") == "AccessDeniedException"
    finally:
        _enforce_iam_after(account.url, "inf")


def _enforce_iam_after(url: str, calls: str) -> None:
    plain = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{url}/moto-api/reset-auth", calls.encode(), plain, method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def test_the_command_serves_until_it_is_terminated(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    command = [sys.executable, "-m", "tests.emulator", "--scale", "S", "--manifest", str(manifest)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.removeprefix("listening on ").strip()
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{url}/_emulator/manifest") as answer:
            assert json.load(answer) == json.loads(manifest.read_text())
        fault = json.dumps([{"kind": "deny", "service": "ec2"}]).encode()
        request = urllib.request.Request(f"{url}/_emulator/faults", fault, method="PUT")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"{url}/_emulator/faults", b'[{"kind": "x"}]', method="PUT"))
        assert refused.value.code == 400
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_request_that_was_cut_off_is_counted_as_no_operation():
    scope = "Credential=emulated/20261124/us-east-1/rds/aws4_request"
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 {scope}",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
    }
    assert parse_call(environ, b"", "123456789012").operation == "POST /"
