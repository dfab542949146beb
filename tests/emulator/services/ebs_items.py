# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EBS volumes and snapshots as EC2 shows them: which there are, the state that time has brought them to, their XML."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from ..wire import AwsError, timestamp, xml
from .common import tag_set

# (IOPS for each GiB, at least, at most), docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
GP2_BASELINE = (3, 100, 16_000)


def find_volume(backend: Any, volume_id: str) -> Any:
    """Raises InvalidVolume.NotFound."""
    volume = backend.volumes.get(volume_id)
    if volume is None:
        raise AwsError("InvalidVolume.NotFound", f"The volume '{volume_id}' does not exist.")
    return volume


def find_snapshot(backend: Any, snapshot_id: str) -> Any:
    """Raises InvalidSnapshot.NotFound."""
    snapshot = backend.snapshots.get(snapshot_id)
    if snapshot is None:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")
    return snapshot


def volume_status(volume: Any) -> str:
    """creating, available or in-use. A volume whose key can't be used stays `creating` until it is gone."""
    if volume.attachment:
        return "in-use"
    return "creating" if time.time() < getattr(volume, "available_at", 0.0) else "available"


def volume_iops(volume: Any) -> int | None:
    """What was provisioned; of gp2 its baseline, which CreateVolume doesn't take back (moto: nothing)."""
    if volume.volume_type == "gp2":
        each, least, most = GP2_BASELINE
        return int(min(max(int(volume.size) * each, least), most))
    return int(volume.iops) if volume.iops else None


def snapshot_status(snapshot: Any) -> str:
    """pending, completed or error (moto: completed at once)."""
    if time.time() < getattr(snapshot, "ready_at", 0.0):
        return "pending"
    return "error" if getattr(snapshot, "fails", False) else str(snapshot.status)


def snapshot_progress(snapshot: Any) -> str:
    """A percentage that grows with time."""
    if snapshot_status(snapshot) == "completed":
        return "100%"
    began, ready = getattr(snapshot, "began_at", 0.0), getattr(snapshot, "ready_at", 0.0)
    done = (time.time() - began) / (ready - began) if ready > began else 1.0
    return f"{min(99, int(done * 100))}%"


def volume_xml(volume: Any, tags: Mapping[str, str] | None) -> str:
    """The elements of one volume, for lists and for what CreateVolume answers."""
    operator = getattr(volume, "operator", None)
    extra = {
        "attachmentSet": [_attachment(volume)] if volume.attachment else [],
        "iops": volume_iops(volume),
        "throughput": volume.throughput,
        "kmsKeyId": volume.kms_key_id if volume.encrypted else None,
        "operator": {"managed": True, "principal": operator} if operator else {"managed": False},
    }
    return (
        f"<volumeId>{volume.id}</volumeId><size>{volume.size}</size>"
        f"<snapshotId>{volume.snapshot_id or ''}</snapshotId>"
        f"<availabilityZone>{volume.zone.name if volume.zone else ''}</availabilityZone>"
        f"<status>{volume_status(volume)}</status><createTime>{timestamp(volume.create_time)}</createTime>"
        f"<volumeType>{volume.volume_type}</volumeType>"
        f"<encrypted>{xml(bool(volume.encrypted))}</encrypted>"
        f"<multiAttachEnabled>{xml(bool(volume.multi_attach_enabled))}</multiAttachEnabled>"
        f"{xml(extra)}{tag_set(tags)}"
    )


def _attachment(volume: Any) -> dict[str, Any]:
    attachment = volume.attachment
    mapping = attachment.instance.block_device_mapping.get(attachment.device)
    return {
        "volumeId": volume.id,
        "instanceId": attachment.instance.id,
        "device": attachment.device,
        "status": attachment.status,
        "attachTime": attachment.attach_time,
        "deleteOnTermination": bool(mapping and mapping.delete_on_termination),
    }


def snapshot_xml(snapshot: Any, tags: Mapping[str, str] | None) -> str:
    """The elements of one snapshot, for lists and for what CreateSnapshot answers."""
    key = f"<kmsKeyId>{escape(snapshot.kms_key_id)}</kmsKeyId>" if snapshot.kms_key_id else ""
    until = getattr(snapshot, "restore_expiry", None)
    restored = f"<restoreExpiryTime>{timestamp(until)}</restoreExpiryTime>" if until else ""
    return (
        f"<snapshotId>{snapshot.id}</snapshotId><volumeId>{snapshot.volume.id}</volumeId>"
        f"<status>{snapshot_status(snapshot)}</status><startTime>{timestamp(snapshot.start_time)}</startTime>"
        f"<progress>{snapshot_progress(snapshot)}</progress><ownerId>{snapshot.owner_id}</ownerId>"
        f"<volumeSize>{snapshot.volume.size}</volumeSize>"
        f"<description>{escape(snapshot.description or '')}</description>"
        f"<encrypted>{xml(bool(snapshot.encrypted))}</encrypted><storageTier>{snapshot.storage_tier}</storageTier>"
        f"{restored}{key}{tag_set(tags)}"
    )
