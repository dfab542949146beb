# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be ready before an action, watched on a made-up service: begun for all, awaited, and only then acted on."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from tests.unit.module_utils.sweep.fake import (
    NOW,
    Copied,
    FakeRegion,
    MemoryStore,
    Things,
    enforce,
    rows,
    statuses,
    sweep,
    thing,
)

DENIED = CallError("fake", "CopyThing", "UnauthorizedOperation", "no")


def events(store: MemoryStore) -> list[tuple[str, str, str]]:
    begun = {row["id"]: row["action"] for row in store.lines() if row["event"] == "begin"}
    return [(row["event"], begun[row["id"]], row["resource_id"]) for row in store.lines()]


def test_a_thing_goes_once_its_copy_is_there():
    region = FakeRegion("eu-west-1", thing("a", Team="x"))
    store = MemoryStore(region)
    run = enforce(region, policy=Copied(), stores=[store])
    assert statuses(run) == {"a": "changed"}
    assert [call for call in region.calls if call[0] != "ReadThings"][2:] == [
        # the guard's list, as it is now
        ("ListLeases", None),
        ("journal begin", "a"),
        ("CopyThing", "a"),
        ("journal changed", "a"),
        ("AwaitCopies", ("a",)),
        ("journal begin", "a"),
        ("DeleteThings", ("a",)),
        ("journal changed", "a"),
    ]
    assert events(store) == [(event, action, "a") for action in ("copy", "delete") for event in ("begin", "changed")]
    # who reads that it is gone also reads where the copy is
    first, copied, second, deleted = store.lines()
    assert [row["after"] for row in (first, copied, second, deleted)] == [{}, *[{"copy": "copy of a"}] * 3]
    assert first["before"] == second["before"] == {"tags": {"Team": "x"}}
    assert first["id"] == copied["id"] != second["id"] == deleted["id"]


def test_nothing_is_deleted_before_everything_is_begun():
    regions = [FakeRegion(name, *[thing(f"t{one:02}") for one in range(60)]) for name in ("eu-west-1", "us-east-1")]
    everything: list[tuple[str, Any]] = []
    for region in regions:
        region.calls = everything
    enforce(*regions, policy=Copied(), max_actions=1000)
    names = [name for name, _argument in everything]
    assert (names.count("CopyThing"), names.count("DeleteThings")) == (120, 120)
    last = max(place for place, name in enumerate(names) if name == "CopyThing")
    assert last < names.index("DeleteThings")
    assert last < names.index("AwaitCopies")


def test_what_needs_no_preparation_does_not_wait_for_what_does():
    class Others(Things):
        check, resource_type = "others", "fake:other"

    region = FakeRegion("eu-west-1", thing("a"))
    run = Sweep([Copied(), Others()], [region], Limit(9, 100), Selection(), NOW, 1)  # type: ignore[list-item]
    run.plan()
    run.act()
    names = [name for name, _argument in region.calls]
    assert names.index("CopyThing") < names.index("DeleteThings") < names.index("AwaitCopies")


def test_what_cannot_be_prepared_stays_and_is_failed():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    region.errors["copy a"] = DENIED
    store = MemoryStore(region)
    run = enforce(region, policy=Copied(), stores=[store])
    assert statuses(run) == {"a": "failed", "b": "changed"}
    assert rows(run)[0]["error"] == {"code": "UnauthorizedOperation", "message": "no"}
    assert set(region.things) == {"a"}
    assert [event for event in events(store) if event[2] == "a"] == [("begin", "copy", "a"), ("failed", "copy", "a")]


def test_what_does_not_become_ready_stays_and_is_failed():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    region.errors["await a"] = DENIED
    store = MemoryStore(region)
    run = enforce(region, policy=Copied(), stores=[store])
    assert statuses(run) == {"a": "failed", "b": "changed"}
    assert rows(run)[0]["error"] == {"code": "CopyFailed", "message": "The copy came to nothing."}
    assert set(region.things) == {"a"}
    # the copy is there, and the journal says so
    assert [event for event in events(store) if event[2] == "a"] == [("begin", "copy", "a"), ("changed", "copy", "a")]


@pytest.mark.parametrize(
    ("where", "code"),
    [("AwaitCopies", "UnauthorizedOperation"), ("CopyThing", "UnauthorizedOperation"), ("copy a", "ZeroDivisionError")],
)
def test_where_nobody_can_tell_whether_it_is_ready_nothing_goes(where, code):
    region, other = FakeRegion("eu-west-1", thing("a"), thing("b")), FakeRegion("us-east-1", thing("c"))
    region.errors[where] = ZeroDivisionError("surprise") if code == "ZeroDivisionError" else DENIED
    run = enforce(region, other, policy=Copied())
    assert statuses(run) == {"a": "failed", "b": "failed", "c": "changed"}
    assert {row["error"]["code"] for row in rows(run) if row["error"]} == {code}
    assert (set(region.things), set(other.things)) == ({"a", "b"}, set())


def test_what_is_gone_when_it_is_to_be_prepared_is_skipped():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    region.errors["copy a"] = CallError("fake", "CopyThing", "InvalidThing.NotFound", "gone")
    store = MemoryStore(region)
    run = enforce(region, policy=Copied(), stores=[store])
    assert statuses(run) == {"a": "skipped", "b": "changed"}
    assert ("skipped", "copy", "a") in events(store)
    assert region.calls.count(("DeleteThings", ("a",))) == 0


def test_a_preparation_without_an_answer_leaves_its_line_open_and_the_thing_alone():
    region = FakeRegion("eu-west-1", thing("a"))
    region.errors["copy a"] = CallError("fake", "CopyThing", "ReadTimeoutError", "nothing", answered=False)
    store = MemoryStore(region)
    run = enforce(region, policy=Copied(), stores=[store])
    assert (statuses(run), set(region.things)) == ({"a": "failed"}, {"a"})
    assert events(store) == [("begin", "copy", "a")]


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ({"Old": False}, "no longer qualifies"),
        ({"Tags": [{"Key": "Keep", "Value": "true"}]}, "protected now"),
        (None, "no longer exists"),
    ],
)
@pytest.mark.parametrize(("step", "copied"), [("ReadThings", 0), ("AwaitCopies", 1)])
def test_it_is_read_again_before_it_is_prepared_and_after(step, copied, now, reason):
    """Somebody changes it while the engine is about to prepare it, or waits for what it has prepared."""
    region = FakeRegion("eu-west-1", thing("a"))
    run, call = sweep(region, policy=Copied()), region.call
    run.plan()

    def meddling(operation: str, argument: Any = None) -> None:
        call(operation, argument)
        if operation == step and now is None:
            region.things.pop("a", None)
        elif operation == step:
            region.things["a"].update(now)

    region.call = meddling  # type: ignore[method-assign]
    run.act()
    run.finish()
    assert statuses(run) == {"a": "skipped"}
    assert reason in rows(run)[0]["reason"]
    assert (region.count("CopyThing"), region.count("DeleteThings")) == (copied, 0)


def test_a_journal_that_cannot_be_written_means_that_nothing_is_prepared():
    region = FakeRegion("eu-west-1", thing("a"))
    run = enforce(region, policy=Copied(), stores=[MemoryStore(region, fails=lambda row: True)])
    assert rows(run)[0]["error"]["code"] == "JournalNotWritten"
    assert (region.count("CopyThing"), region.count("AwaitCopies"), set(region.things)) == (0, 0, {"a"})


def test_a_journal_that_fills_up_in_between_leaves_what_was_prepared():
    region = FakeRegion("eu-west-1", thing("a"))
    run = enforce(
        region, policy=Copied(), stores=[MemoryStore(region, fails=lambda row: row.get("action") == "delete")]
    )
    assert rows(run)[0]["error"]["code"] == "JournalNotWritten"
    assert (region.count("CopyThing"), region.count("DeleteThings"), set(region.things)) == (1, 0, {"a"})


def test_only_actions_that_need_it_are_prepared():
    class Both(Copied):
        """Some are only looked at."""

        def decide(self, resource, scope, now):
            found = super().decide(resource, scope, now)
            if found and found.resource_id.startswith("look"):
                found.action = "look"
            return found

        def act(self, region, findings):
            if findings[0].action == "look":
                region.call("LookAt", tuple(finding.resource_id for finding in findings))
            else:
                super().act(region, findings)

    region = FakeRegion("eu-west-1", thing("a"), thing("look-1"), thing("b"))
    store = MemoryStore(region)
    run = enforce(region, policy=Both(), stores=[store])
    assert set(statuses(run).values()) == {"changed"}
    assert sorted(argument for name, argument in region.calls if name == "CopyThing") == ["a", "b"]
    assert ("LookAt", ("look-1",)) in region.calls
    assert [event for event in events(store) if event[2] == "look-1"] == [
        ("begin", "look", "look-1"),
        ("changed", "look", "look-1"),
    ]
    assert set(region.things) == {"look-1"}


def test_nothing_is_prepared_by_a_report():
    region = FakeRegion("eu-west-1", thing("a"))
    run = sweep(region, policy=Copied())
    run.plan()
    run.finish()
    assert (region.count("CopyThing"), statuses(run)) == (0, {"a": "planned"})
