# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 volumes and snapshots: listing with pages, owners and filters; deletion with AWS's refusals."""

from __future__ import annotations

from typing import Any

from ..building.many import ManySnapshots
from ..wire import AwsError, Call, last_key, xml
from .common import check_dry_run, ec2, paged, select
from .create_volume import look
from .ebs_items import (
    find_snapshot,
    find_volume,
    snapshot_progress,
    snapshot_status,
    snapshot_xml,
    volume_status,
    volume_xml,
)
from .fast_restore import forget
from .locks import lock_state
from .recycle_bin import SNAPSHOTS, VOLUMES, discard

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
    "status": volume_status,
    "volume-id": lambda v: v.id,
    "volume-type": lambda v: v.volume_type,
}
SNAPSHOT_FILTERS = {
    "description": lambda s: s.description,
    "encrypted": lambda s: bool(s.encrypted),
    "owner-id": lambda s: s.owner_id,
    "progress": snapshot_progress,
    "snapshot-id": lambda s: s.id,
    "start-time": lambda s: s.start_time,
    "status": snapshot_status,
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
    look(backend)
    ids = call.values("VolumeId")
    volumes = [find_volume(backend, i) for i in ids] if ids else list(backend.volumes.values())
    chosen, token = paged(select(volumes, call, VOLUME_FILTERS, backend.tags), call, ids, VOLUME_PAGE)
    rows = (f"<item>{volume_xml(v, backend.tags.get(v.id))}</item>" for v in chosen)
    return f"<volumeSet>{''.join(rows)}</volumeSet>{token}"


def delete_volume(call: Call) -> str:
    """DeleteVolume: InvalidVolume.NotFound, VolumeInUse, IncorrectState while it is created; OperationNotPermitted
    where a service provider manages it. A Recycle Bin rule that matches retains it.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVolume.html
    """
    backend = ec2(call)
    volume = find_volume(backend, call.text("VolumeId"))
    if volume.attachment:
        instance = volume.attachment.instance.id
        raise AwsError("VolumeInUse", f"Volume {volume.id} is currently attached to {instance}")
    if operator := getattr(volume, "operator", None):
        raise AwsError("OperationNotPermitted", f"The volume {volume.id} is managed by {operator}.", 403)
    if volume_status(volume) == "creating":
        raise AwsError("IncorrectState", f"The volume '{volume.id}' is in the 'creating' state.")
    check_dry_run(call)
    if backend.volumes.pop(volume.id, None) is None:
        raise AwsError("InvalidVolume.NotFound", f"The volume '{volume.id}' does not exist.")
    discard(backend, VOLUMES, volume)
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
    found = [find_snapshot(backend, i) for i in ids] if ids else _listed(backend.snapshots, call)
    found = [s for s in found if _may_restore(s, call.account)]
    if owners:
        found = [s for s in found if s.owner_id in owners or ("amazon" in owners and s.owner_id == "amazon")]
    if readers:
        found = [s for s in found if any(_may_restore(s, reader) for reader in readers)]
    chosen, token = paged(select(found, call, SNAPSHOT_FILTERS, backend.tags), call, ids, SNAPSHOT_PAGE)
    rows = (f"<item>{snapshot_xml(s, backend.tags.get(s.id))}</item>" for s in chosen)
    return f"<snapshotSet>{''.join(rows)}</snapshotSet>{token}"


def _listed(snapshots: Any, call: Call) -> list[Any]:
    """All of them; of a list that is made as it is asked for, those that the page can hold."""
    if isinstance(snapshots, ManySnapshots):
        return snapshots.after(last_key(call.text("NextToken")), SNAPSHOT_PAGE + 1)
    return list(snapshots.values())


def _may_restore(snapshot: Any, account: str) -> bool:
    groups, users = snapshot.create_volume_permission_groups, snapshot.create_volume_permission_userids
    return snapshot.owner_id == account or account in users or "all" in groups


def describe_snapshot_attribute(call: Call) -> str:
    """DescribeSnapshotAttribute of createVolumePermission: the accounts and groups that may use the snapshot.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotAttribute.html
    """
    snapshot = find_snapshot(ec2(call), call.text("SnapshotId"))
    rows = [{"group": g} for g in sorted(snapshot.create_volume_permission_groups)]
    rows += [{"userId": u} for u in sorted(snapshot.create_volume_permission_userids)]
    return f"<snapshotId>{snapshot.id}</snapshotId>{xml({'createVolumePermission': rows})}"


def delete_snapshot(call: Call) -> str:
    """DeleteSnapshot: NotFound, InUse by an AMI (a disabled one too), locked, not the owner's. A Recycle Bin rule that
    matches retains it.

    moto forgets AMIs that name a snapshot in their block device mappings without having made it.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshot.html
    """
    backend = ec2(call)
    snapshot = find_snapshot(backend, call.text("SnapshotId"))
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
    discard(backend, SNAPSHOTS, snapshot)
    forget(backend, snapshot.id)
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
