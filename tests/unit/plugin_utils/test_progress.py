# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line that says how far a sweep is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.callback.progress import is_live
from ansible_collections.sysops.aws.plugins.plugin_utils.progress import Progress


def told(at: float, step: str = "find", run: str = "a", **numbers: int) -> str:
    row: dict[str, Any] = dict.fromkeys(("regions_done", "examined", "found", "planned", "changed", "failed"), 0)
    return json.dumps({**row, "run": run, "at": at, "step": step, "regions": 17, **numbers})


def line(*lines: str) -> str:
    progress = Progress()
    for one in lines:
        progress.take(one)
    return progress.line()


def test_while_it_finds_it_says_how_many_regions_remain_and_how_fast_it_reads():
    assert line(told(100), told(102, regions_done=3, examined=4100, found=93)) == (
        "Sweep: 3/17 regions, 4,100 examined (2,050/s), 93 found, 0 changed, 0 failed; 14 regions remaining"
    )


def test_while_it_acts_it_says_how_many_actions_remain_and_for_how_long():
    found = told(100, regions_done=17, examined=5000, found=1300, planned=1300)
    numbers = {"examined": 5000, "found": 1300}
    acting = [told(110, "act", planned=1300, **numbers), told(114, "act", planned=1280, changed=20, **numbers)]
    assert line(found, *acting) == (
        "Sweep: 0/17 regions, 5,000 examined, 1,300 found, 20 changed (5.0/s), 0 failed;"
        " 1,280 actions remaining, about 4 min"
    )


def test_before_it_acts_it_says_that_it_looks_closer():
    assert line(told(1, regions_done=17, planned=7)).endswith("; looking closer at what is planned (7)")


def test_at_the_end_it_says_how_long_it_took_and_what_failed():
    last = told(190, "done", regions_done=17, examined=31, found=9, changed=7, failed=2)
    assert line(told(100), last) == ("Sweep: 17/17 regions, 31 examined, 9 found, 7 changed, 2 failed; done in 2 min")


def test_sweeps_at_the_same_time_are_added_up_and_the_next_ones_begin_anew():
    both = [told(1, run="a", examined=5), told(1, run="b", examined=6)]
    assert line(*both).startswith("Sweep: 0/34 regions, 11 examined")
    one_ends = [*both, told(2, "done", run="a", examined=5)]
    assert "done" not in line(*one_ends)
    both_end = [*one_ends, told(3, "done", run="b", examined=6)]
    assert line(*both_end).endswith("done in 2 s")
    assert line(*both_end, told(9, run="c", examined=1)).startswith("Sweep: 0/17 regions, 1 examined")


@pytest.mark.parametrize("bad", ["", "{", "[]", "null", '{"run": "a"}', told(1)[:-5], told(1).replace("17", '"x"')])
def test_what_is_no_line_of_a_sweep_is_passed_over(bad: str):
    assert line(told(1, examined=3), bad).startswith("Sweep: 0/17 regions, 3 examined")


@pytest.mark.parametrize(
    ("mode", "environment", "terminal", "live"),
    [
        ("auto", {"TERM": "xterm"}, True, True),
        ("auto", {"TERM": "xterm"}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {}, True, False),
        # ansible-runner sets it, and gives a terminal to what it starts
        ("auto", {"TERM": "xterm", "AWX_ISOLATED_DATA_DIR": "/runner/artifacts/1"}, True, False),
        ("live", {}, False, True),
        ("log", {"TERM": "xterm"}, True, False),
    ],
)
def test_a_line_is_written_over_itself_on_a_terminal_only(mode, environment, terminal, live):
    assert is_live(mode, environment, terminal) is live
