# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load balancers (v2): target health that can be set, deletion protection, pages."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ..wire import AwsError, Call, page, xml

HEALTH_STATES = ("healthy", "unhealthy", "unused", "initial", "draining", "unavailable")
REASONS = {
    "unhealthy": ("Target.FailedHealthChecks", "Health checks failed"),
    "unused": ("Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"),
    "initial": ("Elb.RegistrationInProgress", "Target registration is in progress"),
    "draining": ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
    "unavailable": ("Target.HealthCheckDisabled", "Health checks are not enabled for this target"),
}
LARGEST_PAGE = 400


def elbv2(call: Call) -> Any:
    """moto's ELBv2 backend of the call's account and region."""
    from moto.elbv2.models import elbv2_backends

    return elbv2_backends[call.account][call.region]


def set_target_health(group: Any, target_id: str, state: str) -> None:
    """Make a target healthy, unhealthy, unused, initial, draining or unavailable. Raises ValueError on another."""
    if state not in HEALTH_STATES:
        raise ValueError(f"{state!r} is none of {', '.join(HEALTH_STATES)}")
    group.__dict__.setdefault("health", {})[target_id] = state


def describe_target_health(call: Call) -> str | None:
    """DescribeTargetHealth: the state that was set; `unused` where no listener uses the group (moto: always healthy).

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html
    """
    if call.text("Targets.member.1.Id"):
        return None
    backend, arn = elbv2(call), call.text("TargetGroupArn")
    group = backend.target_groups.get(arn)
    if group is None:
        raise AwsError("TargetGroupNotFound", "One or more target groups not found")
    members = "".join(_health(backend, group, target) for target in list(group.targets.values()))
    return f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"


def _health(backend: Any, group: Any, target: dict[str, Any]) -> str:
    state = getattr(group, "health", {}).get(target["Id"])
    reason: tuple[str | None, str | None]
    if state is None and not group.load_balancer_arns:
        state = "unused"
    if state is None:
        status = group.health_for({"Id": target["Id"]}, backend.ec2_backend)
        state, reason = status.status, (status.reason, status.description)
    else:
        reason = REASONS.get(state, (None, None))
    row = {
        "Target": {"Id": target["Id"], "Port": target["Port"] if group.target_type != "lambda" else None},
        "HealthCheckPort": group.health_check_port,
        "TargetHealth": {"State": state, "Reason": reason[0], "Description": reason[1]},
    }
    return f"<member>{xml(row, 'member')}</member>"


def describe_target_groups(call: Call) -> str | None:
    """DescribeTargetGroups: pages of PageSize (moto: everything at once); a group of a load balancer by its ARN.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetGroups.html
    """
    if call.values("TargetGroupArns") or call.values("Names") or call.text("LoadBalancerArn"):
        return None
    groups = sorted(elbv2(call).target_groups.copy().values(), key=_arn)
    chosen, token = page(groups, call.text("Marker"), _page_size(call), _arn)
    members = "".join(f"<member>{_target_group(g)}</member>" for g in chosen)
    return f"<TargetGroups>{members}</TargetGroups>" + xml({"NextMarker": token or None})


def _target_group(group: Any) -> str:
    row = {
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "Protocol": group.protocol,
        "Port": group.port if group.target_type != "lambda" else None,
        "VpcId": group.vpc_id,
        "HealthCheckProtocol": group.health_check_protocol,
        "HealthCheckPort": group.health_check_port,
        "HealthCheckEnabled": group.health_check_enabled,
        "HealthCheckIntervalSeconds": group.health_check_interval_seconds,
        "HealthCheckTimeoutSeconds": group.health_check_timeout_seconds,
        "HealthyThresholdCount": group.healthy_threshold_count,
        "UnhealthyThresholdCount": group.unhealthy_threshold_count,
        "HealthCheckPath": group.health_check_path,
        "Matcher": getattr(group, "matcher", None),
        "LoadBalancerArns": list(dict.fromkeys(group.load_balancer_arns)),
        "TargetType": group.target_type,
        "ProtocolVersion": group.protocol_version,
        "IpAddressType": group.ip_address_type,
    }
    return xml(row, "member")


def describe_load_balancers(call: Call) -> str | None:
    """DescribeLoadBalancers: pages by ARN with Marker, at most 400 (moto: markers by name, 50).

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html
    """
    if call.values("LoadBalancerArns") or call.values("Names"):
        return None
    balancers = sorted(elbv2(call).load_balancers.copy().values(), key=_arn)
    chosen, token = page(balancers, call.text("Marker"), _page_size(call), _arn)
    members = "".join(f"<member>{_load_balancer(b)}</member>" for b in chosen)
    return f"<LoadBalancers>{members}</LoadBalancers>" + xml({"NextMarker": token or None})


def _load_balancer(balancer: Any) -> str:
    balancer.activate()
    zones = [{"SubnetId": s.id, "ZoneName": s.availability_zone} for s in balancer.subnets]
    row = {
        "LoadBalancerArn": balancer.arn,
        "DNSName": balancer.dns_name,
        "CanonicalHostedZoneId": balancer.canonical_hosted_zone_id,
        "CreatedTime": balancer.created_time,
        "LoadBalancerName": balancer.name,
        "Scheme": balancer.scheme,
        "VpcId": balancer.vpc_id,
        "State": {"Code": balancer.state},
        "Type": balancer.type,
        "AvailabilityZones": zones,
        "SecurityGroups": list(balancer.security_groups or []),
        "IpAddressType": balancer.ip_address_type,
    }
    return xml(row, "member")


def delete_load_balancer(call: Call) -> None:
    """DeleteLoadBalancer: refused while deletion protection is on (moto: deletes); deleting twice succeeds.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html
    """
    arn = call.text("LoadBalancerArn")
    balancer = elbv2(call).load_balancers.get(arn)
    if balancer is not None and str(balancer.attrs.get("deletion_protection.enabled")).lower() == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message)
    if balancer is not None:
        for group in elbv2(call).target_groups.values():
            group.load_balancer_arns = [a for a in group.load_balancer_arns if a != arn]


def _arn(item: Any) -> str:
    return str(item.arn)


def _page_size(call: Call) -> int:
    size = call.number("PageSize", LARGEST_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise AwsError("ValidationError", f"Value '{escape(str(size))}' at 'pageSize' must be between 1 and 400")
    return size


OPERATIONS = {
    "DescribeTargetHealth": describe_target_health,
    "DescribeTargetGroups": describe_target_groups,
    "DescribeLoadBalancers": describe_load_balancers,
    "DeleteLoadBalancer": delete_load_balancer,
}
