# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a migration may go on: after its load, before its cut-over, and when the task may be stopped. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..sweep.region import Resource
from .latency import METRICS, Latency
from .lookup import named
from .migration import Limits
from .tables import ERRORED, NOT_ENABLED, errored, mismatched, name_of, validating, without_primary_key
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

LOADED = "Table completed"
BUSY = "still being validated"


@dataclass(frozen=True)
class Refusal:
    """One sentence on what speaks against a cut-over; `passes` tells whether time alone may settle it."""

    words: str
    passes: bool = False


def refusals(task: Resource, tables: Sequence[Resource], latency: Latency, limits: Limits) -> list[Refusal]:
    """What speaks against a cut-over."""
    return [
        *_state(task),
        *(Refusal(words) for words in _tables(task, tables)),
        *_unlisted(task, tables, limits),
        *(_validation(tables, limits) if limits.require_validation else ()),
        *(Refusal(words, passes=True) for words in (_latency(latency, limits) if replicates(task) else ())),
    ]


def _state(task: Resource) -> Iterator[Refusal]:
    name, status = task["ReplicationTaskIdentifier"], task["Status"]
    passes = status == "starting" or is_restarting(task)
    if replicates(task):
        if status != "running":
            yield Refusal(f"Task {name} is {status}, so that changes are not replicated.", passes)
    elif status != "stopped" or stop_reason(task) not in GOOD_ENDS:
        yield Refusal(f"Task {name} is {status}, and has not ended its load.", passes)
    if not is_loaded(task):
        yield Refusal(f"The full load is at {statistics(task)['FullLoadProgressPercent']} %.")


def _tables(task: Resource, tables: Sequence[Resource]) -> Iterator[str]:
    bad = [name_of(table) for table in errored(tables)]
    number = max(len(bad), int(statistics(task)["TablesErrored"]))
    if number:
        where = f" ({named(bad)})" if bad else ""
        yield f"{count(number, 'table')} in error{where}: see the task's log, put it right and reload them."
    other = [name_of(table) for table in tables if table.get("TableState") not in (LOADED, ERRORED)]
    if other and task["MigrationType"] != "cdc":
        yield f"{count(len(other), 'table')} not completely loaded ({named(other)})."


def _unlisted(task: Resource, tables: Sequence[Resource], limits: Limits) -> Iterator[Refusal]:
    """A table that DMS counts and doesn't name is not validated for sure; it may be named a moment later."""
    counts = statistics(task)
    counted = int(counts["TablesLoaded"]) + int(counts["TablesErrored"])
    if not tables and (counted or limits.require_validation):
        yield Refusal("DMS lists no statistics of tables, so that nothing is known of them.", passes=True)
    elif counted > len(tables) and limits.require_validation:
        yield Refusal(f"DMS counts {count(counted, 'table')}, and lists statistics of {len(tables)}.", passes=True)


def _validation(tables: Sequence[Resource], limits: Limits) -> Iterator[Refusal]:
    ours = [table for table in tables if name_of(table) not in limits.accepted]
    kinds = (
        (mismatched(ours), "with rows that differ, or that can't be compared"),
        (validating(ours), BUSY),
        (without_primary_key(ours), "without primary key, which can't be validated"),
        ([table for table in ours if table.get("ValidationState", NOT_ENABLED) == NOT_ENABLED], "not validated"),
    )
    for found, words in kinds:
        if found:
            names = named([name_of(table) for table in found])
            yield Refusal(f"{count(len(found), 'table')} {words} ({names}).", passes=words == BUSY)


def _latency(latency: Latency, limits: Limits) -> Iterator[str]:
    if latency.seconds is None:
        yield "CloudWatch has no CDCLatencySource and CDCLatencyTarget of the last 15 minutes."
    elif latency.seconds > limits.latency:
        yield f"The task is {latency.seconds:.0f} seconds behind its source, more than {limits.latency}."


def still_behind(latency: Latency, since: datetime, most: int) -> str | None:
    """What keeps the target from holding all that was written before `since`, in words; None once it does.

    CloudWatch names the minute by its beginning, so only minutes that began after the last write count. DMS sets both
    latencies to 0 when it finds no new events in the source's log.
    """
    points = dict(zip(METRICS, (latency.source, latency.target, latency.incoming), strict=True))
    late = [name for name, point in points.items() if point is None or point.at < since]
    if late:
        return f"waiting for {', '.join(late)} of after {since:%H:%M:%S} UTC"
    high = {name: point.value for name, point in points.items() if point is not None}
    if high[METRICS[0]] <= most and high[METRICS[1]] <= most and high[METRICS[2]] <= 0:
        return None
    return (
        f"source {high[METRICS[0]]:.0f} s and target {high[METRICS[1]]:.0f} s behind,"
        f" {count(int(high[METRICS[2]]), 'change')} to apply"
    )


def progress(task: Resource) -> str:
    """How far the full load is, in words."""
    counts = statistics(task)
    return (
        f"{task['Status']}, {counts['FullLoadProgressPercent']} % of the full load:"
        f" {count(counts['TablesLoaded'], 'table')} loaded, {counts['TablesLoading']} loading,"
        f" {counts['TablesQueued']} queued, {counts['TablesErrored']} in error"
    )


def dead_end(task: Resource) -> str | None:
    """Why a task will load or replicate no further by itself, in words."""
    name, status = task["ReplicationTaskIdentifier"], task["Status"]
    if status == "deleting":
        return f"Task {name} is being deleted."
    good = status == "stopped" and stop_reason(task) in GOOD_ENDS and not replicates(task) and is_loaded(task)
    if status not in ("stopped", *FAILED) or good or is_restarting(task):
        return None
    return f"Task {name} is {status}: {why_it_ended(task) or 'DMS gives no reason'}."
