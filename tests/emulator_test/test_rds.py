# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases and snapshots. Every test rests on behaviour added to moto (services/rds*)."""

from __future__ import annotations

from typing import Any

import pytest

REGION, ELSEWHERE = "eu-west-1", "eu-central-1"


@pytest.fixture
def rds(demo: Any) -> Any:
    return demo.client("rds", REGION)


def instance(rds: Any, name: str) -> Any:
    return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def test_a_modified_instance_is_modifying_until_it_is_looked_at(rds: Any, refusal: Any) -> None:
    answer = rds.modify_db_instance(DBInstanceIdentifier="crm", DeletionProtection=False)
    assert answer["DBInstance"]["DBInstanceStatus"] == "modifying"
    change = {"DBInstanceIdentifier": "crm", "BackupRetentionPeriod": 20}
    assert refusal(rds.modify_db_instance, **change) == "InvalidDBInstanceState"
    rds.get_waiter("db_instance_available").wait(DBInstanceIdentifier="crm")
    rds.modify_db_instance(**change)
    assert instance(rds, "crm")["BackupRetentionPeriod"] == 20


def test_first_backups_wait_for_the_window_and_go_with_all_else_that_waits(rds: Any) -> None:
    rds.modify_db_instance(DBInstanceIdentifier="scratch", BackupRetentionPeriod=7)
    waiting = instance(rds, "scratch")
    assert (waiting["BackupRetentionPeriod"], waiting["PendingModifiedValues"]) == (0, {"BackupRetentionPeriod": 7})
    rds.modify_db_instance(DBInstanceIdentifier="scratch", DeletionProtection=True, ApplyImmediately=True)
    assert instance(rds, "scratch")["BackupRetentionPeriod"] == 7


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
        ({"PreferredBackupWindow": "2-3"}, "InvalidParameterValue"),
        ({"PreferredBackupWindow": "02:00-02:10"}, "InvalidParameterValue"),
        ({"PreferredBackupWindow": "23:00-01:30", "PreferredMaintenanceWindow": "mon:01:00-mon:02:00"},
         "InvalidParameterValue"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_on_instances_and_clusters(
    rds: Any, refusal: Any, change: dict[str, Any], code: str
) -> None:
    assert refusal(rds.modify_db_instance, DBInstanceIdentifier="crm", **change) == code
    assert refusal(rds.modify_db_cluster, DBClusterIdentifier="ledger", **change) == code


def test_a_member_has_the_settings_of_its_cluster(rds: Any, refusal: Any) -> None:
    for change in ({"BackupRetentionPeriod": 3}, {"DeletionProtection": True}):
        code = refusal(rds.modify_db_instance, DBInstanceIdentifier="ledger-1", **change)
        assert code == "InvalidParameterCombination"
    rds.modify_db_instance(DBInstanceIdentifier="ledger-1", AutoMinorVersionUpgrade=True)


def test_pages_hold_20_to_100_records(demo: Any, rds: Any, refusal: Any) -> None:
    for size in (19, 101):
        assert refusal(rds.describe_db_snapshots, MaxRecords=size) == "InvalidParameterValue"
        assert refusal(rds.describe_db_instances, MaxRecords=size) == "InvalidParameterValue"
    for number in range(30):
        rds.create_db_snapshot(DBInstanceIdentifier="crm", DBSnapshotIdentifier=f"many-{number}")
    pages = list(rds.get_paginator("describe_db_snapshots").paginate(PaginationConfig={"PageSize": 20}))
    sizes = [len(page["DBSnapshots"]) for page in pages]
    assert sizes[:-1] == [20] * (len(sizes) - 1)
    assert len({one["DBSnapshotIdentifier"] for page in pages for one in page["DBSnapshots"]}) == sum(sizes) > 40


def test_snapshots_are_listed_by_type_and_filters(rds: Any, refusal: Any) -> None:
    def ids(**request: Any) -> set[str]:
        return {one["DBSnapshotIdentifier"] for one in rds.describe_db_snapshots(**request)["DBSnapshots"]}

    automated = {"rds:orders-2026-01-01-02-00"}
    assert ids(SnapshotType="automated") == automated
    assert ids() == ids(SnapshotType="manual") | automated
    own = instance(rds, "shop")["DbiResourceId"]
    assert ids(Filters=[{"Name": "dbi-resource-id", "Values": [own]}]) == set(), "it is another shop than theirs"
    assert len(ids(Filters=[{"Name": "db-instance-id", "Values": ["shop"]}])) == 4
    assert refusal(rds.describe_db_snapshots, Filters=[{"Name": "colour", "Values": ["x"]}]) == "InvalidParameterValue"


def test_a_snapshot_that_is_being_created_cannot_be_deleted(rds: Any, refusal: Any) -> None:
    assert refusal(rds.delete_db_snapshot, DBSnapshotIdentifier="orders-stuck") == "InvalidDBSnapshotState"
    rds.delete_db_snapshot(DBSnapshotIdentifier="orders-60")


def test_pending_maintenance_is_asked_for_and_done(rds: Any, refusal: Any) -> None:
    arn = instance(rds, "crm")["DBInstanceArn"]

    def pending() -> list[Any]:
        wanted = [{"Name": "db-instance-id", "Values": ["crm"]}]
        rows = rds.describe_pending_maintenance_actions(Filters=wanted)["PendingMaintenanceActions"]
        return [action for row in rows for action in row["PendingMaintenanceActionDetails"]]

    request = {"ResourceIdentifier": arn, "ApplyAction": "system-update"}
    rds.apply_pending_maintenance_action(**request, OptInType="next-maintenance")
    assert [action["OptInStatus"] for action in pending()] == ["next-maintenance"]
    rds.apply_pending_maintenance_action(**request, OptInType="immediate")
    assert pending() == []
    again = {**request, "OptInType": "immediate"}
    assert refusal(rds.apply_pending_maintenance_action, **again) == "ResourceNotFoundFault"
    assert refusal(rds.apply_pending_maintenance_action, **{**request, "OptInType": "soon"}) == "InvalidParameterValue"


def test_backups_are_replicated_from_the_other_region(demo: Any, rds: Any, refusal: Any) -> None:
    there = demo.client("rds", ELSEWHERE)

    def start(client: Any, name: str, **more: Any) -> Any:
        arn = f"arn:aws:rds:{REGION}:123456789012:db:{name}"
        return lambda: client.start_db_instance_automated_backups_replication(
            SourceDBInstanceArn=arn, SourceRegion=REGION, **more
        )

    assert refusal(start(rds, "crm")) == "InvalidParameterValue"
    assert refusal(start(there, "nobody")) == "DBInstanceNotFound"
    assert refusal(start(there, "scratch")) == "InvalidDBInstanceState"
    assert refusal(start(there, "vaulted")) == "InvalidParameterCombination"
    start(there, "crm")()
    (copy,) = instance(rds, "crm")["DBInstanceAutomatedBackupsReplications"]
    assert copy["DBInstanceAutomatedBackupsArn"].startswith(f"arn:aws:rds:{ELSEWHERE}:")
    assert refusal(start(there, "crm")) == "InvalidDBInstanceAutomatedBackupState"


def test_lifecycles_of_major_versions_are_told(rds: Any) -> None:
    (row,) = rds.describe_db_major_engine_versions(Engine="mariadb")["DBMajorEngineVersions"]
    (standard,) = row["SupportedEngineLifecycles"]
    assert (row["MajorEngineVersion"], standard["LifecycleSupportEndDate"].year) == ("10.5", 2025)
