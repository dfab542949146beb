# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schedule grammar in a table: what Systems Manager documents as valid, and what it would refuse."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.ssm.schedule import (
    canonical,
    check_period,
    check_schedule,
    check_time_zone,
    kind_of,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError

VALID = [
    # the examples of the page that schedule.py names
    "cron(0 10 * * ? *)",
    "cron(15 12 * * ? *)",
    "cron(0 18 ? * MON-FRI *)",
    "cron(0 8 1 * ? *)",
    "cron(0/15 * * * ? *)",
    "cron(0/10 * ? * MON-FRI *)",
    "cron(0/5 8-17 ? * MON-FRI *)",
    "cron(0 2 ? * THU#3 *)",
    "cron(15 10 ? * * *)",
    "cron(0 2 L * ? *)",
    "cron(15 10 ? * 6L *)",
    "cron(30 09 ? * * *)",
    "cron(24 30 09 ? * * *)",
    "cron(30 23 ? * TUE#3 *)",
    "cron(0 0 2 ? 1/1 THU#3 *)",
    # the rest of what its tables allow
    "cron(0 0 * * ? *)",
    "cron(59 23 31 DEC ? 2199)",
    "cron(0 4 ? JAN,MAR,5 SUN,WED 1970-2000)",
    "cron(0 4 ? * sun *)",
    "cron(0 4 ? * 1-7 *)",
    "cron(0 4 ? * FRI-MON *)",
    "cron(0 22-2 ? * * *)",
    "cron(0,30 */2 3W * ? *)",
    "cron(0 4 LW * ? *)",
    "cron(0 4 ? * L *)",
    "cron(0 4 ? * FRIL *)",
    "cron(0 4 ? * 5#1 *)",
    "cron(10-50/10 4 ? * * *)",
    "rate(1 minute)",
    "rate(30 minutes)",
    "rate(1 hour)",
    "rate(5 hours)",
    "rate(1 day)",
    "rate(25 days)",
    "at(2020-07-07T15:55:00)",
    "at(2028-02-29T00:00:00)",
]
INVALID = [
    ("", "write cron("),
    ("every sunday", "write cron("),
    ("0 2 ? * SUN *", "write cron("),
    ("cron(0 2 ? * SUN *", "write cron("),
    ("CRON(0 2 ? * SUN *)", "write cron("),
    (" cron(0 2 ? * SUN *)", "write cron("),
    ("cron(0 2 ? * SUN *) ", "write cron("),
    (f"cron({','.join(['0'] * 130)} 2 ? * SUN *)", "write cron("),
    ("cron()", "which has 0 fields"),
    ("cron(0 2 * * SUN)", "which has 5 fields"),
    ("cron(0 2 ? * SUN * * *)", "which has 8 fields"),
    ("cron(0  2 ? * SUN *)", "minutes"),
    ("cron(60 2 ? * SUN *)", "minutes '60' is not valid: it takes 0 to 59"),
    ("cron(-1 2 ? * SUN *)", "minutes '-1'"),
    ("cron(0/0 2 ? * SUN *)", "minutes '0/0'"),
    ("cron(0/ 2 ? * SUN *)", "minutes '0/'"),
    ("cron(0, 2 ? * SUN *)", "minutes '0,'"),
    ("cron(? 2 ? * SUN *)", "minutes '?'"),
    ("cron(0 24 ? * SUN *)", "hours '24' is not valid: it takes 0 to 23"),
    ("cron(0 2 0 * ? *)", "day of month '0' is not valid: it takes 1 to 31"),
    ("cron(0 2 32 * ? *)", "day of month '32'"),
    ("cron(0 2 32W * ? *)", "day of month '32W'"),
    ("cron(0 2 ? 13 SUN *)", "month '13' is not valid: it takes 1 to 12 or JAN to DEC"),
    ("cron(0 2 ? JANUARY SUN *)", "month 'JANUARY'"),
    ("cron(0 2 ? * 0 *)", "day of week '0' is not valid: it takes 1 to 7 or SUN to SAT"),
    ("cron(0 2 ? * 8 *)", "day of week '8'"),
    ("cron(0 2 ? * SUNDAY *)", "day of week 'SUNDAY'"),
    ("cron(0 2 ? * SUN#6 *)", "day of week 'SUN#6'"),
    ("cron(0 2 ? * SUN#0 *)", "day of week 'SUN#0'"),
    ("cron(0 2 ? * SUN#1,MON *)", "day of week 'SUN#1,MON'"),
    ("cron(0 2 ? * SUN 1969)", "year '1969' is not valid: it takes 1970 to 2199"),
    ("cron(0 2 ? * SUN 2200)", "year '2200'"),
    ("cron(60 0 2 ? * SUN *)", "seconds '60'"),
    ("cron(0 2 * * * *)", "one of them, and not both, has to be ?"),
    ("cron(0 2 1 * SUN *)", "one of them, and not both, has to be ?"),
    ("cron(0 2 ? * ? *)", "one of them, and not both, has to be ?"),
    ("cron(* * * * ? *)", "more often than every 5 minutes"),
    ("cron(0/4 * * * ? *)", "more often than every 5 minutes"),
    ("cron(0,58 * * * ? *)", "more often than every 5 minutes"),
    ("cron(0/10 0 2 ? * SUN *)", "more often than every 5 minutes"),
    ("rate(0 days)", "write a number and"),
    ("rate(-1 days)", "write a number and"),
    ("rate(1.5 hours)", "write a number and"),
    ("rate(7 weeks)", "write a number and"),
    ("rate(7days)", "write a number and"),
    ("rate(days)", "write a number and"),
    ("rate(1 hours)", "it has to be rate(1 hour)"),
    ("rate(5 hour)", "it has to be rate(5 hours)"),
    ("at(2020-07-07)", "write a date and time like at("),
    ("at(2020-07-07 15:55:00)", "write a date and time like at("),
    ("at(2020-07-07T15:55)", "write a date and time like at("),
    ("at(2020-07-07T15:55:00Z)", "write a date and time like at("),
    ("at(2026-02-29T15:55:00)", "write a date and time like at("),
    ("at(2020-13-07T15:55:00)", "write a date and time like at("),
]


@pytest.mark.parametrize("schedule", VALID)
def test_a_valid_schedule_is_taken(schedule):
    check_schedule(schedule)
    assert kind_of(schedule) == schedule.partition("(")[0]


@pytest.mark.parametrize(("schedule", "words"), INVALID)
def test_an_invalid_schedule_is_named_with_what_is_wrong(schedule, words):
    with pytest.raises(SweepError) as refused:
        check_schedule(schedule)
    assert repr(schedule) in str(refused.value)
    assert words in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["UTC", "America/Los_Angeles", "Europe/Berlin", "Asia/Seoul"])
def test_a_time_zone_of_iana_is_taken(name):
    check_time_zone(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("Mars/Olympus", "no IANA"),
        ("+01:00", "no IANA"),
        ("/etc", "no"),
    ],
)
def test_another_time_zone_is_named(name, words):
    with pytest.raises(SweepError, match=f"schedule_timezone is '.*{words[:2]}") as refused:
        check_time_zone(name)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-11-16", None, "start_date is '2026-11-16': write a time with its offset"),
        ("2026-11-16T15:55:00", None, "start_date is '2026-11-16T15:55:00'"),
        (None, "tomorrow", "end_date is 'tomorrow'"),
        ("2026-11-16T15:55:00Z", "2026-11-16T16:55:00+01:00", "is not after start_date"),
    ],
)
def test_a_period_that_is_none_is_named(start, end, words):
    with pytest.raises(SweepError) as refused:
        check_period({"start_date": start, "end_date": end})
    assert words in str(refused.value)


def test_dates_compare_by_meaning():
    check_period({"start_date": "2026-11-16T15:55:00Z", "end_date": "2026-11-16T16:55:01+01:00"})
    check_period({"start_date": "", "end_date": None})
    assert canonical("2026-11-16T15:55:00Z") == canonical("2026-11-16T16:55:00+01:00") == "2026-11-16T15:55:00+00:00"
    assert (canonical(None), canonical(""), canonical("no date")) == (None, None, "no date")
