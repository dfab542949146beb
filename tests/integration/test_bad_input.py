# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input that can't be meant: one sentence that names it, and nothing changed."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep import spool
from tests.integration.conftest import Module, changes

FOREIGN = {
    "check": "ebs_orphan_cleanup",
    "account_id": "999999999999",
    "region": "us-east-1",
    "resource_id": "vol-1",
    "status": "planned",
}
EBS, LOGS = "ebs_orphan_cleanup", "log_group_retention"

CASES: list[tuple[str, dict[str, Any], str]] = [
    (EBS, {"regions": ["eu-wset-1"]}, r"There is no AWS region 'eu-wset-1'\. Did you mean eu-west-1\?"),
    (EBS, {"regions": ["us-east-1", "af-south-1"]}, r"Region af-south-1 is not enabled in account 123456789012"),
    (EBS, {"volume_min_age_days": -1}, r"volume_min_age_days is -1: it must be 0 or more"),
    (EBS, {"snapshot_min_age_days": -5}, r"snapshot_min_age_days is -5"),
    (EBS, {"max_actions": -1}, r"max_actions is -1"),
    (EBS, {"max_actions_percent": 101}, r"max_actions_percent is 101: it must be between 0 and 100"),
    (EBS, {"workers": 0}, r"workers is 0: it must be between 1 and 256"),
    (
        EBS,
        {"expected_account_id": "210987654321"},
        r"belong to account 123456789012, but expected_account_id is 210987654321",
    ),
    (EBS, {"expected_account_id": "12"}, r"belong to account"),
    (EBS, {"expected_account_id": "my-account"}, r"'my-account' is not an AWS account id"),
    (EBS, {"assume_role_arn": "admin"}, r"'admin' is not the ARN of a role"),
    (EBS, {"resources": ["amis"]}, r"value of resources must be one or more of: volumes, snapshots"),
    (
        EBS,
        {"plan_path": "/nonexistent/findings.jsonl"},
        r"The plan /nonexistent/findings\.jsonl could not be read: .*No such file",
    ),
    (EBS, {"findings_path": "/proc/findings.jsonl"}, r"findings_path /proc/findings\.jsonl can't be written"),
    (EBS, {"price_overrides": {"*": {"ebs_gp3": 1}}}, r"price_overrides: .*ebs_gp3"),
    (LOGS, {"retention_in_days": 4}, r"retention_in_days is 4, .* the nearest are 3 and 5"),
    (LOGS, {"retention_in_days": 0}, r"the nearest are 1\."),
    (LOGS, {"retention_in_days": 4000}, r"the nearest are 3653\."),
    (LOGS, {}, r"missing required arguments: retention_in_days"),
    ("ec2_monitoring", {"state": "off"}, r"value of state must be one of: basic, detailed"),
    ("alb_idle_facts", {"no_traffic_days": -1}, r"no_traffic_days is -1"),
    (
        "sweep",
        {"checks": {"ebs_orphan_cleanups": {}}},
        r"There is no check 'ebs_orphan_cleanups'.*Did you mean ebs_orphan_cleanup\?",
    ),
    (
        "sweep",
        {"checks": {"ebs_orphan_cleanup": {"volume_age": 3}}},
        r"checks\.ebs_orphan_cleanup: volume_age\. Supported",
    ),
    ("sweep", {"checks": {"log_group_retention": {}}}, r"checks\.log_group_retention: missing required arguments"),
    ("sweep", {"checks": {"ec2_monitoring": 3}}, r"options of the check ec2_monitoring are not a dict"),
]


@pytest.mark.parametrize(("name", "options", "message"), CASES)
def test_bad_input_is_named_and_changes_nothing(aws, module: Module, name, options, message):
    result = module(name, **options)
    assert result["failed"] is True
    assert result["msg"] == result["msg"].strip()
    assert "Traceback" not in json.dumps(result)
    assert re.search(message, result["msg"]), result["msg"]
    assert changes(aws) == {}


def test_a_wrong_account_is_refused_before_anything_is_listed(aws, module: Module):
    module(EBS, regions=["all"], expected_account_id="210987654321")
    assert {operation for _account, _region, _service, operation in aws.calls} == {"GetCallerIdentity"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json\n", r"Line 1 of the plan .* is not JSON"),
        ('{"some": "thing"}\n', r"Line 1 of the plan .* is not a finding"),
        (json.dumps(FOREIGN) + "\n", r"Line 1 of the plan .* has no checksum"),
    ],
)
def test_a_plan_that_is_none_or_anothers_is_refused(aws, module: Module, tmp_path: Path, text, message):
    plan = tmp_path / "findings.jsonl"
    plan.write_text(text)
    result = module(EBS, regions=["all"], plan_path=str(plan))
    assert result["failed"] is True
    assert re.search(message, result["msg"]), result["msg"]
    assert changes(aws) == {}


def test_missing_credentials_are_told_with_the_sources_that_were_tried(aws, module: Module, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = module(EBS)
    assert result["failed"] is True
    for word in ("Unable to locate credentials", "environment variables", "AWS_PROFILE"):
        assert word in result["msg"]


def test_expired_credentials_name_their_source_but_not_themselves(aws, module: Module):
    aws.faults.expired(service="sts")
    result = module(EBS)
    assert "have expired" in result["msg"]
    assert "the environment (AWS_ACCESS_KEY_ID)" in result["msg"]
    assert "emulated" not in json.dumps(result)


def test_an_unknown_profile_is_named(aws, module: Module, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "nobody" in module(EBS, profile="nobody")["msg"]


def test_no_region_at_all_is_told(aws, module: Module, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "No region is set" in module(EBS)["msg"]
    assert module(EBS, regions=["all"], check=True)["regions"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (EBS, {"plan_path": "a\0"}, r"The plan .* could not be read: embedded null byte"),
        (EBS, {"findings_path": "a\0"}, r"findings_path .* can't be written: embedded null byte"),
        (EBS, {"journal": "a\0"}, r"The journal .* can't be written: embedded null byte"),
        (EBS, {"regions": "[" * 100_000}, r"There is no AWS region"),
        (EBS, {"journal_bucket_owner": "\uff11" * 12}, r"is not an AWS account id"),
        ("sweep_undo", {"journal": "a\0"}, r"The journal .* could not be read: embedded null byte"),
        ("sweep_undo", {"journal": []}, r"journal is empty"),
    ],
)
def test_what_no_file_or_header_can_be_is_no_defect_of_ours(aws, module: Module, name, options, message):
    result = module(name, **options)
    assert result["failed"] is True
    assert re.search(message, result["msg"]), result["msg"]
    assert "defect" not in result["msg"]
    assert changes(aws) == {}


def test_a_disk_that_is_full_at_the_end_loses_nothing_of_the_result(aws, module: Module, tmp_path: Path, monkeypatch):
    def full(_temporary: str, _path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(spool, "os", SimpleNamespace(**{**vars(os), "replace": full}))
    path = tmp_path / "findings.jsonl"
    result = module(EBS, regions=["eu-west-1"], findings_path=str(path))
    assert result["failed"] is True
    assert f"findings_path {path} can't be written: No space left on device. The result holds" in result["msg"]
    assert "defect" not in result["msg"]
    assert {row["status"] for row in result["findings"]} == {"changed", "protected"}
    assert list(tmp_path.iterdir()) == []
