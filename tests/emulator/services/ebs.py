# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 volumes and snapshots: listing with pages, owners and filters; deletion with AWS's refusals."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ..wire import AwsError, Call, timestamp, xml
from .common import check_dry_run, ec2, paged, select, tag_set
from .locks import lock_state

VOLUME_PAGE = 500
SNAPSHOT_PAGE = 1000
VOLUME_FILTERS = {
    "attachment.instance-id": lambda v: v.attachment and v.attachment.instance.id,
    "attachment.device": lambda v: v.attachment and v.attachment.device,
    "attachment.status": lambda v: v.attachment and v.attachment.status,
    "availability-zone": lambda v: v.zone and v.zone.name,
    "create-time": lambda v: v.create_time,
    "encrypted": lambda v: bool(v.encrypted),
    "multi-attach-enabled": lambda v: bool(v.multi_attach_enabled),
    "operator.managed": lambda v: bool(getattr(v, "operator", None)),
    "operator.principal": lambda v: getattr(v, "operator", None),
    "size": lambda v: v.size,
    "snapshot-id": lambda v: v.snapshot_id,
    "status": lambda v: v.status,
    "volume-id": lambda v: v.id,
    "volume-type": lambda v: v.volume_type,
}
SNAPSHOT_FILTERS = {
    "description": lambda s: s.description,
    "encrypted": lambda s: bool(s.encrypted),
    "owner-id": lambda s: s.owner_id,
    "progress": lambda s: s.progress,
    "snapshot-id": lambda s: s.id,
    "start-time": lambda s: s.start_time,
    "status": lambda s: s.status,
    "storage-tier": lambda s: s.storage_tier,
    "volume-id": lambda s: s.volume.id,
    "volume-size": lambda s: s.volume.size,
}


def describe_volumes(call: Call) -> str:
    """DescribeVolumes: MaxResults and NextToken (moto: ignored), `SnapshotId` "" on a blank volume (moto: absent),
    `Operator` where a service provider manages the volume (moto: absent).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
    """
    backend = ec2(call)
    check_dry_run(call)
    ids = call.values("VolumeId")
    volumes = [_volume(backend, i) for i in ids] if ids else list(backend.volumes.values())
    chosen, token = paged(select(volumes, call, VOLUME_FILTERS, backend.tags), call, ids, VOLUME_PAGE)
    return f"<volumeSet>{''.join(_volume_xml(v, backend.tags.get(v.id)) for v in chosen)}</volumeSet>{token}"


def _volume(backend: Any, volume_id: str) -> Any:
    volume = backend.volumes.get(volume_id)
    if volume is None:
        raise AwsError("InvalidVolume.NotFound", f"The volume '{volume_id}' does not exist.")
    return volume


def _volume_xml(volume: Any, tags: dict[str, str] | None) -> str:
    operator = getattr(volume, "operator", None)
    extra = {
        "attachmentSet": [_attachment(volume)] if volume.attachment else [],
        "iops": volume.iops,
        "throughput": volume.throughput,
        "kmsKeyId": volume.kms_key_id if volume.encrypted else None,
        "operator": {"managed": True, "principal": operator} if operator else {"managed": False},
    }
    return (
        f"<item><volumeId>{volume.id}</volumeId><size>{volume.size}</size>"
        f"<snapshotId>{volume.snapshot_id or ''}</snapshotId>"
        f"<availabilityZone>{volume.zone.name if volume.zone else ''}</availabilityZone>"
        f"<status>{volume.status}</status><createTime>{timestamp(volume.create_time)}</createTime>"
        f"<volumeType>{volume.volume_type}</volumeType>"
        f"<encrypted>{xml(bool(volume.encrypted))}</encrypted>"
        f"<multiAttachEnabled>{xml(bool(volume.multi_attach_enabled))}</multiAttachEnabled>"
        f"{xml(extra)}{tag_set(tags)}</item>"
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


def delete_volume(call: Call) -> str:
    """DeleteVolume: InvalidVolume.NotFound, VolumeInUse; OperationNotPermitted where a service provider manages it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVolume.html
    """
    backend = ec2(call)
    volume = _volume(backend, call.text("VolumeId"))
    if volume.attachment:
        instance = volume.attachment.instance.id
        raise AwsError("VolumeInUse", f"Volume {volume.id} is currently attached to {instance}")
    if operator := getattr(volume, "operator", None):
        raise AwsError("OperationNotPermitted", f"The volume {volume.id} is managed by {operator}.", 403)
    check_dry_run(call)
    if backend.volumes.pop(volume.id, None) is None:
        raise AwsError("InvalidVolume.NotFound", f"The volume '{volume.id}' does not exist.")
    backend.tags.pop(volume.id, None)
    return "<return>true</return>"


def describe_snapshots(call: Call) -> str:
    """DescribeSnapshots: MaxResults, OwnerIds (self, account ids) and RestorableByUserIds (moto: all ignored).

    Without OwnerIds the answer holds what the caller owns and what others share with it; so does AWS's.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
    """
    backend = ec2(call)
    check_dry_run(call)
    ids = call.values("SnapshotId")
    owners = [call.account if o == "self" else o for o in call.values("Owner")]
    readers = [call.account if r == "self" else r for r in call.values("RestorableBy")]
    found = [_snapshot(backend, i) for i in ids] if ids else list(backend.snapshots.values())
    found = [s for s in found if _may_restore(s, call.account)]
    if owners:
        found = [s for s in found if s.owner_id in owners or ("amazon" in owners and s.owner_id == "amazon")]
    if readers:
        found = [s for s in found if any(_may_restore(s, reader) for reader in readers)]
    chosen, token = paged(select(found, call, SNAPSHOT_FILTERS, backend.tags), call, ids, SNAPSHOT_PAGE)
    return f"<snapshotSet>{''.join(_snapshot_xml(s, backend.tags.get(s.id)) for s in chosen)}</snapshotSet>{token}"


def _may_restore(snapshot: Any, account: str) -> bool:
    groups, users = snapshot.create_volume_permission_groups, snapshot.create_volume_permission_userids
    return snapshot.owner_id == account or account in users or "all" in groups


def _snapshot(backend: Any, snapshot_id: str) -> Any:
    snapshot = backend.snapshots.get(snapshot_id)
    if snapshot is None:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")
    return snapshot


def _snapshot_xml(snapshot: Any, tags: dict[str, str] | None) -> str:
    key = f"<kmsKeyId>{escape(snapshot.kms_key_id)}</kmsKeyId>" if snapshot.kms_key_id else ""
    return (
        f"<item><snapshotId>{snapshot.id}</snapshotId><volumeId>{snapshot.volume.id}</volumeId>"
        f"<status>{snapshot.status}</status><startTime>{timestamp(snapshot.start_time)}</startTime>"
        f"<progress>100%</progress><ownerId>{snapshot.owner_id}</ownerId>"
        f"<volumeSize>{snapshot.volume.size}</volumeSize>"
        f"<description>{escape(snapshot.description or '')}</description>"
        f"<encrypted>{xml(bool(snapshot.encrypted))}</encrypted><storageTier>{snapshot.storage_tier}</storageTier>"
        f"{key}{tag_set(tags)}</item>"
    )


def describe_snapshot_attribute(call: Call) -> str:
    """DescribeSnapshotAttribute of createVolumePermission: the accounts and groups that may use the snapshot.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html
    """
    snapshot = _snapshot(ec2(call), call.text("SnapshotId"))
    rows = [{"group": g} for g in sorted(snapshot.create_volume_permission_groups)]
    rows += [{"userId": u} for u in sorted(snapshot.create_volume_permission_userids)]
    return f"<snapshotId>{snapshot.id}</snapshotId>{xml({'createVolumePermission': rows})}"


def delete_snapshot(call: Call) -> str:
    """DeleteSnapshot: NotFound, InUse by an AMI (a disabled one too), locked, not the owner's.

    moto forgets AMIs that name a snapshot in their block device mappings without having made it.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html
    """
    backend = ec2(call)
    snapshot = _snapshot(backend, call.text("SnapshotId"))
    image = _backed_image(backend, snapshot)
    if image:
        message = f"The snapshot {snapshot.id} is currently in use by {image}"
        raise AwsError("InvalidSnapshot.InUse", message)
    if lock_state(snapshot) not in (None, "expired"):
        raise AwsError("SnapshotLocked", f"The snapshot {snapshot.id} is locked and can't be deleted.")
    if snapshot.owner_id != call.account:
        raise AwsError("AuthFailure", "You do not own the specified resource.", 403)
    check_dry_run(call)
    if backend.snapshots.pop(snapshot.id, None) is None:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot.id}' does not exist.")
    backend.tags.pop(snapshot.id, None)
    return "<return>true</return>"


def _backed_image(backend: Any, snapshot: Any) -> str | None:
    if snapshot.from_ami and snapshot.from_ami in backend.amis:
        return str(snapshot.from_ami)
    return next((i.id for i in list(backend.amis.values()) if i.ebs_snapshot.id == snapshot.id), None)


OPERATIONS = {
    "DescribeVolumes": describe_volumes,
    "DeleteVolume": delete_volume,
    "DescribeSnapshots": describe_snapshots,
    "DescribeSnapshotAttribute": describe_snapshot_attribute,
    "DeleteSnapshot": delete_snapshot,
}
