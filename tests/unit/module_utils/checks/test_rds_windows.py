# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grammar of RDS's windows: what is one, and which overlap."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_windows import (
    backup_window,
    maintenance_window,
    overlap,
    refuse_overlap,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError

MONDAY = datetime(2026, 11, 23, tzinfo=timezone.utc)
TOKYO = timezone(timedelta(hours=9))


@pytest.mark.parametrize(
    ("text", "start", "length"),
    [
        ("02:00-02:30", 120, 30),
        (" 02:00-04:00 ", 120, 120),
        ("23:45-00:15", 1425, 30),
        ("00:00-23:59", 0, 1439),
    ],
)
def test_a_daily_window_may_go_past_midnight(text, start, length):
    window = backup_window(text)
    assert (window.text, window.start, window.length) == (text.strip(), start, length)


@pytest.mark.parametrize(
    ("text", "written", "start", "length"),
    [
        ("sun:03:00-sun:04:00", "sun:03:00-sun:04:00", 6 * 1440 + 180, 60),
        ("Mon:00:00-Mon:00:30", "mon:00:00-mon:00:30", 0, 30),
        ("sun:23:45-mon:00:15", "sun:23:45-mon:00:15", 10065, 30),
        ("fri:12:00-sat:12:00", "fri:12:00-sat:12:00", 4 * 1440 + 720, 1440),
    ],
)
def test_a_weekly_window_may_go_past_the_weeks_end(text, written, start, length):
    window = maintenance_window(text)
    assert (window.text, window.start, window.length) == (written, start, length)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "backup_window '' is not a window: write hh:mm-hh:mm in UTC"),
        ("2:00-2:30", "is not a window"),
        ("02:00", "is not a window"),
        ("24:00-24:30", "is not a window"),
        ("02:60-03:30", "is not a window"),
        ("02:00-02:30 UTC", "is not a window"),
        ("sun:02:00-sun:02:30", "is not a window"),
        ("02:00-02:29", "02:00-02:29 is 29 minutes long: AWS wants 30 or more"),
        ("02:00-02:00", "is 0 minutes long"),
    ],
)
def test_what_is_no_daily_window_is_refused(text, words):
    with pytest.raises(SweepError, match=words):
        backup_window(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "maintenance_window '' is not a window: write ddd:hh:mm-ddd:hh:mm in UTC"),
        ("03:00-04:00", "is not a window"),
        ("sunday:03:00-sunday:04:00", "is not a window"),
        ("son:03:00-son:04:00", "is not a window"),
        ("sun:03:00-04:00", "is not a window"),
        ("sun:25:00-sun:26:00", "is not a window"),
        ("sun:03:00-sun:03:15", "is 15 minutes long"),
        ("sun:04:00-sun:03:00", "is longer than a day"),
        ("fri:12:00-sat:12:01", "is longer than a day"),
    ],
)
def test_what_is_no_weekly_window_is_refused(text, words):
    with pytest.raises(SweepError, match=words):
        maintenance_window(text)


@pytest.mark.parametrize(
    ("backup", "maintenance", "overlaps"),
    [
        ("02:00-02:30", "sun:03:00-sun:04:00", False),
        ("02:00-02:30", "sun:02:30-sun:03:00", False),
        ("02:30-03:00", "sun:02:00-sun:02:30", False),
        ("02:00-02:31", "sun:02:30-sun:03:00", True),
        ("02:00-06:00", "sun:03:00-sun:04:00", True),
        ("03:10-03:40", "sun:02:00-sun:05:00", True),
        ("03:10-03:40", "sun:03:10-sun:03:40", True),
        # over midnight, and over the end of the week
        ("23:45-00:15", "wed:00:00-wed:00:30", True),
        ("23:45-00:15", "mon:00:00-mon:00:30", True),
        ("00:00-00:30", "sun:23:45-mon:00:15", True),
        ("00:15-00:45", "sun:23:45-mon:00:15", False),
        ("23:00-23:30", "sun:22:30-mon:00:30", True),
        ("04:00-03:00", "tue:03:00-tue:04:00", False),
    ],
)
def test_a_backup_of_any_day_must_stay_out_of_the_maintenance(backup, maintenance, overlaps):
    one, other = backup_window(backup), maintenance_window(maintenance)
    assert overlap(one, other) is overlaps
    if overlaps:
        with pytest.raises(SweepError, match=f"{backup} and maintenance_window {maintenance} overlap"):
            refuse_overlap(one, other)
    else:
        refuse_overlap(one, other)


def test_one_window_alone_overlaps_nothing():
    refuse_overlap(backup_window("02:00-02:30"), None)
    refuse_overlap(None, maintenance_window("sun:02:00-sun:02:30"))


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        (MONDAY, True),
        (MONDAY - timedelta(minutes=15), True),
        (MONDAY - timedelta(minutes=16), False),
        (MONDAY + timedelta(minutes=14), True),
        (MONDAY + timedelta(minutes=15), False),
        (MONDAY + timedelta(days=1), False),
        (MONDAY.astimezone(TOKYO), True),
    ],
)
def test_a_window_is_open_in_utc(now, is_open):
    assert maintenance_window("sun:23:45-mon:00:15").open_at(now) is is_open
