# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings as they are written, and the sums over them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding, Summary, age_in_days, tags_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import Cost
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
TOKYO = timezone(timedelta(hours=9))
# the design's order too: it is the order of the columns
KEYS = [
    *("check", "resource_type", "resource_id", "arn", "account_id", "region", "name", "reason", "reason_code"),
    *("age_days", "tags", "estimated_monthly_cost_usd", "action", "outcome"),
    *("due_date", "reversible", "recoverable_until", "status", "protected_by", "error"),
]
HOSTILE = [
    "<script>alert(1)</script>",
    "{{ lookup('pipe', 'id') }}",
    'two\nlines\r\n"quoted"\u2028\x00',
    "abc\u202egnp.exe",
    "\ud800",
    "=cmd|'/c calc'!A1",
    "n" * 4096,
    "",
]


def finding(region: str = "eu-west-1", **changes: Any) -> Finding:
    scope = Scope("123456789012", region)
    values: dict[str, Any] = {
        "check": "ebs_orphan_cleanup",
        "resource_type": "ec2:volume",
        "resource_id": "vol-1",
        "arn": scope.arn("ec2", "volume/vol-1"),
        "scope": scope,
        "name": "data",
        "reason": "It is old.",
        "reason_code": "unattached",
        "action": "delete",
    }
    return Finding(**{**values, **changes})


def test_a_finding_is_written_with_exactly_the_keys_of_the_design():
    assert list(finding().to_dict()) == KEYS


def test_days_are_written_as_iso_8601_and_what_is_not_known_as_null():
    day = date(2026, 11, 30)
    row = finding(due_date=day, recoverable_until=day + timedelta(days=1), reversible=False).to_dict()
    assert (row["due_date"], row["recoverable_until"], row["reversible"]) == ("2026-11-30", "2026-12-01", False)
    row = finding().to_dict()
    assert (row["due_date"], row["recoverable_until"], row["reversible"]) == (None, None, None)


def test_how_it_is_acted_on_is_no_part_of_a_finding():
    one, other = finding(), finding()
    one.work.before = {"days": 30}
    assert list(one.to_dict()) == KEYS
    assert other.work.before == {}
    assert one == other


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"name": "other", "reason": "other", "reason_code": "other", "tags": {"a": "b"}, "status": "failed"}, True),
        ({"check": "other"}, False),
        ({"resource_type": "ec2:snapshot"}, False),
        ({"resource_id": "vol-2"}, False),
        ({"action": "mark"}, False),
        ({"scope": Scope("210987654321", "eu-west-1")}, False),
        ({"scope": Scope("123456789012", "us-east-1")}, False),
    ],
)
def test_a_finding_is_the_same_if_the_same_is_done_to_the_same(changes, same):
    assert (finding(**changes).key == finding().key) is same


def test_only_a_finding_with_a_configuration_has_that_key_too():
    assert list(finding(configuration={"dns_name": "x"}).to_dict()) == [*KEYS, "configuration"]
    assert finding(configuration={}).to_dict()["configuration"] == {}


def test_a_finding_says_where_its_resource_lives():
    row = finding("eu-south-2").to_dict()
    assert (row["account_id"], row["region"]) == ("123456789012", "eu-south-2")
    assert row["arn"] == "arn:aws:ec2:eu-south-2:123456789012:volume/vol-1"


@pytest.mark.parametrize(("cost", "expected"), [(None, None), (Cost(0, 1.005), {"low": 0, "high": 1.0})])
def test_a_cost_is_a_band_or_null(cost, expected):
    assert finding(cost=cost).to_dict()["estimated_monthly_cost_usd"] == expected


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_comes_back_as_it_was_and_stays_on_its_line(text):
    row = finding(resource_id=text, name=text, tags={text: text}, configuration={"a": [text]})
    row.protect(text)
    line = row.to_json()
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == row.to_dict()


def test_times_in_a_configuration_are_written_as_iso_8601():
    line = finding(configuration={"created_time": NOW}).to_json()
    assert json.loads(line)["configuration"] == {"created_time": "2026-11-23T10:00:00+00:00"}


def test_every_guard_that_spoke_is_named():
    row = finding()
    row.protect("tag Keep=true")
    row.protect("owned by AWS Backup")
    assert (row.status, row.protected_by) == ("protected", ["tag Keep=true", "owned by AWS Backup"])


def test_a_skipped_finding_says_why_in_its_reason():
    row = finding()
    row.skip("it no longer exists")
    assert (row.status, row.reason) == ("skipped", "It is old. Left alone: it no longer exists.")


def test_a_failed_finding_has_the_error():
    row = finding()
    row.fail("UnauthorizedOperation", "no")
    assert row.to_dict()["status"] == "failed"
    assert row.to_dict()["error"] == {"code": "UnauthorizedOperation", "message": "no"}


@pytest.mark.parametrize(
    ("since", "days"),
    [
        (NOW - timedelta(days=10), 10),
        (NOW - timedelta(days=10) + timedelta(hours=1), 9),
        (NOW - timedelta(days=10, hours=1), 10),
        ((NOW - timedelta(days=10)).astimezone(TOKYO), 10),
        (NOW, 0),
        (NOW + timedelta(days=3), 0),
        (None, None),
    ],
)
def test_an_age_is_in_whole_days(since, days):
    assert age_in_days(since, NOW) == days


@pytest.mark.parametrize(
    ("resource", "tags"),
    [
        ({}, {}),
        ({"Tags": None}, {}),
        ({"Tags": []}, {}),
        (
            {"Tags": [{"Key": "a"}, {"Key": "b", "Value": None}, {"Key": "C", "Value": "c"}]},
            {"a": "", "b": "", "C": "c"},
        ),
    ],
)
def test_tags_may_be_missing_or_have_no_value(resource, tags):
    assert tags_of(resource) == tags


def summed(*findings: Finding) -> dict[str, Any]:
    summary = Summary(examined=10)
    for one in findings:
        summary.add(one)
    return summary.to_dict()


@pytest.mark.parametrize(
    ("changes", "saves"),
    [
        ({"status": "planned"}, True),
        ({"status": "changed"}, True),
        ({"status": "protected"}, False),
        ({"status": "skipped"}, False),
        ({"status": "failed"}, False),
        ({"status": "skipped", "reported": True}, True),
        ({"status": "skipped", "action": "report"}, False),
        ({"status": "protected", "action": "report"}, False),
        ({"status": "planned", "saves_cost": False}, False),
        ({"status": "changed", "saves_cost": False}, False),
    ],
)
def test_savings_count_what_goes_has_gone_or_could_go_by_hand(changes, saves):
    priced = summed(finding(cost=Cost(1, 2), **changes))
    assert priced["estimated_monthly_savings_usd"] == ({"low": 1, "high": 2} if saves else {"low": 0, "high": 0})
    assert priced["unpriced"] == 0
    assert priced[changes["status"]] == 1
    unpriced = summed(finding(cost=None, **changes))
    assert unpriced["unpriced"] == (1 if saves else 0)


def test_a_summary_has_a_count_for_each_status_even_where_there_is_none():
    assert summed() == {
        "examined": 10,
        "planned": 0,
        "changed": 0,
        "protected": 0,
        "skipped": 0,
        "failed": 0,
        "estimated_monthly_savings_usd": {"low": 0, "high": 0},
        "unpriced": 0,
        "irreversible": 0,
        "attention": 0,
    }


@pytest.mark.parametrize("status", ["planned", "changed", "protected", "skipped", "failed"])
@pytest.mark.parametrize("reversible", [False, True, None])
def test_what_goes_or_has_gone_for_good_is_counted(reversible, status):
    lost = reversible is False and status in ("planned", "changed")
    assert summed(finding(reversible=reversible, status=status))["irreversible"] == int(lost)
    assert finding(reversible=reversible, status=status).irreversible is lost


def test_the_first_failure_is_remembered_in_words():
    first, second = finding(), finding(resource_id="vol-2")
    first.fail("Denied", "no")
    second.fail("Other", "never")
    summary, other = Summary(), Summary()
    for one in (finding(), first, second):
        summary.add(one)
    assert [word for word in ("vol-1", "Denied", "no") if word not in str(summary.first_failure)] == []
    assert Summary.total([other, summary]).first_failure == summary.first_failure
    assert other.first_failure is None


def test_a_total_is_the_sum_of_its_parts_and_leaves_them_alone():
    one, two = Summary(examined=3), Summary(examined=4)
    for row in (finding(cost=Cost(1, 2), reversible=False), finding("us-east-1", cost=Cost(4, 4)), finding(cost=None)):
        one.add(row)
    for row in (finding(cost=Cost(0.5, 0.5), reversible=False), finding(cost=Cost(8, 8), status="protected")):
        two.add(row)
    parts = [one.to_dict(), two.to_dict()]
    total = Summary.total([one, two])
    for key in ("examined", "planned", "changed", "protected", "skipped", "failed", "unpriced", "irreversible"):
        assert total.to_dict()[key] == sum(part[key] for part in parts)
    assert total.to_dict()["estimated_monthly_savings_usd"] == {"low": 5.5, "high": 6.5}
    assert {name: cost.to_dict() for name, cost in total.savings_by_region.items()} == {
        "eu-west-1": {"low": 1.5, "high": 2.5},
        "us-east-1": {"low": 4, "high": 4},
    }
    assert [one.to_dict(), two.to_dict()] == parts


def test_pennies_are_added_before_they_are_rounded():
    assert summed(*[finding(cost=Cost(0.004, 0.004))] * 1000)["estimated_monthly_savings_usd"] == {"low": 4, "high": 4}
