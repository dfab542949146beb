# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The storage tiers of snapshots, which moto lacks: what was archived, and what is on its way."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..wire import Call, xml
from .common import check_dry_run, ec2, paged, select
from .ebs_items import snapshot_status

PAGE = 1000
FILTERS = {
    "last-tiering-operation": lambda s: getattr(s, "tiering", None),
    "snapshot-id": lambda s: s.id,
    "volume-id": lambda s: s.volume.id,
}


def set_tiering(snapshot: Any, status: str, until: datetime | None = None) -> None:
    """What was last done to the snapshot (TieringOperationStatus), and until when a restored one stays restored."""
    snapshot.tiering, snapshot.restore_expiry = status, until


def describe_snapshot_tier_status(call: Call) -> str:
    """DescribeSnapshotTierStatus, here only of what was ever archived; pages of at most 1000.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotTierStatus.html
    """
    backend = ec2(call)
    check_dry_run(call)
    # a list of many snapshots is made as it is asked for (building/many.py): none of them was
    snapshots = list(backend.snapshots.values()) if isinstance(backend.snapshots, dict) else []
    found = [s for s in snapshots if getattr(s, "tiering", None) and s.owner_id == call.account]
    chosen, token = paged(select(found, call, FILTERS, backend.tags), call, (), PAGE)
    return xml({"snapshotTierStatusSet": [_row(s) for s in chosen]}) + token


def _row(snapshot: Any) -> dict[str, Any]:
    return {
        "snapshotId": snapshot.id,
        "volumeId": snapshot.volume.id,
        "status": snapshot_status(snapshot),
        "ownerId": snapshot.owner_id,
        "storageTier": snapshot.storage_tier,
        "lastTieringOperationStatus": snapshot.tiering,
        "restoreExpiryTime": snapshot.restore_expiry,
    }


OPERATIONS = {"DescribeSnapshotTierStatus": describe_snapshot_tier_status}
