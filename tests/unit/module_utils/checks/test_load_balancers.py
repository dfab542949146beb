# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load balancers as they are read, while others remove some of them or AWS refuses to tell: no AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.alb_idle_facts import CHECK, SERVING
from ansible_collections.sysops.aws.plugins.module_utils.checks.load_balancers import (
    read_classic,
    read_classic_tags,
    read_load_balancers,
    read_tags,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Once, Scope
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
PREFIX = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app"
DENIED = "AccessDenied"
KINDS = {
    "elbv2": ("ResourceArns", "ResourceArn", read_tags),
    "elb": ("LoadBalancerNames", "LoadBalancerName", read_classic_tags),
}


def arn(name: str) -> str:
    return f"{PREFIX}/{name}/0abc"


class Elb:
    """Load balancers by name, each with its targets' states by target group. `errors` are codes by operation, or by
    (operation, what the call names)."""

    def __init__(self, **balancers: dict[str, list[str]]) -> None:
        self.scope = Scope("123456789012", "eu-west-1")
        self.balancers = balancers
        self.errors: dict[object, str] = {}
        self.calls: list[tuple[str, Any]] = []
        self._once = Once()

    def once(self, key: Any, make: Any) -> Any:
        return self._once.get(key, make)

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[list[Any]]:
        yield self.call(service, operation, **parameters)[key]

    def listing(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        return self.call(service, operation, **parameters)[key]

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        given = next(iter(parameters.values()), None)
        self.calls.append((operation, given))
        for named in given if isinstance(given, list) else [given]:
            code = self.errors.get((operation, named)) or self.errors.get(operation)
            if code:
                raise CallError(service, operation, code, "no")
        answer: dict[str, Any] = getattr(self, f"_{operation}")(service, given)
        return answer

    def asked(self, operation: str) -> list[Any]:
        return [given for name, given in self.calls if name == operation]

    def _describe_load_balancers(self, service: str, _given: Any) -> dict[str, Any]:
        created = NOW - timedelta(days=9)
        rows = [{"LoadBalancerName": name, "CreatedTime": created} for name in self.balancers]
        if service == "elb":
            described = [{**row, "Instances": [{"InstanceId": "i-1"}]} for row in rows]
            return {"LoadBalancerDescriptions": described}
        return {
            "LoadBalancers": [
                {**row, "Type": "application", "LoadBalancerArn": arn(row["LoadBalancerName"])} for row in rows
            ]
        }

    def _describe_target_groups(self, _service: str, _given: Any) -> dict[str, Any]:
        return {
            "TargetGroups": [
                {"TargetGroupArn": group, "LoadBalancerArns": [arn(name)]}
                for name, groups in self.balancers.items()
                for group in groups
            ]
        }

    def _describe_target_health(self, _service: str, group: str) -> dict[str, Any]:
        states = next(groups[group] for groups in self.balancers.values() if group in groups)
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in states]}

    def _describe_instance_health(self, _service: str, name: str) -> dict[str, Any]:
        return {"InstanceStates": [{"State": state} for states in self.balancers[name].values() for state in states]}

    def _describe_listeners(self, _service: str, _given: Any) -> dict[str, Any]:
        return {"Listeners": []}

    def _describe_load_balancer_attributes(self, service: str, _given: Any) -> dict[str, Any]:
        return {"LoadBalancerAttributes": {}} if service == "elb" else {"Attributes": []}

    def _describe_tags(self, service: str, names: list[str]) -> dict[str, Any]:
        key = KINDS[service][1]
        return {"TagDescriptions": [{key: name, "Tags": [{"Key": "Of", "Value": name}]} for name in names]}


def states(region: Elb) -> dict[str, list[str]]:
    (page,) = read_load_balancers(region, {"application"}, SERVING)
    return {row["LoadBalancer"]["LoadBalancerName"]: row["TargetStates"] for row in page}


def classic_states(region: Elb) -> dict[str, list[str]]:
    (page,) = read_classic(region)
    return {row["LoadBalancer"]["LoadBalancerName"]: row["TargetStates"] for row in page}


def test_targets_are_read_until_one_serves():
    region = Elb(web={"g1": ["unhealthy"], "g2": ["draining", "healthy"], "g3": ["unused"]}, none={})
    assert states(region) == {"web": ["unhealthy", "draining", "healthy"], "none": []}
    assert region.asked("describe_target_health") == ["g1", "g2"]


def test_a_target_group_that_is_gone_has_no_states():
    region = Elb(web={"g1": ["unhealthy"], "g2": ["unused"]}, other={"g3": ["healthy"]})
    region.errors["describe_target_health", "g1"] = "TargetGroupNotFound"
    assert states(region) == {"web": ["unused"], "other": ["healthy"]}


def test_a_target_group_of_which_something_else_is_gone_is_not_read():
    region = Elb(web={"g1": ["unhealthy"]})
    region.errors["describe_target_health", "g1"] = "LoadBalancerNotFound"
    with pytest.raises(CallError, match="LoadBalancerNotFound"):
        states(region)


def test_a_classic_load_balancer_that_is_gone_has_no_states():
    region = Elb(web={"": ["OutOfService"]}, other={"": ["InService"]})
    region.errors["describe_instance_health", "web"] = "LoadBalancerNotFound"
    assert classic_states(region) == {"web": [], "other": ["InService"]}


@pytest.mark.parametrize(
    ("read", "operation", "given"),
    [(states, "describe_target_health", "g1"), (classic_states, "describe_instance_health", "web")],
)
def test_states_that_may_not_be_read_are_not_taken_for_none(read, operation, given):
    region = Elb(web={"g1": ["healthy"]})
    region.errors[operation, given] = DENIED
    with pytest.raises(CallError, match=DENIED):
        read(region)


@pytest.mark.parametrize("service", KINDS)
@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (20, [20]), (21, [20, 1]), (41, [20, 20, 1])])
def test_20_names_go_in_one_call_for_tags(service, count, sizes):
    read = KINDS[service][2]
    region, names = Elb(), [f"web-{number}" for number in range(count)]
    assert read(region, names) == {name: {"Of": name} for name in names}
    assert [len(asked) for asked in region.asked("describe_tags")] == sizes


@pytest.mark.parametrize("service", KINDS)
def test_the_tags_of_those_beside_one_that_is_gone_are_read_one_by_one(service):
    read = KINDS[service][2]
    region, names = Elb(), [f"web-{number}" for number in range(21)]
    region.errors["describe_tags", "web-3"] = "LoadBalancerNotFound"
    assert set(read(region, names)) == set(names) - {"web-3"}
    assert region.asked("describe_tags") == [names[:20], *[[name] for name in names[:20]], names[20:]]


@pytest.mark.parametrize("service", KINDS)
def test_the_tags_of_a_single_one_that_is_gone_are_asked_for_once(service):
    region = Elb()
    region.errors["describe_tags"] = "LoadBalancerNotFound"
    assert KINDS[service][2](region, ["web"]) == {}
    assert region.asked("describe_tags") == [["web"]]


@pytest.mark.parametrize("service", KINDS)
def test_tags_that_may_not_be_read_are_not_taken_for_none(service):
    region = Elb()
    region.errors["describe_tags"] = DENIED
    with pytest.raises(CallError, match=DENIED):
        KINDS[service][2](region, ["web", "other"])


def swept(region: Elb, kind: str) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Findings by name, and the codes of the region's errors."""
    options = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
    policies = CHECK.policies({**options, "load_balancer_types": [kind]}, Common({}, PriceTable()))
    run = Sweep(policies, [region], Limit(100, 100), Selection(), NOW, workers=2)
    run.plan()
    run.finish()
    return {row["name"]: row for row in map(json.loads, run.lines())}, [error.code for error in run.errors()]


IDLE = {"web": {}, "other": {}}


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("application", "describe_listeners"),
        ("application", "describe_load_balancer_attributes"),
        ("application", "describe_tags"),
        ("classic", "describe_load_balancer_attributes"),
        ("classic", "describe_tags"),
    ],
)
def test_details_that_may_not_be_read_protect_and_are_one_error(kind, operation):
    region = Elb(**IDLE)
    region.errors[operation] = DENIED
    rows, errors = swept(region, kind)
    assert {name: row["status"] for name, row in rows.items()} == {"web": "protected", "other": "protected"}
    assert all(DENIED in row["protected_by"][0] for row in rows.values())
    assert errors == [DENIED]


@pytest.mark.parametrize(
    ("kind", "operation", "web"),
    [
        ("application", "describe_listeners", arn("web")),
        ("application", "describe_load_balancer_attributes", arn("web")),
        ("classic", "describe_load_balancer_attributes", "web"),
    ],
)
def test_one_that_is_gone_is_said_to_be_and_costs_the_others_nothing(kind, operation, web):
    region = Elb(**IDLE)
    region.errors = {(operation, web): "LoadBalancerNotFound", ("describe_tags", web): "LoadBalancerNotFound"}
    rows, errors = swept(region, kind)
    assert {name: row["status"] for name, row in rows.items()} == {"web": "skipped", "other": "skipped"}
    assert {name for name, row in rows.items() if "no longer exists" in row["reason"]} == {"web"}
    assert list(rows["other"]["tags"]) == ["Of"]
    assert errors == []


def swept_savings(region: Elb, selection: Selection | None = None) -> float:
    options = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
    one_dollar_an_hour = PriceTable({"*": {"alb_hour": 1, "public_ipv4_hour": 0}})
    policies = CHECK.policies(options, Common({}, one_dollar_an_hour))
    run = Sweep(policies, [region], Limit(100, 100), selection or Selection(), NOW, workers=2)
    run.plan()
    run.finish()
    return run.summaries()["alb_idle_facts"].savings.low


def test_one_that_is_gone_saves_nothing_more():
    region = Elb(web={}, other={})
    for operation in ("describe_listeners", "describe_tags"):
        region.errors[operation, arn("web")] = "LoadBalancerNotFound"
    assert swept_savings(region) == 730


def test_one_that_was_not_asked_for_counts_as_no_saving():
    assert swept_savings(Elb(web={}, other={}), Selection(["other"])) == 730


def test_a_listener_that_is_gone_is_not_its_load_balancer():
    region = Elb(web={})
    region._describe_listeners = lambda _service, _given: {"Listeners": [{"ListenerArn": "l1"}]}
    region.errors["describe_rules", "l1"] = "ListenerNotFound"
    assert swept_savings(region) == 730


def test_a_target_group_that_is_gone_protects_no_load_balancer():
    region = Elb(web={"g1": ["unused"]})
    groups = region._describe_target_groups("elbv2", None)["TargetGroups"]
    gone = {"TargetGroupArn": "nlb", "TargetGroupName": "n", "TargetType": "alb", "LoadBalancerArns": []}
    region._describe_target_groups = lambda _service, _given: {"TargetGroups": [*groups, gone]}
    region.errors["describe_target_health", "nlb"] = "TargetGroupNotFound"
    assert swept_savings(region) == 730
