# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_connection_test on the emulated account. Rests on tests/emulator/services/dms_connections.py for tests that take
time, fail or are under way: moto's always succeed, and it crashes at the second."""

from __future__ import annotations

import json

import pytest
from tests.emulator import Emulator
from tests.emulator.services.dms import life_of
from tests.integration.conftest import Json, changes

REGION, ACCOUNT = "us-east-1", "123456789012"
NAME = "dms_connection_test"
pytestmark = pytest.mark.usefixtures("impatient")
REFUSED = "Test Endpoint failed: RetCode: SQL_ERROR NativeError: 1045 Access denied; UID=dms;PWD=open sesame;"


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    client = empty_aws.client("dms", REGION)
    client.create_replication_instance(ReplicationInstanceIdentifier="orders", ReplicationInstanceClass="dms.t3.medium")
    client.describe_replication_instances()
    for kind in ("source", "target"):
        client.create_endpoint(
            EndpointIdentifier=f"orders-{kind}",
            EndpointType=kind,
            EngineName="mysql",
            ServerName="db.example.com",
            Username="dms",
            Password="made-up-password",
        )
    empty_aws.settings.dms_seconds = 0.05
    empty_aws.calls.clear()
    return empty_aws


@pytest.fixture
def options() -> Json:
    return {"replication_instance": "orders", "endpoints": ["orders-source", "orders-target"]}


def test_both_ends_are_tested_and_nothing_is_changed(aws, module, options):
    result = module(NAME, **options)
    assert result["changed"] is False
    told = [(row["endpoint_identifier"], row["endpoint_type"], row["status"]) for row in result["connections"]]
    assert told == [("orders-source", "source", "successful"), ("orders-target", "target", "successful")]
    assert changes(aws) == {"TestConnection": 2}
    assert module(NAME, **options)["connections"] == result["connections"]
    assert changes(aws) == {"TestConnection": 4}


def test_a_good_last_test_is_enough_if_asked(aws, module, options):
    module(NAME, **{**options, "endpoints": ["orders-source"]})
    aws.calls.clear()
    result = module(NAME, **options, retest=False)
    assert [row["status"] for row in result["connections"]] == ["successful", "successful"]
    assert changes(aws) == {"TestConnection": 1}


def test_check_mode_tells_the_last_test_and_makes_none(aws, module, options):
    aws.settings.dms_failures["orders-source"] = REFUSED
    module(NAME, **{**options, "endpoints": ["orders-source"]})
    aws.calls.clear()
    result = module(NAME, check=True, **options)
    assert [row["status"] for row in result["connections"]] == ["failed", "never tested"]
    assert changes(aws) == {}


def test_a_failed_test_is_told_with_its_reason_and_without_the_password(aws, module, options):
    aws.settings.dms_failures["orders-source"] = REFUSED
    result = module(NAME, **options)
    assert result["failed"] is True
    assert "The connection of replication instance orders to endpoint orders-source failed: " in result["msg"]
    assert "NativeError: 1045 Access denied" in result["msg"]
    assert "orders-target" not in result["msg"]
    assert "sesame" not in json.dumps(result)
    assert "made-up-password" not in json.dumps(result)
    # and in check mode, where it is no failure
    told = module(NAME, check=True, **options)["connections"][0]
    assert told["last_failure_message"].endswith("PWD=***;")


def test_all_failures_are_told(aws, module, options):
    aws.settings.dms_failures |= {"orders-source": "no route to host", "orders-target": "unknown database"}
    told = module(NAME, **options)["msg"]
    assert "orders-source failed: no route to host." in told
    assert "orders-target failed: unknown database." in told


def test_a_test_that_is_under_way_is_waited_for_and_not_started_again(aws, module, options):
    aws.settings.dms_seconds = 1.0
    client = aws.client("dms", REGION)
    instance = client.describe_replication_instances()["ReplicationInstances"][0]["ReplicationInstanceArn"]
    ends = {row["EndpointIdentifier"]: row["EndpointArn"] for row in client.describe_endpoints()["Endpoints"]}
    client.test_connection(ReplicationInstanceArn=instance, EndpointArn=ends["orders-source"])
    aws.calls.clear()
    assert module(NAME, **{**options, "endpoints": "orders-source"})["connections"][0]["status"] == "successful"
    assert changes(aws) == {}
    by_arn = {"replication_instance": instance, "endpoints": [ends["orders-target"]]}
    assert module(NAME, **by_arn)["connections"][0]["endpoint_identifier"] == "orders-target"


def test_a_test_that_takes_too_long_is_told(aws, module, options):
    aws.settings.dms_seconds = 60
    told = module(NAME, **options, wait_timeout=1)["msg"]
    assert "to endpoint orders-source is still testing after 1 seconds" in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"endpoints": ["orders-sorce"]}, "no DMS endpoint 'orders-sorce' in us-east-1. Did you mean orders-source?"),
        ({"replication_instance": "oders"}, "no DMS replication instance 'oders' in us-east-1. Did you mean orders?"),
        ({"endpoints": []}, "endpoints is empty"),
        ({"wait_timeout": 0}, "wait_timeout is 0: it must be 1 or more."),
    ],
)
def test_bad_input_is_told_before_anything_is_tested(aws, module, options, change, words):
    for check in (True, False):
        assert words in module(NAME, check=check, **{**options, **change})["msg"]
    assert changes(aws) == {}


def test_an_instance_that_is_not_available_is_told(aws, module, options):
    from moto.dms.models import dms_backends

    (instance,) = dms_backends[ACCOUNT][REGION].replication_instances.values()
    life_of(instance).enter("modifying", 60)
    assert "Replication instance orders is modifying: DMS tests connections only" in module(NAME, **options)["msg"]
    assert changes(aws) == {}
