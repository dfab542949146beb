# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Aurora global databases: one cluster that writes, and clusters in other regions that follow it."""

from __future__ import annotations

from typing import Any

from ..wire import AwsError, Call, xml
from .rds_clusters import check_subnet_group, tags_of
from .rds_engine_versions import supports_global_databases
from .rds_states import rds, refuse_unless_available, remember

HOME = "us-east-1"  # where moto keeps the global clusters of all regions


def create_db_cluster(call: Call) -> None:
    """A cluster in a global database has its engine version, and a key of its own region if it is encrypted; moto
    creates it.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-attaching.html
    """
    name = call.text("GlobalClusterIdentifier")
    if not name:
        return
    found = _global_cluster(call, name)
    check_subnet_group(call)
    if call.text("EngineVersion") != found.members[0].engine_version:
        raise AwsError("InvalidParameterCombination", f"The global cluster {name} runs engine version "
                       f"{found.members[0].engine_version}.")  # fmt: skip
    if found.storage_encrypted and not call.text("KmsKeyId"):
        raise AwsError("InvalidParameterCombination", "KmsKeyId should be explicitly specified for an encrypted "
                       "cluster in another region.")  # fmt: skip
    remember(call, "cluster", call.text("DBClusterIdentifier"))


def _global_cluster(call: Call, name: str) -> Any:
    found = rds(call, HOME).global_clusters.get(name)
    if found is None:
        raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {name} not found", 404)
    return found


def create_global_cluster(call: Call) -> str:
    """CreateGlobalCluster from a cluster in any region, which becomes its writer (moto: in us-east-1 only, no writer).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateGlobalCluster.html
    """
    name, arn = call.text("GlobalClusterIdentifier"), call.text("SourceDBClusterIdentifier")
    home = rds(call, HOME)
    if name in home.global_clusters:
        raise AwsError("GlobalClusterAlreadyExistsFault", f"Global cluster {name} already exists")
    source = rds(call, arn.split(":")[3]).clusters.get(arn.rpartition(":")[2])
    if source is None:
        raise AwsError("DBClusterNotFoundFault", f"DBCluster {arn} not found.", 404)
    refuse_unless_available(source)
    if not supports_global_databases(source.engine, source.engine_version):
        what = f"{source.engine} {source.engine_version}"
        raise AwsError("InvalidParameterValue", f"{what} doesn't support global databases")
    made = home.create_global_cluster(
        name, None, source.engine, source.engine_version, source.storage_encrypted, call.flag("DeletionProtection")
    )
    made.tags = tags_of(call)
    source.is_writer, source.global_cluster_identifier = True, name
    made.members.append(source)
    return f"<GlobalCluster>{_global_xml(made)}</GlobalCluster>"


def describe_global_clusters(call: Call) -> str:
    """DescribeGlobalClusters of one identifier (moto: always all).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeGlobalClusters.html
    """
    name = call.text("GlobalClusterIdentifier")
    found = [_global_cluster(call, name)] if name else list(rds(call, HOME).global_clusters.values())
    rows = (f"<GlobalClusterMember>{_global_xml(one)}</GlobalClusterMember>" for one in found)
    return f"<GlobalClusters>{''.join(rows)}</GlobalClusters>"


def _global_xml(found: Any) -> str:
    row = {
        "GlobalClusterIdentifier": found.global_cluster_identifier,
        "GlobalClusterArn": found.global_cluster_arn,
        "Status": found.status,
        "Engine": found.engine,
        "EngineVersion": found.engine_version,
        "StorageEncrypted": found.storage_encrypted,
        "DeletionProtection": found.deletion_protection,
    }
    members = "".join(
        f"<GlobalClusterMember>{xml({'DBClusterArn': m.db_cluster_arn, 'IsWriter': m.is_writer})}</GlobalClusterMember>"
        for m in found.members
    )
    tags = "".join(f"<Tag>{xml(tag)}</Tag>" for tag in found.tags)
    return f"{xml(row)}<GlobalClusterMembers>{members}</GlobalClusterMembers><TagList>{tags}</TagList>"


OPERATIONS = {
    "CreateDBCluster": create_db_cluster,
    "CreateGlobalCluster": create_global_cluster,
    "DescribeGlobalClusters": describe_global_clusters,
}
