# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""summary.json out of the registered result of a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.errors import ReportError

_KEYS = (
    *("schema_version", "collection_version", "run_id", "mode", "started_at", "duration_seconds", "price_table_as_of"),
    *("accounts", "regions", "examined", "planned", "changed", "protected", "skipped", "failed", "unpriced"),
    *("irreversible", "attention", "estimated_monthly_savings_usd", "checks", "savings_by_region", "verdicts"),
    *("region_errors", "notices"),
)


def failure_of(result: Mapping[str, Any], report: str) -> str | None:
    """Why a run must not be taken for a success, in one sentence; `report` is where the rest is told."""
    if result.get("msg"):
        return str(result["msg"])
    errors = result.get("region_errors") or []
    if not errors:
        return None
    regions = ", ".join(sorted({str(error.get("region")) for error in errors}))
    return f"{len(errors)} lists could not be read, in {regions}: all else was done, see {report}."


def summary_of(result: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of summary.json, and only those, out of the `summary` of a registered `result`.

    Raises ReportError for a result that holds none.
    """
    summary = result.get("summary")
    if not isinstance(summary, Mapping) or "examined" not in summary:
        raise ReportError(
            "sweep: the result given holds no summary, so there is nothing to report; pass the registered result of "
            "sysops.aws.sweep or of a check module that neither failed early nor was skipped"
        )
    return {key: summary[key] for key in _KEYS if key in summary}
