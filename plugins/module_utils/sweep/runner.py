# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sweep: find -> decide -> guard -> limit -> act, over all regions and policies at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, TypeVar

from .errors import CallError, RegionError
from .finding import PLANNED, PROTECTED, REPORT_ONLY, Finding, Summary
from .guard import Candidate, Guard
from .limit import Limit, Selection
from .policy import Policy
from .region import Region, Resource
from .spool import Spool

Item = TypeVar("Item")

# what is re-read together is acted on within seconds; EC2 would take 200 values in a filter
CHUNK = 25


@dataclass
class Job:
    """One policy in one region: its plan, its settled findings and its errors."""

    policy: Policy
    region: Region
    examined: int = 0
    planned: list[Finding] = field(default_factory=list)
    settled: Spool = field(default_factory=Spool)
    errors: list[RegionError] = field(default_factory=list)

    def failed(self, error: CallError) -> None:
        entry = RegionError.of(self.region.scope.account_id, self.region.scope.region, error)
        if entry not in self.errors:
            self.errors.append(entry)

    def settle(self, findings: Iterable[Finding], plan: bool) -> int:
        """Keep planned findings if there is a plan to keep them for, spool the rest. Returns how many are planned."""
        planned = 0
        for finding in findings:
            if finding.status == PLANNED:
                planned += 1
            if finding.status == PLANNED and plan:
                self.planned.append(finding)
            else:
                self.settled.add(finding)
        return planned

    def settle_plan(self, plan: bool = False) -> None:
        """Look at the plan again: what is no longer planned, or all of it, goes to the spool."""
        findings, self.planned = self.planned, []
        self.settle(findings, plan)

    def summary(self) -> Summary:
        """What has been settled so far, and what is still in the plan."""
        plan = Summary(examined=self.examined)
        for finding in self.planned:
            plan.add(finding)
        return Summary.total([plan, self.settled.summary])


@dataclass
class Sweep:
    """One run: `plan`, then `act` unless it is only a report. Its jobs can be read at any time."""

    policies: Sequence[Policy]
    regions: Sequence[Region]
    limit: Limit
    selection: Selection
    now: datetime
    workers: int

    def __post_init__(self) -> None:
        self.jobs = [Job(policy, region) for policy in self.policies for region in self.regions]

    def plan(self) -> None:
        """Find, decide and guard. Changes nothing in AWS."""
        # what takes longest begins first
        self._each(sorted(self.jobs, key=lambda job: not job.policy.asks_each), self._find)
        if not self.limit.exceeded:
            inspected = [job for job in self.jobs if job.policy.inspections]
            self._each([part for job in inspected for part in _parts(job, 1)], self._inspect)
        for job in self.jobs:
            job.settle_plan(plan=not self.limit.exceeded)

    def refuse_over_limit(self) -> None:
        """Raises LimitExceededError."""
        self.limit.refuse(self.summaries())

    def not_asked(self) -> list[str]:
        """What an inspection would have told, had the plan been within the limit."""
        if not self.limit.exceeded:
            return []
        return [inspection.name for policy in self.policies for inspection in policy.inspections]

    def act(self) -> None:
        """Act on the plan; each finding ends as changed, skipped or failed."""
        self._each(_interleaved([_parts(job, CHUNK) for job in self.jobs]), self._act_on_part)

    def finish(self) -> None:
        for job in self.jobs:
            job.settle_plan()

    def summaries(self) -> dict[str, Summary]:
        """By check."""
        by_check: dict[str, list[Summary]] = {policy.check: [] for policy in self.policies}
        for job in self.jobs:
            by_check[job.policy.check].append(job.summary())
        return {check: Summary.total(parts) for check, parts in by_check.items()}

    def errors(self) -> list[RegionError]:
        return list(dict.fromkeys(error for job in self.jobs for error in job.errors))

    def lines(self) -> Iterator[str]:
        """Every finding as a JSON line."""
        for job in self.jobs:
            yield from job.settled.lines()

    def _each(self, items: Sequence[Item], step: Callable[[Item], None]) -> None:
        with ThreadPoolExecutor(max_workers=self.workers) as pool:
            for _done in pool.map(step, items):
                pass

    def _find(self, job: Job) -> None:
        with Survives(job, "find"):
            for page in job.policy.find(job.region):
                job.examined += len(page)
                planned = job.settle(self._judge(job, page), plan=not self.limit.exceeded)
                if self.limit.count(planned):
                    # nothing will be acted on any more, so nothing need be remembered
                    job.settle_plan()

    def _judge(self, job: Job, page: Sequence[Resource]) -> list[Finding]:
        candidates = []
        for resource in page:
            with Survives(job, "decide"):
                if finding := job.policy.decide(resource, job.region.scope, self.now):
                    candidates.append(Candidate(resource, finding))
        if candidates and self._complete(job, candidates):
            _guard(job, candidates)
        for candidate in candidates:
            self.selection.apply(candidate.finding)
            if candidate.finding.status == PLANNED and candidate.finding.action == REPORT_ONLY:
                candidate.finding.report()
        return [candidate.finding for candidate in candidates]

    def _complete(self, job: Job, candidates: Sequence[Candidate]) -> bool:
        """Whether all is known that the guards look at; if not, the candidates are protected."""
        try:
            job.policy.complete(job.region, candidates)
        except CallError as error:
            job.failed(error)
            for candidate in candidates:
                candidate.finding.protect(f"what protects it could not be read ({error.operation}: {error.code})")
            return False
        return True

    def _inspect(self, part: Part) -> None:
        for finding in part.findings:
            with Survives(part.job, "inspect", [finding]):
                for inspection in part.job.policy.inspections:
                    if why := inspection.inspect(part.job.region, finding):
                        finding.protect(why)

    def _act_on_part(self, part: Part) -> None:
        with Survives(part.job, "act", part.findings):
            ids = [finding.resource_id for finding in part.findings]
            current = _current(part.job, ids)
            for finding in part.findings:
                self._recheck(part.job, finding, current.get(finding.resource_id))
            ready = [finding for finding in part.findings if finding.status == PLANNED]
            size = part.job.policy.batch_size
            for start in range(0, len(ready), size):
                _act(part.job, ready[start : start + size])

    def _recheck(self, job: Job, finding: Finding, resource: Resource | None) -> None:
        """Decide again on what the resource is now: anything may have happened since the plan."""
        if resource is None:
            return finding.skip("it no longer exists")
        fresh = job.policy.decide(resource, job.region.scope, self.now)
        if fresh is None:
            return finding.skip("it no longer qualifies")
        fresh.tags = {**finding.tags, **fresh.tags}
        _guard(job, [Candidate(resource, fresh)])
        if fresh.status != PLANNED:
            finding.skip(f"it is protected now: {'; '.join(fresh.protected_by)}")
        # what is acted on is what the resource is now
        finding.configuration = fresh.configuration
        return None


@dataclass(frozen=True)
class Part:
    """A piece of one job's plan, small enough to be re-read in one call."""

    job: Job
    findings: Sequence[Finding]


@dataclass
class Survives:
    """One region's failure, foreseen or not, never stops another: it becomes an error of its job, and what was being
    worked on stays as it is in AWS."""

    job: Job
    step: str
    findings: Sequence[Finding] = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        if not isinstance(error, CallError):
            error = CallError(self.job.policy.check, self.step, type(error).__name__, f"unexpected: {error}")
        self._blame(error)
        return True

    def _blame(self, error: CallError) -> None:
        open_findings = [finding for finding in self.findings if finding.status == PLANNED]
        if self.step == "act":
            for finding in open_findings:
                finding.fail(error.code, str(error))
        elif error.gone and open_findings:
            for finding in open_findings:
                finding.skip("it no longer exists")
        else:
            self.job.failed(error)
            for finding in open_findings:
                finding.protect(f"what protects it could not be read ({error.operation}: {error.code})")


def _guard(job: Job, candidates: Sequence[Candidate]) -> None:
    """Guards without a call speak first; a list is fetched only where a candidate is left to protect."""
    for guard in sorted(job.policy.guards, key=lambda guard: guard.listing):
        open_statuses = (PLANNED,) if guard.listing else (PLANNED, PROTECTED)
        left = [candidate for candidate in candidates if candidate.finding.status in open_statuses]
        if not left:
            continue
        try:
            facts = _facts(job.region, guard)
        except CallError as error:
            job.failed(error)
            for candidate in left:
                candidate.finding.protect(f"{guard.name} could not be read ({error.operation}: {error.code})")
            continue
        for candidate in left:
            if why := guard.protects(candidate, facts):
                candidate.finding.protect(why)
                candidate.finding.reason_code = guard.reason_code or candidate.finding.reason_code


def _facts(region: Region, guard: Guard) -> Any:
    try:
        return region.once(guard, lambda: guard.load(region))
    except CallError as error:
        if error.unsupported:
            return guard.nothing
        raise


def _current(job: Job, ids: Sequence[str]) -> Mapping[str, Resource]:
    try:
        return job.policy.current(job.region, ids)
    except CallError as error:
        if not error.gone:
            raise
    # some list calls refuse as a whole when one of the resources is gone
    return {} if len(ids) == 1 else {key: value for one in ids for key, value in _current(job, [one]).items()}


def _act(job: Job, batch: Sequence[Finding]) -> None:
    try:
        job.policy.act(job.region, batch)
    except CallError as error:
        if len(batch) > 1:
            # one resource of a batch spoils it for all: find out which
            for finding in batch:
                _act(job, [finding])
        else:
            _explain(batch[0], error)
        return
    for finding in batch:
        finding.change()


def _explain(finding: Finding, error: CallError) -> None:
    if error.gone and error.retried:
        # the answer to an earlier attempt was lost on the way, its effect was not
        finding.change()
    elif error.gone:
        finding.skip("another process removed it meanwhile")
    elif error.in_use:
        finding.skip(f"it is in use now ({error.message})")
    else:
        finding.fail(error.code, error.message)


def _parts(job: Job, size: int) -> list[Part]:
    return [Part(job, job.planned[start : start + size]) for start in range(0, len(job.planned), size)]


def _interleaved(lists: Sequence[Sequence[Item]]) -> list[Item]:
    """The first of each list, then the second of each: so no region waits for another's pace."""
    return [item for row in zip_longest(*lists) for item in row if item is not None]
