# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The states that RDS resources take their time in: each describe shows the next one (moto: available at once)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..wire import AwsError, Call

# Describes that show a resource in a passing state, before it is available.
PASSING = 3

Stage = tuple[str, Callable[[], None] | None]


def rds(call: Call, region: str = "") -> Any:
    """moto's RDS backend of the call's account and region, or of another region."""
    from moto.rds.models import rds_backends

    return rds_backends[call.account][region or call.region]


def pass_through(resource: Any, *statuses: str, then: Callable[[], None] | None = None) -> None:
    """Let the next describes show these statuses, one each, and then `available`; `then` happens just before that."""
    resource.stages = [*((status, None) for status in statuses), ("available", then)]


def status_of(resource: Any) -> str:
    """The status now. Reading a cluster's own property makes moto end its creation."""
    return str(getattr(resource, "_status", "") or resource.status)


def _advance(backend: Any, resources: Iterable[Any], identifier: str, name_of: Callable[[Any], str]) -> None:
    """One describe further, for the resource of this identifier or, without one, for all."""
    wanted = identifier.rpartition(":")[2].lower()
    for resource in list(resources):
        if wanted and name_of(resource).lower() != wanted:
            continue
        if resource.arn in _new(backend):
            _new(backend).remove(resource.arn)
            pass_through(resource, *["creating"] * PASSING)
        stages: list[Stage] = getattr(resource, "stages", [])
        if stages:
            resource.status, effect = stages.pop(0)
            if effect:
                effect()


def _new(backend: Any) -> set[str]:
    """The ARNs of what has just been created, and so is still being created."""
    if not hasattr(backend, "newly_created"):
        backend.newly_created = set()
    found: set[str] = backend.newly_created
    return found


def remember(call: Call, resource_type: str, identifier: str) -> None:
    _new(rds(call)).add(f"arn:aws:rds:{call.region}:{call.account}:{resource_type}:{identifier.lower()}")


def describe_db_instances(call: Call) -> None:
    """A new member of a cluster is `creating` for a while; moto answers.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
    """
    backend = rds(call)
    _advance(backend, backend.databases.values(), call.text("DBInstanceIdentifier"), lambda i: i.db_instance_identifier)


def describe_db_clusters(call: Call) -> None:
    """A cluster is `creating` or `upgrading` for a while; moto answers.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html
    """
    backend = rds(call)
    _advance(backend, backend.clusters.values(), call.text("DBClusterIdentifier"), lambda c: c.db_cluster_identifier)


def describe_db_snapshots(call: Call) -> None:
    """A snapshot is `creating` for a while; moto answers."""
    backend = rds(call)
    snapshots = backend.database_snapshots.values()
    _advance(backend, snapshots, call.text("DBSnapshotIdentifier"), lambda s: s.db_snapshot_identifier)


def refuse_unless_available(cluster: Any) -> None:
    if status_of(cluster) != "available":
        raise AwsError("InvalidDBClusterStateFault", f"DB cluster {cluster.db_cluster_identifier} is not in the "
                       f"available state: {status_of(cluster)}.")  # fmt: skip


OPERATIONS = {
    "DescribeDBClusters": describe_db_clusters,
    "DescribeDBInstances": describe_db_instances,
    "DescribeDBSnapshots": describe_db_snapshots,
}
