# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Idle load balancers: find them, with all that a person needs to know before removing one. Nothing is ever removed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.transformation import boto3_resource_to_ansible_dict

from ..sweep.arguments import not_negative
from ..sweep.errors import CallError
from ..sweep.finding import REPORT_ONLY, Finding, age_in_days
from ..sweep.guard import Candidate, ExcludedByTag, Guard, Holds
from ..sweep.policy import Check, Common, Policy
from ..sweep.prices import load_balancer_cost
from ..sweep.region import Region, Resource, Scope
from .load_balancers import (
    BALANCER_GONE,
    read_classic,
    read_classic_details,
    read_classic_tags,
    read_details,
    read_load_balancers,
    read_tags,
    target_groups,
    targets,
)
from .traffic import load_balancers_with_traffic

TYPES = ("application", "network", "gateway", "classic")

ARGUMENT_SPEC: dict[str, Any] = {
    "load_balancer_types": {"type": "list", "elements": "str", "choices": list(TYPES), "default": ["application"]},
    "no_traffic_days": {"type": "int", "default": 0},
}

# `initial` will serve in a moment; `unavailable` is a target without health checks, as most Lambda functions are
SERVING = frozenset({"healthy", "initial", "unavailable", "InService"})

INTENTIONAL = "intentional"
REASONS = {
    "no_target_groups": "The load balancer has no target group",
    "no_registered_targets": "No target is registered with the load balancer",
    "no_healthy_targets": "None of the load balancer's {targets} targets is healthy",
    "no_traffic": "The load balancer had no traffic in {days} days",
}


def idle_reason(resource: Resource) -> str | None:
    """The reason code, over all target groups of the load balancer together; None while it serves."""
    states = resource["TargetStates"]
    if SERVING & set(states):
        return "no_traffic" if resource.get("HasTraffic") is False else None
    if states:
        return "no_healthy_targets"
    has_groups = resource["Type"] == "classic" or resource["TargetGroups"]
    return "no_registered_targets" if has_groups else "no_target_groups"


def answers_by_itself(resource: Resource) -> str | None:
    """A load balancer whose rules all redirect, answer or authenticate needs no target."""
    rules = [rule for listener in resource["Listeners"] for rule in listener.get("Rules", [])]
    if rules and not any(action["Type"] == "forward" for rule in rules for action in rule["Actions"]):
        return "all rules of all its listeners redirect, answer or authenticate"
    return None


class TargetOfNetworkLoadBalancer(Guard):
    """An ALB behind an NLB is reached through the NLB's target group of type `alb`."""

    name = "the list of target groups"
    nothing: Mapping[str, str] = {}
    reason_code = INTENTIONAL

    def load(self, region: Region) -> Mapping[str, str]:
        groups = [group for group in target_groups(region) if group.get("TargetType") == "alb"]
        reached = [group for group in groups if group.get("LoadBalancerArns")]
        return {
            target["Target"]["Id"]: group["TargetGroupName"] for group in reached for target in targets(region, group)
        }

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        group = facts.get(candidate.finding.arn)
        return f"target of a network load balancer through the target group {group}" if group else None


class ServesEndpoint(Guard):
    """A network or gateway load balancer that offers a PrivateLink endpoint service."""

    name = "the list of VPC endpoint services"
    nothing: Mapping[str, str] = {}
    reason_code = INTENTIONAL

    def load(self, region: Region) -> Mapping[str, str]:
        services = region.listing("ec2", "describe_vpc_endpoint_service_configurations", "ServiceConfigurations")
        return {
            arn: service["ServiceId"]
            for service in services
            for key in ("NetworkLoadBalancerArns", "GatewayLoadBalancerArns")
            for arn in service.get(key, [])
        }

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        service = facts.get(candidate.finding.arn)
        return f"serves the VPC endpoint service {service}" if service else None


class IdleLoadBalancers(Policy):
    """`resource` here is `{Type, LoadBalancer, TargetGroups, TargetStates, HasTraffic}`, joined by `find`."""

    check = "alb_idle_facts"
    resource_type = "elasticloadbalancing:loadbalancer"
    asks_each = True

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._types = frozenset(options["load_balancer_types"])
        self._no_traffic_days: int = options["no_traffic_days"]
        self._prices = common.prices
        guards: list[Guard] = [ExcludedByTag(common.exclude_tags), Holds("rules", answers_by_itself, INTENTIONAL)]
        if "application" in self._types:
            guards.append(TargetOfNetworkLoadBalancer())
        if self._types & {"network", "gateway"}:
            guards.append(ServesEndpoint())
        self.guards = guards

    def find(self, region: Region) -> Iterator[list[Resource]]:
        return self._with_traffic(region, read_load_balancers(region, self._types, SERVING))

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        code, balancer, kind = idle_reason(resource), resource["LoadBalancer"], resource["Type"]
        age = age_in_days(balancer["CreatedTime"], now)
        if code is None or (code == "no_traffic" and (age or 0) < self._no_traffic_days):
            return None
        name = balancer["LoadBalancerName"]
        words = REASONS[code].format(targets=len(resource["TargetStates"]), days=self._no_traffic_days)
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=name,
            arn=balancer.get("LoadBalancerArn") or scope.arn("elasticloadbalancing", f"loadbalancer/{name}"),
            scope=scope,
            name=name,
            reason=f"{words} ({code}).",
            reason_code=code,
            action=REPORT_ONLY,
            age_days=age,
            cost=load_balancer_cost(self._prices, scope.region, kind, public_addresses(balancer)),
        )

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        self._complete(candidates, lambda resource: read_details(region, resource))
        tags = read_tags(region, [candidate.finding.arn for candidate in candidates])
        for candidate in candidates:
            candidate.finding.tags = tags.get(candidate.finding.arn, {})

    def _complete(self, candidates: Sequence[Candidate], read: Callable[[Resource], None]) -> None:
        for candidate in candidates:
            try:
                read(candidate.resource)
            except CallError as error:
                if error.code != BALANCER_GONE:
                    raise
                candidate.finding.skip("it no longer exists")
            candidate.finding.configuration = configuration(candidate.resource)

    def _with_traffic(self, region: Region, pages: Iterable[list[Resource]]) -> Iterator[list[Resource]]:
        """What takes no metrics to tell is found before the error is raised that CloudWatch has answered."""
        failed: CallError | None = None
        for page in pages:
            try:
                self._add_traffic(region, page)
            except CallError as error:
                failed = error
            yield page
        if failed:
            raise failed

    def _add_traffic(self, region: Region, page: Sequence[Resource]) -> None:
        if not self._no_traffic_days:
            return
        serving = {dimension(resource): resource for resource in page if SERVING & set(resource["TargetStates"])}
        kinds = {value: resource["Type"] for value, resource in serving.items()}
        busy = load_balancers_with_traffic(region, kinds, self._no_traffic_days)
        for value, resource in serving.items():
            resource["HasTraffic"] = value in busy


class IdleClassicLoadBalancers(IdleLoadBalancers):
    """Classic load balancers have instances in place of target groups, and an API of their own."""

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(options, common)
        self.guards = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        return self._with_traffic(region, read_classic(region))

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        self._complete(candidates, lambda resource: read_classic_details(region, resource))
        tags = read_classic_tags(region, [candidate.finding.name for candidate in candidates])
        for candidate in candidates:
            candidate.finding.tags = tags.get(candidate.finding.name, {})


def dimension(resource: Resource) -> str:
    """What CloudWatch calls the load balancer: `app/name/id` of the ARN, the bare name of a classic one."""
    arn: str = resource["LoadBalancer"].get("LoadBalancerArn", "")
    return arn.partition(":loadbalancer/")[2] or str(resource["LoadBalancer"]["LoadBalancerName"])


def public_addresses(balancer: Resource) -> int:
    """At least one public IPv4 address a zone, as AWS bills them (https://aws.amazon.com/vpc/pricing/)."""
    if balancer.get("Scheme") != "internet-facing" or balancer.get("IpAddressType") == "dualstack-without-public-ipv4":
        return 0
    return len(balancer.get("AvailabilityZones", []))


def configuration(resource: Resource) -> dict[str, Any]:
    """What a person needs before removing the load balancer, and to build it again, in snake_case."""
    facts: dict[str, Any] = boto3_resource_to_ansible_dict(
        {
            **resource["LoadBalancer"],
            "Type": resource["Type"],
            "Listeners": resource.get("Listeners", []),
            "TargetGroups": resource["TargetGroups"],
        },
        transform_tags=False,
    )
    # attribute names are AWS's own words and stay as they are
    return {**facts, "attributes": resource.get("Attributes", {})}


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for a negative number of days."""
    not_negative(options, "no_traffic_days")
    types = set(options["load_balancer_types"])
    found: list[Policy] = [IdleLoadBalancers(options, common)] if types - {"classic"} else []
    return found + ([IdleClassicLoadBalancers(options, common)] if "classic" in types else [])


CHECK = Check(
    name="alb_idle_facts",
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    permissions=(
        "cloudwatch:GetMetricData",
        "ec2:DescribeVpcEndpointServiceConfigurations",
        "elasticloadbalancing:DescribeInstanceHealth",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
    ),
    facts_name="alb_idle",
)
