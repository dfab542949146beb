# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes and snapshots that are brought back: out of the Recycle Bin, or from a volume's final snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..sweep.entries import Entry
from ..sweep.errors import CallError
from ..sweep.finding import Finding, tags_of
from ..sweep.region import Region, Resource
from .final_snapshot import SNAPSHOT_ID
from .grace import marked_on
from .undo import Facts, PutBack, Task, by_id, gone_for_good
from .undo_rules import strange_deletion, strange_name

#: on a volume that was made again: the id that it had
RESTORED_TAG = "sysops:restored-from"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
TYPES_WITH_IOPS = ("gp3", "io1", "io2")
AVAILABLE_WITHIN_SECONDS = 300

# a volume that is going, or whose key could not be used, is no volume any more
# https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
KEY_GONE = "NotFoundException"

ALIVE = {"Name": "status", "Values": ["creating", "available", "in-use"]}

IN_BIN = "in the Recycle Bin"


def in_recycle_bin(region: Region, operation: str, key: str, id_key: str) -> frozenset[str]:
    """The ids of what is in the Recycle Bin; none in a region that has none."""
    try:
        # not `listing`, which remembers: what is in the bin changes while it is put back
        return frozenset(row[id_key] for page in region.pages("ec2", operation, key) for row in page)
    except CallError as error:
        if error.unsupported:
            return frozenset()
        raise


def own_tags(before: Facts) -> list[dict[str, str]]:
    """The tags that can be set: keys of `aws:` are AWS's own."""
    pairs = before.get("Tags", {}).items()
    return [{"Key": key, "Value": value} for key, value in pairs if not key.casefold().startswith("aws:")]


class PutBackDeleted(PutBack):
    """What comes out of the Recycle Bin comes with the tags that it has there, whatever the journal says of them.

    https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-factors.html
    """

    @classmethod
    def doubt(cls, entry: Entry) -> str | None:
        return strange_name(entry) or strange_deletion(entry)

    def from_bin(self, finding: Finding, task: Task) -> None:
        """Say so, unless its mark would stay, with which the next run deletes it."""
        mark = task.before.get("Mark")
        if mark and mark != self.grace_tag:
            words = f"Its mark is the tag {mark}, not grace_tag, {self.grace_tag}: set grace_tag to it and run again."
            finding.fail("NotTheGraceTag", words)
        else:
            finding.reason += " It is in the Recycle Bin and is restored from there."

    def take_mark_away(self, region: Region, finding: Finding, task: Task, noun: str, waiter: str) -> None:
        """With its mark it would be deleted at once. Its value is read from AWS: another tag than a mark stays."""
        if not task.before.get("Mark"):
            return
        # by filter: EC2 may not see at once what it has just restored
        wanted = [{"Name": f"{noun}-id", "Values": [task.resource_id]}]
        region.wait("ec2", waiter, AVAILABLE_WITHIN_SECONDS, Filters=wanted)
        row = by_id(region, noun, f"{noun.capitalize()}s", wanted).get(task.resource_id, {})
        value = tags_of(row).get(self.grace_tag)
        if value is not None and marked_on(value):
            tag = {"Key": self.grace_tag, "Value": value}
            region.call("ec2", "delete_tags", Resources=[task.resource_id], Tags=[tag])
        elif value is not None:
            finding.reason += f" Its tag {self.grace_tag}={value} is no day and stays."


class PutBackSnapshot(PutBackDeleted):
    """`now` is `exists`, `in the Recycle Bin`, or None."""

    permissions = ("ec2:DescribeSnapshots", "ec2:ListSnapshotsInRecycleBin")
    enforce_permissions = ("ec2:DeleteTags", "ec2:RestoreSnapshotFromRecycleBin")

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, str]:
        ids = [task.resource_id for task in tasks]
        there = by_id(region, "snapshot", "Snapshots", [{"Name": "snapshot-id", "Values": ids}], OwnerIds=["self"])
        binned = in_recycle_bin(region, "list_snapshots_in_recycle_bin", "Snapshots", "SnapshotId")
        return {name: "exists" if name in there else IN_BIN for name in ids if name in there or name in binned}

    def judge(self, finding: Finding, task: Task, now: str | None) -> None:
        if now == "exists":
            finding.skip("it exists")
        elif now == IN_BIN:
            self.from_bin(finding, task)
        else:
            gone_for_good(finding, "it is not in the Recycle Bin")

    def put_back(self, region: Region, finding: Finding, task: Task, now: str) -> None:
        region.call("ec2", "restore_snapshot_from_recycle_bin", SnapshotId=task.resource_id)
        self.take_mark_away(region, finding, task, "snapshot", "snapshot_completed")


class PutBackVolume(PutBackDeleted):
    """`now` is `{Exists, InBin, Copy, Snapshot, Doubt, KeyState}`, of the volume, its restored copy and its final
    snapshot: `Doubt` is what AWS says otherwise of that than the journal."""

    # each new volume is waited for: they are made at the same time
    chunk = 1
    permissions = ("ec2:DescribeSnapshots", "ec2:DescribeVolumes", "ec2:ListVolumesInRecycleBin", "kms:DescribeKey")
    enforce_permissions = (
        *("ec2:CreateTags", "ec2:CreateVolume", "ec2:DeleteTags"),
        "ec2:RestoreVolumeFromRecycleBin",
    )

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, Facts]:
        ids = [task.resource_id for task in tasks]
        there = by_id(region, "volume", "Volumes", [{"Name": "volume-id", "Values": ids}, ALIVE])
        copies = by_id(region, "volume", "Volumes", [{"Name": f"tag:{RESTORED_TAG}", "Values": ids}, ALIVE])
        copy_of = {tags_of(copy)[RESTORED_TAG]: name for name, copy in copies.items()}
        binned = in_recycle_bin(region, "list_volumes_in_recycle_bin", "Volumes", "VolumeId")
        snapshot_ids = sorted({snapshot_id(task) for task in tasks} - {""})
        wanted = [{"Name": "snapshot-id", "Values": snapshot_ids}]
        snapshots = by_id(region, "snapshot", "Snapshots", wanted, OwnerIds=["self"]) if snapshot_ids else {}
        return {
            task.resource_id: {
                "Exists": task.resource_id in there,
                "InBin": task.resource_id in binned,
                "Copy": copy_of.get(task.resource_id),
                "Snapshot": snapshots.get(snapshot_id(task), {}).get("State"),
                "Doubt": mismatch(task, snapshots.get(snapshot_id(task), {})),
                "KeyState": key_state(region, task.before.get("KmsKeyId")),
            }
            for task in tasks
        }

    def judge(self, finding: Finding, task: Task, now: Facts) -> None:
        snapshot, key = snapshot_id(task), task.before.get("KmsKeyId")
        if now["Exists"]:
            finding.skip("it exists")
        elif now["Copy"]:
            finding.skip(f"it has been restored as {now['Copy']}")
        elif now["InBin"]:
            self.from_bin(finding, task)
        elif not snapshot:
            gone_for_good(finding, "it is not in the Recycle Bin, and no final snapshot was taken")
        elif now["Snapshot"] != "completed":
            gone_for_good(finding, f"its final snapshot {snapshot} is {now['Snapshot'] or 'gone'}")
        elif now["Doubt"]:
            words = f"The snapshot {snapshot} is not the final snapshot of {task.resource_id}: {now['Doubt']}."
            finding.fail("NotItsFinalSnapshot", words)
        elif now["KeyState"] not in (None, "Enabled"):
            words = f"The KMS key {key} of {task.resource_id} is {now['KeyState']}: make it usable and run again."
            finding.fail("KmsKeyUnusable", words)
        else:
            finding.reason += f" A new volume is made of its final snapshot {snapshot}."

    def put_back(self, region: Region, finding: Finding, task: Task, now: Facts) -> None:
        if now["InBin"]:
            region.call("ec2", "restore_volume_from_recycle_bin", VolumeId=task.resource_id)
            self.take_mark_away(region, finding, task, "volume", "volume_available")
            return
        volume_id = region.call("ec2", "create_volume", **volume_request(task))["VolumeId"]
        _await_available(region, volume_id, task.before.get("KmsKeyId"))
        finding.work.after = {"volume_id": volume_id}
        finding.reason += f" It is {volume_id} now."


def snapshot_id(task: Task) -> str:
    return str(task.newest.after.get(SNAPSHOT_ID) or "")


def mismatch(task: Task, snapshot: Resource) -> str | None:
    """In words, what AWS says otherwise of a volume's final snapshot than the journal: a forged line would make a
    volume of somebody's snapshot, a large one, or one that is encrypted with a stranger's key. Pure."""
    size, key = task.before.get("Size"), task.before.get("KmsKeyId") if task.before.get("Encrypted") else None
    if not snapshot or snapshot.get("State") != "completed":
        return None
    if snapshot.get("VolumeId") != task.resource_id:
        return f"it is of {snapshot.get('VolumeId')}"
    if size != snapshot.get("VolumeSize"):
        return f"it is of {snapshot.get('VolumeSize')} GiB, and the journal says {size}"
    if key and key != snapshot.get("KmsKeyId"):
        return f"it is encrypted with {snapshot.get('KmsKeyId') or 'no key'}, and the journal says {key}"
    return None


def volume_request(task: Task) -> dict[str, Any]:
    """CreateVolume's parameters for a volume as the journal knows it. Pure."""
    before = task.before
    kind = before.get("VolumeType")
    names = ["AvailabilityZone", "Size", "VolumeType", "OutpostArn"]
    names += ["Iops"] if kind in TYPES_WITH_IOPS else []
    names += ["Throughput"] if kind == "gp3" else []
    names += ["Encrypted", "KmsKeyId"] if before.get("Encrypted") else []
    names += ["MultiAttachEnabled"] if before.get("MultiAttachEnabled") else []
    # it may itself have been made again, of yet another one
    others = [tag for tag in own_tags(before) if tag["Key"] != RESTORED_TAG]
    tags = [*others[:49], {"Key": RESTORED_TAG, "Value": task.resource_id}]
    return {
        **{name: before[name] for name in names if before.get(name)},
        "SnapshotId": snapshot_id(task),
        # the tag tells the next run, whatever becomes of this one
        "TagSpecifications": [{"ResourceType": "volume", "Tags": tags}],
    }


def key_state(region: Region, key: str | None) -> str | None:
    """`Enabled`, `Disabled`, ...; None without a key, or where nobody may look."""
    if not key:
        return None
    return region.once(("kms", key), lambda: _key_state(region, key))


def _key_state(region: Region, key: str) -> str | None:
    try:
        return str(region.call("kms", "describe_key", KeyId=key)["KeyMetadata"].get("KeyState"))
    except CallError as error:
        return "gone" if error.code == KEY_GONE else None


def _await_available(region: Region, volume_id: str, key: str | None) -> None:
    """EC2 asks KMS only after it has answered: a volume whose key may not be used vanishes again."""
    # by filter, not by id: EC2 may not see at once what it has just made, and the waiter would give up
    wanted = [{"Name": "volume-id", "Values": [volume_id]}]
    try:
        region.wait("ec2", "volume_available", AVAILABLE_WITHIN_SECONDS, Filters=wanted)
    except CallError as error:
        why = f"; check that its KMS key {key} may be used" if key else ""
        raise CallError(
            "ec2", "CreateVolume", "VolumeNotAvailable", f"The new volume {volume_id} did not become available{why}."
        ) from error
