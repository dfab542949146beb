# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An RDS Proxy with its target group: what AWS calls change it, and what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ..resource.properties import TAGS, Change, Properties, said
from ..resource.resource import Goal, Resource, Step
from ..sweep.errors import CallError
from ..sweep.region import Region
from .db_proxy_options import auth_of, check, connection_pool_of, identifiers
from .db_proxy_targets import refuse_unfit_database, registered
from .waiters import waiter_factory

# the only target group that a proxy has
TARGET_GROUP = "default"
# DescribeDBProxyTargetGroups and DescribeDBProxyTargets document both, without saying in which states
UNTOLD = ("InvalidDBProxyStateFault", "DBProxyTargetGroupNotFoundFault")
AVAILABLE = Goal("db_proxy_available", "available")


class DbProxy(Resource):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxy.html

    Its properties are those of DBProxy, the target group's `ConnectionPoolConfig`, `Targets`, and from these what was
    registered: `DBInstanceIdentifiers` and `DBClusterIdentifiers`.
    """

    kind = "RDS Proxy"
    service = "rds"
    returned_as = "db_proxy"
    immutable = {  # noqa: RUF012
        "EngineFamily": "make a proxy under another name, move the applications to it, then delete this one",
        "VpcSubnetIds": (
            "name the subnets that it has (RDS leaves out those in Availability Zones without RDS Proxy), or make a"
            " proxy under another name, move the applications to it, then delete this one"
        ),
    }
    waiters = waiter_factory
    settled = AVAILABLE
    deletable = Goal("db_proxy_deletable", "fit for deletion")
    deleted = Goal("db_proxy_deleted", "deleted")
    finished = (AVAILABLE, Goal("db_proxy_targets_available", "available"))

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        check(options)
        super().__init__(options)
        self._group: Mapping[str, Any] = options["target_group"] or {}

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"DBProxyName": self.name}

    @property
    def steps(self) -> Sequence[Step]:
        settings = ("Auth", "RoleArn", "RequireTLS", "IdleClientTimeout", "DebugLogging", "VpcSecurityGroupIds")
        return [
            Step(settings, self._modify),
            Step(["ConnectionPoolConfig"], self._modify_target_group, in_create=False),
            Step(["DBInstanceIdentifiers", "DBClusterIdentifiers"], self._register, in_create=False),
        ]

    def describe(self, region: Region) -> Properties | None:
        try:
            (proxy,) = region.call("rds", "describe_db_proxies", **self.identity)["DBProxies"]
            tags = region.call("rds", "list_tags_for_resource", ResourceName=proxy["DBProxyArn"])["TagList"]
            group = self._describe_target_group(region)
        except CallError as error:
            if error.code == "DBProxyNotFoundFault":
                return None
            raise
        return {**proxy, **group, TAGS: boto3_tag_list_to_ansible_dict(tags)}

    def _describe_target_group(self, region: Region) -> Properties:
        """Nothing in the states in which RDS doesn't tell it, as while the proxy is being created."""
        try:
            (group,) = region.call("rds", "describe_db_proxy_target_groups", **self.identity)["TargetGroups"]
            pages = region.pages("rds", "describe_db_proxy_targets", "Targets", **self.identity)
            targets = [target for page in pages for target in page]
        except CallError as error:
            if error.code in UNTOLD:
                return {"Targets": []}
            raise
        return {"ConnectionPoolConfig": group["ConnectionPoolConfig"], "Targets": targets, **registered(targets)}

    def desired(self) -> Properties:
        options, group = self._options, self._group
        wanted = {
            "EngineFamily": options["engine_family"],
            "Auth": auth_of(options["auth"]),
            "RoleArn": options["role_arn"],
            "VpcSubnetIds": options["vpc_subnet_ids"],
            "VpcSecurityGroupIds": options["vpc_security_group_ids"],
            "RequireTLS": options["require_tls"],
            "IdleClientTimeout": options["idle_client_timeout"],
            "DebugLogging": options["debug_logging"],
            "ConnectionPoolConfig": connection_pool_of(group.get("connection_pool_config"), options["engine_family"]),
            **identifiers(group),
        }
        return said(wanted)

    def preflight(self, region: Region, changes: Mapping[str, Change]) -> None:
        refuse_unfit_database(region, self._options["engine_family"], changes)

    def leaving(self, current: Properties) -> bool:
        return bool(current["Status"] == "deleting")

    def unfinished(self, current: Properties) -> str | None:
        if current["Status"] != "available":
            return f"its status is {current['Status']}"
        for target in current["Targets"]:
            health = target.get("TargetHealth") or {}
            if health.get("State", "AVAILABLE") not in ("AVAILABLE", "UNUSED"):
                why = ": ".join(health[key] for key in ("Reason", "Description") if health.get(key))
                return f"its target {target['RdsResourceId']} is {health['State']}" + (f" ({why})" if why else "")
        if current["Targets"] and not any(target.get("TargetHealth") for target in current["Targets"]):
            return "none of its targets has told its health"
        return None

    def create(self, region: Region, desired: Properties) -> None:
        later = {name for step in self.steps if not step.in_create for name in step.properties}
        parameters = {name: value for name, value in desired.items() if name not in later}
        parameters[TAGS] = ansible_dict_to_boto3_tag_list(desired.get(TAGS, {}))
        region.call("rds", "create_db_proxy", **self.identity, **parameters)

    def delete(self, region: Region, current: Properties) -> None:
        region.call("rds", "delete_db_proxy", **self.identity)

    def tag(self, region: Region, current: Properties, tags: Mapping[str, str]) -> None:
        tag_list = ansible_dict_to_boto3_tag_list(tags)
        region.call("rds", "add_tags_to_resource", ResourceName=current["DBProxyArn"], Tags=tag_list)

    def untag(self, region: Region, current: Properties, keys: Sequence[str]) -> None:
        region.call("rds", "remove_tags_from_resource", ResourceName=current["DBProxyArn"], TagKeys=list(keys))

    def _modify(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        settings = {name: change.after for name, change in changes.items()}
        if "Auth" in changes:
            settings["Auth"] = _complete(changes["Auth"])
        if "VpcSecurityGroupIds" in settings:
            # ModifyDBProxy has another name for it than DBProxy
            settings["SecurityGroups"] = settings.pop("VpcSecurityGroupIds")
        region.call("rds", "modify_db_proxy", **self.identity, **settings)

    def _modify_target_group(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        config = changes["ConnectionPoolConfig"].after
        region.call(
            "rds",
            "modify_db_proxy_target_group",
            **self.identity,
            TargetGroupName=TARGET_GROUP,
            ConnectionPoolConfig=config,
        )

    def _register(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        """A target group holds one database at a time, so the old one goes first."""
        target_group = {**self.identity, "TargetGroupName": TARGET_GROUP}
        if gone := {name: change.before for name, change in changes.items() if change.before}:
            region.call("rds", "deregister_db_proxy_targets", **target_group, **gone)
        if new := {name: change.after for name, change in changes.items() if change.after}:
            region.call("rds", "register_db_proxy_targets", **target_group, **new)


def _complete(change: Change) -> list[dict[str, Any]]:
    """ModifyDBProxy replaces the list: what an entry doesn't say stays as it is for its secret."""
    before = {entry["SecretArn"]: entry for entry in change.before or []}
    return [{**before.get(entry["SecretArn"], {}), **entry} for entry in change.after]
