# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results as a table for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from .runs import OURS, Run
from .trials import Trial

HEAD = ("scale", "mode", "program", "wall s", "ratio", "CPU s", "peak MB", "calls", "over min.", "missed", "harmed")
Skipped = tuple[str, str, str, str]


def table(runs: Sequence[Run], skipped: Sequence[Skipped]) -> str:
    """`ratio` is how many times as long as this collection a program takes for the same. `skipped` are (scale, mode,
    program, reason)."""
    ours = {(run.scale, run.mode): run.measured.wall_seconds for run in runs if run.contender == OURS}
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    lines += [_line(_cells(run, ours.get((run.scale, run.mode)))) for run in runs]
    lines += [f"\n{scale} {mode}, {program}: {reason}" for scale, mode, program, reason in skipped]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    widths = (8, 11, 11, 8, 6, 7, 8, 7, 9, 7, 7)
    left = [cell.ljust(width) for cell, width in zip(cells[:3], widths, strict=False)]
    return f"| {' | '.join(left + [cell.rjust(width) for cell, width in zip(cells[3:], widths[3:], strict=True)])} |"


def _cells(run: Run, ours: float | None) -> tuple[str, ...]:
    measured = run.measured
    mark = "+" if measured.timed_out else "!" if measured.exit_code else ""
    wall = f"{measured.wall_seconds:.1f}{mark}"
    return (
        *(run.scale, run.mode, run.contender, wall),
        f"{measured.wall_seconds / ours:.1f}" if ours else "",
        *(f"{measured.cpu_seconds:.1f}", f"{measured.peak_mb:.0f}", str(run.calls)),
        *(_number(run.over_minimum), _number(run.missed), _number(run.harmed)),
    )


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def trials_table(trials: Sequence[Trial]) -> str:
    lines = []
    for trial in trials:
        measured = trial.run.measured
        facts = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in trial.facts.items())
        lines.append(
            f"{trial.name}: {measured.wall_seconds:.1f} s, {measured.peak_mb:.0f} MB, {trial.run.calls} calls"
            + (f" ({facts})" if facts else "")
        )
        lines += [f"  {'held  ' if held else 'BROKEN'} {limit}" for limit, held in trial.limits.items()]
    return "\n".join(lines)
