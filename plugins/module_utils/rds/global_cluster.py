# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An Aurora global database: one cluster that writes, and clusters in other regions that follow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)
from ansible_collections.amazon.aws.plugins.module_utils.waiter import BaseWaiterFactory

from ..resource.properties import TAGS, Change, Properties, said
from ..resource.resource import Goal, Resource, Step
from ..sweep.errors import CallError, SweepError
from ..sweep.region import Region

ARGUMENT_SPEC: dict[str, Any] = {
    "global_cluster_identifier": {"type": "str", "required": True, "aliases": ["id"]},
    "source_db_cluster_identifier": {"type": "str"},
    "deletion_protection": {"type": "bool"},
}
STATUS = "GlobalClusters[0].Status"
MISSING = "GlobalClusterNotFoundFault"
WAITERS = {
    "global_cluster_available": {
        "operation": "DescribeGlobalClusters",
        "delay": 5,
        "maxAttempts": 180,
        "acceptors": [{"state": "success", "matcher": "path", "expected": "available", "argument": STATUS}],
    },
    "global_cluster_deleted": {
        "operation": "DescribeGlobalClusters",
        "delay": 5,
        "maxAttempts": 180,
        "acceptors": [{"state": "success", "matcher": "error", "expected": MISSING}],
    },
}


# amazon.aws has no types
class GlobalClusterWaiters(BaseWaiterFactory):  # type: ignore[misc]
    """By their names above; botocore has none."""

    @property
    def _waiter_model_data(self) -> dict[str, Any]:
        return WAITERS


AVAILABLE = Goal("global_cluster_available", "available")


class GlobalCluster(Resource):
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_GlobalCluster.html

    Its properties are those of GlobalCluster and, as `SourceDBClusterIdentifier`, the ARN of the cluster that writes.
    """

    kind = "global cluster"
    service = "rds"
    returned_as = "global_cluster"
    named_by = "global_cluster_identifier"
    immutable = {  # noqa: RUF012
        "SourceDBClusterIdentifier": "switch over to that cluster, if it follows, or choose another identifier"
    }
    waiters = GlobalClusterWaiters()
    settled = AVAILABLE
    deletable = AVAILABLE
    deleted = Goal("global_cluster_deleted", "deleted")
    finished = (AVAILABLE,)

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError."""
        source = options["source_db_cluster_identifier"]
        if source and ":cluster:" not in source:
            raise SweepError(f"source_db_cluster_identifier is {source!r}: it must be the ARN of a DB cluster.")
        super().__init__(options)

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"GlobalClusterIdentifier": self.name}

    @property
    def steps(self) -> Sequence[Step]:
        return [Step(["DeletionProtection"], self._modify)]

    def describe(self, region: Region) -> Properties | None:
        try:
            (found,) = region.call("rds", "describe_global_clusters", **self.identity)["GlobalClusters"]
        except CallError as error:
            if error.code == MISSING:
                return None
            raise
        writers = [member["DBClusterArn"] for member in found.get("GlobalClusterMembers", []) if member["IsWriter"]]
        return {
            **{name: value for name, value in found.items() if name != "TagList"},
            "SourceDBClusterIdentifier": next(iter(writers), None),
            TAGS: boto3_tag_list_to_ansible_dict(found.get("TagList", [])),
        }

    def desired(self) -> Properties:
        wanted = {
            "SourceDBClusterIdentifier": self._options["source_db_cluster_identifier"],
            "DeletionProtection": self._options["deletion_protection"],
        }
        return said(wanted)

    def leaving(self, current: Properties) -> bool:
        return bool(current["Status"] == "deleting")

    def unfinished(self, current: Properties) -> str | None:
        return None if current["Status"] == "available" else f"its status is {current['Status']}"

    def create(self, region: Region, desired: Properties) -> None:
        tags = ansible_dict_to_boto3_tag_list(desired.get(TAGS, {}))
        parameters = {name: value for name, value in desired.items() if name != TAGS}
        region.call("rds", "create_global_cluster", **self.identity, **parameters, **({TAGS: tags} if tags else {}))

    def delete(self, region: Region, current: Properties) -> None:
        region.call("rds", "delete_global_cluster", **self.identity)

    def tag(self, region: Region, current: Properties, tags: Mapping[str, str]) -> None:
        tag_list = ansible_dict_to_boto3_tag_list(tags)
        region.call("rds", "add_tags_to_resource", ResourceName=current["GlobalClusterArn"], Tags=tag_list)

    def untag(self, region: Region, current: Properties, keys: Sequence[str]) -> None:
        region.call("rds", "remove_tags_from_resource", ResourceName=current["GlobalClusterArn"], TagKeys=list(keys))

    def _modify(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        settings = {name: change.after for name, change in changes.items()}
        region.call("rds", "modify_global_cluster", **self.identity, **settings)
