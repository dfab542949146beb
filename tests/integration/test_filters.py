# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that is given and is empty selects nothing, in a module and through each role; left out, it is no filter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Module, changes

LOGS, RDS = {"retention_in_days": 30}, {"backup_retention_days": 7}
#: module, its required options, one of its filters
FILTERS: list[tuple[str, dict[str, Any], str]] = [
    ("ebs_orphan_cleanup", {}, "only_ids"),
    ("log_group_retention", LOGS, "only_ids"),
    ("log_group_retention", LOGS, "name_prefix"),
    ("ec2_monitoring", {"state": "basic"}, "filters"),
    ("rds_maintenance", RDS, "identifiers"),
    ("rds_maintenance", RDS, "engines"),
    ("rds_maintenance", RDS, "tags"),
    ("rds_maintenance", RDS, "only_ids"),
    ("alb_idle_facts", {}, "only_ids"),
    ("ssm_patch_image_cleanup", {"min_age_days": 0}, "only_ids"),
    ("ssm_patch_compliance_info", {}, "patch_groups"),
    ("ssm_patch_compliance_info", {}, "tags"),
    ("ssm_patch_compliance_info", {}, "baseline_ids"),
    ("cloudwatch_agent_coverage", {}, "filters"),
    ("dms_status", {}, "tasks"),
    ("dms_premigration", {}, "tasks"),
]
ACT = ("ebs_orphan_cleanup", "log_group_retention", "ec2_monitoring", "rds_maintenance", "ssm_patch_image_cleanup")
KINDS = {"name_prefix": "str", "filters": "dict", "tags": "dict"}
EMPTY: dict[str, list[Any]] = {
    "list": ["", " \n", [], ["", " "], None],
    "dict": ["", " \n", {}, None],
    "str": ["", "  ", None],
}
MODULES = {name: options for name, options, _option in FILTERS}


@pytest.mark.parametrize(("name", "options", "option"), FILTERS)
def test_a_filter_that_is_empty_selects_nothing(aws, module: Module, name, options, option):
    told = f"{option}{'' if option == 'only_ids' else f' of {name}'} is empty and selects nothing"
    for value in EMPTY[KINDS.get(option, "list")]:
        report = module(name, check=True, **options, **{option: value})
        assert "msg" not in report, (value, report["msg"])
        assert report["findings"] == []
        (notice,) = report["summary"]["notices"]
        assert told in notice
        assert told in json.dumps(report["warnings"])
        enforced = module(name, **options, **{option: value})
        assert enforced.get("failed", False) is (name in ACT)
        assert told in (enforced["msg"] if name in ACT else json.dumps(enforced["warnings"]))
        assert enforced["findings"] == []
    assert changes(aws) == {}


@pytest.mark.parametrize(("name", "options"), MODULES.items())
def test_a_filter_that_is_left_out_filters_nothing(aws, module: Module, name, options):
    report = module(name, check=True, regions=["all"], **options)
    assert "msg" not in report
    # only runs of patch_now leave images to clean up
    assert report["summary"]["examined"] > 0 or name == "ssm_patch_image_cleanup"
    assert not any("selects nothing" in notice for notice in report["summary"]["notices"])


@pytest.mark.parametrize("value", ["", [], None, " , "])
def test_a_check_of_several_that_selects_nothing_does_not_stop_the_others(aws, module: Module, value):
    checks = {"rds_maintenance": {**RDS, "identifiers": value}, "log_group_retention": LOGS}
    report = module("sweep", check=True, regions=["all"], checks=checks)
    assert {row["check"] for row in report["findings"]} == {"log_group_retention"}
    done = module("sweep", regions=["all"], checks=checks)
    assert "identifiers of rds_maintenance is empty and selects nothing" in done["msg"]
    assert done["summary"]["changed"] > 0
    assert changes(aws).keys() == {"PutRetentionPolicy"}


@pytest.mark.parametrize("value", ["", [], None])
def test_only_ids_that_are_empty_select_nothing_of_a_sweep(aws, module: Module, value):
    done = module("sweep", regions=["all"], checks={"log_group_retention": LOGS}, only_ids=value)
    assert done["failed"] is True
    assert "only_ids is empty and selects nothing" in done["msg"]
    assert changes(aws) == {}


def test_a_mapping_with_a_key_of_no_values_selects_nothing(aws, module: Module):
    done = module("ec2_monitoring", regions=["all"], state="basic", filters={"tag:Env": []})
    assert "filters of ec2_monitoring is empty and selects nothing" in done["msg"]
    assert changes(aws) == {}


@pytest.mark.parametrize("value", ["", [], None, ["", " "]])
def test_undo_of_no_ids_undoes_nothing(aws, module: Module, tmp_path, value):
    journal = str(tmp_path / "journal.jsonl")
    module("log_group_retention", regions=["all"], journal=[journal], **LOGS)
    before = changes(aws)
    report = module("sweep_undo", check=True, journal=[journal], only_ids=value)
    assert (report["findings"], "msg" in report) == ([], False)
    assert "only_ids is empty and selects nothing" in report["summary"]["notices"][0]
    done = module("sweep_undo", journal=[journal], only_ids=value)
    assert "only_ids is empty and selects nothing" in done["msg"]
    assert changes(aws) == before
    assert len(module("sweep_undo", check=True, journal=[journal])["findings"]) > 5


def test_undo_of_no_ids_needs_no_region(aws, module: Module, tmp_path, monkeypatch):
    journal = str(tmp_path / "journal.jsonl")
    module("log_group_retention", regions=["all"], journal=[journal], **LOGS)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "msg" not in module("sweep_undo", check=True, journal=[journal], only_ids="")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("replication_task_identifiers", ""),
        ("replication_task_identifiers", []),
        ("replication_task_identifiers", None),
        ("replication_instance", ""),
        ("replication_instance", None),
    ],
)
def test_tasks_are_not_all_of_them_where_none_is_named(aws, module: Module, option, value):
    assert module("dms_replication_task_info", region="eu-west-1")["replication_tasks"] != []
    none = module("dms_replication_task_info", region="eu-west-1", **{option: value})
    assert none["replication_tasks"] == []
    assert f"{option} is empty and selects nothing" in json.dumps(none["warnings"])


def lines(directory: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (directory / "findings.jsonl").read_text().splitlines()]
    return [row for row in rows if "resource_id" in row]


#: role, its filter
ROLES = [
    ("rds_maintenance", "identifiers"),
    ("rds_maintenance", "tags"),
    ("dms_status", "tasks"),
    ("patch_compliance", "patch_groups"),
    ("cloudwatch_agent_coverage", "filters"),
]


@pytest.mark.parametrize(("role", "option"), ROLES)
def test_a_filter_of_a_role_that_is_empty_selects_nothing_and_a_report_succeeds(aws, playbook, tmp_path, role, option):
    """As a survey gives it: empty text, and all other questions unanswered too."""
    unanswered = dict.fromkeys(UNANSWERED[role], "")
    where = {f"{role}_report_dir": str(tmp_path)}
    done = playbook(
        f"sysops.aws.{role}", **where, **{f"{role}_{name}": "" for name in unanswered}, **{f"{role}_{option}": ""}
    )
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 0, said
    assert f"{option} of {role.replace('patch_compliance', 'ssm_patch_compliance_info')}" in said
    assert "empty and select" in said
    assert lines(tmp_path) == []
    assert changes(aws) == {}


#: options with a default that a survey may leave open
UNANSWERED = {
    "rds_maintenance": ["mode", "workers", "exclude_tags", "max_actions", "extended_support_warning_days", "keep_last"],
    "dms_status": ["workers", "exclude_tags", "max_latency_seconds", "report_healthy", "premigration"],
    "patch_compliance": ["workers", "exclude_tags", "scan_max_age_days", "include_compliant"],
    "cloudwatch_agent_coverage": ["workers", "exclude_tags", "minutes", "metric_names"],
}


@pytest.mark.parametrize("value", ["", [], None])
def test_a_role_that_enforces_on_an_empty_filter_fails_with_nothing_changed(aws, playbook, tmp_path, value):
    rules = {"rds_maintenance_backup_retention_days": 7, "rds_maintenance_mode": "enforce"}
    where = {"rds_maintenance_report_dir": str(tmp_path)}
    done = playbook("sysops.aws.rds_maintenance", **where, **rules, rds_maintenance_identifiers=value)
    assert done.returncode != 0
    assert "identifiers of rds_maintenance is empty and selects nothing" in " ".join(
        (done.stdout + done.stderr).split()
    )
    assert changes(aws) == {}


@pytest.mark.parametrize(("mode", "fails"), [("report", False), ("enforce", True)])
def test_undo_of_ids_that_a_survey_left_empty_undoes_nothing(aws, playbook, module: Module, tmp_path, mode, fails):
    journal = str(tmp_path / "journal.jsonl")
    module("log_group_retention", regions=["all"], journal=[journal], **LOGS)
    before = changes(aws)
    names = {"journal": journal, "report_dir": str(tmp_path), "mode": mode, "ids": "", "regions": "", "max_actions": ""}
    done = playbook(
        "sysops.aws.cost_hygiene_undo", **{f"cost_hygiene_undo_{name}": value for name, value in names.items()}
    )
    assert (done.returncode != 0) is fails
    assert "only_ids is empty and selects nothing" in " ".join((done.stdout + done.stderr).split())
    assert lines(tmp_path) == []
    assert changes(aws) == before


def test_a_gate_on_nothing_does_not_pass(aws, playbook, tmp_path):
    options = {"report_dir": str(tmp_path), "patch_groups": "", "fail_if_noncompliant": "true"}
    done = playbook(
        "sysops.aws.patch_compliance", **{f"patch_compliance_{name}": value for name, value in options.items()}
    )
    assert done.returncode != 0
    assert "no instance was looked at" in " ".join((done.stdout + done.stderr).split())
