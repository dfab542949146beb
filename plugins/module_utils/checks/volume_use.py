# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a volume was attached of late. EC2 does not tell when a volume was detached, but EBS publishes metrics of all
volume types, and of each only while it is attached: a datapoint of whatever value proves it.

https://docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone

from ..sweep.guard import Candidate, Guard
from ..sweep.metrics import metric_of, metric_query, metric_results
from ..sweep.region import Region, Resource
from .grace import Grace, marked_on

# the first is not published of volumes with Multi-Attach, the others may lack on Xen while nothing reads or writes
METRICS = ("VolumeIdleTime", "VolumeReadOps", "VolumeWriteOps")
# CloudWatch answers from any time in the past for this period: it is a multiple of 1 and 5 minutes and of an hour
DAY_SECONDS = 86400
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
KEPT_DAYS = 455


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class Answer:
    """What CloudWatch tells of one metric: the days on which it has a datapoint, and whether these are all."""

    days: set[date] = field(default_factory=set)
    complete: bool = False


@dataclass(frozen=True)
class Use:
    """What is known of a volume's use, in words; `counts` where it ends a grace period."""

    words: str
    counts: bool = False


class AttachedLately(Guard):
    """Volumes that were attached within `min_age_days`, or since they were marked, and those of which CloudWatch does
    not answer. Days are those of UTC."""

    name = "the metrics of volumes"
    nothing: Mapping[str, Use] = {}

    def __init__(self, grace: Grace, min_age_days: int, clock: Callable[[], datetime] = _now) -> None:
        self._grace = grace
        self._min_age_days = min_age_days
        self._clock = clock

    def ask(self, region: Region, candidates: Sequence[Candidate]) -> Mapping[str, Use]:
        """By volume. One call serves 500 metrics. Raises CallError."""
        now = self._clock()
        since = {
            candidate.finding.resource_id: day
            for candidate in candidates
            if (day := self._asked_since(candidate, now.date()))
        }
        if not since:
            return {}
        answers = _answers(region, list(since), min(since.values()), now)
        uses = {volume: _use(answers[volume], day) for volume, day in since.items()}
        return {
            # a mark that is no day, or one to come, was not set by a run: it is not for a run to take it away
            volume: Use(use.words, use.counts and self._runs(candidate, now.date()))
            for candidate in candidates
            if (use := uses.get(volume := candidate.finding.resource_id))
        }

    def protects(self, candidate: Candidate, facts: Mapping[str, Use]) -> str | None:
        use = facts.get(candidate.finding.resource_id)
        if use is None:
            return None
        candidate.finding.in_use |= use.counts
        return use.words

    def _asked_since(self, candidate: Candidate, today: date) -> date | None:
        """The first day that matters; None where any volume without an attachment qualifies."""
        days = [today - timedelta(days=min(self._min_age_days, KEPT_DAYS))] if self._min_age_days else []
        if marked := self._marked_on(candidate):
            days.append(max(marked, today - timedelta(days=KEPT_DAYS)))
        return min(days, default=None)

    def _marked_on(self, candidate: Candidate) -> date | None:
        value = candidate.finding.tags.get(self._grace.tag) if self._grace.days else None
        return marked_on(value) if value else None

    def _runs(self, candidate: Candidate, today: date) -> bool:
        marked = self._marked_on(candidate)
        return marked is not None and marked <= today


def _answers(region: Region, volumes: Sequence[str], first_day: date, now: datetime) -> Mapping[str, list[Answer]]:
    """An answer for each of METRICS, by volume."""
    asked = [(volume, name) for volume in volumes for name in METRICS]
    queries = [
        metric_query(f"m{number}", metric_of("AWS/EBS", name, {"VolumeId": volume}), DAY_SECONDS, "Sum")
        for number, (volume, name) in enumerate(asked)
    ]
    # from midnight, so that a datapoint of a day holds nothing of the day before
    start = datetime.combine(first_day, time(), timezone.utc)
    found: dict[str, Answer] = defaultdict(Answer)
    for result in metric_results(region, queries, start, now):
        answer = found[result.get("Id", "")]
        answer.days |= {moment.astimezone(timezone.utc).date() for moment in result.get("Timestamps") or []}
        # a metric's values may come in several pages, of which the last alone is complete
        answer.complete = _is_complete(result)
    by_volume: dict[str, list[Answer]] = defaultdict(list)
    for number, (volume, _name) in enumerate(asked):
        by_volume[volume].append(found[f"m{number}"])
    return by_volume


def _is_complete(result: Resource) -> bool:
    whole = len(result.get("Timestamps") or []) == len(result.get("Values") or [])
    return whole and result.get("StatusCode") == "Complete" and not result.get("Messages")


def _use(answers: Sequence[Answer], since: date) -> Use | None:
    if days := [day for answer in answers for day in answer.days if day >= since]:
        return Use(f"attached on {max(days)}, as its AWS/EBS metrics show", counts=True)
    if all(answer.complete for answer in answers):
        return None
    return Use("whether it was attached lately is unknown: CloudWatch did not answer in full for its AWS/EBS metrics")
