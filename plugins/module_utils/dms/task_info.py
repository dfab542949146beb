# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replication tasks as they are: how far, with which tables, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..resource.properties import TAGS, snake_case
from ..resource.task import Task
from ..sweep.region import Region, Resource
from .lookup import INSTANCE, TASK, existing, failure_message, listed, table_statistics, tags_by_arn
from .tables import errored, mismatched, name_of, validating
from .task_course import was_started
from .task_state import GOOD_ENDS, is_loaded, statistics, stop_reason

ARGUMENT_SPEC: dict[str, Any] = {
    "replication_task_identifiers": {"type": "list", "elements": "str"},
    "replication_instance": {"type": "str"},
    "table_statistics": {"type": "bool", "default": True},
}
FILTERS = ("replication_task_identifiers", "replication_instance")


def inform(task: Task) -> dict[str, Any]:
    """The module's result. Raises SweepError, CallError."""
    options, region = task.options, task.region()
    found = _find(region, options["replication_task_identifiers"], options["replication_instance"])
    tags = tags_by_arn(region, [row["ReplicationTaskArn"] for row in found])
    rows = []
    for row in sorted(found, key=lambda row: str(row["ReplicationTaskIdentifier"])):
        tables = None
        if options["table_statistics"]:
            # of a task that was never started DMS tells none
            tables = table_statistics(region, row) if was_started(row) else []
        rows.append(as_told(row, tables, tags.get(row["ReplicationTaskArn"], {})))
    return {"changed": False, "replication_tasks": rows}


def _find(region: Region, names: Sequence[str] | None, instance: str | None) -> list[Resource]:
    """Those that pass all filters; names that don't exist are left out. None filters nothing, what is empty passes
    nothing."""
    if names == [] or instance == "":
        return []
    filters: list[dict[str, Any]] = []
    if instance:
        arn = existing(region, INSTANCE, instance)["ReplicationInstanceArn"]
        filters.append({"Name": "replication-instance-arn", "Values": [arn]})
    by_kind: dict[str, list[str]] = {}
    for name in names or ():
        (one,) = TASK.filters(name)["Filters"]
        by_kind.setdefault(one["Name"], []).extend(one["Values"])
    # several filters must all be passed, so that ARNs and identifiers are asked for one after the other
    queries = [[*filters, {"Name": kind, "Values": values}] for kind, values in by_kind.items()] or [filters]
    rows: dict[str, Resource] = {}
    for query in queries:
        said = {"Filters": query} if query else {}
        for row in listed(region, TASK.operation, TASK.key, **said):
            rows[row[TASK.arn]] = row
    return list(rows.values())


def as_told(task: Resource, tables: Sequence[Resource] | None, tags: Mapping[str, str]) -> dict[str, Any]:
    """The task in Ansible's names, with what is read out of it. `tables` None: they were not asked for."""
    counts, reason = statistics(task), stop_reason(task)
    told = snake_case({**task, "LastFailureMessage": failure_message(task.get("LastFailureMessage")), TAGS: dict(tags)})
    told["full_load"] = {
        "progress_percent": counts["FullLoadProgressPercent"],
        "finished": was_started(task) and is_loaded(task),
        "tables_loaded": counts["TablesLoaded"],
        "tables_loading": counts["TablesLoading"],
        "tables_queued": counts["TablesQueued"],
        "tables_errored": counts["TablesErrored"],
    }
    told["stop_reason_code"] = reason or None
    told["stopped_well"] = reason in GOOD_ENDS if reason else None
    if tables is not None:
        told["tables"] = [snake_case(table) for table in sorted(tables, key=name_of)]
        told["errored_tables"] = sorted(name_of(table) for table in errored(tables))
        told["validation"] = {
            "states": dict(sorted(Counter(table.get("ValidationState", "Not enabled") for table in tables).items())),
            "failed_tables": sorted(name_of(table) for table in mismatched(tables)),
            "pending_tables": sorted(name_of(table) for table in validating(tables)),
        }
    return told
