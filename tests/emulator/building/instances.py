# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances: every reason and every guard of ec2_monitoring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .ebs import add_volume, attach
from .site import Expect, Site, ignored, spared, waste

IMAGE = "ami-0123456789abcdef0"
PLAIN = waste("detailed_monitoring", "detailed for no reason")


def add_instance(
    site: Site,
    expect: Expect,
    name: str,
    detailed: bool = True,
    tags: dict[str, str] | None = None,
    root: bool = True,
    state: str = "running",
) -> Any:
    """One instance with its root volume."""
    reservation = site.ec2.run_instances(
        IMAGE, 1, None, [], instance_type="t3.medium", is_instance_type_default=True, region_name=site.region,
        tags={"instance": {"Name": name} | (tags or {})}, nics=[], block_device_mappings=[],
    )  # fmt: skip
    instance = reservation.instances[0]
    _rename(site, reservation, instance)
    instance.virtualization_type = "hvm"
    instance.monitoring_state = "enabled" if detailed else "disabled"
    instance.launch_time = site.ago(100)
    if state == "stopped":
        instance.stop()
    if root:
        volume = add_volume(site, ignored(f"root volume of {name}"), age=(100, 0), size=30)
        attach(site, volume, instance, "/dev/sda1")
    if detailed:
        expect = replace(expect, variants={"detailed": ignored("as asked for")})
    site.expect("ec2:instance", instance.id, name, expect)
    return instance


def _rename(site: Site, reservation: Any, instance: Any) -> None:
    """Ids of our own random source, so that a seed gives the same ones whatever else moto made."""
    tags = site.ec2.tags.pop(instance.id, {})
    instance.id = site.hex("i-")
    site.ec2.tags[instance.id] = tags
    site.ec2.reservations.pop(reservation.id)
    reservation.id = site.hex("r-")
    site.ec2.reservations[reservation.id] = reservation


def add_alarm(site: Site, name: str, instance_id: str, period: int, metric_math: bool = False) -> None:
    """A CPU alarm on one instance, plain or as metric math."""
    from moto.cloudwatch.models import Dimension, Metric, MetricDataQuery, MetricStat

    dimensions = [{"Name": "InstanceId", "Value": instance_id}]
    queries = None
    if metric_math:
        metric = Metric("CPUUtilization", "AWS/EC2", [Dimension("InstanceId", instance_id)])
        stat = MetricStat(metric, str(period), "Average", "Percent")
        queries = [
            MetricDataQuery("half", "half", None, "true", "cpu / 2"),
            MetricDataQuery("cpu", "cpu", None, "false", None, stat),
        ]
    site.backend("cloudwatch").put_metric_alarm(
        name=name,
        namespace=None if metric_math else "AWS/EC2",
        metric_name=None if metric_math else "CPUUtilization",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=3,
        period=None if metric_math else period,
        threshold=90.0,
        statistic=None if metric_math else "Average",
        description="",
        dimensions=[] if metric_math else dimensions,
        alarm_actions=[],
        metric_data_queries=queries,
    )


def add_group(site: Site, name: str, scaling: bool) -> str:
    """An Auto Scaling group, with a target tracking policy where `scaling`. Returns its name."""
    backend = site.backend("autoscaling")
    backend.create_launch_configuration(
        name=f"{name}-lc", image_id=IMAGE, key_name=None, kernel_id="", ramdisk_id="", security_groups=[],
        user_data=None, instance_type="t3.medium", instance_monitoring=True, instance_profile_name=None,
        spot_price=None, ebs_optimized=False, associate_public_ip_address=False, block_device_mappings=[],
    )  # fmt: skip
    backend.create_auto_scaling_group(
        name=name, availability_zones=[f"{site.region}a"], desired_capacity=0, max_size=4, min_size=0,
        launch_config_name=f"{name}-lc", launch_template={}, vpc_zone_identifier=None, default_cooldown=None,
        health_check_period=None, health_check_type=None, load_balancers=[], target_group_arns=[],
        placement_group=None, termination_policies=[], tags=[],
    )  # fmt: skip
    if scaling:
        target = {
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50.0,
        }
        backend.put_scaling_policy(
            name=f"{name}-cpu", policy_type="TargetTrackingScaling", metric_aggregation_type=None, adjustment_type=None,
            as_name=name, min_adjustment_magnitude=None, scaling_adjustment=None, cooldown=None,
            target_tracking_config=target, step_adjustments=None, estimated_instance_warmup=None,
            predictive_scaling_configuration=None,
        )  # fmt: skip
    return name


def join_group(site: Site, instance: Any, group_name: str) -> None:
    """Make the instance a member, with the tag that Auto Scaling puts on it."""
    from moto.autoscaling.models import InstanceState

    group = site.backend("autoscaling").autoscaling_groups[group_name]
    group.instance_states.append(InstanceState(instance, autoscaling_group=group))
    group.desired_capacity += 1
    site.ec2.tags[instance.id]["aws:autoscaling:groupName"] = group_name


def build_instances(site: Site) -> None:
    """One instance for every case."""
    add_instance(site, PLAIN, "orders-api-1", tags={"Team": "orders"})
    add_instance(site, PLAIN, "<b>bold</b> & co")
    slow = add_instance(site, waste("detailed_monitoring", "its alarm's period is 300 s"), "batch-1")
    add_alarm(site, "batch-1-cpu-5m", slow.id, 300)
    fast = add_instance(site, spared("detailed_monitoring", "alarm", "an alarm of 60 s"), "payments-1")
    add_alarm(site, "payments-1-cpu-1m", fast.id, 60)
    mathematical = add_instance(
        site, spared("detailed_monitoring", "alarm", "a metric math alarm of 60 s"), "payments-2"
    )
    add_alarm(site, "payments-2-half-cpu", mathematical.id, 60, metric_math=True)
    scaled = add_instance(site, spared("detailed_monitoring", "scaling", "its group scales by a policy"), "web-1")
    join_group(site, scaled, add_group(site, "web", scaling=True))
    fixed = add_instance(site, waste("detailed_monitoring", "its group has no scaling policy"), "cron-1")
    join_group(site, fixed, add_group(site, "cron", scaling=False))
    add_instance(site, ignored("stopped"), "old-bastion", state="stopped")
    kept = spared("detailed_monitoring", "keep", "tagged")
    add_instance(site, kept, "trading-1", tags={"keep": "true"})
    wanted = Expect("detailed asked for", "planned", "basic_monitoring")
    add_instance(site, ignored("already basic", detailed=wanted), "intranet-1", detailed=False)
