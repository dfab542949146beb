# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator's own answers say what moto's serializer says of the same objects, but for what they correct."""

from __future__ import annotations

from typing import Any

import pytest

REGION = "eu-west-1"
# What moto says and AWS doesn't (empty values), says to the second only, or what the emulator corrects.
EMPTY = (None, "", [], {}, "None")
CORRECTED = {
    "describe_volumes": {"AttachTime"},
    "describe_log_groups": {"retentionInDays", "storedBytes"},
    "describe_alarms": {"ReturnData", "Unit", "StateReasonData"},
    "describe_auto_scaling_groups": {"CreatedTime", "Version"},
    "describe_launch_configurations": {"CreatedTime", "NoDevice"},
    "describe_launch_templates": {"CreateTime"},
}
# Fields of a network interface that no sweep reads.
INTERFACE = {"Association", "AttachTime", "DeleteOnTermination", "NetworkCardIndex", "Ipv6Addresses", "PrivateDnsName"}
LEFT_OUT = {"describe_instances": {*INTERFACE, "PrivateIpAddresses", "KernelId"}}
CASES = [
    ("ec2", "describe_volumes", "Volumes", "VolumeId", {}),
    ("ec2", "describe_snapshots", "Snapshots", "SnapshotId", {}),
    ("ec2", "describe_images", "Images", "ImageId", {"Owners": ["self"], "IncludeDisabled": True}),
    ("ec2", "describe_instances", "Reservations", "ReservationId", {}),
    ("logs", "describe_log_groups", "logGroups", "logGroupName", {}),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn", {}),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn", {}),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", {}),
    ("autoscaling", "describe_policies", "ScalingPolicies", "PolicyName", {}),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName", {}),
    ("autoscaling", "describe_launch_configurations", "LaunchConfigurations", "LaunchConfigurationName", {}),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId", {}),
    ("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", "LaunchTemplateId",
     {"Versions": ["$Latest"]}),
    ("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", "ResourceARN",
     {"ResourceTypeFilters": ["ec2:volume"]}),
]  # fmt: skip


def differences(path: str, slow: Any, fast: Any, known: set[str]) -> list[str]:
    """Where the fast answer lacks or contradicts the slow one; more than moto says is welcome."""
    if isinstance(slow, dict):
        named = {k: v for k, v in slow.items() if v not in EMPTY and k not in known}
        return [d for k, v in named.items() for d in differences(f"{path}.{k}", v, fast.get(k), known)]
    if isinstance(slow, list):
        if len(slow) != len(fast or []):
            return [f"{path}: {len(slow)} and {len(fast or [])}"]
        return [d for a, b in zip(slow, fast, strict=True) for d in differences(f"{path}[]", a, b, known)]
    return [] if slow == fast else [f"{path}: {slow!r} and {fast!r}"]


@pytest.mark.parametrize(("service", "operation", "key", "identity", "arguments"), CASES, ids=[c[1] for c in CASES])
def test_fast_answers_agree_with_motos(
    demo: Any, service: str, operation: str, key: str, identity: str, arguments: dict[str, Any]
) -> None:
    client = demo.client(service, REGION)

    def ask() -> list[dict[str, Any]]:
        pages = client.get_paginator(operation).paginate(**arguments)
        return sorted((row for page in pages for row in page[key]), key=lambda row: row[identity])

    fast = ask()
    demo.front.fast = False
    try:
        slow = ask()
    finally:
        demo.front.fast = True
    known = CORRECTED.get(operation, set()) | LEFT_OUT.get(operation, set())
    assert fast
    assert differences("", slow, fast, known) == []
