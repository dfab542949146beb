# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which findings may be acted on, and how many."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import LimitExceededError, SweepError
from .finding import PLANNED, Finding, Summary

Key = tuple[str, str, str, str]


class Limit:
    """`max_actions` counts over the whole run, `max_actions_percent` of what each check examined."""

    def __init__(self, max_actions: int, max_actions_percent: int) -> None:
        self._max_actions = max_actions
        self._max_percent = max_actions_percent
        self._lock = threading.Lock()
        self._planned = 0

    def count(self, planned: int) -> bool:
        """Add to the plan; True once it holds more than the limit, so that nothing will be acted on."""
        with self._lock:
            self._planned += planned
            return self._planned > self._max_actions

    @property
    def exceeded(self) -> bool:
        return self.count(0)

    def refuse(self, checks: Mapping[str, Summary]) -> None:
        """Raises LimitExceededError if the plan is larger than allowed."""
        planned = sum(summary.counts[PLANNED] for summary in checks.values())
        if self.exceeded or planned > self._max_actions:
            raise LimitExceededError(
                f"The plan holds {planned} actions and max_actions is {self._max_actions}: nothing was changed;"
                " look at the findings, then raise max_actions or narrow the run."
            )
        for name, summary in checks.items():
            share = summary.counts[PLANNED] * 100
            if share > self._max_percent * summary.examined:
                raise LimitExceededError(
                    f"{name} would act on {summary.counts[PLANNED]} of the {summary.examined} resources that it"
                    f" examined and max_actions_percent is {self._max_percent}: nothing was changed."
                )


class Selection:
    """What may be acted on besides qualifying: `only_ids`, and the lines of an earlier plan."""

    def __init__(self, only_ids: Sequence[str] = (), plan: Plan | None = None) -> None:
        self._only_ids = frozenset(only_ids)
        self._lines = plan.keys if plan else None
        self._wanted: frozenset[str | Key] = self._only_ids | (self._lines or frozenset())
        self._met: set[str | Key] = set()

    def apply(self, finding: Finding) -> None:
        """Skip a planned finding that wasn't asked for."""
        names = {finding.resource_id, finding.arn}
        line = (finding.check, finding.scope.account_id, finding.scope.region, finding.resource_id)
        self._met.update(self._wanted & {line, *names})
        if finding.status != PLANNED:
            return
        if self._only_ids and not self._only_ids & names:
            finding.skip("it is not among only_ids")
        elif self._lines is not None and line not in self._lines:
            finding.skip("the plan does not list it")

    def unmet(self) -> list[str]:
        """The ids that were asked for and were not found, or no longer qualify."""
        return sorted(wanted if isinstance(wanted, str) else wanted[3] for wanted in self._wanted - self._met)


@dataclass(frozen=True)
class Plan:
    """The planned lines of an earlier report's findings file."""

    path: str
    keys: frozenset[Key]
    account_ids: frozenset[str]

    @classmethod
    def read(cls, path: str) -> Plan:
        """Raises SweepError if the file can't be read or isn't a findings file."""
        try:
            with open(path, encoding="utf-8") as lines:
                rows = list(_rows(path, lines))
        except (OSError, UnicodeDecodeError) as error:
            raise SweepError(f"The plan {path} could not be read: {error}.") from error
        keys = frozenset(key_of(row) for row in rows if row["status"] == PLANNED)
        return cls(path, keys, frozenset(row["account_id"] for row in rows))

    def refuse_foreign(self, account_ids: Sequence[str]) -> None:
        """Raises SweepError if the plan speaks of an account that this run doesn't."""
        foreign = sorted(self.account_ids - set(account_ids))
        if foreign:
            raise SweepError(
                f"The plan {self.path} is of account {', '.join(foreign)}, this run is of {', '.join(account_ids)}:"
                " nothing was changed."
            )


def key_of(row: Mapping[str, Any]) -> Key:
    """What identifies a finding between two runs."""
    return row["check"], row["account_id"], row["region"], row["resource_id"]


def _rows(path: str, lines: Any) -> Iterator[Mapping[str, Any]]:
    needed = ("check", "account_id", "region", "resource_id", "status")
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SweepError(f"Line {number} of the plan {path} is not JSON: write the report again.") from error
        if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in needed):
            raise SweepError(f"Line {number} of the plan {path} is not a finding: give a findings.jsonl of a report.")
        yield row
