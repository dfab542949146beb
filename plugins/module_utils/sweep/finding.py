# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check says of one resource, and the sums over what it said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .prices import Cost
from .region import Scope

PLANNED = "planned"
CHANGED = "changed"
PROTECTED = "protected"
SKIPPED = "skipped"
FAILED = "failed"
STATUSES = (PLANNED, CHANGED, PROTECTED, SKIPPED, FAILED)

REPORT_ONLY = "report"

NOTHING = Cost(0.0, 0.0)


@dataclass
class Finding:
    """One AWS resource that a check speaks of. It begins as planned; guards, selection and AWS may decide otherwise.

    `reason` is one sentence for a person, `reason_code` the same for a program; `action` is what enforcing would do,
    `report` if nothing. `costs_more` marks an action that adds its cost to the bill.
    """

    check: str
    resource_type: str
    resource_id: str
    arn: str
    scope: Scope
    name: str
    reason: str
    reason_code: str
    action: str
    age_days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    cost: Cost | None = None
    costs_more: bool = False
    configuration: Mapping[str, Any] | None = None
    status: str = PLANNED
    reported: bool = False
    protected_by: list[str] = field(default_factory=list)
    error: Mapping[str, str] | None = None

    def protect(self, why: str) -> None:
        self.status = PROTECTED
        self.protected_by.append(why)

    def skip(self, why: str) -> None:
        self.status = SKIPPED
        self.reason = f"{self.reason} Left alone: {why}."

    def report(self) -> None:
        """Found by a check that only reports: nothing is done, what it costs could be saved by hand."""
        self.status = SKIPPED
        self.reported = True

    def fail(self, code: str, message: str) -> None:
        self.status = FAILED
        self.error = {"code": code, "message": message}

    def change(self) -> None:
        self.status = CHANGED

    @property
    def saves(self) -> bool:
        """Whether its cost counts as a saving: it goes, has gone, or could be removed by hand."""
        if self.costs_more:
            return False
        return self.reported or self.status in (PLANNED, CHANGED)

    def to_dict(self) -> dict[str, Any]:
        row = {
            "check": self.check,
            "resource_type": self.resource_type,
            "resource_id": self.resource_id,
            "arn": self.arn,
            "account_id": self.scope.account_id,
            "region": self.scope.region,
            "name": self.name,
            "reason": self.reason,
            "reason_code": self.reason_code,
            "age_days": self.age_days,
            "tags": dict(self.tags),
            "estimated_monthly_cost_usd": self.cost.to_dict() if self.cost else None,
            "action": self.action,
            "status": self.status,
            "protected_by": self.protected_by,
            "error": self.error,
        }
        return row if self.configuration is None else {**row, "configuration": self.configuration}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), default=_json_value)


def _json_value(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def tags_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """AWS's `[{Key, Value}]` as a dict; a tag may lack its value."""
    return {tag["Key"]: tag.get("Value") or "" for tag in resource.get("Tags") or []}


def age_in_days(since: datetime | None, now: datetime) -> int | None:
    """Whole days, as `age >= minimum` compares them; the future counts as today."""
    return None if since is None else max(0, (now - since).days)


@dataclass
class Summary:
    """Counts of one check, or of all. `unpriced` findings would save money that the price table can't tell."""

    examined: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    savings: Cost = NOTHING
    unpriced: int = 0
    savings_by_region: dict[str, Cost] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        self.counts[finding.status] += 1
        if not finding.saves:
            return
        if finding.cost is None:
            self.unpriced += 1
            return
        region = finding.scope.region
        self.savings += finding.cost
        self.savings_by_region[region] = self.savings_by_region.get(region, NOTHING) + finding.cost

    @classmethod
    def total(cls, parts: Iterable[Summary]) -> Summary:
        whole = cls()
        for part in parts:
            whole.examined += part.examined
            whole.counts = {status: whole.counts[status] + part.counts[status] for status in STATUSES}
            whole.savings += part.savings
            whole.unpriced += part.unpriced
            for region, cost in part.savings_by_region.items():
                whole.savings_by_region[region] = whole.savings_by_region.get(region, NOTHING) + cost
        return whole

    def to_dict(self) -> dict[str, Any]:
        return {
            "examined": self.examined,
            **self.counts,
            "estimated_monthly_savings_usd": self.savings.to_dict(),
            "unpriced": self.unpriced,
        }
