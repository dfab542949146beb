# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What DMS says of the tables of a task, and which of it is trouble. Pure.

https://docs.aws.amazon.com/dms/latest/APIReference/API_TableStatistics.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..sweep.region import Resource

ERRORED = "Table error"
NOT_ENABLED = "Not enabled"
NO_PRIMARY_KEY = "No primary key"
# what validation ended with
MISMATCHED = frozenset({"Mismatched records", "Suspended records", "Table error", "Error"})
# what it is still busy with
VALIDATING = frozenset({"Pending records", "Pending validation", "Preparing table", "Pending revalidation"})


def name_of(table: Resource) -> str:
    return f"{table['SchemaName']}.{table['TableName']}"


def errored(tables: Iterable[Resource]) -> list[Resource]:
    return [table for table in tables if table.get("TableState") == ERRORED]


def mismatched(tables: Iterable[Resource]) -> list[Resource]:
    """Tables whose rows differ, or could not be compared; those in error are `errored`."""
    return [
        table
        for table in tables
        if table.get("ValidationState") in MISMATCHED and table.get("TableState") != ERRORED
    ]  # fmt: skip


def validating(tables: Iterable[Resource]) -> list[Resource]:
    return [table for table in tables if table.get("ValidationState") in VALIDATING]


def without_primary_key(tables: Iterable[Resource]) -> list[Resource]:
    """What validation found out; DMS says nothing of keys where it doesn't validate."""
    return [table for table in tables if table.get("ValidationState") == NO_PRIMARY_KEY]


def facts(tables: Iterable[Resource]) -> list[dict[str, Any]]:
    """Tables as a person reads of them."""
    return [
        {
            "table": name_of(table),
            "table_state": table.get("TableState"),
            "validation_state": table.get("ValidationState"),
            "validation_failed_records": table.get("ValidationFailedRecords", 0),
        }
        for table in tables
    ]
