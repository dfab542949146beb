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
from ansible_collections.sysops.aws.plugins.plugin_utils.report.selection import Selection, select
from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import (
    check_title,
    cost_range,
    count,
    dollar_range,
    number,
    visible,
)

_DASH = "\u2013"
_COUNTS = ("examined", "planned", "changed", "protected", "skipped", "failed")
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
        mode_class="enforced" if _enforced(summary) else "reported",
        mode="Enforce mode" if _enforced(summary) else "Report mode",
        mode_note=_mode_note(summary),
        about=_about(summary),
        errors=_notices(summary.get("notices") or []) + _errors(summary.get("region_errors") or []),
        headline=_headline(summary, selection),
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


def _enforced(summary: dict[str, Any]) -> bool:
    return summary.get("mode") == "enforce"


def _counted(summary: dict[str, Any]) -> list[str]:
    """The counts worth a place: a report changes nothing."""
    return [key for key in _COUNTS if key != "changed" or _enforced(summary)]


def _mode_note(summary: dict[str, Any]) -> str:
    if not _enforced(summary):
        return "Nothing was changed."
    note = f"{_many(count(summary.get('changed')), 'resource')} changed."
    left = count(summary.get("planned"))
    return f"{note} {left:,} planned but not carried out." if left else note


def _many(amount: int, noun: str) -> str:
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def _about(summary: dict[str, Any]) -> str:
    accounts, regions = summary.get("accounts") or [], summary.get("regions") or []
    parts = [_date(summary.get("started_at"))]
    parts.append(f"account {accounts[0]}" if len(accounts) == 1 else _many(len(accounts), "account"))
    parts.append(str(regions[0]) if len(regions) == 1 else _many(len(regions), "region"))
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
    failed = f"{_many(len(errors), 'request')} in {_many(len(places), 'region')} failed"
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


def _headline(summary: dict[str, Any], selection: Selection) -> str:
    if not selection.total:
        return (
            f'<div class="headline"><p class="figure">Nothing found</p><p class="quiet">{_nothing(summary)}</p></div>'
        )
    savings = dollar_range(cost_range(summary.get("estimated_monthly_savings_usd")), f" {_DASH} ")
    what = "Estimated savings a month" if _enforced(summary) else "Potential savings a month"
    as_of = _text(summary.get("price_table_as_of") or "an unknown date")
    unpriced = count(summary.get("unpriced"))
    without = f" Not counted: {_many(unpriced, 'finding')} without a known price." if unpriced else ""
    return (
        f'<div class="headline"><p class="label">{what}</p><p class="figure"><span>USD</span> {escape(savings)}</p>'
        f'<p class="quiet">Estimated, AWS public list prices as of {as_of}. A snapshot is billed on changed blocks, '
        "so its low is 0. A retention saves at most the storage of a log group; ingestion, which costs more, stays."
        f"{without}</p></div>"
    )


def _nothing(summary: dict[str, Any]) -> str:
    examined = _many(count(summary.get("examined")), "resource")
    where = ", in the regions that could be read" if summary.get("region_errors") else ""
    return f"{examined} examined{where}; none of them needs attention."


def _counts(summary: dict[str, Any]) -> str:
    """The totals; those with findings behind them lead to the table."""
    titles = {"skipped": "Skipped, report only"}
    return "".join(
        f'<div class="count {key}{"" if count(summary.get(key)) else " zero"}">'
        f"<dt>{titles.get(key, key.capitalize())}</dt><dd>{count(summary.get(key)):,}</dd></div>"
        for key in _counted(summary)
    )


def _charts(summary: dict[str, Any]) -> str:
    by_check = [
        _saving(check_title(name), totals.get("estimated_monthly_savings_usd"))
        for name, totals in (summary.get("checks") or {}).items()
    ]
    by_region = [_saving(visible(name), savings) for name, savings in (summary.get("savings_by_region") or {}).items()]
    figures = _figure(by_check, "Savings by check") + _figure(by_region, "Savings by region")
    return f'<section class="charts" aria-label="Charts">{figures}</section>' if figures else ""


def _saving(label: str, savings: object) -> Saving:
    return Saving(label, *(cost_range(savings) or (0.0, 0.0)))


def _figure(savings: Sequence[Saving], title: str) -> str:
    chart = bar_chart(top_savings(savings), f"{title}, USD a month")
    if not chart:
        return ""
    key = '<p class="key"><span class="solid"></span>at least <span class="pale"></span>at most</p>'
    return f"<figure><figcaption>{title} <span>USD a month</span></figcaption>{chart}{key}</figure>"


def _checks(summary: dict[str, Any]) -> str:
    keys = _counted(summary)
    heads = "".join(f'<th class="n">{key.capitalize()}</th>' for key in keys)
    rows = [_check_row(check_title(name), name, totals, keys) for name, totals in (summary.get("checks") or {}).items()]
    rows.append(_check_row("Total", "", summary, keys))
    return f'<thead><tr><th>Check</th>{heads}<th class="n">USD a month</th></tr></thead><tbody>{"".join(rows)}</tbody>'


def _check_row(title: str, name: str, totals: dict[str, Any], keys: Sequence[str]) -> str:
    numbers = "".join(_cell(key.capitalize(), f"{count(totals.get(key)):,}", "n") for key in keys)
    savings = dollar_range(cost_range(totals.get("estimated_monthly_savings_usd")), _DASH)
    code = f"<code>{_text(name)}</code>" if name else ""
    attribute = "" if name else ' class="total"'
    return (
        f'<tr{attribute}><th scope="row">{_text(title)} {code}</th>{numbers}{_cell("USD a month", savings, "n")}</tr>'
    )


def _findings(summary: dict[str, Any], selection: Selection) -> str:
    if not selection.total:
        return '<p class="quiet">There is nothing to list.</p>'
    left = selection.total - len(selection.rows)
    cut = (
        f'<p class="cut">{_many(len(selection.rows), "finding")} of {selection.total:,} are in this page: failed and '
        f"planned ones first, the most expensive before the others. The others ({left:,}) are only in findings.csv and "
        "findings.jsonl, beside this page.</p>"
    )
    return Template(_file("findings.html")).substitute(cut=cut if left else "")


def _footer(summary: dict[str, Any]) -> str:
    version = _text(summary.get("collection_version") or "")
    accounts = ", ".join(_text(account) for account in summary.get("accounts") or [])
    regions = ", ".join(_text(region) for region in summary.get("regions") or [])
    return (
        f"<p>Accounts: {accounts or 'none'}</p><p>Regions: {regions or 'none'}</p>"
        f"<p>Made by sysops.aws {version}. Ages are in days since creation. The same findings are in findings.csv, "
        "findings.jsonl and summary.json, beside this page.</p>"
    )
