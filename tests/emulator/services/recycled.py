# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in the Recycle Bin: EC2's operations that list and restore it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..wire import AwsError, Call, xml
from .common import check_dry_run, ec2, paged
from .ebs_items import snapshot_status, volume_iops, volume_status
from .recycle_bin import IMAGES, SNAPSHOTS, VOLUMES, Retained, retained

VOLUME_PAGE, SNAPSHOT_PAGE, IMAGE_PAGE = 500, 1000, 1000
NOUNS = {VOLUMES: ("volume", "InvalidVolume"), SNAPSHOTS: ("snapshot", "InvalidSnapshot"),
         IMAGES: ("image", "InvalidAMIID")}  # fmt: skip


def list_snapshots(call: Call) -> str:
    """ListSnapshotsInRecycleBin: pages of 5 to 1000.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListSnapshotsInRecycleBin.html
    """
    chosen, token = _listed(call, SNAPSHOTS, call.values("SnapshotId"), SNAPSHOT_PAGE)
    rows = [
        {
            "snapshotId": one.id,
            "recycleBinEnterTime": one.entered,
            "recycleBinExitTime": one.exits,
            "description": one.resource.description or "",
            "volumeId": one.resource.volume.id,
        }
        for one in chosen
    ]
    return xml({"snapshotSet": rows}) + token


def list_volumes(call: Call) -> str:
    """ListVolumesInRecycleBin: pages of 5 to 500.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListVolumesInRecycleBin.html
    """
    chosen, token = _listed(call, VOLUMES, call.values("VolumeId"), VOLUME_PAGE)
    rows = [
        {
            "volumeId": one.id,
            "volumeType": one.resource.volume_type,
            "state": volume_status(one.resource),
            "size": one.resource.size,
            "iops": volume_iops(one.resource),
            "throughput": one.resource.throughput,
            "availabilityZone": one.resource.zone.name if one.resource.zone else None,
            "availabilityZoneId": one.resource.zone.zone_id if one.resource.zone else None,
            "snapshotId": one.resource.snapshot_id or "",
            "operator": {"managed": False},
            "createTime": one.resource.create_time,
            "recycleBinEnterTime": one.entered,
            "recycleBinExitTime": one.exits,
        }
        for one in chosen
    ]
    return xml({"volumeSet": rows}) + token


def list_images(call: Call) -> str:
    """ListImagesInRecycleBin: pages of at most 1000.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListImagesInRecycleBin.html
    """
    chosen, token = _listed(call, IMAGES, call.values("ImageId"), IMAGE_PAGE)
    rows = [
        {
            "imageId": one.id,
            "name": one.resource.name,
            "description": one.resource.description or "",
            "recycleBinEnterTime": one.entered,
            "recycleBinExitTime": one.exits,
        }
        for one in chosen
    ]
    return xml({"imageSet": rows}) + token


def _listed(call: Call, resource_type: str, ids: Sequence[str], largest: int) -> tuple[Sequence[Retained], str]:
    check_dry_run(call)
    backend = ec2(call)
    if ids:
        found = [_retained(backend, resource_type, one) for one in ids]
    else:
        found = [one for one in retained(backend).values() if one.resource_type == resource_type]
    return paged(found, call, ids, largest)


def _retained(backend: Any, resource_type: str, resource_id: str) -> Retained:
    one = retained(backend).get(resource_id)
    if one is None or one.resource_type != resource_type:
        noun, code = NOUNS[resource_type]
        raise AwsError(f"{code}.NotFound", f"The {noun} '{resource_id}' does not exist in the Recycle Bin.")
    return one


def restore_snapshot(call: Call) -> str:
    """RestoreSnapshotFromRecycleBin: the same id with its tags.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RestoreSnapshotFromRecycleBin.html
    """
    backend = ec2(call)
    one = _retained(backend, SNAPSHOTS, call.text("SnapshotId"))
    check_dry_run(call)
    _take_out(backend, one, backend.snapshots)
    snapshot = one.resource
    return xml(
        {
            "snapshotId": snapshot.id,
            "description": snapshot.description or "",
            "encrypted": bool(snapshot.encrypted),
            "ownerId": snapshot.owner_id,
            "progress": "100%",
            "startTime": snapshot.start_time,
            "status": snapshot_status(snapshot),
            "volumeId": snapshot.volume.id,
            "volumeSize": snapshot.volume.size,
        }
    )


def restore_volume(call: Call) -> str:
    """RestoreVolumeFromRecycleBin: the same id with its tags.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RestoreVolumeFromRecycleBin.html
    """
    backend = ec2(call)
    one = _retained(backend, VOLUMES, call.text("VolumeId"))
    check_dry_run(call)
    _take_out(backend, one, backend.volumes)
    return "<return>true</return>"


def _take_out(backend: Any, one: Retained, where: dict[str, Any]) -> None:
    retained(backend).pop(one.id, None)
    where[one.id] = one.resource
    if one.tags:
        backend.tags[one.id] = dict(one.tags)


OPERATIONS = {
    "ListImagesInRecycleBin": list_images,
    "ListSnapshotsInRecycleBin": list_snapshots,
    "ListVolumesInRecycleBin": list_volumes,
    "RestoreSnapshotFromRecycleBin": restore_snapshot,
    "RestoreVolumeFromRecycleBin": restore_volume,
}
