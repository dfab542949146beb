# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patch compliance over regions and accounts, beyond what test_checks compares by the manifest.

Managed instances and patch states are added beside moto (services/ssm_instances.py, ssm_patch_states.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.conftest import Module, changes
from tests.integration.patching import Fleet

OTHER_ACCOUNT = "210987654321"
EVERYWHERE = {"regions": ["all"]}
NAME = "ssm_patch_compliance_info"
PLAYBOOK = "sysops.aws.patch_compliance"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def test_a_denied_region_is_told_and_stops_no_other(aws, module: Module):
    everything = module(NAME, **EVERYWHERE)
    aws.faults.deny(region="eu-west-1", operation="DescribeInstancePatchStates")
    result = module(NAME, **EVERYWHERE)
    (error,) = result["region_errors"]
    assert (error["region"], error["operation"]) == ("eu-west-1", "DescribeInstancePatchStates")
    told, elsewhere = (
        {(row["region"], row["resource_id"], row["reason"]) for row in some["findings"] if row["region"] != "eu-west-1"}
        for some in (result, everything)
    )
    assert told == elsewhere
    assert {region for region, _id, _reason in elsewhere} >= {"us-east-1", "ap-southeast-2"}


def test_roles_reach_other_accounts_in_the_same_run(aws, module: Module):
    roles = [f"arn:aws:iam::{account}:role/sweep" for account in ("123456789012", OTHER_ACCOUNT)]
    result = module(NAME, assume_role_arn=roles, **EVERYWHERE)
    assert {row["account_id"] for row in result["findings"]} == {"123456789012", OTHER_ACCOUNT}
    assert changes(aws).keys() <= {"AssumeRole"}


def test_a_state_has_its_group_its_baseline_and_its_counts(empty_aws, module: Module):
    fleet = Fleet(empty_aws)
    fleet.add("web-1", group="prod", missing=3)
    fleet.add("web-2", group="test")
    result = module(NAME, include_compliant=True)
    assert result["summary"]["examined"] == 2
    states = {row["name"]: row["configuration"] for row in result["findings"]}
    assert (states["web-1"]["patch_group"], states["web-1"]["missing_count"]) == ("prod", 3)
    assert states["web-1"]["baseline_id"].startswith("pb-")
    assert states["web-1"]["operation"] == "Scan"
    assert [row["reason_code"] for row in result["findings"] if row["name"] == "web-2"] == ["compliant"]


def test_patch_groups_tags_and_baselines_narrow_it(empty_aws, module: Module):
    fleet = Fleet(empty_aws)
    fleet.add("web-1", group="prod", missing=1)
    fleet.add("web-2", group="test", missing=1)
    for options in ({"patch_groups": ["prod"]}, {"tags": {"PatchGroup": ["prod", "stage"]}}):
        result = module(NAME, **options)
        assert ([row["name"] for row in result["findings"]], result["summary"]["examined"]) == (["web-1"], 1)
    assert module(NAME, baseline_ids=["pb-0fedcba9876543210"])["findings"] == []
    assert len(module(NAME, baseline_ids=["pb-0123456789abcdef0"])["findings"]) == 2


def test_unmanaged_instances_can_be_left_out(aws, module: Module):
    assert "unmanaged" in {row["reason_code"] for row in module(NAME, **EVERYWHERE)["findings"]}
    left = module(NAME, include_unmanaged=False, **EVERYWHERE)["findings"]
    assert "unmanaged" not in {row["reason_code"] for row in left}


def test_excluded_tags_protect_by_name_and_an_empty_dict_counts_all(aws, module: Module):
    here = {"regions": ["eu-west-1"]}
    kept = {row["name"]: row["status"] for row in module(NAME, **here)["findings"]}
    assert (kept["trading-1"], kept["rack-8"]) == ("protected", "protected")
    counted = {row["name"]: row["status"] for row in module(NAME, exclude_tags={}, **here)["findings"]}
    assert set(counted.values()) == {"skipped"}


def test_the_playbook_reports_every_reason_and_changes_nothing(aws, playbook, reports):
    done = playbook(PLAYBOOK, patch_compliance_report_dir=str(reports))
    assert done.returncode == 0, done.stdout
    assert {path.name for path in reports.iterdir()} >= {
        "findings.jsonl",
        "summary.json",
        "report.html",
        "findings.csv",
    }
    rows = [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines()]
    codes = {code for row in rows if "reason_code" in row for code in row["reason_code"].split(",")}
    assert codes == {
        "missing", "failed", "pending_reboot", "installed_rejected", "never_scanned", "connection_lost",
        "scan_too_old", "available_security_updates", "unmanaged",
    }  # fmt: skip
    summary = json.loads((reports / "summary.json").read_text())
    assert summary["checks"][NAME]["skipped"] + summary["checks"][NAME]["protected"] == len(rows)
    assert "is missing 3 patches (1 critical)" in (reports / "report.html").read_text()
    assert changes(aws) == {}


def test_the_playbook_fails_where_asked_to_and_names_instances(aws, playbook, reports):
    options = {"patch_compliance_report_dir": str(reports), "patch_compliance_regions": ["eu-west-1"]}
    done = playbook(PLAYBOOK, patch_compliance_fail_if_noncompliant=True, **options)
    assert done.returncode != 0
    assert "instances are not compliant: i-" in " ".join(done.stdout.split())
    assert (reports / "report.html").exists()


def test_what_the_playbook_tells_is_called_a_report(aws, playbook, reports):
    done = playbook(PLAYBOOK, patch_compliance_report_dir=str(reports), patch_compliance_regions="")
    assert done.returncode == 0, done.stdout
    assert "Report mode: nothing was changed." in done.stdout
    told = json.loads((reports / "summary.json").read_text())
    assert told["mode"] == "report"
    assert {"us-east-1", "eu-west-1"} <= set(told["regions"])
    assert "Report mode" in (reports / "report.html").read_text()


@pytest.mark.parametrize(("asked", "returncode"), [("false", 0), ("true", 2)])
def test_numbers_and_booleans_may_be_text(empty_aws, playbook, reports, asked, returncode):
    fleet = Fleet(empty_aws)
    fleet.add("web-1", missing=3)
    fleet.add("web-2")
    done = playbook(
        PLAYBOOK,
        *("-e", f"patch_compliance_fail_if_noncompliant={asked}", "-e", "patch_compliance_include_compliant=yes"),
        *("-e", "patch_compliance_include_unmanaged=no", "-e", "patch_compliance_scan_max_age_days=0"),
        *("-e", "patch_compliance_workers=4", "-e", f"patch_compliance_report_dir={reports}"),
        patch_compliance_regions="us-east-1",
    )
    assert done.returncode == returncode, done.stdout
    assert ("1 of 2 instances is not compliant: i-" in " ".join(done.stdout.split())) is (asked == "true")
    rows = [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines()]
    assert {row["name"]: row["reason_code"] for row in rows} == {"web-1": "missing", "web-2": "compliant"}


def test_the_playbook_fails_after_the_rest_where_a_region_is_denied(aws, playbook, reports):
    aws.faults.deny(region="eu-west-1", service="ssm")
    done = playbook(PLAYBOOK, patch_compliance_report_dir=str(reports))
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert '"region": "us-east-1"' in (reports / "findings.jsonl").read_text()


def test_a_large_fleet_is_judged_by_all_its_instances_not_by_the_first_200(empty_aws, module, playbook, reports):
    fleet = Fleet(empty_aws)
    for number in range(201):
        fleet.add(f"web-{number}")
    last = module(NAME, include_compliant=True)["findings"][-1]
    machine = fleet.machines[last["name"]]
    machine.missing = 1
    machine({"Operation": ["Scan"]})
    options = {"patch_compliance_report_dir": str(reports), "patch_compliance_include_compliant": True}
    done = playbook(PLAYBOOK, patch_compliance_fail_if_noncompliant=True, **options)
    assert done.returncode == 2
    assert f"1 of 201 instances is not compliant: {last['resource_id']}." in " ".join(done.stdout.split())


TWO_HOSTS = """
- name: Patch compliance of two hosts
  hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    patch_compliance_fail_if_noncompliant: true
    patch_compliance_include_unmanaged: false
  roles:
    - role: sysops.aws.patch_compliance
"""


def test_each_host_of_a_play_is_judged_by_its_own_instances(empty_aws, playbook, reports, tmp_path):
    """The two hosts share one report directory and run at the same time: each has a report of its own."""
    Fleet(empty_aws).add("web-1", missing=3)
    (tmp_path / "hosts.ini").write_text(
        "bad patch_compliance_regions=us-east-1\nnone patch_compliance_regions=eu-west-1\n"
    )
    (tmp_path / "play.yml").write_text(TWO_HOSTS)
    done = playbook(
        str(tmp_path / "play.yml"), "-i", str(tmp_path / "hosts.ini"), patch_compliance_report_dir=str(reports)
    )
    text = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert "1 of 1 instance is not compliant: i-" in text
    assert "No instance was examined" in text
    told = {host: json.loads((reports / host / "summary.json").read_text()) for host in ("bad", "none")}
    assert {host: one["regions"] for host, one in told.items()} == {"bad": ["us-east-1"], "none": ["eu-west-1"]}
    assert told["bad"]["verdicts"][0]["attention"] == 1
    assert "1 of 1 instance is not compliant" in (reports / "bad" / "report.html").read_text()


def test_a_gate_of_compliant_instances_passes_and_the_report_leads_with_them(empty_aws, playbook, reports):
    Fleet(empty_aws).add("web-1")
    done = playbook(
        PLAYBOOK,
        patch_compliance_report_dir=str(reports),
        patch_compliance_regions="us-east-1",
        patch_compliance_fail_if_noncompliant=True,
    )
    assert done.returncode == 0, done.stdout
    assert "0 of 1 instance are not compliant." in done.stdout
