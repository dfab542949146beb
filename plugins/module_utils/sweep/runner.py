# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sweep: find -> decide -> guard -> limit -> act, over all regions and policies at once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import InitVar, dataclass
from datetime import datetime
from itertools import groupby

from .acting import act, apply_guards, batches, complete, inspected, judge_again, prepare, read_current
from .errors import CallError, RegionError
from .finding import CHANGED, PLANNED, PROTECTED, REPORT_ONLY, SKIPPED, Finding, Summary
from .guard import Candidate
from .interruption import is_abandoned
from .job import Item, Job, Part, Survives, interleaved, parts_of
from .journal import Journal
from .limit import Limit, Selection
from .plan import Row, place_of, skipped_line
from .policy import Policy
from .region import FRESH_SECONDS, Region, Resource
from .spool import Spool
from .stores import Store


@dataclass
class Sweep:
    """One run: `plan`, then `act` unless it is only a report. Its jobs can be read at any time."""

    policies: Sequence[Policy]
    regions: Sequence[Region]
    limit: Limit
    selection: Selection
    now: datetime
    workers: int
    stores: InitVar[Sequence[Store]] = ()
    is_abandoned: Callable[[], bool] = is_abandoned
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self, stores: Sequence[Store]) -> None:
        self.run_id = f"{self.now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self.journal = Journal(self.run_id, stores)
        self.jobs = [Job(policy, region) for policy in self.policies for region in self.regions]
        #: findings that belong to no job: lines of a plan for what this run doesn't look at
        self.strays = Spool()
        self.acting = False

    def plan(self) -> None:
        """Find, decide and guard. Changes nothing in AWS."""
        # what takes longest begins first
        self._each(sorted(self.jobs, key=lambda job: not job.policy.asks_each), self._find)
        if not self.limit.exceeded:
            inspected = [job for job in self.jobs if job.policy.inspections]
            self._each([part for job in inspected for part in parts_of(job, 1)], self._inspect)
        for job in self.jobs:
            job.settle_plan(plan=not self.limit.exceeded)
        self._settle_unmet()

    def refuse_otherwise(self) -> None:
        """Raises LimitExceededError where this run would do something else than the plan says."""
        self.selection.refuse_otherwise()

    def refuse_over_limit(self) -> None:
        """Raises LimitExceededError."""
        self.limit.refuse(self.summaries())

    def not_asked(self) -> list[str]:
        """What an inspection would have told, had the plan been within the limit."""
        if not self.limit.exceeded:
            return []
        asking = [job for job in self.jobs if job.policy.inspections and job.summary().counts[PLANNED]]
        return list(dict.fromkeys(inspection.name for job in asking for inspection in job.policy.inspections))

    def unforeseen(self) -> list[CallError]:
        """Why it isn't known of some regions, one error each, whether what goes can come back."""
        return list({job.region.scope: job.unforeseen for job in self.jobs if job.unforeseen}.values())

    def act(self) -> None:
        """Act on the plan; each finding ends as changed, skipped or failed."""
        self.acting = True
        for job in self.jobs:
            job.acting = True
            job.region.read_anew()
        preparing = [job for job in self.jobs if job.policy.prepares]
        self._each(interleaved([parts_of(job, job.policy.chunk) for job in preparing]), self._prepare_part)
        # what need not wait for anything goes first
        others = [job for job in self.jobs if not job.policy.prepares]
        parts = [interleaved([parts_of(job, job.policy.chunk) for job in jobs]) for jobs in (others, preparing)]
        self._each([*parts[0], *parts[1]], self._act_on_part)

    def finish(self) -> None:
        for job in self.jobs:
            job.settle_plan()

    def summaries(self) -> dict[str, Summary]:
        """By check."""
        by_check: dict[str, list[Summary]] = {policy.check: [] for policy in self.policies}
        for job in self.jobs:
            by_check[job.policy.check].append(job.summary())
        return {check: Summary.total(parts) for check, parts in by_check.items()}

    def total(self) -> Summary:
        return Summary.total([*self.summaries().values(), self.strays.summary])

    def errors(self) -> list[RegionError]:
        return list(dict.fromkeys(error for job in self.jobs for error in job.errors))

    def unread(self) -> list[RegionError]:
        """What could not be read just before acting, so that something planned was not done."""
        return list(dict.fromkeys(error for job in self.jobs for error in job.unread))

    def lines(self) -> Iterator[str]:
        """Every finding as a JSON line."""
        for job in self.jobs:
            yield from job.settled.lines()
        yield from self.strays.lines()

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
        job.searched = True

    def _judge(self, job: Job, page: Sequence[Resource]) -> list[Finding]:
        candidates = []
        for resource in page:
            with Survives(job, "decide"):
                if finding := job.policy.decide(resource, job.region.scope, self.now):
                    candidates.append(Candidate(resource, finding))
        if candidates and complete(job, candidates):
            apply_guards(job, candidates)
        findings = [candidate.finding for candidate in candidates]
        for finding in findings:
            job.policy.conclude(finding, self.now)
            if finding.action != REPORT_ONLY:
                finding.outcome = job.policy.outcome(finding)
            self.selection.apply(finding)
            if finding.status == PLANNED and finding.action == REPORT_ONLY:
                finding.report()
        self._annotate(job, findings)
        for finding in findings:
            if finding.status == PLANNED:
                self.selection.keep_reversible(finding)
        return findings

    def _annotate(self, job: Job, findings: Sequence[Finding]) -> None:
        """What a person should know besides. None of it decides anything, so none of it may fail the run."""
        if planned := [finding for finding in findings if finding.status == PLANNED]:
            try:
                job.policy.foresee(job.region, planned, self.now)
            except CallError as error:
                job.unforeseen = job.unforeseen or (None if error.unsupported else error)
        guarded = [finding for finding in findings if finding.status == PROTECTED]
        if guarded and not self.limit.exceeded:
            for explain in job.policy.explanations:
                with suppress(CallError):
                    explain(job.region, guarded)

    def _settle_unmet(self) -> None:
        """The lines of a plan that nothing answers to any more, each with the reason."""
        jobs = {job.place: job for job in reversed(self.jobs)}
        found: list[tuple[Job, list[Row]]] = []
        for place, rows in groupby(sorted(self.selection.unmet_lines(), key=place_of), key=place_of):
            if place in jobs:
                found.append((jobs[place], list(rows)))
                continue
            for row in rows:
                self.strays.add(skipped_line(row, "this run does not look there"))
        # a thread a job: spools are written by one thread each
        self._each(found, lambda part: self._settle_lines(*part))

    def _settle_lines(self, job: Job, rows: Sequence[Row]) -> None:
        size = job.policy.chunk
        for part in (rows[start : start + size] for start in range(0, len(rows), size)):
            there = self._there(job, [row["resource_id"] for row in part])
            for row in part:
                if there is None:
                    why = "it could not be read"
                else:
                    why = "it no longer qualifies" if row["resource_id"] in there else "it no longer exists"
                job.settled.add(skipped_line(row, why))

    def _there(self, job: Job, ids: Sequence[str]) -> Collection[str] | None:
        """Which of some resources still exist; None where that can't be told."""
        with Survives(job, "read again"):
            return None if job.errors else read_current(job, ids)
        return None

    def _inspect(self, part: Part) -> None:
        for finding in part.findings:
            with Survives(part.job, "inspect", [finding]):
                for inspection in part.job.policy.inspections:
                    if why := inspection.inspect(part.job.region, finding):
                        finding.protect(why)

    def _prepare_part(self, part: Part) -> None:
        job = part.job
        with Survives(job, "act", part.findings):
            ready = [one for one in self._read_again(job, part.findings) if one.action in job.policy.prepares]
            self.journal.begin(ready, job.policy.prepares)
            for finding in ready:
                if not self._stopped([finding]):
                    prepare(job, finding)
                self.journal.end([finding], CHANGED if finding.status == PLANNED else None)
            self.journal.flush()

    def _act_on_part(self, part: Part) -> None:
        job = part.job
        with Survives(job, "act", part.findings):
            open_findings: Sequence[Finding] = [one for one in part.findings if one.status == PLANNED]
            if prepared := [finding for finding in open_findings if finding.action in job.policy.prepares]:
                job.policy.await_prepared(job.region, prepared)
            while ready := self._read_again(job, open_findings):
                open_findings = self._act_while_fresh(job, ready, self.clock() + FRESH_SECONDS)
            self.journal.flush()

    def _act_while_fresh(self, job: Job, findings: Sequence[Finding], deadline: float) -> Sequence[Finding]:
        """Act on what was just read again. Returns what is to be read once more: what was not come to by the deadline,
        and what was waited for."""
        self.journal.begin(findings)
        for number, batch in enumerate(batches(job.policy, findings)):
            # the first goes in any case: else a journal that is slow would keep all from being done
            in_time = not number or self.clock() <= deadline
            if in_time and not self._stopped(batch):
                act(job, inspected(job, batch))
            self.journal.end([finding for finding in batch if finding.status != PLANNED])
        late = [finding for finding in findings if finding.status == PLANNED]
        self.journal.end(late, SKIPPED)
        return late

    def _stopped(self, findings: Sequence[Finding]) -> bool:
        """Whether nobody waits for this run any more: then the findings are left alone."""
        stopped = self.is_abandoned()
        for finding in findings if stopped else ():
            finding.skip("the run was stopped")
        return stopped

    def _read_again(self, job: Job, findings: Sequence[Finding]) -> list[Finding]:
        """The findings on which, as things are now, still to act."""
        open_findings = [finding for finding in findings if finding.status == PLANNED]
        if not open_findings or self._stopped(open_findings):
            return []
        judge_again(job, open_findings, self.now)
        return [finding for finding in open_findings if finding.status == PLANNED]
