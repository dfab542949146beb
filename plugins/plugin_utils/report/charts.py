# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saving charts as inline SVG that needs no script, and whose text keeps its size on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import dollar_range, shortened

_ROW_HEIGHT = 42
_LABEL_WIDTH = 24


@dataclass(frozen=True)
class Saving:
    """One row of a chart: what is saved in USD a month, from `low` to `high`."""

    label: str
    low: float
    high: float


def top_savings(savings: Sequence[Saving], at_most: int = 8) -> list[Saving]:
    """The savings worth showing, highest first; those beyond `at_most` rows are added up in the last."""
    ordered = sorted((saving for saving in savings if saving.high > 0), key=lambda saving: (-saving.high, saving.label))
    if len(ordered) <= at_most:
        return ordered
    shown, rest = ordered[: at_most - 1], ordered[at_most - 1 :]
    low, high = sum(saving.low for saving in rest), sum(saving.high for saving in rest)
    return [*shown, Saving(f"{len(rest)} others", low, high)]


def bar_chart(savings: Sequence[Saving], title: str) -> str:
    """An SVG element; widths are percentages, so it fits any column. "" without savings."""
    if not savings:
        return ""
    longest = max(saving.high for saving in savings)
    rows = "".join(_row(saving, index * _ROW_HEIGHT, longest) for index, saving in enumerate(savings))
    height = len(savings) * _ROW_HEIGHT
    return f'<svg class="chart" role="img" width="100%" height="{height}" aria-label="{escape(title)}">{rows}</svg>'


def _row(saving: Saving, top: int, longest: float) -> str:
    low, high = (max(100 * value / longest, 0.4 if value > 0 else 0) for value in (saving.low, saving.high))
    amount = dollar_range((saving.low, saving.high), "\u2013")
    label = escape(shortened(saving.label, _LABEL_WIDTH))
    return (
        f"<g><title>{escape(saving.label)}: USD {escape(amount)} a month</title>"
        f'<text class="chart-label" x="0" y="{top + 15}">{label}</text>'
        f'<text class="chart-value" x="100%" y="{top + 15}" text-anchor="end">{escape(amount)}</text>'
        f'<rect class="chart-track" x="0" y="{top + 23}" width="100%" height="8" rx="1"/>'
        f'<rect class="chart-high" x="0" y="{top + 23}" width="{high:.2f}%" height="8" rx="1"/>'
        f'<rect class="chart-low" x="0" y="{top + 23}" width="{low:.2f}%" height="8" rx="1"/></g>'
    )
