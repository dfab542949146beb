# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS snapshots: pages, types and filters; deletion in the states that allow it."""

from __future__ import annotations

from typing import Any

from ..wire import AwsError, Call, xml
from . import rds_states
from .rds import filtered, paged
from .rds_states import rds

FILTERS = {
    "db-instance-id": lambda s: [s.db_instance_identifier, s.database.arn],
    "db-snapshot-id": lambda s: s.db_snapshot_identifier,
    "dbi-resource-id": lambda s: s.dbi_resource_id,
    "engine": lambda s: s.engine,
    "snapshot-type": lambda s: s.snapshot_type,
}
CLUSTER_FILTERS = {
    "db-cluster-id": lambda s: [s.db_cluster_identifier, s.cluster.arn],
    "db-cluster-snapshot-id": lambda s: s.db_cluster_snapshot_identifier,
    "engine": lambda s: s.engine,
    "snapshot-type": lambda s: s.snapshot_type,
}


def describe_db_snapshots(call: Call) -> str | None:
    """DescribeDBSnapshots: pages of MaxRecords (moto: everything at once), and no snapshot of another type.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
    """
    rds_states.describe_db_snapshots(call)
    if call.text("SnapshotType") in ("shared", "public") or call.text("DBSnapshotIdentifier"):
        return None
    found = _of_type(list(rds(call).database_snapshots.values()), call)
    if name := call.text("DBInstanceIdentifier"):
        found = [snapshot for snapshot in found if name.lower() in FILTERS["db-instance-id"](snapshot)]
    chosen, marker = paged(filtered(found, call, FILTERS), call, lambda s: s.db_snapshot_identifier)
    rows = "".join(f"<DBSnapshot>{_snapshot(one)}</DBSnapshot>" for one in chosen)
    return f"{marker}<DBSnapshots>{rows}</DBSnapshots>"


def describe_db_cluster_snapshots(call: Call) -> str | None:
    """DescribeDBClusterSnapshots, as DescribeDBSnapshots.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusterSnapshots.html
    """
    if call.text("SnapshotType") in ("shared", "public") or call.text("DBClusterSnapshotIdentifier"):
        return None
    found = _of_type(list(rds(call).cluster_snapshots.values()), call)
    if name := call.text("DBClusterIdentifier"):
        found = [snapshot for snapshot in found if name.lower() in CLUSTER_FILTERS["db-cluster-id"](snapshot)]
    chosen, marker = paged(filtered(found, call, CLUSTER_FILTERS), call, lambda s: s.db_cluster_snapshot_identifier)
    rows = "".join(f"<DBClusterSnapshot>{_cluster_snapshot(one)}</DBClusterSnapshot>" for one in chosen)
    return f"{marker}<DBClusterSnapshots>{rows}</DBClusterSnapshots>"


def _of_type(snapshots: list[Any], call: Call) -> list[Any]:
    types = [call.text("SnapshotType")] if call.text("SnapshotType") else ["manual", "automated"]
    return [snapshot for snapshot in snapshots if snapshot.snapshot_type in types]


def _snapshot(snapshot: Any) -> str:
    row = {
        "DBSnapshotIdentifier": snapshot.db_snapshot_identifier,
        "DBSnapshotArn": snapshot.arn,
        "DBInstanceIdentifier": snapshot.db_instance_identifier,
        "DbiResourceId": snapshot.dbi_resource_id,
        "SnapshotCreateTime": snapshot.created,
        "OriginalSnapshotCreateTime": snapshot.original_snapshot_create_time,
    }
    return xml(row) + _common(snapshot)


def _cluster_snapshot(snapshot: Any) -> str:
    row = {
        "DBClusterSnapshotIdentifier": snapshot.db_cluster_snapshot_identifier,
        "DBClusterSnapshotArn": snapshot.arn,
        "DBClusterIdentifier": snapshot.db_cluster_identifier,
        "DbClusterResourceId": snapshot.cluster.db_cluster_resource_id,
        "SnapshotCreateTime": snapshot.created,
    }
    return xml(row) + _common(snapshot)


def _common(snapshot: Any) -> str:
    row = {
        "SnapshotType": snapshot.snapshot_type,
        "Status": snapshot.status,
        "Engine": snapshot.engine,
        "EngineVersion": snapshot.engine_version,
        "AllocatedStorage": snapshot.allocated_storage,
        "MasterUsername": snapshot.master_username,
        "Port": snapshot.port,
        "PercentProgress": 100 if snapshot.status == "available" else 40,
        "KmsKeyId": snapshot.kms_key_id if snapshot.encrypted else None,
        "Encrypted": bool(snapshot.encrypted),
        "StorageEncrypted": bool(snapshot.encrypted),
    }
    tags = "".join(f"<Tag>{xml(tag)}</Tag>" for tag in snapshot.tags)
    return f"{xml(row)}<TagList>{tags}</TagList>"


def delete_db_snapshot(call: Call) -> None:
    """DeleteDBSnapshot: "The DB snapshot must be in the available state to be deleted" (moto: in any).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSnapshot.html
    """
    snapshot = rds(call).database_snapshots.get(call.text("DBSnapshotIdentifier"))
    if snapshot is not None and snapshot.status != "available":
        message = f"Cannot delete the snapshot because it is not currently in the available state: {snapshot.status}"
        raise AwsError("InvalidDBSnapshotState", message)


def delete_db_cluster_snapshot(call: Call) -> None:
    """DeleteDBClusterSnapshot, as DeleteDBSnapshot.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBClusterSnapshot.html
    """
    snapshot = rds(call).cluster_snapshots.get(call.text("DBClusterSnapshotIdentifier"))
    if snapshot is not None and snapshot.status != "available":
        message = f"Cannot delete the snapshot because it is not currently in the available state: {snapshot.status}"
        raise AwsError("InvalidDBClusterSnapshotStateFault", message)


OPERATIONS = {
    "DeleteDBClusterSnapshot": delete_db_cluster_snapshot,
    "DeleteDBSnapshot": delete_db_snapshot,
    "DescribeDBClusterSnapshots": describe_db_cluster_snapshots,
    "DescribeDBSnapshots": describe_db_snapshots,
}
