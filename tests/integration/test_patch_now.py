# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role patch_now as an operator runs it, and the runbook that it starts, step by step.

Managed instances, AWS-RunPatchBaseline, patch states, Automation with its steps, and images with tags of their own are
AWS behaviour that is added beside moto (services/ssm_*.py, image_making.py).
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.emulator import Emulator
from tests.emulator.services.ssm_automation import executions_of
from tests.integration.conftest import Module, changes, same_in_check_mode, unanswered
from tests.integration.patching import REGION, Fleet

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "roles" / "patch_baseline" / "files"
DOCUMENT, ROLE = "sysops-patch-instance", "sysops-patching"
PLAYBOOK = "sysops.aws.patch_now"
QUICK = {"patch_now_target_values": ["test"], "patch_now_wait_delay": 0.1, "patch_now_max_concurrency": "1"}
INSTALL = {**QUICK, "patch_now_operation": "install"}


@pytest.fixture
def fleet(empty_aws: Emulator) -> Fleet:
    made = Fleet(empty_aws)
    made.add("web-1", missing=3)
    made.add("web-2")
    made.add("other", group="prod", missing=5)
    empty_aws.calls.clear()
    return made


@pytest.fixture
def runbook(fleet: Fleet) -> str:
    """The document and its role, as the role patch_baseline makes them. Returns the role's ARN."""
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    iam, ssm = fleet.aws.client("iam"), fleet.aws.client("ssm", REGION)
    arn: str = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))["Role"][
        "Arn"
    ]
    policy = (FILES / "automation_policy.json").read_text(encoding="utf-8")
    iam.put_role_policy(RoleName=ROLE, PolicyName="patch", PolicyDocument=policy)
    content = (FILES / "patch_instance.yml").read_text(encoding="utf-8")
    ssm.create_document(Content=content, Name=DOCUMENT, DocumentType="Automation", DocumentFormat="YAML")
    fleet.aws.calls.clear()
    return arn


def said(done: Any) -> str:
    return " ".join(re.sub(r"[\"',\\]|\n", " ", done.stdout + done.stderr).split())


def test_a_scan_asks_the_group_alone_and_changes_nothing(fleet, playbook):
    done = playbook(PLAYBOOK, **QUICK)
    assert done.returncode == 0, done.stdout
    assert [fleet.machines[name].operations for name in ("web-1", "web-2", "other")] == [("Scan",), ("Scan",), ()]
    assert changes(fleet.aws) == {"SendCommand": 1}
    assert "changed=0" in done.stdout
    assert f"web-1 ({fleet.ids['web-1']}): The instance is missing 3 patches" in said(done)


def test_only_what_misses_patches_is_patched_between_two_images_and_tagged(fleet, runbook, playbook):
    done = playbook(PLAYBOOK, **INSTALL)
    assert done.returncode == 0, done.stdout
    assert fleet.machines["web-1"].operations == ("Scan", "Install")
    assert fleet.machines["web-2"].operations == ("Scan",)
    assert fleet.machines["other"].operations == ()
    assert [fleet.images(name) for name in ("web-1", "web-2", "other")] == [["before", "after"], [], []]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d\d\.\d\d\.\d\d", fleet.tags("web-1")["LastPatched"])
    assert "LastPatched" not in fleet.tags("web-2")
    assert all(image.no_reboot for image in fleet.ec2.amis.values())


def test_images_are_signed_in_the_call_that_makes_them_and_so_are_their_snapshots(fleet, runbook, playbook):
    playbook(PLAYBOOK, **INSTALL)
    for image in fleet.ec2.amis.values():
        for resource_id in (image.id, image.ebs_snapshot.id):
            tags = fleet.ec2.tags[resource_id]
            assert tags["sysops:made-by"] == "sysops.aws.patch_now"
            assert tags["sysops:patched-instance"] == fleet.ids["web-1"]
            assert tags["sysops:patch-time"] == fleet.tags("web-1")["LastPatched"]


def test_a_second_run_patches_nothing_and_makes_no_image(fleet, runbook, playbook):
    playbook(PLAYBOOK, **INSTALL)
    images, tags = set(fleet.ec2.amis), fleet.tags("web-1")
    done = playbook(PLAYBOOK, **INSTALL)
    assert done.returncode == 0, done.stdout
    assert fleet.machines["web-1"].operations == ("Scan", "Install", "Scan")
    assert (set(fleet.ec2.amis), fleet.tags("web-1")) == (images, tags)


@pytest.mark.parametrize("options", [INSTALL, {**INSTALL, "patch_now_images": False}, QUICK])
def test_check_mode_names_the_instances_and_starts_nothing(fleet, runbook, playbook, options):
    done = playbook(PLAYBOOK, "--check", **options)
    assert done.returncode == 0, done.stdout
    assert changes(fleet.aws) == {}
    assert [machine.operations for machine in fleet.machines.values()] == [(), (), ()]
    assert "Check mode: would" in said(done)
    assert "By their last scan 1 of them misses patches" in said(done)
    assert fleet.ids["web-1"] in said(done)
    assert fleet.ids["other"] not in said(done)


def test_without_images_run_command_installs(fleet, playbook):
    done = playbook(PLAYBOOK, **{**INSTALL, "patch_now_images": False, "patch_now_reboot_option": "NoReboot"})
    assert done.returncode == 0, done.stdout
    assert fleet.machines["web-1"].operations == ("Install",)
    assert fleet.machines["web-1"].pending_reboot == 3
    assert fleet.ec2.amis == {}


def test_the_reboot_option_reaches_the_machine(fleet, runbook, playbook):
    playbook(PLAYBOOK, **{**INSTALL, "patch_now_reboot_option": "NoReboot"})
    assert fleet.machines["web-1"].pending_reboot == 3


def test_an_instance_that_fails_is_named_and_keeps_its_image_and_others_are_done(fleet, runbook, playbook):
    fleet.add("db-1", missing=2, failing=1)
    done = playbook(PLAYBOOK, **{**INSTALL, "patch_now_max_errors": "1"})
    assert done.returncode != 0
    assert "1 of 3 executions did not succeed" in said(done)
    assert fleet.ids["db-1"] in said(done)
    assert (fleet.images("db-1"), fleet.images("web-1")) == (["before"], ["before", "after"])
    assert "LastPatched" not in fleet.tags("db-1")
    assert "Traceback" not in said(done)


def test_too_many_errors_keep_the_rest_from_being_started_and_that_is_told(fleet, runbook, playbook):
    fleet.ids.clear()
    for number in range(3):
        fleet.add(f"db-{number}", group="db", missing=1, failing=1)
    done = playbook(PLAYBOOK, **{**INSTALL, "patch_now_target_values": ["db"], "patch_now_max_errors": "0"})
    assert done.returncode != 0
    assert "3 of 3 executions did not succeed" in said(done)
    assert said(done).count("NotStarted") >= 2
    assert sum(bool(fleet.images(name)) for name in fleet.ids) == 1


def test_a_silent_instance_fails_by_its_name(fleet, runbook, playbook):
    silent = fleet.add("gone", ping_status="ConnectionLost", missing=1)
    done = playbook(PLAYBOOK, **{**INSTALL, "patch_now_max_errors": "100%"})
    assert done.returncode != 0
    assert silent in said(done)
    assert fleet.images("gone") == []


def test_a_failed_scan_is_named(fleet, playbook):
    silent = fleet.add("gone", ping_status="ConnectionLost")
    done = playbook(PLAYBOOK, **{**QUICK, "patch_now_max_errors": "100%"})
    assert done.returncode != 0
    assert silent in said(done)


def test_old_images_of_the_runbook_go_and_no_others(fleet, runbook, playbook):
    playbook(PLAYBOOK, **INSTALL)
    before = {i.id for i in fleet.ec2.amis.values() if fleet.ec2.tags[i.id]["sysops:patch-image"] == "before"}
    (old,) = before
    fleet.ec2.amis[old].creation_date = datetime.now() - timedelta(days=31)
    fleet.machines["web-2"].missing = 1
    done = playbook(PLAYBOOK, **INSTALL)
    assert done.returncode == 0, done.stdout
    assert old not in fleet.ec2.amis
    assert (fleet.images("web-1"), fleet.images("web-2")) == (["after"], ["before", "after"])


def test_images_that_stay_because_their_users_cannot_be_read_fail_the_run_at_its_end(fleet, runbook, playbook):
    playbook(PLAYBOOK, **INSTALL)
    for image in fleet.ec2.amis.values():
        image.creation_date = datetime.now() - timedelta(days=31)
    fleet.machines["web-2"].missing = 1
    fleet.aws.faults.deny(operation="DescribeFleets")
    done = playbook(PLAYBOOK, **INSTALL)
    assert done.returncode != 0
    assert "DescribeFleets" in said(done)
    assert (fleet.images("web-1"), fleet.images("web-2")) == (["before", "after"], ["before", "after"])


def test_numbers_booleans_and_lists_may_be_text(fleet, runbook, playbook):
    fleet.add("db-1", group="db", missing=1)
    numbers = ("-e", "patch_now_wait_delay=0.1", "-e", "patch_now_wait_timeout=60", "-e", "patch_now_max_concurrency=1")
    text = (*numbers, "-e", "patch_now_target_values='test, db,'", "-e", "patch_now_operation=install")
    done = playbook(
        PLAYBOOK,
        *(*text, "-e", "patch_now_image_no_reboot=no", "-e", "patch_now_image_retention_days=0"),
        *("-e", "patch_now_images=yes", "-e", "patch_now_image_max_actions=5"),
    )
    assert done.returncode == 0, done.stdout
    assert [fleet.images(name) for name in ("web-1", "db-1", "other")] == [["before", "after"]] * 2 + [[]]
    assert not any(image.no_reboot for image in fleet.ec2.amis.values())

    fleet.machines["web-1"].missing = 1
    images = set(fleet.ec2.amis)
    done = playbook(PLAYBOOK, *text, "-e", "patch_now_images=false")
    assert done.returncode == 0, done.stdout
    assert fleet.machines["web-1"].operations[-1] == "Install"
    assert set(fleet.ec2.amis) == images


@pytest.mark.parametrize("operation", ["scan", "install"])
def test_what_a_survey_leaves_open_is_the_default(fleet, runbook, playbook, operation):
    given = {"patch_now_target_values": ["test"], "patch_now_operation": operation}
    open_ones = {**unanswered("patch_now"), **given, **({"patch_now_operation": ""} if operation == "scan" else {})}
    same_in_check_mode(fleet.aws, playbook, PLAYBOOK, given, open_ones)


def test_retention_of_zero_keeps_all_images(fleet, runbook, playbook):
    playbook(PLAYBOOK, **INSTALL)
    for image in fleet.ec2.amis.values():
        image.creation_date = datetime.now() - timedelta(days=1000)
    playbook(PLAYBOOK, **{**INSTALL, "patch_now_image_retention_days": 0})
    assert fleet.images("web-1") == ["before", "after"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patch_now_target_values": []}, "Set patch_now_target_values"),
        ({"patch_now_target_values": ""}, "Set patch_now_target_values"),
        ({"patch_now_target_values": ["tset"]}, "There was no target"),
        ({"patch_now_max_concurrency": "0"}, "patch_now_max_concurrency is 0"),
        ({"patch_now_image_retention_days": -1}, "patch_now_image_retention_days is -1"),
        ({"patch_now_expected_account_id": "210987654321"}, "belong to account 123456789012"),
        ({"patch_now_document_name": "nobody-made-it"}, "The role patch_baseline makes the document nobody-made-it"),
        ({"patch_now_role_name": "nobody"}, "assume role is unable to be assumed"),
        ({"patch_now_region": "us-eats-1"}, "us-eats-1"),
    ],
)
def test_bad_input_is_named_and_nothing_is_patched(fleet, runbook, playbook, options, words):
    done = playbook(PLAYBOOK, **{**INSTALL, **options})
    assert done.returncode != 0
    assert words in said(done)
    assert "Traceback" not in said(done)
    assert not [machine for machine in fleet.machines.values() if machine.operations]
    assert fleet.ec2.amis == {}


def test_the_runbook_calls_nothing_that_its_role_may_not(fleet, runbook):
    """The emulated Automation refuses each step that the policy doesn't name; here, each that it names is needed."""
    steps = yaml.safe_load((FILES / "patch_instance.yml").read_text(encoding="utf-8"))["mainSteps"]
    called = {f"{s['inputs']['Service']}:{s['inputs']['Api']}" for s in steps if "Api" in s.get("inputs", {})}
    called |= {"ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations"}
    policy = json.loads((FILES / "automation_policy.json").read_text(encoding="utf-8"))
    allowed: set[str] = set()
    for statement in policy["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        allowed |= set(actions)
        assert not [action for action in actions if "*" in action]
        changing = [a for a in actions if not a.partition(":")[2].startswith(("Describe", "Get", "List"))]
        assert not changing or statement["Resource"] != "*"
    # what the action aws:runCommand, and targets by tag, need beyond their own calls
    implied = {
        "ec2:DescribeInstances",
        "ssm:DescribeInstanceInformation",
        "ssm:GetCommandInvocation",
        "tag:GetResources",
    }
    assert allowed == called | implied


@pytest.mark.parametrize("left_out", ["ec2:CreateImage", "ec2:CreateTags", "ssm:SendCommand"])
def test_a_role_that_may_not_do_a_step_fails_that_step(fleet, runbook, module: Module, left_out):
    policy = (FILES / "automation_policy.json").read_text(encoding="utf-8").replace(left_out, "ec2:DescribeTags")
    fleet.aws.client("iam").put_role_policy(RoleName=ROLE, PolicyName="patch", PolicyDocument=policy)
    result = module(
        "ssm_automation", document_name=DOCUMENT, target_parameter_name="InstanceId", wait_delay=0.1,
        target_values=[fleet.ids["web-1"]], parameters={"AutomationAssumeRole": runbook},
    )  # fmt: skip
    assert result["failed"]
    assert f"not authorized to perform: {left_out}" in result["msg"]


def test_a_runbook_runs_once_without_targets_and_returns_its_outputs(fleet, runbook, module: Module):
    result = module(
        "ssm_automation", document_name=DOCUMENT, wait_delay=0.1,
        parameters={"AutomationAssumeRole": runbook, "InstanceId": fleet.ids["web-1"]},
    )  # fmt: skip
    assert (result["changed"], result["status"]) == (True, "Success")
    (execution,) = result["executions"]
    assert execution["outputs"]["readState.MissingCount"] == ["3"]
    assert execution["outputs"]["imageAfter.ImageId"][0] in fleet.ec2.amis


def test_an_execution_that_takes_too_long_is_told_and_goes_on(fleet, runbook, module: Module):
    from tests.emulator.services.ssm_automation import set_looks

    set_looks(fleet.ssm, float("inf"))
    result = module(
        "ssm_automation", document_name=DOCUMENT, wait_delay=0.1, wait_timeout=1,
        parameters={"AutomationAssumeRole": runbook, "InstanceId": fleet.ids["web-1"]},
    )  # fmt: skip
    assert "was not finished within 1 seconds. It goes on in AWS." in result["msg"]
    assert result["execution_id"] in executions_of(fleet.ssm)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"document_name": "a b"}, "document_name is 'a b'"),
        ({"max_concurrency": "0"}, "max_concurrency is '0'"),
        ({"max_errors": "200%"}, "max_errors is '200%'"),
        ({"target_parameter_name": "InstanceId"}, "needs target_tag or target_values"),
        ({"target_parameter_name": "InstanceId", "target_tag": {"a": 1, "b": 2}}, "target_tag has 2 keys (a, b)"),
        ({"target_parameter_name": "InstanceId", "target_values": ["i"] * 51}, "has 51 values"),
        ({"target_tag": {"a": 1}}, "missing parameter(s) required by 'target_tag': target_parameter_name"),
        ({"wait_timeout": 0}, "wait_timeout is 0"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_any_call(fleet, module: Module, options, words):
    result = module("ssm_automation", **{"document_name": DOCUMENT, **options})
    assert words in result["msg"]
    assert not [key for key in fleet.aws.calls if key[2] == "ssm"]
