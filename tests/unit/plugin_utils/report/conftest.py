# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings and summaries to report on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def make_finding(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A planned deletion of a volume, with `changes`."""
    finding: dict[str, Any] = {
        "check": "ebs_orphan_cleanup",
        "resource_type": "ec2:volume",
        "resource_id": f"vol-{number:08x}",
        "arn": f"arn:aws:ec2:eu-west-1:123456789012:volume/vol-{number:08x}",
        "account_id": "123456789012",
        "region": "eu-west-1",
        "name": f"data-{number}",
        "reason": "The volume is attached to nothing.",
        "reason_code": "unattached",
        "age_days": 42,
        "tags": {"Team": "search"},
        "estimated_monthly_cost_usd": {"low": 1.0, "high": 2.5},
        "action": "delete",
        "due_date": None,
        "reversible": None,
        "recoverable_until": None,
        "status": "planned",
        "protected_by": [],
        "error": None,
    }
    return {**finding, **changes}


def make_summary(**changes: Any) -> dict[str, Any]:
    """A report over one account and two regions, with `changes`."""
    savings = {"low": 10.0, "high": 12.3}
    counts = {"examined": 20, "planned": 4, "changed": 0, "protected": 3, "skipped": 2, "failed": 1, "unpriced": 1}
    counts["irreversible"] = 0
    summary: dict[str, Any] = {
        "schema_version": 2,
        "collection_version": "0.1.0",
        "mode": "report",
        "started_at": "2026-11-23T10:00:00Z",
        "duration_seconds": 4.2,
        "price_table_as_of": "2026-09",
        "accounts": ["123456789012"],
        "regions": ["eu-west-1", "us-east-1"],
        **counts,
        "estimated_monthly_savings_usd": savings,
        "checks": {"ebs_orphan_cleanup": {**counts, "estimated_monthly_savings_usd": savings}},
        "savings_by_region": {"eu-west-1": {"low": 10.0, "high": 11.0}, "us-east-1": {"low": 0.0, "high": 1.3}},
        "region_errors": [],
    }
    return {**summary, **changes}


def make_undo(**changes: Any) -> dict[str, Any]:
    """An undo over one account that planned to put back two resources, with `changes` to its counts and the rest."""
    savings = {"low": 0.0, "high": 0.0}
    counts = {"examined": 3, "planned": 2, "changed": 0, "protected": 0, "skipped": 1, "failed": 0, "unpriced": 0}
    totals = {**counts, "irreversible": 0, "estimated_monthly_savings_usd": savings}
    return make_summary(**{**totals, "checks": {"sweep_undo": totals}, "savings_by_region": {}, **changes})


@pytest.fixture
def finding() -> Callable[..., dict[str, Any]]:
    return make_finding


@pytest.fixture
def summary() -> Callable[..., dict[str, Any]]:
    return make_summary


@pytest.fixture
def undo() -> Callable[..., dict[str, Any]]:
    return make_undo


@pytest.fixture
def region_error() -> dict[str, str]:
    return {
        "account_id": "210987654321",
        "region": "eu-south-2",
        "service": "ec2",
        "operation": "DescribeVolumes",
        "code": "UnauthorizedOperation",
        "message": "explicit deny <by> a policy",
    }
