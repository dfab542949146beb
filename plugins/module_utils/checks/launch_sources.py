# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What launches from, or holds, a snapshot or an AMI: one list of holders, which guards of both go through.

What is left out, and why: AWS Batch, EKS node groups and Elastic Beanstalk make launch templates and Auto Scaling
groups of their own, which are listed here; an EC2 Fleet of the type `instant` launches once and is in no list; SSM
parameters, Image Builder recipes and instances that name an AMI are in the answer of ec2:DescribeImageReferences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..sweep.errors import CallError
from ..sweep.guard import Candidate, Guard
from ..sweep.region import Region, Resource

DEFAULT, LATEST = "$Default", "$Latest"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
TEMPLATE_GONE = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound")

#: states in which a fleet or a Spot request launches nothing any more, as AWS writes them, `-` being `_`; in any other
#: state, one that AWS adds later too, it may launch (FleetStateCode, BatchState, SpotInstanceState of the EC2 API)
ENDED = frozenset(
    {
        *("deleted", "deleted_running", "deleted_terminating", "failed"),
        *("cancelled", "cancelled_running", "cancelled_terminating", "closed"),
    }
)
#: errors by which botocore, or an endpoint, says that it does not know a parameter
UNKNOWN_PARAMETER = frozenset({"ParamValidationError", "UnknownParameter"})

OWN_IMAGES = "the list of own AMIs"

Pin = tuple[str, str]


@dataclass(frozen=True)
class LaunchSource:
    """What holds snapshots or an AMI, as much of it as guards look at. `template` is a launch template's name."""

    words: str
    snapshot_ids: frozenset[str]
    detailed_monitoring: bool = False
    image_id: str = ""
    template: str = ""

    def used_by(self, user: str) -> LaunchSource:
        words = f"{self.words}, which the {user} uses"
        return LaunchSource(words, self.snapshot_ids, self.detailed_monitoring, self.image_id)


@dataclass(frozen=True)
class Holder:
    """A list of AWS, and what it says of the snapshots and AMIs that it names (None: nothing)."""

    name: str
    load: Callable[[Region], Iterable[LaunchSource]]
    of_snapshots: str | None = "in a block device mapping of the {}"
    of_images: str | None = "in use by the {}"


class HeldBy(Guard):
    """Snapshots or AMIs that one holder names."""

    nothing: Mapping[str, str] = {}
    means_use = True

    def __init__(self, holder: Holder, phrase: str, ids: Callable[[LaunchSource], Iterable[str]]) -> None:
        self.name = holder.name
        self.holder = holder
        self._phrase = phrase
        self._ids = ids

    def load(self, region: Region) -> Mapping[str, str]:
        sources = self.holder.load(region)
        return {one: self._phrase.format(source.words) for source in sources for one in self._ids(source)}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        return facts.get(candidate.finding.resource_id)


def snapshot_guards() -> list[Guard]:
    """One guard for each list that names snapshots."""
    return [HeldBy(one, one.of_snapshots, lambda source: source.snapshot_ids) for one in HOLDERS if one.of_snapshots]


def other_snapshot_guards() -> list[Guard]:
    """Those of snapshots that go with their image: of an image, EC2 leaves what another image needs too."""
    return [guard for guard in snapshot_guards() if guard.name != OWN_IMAGES]


def image_guards() -> list[Guard]:
    """One guard for each list that names AMIs."""
    return [HeldBy(one, one.of_images, lambda source: [source.image_id]) for one in HOLDERS if one.of_images]


def own_images(region: Region) -> list[Resource]:
    """Own AMIs, disabled and deprecated ones too: they could not start without their snapshots."""
    return region.listing(
        "ec2", "describe_images", "Images", Owners=["self"], IncludeDisabled=True, IncludeDeprecated=True
    )


def _images(region: Region) -> Iterator[LaunchSource]:
    for image in own_images(region):
        public = ", public" if image.get("Public") else ""
        yield LaunchSource(f"AMI {image['ImageId']} ({image.get('State', 'available')}{public})", snapshot_ids(image))


def template_sources(region: Region) -> Mapping[Pin, LaunchSource]:
    """The versions that are used unless somebody names another, by template id and `$Default` or `$Latest`."""
    return region.once("launch templates", lambda: _by_word(region))


def _by_word(region: Region) -> dict[Pin, LaunchSource]:
    # without an id, AWS answers for all templates: a call a page and none a template
    versions = _versions(region, Versions=[LATEST, DEFAULT])
    found: dict[Pin, LaunchSource] = {}
    for version in sorted(versions, key=lambda version: int(version["VersionNumber"])):
        source = _template_source(version)
        found[version["LaunchTemplateId"], LATEST] = source
        if version.get("DefaultVersion"):
            found[version["LaunchTemplateId"], DEFAULT] = source
    return found


def _versions(region: Region, **parameters: object) -> list[Resource]:
    def fetch() -> list[Resource]:
        pages = managed_too(region, "describe_launch_template_versions", "LaunchTemplateVersions", **parameters)
        return [version for page in pages for version in page]

    return region.once(("launch template versions", repr(sorted(parameters.items()))), fetch)


def managed_too(region: Region, operation: str, key: str, **parameters: Any) -> Iterator[list[Resource]]:
    """Pages of EC2 with what AWS services manage, which an account may have hidden (`IncludeManagedResources`)."""
    try:
        yield from region.pages("ec2", operation, key, IncludeManagedResources=True, **parameters)
    except CallError as error:
        if error.code not in UNKNOWN_PARAMETER:
            raise
        # who does not know the parameter hides nothing
        yield from region.pages("ec2", operation, key, **parameters)


def _template_source(version: Resource) -> LaunchSource:
    data = version.get("LaunchTemplateData", {})
    return LaunchSource(
        words=f"launch template {version['LaunchTemplateName']} (version {version['VersionNumber']})",
        snapshot_ids=snapshot_ids(data),
        detailed_monitoring=bool(data.get("Monitoring", {}).get("Enabled")),
        image_id=data.get("ImageId", ""),
        template=version["LaunchTemplateName"],
    )


def snapshot_ids(data: Resource) -> frozenset[str]:
    """Those in the block device mappings of a template's data, an AMI, a launch specification or an override."""
    mappings = data.get("BlockDeviceMappings") or []
    return frozenset(id_ for mapping in mappings if (id_ := (mapping.get("Ebs") or {}).get("SnapshotId")))


def group_sources(region: Region) -> Mapping[str, list[LaunchSource]]:
    """What each Auto Scaling group launches its instances from: also versions that are neither default nor latest."""
    return region.once("sources of Auto Scaling groups", lambda: _by_group(region))


def _by_group(region: Region) -> dict[str, list[LaunchSource]]:
    groups = region.listing("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
    found = _pinned_by(region, {group["AutoScalingGroupName"]: list(_specifications(group)) for group in groups})
    configurations = _configurations(region) if any("LaunchConfigurationName" in group for group in groups) else {}
    for group in groups:
        sources = found[group["AutoScalingGroupName"]]
        if configuration := configurations.get(group.get("LaunchConfigurationName", "")):
            sources.append(configuration)
        # an override may name an AMI in place of its template's
        sources += [_specified("override", one) for one in _overrides(group) if one.get("ImageId")]
    return found


def _specifications(group: Resource) -> Iterator[Resource]:
    """All that a group may launch from."""
    named = [group.get("LaunchTemplate"), _mixed(group).get("LaunchTemplateSpecification")]
    named += [override.get("LaunchTemplateSpecification") for override in _overrides(group)]
    return (specification for specification in named if specification)


def _mixed(group: Resource) -> Resource:
    return (group.get("MixedInstancesPolicy") or {}).get("LaunchTemplate") or {}


def _overrides(group: Resource) -> list[Resource]:
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateOverrides.html"""
    return _mixed(group).get("Overrides") or []


def _pinned_by(region: Region, named: Mapping[str, list[Resource]]) -> dict[str, list[LaunchSource]]:
    """The versions that users name in their specifications (`{LaunchTemplateId | LaunchTemplateName, Version}`)."""
    everything = [specification for some in named.values() for specification in some]
    if not everything:
        return {user: [] for user in named}
    ids = {source.template: template for (template, _word), source in template_sources(region).items()}
    pins = {user: [pin for one in some if (pin := _pin(one, ids))] for user, some in named.items()}
    sources = _template_versions(region, {pin for some in pins.values() for pin in some})
    return {user: [sources[pin] for pin in some if pin in sources] for user, some in pins.items()}


def _pin(specification: Resource, ids: Mapping[str, str]) -> Pin | None:
    """(template id, version); None for a template of which there is no version."""
    template = specification.get("LaunchTemplateId") or ids.get(specification.get("LaunchTemplateName", ""))
    return (template, str(specification.get("Version") or DEFAULT)) if template else None


def _template_versions(region: Region, wanted: set[Pin]) -> dict[Pin, LaunchSource]:
    """By template and version as it is named. Only pinned versions cost a call, one a template."""
    found = dict(template_sources(region))
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


def _groups(region: Region) -> Iterator[LaunchSource]:
    for group, sources in group_sources(region).items():
        yield from (source.used_by(f"Auto Scaling group {group}") for source in sources)


def _configurations(region: Region) -> dict[str, LaunchSource]:
    """By name, whether a group uses it or not: it can be used for nothing but launching."""
    rows = region.listing("autoscaling", "describe_launch_configurations", "LaunchConfigurations")
    return {
        row["LaunchConfigurationName"]: LaunchSource(
            words=f"launch configuration {row['LaunchConfigurationName']}",
            snapshot_ids=snapshot_ids(row),
            detailed_monitoring=bool(row.get("InstanceMonitoring", {}).get("Enabled", True)),
            image_id=row.get("ImageId", ""),
        )
        for row in rows
    }


def _live(rows: Iterable[Resource], state: str) -> list[Resource]:
    return [row for row in rows if str(row.get(state, "")).replace("-", "_") not in ENDED]


def _specified(words: str, specification: Resource) -> LaunchSource:
    """Of a launch specification, or of what overrides a launch template."""
    return LaunchSource(words, snapshot_ids(specification), image_id=specification.get("ImageId") or "")


def _template_of(config: Resource) -> Resource:
    return config.get("LaunchTemplateSpecification") or {}


def _fleet_sources(region: Region, fleets: Mapping[str, Resource]) -> Iterator[LaunchSource]:
    """By the fleet in words: launch templates with what overrides them, and launch specifications of Spot Fleets."""
    configs = {fleet: facts.get("LaunchTemplateConfigs") or [] for fleet, facts in fleets.items()}
    named = {fleet: [_template_of(one) for one in some if _template_of(one)] for fleet, some in configs.items()}
    for fleet, sources in _pinned_by(region, named).items():
        yield from (source.used_by(fleet) for source in sources)
    for fleet, facts in fleets.items():
        overrides = [override for config in configs[fleet] for override in config.get("Overrides") or []]
        for specification in [*(facts.get("LaunchSpecifications") or []), *overrides]:
            yield _specified(fleet, specification)


def _fleets(region: Region) -> Iterator[LaunchSource]:
    rows = _live(region.listing("ec2", "describe_fleets", "Fleets"), "FleetState")
    return _fleet_sources(region, {f"EC2 Fleet {row['FleetId']}": row for row in rows})


def _spot_fleets(region: Region) -> Iterator[LaunchSource]:
    rows = _live(
        region.listing("ec2", "describe_spot_fleet_requests", "SpotFleetRequestConfigs"), "SpotFleetRequestState"
    )
    fleets = {
        f"Spot Fleet request {row['SpotFleetRequestId']}": row.get("SpotFleetRequestConfig") or {} for row in rows
    }
    return _fleet_sources(region, fleets)


def _spot_requests(region: Region) -> Iterator[LaunchSource]:
    for row in _live(region.listing("ec2", "describe_spot_instance_requests", "SpotInstanceRequests"), "State"):
        words = f"Spot Instance request {row['SpotInstanceRequestId']}"
        yield _specified(words, row.get("LaunchSpecification") or {})


@dataclass(frozen=True)
class Volumes:
    """The volumes of a region: the ids of all, and by snapshot one that is in use and was made from it, in words."""

    ids: frozenset[str]
    in_use: Mapping[str, str]


def volumes_of(region: Region) -> Volumes:
    """Raises CallError."""
    return region.once("all volumes", lambda: _volumes_of(region))


def _volumes_of(region: Region) -> Volumes:
    ids: set[str] = set()
    in_use: dict[str, str] = {}
    # no page is kept: there may be many
    for page in managed_too(region, "describe_volumes", "Volumes"):
        ids.update(row["VolumeId"] for row in page)
        for row in page:
            if row.get("SnapshotId") and row.get("State") in ("in-use", "creating"):
                in_use[row["SnapshotId"]] = f"{row['VolumeId']} ({row['State']})"
    return Volumes(frozenset(ids), in_use)


def _used_volumes(region: Region) -> Iterator[LaunchSource]:
    for snapshot, volume in volumes_of(region).in_use.items():
        yield LaunchSource(volume, frozenset([snapshot]))


#: in the order in which they are asked; what one protects, the next is not asked about
HOLDERS = (
    Holder(OWN_IMAGES, _images, "backs {}", None),
    Holder("the list of launch templates", lambda region: template_sources(region).values()),
    Holder("the list of Auto Scaling groups", _groups),
    Holder("the list of launch configurations", lambda region: _configurations(region).values()),
    Holder("the list of EC2 Fleets", _fleets),
    Holder("the list of Spot Fleet requests", _spot_fleets),
    Holder("the list of Spot Instance requests", _spot_requests),
    Holder("the list of volumes", _used_volumes, "the volume {} was made from it", None),
)
