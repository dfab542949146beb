# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all resources of Systems Manager have in common: tags by type and id, and how options are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ..resource.properties import Properties
from ..resource.resource import Resource
from ..sweep.errors import SweepError
from ..sweep.region import Region

# PatchBaselineName, MaintenanceWindowName and DocumentName have the same pattern
NAME = re.compile(r"[a-zA-Z0-9_.-]{3,128}")
DOCUMENT_VERSION = re.compile(r"[$]LATEST|[$]DEFAULT|[1-9][0-9]*")
# rates, as everything takes them that runs on many instances
MAX_CONCURRENCY = re.compile(r"[1-9][0-9]{0,6}|[1-9][0-9]?%|100%")
MAX_ERRORS = re.compile(r"0|[1-9][0-9]{0,6}|[1-9]?[0-9]%|100%")
INSTANCE_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})|mi-[0-9a-f]{17}")
LONGEST_GROUP = 256


class SsmResource(Resource):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html"""

    service = "ssm"
    #: what AddTagsToResource calls the kind, and the property that it takes as id
    tag_type: ClassVar[str]
    tag_key: ClassVar[str]

    def tags_of(self, region: Region, resource_id: str) -> dict[str, str]:
        """Raises CallError."""
        answer = region.call("ssm", "list_tags_for_resource", ResourceType=self.tag_type, ResourceId=resource_id)
        tags: dict[str, str] = boto3_tag_list_to_ansible_dict(answer.get("TagList", []))
        return tags

    def tag(self, region: Region, current: Properties, tags: Mapping[str, str]) -> None:
        tag_list = ansible_dict_to_boto3_tag_list(tags)
        region.call("ssm", "add_tags_to_resource", **self._tagged(current), Tags=tag_list)

    def untag(self, region: Region, current: Properties, keys: Sequence[str]) -> None:
        region.call("ssm", "remove_tags_from_resource", **self._tagged(current), TagKeys=list(keys))

    def refuse_namesakes(self, region: Region, told: Sequence[str]) -> None:
        """AWS lets several of a kind have one name. Raises SweepError where more than one is told of."""
        if len(told) > 1:
            raise SweepError(
                f"{len(told)} {self.kind}s in {region.scope.region} have the name {self.name}: {', '.join(told)}."
                " Rename or delete all but one."
            )

    def _tagged(self, current: Properties) -> dict[str, Any]:
        return {"ResourceType": self.tag_type, "ResourceId": current[self.tag_key]}


def tag_parameters(tags: Mapping[str, str]) -> dict[str, Any]:
    """`Tags` of a create call, or nothing where there are none."""
    return {"Tags": ansible_dict_to_boto3_tag_list(tags)} if tags else {}


def texts(value: Any) -> list[str]:
    """Systems Manager's lists of strings, from a value or a list of them."""
    return [_text(one) for one in (value if isinstance(value, list) else [value])]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)


def check_given(options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raises SweepError for the first that is null, which `required_if` takes for given."""
    for name in names:
        if options[name] is None:
            raise SweepError(f"{name} is missing: it is required with state present.")


def check_name(option: str, name: str) -> None:
    """Raises SweepError."""
    if not NAME.fullmatch(name):
        raise SweepError(
            f"{option} is {name!r}: Systems Manager takes 3 to 128 letters, digits, hyphens, underscores and dots."
        )


def check_between(option: str, value: int | None, least: int, most: int) -> None:
    """Raises SweepError."""
    if value is not None and not least <= value <= most:
        raise SweepError(f"{option} is {value}: it must be between {least} and {most}.")


def check_text(option: str, text: str | None, most: int) -> None:
    """Raises SweepError for an empty text and for a longer one."""
    if text is not None and not 1 <= len(text) <= most:
        raise SweepError(f"{option} has {len(text)} characters: it must have 1 to {most}.")


def check_count(option: str, values: Sequence[Any] | None, most: int, least: int = 0) -> None:
    """Raises SweepError."""
    if values is not None and not least <= len(values) <= most:
        raise SweepError(f"{option} has {len(values)} entries: Systems Manager takes {least} to {most}.")


def check_distinct(option: str, values: Sequence[Any]) -> None:
    """Raises SweepError for the first value that comes twice."""
    for index, value in enumerate(values):
        if value in values[:index]:
            raise SweepError(f"{option} names {value} twice: leave one of them out.")
