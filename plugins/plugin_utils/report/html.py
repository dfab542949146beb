# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as one HTML file that needs nothing else: no network, no second file."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.charts import Saving, bar_chart, top_savings
from ansible_collections.sysops.aws.plugins.plugin_utils.report.headline import headline
from ansible_collections.sysops.aws.plugins.plugin_utils.report.reversibility import is_undo
from ansible_collections.sysops.aws.plugins.plugin_utils.report.selection import Selection, select
from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import (
    check_title,
    cost_range,
    count,
    dollar_range,
    enforced,
    many,
    number,
    verdicts,
    visible,
)

_DASH = "\u2013"
_SAVINGS = "estimated_monthly_savings_usd"
_COUNTS = ("examined", "planned", "changed", "protected", "skipped", "failed")
_VERDICT_COUNTS = ("examined", "attention", "protected")
_COUNT_TITLES = {"irreversible": "For good", "attention": "Needs attention"}
_UNDO_TITLES = {"planned": "To put back", "changed": "Put back"}
_ERROR_COLUMNS = {
    "account_id": "Account",
    "region": "Region",
    "service": "Service",
    "operation": "Operation",
    "code": "Code",
    "message": "Message",
}


def render_html(summary: dict[str, Any], findings: Iterable[dict[str, Any]], title: str) -> str:
    """The page for a `summary` (the shape of summary.json) and its `findings`, which are read once.

    At most `selection.EMBEDDED_AT_MOST` findings are in the page; a line says how many are only in the other files.
    """
    selection = select(findings)
    style, script = _file("page.css"), _file("page.js")
    return Template(_file("page.html")).substitute(
        policy=_policy(style, script),
        title=_text(title),
        style=style,
        script=script,
        mode_class="enforced" if enforced(summary) else "reported",
        mode="Enforce mode" if enforced(summary) else "Report mode",
        mode_note=_mode_note(summary),
        about=_about(summary),
        errors=_notices(summary.get("notices") or []) + _errors(summary.get("region_errors") or []),
        headline=headline(summary, selection),
        counts=_counts(summary),
        charts=_charts(summary),
        checks=_checks(summary),
        findings=_findings(summary, selection),
        footer=_footer(summary),
        data=_embedded(selection),
    )


def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _text(value: object) -> str:
    return escape(visible(value))


def _policy(style: str, script: str) -> str:
    """Only this page's own script and style run: whatever a name may smuggle in, the browser refuses."""
    allowed = f"script-src '{_sha256(script)}'; style-src '{_sha256(style)}'; img-src data:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(selection: Selection) -> str:
    """JSON that no HTML parser can leave: ASCII only (so no U+2028), and without <, > and &."""
    text = json.dumps({"rows": selection.rows}, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _counted(summary: dict[str, Any]) -> list[str]:
    """The counts worth a place: a report changes nothing, and checks that only report plan nothing."""
    if verdicts(summary):
        return list(_VERDICT_COUNTS)
    return [key for key in _COUNTS if key != "changed" or enforced(summary)]


def _count_title(key: str, summary: dict[str, Any]) -> str:
    titles = {**_COUNT_TITLES, **(_UNDO_TITLES if is_undo(summary) else {})}
    return titles.get(key) or key.capitalize()


def _mode_note(summary: dict[str, Any]) -> str:
    if not enforced(summary):
        return "Nothing was changed."
    done = "put back" if is_undo(summary) else "changed"
    note = f"{many(count(summary.get('changed')), 'resource')} {done}."
    left = count(summary.get("planned"))
    return f"{note} {left:,} planned but not carried out." if left else note


def _about(summary: dict[str, Any]) -> str:
    accounts, regions = summary.get("accounts") or [], summary.get("regions") or []
    parts = [_date(summary.get("started_at"))]
    parts.append(f"account {accounts[0]}" if len(accounts) == 1 else many(len(accounts), "account"))
    parts.append(str(regions[0]) if len(regions) == 1 else many(len(regions), "region"))
    seconds = number(summary.get("duration_seconds"))
    if seconds is not None:
        parts.append(f"{seconds:.1f} seconds")
    return " \u00b7 ".join(_text(part) for part in parts if part)


def _date(started_at: object) -> str:
    text = str(started_at or "")
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return text
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _notices(notices: Sequence[object]) -> str:
    """What a person should know before anything else, such as a plan over the limit."""
    if not notices:
        return ""
    words = "".join(f"<p>{_text(notice)}</p>" for notice in notices)
    return f'<section class="alert notice" role="note">{words}</section>'


def _errors(errors: Sequence[dict[str, Any]]) -> str:
    if not errors:
        return ""
    places = {(error.get("account_id"), error.get("region")) for error in errors}
    failed = f"{many(len(errors), 'request')} in {many(len(places), 'region')} failed"
    head = "".join(f"<th>{title}</th>" for title in _ERROR_COLUMNS.values())
    rows = "".join(
        "<tr>" + "".join(_cell(title, error.get(key)) for key, title in _ERROR_COLUMNS.items()) + "</tr>"
        for error in errors
    )
    return (
        '<section class="alert" id="errors" role="alert" aria-labelledby="errors-heading">'
        f'<h2 id="errors-heading">{failed}: this report is incomplete</h2>'
        "<p>What could not be read is missing here, and nothing was changed without it.</p>"
        f'<table class="cards"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>'
    )


def _cell(title: str, value: object, css_class: str = "") -> str:
    attribute = f' class="{css_class}"' if css_class else ""
    return f'<td{attribute} data-label="{title}"><bdi>{_text(value)}</bdi></td>'


def _counts(summary: dict[str, Any]) -> str:
    """The totals; those with findings behind them lead to the table."""
    titles = {} if is_undo(summary) else {"skipped": "Skipped, report only"}
    return "".join(
        f'<div class="count {key}{"" if count(summary.get(key)) else " zero"}">'
        f"<dt>{titles.get(key) or _count_title(key, summary)}</dt><dd>{count(summary.get(key)):,}</dd></div>"
        for key in _counted(summary)
    )


def _charts(summary: dict[str, Any]) -> str:
    if verdicts(summary):
        return ""
    by_check = [_saving(check_title(name), totals.get(_SAVINGS)) for name, totals in _by_check(summary)]
    by_region = [_saving(visible(name), savings) for name, savings in (summary.get("savings_by_region") or {}).items()]
    figures = _figure(by_check, "Savings by check") + _figure(by_region, "Savings by region")
    return f'<section class="charts" aria-label="Charts">{figures}</section>' if figures else ""


def _by_check(summary: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    return (summary.get("checks") or {}).items()


def _saving(label: str, savings: object) -> Saving:
    return Saving(label, *(cost_range(savings) or (0.0, 0.0)))


def _figure(savings: Sequence[Saving], title: str) -> str:
    chart = bar_chart(top_savings(savings), f"{title}, USD a month")
    if not chart:
        return ""
    key = '<p class="key"><span class="solid"></span>at least <span class="pale"></span>at most</p>'
    return f"<figure><figcaption>{title} <span>USD a month</span></figcaption>{chart}{key}</figure>"


def _checks(summary: dict[str, Any]) -> str:
    """The counts of each check and of all; what is for good and what is saved where there can be any."""
    keys = [*_counted(summary), *(["irreversible"] if count(summary.get("irreversible")) else [])]
    columns = {key: _count_title(key, summary) for key in keys}
    if not is_undo(summary) and not verdicts(summary):
        columns[_SAVINGS] = "USD a month"
    heads = "".join(f'<th class="n">{title}</th>' for title in columns.values())
    rows = [_check_row(check_title(name), name, totals, columns) for name, totals in _by_check(summary)]
    rows.append(_check_row("Total", "", summary, columns))
    return f"<thead><tr><th>Check</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _check_row(title: str, name: str, totals: dict[str, Any], columns: dict[str, str]) -> str:
    cells = "".join(_total_cell(key, label, totals) for key, label in columns.items())
    code = f"<code>{_text(name)}</code>" if name else ""
    attribute = "" if name else ' class="total"'
    return f'<tr{attribute}><th scope="row">{_text(title)} {code}</th>{cells}</tr>'


def _total_cell(key: str, label: str, totals: dict[str, Any]) -> str:
    if key == _SAVINGS:
        return _cell(label, dollar_range(cost_range(totals.get(key)), _DASH), "n usd")
    amount = count(totals.get(key))
    return _cell(label, f"{amount:,}", f"n {key}" if amount else "n")


def _findings(summary: dict[str, Any], selection: Selection) -> str:
    if not selection.total:
        return '<p class="quiet">There is nothing to list.</p>'
    left = selection.total - len(selection.rows)
    cut = (
        f'<p class="cut">{many(len(selection.rows), "finding")} of {selection.total:,} are in this page: failed '
        "ones first, then what goes for good, then the rest of what is planned, the most expensive before the others. "
        f"The others ({left:,}) are only in findings.csv and findings.jsonl, beside this page.</p>"
    )
    return Template(_file("findings.html")).substitute(cut=cut if left else "")


def _footer(summary: dict[str, Any]) -> str:
    version = _text(summary.get("collection_version") or "")
    accounts = ", ".join(_text(account) for account in summary.get("accounts") or [])
    regions = ", ".join(_text(region) for region in summary.get("regions") or [])
    ages = "" if is_undo(summary) else " Ages are in days since creation."
    return (
        f"<p>Accounts: {accounts or 'none'}</p><p>Regions: {regions or 'none'}</p>"
        f"<p>Made by sysops.aws {version}.{ages} The same findings are in findings.csv, "
        "findings.jsonl and summary.json, beside this page.</p>"
    )
