# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grace period: an orphan is marked with the day on which it was found, and goes when the mark is old enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import Any

from ..sweep.errors import SweepError
from ..sweep.finding import PLANNED, PROTECTED, Finding
from ..sweep.guard import BACKUP, KUBERNETES, SERVICES, STACK
from ..sweep.region import Region

MARK = "mark"
UNMARK = "unmark"
#: a call takes 1,000 ids: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
BATCH_SIZES = {MARK: 1000, UNMARK: 1000}


@dataclass(frozen=True)
class Grace:
    """`days` is 0 where there is no grace period. Days are those of UTC."""

    days: int
    tag: str

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Grace:
        """Raises SweepError for a tag that AWS would not take."""
        tag = options["grace_tag"].strip()
        if not tag or len(tag) > 128 or tag.casefold().startswith("aws:"):
            raise SweepError(f"grace_tag is {tag!r}: it must be 1 to 128 characters long and not begin with aws:.")
        return cls(options["grace_days"], tag)

    def refuse_protecting(self, excluded: Iterable[str]) -> None:
        """Raises SweepError where the mark would protect what it is to delete: a key of `excluded` or of an owner."""
        patterns = map(str, [*excluded, *STACK, *BACKUP, *KUBERNETES, *SERVICES])
        # a pattern of wildcards alone speaks of values
        some = [one for one in patterns if one.strip("*?") and fnmatchcase(self.tag.casefold(), one.casefold())]
        if some:
            raise SweepError(
                f"grace_tag is {self.tag!r}, a tag that protects ({some[0]}); expected one that only marks."
            )

    def conclude(self, finding: Finding, now: datetime) -> None:
        """What becomes of an orphan once all guards have spoken. Pure."""
        if not self.days or finding.action in (MARK, UNMARK):
            return
        value = finding.tags.get(self.tag)
        if finding.status == PROTECTED and finding.in_use and value is not None:
            self.unmark(finding, "; ".join(finding.protected_by))
        elif finding.status == PLANNED:
            self._orphan(finding, value, now.date())

    def _orphan(self, finding: Finding, value: str | None, today: date) -> None:
        marked = marked_on(value) if value is not None else today
        day = self._due(marked or today)
        # when a mark that is no date will be corrected, nobody knows
        finding.due_date = None if value is not None and marked is None else day
        if value is None:
            finding.action, finding.saves_cost, finding.reversible = MARK, False, True
            finding.reason += f" The tag {self.tag} marks it; it goes on {day} if it is unused until then."
        elif marked is None:
            finding.protect(
                f"its tag {self.tag} is {value!r}, which is not a date: it counts as marked today and does not go"
                f" before {day}; write a day such as {today}, or take the tag away"
            )
        elif day > today:
            finding.protect(f"in its grace period until {day} (tag {self.tag}={value})")

    def _due(self, marked: date) -> date:
        # somebody's mark of 9999-12-31 means never
        return marked + timedelta(days=min(self.days, (date.max - marked).days))

    def unmark(self, finding: Finding, why: str) -> None:
        """The finding becomes one of a resource in use that still has its mark."""
        finding.status, finding.protected_by = PLANNED, []
        finding.action, finding.saves_cost, finding.reversible, finding.due_date = UNMARK, False, True, None
        finding.reason = f"It is in use again ({why}), so its mark {self.tag} is taken away."
        finding.reason_code = "in_use_again"

    def outcome(self, finding: Finding) -> str:
        return f"marked by {self.tag}" if finding.action == MARK else f"without {self.tag}"

    def record(self, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        """The tag before and after, for the journal."""
        now, then = finding.tags.get(self.tag), self._value(finding) if finding.action == MARK else None
        return {"tag": self.tag, "value": now}, {"tag": self.tag, "value": then}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        """Set the mark or take it away; the findings share one action and one day."""
        ids = [finding.resource_id for finding in findings]
        if findings[0].action == MARK:
            tag = {"Key": self.tag, "Value": self._value(findings[0])}
            region.call("ec2", "create_tags", Resources=ids, Tags=[tag])
        else:
            region.call("ec2", "delete_tags", Resources=ids, Tags=[{"Key": self.tag}])

    def _value(self, finding: Finding) -> str | None:
        return (finding.due_date - timedelta(days=self.days)).isoformat() if finding.due_date else None


def marked_on(value: str) -> date | None:
    """`2026-11-24`, also with a time behind it, as a day of UTC; None for what is no date."""
    try:
        moment = datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
        return (moment.astimezone(timezone.utc) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):
        return None
