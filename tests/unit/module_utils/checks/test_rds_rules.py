# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pending maintenance, engine versions and replicated backups: tables of cases, no AWS."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_backups import BackupReplication, checked_region
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_databases import CLUSTERS, INSTANCES
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_maintenance import CHECK, RULES
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_pending import (
    APPLICABLE,
    PendingMaintenance,
    dates_in_words,
    pending_policies,
)
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_versions import (
    EXTENDED,
    EXTENDED_OFF,
    STANDARD,
    ExtendedSupport,
    MinimumVersion,
    checked_minimums,
    major_of,
    version_key,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
SCOPE = Scope("123456789012", "eu-west-1")
COMMON = Common({"Keep": "true"}, PriceTable({"eu-central-1": {"rds_backup_gb_month": 0.1}}))
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
ARN = "arn:aws:rds:eu-west-1:123456789012:db:orders"


def instance(**changed: Any) -> dict[str, Any]:
    made = {
        "DBInstanceIdentifier": "orders",
        "DBInstanceArn": ARN,
        "DBInstanceStatus": "available",
        "Engine": "postgres",
        "EngineVersion": "16.4",
        "AllocatedStorage": 100,
        "BackupRetentionPeriod": 7,
        "StorageEncrypted": False,
    }
    return {**made, **changed}


def protected_by(policy: Policy, resource: dict[str, Any]) -> list[str]:
    found = policy.decide(resource, SCOPE, NOW)
    assert found is not None
    return [why for guard in policy.guards if (why := guard.protects(Candidate(resource, found), guard.load(None)))]


def pending(action: str | None, mode: str, confirmed: bool = False) -> PendingMaintenance:
    options = {**DEFAULTS, "pending_maintenance": mode, "apply_immediately": confirmed}
    return PendingMaintenance(INSTANCES, action, options, COMMON)


@pytest.mark.parametrize(
    ("mode", "asked", "action"),
    [
        ("report", None, "report"),
        ("report", "next-maintenance", "report"),
        ("next-maintenance", None, "apply_os_upgrade_next_maintenance"),
        ("next-maintenance", "undo-opt-in", "apply_os_upgrade_next_maintenance"),
        ("next-maintenance", "next-maintenance", None),
        # what is under way can't be asked for later
        ("next-maintenance", "immediate", None),
        ("immediate", "next-maintenance", "apply_os_upgrade_immediate"),
        ("immediate", "immediate", None),
    ],
)
def test_pending_maintenance_is_told_of_or_asked_for_once(mode, asked, action):
    details = {"Action": "os-upgrade", **({"OptInStatus": asked} if asked else {})}
    found = pending("os-upgrade", mode, confirmed=True).decide({**instance(), "Pending": details}, SCOPE, NOW)
    assert (found and found.action) == action


def test_a_finding_has_all_dates():
    details = {
        "Action": "system-update",
        "Description": "New agent",
        "AutoAppliedAfterDate": datetime(2026, 11, 30, tzinfo=timezone.utc),
        "ForcedApplyDate": datetime(2026, 12, 15, tzinfo=timezone.utc),
    }
    found = pending("system-update", "report").decide({**instance(), "Pending": details}, SCOPE, NOW)
    assert found.reason == (
        "Maintenance of the DB instance is pending (system-update): RDS applies it in the first window after"
        " 2026-11-30, forces it on 2026-12-15."
    )
    assert found.reason_code == "pending_system_update"
    row = found.to_json()
    for word in ("2026-11-30T00:00:00+00:00", "2026-12-15T00:00:00+00:00", "New agent"):
        assert word in row


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({}, ""),
        ({"CurrentApplyDate": NOW}, ": it is due on 2026-11-23"),
        ({"CurrentApplyDate": NOW, "ForcedApplyDate": NOW}, ": forces it on 2026-11-23"),
        ({"OptInStatus": "next-maintenance"}, ": it is asked for already (next-maintenance)"),
    ],
)
def test_dates_that_rds_does_not_tell_are_left_out(details, words):
    assert dates_in_words(details) == words


@pytest.mark.parametrize(
    ("action", "mode", "confirmed", "protected"),
    [
        ("db-upgrade", "next-maintenance", False, True),
        ("db-upgrade", "next-maintenance", True, False),
        ("db-upgrade", "immediate", True, False),
        ("db-upgrade", "report", False, False),
        ("os-upgrade", "next-maintenance", False, False),
    ],
)
def test_an_engine_upgrade_needs_a_second_word(action, mode, confirmed, protected):
    why = protected_by(pending(action, mode, confirmed), {**instance(), "Pending": {"Action": action}})
    assert bool(why) is protected
    assert not protected or "set apply_immediately" in why[0]


@pytest.mark.parametrize(("mode", "protected"), [("report", []), ("next-maintenance", ["stopped"])])
def test_a_stopped_database_is_told_of_and_not_maintained(mode, protected):
    resource = {**instance(DBInstanceStatus="stopped"), "Pending": {"Action": "os-upgrade"}}
    assert [text.split()[3].rstrip(",") for text in protected_by(pending("os-upgrade", mode), resource)] == protected


def test_each_action_has_its_own_policy_and_what_cannot_be_asked_for_is_reported():
    options = {**DEFAULTS, "pending_maintenance": "next-maintenance"}
    made = pending_policies(options, COMMON)
    details = [{"Action": action} for action in (*APPLICABLE, "serverless-platform-version-update", "something-new")]
    row = {"ResourceIdentifier": ARN, "PendingMaintenanceActionDetails": details}

    class Lists:
        def listing(self, _service: str, operation: str, *_rest: Any) -> list[Any]:
            lists = {"describe_db_instances": [instance()], "describe_pending_maintenance_actions": [row]}
            return lists.get(operation, [])

    found = [
        policy.decide(resource, SCOPE, NOW) for policy in made for page in policy.find(Lists()) for resource in page
    ]
    assert sorted(finding.reason_code for finding in found) == sorted(
        f"pending_{detail['Action'].replace('-', '_')}" for detail in details
    )
    assert {finding.reason_code for finding in found if finding.action == "report"} == {
        "pending_serverless_platform_version_update",
        "pending_something_new",
    }


def test_immediate_needs_a_second_word():
    with pytest.raises(SweepError, match="set apply_immediately to true as well, or use next-maintenance"):
        pending_policies({**DEFAULTS, "pending_maintenance": "immediate"}, COMMON)
    confirmed = {**DEFAULTS, "pending_maintenance": "immediate", "apply_immediately": True}
    assert pending_policies(confirmed, COMMON)[0].transition[1].endswith("applied immediately")


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("15.9", "15.10"),
        ("9.6.24", "10.1"),
        ("15", "15.1"),
        ("8.0.9", "8.0.35"),
        ("5.7.mysql_aurora.2.11.2", "8.0.mysql_aurora.3.01.0"),
        ("8.0.mysql_aurora.3.9.1", "8.0.mysql_aurora.3.10.0"),
        ("19.0.0.0.ru-2023-10.rur-2023-10.r1", "19.0.0.0.ru-2024-01.rur-2024-01.r1"),
        ("15.00.4335.1.v1", "15.00.4345.5.v1"),
    ],
)
def test_versions_are_compared_by_number(older, newer):
    assert version_key(older) < version_key(newer)
    assert version_key(newer) == version_key(newer.upper())


@pytest.mark.parametrize(
    ("engine", "version", "found"),
    [
        ("postgres", "16.3", True),
        ("postgres", "16.4", False),
        ("postgres", "16.10", False),
        ("postgres", "17.1", False),
        ("mysql", "5.5.3", False),
    ],
)
def test_versions_older_than_wanted_are_reported(engine, version, found):
    policy = MinimumVersion(INSTANCES, {**DEFAULTS, "minimum_engine_version": {"postgres": "16.4"}}, COMMON)
    finding = policy.decide(instance(Engine=engine, EngineVersion=version), SCOPE, NOW)
    assert bool(finding) is found
    assert not finding or (finding.action, finding.saves) == ("report", False)


@pytest.mark.parametrize(
    ("minimums", "words"),
    [
        ({"postgresql": "15.4"}, "RDS has no engine 'postgresql'.*Did you mean"),
        ({"postgres": 15.1}, "15.1 is no version of postgres: write it in quotes"),
        ({"postgres": "latest"}, "'latest' is no version of postgres"),
        ({"postgres": None}, "None is no version"),
    ],
)
def test_a_version_that_cannot_be_meant_is_refused(minimums, words):
    with pytest.raises(SweepError, match=words):
        checked_minimums(minimums)


def lifecycle(major: str, standard: datetime, extended: datetime | None) -> dict[str, Any]:
    ends = [(STANDARD, standard), *([(EXTENDED, extended)] if extended else [])]
    return {
        "Engine": "postgres",
        "MajorEngineVersion": major,
        "SupportedEngineLifecycles": [
            {"LifecycleSupportName": name, "LifecycleSupportEndDate": end} for name, end in ends
        ],
    }


LATER = NOW + timedelta(days=1000)


@pytest.mark.parametrize(
    ("days_left", "extended", "lifecycle_support", "code", "words"),
    [
        (181, LATER, None, None, ""),
        (180, LATER, None, "extended_support_soon", "ends on 2027-05-22: then Extended Support is charged until 2029"),
        (
            0,
            LATER,
            None,
            "extended_support",
            "ended on 2026-11-23: Extended Support is charged for each vCPU hour until",
        ),
        (-300, LATER, "open-source-rds-extended-support", "extended_support", "is charged for each vCPU hour"),
        (-300, LATER, EXTENDED_OFF, "extended_support", "RDS upgrades the database by itself"),
        (10, LATER, EXTENDED_OFF, "extended_support_soon", "RDS will upgrade the database by itself"),
        (10, None, None, "extended_support_soon", "RDS will upgrade the database by itself"),
    ],
)
def test_the_end_of_standard_support_is_told_in_time(days_left, extended, lifecycle_support, code, words):
    policy = ExtendedSupport(INSTANCES, {**DEFAULTS, "extended_support_warning_days": 180}, COMMON)
    majors = [lifecycle("16", NOW + timedelta(days=days_left), extended)]
    resource = {**instance(EngineLifecycleSupport=lifecycle_support), "Majors": majors}
    found = policy.decide(resource, SCOPE, NOW)
    assert (found and found.reason_code) == code
    assert words in (found.reason if found else "")


@pytest.mark.parametrize(
    ("version", "major"),
    [("16.4", "16"), ("1.6", None), ("160.1", None), ("9.6.24", "9.6"), ("16", "16")],
)
def test_a_version_belongs_to_one_major_version(version, major):
    rows = [{"MajorEngineVersion": name} for name in ("9", "9.6", "16")]
    found = major_of(version, rows)
    assert (found and found["MajorEngineVersion"]) == major


def test_an_engine_whose_lifecycle_rds_does_not_tell_is_not_reported():
    policy = ExtendedSupport(CLUSTERS, {**DEFAULTS, "extended_support_warning_days": 10000}, COMMON)
    assert policy.decide({**instance(), "Majors": []}, SCOPE, NOW) is None


def replication(**options: Any) -> BackupReplication:
    return BackupReplication({**DEFAULTS, "backup_replication_region": "eu-central-1", **options}, COMMON)


def copies(*regions: str) -> dict[str, Any]:
    arns = [f"arn:aws:rds:{region}:123456789012:auto-backup:ab-1" for region in regions]
    return {"DBInstanceAutomatedBackupsReplications": [{"DBInstanceAutomatedBackupsArn": arn} for arn in arns]}


@pytest.mark.parametrize(
    ("changed", "region", "found"),
    [
        ({}, "eu-west-1", True),
        ({}, "eu-central-1", False),
        (copies("eu-central-1"), "eu-west-1", False),
        (copies("us-east-1"), "eu-west-1", True),
        (copies("us-east-1", "eu-central-1"), "eu-west-1", False),
    ],
)
def test_backups_that_are_not_in_the_other_region_are_found(changed, region, found):
    finding = replication().decide(instance(**changed), Scope("123456789012", region), NOW)
    assert bool(finding) is found
    if finding:
        assert (finding.reason_code, finding.action) == ("backups_not_replicated", "replicate_backups")
        # the price is that of the region which holds the copies; it is no saving
        assert (finding.cost.to_dict(), finding.saves) == ({"low": 0.0, "high": 10.0}, False)


@pytest.mark.parametrize(
    ("changed", "options", "words"),
    [
        ({}, {}, None),
        ({"BackupRetentionPeriod": 0}, {}, "set backup_retention_days"),
        ({"StorageEncrypted": True}, {}, "name a KMS key of eu-central-1 in backup_replication_kms_key_id"),
        (
            {"StorageEncrypted": True},
            {"backup_replication_kms_key_id": "arn:aws:kms:eu-central-1:123456789012:key/1"},
            None,
        ),
        ({"DBInstanceStatus": "stopped"}, {}, "its status is stopped"),
        ({"TagList": [{"Key": "Keep", "Value": "true"}]}, {}, "tag Keep=true"),
    ],
)
def test_what_keeps_backups_from_being_replicated(changed, options, words):
    why = protected_by(replication(**options), instance(**changed))
    assert [words in text for text in why] == ([True] if words else [])


def test_members_of_clusters_and_custom_engines_are_not_replicated():
    kept = replication().chosen([instance(), instance(DBClusterIdentifier="c"), instance(Engine="custom-oracle-ee")])
    assert len(kept) == 1


def test_a_region_that_does_not_exist_is_named():
    assert checked_region("eu-central-1") == "eu-central-1"
    with pytest.raises(SweepError, match=r"there is no AWS region 'eu-cnetral-1'\. Did you mean eu-central-1\?"):
        checked_region("eu-cnetral-1")


def test_no_rule_at_all_is_refused_and_the_rules_are_named():
    with pytest.raises(SweepError, match=r"no rule to check: set at least one of backup_retention_days, .*snapshot"):
        CHECK.policies(DEFAULTS, COMMON)
    assert set(RULES) <= CHECK.argument_spec.keys()


@pytest.mark.parametrize(
    "options", [{"wait_timeout": -1, "deletion_protection": True}, {"extended_support_warning_days": -1}]
)
def test_negative_numbers_are_refused(options):
    with pytest.raises(SweepError, match="is -1: it must be 0 or more"):
        CHECK.policies({**DEFAULTS, **options}, COMMON)
