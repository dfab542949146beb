# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all resources of DMS have in common: how they are found, and tags by ARN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ..resource.properties import TAGS, Properties
from ..resource.resource import Resource
from ..sweep.errors import SweepError
from ..sweep.region import Region
from .lookup import TASK, Kind, find, listed, named


class DmsResource(Resource):
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_AddTagsToResource.html"""

    service = "dms"
    found_as: ClassVar[Kind]

    def found(self, region: Region) -> Properties | None:
        """With its tags. Raises CallError."""
        row = find(region, self.found_as, self.name)
        if row is None:
            return None
        tags = region.call("dms", "list_tags_for_resource", **self.by_arn(row, "ResourceArn"))["TagList"]
        return {**row, TAGS: boto3_tag_list_to_ansible_dict(tags)}

    def by_arn(self, current: Properties, parameter: str = "") -> dict[str, Any]:
        """The parameter that names the resource: that of its own calls, if not another one."""
        return {parameter or self.found_as.arn: current[self.found_as.arn]}

    def refuse_while_tasks_use_it(self, region: Region, current: Properties) -> None:
        """DMS would refuse too, but in check mode nobody asks it. Raises SweepError, which names the tasks."""
        by_this = [{"Name": f"{self.found_as.filter}-arn", "Values": [current[self.found_as.arn]]}]
        tasks = listed(region, TASK.operation, TASK.key, Filters=by_this, WithoutSettings=True)
        if tasks:
            names = sorted(task["ReplicationTaskIdentifier"] for task in tasks)
            raise SweepError(
                f"The {self.kind} {self.name} has replication tasks, which must be deleted first: {named(names)}."
                " Nothing was changed."
            )

    def tag(self, region: Region, current: Properties, tags: Mapping[str, str]) -> None:
        tag_list = ansible_dict_to_boto3_tag_list(tags)
        region.call("dms", "add_tags_to_resource", **self.by_arn(current, "ResourceArn"), Tags=tag_list)

    def untag(self, region: Region, current: Properties, keys: Sequence[str]) -> None:
        region.call("dms", "remove_tags_from_resource", **self.by_arn(current, "ResourceArn"), TagKeys=list(keys))
