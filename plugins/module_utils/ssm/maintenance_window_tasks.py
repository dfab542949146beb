# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of a maintenance window: options, and how AWS writes them.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..resource.properties import Exact, Properties, said
from ..sweep.errors import SweepError
from .common import (
    DOCUMENT_VERSION,
    MAX_CONCURRENCY,
    MAX_ERRORS,
    check_between,
    check_distinct,
    check_name,
    check_text,
    texts,
)
from .maintenance_window_targets import check_instance_ids

# task type -> the option that holds its parameters, and AWS's name for it
INVOCATIONS = {
    "RUN_COMMAND": ("run_command", "RunCommand"),
    "AUTOMATION": ("automation", "Automation"),
    "LAMBDA": ("lambda", "Lambda"),
    "STEP_FUNCTIONS": ("step_functions", "StepFunctions"),
}
EVENTS = ("All", "InProgress", "Success", "TimedOut", "Cancelled", "Failed")
CONTINUE = "CONTINUE_TASK"
DEFAULT_VERSION = "$DEFAULT"
SERVICE_LINKED = ":role/aws-service-role/"

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "task_type": {"type": "str", "required": True, "choices": list(INVOCATIONS)},
    "task_arn": {"type": "str", "required": True},
    "service_role_arn": {"type": "str"},
    "targets": {"type": "list", "elements": "str"},
    "instance_ids": {"type": "list", "elements": "str"},
    "priority": {"type": "int", "default": 1},
    "max_concurrency": {"type": "str"},
    "max_errors": {"type": "str"},
    "cutoff_behavior": {"type": "str", "choices": [CONTINUE, "CANCEL_TASK"], "default": CONTINUE},
    "alarm_name": {"type": "str"},
    "ignore_poll_alarm_failure": {"type": "bool", "default": False},
    "run_command": {
        "type": "dict",
        "options": {
            "parameters": {"type": "dict"},
            "comment": {"type": "str"},
            "document_version": {"type": "str"},
            "document_hash": {"type": "str"},
            "document_hash_type": {"type": "str", "choices": ["Sha256", "Sha1"]},
            "timeout_seconds": {"type": "int"},
            "service_role_arn": {"type": "str"},
            "output_s3_bucket_name": {"type": "str"},
            "output_s3_key_prefix": {"type": "str", "no_log": False},
            "cloudwatch_output_enabled": {"type": "bool"},
            "cloudwatch_log_group_name": {"type": "str"},
            "notification_arn": {"type": "str"},
            "notification_events": {"type": "list", "elements": "str", "choices": list(EVENTS)},
            "notification_type": {"type": "str", "choices": ["Command", "Invocation"]},
        },
    },
    "automation": {
        "type": "dict",
        "options": {"parameters": {"type": "dict"}, "document_version": {"type": "str"}},
    },
    "lambda": {
        "type": "dict",
        "options": {
            "payload": {"type": "json"},
            "qualifier": {"type": "str"},
            "client_context": {"type": "str"},
        },
    },
    "step_functions": {"type": "dict", "options": {"input": {"type": "json"}, "name": {"type": "str"}}},
}


def check_tasks(tasks: Sequence[Mapping[str, Any]], targets: Sequence[str], unassociated: bool) -> None:
    """Raises SweepError for the first task that makes no sense. `targets` are the names of the window's targets."""
    check_distinct("tasks", [task["name"] for task in tasks])
    for task in tasks:
        check_name("a name in tasks", task["name"])
        where = f"task {task['name']}"
        check_text(f"description of {where}", task["description"], 128)
        check_between(f"priority of {where}", task["priority"], 0, 2**31 - 1)
        _check_arns(where, task)
        _check_aims(where, task, targets, unassociated)
        _check_rates(where, task)
        _check_invocation(where, task)


def _check_arns(where: str, task: Mapping[str, Any]) -> None:
    check_text(f"task_arn of {where}", task["task_arn"], 1600)
    if task["task_type"] == "STEP_FUNCTIONS" and ":stateMachine:" not in task["task_arn"]:
        raise SweepError(
            f"task_arn of {where} is {task['task_arn']!r}: write the state machine's ARN, like"
            " arn:aws:states:eu-west-1:123456789012:stateMachine:NAME."
        )
    check_role(f"service_role_arn of {where}", task["service_role_arn"])
    if task["run_command"]:
        check_role(f"run_command.service_role_arn of {where}", task["run_command"]["service_role_arn"])


def check_role(option: str, arn: str | None) -> None:
    """Raises SweepError."""
    if arn is not None and not re.fullmatch(r"arn:[a-z0-9-]+:iam::[0-9]{12}:role/.+", arn):
        raise SweepError(f"{option} is {arn!r}: write a role's ARN, like arn:aws:iam::123456789012:role/NAME.")


def _check_aims(where: str, task: Mapping[str, Any], targets: Sequence[str], unassociated: bool) -> None:
    names, ids = task["targets"], task["instance_ids"]
    if names and ids:
        raise SweepError(f"{where} has targets and instance_ids: write one of them.")
    check_distinct(f"targets of {where}", names or [])
    for name in names or []:
        if name not in targets:
            known = ", ".join(targets) or "none"
            raise SweepError(f"{where} names the target {name}, which the window doesn't have: it has {known}.")
    if ids:
        check_instance_ids(f"instance_ids of {where}", ids)
        if not unassociated:
            raise SweepError(
                f"{where} has instance_ids, which are not among the window's targets: set allow_unassociated_targets,"
                " or name targets."
            )
    if task["task_type"] == "RUN_COMMAND" and not names and not ids:
        raise SweepError(f"{where} has no targets: a RUN_COMMAND task needs targets or instance_ids.")


def _check_rates(where: str, task: Mapping[str, Any]) -> None:
    rates = (("max_concurrency", MAX_CONCURRENCY, "1 or more"), ("max_errors", MAX_ERRORS, "0 or more"))
    for option, pattern, words in rates:
        if task[option] is None:
            continue
        if not has_aims(task):
            raise SweepError(f"{option} of {where} is for a task with targets: leave it out.")
        if not pattern.fullmatch(task[option]):
            raise SweepError(f"{option} of {where} is {task[option]!r}: write a number, {words}, or a percentage.")


def has_aims(task: Mapping[str, Any]) -> bool:
    """Whether a task runs on instances. One that does not has no rate control."""
    return bool(task["targets"] or task["instance_ids"])


def _check_invocation(where: str, task: Mapping[str, Any]) -> None:
    own, _name = INVOCATIONS[task["task_type"]]
    for option, _aws in INVOCATIONS.values():
        if option != own and task[option] is not None:
            raise SweepError(
                f"{option} of {where} is not for a {task['task_type']} task: write {own}, or another task_type."
            )
    given = task[own] or {}
    version = given.get("document_version")
    if version is not None and not DOCUMENT_VERSION.fullmatch(version):
        raise SweepError(f"document_version of {where} is {version!r}: write a version's number, $DEFAULT or $LATEST.")
    check_between(f"timeout_seconds of {where}", given.get("timeout_seconds"), 30, 2592000)
    check_text(f"comment of {where}", given.get("comment"), 100)
    check_text(f"payload of {where}", given.get("payload"), 4096)
    check_text(f"input of {where}", given.get("input"), 4096)
    _check_output(where, given)


def _check_output(where: str, given: Mapping[str, Any]) -> None:
    for needed, option in (
        ("output_s3_bucket_name", "output_s3_key_prefix"),
        ("notification_arn", "notification_events"),
        ("notification_arn", "notification_type"),
    ):
        if given.get(option) is not None and given.get(needed) is None:
            raise SweepError(f"{option} of {where} does nothing without {needed}: write both.")
    if given.get("cloudwatch_log_group_name") and not given.get("cloudwatch_output_enabled"):
        raise SweepError(
            f"cloudwatch_log_group_name of {where} does nothing without cloudwatch_output_enabled: set it to true."
        )


def task_of(task: Mapping[str, Any]) -> Properties:
    """GetMaintenanceWindowTask's answer, without ids, with `TargetNames` and `InstanceIds` in place of `Targets`.

    What isn't said isn't there, except what AWS puts there by itself.
    """
    rates = {}
    if has_aims(task):
        rates = {"MaxConcurrency": task["max_concurrency"] or "1", "MaxErrors": task["max_errors"] or "1"}
    option, name = INVOCATIONS[task["task_type"]]
    return {
        "Name": task["name"],
        "Description": task["description"],
        "TaskType": task["task_type"],
        "TaskArn": task["task_arn"],
        "ServiceRoleArn": task["service_role_arn"],
        "TargetNames": task["targets"] or [],
        "InstanceIds": task["instance_ids"] or [],
        "Priority": task["priority"],
        **rates,
        "CutoffBehavior": task["cutoff_behavior"],
        "AlarmConfiguration": _alarm(task),
        "TaskInvocationParameters": {name: _PARAMETERS[option](task[option] or {})},
    }


def _alarm(task: Mapping[str, Any]) -> Properties | None:
    if task["alarm_name"] is None:
        return None
    return {"Alarms": [{"Name": task["alarm_name"]}], "IgnorePollAlarmFailure": task["ignore_poll_alarm_failure"]}


def _run_command(given: Mapping[str, Any]) -> Properties:
    log = {"CloudWatchOutputEnabled": True, "CloudWatchLogGroupName": given.get("cloudwatch_log_group_name")}
    notification = {
        "NotificationArn": given.get("notification_arn"),
        "NotificationEvents": given.get("notification_events"),
        "NotificationType": given.get("notification_type"),
    }
    return {
        "Parameters": parameters_of(given.get("parameters")),
        "Comment": given.get("comment"),
        "DocumentVersion": given.get("document_version") or DEFAULT_VERSION,
        "DocumentHash": given.get("document_hash"),
        "DocumentHashType": given.get("document_hash_type"),
        # AWS may tell its own default where none is said
        **said({"TimeoutSeconds": given.get("timeout_seconds")}),
        "ServiceRoleArn": given.get("service_role_arn"),
        "OutputS3BucketName": given.get("output_s3_bucket_name"),
        "OutputS3KeyPrefix": given.get("output_s3_key_prefix"),
        "CloudWatchOutputConfig": said(log) if given.get("cloudwatch_output_enabled") else None,
        "NotificationConfig": said(notification) or None,
    }


def _automation(given: Mapping[str, Any]) -> Properties:
    return {
        "Parameters": parameters_of(given.get("parameters")),
        "DocumentVersion": given.get("document_version") or DEFAULT_VERSION,
    }


def _lambda(given: Mapping[str, Any]) -> Properties:
    return {
        "Payload": given.get("payload"),
        "Qualifier": given.get("qualifier"),
        "ClientContext": given.get("client_context"),
    }


def _step_functions(given: Mapping[str, Any]) -> Properties:
    return {"Input": given.get("input"), "Name": given.get("name")}


_PARAMETERS = {
    "run_command": _run_command,
    "automation": _automation,
    "lambda": _lambda,
    "step_functions": _step_functions,
}


def parameters_of(parameters: Mapping[str, Any] | None) -> Exact | None:
    """A document's parameters, each a list of texts."""
    if not parameters:
        return None
    return Exact({name: texts(values) for name, values in parameters.items()})


def described(task: Mapping[str, Any], labels: Mapping[str, str]) -> Properties:
    """GetMaintenanceWindowTask's answer as `task_of` writes it, with its ids. `labels` are the targets' by id."""
    found = {"CutoffBehavior": CONTINUE, **task}
    for name in ("ResponseMetadata", "Targets"):
        found.pop(name, None)
    aims = {row["Key"]: row.get("Values", []) for row in task.get("Targets") or []}
    if SERVICE_LINKED in (found.get("ServiceRoleArn") or ""):
        del found["ServiceRoleArn"]  # AWS's own choice where none is said
    return {
        **found,
        "TargetNames": [labels.get(target_id, target_id) for target_id in aims.get("WindowTargetIds", [])],
        "InstanceIds": aims.get("InstanceIds", []),
        "TaskInvocationParameters": {
            name: _readable(name, value) for name, value in (task.get("TaskInvocationParameters") or {}).items()
        },
    }


def _readable(name: str, given: Mapping[str, Any]) -> Properties:
    """Without what is only said to be off."""
    found = dict(given)
    if name in ("RunCommand", "Automation"):
        found = {"DocumentVersion": DEFAULT_VERSION, **found, "Parameters": parameters_of(found.get("Parameters"))}
    if not found.get("CloudWatchOutputConfig", {}).get("CloudWatchOutputEnabled"):
        found.pop("CloudWatchOutputConfig", None)
    if not found.get("NotificationConfig", {}).get("NotificationArn"):
        found.pop("NotificationConfig", None)
    if isinstance(found.get("Payload"), bytes):
        found["Payload"] = found["Payload"].decode("utf-8", "replace")
    return found


def register_parameters(task: Mapping[str, Any], target_ids: Mapping[str, str]) -> Properties:
    """What RegisterTaskWithMaintenanceWindow takes, of `task_of`. `target_ids` are the targets' by name."""
    aims = []
    if task["TargetNames"]:
        aims = [{"Key": "WindowTargetIds", "Values": [target_ids[name] for name in task["TargetNames"]]}]
    elif task["InstanceIds"]:
        aims = [{"Key": "InstanceIds", "Values": task["InstanceIds"]}]
    ((name, invocation),) = task["TaskInvocationParameters"].items()
    invocation = said(invocation)
    kept = {key: value for key, value in task.items() if key not in ("TargetNames", "InstanceIds")}
    return said(
        {**kept, "Targets": aims or None, "TaskInvocationParameters": {name: invocation} if invocation else None}
    )
