# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON documents of a replication task, compared in meaning. Pure, but for reading a file.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..sweep.errors import SweepError, words_of

# DMS sets them itself, and refuses to be told
READ_ONLY = {"Logging": ("CloudWatchLogGroup", "CloudWatchLogStream")}
# lists in which an entry is known by one of its keys
KEYED_LISTS = {"LogComponents": "Id"}
MISSING = object()


def document(options: Mapping[str, Any], option: str) -> dict[str, Any] | None:
    """From the option, or from the file that `OPTION_file` names; None where neither is said. Raises SweepError."""
    path = options[f"{option}_file"]
    if not path:
        data: dict[str, Any] | None = options[option]
        return data
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SweepError(f"{option}_file {path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise SweepError(f"{option}_file {path} is not JSON: {words_of(error)}.") from error
    if not isinstance(found, dict):
        raise SweepError(f"{option}_file {path} holds no JSON object.")
    return found


def parsed(text: str | None) -> dict[str, Any]:
    """What DMS tells; nothing where it isn't an object."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def mappings_text(mappings: Mapping[str, Any]) -> str:
    """The same text for the same mappings: rules in the order of their ids, which are texts, without empty fields."""
    rules = [
        {**{key: value for key, value in rule.items() if value not in (None, [], {})}, "rule-id": str(rule["rule-id"])}
        for rule in mappings.get("rules", [])
    ]
    rules.sort(key=lambda rule: (len(rule["rule-id"]), rule["rule-id"]))
    return json.dumps({**mappings, "rules": rules}, sort_keys=True)


def settable(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without what DMS sets itself."""
    found = dict(settings)
    for section, names in READ_ONLY.items():
        if isinstance(found.get(section), Mapping):
            found[section] = {name: value for name, value in found[section].items() if name not in names}
    return found


def missing(current: Any, wanted: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The wanted settings that are not so: as they are, and as they should be. DMS adds its own to what it was told, so
    that only the wanted keys count."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    current = current if isinstance(current, Mapping) else {}
    for name, value in wanted.items():
        there = current.get(name)
        if isinstance(value, Mapping):
            inner = missing(there, value)
            differs = inner[0] != inner[1]
        elif name in KEYED_LISTS and isinstance(value, list):
            inner = _missing_entries(there, value, KEYED_LISTS[name])
            differs = inner[0] != inner[1]
        else:
            inner, differs = (there, value), not _same(there, value)
        if differs:
            before[name], after[name] = inner
    return before, after


def _missing_entries(current: Any, wanted: list[Any], key: str) -> tuple[Any, Any]:
    there = {entry.get(key): entry for entry in current or []}
    changed = [entry for entry in wanted if missing(there.get(entry.get(key)), entry)[1]]
    return [there[entry.get(key)] for entry in changed if entry.get(key) in there], changed


def _same(current: Any, wanted: Any) -> bool:
    """A number is also a number as text, as templates write it; nothing is the same as empty."""
    if current in (None, "", [], {}) and wanted in (None, "", [], {}):
        return True
    scalars = all(isinstance(value, (str, int, float)) for value in (current, wanted))
    return str(current).lower() == str(wanted).lower() if scalars else bool(current == wanted)


def merged(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The whole settings, as ModifyReplicationTask is told them, so that nothing falls back to a default."""
    found = settable(current)
    for name, value in wanted.items():
        there = found.get(name)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            found[name] = merged(there, value)
        elif name in KEYED_LISTS and isinstance(value, list):
            key = KEYED_LISTS[name]
            entries = {entry.get(key): entry for entry in there or []}
            found[name] = list({**entries, **{entry.get(key): entry for entry in value}}.values())
        else:
            found[name] = value
    return found
