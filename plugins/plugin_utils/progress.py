# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What sweeps tell of their progress, as one line for a person. The lines' shape: module_utils/sweep/progress.py."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any

FIND, ACT, DONE = "find", "act", "done"
#: over how many seconds a rate is taken
RATE_SECONDS = 5.0


@dataclass(frozen=True)
class Sample:
    """Where one sweep was at one moment, or several of them together. `at` is in seconds since the epoch."""

    at: float = 0.0
    step: str = DONE
    regions: int = 0
    regions_done: int = 0
    examined: int = 0
    found: int = 0
    planned: int = 0
    changed: int = 0
    failed: int = 0

    def __add__(self, other: Sample) -> Sample:
        numbers = {name: getattr(self, name) + getattr(other, name) for name in _NUMBERS}
        step = next(step for step in (FIND, ACT, DONE) if step in (self.step, other.step))
        return Sample(max(self.at, other.at), step, **numbers)


_NUMBERS = [one.name for one in fields(Sample) if one.name not in ("at", "step")]


@dataclass
class Progress:
    """Everything that sweeps of one playbook have told. Those that work at the same time are added up."""

    runs: dict[str, Sample] = field(default_factory=dict)
    _recent: deque[Sample] = field(default_factory=deque)
    _began: float = 0.0

    def take(self, line: str) -> None:
        """One line of the file. What isn't one is passed over."""
        read = _read(line)
        if read is None:
            return
        run, sample = read
        if not self.runs or self.done:
            self.runs, self._recent, self._began = {}, deque(), sample.at
        self.runs[run] = sample
        whole = self.whole
        # a rate is of one step: finding tells nothing of how fast acting is
        while self._recent and (self._recent[0].at < whole.at - RATE_SECONDS or self._recent[0].step != whole.step):
            self._recent.popleft()
        self._recent.append(whole)

    @property
    def whole(self) -> Sample:
        return sum(self.runs.values(), Sample())

    @property
    def done(self) -> bool:
        return bool(self.runs) and all(sample.step == DONE for sample in self.runs.values())

    def line(self) -> str:
        """As `Sweep: 3/17 regions, 410 examined (205/s), 93 found, 0 changed, 0 failed; 14 regions remaining`."""
        now = self.whole
        rates = dict.fromkeys(("examined", "changed"), "")
        if (name := {FIND: "examined", ACT: "changed"}.get(now.step)) and (rate := self._rate(name)):
            rates[name] = f" ({rate:,.0f}/s)" if rate >= 10 else f" ({rate:.1f}/s)"
        return (
            f"Sweep: {now.regions_done}/{now.regions} regions, {now.examined:,} examined{rates['examined']},"
            f" {now.found:,} found, {now.changed:,} changed{rates['changed']}, {now.failed:,} failed;"
            f" {self._remaining(now)}"
        )

    def _remaining(self, now: Sample) -> str:
        if now.step == DONE:
            return f"done in {_duration(now.at - self._began)}"
        if now.step == FIND and now.regions_done == now.regions:
            return f"looking closer at what is planned ({now.planned:,})"
        if now.step == FIND:
            return f"{now.regions - now.regions_done} regions remaining"
        rate = self._rate("changed")
        left = f", about {_duration(now.planned / rate)}" if rate else ""
        return f"{now.planned:,} actions remaining{left}"

    def _rate(self, name: str) -> float:
        """How many a second, of late."""
        first, last = self._recent[0], self._recent[-1]
        seconds = last.at - first.at
        return max(0.0, (getattr(last, name) - getattr(first, name)) / seconds) if seconds > 0 else 0.0


def _read(line: str) -> tuple[str, Sample] | None:
    try:
        row: dict[str, Any] = json.loads(line)
        numbers = {name: int(row[name]) for name in _NUMBERS}
        return str(row["run"]), Sample(float(row["at"]), str(row["step"]), **numbers)
    except (KeyError, TypeError, ValueError):
        return None


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{round(whole / 60)} min" if whole < 3600 else f"{whole / 3600:.1f} h"
