# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS in order: each rule is a policy of its own, and off until its option is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..sweep.errors import SweepError
from ..sweep.policy import Check, Common, Policy
from . import rds_backups, rds_pending, rds_settings, rds_snapshots, rds_versions
from .rds_databases import CHECK_NAME

PARTS = (rds_settings, rds_pending, rds_versions, rds_backups, rds_snapshots)

RULES = (
    *rds_settings.PARAMETERS,
    *("pending_maintenance", "minimum_engine_version", "extended_support_warning_days"),
    *("backup_replication_region", "manual_snapshot_min_age_days"),
)

ARGUMENT_SPEC: dict[str, Any] = {
    "identifiers": {"type": "list", "elements": "str"},
    "engines": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "backup_retention_days": {"type": "int"},
    "backup_window": {"type": "str"},
    "maintenance_window": {"type": "str"},
    "auto_minor_version_upgrade": {"type": "bool"},
    "deletion_protection": {"type": "bool"},
    "pending_maintenance": {"type": "str", "choices": list(rds_pending.MODES)},
    "minimum_engine_version": {"type": "dict", "default": {}},
    "extended_support_warning_days": {"type": "int"},
    "backup_replication_region": {"type": "str"},
    "backup_replication_kms_key_id": {"type": "str", "no_log": False},
    "manual_snapshot_min_age_days": {"type": "int"},
    "keep_last": {"type": "int", "default": 3},
    "include_orphaned": {"type": "bool", "default": False},
    "apply_immediately": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
}


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for an option that can't be meant, and if no rule is asked for."""
    if options["wait_timeout"] < 0:
        raise SweepError(f"wait_timeout is {options['wait_timeout']}: it must be 0 or more.")
    found: list[Policy] = [
        *rds_settings.settings_policies(options, common),
        *rds_pending.pending_policies(options, common),
        *rds_versions.version_policies(options, common),
        *rds_backups.replication_policies(options, common),
        *rds_snapshots.snapshot_policies(options, common),
    ]
    if not found:
        raise SweepError(f"rds_maintenance has no rule to check: set at least one of {', '.join(RULES)}.")
    return found


CHECK = Check(
    name=CHECK_NAME,
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    filters=("identifiers", "engines", "tags"),
    permissions=tuple(sorted({action for part in PARTS for action in part.PERMISSIONS})),
    enforce_permissions=(
        *rds_settings.ENFORCE_PERMISSIONS,
        *rds_pending.ENFORCE_PERMISSIONS,
        *rds_backups.ENFORCE_PERMISSIONS,
        *rds_snapshots.ENFORCE_PERMISSIONS,
    ),
)
