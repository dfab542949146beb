# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check says of one resource, and the sums over what it said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
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

#: what a line of a findings file and a summary look like: another number is another shape
SCHEMA_VERSION = 2

NOTHING = Cost(0.0, 0.0)
#: how many resources a summary names of those that need attention
NAMED_AT_MOST = 10

Key = tuple[str, str, str, str, str, str]


@dataclass
class Work:
    """`before` and `after` are what a journal needs to put a resource back, `journal_id` is its line there. `answered`
    is false where an action was begun and AWS did not say what became of it; `prepared_at` is when the policy's
    `prepare` was done, on the monotonic clock; `waits` is how often a state that refused the action was waited for."""

    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    journal_id: str | None = None
    answered: bool = True
    prepared_at: float = 0.0
    waits: int = 0


@dataclass
class Finding:
    """One AWS resource that a check speaks of. It begins as planned; guards, selection and AWS may decide otherwise.

    `reason` is one sentence for a person, `reason_code` the same for a program; `action` is what enforcing would do,
    `report` if nothing, and `outcome` what the resource is then. `saves_cost` is false where the action takes nothing
    off the bill. `due_date` is the day on which the resource goes if nothing changes; `reversible` tells whether the
    action can be undone (None: there is none), `recoverable_until` until which day the Recycle Bin keeps what goes;
    both are told only of what is acted on. `in_use` is set by a guard that found it in use. `origin` is what the
    resource was made of, for its policy alone. `healthy` findings are reported for completeness: nothing is wrong with
    the resource. `work` is how it is being acted on.
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
    outcome: str | None = None
    age_days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    cost: Cost | None = None
    saves_cost: bool = True
    due_date: date | None = None
    reversible: bool | None = None
    recoverable_until: date | None = None
    configuration: Mapping[str, Any] | None = None
    status: str = PLANNED
    reported: bool = False
    protected_by: list[str] = field(default_factory=list)
    error: Mapping[str, str] | None = None
    in_use: bool = False
    origin: str = ""
    healthy: bool = False

    @cached_property
    def work(self) -> Work:
        return Work()

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
        return self.saves_cost and (self.reported or self.status in (PLANNED, CHANGED))

    @property
    def needs_attention(self) -> bool:
        """Whether a check that only reports found something wrong with a resource that no guard protects."""
        return self.reported and not self.healthy

    @property
    def irreversible(self) -> bool:
        """Whether it goes, or has gone, for good."""
        return self.reversible is False and self.status in (PLANNED, CHANGED)

    @property
    def key(self) -> Key:
        """What identifies a finding between two runs: the same action on the same resource, for the same reason."""
        scope = self.scope
        return self.check, scope.account_id, scope.region, self.resource_type, self.resource_id, self.action

    def to_dict(self) -> dict[str, Any]:
        acts = self.status in (PLANNED, CHANGED)
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
            "outcome": self.outcome,
            "due_date": _day(self.due_date),
            "reversible": self.reversible if acts else None,
            "recoverable_until": _day(self.recoverable_until) if acts else None,
            "status": self.status,
            "protected_by": self.protected_by,
            "error": self.error,
        }
        return row if self.configuration is None else {**row, "configuration": self.configuration}

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), default=json_value)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def json_value(value: Any) -> str:
    """What JSON doesn't know, as text: dates as ISO 8601."""
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)


def tags_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """AWS's `[{Key, Value}]` as a dict; a tag may lack its value."""
    return {tag["Key"]: tag.get("Value") or "" for tag in resource.get("Tags") or []}


def age_in_days(since: datetime | None, now: datetime) -> int | None:
    """Whole days, as `age >= minimum` compares them; the future counts as today."""
    return None if since is None else max(0, (now - since).days)


@dataclass
class Summary:
    """Counts of one check, or of all. `unpriced` findings would save money that the price table can't tell, what is
    `irreversible` goes for good; `first_failure` is one failed action in words. `attention` counts the findings that
    need attention, of which `attention_ids` are the first resources."""

    examined: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    savings: Cost = NOTHING
    unpriced: int = 0
    irreversible: int = 0
    attention: int = 0
    attention_ids: list[str] = field(default_factory=list)
    first_failure: str | None = None
    savings_by_region: dict[str, Cost] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        self.counts[finding.status] += 1
        self.irreversible += finding.irreversible
        self._add_attention([finding.resource_id] if finding.needs_attention else [], finding.needs_attention)
        if finding.error and not self.first_failure:
            self.first_failure = f"{finding.resource_id} ({finding.error['code']}): {finding.error['message']}"
        if not finding.saves:
            return
        if finding.cost is None:
            self.unpriced += 1
            return
        region = finding.scope.region
        self.savings += finding.cost
        self.savings_by_region[region] = self.savings_by_region.get(region, NOTHING) + finding.cost

    def _add_attention(self, resource_ids: Sequence[str], count: int) -> None:
        self.attention += count
        self.attention_ids = [*self.attention_ids, *resource_ids][:NAMED_AT_MOST]

    @classmethod
    def total(cls, parts: Iterable[Summary]) -> Summary:
        whole = cls()
        for part in parts:
            whole.examined += part.examined
            whole.counts = {status: whole.counts[status] + part.counts[status] for status in STATUSES}
            whole.savings += part.savings
            whole.unpriced += part.unpriced
            whole.irreversible += part.irreversible
            whole._add_attention(part.attention_ids, part.attention)
            whole.first_failure = whole.first_failure or part.first_failure
            for region, cost in part.savings_by_region.items():
                whole.savings_by_region[region] = whole.savings_by_region.get(region, NOTHING) + cost
        return whole

    def to_dict(self) -> dict[str, Any]:
        return {
            "examined": self.examined,
            **self.counts,
            "estimated_monthly_savings_usd": self.savings.to_dict(),
            "unpriced": self.unpriced,
            "irreversible": self.irreversible,
            "attention": self.attention,
        }
