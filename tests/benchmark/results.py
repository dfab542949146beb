# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a benchmark leaves behind: JSON, a chart, and a page for docs/."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .chart import chart
from .runs import Run
from .table import Skipped, table, trials_table
from .trials import Trial

LEGEND = """`wall s` with a `+` is of a run that was stopped, with a `!` of one that failed; `ratio` is the wall time
over that of sysops.aws; `CPU s` is of all processes of the program, `peak MB` of the largest one; `over min.` are calls
beyond the pages of the lists, a call for each change (a batch, where the API takes one) and, of sysops.aws, what its
guards ask; `missed` resources should have been changed and were not, `harmed` ones are protected by a guard of
sysops.aws and were changed."""


@dataclass(frozen=True)
class Results:
    runs: Sequence[Run]
    skipped: Sequence[Skipped]
    trials: Sequence[Trial]
    latency_ms: float

    def tables(self) -> str:
        return f"{table(self.runs, self.skipped)}\n\n{trials_table(self.trials)}"

    def write(self, json_path: Path | None, svg_path: Path | None, markdown_path: Path | None) -> None:
        """Into those of the files that are named."""
        if json_path:
            json_path.write_text(json.dumps(self._to_dict(), indent=1) + "\n", encoding="utf-8")
        if svg_path:
            svg_path.write_text(chart(self.runs, f"Wall time of the whole process, {self._where()}"), encoding="utf-8")
        if markdown_path:
            markdown_path.write_text(self._page(), encoding="utf-8")

    def _where(self) -> str:
        return f"17 regions, {self.latency_ms:g} ms a call"

    def _to_dict(self) -> dict[str, Any]:
        return {
            "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "latency_ms": self.latency_ms,
            "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
            "runs": [run.to_dict() for run in self.runs],
            "skipped": [dict(zip(("scale", "mode", "program", "reason"), row, strict=True)) for row in self.skipped],
            "trials": [trial.to_dict() for trial in self.trials],
        }

    def _page(self) -> str:
        day = datetime.now(timezone.utc).date().isoformat()
        where = f"{self._where()}, {os.cpu_count()} processors shared with the emulated account, Python"
        return (
            f"# Benchmark of {day}\n\nWritten by `make bench`: {where} {platform.python_version()}."
            " What was tried, and what each step gained, is in [performance.md](performance.md).\n\n"
            f"{table(self.runs, self.skipped)}\n\n{LEGEND}\n\n```text\n{trials_table(self.trials)}\n```\n"
        )
