# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Classic load balancers: instance health that can be set, pages."""

from __future__ import annotations

from typing import Any

from ..wire import AwsError, Call, xml

STATES = ("InService", "OutOfService", "Unknown")


def classic(call: Call) -> Any:
    """moto's ELB backend of the call's account and region."""
    from moto.elb.models import elb_backends

    return elb_backends[call.account][call.region]


def set_instance_health(balancer: Any, instance_id: str, state: str) -> None:
    """Make a registered instance InService, OutOfService or Unknown. Raises ValueError on another state."""
    if state not in STATES:
        raise ValueError(f"{state!r} is none of {', '.join(STATES)}")
    balancer.__dict__.setdefault("health", {})[instance_id] = state


def describe_instance_health(call: Call) -> str | None:
    """DescribeInstanceHealth: the state that was set (moto: InService whenever the instance runs).

    https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeInstanceHealth.html
    """
    balancer = classic(call).load_balancers.get(call.text("LoadBalancerName"))
    if balancer is None:
        raise AwsError(
            "LoadBalancerNotFound", f"There is no ACTIVE Load Balancer named '{call.text('LoadBalancerName')}'"
        )
    health: dict[str, str] = getattr(balancer, "health", {})
    if call.text("Instances.member.1.InstanceId") or not health:
        return None
    rows = [_row(i, health.get(i, "InService")) for i in balancer.instance_ids]
    return xml({"InstanceStates": rows}, "member")


def _row(instance_id: str, state: str) -> dict[str, str]:
    if state == "InService":
        return {"InstanceId": instance_id, "State": state, "ReasonCode": "N/A", "Description": "N/A"}
    description = "Instance has failed at least the UnhealthyThreshold number of health checks consecutively."
    return {"InstanceId": instance_id, "State": state, "ReasonCode": "Instance", "Description": description}


OPERATIONS = {"DescribeInstanceHealth": describe_instance_health}
