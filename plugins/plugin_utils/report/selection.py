# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which findings go into the HTML page, and what of each."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import RESOURCE_TITLES, cost_range, number

EMBEDDED_AT_MOST = 5000

_COPIED = (
    ("check", "check"), ("action", "action"), ("type", "resource_type"), ("id", "resource_id"), ("arn", "arn"),
    ("account", "account_id"), ("region", "region"), ("name", "name"), ("reason", "reason"), ("code", "reason_code"),
)  # fmt: skip
_PLANNED = ("planned", "changed", "report only")


@dataclass(frozen=True)
class Selection:
    """The findings to show, in order, out of `total`."""

    rows: list[dict[str, Any]]
    total: int


class _Counted:
    """Iterates once and counts on the way."""

    def __init__(self, findings: Iterable[dict[str, Any]]) -> None:
        self.findings = findings
        self.total = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for finding in self.findings:
            self.total += 1
            yield finding


def select(findings: Iterable[dict[str, Any]], at_most: int = EMBEDDED_AT_MOST) -> Selection:
    """Read `findings` once; failed come first, then planned and changed by cost, protected last."""
    counted = _Counted(findings)
    chosen = heapq.nsmallest(at_most, counted, key=_order)
    return Selection([_row(finding) for finding in chosen], counted.total)


def shown_status(finding: dict[str, Any]) -> str:
    """The status as people read it: a finding that is only ever reported isn't "skipped"."""
    status = str(finding.get("status") or "")
    return "report only" if status == "skipped" and finding.get("action") == "report" else status


def _order(finding: dict[str, Any]) -> tuple[int, float, str, str, str]:
    status = shown_status(finding)
    rank = {"failed": 0, "skipped": 2, "protected": 3}.get(status, 1 if status in _PLANNED else 2)
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
    row["error"] = finding.get("error")
    row["configuration"] = finding.get("configuration")
    return {key: value for key, value in row.items() if value not in (None, "", [], {})}
