# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DMS's replication tasks with their states, on moto's own objects. moto's task is created for ever, can be deleted
while it runs, can't be modified, and has no settings of DMS's own."""

from __future__ import annotations

import json
from typing import Any

from ..wire import AwsError, Call
from .dms import Getters, Row, by_arn, dms, endpoint_by_arn, epoch, filtered, life_of, new_arn, paged, wrong_state
from .dms_instances import existing as existing_instance
from .dms_instances import refuse_unless_available
from .dms_tables import counts

# a part of what DMS fills in:
# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html
DEFAULT_SETTINGS: dict[str, Any] = {
    "TargetMetadata": {"TargetSchema": "", "SupportLobs": True, "FullLobMode": False, "LimitedSizeLobMode": True,
                       "LobMaxSize": 32, "BatchApplyEnabled": False},
    "FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE", "StopTaskCachedChangesApplied": False,
                         "StopTaskCachedChangesNotApplied": False, "MaxFullLoadSubTasks": 8, "CommitRate": 10000},
    "Logging": {"EnableLogging": False, "EnableLogContext": False,
                "LogComponents": [{"Id": "SOURCE_UNLOAD", "Severity": "LOGGER_SEVERITY_DEFAULT"},
                                  {"Id": "TARGET_LOAD", "Severity": "LOGGER_SEVERITY_DEFAULT"}],
                "CloudWatchLogGroup": None, "CloudWatchLogStream": None},
    "ValidationSettings": {"EnableValidation": False, "ThreadCount": 5},
    "TTSettings": {"EnableTT": False, "TTS3Settings": None, "TTRecordSettings": None},
    "BeforeImageSettings": None,
    "CharacterSetSettings": None,
}  # fmt: skip
# what DMS accepts and never answers: https://github.com/hashicorp/terraform-provider-aws/issues/43974
UNLISTED = {"TTSettings": ("FailTaskOnTTFailure",)}
CHANGEABLE = ("ready", "stopped", "failed")
MIGRATION_TYPES = ("full-load", "cdc", "full-load-and-cdc")
ATTRIBUTES = {
    "MigrationType": "migration_type",
    "TableMappings": "table_mappings",
    "CdcStartPosition": "cdc_start_position",
    "CdcStopPosition": "cdc_stop_position",
}


def create_replication_task(call: Call) -> dict[str, Any]:
    """CreateReplicationTask: it is `creating` at first, and DMS fills in the settings.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationTask.html
    """
    wanted, backend = call.params, dms(call)
    name = wanted["ReplicationTaskIdentifier"]
    if any(task.id == name for task in backend.replication_tasks.values()):
        raise AwsError("ResourceAlreadyExistsFault", f"Replication Task {name} already exists.")
    for kind in ("Source", "Target"):
        endpoint = endpoint_by_arn(call, wanted[f"{kind}EndpointArn"])
        if endpoint.endpoint_type.lower() != kind.lower():
            raise AwsError("InvalidParameterValueException", f"Endpoint {endpoint.endpoint_identifier} is no {kind}.")
    refuse_unless_available(existing_instance(call))
    task = backend.create_replication_task(
        replication_task_identifier=name,
        source_endpoint_arn=wanted["SourceEndpointArn"],
        target_endpoint_arn=wanted["TargetEndpointArn"],
        replication_instance_arn=wanted["ReplicationInstanceArn"],
        migration_type=wanted["MigrationType"],
        table_mappings="",
        replication_task_settings="{}",
    )
    del backend.replication_tasks[task.arn]
    task.cdc_start_position = task.cdc_stop_position = None
    task.stop_reason = task.last_failure_message = ""
    task.reloaded, task.source_tables = set(), dict(call.settings.dms_tables)
    task.fresh_start_date = None
    task.loaded_at, task.load_seconds, task.loaded_share = None, 0.0, 0.0
    task.replication_task_settings = json.dumps(DEFAULT_SETTINGS)
    take_over(call, task, "create")
    task.arn = new_arn(call, "task")
    backend.replication_tasks[task.arn] = task
    backend.tagger.tag_resource(task.arn, wanted.get("Tags") or [])
    life_of(task).enter("creating", call.settings.dms_seconds, lambda: life_of(task).enter("ready"))
    return {"ReplicationTask": row_of(task)}


def take_over(call: Call, task: Any, verb: str) -> None:
    """What is said, checked as DMS checks it."""
    wanted = call.params
    if wanted.get("MigrationType", "cdc") not in MIGRATION_TYPES:
        raise AwsError("InvalidParameterValueException", f"Invalid MigrationType {wanted['MigrationType']}.")
    if wanted.get("CdcStartTime") and wanted.get("CdcStartPosition"):
        raise AwsError("InvalidParameterCombinationException", "Use either CdcStartTime or CdcStartPosition.")
    if "TableMappings" in wanted and not _document(wanted["TableMappings"], "table mappings").get("rules"):
        raise AwsError("InvalidParameterValueException", "Invalid table mappings document: it has no rules.")
    if "ReplicationTaskSettings" in wanted:
        task.replication_task_settings = _settings(task, wanted["ReplicationTaskSettings"], verb)
    for parameter, attribute in ATTRIBUTES.items():
        if parameter in wanted:
            setattr(task, attribute, wanted[parameter])


def _document(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AwsError("InvalidParameterValueException", f"Invalid {what} document: it is no JSON object.")
    return found


def _settings(task: Any, text: str, verb: str) -> str:
    """Over what the task has. DMS names the log group itself, and refuses to be told:
    "Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on create."."""
    told, settings = _document(text, "task settings"), json.loads(task.replication_task_settings)
    logging = told.get("Logging") or {}
    if logging.get("CloudWatchLogGroup") or logging.get("CloudWatchLogStream"):
        message = f"Task Settings CloudWatchLogGroup or CloudWatchLogStream cannot be set on {verb}."
        raise AwsError("InvalidParameterValueException", message)
    for section, names in UNLISTED.items():
        if isinstance(told.get(section), dict):
            told[section] = {name: value for name, value in told[section].items() if name not in names}
    for section, values in told.items():
        if isinstance(values, dict) and isinstance(settings.get(section), dict):
            settings[section] = {**settings[section], **values}
        else:
            settings[section] = values
    if settings["Logging"]["EnableLogging"]:
        settings["Logging"] |= {"CloudWatchLogGroup": "dms-tasks-orders", "CloudWatchLogStream": "dms-task-ABC"}
    return json.dumps(settings)


def modify_replication_task(call: Call) -> dict[str, Any]:
    """ModifyReplicationTask: "The task must be stopped before you can modify it."; `modifying` at first.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationTask.html
    """
    task = existing(call)
    before = refuse_unless(task, CHANGEABLE, "modified")
    take_over(call, task, "modify")
    life_of(task).enter("modifying", call.settings.dms_seconds, lambda: life_of(task).enter(before))
    return {"ReplicationTask": row_of(task)}


def delete_replication_task(call: Call) -> dict[str, Any]:
    """DeleteReplicationTask: InvalidResourceStateFault while it runs; `deleting` at first.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteReplicationTask.html
    """
    task, backend = existing(call), dms(call)
    refuse_unless(task, (*CHANGEABLE, "failed-move"), "deleted")
    row = row_of(task)

    def gone() -> None:
        backend.replication_tasks.pop(task.arn, None)

    life_of(task).enter("deleting", call.settings.dms_seconds, gone)
    return {"ReplicationTask": {**row, "Status": "deleting"}}


def describe_replication_tasks(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationTasks.html"""
    tasks = dms(call).replication_tasks
    for task in list(tasks.values()):
        life_of(task).settle()
    getters: Getters = {
        "replication-task-arn": lambda row: [row["ReplicationTaskArn"]],
        "replication-task-id": lambda row: [row["ReplicationTaskIdentifier"]],
        "migration-type": lambda row: [row["MigrationType"]],
        "endpoint-arn": lambda row: [row["SourceEndpointArn"], row["TargetEndpointArn"]],
        "replication-instance-arn": lambda row: [row["ReplicationInstanceArn"]],
    }
    rows = filtered([row_of(task) for task in tasks.values()], call, getters, "Tasks")
    if call.params.get("WithoutSettings"):
        rows = [{name: value for name, value in row.items() if name != "ReplicationTaskSettings"} for row in rows]
    return paged(rows, call, "ReplicationTasks")


def existing(call: Call) -> Any:
    task = by_arn(dms(call).replication_tasks, call.params["ReplicationTaskArn"], "Tasks")
    life_of(task).settle()
    return by_arn(dms(call).replication_tasks, task.arn, "Tasks")


def refuse_unless(task: Any, statuses: tuple[str, ...], done: str) -> str:
    status = life_of(task).status
    if status not in statuses:
        raise wrong_state(f"Replication Task {task.id} cannot be {done} while it is {status}.")
    return status


def told_position(task: Any) -> str | None:
    """As it was said until the task is started, afterwards none or a checkpoint.

    https://github.com/hashicorp/terraform-provider-aws/pull/21201
    """
    position: str | None = task.cdc_start_position
    return position if task.start_date is None else getattr(task, "checkpoint", None)


def row_of(task: Any) -> Row:
    times = {"StartDate": task.start_date, "StopDate": task.stop_date, "FreshStartDate": task.fresh_start_date}
    row = {
        "ReplicationTaskIdentifier": task.id,
        "ReplicationTaskArn": task.arn,
        "SourceEndpointArn": task.source_endpoint_arn,
        "TargetEndpointArn": task.target_endpoint_arn,
        "ReplicationInstanceArn": task.replication_instance_arn,
        "MigrationType": task.migration_type,
        "TableMappings": task.table_mappings,
        "ReplicationTaskSettings": task.replication_task_settings,
        "Status": life_of(task).status,
        "LastFailureMessage": task.last_failure_message,
        "StopReason": task.stop_reason,
        "ReplicationTaskCreationDate": epoch(task.creation_date),
        "ReplicationTaskStartDate": epoch(task.start_date),
        "CdcStartPosition": told_position(task),
        "CdcStopPosition": task.cdc_stop_position,
        "ReplicationTaskStats": {
            **counts(task),
            **{name: epoch(value) for name, value in times.items() if value},
        },
    }
    return {name: value for name, value in row.items() if value not in (None, "")}


OPERATIONS = {
    "CreateReplicationTask": create_replication_task,
    "ModifyReplicationTask": modify_replication_task,
    "DeleteReplicationTask": delete_replication_task,
    "DescribeReplicationTasks": describe_replication_tasks,
}
