# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role patch_baseline as an operator runs it: two environments, one after the other.

Baselines, windows and documents rest on what services/ssm_*.py add to moto.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.integration.conftest import changes, same_in_check_mode, unanswered
from tests.integration.patching import ACCOUNT, REGION, Fleet

PLAYBOOK = "sysops.aws.patch_baseline"
TEST = {"name": "test", "schedule": "cron(0 3 ? * TUE *)", "approve_after_days": 2}
PROD = {"name": "prod", "patch_groups": ["web", "db"], "approve_after_days": 14, "images": False}
ENVIRONMENTS = [TEST, PROD]
SYSTEM = "AMAZON_LINUX_2"


def said(done: Any) -> str:
    return " ".join(re.sub(r"[\"',\\]|\n", " ", done.stdout + done.stderr).split())


def window_of(ssm: Any, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The window, and its only task in full."""
    windows = ssm.describe_maintenance_windows()["WindowIdentities"]
    (window,) = [one for one in windows if one["Name"] == name]
    (task,) = ssm.describe_maintenance_window_tasks(WindowId=window["WindowId"])["Tasks"]
    full = ssm.get_maintenance_window_task(WindowId=window["WindowId"], WindowTaskId=task["WindowTaskId"])
    return window, full


def test_two_environments_are_made_checked_first_and_not_changed_again(empty_aws, playbook):
    checked = playbook(PLAYBOOK, "--check", "--diff", patch_baseline_environments=ENVIRONMENTS)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert changes(empty_aws) == {}
    assert "cron(0 3 ? * TUE *)" in checked.stdout
    done = playbook(PLAYBOOK, patch_baseline_environments=ENVIRONMENTS)
    assert done.returncode == 0, done.stdout + done.stderr
    ssm, iam = empty_aws.client("ssm", REGION), empty_aws.client("iam")
    own = ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["Self"]}])["BaselineIdentities"]
    baselines = {row["BaselineName"]: ssm.get_patch_baseline(BaselineId=row["BaselineId"]) for row in own}
    rules = {name: row["ApprovalRules"]["PatchRules"][0] for name, row in baselines.items()}
    assert {name: rule["ApproveAfterDays"] for name, rule in rules.items()} == {"sysops-test": 2, "sysops-prod": 14}
    filters = rules["sysops-test"]["PatchFilterGroup"]["PatchFilters"]
    assert {"Key": "CLASSIFICATION", "Values": ["Security", "Bugfix", "Recommended"]} in filters
    assert sorted(baselines["sysops-prod"]["PatchGroups"]) == ["db", "web"]
    window, task = window_of(ssm, "sysops-test")
    assert (window["Schedule"], window["Duration"], window["Cutoff"]) == ("cron(0 3 ? * TUE *)", 3, 1)
    parameters = task["TaskInvocationParameters"]["Automation"]["Parameters"]
    assert (task["TaskArn"], parameters["InstanceId"]) == ("sysops-patch-instance", ["{{RESOURCE_ID}}"])
    assert parameters["AutomationAssumeRole"] == [iam.get_role(RoleName="sysops-patching")["Role"]["Arn"]]
    _window, task = window_of(ssm, "sysops-prod")
    assert (task["TaskType"], task["TaskArn"]) == ("RUN_COMMAND", "AWS-RunPatchBaseline")
    trust = iam.get_role(RoleName="sysops-patching")["Role"]["AssumeRolePolicyDocument"]
    assert ACCOUNT in json.dumps(trust["Statement"][0]["Condition"])
    empty_aws.calls.clear()
    again = playbook(PLAYBOOK, patch_baseline_environments=ENVIRONMENTS)
    assert "changed=0" in again.stdout, again.stdout
    assert changes(empty_aws) == {}


def test_what_it_made_is_what_patch_now_runs(empty_aws, playbook):
    fleet = Fleet(empty_aws)
    fleet.add("web-1", missing=1)
    made = playbook(PLAYBOOK, patch_baseline_environments=[TEST])
    assert made.returncode == 0, made.stdout + made.stderr
    done = playbook(
        "sysops.aws.patch_now",
        patch_now_operation="install",
        patch_now_target_values=["test"],
        patch_now_wait_delay=0.1,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert fleet.images("web-1") == ["before", "after"]
    assert "LastPatched" in fleet.tags("web-1")


def test_a_role_that_is_there_is_used_and_none_is_made(empty_aws, playbook):
    arn = f"arn:aws:iam::{ACCOUNT}:role/ours"
    done = playbook(PLAYBOOK, patch_baseline_environments=[TEST], patch_baseline_role_arn=arn)
    assert done.returncode == 0, done.stdout + done.stderr
    _window, task = window_of(empty_aws.client("ssm", REGION), "sysops-test")
    assert task["TaskInvocationParameters"]["Automation"]["Parameters"]["AutomationAssumeRole"] == [arn]
    assert "CreateRole" not in changes(empty_aws)


def test_numbers_and_booleans_may_be_text(empty_aws, playbook):
    values = {
        "approve_after_days": "5",
        "duration": "4",
        "cutoff": "2",
        "enable_non_security": "true",
        "images": "false",
        "image_no_reboot": "no",
    }
    own = {"approve_after_days": "2", "duration": "6", "cutoff": "3", "images": "yes", "patch_groups": "web, db"}
    text = [arg for name, value in values.items() for arg in ("-e", f"patch_baseline_{name}={value}")]
    plain = [{"name": "test", "default": "false"}, {"name": "stage", "default": "false"}]
    done = playbook(PLAYBOOK, *text, patch_baseline_environments=plain)
    assert done.returncode == 0, done.stdout + done.stderr
    assert changes(empty_aws).keys().isdisjoint({"CreateRole", "CreateDocument", "RegisterDefaultPatchBaseline"})
    ssm = empty_aws.client("ssm", REGION)
    window, task = window_of(ssm, "sysops-test")
    assert (window["Duration"], window["Cutoff"], task["TaskType"]) == (4, 2, "RUN_COMMAND")

    done = playbook(PLAYBOOK, *text, patch_baseline_environments=[{"name": "prod", "default": "true", **own}])
    assert done.returncode == 0, done.stdout + done.stderr
    window, task = window_of(ssm, "sysops-prod")
    assert (window["Duration"], window["Cutoff"], task["TaskType"]) == (6, 3, "AUTOMATION")
    assert task["TaskInvocationParameters"]["Automation"]["Parameters"]["ImageNoReboot"] == ["false"]
    baseline = ssm.get_patch_baseline(BaselineId=ssm.get_default_patch_baseline(OperatingSystem=SYSTEM)["BaselineId"])
    assert (baseline["Name"], sorted(baseline["PatchGroups"])) == ("sysops-prod", ["db", "web"])
    (rule,) = baseline["ApprovalRules"]["PatchRules"]
    assert (rule["ApproveAfterDays"], rule["EnableNonSecurity"]) == (2, True)


@pytest.mark.parametrize(
    ("environments", "words"),
    [
        ([], "patch_baseline_environments is empty"),
        ([TEST, {**PROD, "patch_groups": ["test"]}], "claims the patch group test of AMAZON_LINUX_2"),
        ([TEST, {**PROD, "cutoff": 3}], "cutoff"),
        ([TEST, {**PROD, "schedule": "cron(0 3 * * SUN *)"}], "schedule"),
        ([TEST, {**PROD, "operating_system": "UBUNTU"}], "CLASSIFICATION"),
        ([TEST, {**PROD, "sheduled": "x"}], "sheduled"),
    ],
)
def test_a_mistake_in_the_last_environment_leaves_the_first_alone(empty_aws, playbook, environments, words):
    done = playbook(PLAYBOOK, patch_baseline_environments=environments)
    assert done.returncode != 0
    assert words in said(done)
    assert "Traceback" not in said(done)
    assert changes(empty_aws) == {}


def test_what_a_survey_leaves_open_is_the_default(empty_aws, playbook):
    """Among them the filters, without which a rule would approve every patch."""
    given = {"patch_baseline_environments": [{"name": "test"}]}
    open_ones = {**unanswered("patch_baseline"), **given}
    same_in_check_mode(empty_aws, playbook, PLAYBOOK, given, open_ones, "--diff")
