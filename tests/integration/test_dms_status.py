# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_status.yml as an operator runs it: a report of all tasks, with their lag, errors and tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import changes

PLAYBOOK = "sysops.aws.dms_status"


def rows(reports: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines() if "resource_id" in line]


def test_every_task_of_every_region_is_in_the_report(aws, playbook, tmp_path):
    done = playbook(PLAYBOOK, dms_status_report_dir=str(tmp_path / "r"))
    assert done.returncode == 0, done.stdout + done.stderr
    found = rows(tmp_path / "r")
    told = {(row["region"], row["resource_id"]): row for row in found if row["check"] == "dms_status"}
    wanted = {
        (row["region"], row["resource_id"])
        for row in aws.manifest
        if row["check"] == "dms_status" and row["account_id"] == "123456789012" and row["status"]
    }
    assert told.keys() == wanted
    broken = told["eu-west-1", "orders-broken"]
    assert "1 table in error (shop.lines)" in broken["reason"]
    assert broken["configuration"]["tables_in_trouble"][0]["table"] == "shop.lines"
    assert told["eu-west-1", "orders-late"]["configuration"]["cdc_latency_target_seconds"] == 3600
    assert {"role_missing"} < {row["reason_code"] for row in found} | {""}
    for name in ("report.html", "findings.csv", "summary.json"):
        assert (tmp_path / "r" / name).stat().st_size > 0
    assert "orders-broken" in (tmp_path / "r" / "report.html").read_text()
    assert changes(aws) == {}


def test_flags_and_numbers_may_be_texts_as_a_survey_gives_them(aws, playbook, tmp_path):
    """Each is the opposite of its default, or far from it."""
    texts = {
        "dms_status_max_latency_seconds": "7200",
        "dms_status_stopped_min_age_days": "5000",
        "dms_status_report_healthy": "false",
        "dms_status_premigration": "false",
        "dms_status_workers": "4",
        "dms_status_regions": "",
    }
    done = playbook(PLAYBOOK, dms_status_report_dir=str(tmp_path / "r"), **texts)
    assert done.returncode == 0, done.stdout + done.stderr
    found = rows(tmp_path / "r")
    assert {row["check"] for row in found} == {"dms_status"}
    assert len(json.loads((tmp_path / "r" / "summary.json").read_text())["regions"]) > 1
    reasons = {row["reason_code"] for row in found}
    assert "tables_errored" in reasons
    assert not reasons & {"healthy", "latency", "stopped_long_ago", "instance_idle"}


def test_a_region_that_cannot_be_read_fails_after_the_others_are_reported(aws, playbook, tmp_path):
    aws.faults.deny(operation="DescribeReplicationTasks", region="us-east-1")
    done = playbook(PLAYBOOK, dms_status_report_dir=str(tmp_path / "r"), dms_status_premigration=False)
    assert done.returncode != 0
    assert "DescribeReplicationTasks" in done.stdout + done.stderr
    found = rows(tmp_path / "r")
    assert "orders-late" in {row["resource_id"] for row in found if row["region"] == "eu-west-1"}
    assert {row["check"] for row in found} == {"dms_status"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"dms_status_max_latency_seconds": -1}, "max_latency_seconds is -1"),
        ({"dms_status_expected_account_id": "210987654321"}, "expected_account_id is 210987654321"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence(aws, playbook, tmp_path, changed, words):
    done = playbook(PLAYBOOK, dms_status_report_dir=str(tmp_path / "r"), **changed)
    assert done.returncode != 0
    assert words in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout + done.stderr
