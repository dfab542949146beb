# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes and snapshots that come back, from where, and when they can't: tables of cases, no AWS."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo import PutBack, Task
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo_deletions import (
    IN_BIN,
    RESTORED_TAG,
    PutBackSnapshot,
    PutBackVolume,
    in_recycle_bin,
    key_state,
    mismatch,
    own_tags,
    volume_request,
)
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo_rules import GRACE_TAG
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from botocore.session import get_session
from tests.unit.module_utils.checks.fake import Lists, refused, tagged
from tests.unit.module_utils.checks.journaled import judged, put_back, task, words

KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
PLAIN = {"AvailabilityZone": "eu-west-1a", "Size": 8, "VolumeType": "gp3", "Iops": 3000, "Throughput": 125}
PLAIN |= {"Encrypted": False, "MultiAttachEnabled": False, "SnapshotId": "", "CreateTime": "2026-01-01", "Tags": {}}
ENCRYPTED = {**PLAIN, "Encrypted": True, "KmsKeyId": KEY}
SNAPPED = {"final_snapshot_id": "snap-9"}


def volume(before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, **changes: Any) -> Task:
    return task(PLAIN if before is None else before, SNAPPED if after is None else after, **changes)


def snapshot(before: dict[str, Any] | None = None) -> Task:
    return task(before or {}, resource_type="ec2:snapshot", resource_id="snap-1")


def state(**changes: Any) -> dict[str, Any]:
    """Of a volume that is gone, and whose final snapshot is there."""
    nothing = {"Exists": False, "InBin": False, "Copy": None, "Snapshot": "completed", "Doubt": None, "KeyState": None}
    return {**nothing, **changes}


@pytest.mark.parametrize(
    ("now", "status", "said"),
    [
        (state(), "planned", ["its final snapshot snap-9"]),
        (state(InBin=True), "planned", ["Recycle Bin"]),
        (state(InBin=True, Snapshot=None), "planned", ["Recycle Bin"]),
        (state(Exists=True), "skipped", ["it exists"]),
        (state(Exists=True, InBin=True), "skipped", ["it exists"]),
        # once is enough
        (state(Copy="vol-2"), "skipped", ["restored as vol-2"]),
        (state(Copy="vol-2", InBin=True), "skipped", ["restored as vol-2"]),
        (state(Snapshot=None), "failed", ["final snapshot snap-9 is gone"]),
        (state(Snapshot="pending"), "failed", ["final snapshot snap-9 is pending"]),
        (state(Snapshot="error"), "failed", ["final snapshot snap-9 is error"]),
        (state(KeyState="Enabled"), "planned", ["snap-9"]),
        *[
            (state(KeyState=word), "failed", [KEY, word, "run again"])
            for word in ("Disabled", "PendingDeletion", "gone", "Unavailable")
        ],
        (state(Doubt="it is of vol-7"), "failed", ["snap-9 is not the final snapshot of vol-1", "vol-7"]),
        # neither is asked of what is in the bin
        (state(InBin=True, Doubt="it is of vol-7"), "planned", ["Recycle Bin"]),
        # the volume as it was is in the bin: EC2 needs no key to take it out
        (state(InBin=True, KeyState="Disabled"), "planned", ["Recycle Bin"]),
    ],
)
def test_a_volume_comes_back_from_the_bin_or_from_its_final_snapshot(now, status, said):
    found = judged(PutBackVolume, volume(ENCRYPTED), now)
    assert found.status == status
    assert [word for word in said if word not in words(found)] == []
    if status == "failed":
        code = "NotRecoverable" if now["KeyState"] is None else "KmsKeyUnusable"
        code = "NotItsFinalSnapshot" if now["Doubt"] else code
        assert found.error["code"] == code


@pytest.mark.parametrize("after", [{}, {"final_snapshot_id": None}, {"final_snapshot_id": ""}])
@pytest.mark.parametrize(("in_bin", "status"), [(True, "planned"), (False, "failed")])
def test_without_a_final_snapshot_there_is_only_the_bin(after, in_bin, status):
    found = judged(PutBackVolume, volume(after=after), state(InBin=in_bin, Snapshot=None))
    assert found.status == status
    assert in_bin or "no final snapshot was taken" in words(found)


@pytest.mark.parametrize(
    ("now", "status", "said"),
    [
        ("exists", "skipped", "it exists"),
        (IN_BIN, "planned", "restored from there"),
        (None, "failed", "not in the Recycle Bin"),
    ],
)
def test_a_snapshot_comes_back_from_the_bin_alone(now, status, said):
    found = judged(PutBackSnapshot, snapshot(), now)
    assert found.status == status
    assert said in words(found)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (PLAIN, {"VolumeType": "gp3", "Iops": 3000, "Throughput": 125}),
        ({**PLAIN, "Iops": 16000, "Throughput": 1000}, {"VolumeType": "gp3", "Iops": 16000, "Throughput": 1000}),
        # AWS tells gp2's baseline, and refuses to be told it
        ({**PLAIN, "VolumeType": "gp2", "Iops": 100, "Throughput": None}, {"VolumeType": "gp2"}),
        ({**PLAIN, "VolumeType": "io1", "Iops": 500}, {"VolumeType": "io1", "Iops": 500}),
        ({**PLAIN, "VolumeType": "io2", "Iops": 500}, {"VolumeType": "io2", "Iops": 500}),
        (
            {**PLAIN, "VolumeType": "io2", "Iops": 500, "MultiAttachEnabled": True},
            {"VolumeType": "io2", "Iops": 500, "MultiAttachEnabled": True},
        ),
        ({**PLAIN, "VolumeType": "st1", "Iops": None, "Throughput": None}, {"VolumeType": "st1"}),
        ({**PLAIN, "VolumeType": "sc1"}, {"VolumeType": "sc1"}),
        ({**PLAIN, "VolumeType": "standard"}, {"VolumeType": "standard"}),
        (
            {**ENCRYPTED, "VolumeType": "standard"},
            {"VolumeType": "standard", "Encrypted": True, "KmsKeyId": KEY},
        ),
        # a key without encryption is none
        ({**PLAIN, "VolumeType": "standard", "KmsKeyId": KEY}, {"VolumeType": "standard"}),
        (
            {**PLAIN, "VolumeType": "gp2", "OutpostArn": "arn:aws:outposts:x"},
            {"VolumeType": "gp2", "OutpostArn": "arn:aws:outposts:x"},
        ),
    ],
)
def test_a_volume_is_made_again_as_it_was(before, expected):
    request = volume_request(volume(before))
    tags = request.pop("TagSpecifications")
    assert request == {"AvailabilityZone": "eu-west-1a", "Size": 8, "SnapshotId": "snap-9", **expected}
    assert tags == [{"ResourceType": "volume", "Tags": [{"Key": RESTORED_TAG, "Value": "vol-1"}]}]


def test_a_call_that_is_repeated_makes_one_volume():
    """botocore adds a token of its own, the same one to each attempt: one of ours would outlive the run."""
    service = get_session().get_service_model("ec2")
    assert "ClientToken" in service.operation_model("CreateVolume").idempotent_members
    assert "ClientToken" not in volume_request(volume())


def tags_of_request(**tags: str) -> dict[str, str]:
    (specification,) = volume_request(volume({**PLAIN, "Tags": tags}))["TagSpecifications"]
    keys = [tag["Key"] for tag in specification["Tags"]]
    assert len(keys) == len(set(keys)) <= 50, "AWS refuses the same key twice, and more than 50"
    return {tag["Key"]: tag["Value"] for tag in specification["Tags"]}


@pytest.mark.parametrize(
    ("tags", "set_again"),
    [
        ({"Name": "data", "Team": ""}, {"Name": "data", "Team": ""}),
        # AWS's own keys can't be set
        ({"aws:backup:x": "1", "AWS:x": "2", "Team": "x"}, {"Team": "x"}),
        # it had been restored before, from yet another one
        ({RESTORED_TAG: "vol-0", "Team": "x"}, {"Team": "x"}),
    ],
)
def test_a_volume_that_is_made_again_has_its_tags_and_says_which_one_it_was(tags, set_again):
    assert tags_of_request(**tags) == {**set_again, RESTORED_TAG: "vol-1"}


def test_with_as_many_tags_as_aws_takes_it_still_says_which_one_it_was():
    made = tags_of_request(**{f"key-{number:02}": "x" for number in range(50)})
    assert (len(made), made[RESTORED_TAG]) == (50, "vol-1")


@pytest.mark.parametrize(
    ("before", "tags"),
    [
        ({}, []),
        ({"Tags": {}}, []),
        ({"Tags": {"aws:x": "1", "b": "2", "Aws:c": "3", "aw": ""}}, [("b", "2"), ("aw", "")]),
    ],
)
def test_own_tags_are_those_that_can_be_set(before, tags):
    assert [(tag["Key"], tag["Value"]) for tag in own_tags(before)] == tags


BINNED = [
    (PutBackVolume, "volume", volume, state(InBin=True)),
    (PutBackSnapshot, "snapshot", snapshot, IN_BIN),
]


@pytest.mark.parametrize(("kind", "noun", "deleted", "now"), BINNED)
@pytest.mark.parametrize("tags", [{}, {"Team": "x", "Keep": "false"}])
def test_what_comes_out_of_the_bin_has_the_tags_that_it_has_there(kind, noun, deleted, now, tags):
    """AWS keeps them with it: a journal that says otherwise would take a protection from it."""
    region = Lists()
    put_back(kind, region, deleted({**PLAIN, "Tags": tags}), now)
    assert region.operations() == [f"restore_{noun}_from_recycle_bin"]


@pytest.mark.parametrize(("kind", "noun", "deleted", "now"), BINNED)
@pytest.mark.parametrize(
    ("tags", "removed"),
    [
        ({GRACE_TAG: "2026-11-01", "Keep": "true"}, "2026-11-01"),
        ({GRACE_TAG: "2026-11-01T08:00:00Z"}, "2026-11-01T08:00:00Z"),
        # no mark, whatever the journal calls it
        ({GRACE_TAG: "forever"}, None),
        ({GRACE_TAG: ""}, None),
        ({"Keep": "true"}, None),
    ],
)
def test_the_mark_of_what_comes_out_of_the_bin_is_taken_away_if_it_is_one(kind, noun, deleted, now, tags, removed):
    row = {f"{noun.capitalize()}Id": deleted().resource_id, **tagged(**tags)}
    region = Lists(**{f"describe_{noun}s": [row]})
    put_back(kind, region, deleted({**PLAIN, "Mark": GRACE_TAG}), now)
    deletions = [request["Tags"] for request in region.asked if request["operation"] == "delete_tags"]
    assert deletions == ([[{"Key": GRACE_TAG, "Value": removed}]] if removed else [])


@pytest.mark.parametrize(("kind", "noun", "deleted", "now"), BINNED)
@pytest.mark.parametrize("tag", ["Keep", "idle-since"])
def test_another_tag_than_the_grace_tag_is_no_mark_that_undo_takes_away(kind, noun, deleted, now, tag):
    found = judged(kind, deleted({**PLAIN, "Mark": tag}), now)
    assert (found.status, found.error["code"]) == ("failed", "NotTheGraceTag")
    assert "set grace_tag to it" in words(found)


def test_a_volume_is_made_of_its_final_snapshot_and_awaited():
    region, given = Lists(create_volume={"VolumeId": "vol-2"}), volume(ENCRYPTED)
    found = put_back(PutBackVolume, region, given, state())
    create, wait = region.asked
    assert create == {"operation": "create_volume", **volume_request(given)}
    assert (wait["operation"], wait["Filters"][0]["Values"]) == ("volume_available", ["vol-2"])
    assert found.work.after == {"volume_id": "vol-2"}
    assert "vol-2" in found.reason


@pytest.mark.parametrize(("before", "named"), [(ENCRYPTED, True), (PLAIN, False)])
def test_a_volume_that_vanishes_again_has_a_key_that_may_not_be_used(before, named):
    region = Lists(create_volume={"VolumeId": "vol-2"}, volume_available=refused("volume_available", "WaiterError"))
    with pytest.raises(CallError) as caught:
        put_back(PutBackVolume, region, volume(before), state())
    assert caught.value.code == "VolumeNotAvailable"
    assert "vol-2" in caught.value.message
    assert (KEY in caught.value.message) is named


def seen(kind: type[PutBack], *tasks: Task, **lists: Any) -> tuple[Any, Lists]:
    region = Lists(**lists)
    return dict(kind(tasks[0].newest.resource_type, tasks).now(region, tasks)), region  # type: ignore[arg-type]


FINAL = {"SnapshotId": "snap-9", "State": "completed", "VolumeId": "vol-1", "VolumeSize": 8}


@pytest.mark.parametrize(
    ("before", "snapshot_", "doubt"),
    [
        (PLAIN, FINAL, None),
        (ENCRYPTED, {**FINAL, "KmsKeyId": KEY}, None),
        # encrypted by somebody's default since
        (PLAIN, {**FINAL, "KmsKeyId": KEY}, None),
        # what isn't ready is said otherwise
        (PLAIN, {}, None),
        (PLAIN, {**FINAL, "State": "pending", "VolumeId": "vol-7"}, None),
        (PLAIN, {**FINAL, "VolumeId": "vol-7"}, "it is of vol-7"),
        ({**PLAIN, "Size": 16384}, FINAL, "it is of 8 GiB, and the journal says 16384"),
        (ENCRYPTED, FINAL, f"it is encrypted with no key, and the journal says {KEY}"),
        ({**ENCRYPTED, "KmsKeyId": "arn:aws:kms:eu-west-1:666666666666:key/k"}, {**FINAL, "KmsKeyId": KEY}, KEY),
    ],
)
def test_a_snapshot_is_the_final_one_if_aws_says_so(before, snapshot_, doubt):
    said = mismatch(volume(before), snapshot_)
    assert said == doubt or (said is not None and doubt is not None and doubt in said)


def volumes(*rows: dict[str, Any]) -> Any:
    """DescribeVolumes with its filters: by id or by the tag of a copy, and only what is a volume still."""

    def describe(Filters: list[dict[str, Any]]) -> list[dict[str, Any]]:  # noqa: N803
        wanted, alive = Filters
        assert alive["Name"] == "status"
        living = [row for row in rows if row.get("State", "available") in alive["Values"]]
        if wanted["Name"] == "volume-id":
            return [row for row in living if row["VolumeId"] in wanted["Values"]]
        assert wanted["Name"] == f"tag:{RESTORED_TAG}"
        values = [(row, tag["Value"]) for row in living for tag in row.get("Tags", []) if tag["Key"] == RESTORED_TAG]
        return [row for row, value in values if value in wanted["Values"]]

    return describe


@pytest.mark.parametrize(
    ("lists", "now"),
    [
        ({}, state(Snapshot=None)),
        ({"describe_volumes": volumes({"VolumeId": "vol-1"})}, state(Exists=True, Snapshot=None)),
        (
            {"describe_volumes": volumes({"VolumeId": "vol-2", **tagged(**{RESTORED_TAG: "vol-1"})})},
            state(Copy="vol-2", Snapshot=None),
        ),
        # neither what is going nor what could not be made is a volume
        ({"describe_volumes": volumes({"VolumeId": "vol-1", "State": "deleting"})}, state(Snapshot=None)),
        (
            {"describe_volumes": volumes({"VolumeId": "vol-2", "State": "error", **tagged(**{RESTORED_TAG: "vol-1"})})},
            state(Snapshot=None),
        ),
        (
            {"describe_volumes": volumes({"VolumeId": "vol-2", **tagged(**{RESTORED_TAG: "vol-0"})})},
            state(Snapshot=None),
        ),
        ({"list_volumes_in_recycle_bin": [{"VolumeId": "vol-1"}]}, state(InBin=True, Snapshot=None)),
        ({"list_volumes_in_recycle_bin": [{"VolumeId": "vol-2"}]}, state(Snapshot=None)),
        ({"describe_snapshots": [FINAL]}, state()),
        ({"describe_snapshots": [{**FINAL, "VolumeId": "vol-7"}]}, state(Doubt="it is of vol-7")),
        ({"describe_snapshots": [{"SnapshotId": "snap-9", "State": "error"}]}, state(Snapshot="error")),
        # a region that has no Recycle Bin
        ({"list_volumes_in_recycle_bin": refused("x", "InvalidAction")}, state(Snapshot=None)),
    ],
)
def test_what_there_is_of_a_volume(lists, now):
    read, _region = seen(PutBackVolume, volume(), **lists)
    assert read == {"vol-1": now}


def test_many_volumes_are_looked_for_together_and_each_key_once():
    tasks = [volume(ENCRYPTED, {"final_snapshot_id": f"snap-{one}"}, resource_id=f"vol-{one}") for one in range(5)]
    key = {"describe_key": {"KeyMetadata": {"KeyState": "Disabled"}}}
    read, region = seen(PutBackVolume, *tasks, volume(after={}, resource_id="vol-9"), **key)
    assert [now["KeyState"] for now in read.values()] == ["Disabled"] * 5 + [None]
    assert region.operations() == [
        *("describe_volumes", "describe_volumes", "list_volumes_in_recycle_bin", "describe_snapshots"),
        "describe_key",
    ]
    snapshots = region.asked[3]
    assert snapshots["Filters"] == [{"Name": "snapshot-id", "Values": [f"snap-{one}" for one in range(5)]}]
    assert snapshots["OwnerIds"] == ["self"]


def test_without_final_snapshots_none_is_looked_for():
    _read, region = seen(PutBackVolume, volume(after={}))
    assert "describe_snapshots" not in region.operations()


@pytest.mark.parametrize(
    ("lists", "now"),
    [
        ({}, {}),
        ({"describe_snapshots": [{"SnapshotId": "snap-1"}]}, {"snap-1": "exists"}),
        ({"list_snapshots_in_recycle_bin": [{"SnapshotId": "snap-1"}, {"SnapshotId": "snap-2"}]}, {"snap-1": IN_BIN}),
        (
            {
                "describe_snapshots": [{"SnapshotId": "snap-1"}],
                "list_snapshots_in_recycle_bin": [{"SnapshotId": "snap-1"}],
            },
            {"snap-1": "exists"},
        ),
    ],
)
def test_what_there_is_of_a_snapshot(lists, now):
    assert seen(PutBackSnapshot, snapshot(), **lists)[0] == now


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ([{"VolumeId": "vol-1"}, {"VolumeId": "vol-2"}], {"vol-1", "vol-2"}),
        ([], set()),
        (refused("ListVolumesInRecycleBin", "UnsupportedOperation"), set()),
    ],
)
def test_what_is_in_the_bin_is_asked_anew_each_time(answer, known):
    region = Lists(list_volumes_in_recycle_bin=answer)
    for _time in range(2):
        assert in_recycle_bin(region, "list_volumes_in_recycle_bin", "Volumes", "VolumeId") == known
    assert len(region.asked) == 2


def test_a_bin_that_may_not_be_looked_into_is_not_taken_for_empty():
    """A volume in it would be made a second time of its final snapshot."""
    with pytest.raises(CallError):
        seen(PutBackVolume, volume(), list_volumes_in_recycle_bin=refused("ListVolumesInRecycleBin"))
    with pytest.raises(CallError):
        seen(PutBackSnapshot, snapshot(), list_snapshots_in_recycle_bin=refused("ListSnapshotsInRecycleBin"))


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        ({"KeyMetadata": {"KeyState": "Enabled"}}, "Enabled"),
        ({"KeyMetadata": {"KeyState": "PendingDeletion"}}, "PendingDeletion"),
        (refused("DescribeKey", "NotFoundException"), "gone"),
        # who may not look may still be allowed to make the volume: EC2 will tell
        (refused("DescribeKey", "AccessDeniedException"), None),
    ],
)
def test_the_state_of_a_key_is_read_once(answer, known):
    region = Lists(describe_key=answer)
    assert [key_state(region, KEY), key_state(region, KEY), key_state(region, None)] == [known, known, None]
    assert region.asked == [{"operation": "describe_key", "KeyId": KEY}]
