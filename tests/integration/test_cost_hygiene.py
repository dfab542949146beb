# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cost_hygiene.yml as an operator runs it, and the account as it is afterwards."""

from __future__ import annotations

import csv
import importlib
import json
import os
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.emulator import Emulator
from tests.emulator.building.logs import add_log_group
from tests.emulator.building.site import waste
from tests.integration.conftest import MODULES, ROOT, changes

ACCOUNT = "123456789012"
PLAYBOOK = "sysops.aws.cost_hygiene"
UNDO = "sysops.aws.cost_hygiene_undo"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "cost hygiene"


def findings(reports: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines()]


def summary(reports: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((reports / "summary.json").read_text())
    return loaded


def gone(before: dict[Any, Any], emulator: Emulator) -> set[Any]:
    return set(before) - set(emulator.state())


def wanted_gone(emulator: Emulator) -> set[Any]:
    return {
        (row["account_id"], row["region"], row["resource_type"], row["resource_id"])
        for row in emulator.manifest
        if row["account_id"] == ACCOUNT and not row["survives"]
    }


def test_report_is_the_default_and_changes_nothing(aws, playbook, reports):
    before = aws.state()
    done = playbook(PLAYBOOK, cost_hygiene_report_dir=str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    assert aws.state() == before
    assert changes(aws) == {}
    counts = Counter(row["status"] for row in findings(reports))
    told = summary(reports)
    assert told["mode"] == "report"
    assert {status: told[status] for status in counts} == counts
    assert counts["planned"] > 50
    assert told["changed"] == 0
    with (reports / "findings.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == sum(counts.values())
    assert "<html" in (reports / "report.html").read_text()
    for check in told["checks"]:
        assert check in done.stdout
    assert str(reports / "report.html") in done.stdout


def test_enforce_leaves_exactly_what_should_stay_and_a_second_run_finds_nothing(aws, playbook, reports):
    before = aws.state()
    done = playbook(PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_report_dir=str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    assert gone(before, aws) == wanted_gone(aws)
    remaining = {key: now for key, now in aws.state().items() if not key[2].endswith("-in-bin")}
    for key, now in remaining.items():
        changed = {name for name, value in now.items() if before[key][name] != value}
        assert changed <= {"retention_in_days", "own_retention_in_days", "monitoring"}, key
    first = Counter(row["status"] for row in findings(reports))
    assert (first["planned"], first["failed"]) == (0, 0)

    aws.calls.clear()
    again = playbook(PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_report_dir=str(reports))
    assert again.returncode == 0
    assert changes(aws) == {}
    second = summary(reports)
    assert (second["planned"], second["changed"], second["failed"]) == (0, 0, 0)


def test_check_on_the_command_line_wins_over_enforce(aws, playbook, reports):
    before = aws.state()
    done = playbook(PLAYBOOK, "--check", cost_hygiene_mode="enforce", cost_hygiene_report_dir=str(reports))
    assert done.returncode == 0, done.stdout
    assert aws.state() == before
    assert summary(reports)["mode"] == "report"


def test_one_denied_region_costs_its_own_findings_and_a_non_zero_exit(aws, playbook, reports):
    before = aws.state()
    aws.faults.deny(account=ACCOUNT, region="eu-west-1")
    done = playbook(PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_report_dir=str(reports))
    assert done.returncode != 0
    assert gone(before, aws) == {key for key in wanted_gone(aws) if key[1] != "eu-west-1"}
    told = summary(reports)
    assert {error["region"] for error in told["region_errors"]} == {"eu-west-1"}
    assert {error["code"] for error in told["region_errors"]} >= {"UnauthorizedOperation", "AccessDeniedException"}
    assert not [row for row in findings(reports) if row["region"] == "eu-west-1"]
    assert "Traceback" not in done.stdout + done.stderr


def test_a_plan_over_the_limit_is_refused_as_a_whole_and_still_reported(aws, playbook, reports):
    before = aws.state()
    done = playbook(
        PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_max_actions=10, cost_hygiene_report_dir=str(reports)
    )
    assert done.returncode != 0
    assert "max_actions is 10: nothing was changed" in done.stdout + done.stderr
    assert aws.state() == before
    assert Counter(row["status"] for row in findings(reports))["planned"] > 10
    assert (reports / "report.html").exists()


def test_a_report_over_the_limit_is_a_report_with_a_warning(aws, playbook, reports):
    done = playbook(PLAYBOOK, cost_hygiene_max_actions=10, cost_hygiene_report_dir=str(reports))
    assert done.returncode == 0
    assert "Enforcing would be refused" in done.stdout + done.stderr


def test_an_action_that_aws_refuses_fails_the_run_after_all_else_is_done(aws, playbook, reports):
    before = aws.state()
    aws.faults.deny(operation="DeleteSnapshot")
    done = playbook(PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_report_dir=str(reports))
    assert done.returncode != 0
    assert gone(before, aws) == {key for key in wanted_gone(aws) if key[2] != "ec2:snapshot"}
    failed = [row for row in findings(reports) if row["status"] == "failed"]
    assert {row["resource_type"] for row in failed} == {"ec2:snapshot"}
    assert {row["error"]["code"] for row in failed} == {"UnauthorizedOperation"}
    assert f"{len(failed)} of " in done.stdout + done.stderr


def test_a_plan_of_an_earlier_report_is_all_that_is_enforced(aws, playbook, reports, tmp_path):
    playbook(PLAYBOOK, cost_hygiene_report_dir=str(reports))
    lines = [line for line in (reports / "findings.jsonl").read_text().splitlines() if '"status": "planned"' in line]
    picked = [json.loads(line) for line in lines if '"ec2:volume"' in line][:2]
    plan = tmp_path / "plan.jsonl"
    plan.write_text("".join(f"{json.dumps(row)}\n" for row in picked))
    before = aws.state()
    done = playbook(
        PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_plan=str(plan), cost_hygiene_report_dir=str(reports)
    )
    assert done.returncode == 0, done.stdout
    assert gone(before, aws) == {(ACCOUNT, row["region"], "ec2:volume", row["resource_id"]) for row in picked}
    assert changes(aws) == {"DeleteVolume": 2}


def test_the_report_directory_itself_may_hold_the_plan(aws, playbook, reports):
    playbook(PLAYBOOK, cost_hygiene_report_dir=str(reports))
    plan = str(reports / "findings.jsonl")
    before = aws.state()
    done = playbook(PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_plan=plan, cost_hygiene_report_dir=str(reports))
    assert done.returncode == 0, done.stdout
    assert gone(before, aws) == wanted_gone(aws)


def test_a_plan_is_found_where_the_run_was_started_as_the_readme_names_it(aws, playbook, reports):
    here = os.path.relpath(reports, ROOT)
    playbook(PLAYBOOK, "-e", f"cost_hygiene_report_dir='{here}'")
    before, plan = aws.state(), f"cost_hygiene_plan='{here}/findings.jsonl'"
    done = playbook(PLAYBOOK, "-e", "cost_hygiene_mode=enforce", "-e", plan, "-e", f"cost_hygiene_report_dir='{here}'")
    assert done.returncode == 0, done.stdout
    assert gone(before, aws) == wanted_gone(aws)


def decided(reports: Path) -> set[tuple[str, ...]]:
    return {(row["region"], row["resource_id"], row["action"], row["status"]) for row in findings(reports)}


# no number as it is by default, and booleans of both kinds
VALUES = {
    "volume_min_age_days": 30,
    "snapshot_min_age_days": 40,
    "snapshot_keep_last": 2,
    "grace_days": 7,
    "final_snapshot": False,
    "final_snapshot_retention_days": 30,
    "wait_timeout": 60,
    "log_retention_days": 7,
    "log_shorten": True,
    "log_include_stacks": False,
    "log_include_deletion_protected": True,
    "log_minimum_retention_days": 5,
    "no_traffic_days": 14,
    "rds_snapshot_min_age_days": 30,
    "rds_keep_last": 1,
    "rds_include_orphaned": True,
    "max_actions": 1000,
    "max_actions_percent": 99,
    "plan_max_age_hours": 5,
    "workers": 8,
}


def test_numbers_and_booleans_may_be_text(aws, playbook, reports):
    where = {"cost_hygiene_report_dir": str(reports)}
    told = []
    for values in (VALUES, {name: str(value).lower() for name, value in VALUES.items()}):
        done = playbook(PLAYBOOK, **where, **{f"cost_hygiene_{name}": value for name, value in values.items()})
        assert done.returncode == 0, done.stdout
        told.append(decided(reports))
    assert told[0] == told[1]


def test_nothing_answered_in_a_survey_is_the_default(aws, playbook, reports):
    playbook(PLAYBOOK, cost_hygiene_report_dir=str(reports))
    default, checks = decided(reports), set(summary(reports)["checks"])
    done = playbook(
        PLAYBOOK,
        *("-e", "cost_hygiene_checks=''", "-e", "cost_hygiene_regions=''", "-e", "cost_hygiene_plan=''"),
        cost_hygiene_report_dir=str(reports),
    )
    assert done.returncode == 0, done.stdout
    assert (decided(reports), set(summary(reports)["checks"])) == (default, checks)
    assert len({region for region, *_rest in default}) > 1


def test_undo_takes_numbers_and_lists_as_text_and_is_of_all_without_ids(aws, playbook, reports):
    where = {"cost_hygiene_report_dir": str(reports), "cost_hygiene_checks": "log_group_retention"}
    playbook(PLAYBOOK, cost_hygiene_mode="enforce", **where)
    done = {(row["region"], row["resource_id"]) for row in findings(reports) if row["status"] == "changed"}
    undo = {
        "cost_hygiene_undo_journal": str(reports / "journal.jsonl"),
        "cost_hygiene_undo_report_dir": str(reports),
        "cost_hygiene_undo_workers": "4",
    }
    all_of_it = playbook(UNDO, cost_hygiene_undo_regions="", **undo)
    assert all_of_it.returncode == 0, all_of_it.stdout
    assert {(row["region"], row["resource_id"]) for row in findings(reports)} == done
    refused = playbook(UNDO, cost_hygiene_undo_mode="enforce", cost_hygiene_undo_max_actions="1", **undo)
    assert "max_actions is 1: nothing was changed" in refused.stdout + refused.stderr
    two = sorted(name for _region, name in done)[:2]
    playbook(UNDO, "-e", f"cost_hygiene_undo_ids='{two[0]}, {two[1]},'", **undo)
    assert {row["resource_id"] for row in findings(reports) if row["status"] == "planned"} == set(two)


# what Ansible itself adds, or documents for every module
ANSIBLES_OWN = {"changed", "diff", "failed", "invocation", "msg", "warnings"}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("sweep", {"checks": {"alb_idle_facts": {}, "ebs_orphan_cleanup": {}}}),
        ("rds_maintenance", {"backup_retention_days": 7, "pending_maintenance": "report"}),
    ],
)
def test_all_that_a_module_returns_is_documented(aws, module, name, options):
    documented = yaml.safe_load(importlib.import_module(f"{MODULES}.{name}").RETURN)
    result = module(name, check=True, regions=["all"], **options)
    assert {key for key, value in result.items() if value != {}} - ANSIBLES_OWN == documented.keys()
    rows = result["findings"]
    assert len(rows) > 10
    assert {key for row in rows for key in row} == documented["findings"]["contains"].keys()


def test_checks_can_be_chosen_also_as_text_from_a_survey(aws, playbook, reports):
    playbook(PLAYBOOK, cost_hygiene_checks="ec2_monitoring, alb_idle_facts", cost_hygiene_report_dir=str(reports))
    assert set(summary(reports)["checks"]) == {"ec2_monitoring", "alb_idle_facts"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"cost_hygiene_checks": ["ebs_orphan"]}, "Did you mean ebs_orphan_cleanup?"),
        ({"cost_hygiene_mode": "delete"}, "value of cost_hygiene_mode must be one of: report, enforce"),
        ({"cost_hygiene_log_retention_days": 4}, "the nearest are 3 and 5"),
        ({"cost_hygiene_regions": ["eu-wset-1"]}, "Did you mean eu-west-1?"),
        ({"cost_hygiene_volume_min_age_days": -1}, "volume_min_age_days is -1"),
        ({"cost_hygiene_plan": "/nonexistent"}, "The plan /nonexistent could not be read"),
        ({"cost_hygiene_expected_account_id": "210987654321"}, "expected_account_id is 210987654321"),
    ],
)
def test_bad_input_is_named_and_nothing_is_changed(aws, playbook, reports, variables, words):
    defaults = {"cost_hygiene_mode": "enforce", "cost_hygiene_report_dir": str(reports)}
    done = playbook(PLAYBOOK, **{**defaults, **variables})
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert " ".join(words.split()) in " ".join(said.split())
    assert "Traceback" not in said
    assert changes(aws) == {}


def test_a_report_directory_that_cannot_be_written_is_named_before_anything_is_changed(aws, playbook, tmp_path):
    blocked = tmp_path / "a file"
    blocked.write_text("")
    done = playbook(PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_report_dir=str(blocked / "reports"))
    assert done.returncode != 0
    assert "can't be written" in done.stdout + done.stderr
    assert changes(aws) == {}


def test_no_credential_appears_in_any_output(aws, playbook, reports, monkeypatch):
    secret = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    done = playbook(PLAYBOOK, "-vvv", cost_hygiene_report_dir=str(reports))
    written = "".join(path.read_text() for path in reports.iterdir())
    assert secret not in done.stdout + done.stderr + written


def test_a_plan_and_a_journal_are_their_owners_alone_and_the_report_is_read_by_the_group(aws, playbook, reports):
    mask = os.umask(0o000)
    try:
        playbook(PLAYBOOK, cost_hygiene_report_dir=str(reports), cost_hygiene_mode="enforce")
    finally:
        os.umask(mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in reports.iterdir()}
    assert modes == {
        **dict.fromkeys(("findings.csv", "report.html", "summary.json"), 0o640),
        **dict.fromkeys(("findings.jsonl", "journal.jsonl"), 0o600),
    }


def test_what_a_plan_lists_in_vain_is_told_and_stops_nothing_else(aws, playbook, reports):
    playbook(PLAYBOOK, cost_hygiene_report_dir=str(reports))
    volume = next(
        row for row in findings(reports) if row["resource_type"] == "ec2:volume" and row["status"] == "planned"
    )
    aws.client("ec2", volume["region"]).delete_volume(VolumeId=volume["resource_id"])
    plan = str(reports / "findings.jsonl")
    done = playbook(PLAYBOOK, cost_hygiene_mode="enforce", cost_hygiene_plan=plan, cost_hygiene_report_dir=str(reports))
    assert done.returncode == 0, done.stdout
    (row,) = [row for row in findings(reports) if row["resource_id"] == volume["resource_id"]]
    assert (row["status"], row["reason"]) == ("skipped", f"{volume['reason']} Left alone: it no longer exists.")
    assert summary(reports)["planned"] == 0


def test_the_journals_bucket_is_one_however_it_is_written(empty_aws, playbook, reports):
    # without s3:// it would be the path of a file, which is lost with an execution environment
    empty_aws.client("s3").create_bucket(Bucket="audit")
    for number, place in enumerate(("audit/cost", "s3://audit/cost")):
        add_log_group(empty_aws.site(), waste("no_retention", "x"), f"/app-{number}")
        where = {"cost_hygiene_journal_s3": place, "cost_hygiene_report_dir": str(reports)}
        done = playbook(PLAYBOOK, cost_hygiene_mode="enforce", **where)
        assert done.returncode == 0, done.stdout
    kept = empty_aws.client("s3").list_objects_v2(Bucket="audit", Prefix="cost/")["Contents"]
    assert len({item["Key"].split("/")[1] for item in kept}) == 2
