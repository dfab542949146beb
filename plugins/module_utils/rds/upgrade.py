# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of an Aurora cluster's engine upgrade: checked against what RDS offers, made, and waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    from botocore.exceptions import WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..resource.patience import WAIT_ARGUMENT_SPEC, Patience
from ..resource.task import Task
from ..sweep.errors import SweepError
from ..sweep.region import Region, Resource
from .databases import CLUSTER, INSTANCE, as_ansible, find
from .versions import Version, read_versions, refused_upgrade
from .waiting import wait_for, wait_until

ARGUMENT_SPEC: dict[str, Any] = {
    **WAIT_ARGUMENT_SPEC,
    "db_cluster_identifier": {"type": "str", "required": True, "aliases": ["cluster_id", "id"]},
    "engine_version": {"type": "str", "required": True},
    "db_cluster_parameter_group_name": {"type": "str"},
    "db_instance_parameter_group_name": {"type": "str"},
}


def upgrade(task: Task) -> dict[str, Any]:
    """The module's result. Raises SweepError, CallError."""
    region, options = task.region(), task.options
    cluster = _ready(region, task)
    before, wanted = cluster["EngineVersion"], options["engine_version"]
    if before != wanted:
        request = _request(_offer(region, cluster), options)
        if not task.check_mode:
            region.call("rds", "modify_db_cluster", **request)
            cluster = _upgraded(region, options["db_cluster_identifier"], before, wanted, task.patience)
    return {
        "changed": before != wanted,
        "previous_engine_version": before,
        "engine_version": wanted,
        "db_cluster": as_ansible(cluster),
    }


def _ready(region: Region, task: Task) -> Resource:
    """The cluster, once it and its instances may be changed; in check mode as it is."""
    identifier = task.options["db_cluster_identifier"]
    cluster = find(region, CLUSTER, identifier)
    if cluster is None:
        raise SweepError(f"There is no DB cluster {identifier} in {region.scope.region}.")
    if task.check_mode:
        return cluster
    return _settled(region, identifier, task.patience)


def _settled(region: Region, identifier: str, patience: Patience) -> Resource:
    """A cluster is available before its instances are, and takes no upgrade until they are, too."""
    cluster = wait_until(region, CLUSTER, identifier, patience)
    for member in cluster.get("DBClusterMembers", []):
        wait_until(region, INSTANCE, member["DBInstanceIdentifier"], patience)
    return cluster


def _offer(region: Region, cluster: Resource) -> Version:
    engine, number = cluster["Engine"], cluster["EngineVersion"]
    return read_versions(region, engine, number).get(number, Version(engine, number, listed=False))


def _request(current: Version, options: Mapping[str, Any]) -> dict[str, Any]:
    """ModifyDBCluster's parameters. Raises SweepError."""
    wanted = options["engine_version"]
    if refusal := refused_upgrade(current, wanted):
        raise SweepError(f"{refusal} DB cluster {options['db_cluster_identifier']} was not changed.")
    groups = {
        "DBClusterParameterGroupName": options["db_cluster_parameter_group_name"],
        "DBInstanceParameterGroupName": options["db_instance_parameter_group_name"],
    }
    major = any(
        target.major for target in current.targets if (target.engine, target.version) == (current.engine, wanted)
    )
    return {
        "DBClusterIdentifier": options["db_cluster_identifier"],
        "EngineVersion": wanted,
        "AllowMajorVersionUpgrade": major,
        "ApplyImmediately": True,
        **{name: value for name, value in groups.items() if value},
    }


def _upgraded(region: Region, identifier: str, before: str, wanted: str, patience: Patience) -> Resource:
    """The cluster with its new version. RDS answers before it begins, and rolls a failed upgrade back in silence."""
    path = f"{CLUSTER.key}[0]"
    begun = f"{path}.EngineVersion == '{wanted}' || {path}.Status != 'available'"
    try:
        wait_for(region, CLUSTER, identifier, patience, [_true(begun)])
    except WaiterError as error:
        raise SweepError(
            f"DB cluster {identifier} didn't begin its upgrade to {wanted} within {patience.timeout} seconds."
        ) from error
    cluster = _settled(region, identifier, patience)
    if cluster["EngineVersion"] != wanted:
        raise SweepError(
            f"The upgrade of DB cluster {identifier} to {wanted} failed and RDS went back to {before}:"
            " its events and upgrade log in RDS say why."
        )
    return cluster


def _true(expression: str) -> dict[str, Any]:
    return {"state": "success", "matcher": "path", "argument": expression, "expected": True}
