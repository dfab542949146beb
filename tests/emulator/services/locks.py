# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EBS snapshot locks, which moto lacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..wire import AwsError, Call, xml
from .common import check_dry_run, ec2, matches, paged

LOCK_PAGE = 1000


@dataclass
class Lock:
    """A lock of one snapshot; `mode` is governance or compliance, times are aware UTC."""

    mode: str
    created: datetime
    days: int
    cool_off_hours: int = 0

    @property
    def expires(self) -> datetime:
        return self.created + timedelta(days=self.days)

    def state(self, now: datetime) -> str:
        """governance, compliance-cooloff, compliance or expired."""
        if now >= self.expires:
            return "expired"
        if self.mode == "compliance" and now < self.created + timedelta(hours=self.cool_off_hours):
            return "compliance-cooloff"
        return self.mode


def lock_state(snapshot: Any) -> str | None:
    """The lock state of a snapshot, None where it was never locked."""
    lock: Lock | None = getattr(snapshot, "lock", None)
    return lock.state(datetime.now(timezone.utc)) if lock else None


def _describe(snapshot: Any) -> dict[str, Any]:
    lock: Lock = snapshot.lock
    return {
        "ownerId": snapshot.owner_id,
        "snapshotId": snapshot.id,
        "lockState": lock_state(snapshot),
        "lockDuration": lock.days,
        "coolOffPeriod": lock.cool_off_hours or None,
        "lockCreatedOn": lock.created,
        "lockDurationStartTime": lock.created,
        "lockExpiresOn": lock.expires,
    }


def _snapshot(call: Call) -> Any:
    snapshot = ec2(call).snapshots.get(call.text("SnapshotId"))
    if snapshot is None:
        raise AwsError("InvalidSnapshot.NotFound", f"The snapshot '{call.text('SnapshotId')}' does not exist.")
    return snapshot


def describe_locked_snapshots(call: Call) -> str:
    """DescribeLockedSnapshots: filter lock-state, pages of 5 to 1000.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLockedSnapshots.html
    """
    ids = call.values("SnapshotId")
    found = [s for s in list(ec2(call).snapshots.values()) if getattr(s, "lock", None) and (not ids or s.id in ids)]
    for name, wanted in call.filters():
        if name != "lock-state":
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        found = [s for s in found if matches(lock_state(s), wanted)]
    chosen, token = paged(found, call, ids, LOCK_PAGE)
    return xml({"snapshotSet": [_describe(s) for s in chosen]}) + token


def lock_snapshot(call: Call) -> str:
    """LockSnapshot in governance or compliance mode for LockDuration days.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LockSnapshot.html
    """
    snapshot = _snapshot(call)
    mode = call.text("LockMode")
    if mode not in ("governance", "compliance"):
        raise AwsError("InvalidParameterValue", f"Value ({mode}) for parameter LockMode is invalid.")
    days = call.number("LockDuration", 0)
    if not 1 <= days <= 36500:
        raise AwsError("InvalidParameterValue", f"Value ({days}) for parameter LockDuration is invalid.")
    check_dry_run(call)
    snapshot.lock = Lock(mode, datetime.now(timezone.utc), days, call.number("CoolOffPeriod", 0))
    return xml(_describe(snapshot))


def unlock_snapshot(call: Call) -> str:
    """UnlockSnapshot: not in compliance mode once the cooling-off period has passed.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnlockSnapshot.html
    """
    snapshot = _snapshot(call)
    if lock_state(snapshot) == "compliance":
        raise AwsError("OperationNotPermitted", f"The snapshot {snapshot.id} is locked in compliance mode.", 403)
    check_dry_run(call)
    snapshot.lock = None
    return xml({"snapshotId": snapshot.id})


OPERATIONS = {
    "DescribeLockedSnapshots": describe_locked_snapshots,
    "LockSnapshot": lock_snapshot,
    "UnlockSnapshot": unlock_snapshot,
}
