# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The final snapshot of a volume: begun for all at once, awaited, and only then is the volume deleted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..sweep.errors import CallError
from ..sweep.finding import Finding
from ..sweep.region import Region

ACTION = "create_final_snapshot"
#: on a final snapshot: the id of the volume that it was taken of
ORIGIN_TAG = "sysops:final-snapshot-of"
#: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
MOST_TAGS = 50
SNAPSHOT_ID = "final_snapshot_id"
#: how long what was just made may not be seen: https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
SEEN_WITHIN_SECONDS = 60


def snapshot_tags(finding: Finding, left_out: Sequence[str]) -> list[dict[str, str]]:
    """The volume's tags and its origin, as AWS takes them: keys of `aws:` are AWS's own."""
    copied = {
        key: value
        for key, value in finding.tags.items()
        if key not in (*left_out, ORIGIN_TAG) and not key.casefold().startswith("aws:")
    }
    pairs = [(ORIGIN_TAG, finding.resource_id), *copied.items()]
    return [{"Key": key, "Value": value} for key, value in pairs[:MOST_TAGS]]


def begin(region: Region, finding: Finding, left_out: Sequence[str]) -> None:
    """Create the snapshot and note its id. Raises CallError."""
    answer = region.call(
        "ec2",
        "create_snapshot",
        VolumeId=finding.resource_id,
        Description=f"Final snapshot of {finding.resource_id}, taken by sysops.aws before deleting it",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": snapshot_tags(finding, left_out)}],
    )
    finding.work.after = {SNAPSHOT_ID: answer["SnapshotId"]}
    finding.work.prepared_at = time.monotonic()


def await_completed(region: Region, findings: Sequence[Finding], wait_timeout: int) -> None:
    """Fail the findings whose snapshot ends in error, or is not completed `wait_timeout` seconds after it was begun."""
    waiting = {str(finding.work.after[SNAPSHOT_ID]): finding for finding in findings}
    deadline = max(finding.work.prepared_at for finding in findings) + wait_timeout
    while True:
        left = deadline - time.monotonic()
        states = _states(region, sorted(waiting))
        for snapshot_id, finding in list(waiting.items()):
            state = states.get(snapshot_id) or ("unseen" if _is_new(finding) else "gone")
            if state in ("pending", "unseen") and left > 0:
                continue
            del waiting[snapshot_id]
            if state != "completed":
                _fail(finding, snapshot_id, state, wait_timeout)
        if not waiting:
            return
        _wait(region, sorted(waiting), left if waiting.keys() <= states.keys() else min(left, SEEN_WITHIN_SECONDS))


def _is_new(finding: Finding) -> bool:
    return time.monotonic() < finding.work.prepared_at + SEEN_WITHIN_SECONDS


def _wait(region: Region, snapshot_ids: Sequence[str], seconds: float) -> None:
    try:
        region.wait("ec2", "snapshot_completed", seconds, **_wanted(snapshot_ids))
    except CallError as error:
        # the waiter gives up on all when one has failed: the states tell which
        if error.code != "WaiterError":
            raise


def _states(region: Region, snapshot_ids: Sequence[str]) -> Mapping[str, Any]:
    pages = region.pages("ec2", "describe_snapshots", "Snapshots", **_wanted(snapshot_ids))
    return {snapshot["SnapshotId"]: snapshot["State"] for page in pages for snapshot in page}


def _wanted(snapshot_ids: Sequence[str]) -> dict[str, Any]:
    # by filter, not by id: EC2 refuses a list of ids as a whole when one can't be seen
    return {"OwnerIds": ["self"], "Filters": [{"Name": "snapshot-id", "Values": snapshot_ids}]}


def _fail(finding: Finding, snapshot_id: str, state: str, wait_timeout: int) -> None:
    if state in ("pending", "unseen"):
        finding.fail(
            "FinalSnapshotTimeout",
            f"The final snapshot {snapshot_id} was not completed within wait_timeout ({wait_timeout} s), so the volume"
            " stays, and so does the snapshot: raise wait_timeout, as the next run takes another one.",
        )
    else:
        words = f"The final snapshot {snapshot_id} is {state}, not completed, so the volume stays."
        finding.fail("FinalSnapshotFailed", words)
