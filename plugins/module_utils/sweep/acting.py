# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guards, and acting on what they let through: one job's calls, and what AWS answers to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from .errors import CallError
from .finding import FAILED, PLANNED, PROTECTED, Finding
from .guard import Candidate, Guard, Inspection
from .job import Job, Survives
from .policy import Policy
from .region import Region, Resource


def complete(job: Job, candidates: Sequence[Candidate]) -> bool:
    """Whether all is known that the guards look at; if not, the candidates are protected."""
    try:
        job.policy.complete(job.region, candidates)
    except CallError as error:
        job.failed(error)
        for candidate in candidates:
            candidate.finding.protect(f"what protects it could not be read ({error.operation}: {error.code})")
        return False
    return True


def apply_guards(job: Job, candidates: Sequence[Candidate]) -> None:
    """Guards without a call speak first; a list is fetched only where a candidate is left to protect."""
    for guard in sorted(job.policy.guards, key=lambda guard: guard.listing):
        open_statuses = (PLANNED,) if guard.listing else (PLANNED, PROTECTED)
        left = [candidate for candidate in candidates if candidate.finding.status in open_statuses]
        if not left:
            continue
        try:
            facts = guard.ask(job.region, left) if guard.asks else _facts(job.region, guard)
        except CallError as error:
            job.failed(error)
            for candidate in left:
                candidate.finding.protect(f"{guard.name} could not be read ({error.operation}: {error.code})")
            continue
        for candidate in left:
            if why := guard.protects(candidate, facts):
                candidate.finding.protect(why)
                candidate.finding.in_use |= guard.means_use
                candidate.finding.reason_code = guard.reason_code or candidate.finding.reason_code


def _facts(region: Region, guard: Guard) -> Any:
    try:
        return region.once(guard, lambda: guard.load(region))
    except CallError as error:
        if error.unsupported:
            return guard.nothing
        raise


def read_current(job: Job, ids: Sequence[str]) -> Mapping[str, Resource]:
    try:
        return job.policy.current(job.region, ids)
    except CallError as error:
        if error.code not in job.policy.gone_codes:
            raise
    # some list calls refuse as a whole when one of the resources is gone
    return {} if len(ids) == 1 else {key: value for one in ids for key, value in read_current(job, [one]).items()}


def judge_again(job: Job, findings: Sequence[Finding], now: datetime) -> None:
    """Decide again on what the resources are now, and let the guards speak again: anything may have happened since the
    plan. Findings on which not to act any more are settled."""
    current = read_current(job, [finding.resource_id for finding in findings])
    again: list[tuple[Finding, Candidate]] = []
    for finding in findings:
        # what nobody foresaw of one resource costs no other
        with Survives(job, "act", [finding]):
            if candidate := _candidate(job, finding, current.get(finding.resource_id), now):
                again.append((finding, candidate))
    candidates = [candidate for _finding, candidate in again]
    if candidates and complete(job, candidates):
        apply_guards(job, candidates)
    for finding, candidate in again:
        job.policy.conclude(candidate.finding, now)
        _settle(job, finding, candidate)


def _candidate(job: Job, finding: Finding, resource: Resource | None, now: datetime) -> Candidate | None:
    fresh = job.policy.decide(resource, job.region.scope, now) if resource else None
    if resource and fresh:
        return Candidate(resource, fresh)
    finding.skip("it no longer qualifies" if resource else "it no longer exists")
    return None


def _settle(job: Job, finding: Finding, candidate: Candidate) -> None:
    """A planned finding becomes what the same resource was found to be just now."""
    fresh = candidate.finding
    if fresh.arn != finding.arn:
        # credentials that were renewed meanwhile may be of another account, where names are other resources
        finding.skip(f"it is another resource now: {fresh.arn}")
    elif fresh.status == PROTECTED:
        finding.skip(f"it is protected now: {'; '.join(fresh.protected_by)}")
    elif fresh.status == FAILED and fresh.error:
        finding.fail(**fresh.error)
    elif (fresh.status, fresh.action) != (PLANNED, finding.action):
        finding.skip("it no longer qualifies")
    else:
        # what is acted on is what the resource is now
        finding.configuration, finding.tags = fresh.configuration, fresh.tags
        finding.work.before, after = job.policy.record(candidate.resource, finding)
        finding.work.after = {**after, **finding.work.after}


def inspected(job: Job, batch: Sequence[Finding]) -> list[Finding]:
    """Those of a batch that may still be acted on, when AWS was asked about each once more."""
    for finding in batch:
        for inspection in job.policy.inspections:
            if finding.status == PLANNED and (why := _objection(job, inspection, finding)):
                finding.skip(why)
    return [finding for finding in batch if finding.status == PLANNED]


def _objection(job: Job, inspection: Inspection, finding: Finding) -> str | None:
    try:
        why = inspection.inspect(job.region, finding)
    except CallError as error:
        if error.code in job.policy.gone_codes:
            return "it no longer exists"
        job.failed(error)
        why = f"{inspection.name} could not be read ({error.operation}: {error.code})"
    return f"it is protected now: {why}" if why else None


def batches(policy: Policy, findings: Sequence[Finding]) -> Iterator[Sequence[Finding]]:
    """As many as one call takes, of one action."""
    for action, group in groupby(sorted(findings, key=attrgetter("action")), key=attrgetter("action")):
        some, size = list(group), policy.batch_sizes.get(action, 1)
        for start in range(0, len(some), size):
            yield some[start : start + size]


def prepare(job: Job, finding: Finding) -> None:
    try:
        job.policy.prepare(job.region, finding)
    except CallError as error:
        if error.code in job.policy.gone_codes:
            finding.skip("another process removed it meanwhile")
        else:
            _fail(finding, error)


def act(job: Job, batch: Sequence[Finding], repeated: bool = False) -> None:
    """`repeated` tells whether an attempt without an answer went before. What is still planned afterwards was waited
    for, and is to be read again and tried again."""
    if not batch:
        return
    try:
        job.policy.act(job.region, batch)
    except CallError as error:
        if len(batch) > 1:
            # one resource of a batch spoils it for all: find out which
            for finding in batch:
                act(job, [finding], repeated=not error.answered)
        else:
            _explain(job, batch[0], error, repeated or error.retried)
        return
    for finding in batch:
        finding.change()


def _explain(job: Job, finding: Finding, error: CallError, repeated: bool) -> None:
    gone = error.code in job.policy.gone_codes
    if gone and repeated:
        # the answer to an earlier attempt was lost on the way, its effect was not
        finding.change()
    elif gone:
        finding.skip("another process removed it meanwhile")
    elif error.in_use:
        finding.skip(f"it is in use now ({error.message})")
    else:
        _wait_or_fail(job, finding, error)


def _wait_or_fail(job: Job, finding: Finding, error: CallError) -> None:
    try:
        if job.policy.await_state(job.region, finding, error):
            return
    except CallError as waited:
        error = waited
    _fail(finding, error)


def _fail(finding: Finding, error: CallError) -> None:
    finding.fail(error.code, error.message)
    finding.work.answered = error.answered
