# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings as flat rows for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any, TextIO

from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import cost_range

_COPIED = (
    "check", "status", "action", "account_id", "region", "resource_type", "resource_id", "name", "arn", "reason",
    "reason_code", "age_days",
)  # fmt: skip
_LAST = ("due_date", "reversible", "recoverable_until")
COLUMNS = (*_COPIED, "cost_low", "cost_high", "protected_by", "tags", "error_code", "error_message", *_LAST)

# What Excel, LibreOffice and Google Sheets run as a formula (OWASP, "CSV Injection"), full-width forms too.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_writer(stream: TextIO) -> Callable[[dict[str, Any]], None]:
    """Write the heading to `stream` (opened with ``newline=""``) and return the function that writes one finding."""
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    return lambda finding: writer.writerow(csv_row(finding))


def csv_row(finding: dict[str, Any]) -> list[object]:
    """The cells of a finding, in the order of COLUMNS: costs in USD a month, days in ISO 8601, empty where unknown."""
    low, high = cost_range(finding.get("estimated_monthly_cost_usd")) or ("", "")
    error = finding.get("error") or {}
    tags = (f"{key}={value}" for key, value in (finding.get("tags") or {}).items())
    cells = [finding.get(key) for key in _COPIED]
    cells += [low, high, "; ".join(map(str, finding.get("protected_by") or [])), "; ".join(tags)]
    cells += [error.get("code"), error.get("message"), *(finding.get(key) for key in _LAST)]
    return [_safe(cell) for cell in cells]


def _safe(cell: object) -> object:
    """A text that a spreadsheet would run gets a quote before it; numbers stay, true and false are JSON's."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
    return "" if cell is None else cell
