# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold in any account, with any options, whatever AWS answers: random accounts on the made-up service."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sysops.aws.plugins.module_utils.sweep.entries import read_entries
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, LimitExceededError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import Plan, key_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.module_utils.sweep.fake import (
    ACCOUNT,
    NOW,
    Asked,
    Copied,
    FakeRegion,
    MemoryStore,
    Things,
    rows,
    sweep,
    thing,
)

# most of what there is goes, and most calls are answered: else most runs would have nothing to do
KINDS = ("old", "old", "old", "old", "old", "young", "kept", "leased", "shared")
DENIED = ("AccessDenied", "UnauthorizedOperation", "InternalError")
NO_ANSWER = "ReadTimeoutError"
ANSWERS = ("InvalidThing.NotFound", "ThingInUse", "UnauthorizedOperation", NO_ANSWER)
FAULTS = (None,) * 21 + (
    "ListThings",
    "ListLeases",
    "AskThing",
    "ReadThings",
    "DeleteThings",
    "CopyThing",
    "AwaitCopies",
)
NAMES = [f"old-{number}" for number in range(8)]


def made(kind: str, number: int) -> dict[str, Any]:
    if kind in ("leased", "shared"):
        return thing(kind)
    tags = {"keep": "TRUE"} if kind == "kept" else {}
    return thing(f"{kind}-{number}", old=kind != "young", **tags)


def protected(name: str) -> bool:
    return not name.startswith("old")


@st.composite
def accounts(draw: st.DrawFn) -> list[FakeRegion]:
    regions = []
    for name in ("eu-west-1", "sa-east-1", "us-east-1"):
        kinds = draw(st.lists(st.sampled_from(KINDS), min_size=draw(st.sampled_from([4, 0])), max_size=8))
        region = FakeRegion(name, *[made(kind, number) for number, kind in enumerate(kinds)])
        if fault := draw(st.sampled_from(FAULTS)):
            region.errors[fault] = CallError("fake", fault, draw(st.sampled_from(DENIED)), "no")
        for doomed in draw(st.sets(st.sampled_from(sorted(region.things) or ["none"]), max_size=2)):
            step = draw(st.sampled_from(["delete", "copy", "await", "after"]))
            # what fails after the deed has been done is the answer to it
            code = NO_ANSWER if step == "after" else draw(st.sampled_from(ANSWERS))
            error = CallError("fake", step, code, "no", draw(st.booleans()), answered=code != NO_ANSWER)
            region.errors[f"{step} {doomed}"] = error
        regions.append(region)
    return regions


@dataclass(frozen=True)
class Chosen:
    """The options of a run. `plan_every` takes each so-manieth line of an earlier report, `unwritable` are things of
    which a journal can't hold the line of that event."""

    prepares: bool
    batch_size: int
    max_actions: int
    max_actions_percent: int
    only_ids: Sequence[str]
    plan_every: int | None
    journals: int
    unwritable: Sequence[tuple[str, str]]
    workers: int
    enforce: bool

    def policy(self) -> Things:
        return (Copied if self.prepares else Things)(self.batch_size, [Asked()])

    def stores(self, regions: Sequence[FakeRegion]) -> list[MemoryStore]:
        def fails(row: dict[str, Any]) -> bool:
            return (row["event"], row["resource_id"]) in self.unwritable

        return [MemoryStore(*(regions if number == 0 else ()), fails=fails) for number in range(self.journals)]


options = st.builds(
    Chosen,
    prepares=st.booleans(),
    batch_size=st.sampled_from([1, 2, 50]),
    max_actions=st.sampled_from([1000, 1000, 1000, 1000, 2, 0]),
    max_actions_percent=st.sampled_from([100, 100, 100, 10]),
    only_ids=st.one_of(
        st.just([]), st.just([]), st.lists(st.sampled_from([*NAMES, "kept-0", "gone"]), min_size=1, max_size=6)
    ),
    plan_every=st.sampled_from([None, None, 1, 2]),
    journals=st.sampled_from([1, 1, 2, 0]),
    unwritable=st.one_of(
        st.just([]),
        st.just([]),
        st.lists(st.tuples(st.sampled_from(["begin", "changed", "failed"]), st.sampled_from(NAMES)), max_size=2),
    ),
    workers=st.sampled_from([1, 4]),
    enforce=st.sampled_from([True, True, True, True, False]),
)


@dataclass
class Watched:
    """An account, as it was before a run, and the run."""

    regions: Sequence[FakeRegion]
    chosen: Chosen
    plan: Plan | None = None
    stores: list[MemoryStore] = field(init=False)
    run: Sweep = field(init=False)
    before: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        for region in self.regions:
            region.calls.clear()
        self.stores = self.chosen.stores(self.regions)
        self.run = sweep(
            *self.regions,
            policy=self.chosen.policy(),
            max_actions=self.chosen.max_actions,
            max_actions_percent=self.chosen.max_actions_percent,
            only_ids=self.chosen.only_ids,
            plan=self.plan,
            stores=self.stores,
            workers=self.chosen.workers,
        )
        self.before = [copy.deepcopy(region.things) for region in self.regions]

    def nothing_done(self) -> bool:
        done = any(region.count(name) for region in self.regions for name in ("DeleteThings", "CopyThing"))
        written = any(store.text for store in self.stores)
        return not done and not written and [region.things for region in self.regions] == self.before


@given(regions=accounts(), chosen=options, meddled=st.lists(st.integers(0, 5), min_size=2, max_size=2))
def test_what_holds_in_any_account(regions, chosen, meddled):
    plan = planned_before(regions, chosen)
    meddle(regions[1], meddled[1])
    watched = Watched(regions, chosen, plan)
    run = watched.run
    run.plan()
    assert watched.nothing_done(), "planning changes nothing and writes no line"
    counts = dict(run.total().counts)
    try:
        run.refuse_over_limit()
    except LimitExceededError:
        run.finish()
        assert watched.nothing_done(), "over the limit nothing changes and no line is written"
        return
    assert counts["planned"] <= chosen.max_actions
    if not chosen.enforce:
        run.finish()
        assert watched.nothing_done(), "a report changes nothing and writes no line"
        assert run.total().counts == counts
        return

    meddle(regions[0], meddled[0])
    untouched = {(r.scope.region, name) for r in regions for name in r.things if is_kept(r, name)}
    run.act()
    run.finish()
    left = {(region.scope.region, name) for region in regions for name in region.things}
    assert untouched <= left, "what is protected, also what was protected after the plan, is never touched"
    assert_all_are_settled(run, counts)
    assert_only_what_was_asked_for(watched)
    for region in regions:
        assert_order(region, chosen)
    for store in watched.stores:
        assert_journal_agrees(watched, store)
    assert_converges(regions, chosen)


def planned_before(regions: Sequence[FakeRegion], chosen: Chosen) -> Plan | None:
    """Some lines of a report on the same account."""
    if chosen.plan_every is None:
        return None
    report = sweep(*regions, policy=chosen.policy(), max_actions=1000)
    report.plan()
    report.finish()
    planned = [row for row in rows(report) if row["status"] == "planned"]
    return Plan("plan", {key_of(row): row for row in planned[:: chosen.plan_every]}, frozenset({ACCOUNT}), NOW)


def assert_all_are_settled(run: Sweep, before: dict[str, int]) -> None:
    ends = Counter(row["status"] for row in rows(run))
    assert ends == Counter(run.total().counts), "what is counted is what is told"
    assert (ends["planned"], ends["protected"]) == (0, before["protected"])
    # lines of a plan and of only_ids were skipped before anything was done
    settled = ends["changed"] + ends["failed"] + ends["skipped"]
    assert settled == before["planned"] + before["skipped"], "planned is changed, skipped or failed"


def assert_only_what_was_asked_for(watched: Watched) -> None:
    done = {(region.scope.region, name) for region in watched.regions for name in region.deleted}
    if watched.chosen.only_ids:
        assert {name for _region, name in done} <= set(watched.chosen.only_ids)
    if watched.plan:
        assert done <= {(row["region"], row["resource_id"]) for row in watched.plan.rows.values()}


def assert_order(region: FakeRegion, chosen: Chosen) -> None:
    """Each deletion has its own line, and its copy, before it."""
    begun: Counter[str] = Counter()
    copied: set[str] = set()
    for name, argument in region.calls:
        if name == "journal begin":
            begun[argument] += 1
        elif name == "CopyThing":
            copied.add(argument)
            assert begun[argument] == 1 or not chosen.journals, "every copy has a line before it"
        elif name == "DeleteThings":
            lines = [begun[one] for one in argument]
            assert set(lines) == {1 + chosen.prepares} or not chosen.journals, "every deletion has a line before it"
            assert copied >= set(argument) or not chosen.prepares, "every deletion has a copy before it"
    assert all(f"copy {name}" not in region.errors or not chosen.prepares for name in region.deleted)
    assert all(f"await {name}" not in region.errors or not chosen.prepares for name in region.deleted)


def assert_journal_agrees(watched: Watched, store: MemoryStore) -> None:
    """What is gone is in the journal, and what is in the journal as done is told as done."""
    assert store.unsynced == "" or watched.run.journal.lost
    entries = {(entry.scope.region, entry.resource_id): entry.status for entry in read_entries("memory", store.text)}
    deletions = {
        (entry.scope.region, entry.resource_id): entry.status
        for entry in read_entries("memory", store.text)
        if entry.action == "delete"
    }
    gone = {(region.scope.region, name) for region in watched.regions for name in region.deleted}
    assert gone <= deletions.keys(), "what the run deleted can be put back, however it ended"
    told = {(row["region"], row["resource_id"]): row["status"] for row in rows(watched.run)}
    for key, status in deletions.items():
        assert status is None or told[key] == "changed"
    if watched.run.journal.lost is None:
        assert {key for key, status in told.items() if status == "changed"} <= {
            key for key, status in deletions.items() if status == "changed"
        }
    assert entries.keys() >= deletions.keys()


def assert_converges(regions: Sequence[FakeRegion], chosen: Chosen) -> None:
    for region in regions:
        region.errors.clear()
    unlimited = {"max_actions": 1000, "workers": chosen.workers}
    converged = sweep(*regions, policy=chosen.policy(), **unlimited)
    converged.plan()
    converged.act()
    things, store = [copy.deepcopy(region.things) for region in regions], MemoryStore(*regions)
    again = sweep(*regions, policy=chosen.policy(), stores=[store], **unlimited)
    again.plan()
    again.act()
    again.finish()
    assert {row["status"] for row in rows(again)} <= {"protected"}, "the same run twice has nothing left to do"
    assert (store.text, [region.things for region in regions]) == ("", things)


def meddle(region: FakeRegion, amount: int) -> None:
    """Somebody else tags, leases, shares, rejuvenates or removes things between plan and act."""
    for number, name in enumerate(list(region.things)[:amount]):
        if number == 0:
            region.things[name]["Tags"] = [{"Key": "Keep", "Value": "true"}]
        elif number == 1:
            region.leases.add(name)
        elif number == 2:
            region.shared.add(name)
        elif number == 3:
            region.things[name]["Old"] = False
        else:
            del region.things[name]


def is_kept(region: FakeRegion, name: str) -> bool:
    resource = region.things[name]
    listed = name in region.leases | region.shared
    return protected(name) or listed or not resource["Old"] or bool(resource["Tags"])
