# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose monitoring is switched, and what needs it: tables of cases, no AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.ec2_monitoring import (
    ANY_INSTANCE,
    CHECK,
    EVERY_INSTANCE,
    readings,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from tests.unit.module_utils.checks.fake import NOW, SCOPE, Lists, Pages, without

PRICES = PriceTable({"eu-west-1": {"cloudwatch_custom_metric_month_tier1": 0.3}})
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
GROUP = {"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web"}]}
HOSTILE = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "a\nb\u202e", ""]


def policy(exclude_tags: dict[str, Any] | None = None, **options: Any) -> Policy:
    (made,) = CHECK.policies({**DEFAULTS, **options}, Common(exclude_tags or {}, PRICES))
    return made


def instance(monitoring: str | None = "enabled", state: str = "running", **changes: Any) -> dict[str, Any]:
    made = {"InstanceId": "i-1", "State": {"Name": state}, "LaunchTime": NOW - timedelta(days=100)}
    return {**made, **({"Monitoring": {"State": monitoring}} if monitoring else {}), **changes}


def protected_by(made: Policy, resource: dict[str, Any], **lists: Any) -> list[str]:
    found = made.decide(resource, SCOPE, NOW)
    assert found is not None
    candidate, region = Candidate(resource, found), Lists(**lists)
    return [why for guard in made.guards if (why := guard.protects(candidate, guard.load(region)))]


@pytest.mark.parametrize(
    ("resource", "wanted", "found"),
    [
        (instance("enabled"), "basic", True),
        (instance("pending"), "basic", True),
        (instance("disabled"), "basic", False),
        (instance("disabling"), "basic", False),
        (instance(None), "basic", False),
        (instance("enabled"), "detailed", False),
        (instance("pending"), "detailed", False),
        (instance("disabled"), "detailed", True),
        (instance("disabling"), "detailed", True),
        (instance(None), "detailed", True),
        *[(instance("enabled", state), "basic", False) for state in ("pending", "stopping", "stopped", "terminated")],
        *[(instance("disabled", state), "detailed", False) for state in ("shutting-down", "stopped")],
    ],
)
def test_a_running_instance_whose_monitoring_is_not_the_wanted_is_found(resource, wanted, found):
    assert bool(policy(state=wanted).decide(resource, SCOPE, NOW)) is found


@pytest.mark.parametrize(
    ("wanted", "has", "code", "action", "saves"),
    [
        ("basic", "enabled", "detailed_monitoring", "disable_detailed_monitoring", True),
        ("detailed", "disabled", "basic_monitoring", "enable_detailed_monitoring", False),
    ],
)
def test_a_finding_says_what_it_is_what_is_done_and_whether_that_saves(wanted, has, code, action, saves):
    tags = [{"Key": "Name", "Value": "web-1"}]
    found = policy(state=wanted).decide(instance(has, Tags=tags), SCOPE, NOW)
    assert (found.reason_code, found.action, found.saves, found.reversible) == (code, action, saves, True)
    assert found.arn == "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"
    assert (found.resource_type, found.resource_id, found.name) == ("ec2:instance", "i-1", "web-1")
    assert found.cost.to_dict() == {"low": 2.1, "high": 2.1}
    assert f"{wanted} is wanted" in found.reason


def test_an_instance_may_lack_its_launch_time_and_tags():
    found = policy().decide(instance(LaunchTime=None), SCOPE, NOW)
    assert (found.age_days, found.tags, found.name) == (None, {}, "")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_kept_as_it_is_and_out_of_the_reason(name):
    found = policy().decide(instance(Tags=[{"Key": "Name", "Value": name}]), SCOPE, NOW)
    assert (found.name, found.reason) == (name, policy().decide(instance(), SCOPE, NOW).reason)


def alarm(period: int, namespace: str = "AWS/EC2", metric: str = "CPUUtilization", **dimensions: str) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {
        "AlarmName": "cpu",
        "Namespace": namespace,
        "MetricName": metric,
        "Period": period,
        "Dimensions": named,
    }


def math(*queries: dict[str, Any]) -> dict[str, Any]:
    return {"AlarmName": "cpu", "Metrics": list(queries)}


def stat(period: int, namespace: str = "AWS/EC2", metric: str = "CPUUtilization", **dimensions: str) -> dict[str, Any]:
    read = alarm(period, namespace, metric, **dimensions)
    return {"Id": "m", "MetricStat": {"Metric": read, "Period": period, "Stat": "Sum"}}


INSIGHTS = 'SELECT MAX(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)'
AVERAGES = [
    'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceType)',
    'SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", ImageId) GROUP BY ImageId',
    'SELECT AVG(CPUUtilization) FROM "AWS/EC2" ORDER BY AVG() DESC',
]
NEEDED = ["alarm cpu (period 60 s) needs detailed monitoring"]


@pytest.mark.parametrize(
    ("alarms", "why"),
    [
        ([alarm(60, InstanceId="i-1")], NEEDED),
        ([alarm(299, InstanceId="i-1")], ["alarm cpu (period 299 s) needs detailed monitoring"]),
        ([alarm(300, InstanceId="i-1")], []),
        ([alarm(60, InstanceId="i-2")], []),
        ([alarm(300, InstanceId="i-1"), alarm(60, InstanceId="i-2")], []),
        ([alarm(300, InstanceId="i-1"), alarm(60, InstanceId="i-1")], NEEDED),
        ([alarm(60, AutoScalingGroupName="web")], NEEDED),
        ([alarm(60, AutoScalingGroupName="other")], []),
        ([math(stat(300, InstanceId="i-1"), stat(60, InstanceId="i-1"), {"Id": "e", "Expression": "m*2"})], NEEDED),
        ([math(stat(300, InstanceId="i-1"), {"Id": "e", "Expression": "m*2"})], []),
        ([math({"Id": "q", "Expression": INSIGHTS, "Period": 60})], NEEDED),
        ([math({"Id": "q", "Expression": INSIGHTS})], NEEDED),
        ([math({"Id": "q", "Expression": INSIGHTS, "Period": 300})], []),
        ([math({"Id": "q", "Expression": INSIGHTS.replace("InstanceId", "AutoScalingGroupName"), "Period": 300})], []),
        # status checks come every minute for every instance, and the agent's metrics when it sends them
        ([alarm(60, metric="StatusCheckFailed_System", InstanceId="i-1")], []),
        ([math(stat(60, metric="StatusCheckFailed", InstanceId="i-1"))], []),
        ([alarm(60, "CWAgent", "mem_used_percent", InstanceId="i-1")], []),
        ([math(stat(60, "CWAgent", "mem_used_percent", InstanceId="i-1"))], []),
        ([math({"Id": "q", "Expression": 'SELECT SUM(x) FROM "Mine"', "Period": 60})], []),
        ([], []),
    ],
)
def test_an_alarm_that_reads_more_often_than_basic_monitoring_writes_protects(alarms, why):
    assert protected_by(policy(), instance(**GROUP), describe_alarms=alarms) == why


@pytest.mark.parametrize("period", [60, 300, 3600])
@pytest.mark.parametrize("expression", AVERAGES)
def test_a_query_over_averages_protects_whatever_its_period(expression, period):
    query = {"Id": "q", "Expression": expression, "Period": period}
    needed = [f"alarm cpu (period {period} s) needs detailed monitoring"]
    assert protected_by(policy(), instance(), describe_alarms=[math(query)]) == needed


@pytest.mark.parametrize("state", ["basic", "detailed"])
def test_an_instance_that_a_service_manages_is_left_to_it(state):
    managed = {"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}
    found = instance("enabled" if state == "basic" else "disabled", **managed)
    assert protected_by(policy(state=state), found) == ["managed by the AWS service eks.amazonaws.com"]


@pytest.mark.parametrize("period", [60, 300, 3600])
@pytest.mark.parametrize(
    ("dimensions", "namespace", "protected"),
    [
        # EC2 averages over the instances with detailed monitoring alone
        ({}, "AWS/EC2", True),
        ({"ImageId": "ami-1"}, "AWS/EC2", True),
        ({"InstanceType": "t3.micro"}, "AWS/EC2", True),
        ({"ImageId": "ami-2"}, "AWS/EC2", False),
        ({"InstanceType": "t3.small"}, "AWS/EC2", False),
        # the agent's metrics don't depend on EC2's monitoring
        ({}, "CWAgent", False),
        ({"ImageId": "ami-1"}, "CWAgent", False),
        ({"InstanceType": "t3.micro"}, "CWAgent", False),
    ],
)
def test_an_alarm_on_an_average_over_instances_protects_whatever_its_period(dimensions, namespace, protected, period):
    resource = instance(ImageId="ami-1", InstanceType="t3.micro")
    needed = [f"alarm cpu (period {period} s) needs detailed monitoring"] if protected else []
    for read in (alarm(period, namespace, **dimensions), math(stat(period, namespace, **dimensions))):
        assert protected_by(policy(), resource, describe_alarms=[read]) == needed


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (alarm(60, InstanceId="i-1"), [(60, [("InstanceId", "i-1")])]),
        (alarm(60), [(60, [EVERY_INSTANCE])]),
        (alarm(60, "CWAgent"), [(60, [])]),
        (alarm(60, "CWAgent", InstanceId="i-1", ImageId="ami-1"), [(60, [])]),
        (
            math(stat(60, InstanceId="i-1"), {"Id": "e", "Expression": "m"}, {"Id": "q", "Expression": INSIGHTS}),
            [(60, [("InstanceId", "i-1")]), (60, [ANY_INSTANCE])],
        ),
        ({"AlarmName": "composite"}, []),
        ({"AlarmName": "x", "Period": 10}, [(10, [])]),
    ],
)
def test_an_alarm_reads_its_metric_its_math_and_its_queries(read, expected):
    assert list(readings(read)) == expected


PROMQL = {
    "AlarmName": "cpu",
    "EvaluationCriteria": {"PromQLCriteria": {"Query": 'avg({"CPUUtilization"}) > 80', "PendingPeriod": 60}},
    "EvaluationInterval": 60,
}


@pytest.mark.parametrize(
    "read",
    [
        PROMQL,
        {**PROMQL, "EvaluationInterval": 3600},
        # what botocore before 1.42.82 leaves of it
        {"AlarmName": "cpu"},
        {"AlarmName": "cpu", "Metrics": []},
        {**alarm(300, InstanceId="i-2"), "EvaluationCriteria": {"SomethingNewer": {}}},
        {"AlarmName": "cpu", "Period": 300},
        without(alarm(300, "CWAgent"), "Namespace"),
        without(alarm(300, "CWAgent"), "MetricName"),
        math(stat(300, "CWAgent"), {"Id": "q", "ReturnData": True}),
        math({"Id": "q", "MetricStat": {"Period": 300, "Stat": "Sum"}}),
        math({"Id": "q", "MetricStat": {"Metric": alarm(300, "CWAgent"), "Stat": "Sum"}, "Expression": "m"}),
    ],
)
def test_an_alarm_of_which_nobody_can_tell_what_it_reads_protects_every_instance(read):
    why = ["alarm cpu may need detailed monitoring: which metrics it reads cannot be told"]
    # and costs no other alarm of the list
    alarms = [read, alarm(60, InstanceId="i-2")]
    assert protected_by(policy(), instance("enabled"), describe_alarms=alarms) == why


SCALED = {"describe_policies": [{"AutoScalingGroupName": "web", "PolicyName": "target"}]}


@pytest.mark.parametrize(
    ("options", "changes", "lists", "protected"),
    [
        ({}, GROUP, SCALED, True),
        ({"include_auto_scaling": True}, GROUP, SCALED, False),
        ({}, {}, SCALED, False),
        ({}, {"Tags": [{"Key": "Group", "Value": "web"}]}, SCALED, False),
        ({}, {"Tags": [{"Key": "aws:autoscaling:groupName", "Value": "web-2"}]}, SCALED, False),
        ({}, GROUP, {}, False),
    ],
)
def test_a_member_of_a_group_that_scales_is_protected(options, changes, lists, protected):
    why = protected_by(policy(**options), instance(**changes), **lists)
    expected = "member of the Auto Scaling group web with the scaling policy target"
    assert why == ([expected] if protected else [])


def test_including_auto_scaling_groups_leaves_their_alarms_a_guard():
    lists = {**SCALED, "describe_alarms": [alarm(60, AutoScalingGroupName="web")]}
    assert protected_by(policy(include_auto_scaling=True), instance(**GROUP), **lists) == NEEDED


def test_switching_detailed_monitoring_on_is_prevented_by_tags_alone():
    lists = {**SCALED, "describe_alarms": [alarm(60, InstanceId="i-1")]}
    made = policy({"Keep": "true"}, state="detailed")
    assert protected_by(made, instance("disabled", **GROUP), **lists) == []
    kept = instance("disabled", Tags=[{"Key": "Keep", "Value": "true"}])
    assert protected_by(made, kept, **lists) == ["tag Keep=true"]


@pytest.mark.parametrize(
    ("filters", "state", "sent"),
    [
        ({}, "basic", {"instance-state-name": ["running"]}),
        ({}, "detailed", {"instance-state-name": ["running"]}),
        # the operator's filters narrow, and can't widen what the check looks at
        (
            {"tag:Team": ["a", "b"], "instance-state-name": "stopped"},
            "basic",
            {"tag:Team": ["a", "b"], "instance-state-name": ["running"]},
        ),
    ],
)
def test_the_server_filters(filters, state, sent):
    some = [{"Instances": [instance()]}, {"Instances": [instance(), instance()]}]
    region = Lists(describe_instances=Pages([some, []]))
    pages = list(policy(filters=filters, state=state).find(region))
    assert [len(page) for page in pages] == [3, 0]
    assert {row["Name"]: row["Values"] for row in region.asked[0]["Filters"]} == sent


DETAILED = {
    "LaunchTemplateId": "lt-1",
    "LaunchTemplateName": "web",
    "VersionNumber": 3,
    "DefaultVersion": True,
    "LaunchTemplateData": {"Monitoring": {"Enabled": True}},
}
BASIC = {**DETAILED, "LaunchTemplateData": {"Monitoring": {"Enabled": False}}}


def launches(template: dict[str, Any], name: str = "web") -> dict[str, Any]:
    group = {"AutoScalingGroupName": name, "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "$Default"}}
    return {"describe_auto_scaling_groups": [group], "describe_launch_template_versions": [template]}


def configured(**monitoring: bool) -> dict[str, Any]:
    configuration = {"LaunchConfigurationName": "old", "InstanceMonitoring": monitoring}
    group = {"AutoScalingGroupName": "web", "LaunchConfigurationName": "old"}
    return {"describe_auto_scaling_groups": [group], "describe_launch_configurations": [configuration]}


BY_TEMPLATE = ["switched on again by the launch template web (version 3) of its Auto Scaling group web"]
BY_CONFIGURATION = ["switched on again by the launch configuration old of its Auto Scaling group web"]


@pytest.mark.parametrize(
    ("options", "changes", "lists", "why"),
    [
        ({}, GROUP, launches(DETAILED), BY_TEMPLATE),
        ({}, GROUP, launches(BASIC), []),
        ({}, GROUP, launches(DETAILED, "other"), []),
        ({}, {}, launches(DETAILED), []),
        ({"include_auto_scaling": True}, GROUP, launches(DETAILED), []),
        # a launch configuration has detailed monitoring unless it says otherwise
        ({}, GROUP, configured(), BY_CONFIGURATION),
        ({}, GROUP, configured(Enabled=True), BY_CONFIGURATION),
        ({}, GROUP, configured(Enabled=False), []),
    ],
)
def test_what_a_groups_next_instance_switches_on_again_is_left_on(options, changes, lists, why):
    assert protected_by(policy(**options), instance(**changes), **lists) == why


def test_the_journal_learns_what_monitoring_was_and_becomes():
    for wanted, has, states in (("basic", "enabled", ("detailed", "basic")), ("detailed", None, ("basic", "detailed"))):
        made, resource = policy(state=wanted), instance(has)
        before, after = made.record(resource, made.decide(resource, SCOPE, NOW))
        assert (before["monitoring"], after["monitoring"]) == states


@pytest.mark.parametrize(("wanted", "operation"), [("basic", "unmonitor_instances"), ("detailed", "monitor_instances")])
def test_one_call_switches_as_many_as_it_takes(wanted, operation):
    made, region = policy(state=wanted), Lists()
    resources = [instance("enabled" if wanted == "basic" else None, InstanceId=f"i-{number}") for number in range(3)]
    found = [made.decide(resource, SCOPE, NOW) for resource in resources]
    made.act(region, found)
    assert region.asked == [{"operation": operation, "InstanceIds": ["i-0", "i-1", "i-2"]}]
    assert made.batch_sizes[found[0].action] == 50
