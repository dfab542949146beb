# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating volumes and snapshots. Every test rests on behaviour added to moto (services/create_volume and
create_snapshot): states that take time, AWS's refusals, client tokens, keys that can't be used."""

from __future__ import annotations

import time
from typing import Any

import pytest

REGION = "eu-west-1"
ZONE = f"{REGION}a"


@pytest.fixture
def ec2(account: Any) -> Any:
    return account.client("ec2", REGION)


def volume_of(ec2: Any, volume_id: str) -> dict[str, Any]:
    found: dict[str, Any] = ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]
    return found


def blank(ec2: Any, **options: Any) -> str:
    return str(ec2.create_volume(**{"Size": 10, "AvailabilityZone": ZONE} | options)["VolumeId"])


def test_a_snapshot_is_pending_first_and_completed_at_the_next_look(ec2: Any) -> None:
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "Origin", "Value": "final"}]}]
    volume = blank(ec2)
    made = ec2.create_snapshot(VolumeId=volume, Description="final", TagSpecifications=tags)
    assert (made["State"], made["VolumeId"], made["VolumeSize"]) == ("pending", volume, 10)
    assert made["Tags"] == [{"Key": "Origin", "Value": "final"}]
    shown = ec2.describe_snapshots(SnapshotIds=[made["SnapshotId"]])["Snapshots"][0]
    assert (shown["State"], shown["Progress"], shown["Description"]) == ("completed", "100%", "final")

    def found(name: str, *values: str) -> list[str]:
        answer = ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": name, "Values": list(values)}])
        return [s["SnapshotId"] for s in answer["Snapshots"]]

    expected = [made["SnapshotId"]]
    assert found("volume-id", volume) == found("tag:Origin", "final") == found("tag-key", "Origin") == expected
    assert found("status", "completed") == expected
    assert found("status", "pending", "error") == []


def test_a_snapshot_takes_the_time_that_was_set(account: Any, ec2: Any, refusal: Any) -> None:
    account.settings.snapshot_seconds = 0.4
    snapshot = ec2.create_snapshot(VolumeId=blank(ec2))["SnapshotId"]
    pending = ec2.describe_snapshots(Filters=[{"Name": "status", "Values": ["pending"]}])["Snapshots"]
    assert [s["SnapshotId"] for s in pending] == [snapshot]
    assert pending[0]["Progress"] != "100%"
    assert refusal(ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=snapshot) == "IncorrectState"
    time.sleep(0.5)
    assert ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["State"] == "completed"
    account.reset("none")
    assert account.settings.snapshot_seconds == 0


def test_a_snapshot_can_fail(account: Any, ec2: Any, refusal: Any) -> None:
    bad, good = blank(ec2), blank(ec2)
    account.settings.snapshot_errors.add(bad)
    states = {}
    for volume in (bad, good):
        snapshot = ec2.create_snapshot(VolumeId=volume)
        assert snapshot["State"] == "pending"
        states[volume] = ec2.describe_snapshots(SnapshotIds=[snapshot["SnapshotId"]])["Snapshots"][0]["State"]
        if volume == bad:
            assert refusal(ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=snapshot["SnapshotId"])
    assert states == {bad: "error", good: "completed"}
    assert {v["status"] for k, v in account.state().items() if k[2] == "ec2:snapshot"} == {"error", "completed"}


def test_snapshots_that_ec2_refuses(ec2: Any, refusal: Any) -> None:
    volume = blank(ec2)
    reserved = [{"ResourceType": "snapshot", "Tags": [{"Key": "aws:backup:x", "Value": "1"}]}]
    foreign = [{"ResourceType": "volume", "Tags": [{"Key": "a", "Value": "1"}]}]
    assert refusal(ec2.create_snapshot, VolumeId="vol-0gone") == "InvalidVolume.NotFound"
    for specification in (reserved, foreign):
        wrong = {"VolumeId": volume, "TagSpecifications": specification}
        assert refusal(ec2.create_snapshot, **wrong) == "InvalidParameterValue"
    assert refusal(ec2.create_snapshot, VolumeId=volume, DryRun=True) == "DryRunOperation"
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


def test_a_volume_is_creating_first_and_shows_what_it_was_made_with(account: Any, ec2: Any) -> None:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "data"}]}]
    wanted = {"Size": 20, "VolumeType": "io2", "Iops": 4000, "MultiAttachEnabled": True}
    made = ec2.create_volume(AvailabilityZone=ZONE, TagSpecifications=tags, **wanted)
    assert made["State"] == "creating"
    shown = volume_of(ec2, made["VolumeId"])
    assert shown["State"] == "available"
    assert {k: shown[k] for k in wanted} == wanted
    assert (shown["AvailabilityZone"], shown["Tags"]) == (ZONE, tags[0]["Tags"])
    state = account.state()["123456789012", REGION, "ec2:volume", made["VolumeId"]]
    assert (state["type"], state["size"], state["iops"], state["zone"]) == ("io2", 20, 4000, ZONE)
    assert (state["status"], state["throughput"], state["kms_key_id"]) == ("available", None, None)


def test_a_volume_takes_the_time_that_was_set(account: Any, ec2: Any, refusal: Any) -> None:
    account.settings.volume_seconds = 60
    volume = blank(ec2)
    assert volume_of(ec2, volume)["State"] == "creating"
    assert ec2.describe_volumes(Filters=[{"Name": "status", "Values": ["available"]}])["Volumes"] == []
    assert refusal(ec2.delete_volume, VolumeId=volume) == "IncorrectState"


def test_gp3_has_defaults_and_gp2_a_baseline_that_cannot_be_given(ec2: Any, refusal: Any) -> None:
    gp3 = volume_of(ec2, blank(ec2, VolumeType="gp3"))
    assert (gp3["Iops"], gp3["Throughput"]) == (3000, 125)
    assert [volume_of(ec2, blank(ec2, Size=size))["Iops"] for size in (10, 1000)] == [100, 3000]
    assert refusal(blank, ec2=ec2, VolumeType="gp2", Iops=100) == "InvalidParameterCombination"
    assert "Iops" not in volume_of(ec2, blank(ec2, VolumeType="st1", Size=125))


def test_from_a_snapshot(ec2: Any, refusal: Any) -> None:
    snapshot = ec2.create_snapshot(VolumeId=blank(ec2, Size=30))["SnapshotId"]
    same = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot)
    assert (same["Size"], same["SnapshotId"]) == (30, snapshot)
    assert volume_of(ec2, blank(ec2, Size=31, SnapshotId=snapshot))["Size"] == 31
    assert refusal(blank, ec2=ec2, Size=29, SnapshotId=snapshot) == "InvalidParameterValue"
    assert refusal(blank, ec2=ec2, SnapshotId="snap-0gone") == "InvalidSnapshot.NotFound"
    assert refusal(ec2.create_volume, AvailabilityZone=ZONE) == "MissingParameter"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"AvailabilityZone": "eu-west-1x"}, "InvalidZone.NotFound"),
        ({"AvailabilityZone": "us-east-1a"}, "InvalidZone.NotFound"),
        ({"Size": 16_385}, "InvalidParameterValue"),
        ({"VolumeType": "st1", "Size": 100}, "InvalidParameterValue"),
        ({"VolumeType": "tape"}, "InvalidParameterValue"),
        ({"VolumeType": "io1"}, "InvalidParameterCombination"),
        ({"VolumeType": "io1", "Iops": 1000}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Iops": 2999}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Iops": 6000}, "InvalidParameterValue"),
        ({"VolumeType": "gp3", "Throughput": 1000}, "InvalidParameterValue"),
        ({"VolumeType": "gp2", "Throughput": 125}, "InvalidParameterCombination"),
        ({"VolumeType": "gp3", "MultiAttachEnabled": True}, "InvalidParameterCombination"),
        ({"KmsKeyId": "alias/x"}, "InvalidParameterDependency"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_volumes_that_ec2_refuses(ec2: Any, refusal: Any, wrong: dict[str, Any], code: str) -> None:
    assert refusal(blank, ec2=ec2, **wrong) == code
    assert ec2.describe_volumes()["Volumes"] == []


def test_a_client_token_gives_the_same_volume(ec2: Any, refusal: Any) -> None:
    first = blank(ec2, ClientToken="undo-1")
    assert blank(ec2, ClientToken="undo-1") == first
    assert refusal(blank, ec2=ec2, ClientToken="undo-1", Size=11) == "IdempotentParameterMismatch"
    assert blank(ec2, ClientToken="undo-1", AvailabilityZone=f"{REGION}b") != first
    ec2.delete_volume(VolumeId=first)
    assert refusal(blank, ec2=ec2, ClientToken="undo-1") == "IdempotentParameterMismatch"


def test_encryption_with_a_key_by_any_of_its_names(account: Any, ec2: Any) -> None:
    kms = account.client("kms", REGION)
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    alias_arn = f"arn:aws:kms:{REGION}:123456789012:alias/data"
    for name in (key["KeyId"], key["Arn"], "alias/data", alias_arn):
        shown = volume_of(ec2, blank(ec2, Encrypted=True, KmsKeyId=name))
        assert (shown["State"], shown["Encrypted"], shown["KmsKeyId"]) == ("available", True, key["Arn"])
    snapshot = ec2.create_snapshot(VolumeId=shown["VolumeId"])["SnapshotId"]
    assert ec2.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]["KmsKeyId"] == key["Arn"]
    assert volume_of(ec2, blank(ec2, SnapshotId=snapshot))["KmsKeyId"] == key["Arn"]
    default = volume_of(ec2, blank(ec2, Encrypted=True))
    described = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert (default["KmsKeyId"], described["KeyState"]) == (described["Arn"], "Enabled")


def unusable_keys(kms: Any) -> dict[str, str]:
    disabled = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=disabled)
    going = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=going, PendingWindowInDays=7)
    return {"Disabled": disabled, "PendingDeletion": going}


def test_key_states_are_what_was_done_to_the_key(account: Any, refusal: Any) -> None:
    kms = account.client("kms", REGION)
    for state, key in unusable_keys(kms).items():
        shown = kms.describe_key(KeyId=key)["KeyMetadata"]
        assert (shown["KeyState"], shown["Enabled"]) == (state, False)
    assert "DeletionDate" in shown
    kms.cancel_key_deletion(KeyId=key)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    assert refusal(kms.describe_key, KeyId="alias/none") == "NotFoundException"


def test_a_volume_whose_key_cannot_be_used_vanishes_without_a_word(account: Any, ec2: Any, refusal: Any) -> None:
    keys = unusable_keys(account.client("kms", REGION))
    for key in [*keys.values(), "alias/none", f"arn:aws:kms:us-east-1:123456789012:key/{keys['Disabled']}"]:
        wanted = {"Encrypted": True, "KmsKeyId": key, "ClientToken": key[-40:]}
        volume = ec2.create_volume(Size=1, AvailabilityZone=ZONE, **wanted)
        assert volume["State"] == volume_of(ec2, volume["VolumeId"])["State"] == "creating"
        assert refusal(ec2.describe_volumes, VolumeIds=[volume["VolumeId"]]) == "InvalidVolume.NotFound"
        again = {"Size": 1, "AvailabilityZone": ZONE, **wanted}
        assert refusal(ec2.create_volume, **again) == "IdempotentParameterMismatch"
    assert ec2.describe_volumes()["Volumes"] == []
