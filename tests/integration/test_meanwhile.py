# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody does between a run's plan and its first deletion counts: real modules, the emulated account.

Each change is made through AWS's own API. Locks, shares, Fast Snapshot Restore, launch templates, account policies and
pending maintenance are added beside moto.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_image, add_snapshot, add_volume
from tests.emulator.building.instances import PLAIN, add_instance
from tests.emulator.building.launch import add_group, add_launch_template, device_of, launch_data
from tests.emulator.building.logs import add_log_group
from tests.emulator.building.rds import add_cluster
from tests.emulator.building.rds import add_instance as add_database
from tests.emulator.building.rds import add_snapshot as add_db_snapshot
from tests.emulator.building.site import Site, waste
from tests.emulator.services.rds_states import pass_through
from tests.emulator.services.rds_upkeep import set_pending
from tests.integration.conftest import Json, Module, changes

REGION = "us-east-1"
HERE = {"regions": [REGION]}
OTHER = "210987654321"
IMAGE = "ami-0123456789abcdef0"

Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def site(empty_aws: Emulator) -> Site:
    made: Site = empty_aws.site(REGION)
    return made


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Does something when a run has its plan and has not begun to act."""
    act = Sweep.act

    def set_up(deed: Callable[[], object]) -> None:
        def late(sweep: Sweep) -> None:
            deed()
            act(sweep)

        monkeypatch.setattr(Sweep, "act", late)

    return set_up


def told(result: Json) -> dict[str, Json]:
    return {row["resource_id"]: row for row in result["findings"]}


def assert_protected(result: Json, resource_id: str, words: str) -> None:
    row = told(result)[resource_id]
    assert row["status"] == "skipped"
    assert f"it is protected now: {words}" in row["reason"]


def lock(ec2: Any, snapshot: str) -> None:
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=30)


def share(ec2: Any, snapshot: str) -> None:
    grant = {"Attribute": "createVolumePermission", "OperationType": "add", "UserIds": [OTHER]}
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, **grant)


def put_in_template(ec2: Any, snapshot: str) -> None:
    data = {"ImageId": IMAGE, "BlockDeviceMappings": device_of(snapshot)}
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)


def restore_fast(ec2: Any, snapshot: str) -> None:
    ec2.enable_fast_snapshot_restores(AvailabilityZones=[f"{REGION}a"], SourceSnapshotIds=[snapshot])


def make_image(ec2: Any, snapshot: str) -> None:
    ec2.register_image(Name="golden", RootDeviceName="/dev/sdf", BlockDeviceMappings=device_of(snapshot))


def keep(ec2: Any, snapshot: str) -> None:
    ec2.create_tags(Resources=[snapshot], Tags=[{"Key": "Keep", "Value": "true"}])


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        (lock, "locked (governance"),
        (share, f"shared with account {OTHER}"),
        (put_in_template, "in a block device mapping of the launch template web"),
        (restore_fast, "Fast Snapshot Restore is"),
        (make_image, "backs AMI ami-"),
        (keep, "tag Keep=true"),
    ],
)
def test_a_snapshot_that_is_protected_after_the_plan_stays(site, empty_aws, module: Module, meanwhile, deed, words):
    saved, gone = (add_snapshot(site, waste("old_snapshot", "old")) for _number in range(2))
    meanwhile(lambda: deed(empty_aws.client("ec2", REGION), saved.id))
    result = module("ebs_orphan_cleanup", resources=["snapshots"], exclude_tags={"Keep": "true"}, **HERE)
    assert_protected(result, saved.id, words)
    assert told(result)[gone.id]["status"] == "changed"
    left = {key[3] for key in empty_aws.state() if key[2] == "ec2:snapshot"}
    assert (saved.id in left, gone.id in left) == (True, False)
    assert not result.get("failed"), "somebody else's change is no failure"


def test_a_group_that_launches_from_a_snapshot_since_the_plan_protects_it(site, empty_aws, module: Module, meanwhile):
    saved = add_snapshot(site, waste("old_snapshot", "old"))

    def deed() -> None:
        versions = [launch_data(snapshot_id=saved.id), launch_data(), launch_data()]
        add_group(site, "workers", template=add_launch_template(site, "web", versions, default=2), version="1")

    meanwhile(deed)
    result = module("ebs_orphan_cleanup", resources=["snapshots"], **HERE)
    assert_protected(result, saved.id, "in a block device mapping of the launch template web (version 1), which")
    assert changes(empty_aws) == {}


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ("DescribeLockedSnapshots", "the list of snapshot locks could not be read (DescribeLockedSnapshots: "),
        ("DescribeImages", "the list of own AMIs could not be read (DescribeImages: "),
        ("DescribeSnapshotAttribute", "whether a snapshot is shared could not be read (DescribeSnapshotAttribute: "),
    ],
)
def test_a_guard_that_cannot_be_read_any_more_protects_and_the_run_fails(
    site, empty_aws, module: Module, meanwhile, operation, why
):
    snapshot, volume = add_snapshot(site, waste("old_snapshot", "old")), add_volume(site, waste("unattached", "orphan"))
    meanwhile(lambda: empty_aws.faults.deny(operation=operation))
    result = module("ebs_orphan_cleanup", **HERE)
    assert_protected(result, snapshot.id, why)
    assert told(result)[volume.id]["status"] == "changed"
    assert changes(empty_aws) == {"DeleteVolume": 1}
    assert [error["operation"] for error in result["region_errors"]] == [operation]
    assert result["failed"] is True
    assert f"what may protect it could not be read again: ec2:{operation} in {REGION}" in result["msg"]


def test_an_image_that_is_shared_used_or_locked_after_the_plan_stays(site, empty_aws, module: Module, meanwhile):
    signed = {"sysops:made-by": "sysops.aws.patch_now"}
    images = {name: add_image(site, name, age_days=40) for name in ("shared", "launched", "locked", "tagged", "gone")}
    for image in images.values():
        site.ec2.tags[image.id].update(signed)

    def deed() -> None:
        ec2 = empty_aws.client("ec2", REGION)
        grant = {"Attribute": "launchPermission", "OperationType": "add", "UserIds": [OTHER]}
        ec2.modify_image_attribute(ImageId=images["shared"].id, **grant)
        data = {"ImageId": images["launched"].id}
        ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
        lock(ec2, images["locked"].ebs_snapshot.id)
        keep(ec2, images["tagged"].id)

    meanwhile(deed)
    result = module("ssm_patch_image_cleanup", exclude_tags={"Keep": "true"}, **HERE)
    ends = {name: told(result)[image.id] for name, image in images.items()}
    assert ends.pop("gone")["status"] == "changed"
    assert {row["status"] for row in ends.values()} == {"skipped"}
    assert f"shared with account {OTHER}" in ends["shared"]["reason"]
    assert "used by ec2:LaunchTemplate" in ends["launched"]["reason"]
    assert "is locked" in ends["locked"]["reason"]
    assert "tag Keep=true" in ends["tagged"]["reason"]
    assert changes(empty_aws)["DeregisterImage"] == 1


def test_an_alarm_that_is_made_after_the_plan_keeps_detailed_monitoring(site, empty_aws, module: Module, meanwhile):
    watched, other = add_instance(site, PLAIN, "watched"), add_instance(site, PLAIN, "other")
    alarm = {
        "AlarmName": "cpu",
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "InstanceId", "Value": watched.id}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "Statistic": "Average",
        "Threshold": 90,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    meanwhile(lambda: empty_aws.client("cloudwatch", REGION).put_metric_alarm(**alarm))
    result = module("ec2_monitoring", **HERE)
    assert_protected(result, watched.id, "alarm cpu (period 60 s) needs detailed monitoring")
    assert told(result)[other.id]["status"] == "changed"
    assert (watched.monitoring_state, other.monitoring_state) == ("enabled", "disabling")


def test_an_account_policy_or_a_tag_that_is_set_after_the_plan_protects_log_groups(
    site, empty_aws, module: Module, meanwhile
):
    groups = [add_log_group(site, waste("no_retention", "never"), name) for name in ("/ruled/a", "/kept/b", "/plain/c")]

    def deed() -> None:
        logs = empty_aws.client("logs", REGION)
        logs.put_account_policy(
            policyName="ours",
            policyType="RETENTION_POLICY",
            policyDocument=json.dumps({"retentionInDays": 30, "enforcementMode": "RETROACTIVE"}),
            selectionCriteria='LogGroupNamePrefix IN ["/ruled/"]',
        )
        logs.tag_resource(resourceArn=groups[1].arn.removesuffix(":*"), tags={"Keep": "true"})

    meanwhile(deed)
    result = module("log_group_retention", retention_in_days=3, exclude_tags={"Keep": "true"}, **HERE)
    assert_protected(result, "/ruled/a", "the account-level retention policy ours overrides its own")
    assert_protected(result, "/kept/b", "tag Keep=true")
    assert told(result)["/plain/c"]["status"] == "changed"
    assert [group.retention_in_days for group in groups] == [None, None, 3]


def test_tags_of_log_groups_that_cannot_be_read_any_more_protect_and_the_run_fails(
    site, empty_aws, module: Module, meanwhile
):
    group = add_log_group(site, waste("no_retention", "never"), "/plain/c")
    meanwhile(lambda: empty_aws.faults.deny(operation="GetResources"))
    result = module("log_group_retention", retention_in_days=3, **HERE)
    assert_protected(result, "/plain/c", "what protects it could not be read (GetResources: AccessDeniedException)")
    assert (group.retention_in_days, result["failed"]) == (None, True)


OLD = waste("old_snapshot", "old")
KEEP_ONE = {"manual_snapshot_min_age_days": 30, "keep_last": 1, **HERE}


def test_a_db_snapshot_that_is_shared_or_tagged_after_the_plan_stays(site, empty_aws, module: Module, meanwhile):
    database = add_database(site, "orders", {})
    for number, name in enumerate(("newest", "shared", "tagged", "gone")):
        add_db_snapshot(site, database, name, OLD, 40 + number)

    def deed() -> None:
        rds = empty_aws.client("rds", REGION)
        rds.modify_db_snapshot_attribute(DBSnapshotIdentifier="shared", AttributeName="restore", ValuesToAdd=[OTHER])
        arn = rds.describe_db_snapshots(DBSnapshotIdentifier="tagged")["DBSnapshots"][0]["DBSnapshotArn"]
        rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "Keep", "Value": "true"}])

    meanwhile(deed)
    result = module("rds_maintenance", exclude_tags={"Keep": "true"}, **KEEP_ONE)
    assert_protected(result, "shared", f"shared with account {OTHER}")
    assert_protected(result, "tagged", "tag Keep=true")
    assert told(result)["gone"]["status"] == "changed"
    assert changes(empty_aws)["DeleteDBSnapshot"] == 1


def test_db_snapshots_whose_newer_ones_or_database_went_after_the_plan_stay(site, empty_aws, module: Module, meanwhile):
    orders, crm = add_database(site, "orders", {}), add_database(site, "crm", {}, deletion_protection=False)
    for database in ("orders", orders), ("crm", crm):
        for age in (40, 50):
            add_db_snapshot(site, database[1], f"{database[0]}-{age}", OLD, age)

    def deed() -> None:
        rds = empty_aws.client("rds", REGION)
        rds.delete_db_snapshot(DBSnapshotIdentifier="orders-40")
        rds.delete_db_instance(DBInstanceIdentifier="crm", SkipFinalSnapshot=True)

    meanwhile(deed)
    result = module("rds_maintenance", **KEEP_ONE)
    assert_protected(result, "orders-50", "the newest snapshot of its database")
    assert_protected(result, "crm-50", "its database is gone, and include_orphaned is false")
    assert "changed" not in {row["status"] for row in result["findings"]}


def test_maintenance_that_is_pending_since_the_plan_is_not_taken_along(site, empty_aws, module: Module, meanwhile):
    now = datetime.now(timezone.utc)
    # the window is open for as long as this test may take, and backups are made at another time
    opens, closes, backup = (now + timedelta(hours=hours) for hours in (-2, 2, 10))
    backups = f"{backup:%H:%M}-{backup + timedelta(minutes=30):%H:%M}"
    database = add_database(site, "orders", {}, preferred_backup_window=backups)
    window = f"{opens:%a:%H:%M}-{closes:%a:%H:%M}".lower()
    meanwhile(lambda: set_pending(database, "os-upgrade"))
    result = module("rds_maintenance", maintenance_window=window, **HERE)
    assert_protected(result, "orders", "the wanted maintenance window is open now and would apply what is")
    assert changes(empty_aws) == {}


def test_a_database_that_was_waited_for_is_read_again(site, empty_aws, module: Module):
    shop, crm = (add_database(site, name, {}, deletion_protection=False) for name in ("shop", "crm"))

    def tagged() -> None:
        shop.tags.append({"Key": "Keep", "Value": "true"})

    for database, then in ((shop, tagged), (crm, None)):
        database.status = "modifying"
        pass_through(database, "modifying", "modifying", then=then)
    result = module("rds_maintenance", deletion_protection=True, wait_timeout=10, exclude_tags={"Keep": "true"}, **HERE)
    assert_protected(result, "shop", "tag Keep=true")
    assert told(result)["crm"]["status"] == "changed"
    assert (shop.deletion_protection, crm.deletion_protection) == (False, True)


KINDS = {
    "instance": (add_database, "orders", "modify_db_instance", "DBInstanceIdentifier", "DeleteDBSnapshot"),
    "cluster": (add_cluster, "ledger", "modify_db_cluster", "DBClusterIdentifier", "DeleteDBClusterSnapshot"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_database_that_was_renamed_what_is_planned_goes(site, empty_aws, module: Module, kind):
    add, name, modify, key, deletion = KINDS[kind]
    database = add(site, name, {})
    for age in (100, 90, 80, 70, 60):
        add_db_snapshot(site, database, f"old-{age}", OLD, age)
    renamed = {key: name, f"New{key}": f"{name}-new", "ApplyImmediately": True}
    getattr(empty_aws.client("rds", REGION), modify)(**renamed)
    for age in (55, 45, 35):
        add_db_snapshot(site, database, f"new-{age}", OLD, age)
    options = {**KEEP_ONE, "keep_last": 3}
    report = module("rds_maintenance", check=True, **options)
    planned = {row["resource_id"] for row in report["findings"] if row["status"] == "planned"}
    assert planned == {f"old-{age}" for age in (100, 90, 80, 70, 60)}
    empty_aws.calls.clear()
    result = module("rds_maintenance", **options)
    assert {row["resource_id"] for row in result["findings"] if row["status"] == "changed"} == planned
    assert changes(empty_aws) == {deletion: 5}
    again = module("rds_maintenance", check=True, **options)
    assert {row["status"] for row in again["findings"]} == {"protected"}


def test_a_snapshot_that_does_not_know_its_databases_id_is_found_again(site, empty_aws, module: Module):
    database = add_database(site, "orders", {})
    for age in (50, 40):
        # snapshots of 2013 and before, and copies of them
        add_db_snapshot(site, database, f"old-{age}", OLD, age).dbi_resource_id = None
    assert told(module("rds_maintenance", check=True, **KEEP_ONE))["old-50"]["status"] == "planned"
    result = module("rds_maintenance", **KEEP_ONE)
    assert {name: row["status"] for name, row in told(result).items()} == {"old-50": "changed", "old-40": "protected"}
