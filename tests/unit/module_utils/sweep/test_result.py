# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator is told of a run."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import Plan
from ansible_collections.sysops.aws.plugins.module_utils.sweep.result import COLLECTION_VERSION, result_of
from tests.unit.module_utils.sweep.fake import ACCOUNT, FakeRegion, Things, enforce, sweep, thing

ROOT = Path(__file__).resolve().parents[4]
TOLD = {
    "errors": [],
    "failure": None,
    "notices": [],
    "enforce": True,
    "seconds": 1.0,
    "truncate": False,
    "with_diff": False,
}


def test_the_report_names_the_version_of_the_collection():
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == COLLECTION_VERSION


def test_with_a_findings_file_the_first_200_findings_are_returned():
    run = enforce(FakeRegion("eu-west-1", *[thing(f"t{number:03}") for number in range(201)]), max_actions=300)
    told = result_of(run, [], **{**TOLD, "truncate": True})
    assert (len(told["findings"]), told["findings_truncated"]) == (200, True)
    whole = result_of(run, [], **TOLD)
    assert (len(whole["findings"]), whole["findings_truncated"]) == (201, False)


def test_a_report_is_changed_if_enforcing_would_change_something():
    run = sweep(FakeRegion("eu-west-1", thing("a"), thing("leased")))
    run.plan()
    run.finish()
    assert result_of(run, [], **{**TOLD, "enforce": False})["changed"] is True
    nothing = sweep(FakeRegion("eu-west-1", thing("leased")))
    nothing.plan()
    nothing.finish()
    assert result_of(nothing, [], **{**TOLD, "enforce": False})["changed"] is False


def test_a_run_in_which_something_failed_says_how_much_and_names_the_first():
    region = FakeRegion("eu-west-1", thing("a"), thing("b"), thing("c"), thing("leased"))
    region.errors["delete b"] = CallError("fake", "DeleteThings", "UnauthorizedOperation", "You may not.")
    told = result_of(enforce(region), [], **TOLD)
    assert told["changed"] is True
    assert told["msg"].startswith("1 of 3 actions failed")
    assert [word for word in ("b", "UnauthorizedOperation", "You may not.") if word not in told["msg"]] == []
    # whatever ended the run is told before what became of its parts
    assert (
        result_of(enforce(region), [], **{**TOLD, "failure": "The journal is lost."})["msg"] == "The journal is lost."
    )


def test_lines_of_a_plan_that_came_to_nothing_are_counted_and_returned():
    region = FakeRegion("eu-west-1", thing("a"))
    key = ("things", ACCOUNT, "us-east-1", "fake:thing", "far", "delete")
    row = {"check": "things", "account_id": ACCOUNT, "region": "us-east-1", "resource_type": "fake:thing", "name": ""}
    row |= {"resource_id": "far", "arn": "arn:aws:fake", "action": "delete", "reason": "It is old."}
    told = result_of(enforce(region, plan=Plan("plan", {key: row}, frozenset({ACCOUNT}))), [], **TOLD)
    assert {row["resource_id"]: row["status"] for row in told["findings"]} == {"a": "skipped", "far": "skipped"}
    assert (told["summary"]["skipped"], told["findings_truncated"], told["changed"]) == (2, False, False)


def test_the_summary_counts_what_has_gone_for_good():
    class Lost(Things):
        def foresee(self, region, findings, now):
            for finding in findings:
                finding.reversible = False

    run = enforce(FakeRegion("eu-west-1", thing("a"), thing("b"), thing("leased")), policy=Lost())
    summary = result_of(run, [], **TOLD)["summary"]
    assert (summary["irreversible"], summary["checks"]["things"]["irreversible"]) == (2, 2)


def test_notices_are_warnings_and_stay_in_the_summary():
    run = sweep(FakeRegion("eu-west-1", thing("a")))
    run.plan()
    run.finish()
    told = result_of(run, [], **{**TOLD, "enforce": False, "notices": ["Careful."]})
    assert told["summary"]["notices"] == ["Careful."]
    assert told["warnings"] == ["Careful."]
    assert "msg" not in told
