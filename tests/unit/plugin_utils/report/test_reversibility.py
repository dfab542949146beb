# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can come back and when it goes, in words."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.reversibility import (
    due_badge,
    for_good,
    undo_badge,
    undo_fact,
    undo_of,
    waits_until,
)

UNTIL = {"reversible": True, "recoverable_until": "2026-12-08"}
DUE = {"due_date": "2026-12-01"}


@pytest.mark.parametrize(
    ("changes", "undo", "badge", "fact"),
    [
        ({"reversible": False}, "for good", "for good", "no, it is for good"),
        ({"reversible": False, "status": "changed"}, "for good", "for good", "no, it is for good"),
        ({"reversible": True}, "can be undone", "can be undone", "yes"),
        (UNTIL, "can be undone", "recoverable until 2026-12-08", "yes"),
        ({"reversible": False, "status": "failed"}, None, None, "no, it is for good"),
        ({"reversible": False, "status": "protected"}, None, None, "no, it is for good"),
        ({"reversible": None}, None, None, None),
        ({}, None, None, None),
        ({"reversible": 0}, None, None, None),
        ({"reversible": "yes"}, None, None, None),
        ({**UNTIL, "recoverable_until": "<b>"}, "can be undone", "can be undone", "yes"),
    ],
)
def test_only_what_is_planned_or_done_is_for_good_or_not(finding, changes, undo, badge, fact):
    row = finding(**changes)
    assert (undo_of(row), undo_badge(row), undo_fact(row)) == (undo, badge, fact)


def test_of_a_retention_only_the_setting_can_be_undone(finding):
    row = finding(action="set_retention", reversible=True)
    assert undo_badge(row) == "setting can be undone"
    assert undo_fact(row) == "the setting, not what expires under it"


@pytest.mark.parametrize(
    ("changes", "badge", "waits"),
    [
        ({"status": "protected"}, "goes on 2026-12-01", "2026-12-01"),
        ({"action": "mark"}, "goes on 2026-12-01", None),
        ({"action": "mark", "status": "changed"}, "goes on 2026-12-01", "2026-12-01"),
        ({"action": "mark", "status": "failed"}, None, None),
        ({}, "due 2026-12-01", None),
        ({"status": "failed"}, "due 2026-12-01", None),
        ({"status": "changed"}, None, None),
        ({"status": "protected", "due_date": "soon"}, None, None),
        ({"status": "protected", "due_date": 20261201}, None, None),
    ],
)
def test_when_it_goes(finding, changes, badge, waits):
    row = finding(**{**DUE, **changes})
    assert (due_badge(row), waits_until(row)) == (badge, waits)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"irreversible": 12, "planned": 40}, "12 of 40 planned actions"),
        ({"irreversible": 1, "planned": 1}, "1 of 1 planned action"),
        ({"irreversible": 1200, "changed": 4000, "planned": 0}, "1,200 of 4,000 changes"),
        ({"irreversible": 3, "changed": 4, "planned": 5}, "3 of 9 actions, done or still planned,"),
        ({"irreversible": 0, "planned": 40}, ""),
        ({"planned": 40}, ""),
        ({"irreversible": "3", "planned": 40}, ""),
    ],
)
def test_how_much_is_for_good(counts, words):
    assert for_good(counts) == words
