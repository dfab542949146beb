# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine on a made-up resource in a made-up service: which calls it makes, in which order, and when it waits."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.resource.ensure import Enforcement, Wanted, plan
from ansible_collections.sysops.aws.plugins.module_utils.resource.properties import Change
from ansible_collections.sysops.aws.plugins.module_utils.resource.resource import Goal, Move, Moves, Resource, Step
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, SweepError

SETTLED, GONE = Goal("settled", "settled"), Goal("gone", "gone")


class Kettle(Resource):
    """Its colour is for ever, its lid is said when it is made, its water only afterwards."""

    kind, service, returned_as = "Kettle", "kitchen", "kettle"
    immutable = {"Colour": "buy another one"}  # noqa: RUF012
    settled, deletable, deleted = SETTLED, Goal("deletable", "fit for deletion"), GONE
    finished = (Goal("finished", "finished"),)
    name = "k"

    def __init__(self, there: dict[str, Any] | None, **desired: Any) -> None:
        self.there, self._desired = there, desired
        self.calls: list[str] = []
        self.refused = ""

    @property
    def steps(self):
        return [Step(["Lid"], self._set("lid")), Step(["Water", "Tea"], self._set("fill"), in_create=False)]

    def _set(self, name):
        def call(region, current, changes):
            if name == self.refused:
                raise CallError("kitchen", name, "AccessDenied", "no")
            self.calls.append(f"{name} {','.join(sorted(changes))}")
            self.there |= {change.name: change.after for change in changes.values()}

        return call

    def describe(self, region):
        return None if self.there is None else dict(self.there)

    def desired(self):
        return dict(self._desired)

    def preflight(self, region, changes):
        if "Tea" in changes:
            raise SweepError("There is no tea.")

    def refuse_deletion(self, region, current):
        if current.get("Tea"):
            raise SweepError("There is tea in it.")

    def leaving(self, current):
        return current.get("Status") == "leaving"

    def unfinished(self, current):
        return current.get("Status")

    def create(self, region, desired):
        self.calls.append("create")
        self.there = {"Colour": desired["Colour"], "Lid": desired["Lid"], "Tags": desired.get("Tags", {})}

    def delete(self, region, current):
        self.calls.append("delete")
        self.there = None

    def tag(self, region, current, tags):
        self.calls.append(f"tag {','.join(sorted(tags))}")

    def untag(self, region, current, keys):
        self.calls.append(f"untag {','.join(keys)}")


class Watch:
    """Notes in the resource's own list of calls when the engine waits."""

    def __init__(self, kettle: Kettle) -> None:
        self._kettle = kettle

    def until(self, goal: Goal | None) -> None:
        if goal is None:
            return
        self._kettle.calls.append(f"wait {goal.waiter}")
        if goal is GONE:
            self._kettle.there = None


def run(kettle: Kettle, present: bool = True, tags: Any = None, purge: bool = True, wait: bool = True) -> Enforcement:
    planned = plan(kettle, None, Wanted(present, tags, purge, wait))
    assert kettle.calls == []
    work = Enforcement(kettle, None, Watch(kettle), wait)
    work.enforce(planned)
    return work


def kettle(**there: Any) -> dict[str, Any]:
    return {"Colour": "red", "Lid": True, "Water": 0, "Tags": {}, **there}


def test_what_creation_cannot_say_follows_when_the_resource_has_settled():
    made = Kettle(None, Colour="red", Lid=True, Water=1)
    work = run(made, tags={"a": "1"})
    assert made.calls == ["create", "wait settled", "wait settled", "fill Water", "wait finished"]
    assert work.done == ["created", "Water"]


def test_a_creation_that_says_all_is_one_call():
    made = Kettle(None, Colour="red", Lid=True)
    run(made, wait=False)
    assert made.calls == ["create"]


def test_each_step_is_made_only_if_it_differs_and_waits_before():
    made = Kettle(kettle(), Colour="red", Lid=False, Water=1)
    run(made)
    steps = ["wait settled", "lid Lid", "wait settled", "fill Water"]
    assert made.calls == ["wait settled", *steps, "wait finished"]
    made.calls.clear()
    run(made)
    assert made.calls == []


def test_what_settles_as_desired_is_no_change():
    made = Kettle(kettle(), Colour="red", Water=1)
    planned = plan(made, None, Wanted(True, None, True, False))
    made.there["Water"] = 1
    work = Enforcement(made, None, Watch(made), False)
    work.enforce(planned)
    assert (made.calls, planned.made(work.done).changes) == (["wait settled"], {})


def test_tags_are_set_and_unset_and_left_alone_without_any():
    made = Kettle(kettle(Tags={"a": "1", "b": "2"}), Colour="red")
    run(made, tags={"b": "3", "c": "4"}, wait=False)
    assert made.calls == ["untag a", "tag b,c"]
    made.calls.clear()
    run(made, tags=None)
    assert made.calls == []


def test_an_unfinished_resource_is_waited_for_without_a_change_unless_told_not_to():
    made = Kettle(kettle(Status="warming"), Colour="red")
    run(made)
    assert made.calls == ["wait finished"]
    made.calls.clear()
    run(made, wait=False)
    assert made.calls == []


def test_what_cannot_be_changed_and_what_is_unfit_are_refused_while_planning():
    with pytest.raises(SweepError, match=r"colour of Kettle k is red and can't be changed to blue: buy another one\."):
        run(Kettle(kettle(), Colour="blue", Lid=False))
    with pytest.raises(SweepError, match="There is no tea"):
        run(Kettle(None, Colour="red", Lid=True, Tea="green"))


def test_what_must_not_be_deleted_is_refused_in_the_plan():
    made = Kettle({**kettle(), "Tea": "green"})
    with pytest.raises(SweepError, match="There is tea in it"):
        run(made, present=False)
    assert made.calls == []


def test_absent_waits_until_it_may_delete_and_until_it_is_gone():
    made = Kettle(kettle())
    assert run(made, present=False).done == ["deleted"]
    assert made.calls == ["wait deletable", "delete", "wait gone"]
    made.calls.clear()
    assert run(made, present=False).done == []
    assert made.calls == []


def test_what_is_leaving_already_is_no_change_to_absent_and_a_creation_to_present():
    made = Kettle(kettle(Status="leaving"))
    planned = plan(made, None, Wanted(False, None, True, True))
    assert planned.changes == {}
    run(made, present=False)
    assert made.calls == ["wait gone"]
    made = Kettle(kettle(Status="leaving"), Colour="blue", Lid=True)
    run(made, wait=False)
    assert made.calls == ["wait gone", "create"]


def test_a_failure_leaves_word_of_what_was_done():
    made = Kettle(kettle(), Colour="red", Lid=False, Water=1)
    made.refused = "fill"
    planned = plan(made, None, Wanted(True, None, True, True))
    work = Enforcement(made, None, Watch(made), True)
    with pytest.raises(CallError, match="kitchen:fill answered AccessDenied"):
        work.enforce(planned)
    assert work.done == ["Lid"]


def test_the_plan_tells_what_will_be():
    there = kettle(Endpoint="e")
    planned = plan(Kettle(there, Colour="red", Lid=False), None, Wanted(True, {"a": "1"}, True, True))
    assert planned.expected() == {**there, "Lid": False, "Tags": {"a": "1"}}
    assert plan(Kettle(there), None, Wanted(False, None, True, True)).expected() == {}


def test_a_resource_that_is_there_at_once_is_not_waited_for():
    class Instant(Kettle):
        settled = deletable = deleted = None
        finished = ()

    made = Instant(None, Colour="red", Lid=True, Water=1)
    run(made)
    assert made.calls == ["create", "fill Water"]
    made.calls.clear()
    run(made, present=False)
    assert made.calls == ["delete"]


class Stove(Kettle):
    """A kettle that is taken off before its lid is changed or it is thrown away, and is put on again."""

    off, on = Goal("off", "off"), Goal("on", "on")
    refuses = ""

    def prepare(self, region):
        if self.refuses == "prepare":
            raise SweepError("There is no stove.")

    def refuse_deletion(self, region, current):
        if self.refuses == "deletion":
            raise SweepError("It is full.")

    def compare(self, current, desired):
        changes = super().compare(current, desired)
        return {name: change for name, change in changes.items() if name != "Colour"}

    def moves(self, region, current, changes):
        if self.refuses == "moves":
            raise SweepError("It is hot.")
        if current is not None and not changes and current.get("Status") == "on":
            return Moves()
        off = Move("taken off", self._move("off"), None, self.off)
        on = Move("put on", self._move("on"), Change("Status", (current or {}).get("Status"), "on"))
        return Moves([off] if current is not None else [], [on])

    def _move(self, status):
        def call(region, current):
            self.calls.append(f"{status} with lid {current['Lid']}")
            self.there["Status"] = status

        return call


def test_moves_enclose_the_changes_and_see_the_resource_as_it_then_is():
    made = Stove(kettle(Status="on"), Lid=False)
    planned = plan(made, None, Wanted(True, None, True, True))
    assert list(planned.shown) == ["Lid", "Status"]
    assert planned.expected()["Status"] == "on"
    work = run(made)
    assert work.done == ["taken off", "Lid", "put on"]
    off, change = ["wait settled", "off with lid True", "wait off"], ["wait settled", "wait settled", "lid Lid"]
    assert made.calls == [*off, *change, "wait settled", "on with lid False", "wait finished"]
    assert planned.made(work.done).shown.keys() == {"Lid", "Status"}


def test_a_move_alone_is_a_change_and_none_is_none():
    made = Stove(kettle(Status="cold"))
    assert run(made, wait=False).done == ["taken off", "put on"]
    made.calls.clear()
    assert run(made).done == []


def test_moves_follow_a_creation_and_precede_a_deletion():
    made = Stove(None, Colour="red", Lid=True)
    assert run(made, wait=False).done == ["created", "put on"]
    gone = Stove(kettle(Status="on"))
    gone._move = lambda status: lambda region, current: gone.calls.append(status)
    assert run(gone, present=False).done[0] == "taken off"
    assert gone.calls[:5] == ["wait settled", "off", "wait off", "wait deletable", "delete"]


@pytest.mark.parametrize(
    ("refuses", "present"), [("prepare", True), ("moves", True), ("moves", False), ("deletion", False)]
)
def test_what_must_not_be_is_refused_while_planning(refuses, present):
    made = Stove(kettle(), Lid=False)
    made.refuses = refuses
    with pytest.raises(SweepError):
        run(made, present=present)
    assert made.calls == []
