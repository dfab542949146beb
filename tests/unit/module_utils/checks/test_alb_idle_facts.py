# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which load balancers are idle, which stand idle on purpose, and what is told of them: tables of cases, no AWS."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.alb_idle_facts import (
    CHECK,
    TYPES,
    answers_by_itself,
    configuration,
    dimension,
    idle_reason,
    public_addresses,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
SCOPE = Scope("123456789012", "eu-west-1")
PRICES = PriceTable({"eu-west-1": {"alb_hour": 0.02, "clb_hour": 0.03, "nlb_hour": 0.02, "public_ipv4_hour": 0.005}})
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/0abc"
HOSTILE = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "a\nb\u202e", ""]


class Lists:
    """What the list calls of a region answer; one that isn't given answers an empty list."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def listing(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        answer = self.answers.get(operation, [])
        return answer[parameters["TargetGroupArn"]] if isinstance(answer, dict) else answer


def policies(exclude_tags: dict[str, Any] | None = None, **options: Any) -> list[Policy]:
    return list(CHECK.policies({**DEFAULTS, **options}, Common(exclude_tags or {}, PRICES)))


def balancer(**changes: Any) -> dict[str, Any]:
    made = {"LoadBalancerName": "web", "LoadBalancerArn": ARN, "CreatedTime": NOW - timedelta(days=100)}
    zones = [{"ZoneName": "eu-west-1a"}, {"ZoneName": "eu-west-1b"}]
    return {**made, "Scheme": "internet-facing", "AvailabilityZones": zones, **changes}


def joined(*states: str, kind: str = "application", groups: int = 1, **changes: Any) -> dict[str, Any]:
    """A load balancer as `find` joins it and `complete` completes it."""
    traffic = {"HasTraffic": changes.pop("traffic")} if "traffic" in changes else {}
    listeners = changes.pop("listeners", [])
    made = {"Type": kind, "LoadBalancer": balancer(**changes), "TargetGroups": [{"TargetGroupName": "g"}] * groups}
    return {**made, "TargetStates": list(states), "Listeners": listeners, "Attributes": {}, **traffic}


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in names}


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        (joined(groups=0), "no_target_groups"),
        (joined(), "no_registered_targets"),
        (joined(groups=3), "no_registered_targets"),
        (joined("unhealthy"), "no_healthy_targets"),
        (joined("unused", "draining", "unhealthy"), "no_healthy_targets"),
        # over all its target groups together, not any one
        (joined("unhealthy", "unhealthy", "healthy", groups=2), None),
        (joined("healthy"), None),
        (joined("initial"), None),
        (joined("unavailable"), None),
        (joined("healthy", traffic=True), None),
        (joined("healthy", traffic=False), "no_traffic"),
        (joined("unhealthy", traffic=False), "no_healthy_targets"),
        (joined(kind="network", groups=0), "no_target_groups"),
        (joined(kind="gateway"), "no_registered_targets"),
        # a classic load balancer has instances, and no target groups to lack
        (joined(kind="classic", groups=0), "no_registered_targets"),
        (joined("OutOfService", "Unknown", kind="classic", groups=0), "no_healthy_targets"),
        (joined("OutOfService", "InService", kind="classic", groups=0), None),
        (joined("InService", kind="classic", groups=0, traffic=False), "no_traffic"),
    ],
)
def test_a_load_balancer_is_idle_for_a_reason(resource, code):
    assert idle_reason(resource) == code


@pytest.mark.parametrize(
    ("days", "created", "found"),
    [
        (7, timedelta(days=7) - timedelta(hours=1), False),
        (7, timedelta(days=7), True),
        (7, timedelta(days=7, hours=1), True),
    ],
)
def test_no_traffic_is_said_only_of_what_is_older_than_the_days_looked_at(days, created, found):
    (made,) = policies(no_traffic_days=days)
    quiet = joined("healthy", traffic=False, CreatedTime=NOW - created)
    assert bool(made.decide(quiet, SCOPE, NOW)) is found
    # what has no target needs no history
    assert made.decide(joined(CreatedTime=NOW), SCOPE, NOW).reason_code == "no_registered_targets"


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        (joined(groups=0), "has no target group"),
        (joined(), "No target is registered"),
        (joined("unhealthy", "unused"), "None of the load balancer's 2 targets is healthy"),
        (joined("healthy", traffic=False), "had no traffic in 7 days"),
    ],
)
def test_a_finding_is_a_report_with_a_reason_in_words(resource, words):
    (made,) = policies(no_traffic_days=7)
    found = made.decide(resource, SCOPE, NOW)
    assert words in found.reason
    assert (found.resource_type, found.resource_id) == ("elasticloadbalancing:loadbalancer", "web")
    assert (found.arn, found.action, found.age_days) == (ARN, "report", 100)


def test_a_load_balancer_costs_its_hours_and_its_addresses():
    (made,) = policies()
    cost = made.decide(joined(), SCOPE, NOW).cost
    assert cost.low == cost.high == pytest.approx(730 * (0.02 + 2 * 0.005))


def test_a_classic_load_balancer_has_an_arn_though_no_answer_tells_it():
    (made,) = policies(load_balancer_types=["classic"])
    resource = joined(kind="classic", groups=0)
    resource["LoadBalancer"].pop("LoadBalancerArn")
    arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/web"
    assert made.decide(resource, SCOPE, NOW).arn == arn


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_kept_as_it_is_and_out_of_the_reason(name):
    (made,) = policies()
    found = made.decide(joined(LoadBalancerName=name), SCOPE, NOW)
    assert (found.name, found.reason) == (name, made.decide(joined(), SCOPE, NOW).reason)


def listener(*rules: list[str]) -> dict[str, Any]:
    return {"Rules": [{"Actions": [{"Type": kind} for kind in rule]} for rule in rules]}


@pytest.mark.parametrize(
    ("listeners", "intentional"),
    [
        ([listener(["redirect"])], True),
        ([listener(["fixed-response"], ["redirect"])], True),
        ([listener(["authenticate-oidc", "fixed-response"])], True),
        ([listener(["redirect"]), listener(["fixed-response"])], True),
        # one rule of one listener that forwards is enough
        ([listener(["redirect"]), listener(["fixed-response"], ["forward"])], False),
        ([listener(["authenticate-cognito", "forward"])], False),
        ([listener(["forward"])], False),
        # nobody listens: that is no intention
        ([], False),
        ([{}], False),
        ([listener()], False),
    ],
)
def test_a_load_balancer_that_answers_by_itself_is_meant_to_have_no_targets(listeners, intentional):
    assert bool(answers_by_itself(joined(listeners=listeners))) is intentional


NLB_GROUP = {
    "TargetGroupArn": "arn:tg",
    "TargetGroupName": "front",
    "TargetType": "alb",
    "LoadBalancerArns": ["arn:nlb"],
}


@pytest.mark.parametrize(
    ("tags", "listeners", "lists", "why"),
    [
        ({}, [], {}, []),
        ({"KEEP": "True"}, [], {}, ["tag KEEP=True"]),
        ({"Keep": "no"}, [], {}, []),
        (
            {},
            [listener(["redirect"])],
            {},
            ["all rules of all its listeners redirect, answer or authenticate"],
        ),
        (
            {},
            [],
            {"describe_target_groups": [NLB_GROUP], "describe_target_health": {"arn:tg": [{"Target": {"Id": ARN}}]}},
            ["target of a network load balancer through the target group front"],
        ),
        (
            {},
            [],
            {
                "describe_target_groups": [NLB_GROUP],
                "describe_target_health": {"arn:tg": [{"Target": {"Id": f"{ARN}2"}}]},
            },
            [],
        ),
        # and through one that is attached to nothing, nobody reaches it
        (
            {},
            [],
            {
                "describe_target_groups": [{**NLB_GROUP, "LoadBalancerArns": []}],
                "describe_target_health": {"arn:tg": [{"Target": {"Id": ARN}}]},
            },
            [],
        ),
        # a target group of instances has no load balancers behind it
        (
            {},
            [],
            {
                "describe_target_groups": [{**NLB_GROUP, "TargetType": "instance"}, {"TargetGroupArn": "x"}],
                "describe_target_health": {"arn:tg": [{"Target": {"Id": ARN}}]},
            },
            [],
        ),
        (
            {},
            [],
            {
                "describe_vpc_endpoint_service_configurations": [
                    {"ServiceId": "vpce-1", "NetworkLoadBalancerArns": [ARN]}
                ]
            },
            ["serves the VPC endpoint service vpce-1"],
        ),
        (
            {},
            [],
            {
                "describe_vpc_endpoint_service_configurations": [
                    {"ServiceId": "vpce-1", "GatewayLoadBalancerArns": [ARN]}
                ]
            },
            ["serves the VPC endpoint service vpce-1"],
        ),
        (
            {},
            [],
            {
                "describe_vpc_endpoint_service_configurations": [
                    {"ServiceId": "vpce-1", "NetworkLoadBalancerArns": ["x"]}
                ]
            },
            [],
        ),
    ],
)
def test_what_explains_an_idle_load_balancer_away(tags, listeners, lists, why):
    (made,) = policies({"Keep": "true"}, load_balancer_types=["application", "network", "gateway"])
    resource = joined(listeners=listeners)
    found = made.decide(resource, SCOPE, NOW)
    found.tags = tags
    candidate, region = Candidate(resource, found), Lists(**lists)
    speaking = [(guard, guard.protects(candidate, guard.load(region))) for guard in made.guards]
    assert [words for _guard, words in speaking if words] == why
    # the operator's tag is no statement about the load balancer
    codes = {guard.reason_code for guard, words in speaking if words}
    assert codes <= ({None} if tags else {"intentional"})


@pytest.mark.parametrize(
    ("changes", "addresses"),
    [
        ({}, 2),
        ({"IpAddressType": "dualstack"}, 2),
        ({"IpAddressType": "dualstack-without-public-ipv4"}, 0),
        ({"Scheme": "internal"}, 0),
        ({"AvailabilityZones": ["eu-west-1a"]}, 1),
        ({"AvailabilityZones": []}, 0),
    ],
)
def test_public_addresses_are_one_a_zone_of_what_faces_the_internet(changes, addresses):
    assert public_addresses(balancer(**changes)) == addresses


@pytest.mark.parametrize(("missing", "addresses"), [("Scheme", 0), ("AvailabilityZones", 0), ("LoadBalancerArn", 2)])
def test_public_addresses_can_be_counted_where_an_answer_lacks_something(missing, addresses):
    assert public_addresses(without(balancer(), missing)) == addresses


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "app/web/0abc"),
        ({"LoadBalancerArn": ARN.replace("app/", "net/")}, "net/web/0abc"),
        ({"LoadBalancerArn": ""}, "web"),
    ],
)
def test_a_load_balancer_is_found_in_cloudwatch_by_its_dimension(changes, expected):
    assert dimension(joined(**changes)) == expected


def test_the_configuration_is_what_a_person_needs_before_removing_it():
    resource = joined(
        listeners=[{"Port": 443, "SslPolicy": "x", "Rules": [{"Actions": [{"Type": "forward"}]}]}],
        DNSName="web.example.com",
        SecurityGroups=["sg-1"],
    )
    resource["Attributes"] = {"deletion_protection.enabled": "true"}
    facts = configuration(resource)
    assert (facts["dns_name"], facts["security_groups"], facts["type"]) == ("web.example.com", ["sg-1"], "application")
    assert facts["listeners"] == [{"port": 443, "ssl_policy": "x", "rules": [{"actions": [{"type": "forward"}]}]}]
    assert facts["target_groups"] == [{"target_group_name": "g"}]
    # AWS's own words
    assert facts["attributes"] == {"deletion_protection.enabled": "true"}


def test_a_finding_with_its_configuration_can_be_written():
    (made,) = policies()
    found = made.decide(joined(), SCOPE, NOW)
    found.configuration = configuration(joined())
    assert '"created_time": "2026-08-15T10:00:00' in found.to_json()


@pytest.mark.parametrize(
    ("types", "count"),
    [(["application"], 1), (["classic"], 1), (["application", "classic"], 2), (list(TYPES), 2), ([], 0)],
)
def test_classic_load_balancers_have_an_api_of_their_own(types, count):
    assert len(policies(load_balancer_types=types)) == count


def test_negative_days_are_refused():
    with pytest.raises(SweepError, match="no_traffic_days is -1"):
        policies(no_traffic_days=-1)
