# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How load balancers are read: the lists once a region, the rest only for those that turn out to be idle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ..sweep.errors import CallError
from ..sweep.finding import tags_of
from ..sweep.region import Region, Resource

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
TAGS_A_CALL = 20

#: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancerAttributes.html; the API
#: of 2012 has the same
BALANCER_GONE = "LoadBalancerNotFound"
#: by operation, the error code for a parent that doesn't exist
PARENT_GONE = {
    "describe_target_health": "TargetGroupNotFound",
    "describe_rules": "ListenerNotFound",
    "describe_instance_health": BALANCER_GONE,
}

Tags = dict[str, dict[str, str]]


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
        states += [target["TargetHealth"]["State"] for target in targets(region, group)]
        if any(state in serving for state in states):
            break
    return {"Type": balancer["Type"], "LoadBalancer": balancer, "TargetGroups": groups, "TargetStates": states}


def targets(region: Region, group: Resource) -> list[Resource]:
    """The targets of a target group and their health; none if the group was removed meanwhile."""
    return _unless_gone(
        region, "elbv2", "describe_target_health", "TargetHealthDescriptions", TargetGroupArn=group["TargetGroupArn"]
    )


def _unless_gone(region: Region, service: str, operation: str, key: str, **parent: str) -> list[Resource]:
    """A list that belongs to a parent; empty if the parent was removed meanwhile. Raises CallError."""
    try:
        return region.listing(service, operation, key, **parent)
    except CallError as error:
        if error.code == PARENT_GONE[operation]:
            return []
        raise


def read_details(region: Region, resource: Resource) -> None:
    """Add listeners with their rules, and attributes, to a load balancer."""
    arn = resource["LoadBalancer"]["LoadBalancerArn"]
    listeners = region.listing("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
    resource["Listeners"] = [_with_rules(region, resource["Type"], listener) for listener in listeners]
    answer = region.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=arn)
    resource["Attributes"] = {attribute["Key"]: attribute.get("Value") for attribute in answer["Attributes"]}


def _with_rules(region: Region, kind: str, listener: Resource) -> Resource:
    # only application load balancers have rules; the others forward by their default actions
    if kind != "application":
        return {**listener, "Rules": [{"Actions": listener.get("DefaultActions", [])}]}
    rules = _unless_gone(region, "elbv2", "describe_rules", "Rules", ListenerArn=listener["ListenerArn"])
    return {**listener, "Rules": rules}


def read_tags(region: Region, arns: Sequence[str]) -> Tags:
    """The tags of application, network and gateway load balancers, by ARN."""
    return _in_chunks(arns, lambda chunk: _tags(region, "elbv2", "ResourceArn", ResourceArns=chunk))


def read_classic(region: Region) -> Iterator[list[Resource]]:
    """Pages of classic load balancers with the states of their instances."""
    for page in region.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions"):
        yield [_with_instances(region, balancer) for balancer in page]


def _with_instances(region: Region, balancer: Resource) -> Resource:
    states: list[str] = []
    if balancer.get("Instances"):
        name = balancer["LoadBalancerName"]
        rows = _unless_gone(region, "elb", "describe_instance_health", "InstanceStates", LoadBalancerName=name)
        states = [instance["State"] for instance in rows]
    return {"Type": "classic", "LoadBalancer": balancer, "TargetGroups": [], "TargetStates": states}


def read_classic_details(region: Region, resource: Resource) -> None:
    """Add listeners and attributes to a classic load balancer."""
    balancer = resource["LoadBalancer"]
    resource["Listeners"] = balancer.get("ListenerDescriptions", [])
    answer = region.call("elb", "describe_load_balancer_attributes", LoadBalancerName=balancer["LoadBalancerName"])
    resource["Attributes"] = answer["LoadBalancerAttributes"]


def read_classic_tags(region: Region, names: Sequence[str]) -> Tags:
    """The tags of classic load balancers, by name."""
    return _in_chunks(names, lambda chunk: _tags(region, "elb", "LoadBalancerName", LoadBalancerNames=chunk))


def _tags(region: Region, service: str, key: str, **names: Sequence[str]) -> Tags:
    rows = region.call(service, "describe_tags", **names)["TagDescriptions"]
    return {row[key]: tags_of(row) for row in rows}


def _in_chunks(names: Sequence[str], read: Callable[[Sequence[str]], Tags]) -> Tags:
    """One name that is gone spoils its call: then the others are read one by one."""
    found: Tags = {}
    for start in range(0, len(names), TAGS_A_CALL):
        chunk = names[start : start + TAGS_A_CALL]
        try:
            found |= read(chunk)
        except CallError as error:
            if error.code != BALANCER_GONE:
                raise
            if len(chunk) > 1:
                for name in chunk:
                    found |= _in_chunks([name], read)
    return found
