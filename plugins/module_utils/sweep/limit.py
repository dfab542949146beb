# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which findings may be acted on, and how many."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from .errors import LimitExceededError
from .finding import PLANNED, Finding, Key, Summary
from .plan import Plan, Row


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
        # as DescribeLogGroups writes an ARN
        self._only_ids = frozenset(name.removesuffix(":*") for name in only_ids)
        self._lines = plan.rows if plan else None
        self._met: set[str | Key] = set()
        self._otherwise: list[str] = []

    def apply(self, finding: Finding) -> None:
        """Skip a planned finding that wasn't asked for."""
        names = {finding.resource_id, finding.arn}
        self._met.update(self._only_ids & names, {finding.key} & (self._lines or {}).keys())
        if finding.status != PLANNED:
            return
        if self._only_ids and not self._only_ids & names:
            finding.skip("it is not among only_ids")
        elif self._lines is not None and finding.key not in self._lines:
            finding.skip("the plan does not list it")
        elif (told := self._line(finding).get("outcome", finding.outcome)) != finding.outcome:
            where = f"{finding.resource_id} in {finding.scope.region}"
            self._otherwise.append(f"of {where} the plan says {told!r}, and this run would make it {finding.outcome!r}")
            finding.skip(f"the plan says of it: {told}")

    def keep_reversible(self, finding: Finding) -> None:
        """Skip what could come back when the plan was made, and no longer can."""
        if self._line(finding).get("reversible") and not finding.reversible:
            finding.skip("the plan says that it can be undone, and now it can't")

    def refuse_otherwise(self) -> None:
        """Raises LimitExceededError where something would become of a resource that nobody has reviewed."""
        if self._otherwise:
            first, more = self._otherwise[0], len(self._otherwise) - 1
            others = f" (and {more} more)" if more else ""
            raise LimitExceededError(
                f"This run has other options than the report that wrote the plan: {first}{others}. Nothing was changed:"
                " give it the options of the report, or write a new one."
            )

    def _line(self, finding: Finding) -> Row:
        return (self._lines or {}).get(finding.key, {})

    def unmet_ids(self) -> list[str]:
        """The ids that were asked for and were not found, or no longer qualify."""
        return sorted(self._only_ids - self._met)

    def unmet_lines(self) -> list[Row]:
        """The lines of the plan that no finding of this run answers to."""
        return [row for key, row in (self._lines or {}).items() if key not in self._met]
