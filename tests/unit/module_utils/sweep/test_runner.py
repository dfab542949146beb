# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine, watched on a made-up service."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, LimitExceededError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import Plan
from tests.unit.module_utils.sweep.fake import (
    ACCOUNT,
    Asked,
    FakeRegion,
    Things,
    enforce,
    rows,
    statuses,
    sweep,
    thing,
)

DENIED = CallError("fake", "ListThings", "AccessDenied", "no")


def test_only_what_qualifies_and_nothing_protects_goes():
    region = FakeRegion(
        "eu-west-1", thing("old"), thing("young", old=False), thing("kept", keep="TRUE"), thing("leased")
    )
    run = enforce(region)
    assert statuses(run) == {"old": "changed", "kept": "protected", "leased": "protected"}
    assert set(region.things) == {"young", "kept", "leased"}


def test_a_protected_finding_says_by_what():
    region = FakeRegion("eu-west-1", thing("kept", keep="TRUE"), thing("leased"))
    run = enforce(region)
    assert {row["resource_id"]: row["protected_by"] for row in rows(run)} == {
        "kept": ["tag keep=TRUE"],
        "leased": ["leased"],
    }


def test_planning_changes_nothing_and_equals_what_enforcing_does():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"), thing("leased"))
    report = sweep(region)
    report.plan()
    report.finish()
    assert region.count("DeleteThings") == 0
    assert len(region.things) == 3
    planned = {name for name, status in statuses(report).items() if status == "planned"}
    run = enforce(region)
    assert planned == {name for name, status in statuses(run).items() if status == "changed"} == {"a", "b"}


def test_a_second_run_finds_nothing_to_do():
    region = FakeRegion("eu-west-1", thing("a"), thing("leased"))
    enforce(region)
    run = enforce(region)
    assert statuses(run) == {"leased": "protected"}


@pytest.mark.parametrize(("max_actions", "percent"), [(2, 100), (0, 100), (100, 59)])
def test_over_the_limit_nothing_is_done_and_all_is_told(max_actions, percent):
    things = [thing(name) for name in "abc"] + [thing("young", old=False), thing("younger", old=False)]
    region = FakeRegion("eu-west-1", *things)
    run = sweep(region, max_actions=max_actions, max_actions_percent=percent)
    run.plan()
    with pytest.raises(LimitExceededError, match="nothing was changed"):
        run.refuse_over_limit()
    run.finish()
    assert region.count("DeleteThings") == 0
    assert statuses(run) == {"a": "planned", "b": "planned", "c": "planned"}


@pytest.mark.parametrize(("max_actions", "percent"), [(3, 100), (100, 60)])
def test_at_the_limit_all_is_done(max_actions, percent):
    things = [thing(name) for name in "abc"] + [thing("young", old=False), thing("younger", old=False)]
    run = enforce(FakeRegion("eu-west-1", *things), max_actions=max_actions, max_actions_percent=percent)
    assert set(statuses(run).values()) == {"changed"}


def test_a_limit_counts_over_all_regions():
    regions = [FakeRegion(name, thing("a"), thing("b")) for name in ("eu-west-1", "us-east-1")]
    run = sweep(*regions, max_actions=3)
    run.plan()
    with pytest.raises(LimitExceededError, match="holds 4 actions"):
        run.refuse_over_limit()


def test_one_denied_region_costs_only_its_own_findings():
    good, bad = FakeRegion("eu-west-1", thing("a")), FakeRegion("us-east-1", thing("b"))
    bad.errors["ListThings"] = DENIED
    run = enforce(bad, good)
    assert statuses(run) == {"a": "changed"}
    assert [error.to_dict() for error in run.errors()] == [
        {
            "account_id": ACCOUNT,
            "region": "us-east-1",
            "service": "fake",
            "operation": "ListThings",
            "code": "AccessDenied",
            "message": "no",
        }
    ]


def test_a_resource_nobody_foresaw_stops_no_other():
    region = FakeRegion("eu-west-1", {"Surprise": 1, "Id": "x"}, thing("a"))
    run = enforce(region)
    assert statuses(run) == {"a": "changed"}
    assert [(error.operation, error.code) for error in run.errors()] == [("decide", "KeyError")]


def test_an_answer_nobody_foresaw_stops_no_other_region():
    good, bad = FakeRegion("eu-west-1", thing("a")), FakeRegion("us-east-1")
    bad.errors["ListThings"] = ZeroDivisionError("surprise")
    run = enforce(bad, good)
    assert statuses(run) == {"a": "changed"}
    assert [(error.region, error.code) for error in run.errors()] == [("us-east-1", "ZeroDivisionError")]


def test_a_list_that_refuses_as_a_whole_when_one_is_gone_is_read_one_by_one():
    class Strict(Things):
        def current(self, region, ids):
            if not set(ids) <= set(region.things):
                raise CallError("fake", "ReadThings", "ResourceNotFoundException", "one of them")
            return super().current(region, ids)

    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    run = sweep(region, policy=Strict())
    run.plan()
    del region.things["a"]
    run.act()
    run.finish()
    assert statuses(run) == {"a": "skipped", "b": "changed"}


def test_a_guard_that_cannot_be_read_protects_and_is_told_once():
    region = FakeRegion("eu-west-1", *[thing(f"t{number}") for number in range(5)])
    region.errors["ListLeases"] = CallError("fake", "ListLeases", "AccessDenied", "no")
    run = enforce(region)
    assert set(statuses(run).values()) == {"protected"}
    assert rows(run)[0]["protected_by"] == ["the list of leases could not be read (ListLeases: AccessDenied)"]
    assert [error.operation for error in run.errors()] == ["ListLeases"]
    assert len(region.things) == 5


def test_a_guard_whose_call_the_region_does_not_know_has_nothing_to_protect():
    region = FakeRegion("eu-west-1", thing("a"))
    region.errors["ListLeases"] = CallError("fake", "ListLeases", "InvalidAction", "no such action")
    run = enforce(region)
    assert statuses(run) == {"a": "changed"}
    assert run.errors() == []


def test_a_guards_list_is_fetched_once_and_only_where_a_candidate_is_left():
    many = FakeRegion("eu-west-1", *[thing(f"t{number}") for number in range(9)])
    none = FakeRegion("us-east-1", thing("young", old=False), thing("kept", Keep="true"))
    run = sweep(many, none)
    run.plan()
    assert (many.count("ListLeases"), none.count("ListLeases")) == (1, 0)


def test_what_others_removed_meanwhile_is_skipped_not_failed():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    run = sweep(region)
    run.plan()
    del region.things["a"]
    run.act()
    run.finish()
    assert statuses(run) == {"a": "skipped", "b": "changed"}
    assert "no longer exists" in rows(run)[0]["reason"]


@pytest.mark.parametrize(
    ("now", "reason"),
    [({"Old": False}, "no longer qualifies"), ({"Tags": [{"Key": "Keep", "Value": "true"}]}, "protected now: tag")],
)
def test_what_changed_between_plan_and_act_is_left_alone(now, reason):
    region = FakeRegion("eu-west-1", thing("a"))
    run = sweep(region)
    run.plan()
    region.things["a"].update(now)
    run.act()
    run.finish()
    assert statuses(run) == {"a": "skipped"}
    assert reason in rows(run)[0]["reason"]
    assert "a" in region.things


def test_what_cannot_be_read_again_is_not_touched():
    region = FakeRegion("eu-west-1", thing("a"))
    region.errors["ReadThings"] = CallError("fake", "ReadThings", "InternalError", "sorry")
    run = enforce(region)
    assert statuses(run) == {"a": "failed"}
    assert region.count("DeleteThings") == 0


def test_the_state_is_read_again_in_batches():
    region = FakeRegion("eu-west-1", *[thing(f"t{number:03}") for number in range(120)])
    enforce(region, max_actions=200)
    assert region.count("ReadThings") == 5
    assert region.count("DeleteThings") == 120


@pytest.mark.parametrize(
    ("code", "retried", "status"),
    [
        ("InvalidThing.NotFound", False, "skipped"),
        # the first attempt did it, its answer was lost
        ("InvalidThing.NotFound", True, "changed"),
        ("ThingInUse", False, "skipped"),
        ("InvalidThing.InUse", False, "skipped"),
        ("UnauthorizedOperation", False, "failed"),
    ],
)
def test_what_aws_answers_to_an_action_decides_the_status(code, retried, status):
    region = FakeRegion("eu-west-1", thing("a"), thing("b"))
    region.errors["delete a"] = CallError("fake", "DeleteThings", code, "because", retried)
    run = enforce(region)
    assert statuses(run) == {"a": status, "b": "changed"}
    if status == "failed":
        assert rows(run)[0]["error"] == {"code": code, "message": "because"}


def test_one_bad_resource_does_not_spoil_its_batch():
    region = FakeRegion("eu-west-1", *[thing(name) for name in "abc"])
    region.errors["delete b"] = CallError("fake", "DeleteThings", "UnauthorizedOperation", "no")
    run = enforce(region, policy=Things(batch_size=10))
    assert statuses(run) == {"a": "changed", "b": "failed", "c": "changed"}
    assert next(argument for name, argument in region.calls if name == "DeleteThings") == ("a", "b", "c")


def test_inspections_ask_only_about_what_would_go():
    region = FakeRegion("eu-west-1", thing("a"), thing("shared"), thing("leased"), thing("young", old=False))
    run = enforce(region, policy=Things(inspections=[Asked()]))
    assert statuses(run) == {"a": "changed", "shared": "protected", "leased": "protected"}
    assert {argument for name, argument in region.calls if name == "AskThing"} == {"a", "shared"}


def test_inspections_are_not_asked_about_a_plan_over_the_limit():
    region = FakeRegion("eu-west-1", thing("a"), thing("shared"))
    run = sweep(region, policy=Things(inspections=[Asked()]), max_actions=1)
    run.plan()
    assert region.count("AskThing") == 0
    with pytest.raises(LimitExceededError):
        run.refuse_over_limit()


def test_an_inspection_that_fails_protects():
    region = FakeRegion("eu-west-1", thing("a"))
    region.errors["AskThing"] = CallError("fake", "AskThing", "AccessDenied", "no")
    run = enforce(region, policy=Things(inspections=[Asked()]))
    assert statuses(run) == {"a": "protected"}
    assert [error.operation for error in run.errors()] == ["AskThing"]


def test_only_ids_limits_what_is_acted_on():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"), thing("leased"))
    run = enforce(region, only_ids=["b", "leased"])
    assert statuses(run) == {"a": "skipped", "b": "changed", "leased": "protected"}


def test_a_plan_limits_what_is_acted_on_to_its_own_lines():
    region, other = FakeRegion("eu-west-1", thing("a"), thing("b")), FakeRegion("us-east-1", thing("a"))
    key = ("things", ACCOUNT, "eu-west-1", "fake:thing", "a", "delete")
    enforce(region, other, plan=Plan("plan", {key: {}}, frozenset({ACCOUNT})))
    assert (set(region.things), set(other.things)) == ({"b"}, {"a"})


def test_a_check_that_only_reports_acts_on_nothing_and_still_counts_its_savings():
    policy = Things()
    policy.action = "report"
    region = FakeRegion("eu-west-1", thing("a"), thing("leased"))
    run = enforce(region, policy=policy, max_actions=0)
    assert statuses(run) == {"a": "skipped", "leased": "protected"}
    assert run.summaries()["things"].savings.to_dict() == {"low": 1.0, "high": 2.0}
    assert len(region.things) == 2


def test_the_summary_counts_each_status_and_the_savings_of_what_goes():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"), thing("leased"), thing("young", old=False))
    region.errors["delete b"] = CallError("fake", "DeleteThings", "UnauthorizedOperation", "no")
    summary = enforce(region).summaries()["things"].to_dict()
    assert summary == {
        "examined": 4,
        "planned": 0,
        "changed": 1,
        "protected": 1,
        "skipped": 0,
        "failed": 1,
        "estimated_monthly_savings_usd": {"low": 1.0, "high": 2.0},
        "unpriced": 0,
        "irreversible": 0,
        "attention": 0,
    }


def test_regions_take_turns_so_that_none_waits_for_anothers_pace():
    regions = [
        FakeRegion(name, *[thing(f"t{number:03}") for number in range(50)]) for name in ("eu-west-1", "us-east-1")
    ]
    run = sweep(*regions, max_actions=1000)
    run.workers = 1
    run.plan()
    order: list[str] = []
    for region in regions:
        region.call = lambda operation, argument=None, name=region.scope.region: (  # type: ignore[method-assign]
            order.append(name) if operation == "ReadThings" else None
        )
    run.act()
    assert order == ["eu-west-1", "us-east-1", "eu-west-1", "us-east-1"]


def test_more_findings_than_fit_in_memory_can_be_read_again_after_a_reader_stopped_early():
    region = FakeRegion("eu-west-1", *[thing(f"t{number:04}") for number in range(2000)])
    run = sweep(region)
    run.plan()
    run.finish()
    assert next(run.lines())
    assert len(statuses(run)) == 2000
