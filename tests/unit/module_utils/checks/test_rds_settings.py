# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings of which databases are changed, and what protects them: tables of cases, no AWS."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_databases import (
    CLUSTERS,
    INSTANCES,
    Selected,
)
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_maintenance import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_settings import DatabaseSettings, Wanted, changes
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from tests.unit.module_utils.checks.fake import finding

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
SCOPE = Scope("123456789012", "eu-west-1")
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
ALL = {
    "backup_retention_days": 7,
    "backup_window": "02:00-02:30",
    "maintenance_window": "sun:03:00-sun:04:00",
    "auto_minor_version_upgrade": True,
    "deletion_protection": True,
}
WRONG = {
    "BackupRetentionPeriod": 1,
    "PreferredBackupWindow": "13:14-13:44",
    "PreferredMaintenanceWindow": "wed:06:38-wed:07:08",
    "AutoMinorVersionUpgrade": False,
    "DeletionProtection": False,
}
PENDING = {"PendingModifiedValues": {"DBInstanceClass": "db.m6g.xlarge"}}


def instance(**changed: Any) -> dict[str, Any]:
    made = {
        "DBInstanceIdentifier": "orders",
        "DBInstanceArn": "arn:aws:rds:eu-west-1:123456789012:db:orders",
        "DBInstanceStatus": "available",
        "InstanceCreateTime": NOW - timedelta(days=400),
        "Engine": "postgres",
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "02:00-02:30",
        "PreferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "AutoMinorVersionUpgrade": True,
        "DeletionProtection": True,
        "TagList": [],
    }
    return {**made, **changed}


def cluster(**changed: Any) -> dict[str, Any]:
    made = {
        "DBClusterIdentifier": "ledger",
        "DBClusterArn": "arn:aws:rds:eu-west-1:123456789012:cluster:ledger",
        "Status": "available",
        "Engine": "aurora-postgresql",
    }
    settings = {name: value for name, value in instance().items() if not name.startswith(("DBInstance", "Instance"))}
    return {**settings, **made, **changed}


def wanted(**options: Any) -> Wanted:
    return Wanted.of({**DEFAULTS, **options})


def differing(database: dict[str, Any], kind: Any = INSTANCES, now: datetime = NOW, **options: Any) -> dict[str, Any]:
    """option -> (wanted, why it can't be had)"""
    return {
        change.option: (change.wanted, change.blocked) for change in changes(database, kind, wanted(**options), now)
    }


def policy(kind: Any = INSTANCES, exclude_tags: dict[str, Any] | None = None, **options: Any) -> DatabaseSettings:
    return DatabaseSettings(kind, {**DEFAULTS, **options}, Common(exclude_tags or {}, PriceTable()))


@pytest.mark.parametrize(
    ("database", "kind", "rules"),
    [
        (instance(), INSTANCES, []),
        (instance(**WRONG), INSTANCES, list(ALL)),
        # a member of an Aurora cluster has one setting of its own, of a Multi-AZ DB cluster none
        (instance(**WRONG, Engine="aurora-mysql", DBClusterIdentifier="c"), INSTANCES, ["auto_minor_version_upgrade"]),
        (instance(**WRONG, DBClusterIdentifier="c"), INSTANCES, []),
        (cluster(), CLUSTERS, []),
        (cluster(**WRONG), CLUSTERS, [rule for rule in ALL if rule != "auto_minor_version_upgrade"]),
        (cluster(**WRONG, Engine="mysql"), CLUSTERS, list(ALL)),
        (
            instance(**WRONG, Engine="custom-oracle-ee"),
            INSTANCES,
            [rule for rule in ALL if rule != "auto_minor_version_upgrade"],
        ),
        (
            instance(**WRONG, ReadReplicaSourceDBInstanceIdentifier="orders"),
            INSTANCES,
            [rule for rule in ALL if rule != "backup_retention_days"],
        ),
    ],
)
def test_each_kind_of_database_has_its_own_settings(database, kind, rules):
    assert list(differing(database, kind, **ALL)) == rules


@pytest.mark.parametrize("rule", ALL)
def test_a_rule_is_off_until_its_option_is_set(rule):
    assert differing(instance(**WRONG)) == {}
    assert list(differing(instance(**WRONG), **{rule: ALL[rule]})) == [rule]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"BackupRetentionPeriod": 6}, True),
        ({"BackupRetentionPeriod": 7}, False),
        # a minimum: a longer retention is never shortened
        ({"BackupRetentionPeriod": 35}, False),
        ({"BackupRetentionPeriod": 0}, True),
        # asked for already, and waiting for the maintenance window
        ({"BackupRetentionPeriod": 0, "PendingModifiedValues": {"BackupRetentionPeriod": 7}}, False),
        ({"BackupRetentionPeriod": 0, "PendingModifiedValues": {"BackupRetentionPeriod": 3}}, True),
        ({"BackupRetentionPeriod": 0, "PendingModifiedValues": {}}, True),
    ],
)
def test_retention_is_a_minimum(changed, found):
    assert bool(differing(instance(**changed), backup_retention_days=7)) is found


@pytest.mark.parametrize(
    ("database", "at_once", "blocked"),
    [
        (instance(BackupRetentionPeriod=0), True, None),
        (instance(BackupRetentionPeriod=0, **PENDING), True, "would also apply its pending DBInstanceClass"),
        (instance(BackupRetentionPeriod=0, **PENDING), False, None),
        # nothing waits for a window here, so nothing is applied along with it
        (instance(BackupRetentionPeriod=1, **PENDING), True, None),
    ],
)
def test_first_backups_at_once_take_nothing_else_along(database, at_once, blocked):
    (_value, why) = differing(database, backup_retention_days=7, apply_immediately=at_once)["backup_retention_days"]
    assert (blocked in why) if blocked else why is None


@pytest.mark.parametrize(
    ("options", "database", "blocked"),
    [
        ({"backup_window": "06:30-07:00"}, instance(**WRONG), "overlaps its maintenance window wed:06:38-wed:07:08"),
        ({"backup_window": "05:30-06:00"}, instance(**WRONG), None),
        ({"maintenance_window": "mon:13:00-mon:14:00"}, instance(**WRONG), "overlaps its backup window 13:14-13:44"),
        # both are set in one call
        ({"maintenance_window": "mon:13:00-mon:14:00", "backup_window": "06:30-07:00"}, instance(**WRONG), None),
        ({"backup_window": "02:00-02:30"}, instance(PreferredBackupWindow="", PreferredMaintenanceWindow=""), None),
    ],
)
def test_a_window_that_would_overlap_the_other_is_not_asked_for(options, database, blocked):
    for _value, why in differing(database, **options).values():
        assert (blocked in why) if blocked else why is None


@pytest.mark.parametrize(
    ("changed", "now", "at_once", "blocked"),
    [
        ({}, "sun 03:30", False, False),
        (PENDING, "sun 03:30", False, True),
        ({"PendingMaintenance": True}, "sun 03:30", False, True),
        (PENDING, "sun 03:30", True, False),
        (PENDING, "sun 04:00", False, False),
        ({"PendingMaintenance": False}, "sun 03:30", False, False),
    ],
)
def test_a_window_is_not_moved_to_now_where_that_would_apply_what_is_pending(changed, now, at_once, blocked):
    hour, minute = map(int, now[4:].split(":"))
    moment = datetime(2026, 11, 29, hour, minute, tzinfo=timezone.utc)
    database = instance(PreferredMaintenanceWindow="wed:06:38-wed:07:08", **changed)
    found = differing(database, now=moment, maintenance_window=ALL["maintenance_window"], apply_immediately=at_once)
    assert bool(found["maintenance_window"][1]) is blocked


def test_windows_are_compared_without_case():
    assert differing(instance(PreferredMaintenanceWindow="Sun:03:00-Sun:04:00"), **ALL) == {}


@pytest.mark.parametrize(("current", "value", "found"), [(False, True, 1), (True, False, 1), (True, True, 0)])
def test_minor_upgrades_can_be_wanted_or_not(current, value, found):
    assert len(differing(instance(AutoMinorVersionUpgrade=current), auto_minor_version_upgrade=value)) == found


def test_deletion_protection_is_never_switched_off():
    assert differing(instance(), deletion_protection=False) == {}
    assert not wanted(deletion_protection=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"backup_retention_days": 0}, "backup_retention_days is 0: RDS keeps automated backups for 1 to 35 days"),
        ({"backup_retention_days": 36}, "backup_retention_days is 36"),
        ({"backup_retention_days": -1}, "backup_retention_days is -1"),
        ({"backup_window": "2-3"}, "backup_window '2-3' is not a window"),
        ({"maintenance_window": "sun:3-sun:4"}, "maintenance_window 'sun:3-sun:4' is not a window"),
        ({"backup_window": "03:30-04:30", "maintenance_window": "sun:03:00-sun:04:00"}, "overlap, which RDS refuses"),
    ],
)
def test_what_rds_would_refuse_everywhere_is_refused_before_anything_is_read(options, words):
    with pytest.raises(SweepError, match=words):
        wanted(**options)


def test_a_finding_names_all_that_differs_and_what_is_wanted():
    found = policy(backup_retention_days=7, deletion_protection=True).decide(
        instance(BackupRetentionPeriod=1, DeletionProtection=False), SCOPE, NOW
    )
    assert found.reason == (
        "The DB instance keeps backups for 1 day where at least 7 are wanted; has no deletion protection."
    )
    assert (found.reason_code, found.action) == ("backup_retention_days,deletion_protection", "modify")
    assert (found.resource_type, found.resource_id, found.age_days) == ("rds:db", "orders", 400)
    assert found.configuration == {
        "backup_retention_days": {"current": 1, "wanted": 7},
        "deletion_protection": {"current": False, "wanted": True},
    }
    assert not found.saves


def test_what_is_blocked_is_told_and_the_rest_is_done():
    options = {"backup_window": "06:30-07:00", "deletion_protection": True}
    both = policy(**options).decide(instance(**WRONG), SCOPE, NOW)
    assert both.status == "planned"
    assert (
        "Of this the wanted backup window overlaps its maintenance window wed:06:38-wed:07:08: set both." in both.reason
    )
    assert list(both.configuration) == ["deletion_protection"]
    alone = policy(backup_window="06:30-07:00").decide(instance(**WRONG), SCOPE, NOW)
    assert alone.status == "protected"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"TagList": [{"Key": "keep", "Value": "TRUE"}]}, "tag keep=TRUE"),
        ({"TagList": [{"Key": "aws:cloudformation:stack-id", "Value": "x"}]}, "owned by a CloudFormation stack"),
        *[
            ({"DBInstanceStatus": status}, f"its status is {status}")
            for status in (
                "stopped",
                "failed",
                "storage-full",
                "incompatible-parameters",
                "inaccessible-encryption-credentials",
            )
        ],
        # neighbours: a state that passes is waited for
        ({"TagList": [{"Key": "Keep", "Value": "no"}]}, None),
        *[({"DBInstanceStatus": status}, None) for status in ("modifying", "backing-up", "starting", "available")],
    ],
)
def test_what_protects_a_database(changed, words):
    checked = policy(exclude_tags={"Keep": "true"}, deletion_protection=True)
    resource = instance(DeletionProtection=False, **changed)
    candidate = Candidate(resource, checked.decide(resource, SCOPE, NOW))
    why = [text for guard in checked.guards if (text := guard.protects(candidate, guard.load(None)))]
    assert [words in text for text in why] == ([True] if words else [])


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["orders-db", "orders-old", "ledger", "blog"]),
        ({"identifiers": ["orders-*"]}, ["orders-db", "orders-old"]),
        ({"identifiers": ["ORDERS-DB", "blog"]}, ["orders-db", "blog"]),
        ({"engines": ["postgres"]}, ["orders-db", "blog"]),
        ({"engines": ["aurora*"]}, ["ledger"]),
        ({"tags": {"Env": "prod"}}, ["orders-db"]),
        ({"tags": {"Env": "*"}}, ["orders-db", "ledger"]),
        ({"tags": {"Env": "prod", "Team": "x"}}, []),
        ({"tags": {"Env": "prod"}, "engines": ["mysql"]}, []),
        ({"engines": ["docdb", "neptune"]}, []),
    ],
)
def test_databases_are_chosen_by_identifier_engine_and_tags(options, names):
    databases = {
        "orders-db": ("postgres", {"Env": "prod"}),
        "orders-old": ("mysql", {}),
        "ledger": ("aurora-mysql", {"Env": "test"}),
        "blog": ("postgres", {}),
        "papers": ("docdb", {"Env": "prod"}),
        "graph": ("neptune", {}),
    }
    selected = Selected.of({**DEFAULTS, **options})
    assert [name for name, (engine, tags) in databases.items() if selected.holds(name, engine, tags)] == names


class Waits:
    """A region in which the waiter is content unless `never`."""

    def __init__(self, never: bool = False) -> None:
        self.never, self.waited = never, 0

    def wait(self, service: str, waiter: str, seconds: int, **parameters: Any) -> None:
        self.waited += 1
        assert (waiter, parameters) == ("db_instance_available", {"DBInstanceIdentifier": "orders"})
        if self.never:
            raise CallError("rds", waiter, "WaiterError", "Max attempts exceeded")


def modifying(code: str = "InvalidDBInstanceState") -> CallError:
    return CallError("rds", "ModifyDBInstance", code, "It is modifying.")


def test_a_state_that_forbids_a_change_is_waited_for_twice():
    checked, region, one = policy(), Waits(), finding("orders")
    assert [checked.await_state(region, one, modifying()) for _try in range(3)] == [True, True, False]
    assert region.waited == 2


def test_nothing_else_is_waited_for():
    region = Waits()
    assert policy().await_state(region, finding("orders"), modifying("InvalidParameterCombination")) is False
    assert region.waited == 0


def test_waiting_ends_and_then_says_so():
    with pytest.raises(CallError) as caught:
        policy().await_state(Waits(never=True), finding("orders"), modifying())
    assert caught.value.code == "InvalidDBInstanceState"
    assert caught.value.message.startswith("It is modifying. It was not available within 600 seconds (Max attempts")


def test_backups_of_which_rds_does_not_answer_how_long_it_keeps_them_are_not_shortened():
    unknown = {name: value for name, value in instance().items() if name != "BackupRetentionPeriod"}
    (change,) = changes(unknown, INSTANCES, Wanted(backup_retention_days=7), NOW)
    assert change.blocked == "RDS does not answer for how long it keeps backups"
    assert policy(backup_retention_days=7).decide(unknown, SCOPE, NOW).status == "protected"
