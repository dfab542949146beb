# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 tags: CreateTags, DeleteTags and the tags that a resource is created with."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any

from ..wire import AwsError, Call
from .common import check_dry_run, ec2

MOST_TAGS = 50
MOST_RESOURCES = 1000
LONGEST_KEY, LONGEST_VALUE = 128, 256
# id prefix -> (error code, what it is, where moto keeps it)
KINDS: dict[str, tuple[str, str, Callable[[Any], Container[str]]]] = {
    "vol": ("InvalidVolume.NotFound", "volume", lambda b: b.volumes),
    "snap": ("InvalidSnapshot.NotFound", "snapshot", lambda b: b.snapshots),
    "ami": ("InvalidAMIID.NotFound", "image", lambda b: b.amis),
    "lt": ("InvalidLaunchTemplateId.NotFound", "launch template", lambda b: b.launch_templates),
    "i": (
        "InvalidInstanceID.NotFound",
        "instance",
        lambda b: {i.id for r in list(b.reservations.values()) for i in r.instances},
    ),
}


def create_tags(call: Call) -> str | None:
    """CreateTags: one unknown id refuses the whole request; keys that begin with `aws:` are refused and don't count
    among the 50 (moto: taken, and counted). Other resources than volumes, snapshots, AMIs, instances and launch
    templates are left to moto.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
    """
    backend, ids, tags = ec2(call), call.values("ResourceId"), checked(call.tree("Tag"))
    if not _check_ids(backend, ids):
        return None
    for resource_id in ids:
        check_number(backend.tags.get(resource_id, {}) | tags)
    check_dry_run(call)
    for resource_id in ids:
        backend.tags[resource_id].update(tags)
    return "<return>true</return>"


def delete_tags(call: Call) -> str | None:
    """DeleteTags: a tag given with a value goes only where it has that value (an empty one too); without any tag all
    but AWS's own go (moto: none).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
    """
    backend, ids = ec2(call), call.values("ResourceId")
    given = call.tree("Tag")
    if not _check_ids(backend, ids):
        return None
    for tag in given or []:
        _check_key(tag.get("Key", ""))
    check_dry_run(call)
    for resource_id in ids:
        tags = backend.tags.get(resource_id, {})
        wanted = given or [{"Key": key} for key in tags if not reserved(key)]
        for tag in wanted:
            if tag.get("Value", tags.get(tag["Key"])) == tags.get(tag["Key"]):
                tags.pop(tag["Key"], None)
    return "<return>true</return>"


def _check_ids(backend: Any, ids: Sequence[str]) -> bool:
    """False where some id is of a kind that moto has to look up. Raises AwsError for the first that doesn't exist."""
    if not ids:
        raise AwsError("MissingParameter", "The request must contain the parameter resourceIdSet")
    if len(ids) > MOST_RESOURCES:
        raise AwsError("ResourceCountExceeded", f"A request may name {MOST_RESOURCES} resources at the most")
    prefixes = {i.partition("-")[0] for i in ids}
    if not prefixes <= KINDS.keys():
        return False
    for prefix in sorted(prefixes):
        code, noun, known = KINDS[prefix]
        existing = known(backend)
        for resource_id in ids:
            if resource_id.partition("-")[0] == prefix and resource_id not in existing:
                raise AwsError(code, f"The {noun} ID '{resource_id}' does not exist")
    return True


def reserved(key: str) -> bool:
    """`aws:` in any combination of upper and lower case."""
    return key.casefold().startswith("aws:")


def _check_key(key: str) -> None:
    if not key:
        raise AwsError("InvalidParameterValue", "Tag key cannot be null or empty")
    if reserved(key):
        raise AwsError("InvalidParameterValue", f"Value ( {key} ) for parameter key is invalid. "
                       "Tag keys starting with 'aws:' are reserved for internal use")  # fmt: skip
    if len(key) > LONGEST_KEY:
        raise AwsError("InvalidParameterValue", f"Tag key is longer than {LONGEST_KEY} characters")


def checked(tags: Any) -> dict[str, str]:
    """A list of {Key, Value} as dict, or AwsError for what EC2 refuses."""
    if not tags:
        raise AwsError("MissingParameter", "The request must contain the parameter tagSet")
    found: dict[str, str] = {}
    for tag in tags:
        key = tag.get("Key", "")
        _check_key(key)
        if key in found:
            raise AwsError("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")
        if "Value" not in tag:
            raise AwsError("InvalidParameterValue", "Tag value cannot be null. Use empty string instead.")
        if len(tag["Value"]) > LONGEST_VALUE:
            raise AwsError("InvalidParameterValue", f"Tag value is longer than {LONGEST_VALUE} characters")
        found[key] = tag["Value"]
    check_number(found)
    return found


def check_number(tags: dict[str, str]) -> None:
    """Raises TagLimitExceeded; AWS's own tags don't count."""
    if sum(not reserved(key) for key in tags) > MOST_TAGS:
        raise AwsError("TagLimitExceeded", f"The maximum number of Tags for a resource has been reached: {MOST_TAGS}")


def specified(call: Call, kind: str) -> dict[str, str]:
    """The tags of TagSpecifications for a resource type. Raises InvalidParameterValue for another type."""
    found: dict[str, str] = {}
    for specification in call.tree("TagSpecification") or []:
        if specification.get("ResourceType") != kind:
            message = f"'{specification.get('ResourceType')}' is not a valid taggable resource type for this operation."
            raise AwsError("InvalidParameterValue", message)
        found |= checked(specification.get("Tag"))
    check_number(found)
    return found


OPERATIONS = {"CreateTags": create_tags, "DeleteTags": delete_tags}
