# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 DescribeImageReferences, which moto lacks: what names an AMI."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..wire import AwsError, Call, xml
from .common import check_dry_run, ec2, paged
from .instances import all_instances

MOST_IMAGES = 10
PAGE = 1000
# launch template versions that are looked at, from the latest
DEPTH, DEEPEST = 10, 10_000
AMI_TYPE = "aws:ec2:image"

Options = dict[str, list[str]]


@dataclass(frozen=True)
class Reference:
    image_id: str
    resource_type: str
    arn: str

    @property
    def id(self) -> str:
        return f"{self.image_id} {self.resource_type} {self.arn}"


def describe_image_references(call: Call) -> str:
    """DescribeImageReferences: at most 10 AMIs; ResourceTypes with their options, or IncludeAllResourceTypes.

    A launch template counts where one of its last 10 versions (`version-depth`) names the AMI. Parameters count with
    the data type aws:ec2:image, and here with any other too. No Image Builder recipe exists here.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageReferences.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-ami-references.html
    """
    ids = set(call.values("ImageId"))
    if not 1 <= len(ids) <= MOST_IMAGES:
        raise AwsError("InvalidParameterValue", f"The request must name 1 to {MOST_IMAGES} images")
    wanted = _wanted(call)
    check_dry_run(call)
    found = {r for kind, options in wanted.items() for r in KINDS[kind](call, options) if r.image_id in ids}
    chosen, token = paged(sorted(found, key=_id), call, (), PAGE)
    rows = [{"imageId": r.image_id, "resourceType": r.resource_type, "arn": r.arn} for r in chosen]
    return xml({"imageReferenceSet": rows}) + token


def _id(reference: Reference) -> str:
    return reference.id


def _wanted(call: Call) -> dict[str, Options]:
    """Resource type -> its options."""
    named = call.tree("ResourceType") or []
    wanted: dict[str, Options] = {kind: {} for kind in KINDS} if call.flag("IncludeAllResourceTypes") else {}
    for request in named:
        kind = request.get("ResourceType")
        if kind not in KINDS:
            raise AwsError("InvalidParameterValue", f"Value ({kind}) for parameter ResourceType is invalid.")
        options = request.get("ResourceTypeOption") or []
        wanted[kind] = {option["OptionName"]: option.get("OptionValue") or [] for option in options}
    if not wanted:
        raise AwsError("MissingParameter", "Either IncludeAllResourceTypes or ResourceTypes must be specified")
    return wanted


def _instances(call: Call, options: Options) -> Iterator[Reference]:
    states = options.get("state-name")
    for _reservation, instance in all_instances(ec2(call)):
        if not states or instance.state in states:
            arn = f"arn:aws:ec2:{call.region}:{call.account}:instance/{instance.id}"
            yield Reference(str(instance.image_id), "ec2:Instance", arn)


def _launch_templates(call: Call, options: Options) -> Iterator[Reference]:
    depth = int((options.get("version-depth") or [str(DEPTH)])[0])
    if not 1 <= depth <= DEEPEST:
        raise AwsError("InvalidParameterValue", f"version-depth must be between 1 and {DEEPEST}")
    for template in list(ec2(call).launch_templates.values()):
        arn = f"arn:aws:ec2:{call.region}:{call.account}:launch-template/{template.id}"
        for version in template.versions[-depth:]:
            yield Reference(str(version.image_id), "ec2:LaunchTemplate", arn)


def _parameters(call: Call, options: Options) -> Iterator[Reference]:
    from moto.ssm.models import ssm_backends

    for versions in list(ssm_backends[call.account][call.region]._parameters.values()):
        latest = versions[-1] if versions else None
        if latest and (latest.data_type == AMI_TYPE or str(latest.value).startswith("ami-")):
            arn = f"arn:aws:ssm:{call.region}:{call.account}:parameter/{latest.name.lstrip('/')}"
            yield Reference(str(latest.value), "ssm:Parameter", arn)


def _none(call: Call, options: Options) -> Iterator[Reference]:
    return iter(())


KINDS: dict[str, Callable[[Call, Options], Iterator[Any]]] = {
    "ec2:Instance": _instances,
    "ec2:LaunchTemplate": _launch_templates,
    "ssm:Parameter": _parameters,
    "imagebuilder:ImageRecipe": _none,
    "imagebuilder:ContainerRecipe": _none,
}
OPERATIONS = {"DescribeImageReferences": describe_image_references}
