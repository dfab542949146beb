# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's journal, watched on a made-up service: a line before each call and one after it, or nothing is done."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, LimitExceededError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding, tags_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Resource
from tests.unit.module_utils.sweep.fake import (
    FakeRegion,
    MemoryStore,
    Things,
    enforce,
    rows,
    statuses,
    sweep,
    thing,
)


def no_answer(operation: str = "DeleteThings") -> CallError:
    return CallError("fake", operation, "ReadTimeoutError", "nothing came back", answered=False)


def seen(region: FakeRegion) -> list[tuple[str, Any]]:
    """What was done and what was written, in order."""
    return [call for call in region.calls if call[0].startswith(("journal", "DeleteThings", "ReadThings"))]


def events(store: MemoryStore) -> list[tuple[str, str]]:
    return [(row["event"], row["resource_id"]) for row in store.lines()]


def test_a_line_is_written_before_each_action_and_one_after_it():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"), thing("leased"))
    enforce(region, stores=[MemoryStore(region)])
    assert seen(region) == [
        ("ReadThings", ("a", "b")),
        ("journal begin", "a"),
        ("journal begin", "b"),
        ("DeleteThings", ("a",)),
        ("journal changed", "a"),
        ("DeleteThings", ("b",)),
        ("journal changed", "b"),
    ]


def test_each_of_a_batch_has_its_own_end():
    region = FakeRegion("eu-west-1", *[thing(name) for name in "abc"])
    region.errors["delete b"] = CallError("fake", "DeleteThings", "UnauthorizedOperation", "no")
    store = MemoryStore(region)
    enforce(region, policy=Things(batch_size=10), stores=[store])
    assert [call for call in seen(region) if call[0] == "DeleteThings"] == [
        ("DeleteThings", names) for names in (("a", "b", "c"), ("a",), ("b",), ("c",))
    ]
    assert events(store) == [
        *[("begin", name) for name in "abc"],
        *(("changed", "a"), ("failed", "b"), ("changed", "c")),
    ]
    assert store.lines()[4]["error"] == {"code": "UnauthorizedOperation", "message": "no"}


def test_what_is_not_to_be_done_is_not_written():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"), thing("c"), thing("kept", keep="true"), thing("leased"))
    store = MemoryStore(region)
    run = sweep(region, stores=[store], only_ids=["a", "b", "kept"])
    run.plan()
    del region.things["a"]
    region.things["b"]["Old"] = False
    run.act()
    run.finish()
    assert store.text == ""
    assert region.count("DeleteThings") == 0


@pytest.mark.parametrize(
    ("code", "retried", "end"),
    [
        ("InvalidThing.NotFound", False, "skipped"),
        ("InvalidThing.NotFound", True, "changed"),
        ("ThingInUse", False, "skipped"),
        ("UnauthorizedOperation", False, "failed"),
    ],
)
def test_the_end_says_what_aws_answered(code, retried, end):
    region = FakeRegion("eu-west-1", thing("a"))
    region.errors["delete a"] = CallError("fake", "DeleteThings", code, "because", retried)
    store = MemoryStore(region)
    run = enforce(region, stores=[store])
    assert statuses(run) == {"a": end}
    assert events(store) == [("begin", "a"), (end, "a")]


@pytest.mark.parametrize("enforcing", [False, True])
def test_a_report_and_a_plan_over_the_limit_write_nothing(enforcing):
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    store = MemoryStore(region)
    run = sweep(region, stores=[store], max_actions=1 if enforcing else 100)
    run.plan()
    if enforcing:
        with pytest.raises(LimitExceededError):
            run.refuse_over_limit()
    run.finish()
    assert store.text == ""
    assert set(statuses(run).values()) == {"planned"}


def test_a_journal_that_cannot_be_written_means_that_nothing_is_done():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    run = enforce(region, stores=[MemoryStore(region, fails=lambda row: row["event"] == "begin")])
    assert region.count("DeleteThings") == 0
    assert set(region.things) == {"a", "b"}
    assert statuses(run) == {"a": "failed", "b": "failed"}
    for row in rows(run):
        assert row["error"]["code"] == "JournalNotWritten"
        assert "The journal memory could not be written: No space left on device" in row["error"]["message"]
    assert run.errors() == []


def test_one_of_two_places_that_cannot_be_written_means_that_nothing_is_done():
    region = FakeRegion("eu-west-1", thing("a"))
    stores = [MemoryStore(region), MemoryStore(fails=lambda row: row["event"] == "begin")]
    run = enforce(region, stores=stores)
    assert (statuses(run), set(region.things)) == ({"a": "failed"}, {"a"})


def test_what_cannot_be_written_of_one_region_stops_no_other():
    west, east = FakeRegion("eu-west-1", thing("a")), FakeRegion("us-east-1", thing("b"))
    store = MemoryStore(west, east, fails=lambda row: row.get("region") == "eu-west-1")
    run = enforce(west, east, stores=[store])
    assert statuses(run) == {"a": "failed", "b": "changed"}
    assert events(store) == [("begin", "b"), ("changed", "b")]


def test_an_end_that_cannot_be_written_is_told_and_done_all_the_same():
    region = FakeRegion("eu-west-1", thing("a"))
    run = enforce(region, stores=[MemoryStore(region, fails=lambda row: row["event"] != "begin")])
    assert statuses(run) == {"a": "changed"}
    assert run.journal.lost is not None
    assert "could not be written" in run.journal.lost


def test_a_call_without_an_answer_leaves_its_line_open():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    region.errors["delete a"] = no_answer()
    store = MemoryStore(region)
    run = enforce(region, stores=[store])
    assert statuses(run) == {"a": "failed", "b": "changed"}
    assert events(store) == [("begin", "a"), ("begin", "b"), ("changed", "b")]
    assert run.journal.lost is None


def test_a_batch_that_was_done_without_an_answer_is_known_to_be_done_when_it_is_asked_for_again():
    region = FakeRegion("eu-west-1", *[thing(name) for name in "abc"])
    region.errors["after b"] = no_answer()
    store = MemoryStore(region)
    run = enforce(region, policy=Things(batch_size=10), stores=[store])
    assert set(statuses(run).values()) == {"changed"}
    assert sorted(events(store)[3:]) == [("changed", name) for name in "abc"]


def test_what_nobody_foresaw_leaves_its_line_open():
    region = FakeRegion("eu-west-1", thing("a"))
    region.errors["delete a"] = ZeroDivisionError("surprise")
    store = MemoryStore(region)
    run = enforce(region, stores=[store])
    assert statuses(run) == {"a": "failed"}
    assert events(store) == [("begin", "a")]


def test_all_that_ended_is_safe_when_the_run_ends():
    regions = [FakeRegion(name, *[thing(f"t{one:02}") for one in range(60)]) for name in ("eu-west-1", "us-east-1")]
    store = MemoryStore(*regions)
    enforce(*regions, stores=[store], max_actions=1000)
    assert store.unsynced == ""
    assert sum(event == "begin" for event, _name in events(store)) == 120
    assert sum(event == "changed" for event, _name in events(store)) == 120


def test_the_lines_of_two_runs_can_be_told_apart():
    region, store = FakeRegion("eu-west-1", thing("a")), MemoryStore()
    first = enforce(region, stores=[store])
    region.things["a"] = thing("a")
    second = enforce(region, stores=[store])
    assert [row["run"] for row in store.lines()] == [first.run_id] * 2 + [second.run_id] * 2
    assert len({row["id"] for row in store.lines()}) == 2


class Recorded(Things):
    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"tags": tags_of(resource)}, {"tags": {}}


def test_what_is_written_is_how_it_was_right_before_and_not_when_it_was_planned():
    region = FakeRegion("eu-west-1", thing("a", Team="old"))
    store = MemoryStore(region)
    run = sweep(region, policy=Recorded(), stores=[store])
    run.plan()
    region.things["a"]["Tags"] = [{"Key": "Team", "Value": "new"}]
    run.act()
    begin, end = store.lines()
    assert (begin["before"], begin["after"]) == ({"tags": {"Team": "new"}}, {"tags": {}})
    assert end["after"] == {"tags": {}}
