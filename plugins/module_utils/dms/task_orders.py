# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was ordered of a replication task and DMS doesn't echo: where to start, where to stop, settings that it doesn't
list. Pure.

A start position is an order for one start: afterwards DMS answers none, or a checkpoint. What was ordered last is
recorded in tags of the task, so that an order given again is known from a new one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..sweep.region import Resource
from .task_course import RELOADED, STARTED, was_started
from .task_options import STOP_POSITION, moment

START_TAG = "sysops:dms_cdc_start"
STOP_TAG = "sysops:dms_cdc_stop"
SETTINGS_TAG = "sysops:dms_unlisted_settings"
RECORDS = (START_TAG, STOP_TAG, SETTINGS_TAG)
# the property of a task that holds the records
ORDERS = "RecordedOrders"
# how an order to start stands: not given, given before, new, written down but not carried out, carried out but not
# written down; unknown where nothing is recorded and DMS tells something else
NONE, SAME, CHANGED, PENDING, CARRIED_OUT, UNKNOWN = "none", "same", "changed", "pending", "carried out", "unknown"


def split(tags: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The operator's tags, and the records."""
    ours = {key: value for key, value in tags.items() if key in RECORDS}
    return {key: value for key, value in tags.items() if key not in RECORDS}, ours


def recorded(task: Resource, tag: str) -> str | None:
    found: str | None = (task.get(ORDERS) or {}).get(tag)
    return found


def start_record(order: str) -> str:
    """A tag's value has no room for all positions, nor for their characters."""
    return hashlib.sha256(order.encode()).hexdigest()[:32]


def pending_record(order: str, task: Resource) -> str:
    """Before a start from there: with the last start, so that a later one shows that it was carried out."""
    return f"pending-{start_record(order)}-{_last_start(task)}"


def _last_start(task: Resource) -> str:
    begun = task.get("ReplicationTaskStartDate") or (task.get("ReplicationTaskStats") or {}).get("StartDate")
    return f"{begun.timestamp():.0f}" if isinstance(begun, datetime) else "0"


def state_of(order: str, task: Resource) -> str:
    """How an order to start stands."""
    record = recorded(task, START_TAG)
    if not order or not task:
        return NONE
    if record is None:
        return SAME if task.get("CdcStartPosition") == order else UNKNOWN
    if record == start_record(order):
        return SAME
    pending, _dash, begun = record.rpartition("-")
    if pending != f"pending-{start_record(order)}":
        return CHANGED
    return PENDING if begun == _last_start(task) and task["Status"] not in ("starting", "running") else CARRIED_OUT


def _stop(position: str) -> str:
    """DMS's documents write `commit_time: 2026-11-24T12:00:00`, too."""
    text = "".join(position.split())
    found = STOP_POSITION.match(text)
    return found[0] if found else text


def settings_record(unlisted: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(unlisted, sort_keys=True).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Orders:
    """What is ordered: `start` is the position or time as one text, empty where it isn't said, `member` DMS's name for
    it and `told` how the operator wrote it. `stop` is the position to stop at."""

    start: str = ""
    member: str = "CdcStartPosition"
    told: str = ""
    stop: str | None = None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Orders:
        """Raises SweepError."""
        position, text, stop = (options[f"cdc_{name}"] for name in ("start_position", "start_time", "stop_position"))
        if position or not text:
            return cls(position or "", told=position or "", stop=stop)
        return cls(f"time {moment('cdc_start_time', text).timestamp():.0f}", "CdcStartTime", text, stop)

    @property
    def records(self) -> dict[str, str]:
        """The tags that say so."""
        start = {START_TAG: start_record(self.start)} if self.start else {}
        return {**start, **({STOP_TAG: self.stop} if self.stop else {})}

    def unrecorded(self, task: Resource, is_start: bool) -> dict[str, str]:
        """The tags that a start leaves to be written; the position counts only for one that begins there."""
        wanted = {tag: value for tag, value in self.records.items() if is_start or tag != START_TAG}
        return {tag: value for tag, value in wanted.items() if recorded(task, tag) != value}

    def start_state(self, task: Resource) -> str:
        return state_of(self.start, task)

    def moves(self, task: Resource) -> bool:
        """Whether a task that ran is to start elsewhere."""
        return was_started(task) and self.start_state(task) in (CHANGED, PENDING)

    def given_before(self, task: Resource) -> list[str]:
        """The properties that are no difference: where a task started, and where to stop if it was told already."""
        names = []
        if was_started(task) or self.start_state(task) not in (CHANGED, PENDING, UNKNOWN):
            names.append("CdcStartPosition")
        told = (recorded(task, STOP_TAG), _stop(task.get("CdcStopPosition") or ""))
        if self.stop and (self.stop == told[0] or _stop(self.stop) == told[1]):
            names.append("CdcStopPosition")
        return names if task else []

    def warnings(self, name: str, task: Resource, state: str) -> list[str]:
        """What DMS doesn't tell of a task that ran, so that nothing is done about it; `state` is the wanted one."""
        stands, record = self.start_state(task), recorded(task, START_TAG) or ""
        if not was_started(task):
            return []
        if stands == UNKNOWN and state != RELOADED:
            return [
                f"It is not known from where replication task {name} was started, so that it is not started there"
                " again. Leave cdc_start_position and cdc_start_time out; or, to replicate from there once more, use"
                " state: reloaded once."
            ]
        if self.moves(task) and state not in (STARTED, RELOADED):
            return [f"The new start position of replication task {name} is an order for a start, state: started."]
        if stands == NONE and record.startswith("pending-"):
            return [
                f"An earlier run was to start replication task {name} from another position, and it is not known"
                " whether it did: give cdc_start_position again."
            ]
        return []
