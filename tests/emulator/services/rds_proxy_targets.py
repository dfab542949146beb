# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The target group of an RDS Proxy: its pool, and one database. moto takes any target, and forgets half of a pool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..wire import AwsError, Call, xml
from .rds_proxies import changeable, existing, group_of, pass_through, passing_describes, rds

# the state of a database that a proxy can be put before, in the words of the service's own refusal
REGISTRABLE = ("available", "modifying", "backing-up")
POOL = {
    "MaxConnectionsPercent": "max_connections",
    "MaxIdleConnectionsPercent": "max_idle_connections",
    "ConnectionBorrowTimeout": "borrow_timeout",
}


def set_target_health(proxy: Any, state: str, reason: str = "", description: str = "") -> None:
    """Give all targets of a proxy, also those to come, this health."""
    proxy.health = {"State": state, "Reason": reason or None, "Description": description or None}


def describe_db_proxy_target_groups(call: Call) -> str:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBProxyTargetGroups.html"""
    return xml({"TargetGroups": [_group_row(group_of(_told(call)))]}, "member")


def _told(call: Call) -> Any:
    """InvalidDBProxyStateFault is documented without its states: taken strictly, while the proxy is being created."""
    proxy = existing(call)
    return changeable(call) if proxy.status == "creating" else proxy


def modify_db_proxy_target_group(call: Call) -> str:
    """ModifyDBProxyTargetGroup: a percentage of idle connections needs that of all, and is at most as large.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html
    """
    proxy = changeable(call)
    group = group_of(proxy)
    prefix = "ConnectionPoolConfig."
    given = {name: call.number(prefix + name, 0) for name in POOL if prefix + name in call.params}
    if "MaxIdleConnectionsPercent" in given and "MaxConnectionsPercent" not in given:
        raise AwsError("InvalidParameterCombination", "MaxIdleConnectionsPercent needs MaxConnectionsPercent")
    if "MaxConnectionsPercent" in given:
        given.setdefault("MaxIdleConnectionsPercent", given["MaxConnectionsPercent"] // 2)
        if not 0 <= given["MaxIdleConnectionsPercent"] <= given["MaxConnectionsPercent"] <= 100:
            raise AwsError("InvalidParameterValue", "The percentages of the connection pool are out of range")
    for name, value in given.items():
        setattr(group, POOL[name], value)
    # an empty list is sent as an empty parameter
    if any(name.startswith(f"{prefix}SessionPinningFilters") for name in call.params):
        group.session_pinning_filters = call.values(f"{prefix}SessionPinningFilters")
    if f"{prefix}InitQuery" in call.params:
        group.init_query = call.text(f"{prefix}InitQuery")
    pass_through(call, proxy, "modifying")
    return xml({"DBProxyTargetGroup": _group_row(group)}, "member")


def register_db_proxy_targets(call: Call) -> str:
    """RegisterDBProxyTargets: one database, which exists and is in a fit state.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RegisterDBProxyTargets.html, and of the one database
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxyTargetGroup.html (the code isn't documented).
    """
    proxy = changeable(call)
    instances, clusters = call.values("DBInstanceIdentifiers"), call.values("DBClusterIdentifiers")
    for name in clusters:
        _fit(rds(call).clusters.get(name), "DBClusterNotFoundFault", "InvalidDBClusterStateFault", name)
    for name in instances:
        _fit(rds(call).databases.get(name), "DBInstanceNotFound", "InvalidDBInstanceState", name)
    there = [target.rds_resource_id for target in group_of(proxy).targets]
    if again := set(there) & {*instances, *clusters}:
        raise AwsError("DBProxyTargetAlreadyRegisteredFault", f"The proxy is already associated with {again.pop()}.")
    if len([*there, *instances, *clusters]) > 1:
        raise AwsError("InvalidParameterCombination", "A target group is associated with exactly one RDS DB instance "
                       "or Aurora DB cluster")  # fmt: skip
    targets = rds(call).register_db_proxy_targets(proxy.db_proxy_name, "default", clusters, instances)
    for target in targets:
        target.describes_left = passing_describes(call)
    return xml({"DBProxyTargets": [_target(target.type, target.rds_resource_id) for target in targets]}, "member")


def _fit(database: Any, missing: str, wrong_state: str, name: str) -> None:
    if database is None:
        raise AwsError(missing, f"{name} not found.", 404)
    status = getattr(database, "_status", None) or database.status
    if status not in REGISTRABLE:
        raise AwsError(wrong_state, f"{name} is in an unsupported state - {status.upper()}, needs to be in "
                       f"[{', '.join(state.upper() for state in REGISTRABLE)}]")  # fmt: skip


def deregister_db_proxy_targets(call: Call) -> str:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeregisterDBProxyTargets.html"""
    proxy = changeable(call)
    gone = [*call.values("DBInstanceIdentifiers"), *call.values("DBClusterIdentifiers")]
    group = group_of(proxy)
    if missing := set(gone) - {target.rds_resource_id for target in group.targets}:
        raise AwsError("DBProxyTargetNotFoundFault", f"{missing.pop()} is no target of this proxy.", 404)
    group.targets = [target for target in group.targets if target.rds_resource_id not in gone]
    return ""


def describe_db_proxy_targets(call: Call) -> str:
    """DescribeDBProxyTargets: a cluster is a target without health, and its instances are targets beside it.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxyTarget.html
    """
    proxy = _told(call)
    rows = []
    for target in group_of(proxy).targets:
        left = getattr(target, "describes_left", 0)
        target.describes_left = max(left - 1, 0)
        health = {"State": "REGISTERING"} if left else getattr(proxy, "health", {"State": "AVAILABLE"})
        if target.type == "TRACKED_CLUSTER":
            rows.append(_target(target.type, target.rds_resource_id))
            members = rds(call).clusters[target.rds_resource_id].members
            rows += [_target("RDS_INSTANCE", str(member), health) for member in members]
        else:
            rows.append(_target(target.type, target.rds_resource_id, health))
    return xml({"Targets": rows}, "member")


def _target(kind: str, identifier: str, health: Mapping[str, Any] | None = None) -> dict[str, Any]:
    row = {"Type": kind, "RdsResourceId": identifier, "Port": 3306 if kind == "RDS_INSTANCE" else 0}
    return row | ({"TargetHealth": health, "Role": "READ_WRITE"} if health else {})


def _group_row(group: Any) -> dict[str, Any]:
    config = {name: int(getattr(group, attribute)) for name, attribute in POOL.items()}
    return {
        "DBProxyName": group.db_proxy_name,
        "TargetGroupName": group.target_group_name,
        "TargetGroupArn": group.arn,
        "IsDefault": True,
        "Status": "available",
        "ConnectionPoolConfig": config
        | {
            "SessionPinningFilters": group.session_pinning_filters,
            "InitQuery": getattr(group, "init_query", None) or None,
        },
        "CreatedDate": group.created_date,
        "UpdatedDate": group.updated_date,
    }


OPERATIONS = {
    "DescribeDBProxyTargetGroups": describe_db_proxy_target_groups,
    "ModifyDBProxyTargetGroup": modify_db_proxy_target_group,
    "RegisterDBProxyTargets": register_db_proxy_targets,
    "DeregisterDBProxyTargets": deregister_db_proxy_targets,
    "DescribeDBProxyTargets": describe_db_proxy_targets,
}
