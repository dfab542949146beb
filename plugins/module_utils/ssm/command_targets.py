# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom a command is for: which instances SSM manages, which are offline, and which it can't reach at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..sweep.errors import CallError
from ..sweep.finding import tags_of
from ..sweep.instances import instance_pages
from ..sweep.region import Region, Resource
from .nodes import EXISTING, exists

ONLINE, UNMANAGED = "Online", "Unmanaged"
# no words of SSM's, which names an EC2 instance for a while after it is terminated
TERMINATED = "InstanceTerminated"
FILTER_VALUES = 100
# EC2's words for a missing permission
DENIED = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")


@dataclass(frozen=True)
class Selector:
    """Instances by one of three means: their ids, tags (key -> values), or the name of a resource group."""

    instance_ids: Sequence[str] = ()
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    resource_group: str = ""

    @property
    def words(self) -> str:
        if self.instance_ids:
            return f"instance_ids {', '.join(self.instance_ids[:10])}"
        if self.tags:
            return "tags " + ", ".join(f"{key}={'|'.join(values)}" for key, values in self.tags.items())
        return f"the resource group {self.resource_group}"

    @property
    def targets(self) -> list[Resource]:
        """SendCommand's Targets; SSM finds the instances."""
        if self.resource_group:
            return [{"Key": "resource-groups:Name", "Values": [self.resource_group]}]
        return [{"Key": f"tag:{key}", "Values": list(values)} for key, values in self.tags.items()]


@dataclass(frozen=True)
class Target:
    """One instance. `ping_status` is SSM's Online, ConnectionLost or Inactive, or Unmanaged or InstanceTerminated."""

    instance_id: str
    name: str
    ping_status: str
    platform_type: str = ""

    @property
    def managed(self) -> bool:
        return self.ping_status not in (UNMANAGED, TERMINATED)

    @property
    def label(self) -> str:
        return f"{self.name} ({self.instance_id})" if self.name else self.instance_id

    def to_dict(self) -> dict[str, Any]:
        return {
            "instance_id": self.instance_id,
            "name": self.name,
            "ping_status": self.ping_status,
            "platform_type": self.platform_type,
        }


def find_targets(region: Region, selector: Selector) -> list[Target]:
    """Every instance that is meant, by id: those that SSM manages, and of the rest those that run, or were named.

    Raises CallError.
    """
    if selector.instance_ids:
        return find_by_id(region, selector.instance_ids)
    if selector.tags:
        return _there(_of_tags(region, selector.tags), _instances(region, _tag_filters(selector.tags)))
    ids = _members(region, selector.resource_group)
    return _there(_of_ids(region, ids), _instances_of(region, ids))


def find_by_id(region: Region, instance_ids: Sequence[str]) -> list[Target]:
    """Each of them, also where neither SSM nor EC2 knows it. Raises CallError."""
    return _by_id(still_there(region, _of_ids(region, instance_ids)), _named(instance_ids))


def still_there(region: Region, managed: Sequence[Target]) -> list[Target]:
    """The same, those that EC2 no longer has as InstanceTerminated. Raises CallError."""
    ids = [target.instance_id for target in managed if target.instance_id.startswith("i-")]
    try:
        known = {instance["InstanceId"]: instance for instance in _instances_of(region, ids)}
    except CallError as error:
        if error.code in DENIED:
            # instances by id need no permission of EC2's: SSM itself refuses those that are terminated
            return list(managed)
        raise
    return [
        _renamed(target, known.get(target.instance_id, {}))
        if exists(target.instance_id, known)
        else replace(target, ping_status=TERMINATED)
        for target in managed
    ]


def _instances_of(region: Region, ids: Sequence[str]) -> Iterator[Resource]:
    filters = ([_filter("instance-id", some)] for some in _batches(ids, FILTER_VALUES))
    return (instance for one in filters for instance in _instances(region, one))


def _there(managed: Iterable[Target], instances: Iterable[Resource]) -> list[Target]:
    """One instance that is terminated would have SSM refuse all that are named in the same command."""
    known = {instance["InstanceId"]: instance for instance in instances}
    running = (_unmanaged(instance) for instance in known.values() if instance["State"]["Name"] == "running")
    existing = (target for target in managed if exists(target.instance_id, known))
    return _by_id((_renamed(target, known.get(target.instance_id, {})) for target in existing), running)


def _renamed(target: Target, instance: Resource) -> Target:
    """EC2's Name tag says more than the computer's name."""
    return replace(target, name=tags_of(instance).get("Name") or target.name)


def _by_id(managed: Iterable[Target], others: Iterable[Target]) -> list[Target]:
    known = {target.instance_id: target for some in (others, managed) for target in some}
    return [known[instance_id] for instance_id in sorted(known)]


def _named(instance_ids: Sequence[str]) -> list[Target]:
    return [Target(instance_id, "", UNMANAGED) for instance_id in instance_ids]


def _of_ids(region: Region, instance_ids: Sequence[str]) -> list[Target]:
    filters = [{"Key": "InstanceIds", "Values": list(some)} for some in _batches(instance_ids, FILTER_VALUES)]
    return [target for one in filters for target in _managed(region, [one])]


def _of_tags(region: Region, tags: Mapping[str, Sequence[str]]) -> list[Target]:
    return _managed(region, [{"Key": f"tag:{key}", "Values": list(values)} for key, values in tags.items()])


def _managed(region: Region, filters: Sequence[Resource]) -> list[Target]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html"""
    pages = region.pages("ssm", "describe_instance_information", "InstanceInformationList", Filters=list(filters))
    return [
        Target(
            row["InstanceId"],
            row.get("Name") or row.get("ComputerName") or "",
            row.get("PingStatus", "Inactive"),
            row.get("PlatformType", ""),
        )
        for page in pages
        for row in page
    ]


def _instances(region: Region, filters: Sequence[Resource]) -> Iterator[Resource]:
    pages = instance_pages(region, [*filters, _filter("instance-state-name", EXISTING)])
    return (instance for page in pages for instance in page)


def _unmanaged(instance: Resource) -> Target:
    platform = "Windows" if instance.get("Platform") == "windows" else "Linux"
    return Target(instance["InstanceId"], tags_of(instance).get("Name", ""), UNMANAGED, platform)


def _members(region: Region, group: str) -> list[str]:
    """The instances of a resource group; its other resources are no matter of Run Command."""
    wanted = [{"Name": "resource-type", "Values": ["AWS::EC2::Instance", "AWS::SSM::ManagedInstance"]}]
    pages = region.pages("resource-groups", "list_group_resources", "Resources", Group=group, Filters=wanted)
    return [row["Identifier"]["ResourceArn"].rpartition("/")[2] for page in pages for row in page]


def _tag_filters(tags: Mapping[str, Sequence[str]]) -> list[Resource]:
    return [_filter(f"tag:{key}", values) for key, values in tags.items()]


def _filter(name: str, values: Sequence[str]) -> Resource:
    return {"Name": name, "Values": list(values)}


def _batches(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
