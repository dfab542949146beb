# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS clusters: restored from an instance's snapshot, and upgraded along what RDS offers."""

from __future__ import annotations

from typing import Any

from ..wire import AwsError, Call, xml
from .rds_engine_versions import is_major, targets
from .rds_states import PASSING, pass_through, rds, refuse_unless_available, remember, status_of

SNAPSHOT_STATES = ("available", "storage-optimization")


def create_db_snapshot(call: Call) -> None:
    """CreateDBSnapshot: "the source DB instance must be in the available or storage-optimization state"; moto creates.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html
    """
    instance = rds(call).databases.get(call.text("DBInstanceIdentifier"))
    if instance is not None and status_of(instance) not in SNAPSHOT_STATES:
        raise AwsError("InvalidDBInstanceState", f"Cannot create a snapshot because the database instance "
                       f"{instance.db_instance_identifier} is not currently in the available state.")  # fmt: skip
    if call.text("DBSnapshotIdentifier") not in rds(call).database_snapshots:
        remember(call, "snapshot", call.text("DBSnapshotIdentifier"))


def restore_db_cluster_from_snapshot(call: Call) -> str | None:
    """RestoreDBClusterFromSnapshot from a DB snapshot, which is named by its ARN (moto: from cluster snapshots only).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterFromSnapshot.html
    """
    arn = call.text("SnapshotIdentifier")
    if ":cluster-snapshot:" in arn:
        return None
    backend = rds(call)
    snapshot = next((s for s in backend.database_snapshots.values() if s.arn == arn), None)
    if snapshot is None:
        raise AwsError("DBClusterSnapshotNotFoundFault", f"DBClusterSnapshot not found: {arn}", 404)
    _check_restore(call, snapshot)
    cluster = backend.create_db_cluster(_restored(call, snapshot))
    cluster._master_user_password = snapshot.database._master_user_password
    cluster._status = "creating"
    pass_through(cluster, *["creating"] * PASSING)
    return f"<DBCluster>{_cluster_xml(cluster, 'creating')}</DBCluster>"


def _check_restore(call: Call, snapshot: Any) -> None:
    if call.text("DBClusterIdentifier").lower() in rds(call).clusters:
        raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
    if status_of(snapshot) != "available":
        raise AwsError("InvalidDBSnapshotState", f"The snapshot {snapshot.db_snapshot_identifier} is not available")
    if call.text("EngineVersion") not in targets(snapshot.engine, snapshot.engine_version, call.text("Engine")):
        raise AwsError("InvalidParameterCombination", f"Cannot migrate from {snapshot.engine} {snapshot.engine_version}"
                       f" to {call.text('Engine')} {call.text('EngineVersion')}")  # fmt: skip
    check_subnet_group(call)


def check_subnet_group(call: Call) -> None:
    name = call.text("DBSubnetGroupName")
    if name and name not in rds(call).subnet_groups:
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404)


def _restored(call: Call, snapshot: Any) -> dict[str, Any]:
    """What the cluster has of the snapshot and what of the request; the rest is the default, as the API says."""
    key = call.text("KmsKeyId") or snapshot.kms_key_id
    return {
        "db_cluster_identifier": call.text("DBClusterIdentifier").lower(),
        "engine": call.text("Engine"),
        "engine_version": call.text("EngineVersion"),
        "master_username": snapshot.master_username,
        "master_user_password": "taken from the snapshot",
        "database_name": snapshot.database.db_name,
        "port": call.number("Port", snapshot.port),
        "db_subnet_group_name": call.text("DBSubnetGroupName") or None,
        "db_cluster_parameter_group_name": call.text("DBClusterParameterGroupName") or None,
        "vpc_security_group_ids": _list(call, "VpcSecurityGroupIds.VpcSecurityGroupId"),
        "kms_key_id": key,
        "storage_encrypted": bool(key),
        "deletion_protection": call.flag("DeletionProtection"),
        "tags": tags_of(call),
    }


def _list(call: Call, stem: str) -> list[str]:
    found: list[str] = []
    while (value := call.params.get(f"{stem}.{len(found) + 1}")) is not None:
        found.append(str(value))
    return found


def tags_of(call: Call) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    while (key := call.params.get(f"Tags.Tag.{len(found) + 1}.Key")) is not None:
        found.append({"Key": str(key), "Value": call.text(f"Tags.Tag.{len(found) + 1}.Value")})
    return found


def create_db_instance(call: Call) -> None:
    """A member is added to an available cluster only; moto creates it.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
    """
    cluster = rds(call).clusters.get(call.text("DBClusterIdentifier"))
    if cluster is None:
        return
    refuse_unless_available(cluster)
    if call.text("DBInstanceIdentifier") not in rds(call).databases:
        remember(call, "db", call.text("DBInstanceIdentifier"))


def modify_db_cluster(call: Call) -> str | None:
    """ModifyDBCluster: in the state available only; another engine version must be one that RDS offers, a major one
    needs AllowMajorVersionUpgrade. The call answers before the upgrade begins (moto: any version, at once).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html
    """
    cluster = rds(call).clusters.get(call.text("DBClusterIdentifier"))
    if cluster is None:
        raise AwsError("DBClusterNotFoundFault", f"DBCluster {call.text('DBClusterIdentifier')} not found.", 404)
    refuse_unless_available(cluster)
    version = call.text("EngineVersion")
    if version in ("", cluster.engine_version):
        return None
    _check_upgrade(call, cluster, version)
    passing = ["available", *["upgrading"] * PASSING]
    if not getattr(cluster, "upgrades_fail", False):
        pass_through(cluster, *passing, then=lambda: setattr(cluster, "engine_version", version))
    else:  # "the upgrade is rolled back": AuroraUserGuide/USER_UpgradeDBInstance.PostgreSQL.html
        pass_through(cluster, *passing)
    return f"<DBCluster>{_cluster_xml(cluster, 'available')}</DBCluster>"


def _check_upgrade(call: Call, cluster: Any, version: str) -> None:
    if version not in targets(cluster.engine, cluster.engine_version, cluster.engine):
        raise AwsError("InvalidParameterCombination",
                       f"Cannot upgrade {cluster.engine} from {cluster.engine_version} to {version}")  # fmt: skip
    if is_major(cluster.engine_version, version) and not call.flag("AllowMajorVersionUpgrade"):
        raise AwsError("InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present when "
                       "upgrading to a new major version.")  # fmt: skip
    if not call.flag("ApplyImmediately"):
        raise AwsError("InvalidParameterCombination", "The emulated account has no maintenance windows.")


def _cluster_xml(cluster: Any, status: str) -> str:
    return xml(
        {
            "DBClusterIdentifier": cluster.db_cluster_identifier,
            "DBClusterArn": cluster.arn,
            "Engine": cluster.engine,
            "EngineVersion": cluster.engine_version,
            "Status": status,
        }
    )


OPERATIONS = {
    "CreateDBInstance": create_db_instance,
    "CreateDBSnapshot": create_db_snapshot,
    "ModifyDBCluster": modify_db_cluster,
    "RestoreDBClusterFromSnapshot": restore_db_cluster_from_snapshot,
}
