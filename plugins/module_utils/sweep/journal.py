# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run changed, and all that putting it back takes: written before each call and confirmed after it.

JSON Lines, only ever appended to. A line `begin` says what is about to be done, a line with the same `id` how it ended
(`changed`, `skipped`, `failed`). Where the second is missing the run was killed or AWS gave no answer: it may have been
done or not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import count
from typing import Any

from .errors import CallError, NotWrittenError
from .finding import Finding, json_value
from .stores import Store

JOURNAL_VERSION = 1
BEGIN = "begin"
#: what an entry of an undoing run says in `before`: the ids of the entries that it puts back
UNDOES = "undoes"

Fields = dict[str, Any]


class Journal:
    """The record of one run. Without stores it keeps nothing. Any thread may write."""

    def __init__(self, run_id: str, stores: Sequence[Store] = ()) -> None:
        self._run_id = run_id
        self._stores = stores
        self._numbers = count(1)
        #: why an ending is missing somewhere, if one is
        self.lost: str | None = None

    def begin(self, findings: Sequence[Finding], instead: Mapping[str, str] | None = None) -> None:
        """Write down what is about to be done: each finding's action, or what `instead` says of that action.

        Raises CallError if it can't be written: then it must not be done.
        """
        for finding in findings:
            finding.work.journal_id = f"{self._run_id}-{next(self._numbers):06d}"
        names = instead or {}
        lines = [self._line(BEGIN, one, _what(one, names.get(one.action, one.action))) for one in findings]
        self._append(lines, sync=True)

    def end(self, findings: Sequence[Finding], status: str | None = None) -> None:
        """Write down how it ended, where AWS said so. What can't be written is told in `lost`: it is done anyway."""
        ended = [finding for finding in findings if finding.work.journal_id and finding.work.answered]
        with self._forgiving():
            lines = [self._line(status or finding.status, finding, _how(finding)) for finding in ended]
            self._append(lines, sync=False)

    def flush(self) -> None:
        """See to it that the endings so far are safe."""
        with self._forgiving():
            self._append([], sync=True)

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except CallError as error:
            self.lost = self.lost or str(error)

    def _line(self, event: str, finding: Finding, fields: Fields) -> Fields:
        head = {"journal": JOURNAL_VERSION, "run": self._run_id, "id": finding.work.journal_id, "event": event}
        return {**head, "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), **fields}

    def _append(self, lines: Sequence[Fields], sync: bool) -> None:
        text = "".join(json.dumps(line, default=json_value) + "\n" for line in lines)
        errors = []
        for store in self._stores:
            try:
                store.append(text, sync)
            except (OSError, CallError) as error:
                # the other places are written to all the same
                errors.append(_not_written(store, error))
        if errors:
            raise errors[0]


def _not_written(store: Store, error: OSError | CallError) -> CallError:
    why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return NotWrittenError(
        "journal", "Append", "JournalNotWritten", f"The journal {store.place} could not be written: {why}"
    )


def _what(finding: Finding, action: str) -> Fields:
    return {
        "check": finding.check,
        "account_id": finding.scope.account_id,
        "region": finding.scope.region,
        "partition": finding.scope.partition,
        "resource_type": finding.resource_type,
        "resource_id": finding.resource_id,
        "arn": finding.arn,
        "name": finding.name,
        "action": action,
        "before": finding.work.before,
        "after": finding.work.after,
    }


def _how(finding: Finding) -> Fields:
    return {"resource_id": finding.resource_id, "after": finding.work.after, "error": finding.error}
