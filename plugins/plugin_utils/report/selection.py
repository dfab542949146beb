# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which findings go into the HTML page, and what of each."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.reversibility import (
    FOR_GOOD,
    due_badge,
    undo_badge,
    undo_fact,
    undo_of,
    waits_until,
)
from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import RESOURCE_TITLES, cost_range, day, number

EMBEDDED_AT_MOST = 5000

_COPIED = (
    ("check", "check"), ("action", "action"), ("type", "resource_type"), ("id", "resource_id"), ("arn", "arn"),
    ("account", "account_id"), ("region", "region"), ("name", "name"), ("reason", "reason"), ("code", "reason_code"),
)  # fmt: skip
_READ_AS = {("skipped", "report"): "report only", ("changed", "put_back"): "put back"}
# What is not named here comes between planned and protected.
_RANKS = {"failed": 0, "planned": 2, "changed": 2, "put back": 2, "report only": 2, "protected": 4}


@dataclass(frozen=True)
class Selection:
    """The findings to show, in order, out of `total`; of all, `waiting` are in their grace period until `next_due`."""

    rows: list[dict[str, Any]]
    total: int
    waiting: int
    next_due: str | None


class _Counted:
    """Iterates once and counts on the way."""

    def __init__(self, findings: Iterable[dict[str, Any]]) -> None:
        self.findings = findings
        self.total = 0
        self.waiting = 0
        self.next_due: str | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for finding in self.findings:
            self.total += 1
            if due := waits_until(finding):
                self.waiting += 1
                self.next_due = min(self.next_due or due, due)
            yield finding


def select(findings: Iterable[dict[str, Any]], at_most: int = EMBEDDED_AT_MOST) -> Selection:
    """Read `findings` once; failed come first, then what goes for good, then the rest of what is planned
    or was changed, each by cost; protected come last."""
    counted = _Counted(findings)
    chosen = heapq.nsmallest(at_most, counted, key=_order)
    return Selection([_row(finding) for finding in chosen], counted.total, counted.waiting, counted.next_due)


def shown_status(finding: dict[str, Any]) -> str:
    """The status as people read it: what is only ever reported isn't "skipped", what was put back isn't "changed"."""
    status = str(finding.get("status") or "")
    return _READ_AS.get((status, str(finding.get("action"))), status)


def _order(finding: dict[str, Any]) -> tuple[int, float, str, str, str]:
    rank = 1 if undo_of(finding) == FOR_GOOD else _RANKS.get(shown_status(finding), 3)
    cost = cost_range(finding.get("estimated_monthly_cost_usd"))
    place = (str(finding.get("account_id")), str(finding.get("region")), str(finding.get("resource_id")))
    return (rank, -cost[1] if cost else 0.0, *place)


def _row(finding: dict[str, Any]) -> dict[str, Any]:
    """What page.js reads; empty values are left out."""
    row: dict[str, Any] = {short: str(finding.get(key) or "") for short, key in _COPIED}
    cost = cost_range(finding.get("estimated_monthly_cost_usd"))
    row["kind"] = RESOURCE_TITLES.get(row["type"], row["type"])
    row["status"] = shown_status(finding)
    row["age"] = number(finding.get("age_days"))
    row["low"], row["high"] = cost or (None, None)
    row["by"] = [str(guard) for guard in finding.get("protected_by") or []]
    row["tags"] = {str(key): str(value) for key, value in (finding.get("tags") or {}).items()}
    row["undo"], row["back"], row["undoable"] = undo_of(finding), undo_badge(finding), undo_fact(finding)
    row["goes"] = due_badge(finding)
    row["due"] = day(finding.get("due_date")) if row["goes"] else None
    row["until"] = day(finding.get("recoverable_until"))
    row["error"] = finding.get("error")
    row["configuration"] = finding.get("configuration")
    return {key: value for key, value in row.items() if value not in (None, "", [], {})}
