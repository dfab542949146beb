# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Load balancers of all types. Every test rests on behaviour added to moto (services/elbv2, services/elb)."""

from __future__ import annotations

from typing import Any

REGION = "eu-west-1"


def health(elbv2: Any, name: str) -> list[str]:
    arn = elbv2.describe_target_groups(Names=[name])["TargetGroups"][0]["TargetGroupArn"]
    rows = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return [r["TargetHealth"]["State"] for r in rows]


def test_target_health_is_what_was_set(demo: Any, refusal: Any) -> None:
    elbv2 = demo.client("elbv2", REGION)
    assert health(elbv2, "reports-0") == ["unhealthy", "unhealthy"]
    assert health(elbv2, "reports-1") == ["draining", "unused"]
    assert health(elbv2, "shop-1") == ["healthy"]
    assert health(elbv2, "webhook-0") == ["unavailable"]
    assert health(elbv2, "staging-api-0") == []
    gone = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/gone/0"
    assert refusal(elbv2.describe_target_health, TargetGroupArn=gone) == "TargetGroupNotFound"


def test_deletion_protection_holds(demo: Any, refusal: Any) -> None:
    elbv2 = demo.client("elbv2", REGION)
    arn = elbv2.describe_load_balancers(Names=["vault"])["LoadBalancers"][0]["LoadBalancerArn"]
    assert refusal(elbv2.delete_load_balancer, LoadBalancerArn=arn) == "OperationNotPermitted"
    off = [{"Key": "deletion_protection.enabled", "Value": "false"}]
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=off)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    assert refusal(elbv2.describe_load_balancers, Names=["vault"]) == "LoadBalancerNotFound"


def test_lists_come_in_pages(demo: Any) -> None:
    elbv2 = demo.client("elbv2", REGION)
    for operation, key, name in (
        ("describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
        ("describe_target_groups", "TargetGroups", "TargetGroupName"),
    ):
        whole = [row[name] for row in getattr(elbv2, operation)()[key]]
        pages = list(elbv2.get_paginator(operation).paginate(PaginationConfig={"PageSize": 4}))
        assert max(len(p[key]) for p in pages) == 4
        assert [row[name] for p in pages for row in p[key]] == whole


def test_all_types_and_the_endpoint_service(demo: Any) -> None:
    elbv2, ec2 = demo.client("elbv2", REGION), demo.client("ec2", REGION)
    balancers = {b["LoadBalancerName"]: b for b in elbv2.describe_load_balancers()["LoadBalancers"]}
    assert {b["Type"] for b in balancers.values()} == {"application", "network", "gateway"}
    services = ec2.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]
    assert [s["NetworkLoadBalancerArns"] for s in services] == [[balancers["partner-link"]["LoadBalancerArn"]]]
    groups = elbv2.describe_target_groups()["TargetGroups"]
    behind = next(g for g in groups if g["TargetType"] == "alb")
    targets = elbv2.describe_target_health(TargetGroupArn=behind["TargetGroupArn"])["TargetHealthDescriptions"]
    assert [t["Target"]["Id"] for t in targets] == [balancers["inner"]["LoadBalancerArn"]]


def test_classic_instance_health_is_what_was_set(demo: Any, refusal: Any) -> None:
    elb = demo.client("elb", REGION)

    def states(name: str) -> list[str]:
        return [i["State"] for i in elb.describe_instance_health(LoadBalancerName=name)["InstanceStates"]]

    assert states("classic-down") == ["OutOfService", "OutOfService"]
    assert states("classic-live") == ["InService", "OutOfService"]
    assert states("classic-empty") == []
    assert refusal(elb.describe_instance_health, LoadBalancerName="gone") == "LoadBalancerNotFound"
