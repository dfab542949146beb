# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a replication task has come as far as it should, and waiting for that.

botocore's waiters know a task by its status alone. Whether one that stopped is done or broken is in StopReason:
https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationTask.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..resource.patience import waiter_of
from ..resource.resource import Goal
from ..sweep.region import Resource
from .task_course import LOAD_ENDS, POSITION_ENDS
from .task_state import (
    FAILED,
    GOOD_ENDS,
    count,
    is_loaded,
    is_restarting,
    replicates,
    statistics,
    stop_reason,
    why_it_ended,
)

WAITING, REACHED, MISSED = "waiting", "reached", "missed"
# by them a waiter tells a verdict's state, which is given to it as the answer `State`
ACCEPTORS = tuple(
    {"state": state, "matcher": "path", "argument": "State", "expected": expected}
    for state, expected in (("success", REACHED), ("failure", MISSED))
)
# DMS leaves them by itself
PASSING = ("creating", "modifying", "moving", "testing", "starting", "stopping", "deleting")

SETTLED = Goal("settled", "fit for a change")
AT_REST = Goal("at_rest", "stopped")
RUNNING = Goal("running", "running")
FULL_LOAD = Goal("full_load", "loaded")
FINISHED = Goal("stopped", "finished")
DELETED = Goal("replication_task_deleted", "deleted")


@dataclass(frozen=True)
class Verdict:
    """`state` is waiting, reached or missed; `words` tell how the task stands."""

    state: str
    words: str


def judge(task: Resource, goal: str) -> Verdict:
    """How a task stands to a goal, by its name as a waiter."""
    status = task["Status"]
    words = f"its status is {status}"
    if goal == SETTLED.waiter:
        return Verdict(WAITING if status in PASSING else REACHED, words)
    if status in PASSING:
        return Verdict(MISSED if status == "deleting" else WAITING, words)
    if goal == AT_REST.waiter:
        return Verdict(WAITING if status == "running" else REACHED, words)
    return _judge_run(task, goal, words)


def _judge_run(task: Resource, goal: str, words: str) -> Verdict:
    """Of a task that should run, or have run."""
    status, reason = task["Status"], stop_reason(task)
    if status == "running":
        return _judge_running(task, goal)
    if is_restarting(task):
        return Verdict(WAITING, f"{words} ({reason}), and DMS starts it again")
    if status == "stopped" and _is_good(reason, goal):
        return _unless_errored(task, words)
    if status in (*FAILED, "stopped"):
        why = why_it_ended(task)
        told = f" ({reason})" if reason and reason != why else ""
        return Verdict(MISSED, f"{words}{told}" + (f": {why}" if why else ""))
    return Verdict(MISSED if status == "ready" else WAITING, words)


def _is_good(reason: str, goal: str) -> bool:
    """A task that was stopped by hand (NORMAL), say, has come to its end only where any good end will do."""
    return reason in (*LOAD_ENDS, *POSITION_ENDS) or (reason in GOOD_ENDS and goal == FINISHED.waiter)


def _judge_running(task: Resource, goal: str) -> Verdict:
    counts = statistics(task)
    words = f"it is running, with {counts['FullLoadProgressPercent']} % of the full load"
    if goal == RUNNING.waiter:
        return Verdict(REACHED, words)
    if goal == FULL_LOAD.waiter and replicates(task) and is_loaded(task):
        return _unless_errored(task, words)
    return Verdict(WAITING, words)


def _unless_errored(task: Resource, words: str) -> Verdict:
    """DMS ends a full load well though tables are in error."""
    errored = statistics(task)["TablesErrored"]
    if not errored:
        return Verdict(REACHED, words)
    tables = count(errored, "table")
    return Verdict(MISSED, f"{words}, but {tables} could not be loaded; dms_replication_task_info tells which")


class TaskWaiters:
    """By the goals above, or by botocore's names; the parameters are those of DescribeReplicationTasks."""

    def get_waiter(self, client: Any, name: str) -> Any:
        if name == DELETED.waiter:
            return client.get_waiter(name)
        return waiter_of(name, "DescribeReplicationTasks", _look(client, name), ACCEPTORS)


def _look(client: Any, goal: str) -> Callable[..., dict[str, Any]]:
    """Raises botocore's errors."""

    def look(**parameters: Any) -> dict[str, Any]:
        (task,) = client.describe_replication_tasks(WithoutSettings=True, **parameters)["ReplicationTasks"]
        return {"State": judge(task, goal).state}

    return look
