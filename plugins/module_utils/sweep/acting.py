# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guards, and acting on what they let through: one job's calls, and what AWS answers to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from .errors import CallError
from .finding import PLANNED, PROTECTED, Finding
from .guard import Candidate, Guard
from .job import Job
from .policy import Policy
from .region import Region, Resource


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
        if not error.gone:
            raise
    # some list calls refuse as a whole when one of the resources is gone
    return {} if len(ids) == 1 else {key: value for one in ids for key, value in read_current(job, [one]).items()}


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
        if error.gone:
            finding.skip("another process removed it meanwhile")
        else:
            _fail(finding, error)


def act(job: Job, batch: Sequence[Finding], repeated: bool = False) -> None:
    """`repeated` tells whether an attempt without an answer went before."""
    try:
        job.policy.act(job.region, batch)
    except CallError as error:
        if len(batch) > 1:
            # one resource of a batch spoils it for all: find out which
            for finding in batch:
                act(job, [finding], repeated=not error.answered)
        else:
            _explain(batch[0], error, repeated or error.retried)
        return
    for finding in batch:
        finding.change()


def _explain(finding: Finding, error: CallError, repeated: bool) -> None:
    if error.gone and repeated:
        # the answer to an earlier attempt was lost on the way, its effect was not
        finding.change()
    elif error.gone:
        finding.skip("another process removed it meanwhile")
    elif error.in_use:
        finding.skip(f"it is in use now ({error.message})")
    else:
        _fail(finding, error)


def _fail(finding: Finding, error: CallError) -> None:
    finding.fail(error.code, error.message)
    finding.work.answered = error.answered
