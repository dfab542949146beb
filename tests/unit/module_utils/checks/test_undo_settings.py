# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that are put back, and when they are left as they are: tables of cases, no AWS."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo import PutBack, Task, tasks_of
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo_settings import (
    PutBackBasicMonitoring,
    PutBackMark,
    PutBackMonitoring,
    PutBackRetention,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from tests.unit.module_utils.checks.fake import NOW, SCOPE, Lists, refused, tagged
from tests.unit.module_utils.checks.journaled import RETENTION, judged, put_back, retention, task, words
from tests.unit.module_utils.sweep.fake import rows

TAG = "sysops:orphan-since"
OFF = {"resource_type": "ec2:instance", "resource_id": "i-1", "action": "disable_detailed_monitoring"}


def days(count: int | None) -> dict[str, Any]:
    return {"retention_in_days": count}


def monitoring(state: str) -> dict[str, Any]:
    return {"monitoring": state}


def mark(value: str | None, tag: str = TAG) -> dict[str, Any]:
    return {"tag": tag, "value": value}


def seen_mark(value: str | None, state: str = "in-use", tag: str = TAG) -> dict[str, Any]:
    """As AWS has it now."""
    return {**mark(value, tag), "State": state}


SET = task(days(None), days(30), **RETENTION)
SHORTENED = task(days(365), days(30), **RETENTION)
SWITCHED = task(monitoring("detailed"), monitoring("basic"), **OFF)
SWITCHED_ON = task(
    monitoring("basic"),
    monitoring("detailed"),
    **{**OFF, "action": "enable_detailed_monitoring", "arn": "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"},
)
MARKED = task(mark(None), mark("2026-11-01"), action="mark")
UNMARKED = task(mark("2026-11-01"), mark(None), action="unmark")


@pytest.mark.parametrize(
    ("kind", "given", "now", "status", "said"),
    [
        (PutBackRetention, SET, days(30), "planned", ["30 days", "for ever"]),
        (PutBackRetention, SHORTENED, days(30), "planned", ["30 days", "365 days"]),
        (PutBackRetention, SET, days(None), "skipped", ["as it was", "for ever"]),
        (PutBackRetention, SHORTENED, days(365), "skipped", ["as it was", "365 days"]),
        (PutBackRetention, SET, days(7), "skipped", ["somebody", "7 days"]),
        (PutBackRetention, SHORTENED, days(None), "skipped", ["somebody", "for ever"]),
        (PutBackRetention, SET, None, "failed", ["cannot come back", "no longer exists"]),
        (PutBackMonitoring, SWITCHED, monitoring("basic"), "planned", ["basic monitoring", "detailed monitoring"]),
        (PutBackMonitoring, SWITCHED, monitoring("detailed"), "skipped", ["as it was", "detailed"]),
        (PutBackMonitoring, SWITCHED, None, "failed", ["no longer exists"]),
        (PutBackMark, MARKED, seen_mark("2026-11-01"), "planned", [f"{TAG}=2026-11-01", "unmarked"]),
        (PutBackMark, MARKED, seen_mark("2026-11-01", "available"), "planned", [f"{TAG}=2026-11-01", "unmarked"]),
        (PutBackMark, MARKED, seen_mark(None), "skipped", ["as it was"]),
        (PutBackMark, MARKED, seen_mark("2026-11-20"), "skipped", ["somebody", "2026-11-20"]),
        (PutBackMark, UNMARKED, seen_mark(None), "planned", [f"{TAG}=2026-11-01"]),
        (PutBackMark, UNMARKED, seen_mark("2026-11-20"), "skipped", ["somebody"]),
        # an old mark on what is unused ends its grace period at once; of a snapshot it isn't known
        (PutBackMark, UNMARKED, seen_mark(None, "available"), "skipped", ["next run marks it anew"]),
        (PutBackMark, UNMARKED, seen_mark(None, "completed"), "skipped", ["next run marks it anew"]),
        # a mark on what is gone is no loss
        (PutBackMark, MARKED, None, "skipped", ["no longer exists"]),
        (PutBackMark, UNMARKED, None, "skipped", ["no longer exists"]),
    ],
)
def test_a_setting_is_put_back_only_if_it_is_as_the_run_left_it(kind, given, now, status, said):
    found = judged(kind, given, now)
    assert found.status == status
    assert (found.error["code"] if found.error else None) == ("NotRecoverable" if status == "failed" else None)
    assert [word for word in said if word not in words(found)] == []


@pytest.mark.parametrize(
    ("now", "status"),
    [
        # it was done
        (14, "planned"),
        # it was not done, and what an earlier run did is still there
        (30, "planned"),
        (None, "skipped"),
        (7, "skipped"),
    ],
)
def test_where_the_journal_does_not_tell_how_it_ended_either_end_is_put_back(now, status):
    """The run was killed between its line and the call, or right after it."""
    (given,) = tasks_of([retention(1, None, 30), retention(2, 30, 14, status=None)])
    assert judged(PutBackRetention, given, days(now)).status == status


def test_where_the_journal_tells_how_it_ended_what_was_before_is_somebodys_choice():
    (given,) = tasks_of([retention(1, None, 30), retention(2, 30, 14)])
    assert judged(PutBackRetention, given, days(30)).status == "skipped"


@pytest.mark.parametrize(
    ("kind", "given", "request_"),
    [
        (PutBackRetention, SET, {"operation": "delete_retention_policy", "logGroupName": "vol-1"}),
        (
            PutBackRetention,
            SHORTENED,
            {"operation": "put_retention_policy", "logGroupName": "vol-1", "retentionInDays": 365},
        ),
        (PutBackMonitoring, SWITCHED, {"operation": "monitor_instances", "InstanceIds": ["i-1"]}),
        (
            PutBackBasicMonitoring,
            SWITCHED_ON,
            {"operation": "unmonitor_instances", "InstanceIds": ["i-1"]},
        ),
        # with its value: what somebody sets meanwhile stays
        (
            PutBackMark,
            MARKED,
            {"operation": "delete_tags", "Resources": ["vol-1"], "Tags": [{"Key": TAG, "Value": "2026-11-01"}]},
        ),
        (
            PutBackMark,
            UNMARKED,
            {"operation": "create_tags", "Resources": ["vol-1"], "Tags": [{"Key": TAG, "Value": "2026-11-01"}]},
        ),
    ],
)
def test_one_call_puts_it_back(kind, given, request_):
    region = Lists()
    more = {PutBackMark: {"State": "in-use"}, PutBackBasicMonitoring: {"Tags": {}}}
    put_back(kind, region, given, {**given.newest.after, **more.get(kind, {})})
    assert region.asked == [request_]


def seen(kind: type[PutBack], given: Task, **lists: Any) -> tuple[Any, list[dict[str, Any]]]:
    region = Lists(**lists)
    now = kind(given.newest.resource_type, [given]).now(region, [given])  # type: ignore[arg-type]
    return now.get(given.resource_id), region.asked


@pytest.mark.parametrize(
    ("groups", "now"),
    [
        ([{"logGroupName": "vol-1", "retentionInDays": 30}], days(30)),
        ([{"logGroupName": "vol-1"}], days(None)),
        ([{"logGroupName": "vol-10", "retentionInDays": 30}], None),
        ([], None),
    ],
)
def test_a_retention_is_read_as_the_journal_writes_it(groups, now):
    read, asked = seen(PutBackRetention, SET, describe_log_groups=groups)
    assert read == now
    assert asked == [{"operation": "describe_log_groups", "logGroupIdentifiers": ["vol-1"]}]


@pytest.mark.parametrize(
    ("state", "enabled", "now"),
    [
        ("running", "enabled", "detailed"),
        ("running", "pending", "detailed"),
        ("running", "disabled", "basic"),
        ("running", "disabling", "basic"),
        # switched off, and still somebody's instance
        ("stopped", "disabled", "basic"),
        ("pending", "disabled", "basic"),
        ("shutting-down", "disabled", None),
        ("terminated", "disabled", None),
    ],
)
def test_monitoring_is_read_as_the_journal_writes_it(state, enabled, now):
    instance = {"InstanceId": "i-1", "State": {"Name": state}, "Monitoring": {"State": enabled}}
    read, asked = seen(PutBackMonitoring, SWITCHED, describe_instances=[{"Instances": [instance]}])
    assert read == (None if now is None else monitoring(now))
    assert asked[0]["Filters"] == [{"Name": "instance-id", "Values": ["i-1"]}]


@pytest.mark.parametrize(
    ("tags", "now"),
    [
        ({TAG: "2026-11-01"}, mark("2026-11-01")),
        ({TAG: ""}, mark("")),
        ({"Team": "x"}, mark(None)),
        ({TAG.upper(): "2026-11-01"}, mark(None)),
    ],
)
@pytest.mark.parametrize("noun", ["volume", "snapshot"])
def test_a_mark_is_read_as_the_journal_writes_it(noun, tags, now):
    given = task(mark(None), mark("2026-11-01"), action="mark", resource_type=f"ec2:{noun}", resource_id="x-1")
    rows = [{f"{noun.capitalize()}Id": "x-1", **tagged(**tags)}]
    read, asked = seen(PutBackMark, given, **{f"describe_{noun}s": rows})
    assert read == {**now, "State": None}
    assert asked[0]["Filters"] == [{"Name": f"{noun}-id", "Values": ["x-1"]}]
    assert seen(PutBackMark, given)[0] is None


def alarm(**dimensions: str) -> dict[str, Any]:
    some = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {
        "AlarmName": "busy",
        "Period": 60,
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": some,
    }


INSTANCE = {
    "InstanceId": "i-1",
    "ImageId": "ami-1",
    "InstanceType": "m7g.large",
    "State": {"Name": "running"},
    "Monitoring": {"State": "enabled"},
    **tagged(**{"aws:autoscaling:groupName": "web"}),
}


@pytest.mark.parametrize(
    ("lists", "protected_by"),
    [
        ({}, None),
        ({"describe_alarms": [alarm(InstanceId="i-2")]}, None),
        ({"describe_alarms": [alarm(InstanceId="i-1")]}, "alarm busy"),
        ({"describe_alarms": [alarm(ImageId="ami-1")]}, "alarm busy"),
        ({"describe_policies": [{"AutoScalingGroupName": "web", "PolicyName": "track"}]}, "scaling policy track"),
        ({"describe_alarms": refused("DescribeAlarms")}, "the list of alarms could not be read"),
    ],
)
def test_detailed_monitoring_that_is_needed_by_now_stays_on(lists, protected_by):
    region = Lists(describe_instances=[{"Instances": [INSTANCE]}], **lists)
    policy = PutBackBasicMonitoring("ec2:instance", [SWITCHED_ON])
    run = Sweep([policy], [region], Limit(100, 100), Selection(), NOW, 1)  # type: ignore[list-item]
    run.plan()
    run.act()
    run.finish()
    (row,) = rows(run)
    assert row["status"] == ("protected" if protected_by else "changed")
    assert ("unmonitor_instances" in region.operations()) is not bool(protected_by)
    assert not protected_by or protected_by in "; ".join(row["protected_by"])


@pytest.mark.parametrize(
    ("given", "now", "code"),
    [
        # the journal says that a run set it, and AWS that it is there: it is somebody's own tag all the same
        (
            task(mark(None, "Keep"), mark("2026-11-01", "Keep"), action="mark"),
            seen_mark("2026-11-01", tag="Keep"),
            "Grace",
        ),
        (
            task(mark(None, "until"), mark("2030-01-01", "until"), action="mark"),
            seen_mark("2030-01-01", tag="until"),
            "Grace",
        ),
        (task(mark("true", "Keep"), mark(None, "Keep"), action="unmark"), seen_mark(None, tag="Keep"), "Grace"),
        (task(mark(None), mark("true"), action="mark"), seen_mark("true"), "NotAMark"),
        (task(mark(None), mark(""), action="mark"), seen_mark(""), "NotAMark"),
        (task(mark("soon"), mark(None), action="unmark"), seen_mark(None), "NotAMark"),
        (task(mark(""), mark(None), action="unmark"), seen_mark(None), "NotAMark"),
    ],
)
def test_no_other_tag_than_a_mark_is_set_or_removed(given, now, code):
    found = judged(PutBackMark, given, now)
    assert found.status == "failed"
    assert code in found.error["code"]


def test_marks_under_a_tag_of_ones_own_take_its_name():
    given = task(mark(None, "idle-since"), mark("2026-11-01", "idle-since"), action="mark")
    policy = PutBackMark("ec2:volume", [given], "idle-since")
    found = policy.decide({"Task": given, "Now": seen_mark("2026-11-01", tag="idle-since")}, SCOPE, NOW)
    assert found is not None
    assert found.status == "planned"
    region = Lists()
    policy.put_back(region, found, given, seen_mark("2026-11-01", tag="idle-since"))  # type: ignore[arg-type]
    assert region.asked[0]["Tags"] == [{"Key": "idle-since", "Value": "2026-11-01"}]


@pytest.mark.parametrize(("wanted", "now"), [(1, 30), (7, 3653), (365, None), (1, None)])
def test_undo_shortens_no_retention_whatever_the_journal_says(wanted, now):
    """Events that are older would be lost."""
    given = task(days(wanted), days(now), **RETENTION)
    found = judged(PutBackRetention, given, days(now))
    assert (found.status, found.error["code"]) == ("failed", "WouldShorten")
    assert f"{wanted} days" in words(found)
