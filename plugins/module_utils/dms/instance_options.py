# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a replication instance: which make no sense, and how DMS writes the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..checks.rds_windows import maintenance_window
from ..resource.properties import Properties, said
from ..sweep.errors import SweepError
from .kms_key import is_id_of, refuse_alias

NETWORK_TYPES = ("IPV4", "DUAL")
ARGUMENT_SPEC: dict[str, Any] = {
    "replication_instance_identifier": {"type": "str", "required": True, "aliases": ["id"]},
    "replication_instance_class": {"type": "str", "aliases": ["instance_class"]},
    "allocated_storage": {"type": "int"},
    "replication_subnet_group_identifier": {"type": "str"},
    "vpc_security_group_ids": {"type": "list", "elements": "str"},
    "multi_az": {"type": "bool"},
    "availability_zone": {"type": "str"},
    "publicly_accessible": {"type": "bool"},
    "network_type": {"type": "str", "choices": list(NETWORK_TYPES)},
    "kms_key_id": {"type": "str", "no_log": False},
    "engine_version": {"type": "str"},
    "allow_major_version_upgrade": {"type": "bool", "default": False},
    "auto_minor_version_upgrade": {"type": "bool"},
    "preferred_maintenance_window": {"type": "str"},
    "apply_immediately": {"type": "bool", "default": False},
}
REQUIRED_IF = [("state", "present", ("replication_instance_class",))]

# CreateReplicationInstance's own constraints
NAME = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9]+)*")
LONGEST_NAME = 63
# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_ReplicationInstance.Types.html
CLASS = re.compile(r"dms\.[a-z0-9]+\.[a-z0-9]+")
VERSION = re.compile(r"\d+(\.\d+){1,3}")
# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_ReplicationInstance.html
SMALLEST_STORAGE, LARGEST_STORAGE = 5, 6144


def check(options: Mapping[str, Any]) -> None:
    """Raises SweepError for the first option that makes no sense."""
    name = options["replication_instance_identifier"]
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise SweepError(
            f"replication_instance_identifier {name!r} is not a name for a replication instance: use 1 to"
            f" {LONGEST_NAME} letters, digits and single hyphens, a letter first and no hyphen last."
        )
    if options["state"] == "absent":
        return
    _check_shape(options)
    if options["multi_az"] and options["availability_zone"]:
        raise SweepError("multi_az and availability_zone exclude each other: DMS chooses the zones of a Multi-AZ one.")
    refuse_alias(options["kms_key_id"])
    if options["preferred_maintenance_window"]:
        maintenance_window(options["preferred_maintenance_window"], "preferred_maintenance_window")


def _check_shape(options: Mapping[str, Any]) -> None:
    size, storage, version = (
        options[name] for name in ("replication_instance_class", "allocated_storage", "engine_version")
    )
    if not CLASS.fullmatch(size):
        raise SweepError(f"replication_instance_class {size!r} is not a class: write one like dms.t3.medium.")
    if storage is not None and not SMALLEST_STORAGE <= storage <= LARGEST_STORAGE:
        raise SweepError(
            f"allocated_storage is {storage}: it must be between {SMALLEST_STORAGE} and {LARGEST_STORAGE} gibibytes."
        )
    if version and not VERSION.fullmatch(version):
        raise SweepError(f"engine_version {version!r} is not a version: write one like 3.6.1 (a string, in quotes).")


def desired(options: Mapping[str, Any]) -> Properties:
    """By DMS's names, without what isn't said."""
    window = options["preferred_maintenance_window"]
    wanted = {
        "ReplicationInstanceClass": options["replication_instance_class"],
        "AllocatedStorage": options["allocated_storage"],
        "ReplicationSubnetGroupIdentifier": (options["replication_subnet_group_identifier"] or "").lower() or None,
        "VpcSecurityGroupIds": options["vpc_security_group_ids"],
        "MultiAZ": options["multi_az"],
        "AvailabilityZone": options["availability_zone"],
        "PubliclyAccessible": options["publicly_accessible"],
        "NetworkType": options["network_type"],
        "KmsKeyId": options["kms_key_id"],
        "EngineVersion": options["engine_version"],
        "AutoMinorVersionUpgrade": options["auto_minor_version_upgrade"],
        "PreferredMaintenanceWindow": maintenance_window(window).text if window else None,
    }
    return said(wanted)


def effective(current: Properties, desired: Mapping[str, Any], immediately: bool) -> Properties:
    """What to compare the desired values with: a change that waits for the maintenance window counts as made, unless
    it is wanted at once. One that leads away from what is wanted always counts, since it must be taken back.
    """
    pending = current.get("PendingModifiedValues") or {}
    counted = {
        name: value for name, value in pending.items() if not (immediately and desired.get(name, value) == value)
    }
    return {**current, **counted, **_as_written(current, desired)}


def _as_written(current: Properties, desired: Mapping[str, Any]) -> Properties:
    """A key by its id, and a version by its first numbers, mean the whole of what DMS tells."""
    same: Properties = {}
    key, version = desired.get("KmsKeyId"), desired.get("EngineVersion")
    if key and is_id_of(key, str(current.get("KmsKeyId"))):
        same["KmsKeyId"] = key
    if version and str(current.get("EngineVersion", "")).startswith(f"{version}."):
        same["EngineVersion"] = version
    return same


def refuse_version(current: str, wanted: str, allow_major: bool) -> None:
    """Raises SweepError for a downgrade, and for a major upgrade that isn't allowed."""
    before, after = _numbers(current), _numbers(wanted)
    if after < before:
        raise SweepError(
            f"engine_version {wanted} is older than {current}, which the instance has: DMS can't go back. Leave it out,"
            " or make an instance under another name."
        )
    if after[:2] != before[:2] and not allow_major:
        raise SweepError(
            f"engine_version {wanted} is another major version than {current}: set allow_major_version_upgrade: true."
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
