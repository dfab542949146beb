# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The instances that Patch Manager could patch: what SSM knows of them, what EC2 does, and their patch states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..ssm.nodes import EXISTING, exists
from ..sweep.region import Region, Resource

# Patch Manager takes either spelling, the one without a space where tags are allowed in instance metadata:
# https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-patch-groups.html
GROUP_TAGS = ("PatchGroup", "Patch Group")
STATES_A_CALL = 50
HYBRID = "ssm:managed-instance"


@dataclass(frozen=True)
class Wanted:
    """Which instances are looked at: tag -> values (`*` for any), and names of patch groups; nothing for all."""

    tags: Mapping[str, Any]
    patch_groups: Sequence[str]

    @property
    def alternatives(self) -> list[dict[str, list[str]]]:
        """Tag filters, of which an instance has to pass all of one."""
        tags = {key: _values(value) for key, value in self.tags.items()}
        if not self.patch_groups:
            return [tags]
        return [{**tags, group_tag: list(self.patch_groups)} for group_tag in GROUP_TAGS]


def _values(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def read_nodes(region: Region, wanted: Wanted, with_unmanaged: bool) -> Iterator[list[Resource]]:
    """Pages of `{InstanceId, Information, Instance, PatchState}`. `Information` is missing where SSM doesn't manage a
    running instance, `Instance` where it is no EC2 instance, `PatchState` where it was never scanned.

    Raises CallError.
    """
    instances = {one["InstanceId"]: one for some in wanted.alternatives for one in _instances(region, some)}
    managed: set[str] = set()
    for some in wanted.alternatives:
        filters = [_ssm_filter(key, values) for key, values in some.items()]
        for page in region.pages("ssm", "describe_instance_information", "InstanceInformationList", Filters=filters):
            rows = [row for row in page if row["InstanceId"] not in managed]
            managed.update(row["InstanceId"] for row in rows)
            there = [row for row in rows if exists(row["InstanceId"], instances)]
            yield _with_states(region, [_joined(row, instances) for row in there])
    if with_unmanaged:
        rest = [one for name, one in instances.items() if name not in managed and one["State"]["Name"] == "running"]
        yield [{"InstanceId": one["InstanceId"], "Instance": one} for one in rest]


def _joined(row: Resource, instances: Mapping[str, Resource]) -> Resource:
    instance = instances.get(row["InstanceId"])
    return {"InstanceId": row["InstanceId"], "Information": row, **({"Instance": instance} if instance else {})}


def _with_states(region: Region, nodes: list[Resource]) -> list[Resource]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstancePatchStates.html"""
    by_id = {node["InstanceId"]: node for node in nodes}
    ids = list(by_id)
    for start in range(0, len(ids), STATES_A_CALL):
        some = ids[start : start + STATES_A_CALL]
        pages = region.pages("ssm", "describe_instance_patch_states", "InstancePatchStates", InstanceIds=some)
        for state in (state for page in pages for state in page):
            by_id[state["InstanceId"]]["PatchState"] = state
    return nodes


def _instances(region: Region, tags: Mapping[str, Sequence[str]]) -> list[Resource]:
    filters = [{"Name": "instance-state-name", "Values": list(EXISTING)}]
    filters += [_ec2_filter(key, values) for key, values in tags.items()]
    rows = region.listing("ec2", "describe_instances", "Reservations", Filters=filters)
    return [instance for reservation in rows for instance in reservation["Instances"]]


def _ec2_filter(key: str, values: Sequence[str]) -> Resource:
    if "*" in values:
        return {"Name": "tag-key", "Values": [key]}
    return {"Name": f"tag:{key}", "Values": list(values)}


def _ssm_filter(key: str, values: Sequence[str]) -> Resource:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_InstanceInformationStringFilter.html"""
    if "*" in values:
        return {"Key": "tag-key", "Values": [key]}
    return {"Key": f"tag:{key}", "Values": list(values)}


def hybrid_tags(region: Region) -> Mapping[str, list[Resource]]:
    """The tags of nodes that are no EC2 instances, by id: only the tagging API lists them. Raises CallError."""
    rows = region.listing(
        "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", ResourceTypeFilters=[HYBRID]
    )
    return {row["ResourceARN"].rpartition("/")[2]: row.get("Tags") or [] for row in rows}
