# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a replication task: which make no sense, and how DMS writes the others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..resource.properties import Properties, said
from ..sweep.errors import SweepError
from .table_mappings import check_mappings
from .task_course import ABSENT, GOALS, PRESENT, RELOADED, RUNNING, STATES
from .task_documents import document, mappings_text, settable

MIGRATION_TYPES = ("full-load", "cdc", "full-load-and-cdc")
ARGUMENT_SPEC: dict[str, Any] = {
    "replication_task_identifier": {"type": "str", "required": True, "aliases": ["id"]},
    "state": {"type": "str", "choices": list(STATES), "default": PRESENT},
    "replication_instance": {"type": "str"},
    "source_endpoint": {"type": "str"},
    "target_endpoint": {"type": "str"},
    "migration_type": {"type": "str", "choices": list(MIGRATION_TYPES)},
    "table_mappings": {"type": "dict"},
    "table_mappings_file": {"type": "path"},
    "replication_task_settings": {"type": "dict"},
    "replication_task_settings_file": {"type": "path"},
    "cdc_start_time": {"type": "str"},
    "cdc_start_position": {"type": "str"},
    "cdc_stop_position": {"type": "str"},
    "tables": {
        "type": "list",
        "elements": "dict",
        "options": {
            "schema_name": {"type": "str", "required": True},
            "table_name": {"type": "str", "required": True},
        },
    },
    "reload_option": {"type": "str", "choices": ["data-reload", "validate-only"], "default": "data-reload"},
    "force": {"type": "bool", "default": False},
    "wait_for": {"type": "str", "choices": list(GOALS), "default": RUNNING},
    "wait_timeout": {"type": "int", "default": 3600},
}
MUTUALLY_EXCLUSIVE = [
    ("table_mappings", "table_mappings_file"),
    ("replication_task_settings", "replication_task_settings_file"),
    ("cdc_start_time", "cdc_start_position"),
]
# what a new task needs, by option
NEEDED = ("replication_instance", "source_endpoint", "target_endpoint", "migration_type", "table_mappings")

# CreateReplicationTask's own constraints
NAME = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9]+)*")
LONGEST_NAME = 255
STOP_POSITION = re.compile(r"(server_time|commit_time):(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")


def check(options: Mapping[str, Any]) -> None:
    """Raises SweepError for the first option that makes no sense."""
    name = options["replication_task_identifier"]
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise SweepError(
            f"replication_task_identifier {name!r} is not a name for a replication task: use 1 to {LONGEST_NAME}"
            " letters, digits and single hyphens, a letter first and no hyphen last."
        )
    if options["force"] and options["state"] != ABSENT:
        raise SweepError("force is for state: absent alone.")
    _check_tables(options)
    _check_cdc(options)


def _check_tables(options: Mapping[str, Any]) -> None:
    tables = options["tables"]
    if tables is not None and options["state"] != RELOADED:
        raise SweepError("tables names what to reload, and is for state: reloaded alone.")
    if tables == []:
        raise SweepError("tables is empty: name the tables to reload, or leave it out to reload all of them.")
    if options["reload_option"] != "data-reload" and not tables:
        raise SweepError("reload_option validate-only is for single tables: name them in tables.")


def _check_cdc(options: Mapping[str, Any]) -> None:
    said = [name for name in ("cdc_start_time", "cdc_start_position", "cdc_stop_position") if options[name]]
    if said and options["migration_type"] == "full-load":
        raise SweepError(f"{said[0]} is for tasks that replicate changes, but migration_type is full-load.")
    if options["cdc_start_time"]:
        moment("cdc_start_time", options["cdc_start_time"])
    if options["cdc_stop_position"]:
        stop_moment(options["cdc_stop_position"])


def moment(option: str, text: str) -> datetime:
    """ISO 8601, in UTC where it says no offset. Raises SweepError."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise SweepError(f"{option} {text!r} is not a time: write one like 2026-11-24T12:00:00Z.") from error
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def stop_moment(position: str) -> datetime:
    """Raises SweepError."""
    match = STOP_POSITION.fullmatch(position)
    if match is None:
        raise SweepError(
            f"cdc_stop_position {position!r} is not a position: write server_time:2026-11-24T12:00:00 or"
            " commit_time:2026-11-24T12:00:00, in UTC."
        )
    return moment("cdc_stop_position", match[2])


def refuse_past(position: str, now: datetime) -> None:
    """Raises SweepError."""
    if stop_moment(position) <= now:
        raise SweepError(
            f"cdc_stop_position {position} is past (it is {now:%Y-%m-%dT%H:%M:%S} UTC): the task would stop at once."
            " Nothing was changed."
        )


def desired(options: Mapping[str, Any]) -> Properties:
    """By DMS's names, without what isn't said and without the ARNs. Raises SweepError for documents that DMS would not
    take."""
    mappings, settings = (document(options, name) for name in ("table_mappings", "replication_task_settings"))
    if mappings is not None:
        check_mappings(mappings, "table_mappings")
    wanted = {
        "MigrationType": options["migration_type"],
        "TableMappings": None if mappings is None else mappings_text(mappings),
        "ReplicationTaskSettings": None if settings is None else json.dumps(settable(settings), sort_keys=True),
        "CdcStartPosition": options["cdc_start_position"],
        "CdcStopPosition": options["cdc_stop_position"],
    }
    return said(wanted)
