# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a replication task: until its full load is over, or until the target holds all that was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

try:
    from botocore.exceptions import WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..resource.patience import WAIT_ARGUMENT_SPEC, Patience, waiter_of
from ..resource.task import Task
from ..sweep.errors import SweepError
from ..sweep.region import Region, Resource
from .lookup import INSTANCE, TASK, existing, find
from .migration import read_latency
from .migration_gate import dead_end, progress, still_behind
from .task_goals import ACCEPTORS, MISSED, REACHED, WAITING, Verdict
from .task_state import is_loaded, is_restarting, replicates

FULL_LOAD, CAUGHT_UP = "full_load", "caught_up"
ARGUMENT_SPEC: dict[str, Any] = {
    "replication_task_identifier": {"type": "str", "required": True},
    "until": {"type": "str", "choices": [FULL_LOAD, CAUGHT_UP], "required": True},
    "since": {"type": "str"},
    "max_latency_seconds": {"type": "int", "default": 0},
    "progress_path": {"type": "path"},
    "expected_account_id": {"type": "str"},
    **WAIT_ARGUMENT_SPEC,
}


class Progress:
    """Tells each new line once, into a file of JSON lines that somebody may be reading."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self.told: list[str] = []

    def tell(self, words: str) -> None:
        if self.told[-1:] == [words]:
            return
        self.told.append(words)
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"progress": words}) + "\n")


def wait(task: Task) -> dict[str, Any]:
    """The module's result. Raises SweepError where it can't be or isn't in time, and CallError."""
    options = task.options
    judge = _judge(options)
    told = Progress(options["progress_path"])
    region, name = task.region(), options["replication_task_identifier"]
    if task.check_mode:
        verdict = judge(region, existing(region, TASK, name))
    else:
        verdict = _wait(region, name, judge, told, task.patience)
    if verdict.state == MISSED:
        raise SweepError(verdict.words)
    return {"changed": False, "reached": verdict.state == REACHED, "progress": told.told or [verdict.words]}


Judge = Callable[[Region, Resource], Verdict]


def _wait(region: Region, name: str, judge: Judge, told: Progress, patience: Patience) -> Verdict:
    verdict = Verdict(WAITING, "")

    def look(**_nothing: Any) -> dict[str, Any]:
        nonlocal verdict
        verdict = judge(region, existing(region, TASK, name))
        told.tell(verdict.words)
        return {"State": verdict.state}

    try:
        waiter_of(f"task {name}", "DescribeReplicationTasks", look, ACCEPTORS, patience.delay, patience.attempts).wait()
    except WaiterError as error:
        if verdict.state == MISSED:
            return verdict
        raise SweepError(
            f"Task {name} is not so far after {patience.timeout} seconds: {verdict.words}. Start again, or wait longer:"
            " what is done stays done."
        ) from error
    return verdict


def _judge(options: Mapping[str, Any]) -> Judge:
    """Raises SweepError."""
    if options["until"] == FULL_LOAD:
        return _full_load
    since, most = _moment(options["since"]), options["max_latency_seconds"]

    def caught_up(region: Region, task: Resource) -> Verdict:
        if why := dead_end(task):
            return Verdict(MISSED, f"{why} It has not caught up.")
        instance = find(region, INSTANCE, task["ReplicationInstanceArn"])
        latency = read_latency(region, task, instance, datetime.now(timezone.utc))
        behind = still_behind(latency, since, most)
        return Verdict(WAITING, behind) if behind else Verdict(REACHED, "the target holds all that was written")

    return caught_up


def _full_load(region: Region, task: Resource) -> Verdict:
    if why := dead_end(task):
        return Verdict(MISSED, f"{why} {progress(task).capitalize()}.")
    is_over = is_loaded(task) and (replicates(task) or task["Status"] == "stopped")
    started = task["Status"] in ("running", "stopped") and not is_restarting(task)
    return Verdict(REACHED if is_over and started else WAITING, progress(task))


def _moment(text: str | None) -> datetime:
    """Raises SweepError."""
    try:
        moment = datetime.fromisoformat(str(text or "").replace("Z", "+00:00"))
    except ValueError as error:
        raise SweepError(f"since is {text!r}: write when the writers stopped, as 2026-11-24T10:00:00Z.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
