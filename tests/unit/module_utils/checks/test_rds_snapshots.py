# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which manual snapshots go, and why the others stay: tables of cases, no AWS."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_maintenance import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_snapshots import (
    CLUSTER_SNAPSHOTS,
    INSTANCE_SNAPSHOTS,
    OldSnapshots,
    SharedSnapshot,
    placed,
    snapshot_policies,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
SCOPE = Scope("123456789012", "eu-west-1")
PRICES = PriceTable({"eu-west-1": {"rds_backup_gb_month": 0.1}})
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
ORDERS = {"DBInstanceIdentifier": "orders", "DbiResourceId": "db-1", "Engine": "postgres"}
DAY = timedelta(days=1)


def snapshot(name: str, age: float, **changed: Any) -> dict[str, Any]:
    made = {
        "DBSnapshotIdentifier": name,
        "DBSnapshotArn": f"arn:aws:rds:eu-west-1:123456789012:snapshot:{name}",
        "SnapshotType": "manual",
        "Status": "available",
        "SnapshotCreateTime": NOW - age * DAY,
        "AllocatedStorage": 100,
        "TagList": [],
        **ORDERS,
    }
    return {**made, **changed}


def cluster_snapshot(name: str, age: float, **changed: Any) -> dict[str, Any]:
    made = {
        "DBClusterSnapshotIdentifier": name,
        "DBClusterSnapshotArn": f"arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:{name}",
        "DBClusterIdentifier": "ledger",
        "DbClusterResourceId": "cluster-1",
        "SnapshotType": "manual",
        "Status": "available",
        "SnapshotCreateTime": NOW - age * DAY,
        "Engine": "aurora-mysql",
        "AllocatedStorage": 1,
    }
    return {**made, **changed}


class Lists:
    """What RDS lists, filtered as RDS filters."""

    def __init__(self, snapshots: list[Any], databases: list[Any]) -> None:
        self.answers = {
            "describe_db_snapshots": snapshots,
            "describe_db_instances": databases,
            "describe_db_cluster_snapshots": snapshots,
            "describe_db_clusters": databases,
        }
        self.asked: list[str] = []

    def listing(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        return next(self.pages(service, operation, key, **parameters))

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Any:
        self.asked.append(operation)
        found = self.answers[operation]
        fields = {
            "db-snapshot-id": "DBSnapshotIdentifier",
            "dbi-resource-id": "DbiResourceId",
            "db-cluster-snapshot-id": "DBClusterSnapshotIdentifier",
            "db-cluster-id": "DBClusterIdentifier",
        }
        for wanted in parameters.get("Filters", []):
            found = [one for one in found if one[fields[wanted["Name"]]] in wanted["Values"]]
        yield found


def policy(kind: Any = INSTANCE_SNAPSHOTS, exclude_tags: dict[str, Any] | None = None, **options: Any) -> OldSnapshots:
    wanted = {**DEFAULTS, "manual_snapshot_min_age_days": 30, **options}
    return OldSnapshots(kind, wanted, Common(exclude_tags or {}, PRICES))


def verdicts(checked: OldSnapshots, snapshots: list[Any], databases: list[Any]) -> dict[str, Any]:
    """id -> None (no finding), [] (goes) or what protects it"""
    found: dict[str, Any] = {}
    for resource in next(checked.find(Lists(snapshots, databases))):
        finding = checked.decide(resource, SCOPE, NOW)
        found[resource[checked.kind.id]] = finding and [
            why for guard in checked.guards if (why := guard.protects(Candidate(resource, finding), None))
        ]
    return found


def going(checked: OldSnapshots, snapshots: list[Any], databases: list[Any]) -> list[str]:
    return [name for name, why in verdicts(checked, snapshots, databases).items() if why == []]


FIVE = [snapshot(f"s{age}", age) for age in (40, 10, 60, 50, 70)]


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        ({}, ["s60", "s70"]),
        ({"keep_last": 1}, ["s40", "s60", "s50", "s70"]),
        ({"keep_last": 4}, ["s70"]),
        ({"keep_last": 5}, []),
        ({"keep_last": 1, "manual_snapshot_min_age_days": 60}, ["s60", "s70"]),
        ({"keep_last": 1, "manual_snapshot_min_age_days": 71}, []),
        ({"keep_last": 1, "manual_snapshot_min_age_days": 0}, ["s40", "s60", "s50", "s70"]),
    ],
)
def test_all_but_the_newest_go_once_they_are_old(options, gone):
    assert going(policy(**options), FIVE, [ORDERS]) == gone


def test_the_last_snapshot_of_a_database_stays_however_old():
    last = [snapshot("only", 4000)]
    assert verdicts(policy(keep_last=1), last, [ORDERS]) == {"only": ["the newest snapshot of its database"]}
    orphan = policy(keep_last=1, include_orphaned=True)
    assert verdicts(orphan, last, []) == {"only": ["the newest snapshot of its database"]}


def test_each_database_keeps_its_own():
    other = {"DBInstanceIdentifier": "crm", "DbiResourceId": "db-2"}
    snapshots = [
        snapshot(f"{one['DBInstanceIdentifier']}-{age}", age, **one) for one in (ORDERS, other) for age in (40, 50)
    ]
    assert going(policy(keep_last=1), snapshots, [ORDERS, other]) == ["orders-50", "crm-50"]


@pytest.mark.parametrize("status", ["creating", "failed", "deleting", "incompatible-restore"])
def test_what_cannot_be_restored_is_neither_kept_for_another_nor_deleted(status):
    snapshots = [snapshot("new", 40, Status=status), snapshot("old", 50), snapshot("older", 60)]
    found = verdicts(policy(keep_last=1), snapshots, [ORDERS])
    assert found == {"new": [f"its status is {status}"], "old": ["the newest snapshot of its database"], "older": []}


def test_a_copy_is_as_new_as_what_it_is_a_copy_of():
    copied = snapshot("copied", 31, OriginalSnapshotCreateTime=NOW - 300 * DAY)
    assert going(policy(keep_last=1), [copied, snapshot("own", 60)], [ORDERS]) == ["copied"]


def test_snapshots_of_a_database_that_is_gone_go_only_if_asked_for():
    why = "its database is gone, and include_orphaned is false"
    found = verdicts(policy(keep_last=1), FIVE, [])
    assert found["s10"] is None
    assert found["s70"] == [why]
    assert going(policy(keep_last=2, include_orphaned=True), FIVE, []) == ["s60", "s50", "s70"]


def test_another_database_of_the_same_name_is_another_database():
    new_one = {**ORDERS, "DbiResourceId": "db-9"}
    snapshots = [*FIVE, snapshot("new", 35, DbiResourceId="db-9")]
    found = verdicts(policy(keep_last=1), snapshots, [new_one])
    assert "its database is gone, and include_orphaned is false" in found["s70"]
    assert found["new"] == ["the newest snapshot of its database"]


def test_a_database_that_was_renamed_is_still_there():
    renamed = {**ORDERS, "DBInstanceIdentifier": "orders-new"}
    assert going(policy(keep_last=1), FIVE, [renamed]) == ["s40", "s60", "s50", "s70"]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"DBSnapshotArn": "arn:aws:rds:eu-west-1:210987654321:snapshot:s"}, None),
        ({"SnapshotType": "automated"}, None),
        ({"SnapshotType": "awsbackup"}, None),
        ({"SnapshotCreateTime": None}, None),
        ({"TagList": [{"Key": "keep", "Value": "TRUE"}]}, ["tag keep=TRUE"]),
        ({"TagList": [{"Key": "aws:backup:source-resource", "Value": "x"}]}, ["owned by AWS Backup"]),
        ({"DBSnapshotIdentifier": "awsbackup:job-1"}, ["owned by AWS Backup"]),
        ({"TagList": [{"Key": "elasticbeanstalk:environment-name", "Value": "x"}]}, ["owned by AWS Elastic Beanstalk"]),
        ({"TagList": [{"Key": "aws:cloudformation:stack-id", "Value": "x"}]}, ["owned by a CloudFormation stack"]),
        ({"TagList": None}, []),
        ({"TagList": [{"Key": "Keep", "Value": "no"}]}, []),
    ],
)
def test_what_else_stays(changed, found):
    snapshots = [snapshot("new", 1), snapshot("s", 90, **changed)]
    found_by_id = verdicts(policy(exclude_tags={"Keep": "true"}, keep_last=1), snapshots, [ORDERS])
    verdict = found_by_id[changed.get("DBSnapshotIdentifier", "s")]
    assert verdict is None if found is None else [text.partition(" (")[0] for text in verdict] == found


def test_snapshots_of_clusters_are_known_by_the_name_where_rds_tells_no_more():
    ledger = {"DBClusterIdentifier": "ledger", "DbClusterResourceId": "cluster-1"}
    snapshots = [cluster_snapshot("new", 40), cluster_snapshot("old", 50)]
    assert going(policy(CLUSTER_SNAPSHOTS, keep_last=1), snapshots, [ledger]) == ["old"]
    for one in snapshots:
        del one["DbClusterResourceId"]
    assert going(policy(CLUSTER_SNAPSHOTS, keep_last=1), snapshots, [ledger]) == ["old"]
    assert going(policy(CLUSTER_SNAPSHOTS, keep_last=1), snapshots, []) == []


@pytest.mark.parametrize(
    ("options", "databases", "found"),
    [
        ({"identifiers": ["ord*"]}, [ORDERS], True),
        ({"identifiers": ["crm"]}, [ORDERS], False),
        ({"engines": ["mysql"]}, [ORDERS], False),
        ({"tags": {"Env": "prod"}}, [{**ORDERS, "TagList": [{"Key": "Env", "Value": "prod"}]}], True),
        # the database's own tags count while there is one
        ({"tags": {"Team": "x"}}, [ORDERS], False),
        ({"tags": {"Team": "x"}}, [], True),
    ],
)
def test_snapshots_are_chosen_by_their_database(options, databases, found):
    snapshots = [snapshot("s", 40, TagList=[{"Key": "Team", "Value": "x"}])]
    assert bool(verdicts(policy(**options), snapshots, databases)) is found


def test_the_newest_are_found_again_before_anything_is_deleted():
    region = Lists([*FIVE, snapshot("crm", 90, DbiResourceId="db-2")], [ORDERS])
    again = policy().current(region, ["s60", "s99"])
    assert {name: row["Newer"] for name, row in again.items()} == {"s60": 3}
    # two of the newer ones were deleted by somebody else meanwhile
    region = Lists([one for one in FIVE if one["DBSnapshotIdentifier"] not in ("s40", "s50")], [ORDERS])
    assert policy().current(region, ["s60"])["s60"]["Newer"] == 1
    assert policy().current(Lists([], [ORDERS]), ["s60"]) == {}


def test_snapshots_of_the_same_moment_have_one_order():
    twins = [snapshot(name, 40) for name in ("b", "a")]
    assert [one["Newer"] for one in placed(twins, [ORDERS], INSTANCE_SNAPSHOTS)] == [0, 1]
    assert [one["Newer"] for one in placed(twins[::-1], [ORDERS], INSTANCE_SNAPSHOTS)] == [1, 0]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([], None),
        (["210987654321"], "shared with account 210987654321"),
        (["210987654321", "123456789012"], "shared with account 123456789012, 210987654321"),
        (["210987654321", "all"], "shared publicly"),
    ],
)
@pytest.mark.parametrize("kind", [INSTANCE_SNAPSHOTS, CLUSTER_SNAPSHOTS])
def test_a_shared_snapshot_is_protected(kind, values, why):
    class Answers:
        def call(self, service: str, operation: str, **parameters: Any) -> Any:
            assert (operation, parameters) == (kind.describe_attributes, {kind.id: "s"})
            rows = [
                {"AttributeName": "restore", "AttributeValues": values},
                {"AttributeName": "x", "AttributeValues": ["y"]},
            ]
            return {f"{kind.attributes}Result": {kind.attributes: rows}}

    made = snapshot("s", 40) if kind is INSTANCE_SNAPSHOTS else cluster_snapshot("s", 40)
    finding = policy(kind).decide({**made, "Database": None, "Newer": 0}, SCOPE, NOW)
    assert SharedSnapshot(kind).inspect(Answers(), finding) == why


@pytest.mark.parametrize("rows", [None, [], [{"AttributeName": "x", "AttributeValues": ["y"]}]])
def test_a_snapshot_stays_where_rds_does_not_answer_with_whom_it_is_shared(rows):
    class Answers:
        def call(self, service: str, operation: str, **parameters: Any) -> Any:
            return {} if rows is None else {"DBSnapshotAttributesResult": {"DBSnapshotAttributes": rows}}

    made = policy(INSTANCE_SNAPSHOTS).decide({**snapshot("s", 40), "Database": None, "Newer": 0}, SCOPE, NOW)
    assert "did not answer with whom" in SharedSnapshot(INSTANCE_SNAPSHOTS).inspect(Answers(), made)


def test_a_finding_says_what_it_is_of_and_what_it_may_cost():
    found = policy().decide({**snapshot("s", 40), "Database": ORDERS, "Newer": 5}, SCOPE, NOW)
    assert found.reason == "The manual snapshot of the DB instance orders was taken 40 days ago."
    assert (found.resource_type, found.reason_code, found.action) == ("rds:snapshot", "old_snapshot", "delete")
    assert found.cost.to_dict() == {"low": 0.0, "high": 10.0}
    gone = policy().decide({**snapshot("s", 40), "Database": None, "Newer": 5}, SCOPE, NOW)
    assert "orders, which is gone," in gone.reason
    # Aurora's backup storage has a price of its own, which isn't known
    aurora = policy(CLUSTER_SNAPSHOTS).decide({**cluster_snapshot("s", 40), "Database": None, "Newer": 5}, SCOPE, NOW)
    assert aurora.cost is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"keep_last": 0}, "keep_last is 0: it must be 1 or more, the last snapshot of a database always stays"),
        ({"keep_last": -1}, "keep_last is -1"),
        ({"manual_snapshot_min_age_days": -1}, "manual_snapshot_min_age_days is -1"),
    ],
)
def test_what_would_keep_nothing_is_refused(options, words):
    with pytest.raises(SweepError, match=words):
        snapshot_policies({**DEFAULTS, "manual_snapshot_min_age_days": 30, **options}, Common({}, PRICES))
