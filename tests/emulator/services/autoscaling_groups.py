# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Auto Scaling groups and launch configurations: pages, and the shapes that AWS gives them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ..wire import AwsError, Call, page, xml
from .common import matches

LARGEST_PAGE = 100
DEFAULT_PAGE = 50
SPECIFICATION = ("LaunchTemplateId", "LaunchTemplateName", "Version")


def autoscaling(call: Call) -> Any:
    """moto's Auto Scaling backend of the call's account and region."""
    from moto.autoscaling.models import autoscaling_backends

    return autoscaling_backends[call.account][call.region]


def describe_auto_scaling_groups(call: Call) -> str:
    """DescribeAutoScalingGroups: pages of at most 100 (moto: HTTP 500 for more), and the launch template version that
    each instance was launched from (moto: the default one).

    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html
    """
    names = call.values("AutoScalingGroupNames")
    found = [g for g in list(autoscaling(call).autoscaling_groups.values()) if not names or g.name in names]
    for name, wanted in _filters(call):
        found = [g for g in found if _passes(g, name, wanted)]
    chosen, token = _page(call, found)
    rows = "".join(f"<member>{xml(_group(g), 'member')}</member>" for g in chosen)
    return f"<AutoScalingGroups>{rows}</AutoScalingGroups>{token}"


def _filters(call: Call) -> list[tuple[str, list[str]]]:
    return [(f.get("Name", ""), f.get("Values") or []) for f in call.tree("Filters") or []]


def _passes(group: Any, name: str, wanted: list[str]) -> bool:
    tags = {tag["Key"]: tag.get("Value", "") for tag in group.tags}
    if name == "tag-key":
        return matches(list(tags), wanted)
    if name == "tag-value":
        return matches(list(tags.values()), wanted)
    if name.startswith("tag:"):
        return matches(tags.get(name[4:]), wanted)
    raise AwsError("ValidationError", f"Filter type {name} is not correct. Allowed Filter types are: tag-key, "
                   "tag-value, tag:<key>")  # fmt: skip


def _page(call: Call, found: list[Any]) -> tuple[Any, str]:
    size = call.number("MaxRecords", DEFAULT_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise AwsError("ValidationError", f"MaxRecords must be between 1 and {LARGEST_PAGE}")
    chosen, token = page(sorted(found, key=_name), call.text("NextToken"), size, _name)
    return chosen, xml({"NextToken": token or None})


def _name(item: Any) -> str:
    return str(item.name)


def _group(group: Any) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        **_launched_from(group),
        "MinSize": group.min_size,
        "MaxSize": group.max_size,
        "DesiredCapacity": group.desired_capacity,
        "DefaultCooldown": group.default_cooldown,
        "AvailabilityZones": group.availability_zones,
        "LoadBalancerNames": group.load_balancer_names,
        "TargetGroupARNs": group.target_group_arns,
        "HealthCheckType": group.health_check_type,
        "HealthCheckGracePeriod": group.health_check_grace_period or 0,
        "Instances": [_instance(group, s) for s in group.instance_states],
        # moto keeps it as text in local time
        "CreatedTime": datetime.fromisoformat(group.created_time).astimezone(timezone.utc),
        "SuspendedProcesses": group.suspended_processes,
        "PlacementGroup": group.placement_group,
        "VPCZoneIdentifier": group.vpc_zone_identifier or "",
        "EnabledMetrics": group.enabled_metrics,
        "Tags": [{k: t.get(k) for k in ("ResourceId", "ResourceType", "Key", "Value", "PropagateAtLaunch")}
                 for t in group.tags],
        "TerminationPolicies": group.termination_policies,
        "NewInstancesProtectedFromScaleIn": bool(group.new_instances_protected_from_scale_in),
        "ServiceLinkedRoleARN": group.service_linked_role_arn,
        "CapacityRebalance": bool(group.capacity_rebalance),
    }  # fmt: skip


def _launched_from(group: Any) -> dict[str, Any]:
    """Exactly one of MixedInstancesPolicy, LaunchTemplate and LaunchConfigurationName."""
    if group.mixed_instances_policy:
        return {"MixedInstancesPolicy": group.mixed_instances_policy}
    if group.ec2_launch_template:
        return {"LaunchTemplate": group.launch_template}
    return {"LaunchConfigurationName": group.launch_configuration_name}


def _instance(group: Any, state: Any) -> dict[str, Any]:
    return {
        "InstanceId": state.instance.id,
        "InstanceType": state.instance.instance_type,
        "AvailabilityZone": state.instance.placement.zone,
        "LifecycleState": state.lifecycle_state,
        "HealthStatus": state.health_status,
        **_instance_launched_from(group, state),
        "ProtectedFromScaleIn": bool(state.protected_from_scale_in),
    }


def _instance_launched_from(group: Any, state: Any) -> dict[str, Any]:
    template = group.ec2_launch_template
    if not template:
        return {"LaunchConfigurationName": group.launch_configuration_name}
    number = getattr(state, "launch_template_version", template.get_version(group.launch_template_version).number)
    row = dict(zip(SPECIFICATION, (template.id, template.name, str(number)), strict=True))
    return {"LaunchTemplate": row}


def describe_launch_configurations(call: Call) -> str:
    """DescribeLaunchConfigurations in pages of at most 100.

    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeLaunchConfigurations.html
    """
    names = call.values("LaunchConfigurationNames")
    found = [c for c in list(autoscaling(call).launch_configurations.values()) if not names or c.name in names]
    chosen, token = _page(call, found)
    rows = "".join(f"<member>{xml(_configuration(c), 'member')}</member>" for c in chosen)
    return f"<LaunchConfigurations>{rows}</LaunchConfigurations>{token}"


def _configuration(configuration: Any) -> dict[str, Any]:
    return {
        "LaunchConfigurationName": configuration.name,
        "LaunchConfigurationARN": configuration.arn,
        "ImageId": configuration.image_id,
        "KeyName": configuration.key_name or "",
        "SecurityGroups": configuration.security_groups,
        "ClassicLinkVPCSecurityGroups": configuration.classic_link_vpc_security_groups or [],
        "UserData": configuration.user_data or "",
        "InstanceType": configuration.instance_type,
        "KernelId": configuration.kernel_id or "",
        "RamdiskId": configuration.ramdisk_id or "",
        "BlockDeviceMappings": configuration.block_device_mapping_dict or [],
        "InstanceMonitoring": {"Enabled": bool(configuration.instance_monitoring_enabled)},
        "SpotPrice": configuration.spot_price,
        "IamInstanceProfile": configuration.iam_instance_profile,
        "CreatedTime": configuration.created_time,
        "EbsOptimized": bool(configuration.ebs_optimized),
        "AssociatePublicIpAddress": bool(configuration.associate_public_ip_address),
        "MetadataOptions": configuration.metadata_options,
    }


def create_launch_configuration(call: Call) -> str:
    """CreateLaunchConfiguration: detailed monitoring is on unless InstanceMonitoring says otherwise (moto: off), and a
    name can be given once (moto: the later one wins).

    https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateLaunchConfiguration.html
    """
    backend, name = autoscaling(call), call.text("LaunchConfigurationName")
    if name in backend.launch_configurations:
        raise AwsError("AlreadyExists", "Launch Configuration by this name already exists - A launch configuration "
                       f"already exists with the name {name}")  # fmt: skip
    if not call.text("ImageId") or not call.text("InstanceType"):
        raise AwsError("ValidationError", "Valid requests must contain either the InstanceID parameter or both the "
                       "ImageId and InstanceType parameters.")  # fmt: skip
    backend.create_launch_configuration(
        name=name,
        image_id=call.text("ImageId"),
        key_name=call.text("KeyName") or None,
        kernel_id=call.text("KernelId"),
        ramdisk_id=call.text("RamdiskId"),
        security_groups=call.values("SecurityGroups"),
        user_data=call.text("UserData") or None,
        instance_type=call.text("InstanceType"),
        instance_monitoring=call.text("InstanceMonitoring.Enabled", "true") == "true",
        instance_profile_name=call.text("IamInstanceProfile") or None,
        spot_price=call.text("SpotPrice") or None,
        ebs_optimized=call.flag("EbsOptimized"),
        associate_public_ip_address=call.flag("AssociatePublicIpAddress"),
        block_device_mappings=call.tree("BlockDeviceMappings") or [],
        metadata_options=call.tree("MetadataOptions") or None,
    )
    return ""


OPERATIONS = {
    "CreateLaunchConfiguration": create_launch_configuration,
    "DescribeAutoScalingGroups": describe_auto_scaling_groups,
    "DescribeLaunchConfigurations": describe_launch_configurations,
}
