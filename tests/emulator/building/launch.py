# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What launches instances: launch templates, launch configurations, Auto Scaling groups; and the snapshots in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .ebs import add_snapshot
from .site import Site, spared, waste

IMAGE = "ami-0123456789abcdef0"


def launch_data(
    monitoring: bool | None = None, snapshot_id: str | None = None, image_id: str = IMAGE
) -> dict[str, Any]:
    """The data of one launch template version. `monitoring` None: nothing said, which is basic."""
    data: dict[str, Any] = {"ImageId": image_id, "InstanceType": "t3.medium"}
    if monitoring is not None:
        data["Monitoring"] = {"Enabled": monitoring}
    return data | ({"BlockDeviceMappings": device_of(snapshot_id)} if snapshot_id else {})


def device_of(snapshot_id: str) -> list[dict[str, Any]]:
    """Block device mappings with a volume from one snapshot."""
    return [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": snapshot_id, "DeleteOnTermination": True}}]


def add_launch_template(site: Site, name: str, versions: Sequence[Mapping[str, Any]], default: int = 1) -> Any:
    """A launch template of these versions' data, numbered from 1."""
    backend = site.ec2
    template = backend.create_launch_template(name, "", dict(versions[0]), {})
    backend.launch_templates.pop(template.id)
    backend.launch_template_insert_order.remove(template.id)
    template.id = site.hex("lt-")
    backend.launch_templates[template.id] = template
    backend.launch_template_name_to_ids[name] = template.id
    backend.launch_template_insert_order.append(template.id)
    for data in versions[1:]:
        template.create_version(dict(data), "")
    template.default_version_number = default
    for version in template.versions:
        version.create_time = site.ago(200 - version.number)
    return template


def add_launch_configuration(
    site: Site, name: str, monitoring: bool = True, snapshot_id: str | None = None, image_id: str = IMAGE
) -> str:
    """A launch configuration, by default with detailed monitoring as on AWS. Returns its name."""
    site.backend("autoscaling").create_launch_configuration(
        name=name, image_id=image_id, key_name=None, kernel_id="", ramdisk_id="", security_groups=[],
        user_data=None, instance_type="t3.medium", instance_monitoring=monitoring, instance_profile_name=None,
        spot_price=None, ebs_optimized=False, associate_public_ip_address=False,
        block_device_mappings=device_of(snapshot_id) if snapshot_id else [],
    )  # fmt: skip
    return name


def add_group(
    site: Site,
    name: str,
    scaling: bool = False,
    template: Any = None,
    version: str | None = None,
    configuration: str | None = None,
    overrides: Sequence[Mapping[str, Any]] = (),
) -> str:
    """An Auto Scaling group, with a target tracking policy where `scaling`. It launches from a template's version
    (`$Default`, `$Latest` or a number; with `overrides` by a mixed instances policy), from a launch configuration, or
    from one of its own with basic monitoring. Returns its name."""
    backend = site.backend("autoscaling")
    specification = {"LaunchTemplateId": template.id, "Version": version or "$Default"} if template else {}
    mixed = {"LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": list(overrides)}}
    if not template and not configuration:
        configuration = add_launch_configuration(site, f"{name}-lc", monitoring=False)
    backend.create_auto_scaling_group(
        name=name, availability_zones=[f"{site.region}a"], desired_capacity=0, max_size=4, min_size=0,
        launch_config_name=configuration, launch_template={} if overrides else specification,
        vpc_zone_identifier=None, default_cooldown=None, health_check_period=None, health_check_type=None,
        load_balancers=[], target_group_arns=[], placement_group=None, termination_policies=[], tags=[],
        mixed_instances_policy=mixed if overrides else None,
    )  # fmt: skip
    if scaling:
        _add_policy(backend, name)
    return name


def _add_policy(backend: Any, group_name: str) -> None:
    metric = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    backend.put_scaling_policy(
        name=f"{group_name}-cpu", policy_type="TargetTrackingScaling", metric_aggregation_type=None,
        adjustment_type=None, as_name=group_name, min_adjustment_magnitude=None, scaling_adjustment=None, cooldown=None,
        target_tracking_config={"PredefinedMetricSpecification": metric, "TargetValue": 50.0}, step_adjustments=None,
        estimated_instance_warmup=None, predictive_scaling_configuration=None,
    )  # fmt: skip


def join_group(site: Site, instance: Any, group_name: str) -> None:
    """Make the instance a member, with the tags that Auto Scaling and EC2 put on it."""
    from moto.autoscaling.models import InstanceState

    group = site.backend("autoscaling").autoscaling_groups[group_name]
    group.instance_states.append(InstanceState(instance, autoscaling_group=group))
    group.desired_capacity += 1
    tags = {"aws:autoscaling:groupName": group_name}
    if template := group.ec2_launch_template:
        number = template.get_version(group.launch_template_version).number
        tags |= {"aws:ec2launchtemplate:id": template.id, "aws:ec2launchtemplate:version": str(number)}
    site.ec2.tags[instance.id].update(tags)


def build_launch_snapshots(site: Site) -> None:
    """Old snapshots that launch templates, launch configurations and Auto Scaling groups hold, or no longer do."""

    def snapshot(expect: Any, name: str) -> str:
        return str(add_snapshot(site, expect, name, (300, 0)).id)

    template = spared("old_snapshot", "launch template", "in a launch template's default version")
    latest = spared("old_snapshot", "launch template", "in a launch template's latest version")
    pinned = spared("old_snapshot", "Auto Scaling group", "in the version that an Auto Scaling group names")
    mixed = spared("old_snapshot", "Auto Scaling group", "in the version that a mixed instances policy names")
    configured = spared("old_snapshot", "Auto Scaling group", "in the launch configuration of an Auto Scaling group")
    old = waste("old_snapshot", "only in a launch template's version that nothing uses")
    held = [
        snapshot(old, "shop-data-v1"),
        snapshot(template, "shop-data-v2"),
        snapshot(pinned, "shop-data-v3"),
        snapshot(mixed, "shop-data-v4"),
        snapshot(latest, "shop-data-v5"),
    ]
    shop = add_launch_template(site, "shop", [launch_data(snapshot_id=one) for one in held], default=2)
    add_group(site, "shop-canary", template=shop, version="3")
    override = {"InstanceType": "t3.large",
                "LaunchTemplateSpecification": {"LaunchTemplateId": shop.id, "Version": "4"}}  # fmt: skip
    add_group(site, "shop-mixed", template=shop, overrides=[override])
    report = snapshot(configured, "report-fonts")
    add_launch_configuration(site, "report-lc", monitoring=False, snapshot_id=report)
    add_group(site, "report", configuration="report-lc")
