# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 volumes, snapshots, locks and AMIs. Every test rests on behaviour added to moto (services/ebs, locks, images)."""

from __future__ import annotations

from typing import Any

REGION = "eu-west-1"


def make_volumes(ec2: Any, count: int) -> list[str]:
    return [ec2.create_volume(Size=1 + n, AvailabilityZone=f"{REGION}a")["VolumeId"] for n in range(count)]


def test_volumes_come_in_pages_and_a_deletion_between_pages_hides_none(account: Any) -> None:
    ec2 = account.client("ec2", REGION)
    made = make_volumes(ec2, 12)
    first = ec2.describe_volumes(MaxResults=5)
    ec2.delete_volume(VolumeId=first["Volumes"][0]["VolumeId"])
    second = ec2.describe_volumes(MaxResults=5, NextToken=first["NextToken"])
    third = ec2.describe_volumes(MaxResults=5, NextToken=second["NextToken"])
    seen = [v["VolumeId"] for answer in (first, second, third) for v in answer["Volumes"]]
    assert sorted(seen) == sorted(made)
    assert [len(answer["Volumes"]) for answer in (first, second, third)] == [5, 5, 2]
    assert "NextToken" not in third


def test_page_sizes_are_checked(account: Any, refusal: Any) -> None:
    ec2 = account.client("ec2", REGION)
    volume = make_volumes(ec2, 1)[0]
    assert refusal(ec2.describe_volumes, MaxResults=4) == "InvalidParameterValue"
    assert refusal(ec2.describe_volumes, MaxResults=5, NextToken="$$$") == "InvalidParameterValue"
    assert refusal(ec2.describe_volumes, MaxResults=5, VolumeIds=[volume]) == "InvalidParameterCombination"


def test_filters(account: Any, refusal: Any) -> None:
    ec2 = account.client("ec2", REGION)
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Team", "Value": "a<b"}]}]
    tagged = ec2.create_volume(Size=9, AvailabilityZone=f"{REGION}a", TagSpecifications=tags)["VolumeId"]
    make_volumes(ec2, 2)

    def found(name: str, *values: str) -> list[str]:
        answer = ec2.describe_volumes(Filters=[{"Name": name, "Values": list(values)}])
        return [v["VolumeId"] for v in answer["Volumes"]]

    assert found("tag:Team", "a<*") == found("tag-key", "Team") == found("size", "9", "10") == [tagged]
    assert found("status", "in-use") == []
    assert refusal(found, name="colour") == "InvalidParameterValue"
    assert refusal(ec2.describe_subnets, Filters=[{"Name": "colour", "Values": ["x"]}]) == "InvalidParameterValue"
    many = [{"Name": "volume-id", "Values": [f"vol-{n}" for n in range(201)]}]
    assert refusal(ec2.describe_volumes, Filters=many) == "FilterLimitExceeded"


def test_a_blank_volume_has_an_empty_snapshot_id(account: Any) -> None:
    ec2 = account.client("ec2", REGION)
    make_volumes(ec2, 1)
    assert ec2.describe_volumes()["Volumes"][0]["SnapshotId"] == ""


def test_volumes_that_ec2_refuses_to_delete(demo: Any, refusal: Any) -> None:
    ec2 = demo.client("ec2", REGION)
    volumes = {v["VolumeId"]: v for v in ec2.describe_volumes()["Volumes"]}
    attached = next(i for i, v in volumes.items() if v["State"] == "in-use")
    managed = next(i for i, v in volumes.items() if v["Operator"]["Managed"])
    free = next(i for i, v in volumes.items() if v["State"] == "available" and i != managed)
    assert volumes[managed]["Operator"]["Principal"] == "eks.amazonaws.com"
    assert refusal(ec2.delete_volume, VolumeId=attached) == "VolumeInUse"
    assert refusal(ec2.delete_volume, VolumeId=managed) == "OperationNotPermitted"
    assert refusal(ec2.delete_volume, VolumeId=free, DryRun=True) == "DryRunOperation"
    ec2.delete_volume(VolumeId=free)
    assert refusal(ec2.delete_volume, VolumeId=free) == "InvalidVolume.NotFound"


def test_snapshot_owners_and_readers(demo: Any) -> None:
    ec2 = demo.client("ec2", REGION)
    own = {s["SnapshotId"] for s in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    visible = {s["SnapshotId"]: s for s in ec2.describe_snapshots()["Snapshots"]}
    foreign = set(visible) - own
    assert own < set(visible)
    assert {visible[i]["OwnerId"] for i in foreign} == {"999999999999"}
    public = [s["SnapshotId"] for s in ec2.describe_snapshots(RestorableByUserIds=["555555555555"])["Snapshots"]]
    attribute = ec2.describe_snapshot_attribute(SnapshotId=public[0], Attribute="createVolumePermission")
    assert len(public) == 1
    assert attribute["CreateVolumePermissions"] == [{"Group": "all"}]
    assert "archive" in {s["StorageTier"] for s in visible.values()}


def test_locked_snapshots_stay(account: Any, refusal: Any) -> None:
    ec2 = account.client("ec2", REGION)
    snapshot = ec2.create_snapshot(VolumeId=make_volumes(ec2, 1)[0])["SnapshotId"]
    ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=1)
    locked = ec2.describe_locked_snapshots(Filters=[{"Name": "lock-state", "Values": ["governance"]}])["Snapshots"]
    assert [s["SnapshotId"] for s in locked] == [snapshot]
    assert refusal(ec2.delete_snapshot, SnapshotId=snapshot) == "SnapshotLocked"
    ec2.unlock_snapshot(SnapshotId=snapshot)
    ec2.delete_snapshot(SnapshotId=snapshot)
    assert refusal(ec2.delete_snapshot, SnapshotId=snapshot) == "InvalidSnapshot.NotFound"


def test_a_compliance_lock_opens_only_while_cooling_off(account: Any, refusal: Any) -> None:
    ec2 = account.client("ec2", REGION)
    volume = make_volumes(ec2, 1)[0]
    now, later = (ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _time in range(2))
    ec2.lock_snapshot(SnapshotId=now, LockMode="compliance", LockDuration=30)
    cooling = ec2.lock_snapshot(SnapshotId=later, LockMode="compliance", LockDuration=30, CoolOffPeriod=2)
    assert cooling["LockState"] == "compliance-cooloff"
    assert refusal(ec2.unlock_snapshot, SnapshotId=now) == "OperationNotPermitted"
    ec2.unlock_snapshot(SnapshotId=later)
    assert [s["SnapshotId"] for s in ec2.describe_locked_snapshots()["Snapshots"]] == [now]


def test_disabled_images_are_hidden_and_still_hold_their_snapshot(demo: Any, refusal: Any) -> None:
    ec2 = demo.client("ec2", REGION)
    shown = ec2.describe_images(Owners=["self"])["Images"]
    everything = ec2.describe_images(Owners=["self"], IncludeDisabled=True)["Images"]
    disabled = next(i for i in everything if i["State"] == "disabled")
    assert disabled["ImageId"] not in {i["ImageId"] for i in shown}
    for image in everything:
        snapshot = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        assert refusal(ec2.delete_snapshot, SnapshotId=snapshot) == "InvalidSnapshot.InUse"
    ec2.enable_image(ImageId=disabled["ImageId"])
    assert len(ec2.describe_images(Owners=["self"])["Images"]) == len(everything)
