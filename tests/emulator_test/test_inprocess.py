# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls without a socket, REST services, and what can be turned over HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config

from tests.emulator import Emulator
from tests.emulator.inprocess import connect, everywhere

ACCOUNT, REGION = "123456789012", "eu-west-1"
KEYS = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}
# Nothing listens there: whatever gets through to the network fails at once.
NOWHERE = "http://127.0.0.1:9"


def ask_all(make: Any) -> None:
    """An XML, a JSON, a REST-JSON and a streaming REST-XML service, and an error."""
    ec2, logs, rbin, s3 = (make(service) for service in ("ec2", "logs", "rbin", "s3"))
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
    assert [v["VolumeId"] for v in ec2.describe_volumes()["Volumes"]] == [volume]
    logs.create_log_group(logGroupName="a")
    assert len(logs.describe_log_groups()["logGroups"]) == 1
    assert rbin.list_rules(ResourceType="EBS_VOLUME")["Rules"] == []
    s3.create_bucket(Bucket="journal", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="journal", Key="runs/one two.jsonl", Body=b'{"a": 1}\n')
    listed = s3.list_objects_v2(Bucket="journal", Prefix="runs/")["Contents"]
    assert [o["Key"] for o in listed] == ["runs/one two.jsonl"]
    assert s3.get_object(Bucket="journal", Key=listed[0]["Key"])["Body"].read() == b'{"a": 1}\n'
    assert s3.head_object(Bucket="journal", Key=listed[0]["Key"])["ContentLength"] == 9
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="journal", Key="none")


COUNTED = {
    ("ec2", "CreateVolume"): 1,
    ("rbin", "ListRules"): 1,
    ("s3", "CreateBucket"): 1,
    ("s3", "PutObject"): 1,
    ("s3", "ListObjectsV2"): 1,
    ("s3", "GetObject"): 2,
    ("s3", "HeadObject"): 1,
}


def counted(emulator: Emulator) -> dict[tuple[str, str], int]:
    return {key: emulator.calls[(ACCOUNT, REGION, *key)] for key in COUNTED}


def test_over_a_socket(account: Any) -> None:
    ask_all(lambda service: account.client(service, REGION))
    assert counted(account) == COUNTED


def test_a_connected_client_needs_no_socket(account: Any) -> None:
    def make(service: str) -> Any:
        client = boto3.client(service, REGION, endpoint_url=NOWHERE, **KEYS)
        connect(account.front, client)
        return client

    ask_all(make)
    assert counted(account) == COUNTED


@pytest.mark.parametrize("kind", ["boto3", "botocore"])
def test_a_connected_session_needs_no_socket(account: Any, kind: str) -> None:
    session = boto3.session.Session(**KEYS) if kind == "boto3" else botocore.session.get_session()
    if kind == "botocore":
        session.set_credentials("emulated", "emulated")
    connect(account.front, session)
    make = session.client if kind == "boto3" else session.create_client
    ask_all(lambda service: make(service, REGION, endpoint_url=NOWHERE))
    assert counted(account) == COUNTED


def test_every_session_made_meanwhile_needs_no_socket_and_none_after(account: Any) -> None:
    config = Config(connect_timeout=1, retries={"total_max_attempts": 1})
    with everywhere(account.front):
        inside = boto3.session.Session(**KEYS)
        assert inside.client("sts", REGION, endpoint_url=NOWHERE).get_caller_identity()["Account"] == ACCOUNT
    assert inside.client("ec2", REGION, endpoint_url=NOWHERE).describe_volumes()["Volumes"] == []
    outside = boto3.session.Session(**KEYS)
    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        outside.client("ec2", REGION, endpoint_url=NOWHERE, config=config).describe_volumes()


def test_s3_calls_fail_by_their_names(account: Any, refusal: Any) -> None:
    s3 = account.client("s3", "us-east-1")
    s3.create_bucket(Bucket="journal")
    account.faults.deny(service="s3", operation="PutObject")
    assert refusal(s3.put_object, Bucket="journal", Key="a", Body=b"") == "AccessDenied"
    assert s3.list_objects_v2(Bucket="journal")["KeyCount"] == 0
    account.reset("none")
    assert s3.list_buckets()["Buckets"] == []


def put(url: str, body: Any) -> int:
    request = urllib.request.Request(url, json.dumps(body).encode(), method="PUT")
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_settings_can_be_put_over_http(account: Any) -> None:
    url = f"{account.url}/_emulator/settings"
    assert put(url, {"snapshot_seconds": 2, "snapshot_errors": ["vol-1"]}) == 200
    assert (account.settings.snapshot_seconds, account.settings.snapshot_errors) == (2.0, {"vol-1"})
    assert put(url, {"colour": 1}) == put(url, {"snapshot_seconds": "soon"}) == 400
    assert account.settings.snapshot_seconds == 2.0
    assert put(f"{account.url}/_emulator/none", {}) == 404
