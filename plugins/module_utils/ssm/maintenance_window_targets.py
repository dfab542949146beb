# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of a maintenance window: options, and how AWS writes them.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTargetWithMaintenanceWindow.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..resource.properties import Properties
from ..sweep.errors import SweepError
from .common import INSTANCE_ID, check_count, check_distinct, check_name, check_text

RESOURCE_TYPE = re.compile(r"AWS::[A-Za-z0-9]+::[A-Za-z0-9]+")
TAG_KEY = re.compile(r"[\w\s.:/=+@-]{1,128}")
MOST_KEYS = 5
MOST_VALUES = 50
# each says by itself which instances are meant
SELECTIONS = ("instance_ids", "tags", "tag_keys", "resource_group")

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "owner_information": {"type": "str"},
    "instance_ids": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "tag_keys": {"type": "list", "elements": "str", "no_log": False},
    "resource_group": {"type": "str"},
    "resource_types": {"type": "list", "elements": "str"},
}


def check_targets(targets: Sequence[Mapping[str, Any]]) -> None:
    """Raises SweepError for the first target that makes no sense."""
    check_distinct("targets", [target["name"] for target in targets])
    for target in targets:
        check_name("a name in targets", target["name"])
        where = f"target {target['name']}"
        check_text(f"description of {where}", target["description"], 128)
        check_text(f"owner_information of {where}", target["owner_information"], 128)
        given = [option for option in SELECTIONS if target[option] is not None]
        if len(given) != 1:
            raise SweepError(
                f"{where} has {' and '.join(given) or 'no instances'}: write one of {', '.join(SELECTIONS)}."
            )
        _check_selection(where, target)


def _check_selection(where: str, target: Mapping[str, Any]) -> None:
    if target["instance_ids"] is not None:
        check_instance_ids(f"instance_ids of {where}", target["instance_ids"])
    if target["tags"] is not None:
        check_count(f"tags of {where}", [*target["tags"]], MOST_KEYS, least=1)
        for key, values in target["tags"].items():
            _check_tag_key(where, key)
            check_count(f"tag {key} of {where}", _texts(values), MOST_VALUES, least=1)
    if target["tag_keys"] is not None:
        check_count(f"tag_keys of {where}", target["tag_keys"], MOST_VALUES, least=1)
        for key in target["tag_keys"]:
            _check_tag_key(where, key)
    if target["resource_group"] is not None:
        check_text(f"resource_group of {where}", target["resource_group"], 128)
    _check_resource_types(where, target)


def _check_resource_types(where: str, target: Mapping[str, Any]) -> None:
    if target["resource_types"] is None:
        return
    if target["resource_group"] is None:
        raise SweepError(f"resource_types of {where} is for a resource_group: leave it out, or write resource_group.")
    check_count(f"resource_types of {where}", target["resource_types"], MOST_VALUES, least=1)
    for name in target["resource_types"]:
        if not RESOURCE_TYPE.fullmatch(name):
            raise SweepError(f"resource_types of {where} names {name!r}: write types like AWS::EC2::Instance.")


def _check_tag_key(where: str, key: str) -> None:
    if not TAG_KEY.fullmatch(key):
        raise SweepError(f"{where} names the tag {key!r}, which is no tag's key.")


def check_instance_ids(option: str, ids: Sequence[str]) -> None:
    """Raises SweepError."""
    check_count(option, ids, MOST_VALUES, least=1)
    check_distinct(option, ids)
    for instance_id in ids:
        if not INSTANCE_ID.fullmatch(instance_id):
            raise SweepError(
                f"{option} names {instance_id!r}: write ids like i-0123456789abcdef0 or mi-0123456789abcdef0."
            )


def _texts(values: Any) -> list[str]:
    return [str(value) for value in (values if isinstance(values, list) else [values])]


def target_of(target: Mapping[str, Any]) -> Properties:
    """MaintenanceWindowTarget, without ids. What isn't said isn't there."""
    return {
        "Name": target["name"],
        "Description": target["description"],
        "OwnerInformation": target["owner_information"],
        "ResourceType": "RESOURCE_GROUP" if target["resource_group"] is not None else "INSTANCE",
        "Targets": _selection(target),
    }


def _selection(target: Mapping[str, Any]) -> list[Properties]:
    if target["instance_ids"] is not None:
        return [{"Key": "InstanceIds", "Values": target["instance_ids"]}]
    if target["tags"] is not None:
        return [{"Key": f"tag:{key}", "Values": _texts(values)} for key, values in target["tags"].items()]
    if target["tag_keys"] is not None:
        return [{"Key": "tag-key", "Values": target["tag_keys"]}]
    types = target["resource_types"]
    return [
        {"Key": "resource-groups:Name", "Values": [target["resource_group"]]},
        *([{"Key": "resource-groups:ResourceTypeFilters", "Values": types}] if types else []),
    ]


def labels(targets: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Target id -> what tasks call it: its name, or its id where it has none or not the only one of its name."""
    found: dict[str, str] = {}
    for target in targets:
        target_id, name = target["WindowTargetId"], target.get("Name")
        found[target_id] = target_id if name is None or name in found.values() else name
    return found


def superfluous(current: Sequence[Properties], desired: Sequence[Properties]) -> list[Properties]:
    """The targets that are no longer declared."""
    names, known = {target["Name"] for target in desired}, labels(current)
    return [target for target in current if known[target["WindowTargetId"]] not in names]
