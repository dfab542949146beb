# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The members of a resource group by tags. moto keeps groups, but not what is in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..wire import AwsError, Call


def list_group_resources(call: Call) -> dict[str, Any]:
    """ListGroupResources of a group by TAG_FILTERS_1_0, instances only.

    https://docs.aws.amazon.com/ARG/latest/APIReference/API_ListGroupResources.html
    """
    name = call.params.get("Group") or call.params.get("GroupName") or ""
    kind = "AWS::EC2::Instance"
    arns = [f"arn:aws:ec2:{call.region}:{call.account}:instance/{one}" for one in members(call, name)]
    identifiers = [{"ResourceArn": arn, "ResourceType": kind} for arn in arns]
    return {
        "Resources": [{"Identifier": identifier} for identifier in identifiers],
        "ResourceIdentifiers": identifiers,
    }


def members(call: Call, name: str) -> list[str]:
    """The ids of a group's instances, whatever their state. Raises AwsError (NotFoundException)."""
    from moto.ec2.models import ec2_backends
    from moto.resourcegroups.models import resourcegroups_backends

    groups = resourcegroups_backends[call.account][call.region].groups
    if name not in groups:
        raise AwsError("NotFoundException", f"Cannot find group {name}", 404)
    wanted = json.loads(groups[name].resource_query["Query"])["TagFilters"]
    tags = ec2_backends[call.account][call.region].tags
    return [one for one in sorted(tags) if one.startswith("i-") and _has(tags[one], wanted)]


def _has(tags: dict[str, str], wanted: Sequence[dict[str, Any]]) -> bool:
    return all(tags.get(one["Key"]) in one["Values"] for one in wanted)


OPERATIONS = {"ListGroupResources": list_group_resources}
