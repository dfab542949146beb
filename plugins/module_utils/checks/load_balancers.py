# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How load balancers are read: the lists once a region, the rest only for those that turn out to be idle."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..sweep.finding import tags_of
from ..sweep.region import Region, Resource

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
TAGS_A_CALL = 20


def target_groups(region: Region) -> list[Resource]:
    return region.listing("elbv2", "describe_target_groups", "TargetGroups")


def read_load_balancers(region: Region, types: Collection[str], serving: Collection[str]) -> Iterator[list[Resource]]:
    """Pages of application, network and gateway load balancers, each with its target groups and their targets' states.
    The states are read until one is among `serving`: there is one call for each target group, and no list."""
    for page in region.pages("elbv2", "describe_load_balancers", "LoadBalancers"):
        yield [_with_targets(region, balancer, serving) for balancer in page if balancer["Type"] in types]


def _with_targets(region: Region, balancer: Resource, serving: Collection[str]) -> Resource:
    arn = balancer["LoadBalancerArn"]
    groups = [group for group in target_groups(region) if arn in group.get("LoadBalancerArns", [])]
    states: list[str] = []
    for group in groups:
        answer = region.call("elbv2", "describe_target_health", TargetGroupArn=group["TargetGroupArn"])
        states += [target["TargetHealth"]["State"] for target in answer["TargetHealthDescriptions"]]
        if any(state in serving for state in states):
            break
    return {"Type": balancer["Type"], "LoadBalancer": balancer, "TargetGroups": groups, "TargetStates": states}


def read_details(region: Region, resources: Sequence[Resource]) -> dict[str, dict[str, str]]:
    """Add listeners with their rules, and attributes, to each load balancer. Returns the tags by ARN."""
    for resource in resources:
        arn = resource["LoadBalancer"]["LoadBalancerArn"]
        listeners = region.listing("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
        resource["Listeners"] = [_with_rules(region, resource["Type"], listener) for listener in listeners]
        answer = region.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
        resource["Attributes"] = {attribute["Key"]: attribute.get("Value") for attribute in answer["Attributes"]}
    arns = [resource["LoadBalancer"]["LoadBalancerArn"] for resource in resources]
    return {
        row["ResourceArn"]: tags_of(row)
        for chunk in _chunks(arns)
        for row in region.call("elbv2", "describe_tags", ResourceArns=chunk)["TagDescriptions"]
    }


def _with_rules(region: Region, kind: str, listener: Resource) -> Resource:
    # only application load balancers have rules; the others forward by their default actions
    if kind != "application":
        return {**listener, "Rules": [{"Actions": listener.get("DefaultActions", [])}]}
    return {
        **listener,
        "Rules": region.listing("elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"]),
    }


def read_classic(region: Region) -> Iterator[list[Resource]]:
    """Pages of classic load balancers with the states of their instances."""
    for page in region.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions"):
        yield [_with_instances(region, balancer) for balancer in page]


def _with_instances(region: Region, balancer: Resource) -> Resource:
    states: list[str] = []
    if balancer.get("Instances"):
        answer = region.call("elb", "describe_instance_health", LoadBalancerName=balancer["LoadBalancerName"])
        states = [instance["State"] for instance in answer["InstanceStates"]]
    return {"Type": "classic", "LoadBalancer": balancer, "TargetGroups": [], "TargetStates": states}


def read_classic_details(region: Region, resources: Sequence[Resource]) -> Mapping[str, dict[str, str]]:
    """Add listeners and attributes to each classic load balancer. Returns the tags by name."""
    names = [resource["LoadBalancer"]["LoadBalancerName"] for resource in resources]
    for resource, name in zip(resources, names, strict=True):
        resource["Listeners"] = resource["LoadBalancer"].pop("ListenerDescriptions", [])
        answer = region.call("elb", "describe_load_balancer_attributes", LoadBalancerName=name)
        resource["Attributes"] = answer["LoadBalancerAttributes"]
    return {
        row["LoadBalancerName"]: tags_of(row)
        for chunk in _chunks(names)
        for row in region.call("elb", "describe_tags", LoadBalancerNames=chunk)["TagDescriptions"]
    }


def _chunks(names: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), TAGS_A_CALL):
        yield list(names[start : start + TAGS_A_CALL])
