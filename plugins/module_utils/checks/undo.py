# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo: each resource that a journal speaks of is found as it is now, and put back to what it was.

AWS's state is what counts, not the journal: an entry that no run of ours would have written is refused before anything
is done, and what is done to the others is done only where AWS agrees with what they say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from ..sweep.account import Account
from ..sweep.arguments import bucket_owner
from ..sweep.entries import Entry, entries_of, read_rows
from ..sweep.errors import CallError, SweepError
from ..sweep.finding import Finding
from ..sweep.journal import UNDOES
from ..sweep.policy import Check, Common, Policy
from ..sweep.region import Region, Resource, Scope
from ..sweep.signing import JournalKey
from ..sweep.stores import open_store, refuse_no_place
from . import final_snapshot
from .undo_rules import GRACE_TAG, grace_tag_of

NAME = "sweep_undo"
PUT_BACK = "put_back"
DELETE = "delete"
#: what is done for the sake of another action, and stays when that is undone
MADE_ON_THE_WAY = (final_snapshot.ACTION,)
FOUND_AGAIN = (
    "What was put back is found again by the next run of what was undone: exclude what should stay by a tag, or set"
    " grace_days."
)
#: as many as one list call is asked for
AT_ONCE = 25

#: what a run did, in words
DEEDS = {
    "delete": "deleted it",
    "set_retention": "set its retention",
    "disable_detailed_monitoring": "switched its detailed monitoring off",
    "enable_detailed_monitoring": "switched its detailed monitoring on",
    "mark": "marked it as an orphan",
    "unmark": "took its mark away",
}

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """A resource to put back to `before`, if it is still as the newest entry left it. `ids` are the entries that are
    settled then: several runs may have changed the same setting one after the other."""

    newest: Entry
    before: Facts
    ids: tuple[str, ...]

    @property
    def resource_id(self) -> str:
        return self.newest.resource_id

    @property
    def place(self) -> tuple[str, str]:
        return self.newest.scope.account_id, self.newest.scope.region

    def left(self, now: Facts) -> bool:
        """Whether this is how the newest entry left it: where it isn't known how that ended, also how it found it."""
        return now == self.newest.after or (self.newest.status is None and now == self.newest.before)


def tasks_of(entries: Sequence[Entry]) -> list[Task]:
    """One task a resource, from its newest entry back to where somebody else had changed it in between."""
    by_resource: dict[tuple[Any, ...], list[Entry]] = {}
    for entry in reversed(entries):
        key = (entry.scope.account_id, entry.scope.region, entry.resource_type, entry.resource_id)
        by_resource.setdefault(key, []).append(entry)
    return [_task(newest_first) for newest_first in by_resource.values()]


def _task(newest_first: Sequence[Entry]) -> Task:
    newest, before = newest_first[0], newest_first[0].before
    if newest.action == DELETE:
        # what comes back comes without the marks of earlier runs
        return Task(newest, before, tuple(entry.id for entry in newest_first))
    ids = [newest.id]
    for older in newest_first[1:]:
        if older.after != before:
            break
        before = older.before
        ids.append(older.id)
    return Task(newest, before, tuple(ids))


class PutBack(Policy):
    """`resource` here is `{Task, Now}`: what is to be put back, and what AWS says of it now."""

    check = NAME
    #: the IAM actions for a report, and those that putting back needs on top
    permissions: ClassVar[Sequence[str]] = ()
    enforce_permissions: ClassVar[Sequence[str]] = ()

    def __init__(self, resource_type: str, tasks: Sequence[Task], grace_tag: str = GRACE_TAG) -> None:
        self.resource_type = resource_type
        self.grace_tag = grace_tag
        self._by_place: dict[tuple[str, str], dict[str, Task]] = {}
        for task in tasks:
            self._by_place.setdefault(task.place, {})[task.resource_id] = task
        self.transition = ("as the run left it", "as it was before")

    def find(self, region: Region) -> Iterator[list[Resource]]:
        mine = list(self._mine(region.scope).values())
        for start in range(0, len(mine), AT_ONCE):
            yield list(self._read(region, mine[start : start + AT_ONCE]).values())

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        mine = self._mine(region.scope)
        return self._read(region, [mine[name] for name in ids if name in mine])

    def _mine(self, scope: Scope) -> Mapping[str, Task]:
        return self._by_place.get((scope.account_id, scope.region), {})

    def _read(self, region: Region, tasks: Sequence[Task]) -> dict[str, Resource]:
        now = self.now(region, tasks)
        return {task.resource_id: {"Task": task, "Now": now.get(task.resource_id)} for task in tasks}

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        task: Task = resource["Task"]
        entry = task.newest
        finding = Finding(
            check=self.check,
            resource_type=entry.resource_type,
            resource_id=entry.resource_id,
            arn=entry.arn,
            scope=scope,
            name=entry.name,
            reason=f"The run of {entry.at[:10]} {DEEDS.get(entry.action, entry.action)}.",
            reason_code=entry.action,
            action=PUT_BACK,
            saves_cost=False,
        )
        if entry.scope != scope:
            words = f"The journal has it in the partition {entry.scope.partition}; expected {scope.partition}."
            finding.fail("WrongPartition", words)
        else:
            self.judge(finding, task, resource["Now"])
        return finding

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        return {UNDOES: list(resource["Task"].ids), "now": resource["Now"]}, {}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        (finding,) = findings
        task = self._mine(region.scope)[finding.resource_id]
        self.put_back(region, finding, task, finding.work.before["now"])

    @classmethod
    def doubt(cls, entry: Entry) -> str | None:
        """In words, why no run of ours wrote the entry; None if one could have. Pure."""
        raise NotImplementedError

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, Any]:
        """What AWS says of the resources now, by id; in a few calls. Raises CallError."""
        raise NotImplementedError

    def judge(self, finding: Finding, task: Task, now: Any) -> None:
        """Skip the finding where nothing is to be done, fail it where nothing can be done, else say what will. Pure."""
        raise NotImplementedError

    def put_back(self, region: Region, finding: Finding, task: Task, now: Any) -> None:
        """Do it. Raises CallError."""
        raise NotImplementedError


class NoWayBack(PutBack):
    """What this collection can't undo. Whatever the entry says, nothing is done."""

    @classmethod
    def doubt(cls, entry: Entry) -> str | None:
        return None

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, Any]:
        return {}

    def judge(self, finding: Finding, task: Task, now: Any) -> None:
        what = task.newest.action.replace("_", " ")
        gone_for_good(finding, f"{what} is not undone by this collection, the journal tells what it was")


def gone_for_good(finding: Finding, why: str) -> None:
    finding.fail("NotRecoverable", f"It cannot come back: {why}.")


def by_id(region: Region, noun: str, key: str, filters: Sequence[Resource], **parameters: Any) -> dict[str, Resource]:
    """EC2's volumes or snapshots that pass some filters, by id. Raises CallError."""
    pages = region.pages("ec2", f"describe_{noun}s", key, Filters=filters, **parameters)
    return {row[f"{noun.capitalize()}Id"]: row for page in pages for row in page}


#: by resource type and action
Kinds = Mapping[tuple[str, str], type[PutBack]]


def check_of(
    parameters: Mapping[str, Any], home: Callable[[], Account], kinds: Kinds
) -> dict[str, tuple[Check, Mapping[str, Any]]]:
    """The check that puts back what the journals of `parameters` say, or of it only what `only_ids` names.

    `kinds` tells by resource type and action how. Raises SweepError for a journal that can't be read or is none, for an
    entry that no run wrote, for an id that isn't in it, and for a grace_tag that protects.
    """
    place, grace_tag = ", ".join(parameters["journal"]), grace_tag_of(parameters)
    entries = [entry for entry in _read_all(parameters, home) if entry.action not in MADE_ON_THE_WAY]
    refuse_made_up(entries, kinds, place)
    tasks = _chosen(tasks_of(entries), parameters["only_ids"], place)

    def policies(_options: Mapping[str, Any], _common: Common) -> list[Policy]:
        by_kind: dict[tuple[type[PutBack], str], list[Task]] = {}
        for task in tasks:
            kind = _kind_of(task.newest, kinds)
            by_kind.setdefault((kind, task.newest.resource_type), []).append(task)
        return [kind(resource_type, some, grace_tag) for (kind, resource_type), some in by_kind.items()]

    check = Check(
        name=NAME,
        argument_spec={},
        policies=policies,
        places=sorted({task.place for task in tasks}),
        afterword=FOUND_AGAIN,
    )
    return {NAME: (check, parameters)}


def refuse_made_up(entries: Iterable[Entry], kinds: Kinds, place: str) -> None:
    """Raises SweepError for the first entry that no run of ours wrote: then the rest is not to be trusted either."""
    for entry in entries:
        if why := _kind_of(entry, kinds).doubt(entry):
            raise SweepError(
                f"The entry {entry.id!r:.80} of the journal {place} is none that a run of this collection writes:"
                f" {why:.300}. Nothing was changed: find out who wrote it, and take its lines away if the others are"
                " right."
            )


def _kind_of(entry: Entry, kinds: Kinds) -> type[PutBack]:
    return kinds.get((entry.resource_type, entry.action), NoWayBack)


def _read_all(parameters: Mapping[str, Any], home: Callable[[], Account]) -> list[Entry]:
    key = JournalKey.of(parameters.get("journal_key"))
    owner = bucket_owner(parameters)
    if not parameters["journal"]:
        raise SweepError("journal is empty; expected a journal.jsonl of a run, or s3://bucket/prefix.")
    return entries_of(
        row for place in parameters["journal"] for row in read_rows(place, _read(place, home, owner), key)
    )


def _read(place: str, home: Callable[[], Account], owner: str | None) -> str:
    refuse_no_place(place)
    try:
        return open_store(place, home, owner).read()
    except (OSError, ValueError, CallError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise SweepError(f"The journal {place} could not be read: {why}.") from error


def _chosen(tasks: Sequence[Task], ids: Sequence[str] | None, place: str) -> list[Task]:
    wanted = set(ids or ())
    known = {name for task in tasks for name in (task.resource_id, task.newest.arn)}
    if unknown := sorted(wanted - known):
        names = ", ".join(unknown)
        raise SweepError(f"The journal {place} holds nothing to put back of {names}: nothing was changed.")
    return [task for task in tasks if ids is None or {task.resource_id, task.newest.arn} & wanted]
