# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page says first: what can't come back, and what is saved, done or put back."""

from __future__ import annotations

from html import escape
from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.reversibility import FOR_GOOD, for_good, is_undo
from ansible_collections.sysops.aws.plugins.plugin_utils.report.selection import Selection
from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import (
    check_title,
    cost_range,
    count,
    dollar_range,
    enforced,
    many,
    verdicts,
    visible,
)


def headline(summary: dict[str, Any], selection: Selection) -> str:
    """The HTML of the headline; the button in it gets its use, and shows, by page.js."""
    if found := verdicts(summary):
        return "".join(_verdict(one) for one in found)
    if not selection.total:
        return _block("", _nothing_found(summary), _nothing(summary))
    if is_undo(summary):
        return _block(*_put_back(summary))
    block = _done(summary) if _saves_nothing(summary) else _savings(summary)
    return _warning(summary) + _block(*block, _waiting(selection))


def _block(label: str, figure: str, *notes: str) -> str:
    above = f'<p class="label">{label}</p>' if label else ""
    below = "".join(f'<p class="quiet">{note}</p>' for note in notes if note)
    return f'<div class="headline">{above}<p class="figure">{figure}</p>{below}</div>'


def _verdict(verdict: dict[str, Any]) -> str:
    """The result of a policy that only reports, in place of money."""
    return _block(escape(check_title(str(verdict.get("check")))), escape(visible(verdict.get("text"))))


def _warning(summary: dict[str, Any]) -> str:
    some = for_good(summary)
    if not some:
        return ""
    all_done = count(summary.get("changed")) and not count(summary.get("planned"))
    were = "was" if count(summary.get("irreversible")) == 1 else "were"
    words = f"{some} {were} for good" if all_done else f"{some} can't be undone"
    button = f'<button type="button" id="show-undo" data-undo="{FOR_GOOD}" hidden>Show them</button>'
    return f'<p class="for-good" role="note"><strong>{words}.</strong> {button}</p>'


def _saves_nothing(summary: dict[str, Any]) -> bool:
    """Whether it is known that nothing is saved."""
    nothing = cost_range(summary.get("estimated_monthly_savings_usd")) == (0.0, 0.0)
    return nothing and not count(summary.get("unpriced"))


def _savings(summary: dict[str, Any]) -> tuple[str, str, str]:
    savings = escape(dollar_range(cost_range(summary.get("estimated_monthly_savings_usd")), " \u2013 "))
    what = "Estimated savings a month" if enforced(summary) else "Potential savings a month"
    as_of = escape(visible(summary.get("price_table_as_of") or "an unknown date"))
    unpriced = count(summary.get("unpriced"))
    without = f" Not counted: {many(unpriced, 'finding')} without a known price." if unpriced else ""
    note = (
        f"Estimated, AWS public list prices as of {as_of}. A snapshot is billed on changed blocks, so its low is 0. "
        "A retention saves at most the storage of a log group; ingestion, which costs more, stays."
    )
    return what, f"<span>USD</span> {savings}", note + without


def _done(summary: dict[str, Any]) -> tuple[str, str, str]:
    """In place of savings of nothing."""
    word = "changed" if enforced(summary) else "planned"
    amount = count(summary.get(word))
    if not amount:
        return "", f"Nothing {word}", "What was found is protected, skipped or failed: each finding says why."
    return word.capitalize(), many(amount, "resource"), "None of it takes anything off the bill now."


def _put_back(summary: dict[str, Any]) -> tuple[str, str, str]:
    done = enforced(summary)
    amount = count(summary.get("changed" if done else "planned"))
    failed, skipped = count(summary.get("failed")), count(summary.get("skipped"))
    label = "Put back" if done else "To put back"
    can = "could not" if done else "can't"
    notes = [f"{many(failed, 'resource')} {can} be put back: first in the table below."] if failed else []
    notes += [f"{skipped:,} left alone: as it was, or changed by somebody since."] if skipped else []
    figure = many(amount, "resource") if amount else f"Nothing {label[:1].lower()}{label[1:]}"
    return label if amount else "", figure, " ".join(notes)


def _waiting(selection: Selection) -> str:
    if not selection.waiting:
        return ""
    are = "is in its" if selection.waiting == 1 else "are in their"
    next_one = "it goes on" if selection.waiting == 1 else "the next goes on"
    return f"{many(selection.waiting, 'resource')} {are} grace period; {next_one} {selection.next_due}."


def _nothing_found(summary: dict[str, Any]) -> str:
    return "Nothing to put back" if is_undo(summary) else "Nothing found"


def _nothing(summary: dict[str, Any]) -> str:
    examined = many(count(summary.get("examined")), "resource")
    where = ", in the regions that could be read" if summary.get("region_errors") else ""
    return f"{examined} examined{where}; none of them needs attention."
