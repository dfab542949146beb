# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rds_maintenance on the emulated account, beyond what test_checks compares by the manifest.

States, windows, pending maintenance, replication, lifecycles and pages are added beside moto (services/rds*).
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.building.rds import IN_ORDER, add_instance, add_snapshot
from tests.emulator.building.site import VARIANTS, Site, ignored
from tests.emulator.services.rds_states import pass_through
from tests.emulator.services.rds_upkeep import set_pending
from tests.integration.conftest import ROOT, Json, Module, changes

ACCOUNT, REGION = "123456789012", "eu-west-1"
HERE = {"regions": [REGION]}
EVERYWHERE = {"regions": ["all"], "max_actions": 1000}
SETTINGS = VARIANTS["rds_settings"]["rds_maintenance"]
PLAYBOOK = "sysops.aws.rds_maintenance"


@pytest.fixture
def site(empty_aws: Emulator) -> Site:
    from datetime import datetime, timezone

    now = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
    return Site(ACCOUNT, REGION, 1, now, empty_aws.manifest)


def database(emulator: Emulator, name: str, kind: str = "rds:db", region: str = REGION) -> Json:
    state: Json = emulator.state()[ACCOUNT, region, kind, name]
    return state


def by_status(result: Json) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in result["findings"]:
        found.setdefault(row["status"], []).append(row["resource_id"])
    return found


def test_all_settings_of_a_database_are_set_in_one_call(aws, module: Module):
    result = module("rds_maintenance", **SETTINGS, **EVERYWHERE)
    assert not result.get("failed"), result.get("msg")
    now = database(aws, "legacy-erp")
    assert {name: now[name] for name in SETTINGS} == SETTINGS
    changed = [row for row in result["findings"] if row["status"] == "changed"]
    made = Counter(row["resource_type"] for row in changed)
    assert changes(aws) == {"ModifyDBInstance": made["rds:db"], "ModifyDBCluster": made["rds:cluster"]}


def test_settings_of_a_cluster_are_set_on_the_cluster_and_a_longer_retention_stays(aws, module: Module):
    before = aws.state()
    module("rds_maintenance", **SETTINGS, **HERE)
    assert database(aws, "ledger", "rds:cluster")["backup_retention_days"] == 7
    for name, kind in (("multi-az-1", "rds:db"), ("orders", "rds:db"), ("events", "rds:cluster")):
        assert database(aws, name, kind) == before[ACCOUNT, REGION, kind, name]
    assert database(aws, "orders")["backup_retention_days"] == IN_ORDER["backup_retention_period"] > 7
    assert database(aws, "ledger-1")["maintenance_window"] == "wed:06:38-wed:07:08"


def test_first_backups_wait_for_the_window_and_are_asked_for_once(aws, module: Module):
    options = {"identifiers": ["scratch"], "backup_retention_days": 7, **HERE}
    assert by_status(module("rds_maintenance", **options)) == {"changed": ["scratch"]}
    assert database(aws, "scratch")["backup_retention_days"] == 0
    assert database(aws, "scratch")["waiting"] == {"BackupRetentionPeriod": 7}
    assert module("rds_maintenance", **options)["changed"] is False


def test_first_backups_begin_at_once_where_that_is_allowed_and_the_diff_says_so(aws, module: Module):
    options = {"identifiers": ["scratch"], "backup_retention_days": 7, "apply_immediately": True, **HERE}
    result = module("rds_maintenance", diff=True, **options)
    assert database(aws, "scratch")["backup_retention_days"] == 7
    assert "apply_immediately True" in result["diff"]["after"]
    assert "at once" in result["findings"][0]["reason"]


def test_at_once_never_takes_other_pending_changes_along(site, empty_aws, module: Module):
    instance = add_instance(site, "shop", {}, backup_retention_period=0)
    instance.pending_modified_values = {"DBInstanceClass": "db.m6g.4xlarge"}
    options = {"backup_retention_days": 7, "apply_immediately": True, **HERE}
    result = module("rds_maintenance", **options)
    assert by_status(result) == {"protected": ["shop"]}
    assert "DBInstanceClass" in result["findings"][0]["protected_by"][0]
    assert changes(empty_aws) == {}


def test_a_database_that_is_being_modified_is_waited_for(site, empty_aws, module: Module):
    instance = add_instance(site, "shop", {}, deletion_protection=False)
    instance.status = "modifying"
    pass_through(instance, "modifying", "modifying")
    result = module("rds_maintenance", deletion_protection=True, wait_timeout=10, **HERE)
    assert by_status(result) == {"changed": ["shop"]}
    assert database(empty_aws, "shop")["deletion_protection"] is True


def test_a_state_that_lasts_is_told_after_the_wait_and_all_else_is_done(site, empty_aws, module: Module):
    stuck = add_instance(site, "stuck", {}, deletion_protection=False)
    stuck.status = "configuring-log-exports"
    add_instance(site, "shop", {}, deletion_protection=False)
    result = module("rds_maintenance", deletion_protection=True, wait_timeout=1, **HERE)
    assert by_status(result) == {"failed": ["stuck"], "changed": ["shop"]}
    assert result["failed"] is True
    error = next(row["error"] for row in result["findings"] if row["status"] == "failed")
    assert error["code"] == "InvalidDBInstanceState"
    assert "not in available state. It was not available within 1 seconds" in error["message"]
    assert database(empty_aws, "stuck")["deletion_protection"] is False


def test_settings_and_replication_of_one_database_wait_for_each_other(site, empty_aws, module: Module):
    add_instance(site, "shop", {}, deletion_protection=False)
    result = module(
        "rds_maintenance",
        deletion_protection=True,
        backup_replication_region="eu-central-1",
        wait_timeout=10,
        **HERE,
    )
    assert by_status(result) == {"changed": ["shop", "shop"]}
    assert (database(empty_aws, "shop")["deletion_protection"], database(empty_aws, "shop")["replicas"]) == (
        True,
        ["eu-central-1"],
    )


def test_what_aws_refuses_fails_alone(site, empty_aws, module: Module):
    for name in ("shop", "blog"):
        add_instance(site, name, {}, deletion_protection=False)
    empty_aws.faults.deny(operation="ModifyDBInstance", times=1)
    result = module("rds_maintenance", deletion_protection=True, **HERE)
    assert Counter(row["status"] for row in result["findings"]) == {"failed": 1, "changed": 1}
    assert "1 of 2 actions failed" in result["msg"]


def test_a_retention_that_was_raised_meanwhile_is_not_lowered(site, empty_aws, module: Module, monkeypatch):
    instance = add_instance(site, "shop", {}, backup_retention_period=1, deletion_protection=False)
    from ansible_collections.sysops.aws.plugins.module_utils.sweep import runner

    act = runner.Sweep.act

    def raised_meanwhile(sweep: Any) -> None:
        instance.backup_retention_period = 30
        act(sweep)

    monkeypatch.setattr(runner.Sweep, "act", raised_meanwhile)
    module("rds_maintenance", backup_retention_days=7, deletion_protection=True, **HERE)
    now = database(empty_aws, "shop")
    assert (now["backup_retention_days"], now["deletion_protection"]) == (30, True)


def test_each_pending_action_is_its_own_finding_and_immediate_is_done_now(site, empty_aws, module: Module):
    instance = add_instance(site, "shop", {})
    for action in ("os-upgrade", "ca-certificate-rotation"):
        set_pending(instance, action)
    options = {"pending_maintenance": "immediate", "apply_immediately": True, "wait_timeout": 10, **HERE}
    told = module("rds_maintenance", check=True, diff=True, **options)
    assert {row["action"] for row in told["findings"]} == {
        "apply_os_upgrade_immediate",
        "apply_ca_certificate_rotation_immediate",
    }
    assert told["diff"]["after"].count("applied immediately") == 2
    assert changes(empty_aws) == {}
    assert by_status(module("rds_maintenance", **options)) == {"changed": ["shop", "shop"]}
    assert database(empty_aws, "shop")["pending_maintenance"] == []
    assert module("rds_maintenance", **options)["findings"] == []


def test_a_report_of_pending_maintenance_has_its_dates_and_enforcing_changes_nothing(aws, module: Module):
    result = module("rds_maintenance", pending_maintenance="report", identifiers=["crm", "wiki"], **HERE)
    row = next(row for row in result["findings"] if row["resource_id"] == "crm")
    assert row["configuration"]["auto_applied_after_date"] < row["configuration"]["forced_apply_date"]
    assert row["configuration"]["forced_apply_date"][:10] in row["reason"]
    assert {row["status"] for row in result["findings"]} == {"skipped"}
    assert changes(aws) == {}


def test_an_engine_upgrade_needs_apply_immediately(aws, module: Module):
    options = {"pending_maintenance": "next-maintenance", "identifiers": ["wiki"], **HERE}
    assert by_status(module("rds_maintenance", **options)) == {"protected": ["wiki"]}
    assert changes(aws) == {}
    assert by_status(module("rds_maintenance", apply_immediately=True, **options)) == {"changed": ["wiki"]}
    assert database(aws, "wiki")["pending_maintenance"][0]["OptInStatus"] == "next-maintenance"


def test_encrypted_backups_are_replicated_with_a_key_of_the_other_region(aws, module: Module):
    key = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    options = {"backup_replication_region": "eu-central-1", "identifiers": ["vaulted"], **HERE}
    assert by_status(module("rds_maintenance", **options)) == {"protected": ["vaulted"]}
    assert by_status(module("rds_maintenance", backup_replication_kms_key_id=key, **options)) == {
        "changed": ["vaulted"]
    }
    assert database(aws, "vaulted")["replicas"] == ["eu-central-1"]
    calls = {key[1] for key in aws.calls if key[3] == "StartDBInstanceAutomatedBackupsReplication"}
    assert calls == {"eu-central-1"}, "RDS takes the call in the region that gets the copies"


def test_snapshots_that_should_stay_stay(aws, module: Module):
    before = aws.state()
    result = module("rds_maintenance", manual_snapshot_min_age_days=30, **EVERYWHERE)
    assert not result.get("failed"), result.get("msg")
    gone = {key for key in before if key not in aws.state()}
    assert {key[3] for key in gone} == {"orders-60", "orders-90", "ledger-70"}
    assert {key[0] for key in gone} == {ACCOUNT}
    assert changes(aws) == {"DeleteDBSnapshot": 4, "DeleteDBClusterSnapshot": 2}


def test_orphans_go_when_asked_for_but_never_the_last_one(aws, module: Module):
    options = {"manual_snapshot_min_age_days": 30, "include_orphaned": True, "keep_last": 1, "identifiers": ["shop"]}
    result = module("rds_maintenance", **options, **HERE)
    assert by_status(result) == {"protected": ["shop-100"], "changed": ["shop-110", "shop-120", "shop-130"]}
    assert (ACCOUNT, REGION, "rds:snapshot", "shop-100") in aws.state()


def test_a_snapshot_that_is_still_being_created_is_left_alone(aws, module: Module):
    options = {"manual_snapshot_min_age_days": 30, "keep_last": 1, "only_ids": ["orders-stuck"], **HERE}
    result = module("rds_maintenance", **options)
    stuck = next(row for row in result["findings"] if row["resource_id"] == "orders-stuck")
    assert (stuck["status"], stuck["protected_by"]) == ("protected", ["its status is creating"])
    assert changes(aws) == {}


def test_a_snapshot_that_became_one_of_the_newest_meanwhile_stays(site, empty_aws, module):
    instance = add_instance(site, "shop", {})
    made = [add_snapshot(site, instance, f"s{age}", ignored(""), age) for age in (40, 50, 60)]
    # the two newer ones vanish while the run is under way: what is left is the last one
    from ansible_collections.sysops.aws.plugins.module_utils.sweep import runner

    act = runner.Sweep.act

    def vanish(sweep: Any) -> None:
        for snapshot in made[:2]:
            del site.backend("rds").database_snapshots[snapshot.db_snapshot_identifier]
        act(sweep)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner.Sweep, "act", vanish)
        result = module("rds_maintenance", manual_snapshot_min_age_days=30, keep_last=2, **HERE)
    row = next(row for row in result["findings"] if row["resource_id"] == "s60")
    assert row["status"] == "skipped"
    assert "it is protected now: the newest snapshot of its database" in row["reason"]
    assert changes(empty_aws) == {}


def test_lists_are_read_once_and_in_the_largest_pages(site, empty_aws, module: Module):
    instance = add_instance(site, "shop", {})
    for number in range(150):
        add_snapshot(site, instance, f"s-{number}", ignored(""), 1 + number)
    options = {"manual_snapshot_min_age_days": 1000, "pending_maintenance": "report", **SETTINGS}
    module("rds_maintenance", check=True, **options, **HERE)
    calls = {key[3]: count for key, count in empty_aws.calls.items() if key[2] == "rds"}
    assert calls == {
        "DescribeDBInstances": 1,
        "DescribeDBClusters": 1,
        "DescribeDBSnapshots": 2,
        "DescribeDBClusterSnapshots": 1,
        "DescribePendingMaintenanceActions": 1,
    }


def test_databases_of_another_account_are_reached_by_its_role(aws, module: Module):
    role = "arn:aws:iam::210987654321:role/sweep"
    before = {key: value for key, value in aws.state().items() if key[0] == ACCOUNT}
    result = module("rds_maintenance", assume_role_arn=role, **SETTINGS, **EVERYWHERE)
    assert {row["account_id"] for row in result["findings"]} == {"210987654321"}
    assert result["summary"]["changed"] > 3
    assert {key: value for key, value in aws.state().items() if key[0] == ACCOUNT} == before


def test_an_unreadable_list_is_told_and_costs_only_its_own_rule(aws, module: Module):
    aws.faults.deny(operation="DescribePendingMaintenanceActions", region=REGION)
    result = module(
        "rds_maintenance",
        check=True,
        pending_maintenance="report",
        manual_snapshot_min_age_days=30,
        **HERE,
    )
    assert {(error["operation"], error["code"]) for error in result["region_errors"]} == {
        ("DescribePendingMaintenanceActions", "AccessDenied")
    }
    assert "orders-60" in by_status(result)["planned"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"no rule to check: set at least one of backup_retention_days"),
        ({"backup_retention_days": 36}, r"backup_retention_days is 36: RDS keeps automated backups for 1 to 35 days"),
        ({"backup_window": "2am-3am"}, r"backup_window '2am-3am' is not a window: write hh:mm-hh:mm in UTC"),
        ({"backup_window": "02:00-02:10"}, r"is 10 minutes long: AWS wants 30 or more"),
        ({"maintenance_window": "sunday"}, r"maintenance_window 'sunday' is not a window"),
        (
            {"backup_window": "03:30-04:30", "maintenance_window": "sun:03:00-sun:04:00"},
            r"backup_window 03:30-04:30 and maintenance_window sun:03:00-sun:04:00 overlap",
        ),
        ({"pending_maintenance": "immediate"}, r"set apply_immediately to true as well"),
        ({"pending_maintenance": "now"}, r"value of pending_maintenance must be one of: report, next-maintenance"),
        ({"minimum_engine_version": {"postgresql": "15"}}, r"RDS has no engine 'postgresql'"),
        ({"backup_replication_region": "eu-cnetral-1"}, r"Did you mean eu-central-1\?"),
        ({"manual_snapshot_min_age_days": 30, "keep_last": 0}, r"keep_last is 0: it must be 1 or more"),
        ({"manual_snapshot_min_age_days": -1}, r"manual_snapshot_min_age_days is -1"),
        ({"extended_support_warning_days": -1}, r"extended_support_warning_days is -1"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(aws, module: Module, options, message):
    result = module("rds_maintenance", **{**options, **HERE})
    assert result["failed"] is True
    assert "Traceback" not in json.dumps(result)
    assert re.search(message, result["msg"]), result["msg"]
    assert changes(aws) == {}


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def variables(reports: Path | str, **more: Any) -> Json:
    named = {f"rds_maintenance_{name}": value for name, value in {**SETTINGS, **more}.items()}
    return {**named, "rds_maintenance_report_dir": str(reports), "rds_maintenance_snapshot_min_age_days": 30}


def test_the_playbook_reports_by_default_and_writes_the_same_files(aws, playbook, reports):
    before = aws.state()
    done = playbook(PLAYBOOK, **variables(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    assert aws.state() == before
    assert {path.name for path in reports.iterdir()} == {
        "findings.jsonl",
        "findings.csv",
        "summary.json",
        "report.html",
    }
    told = json.loads((reports / "summary.json").read_text())
    assert told["mode"] == "report"
    assert told["planned"] > 10
    assert "RDS maintenance" in (reports / "report.html").read_text()
    rows = [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines()]
    # the two rules that are on without being asked for, besides those that were
    assert {"pending_system_update", "extended_support", "old_snapshot"} <= {row["reason_code"] for row in rows}


def test_the_playbook_without_any_rule_reports_what_rds_has_announced(aws, playbook, reports):
    done = playbook(PLAYBOOK, rds_maintenance_report_dir=str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines()]
    assert {row["action"] for row in rows} == {"report"}
    assert changes(aws) == {}


def test_the_playbook_enforces_and_finds_nothing_the_second_time(aws, playbook, reports):
    done = playbook(PLAYBOOK, **variables(reports, mode="enforce", auto_minor_version_upgrade=True))
    assert done.returncode == 0, done.stdout + done.stderr
    now = database(aws, "legacy-erp")
    assert {name: now[name] for name in SETTINGS} == SETTINGS
    assert (ACCOUNT, REGION, "rds:snapshot", "orders-60") not in aws.state()
    aws.calls.clear()
    again = playbook(PLAYBOOK, **variables(reports, mode="enforce"))
    assert again.returncode == 0
    assert changes(aws) == {}


def test_check_on_the_command_line_wins_over_enforce(aws, playbook, reports):
    done = playbook(PLAYBOOK, "--check", **variables(reports, mode="enforce"))
    assert done.returncode == 0, done.stdout
    assert changes(aws) == {}


def test_a_plan_is_found_where_the_run_was_started(aws, playbook, reports):
    here = os.path.relpath(reports, ROOT)
    options = variables(here, mode="enforce")
    playbook(PLAYBOOK, "--check", **options)
    done = playbook(PLAYBOOK, "-e", f"rds_maintenance_plan={here}/findings.jsonl", **options)
    assert done.returncode == 0, done.stdout
    assert {name: database(aws, "legacy-erp")[name] for name in SETTINGS} == SETTINGS


def decided(reports: Path) -> set[tuple[str, ...]]:
    rows = [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines()]
    return {(row["region"], row["resource_id"], row["reason"], row["action"], row["status"]) for row in rows}


# no number as it is by default, with one that switches a rule off, and booleans of both kinds
VALUES = {
    "backup_retention_days": 9,
    "auto_minor_version_upgrade": False,
    "deletion_protection": False,
    "extended_support_warning_days": 0,
    "snapshot_min_age_days": 30,
    "keep_last": 1,
    "include_orphaned": True,
    "apply_immediately": True,
    "wait_timeout": 60,
    "max_actions": 1000,
    "max_actions_percent": 99,
    "plan_max_age_hours": 5,
    "workers": 8,
}


def test_numbers_and_booleans_may_be_text(aws, playbook, reports):
    where = {"rds_maintenance_report_dir": str(reports)}
    told = []
    for values in (VALUES, {name: str(value).lower() for name, value in VALUES.items()}):
        done = playbook(PLAYBOOK, **where, **{f"rds_maintenance_{name}": value for name, value in values.items()})
        assert done.returncode == 0, done.stdout
        told.append(decided(reports))
    assert told[0] == told[1]


def test_nothing_answered_in_a_survey_is_every_region_and_no_rule(aws, playbook, reports):
    where = {"rds_maintenance_report_dir": str(reports)}
    playbook(PLAYBOOK, **where)
    default = decided(reports)
    names = ("regions", "plan", "backup_window", "auto_minor_version_upgrade", "extended_support_warning_days")
    done = playbook(PLAYBOOK, **where, **{f"rds_maintenance_{name}": "" for name in names})
    assert done.returncode == 0, done.stdout
    assert decided(reports) == default
    assert len({region for region, *_rest in default}) > 1


def test_cost_hygiene_deletes_old_snapshots_once_their_age_is_set(aws, playbook, reports):
    options = {"cost_hygiene_report_dir": str(reports), "cost_hygiene_rds_snapshot_min_age_days": 30}
    done = playbook("sysops.aws.cost_hygiene", cost_hygiene_mode="enforce", cost_hygiene_max_actions=1000, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((reports / "summary.json").read_text())["checks"]
    assert told["rds_maintenance"]["changed"] == 6
    assert {"ModifyDBInstance", "ModifyDBCluster"} & changes(aws).keys() == set()


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({"cost_hygiene_checks": ["rds_maintenance"]}, "rds_maintenance has no rule to check"),
        (
            {"cost_hygiene_rds_snapshot_min_age_days": 30, "cost_hygiene_rds_keep_last": 0},
            "the last snapshot of a database always stays",
        ),
    ],
)
def test_cost_hygiene_names_what_its_snapshot_part_lacks(aws, playbook, reports, checks, words):
    done = playbook(
        "sysops.aws.cost_hygiene", cost_hygiene_mode="enforce", cost_hygiene_report_dir=str(reports), **checks
    )
    assert done.returncode != 0
    assert words in " ".join((done.stdout + done.stderr).split())
    assert changes(aws) == {}
