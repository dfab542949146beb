# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a journal says when it is read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from .errors import SweepError, words_of
from .finding import CHANGED
from .journal import BEGIN, JOURNAL_VERSION, UNDOES, Fields
from .region import Scope
from .signing import JOURNAL, SIGNATURE, JournalKey, refuse_unsigned
from .strict_json import loads, refuse_broken_text


@dataclass(frozen=True)
class Entry:
    """One thing that was done, or begun. `status` is None where the journal doesn't tell how it ended."""

    id: str
    at: str
    scope: Scope
    resource_type: str
    resource_id: str
    arn: str
    name: str
    action: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    status: str | None = None


def read_entries(place: str, text: str, key: JournalKey | None = None) -> list[Entry]:
    """`entries_of` one journal. Raises SweepError for a line that is cut off or that no journal holds."""
    return entries_of(read_rows(place, text, key))


def read_rows(place: str, text: str, key: JournalKey | None = None) -> Iterator[Fields]:
    """The lines of a journal. Raises SweepError for one that is cut off or that no journal holds, and for one that is
    not signed with the key where there is one."""
    # JSON may hold what `splitlines` takes for the end of a line
    for number, line in enumerate(text.split("\n"), 1):
        # runs that write at the same time may leave an empty line between theirs
        if line.strip():
            yield _row(f"Line {number} of the journal {place}", line, key)


def entries_of(rows: Iterable[Fields]) -> list[Entry]:
    """What was done, or may have been, and has not been put back since; oldest first. A line that is kept in several
    places counts once. Raises SweepError for lines that contradict each other."""
    begun: dict[str, Fields] = {}
    ended: dict[str, Fields] = {}
    for row in rows:
        kept = (begun if row["event"] == BEGIN else ended).setdefault(row["id"], row)
        if kept != row:
            raise SweepError(f"Two lines of the journal have the id {row['id']!r:.80} and differ: {AS_WRITTEN}.")
    for name in begun.keys() & ended.keys():
        if begun[name]["resource_id"] != ended[name].get("resource_id"):
            raise SweepError(f"Two lines of the journal have the id {name!r:.80} and name two resources: {AS_WRITTEN}.")
    undone = set(_undone(begun, ended))
    open_ids = [name for name, row in begun.items() if name not in undone and UNDOES not in row["before"]]
    entries = [_entry(begun[name], ended.get(name)) for name in open_ids]
    return sorted((entry for entry in entries if entry.status in (None, CHANGED)), key=attrgetter("at"))


def _undone(begun: Mapping[str, Fields], ended: Mapping[str, Fields]) -> Iterator[str]:
    for name, row in begun.items():
        if ended.get(name, {}).get("event") == CHANGED:
            yield from row["before"].get(UNDOES, ())


AS_WRITTEN = "give the journal as the run wrote it"
_TEXTS = ("id", "event", "at")
_BEGIN_TEXTS = ("account_id", "region", "resource_type", "resource_id", "arn", "name", "action")


def _row(where: str, line: str, key: JournalKey | None) -> Fields:
    try:
        row = loads(line)
    except ValueError as error:
        raise SweepError(
            f"{where} is cut off or not JSON: take the line away if the others are all that should be put back."
        ) from error
    if not isinstance(row, dict) or row.get("journal") != JOURNAL_VERSION:
        raise SweepError(f"{where} is not a line of a journal of this version: give a journal.jsonl of a run.")
    try:
        refuse_broken_text(row)
        content = {name: value for name, value in row.items() if name != SIGNATURE}
        refuse_unsigned(where, key, JOURNAL, content, row.get(SIGNATURE))
    except (ValueError, RecursionError) as error:
        raise SweepError(f"{where} is none that a run wrote ({words_of(error)}): {AS_WRITTEN}.") from error
    if not _is_whole(row):
        raise SweepError(f"{where} lacks what a line of a journal must have: {AS_WRITTEN}.")
    return row


def _is_whole(row: Fields) -> bool:
    begins = row.get("event") == BEGIN
    texts = (*_TEXTS, *(_BEGIN_TEXTS if begins else ()))
    mappings = ("before", "after") if begins else ("after",)
    if not all(isinstance(row.get(name), str) for name in texts):
        return False
    if not all(isinstance(row.get(name), dict) for name in mappings):
        return False
    undoes = row["before"].get(UNDOES, []) if begins else []
    return isinstance(undoes, list) and all(isinstance(one, str) for one in undoes)


def _entry(begun: Fields, ended: Fields | None) -> Entry:
    return Entry(
        id=begun["id"],
        at=begun["at"],
        scope=Scope(begun["account_id"], begun["region"], str(begun.get("partition") or "aws")),
        resource_type=begun["resource_type"],
        resource_id=begun["resource_id"],
        arn=begun["arn"],
        name=begun["name"],
        action=begun["action"],
        before=begun["before"],
        after=ended["after"] if ended else begun["after"],
        status=ended["event"] if ended else None,
    )
