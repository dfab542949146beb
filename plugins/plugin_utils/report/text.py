# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the report writes money, amounts, days, checks and text that somebody else has chosen."""

from __future__ import annotations

import math
import re
from datetime import date
from typing import Any

CHECK_TITLES = {
    "alb_idle_facts": "Idle load balancers",
    "cloudwatch_agent_coverage": "CloudWatch agent",
    "dms_premigration": "Before a migration",
    "dms_status": "Replication tasks",
    "ebs_orphan_cleanup": "EBS volumes, snapshots",
    "ec2_monitoring": "Detailed monitoring",
    "log_group_retention": "Log group retention",
    "rds_maintenance": "RDS maintenance",
    "ssm_patch_compliance_info": "Patch compliance",
    "ssm_patch_image_cleanup": "Images of patching",
    "sweep_undo": "Undo",
}

RESOURCE_TITLES = {
    "ec2:instance": "EC2 instance",
    "ec2:snapshot": "EBS snapshot",
    "ec2:volume": "EBS volume",
    "elasticloadbalancing:loadbalancer": "Load balancer",
    "logs:log-group": "CloudWatch log group",
    "rds:cluster": "RDS cluster",
    "rds:cluster-snapshot": "RDS cluster snapshot",
    "rds:db": "RDS instance",
    "rds:snapshot": "RDS snapshot",
}

# Controls, zero-width and bidirectional characters, and lone surrogates: they hide or reorder what a name really is.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]")


def visible(value: object) -> str:
    """The text of `value` with invisible characters spelled out, U+202E as ``\\u202e``. None gives ""."""
    text = "" if value is None else str(value)
    return _INVISIBLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def plain(value: object) -> str:
    """`visible` in printable ASCII, for a terminal."""
    return visible(value).encode("ascii", "backslashreplace").decode("ascii")


def shortened(text: str, width: int) -> str:
    """`text`, or its beginning and "..." where it is longer than `width`."""
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."


def check_title(check: str) -> str:
    """What people call a check; an unknown one keeps its name."""
    return CHECK_TITLES.get(check) or visible(check)


def number(value: Any) -> float | None:
    """`value` as a finite float, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def count(value: Any) -> int:
    """`value` as a count; 0 for anything that is none."""
    return int(number(value) or 0)


def day(value: Any) -> str | None:
    """`value` as an ISO day, or None for anything that is none."""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        return None


def many(amount: int, noun: str) -> str:
    """An amount and what it is of: "1 region", "2,000 regions"."""
    return f"{amount:,} {noun}{'' if amount == 1 else 's'}"


def enforced(summary: dict[str, Any]) -> bool:
    """Whether the run was there to change something."""
    return summary.get("mode") == "enforce"


def verdicts(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The verdicts of a run all of whose checks only report, which then lead the report; else none."""
    found = [one for one in summary.get("verdicts") or [] if isinstance(one, dict)]
    return found if {one.get("check") for one in found} == set(summary.get("checks") or {}) else []


def cost_range(value: Any) -> tuple[float, float] | None:
    """(low, high) in USD a month of ``{"low": ..., "high": ...}``; None where it isn't known."""
    if not isinstance(value, dict):
        return None
    low, high = number(value.get("low")), number(value.get("high"))
    return None if low is None or high is None else (low, high)


def dollars(value: float) -> str:
    """USD with two digits, thousands apart; what rounds to nothing but isn't is "<0.01"."""
    return "<0.01" if 0 < value < 0.005 else f"{value:,.2f}"


def dollar_range(cost: tuple[float, float] | None, dash: str = " - ") -> str:
    """A range as "12.30" or "10.00 - 12.30"; "unknown" for None."""
    if cost is None:
        return "unknown"
    low, high = dollars(cost[0]), dollars(cost[1])
    return low if low == high else f"{low}{dash}{high}"
