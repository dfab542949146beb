# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table in the terminal."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.table import render_table


def row_of(table: str, name: str) -> list[str]:
    return next(line for line in table.splitlines() if line.startswith(name)).split()


def test_counts_of_each_check_and_the_total(summary):
    table = render_table(summary())
    assert row_of(table, "check")[:6] == ["check", "examined", "planned", "protected", "skipped", "failed"]
    for name in ("ebs_orphan_cleanup", "total"):
        assert row_of(table, name) == [name, "20", "4", "3", "2", "1", "10.00", "-", "12.30"]
    assert "Report mode: nothing was changed." in table
    assert "Without a known price, so not in the savings: 1." in table


def test_enforce_counts_what_was_changed(summary):
    savings = {"low": 5, "high": 5}
    table = render_table(summary(mode="enforce", changed=3, planned=2, estimated_monthly_savings_usd=savings))
    assert row_of(table, "total") == ["total", "20", "3", "3", "2", "1", "5.00"]
    assert "changed" in row_of(table, "check")
    assert "Planned but not carried out: 2." in table


def test_checks_that_only_report_lead_with_their_verdict_and_show_no_savings(summary):
    counts = {"examined": 47, "attention": 41, "protected": 2}
    verdict = {"check": "dms_status", "text": "41 of 47 tasks need attention"}
    table = render_table(summary(**counts, checks={"dms_status": counts}, verdicts=[verdict]))
    assert row_of(table, "check") == ["check", "examined", "attention", "protected"]
    assert row_of(table, "dms_status") == ["dms_status", "47", "41", "2"]
    assert "\n41 of 47 tasks need attention.\nReport mode: nothing was changed." in table
    assert "price" not in table.lower()


def test_every_line_is_ascii_aligned_and_fits(summary, region_error):
    region_error["message"] = "denied \x1b[31m\u202e " + "long " * 100
    tiny = {"estimated_monthly_savings_usd": {"low": 0, "high": 0.001}}
    checks = {"x\u00e9" * 40: {"examined": 10**8}, "": {}, "tiny": tiny}
    table = render_table(summary(region_errors=[region_error], checks=checks))
    lines = table.splitlines()
    assert all(len(line) <= 100 and line.isascii() and line.isprintable() for line in lines)
    assert len({len(line) for line in lines[:5]}) == 1
    assert "COULD NOT BE READ (1):" in lines
    assert "<0.01" in table


def test_a_region_error_is_one_line(summary, region_error):
    table = render_table(summary(region_errors=[region_error]))
    line = "  210987654321 eu-south-2 ec2 DescribeVolumes: UnauthorizedOperation: explicit deny <by> a policy"
    assert table.splitlines()[-1] == line


@pytest.mark.parametrize("savings", [None, {}, {"low": 1}])
def test_unknown_savings_are_not_zero(summary, savings):
    assert row_of(render_table(summary(estimated_monthly_savings_usd=savings)), "total")[-1] == "unknown"


def test_notices_are_told_below_the_counts(summary):
    assert "The plan holds 9 actions." in render_table(summary(notices=["The plan holds 9 actions."]))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"irreversible": 3}, "For good: 3 of 4 planned actions can't be undone (see reversible in the report)."),
        (
            {"irreversible": 1, "mode": "enforce", "changed": 2, "planned": 0},
            "For good: 1 of 2 changes can't be undone (see reversible in the report).",
        ),
    ],
)
def test_what_is_for_good_is_told_before_the_other_notes(summary, changes, line):
    lines = render_table(summary(notices=["The plan holds 9 actions."], **changes)).splitlines()
    assert lines.index(line) < lines.index("The plan holds 9 actions.")
    assert not any("For good" in other for other in render_table(summary()).splitlines())


def test_the_longest_note_of_what_is_for_good_fits(summary):
    table = render_table(summary(irreversible=10**7, changed=10**7, planned=10**7))
    assert max(map(len, table.splitlines())) <= 100


def test_an_undo_says_what_was_put_back_and_nothing_of_savings(undo):
    table = render_table(undo(mode="enforce", planned=0, changed=2))
    assert row_of(table, "sweep_undo") == ["sweep_undo", "3", "0", "0", "1", "0"]
    assert row_of(table, "total") == ["total", "3", "2", "0", "1", "0"]
    assert "Enforce mode: 2 put back." in table
    assert "aving" not in table
    assert "Report mode: nothing was changed." in render_table(undo())


def test_an_enforcing_run_says_how_much_it_changed(summary):
    assert "Enforce mode: 7 changed." in render_table(summary(mode="enforce", changed=7))
