# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS: pending maintenance, backups replicated to another region, lifecycles of engines. moto lacks all of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..wire import AwsError, Call, xml
from .rds import filtered, paged
from .rds_states import pass_through, rds, status_of

OPT_INS = ("immediate", "next-maintenance", "undo-opt-in")
ACTIONS = ("ca-certificate-rotation", "db-upgrade", "hardware-maintenance", "os-upgrade", "system-update")
STANDARD, EXTENDED = "open-source-rds-standard-support", "open-source-rds-extended-support"
# engine, major version -> the ends of standard and of extended support
LIFECYCLES: dict[tuple[str, str], tuple[str, str | None]] = {
    ("mysql", "5.7"): ("2024-02-29", "2027-02-28"),
    ("mysql", "8.0"): ("2046-07-31", "2049-07-31"),
    ("postgres", "11"): ("2024-02-29", "2027-03-31"),
    ("postgres", "16"): ("2049-02-28", "2052-02-29"),
    ("mariadb", "10.5"): ("2025-06-30", None),
    ("aurora-postgresql", "16"): ("2049-02-28", "2052-02-29"),
    ("aurora-mysql", "5.7"): ("2024-10-31", "2027-02-28"),
    ("aurora-mysql", "8.0"): ("2048-04-30", "2051-07-31"),
}


FILTERS = {
    "db-cluster-id": lambda one: [one.arn, one.resource_id] if ":cluster:" in one.arn else [],
    "db-instance-id": lambda one: [one.arn, one.resource_id] if ":db:" in one.arn else [],
}


def set_pending(database: Any, action: str, **facts: Any) -> None:
    """Give a DB instance or cluster a pending maintenance action; `facts` are its other fields (ForcedApplyDate)."""
    database.__dict__.setdefault("pending_maintenance", []).append({"Action": action, **facts})


def _databases(call: Call) -> list[Any]:
    backend = rds(call)
    return [*backend.databases.values(), *backend.clusters.values()]


def describe_pending_maintenance_actions(call: Call) -> str:
    """DescribePendingMaintenanceActions, by db-instance-id and db-cluster-id (ids or ARNs).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribePendingMaintenanceActions.html
    """
    found = [one for one in _databases(call) if getattr(one, "pending_maintenance", None)]
    if arn := call.text("ResourceIdentifier"):
        found = [one for one in found if one.arn == arn]
    chosen, marker = paged(filtered(found, call, FILTERS), call, lambda one: one.arn)
    rows = "".join(_pending(one) for one in chosen)
    return f"{marker}<PendingMaintenanceActions>{rows}</PendingMaintenanceActions>"


def _pending(database: Any) -> str:
    details = "".join(
        f"<PendingMaintenanceAction>{xml(row)}</PendingMaintenanceAction>" for row in database.pending_maintenance
    )
    return (
        f"<ResourcePendingMaintenanceActions><ResourceIdentifier>{database.arn}</ResourceIdentifier>"
        f"<PendingMaintenanceActionDetails>{details}</PendingMaintenanceActionDetails>"
        "</ResourcePendingMaintenanceActions>"
    )


def apply_pending_maintenance_action(call: Call) -> str:
    """ApplyPendingMaintenanceAction: in the state available only. `immediate` can't be undone.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ApplyPendingMaintenanceAction.html
    """
    arn, action, opt_in = (call.text(name) for name in ("ResourceIdentifier", "ApplyAction", "OptInType"))
    if opt_in not in OPT_INS or action not in ACTIONS:
        raise AwsError("InvalidParameterValue", f"Invalid value: {opt_in if action in ACTIONS else action}")
    database = next((one for one in _databases(call) if one.arn == arn), None)
    pending = next((row for row in getattr(database, "pending_maintenance", []) if row["Action"] == action), None)
    if database is None or pending is None:
        raise AwsError("ResourceNotFoundFault", f"No pending {action} on {arn}.", 404)
    if status_of(database) != "available":
        code = "InvalidDBClusterStateFault" if ":cluster:" in arn else "InvalidDBInstanceState"
        raise AwsError(code, f"{arn} is not in the available state.")
    if opt_in == "immediate":
        database.pending_maintenance.remove(pending)
        database.status = "maintenance"
        pass_through(database, "maintenance")
    else:
        pending["OptInStatus"] = opt_in
    named = f"<ResourceIdentifier>{arn}</ResourceIdentifier>"
    return f"<ResourcePendingMaintenanceActions>{named}</ResourcePendingMaintenanceActions>"


def start_db_instance_automated_backups_replication(call: Call) -> str:
    """StartDBInstanceAutomatedBackupsReplication: called in the region that gets the copies, with the source's ARN. The
    source must keep backups; one that is encrypted needs a KMS key of this region.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StartDBInstanceAutomatedBackupsReplication.html
    """
    arn = call.text("SourceDBInstanceArn")
    source_region, name = arn.split(":")[3], arn.rpartition(":")[2]
    if source_region == call.region:
        raise AwsError("InvalidParameterValue", "The source and destination Regions must differ.")
    instance = rds(call, source_region).databases.get(name)
    if instance is None:
        raise AwsError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
    if status_of(instance) != "available":
        raise AwsError("InvalidDBInstanceState", f"Database instance {name} is not in available state.")
    if instance.db_cluster_identifier or not instance.backup_retention_period:
        raise AwsError("InvalidDBInstanceState", f"Automated backups of {name} can't be replicated.")
    if instance.storage_encrypted and not call.text("KmsKeyId"):
        raise AwsError("InvalidParameterCombination", f"{name} is encrypted: KmsKeyId is required.")
    copies = instance.__dict__.setdefault("db_instance_automated_backups_replications", [])
    copy = f"arn:aws:rds:{call.region}:{call.account}:auto-backup:ab-{name}"
    if any(row["DBInstanceAutomatedBackupsArn"] == copy for row in copies):
        raise AwsError("InvalidDBInstanceAutomatedBackupState", f"{name} is replicated to {call.region} already.")
    copies.append({"DBInstanceAutomatedBackupsArn": copy})
    return f"<DBInstanceAutomatedBackup>{xml({'DBInstanceArn': arn, 'Status': 'pending'})}</DBInstanceAutomatedBackup>"


def describe_db_major_engine_versions(call: Call) -> str:
    """DescribeDBMajorEngineVersions: until when each major version has standard and extended support.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBMajorEngineVersions.html
    """
    engine = call.text("Engine")
    chosen, marker = paged([key for key in LIFECYCLES if engine in ("", key[0])], call, "/".join)
    rows = "".join(f"<DBMajorEngineVersion>{_lifecycles(*key)}</DBMajorEngineVersion>" for key in chosen)
    return f"{marker}<DBMajorEngineVersions>{rows}</DBMajorEngineVersions>"


def _lifecycles(engine: str, major: str) -> str:
    ends = zip((STANDARD, EXTENDED), LIFECYCLES[engine, major], strict=True)
    cycles = "".join(
        f"<SupportedEngineLifecycle>{xml({'LifecycleSupportName': name, 'LifecycleSupportEndDate': _day(end)})}"
        "</SupportedEngineLifecycle>"
        for name, end in ends
        if end
    )
    named = xml({"Engine": engine, "MajorEngineVersion": major})
    return f"{named}<SupportedEngineLifecycles>{cycles}</SupportedEngineLifecycles>"


def _day(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59")


OPERATIONS = {
    "ApplyPendingMaintenanceAction": apply_pending_maintenance_action,
    "DescribeDBMajorEngineVersions": describe_db_major_engine_versions,
    "DescribePendingMaintenanceActions": describe_pending_maintenance_actions,
    "StartDBInstanceAutomatedBackupsReplication": start_db_instance_automated_backups_replication,
}
