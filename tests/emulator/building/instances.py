# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances: every reason and every guard of ec2_monitoring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .ebs import add_volume, attach
from .launch import (
    IMAGE,
    add_group,
    add_launch_configuration,
    add_launch_template,
    join_group,
    launch_data,
)
from .site import Expect, Site, ignored, spared, waste

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


def add_promql_alarm(site: Site, name: str, query: str, interval: int = 60) -> None:
    """An alarm on a PromQL query, which has neither a period nor metrics.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-promql.html
    """
    add_alarm(site, name, "", 60)
    alarm = site.backend("cloudwatch").alarms[name]
    alarm.namespace = alarm.metric_name = alarm.period = alarm.statistic = alarm.threshold = None
    alarm.comparison_operator = alarm.evaluation_periods = None
    alarm.dimensions = []
    alarm.evaluation_criteria = {"PromQLCriteria": {"Query": query, "PendingPeriod": 60, "RecoveryPeriod": 60}}
    alarm.evaluation_interval = interval


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
    join_group(site, fixed, add_group(site, "cron"))
    add_instance(site, ignored("stopped"), "old-bastion", state="stopped")
    kept = spared("detailed_monitoring", "keep", "tagged")
    add_instance(site, kept, "trading-1", tags={"keep": "true"})
    wanted = Expect("detailed asked for", "planned", "basic_monitoring")
    add_instance(site, ignored("already basic", detailed=wanted), "intranet-1", detailed=False)
    _build_group_members(site)


def _build_group_members(site: Site) -> None:
    """Members of groups without a scaling policy, whose next instance will have detailed monitoring again, or not."""
    by_template = spared("detailed_monitoring", "launch template", "its group's launch template switches it on again")
    by_configuration = spared(
        "detailed_monitoring", "launch configuration", "its group's launch configuration switches it on again"
    )
    versions = [launch_data(monitoring=False), launch_data(monitoring=True), launch_data()]
    template = add_launch_template(site, "stream", versions, default=1)
    pinned = add_group(site, "stream", template=template, version="2")
    join_group(site, add_instance(site, by_template, "stream-1"), pinned)
    configuration = add_launch_configuration(site, "legacy-lc")
    join_group(
        site, add_instance(site, by_configuration, "legacy-1"), add_group(site, "legacy", configuration=configuration)
    )
    off = waste("detailed_monitoring", "its group's launch template switches it off")
    join_group(site, add_instance(site, off, "stream-blue-1"), add_group(site, "stream-blue", template=template))
    unsaid = waste("detailed_monitoring", "its group's launch template says nothing, which is basic")
    latest = add_group(site, "stream-green", template=template, version="$Latest")
    join_group(site, add_instance(site, unsaid, "stream-green-1"), latest)
