# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""State Manager associations, of which moto knows nothing."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ..wire import AwsError, Call, page
from . import ssm_patch_baselines
from .ssm_instances import ssm

TAG_TYPE = "Association"
# what UpdateAssociation takes away where it isn't said again
SETTINGS = (
    "AssociationName",
    "DocumentVersion",
    "Parameters",
    "Targets",
    "ScheduleExpression",
    "OutputLocation",
    "MaxErrors",
    "MaxConcurrency",
    "ComplianceSeverity",
    "SyncCompliance",
    "ApplyOnlyAtCronInterval",
    "CalendarNames",
    "ScheduleOffset",
    "Duration",
    "TargetLocations",
    "TargetMaps",
    "AutomationTargetParameterName",
    "AlarmConfiguration",
    "AssociationDispatchAssumeRole",
)


def associations(backend: Any) -> dict[str, dict[str, Any]]:
    if not hasattr(backend, "associations"):
        backend.associations = {}
    rows: dict[str, dict[str, Any]] = backend.associations
    return rows


def create_association(call: Call) -> dict[str, Any]:
    """CreateAssociation. Names need not be unique; without a version it follows the document's default.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html
    """
    params = dict(call.params)
    tags = {tag["Key"]: tag["Value"] for tag in params.pop("Tags", [])}
    association_id = str(uuid.uuid4())
    row = {
        "AssociationId": association_id,
        "AssociationVersion": "1",
        "Date": time.time(),
        "DocumentVersion": "$DEFAULT",
        "ApplyOnlyAtCronInterval": False,
        **params,
    }
    associations(ssm(call))[association_id] = row
    ssm(call)._resource_tags[TAG_TYPE][association_id].update(tags)
    return {"AssociationDescription": row}


def list_associations(call: Call) -> dict[str, Any]:
    """ListAssociations by AssociationName, at most 50 a page; it tells less than DescribeAssociation.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListAssociations.html
    """
    rows = list(associations(ssm(call)).values())
    for one in call.params.get("AssociationFilterList") or []:
        rows = [row for row in rows if row.get(one["key"]) == one["value"]]
    size = call.params.get("MaxResults", 50)
    chosen, token = page(sorted(rows, key=_id), call.params.get("NextToken") or "", size, _id)
    told = ("Name", "AssociationId", "AssociationName", "AssociationVersion", "Targets", "ScheduleExpression")
    found = [{name: row[name] for name in told if name in row} for row in chosen]
    return {"Associations": found} | ({"NextToken": token} if token else {})


def _id(row: dict[str, Any]) -> str:
    return str(row["AssociationId"])


def _existing(call: Call) -> dict[str, Any]:
    row = associations(ssm(call)).get(call.params.get("AssociationId", ""))
    if row is None:
        raise AwsError("AssociationDoesNotExist", "The specified association doesn't exist.")
    return row


def describe_association(call: Call) -> dict[str, Any]:
    return {"AssociationDescription": _existing(call)}


def update_association(call: Call) -> dict[str, Any]:
    """UpdateAssociation: "the system removes all optional parameters from the request and overwrites the association
    with null values for those parameters".

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateAssociation.html
    """
    row = _existing(call)
    for name in SETTINGS:
        row.pop(name, None)
    row |= {"DocumentVersion": "$DEFAULT", "ApplyOnlyAtCronInterval": False, **call.params}
    row["AssociationVersion"] = str(int(row["AssociationVersion"]) + 1)
    return {"AssociationDescription": row}


def delete_association(call: Call) -> dict[str, Any]:
    row = _existing(call)
    del associations(ssm(call))[row["AssociationId"]]
    return {}


def _tags(call: Call) -> dict[str, str] | None:
    """An association's tags, which moto refuses to keep; None for another kind of resource."""
    if call.params["ResourceType"] != TAG_TYPE:
        return None
    if call.params["ResourceId"] not in associations(ssm(call)):
        raise AwsError("InvalidResourceId", "The resource ID is not valid.")
    tags: dict[str, str] = ssm(call)._resource_tags[TAG_TYPE][call.params["ResourceId"]]
    return tags


def add_tags_to_resource(call: Call) -> dict[str, Any] | None:
    tags = _tags(call)
    if tags is None:
        return ssm_patch_baselines.add_tags_to_resource(call)
    tags.update({tag["Key"]: tag["Value"] for tag in call.params["Tags"]})
    return {}


def remove_tags_from_resource(call: Call) -> dict[str, Any] | None:
    tags = _tags(call)
    if tags is None:
        return ssm_patch_baselines.remove_tags_from_resource(call)
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    return {}


def list_tags_for_resource(call: Call) -> dict[str, Any] | None:
    tags = _tags(call)
    if tags is None:
        return ssm_patch_baselines.list_tags_for_resource(call)
    return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


OPERATIONS = {
    "CreateAssociation": create_association,
    "ListAssociations": list_associations,
    "DescribeAssociation": describe_association,
    "UpdateAssociation": update_association,
    "DeleteAssociation": delete_association,
    "AddTagsToResource": add_tags_to_resource,
    "RemoveTagsFromResource": remove_tags_from_resource,
    "ListTagsForResource": list_tags_for_resource,
}
