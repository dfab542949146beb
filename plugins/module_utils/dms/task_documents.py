# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON documents of a replication task, compared in meaning. Pure, but for reading a file.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..sweep.errors import SweepError, words_of

# DMS sets them itself, and refuses to be told
READ_ONLY = {"Logging": ("CloudWatchLogGroup", "CloudWatchLogStream")}
# lists in which an entry is known by one of its keys
KEYED_LISTS = {"LogComponents": "Id"}


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


@dataclass(frozen=True)
class Comparison:
    """The wanted settings that are not so, as they are and as they should be, and those that DMS doesn't list: whether
    they hold is not known."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    unlisted: dict[str, Any] = field(default_factory=dict)


def compared(current: Any, wanted: Mapping[str, Any]) -> Comparison:
    """DMS adds its own settings to what it was told, so that only the wanted keys count. It leaves out, or answers with
    null, what is off or empty, and writes some keys in another case than its documents. A null leaves a setting to
    DMS."""
    found, there = Comparison(), current if isinstance(current, Mapping) else {}
    names = _names(there)
    for name, value in wanted.items():
        listed = names.get(name.casefold())
        if listed is None:
            if not _is_off(value):
                found.unlisted[name] = value
        elif value is not None:
            _compare(found, listed, there[listed], value)
    return found


def _names(settings: Mapping[str, Any]) -> dict[str, str]:
    return {name.casefold(): name for name in settings}


def _compare(found: Comparison, name: str, there: Any, value: Any) -> None:
    """Of one listed setting."""
    unlisted: Any = None
    if isinstance(value, Mapping) and isinstance(there, Mapping):
        inner = compared(there, value)
        before, after, unlisted = inner.before, inner.after, inner.unlisted
        differs = bool(after)
    elif name in KEYED_LISTS and isinstance(value, list):
        before, after, unlisted = _compared_entries(there or [], value, KEYED_LISTS[name])
        differs = bool(after)
    else:
        before, after, differs = there, value, not _same(there, value)
    if differs:
        found.before[name], found.after[name] = before, after
    if unlisted:
        found.unlisted[name] = unlisted


def _compared_entries(current: list[Any], wanted: list[Any], key: str) -> tuple[Any, Any, Any]:
    there = {entry.get(key): entry for entry in current}
    listed = [entry for entry in wanted if entry.get(key) in there]
    changed = [entry for entry in listed if compared(there[entry.get(key)], entry).after]
    unlisted = [entry for entry in wanted if entry.get(key) not in there]
    return [there[entry.get(key)] for entry in changed], changed, unlisted


def _is_off(value: Any) -> bool:
    """What DMS may leave out: nothing, false and zero, and what holds nothing else."""
    if isinstance(value, Mapping):
        return all(_is_off(inner) for inner in value.values())
    return not value or str(value).lower() in ("false", "0")


def _same(current: Any, wanted: Any) -> bool:
    """A number is also a number as text, as templates write it; nothing is the same as off."""
    if _is_off(current) and _is_off(wanted):
        return True
    scalars = all(isinstance(value, (str, int, float)) for value in (current, wanted))
    return _text(current) == _text(wanted) if scalars else bool(current == wanted)


def _text(value: Any) -> str:
    """60.0 is 60."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).lower()


def merged(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The whole settings, as ModifyReplicationTask is told them, so that nothing falls back to a default. A null leaves
    a setting as it is, and DMS's spelling of a key counts."""
    found = settable(current)
    names = _names(found)
    for wanted_name, value in wanted.items():
        name = names.get(wanted_name.casefold(), wanted_name)
        there = found.get(name)
        if value is None:
            continue
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            found[name] = merged(there, value)
        elif name in KEYED_LISTS and isinstance(value, list):
            key = KEYED_LISTS[name]
            entries = {entry.get(key): entry for entry in there or []}
            found[name] = list({**entries, **{entry.get(key): entry for entry in value}}.values())
        else:
            found[name] = value
    return found


def paths(settings: Mapping[str, Any], above: str = "") -> list[str]:
    """`Section.Key` of each setting; of an entry of a list, `Section.List`."""
    found = []
    for name, value in settings.items():
        inner = paths(value, f"{above}{name}.") if isinstance(value, Mapping) else []
        found += inner or [f"{above}{name}"]
    return found
