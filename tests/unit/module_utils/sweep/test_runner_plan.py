# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Enforcing a plan, the policy's last word, and what is said besides: the engine on a made-up service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, LimitExceededError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import PLANNED
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import Plan, sealed
from tests.unit.module_utils.sweep.fake import NOW, FakeRegion, Things, enforce, rows, statuses, sweep, thing

DENIED = CallError("fake", "ForeseeThings", "AccessDenied", "no")


def reported(tmp_path: Path, *regions: FakeRegion, keep: tuple[str, ...] = (), policy: Any = None) -> Plan:
    """The plan that a report leaves, or of it only some lines."""
    run = sweep(*regions, policy=policy)
    run.plan()
    run.finish()
    lines = [
        line for line in sealed(run.lines(), run.run_id, NOW) if not keep or any(f'"{one}"' in line for one in keep)
    ]
    path = tmp_path / "findings.jsonl"
    path.write_text("".join(lines))
    return Plan.read(str(path))


def reasons(run: Any) -> dict[str, str]:
    """Why each was left alone."""
    return {row["resource_id"]: row["reason"].partition("Left alone: ")[2] for row in rows(run)}


def test_of_a_report_only_what_its_lines_say_is_done(tmp_path):
    west, east = FakeRegion("eu-west-1", thing("a"), thing("b"), thing("leased")), FakeRegion("us-east-1", thing("a"))
    plan = reported(tmp_path, west, east, keep=("a", "leased"))
    east.things["b"] = thing("b")
    run = enforce(west, east, plan=plan)
    assert {(row["region"], row["resource_id"]): row["status"] for row in rows(run)} == {
        ("eu-west-1", "a"): "changed",
        ("eu-west-1", "b"): "skipped",
        ("eu-west-1", "leased"): "protected",
        ("us-east-1", "a"): "changed",
        ("us-east-1", "b"): "skipped",
    }
    assert (set(west.things), set(east.things)) == ({"b", "leased"}, {"b"})


def test_lines_that_nothing_answers_to_any_more_are_skipped_with_the_reason(tmp_path):
    west, east = FakeRegion("eu-west-1", *[thing(one) for one in "abcd"]), FakeRegion("us-east-1", thing("e"))
    plan = reported(tmp_path, west, east)
    del west.things["a"]
    west.things["b"]["Old"] = False
    west.things["c"]["Tags"] = [{"Key": "Keep", "Value": "true"}]
    west.things["new"] = thing("new")
    run = enforce(west, plan=plan)
    assert statuses(run) == {
        "a": "skipped",
        "b": "skipped",
        # found, and protected meanwhile: said once
        "c": "protected",
        "d": "changed",
        "new": "skipped",
        "e": "skipped",
    }
    why = reasons(run)
    assert (why["a"], why["b"]) == ("it no longer exists.", "it no longer qualifies.")
    assert (why["new"], why["e"]) == ("the plan does not list it.", "this run does not look there.")
    assert len(rows(run)) == 6
    assert run.total().counts == {"planned": 0, "changed": 1, "protected": 1, "skipped": 4, "failed": 0}
    assert set(east.things) == {"e"}


def test_lines_of_a_check_that_this_run_does_not_have_are_skipped(tmp_path):
    class Others(Things):
        check = "others"

    region = FakeRegion("eu-west-1", thing("a"))
    plan = reported(tmp_path, region, policy=Others())
    run = enforce(region, plan=plan)
    assert [row["reason"].partition("Left alone: ")[2] for row in rows(run)] == [
        "the plan does not list it.",
        "this run does not look there.",
    ]
    assert set(region.things) == {"a"}


def test_what_cannot_be_read_is_not_said_to_be_gone(tmp_path):
    region, other = FakeRegion("eu-west-1", thing("a")), FakeRegion("us-east-1", thing("b"))
    plan = reported(tmp_path, region, other)
    region.errors["ListThings"] = CallError("fake", "ListThings", "AccessDenied", "no")
    run = enforce(region, other, plan=plan)
    assert statuses(run) == {"a": "skipped", "b": "changed"}
    assert reasons(run)["a"] == "it could not be read."
    assert set(region.things) == {"a"}


def test_a_line_that_cannot_be_read_again_is_still_told(tmp_path):
    region = FakeRegion("eu-west-1", thing("a"))
    plan = reported(tmp_path, region)
    del region.things["a"]
    region.errors["ReadThings"] = CallError("fake", "ReadThings", "InternalError", "sorry")
    run = enforce(region, plan=plan)
    assert (statuses(run), reasons(run)) == ({"a": "skipped"}, {"a": "it could not be read."})
    assert [error.operation for error in run.errors()] == ["ReadThings"]


def test_many_lost_lines_are_read_again_in_batches(tmp_path):
    region = FakeRegion("eu-west-1", *[thing(f"t{one:03}") for one in range(100)])
    plan = reported(tmp_path, region)
    region.things.clear()
    before = region.count("ReadThings")
    run = enforce(region, plan=plan)
    assert region.count("ReadThings") - before == 4
    assert list(statuses(run).values()) == ["skipped"] * 100


def test_a_report_on_a_plan_tells_of_lost_lines_too(tmp_path):
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    plan = reported(tmp_path, region)
    del region.things["a"]
    run = sweep(region, plan=plan)
    run.plan()
    run.finish()
    assert statuses(run) == {"a": "skipped", "b": "planned"}


def test_the_same_plan_twice_does_nothing_the_second_time(tmp_path):
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    plan = reported(tmp_path, region)
    enforce(region, plan=plan)
    region.things["b"] = thing("b", Keep="true")
    again = enforce(region, plan=plan)
    assert statuses(again) == {"a": "skipped", "b": "protected"}
    assert set(region.things) == {"b"}


class Marking(Things):
    """Old things are marked first, and go once they are marked."""

    def conclude(self, finding, now):
        if finding.status == PLANNED and "Mark" not in finding.tags:
            finding.action = "mark"

    def act(self, region, findings):
        if findings[0].action == "delete":
            return super().act(region, findings)
        for finding in findings:
            region.call("MarkThing", finding.resource_id)
            region.things[finding.resource_id]["Tags"].append({"Key": "Mark", "Value": "x"})
        return None


def test_the_policy_has_the_last_word():
    region = FakeRegion(
        "eu-west-1", thing("new"), thing("marked", Mark="x"), thing("leased"), thing("kept", Keep="true")
    )
    run = enforce(region, policy=Marking())
    assert {row["resource_id"]: (row["action"], row["status"]) for row in rows(run)} == {
        "new": ("mark", "changed"),
        "marked": ("delete", "changed"),
        "leased": ("delete", "protected"),
        "kept": ("delete", "protected"),
    }
    assert statuses(enforce(region, policy=Marking())) == {"new": "changed", "leased": "protected", "kept": "protected"}
    assert set(region.things) == {"leased", "kept"}


@pytest.mark.parametrize(
    ("planned", "now", "status"),
    [
        # somebody took the mark away, and with it the leave to delete
        ({"Mark": "x"}, [], "skipped"),
        # somebody marked it meanwhile: marked is what it should become
        ({}, [{"Key": "Mark", "Value": "x"}], "skipped"),
        ({"Mark": "x"}, [{"Key": "Mark", "Value": "y"}], "changed"),
    ],
)
def test_the_last_word_is_asked_for_again_before_acting(planned, now, status):
    region = FakeRegion("eu-west-1", thing("a", **planned))
    run = sweep(region, policy=Marking())
    run.plan()
    region.things["a"]["Tags"] = now
    run.act()
    run.finish()
    assert statuses(run) == {"a": status}
    if status == "skipped":
        assert reasons(run)["a"] == "it no longer qualifies."
        assert (region.count("MarkThing"), region.count("DeleteThings")) == (0, 0)


def test_tags_that_do_not_come_with_the_resource_are_known_when_it_is_read_again():
    class Completed(Marking):
        def decide(self, resource, scope, now):
            return super().decide({**resource, "Tags": []}, scope, now)

        def complete(self, region, candidates):
            for candidate in candidates:
                candidate.finding.tags = {tag["Key"]: tag["Value"] for tag in candidate.resource["Tags"]}

    region = FakeRegion("eu-west-1", thing("a", Mark="x"), thing("kept", Keep="true"))
    run = enforce(region, policy=Completed())
    assert statuses(run) == {"a": "changed", "kept": "protected"}
    assert (region.count("MarkThing"), set(region.things)) == (0, {"kept"})


def test_a_plan_to_mark_is_no_leave_to_delete(tmp_path):
    region = FakeRegion("eu-west-1", thing("a"))
    plan = reported(tmp_path, region, policy=Marking())
    region.things["a"]["Tags"] = [{"Key": "Mark", "Value": "x"}]
    run = enforce(region, policy=Marking(), plan=plan)
    assert {(row["action"], row["status"]) for row in rows(run)} == {("delete", "skipped"), ("mark", "skipped")}
    assert set(region.things) == {"a"}


def test_what_can_no_longer_be_done_when_it_is_read_again_is_failed():
    class Checked(Things):
        def decide(self, resource, scope, now):
            found = super().decide(resource, scope, now)
            if found and resource.get("Broken"):
                found.fail("Broken", "It is broken.")
            return found

    region = FakeRegion("eu-west-1", thing("a"))
    run = sweep(region, policy=Checked())
    run.plan()
    region.things["a"]["Broken"] = True
    run.act()
    run.finish()
    assert statuses(run) == {"a": "failed"}
    assert rows(run)[0]["error"] == {"code": "Broken", "message": "It is broken."}
    assert region.count("DeleteThings") == 0


class Foreseeing(Things):
    def foresee(self, region, findings, now):
        region.call("ForeseeThings", tuple(finding.resource_id for finding in findings))
        for finding in findings:
            finding.reversible = finding.resource_id.startswith("safe")


def test_what_cannot_come_back_is_said_of_what_goes():
    region = FakeRegion("eu-west-1", thing("safe"), thing("leased"), thing("lost"), thing("kept", Keep="true"))
    run = enforce(region, policy=Foreseeing())
    assert {row["resource_id"]: row["reversible"] for row in rows(run)} == {
        "safe": True,
        "lost": False,
        "leased": None,
        "kept": None,
    }
    assert run.total().irreversible == 1
    asked = [name for operation, names in region.calls if operation == "ForeseeThings" for name in names]
    assert asked == ["safe", "lost"]
    assert run.unforeseen() == []


def test_what_cannot_be_foreseen_is_told_and_decides_nothing():
    region, other = FakeRegion("eu-west-1", thing("a")), FakeRegion("us-east-1", thing("safe"))
    region.errors["ForeseeThings"] = DENIED
    run = enforce(region, other, policy=Foreseeing())
    assert statuses(run) == {"a": "changed", "safe": "changed"}
    assert run.unforeseen() == [DENIED]
    assert run.errors() == []


def test_a_region_that_does_not_know_the_way_back_is_nothing_to_tell():
    region = FakeRegion("eu-west-1", thing("a"))
    region.errors["ForeseeThings"] = CallError("fake", "ForeseeThings", "UnsupportedOperation", "no")
    run = enforce(region, policy=Foreseeing())
    assert (statuses(run), run.unforeseen()) == ({"a": "changed"}, [])


class Explaining(Things):
    def __init__(self):
        super().__init__()
        self.explanations = [self._fail, self._explain]

    def _fail(self, region, findings):
        region.call("ExplainNothing", tuple(finding.resource_id for finding in findings))
        raise CallError("fake", "ExplainNothing", "AccessDenied", "no")

    def _explain(self, region, findings):
        region.call("ExplainThings")
        for finding in findings:
            finding.protected_by.append("explained")


def test_more_is_said_of_what_is_protected_and_what_cannot_be_said_stays_unsaid():
    region = FakeRegion("eu-west-1", thing("a"), thing("leased"), thing("kept", Keep="true"))
    run = enforce(region, policy=Explaining())
    assert {row["resource_id"]: row["protected_by"] for row in rows(run)} == {
        "a": [],
        "leased": ["leased", "explained"],
        "kept": ["tag Keep=true", "explained"],
    }
    asked = [name for operation, names in region.calls if operation == "ExplainNothing" for name in names]
    assert asked == ["leased", "kept"]
    assert (run.errors(), run.unforeseen()) == ([], [])


def test_of_a_plan_over_the_limit_no_more_is_said():
    region = FakeRegion(
        "eu-west-1", *[thing(f"t{one}") for one in range(4)], thing("leased"), thing("kept", Keep="true")
    )
    run = sweep(region, policy=Explaining(), max_actions=1)
    run.plan()
    with pytest.raises(LimitExceededError):
        run.refuse_over_limit()
    assert region.count("ExplainThings") == 0
