# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wall times as an SVG chart: a group of bars for each scale and mode, on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from .runs import Run

COLOURS = {"sysops.aws": "#0b6e4f", "c7n": "#c08a1e", "amazon.aws": "#8c8c8c"}
LEFT, RIGHT, BAR, GAP, TOP = 130, 860, 18, 14, 54
TICKS = (1, 10, 60, 600, 3600)
NAMES = {1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min", 3600: "1 h"}


def chart(runs: Sequence[Run], caption: str) -> str:
    """An SVG image as text. A person reads the numbers beside the bars: the axis is logarithmic."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(f"{run.scale} {run.mode}", []).append(run)
    parts, y = [], TOP
    for name, some in groups.items():
        parts.append(_text(LEFT - 10, y + len(some) * BAR / 2 + 4, name, "end"))
        for run in some:
            parts.append(_bar(run, y))
            y += BAR
        y += GAP
    axis = [_tick(seconds, y) for seconds in TICKS]
    legend = _legend([name for name in COLOURS if any(run.contender == name for run in runs)])
    body = "\n".join([_text(LEFT, 20, caption, "start", bold=True), legend, *axis, *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {y + 30}" role="img" font-family="sans-serif"'
        f' font-size="12">\n<title>{escape(caption)}</title>\n<rect width="960" height="{y + 30}" fill="#ffffff"/>\n'
        f"{body}\n</svg>\n"
    )


def _x(seconds: float) -> float:
    span = math.log10(TICKS[-1]) - math.log10(TICKS[0])
    return LEFT + (RIGHT - LEFT) * max(0.0, math.log10(max(seconds, 1)) - math.log10(TICKS[0])) / span


def _bar(run: Run, y: float) -> str:
    seconds, end = run.measured.wall_seconds, _x(run.measured.wall_seconds)
    fill = COLOURS.get(run.contender, "#444444")
    rectangle = f'<rect x="{LEFT}" y="{y + 2}" width="{end - LEFT:.1f}" height="{BAR - 4}" fill="{fill}"/>'
    return rectangle + _text(end + 6, y + BAR - 5, f"{seconds:.1f} s", "start")


def _tick(seconds: int, bottom: float) -> str:
    x = _x(seconds)
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}" stroke="#dddddd"/>'
    return line + _text(x, bottom + 16, NAMES[seconds], "middle")


def _legend(names: Sequence[str]) -> str:
    parts, x = [], LEFT
    for name in names:
        parts.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{COLOURS[name]}"/>')
        parts.append(_text(x + 18, 40, name, "start"))
        x += 110
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222222"{weight}>{escape(text)}</text>'
