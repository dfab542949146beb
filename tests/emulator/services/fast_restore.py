# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EBS fast snapshot restore, which moto lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..wire import AwsError, Call, xml
from .common import check_dry_run, ec2, matches, paged
from .ebs_items import find_snapshot

PAGE = 200
# The state that a change passes through, and the one that the next describe shows.
PASSING = {"enabled": "enabling", "disabled": "disabling"}
FILTERS = {
    "availability-zone": lambda r: r.zone.name,
    "availability-zone-id": lambda r: r.zone.zone_id,
    "owner-id": lambda r: r.owner_id,
    "snapshot-id": lambda r: r.snapshot_id,
    "state": lambda r: r.state,
}


@dataclass
class FastRestore:
    """Of one snapshot in one zone; `state` is enabling, optimizing, enabled, disabling or disabled."""

    snapshot_id: str
    zone: Any
    owner_id: str
    state: str
    since: datetime

    @property
    def id(self) -> str:
        return f"{self.snapshot_id}/{self.zone.name}"


def fast_restores(backend: Any) -> dict[str, FastRestore]:
    """By id, kept beside moto's EC2 backend."""
    found: dict[str, FastRestore] = backend.__dict__.setdefault("fast_restores", {})
    return found


def set_fast_restore(backend: Any, snapshot_id: str, zone: Any, state: str) -> FastRestore:
    """Put the snapshot into a state in moto's zone object `zone`."""
    restore = FastRestore(snapshot_id, zone, backend.account_id, state, datetime.now(timezone.utc))
    fast_restores(backend)[restore.id] = restore
    return restore


def forget(backend: Any, snapshot_id: str) -> None:
    """It is disabled for a snapshot that is deleted."""
    for key, restore in list(fast_restores(backend).items()):
        if restore.snapshot_id == snapshot_id:
            del fast_restores(backend)[key]


def describe_fast_snapshot_restores(call: Call) -> str:
    """DescribeFastSnapshotRestores: those that were switched off too, in pages of at most 200.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFastSnapshotRestores.html
    """
    check_dry_run(call)
    found = list(fast_restores(ec2(call)).values())
    for name, wanted in call.filters():
        if name not in FILTERS:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        found = [r for r in found if matches(FILTERS[name](r), wanted)]
    chosen, token = paged(found, call, (), PAGE)
    return xml({"fastSnapshotRestoreSet": [_describe(r) for r in chosen]}) + token


def _describe(restore: FastRestore) -> dict[str, Any]:
    return {
        "snapshotId": restore.snapshot_id,
        "availabilityZone": restore.zone.name,
        "availabilityZoneId": restore.zone.zone_id,
        "state": restore.state,
        "stateTransitionReason": "Client.UserInitiated",
        "ownerId": restore.owner_id,
        f"{restore.state}Time": restore.since,
    }


def _switch(call: Call, state: str) -> str:
    backend = ec2(call)
    zones = {z.name: z for z in backend.describe_availability_zones()}
    named = call.values("AvailabilityZone") or _by_id(zones, call.values("AvailabilityZoneId"))
    ids = call.values("SourceSnapshotId")
    if not named or not ids:
        raise AwsError("MissingParameter", "The request must contain the parameters AvailabilityZone and "
                       "SourceSnapshotId")  # fmt: skip
    for name in named:
        if name not in zones:
            raise AwsError("InvalidZone.NotFound", f"The zone '{name}' does not exist.")
    snapshots = [find_snapshot(backend, one) for one in ids]
    check_dry_run(call)
    rows = []
    for snapshot in snapshots:
        for name in named:
            restore = set_fast_restore(backend, snapshot.id, zones[name], state)
            rows.append(_describe(restore) | {"state": PASSING[state]})
    return xml({"successful": rows, "unsuccessful": []})


def _by_id(zones: dict[str, Any], zone_ids: list[str]) -> list[str]:
    return [name for name, zone in zones.items() if zone.zone_id in zone_ids]


def enable_fast_snapshot_restores(call: Call) -> str:
    """EnableFastSnapshotRestores answers `enabling`; `enabled` at the next describe (AWS: after optimizing).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableFastSnapshotRestores.html
    """
    return _switch(call, "enabled")


def disable_fast_snapshot_restores(call: Call) -> str:
    """DisableFastSnapshotRestores answers `disabling`; `disabled` at the next describe.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisableFastSnapshotRestores.html
    """
    return _switch(call, "disabled")


OPERATIONS = {
    "DescribeFastSnapshotRestores": describe_fast_snapshot_restores,
    "DisableFastSnapshotRestores": disable_fast_snapshot_restores,
    "EnableFastSnapshotRestores": enable_fast_snapshot_restores,
}
