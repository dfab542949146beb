# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of DMS's replication tasks: which ones there are, and how far they are. moto has no table statistics.

Every source has the tables of the setting `dms_tables`, or else TABLES. A task has those that its selection rules
choose, and loads them one after the other.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

from ..wire import AwsError, Call
from .dms import Getters, Row, by_arn, dms, filtered, life_of, paged, wrong_state

TABLES: Mapping[str, Mapping[str, Any]] = {"shop.customers": {}, "shop.orders": {}, "shop.lines": {}}
ROWS = 1000
ERRORED = "Table error"


def chosen(task: Any) -> dict[str, Mapping[str, Any]]:
    """`schema.table` -> what it ends with. Selection rules: any that includes it and none that excludes it.

    https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Selections.html
    """
    rules = [rule for rule in json.loads(task.table_mappings)["rules"] if rule["rule-type"] == "selection"]
    found = {}
    for name, end in (task.source_tables or TABLES).items():
        actions = {rule["rule-action"] for rule in rules if _matches(rule["object-locator"], name)}
        if actions - {"exclude"} and "exclude" not in actions:
            found[name] = end
    return found


def _matches(locator: Mapping[str, str], name: str) -> bool:
    schema, _dot, table = name.partition(".")
    return all(
        re.fullmatch(re.escape(pattern).replace("%", ".*"), text) is not None
        for pattern, text in ((locator["schema-name"], schema), (locator["table-name"], table))
    )


def statistics(task: Any) -> list[Row]:
    """A row for each table, as DescribeTableStatistics tells it."""
    tables = chosen(task)
    return [_row(task, name, end, index, len(tables)) for index, (name, end) in enumerate(tables.items())]


def _row(task: Any, name: str, end: Mapping[str, Any], index: int, count: int) -> Row:
    schema, _dot, table = name.partition(".")
    share = min(1.0, max(0.0, loaded_share(task) * count - index))
    row: Row = {
        "SchemaName": schema,
        "TableName": table,
        "Inserts": 0,
        "Deletes": 0,
        "Updates": 0,
        "Ddls": 0,
        "FullLoadRows": int(ROWS * share),
        "FullLoadCondtnlChkFailedRows": 0,
        "FullLoadErrorRows": 0,
        "FullLoadReloaded": name in task.reloaded,
        "LastUpdateTime": time.time(),
        "TableState": "Table completed" if share == 1 else "Full load" if share > 0 else "Before load",
        "ValidationPendingRecords": 0,
        "ValidationFailedRecords": 0,
        "ValidationSuspendedRecords": 0,
        "ValidationState": "Not enabled",
    }
    if _validates(task):
        row["ValidationState"] = "Validated" if share == 1 else "Pending validation"
    # what went wrong with a table is over when it was loaded anew
    return row if share < 1 or name in task.reloaded else {**row, **end}


def _validates(task: Any) -> bool:
    settings = json.loads(task.replication_task_settings)
    return bool((settings.get("ValidationSettings") or {}).get("EnableValidation"))


def loaded_share(task: Any) -> float:
    """0 to 1: how much of the full load is over."""
    if task.loaded_at is None:
        return task.loaded_share if task.migration_type != "cdc" else 1.0
    if task.load_seconds <= 0:
        return 1.0
    return min(1.0, max(0.0, 1 - (task.loaded_at - time.monotonic()) / task.load_seconds))


def counts(task: Any) -> dict[str, int]:
    """The counts of ReplicationTaskStats."""
    states = [row["TableState"] for row in statistics(task)] if task.start_date else []
    return {
        "FullLoadProgressPercent": int(loaded_share(task) * 100) if task.start_date else 0,
        "TablesLoaded": states.count("Table completed"),
        "TablesLoading": states.count("Full load"),
        "TablesQueued": states.count("Before load"),
        "TablesErrored": states.count(ERRORED),
    }


def describe_table_statistics(call: Call) -> dict[str, Any]:
    """DescribeTableStatistics: InvalidResourceStateFault for a task that never came to its load.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeTableStatistics.html"""
    task = by_arn(dms(call).replication_tasks, call.params["ReplicationTaskArn"], "Tasks")
    life_of(task).settle()
    if task.start_date is None or (life_of(task).status == "failed" and not loaded_share(task)):
        raise wrong_state(f"Replication task {task.id} has not come to its load: it has no table statistics.")
    getters: Getters = {
        "schema-name": lambda row: [row["SchemaName"]],
        "table-name": lambda row: [row["TableName"]],
        "table-state": lambda row: [row["TableState"]],
    }
    rows = statistics(task)
    if call.params.get("Filters"):
        rows = filtered(rows, call, getters, "Tables")
    return {"ReplicationTaskArn": task.arn, **paged(rows, call, "TableStatistics", largest=500)}


def reload_tables(call: Call) -> dict[str, Any]:
    """ReloadTables: "You can only use this operation with a task in the RUNNING state, otherwise the service will throw
    an InvalidResourceStateFault exception."

    https://docs.aws.amazon.com/dms/latest/APIReference/API_ReloadTables.html
    """
    task = by_arn(dms(call).replication_tasks, call.params["ReplicationTaskArn"], "Tasks")
    if life_of(task).settle() != "running":
        raise wrong_state(f"Replication task {task.id} is {life_of(task).status}: tables are reloaded while it runs.")
    for row in call.params["TablesToReload"]:
        name = f"{row['SchemaName']}.{row['TableName']}"
        if name not in chosen(task):
            raise AwsError("InvalidParameterValueException", f"Table {name} is not part of the task.")
        task.reloaded.add(name)
    return {"ReplicationTaskArn": task.arn}


OPERATIONS = {
    "DescribeTableStatistics": describe_table_statistics,
    "ReloadTables": reload_tables,
}
