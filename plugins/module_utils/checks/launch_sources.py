# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances are launched from: launch templates in use by default or latest, and what Auto Scaling groups name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..sweep.errors import CallError
from ..sweep.region import Region, Resource

DEFAULT, LATEST = "$Default", "$Latest"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
TEMPLATE_GONE = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound")


@dataclass(frozen=True)
class LaunchSource:
    """A version of a launch template, or a launch configuration, as much of it as guards look at."""

    words: str
    snapshot_ids: frozenset[str]
    detailed_monitoring: bool
    image_id: str = ""


def template_sources(region: Region) -> Mapping[tuple[str, str], LaunchSource]:
    """The versions that are used unless somebody names another, by template id and `$Default` or `$Latest`."""
    return region.once("launch templates", lambda: _by_word(region))


def _by_word(region: Region) -> dict[tuple[str, str], LaunchSource]:
    # without an id, AWS answers for all templates: a call a page and none a template
    versions = _versions(region, Versions=[LATEST, DEFAULT])
    found: dict[tuple[str, str], LaunchSource] = {}
    for version in sorted(versions, key=lambda version: int(version["VersionNumber"])):
        source = _template_source(version)
        found[version["LaunchTemplateId"], LATEST] = source
        if version.get("DefaultVersion"):
            found[version["LaunchTemplateId"], DEFAULT] = source
    return found


def _versions(region: Region, **parameters: object) -> list[Resource]:
    return region.listing("ec2", "describe_launch_template_versions", "LaunchTemplateVersions", **parameters)


def _template_source(version: Resource) -> LaunchSource:
    data = version.get("LaunchTemplateData", {})
    return LaunchSource(
        words=f"launch template {version['LaunchTemplateName']} (version {version['VersionNumber']})",
        snapshot_ids=_snapshot_ids(data),
        detailed_monitoring=bool(data.get("Monitoring", {}).get("Enabled")),
        image_id=data.get("ImageId", ""),
    )


def _snapshot_ids(data: Resource) -> frozenset[str]:
    mappings = data.get("BlockDeviceMappings") or []
    return frozenset(id_ for mapping in mappings if (id_ := mapping.get("Ebs", {}).get("SnapshotId")))


def group_sources(region: Region) -> Mapping[str, list[LaunchSource]]:
    """What each Auto Scaling group launches its instances from: also versions that are neither default nor latest."""
    return region.once("sources of Auto Scaling groups", lambda: _by_group(region))


def _by_group(region: Region) -> dict[str, list[LaunchSource]]:
    groups = region.listing("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
    named = {group["AutoScalingGroupName"]: list(_specifications(group)) for group in groups}
    sources = _template_versions(region, {specification for some in named.values() for specification in some})
    configurations = _configurations(region) if any("LaunchConfigurationName" in group for group in groups) else {}
    found = {name: [sources[one] for one in some if one in sources] for name, some in named.items()}
    for group in groups:
        if configuration := configurations.get(group.get("LaunchConfigurationName", "")):
            found[group["AutoScalingGroupName"]].append(configuration)
    return found


def _specifications(group: Resource) -> Iterator[tuple[str, str]]:
    """(template id, version) of all that a group may launch."""
    mixed = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    overrides = mixed.get("Overrides") or []
    named = [group.get("LaunchTemplate"), mixed.get("LaunchTemplateSpecification")]
    for specification in named + [override.get("LaunchTemplateSpecification") for override in overrides]:
        if specification and specification.get("LaunchTemplateId"):
            yield specification["LaunchTemplateId"], str(specification.get("Version") or DEFAULT)


def _template_versions(region: Region, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], LaunchSource]:
    """By template and version as the groups write it. Only pinned versions cost a call, one a template."""
    found = dict(template_sources(region)) if wanted else {}
    pinned: dict[str, list[str]] = {}
    for template, version in sorted(wanted - found.keys()):
        pinned.setdefault(template, []).append(version)
    for template, versions in pinned.items():
        rows = _pinned(region, template, versions)
        found.update({(template, str(row["VersionNumber"])): _template_source(row) for row in rows})
    return found


def _pinned(region: Region, template: str, versions: list[str]) -> list[Resource]:
    """A template, or a version of it, that was deleted launches nothing."""
    try:
        return _versions(region, LaunchTemplateId=template, Versions=versions)
    except CallError as error:
        if error.code not in TEMPLATE_GONE:
            raise
    # one version that is gone spoils the answer for the others (InvalidLaunchTemplateId.VersionNotFound)
    return [] if len(versions) == 1 else [row for one in versions for row in _pinned(region, template, [one])]


def _configurations(region: Region) -> dict[str, LaunchSource]:
    rows = region.listing("autoscaling", "describe_launch_configurations", "LaunchConfigurations")
    return {
        row["LaunchConfigurationName"]: LaunchSource(
            words=f"launch configuration {row['LaunchConfigurationName']}",
            snapshot_ids=_snapshot_ids(row),
            detailed_monitoring=bool(row.get("InstanceMonitoring", {}).get("Enabled", True)),
            image_id=row.get("ImageId", ""),
        )
        for row in rows
    }
