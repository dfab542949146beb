# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A window's tasks and targets in AWS's names, and what AWS adds to them by itself."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sysops.aws.plugins.module_utils.resource.properties import same
from ansible_collections.sysops.aws.plugins.module_utils.ssm.maintenance_window_options import ARGUMENT_SPEC
from ansible_collections.sysops.aws.plugins.module_utils.ssm.maintenance_window_targets import labels, superfluous
from ansible_collections.sysops.aws.plugins.module_utils.ssm.maintenance_window_tasks import (
    INVOCATIONS,
    MAX_CONCURRENCY,
    MAX_ERRORS,
    described,
    parameters_of,
    register_parameters,
    task_of,
)
from botocore.session import get_session

COMMAND = {"name": "install", "task_type": "RUN_COMMAND", "task_arn": "AWS-RunPatchBaseline", "targets": ["web"]}
TARGET_ID = "0a1b2c3d-0a1b-0a1b-0a1b-0123456789ab"
LINKED_ROLE = "arn:aws:iam::123456789012:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"
ANSWER = {
    "WindowId": "mw-0123456789abcdef0",
    "WindowTaskId": "4d5e6f70-4d5e-4d5e-4d5e-0123456789ab",
    "Name": "install",
    "TaskType": "RUN_COMMAND",
    "TaskArn": "AWS-RunPatchBaseline",
    "Targets": [{"Key": "WindowTargetIds", "Values": [TARGET_ID]}],
    "Priority": 1,
    "MaxConcurrency": "1",
    "MaxErrors": "1",
    "TaskInvocationParameters": {"RunCommand": {}},
    "ResponseMetadata": {},
}


def task(**options: Any) -> dict[str, Any]:
    spec = {"tasks": ARGUMENT_SPEC["tasks"]}
    result = ArgumentSpecValidator(spec).validate({"tasks": [{**COMMAND, **options}]})
    assert result.error_messages == []
    found: dict[str, Any] = result.validated_parameters["tasks"][0]
    return found


@pytest.mark.parametrize(
    "added",
    [
        {},
        {"CutoffBehavior": "CONTINUE_TASK"},
        {"ServiceRoleArn": LINKED_ROLE},
        {"TaskInvocationParameters": {"RunCommand": {"DocumentVersion": "$DEFAULT", "Parameters": {}}}},
        {"TaskInvocationParameters": {"RunCommand": {"CloudWatchOutputConfig": {"CloudWatchOutputEnabled": False}}}},
        {"TaskInvocationParameters": {"RunCommand": {"NotificationConfig": {"NotificationArn": ""}, "Comment": ""}}},
        {"TaskInvocationParameters": {"RunCommand": {"TimeoutSeconds": 3600}}},
        {"TaskParameters": {}, "Description": ""},
    ],
)
def test_what_aws_adds_by_itself_is_no_change(added):
    assert same(described({**ANSWER, **added}, {TARGET_ID: "web"}), task_of(task()))


@pytest.mark.parametrize(
    "added",
    [
        {"CutoffBehavior": "CANCEL_TASK"},
        {"ServiceRoleArn": "arn:aws:iam::123456789012:role/patching"},
        {"MaxErrors": "2"},
        {"Targets": [{"Key": "InstanceIds", "Values": ["i-0123456789abcdef0"]}]},
        {"Description": "x"},
        {"TaskInvocationParameters": {"RunCommand": {"DocumentVersion": "3"}}},
        {"TaskInvocationParameters": {"RunCommand": {"Parameters": {"Operation": ["Install"]}}}},
        {"TaskInvocationParameters": {"RunCommand": {"OutputS3BucketName": "logs"}}},
    ],
)
def test_what_somebody_else_set_is_one(added):
    assert not same(described({**ANSWER, **added}, {TARGET_ID: "web"}), task_of(task()))


def test_a_payload_of_bytes_is_compared_by_its_meaning():
    wanted = task_of(task(task_type="LAMBDA", task_arn="report", targets=None, **{"lambda": {"payload": {"a": 1}}}))
    payload = {"TaskInvocationParameters": {"Lambda": {"Payload": b'{"a":1}'}}}
    answer = {**ANSWER, "TaskType": "LAMBDA", "TaskArn": "report", "Targets": [], **payload}
    assert same(described(answer, {}), wanted)


def test_parameters_are_lists_of_texts():
    given = {"Flag": True, "Number": 3, "Texts": ["b", "a"], "Map": {"a": 1}}
    assert parameters_of(given) == {"Flag": ["true"], "Number": ["3"], "Texts": ["b", "a"], "Map": ['{"a": 1}']}
    assert parameters_of({}) is None


def test_a_task_is_registered_with_ids_and_without_what_is_not_said():
    assert register_parameters(task_of(task()), {"web": TARGET_ID}) == {
        "Name": "install",
        "TaskType": "RUN_COMMAND",
        "TaskArn": "AWS-RunPatchBaseline",
        "Targets": [{"Key": "WindowTargetIds", "Values": [TARGET_ID]}],
        "Priority": 1,
        "MaxConcurrency": "1",
        "MaxErrors": "1",
        "CutoffBehavior": "CONTINUE_TASK",
        "TaskInvocationParameters": {"RunCommand": {"DocumentVersion": "$DEFAULT"}},
    }


@pytest.mark.parametrize("text", ["1", "50", "1234567", "1%", "99%", "100%"])
def test_rates_that_are_taken(text):
    assert MAX_CONCURRENCY.fullmatch(text)
    assert MAX_ERRORS.fullmatch(text)


@pytest.mark.parametrize("text", ["", "-1", "101%", "01", "1.5", "12345678", "ten", "%"])
def test_rates_that_are_not(text):
    assert not MAX_CONCURRENCY.fullmatch(text)
    assert not MAX_ERRORS.fullmatch(text)


def test_no_errors_may_be_allowed_but_no_instances_not():
    assert (MAX_ERRORS.fullmatch("0"), MAX_CONCURRENCY.fullmatch("0%")) != (None, None)
    assert MAX_CONCURRENCY.fullmatch("0") is None


def test_targets_are_called_by_their_first_name():
    current = [{"WindowTargetId": "1", "Name": "web"}, {"WindowTargetId": "2", "Name": "web"}, {"WindowTargetId": "3"}]
    assert labels(current) == {"1": "web", "2": "2", "3": "3"}
    assert superfluous(current, [{"Name": "web"}]) == current[1:]


def test_the_task_types_are_those_of_the_service():
    model = get_session().get_service_model("ssm")
    assert INVOCATIONS.keys() == set(model.shape_for("MaintenanceWindowTaskType").enum)
    members = model.shape_for("MaintenanceWindowTaskInvocationParameters").members
    assert {name for _option, name in INVOCATIONS.values()} == members.keys()
