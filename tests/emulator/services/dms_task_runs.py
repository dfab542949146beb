# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How DMS's replication tasks start, run and stop, each taking its time. moto's task runs at once and for ever, and is
started in any way.

What the setting `dms_failures` says of a task makes it fail as soon as it runs.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from typing import Any

from ..wire import AwsError, Call
from .dms import dms, life_of, wrong_state
from .dms_connections import is_tested
from .dms_tables import loaded_share
from .dms_tasks import CHANGEABLE, existing, refuse_unless, row_of, take_over

FATAL = "Stop Reason FATAL_ERROR Error Level FATAL"


def start_replication_task(call: Call) -> dict[str, Any]:
    """StartReplicationTask: start-replication the first time, resume-processing or reload-target afterwards; from a
    position, cdc may start-replication again. Both connections must have been tested.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_StartReplicationTask.html
    """
    task, kind = existing(call), call.params["StartReplicationTaskType"]
    refuse_unless(task, CHANGEABLE, "started")
    _refuse_start(task, kind, call)
    for arn in (task.source_endpoint_arn, task.target_endpoint_arn):
        if not is_tested(dms(call), task.replication_instance_arn, arn):
            raise wrong_state(
                "Test connection for replication instance and endpoint should be successful for starting the"
                " replication task"
            )
    take_over(call, task, "start")
    if kind != "resume-processing":
        task.loaded_share = 0.0
        task.fresh_start_date = now()
    task.start_date, task.stop_date = now(), None
    task.stop_reason = task.last_failure_message = ""
    settings = call.settings
    failure = settings.dms_failures.get(task.id, "")
    life_of(task).enter("starting", settings.dms_seconds, lambda: _run(task, settings.dms_full_load_seconds, failure))
    return {"ReplicationTask": row_of(task)}


def _refuse_start(task: Any, kind: str, call: Call) -> None:
    ran = task.start_date is not None
    again = task.migration_type == "cdc" and (call.params.get("CdcStartPosition") or call.params.get("CdcStartTime"))
    finished = task.migration_type == "full-load" and loaded_share(task) == 1 and "FULL_LOAD" in task.stop_reason
    name = kind.replace("-", "_").upper()
    if kind == "start-replication" and ran and not again:
        why = "valid only for tasks running for the first time"
    elif kind != "start-replication" and not ran:
        why = "valid only for tasks that ran before"
    elif (kind == "reload-target" and task.migration_type == "cdc") or (kind == "resume-processing" and finished):
        why = "not valid for this task"
    else:
        return
    raise AwsError("InvalidParameterCombinationException", f"Start Type : {name}, {why}")


def _run(task: Any, load_seconds: float, failure: str) -> None:
    if failure:
        task.last_failure_message, task.stop_reason = failure, FATAL
        life_of(task).enter("failed")
    elif task.migration_type == "cdc" or task.loaded_share == 1:
        life_of(task).enter("running")
    else:
        task.load_seconds = load_seconds * (1 - task.loaded_share)
        task.loaded_at = time.monotonic() + task.load_seconds
        life_of(task).enter("running", task.load_seconds, lambda: _loaded(task))
    _stop_at_position(task)


def _loaded(task: Any) -> None:
    task.loaded_at, task.loaded_share = None, 1.0
    options = json.loads(task.replication_task_settings)["FullLoadSettings"]
    if task.migration_type == "full-load":
        _stopped(task, "FULL_LOAD_ONLY_FINISHED")
    elif options["StopTaskCachedChangesNotApplied"]:
        _stopped(task, "STOPPED_AFTER_FULL_LOAD")
    elif options["StopTaskCachedChangesApplied"]:
        _stopped(task, "STOPPED_AFTER_CACHED_EVENTS")
    else:
        life_of(task).enter("running")
        _stop_at_position(task)


def _stop_at_position(task: Any) -> None:
    """CdcStopPosition: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Task.CDC.html"""
    kind, _colon, moment = (task.cdc_stop_position or "").partition(":")
    if life_of(task).status != "running" or task.loaded_at or task.migration_type == "full-load" or not moment:
        return
    left = (datetime.fromisoformat(moment).replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)).total_seconds()
    life_of(task).enter("running", max(0.0, left), lambda: _stopped(task, f"STOPPED_AT_{kind.upper()}"))


def _stopped(task: Any, reason: str) -> None:
    task.stop_reason, task.stop_date = f"Stop Reason {reason}", now()
    life_of(task).enter("stopped")


def stop_replication_task(call: Call) -> dict[str, Any]:
    """StopReplicationTask: `stopping` at first. https://docs.aws.amazon.com/dms/latest/APIReference/API_StopReplicationTask.html"""
    task = existing(call)
    refuse_unless(task, ("running",), "stopped")
    task.loaded_share, task.loaded_at = loaded_share(task), None
    life_of(task).enter("stopping", call.settings.dms_seconds, lambda: _stopped(task, "NORMAL"))
    return {"ReplicationTask": row_of(task)}


def now() -> datetime:
    """moto's times are naive and UTC."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


OPERATIONS = {
    "StartReplicationTask": start_replication_task,
    "StopReplicationTask": stop_replication_task,
}
