# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One policy in one region: its plan, its findings, its errors, and the pieces in which it is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TypeVar

from .errors import CallError, RegionError, one_line
from .finding import PLANNED, Finding, Summary
from .policy import Policy
from .region import Region
from .spool import Spool

Item = TypeVar("Item")


@dataclass
class Job:
    """One policy in one region: its plan, its settled findings and its errors."""

    policy: Policy
    region: Region
    examined: int = 0
    planned: list[Finding] = field(default_factory=list)
    settled: Spool = field(default_factory=Spool)
    errors: list[RegionError] = field(default_factory=list)
    unforeseen: CallError | None = None
    #: whether all has been found that there is to find
    searched: bool = False
    #: whether something may be changed by now
    acting: bool = False
    #: what could not be read just before acting, so that something planned was not done
    unread: list[RegionError] = field(default_factory=list)

    @property
    def place(self) -> tuple[str, str, str, str]:
        """(check, account, region, resource type)."""
        scope = self.region.scope
        return self.policy.check, scope.account_id, scope.region, self.policy.resource_type

    def failed(self, error: CallError) -> None:
        entry = RegionError.of(self.region.scope.account_id, self.region.scope.region, error)
        if entry not in self.errors:
            self.errors.append(entry)
        if self.acting and entry not in self.unread:
            self.unread.append(entry)

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
            text = one_line(str(error), self.job.region.secrets)
            error = CallError(self.job.policy.check, self.step, type(error).__name__, f"unexpected: {text}")
        self._blame(error)
        return True

    def _blame(self, error: CallError) -> None:
        open_findings = [finding for finding in self.findings if finding.status == PLANNED]
        if self.step == "act":
            for finding in open_findings:
                finding.fail(error.code, str(error))
        elif error.code in self.job.policy.gone_codes and open_findings:
            for finding in open_findings:
                finding.skip("it no longer exists")
        else:
            self.job.failed(error)
            for finding in open_findings:
                finding.protect(f"what protects it could not be read ({error.operation}: {error.code})")


def parts_of(job: Job, size: int) -> list[Part]:
    return [Part(job, job.planned[start : start + size]) for start in range(0, len(job.planned), size)]


def interleaved(lists: Sequence[Sequence[Item]]) -> list[Item]:
    """The first of each list, then the second of each: so no region waits for another's pace."""
    return [item for row in zip_longest(*lists) for item in row if item is not None]
