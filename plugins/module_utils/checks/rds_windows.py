# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The windows of RDS, in UTC: a daily one for backups, a weekly one for maintenance. Pure: no AWS, no clock.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from ..sweep.errors import SweepError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = 7 * DAY
SHORTEST = 30
LONGEST = DAY

TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])"
DAILY = re.compile(f"{TIME}-{TIME}")
WEEKLY = re.compile(f"({'|'.join(DAYS)}):{TIME}-({'|'.join(DAYS)}):{TIME}")


@dataclass(frozen=True)
class Window:
    """`text` as RDS writes it, `start` in minutes since midnight, or since Monday's, `length` in minutes."""

    text: str
    start: int
    length: int

    def open_at(self, now: datetime) -> bool:
        """Whether a weekly window is open at that moment."""
        utc = now.astimezone(timezone.utc)
        minute = utc.weekday() * DAY + utc.hour * 60 + utc.minute
        return (minute - self.start) % WEEK < self.length


def backup_window(text: str, name: str = "backup_window") -> Window:
    """`hh:mm-hh:mm`. Raises SweepError, with the name of the option, for what RDS would refuse."""
    match = DAILY.fullmatch(text.strip())
    if not match:
        raise SweepError(f"{name} {text!r} is not a window: write hh:mm-hh:mm in UTC, such as 02:00-02:30.")
    start, end = _minutes(*match.group(1, 2)), _minutes(*match.group(3, 4))
    return _checked(name, Window(match.group(), start, (end - start) % DAY))


def maintenance_window(text: str, name: str = "maintenance_window") -> Window:
    """`ddd:hh:mm-ddd:hh:mm`. Raises SweepError, with the name of the option, for what RDS would refuse."""
    match = WEEKLY.fullmatch(text.strip().lower())
    if not match:
        raise SweepError(
            f"{name} {text!r} is not a window: write ddd:hh:mm-ddd:hh:mm in UTC, such as sun:03:00-sun:04:00."
        )
    start = DAYS.index(match[1]) * DAY + _minutes(*match.group(2, 3))
    end = DAYS.index(match[4]) * DAY + _minutes(*match.group(5, 6))
    return _checked(name, Window(match.group(), start, (end - start) % WEEK))


def _minutes(hours: str, minutes: str) -> int:
    return int(hours) * 60 + int(minutes)


def _checked(name: str, window: Window) -> Window:
    if window.length < SHORTEST:
        raise SweepError(f"{name} {window.text} is {window.length} minutes long: AWS wants {SHORTEST} or more.")
    if window.length > LONGEST:
        raise SweepError(f"{name} {window.text} is longer than a day: AWS takes 24 hours at the most.")
    return window


def overlap(backup: Window, maintenance: Window) -> bool:
    """Whether a backup of any day could run into the weekly maintenance."""
    return any(
        (maintenance.start - start) % WEEK < backup.length or (start - maintenance.start) % WEEK < maintenance.length
        for start in (day * DAY + backup.start for day in range(7))
    )


def refuse_overlap(backup: Window | None, maintenance: Window | None) -> None:
    """Raises SweepError if both are wanted and overlap."""
    if backup and maintenance and overlap(backup, maintenance):
        raise SweepError(
            f"backup_window {backup.text} and maintenance_window {maintenance.text} overlap, which RDS refuses:"
            " move one of them."
        )
