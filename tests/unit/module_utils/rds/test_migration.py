# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a migration has come, and what speaks against going on, for every state that a kill may leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.rds.migration import (
    NAME_TAG,
    STEP_TAG,
    Found,
    Members,
    Migration,
    Replica,
)
from ansible_collections.sysops.aws.plugins.module_utils.rds.migration_problems import problems
from ansible_collections.sysops.aws.plugins.module_utils.rds.migration_steps import (
    STEPS,
    is_complete,
    remaining_path,
    steps,
)
from ansible_collections.sysops.aws.plugins.module_utils.rds.versions import Target, Version

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
ARN = "arn:aws:rds:eu-west-1:123456789012:cluster:new"
WEST_ARN = "arn:aws:rds:us-west-2:123456789012:cluster:west"
ENGINE = "aurora-postgresql"
MIGRATION = Migration(
    name="old-to-new",
    source="old",
    snapshot="old-to-new",
    cluster="new",
    engine=ENGINE,
    path=["11.8", "12.4", "13.3"],
    instances=["new-1", "new-2"],
    subnet_group=None,
    kms_key_id=None,
    global_cluster=None,
    replicas=[],
    left_out=frozenset({"smoke_test", "switch", "replica_regions"}),
    snapshot_max_age_hours=24,
)
VERSIONS = {
    "11.8": Version(ENGINE, "11.8", [Target(ENGINE, "12.4", True)]),
    "12.4": Version(ENGINE, "12.4", [Target(ENGINE, "13.3", True)], supports_global_databases=True),
    "13.3": Version(ENGINE, "13.3", supports_global_databases=True),
}
SOURCE = {"Engine": "postgres", "EngineVersion": "11.8", "DBInstanceStatus": "available", "StorageEncrypted": False}
BEFORE = Found(
    source=SOURCE,
    source_version=Version("postgres", "11.8", [Target(ENGINE, "11.8", False)]),
    snapshot=None,
    main=Members(None, {}),
    global_cluster=None,
    replicas={},
    versions=VERSIONS,
)


def tags(step: str | None = None) -> list[dict[str, str]]:
    return [{"Key": NAME_TAG, "Value": "old-to-new"}, *([{"Key": STEP_TAG, "Value": step}] if step else [])]


def snapshot(status: str = "available", hours: float = 1) -> dict[str, Any]:
    return {"Status": status, "SnapshotCreateTime": NOW - timedelta(hours=hours), "TagList": tags()}


def cluster(version: str = "11.8", status: str = "available", step: str | None = "cluster") -> dict[str, Any]:
    return {"DBClusterArn": ARN, "EngineVersion": version, "Status": status, "TagList": tags(step)}


def members(made: dict[str, Any], *statuses: str) -> Members:
    there = {
        f"new-{number}": {"DBInstanceStatus": status, "DBClusterIdentifier": "new"}
        for number, status in enumerate(statuses, start=1)
    }
    return Members(made, there)


def to_do(found: Found, migration: Migration = MIGRATION) -> list[str]:
    return [step.name for step in steps(migration, found) if step.state == "to do"]


REST = ["cluster", "instances", "upgrade", "resume_writers"]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (BEFORE, ["stop_writers", "snapshot", *REST]),
        (replace(BEFORE, snapshot=snapshot("creating")), ["snapshot", *REST]),
        (replace(BEFORE, snapshot=snapshot()), REST),
        (replace(BEFORE, snapshot=snapshot(), main=members(cluster(status="creating", step=None))), REST),
        (replace(BEFORE, snapshot=snapshot(), main=members(cluster(step=None))), REST),
        (replace(BEFORE, snapshot=snapshot(), main=members(cluster())), REST[1:]),
        (replace(BEFORE, snapshot=snapshot(), main=members(cluster(), "available")), REST[1:]),
        (replace(BEFORE, snapshot=snapshot(), main=members(cluster(), "available", "creating")), REST[1:]),
        (replace(BEFORE, snapshot=snapshot(), main=members(cluster(), "available", "available")), REST[2:]),
        (replace(BEFORE, snapshot=snapshot(), main=members(cluster("13.3"), "available", "available")), REST[3:]),
        (replace(BEFORE, main=members(cluster("13.3", step="resume_writers"), "available")), []),
    ],
)
def test_what_remains_after_each_state_that_a_kill_may_leave(found, wanted):
    assert to_do(found) == wanted


def test_steps_that_leave_no_trace_are_done_as_far_as_the_cluster_tells():
    everything = replace(MIGRATION, left_out=frozenset())
    found = replace(BEFORE, main=members(cluster("13.3", step="smoke_test"), "available", "available"))
    assert to_do(found, everything) == ["replica_regions", "switch", "resume_writers"]
    found = replace(BEFORE, main=members(cluster("13.3", step="switch"), "available", "available"))
    assert to_do(found, everything) == ["resume_writers"]
    assert not is_complete(found)


@pytest.mark.parametrize(("version", "wanted"), [("11.8", ["12.4", "13.3"]), ("12.4", ["13.3"]), ("13.3", [])])
def test_the_path_goes_on_from_the_version_that_the_cluster_runs(version, wanted):
    assert remaining_path(MIGRATION, replace(BEFORE, main=members(cluster(version)))) == wanted
    assert remaining_path(MIGRATION, BEFORE) == ["12.4", "13.3"]


def test_replica_regions_are_done_when_they_follow_the_cluster():
    west = Replica("us-west-2", "west", ["west-1"], None, None)
    migration = replace(MIGRATION, replicas=[west], global_cluster="all", left_out=frozenset())
    there = Members(
        {"DBClusterArn": WEST_ARN, "Status": "available", "TagList": tags()},
        {"west-1": {"DBInstanceStatus": "available"}},
    )
    writer = {"DBClusterArn": ARN, "IsWriter": True}
    main = members(cluster("13.3"), "available", "available")
    found = replace(BEFORE, main=main, replicas={"us-west-2": there}, global_cluster={"GlobalClusterMembers": [writer]})
    assert "replica_regions" in to_do(found, migration)
    both = {"GlobalClusterMembers": [writer, {"DBClusterArn": WEST_ARN, "IsWriter": False}]}
    assert "replica_regions" not in to_do(replace(found, global_cluster=both), migration)
    assert told(replace(found, global_cluster=both), migration) == []
    strange = {"GlobalClusterMembers": [{"DBClusterArn": WEST_ARN, "IsWriter": True}]}
    assert f"There is already a global cluster all, of {WEST_ARN}." in told(
        replace(found, global_cluster=strange), migration
    )


def told(found: Found, migration: Migration = MIGRATION) -> list[str]:
    return problems(migration, found, "eu-west-1", NOW)


@pytest.mark.parametrize("step", STEPS)
def test_nothing_speaks_against_going_on_after_any_step(step):
    found = replace(BEFORE, snapshot=snapshot(), main=members(cluster("11.8", step=step)))
    assert told(found) == []
    assert told(BEFORE) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (replace(BEFORE, source=None, source_version=None), "There is no DB instance old in eu-west-1."),
        (replace(BEFORE, source={**SOURCE, "DBInstanceStatus": "storage-full"}), "give it more storage"),
        (replace(BEFORE, snapshot=snapshot("failed")), "DB snapshot old-to-new is failed: delete it"),
        (replace(BEFORE, snapshot=snapshot(hours=25)), "was taken 25 hours ago"),
        (replace(BEFORE, snapshot={**snapshot(), "TagList": []}), "There is already a DB snapshot old-to-new"),
        (replace(BEFORE, source=None, snapshot=snapshot()), "DB instance old is gone, so the subnet group"),
        (replace(BEFORE, main=members({**cluster(), "TagList": []})), "There is already a DB cluster new"),
        (replace(BEFORE, main=members(cluster("11.9"))), "runs 11.9, which isn't on the path 11.8, 12.4, 13.3."),
    ],
)
def test_what_speaks_against_it(found, words):
    (sentence,) = told(found)
    assert words in sentence


def test_once_switched_an_old_snapshot_and_a_minor_upgrade_of_rds_are_no_matter():
    found = replace(BEFORE, snapshot=snapshot(hours=500), main=members(cluster("13.9", step="switch")))
    assert told(found) == []


def test_once_complete_nothing_is_asked_of_what_is_no_longer_needed():
    found = replace(BEFORE, source=None, source_version=None, main=members(cluster("14.1", step="resume_writers")))
    assert told(found) == []


def test_a_subnet_group_in_another_vpc_than_the_source_is_told():
    source = {**SOURCE, "DBSubnetGroup": {"VpcId": "vpc-1"}}
    found = replace(BEFORE, source=source, subnet_groups={("eu-west-1", "other"): {"VpcId": "vpc-2"}})
    (sentence,) = told(found, replace(MIGRATION, subnet_group="other"))
    assert "DB subnet group other is in vpc-2, but old and its security groups are in vpc-1." in sentence
