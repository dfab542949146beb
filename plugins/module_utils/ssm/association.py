# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A State Manager association: which document runs on which instances, and when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..resource.properties import TAGS, Change, Properties, said
from ..resource.resource import Step
from ..sweep.errors import CallError, SweepError
from ..sweep.region import Region
from .command_options import DOCUMENT, VALUES, check_run, matching, tag_values
from .command_targets import Selector
from .common import INSTANCE_ID, SsmResource, check_count, check_name, tag_parameters, texts
from .schedule import check_schedule, kind_of

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True, "aliases": ["association_name"]},
    "document_name": {"type": "str"},
    "document_version": {"type": "str"},
    "parameters": {"type": "dict"},
    "target_tags": {"type": "dict"},
    "instance_ids": {"type": "list", "elements": "str"},
    "resource_group": {"type": "str"},
    "schedule_expression": {"type": "str"},
    "apply_only_at_cron_interval": {"type": "bool"},
    "max_concurrency": {"type": "str"},
    "max_errors": {"type": "str"},
    "compliance_severity": {"type": "str", "choices": ["CRITICAL", "HIGH", "MEDIUM", "LOW", "UNSPECIFIED"]},
    "output_s3_bucket_name": {"type": "str"},
    "output_s3_key_prefix": {"type": "str", "no_log": False},
}
CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [["target_tags", "instance_ids", "resource_group"]],
    "required_if": [
        ("state", "present", ["document_name"]),
        ("state", "present", ["target_tags", "instance_ids", "resource_group"], True),
    ],
    "required_by": {"output_s3_key_prefix": ["output_s3_bucket_name"]},
}

# what UpdateAssociation takes, and forgets where it is not told it again:
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateAssociation.html
SETTINGS = (
    "Name",
    "DocumentVersion",
    "Parameters",
    "Targets",
    "ScheduleExpression",
    "ApplyOnlyAtCronInterval",
    "MaxConcurrency",
    "MaxErrors",
    "ComplianceSeverity",
    "OutputLocation",
)
KEPT = (
    "AssociationName",
    "SyncCompliance",
    "CalendarNames",
    "TargetLocations",
    "ScheduleOffset",
    "Duration",
    "TargetMaps",
    "AutomationTargetParameterName",
    "AlarmConfiguration",
    "AssociationDispatchAssumeRole",
)
ALL_INSTANCES = "*"
PARAMETERS, OUTPUT, PLACE = "Parameters", "OutputLocation", "S3Location"


class Association(SsmResource):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AssociationDescription.html

    `Parameters` is a text of JSON.
    """

    kind = "association"
    returned_as = "association"
    tag_type = "Association"
    tag_key = "AssociationId"

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        _check(options)
        super().__init__(options)

    @property
    def steps(self) -> Sequence[Step]:
        return [Step(SETTINGS, self._update)]

    def describe(self, region: Region) -> Properties | None:
        """Raises SweepError where more than one has the name, which AWS allows."""
        filters = [{"key": "AssociationName", "value": self.name}]
        pages = region.pages("ssm", "list_associations", "Associations", AssociationFilterList=filters)
        found = [row["AssociationId"] for page in pages for row in page if row.get("AssociationName") == self.name]
        self.refuse_namesakes(region, found)
        if not found:
            return None
        answer = region.call("ssm", "describe_association", AssociationId=found[0])["AssociationDescription"]
        return {**answer, PARAMETERS: _document(answer.get(PARAMETERS, {})), TAGS: self.tags_of(region, found[0])}

    def desired(self) -> Properties:
        options = self._options
        parameters = options["parameters"]
        return said(
            {
                "AssociationName": options["name"],
                "Name": options["document_name"],
                "DocumentVersion": options["document_version"],
                PARAMETERS: None if parameters is None else _document({k: texts(v) for k, v in parameters.items()}),
                "Targets": _targets(options),
                "ScheduleExpression": options["schedule_expression"],
                "ApplyOnlyAtCronInterval": options["apply_only_at_cron_interval"],
                "MaxConcurrency": options["max_concurrency"],
                "MaxErrors": options["max_errors"],
                "ComplianceSeverity": options["compliance_severity"],
                OUTPUT: _output(options),
            }
        )

    def compare(self, current: Properties, desired: Properties) -> dict[str, Change]:
        """Of the output's place, too, what isn't desired is left alone, but AWS takes it as a whole."""
        if place := desired.get(OUTPUT):
            whole = {PLACE: {**current.get(OUTPUT, {}).get(PLACE, {}), **place[PLACE]}}
            return super().compare(current, {**desired, OUTPUT: whole})
        return super().compare(current, desired)

    def create(self, region: Region, desired: Properties) -> None:
        settings = {name: value for name, value in desired.items() if name != TAGS}
        try:
            region.call("ssm", "create_association", **_request(settings), **tag_parameters(desired.get(TAGS, {})))
        except CallError as error:
            # a call whose answer was lost isn't repeated (sweep/pacing.py), but it may have made the association
            if error.answered or self.describe(region) is None:
                raise

    def _update(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        wanted = {name: current[name] for name in (*SETTINGS, *KEPT) if name in current}
        wanted |= {name: change.after for name, change in changes.items()}
        region.call("ssm", "update_association", AssociationId=current["AssociationId"], **_request(wanted))

    def delete(self, region: Region, current: Properties) -> None:
        region.call("ssm", "delete_association", AssociationId=current["AssociationId"])


def _document(parameters: Mapping[str, Any]) -> str:
    """As JSON, since the order of a script's lines matters and the names are the document's own."""
    return json.dumps(parameters, sort_keys=True) if parameters else ""


def _request(properties: Mapping[str, Any]) -> dict[str, Any]:
    """AWS takes nothing that is empty."""
    request = _full(properties)
    if PARAMETERS in request:
        request[PARAMETERS] = json.loads(request[PARAMETERS])
    if OUTPUT in request:
        request[OUTPUT] = {PLACE: _full(request[OUTPUT][PLACE])}
    return request


def _full(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value not in ("", {}, [], None)}


def _targets(options: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    if options["instance_ids"]:
        return [{"Key": "InstanceIds", "Values": options["instance_ids"]}]
    selector = Selector((), tag_values("target_tags", options["target_tags"] or {}), options["resource_group"] or "")
    return selector.targets or None


def _output(options: Mapping[str, Any]) -> dict[str, Any] | None:
    bucket = options["output_s3_bucket_name"]
    if not bucket:
        return None if bucket is None else {}
    return {PLACE: said({"OutputS3BucketName": bucket, "OutputS3KeyPrefix": options["output_s3_key_prefix"]})}


def _check(options: Mapping[str, Any]) -> None:
    check_name("name", options["name"])
    if options["state"] == "absent":
        return
    matching(options, "document_name", DOCUMENT, "the name or ARN of a document, such as AWS-RunShellScript")
    check_run(options)
    check_count("instance_ids", options["instance_ids"], VALUES)
    if not _targets(options):
        raise SweepError("target_tags, instance_ids or resource_group is empty, which is no choice of instances.")
    for instance_id in options["instance_ids"] or []:
        if instance_id != ALL_INSTANCES and not INSTANCE_ID.fullmatch(instance_id):
            raise SweepError(
                f"instance_ids: {instance_id!r} is no instance id: they look like i-0123456789abcdef0, and '*' is all."
            )
    _check_schedule(options)


def _check_schedule(options: Mapping[str, Any]) -> None:
    schedule = options["schedule_expression"]
    if schedule:
        check_schedule(schedule)
    if options["apply_only_at_cron_interval"] and (not schedule or kind_of(schedule) != "cron"):
        raise SweepError("apply_only_at_cron_interval needs a schedule_expression of the form cron(...).")
