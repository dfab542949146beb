# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance windows with their targets and tasks. moto can't update any of them nor get a task, drops most fields,
and refuses nothing. Here they are rows of their own, kept where moto keeps its windows, which it lets be tagged.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateMaintenanceWindow.html
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any

from ..wire import AwsError, Call, page
from .ssm_patch_baselines import ssm

LARGEST_PAGE = 100
WINDOW_REQUIRED = ("Name", "Schedule", "Duration", "Cutoff", "AllowUnassociatedTargets")
NOT_SETTINGS = ("Tags", "ClientToken", "WindowId", "WindowTargetId", "WindowTaskId", "Replace")
# DescribeMaintenanceWindowTasks leaves them out: API_MaintenanceWindowTask.html
NOT_LISTED = ("TaskInvocationParameters", "TaskType")
SERVICE_LINKED_ROLE = "arn:aws:iam::{}:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM"


def windows(call: Call) -> dict[str, dict[str, Any]]:
    """Rows by id: `settings`, `targets` and `tasks`, the latter two by id."""
    found: dict[str, dict[str, Any]] = ssm(call).windows
    return found


def create_maintenance_window(call: Call) -> dict[str, Any]:
    _check_window(call.params)
    window_id = f"mw-0{secrets.token_hex(8)}"
    settings = {"Enabled": True, **_settings(call), "WindowId": window_id, "CreatedDate": time.time()}
    windows(call)[window_id] = {"settings": settings, "targets": {}, "tasks": {}}
    for tag in call.params.get("Tags", []):
        ssm(call)._resource_tags["MaintenanceWindow"][window_id][tag["Key"]] = tag["Value"]
    return {"WindowId": window_id}


def update_maintenance_window(call: Call) -> dict[str, Any]:
    """UpdateMaintenanceWindow: with Replace, all that Create requires is required, and what isn't said is gone.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateMaintenanceWindow.html
    """
    settings = _window(call)["settings"]
    kept = ("WindowId", "CreatedDate", "Enabled")
    _replace(settings, call, WINDOW_REQUIRED, kept)
    _check_window(settings)
    return settings


def _check_window(settings: Mapping[str, Any]) -> None:
    if settings["Cutoff"] >= settings["Duration"]:
        raise AwsError("ValidationException", "The cutoff must be less than the duration.")
    kind = str(settings["Schedule"]).partition("(")[0]
    if kind not in ("cron", "rate", "at"):
        raise AwsError("ValidationException", "The schedule is not valid.")
    if settings.get("ScheduleOffset") and kind != "cron":
        raise AwsError("ValidationException", "ScheduleOffset is for a cron expression.")


def get_maintenance_window(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindow.html"""
    found: dict[str, Any] = _window(call)["settings"]
    return found


def describe_maintenance_windows(call: Call) -> dict[str, Any]:
    """DescribeMaintenanceWindows: by Name and Enabled.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindows.html
    """
    found = [row["settings"] for row in windows(call).values()]
    for entry in call.params.get("Filters", []):
        if entry["Key"] not in ("Name", "Enabled"):
            raise AwsError("ValidationException", f"The filter key {entry['Key']} is not valid.")
        found = [row for row in found if str(row[entry["Key"]]).lower() in [v.lower() for v in entry["Values"]]]
    return _page(call, "WindowIdentities", found, "WindowId")


def delete_maintenance_window(call: Call) -> dict[str, Any]:
    """DeleteMaintenanceWindow: its targets and tasks go with it; one that isn't there is no error.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteMaintenanceWindow.html
    """
    windows(call).pop(call.params["WindowId"], None)
    return {"WindowId": call.params["WindowId"]}


def register_target(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTargetWithMaintenanceWindow.html"""
    window, target_id = _window(call), str(uuid.uuid4())
    ids = {"WindowId": call.params["WindowId"], "WindowTargetId": target_id}
    window["targets"][target_id] = _settings(call) | ids
    return {"WindowTargetId": target_id}


def update_target(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateMaintenanceWindowTarget.html"""
    target = _member(call, "targets", "WindowTargetId")
    _replace(target, call, ("Targets",), ("WindowId", "WindowTargetId", "ResourceType"))
    return target


def deregister_target(call: Call) -> dict[str, Any]:
    """DeregisterTargetFromMaintenanceWindow: with Safe, TargetInUseException while a task refers to it.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeregisterTargetFromMaintenanceWindow.html
    """
    window, target = _window(call), _member(call, "targets", "WindowTargetId")
    used = {target_id for task in window["tasks"].values() for target_id in _target_ids(task)}
    if call.params.get("Safe") and target["WindowTargetId"] in used:
        raise AwsError("TargetInUseException", "The target is still referenced in a task.")
    del window["targets"][target["WindowTargetId"]]
    return {"WindowId": target["WindowId"], "WindowTargetId": target["WindowTargetId"]}


def describe_targets(call: Call) -> dict[str, Any]:
    return _page(call, "Targets", list(_window(call)["targets"].values()), "WindowTargetId")


def register_task(call: Call) -> dict[str, Any]:
    """RegisterTaskWithMaintenanceWindow: AWS's own role and the placeholders of a task without targets are filled in.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html
    """
    window, task_id = _window(call), str(uuid.uuid4())
    task = _settings(call) | {"WindowId": call.params["WindowId"], "WindowTaskId": task_id}
    _check_task(window, task)
    window["tasks"][task_id] = _filled_in(call, task)
    return {"WindowTaskId": task_id}


def update_task(call: Call) -> dict[str, Any]:
    """UpdateMaintenanceWindowTask: TaskInvocationParameters are replaced as a whole in any case.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateMaintenanceWindowTask.html
    """
    task = _member(call, "tasks", "WindowTaskId")
    _replace(task, call, ("TaskArn",), ("WindowId", "WindowTaskId", "TaskType"))
    _check_task(_window(call), task)
    task.update(_filled_in(call, task))
    return {name: value for name, value in task.items() if name != "TaskType"}


def _filled_in(call: Call, task: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {
        "ServiceRoleArn": SERVICE_LINKED_ROLE.format(call.account),
        "Priority": 0,
        "CutoffBehavior": "CONTINUE_TASK",
    }
    placeholders = {} if task.get("Targets") else {"MaxConcurrency": "1", "MaxErrors": "1"}
    return {**defaults, **task, **placeholders}


def _check_task(window: Mapping[str, Any], task: Mapping[str, Any]) -> None:
    if task["TaskType"] == "RUN_COMMAND" and not task.get("Targets"):
        raise AwsError("ValidationException", "A Run Command task needs targets.")
    if task.get("Targets") and not (task.get("MaxConcurrency") and task.get("MaxErrors")):
        raise AwsError("ValidationException", "MaxConcurrency and MaxErrors are required for a task with targets.")
    if any(target_id not in window["targets"] for target_id in _target_ids(task)):
        raise AwsError("ValidationException", "A window target ID is not valid.")
    by_id = any(row["Key"] == "InstanceIds" for row in task.get("Targets") or [])
    if by_id and not window["settings"]["AllowUnassociatedTargets"]:
        raise AwsError("ValidationException", "The maintenance window does not allow unassociated targets.")


def _target_ids(task: Mapping[str, Any]) -> list[str]:
    return [i for row in task.get("Targets") or [] if row["Key"] == "WindowTargetIds" for i in row["Values"]]


def get_task(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindowTask.html"""
    return _member(call, "tasks", "WindowTaskId")


def describe_tasks(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeMaintenanceWindowTasks.html"""
    tasks = [
        {name: value for name, value in task.items() if name not in NOT_LISTED} | {"Type": task["TaskType"]}
        for task in _window(call)["tasks"].values()
    ]
    return _page(call, "Tasks", tasks, "WindowTaskId")


def deregister_task(call: Call) -> dict[str, Any]:
    task = _member(call, "tasks", "WindowTaskId")
    del _window(call)["tasks"][task["WindowTaskId"]]
    return {"WindowId": task["WindowId"], "WindowTaskId": task["WindowTaskId"]}


def _settings(call: Call) -> dict[str, Any]:
    return {name: value for name, value in call.params.items() if name not in NOT_SETTINGS}


def _replace(row: dict[str, Any], call: Call, required: tuple[str, ...], kept: tuple[str, ...]) -> None:
    if call.params.get("Replace"):
        for name in required:
            if name not in call.params:
                raise AwsError("ValidationException", f"{name} is required with Replace.")
        for name in [name for name in row if name not in kept]:
            del row[name]
    row.update(_settings(call))


def _window(call: Call) -> dict[str, Any]:
    if call.params["WindowId"] not in windows(call):
        raise AwsError("DoesNotExistException", f"Maintenance window {call.params['WindowId']} does not exist.")
    return windows(call)[call.params["WindowId"]]


def _member(call: Call, kind: str, key: str) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = _window(call)[kind]
    if call.params[key] not in found:
        raise AwsError("DoesNotExistException", f"{call.params[key]} does not exist.")
    return found[call.params[key]]


def _page(call: Call, key: str, found: list[dict[str, Any]], id_key: str) -> dict[str, Any]:
    def by_id(row: Mapping[str, Any]) -> str:
        return str(row[id_key])

    size = min(int(call.params.get("MaxResults") or LARGEST_PAGE), LARGEST_PAGE)
    chosen, token = page(sorted(found, key=by_id), call.params.get("NextToken", ""), size, by_id)
    return {key: list(chosen), **({"NextToken": token} if token else {})}


OPERATIONS = {
    "CreateMaintenanceWindow": create_maintenance_window,
    "UpdateMaintenanceWindow": update_maintenance_window,
    "GetMaintenanceWindow": get_maintenance_window,
    "DescribeMaintenanceWindows": describe_maintenance_windows,
    "DeleteMaintenanceWindow": delete_maintenance_window,
    "RegisterTargetWithMaintenanceWindow": register_target,
    "UpdateMaintenanceWindowTarget": update_target,
    "DeregisterTargetFromMaintenanceWindow": deregister_target,
    "DescribeMaintenanceWindowTargets": describe_targets,
    "RegisterTaskWithMaintenanceWindow": register_task,
    "UpdateMaintenanceWindowTask": update_task,
    "GetMaintenanceWindowTask": get_task,
    "DescribeMaintenanceWindowTasks": describe_tasks,
    "DeregisterTaskFromMaintenanceWindow": deregister_task,
}
