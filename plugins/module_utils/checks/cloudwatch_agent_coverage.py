# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running instances that the CloudWatch agent sends no metric of: found by its metrics, only reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.transformation import ansible_dict_to_boto3_filter_list

from ..sweep.errors import SweepError
from ..sweep.finding import REPORT_ONLY, Finding, age_in_days, tags_of
from ..sweep.guard import ExcludedByTag
from ..sweep.instances import instance_pages
from ..sweep.policy import Check, Common, Policy, Verdict
from ..sweep.region import Region, Resource, Scope
from .metric_data import Query, owners_with_values

NAMESPACE = "CWAgent"
# the agent's names on Linux and on Windows
METRICS = ("mem_used_percent", "Memory % Committed Bytes In Use")

ARGUMENT_SPEC: dict[str, Any] = {
    "namespace": {"type": "str", "default": NAMESPACE},
    "metric_names": {"type": "list", "elements": "str", "default": list(METRICS)},
    "minutes": {"type": "int", "default": 60},
    "filters": {"type": "dict"},
}

DIMENSION = "InstanceId"
# ListMetrics lists what had a value in two weeks, or in three hours if asked so:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
RECENT_MINUTES, LISTED_MINUTES = 180, 14 * 24 * 60
# values of one minute are kept for 15 days, and 500 metrics of three hours are 90,000 of the 100,800 a page
FINE_SECONDS, COARSE_SECONDS = 60, 3600
REASONS = {
    "no_agent_metric": "The CloudWatch agent has sent no metric of the running instance in {window}",
    "agent_metric_stopped": "The CloudWatch agent has sent no metric of the running instance for {minutes} minutes",
}


@dataclass(frozen=True)
class Senders:
    """The instances of which CloudWatch lists a metric, and those of them of which it has a value in time."""

    listed: frozenset[str]
    sending: frozenset[str]


class AgentCoverage(Policy):
    """`resource` here is an instance of DescribeInstances with `AgentMetric` beside it: sending, stopped or none."""

    check = "cloudwatch_agent_coverage"
    resource_type = "ec2:instance"
    verdict = Verdict("running instance", "sends no agent metric", "send no agent metric")

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._namespace: str = options["namespace"]
        self._names: list[str] = options["metric_names"]
        self._minutes: int = options["minutes"]
        filters = {**(options["filters"] or {}), "instance-state-name": "running"}
        self._filters = ansible_dict_to_boto3_filter_list(filters)
        self.guards = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        return self._instances(region, self._filters)

    def _instances(self, region: Region, filters: list[Resource]) -> Iterator[list[Resource]]:
        for instances in instance_pages(region, filters):
            # a region without instances needs no metrics
            if instances:
                senders = region.once((self.check, self._namespace, *self._names), lambda: self._senders(region))
                yield [{**instance, "AgentMetric": _metric_of(instance, senders)} for instance in instances]

    def _senders(self, region: Region) -> Senders:
        queries = [query for name in self._names for query in self._queries(region, name)]
        sending = owners_with_values(region, queries, timedelta(minutes=self._minutes))
        return Senders(frozenset(query.owner for query in queries), frozenset(sending))

    def _queries(self, region: Region, name: str) -> Iterator[Query]:
        recent = {"RecentlyActive": "PT3H"} if self._minutes <= RECENT_MINUTES else {}
        pages = region.pages(
            "cloudwatch",
            "list_metrics",
            "Metrics",
            Namespace=self._namespace,
            MetricName=name,
            Dimensions=[{"Name": DIMENSION}],
            **recent,
        )
        for metric in (metric for page in pages for metric in page):
            (owner,) = [one["Value"] for one in metric["Dimensions"] if one["Name"] == DIMENSION]
            yield Query(owner, metric, "SampleCount", FINE_SECONDS if recent else COARSE_SECONDS)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        state, launched = resource["AgentMetric"], resource.get("LaunchTime")
        if resource["State"]["Name"] != "running" or state == "sending":
            return None
        if launched and now - launched < timedelta(minutes=self._minutes):
            # it had no time yet
            return None
        code = "agent_metric_stopped" if state == "stopped" else "no_agent_metric"
        instance_id, tags = resource["InstanceId"], tags_of(resource)
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=instance_id,
            arn=scope.arn("ec2", f"instance/{instance_id}"),
            scope=scope,
            name=tags.get("Name", ""),
            reason=f"{self._words(code)} ({code}).",
            reason_code=code,
            action=REPORT_ONLY,
            age_days=age_in_days(launched, now),
            tags=tags,
            saves_cost=False,
            configuration={
                "platform_details": resource.get("PlatformDetails", ""),
                "image_id": resource.get("ImageId", ""),
                "instance_type": resource.get("InstanceType", ""),
                "iam_instance_profile": resource.get("IamInstanceProfile", {}).get("Arn", ""),
            },
        )

    def _words(self, code: str) -> str:
        window = "three hours" if self._minutes <= RECENT_MINUTES else "two weeks"
        return REASONS[code].format(minutes=self._minutes, window=window)

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        wanted = [{"Name": "instance-id", "Values": list(ids)}]
        return {instance["InstanceId"]: instance for page in self._instances(region, wanted) for instance in page}


def _metric_of(instance: Resource, senders: Senders) -> str:
    if instance["InstanceId"] in senders.sending:
        return "sending"
    return "stopped" if instance["InstanceId"] in senders.listed else "none"


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError."""
    if not 1 <= options["minutes"] <= LISTED_MINUTES:
        raise SweepError(
            f"minutes is {options['minutes']}: it must be between 1 and {LISTED_MINUTES} (two weeks), which is as far"
            " back as CloudWatch lists metrics."
        )
    if not options["metric_names"]:
        raise SweepError("metric_names is empty: name a metric that the agent sends of every instance.")
    return [AgentCoverage(options, common)]


CHECK = Check(
    name="cloudwatch_agent_coverage",
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    filters=("filters",),
    permissions=("cloudwatch:GetMetricData", "cloudwatch:ListMetrics", "ec2:DescribeInstances"),
)
