# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_automation on the emulated account. Automation is behaviour of AWS that tests/emulator/services/ssm_automation.py
adds to moto; a tag that nothing has ends in Success there, as AWS ends it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.ssm_automation import end_before_targets, list_late, set_looks
from tests.integration.conftest import Json, Module

REGION = "us-east-1"
DOCUMENT = "wait-a-moment"
CONTENT = {
    "schemaVersion": "0.3",
    "assumeRole": "{{ AutomationAssumeRole }}",
    "parameters": {"AutomationAssumeRole": {"type": "String"}, "InstanceId": {"type": "String", "default": ""}},
    "mainSteps": [{"name": "wait", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}],
}
WHY = "User is not authorized to perform: tag:GetResources"


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    return empty_aws


@pytest.fixture
def options(aws: Emulator) -> Json:
    """Of an execution on whatever has the tag Role=web, which is nothing."""
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ssm.amazonaws.com"}}]}
    role = aws.client("iam").create_role(RoleName="automation", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    ssm = aws.client("ssm", REGION)
    ssm.create_document(Content=json.dumps(CONTENT), Name=DOCUMENT, DocumentType="Automation", DocumentFormat="JSON")
    return {
        "document_name": DOCUMENT,
        "parameters": {"AutomationAssumeRole": role["Arn"]},
        "target_parameter_name": "InstanceId",
        "target_tag": {"Role": "web"},
        "wait_delay": 0.05,
        "wait_timeout": 5,
    }


def backend() -> Any:
    from moto.ssm.models import ssm_backends

    return ssm_backends["123456789012"][REGION]


def test_a_tag_that_nothing_has_is_a_failure_unless_it_is_allowed(module: Module, options):
    result = module("ssm_automation", **options)
    assert "There was no target: nothing was done" in result["msg"]
    allowed = module("ssm_automation", **options, allow_no_targets=True)
    assert allowed.get("failed") is not True
    assert (allowed["changed"], allowed["status"], allowed["executions"]) == (False, "Success", [])


@pytest.mark.parametrize("status", ["Failed", "Cancelled", "TimedOut", "Rejected", "ChangeCalendarOverrideRejected"])
@pytest.mark.parametrize("allow", [False, True])
def test_what_ended_before_it_had_a_target_is_a_failure_and_says_why(module: Module, options, status, allow):
    end_before_targets(backend(), status, WHY)
    result = module("ssm_automation", **options, allow_no_targets=allow)
    assert result["failed"] is True
    assert result["msg"] == f"Automation {result['execution_id']} ended as {status} ({WHY})."
    assert (result["changed"], result["status"], result["executions"]) == (False, status, [])


def test_what_is_still_under_way_is_no_lack_of_targets(module: Module, options):
    set_looks(backend(), float("inf"))
    result = module("ssm_automation", **{**options, "wait_timeout": 1})
    assert result["msg"] == (
        f"Automation {result['execution_id']} was not finished within 1 seconds. It goes on in AWS."
    )
    assert (result["changed"], result["status"]) == (True, "InProgress")


def test_without_waiting_nothing_is_known(module: Module, options):
    result = module("ssm_automation", **options, wait=False)
    assert (result["changed"], result["status"], result["executions"]) == (True, "InProgress", [])
    assert "msg" not in result


def test_check_mode_starts_nothing(aws, module: Module, options):
    aws.calls.clear()
    result = module("ssm_automation", check=True, **options)
    assert (result["changed"], result["status"], result["execution_id"]) == (True, "Planned", None)
    assert "StartAutomationExecution" not in {key[3] for key in aws.calls}


@pytest.mark.parametrize(("looks", "status"), [(3, "Success"), (float("inf"), "NotStarted")])
def test_executions_that_ssm_lists_late_are_read_again_and_missing_ones_fail(module: Module, options, looks, status):
    """That SSM names them late is added in services/ssm_automation.py."""
    del options["target_tag"]
    list_late(backend(), looks)
    result = module("ssm_automation", **options, target_values=["a", "b"])
    assert {row["target"]: row["status"] for row in result.get("executions", [])} == {"a": status, "b": status}, result
    assert bool(result.get("failed")) is (status != "Success")
