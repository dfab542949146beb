# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator is told of a run."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.sysops.aws.plugins.module_utils.sweep.result import COLLECTION_VERSION, result_of
from tests.unit.module_utils.sweep.fake import FakeRegion, enforce, sweep, thing

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


def test_notices_are_warnings_and_stay_in_the_summary():
    run = sweep(FakeRegion("eu-west-1", thing("a")))
    run.plan()
    run.finish()
    told = result_of(run, [], **{**TOLD, "enforce": False, "notices": ["Careful."]})
    assert told["summary"]["notices"] == ["Careful."]
    assert told["warnings"] == ["Careful."]
    assert "msg" not in told
