# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 instances and regions, Auto Scaling, CloudWatch. Every test rests on behaviour added to moto."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from tests.emulator.regions import ENABLED, OPT_IN

REGION = "eu-west-1"


def instances(ec2: Any, **filters: str) -> list[dict[str, Any]]:
    wanted = [{"Name": k.replace("_", "-"), "Values": [v]} for k, v in filters.items()]
    return [i for r in ec2.describe_instances(Filters=wanted)["Reservations"] for i in r["Instances"]]


def test_monitoring_is_switched_in_batches_and_settles_at_the_next_describe(demo: Any) -> None:
    ec2 = demo.client("ec2", REGION)
    ids = [i["InstanceId"] for i in instances(ec2, monitoring_state="enabled")]
    assert len(ids) > 3
    answer = ec2.unmonitor_instances(InstanceIds=ids)["InstanceMonitorings"]
    assert {m["Monitoring"]["State"] for m in answer} == {"disabling"}
    assert instances(ec2, monitoring_state="enabled") == []
    answer = ec2.monitor_instances(InstanceIds=ids[:2])["InstanceMonitorings"]
    assert {m["Monitoring"]["State"] for m in answer} == {"pending"}
    assert {i["InstanceId"] for i in instances(ec2, monitoring_state="enabled")} == set(ids[:2])


def test_one_unknown_instance_refuses_the_whole_batch(demo: Any, refusal: Any) -> None:
    ec2 = demo.client("ec2", REGION)
    before = {i["InstanceId"] for i in instances(ec2, monitoring_state="enabled")}
    batch = [*before, "i-00000000000000000"]
    assert refusal(ec2.unmonitor_instances, InstanceIds=batch) == "InvalidInstanceID.NotFound"
    assert {i["InstanceId"] for i in instances(ec2, monitoring_state="enabled")} == before


def test_instances_come_in_pages(demo: Any) -> None:
    ec2 = demo.client("ec2", REGION)
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    paged = [i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]]
    assert len(pages) == 3
    assert sorted(paged) == sorted(i["InstanceId"] for i in instances(ec2))


def test_members_of_a_group_carry_its_tag_and_policies_come_in_pages(demo: Any) -> None:
    ec2, scaling = demo.client("ec2", REGION), demo.client("autoscaling", REGION)
    groups = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    members = {i["InstanceId"]: g["AutoScalingGroupName"] for g in groups for i in g["Instances"]}
    assert set(members.values()) == {"web", "cron", "stream", "stream-blue", "stream-green", "legacy"}
    for instance_id, name in members.items():
        tags = {t["Key"]: t["Value"] for t in instances(ec2, instance_id=instance_id)[0]["Tags"]}
        assert tags["aws:autoscaling:groupName"] == name
    scaling.put_scaling_policy(
        AutoScalingGroupName="cron", PolicyName="step", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1
    )
    pages = scaling.get_paginator("describe_policies").paginate(PaginationConfig={"PageSize": 1})
    found = [p for page in pages for p in page["ScalingPolicies"]]
    assert {p["PolicyName"] for p in found} == {"step", "web-cpu"}
    tracking = next(p for p in found if p["PolicyName"] == "web-cpu")["TargetTrackingConfiguration"]
    assert tracking["TargetValue"] == 50.0


def test_alarms_come_in_pages_with_their_metric_math(demo: Any) -> None:
    cloudwatch = demo.client("cloudwatch", REGION)
    pages = list(cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2}))
    alarms = {a["AlarmName"]: a for page in pages for a in page["MetricAlarms"]}
    assert len(pages) == 2
    assert alarms["payments-1-cpu-1m"]["Period"] == 60
    stats = [m["MetricStat"] for m in alarms["payments-2-half-cpu"]["Metrics"] if "MetricStat" in m]
    assert [s["Period"] for s in stats] == [60]


def test_metric_data_by_namespace_and_dimension(demo: Any) -> None:
    cloudwatch, now = demo.client("cloudwatch", REGION), datetime.now(timezone.utc)
    shop = demo.client("elbv2", REGION).describe_load_balancers(Names=["shop"])["LoadBalancers"][0]["LoadBalancerArn"]
    dimension = {"Name": "LoadBalancer", "Value": shop.partition(":loadbalancer/")[2]}

    def total(namespace: str, days: int) -> float:
        metric = {"Namespace": namespace, "MetricName": "RequestCount", "Dimensions": [dimension]}
        query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 86400, "Stat": "Sum"}}
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[query], StartTime=now - timedelta(days=days), EndTime=now
        )
        return sum(answer["MetricDataResults"][0]["Values"])

    assert total("AWS/ApplicationELB", 14) == 3 * total("AWS/ApplicationELB", 1) > 0
    assert total("AWS/Other", 14) == 0


def test_exactly_these_regions_are_enabled(account: Any, refusal: Any) -> None:
    ec2 = account.client("ec2")
    assert {r["RegionName"] for r in ec2.describe_regions()["Regions"]} == set(ENABLED)
    every = {r["RegionName"]: r["OptInStatus"] for r in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert {r for r, status in every.items() if status == "not-opted-in"} == set(OPT_IN)
    assert refusal(ec2.describe_regions, RegionNames=["mars-north-1"]) == "InvalidParameterValue"
    assert refusal(account.client("ec2", OPT_IN[0]).describe_volumes) == "AuthFailure"
    assert refusal(account.client("logs", OPT_IN[0]).describe_log_groups) == "UnrecognizedClientException"


def test_unknown_actions_answer_as_aws_does(account: Any, refusal: Any) -> None:
    assert refusal(account.client("ec2", REGION).describe_volume_status) == "InvalidAction"
    assert refusal(account.client("logs", REGION).list_anomalies) == "UnknownOperationException"
