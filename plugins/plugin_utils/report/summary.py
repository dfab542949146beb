# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""summary.json out of the registered result of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.errors import ReportError
from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import count

_COUNTS = ("examined", "planned", "changed", "protected", "skipped", "failed", "unpriced")
_SAVINGS = "estimated_monthly_savings_usd"
_ABOUT = ("collection_version", "mode", "started_at", "duration_seconds", "price_table_as_of", "accounts", "regions")
_LISTS = ("accounts", "regions", "region_errors")


def summary_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the keys of summary.json, and only those, out of `result`.

    The counts are read from ``result["summary"]`` where there is one (the check modules), else from `result`; there
    Ansible itself sets `changed`, `failed` and `skipped` to booleans, so these are added up over the checks.
    Raises ReportError for a result that holds no summary.
    """
    inner = result.get("summary")
    source: dict[str, Any] = {**result, **inner} if isinstance(inner, Mapping) else dict(result)
    if isinstance(source.get("examined"), bool) or not isinstance(source.get("examined"), int):
        raise ReportError(
            "sweep: the result given holds no summary (no count 'examined'), so there is nothing to report; pass the "
            "registered result of sysops.aws.sweep or of a check module that neither failed early nor was skipped"
        )
    checks = _checks(source, result.get("findings") or [])
    summary: dict[str, Any] = {"schema_version": 1}
    summary.update({key: source.get(key) for key in _ABOUT})
    summary.update({key: list(source.get(key) or []) for key in _LISTS})
    summary.update({key: _total(source, checks, key) for key in _COUNTS})
    summary[_SAVINGS] = source.get(_SAVINGS) or {"low": 0.0, "high": 0.0}
    summary["checks"] = checks
    summary["savings_by_region"] = dict(source.get("savings_by_region") or {})
    return summary


def _checks(source: dict[str, Any], findings: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The totals by check; a check module gives no such table, and its totals are those of its one check."""
    if isinstance(source.get("checks"), Mapping):
        return dict(source["checks"])
    name = str(source.get("check") or (findings[0].get("check") if findings else "") or "check")
    totals = {key: count(source.get(key)) for key in _COUNTS}
    return {name: {**totals, _SAVINGS: source.get(_SAVINGS)}}


def _total(source: dict[str, Any], checks: Mapping[str, Any], key: str) -> int:
    value = source.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return sum(count(totals.get(key)) for totals in checks.values())
