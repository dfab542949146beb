# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 launch templates: pages of templates and of their versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..wire import AwsError, Call, page, xml
from .common import check_dry_run, ec2, select, tag_set

LARGEST_PAGE = 200
WORDS = ("$Latest", "$Default")
# Lists whose element isn't the name with `Set` in place of the plural.
LISTS = {
    "LicenseSpecifications": "licenseSet",
    "PrivateIpAddresses": "privateIpAddressesSet",
    "Ipv6Addresses": "ipv6AddressesSet",
}
TEMPLATE_FILTERS = {"create-time": lambda t: t.create_time, "launch-template-name": lambda t: t.name}
VERSION_FILTERS = {
    "create-time": lambda v: v.version.create_time,
    "image-id": lambda v: v.version.image_id,
    "instance-type": lambda v: v.version.instance_type,
    "is-default-version": lambda v: v.is_default,
}


@dataclass(frozen=True)
class Version:
    """One version and its template. `id` sorts by template and number."""

    template: Any
    version: Any

    @property
    def id(self) -> str:
        return f"{self.template.id}/{self.version.number:09d}"

    @property
    def is_default(self) -> bool:
        return bool(self.template.default_version_number == self.version.number)


def describe_launch_templates(call: Call) -> str:
    """DescribeLaunchTemplates in pages of at most 200 (moto: the first 15 and no more).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplates.html
    """
    backend = ec2(call)
    check_dry_run(call)
    ids, names = call.values("LaunchTemplateId"), call.values("LaunchTemplateName")
    found = [_by_id(backend, i) for i in ids] + [_by_name(backend, n) for n in names]
    if not ids and not names:
        found = list(backend.launch_templates.values())
    chosen, token = _page(select(found, call, TEMPLATE_FILTERS, backend.tags), call)
    rows = (f"<item>{xml(_template(call, t))}{tag_set(backend.tags.get(t.id))}</item>" for t in chosen)
    return f"<launchTemplates>{''.join(rows)}</launchTemplates>{token}"


def _page(found: Sequence[Any], call: Call) -> tuple[Sequence[Any], str]:
    size = call.number("MaxResults", LARGEST_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise AwsError("InvalidParameterValue", f"MaxResults must be between 1 and {LARGEST_PAGE}")
    chosen, token = page(sorted(found, key=_id), call.text("NextToken"), size, _id)
    return chosen, f"<nextToken>{token}</nextToken>" if token else ""


def _id(item: Any) -> str:
    return str(item.id)


def _template(call: Call, template: Any) -> dict[str, Any]:
    return {
        "launchTemplateId": template.id,
        "launchTemplateName": template.name,
        "createTime": template.create_time,
        "createdBy": f"arn:aws:iam::{call.account}:root",
        "defaultVersionNumber": template.default_version_number,
        "latestVersionNumber": template.latest_version_number,
    }


def _by_id(backend: Any, template_id: str) -> Any:
    if template_id not in backend.launch_templates:
        raise AwsError("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID "
                       f"{template_id}, does not exist.")  # fmt: skip
    return backend.launch_templates[template_id]


def _by_name(backend: Any, name: str) -> Any:
    if name not in backend.launch_template_name_to_ids:
        raise AwsError("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template "
                       f"name {name}, does not exist.")  # fmt: skip
    return backend.launch_templates[backend.launch_template_name_to_ids[name]]


def describe_launch_template_versions(call: Call) -> str:
    """DescribeLaunchTemplateVersions in pages of 1 to 200 (moto: the first 15 and no more): of one template any
    versions; without a template $Latest, $Default or both of all the account's templates.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html
    """
    backend = ec2(call)
    check_dry_run(call)
    template_id, name, wanted = call.text("LaunchTemplateId"), call.text("LaunchTemplateName"), _wanted(call)
    if template_id and name:
        raise AwsError("InvalidParameterCombination", "Specify either LaunchTemplateId or LaunchTemplateName")
    if template_id or name:
        template = _by_id(backend, template_id) if template_id else _by_name(backend, name)
        found = set(_versions(call, template, wanted))
    elif not wanted or not set(wanted) <= set(WORDS):
        code = "InvalidParameterValue" if wanted else "MissingParameter"
        raise AwsError(code, "To describe the launch template data for all your launch templates, specify $Latest, "
                       "$Default, or both, and omit the launch template and version numbers.")  # fmt: skip
    else:
        templates = list(backend.launch_templates.values())
        found = {version for template in templates for version in _versions(call, template, wanted)}
    chosen, token = _page(select(found, call, VERSION_FILTERS, {}), call)
    return xml({"launchTemplateVersionSet": [_version(call, v) for v in chosen]}) + token


def _wanted(call: Call) -> list[str]:
    words = {word.casefold(): word for word in WORDS}
    return [words.get(version.casefold(), version) for version in call.values("LaunchTemplateVersion")]


def _versions(call: Call, template: Any, wanted: Sequence[str]) -> list[Version]:
    """The wanted versions; none wanted: those from MinVersion to MaxVersion."""
    if not wanted:
        least, most = call.number("MinVersion", 1), call.number("MaxVersion", len(template.versions))
        return [Version(template, v) for v in template.versions if least <= v.number <= most]
    numbers = {
        "$Latest": str(template.latest_version_number),
        "$Default": str(template.default_version_number),
    }
    by_number = {str(v.number): v for v in template.versions}
    for version in wanted:
        if numbers.get(version, version) not in by_number:
            raise AwsError("InvalidLaunchTemplateId.VersionNotFound", f"Could not find the specified version {version} "
                           f"for the launch template with ID {template.id}.")  # fmt: skip
    return [Version(template, by_number[numbers.get(version, version)]) for version in wanted]


def _version(call: Call, one: Version) -> dict[str, Any]:
    return {
        "launchTemplateId": one.template.id,
        "launchTemplateName": one.template.name,
        "versionNumber": one.version.number,
        "versionDescription": one.version.description or None,
        "createTime": one.version.create_time,
        "createdBy": f"arn:aws:iam::{call.account}:root",
        "defaultVersion": one.is_default,
        "launchTemplateData": _shown(one.version.data),
    }


def _shown(value: Any) -> Any:
    """A request's structure in the names of EC2's answers: `BlockDeviceMappings` is `blockDeviceMappingSet`."""
    if isinstance(value, dict):
        return {_name(k, v): _shown(v) for k, v in value.items() if v is not None}
    return [_shown(v) for v in value] if isinstance(value, (list, tuple)) else value


def _name(name: str, value: Any) -> str:
    small = name[0].lower() + name[1:]
    if isinstance(value, (list, tuple)):
        return LISTS.get(name, f"{small.removesuffix('s')}Set")
    return small


OPERATIONS = {
    "DescribeLaunchTemplateVersions": describe_launch_template_versions,
    "DescribeLaunchTemplates": describe_launch_templates,
}
