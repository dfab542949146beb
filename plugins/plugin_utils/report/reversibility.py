# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can come back, what can't, and when it goes: in words."""

from __future__ import annotations

from typing import Any

from ansible_collections.sysops.aws.plugins.plugin_utils.report.text import count, day, many

FOR_GOOD = "for good"
CAN_BE_UNDONE = "can be undone"

_DONE_OR_PLANNED = ("planned", "changed")
# Putting a retention back does not bring back what has expired in the meantime.
_SETTING_ONLY = ("set_retention",)


def undo_of(finding: dict[str, Any]) -> str | None:
    """FOR_GOOD or CAN_BE_UNDONE for what is planned or was changed; None for the rest, and where it isn't known.

    As many findings are FOR_GOOD as the summary counts in `irreversible`.
    """
    if finding.get("status") not in _DONE_OR_PLANNED:
        return None
    if finding.get("reversible") is False:
        return FOR_GOOD
    return CAN_BE_UNDONE if finding.get("reversible") is True else None


def undo_badge(finding: dict[str, Any]) -> str | None:
    """`undo_of` as a row shows it: with the day until which the Recycle Bin keeps what goes."""
    undo, until = undo_of(finding), day(finding.get("recoverable_until"))
    if undo != CAN_BE_UNDONE:
        return undo
    if until:
        return f"recoverable until {until}"
    return f"setting {undo}" if finding.get("action") in _SETTING_ONLY else undo


def undo_fact(finding: dict[str, Any]) -> str | None:
    """Whether the action can be undone, as the details of a finding tell it; None where it isn't known."""
    if finding.get("reversible") is False:
        return "no, it is for good"
    if finding.get("reversible") is not True:
        return None
    return "the setting, not what expires under it" if finding.get("action") in _SETTING_ONLY else "yes"


def due_badge(finding: dict[str, Any]) -> str | None:
    """When a resource with a grace period goes; None without one, and where it has gone."""
    due, status = day(finding.get("due_date")), finding.get("status")
    if due is None:
        return None
    if status == "protected" or (finding.get("action") == "mark" and status in _DONE_OR_PLANNED):
        return f"goes on {due}"
    return None if finding.get("action") == "mark" or status == "changed" else f"due {due}"


def waits_until(finding: dict[str, Any]) -> str | None:
    """The day on which a resource goes that is in its grace period now; None for any other."""
    marked = finding.get("action") == "mark" and finding.get("status") == "changed"
    return day(finding.get("due_date")) if marked or finding.get("status") == "protected" else None


def is_undo(summary: dict[str, Any]) -> bool:
    """Whether the run put back what an earlier one had changed."""
    return list(summary.get("checks") or {}) == ["sweep_undo"]


def for_good(summary: dict[str, Any]) -> str:
    """How much of what is planned or was done can't be undone: "12 of 40 planned actions"; "" where all of it can."""
    irreversible = count(summary.get("irreversible"))
    planned, changed = count(summary.get("planned")), count(summary.get("changed"))
    if not irreversible:
        return ""
    if planned and changed:
        return f"{irreversible:,} of {many(planned + changed, 'action')}, done or still planned,"
    return f"{irreversible:,} of {many(changed, 'change') if changed else many(planned, 'planned action')}"
