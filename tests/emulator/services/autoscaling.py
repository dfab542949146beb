# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auto Scaling: pages of scaling policies."""

from __future__ import annotations

from typing import Any

from ..wire import AwsError, Call, page, xml
from .autoscaling_groups import autoscaling

LARGEST_PAGE = 100


def describe_policies(call: Call) -> str:
    """DescribePolicies: MaxRecords (default 50, at most 100) and NextToken (moto: everything at once).

    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribePolicies.html
    """
    found = autoscaling(call).describe_policies(
        autoscaling_group_name=call.text("AutoScalingGroupName") or None,
        policy_names=call.values("PolicyNames"),
        policy_types=call.values("PolicyTypes"),
    )
    size = call.number("MaxRecords", 50)
    if not 1 <= size <= LARGEST_PAGE:
        raise AwsError("ValidationError", f"MaxRecords must be between 1 and {LARGEST_PAGE}")
    chosen, token = page(sorted(found, key=_arn), call.text("NextToken"), size, _arn)
    members = "".join(f"<member>{xml(_describe(p), 'member')}</member>" for p in chosen)
    return f"<ScalingPolicies>{members}</ScalingPolicies>" + xml({"NextToken": token or None})


def _arn(policy: Any) -> str:
    return str(policy.arn)


def _describe(policy: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "AutoScalingGroupName": policy.auto_scaling_group_name,
        "PolicyName": policy.name,
        "PolicyARN": policy.arn,
        "PolicyType": policy.policy_type,
        "AdjustmentType": policy.adjustment_type or None,
        "ScalingAdjustment": policy.scaling_adjustment,
        "Cooldown": policy.cooldown,
        "Enabled": True,
    }
    if policy.target_tracking_configuration:
        row["TargetTrackingConfiguration"] = _tracking(vars(policy.target_tracking_configuration))
    return row


def _tracking(settings: dict[str, Any]) -> dict[str, Any]:
    metric = settings.get("PredefinedMetricSpecification")
    return {
        "PredefinedMetricSpecification": metric and {"PredefinedMetricType": metric.get("PredefinedMetricType")},
        "TargetValue": settings.get("TargetValue"),
        "DisableScaleIn": bool(settings.get("DisableScaleIn")),
    }


OPERATIONS = {"DescribePolicies": describe_policies}
