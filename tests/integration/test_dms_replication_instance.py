# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_replication_instance on the emulated account. Rests on tests/emulator/services/dms_instances.py for states,
pending changes, default values and refusals: moto has none of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.dms import life_of
from tests.emulator.services.dms_instances import apply_pending
from tests.integration.conftest import Json, Module, changes

REGION, ACCOUNT = "us-east-1", "123456789012"
NAME = "dms_replication_instance"
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    client = empty_aws.client("dms", REGION)
    client.create_replication_subnet_group(
        ReplicationSubnetGroupIdentifier="orders",
        ReplicationSubnetGroupDescription="orders",
        SubnetIds=["subnet-1", "subnet-2"],
    )
    empty_aws.settings.dms_seconds = 0.05
    empty_aws.calls.clear()
    return empty_aws


@pytest.fixture
def options() -> Json:
    return {
        "replication_instance_identifier": "Orders",
        "replication_instance_class": "dms.t3.medium",
        "allocated_storage": 50,
        "replication_subnet_group_identifier": "orders",
        "vpc_security_group_ids": ["sg-2", "sg-1"],
        "preferred_maintenance_window": "Sun:03:00-sun:04:00",
        "tags": {"Team": "shop"},
    }


@pytest.fixture
def existing(aws: Emulator, module: Module, options: Json) -> Json:
    made = module(NAME, **options)
    assert made["changed"] is True, made
    aws.calls.clear()
    return made["replication_instance"]


def moto_instance() -> Any:
    from moto.dms.models import dms_backends

    (instance,) = dms_backends[ACCOUNT][REGION].replication_instances.values()
    return instance


def test_an_instance_is_made_private_and_waited_for(aws, module, options):
    result = module(NAME, **options)
    assert result["changed"] is True
    made = result["replication_instance"]
    assert made["replication_instance_identifier"] == "orders"
    assert (made["replication_instance_status"], made["publicly_accessible"]) == ("available", False)
    assert (made["vpc_security_group_ids"], made["tags"]) == (["sg-1", "sg-2"], {"Team": "shop"})
    assert changes(aws) == {"CreateReplicationInstance": 1}


def test_a_second_run_changes_nothing(aws, module, options, existing):
    for check in (True, False):
        result = module(NAME, check=check, **options)
        assert (result["changed"], result["changes"]) == (False, [])
    assert changes(aws) == {}


def test_check_mode_tells_of_a_new_instance_and_makes_none(aws, module, options):
    result = module(NAME, check=True, diff=True, **options)
    assert (result["changed"], changes(aws)) == (True, {})
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["allocated_storage"] == 50


def test_only_what_differs_is_modified_and_waits_for_the_window_unless_asked(aws, module, options, existing):
    larger = {**options, "replication_instance_class": "dms.r6i.large", "multi_az": True}
    result = module(NAME, **larger)
    assert {row["property"] for row in result["changes"]} == {"replication_instance_class", "multi_az"}
    made = result["replication_instance"]
    assert made["replication_instance_class"] == "dms.t3.medium"
    assert made["pending_modified_values"] == {"replication_instance_class": "dms.r6i.large", "multi_az": True}
    assert changes(aws) == {"ModifyReplicationInstance": 1}
    # what waits for the window counts as made
    assert module(NAME, **larger)["changed"] is False
    at_once = module(NAME, **larger, apply_immediately=True)
    assert at_once["changed"] is True
    assert at_once["replication_instance"]["replication_instance_class"] == "dms.r6i.large"
    assert at_once["replication_instance"]["pending_modified_values"] == {}
    assert module(NAME, **larger, apply_immediately=True)["changed"] is False


@pytest.mark.parametrize("immediately", [False, True])
def test_a_pending_change_that_is_no_longer_wanted_is_taken_back(aws, module, options, existing, immediately):
    module(NAME, **{**options, "replication_instance_class": "dms.r6i.large"})
    result = module(NAME, **options, apply_immediately=immediately)
    assert result["changes"] == [
        {"property": "replication_instance_class", "before": "dms.r6i.large", "after": "dms.t3.medium"}
    ]
    apply_pending(moto_instance())
    assert moto_instance().replication_instance_class == "dms.t3.medium"


def test_groups_window_and_tags_are_changed_at_once(aws, module, options, existing):
    changed = {
        **options,
        "vpc_security_group_ids": ["sg-3"],
        "preferred_maintenance_window": "mon:03:00-mon:04:00",
        "tags": {"Team": "stock"},
    }
    made = module(NAME, **changed)["replication_instance"]
    assert (made["vpc_security_group_ids"], made["tags"]) == (["sg-3"], {"Team": "stock"})
    assert made["preferred_maintenance_window"] == "mon:03:00-mon:04:00"
    assert module(NAME, **changed)["changed"] is False


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"publicly_accessible": True}, "publicly_accessible of replication instance orders is False"),
        ({"kms_key_id": "0a1b2c3d-1111"}, "kms_key_id of replication instance orders is arn:aws:kms:"),
        ({"availability_zone": "us-east-1c"}, "availability_zone of replication instance orders is us-east-1a"),
        ({"replication_subnet_group_identifier": "others"}, "replication_subnet_group_identifier of replication"),
        ({"allocated_storage": 20}, "allocated_storage of replication instance orders is 50, and DMS can't reduce it"),
        ({"engine_version": "3.5.4"}, "engine_version 3.5.4 is older than 3.6.1"),
        ({"engine_version": "3.7.0"}, "set allow_major_version_upgrade: true"),
        ({"engine_version": "latest"}, "engine_version 'latest' is not a version"),
        ({"replication_instance_class": "db.t3.medium"}, "'db.t3.medium' is not a class: write one like dms.t3.medium"),
        ({"allocated_storage": 1}, "allocated_storage is 1: it must be between 5 and 6144"),
        ({"preferred_maintenance_window": "sun:3-sun:4"}, "preferred_maintenance_window 'sun:3-sun:4' is not a window"),
        ({"preferred_maintenance_window": "sun:03:00-sun:03:10"}, "is 10 minutes long"),
        ({"multi_az": True, "availability_zone": "us-east-1a"}, "multi_az and availability_zone exclude each other"),
        ({"kms_key_id": "alias/dms"}, "kms_key_id 'alias/dms' is an alias"),
        ({"replication_instance_identifier": "9-orders"}, "'9-orders' is not a name for a replication instance"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_changed(aws, module, options, existing, change, words):
    for check in (True, False):
        result = module(NAME, check=check, **{**options, "vpc_security_group_ids": ["sg-9"], **change})
        assert (result["failed"], result["changed"]) == (True, False)
        assert words in result["msg"]
        assert "Traceback" not in result["msg"]
    assert changes(aws) == {}


def test_a_major_upgrade_is_made_when_it_is_allowed(aws, module, options, existing):
    wanted = {**options, "engine_version": "3.7.0", "allow_major_version_upgrade": True, "apply_immediately": True}
    assert module(NAME, **wanted)["replication_instance"]["engine_version"] == "3.7.0"
    # fewer numbers mean any version that begins with them
    assert module(NAME, **{**wanted, "engine_version": "3.7"})["changed"] is False


def test_a_subnet_group_that_does_not_exist_is_told_by_dms(aws, module, options):
    result = module(NAME, **{**options, "replication_subnet_group_identifier": "missing"})
    assert "ResourceNotFoundFault: Replication Subnet Group missing not found." in result["msg"]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_an_instance_with_tasks_is_not_deleted_and_they_are_named(aws, module, existing, check):
    make_tasks(aws, existing["replication_instance_arn"], "orders-cdc", "orders-load")
    result = module(NAME, check=check, replication_instance_identifier="orders", state="absent")
    assert (result["failed"], changes(aws)) == (True, {})
    assert "has replication tasks, which must be deleted first: orders-cdc, orders-load." in result["msg"]


def make_tasks(aws: Emulator, instance: str, *names: str) -> None:
    client = aws.client("dms", REGION)
    ends = {}
    for kind in ("source", "target"):
        end = client.create_endpoint(EndpointIdentifier=kind, EndpointType=kind, EngineName="mysql", ServerName="db")
        ends[kind] = end["Endpoint"]["EndpointArn"]
    for name in names:
        client.create_replication_task(
            ReplicationTaskIdentifier=name,
            SourceEndpointArn=ends["source"],
            TargetEndpointArn=ends["target"],
            ReplicationInstanceArn=instance,
            MigrationType="full-load",
            TableMappings='{"rules": [{"rule-type": "selection"}]}',
        )
    aws.calls.clear()


def test_an_instance_is_deleted_once(aws, module, existing):
    gone = {"replication_instance_identifier": "orders", "state": "absent"}
    assert module(NAME, check=True, **gone)["changed"] is True
    assert changes(aws) == {}
    result = module(NAME, **gone)
    assert (result["changed"], result["replication_instance"]) == (True, {})
    assert module(NAME, **gone)["changed"] is False
    assert changes(aws) == {"DeleteReplicationInstance": 1}


def test_an_instance_that_is_being_made_is_waited_for_by_the_next_run(aws, module, options):
    aws.settings.dms_seconds = 0.3
    assert module(NAME, **options, wait=False)["replication_instance"]["replication_instance_status"] == "creating"
    result = module(NAME, **options)
    assert (result["changed"], result["replication_instance"]["replication_instance_status"]) == (False, "available")


def test_an_instance_that_never_becomes_available_is_told_with_its_status(aws, module, options, existing):
    life_of(moto_instance()).enter("incompatible-network")
    result = module(NAME, **options)
    assert result["msg"] == (
        "replication instance orders did not become available: its status is incompatible-network."
    )
    assert changes(aws) == {}
