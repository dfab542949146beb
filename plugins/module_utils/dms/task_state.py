# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What DescribeReplicationTasks tells of a task, in terms that are judged by. Pure.

https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationTask.html
"""

from __future__ import annotations

from typing import Any

from ..sweep.region import Resource
from .lookup import failure_message

CDC_TYPES = ("cdc", "full-load-and-cdc")
FAILED = ("failed", "failed-move")
# of a task that stopped as it should
GOOD_ENDS = (
    "NORMAL",
    "FULL_LOAD_ONLY_FINISHED",
    "STOPPED_AFTER_FULL_LOAD",
    "STOPPED_AFTER_CACHED_EVENTS",
    "STOPPED_AFTER_DDL_APPLY",
    "STOPPED_AT_SERVER_TIME",
    "STOPPED_AT_COMMIT_TIME",
)
# and of one that DMS has stopped to start it again by itself
RESTARTS = ("RECONFIGURATION_RESTART", "RECYCLE_TASK")


def stop_reason(task: Resource) -> str:
    """AWS's word for it; it writes `Stop Reason NORMAL`, and `Stop Reason FATAL_ERROR Error Level FATAL`."""
    words = str(task.get("StopReason") or "").removeprefix("Stop Reason").split()
    return words[0] if words else ""


def is_restarting(task: Resource) -> bool:
    """Whether it stands still only until DMS starts it again."""
    return task["Status"] == "stopped" and stop_reason(task) in RESTARTS


def statistics(task: Resource) -> dict[str, Any]:
    """The task's own counts, with 0 where DMS gives none."""
    found = {"FullLoadProgressPercent": 0, "TablesLoaded": 0, "TablesLoading": 0, "TablesQueued": 0, "TablesErrored": 0}
    return {**found, **{k: v for k, v in (task.get("ReplicationTaskStats") or {}).items() if v is not None}}


def replicates(task: Resource) -> bool:
    """Whether it captures changes, and isn't only a load."""
    return task["MigrationType"] in CDC_TYPES


def is_loaded(task: Resource) -> bool:
    """Whether the full load is over, or was never part of the task."""
    counts = statistics(task)
    at_work = counts["TablesLoading"] or counts["TablesQueued"]
    return task["MigrationType"] == "cdc" or (int(counts["FullLoadProgressPercent"]) >= 100 and not at_work)


def why_it_ended(task: Resource) -> str:
    """In words, why a task that failed or stopped did so; empty where DMS gives no reason."""
    told = failure_message(task.get("LastFailureMessage"))[:300].rstrip(".")
    return told or stop_reason(task)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
