# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what there is to what there should be: plan without a change, then enforce the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from ..sweep.errors import SweepError
from ..sweep.region import Region
from .properties import TAGS, Change, Properties, wanted_tags
from .resource import Move, Moves, Resource
from .waiting import Waiting


@dataclass(frozen=True)
class Wanted:
    """The options that all resources share. `tags` None leaves the tags alone."""

    present: bool
    tags: Mapping[str, Any] | None
    purge_tags: bool
    wait: bool


@dataclass(frozen=True)
class Plan:
    """`current` is None where there is nothing, `desired` where there should be nothing.

    `changes` are those of properties, `moves` those of the resource's state. `leaving`: an earlier resource of the same
    name is still being deleted.
    """

    current: Properties | None
    desired: Properties | None
    changes: Mapping[str, Change]
    leaving: bool = False
    moves: Moves = field(default_factory=Moves)
    warnings: Sequence[str] = ()

    @property
    def shown(self) -> Mapping[str, Change]:
        """All changes, by property."""
        return {**self.changes, **self.moves.changes}

    def made(self, done: Sequence[str]) -> Plan:
        """The plan without the changes of an existing resource that turned out not to be needed."""
        if self.current is None or self.desired is None:
            return self
        return replace(self, changes={name: change for name, change in self.changes.items() if name in done})

    def expected(self) -> Properties:
        """The properties as they will be, as far as they can be told beforehand."""
        if self.desired is None:
            return {}
        return {**(self.current or {}), **{name: change.after for name, change in self.shown.items()}}


def plan(resource: Resource, region: Region, wanted: Wanted) -> Plan:
    """Changes nothing. Raises SweepError for a change that AWS can't make and a deletion that is refused, CallError."""
    resource.prepare(region)
    current = resource.describe(region)
    leaving = current is not None and resource.leaving(current)
    if leaving:
        current = None
    if not wanted.present:
        if current is None:
            return Plan(None, None, {}, leaving)
        resource.refuse_deletion(region, current)
        gone = {name: Change(name, value, None) for name, value in current.items()}
        return Plan(current, None, gone, leaving, resource.moves(region, current, gone))
    desired = resource.desired()
    if wanted.tags is not None:
        desired[TAGS] = wanted_tags((current or {}).get(TAGS, {}), wanted.tags, wanted.purge_tags)
    changes = resource.compare(current or {}, desired)
    if current is not None:
        _refuse_immutable(resource, changes)
    resource.preflight(region, changes)
    moves = resource.moves(region, current, changes)
    return Plan(current, desired, changes, leaving, moves, resource.warnings(current))


def _refuse_immutable(resource: Resource, changes: Mapping[str, Change]) -> None:
    for name, remedy in resource.immutable.items():
        if name in changes:
            told = changes[name].to_dict()
            raise SweepError(
                f"{told['property']} of {resource.kind} {resource.name} is {told['before']} and can't be changed to"
                f" {told['after']}: {remedy}. Nothing was changed."
            )


@dataclass
class Enforcement:
    """Makes the calls of a plan. `done` names what was done, also when a later call fails."""

    resource: Resource
    region: Region
    waiting: Waiting
    wait: bool
    done: list[str] = field(default_factory=list)

    def enforce(self, plan: Plan) -> Properties | None:
        """The resource as it is then. Raises CallError, NotReachedError."""
        self._make(plan.moves.before)
        if plan.desired is None:
            self._delete(plan)
            return None
        if plan.current is None:
            self._create(plan.desired, plan.leaving)
        elif plan.changes:
            self._update(plan.current, plan.changes)
        elif not plan.moves.any and not (self.wait and self.resource.unfinished(plan.current)):
            return plan.current
        self._make(plan.moves.after)
        if self.wait:
            for goal in self.resource.finished:
                self.waiting.until(goal)
        return self.resource.describe(self.region)

    def _make(self, moves: Sequence[Move]) -> None:
        for move in moves:
            self.waiting.until(self.resource.settled)
            move.call(self.region, self.resource.describe(self.region) or {})
            self.done.append(move.done)
            self.waiting.until(move.reached)

    def _create(self, desired: Properties, leaving: bool) -> None:
        if leaving:
            self.waiting.until(self.resource.deleted)
        self.resource.create(self.region, desired)
        self.done.append("created")
        unsaid = [name for step in self.resource.steps if not step.in_create for name in step.properties]
        self._take_steps({name: desired[name] for name in unsaid if name in desired})

    def _update(self, current: Properties, changes: Mapping[str, Change]) -> None:
        self._take_steps({name: change.after for name, change in changes.items() if name != TAGS})
        if TAGS in changes:
            self._tag(current, changes[TAGS])

    def _take_steps(self, desired: Properties) -> None:
        """To what is desired from what there is when the resource has settled: it may have come nearer by itself."""
        if not desired:
            return
        self.waiting.until(self.resource.settled)
        current = self.resource.describe(self.region) or {}
        changes = self.resource.compare(current, desired)
        for step in self.resource.steps:
            touched = {name: changes[name] for name in step.properties if name in changes}
            if touched:
                self.waiting.until(self.resource.settled)
                step.call(self.region, current, touched)
                # two steps may share a property, as what is added before and removed after another
                self.done.extend(name for name in touched if name not in self.done)

    def _tag(self, current: Properties, change: Change) -> None:
        to_set, to_unset = compare_aws_tags(change.before or {}, change.after)
        if to_unset:
            self.resource.untag(self.region, current, to_unset)
        if to_set:
            self.resource.tag(self.region, current, to_set)
        self.done.append(TAGS)

    def _delete(self, plan: Plan) -> None:
        if plan.current is not None:
            self.waiting.until(self.resource.deletable)
            self.resource.delete(self.region, plan.current)
            self.done.append("deleted")
        if self.wait and (plan.current is not None or plan.leaving):
            self.waiting.until(self.resource.deleted)
