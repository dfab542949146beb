# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes and snapshots as AWS lists them, and the policies that judge them."""

from __future__ import annotations

from typing import Any

from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_orphan_cleanup import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from tests.unit.module_utils.checks.fake import DAY, NOW, SCOPE, Lists

PRICES = PriceTable({"eu-west-1": {"ebs_gp3_gb_month": 0.1, "ebs_snapshot_gb_month": 0.05}})
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}


def policies(exclude_tags: dict[str, Any] | None = None, **options: Any) -> list[Policy]:
    return list(CHECK.policies({**DEFAULTS, **options}, Common(exclude_tags or {}, PRICES)))


def volume(**changes: Any) -> dict[str, Any]:
    made = {"VolumeId": "vol-1", "State": "available", "Attachments": [], "CreateTime": NOW - 100 * DAY}
    return {**made, "Size": 8, "VolumeType": "gp3", "Iops": 3000, "Throughput": 125, **changes}


def snapshot(**changes: Any) -> dict[str, Any]:
    made = {"SnapshotId": "snap-1", "State": "completed", "OwnerId": "123456789012", "StartTime": NOW - 100 * DAY}
    return {**made, "VolumeSize": 8, "VolumeId": "vol-1", "Description": "", "StorageTier": "standard", **changes}


def no_data(**request: Any) -> list[dict[str, Any]]:
    """CloudWatch's answer where nothing was published."""
    empty = {"StatusCode": "Complete", "Timestamps": [], "Values": []}
    return [{"Id": query["Id"], **empty} for query in request["MetricDataQueries"]]


def spoken(policy: Policy, resource: dict[str, Any], **lists: Any) -> dict[int, str]:
    """What each guard of the policy says of the resource, by the guard's place among them."""
    found = policy.decide(resource, SCOPE, NOW)
    assert found is not None
    candidate, region = Candidate(resource, found), Lists(**{"get_metric_data": no_data, **lists})
    words = [
        guard.protects(candidate, guard.ask(region, [candidate]) if guard.asks else guard.load(region))
        for guard in policy.guards
    ]
    return {place: why for place, why in enumerate(words) if why}


def protected_by(policy: Policy, resource: dict[str, Any], **lists: Any) -> list[str]:
    return list(spoken(policy, resource, **lists).values())
