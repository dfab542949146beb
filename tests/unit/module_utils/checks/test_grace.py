# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an orphan is marked, when it goes and when its mark is taken away: tables of cases, no AWS."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_orphan_cleanup import ARGUMENT_SPEC, policies
from ansible_collections.sysops.aws.plugins.module_utils.checks.grace import BATCH_SIZES, Grace, marked_on
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from tests.unit.module_utils.checks.fake import NOW, Lists, finding

TAG = "sysops:orphan-since"
TODAY = NOW.date()
WEEK = Grace(7, TAG)


def concluded(value: str | None = None, grace: Grace = WEEK, **changes: Any) -> Finding:
    found = finding(tags={"Team": "x"} if value is None else {"Team": "x", TAG: value}, **changes)
    grace.conclude(found, NOW)
    return found


def guarded(value: str | None, in_use: bool) -> Finding:
    found = finding(tags={} if value is None else {TAG: value}, in_use=in_use)
    found.protect("backs AMI ami-1 (available)")
    found.protect("locked (governance)")
    WEEK.conclude(found, NOW)
    return found


@pytest.mark.parametrize(
    ("value", "due"),
    [
        # exactly due
        ("2026-11-16", "2026-11-23"),
        ("2026-11-16T23:59:59Z", "2026-11-23"),
        ("2026-11-16T00:00:00+00:00", "2026-11-23"),
        ("2026-11-16 08:15", "2026-11-23"),
        (" 2026-11-16\n", "2026-11-23"),
        # in UTC it was still that day
        ("2026-11-17T01:00:00+09:00", "2026-11-23"),
        # overdue
        ("2026-11-15", "2026-11-22"),
        ("2019-01-01", "2019-01-08"),
        ("0001-01-01", "0001-01-08"),
    ],
)
def test_an_orphan_goes_once_its_mark_is_old_enough(value, due):
    found = concluded(value)
    assert (found.status, found.action, str(found.due_date)) == ("planned", "delete", due)
    assert (found.saves, found.reason) == (True, "It is old.")


@pytest.mark.parametrize(
    ("value", "due"),
    [
        # marked today
        ("2026-11-23", "2026-11-30"),
        # one day short
        ("2026-11-17", "2026-11-24"),
        ("2026-11-17T00:00:00Z", "2026-11-24"),
        # in UTC it was the next day already
        ("2026-11-16T22:00:00-05:00", "2026-11-24"),
        # marked ahead of time: by hand, or by a controller with another clock
        ("2026-11-24", "2026-12-01"),
        ("2027-06-01", "2027-06-08"),
        ("9999-12-31", "9999-12-31"),
        ("9999-12-25", "9999-12-31"),
    ],
)
def test_an_orphan_in_its_grace_period_is_protected_and_says_until_when(value, due):
    found = concluded(value)
    assert (found.status, found.action, str(found.due_date)) == ("protected", "delete", due)
    assert found.protected_by == [f"in its grace period until {due} (tag {TAG}={value})"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "soon",
        "true",
        "2026-13-01",
        "2026-02-30",
        "16.11.2026",
        "1763337600",
        "0000-00-00",
        "<b>",
        "\u0662\u0660",
    ],
)
def test_a_mark_that_is_no_date_counts_as_of_today_and_is_told(value):
    found = concluded(value)
    # when it will be corrected, nobody knows
    assert (found.status, found.action, found.due_date) == ("protected", "delete", None)
    (why,) = found.protected_by
    assert f"{value!r}, which is not a date" in why
    assert "does not go before 2026-11-30" in why


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:00:00-05:00"])
def test_a_moment_at_the_end_of_time_is_no_date(value):
    assert marked_on(value) is None


def test_an_orphan_without_a_mark_is_marked_today():
    found = concluded()
    assert (found.status, found.action, found.due_date) == ("planned", "mark", date(2026, 11, 30))
    assert (found.reversible, found.saves) == (True, False)
    assert TAG in found.reason
    assert "2026-11-30" in found.reason
    assert WEEK.record(found) == ({"tag": TAG, "value": None}, {"tag": TAG, "value": "2026-11-23"})


@pytest.mark.parametrize("value", [None, "2026-11-23", "2000-01-01", "soon", ""])
def test_without_a_grace_period_marks_mean_nothing(value):
    found = concluded(value, Grace(0, TAG))
    assert (found.status, found.action, found.due_date, found.protected_by) == ("planned", "delete", None, [])


@pytest.mark.parametrize("value", ["2026-11-23", "2000-01-01", "soon", ""])
def test_what_is_in_use_again_loses_its_mark(value):
    found = guarded(value, in_use=True)
    assert (found.status, found.action, found.reason_code) == ("planned", "unmark", "in_use_again")
    assert (found.protected_by, found.due_date, found.reversible, found.saves) == ([], None, True, False)
    assert "backs AMI ami-1 (available); locked (governance)" in found.reason
    assert WEEK.record(found) == ({"tag": TAG, "value": value}, {"tag": TAG, "value": None})


@pytest.mark.parametrize(
    ("value", "in_use"),
    [
        # protected, which is no use: the clock goes on
        ("2000-01-01", False),
        ("soon", False),
        (None, False),
        # in use, and never marked
        (None, True),
    ],
)
def test_what_is_protected_is_left_as_it_is(value, in_use):
    found = guarded(value, in_use)
    assert (found.status, found.action, found.due_date) == ("protected", "delete", None)
    assert found.protected_by == ["backs AMI ami-1 (available)", "locked (governance)"]


def test_what_is_in_use_is_unmarked_only_where_there_is_a_grace_period():
    found = finding(tags={TAG: "2000-01-01"}, in_use=True)
    found.protect("backs AMI ami-1")
    Grace(0, TAG).conclude(found, NOW)
    assert (found.status, found.action) == ("protected", "delete")


@pytest.mark.parametrize("status", ["skipped", "failed"])
def test_what_has_been_settled_stays_settled(status):
    found = concluded("2000-01-01", status=status)
    assert (found.status, found.action, found.due_date) == (status, "delete", None)


def test_a_second_conclusion_is_the_same_as_the_first():
    """The engine asks again before it acts."""
    for made in (concluded(), guarded("2026-11-01", in_use=True)):
        row = made.to_dict()
        WEEK.conclude(made, NOW)
        assert made.to_dict() == row


def test_the_last_day_of_grace_and_the_first_without_it():
    """Seen each day at noon, a mark of the first day lets it go on the eighth."""
    for day in range(12):
        found = finding(tags={TAG: str(TODAY)})
        WEEK.conclude(found, NOW + timedelta(days=day))
        assert found.status == ("planned" if day >= 7 else "protected")


def test_marks_are_set_and_taken_away_for_many_at_once():
    marked = [finding(f"vol-{number}") for number in range(3)]
    for one in marked:
        WEEK.conclude(one, NOW)
    region = Lists()
    WEEK.act(region, marked)
    WEEK.act(region, [guarded("2026-11-01", in_use=True)])
    assert region.asked == [
        {
            "operation": "create_tags",
            "Resources": ["vol-0", "vol-1", "vol-2"],
            "Tags": [{"Key": TAG, "Value": "2026-11-23"}],
        },
        {"operation": "delete_tags", "Resources": ["vol-1"], "Tags": [{"Key": TAG}]},
    ]
    assert BATCH_SIZES == {"mark": 1000, "unmark": 1000}


@pytest.mark.parametrize("tag", ["sysops:orphan-since", " x ", "k" * 128, "Aws", "my:aws:tag"])
def test_the_tag_may_be_any_that_aws_takes(tag):
    assert Grace.of({"grace_days": 3, "grace_tag": tag}) == Grace(3, tag.strip())


@pytest.mark.parametrize("tag", ["", "  ", "k" * 129, "aws:mark", "AWS:mark", " aws:mark"])
def test_a_tag_that_aws_does_not_take_is_refused(tag):
    with pytest.raises(SweepError, match=r"^grace_tag is .*1 to 128 characters.*not begin with aws:"):
        Grace.of({"grace_days": 3, "grace_tag": tag})


@pytest.mark.parametrize("tag", ["Keep", "keep", "Owner", "DR", "velero.io/backup", "kubernetes.io/created-for/pv"])
def test_a_mark_that_would_protect_what_it_marks_is_refused(tag):
    options = {**{name: option.get("default") for name, option in ARGUMENT_SPEC.items()}, "grace_tag": tag}
    common = Common({"Keep": "true", "Own*": "*", "*": "forever"}, PriceTable({}))
    words = r"^grace_tag is .*, a tag that protects \(.*\); expected one that only marks\.$"
    with pytest.raises(SweepError, match=words):
        policies({**options, "grace_days": 14}, common)
    assert policies({**options, "grace_tag": "sysops:orphan-since", "grace_days": 14}, common)
    # without a grace period nothing is marked
    assert policies({**options, "grace_days": 0}, common)
