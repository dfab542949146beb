# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CreateSnapshot: first pending, later completed, or error where a test wants it."""

from __future__ import annotations

import time

from ..wire import AwsError, Call
from .common import check_dry_run, ec2
from .ebs_items import find_volume, snapshot_xml, volume_status
from .tags import specified


def create_snapshot(call: Call) -> str:
    """CreateSnapshot answers `pending`; `settings.snapshot_seconds` later it is `completed`, or `error` for a volume in
    `settings.snapshot_errors` (moto: completed at once). A snapshot of an encrypted volume has its key (moto: none).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSnapshot.html
    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html
    """
    from moto.ec2.models.elastic_block_store import Snapshot
    from moto.ec2.utils import random_snapshot_id

    backend, tags = ec2(call), specified(call, "snapshot")
    volume = find_volume(backend, call.text("VolumeId"))
    if volume_status(volume) == "creating":
        raise AwsError("IncorrectState", f"Volume '{volume.id}' is in the 'creating' state.")
    check_dry_run(call)
    snapshot = Snapshot(backend, random_snapshot_id(), volume, call.text("Description"), bool(volume.encrypted))
    snapshot.kms_key_id = volume.kms_key_id if volume.encrypted else None
    snapshot.fails = volume.id in call.settings.snapshot_errors
    # in the answer it is pending whatever the time
    snapshot.began_at, snapshot.ready_at = time.time(), float("inf")
    backend.snapshots[snapshot.id] = snapshot
    if tags:
        backend.tags[snapshot.id] = tags
    answer = snapshot_xml(snapshot, tags)
    snapshot.ready_at = snapshot.began_at + call.settings.snapshot_seconds
    return answer


OPERATIONS = {"CreateSnapshot": create_snapshot}
