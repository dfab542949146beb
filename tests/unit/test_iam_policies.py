# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IAM policies that the documentation offers, against what the checks say that they call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks import rds_snapshots
from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import CHECKS

IAM = Path(__file__).resolve().parents[2] / "docs" / "iam"
# every run asks it for the regions
ENGINE = {"ec2:DescribeRegions"}
DATABASES = CHECKS["rds_maintenance"]
COSTS = [check for check in CHECKS.values() if check is not DATABASES]
# of the databases' check, cost_hygiene runs the part on snapshots
REPORT = ENGINE | {*rds_snapshots.PERMISSIONS, *(action for check in COSTS for action in check.permissions)}
ENFORCE = REPORT | {
    *rds_snapshots.ENFORCE_PERMISSIONS,
    *(action for check in COSTS for action in check.enforce_permissions),
}
NEEDED = {
    "cost_hygiene_report.json": REPORT,
    "cost_hygiene_enforce.json": ENFORCE,
    "rds_maintenance_report.json": ENGINE | {*DATABASES.permissions},
    "rds_maintenance_enforce.json": ENGINE | {*DATABASES.permissions, *DATABASES.enforce_permissions},
}
UNLESS_KEPT = {"StringNotEqualsIgnoreCase": {"aws:ResourceTag/Keep": "true"}}


def statements(name: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads((IAM / name).read_text(encoding="utf-8"))["Statement"]
    return made


def test_every_policy_is_compared():
    assert {path.name for path in IAM.glob("*_maintenance_*.json")} | {
        path.name for path in IAM.glob("cost_hygiene_*.json")
    } == NEEDED.keys()


@pytest.mark.parametrize(("name", "needed"), NEEDED.items())
def test_a_policy_allows_what_the_checks_need_and_nothing_more(name, needed):
    # Allow and Action alone: Deny, NotAction or NotResource would turn the list into its opposite
    for statement in statements(name):
        assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
    allowed = [action for statement in statements(name) for action in statement["Action"]]
    assert not [action for action in allowed if "*" in action or "?" in action]
    assert sorted(allowed) == sorted(needed)


@pytest.mark.parametrize("name", NEEDED)
def test_deletions_and_nothing_else_stop_at_the_keep_tag(name):
    conditions = {action: row.get("Condition") for row in statements(name) for action in row["Action"]}
    for action, condition in conditions.items():
        assert condition == (UNLESS_KEPT if ":Delete" in action else None), action
