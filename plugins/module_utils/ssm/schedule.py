# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules of maintenance windows: cron, rate and at expressions, time zones and dates.

https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-windows-schedule-options.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ..sweep.errors import SweepError, nearest

FORMS = "write cron(minutes hours day-of-month month day-of-week year), rate(value unit) or at(yyyy-mm-ddThh:mm:ss)"
EXPRESSION = re.compile(r"(cron|rate|at)\((.*)\)")
RATE = re.compile(r"([1-9][0-9]*) (minute|hour|day)(s?)")
AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")
LONGEST = 256
# cron expressions that run more often are not supported
LEAST_MINUTES = 5
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@dataclass(frozen=True)
class CronField:
    """One field. `special` is what it takes beside numbers, names, ranges, increments and lists."""

    words: str
    least: int
    most: int
    names: Sequence[str] = ()
    special: re.Pattern[str] = field(default_factory=lambda: re.compile(r"(?!)"))

    def number(self, text: str) -> int | None:
        """The number that a number or a name stands for, or None."""
        if text.upper() in self.names:
            return self.names.index(text.upper()) + 1
        return int(text) if text.isascii() and text.isdigit() and self.least <= int(text) <= self.most else None

    def values(self, text: str) -> set[int] | None:
        """The values of one item of the list, or None where it has none that are right."""
        body, slash, increment = text.partition("/")
        step = int(increment) if increment.isascii() and increment.isdigit() else 0
        if slash and not 1 <= step <= self.most:
            return None
        first, dash, last = body.partition("-")
        start = self.least if body == "*" else self.number(first)
        # 5/10 is from 5 on, 5 alone is 5; FRI-MON goes over the end of the week
        open_ended = body == "*" or (slash and not dash)
        end = self.most if open_ended else self.number(last if dash else first)
        if start is None or end is None:
            return None
        whole = range(start, end + 1) if start <= end else [*range(start, self.most + 1), *range(self.least, end + 1)]
        return set(list(whole)[:: step or 1])

    def is_valid(self, text: str) -> bool:
        items = text.split(",")
        if len(items) == 1 and self.special.fullmatch(text.upper()):
            return True
        return all(self.values(item) is not None for item in items)


SECONDS = CronField("seconds", 0, 59)
FIELDS = (
    CronField("minutes", 0, 59),
    CronField("hours", 0, 23),
    CronField("day of month", 1, 31, special=re.compile(r"\?|L|LW|([1-9]|[12][0-9]|3[01])W")),
    CronField("month", 1, 12, MONTHS),
    CronField("day of week", 1, 7, DAYS, re.compile(rf"\?|L|([1-7]|{'|'.join(DAYS)})(L|#[1-5])")),
    CronField("year", 1970, 2199),
)


def kind_of(schedule: str) -> str:
    """`cron`, `rate`, `at`, or nothing."""
    match = EXPRESSION.fullmatch(schedule)
    return match.group(1) if match else ""


def check_schedule(schedule: str) -> None:
    """Raises SweepError for an expression that Systems Manager would refuse, or never run."""
    match = EXPRESSION.fullmatch(schedule)
    if match is None or len(schedule) > LONGEST:
        raise SweepError(f"schedule is {schedule!r}: {FORMS}.")
    kind, body = match.groups()
    {"cron": _check_cron, "rate": _check_rate, "at": _check_at}[kind](schedule, body)


def _check_rate(schedule: str, body: str) -> None:
    match = RATE.fullmatch(body)
    if match is None:
        raise SweepError(
            f"schedule is {schedule!r}: write a number and minute, minutes, hour, hours, day or days, like"
            " rate(7 days)."
        )
    value, unit, plural = match.groups()
    right = unit if value == "1" else f"{unit}s"
    if f"{unit}{plural}" != right:
        raise SweepError(f"schedule is {schedule!r}: it has to be rate({value} {right}).")


def _check_at(schedule: str, body: str) -> None:
    try:
        valid = AT.fullmatch(body) is not None and datetime.fromisoformat(body) is not None
    except ValueError:
        valid = False
    if not valid:
        raise SweepError(f"schedule is {schedule!r}: write a date and time like at(2026-11-16T15:55:00).")


def _check_cron(schedule: str, body: str) -> None:
    texts = body.split(" ")
    fields = (SECONDS, *FIELDS) if len(texts) == len(FIELDS) + 1 else FIELDS
    if len(texts) != len(fields):
        raise SweepError(
            f"schedule is {schedule!r}, which has {len(body.split())} fields: write minutes, hours, day of month,"
            " month, day of week and year, with one space between them, and seconds before them if need be."
        )
    for cron_field, text in zip(fields, texts, strict=True):
        if not cron_field.is_valid(text):
            raise SweepError(
                f"schedule is {schedule!r}, whose {cron_field.words} {text!r} is not valid: it takes"
                f" {cron_field.least} to {cron_field.most}{_names(cron_field)}."
            )
    minutes, _hours, day_of_month, _month, day_of_week, _year = texts[-len(FIELDS) :]
    if (day_of_month == "?") == (day_of_week == "?"):
        raise SweepError(
            f"schedule is {schedule!r}, whose day of month is {day_of_month} and whose day of week is {day_of_week}:"
            " one of them, and not both, has to be ?."
        )
    seconds = texts[0] if fields[0] is SECONDS else "0"
    if len(_all(SECONDS, seconds)) > 1 or _closest(_all(FIELDS[0], minutes)) < LEAST_MINUTES:
        raise SweepError(
            f"schedule is {schedule!r}, which runs more often than every {LEAST_MINUTES} minutes: Systems Manager"
            " doesn't."
        )


def _names(cron_field: CronField) -> str:
    return f" or {cron_field.names[0]} to {cron_field.names[-1]}" if cron_field.names else ""


def _all(cron_field: CronField, text: str) -> set[int]:
    return {value for item in text.split(",") for value in cron_field.values(item) or ()}


def _closest(minutes: set[int]) -> int:
    """The fewest minutes between two runs, if it runs every hour."""
    ordered = sorted(minutes)
    return min((after - before for before, after in zip(ordered, [*ordered[1:], ordered[0] + 60], strict=True)))


def check_time_zone(name: str) -> None:
    """Raises SweepError for a name that IANA doesn't know; where this machine has no list of them, for none."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if known:
            raise SweepError(
                f"schedule_timezone is {name!r}, which is no IANA time zone: write one like Europe/Berlin or UTC."
                f"{nearest(name, known)}"
            ) from None


def moment(option: str, text: str) -> datetime:
    """Of a time in ISO 8601 with its offset. Raises SweepError."""
    try:
        # Python 3.10 doesn't know Z
        found = datetime.fromisoformat(re.sub(r"[zZ]\Z", "+00:00", text))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or "T" not in text:
        raise SweepError(f"{option} is {text!r}: write a time with its offset, like 2026-11-16T15:55:00+01:00.")
    return found.astimezone(timezone.utc)


def canonical(text: str | None) -> str | None:
    """A date as AWS tells it, in UTC, so that it compares by meaning; as it is where it can't be read."""
    try:
        return moment("", text).isoformat() if text else None
    except SweepError:
        return text


def check_period(options: Mapping[str, str | None]) -> None:
    """Raises SweepError for a `start_date` or `end_date` that is none, or an end that isn't after the start."""
    given = {name: moment(name, text) for name in ("start_date", "end_date") if (text := options[name])}
    if len(given) == 2 and given["end_date"] <= given["start_date"]:
        raise SweepError(
            f"end_date {options['end_date']} is not after start_date {options['start_date']}: the window would never"
            " run."
        )
