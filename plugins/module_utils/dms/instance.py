# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A replication instance: what AWS calls change it, and what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ..resource.properties import TAGS, Change, Properties, differences
from ..resource.resource import Goal, Step
from ..sweep.errors import SweepError
from ..sweep.region import Region
from .instance_options import check, desired, effective, refuse_version
from .lookup import INSTANCE
from .resource import DmsResource
from .waiters import waiter_factory

AVAILABLE = Goal("replication_instance_available", "available")
ANOTHER = "make an instance under another identifier, move the tasks to it, then delete this one"


class ReplicationInstance(DmsResource):
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationInstance.html

    Its properties are those of ReplicationInstance, with `VpcSecurityGroupIds` and `ReplicationSubnetGroupIdentifier`.
    """

    kind = "replication instance"
    found_as = INSTANCE
    returned_as = "replication_instance"
    named_by = "replication_instance_identifier"
    immutable = dict.fromkeys(
        ("PubliclyAccessible", "KmsKeyId", "ReplicationSubnetGroupIdentifier", "AvailabilityZone"), ANOTHER
    )
    waiters = waiter_factory
    settled = AVAILABLE
    deletable = Goal("replication_instance_deletable", "fit for deletion")
    deleted = Goal("replication_instance_deleted", "deleted")
    finished = (AVAILABLE,)

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        check(options)
        super().__init__(options)

    @property
    def name(self) -> str:
        return super().name.lower()

    @property
    def identity(self) -> Mapping[str, Any]:
        return INSTANCE.filters(self.name)

    @property
    def steps(self) -> Sequence[Step]:
        settings = (
            "ReplicationInstanceClass",
            "AllocatedStorage",
            "MultiAZ",
            "EngineVersion",
            "AutoMinorVersionUpgrade",
            "PreferredMaintenanceWindow",
            "VpcSecurityGroupIds",
            "NetworkType",
        )
        return [Step(settings, self._modify)]

    def describe(self, region: Region) -> Properties | None:
        found = self.found(region)
        if found is None:
            return None
        group = found.get("ReplicationSubnetGroup") or {}
        return {
            **found,
            "VpcSecurityGroupIds": [row["VpcSecurityGroupId"] for row in found.get("VpcSecurityGroups", [])],
            "ReplicationSubnetGroupIdentifier": group.get("ReplicationSubnetGroupIdentifier"),
        }

    def desired(self) -> Properties:
        return desired(self._options)

    def compare(self, current: Properties, desired: Properties) -> dict[str, Change]:
        counted = effective(current, desired, self._options["apply_immediately"])
        return differences(counted, desired)

    def preflight(self, region: Region, changes: Mapping[str, Change]) -> None:
        version, storage = changes.get("EngineVersion"), changes.get("AllocatedStorage")
        if version and version.before:
            refuse_version(version.before, version.after, self._options["allow_major_version_upgrade"])
        if storage and storage.before and storage.after < storage.before:
            raise SweepError(
                f"allocated_storage of replication instance {self.name} is {storage.before}, and DMS can't reduce it to"
                f" {storage.after}: {ANOTHER}. Nothing was changed."
            )

    def refuse_deletion(self, region: Region, current: Properties) -> None:
        self.refuse_while_tasks_use_it(region, current)

    def leaving(self, current: Properties) -> bool:
        return bool(current["ReplicationInstanceStatus"] == "deleting")

    def unfinished(self, current: Properties) -> str | None:
        status = current["ReplicationInstanceStatus"]
        return None if status == "available" else f"its status is {status}"

    def create(self, region: Region, desired: Properties) -> None:
        parameters: dict[str, Any] = {"PubliclyAccessible": False, **desired}
        parameters[TAGS] = ansible_dict_to_boto3_tag_list(desired.get(TAGS, {}))
        region.call("dms", "create_replication_instance", ReplicationInstanceIdentifier=self.name, **parameters)

    def delete(self, region: Region, current: Properties) -> None:
        region.call("dms", "delete_replication_instance", **self.by_arn(current))

    def _modify(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        region.call(
            "dms",
            "modify_replication_instance",
            **self.by_arn(current),
            ApplyImmediately=self._options["apply_immediately"],
            AllowMajorVersionUpgrade=self._options["allow_major_version_upgrade"],
            **{name: change.after for name, change in changes.items()},
        )
