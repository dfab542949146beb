# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detailed monitoring of EC2 instances: find, decide, switch. An alarm or a scaling policy may need it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.transformation import ansible_dict_to_boto3_filter_list

from ..sweep.finding import Finding, age_in_days, tags_of
from ..sweep.guard import Candidate, ExcludedByTag, Guard, Holds, managed_by_operator
from ..sweep.instances import instance_pages
from ..sweep.policy import Check, Common, Policy
from ..sweep.prices import monitoring_cost
from ..sweep.region import Region, Resource, Scope
from .launch_sources import group_sources

ARGUMENT_SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["basic", "detailed"], "default": "basic"},
    "filters": {"type": "dict"},
    "include_auto_scaling": {"type": "bool", "default": False},
}

# basic monitoring gives a value every five minutes
BASIC_PERIOD_SECONDS = 300
DISABLE, ENABLE = "disable_detailed_monitoring", "enable_detailed_monitoring"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
INSTANCE_GONE = ("InvalidInstanceID.NotFound",)
BATCH_SIZES = {DISABLE: 50, ENABLE: 50}
GROUP_TAG = "aws:autoscaling:groupName"

Dimension = tuple[str, str]
ANY_INSTANCE: Dimension = ("Expression", "AWS/EC2")
EVERY_INSTANCE: Dimension = ("Namespace", "AWS/EC2")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/viewing_metrics_with_cloudwatch.html, of metrics and dimensions
AVERAGED_OVER = frozenset({"ImageId", "InstanceType", "Namespace"})
# `FROM SCHEMA("AWS/EC2", InstanceId)` of a Metrics Insights query reads what basic monitoring writes too
OF_INSTANCES = re.compile(r"SCHEMA\s*\([^)]*\b(?:InstanceId|AutoScalingGroupName)\b")


class ShortAlarm(Guard):
    """Alarms that read an instance's metrics, or its group's, more often than basic monitoring writes them, alarms on
    an average over instances, which EC2 makes from those with detailed monitoring only, and alarms of which nobody can
    tell what they read."""

    name = "the list of alarms"
    nothing: Mapping[Dimension, str] = {}

    def load(self, region: Region) -> Mapping[Dimension, str]:
        alarms = region.listing("cloudwatch", "describe_alarms", "MetricAlarms", AlarmTypes=["MetricAlarm"])
        return {dimension: words for alarm in alarms for dimension, words in needs(alarm)}

    def protects(self, candidate: Candidate, facts: Mapping[Dimension, str]) -> str | None:
        finding, instance = candidate.finding, candidate.resource
        read = (
            ("InstanceId", finding.resource_id),
            ("AutoScalingGroupName", finding.tags.get(GROUP_TAG, "")),
            ("ImageId", instance.get("ImageId", "")),
            ("InstanceType", instance.get("InstanceType", "")),
            EVERY_INSTANCE,
            ANY_INSTANCE,
        )
        return next((facts[dimension] for dimension in read if dimension in facts), None)


def needs(alarm: Resource) -> Iterator[tuple[Dimension, str]]:
    """The dimensions of EC2's metrics for which an alarm needs detailed monitoring, each with the alarm in words."""
    name = alarm.get("AlarmName", "without a name")
    if not is_understood(alarm):
        # a PromQL query, or what a newer AWS knows: it may read any instance, as often as it likes
        yield ANY_INSTANCE, f"alarm {name} may need detailed monitoring: which metrics it reads cannot be told"
        return
    for period, dimensions in readings(alarm):
        for dimension in dimensions:
            if period < BASIC_PERIOD_SECONDS or dimension[0] in AVERAGED_OVER:
                yield dimension, f"alarm {name} (period {period} s) needs detailed monitoring"


def is_understood(alarm: Resource) -> bool:
    """Whether `readings` tells all that an alarm reads: one metric with its period, or metrics and expressions.

    An alarm on a PromQL query has `EvaluationCriteria` instead, which botocore before 1.42.82 drops.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
    """
    if alarm.get("EvaluationCriteria"):
        return False
    queries = alarm.get("Metrics") or []
    if not queries:
        return _is_read_whole(alarm)
    return all(_is_query_understood(query) for query in queries)


def _is_query_understood(query: Resource) -> bool:
    stat = query.get("MetricStat")
    if not stat:
        return bool(query.get("Expression"))
    return _is_read_whole({**stat.get("Metric", {}), "Period": stat.get("Period")})


def _is_read_whole(metric: Resource) -> bool:
    return all(metric.get(name) for name in ("Namespace", "MetricName", "Period"))


def readings(alarm: Resource) -> Iterator[tuple[int, list[Dimension]]]:
    """(period in seconds, dimensions) of each metric that an alarm reads, its metric math and queries included."""
    if alarm.get("Period"):
        yield alarm["Period"], _dimensions(alarm)
    for query in alarm.get("Metrics") or []:
        stat = query.get("MetricStat")
        if stat:
            yield stat["Period"], _dimensions(stat["Metric"])
        elif "AWS/EC2" in query.get("Expression", ""):
            # a Metrics Insights query names no instance: it may read any, or an average over several
            by_instance = OF_INSTANCES.search(query["Expression"])
            yield query.get("Period", 60), [ANY_INSTANCE if by_instance else EVERY_INSTANCE]


def _dimensions(metric: Resource) -> list[Dimension]:
    """Of a metric that EC2's monitoring writes. The agent's, and status checks, come every minute in any case."""
    if metric.get("Namespace") != "AWS/EC2" or metric.get("MetricName", "").startswith("StatusCheckFailed"):
        return []
    return [(dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", [])] or [EVERY_INSTANCE]


class ScalesGroup(Guard):
    """Scaling policies react to metrics that detailed monitoring feeds every minute."""

    name = "the list of scaling policies"
    nothing: Mapping[str, str] = {}

    def load(self, region: Region) -> Mapping[str, str]:
        policies = region.listing("autoscaling", "describe_policies", "ScalingPolicies")
        return {policy["AutoScalingGroupName"]: policy["PolicyName"] for policy in policies}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        group = candidate.finding.tags.get(GROUP_TAG, "")
        policy = facts.get(group)
        return f"member of the Auto Scaling group {group} with the scaling policy {policy}" if policy else None


class LaunchesWithDetail(Guard):
    """The next instance of an Auto Scaling group has detailed monitoring again if its template says so."""

    name = "the list of Auto Scaling groups"
    nothing: Mapping[str, str] = {}

    def load(self, region: Region) -> Mapping[str, str]:
        sources = group_sources(region).items()
        return {group: one.words for group, some in sources for one in some if one.detailed_monitoring}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        group = candidate.finding.tags.get(GROUP_TAG, "")
        words = facts.get(group)
        return f"switched on again by the {words} of its Auto Scaling group {group}" if words else None


class DetailedMonitoring(Policy):
    check = "ec2_monitoring"
    resource_type = "ec2:instance"
    gone_codes = INSTANCE_GONE
    batch_sizes = BATCH_SIZES

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._wanted: str = options["state"]
        self._prices = common.prices
        filters = {**(options["filters"] or {}), "instance-state-name": "running"}
        self._filters = ansible_dict_to_boto3_filter_list(filters)
        self.transition = ("detailed", "basic") if self._wanted == "basic" else ("basic", "detailed")
        guards: list[Guard] = [ExcludedByTag(common.exclude_tags), Holds("Operator.Managed", managed_by_operator)]
        if self._wanted == "basic":
            guards.append(ShortAlarm())
            guards += [] if options["include_auto_scaling"] else [ScalesGroup(), LaunchesWithDetail()]
        self.guards = guards

    def find(self, region: Region) -> Iterator[list[Resource]]:
        return instance_pages(region, self._filters)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        is_detailed = resource.get("Monitoring", {}).get("State") in ("enabled", "pending")
        if resource["State"]["Name"] != "running" or is_detailed == (self._wanted == "detailed"):
            return None
        tags, instance_id, basic = tags_of(resource), resource["InstanceId"], self._wanted == "basic"
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=instance_id,
            arn=scope.arn("ec2", f"instance/{instance_id}"),
            scope=scope,
            name=tags.get("Name", ""),
            reason=f"The running instance has {self.transition[0]} monitoring; {self._wanted} is wanted.",
            reason_code=f"{self.transition[0]}_monitoring",
            action=DISABLE if basic else ENABLE,
            age_days=age_in_days(resource.get("LaunchTime"), now),
            tags=tags,
            cost=monitoring_cost(self._prices, scope.region),
            saves_cost=basic,
            reversible=True,
        )

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        before, after = self.transition
        return {"monitoring": before}, {"monitoring": after}

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        wanted = [{"Name": "instance-id", "Values": list(ids)}]
        return {instance["InstanceId"]: instance for page in instance_pages(region, wanted) for instance in page}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        operation = "unmonitor_instances" if self._wanted == "basic" else "monitor_instances"
        region.call("ec2", operation, InstanceIds=[finding.resource_id for finding in findings])


CHECK = Check(
    name="ec2_monitoring",
    argument_spec=ARGUMENT_SPEC,
    policies=lambda options, common: [DetailedMonitoring(options, common)],
    filters=("filters",),
    permissions=(
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribePolicies",
        "cloudwatch:DescribeAlarms",
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplateVersions",
    ),
    enforce_permissions=("ec2:MonitorInstances", "ec2:UnmonitorInstances"),
)
