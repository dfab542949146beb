# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Recycle Bin. Every test rests on behaviour added to moto (services/recycle_bin, recycled): it has none of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.emulator.services.recycle_bin import SNAPSHOTS, VOLUMES, add_recycle_bin_rule, retained

ACCOUNT, REGION = "123456789012", "eu-west-1"


@pytest.fixture
def ec2(account: Any) -> Any:
    return account.client("ec2", REGION)


@pytest.fixture
def rbin(account: Any) -> Any:
    return account.client("rbin", REGION)


def days(number: int) -> dict[str, Any]:
    return {"RetentionPeriodValue": number, "RetentionPeriodUnit": "DAYS"}


def pairs(**tags: str) -> list[dict[str, str]]:
    return [{"ResourceTagKey": key, "ResourceTagValue": value} for key, value in tags.items()]


def tagged(kind: str, **tags: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]


def make_volume(ec2: Any, **tags: str) -> str:
    extra = {"TagSpecifications": tagged("volume", **tags)} if tags else {}
    return str(ec2.create_volume(Size=9, AvailabilityZone=f"{REGION}a", VolumeType="gp3", **extra)["VolumeId"])


def make_snapshot(ec2: Any, **tags: str) -> str:
    extra = {"TagSpecifications": tagged("snapshot", **tags)} if tags else {}
    return str(ec2.create_snapshot(VolumeId=make_volume(ec2), Description="d", **extra)["SnapshotId"])


def test_rules_are_listed_as_summaries_and_described_one_by_one(account: Any, rbin: Any, refusal: Any) -> None:
    made = rbin.create_rule(ResourceType=SNAPSHOTS, RetentionPeriod=days(30), ResourceTags=pairs(Team="orders"))
    rbin.create_rule(ResourceType=VOLUMES, RetentionPeriod=days(7), ExcludeResourceTags=pairs(Scratch="yes"))
    assert made["Status"] == "pending"
    listed = rbin.list_rules(ResourceType=SNAPSHOTS)["Rules"]
    assert [set(rule) for rule in listed] == [{"Identifier", "Description", "RetentionPeriod", "RuleArn"}]
    rule = rbin.get_rule(Identifier=listed[0]["Identifier"])
    assert (rule["Status"], rule["ResourceTags"]) == ("available", pairs(Team="orders"))
    assert rule["RuleArn"] == f"arn:aws:rbin:{REGION}:{ACCOUNT}:rule/{rule['Identifier']}"
    assert [r["LockState"] for r in rbin.list_rules(ResourceType=VOLUMES)["Rules"]] == ["unlocked"]
    rbin.delete_rule(Identifier=rule["Identifier"])
    assert refusal(rbin.get_rule, Identifier=rule["Identifier"]) == "ResourceNotFoundException"
    assert account.client("rbin", "us-east-1").list_rules(ResourceType=VOLUMES)["Rules"] == []


def test_calls_are_counted_and_failed_by_their_names(account: Any, rbin: Any, refusal: Any) -> None:
    rbin.list_rules(ResourceType=VOLUMES)
    assert refusal(rbin.get_rule, Identifier="0123456789a") == "ResourceNotFoundException"
    assert account.calls[ACCOUNT, REGION, "rbin", "ListRules"] == 1
    assert account.calls[ACCOUNT, REGION, "rbin", "GetRule"] == 1
    account.faults.deny(service="rbin", operation="ListRules")
    assert refusal(rbin.list_rules, ResourceType=VOLUMES) == "AccessDeniedException"
    account.faults.clear()
    assert refusal(rbin.unlock_rule, Identifier="0123456789a") == "UnknownOperationException"
    assert (
        refusal(account.client("rbin", "ap-east-1").list_rules, ResourceType=VOLUMES) == "UnrecognizedClientException"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"ResourceType": VOLUMES, "RetentionPeriod": days(8)},
        {"ResourceType": SNAPSHOTS, "RetentionPeriod": days(366)},
        {"ResourceType": "EBS_TAPE", "RetentionPeriod": days(1)},
        {"ResourceType": VOLUMES, "RetentionPeriod": days(1), "ResourceTags": pairs(a="b"),
         "ExcludeResourceTags": pairs(c="d")},
    ],
)  # fmt: skip
def test_rules_that_aws_refuses(rbin: Any, refusal: Any, wrong: dict[str, Any]) -> None:
    assert refusal(rbin.create_rule, **wrong) == "ValidationException"


def test_a_locked_rule_stays(rbin: Any, refusal: Any) -> None:
    lock = {"UnlockDelay": {"UnlockDelayValue": 7, "UnlockDelayUnit": "DAYS"}}
    rule = rbin.create_rule(ResourceType=VOLUMES, RetentionPeriod=days(1), LockConfiguration=lock)
    assert rule["LockState"] == "locked"
    assert refusal(rbin.delete_rule, Identifier=rule["Identifier"]) == "ConflictException"


def test_rules_come_in_pages(rbin: Any) -> None:
    made = {rbin.create_rule(ResourceType=VOLUMES, RetentionPeriod=days(1))["Identifier"] for _one in range(5)}
    pages = list(rbin.get_paginator("list_rules").paginate(ResourceType=VOLUMES, PaginationConfig={"PageSize": 2}))
    assert [len(p["Rules"]) for p in pages] == [2, 2, 1]
    assert {r["Identifier"] for p in pages for r in p["Rules"]} == made


def test_what_a_rule_retains_can_be_listed_and_restored_with_its_tags(account: Any, ec2: Any, refusal: Any) -> None:
    site = account.site(REGION)
    add_recycle_bin_rule(site, SNAPSHOTS, 14)
    add_recycle_bin_rule(site, VOLUMES, 7)
    volume, snapshot = make_volume(ec2, Team="a"), make_snapshot(ec2, Team="b")
    before = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    ec2.delete_volume(VolumeId=volume)
    ec2.delete_snapshot(SnapshotId=snapshot)
    assert refusal(ec2.describe_snapshots, SnapshotIds=[snapshot]) == "InvalidSnapshot.NotFound"
    assert refusal(ec2.delete_volume, VolumeId=volume) == "InvalidVolume.NotFound"
    kinds = {key[2]: value["tags"] for key, value in account.state().items() if key[3] in (volume, snapshot)}
    assert kinds == {"ec2:volume-in-bin": {"Team": "a"}, "ec2:snapshot-in-bin": {"Team": "b"}}
    row = ec2.list_volumes_in_recycle_bin(VolumeIds=[volume])["Volumes"][0]
    assert (row["VolumeType"], row["Size"], row["Iops"], row["AvailabilityZone"]) == ("gp3", 9, 3000, f"{REGION}a")
    assert row["RecycleBinExitTime"] - row["RecycleBinEnterTime"] == timedelta(days=7)
    assert [s["SnapshotId"] for s in ec2.list_snapshots_in_recycle_bin()["Snapshots"]] == [snapshot]

    assert ec2.restore_volume_from_recycle_bin(VolumeId=volume)["Return"] is True
    assert ec2.restore_snapshot_from_recycle_bin(SnapshotId=snapshot)["State"] == "completed"
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"] == before
    assert ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["Tags"] == [{"Key": "Team", "Value": "b"}]
    assert refusal(ec2.restore_volume_from_recycle_bin, VolumeId=volume) == "InvalidVolume.NotFound"
    assert refusal(ec2.restore_snapshot_from_recycle_bin, SnapshotId=snapshot) == "InvalidSnapshot.NotFound"
    assert refusal(ec2.list_snapshots_in_recycle_bin, SnapshotIds=[snapshot]) == "InvalidSnapshot.NotFound"


def test_the_bin_comes_in_pages(account: Any, ec2: Any, refusal: Any) -> None:
    add_recycle_bin_rule(account.site(REGION), VOLUMES, 1)
    volumes = [make_volume(ec2) for _one in range(7)]
    for volume in volumes:
        ec2.delete_volume(VolumeId=volume)
    first = ec2.list_volumes_in_recycle_bin(MaxResults=5)
    second = ec2.list_volumes_in_recycle_bin(MaxResults=5, NextToken=first["NextToken"])
    assert sorted(v["VolumeId"] for answer in (first, second) for v in answer["Volumes"]) == sorted(volumes)
    assert (len(first["Volumes"]), len(second["Volumes"]), "NextToken" in second) == (5, 2, False)
    assert refusal(ec2.list_volumes_in_recycle_bin, MaxResults=4) == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("rules", "tags", "kept_days"),
    [
        ([{"tags": {"Team": "orders", "Keep": "no"}}], {"Keep": "no", "x": "y"}, 10),  # one of its pairs is enough
        ([{"tags": {"Team": "orders"}}], {"Team": "Orders"}, None),
        ([{"tags": {"Team": "orders"}}], {}, None),
        ([{"excluded": {"Scratch": "yes"}}], {}, 10),
        ([{"excluded": {"Scratch": "yes"}}], {"Scratch": "yes", "Team": "a"}, None),
        ([{}, {"tags": {"Team": "a"}, "days": 90}], {"Team": "a"}, 90),  # the longest
        ([{}, {"tags": {"Team": "a"}, "days": 3}], {"Team": "a"}, 10),
        ([{"status": "pending"}], {}, None),
        ([{"resource_type": VOLUMES}], {}, None),
    ],
)
def test_which_rule_retains_what(
    account: Any, ec2: Any, rules: list[dict[str, Any]], tags: dict[str, str], kept_days: int | None
) -> None:
    for rule in rules:
        add_recycle_bin_rule(account.site(REGION), **{"resource_type": SNAPSHOTS, "days": 10} | rule)
    snapshot = make_snapshot(ec2, **tags)
    ec2.delete_snapshot(SnapshotId=snapshot)
    kept = [
        s["RecycleBinExitTime"] - s["RecycleBinEnterTime"] for s in ec2.list_snapshots_in_recycle_bin()["Snapshots"]
    ]
    assert kept == ([timedelta(days=kept_days)] if kept_days else [])


def test_what_was_there_long_enough_is_gone_for_good(account: Any, ec2: Any, refusal: Any) -> None:
    site = account.site(REGION)
    add_recycle_bin_rule(site, SNAPSHOTS, 1)
    snapshot = make_snapshot(ec2)
    ec2.delete_snapshot(SnapshotId=snapshot)
    retained(site.ec2)[snapshot].exits = datetime.now(timezone.utc)
    assert ec2.list_snapshots_in_recycle_bin()["Snapshots"] == []
    assert refusal(ec2.restore_snapshot_from_recycle_bin, SnapshotId=snapshot) == "InvalidSnapshot.NotFound"


def test_the_demo_has_rules_in_two_of_its_full_regions(demo: Any) -> None:
    assert demo.client("rbin", REGION).list_rules(ResourceType=SNAPSHOTS)["Rules"] == []
    for region, owner in (("us-east-1", ACCOUNT), ("ap-southeast-2", "210987654321")):
        rbin = demo.client("rbin", region, owner)
        found = [rbin.get_rule(Identifier=r["Identifier"]) for r in rbin.list_rules(ResourceType=SNAPSHOTS)["Rules"]]
        assert {r["Status"] for r in found} == {"available", "pending"}
        assert {bool(r["ResourceTags"]) for r in found} == {True, False}
        assert len(rbin.list_rules(ResourceType=VOLUMES)["Rules"]) == 1
