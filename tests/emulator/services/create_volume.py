# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CreateVolume: blank or from a snapshot, the rules of each volume type, client tokens, keys that can't be used."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ..wire import AwsError, Call
from .common import check_dry_run, ec2
from .ebs_items import find_snapshot, snapshot_status, volume_xml
from .tags import specified


@dataclass(frozen=True)
class Type:
    """What one volume type takes, from the documentation of CreateVolume. `sizes` in GiB, `throughput` in MiB/s."""

    sizes: tuple[int, int]
    iops: tuple[int, int] | None = None
    iops_for_each_gib: int = 0
    default_iops: int | None = None
    throughput: tuple[int, int] | None = None


# docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html, .../ebs/latest/userguide/ebs-volume-types.html
TYPES = {
    "standard": Type((1, 1024)),
    "gp2": Type((1, 16_384)),
    "gp3": Type((1, 65_536), (3000, 80_000), 500, 3000, (125, 2000)),
    "io1": Type((4, 16_384), (100, 64_000), 50),
    "io2": Type((4, 65_536), (100, 256_000), 1000),
    "st1": Type((125, 16_384)),
    "sc1": Type((125, 16_384)),
}
THROUGHPUT_FOR_EACH_IOPS = 0.25
# A volume whose key can't be used is seen so often before it is gone.
LOOKS = 1


def create_volume(call: Call) -> str:
    """CreateVolume answers `creating`. A ClientToken that was used before gives that volume again, or
    IdempotentParameterMismatch where other parameters come with it or the volume is gone (moto: a second volume).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
    https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
    """
    backend, tags = ec2(call), specified(call, "volume")
    zone = _zone(call, backend)
    # a token is good for one zone
    token, request = (call.text("ClientToken"), zone.name), _request(call)
    made = backend.__dict__.setdefault("volumes_by_token", {})
    if token[0] and token in made:
        volume_id, before = made[token]
        return _again(backend, volume_id, before, request)
    volume = _new_volume(call, backend, zone)
    check_dry_run(call)
    backend.volumes[volume.id] = volume
    if tags:
        backend.tags[volume.id] = tags
    made[token] = (volume.id, request)
    volume.available_at = float("inf")
    answer = volume_xml(volume, tags)
    if _key_is_usable(backend, volume):
        volume.available_at = time.time() + call.settings.volume_seconds
    else:
        doomed(backend)[volume.id] = LOOKS
    return answer


def _request(call: Call) -> dict[str, Any]:
    return {k: v for k, v in call.params.items() if not k.startswith(("AvailabilityZone", "ClientToken", "DryRun"))}


def _again(backend: Any, volume_id: str, before: dict[str, Any], request: dict[str, Any]) -> str:
    if before != request:
        raise AwsError("IdempotentParameterMismatch", "The request uses the same client token as a previous, but "
                       "non-identical request.")  # fmt: skip
    volume = backend.volumes.get(volume_id)
    if volume is None:
        raise AwsError("IdempotentParameterMismatch", "The client token you have provided is associated with a "
                       "resource that is already deleted.")  # fmt: skip
    return volume_xml(volume, backend.tags.get(volume_id))


def _zone(call: Call, backend: Any) -> Any:
    """The zone by name or id. Raises InvalidZone.NotFound (moto: takes any)."""
    name, zone_id = call.text("AvailabilityZone"), call.text("AvailabilityZoneId")
    if bool(name) == bool(zone_id):
        raise AwsError("MissingParameter", "The request must contain either availabilityZone or availabilityZoneId")
    for zone in backend.describe_availability_zones():
        if (name and zone.name == name) or (zone_id and zone.zone_id == zone_id):
            return zone
    raise AwsError("InvalidZone.NotFound", f"The zone '{name or zone_id}' does not exist.")


def _new_volume(call: Call, backend: Any, zone: Any) -> Any:
    from moto.ec2.models.elastic_block_store import Volume
    from moto.ec2.utils import random_volume_id

    snapshot = _source(call, backend)
    kind = call.text("VolumeType", "gp2")
    if kind not in TYPES:
        raise AwsError("InvalidParameterValue", f"Unsupported volume type '{kind}'.")
    size = _size(call, kind, snapshot)
    iops = _iops(call, kind, size)
    multi_attach = call.flag("MultiAttachEnabled")
    if multi_attach and kind not in ("io1", "io2"):
        raise AwsError("InvalidParameterCombination", f"Multi-Attach is not supported for {kind} volumes.")
    key = _key(call, backend, snapshot)
    return Volume(
        backend, random_volume_id(), size, zone, snapshot.id if snapshot else None, key is not None, key, kind, iops,
        _throughput(call, kind, iops), multi_attach,
    )  # fmt: skip


def _source(call: Call, backend: Any) -> Any:
    """The snapshot, which must be completed, or None."""
    snapshot_id = call.text("SnapshotId")
    if not snapshot_id:
        return None
    snapshot = find_snapshot(backend, snapshot_id)
    if snapshot_status(snapshot) != "completed" or snapshot.storage_tier == "archive":
        state = "archived" if snapshot.storage_tier == "archive" else snapshot_status(snapshot)
        raise AwsError("IncorrectState", f"Snapshot is in invalid state - {state}")
    return snapshot


def _size(call: Call, kind: str, snapshot: Any) -> int:
    least = int(snapshot.volume.size) if snapshot else 0
    size = call.number("Size", least)
    if not size:
        raise AwsError("MissingParameter", "The request must contain the parameter size/snapshot")
    if size < least:
        raise AwsError("InvalidParameterValue", f"Volume of size {size}GB is smaller than snapshot '{snapshot.id}', "
                       f"expect size >= {least}GB")  # fmt: skip
    _within("size", size, TYPES[kind].sizes, f"GiB for volume type {kind}")
    return size


def _iops(call: Call, kind: str, size: int) -> int | None:
    rules, iops = TYPES[kind], call.number("Iops", 0)
    if rules.iops is None:
        # given as 0 is given too
        if call.text("Iops"):
            raise AwsError("InvalidParameterCombination", f"The parameter iops is not supported for {kind} volumes.")
        return None
    if not call.text("Iops"):
        if rules.default_iops is None:
            raise AwsError("InvalidParameterCombination", f"The parameter iops must be specified for {kind} volumes.")
        return rules.default_iops
    _within("iops", iops, rules.iops, f"for volume type {kind}")
    if iops > max(rules.iops_for_each_gib * size, rules.default_iops or 0):
        raise AwsError("InvalidParameterValue", f"Iops to volume size ratio of {iops / size:.6f} is too high; maximum "
                       f"is {rules.iops_for_each_gib} IOPS per GiB")  # fmt: skip
    return iops


def _throughput(call: Call, kind: str, iops: int | None) -> int | None:
    limits, given = TYPES[kind].throughput, call.text("Throughput")
    if limits is None:
        if given:
            message = f"The parameter throughput is not supported for {kind} volumes."
            raise AwsError("InvalidParameterCombination", message)
        return None
    throughput = call.number("Throughput", limits[0])
    _within("throughput", throughput, limits, f"MiB/s for volume type {kind}")
    if throughput > THROUGHPUT_FOR_EACH_IOPS * (iops or 0):
        raise AwsError("InvalidParameterValue", "Throughput (MiBps) to iops ratio is too high; maximum is "
                       f"{THROUGHPUT_FOR_EACH_IOPS} MiBps per iops")  # fmt: skip
    return throughput


def _within(name: str, value: int, limits: tuple[int, int], unit: str) -> None:
    least, most = limits
    if not least <= value <= most:
        raise AwsError("InvalidParameterValue", f"Volume {name} of {value} is invalid; {least} to {most} {unit}")


def _key(call: Call, backend: Any, snapshot: Any) -> str | None:
    """The ARN of the key, or what was given where there is no such key; None for a volume that isn't encrypted."""
    given = call.text("KmsKeyId")
    if given and not call.flag("Encrypted"):
        raise AwsError("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be "
                       "set.")  # fmt: skip
    if given:
        key = _find_key(backend, given)
        return str(key.arn) if key else given
    if snapshot and snapshot.encrypted and snapshot.kms_key_id:
        return str(snapshot.kms_key_id)
    if call.flag("Encrypted") or (snapshot and snapshot.encrypted):
        return str(_find_key(backend, backend.default_kms_key_id or backend._create_default_encryption_key()).arn)
    return None


def _find_key(backend: Any, given: str) -> Any:
    """moto's key of an id, alias, key ARN or alias ARN; None where there is none in this region."""
    from moto.kms.models import kms_backends

    account, region = backend.account_id, backend.region_name
    if given.startswith("arn:"):
        region, account = given.split(":")[3:5]
    if region != backend.region_name:
        return None
    kms, name = kms_backends[account][region], given.rpartition(":")[2]
    key_id = kms.get_key_id_from_alias(name) if name.startswith("alias/") else name.removeprefix("key/")
    return kms.keys.get(key_id or "")


def _key_is_usable(backend: Any, volume: Any) -> bool:
    """Whether the volume comes to be: "AWS authenticates the KMS key asynchronously. Therefore, if you specify an ID,
    alias, or ARN that is not valid, the action can appear to complete, but eventually fails." The volume is then
    `creating` for a while and gone without a word (InvalidVolume.NotFound)."""
    if not volume.encrypted:
        return True
    key = _find_key(backend, volume.kms_key_id)
    return key is not None and key.key_state == "Enabled"


def doomed(backend: Any) -> dict[str, int]:
    """The volumes whose key can't be used: how often each will still be seen."""
    found: dict[str, int] = backend.__dict__.setdefault("doomed_volumes", {})
    return found


def look(backend: Any) -> None:
    """Somebody looks at the volumes: those that were seen often enough are gone."""
    for volume_id, looks in list(doomed(backend).items()):
        doomed(backend)[volume_id] = looks - 1
        if looks <= 0:
            del doomed(backend)[volume_id]
            backend.volumes.pop(volume_id, None)
            backend.tags.pop(volume_id, None)


OPERATIONS = {"CreateVolume": create_volume}
