# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary as a table for a terminal: printable ASCII, at most 100 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.reversibility import for_good, is_undo
from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import (
    cost_range,
    count,
    dollar_range,
    enforced,
    plain,
    shortened,
    verdicts,
)

WIDTH = 100
_CHECK_WIDTH = 24


def render_table(summary: dict[str, Any]) -> str:
    """One line a check and a total; notes and the regions that could not be read below.

    `summary` has the shape of summary.json.
    """
    keys = _keys(summary)
    lines = [_line("check", keys, "savings USD/month" if _has_savings(summary) else "")]
    lines.append("-" * len(lines[0]))
    lines += [_counts(name, totals, keys, summary) for name, totals in (summary.get("checks") or {}).items()]
    lines += [lines[1], _counts("total", summary, keys, summary), "", *_notes(summary)]
    return "\n".join([*lines, *_region_errors(summary.get("region_errors") or [])])


def _keys(summary: dict[str, Any]) -> list[str]:
    if verdicts(summary):
        return ["examined", "attention", "protected"]
    return ["examined", "changed" if enforced(summary) else "planned", "protected", "skipped", "failed"]


def _has_savings(summary: dict[str, Any]) -> bool:
    """An undo saves nothing, and checks that only report have a verdict instead."""
    return not is_undo(summary) and not verdicts(summary)


def _counts(name: str, totals: dict[str, Any], keys: Sequence[str], summary: dict[str, Any]) -> str:
    savings = dollar_range(cost_range(totals.get("estimated_monthly_savings_usd"))).replace(",", "")
    return _line(name, [str(count(totals.get(key))) for key in keys], savings if _has_savings(summary) else "")


def _line(check: str, cells: Sequence[str], savings: str) -> str:
    first = shortened(plain(check), _CHECK_WIDTH)
    return f"{first:<{_CHECK_WIDTH}}" + "".join(f"{cell:>10}" for cell in cells) + (f"{savings:>24}" if savings else "")


def _notes(summary: dict[str, Any]) -> list[str]:
    done = "put back" if is_undo(summary) else "changed"
    changed = f"Enforce mode: {count(summary.get('changed'))} {done}."
    notes = [f"{plain(one.get('text'))}." for one in verdicts(summary)]
    notes.append(changed if enforced(summary) else "Report mode: nothing was changed.")
    if some := for_good(summary):
        notes.append(shortened(f"For good: {some} can't be undone (see reversible in the report).", WIDTH))
    notes += [shortened(plain(notice), 400) for notice in summary.get("notices") or []]
    notes += [_prices(summary)] if _has_savings(summary) else []
    if enforced(summary) and count(summary.get("planned")):
        notes.append(f"Planned but not carried out: {count(summary.get('planned'))}.")
    if _has_savings(summary) and count(summary.get("unpriced")):
        notes.append(f"Without a known price, so not in the savings: {count(summary.get('unpriced'))}.")
    return notes


def _prices(summary: dict[str, Any]) -> str:
    as_of = plain(summary.get("price_table_as_of")) or "an unknown date"
    return f"Savings are estimated, at AWS public list prices as of {shortened(as_of, 20)}."


def _region_errors(errors: Sequence[dict[str, Any]]) -> list[str]:
    if not errors:
        return []
    return ["", f"COULD NOT BE READ ({len(errors)}):", *(_region_error(error) for error in errors)]


def _region_error(error: dict[str, Any]) -> str:
    place = " ".join(plain(error.get(key)) or "-" for key in ("account_id", "region", "service", "operation"))
    return shortened(f"  {place}: {plain(error.get('code'))}: {plain(error.get('message'))}", WIDTH)
