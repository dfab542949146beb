# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guards, inspections and what `complete` adds are asked for again just before acting, on a made-up service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate, ExcludedByTag, Guard
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import FRESH_SECONDS, Once
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from tests.unit.module_utils.sweep.fake import (
    Asked,
    Copied,
    FakeRegion,
    Listed,
    MemoryStore,
    Things,
    enforce,
    rows,
    statuses,
    sweep,
    thing,
)

DENIED = CallError("fake", "ListLeases", "AccessDenied", "no")


class Clock:
    """Time that passes only where a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Leased(Things):
    def __init__(self, *guards: Guard) -> None:
        super().__init__()
        self.guards = [Listed(), *guards]


class Place(FakeRegion):
    """A region on a clock of its own."""

    def __init__(self, *things: dict[str, Any], clock: Clock | None = None) -> None:
        super().__init__("eu-west-1", *things)
        self._once = Once(clock or Clock())
        #: what refuses to go, and what happens while one of these is waited for
        self.busy: set[str] = set()
        self.meanwhile: Callable[[str], object] = self.busy.discard


def planned(region: FakeRegion, policy: Things, **options: Any) -> Sweep:
    run = sweep(region, policy=policy, **options)
    run.plan()
    run.refuse_over_limit()
    return run


def acted(run: Sweep) -> dict[str, str]:
    run.act()
    run.finish()
    return statuses(run)


def test_what_a_list_protects_since_the_plan_is_left_alone():
    region = Place(thing("a"), thing("b"))
    run = planned(region, Leased())
    region.leases.add("a")
    assert acted(run) == {"a": "skipped", "b": "changed"}
    assert "Left alone: it is protected now: leased." in rows(run)[0]["reason"]
    assert "a" in region.things
    assert run.unread() == []


def test_a_list_is_read_once_more_for_all_that_is_acted_on():
    region = Place(*[thing(f"t{number:03}") for number in range(120)])
    run = planned(region, Leased(), max_actions=200)
    assert region.count("ListLeases") == 1
    assert set(acted(run).values()) == {"changed"}
    assert region.count("ListLeases") == 2


def test_a_list_is_read_only_where_something_is_acted_on():
    region = Place(thing("a"))
    run = planned(region, Leased())
    del region.things["a"]
    acted(run)
    assert region.count("ListLeases") == 1


def test_a_list_that_became_old_while_acting_is_read_again():
    clock = Clock()
    region = Place(*[thing(f"t{number:03}") for number in range(50)], clock=clock)

    class Slow(Leased):
        def act(self, place: Any, findings: Sequence[Finding]) -> None:
            super().act(place, findings)
            place.leases.add("t049")
            clock.now += 2 * FRESH_SECONDS / 50

    run = planned(region, Slow(), workers=1)
    ends = acted(run)
    assert (ends.pop("t049"), set(ends.values())) == ("skipped", {"changed"})
    assert region.count("ListLeases") == 3


def test_what_was_read_again_and_not_acted_on_in_time_is_read_again():
    clock = Clock()
    region = Place(thing("a"), thing("b"), thing("c"), thing("d"), clock=clock)
    store = MemoryStore(region)

    class Slow(Leased):
        def act(self, place: Any, findings: Sequence[Finding]) -> None:
            super().act(place, findings)
            # somebody else looks after c meanwhile, and tags d
            place.things["c"]["Old"] = False
            place.things["d"]["Tags"] = [{"Key": "Keep", "Value": "true"}]
            clock.now += FRESH_SECONDS + 1

    run = planned(region, Slow(ExcludedByTag({"Keep": "true"})), stores=[store])
    run.clock = clock
    assert acted(run) == {"a": "changed", "b": "changed", "c": "skipped", "d": "skipped"}
    assert set(region.things) == {"c", "d"}
    # each beginning has an ending, and what was begun late was begun anew
    ends = [(row["event"], row["resource_id"]) for row in store.lines()]
    assert ends == [
        *(("begin", name) for name in "abcd"),
        ("changed", "a"),
        *(("skipped", name) for name in "bcd"),
        ("begin", "b"),
        ("changed", "b"),
    ]
    assert {row["id"] for row in store.lines() if row["event"] == "begin"} == {
        row["id"] for row in store.lines() if row["event"] != "begin"
    }


def test_all_is_done_however_slow_it_is():
    clock = Clock()
    region = Place(*[thing(name) for name in "abcdef"], clock=clock)

    def slower() -> float:
        clock.now += 10 * FRESH_SECONDS
        return clock.now

    run = planned(region, Leased())
    run.clock = slower
    assert set(acted(run).values()) == {"changed"}


def test_a_list_that_cannot_be_read_again_protects_and_is_told():
    region = Place(thing("a"), thing("b"))
    run = planned(region, Leased())
    region.errors["ListLeases"] = DENIED
    assert acted(run) == {"a": "skipped", "b": "skipped"}
    assert "it is protected now: the list of leases could not be read (ListLeases: AccessDenied)" in str(rows(run))
    assert set(region.things) == {"a", "b"}
    assert [error.operation for error in run.unread()] == [error.operation for error in run.errors()] == ["ListLeases"]
    assert region.count("ListLeases") == 2


def test_what_could_not_be_read_in_the_plan_is_no_failure_of_acting():
    region = Place(thing("a"))
    region.errors["ListLeases"] = DENIED
    run = planned(region, Leased())
    acted(run)
    assert ([error.operation for error in run.errors()], run.unread()) == (["ListLeases"], [])


def test_inspections_are_asked_again_just_before_each_is_acted_on():
    region = Place(thing("a"), thing("b"), thing("c"))

    class Sharing(Things):
        def act(self, place: Any, findings: Sequence[Finding]) -> None:
            super().act(place, findings)
            place.shared.add("b")

    run = planned(region, Sharing(inspections=[Asked()]))
    assert acted(run) == {"a": "changed", "b": "skipped", "c": "changed"}
    assert "it is protected now: shared" in str(rows(run))
    calls = [call for call in region.calls if call[0] in ("AskThing", "DeleteThings")]
    assert calls[-5:] == [
        *(("AskThing", "a"), ("DeleteThings", ("a",))),
        ("AskThing", "b"),
        *(("AskThing", "c"), ("DeleteThings", ("c",))),
    ]
    assert run.unread() == []


def test_of_a_batch_only_what_the_inspection_protects_stays():
    region = Place(*[thing(name) for name in "abc"])
    run = planned(region, Things(batch_size=10, inspections=[Asked()]))
    region.shared.add("b")
    assert acted(run) == {"a": "changed", "b": "skipped", "c": "changed"}


@pytest.mark.parametrize(
    ("error", "why", "told"),
    [
        (CallError("fake", "AskThing", "AccessDenied", "no"), "protected now: sharing could not be read", ["AskThing"]),
        (CallError("fake", "AskThing", "InvalidThing.NotFound", "no"), "it no longer exists", []),
        # something else is gone
        (CallError("fake", "AskThing", "InvalidKey.NotFound", "no"), "sharing could not be read", ["AskThing"]),
    ],
)
def test_what_cannot_be_inspected_again_stays(error, why, told):
    region = Place(thing("a"))
    run = planned(region, Things(inspections=[Asked()]))
    region.errors["AskThing"] = error
    assert acted(run) == {"a": "skipped"}
    assert why in rows(run)[0]["reason"]
    assert [one.operation for one in run.unread()] == told
    assert "a" in region.things


class Labelled(Things):
    """Things whose tags another list tells, as CloudWatch Logs does it."""

    def complete(self, region: Any, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            candidate.finding.tags = region.once("labels", lambda: self._labels(region)).get(
                candidate.finding.resource_id, {}
            )

    def _labels(self, region: Any) -> dict[str, dict[str, str]]:
        region.call("ListLabels")
        return {name: {"Keep": "true"} for name in region.leases}


def test_a_tag_that_another_list_tells_protects_also_if_it_was_set_after_the_plan():
    region = Place(thing("a"), thing("b"))
    run = planned(region, Labelled())
    region.leases.add("a")
    assert acted(run) == {"a": "skipped", "b": "changed"}
    assert "it is protected now: tag Keep=true" in rows(run)[0]["reason"]
    assert region.count("ListLabels") == 2


def test_what_another_list_tells_and_cannot_be_read_again_protects():
    region = Place(thing("a"))
    run = planned(region, Labelled())
    region.errors["ListLabels"] = CallError("fake", "ListLabels", "AccessDenied", "no")
    assert acted(run) == {"a": "skipped"}
    assert "what protects it could not be read (ListLabels: AccessDenied)" in rows(run)[0]["reason"]
    assert [error.operation for error in run.unread()] == ["ListLabels"]


def test_what_nobody_foresaw_of_one_resource_when_it_is_read_again_costs_no_other():
    region = Place(thing("a"), thing("b"))
    run = planned(region, Leased())
    del region.things["a"]["Old"]
    assert acted(run) == {"a": "failed", "b": "changed"}
    assert "a" in region.things


def test_before_a_copy_is_made_and_when_it_is_there_guards_are_asked():
    region = Place(thing("a"), thing("b"), thing("c"))

    class Slow(Copied):
        def __init__(self) -> None:
            super().__init__()
            self.guards = [Listed()]

        def await_prepared(self, place: Any, findings: Sequence[Finding]) -> None:
            super().await_prepared(place, findings)
            clock.now += 3600
            place.leases.add("b")

    clock = Clock()
    region._once = Once(clock)
    run = planned(region, Slow())
    region.leases.add("a")
    assert acted(run) == {"a": "skipped", "b": "skipped", "c": "changed"}
    assert [argument for name, argument in region.calls if name == "CopyThing"] == ["b", "c"]


class Passing(Leased):
    """A thing that is busy refuses to go, until it has been waited for."""

    def act(self, place: Any, findings: Sequence[Finding]) -> None:
        if findings[0].resource_id in place.busy:
            raise CallError("fake", "DeleteThings", "ThingBusy", "It is busy.")
        super().act(place, findings)

    def await_state(self, place: Any, one: Finding, error: CallError) -> bool:
        place.call("AwaitThing", one.resource_id)
        if error.code != "ThingBusy" or one.work.waits == 2:
            return False
        one.work.waits += 1
        place.meanwhile(one.resource_id)
        return True


def test_what_was_waited_for_is_read_again_and_goes():
    region = Place(thing("a"), thing("b"))
    region.busy.add("a")
    store = MemoryStore(region)
    assert acted(planned(region, Passing(), stores=[store])) == {"a": "changed", "b": "changed"}
    events = [(row["event"], row["resource_id"]) for row in store.lines()]
    assert events[-3:] == [("skipped", "a"), ("begin", "a"), ("changed", "a")]
    assert region.count("ReadThings") == 2


def test_what_is_protected_when_it_has_been_waited_for_stays():
    region = Place(thing("a"), thing("b"))
    region.busy.add("a")
    region.meanwhile = lambda name: region.things[name].update(Tags=[{"Key": "Keep", "Value": "true"}])
    run = planned(region, Passing(ExcludedByTag({"Keep": "true"})))
    assert acted(run) == {"a": "skipped", "b": "changed"}
    assert "it is protected now: tag Keep=true" in str(rows(run))


def test_what_stays_busy_fails():
    region = Place(thing("a"), thing("b"))
    region.busy.add("a")
    region.meanwhile = str
    run = planned(region, Passing())
    assert acted(run) == {"a": "failed", "b": "changed"}
    (row,) = [row for row in rows(run) if row["resource_id"] == "a"]
    assert row["error"] == {"code": "ThingBusy", "message": "It is busy."}
    assert region.count("AwaitThing") == 3


def test_what_cannot_be_waited_for_fails():
    region = Place(thing("a"))
    region.busy.add("a")
    region.meanwhile = str
    region.errors["AwaitThing"] = CallError("fake", "DeleteThings", "ThingBusy", "It took too long.")
    run = planned(region, Passing())
    assert acted(run) == {"a": "failed"}
    assert rows(run)[0]["error"]["message"] == "It took too long."


@pytest.mark.parametrize(
    ("code", "status"),
    [("InvalidThing.NotFound", "skipped"), ("InvalidKey.NotFound", "failed"), ("KeyNotFoundFault", "failed")],
)
@pytest.mark.parametrize("step", ["copy", "delete"])
def test_only_what_says_so_of_the_thing_itself_means_that_it_is_gone(code, status, step):
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    region.errors[f"{step} a"] = CallError("fake", "DeleteThings", code, "because", retried=status == "failed")
    run = enforce(region, policy=Copied())
    assert statuses(run) == {"a": status, "b": "changed"}


Making = Callable[[], object]


def made(once: Once, key: str, make: Making = object) -> object:
    return once.get(key, make)


def test_without_a_limit_answers_are_kept():
    clock = Clock()
    once = Once(clock)
    first = made(once, "list")
    clock.now += 1e9
    assert made(once, "list") is first


def test_answers_of_before_and_old_ones_expire():
    clock = Clock()
    once = Once(clock)
    plan = made(once, "list")
    once.expire(30)
    fresh = made(once, "list")
    assert fresh is not plan
    clock.now += 30
    assert made(once, "list") is fresh
    clock.now += 1
    assert made(once, "list") is not fresh


def test_an_answer_is_as_old_as_the_oldest_that_it_was_made_of():
    clock = Clock()
    once = Once(clock)
    once.expire(30)
    inner = made(once, "list")
    clock.now += 20

    def join() -> object:
        return [made(once, "list")]

    outer = made(once, "joined", join)
    assert outer == [inner]
    clock.now += 11
    assert made(once, "joined", join) != [inner]


def test_a_list_that_takes_long_is_not_old_when_it_has_been_read():
    clock = Clock()
    once = Once(clock)
    once.expire(30)

    def slowly() -> object:
        clock.now += 90
        return object()

    assert made(once, "list", slowly) is made(once, "list", slowly)


class Named(Things):
    """Things known by a name that another account has too."""

    account = "123456789012"

    def decide(self, resource: Any, scope: Any, now: Any) -> Any:
        found = super().decide(resource, scope, now)
        if found:
            found.arn = f"arn:aws:fake:eu-west-1:{self.account}:{found.resource_id}"
        return found


def test_a_thing_of_the_same_name_in_another_account_is_left_alone():
    region, policy = Place(thing("a")), Named()
    run = planned(region, policy)
    policy.account = "210987654321"
    assert acted(run) == {"a": "skipped"}
    assert "it is another resource now" in rows(run)[0]["reason"]
    assert "a" in region.things
