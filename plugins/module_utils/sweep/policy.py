# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check has to say for itself: find, decide, act. The engine does everything else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from .errors import CallError
from .finding import Finding
from .guard import Candidate, Guard, Inspection
from .prices import PriceTable
from .region import Region, Resource, Scope


@dataclass(frozen=True)
class Verdict:
    """The headline of a policy that only reports: its resources, and what is wrong with one and with several of them.

    `Verdict("instance", "is not compliant", "are not compliant")` gives "41 of 47 instances are not compliant".
    """

    noun: str
    one: str
    several: str

    def sentence(self, count: int, examined: int) -> str:
        noun = self.noun if examined == 1 else f"{self.noun}s"
        if not examined:
            return f"No {self.noun} was examined"
        return f"{count} of {examined} {noun} {self.one if count == 1 else self.several}"


class Policy:
    """How one kind of resource is found, judged and acted on. One object serves all regions and threads: no state."""

    check: ClassVar[str]
    resource_type: str
    #: what the resource is before and after the action, in words
    transition: tuple[str, str] = ("present", "absent")
    #: how many resources one `act` call takes, by action
    batch_sizes: ClassVar[Mapping[str, int]] = {}
    #: how many resources are read again, in one list call, and acted on together; what is so read is acted on within
    #: seconds, and EC2 would take 200 values in a filter
    chunk: ClassVar[int] = 25
    #: the error codes by which AWS says that a resource of this type no longer exists; the same said of anything else
    #: that a call names (a key, a parameter group) is a failure
    gone_codes: Collection[str] = ()
    #: by action, what must be made ready for all resources before it is done to the first, as the journal names it
    prepares: Mapping[str, str] = {}
    #: whether `find` or `complete` must call AWS for single resources, so that they take longest
    asks_each: ClassVar[bool] = False
    #: how the report of a policy that only reports begins
    verdict: ClassVar[Verdict | None] = None
    guards: Sequence[Guard] = ()
    inspections: Sequence[Inspection] = ()
    #: what say more of findings that are protected; one that raises CallError leaves it unsaid
    explanations: Sequence[Callable[[Region, Sequence[Finding]], None]] = ()

    def find(self, region: Region) -> Iterator[list[Resource]]:
        """Pages of resources, filtered by the server as far as it can. Raises CallError."""
        raise NotImplementedError

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        """What the check says of a resource. Pure: no AWS, no clock."""
        raise NotImplementedError

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        """Add to candidates what their list call doesn't tell (tags, configuration), in bulk. Raises CallError.

        It is asked of what was found, and of what was read again just before acting.
        """

    def conclude(self, finding: Finding, now: datetime) -> None:
        """The policy's last word on a finding, once all guards have spoken. Pure."""

    def outcome(self, finding: Finding) -> str:
        """What the resource is after the finding's action, as the plan promises it. Pure."""
        return self.transition[1]

    def foresee(self, region: Region, findings: Sequence[Finding], now: datetime) -> None:
        """Say of planned findings whether they can come back, where that takes a list. Raises CallError."""

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        """What the resource is before the action and after it, as much as putting it back takes. Pure."""
        return {}, {}

    def prepare(self, region: Region, finding: Finding) -> None:
        """Begin what must be ready before `act`. Raises CallError, then nothing will be done."""

    def await_prepared(self, region: Region, findings: Sequence[Finding]) -> None:
        """Wait until what `prepare` began is ready; fail the findings for which it isn't in time. Raises CallError."""

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        """The resources as they are now, by id, in one call for a few dozen ids; those that are gone are left out.

        Raises CallError; with one of `gone_codes`, because one of several is gone, they are asked for one by one.
        """
        raise NotImplementedError

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        """Do it, to at most as many findings of one action as `batch_sizes` says, in one call.

        Raises CallError, then nothing was done.
        """
        raise NotImplementedError

    def await_state(self, region: Region, finding: Finding, error: CallError) -> bool:
        """Wait for the end of a passing state of the resource, if that is why `act` raised the error.

        Returns whether it was waited for: then the resource and what protects it are read again, and it is tried again.
        Raises CallError if it takes too long.
        """
        return False


@dataclass(frozen=True)
class Common:
    """The options that every policy needs."""

    exclude_tags: Mapping[str, Any]
    prices: PriceTable


@dataclass(frozen=True)
class Check:
    """A module of the sweep family: its own options, and its policies made from them.

    `permissions` are the IAM actions for a report, `enforce_permissions` those that enforcing needs on top.
    """

    name: str
    argument_spec: Mapping[str, Any]
    policies: Callable[[Mapping[str, Any], Common], Sequence[Policy]]
    permissions: Sequence[str] = ()
    enforce_permissions: Sequence[str] = ()
    facts_name: str | None = None
    #: what an operator should know once something was changed
    afterword: str | None = None
    #: where the check has work, if it isn't for `regions` to say: (account id, region)
    places: Sequence[tuple[str, str]] = ()
    #: the options that select resources: None filters nothing, and one that is empty selects nothing
    filters: Sequence[str] = ()

    @property
    def acts(self) -> bool:
        """Whether enforcing changes anything."""
        return bool(self.enforce_permissions or self.afterword)
