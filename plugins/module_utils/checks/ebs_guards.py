# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What protects volumes and snapshots, and what more a person should know of snapshots that AMIs need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from ..sweep.finding import Finding, tags_of
from ..sweep.guard import (
    BACKUP,
    KUBERNETES,
    STACK,
    Candidate,
    ExcludedByTag,
    Guard,
    Holds,
    Inspection,
    OwnedBy,
    managed_by_operator,
)
from ..sweep.policy import Common
from ..sweep.region import Region, Resource
from .grace import UNMARK
from .launch_sources import group_sources, template_sources

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageReferences.html
IMAGES_A_CALL = 10


def made_by_backup(resource: Resource) -> str | None:
    """AWS Backup and Data Lifecycle Manager also sign in names and descriptions, where tags were not copied."""
    name, description = tags_of(resource).get("Name", "").casefold(), resource.get("Description", "")
    if name.startswith("awsbackup") or description.casefold().startswith("awsbackup"):
        return "named as AWS Backup names its own"
    if "AWS Backup service" in description:
        return "described as made by AWS Backup"
    return (
        "described as made by Data Lifecycle Manager" if description.startswith("Created for policy: policy-") else None
    )


def archived(resource: Resource) -> str | None:
    return "in the archive tier" if resource.get("StorageTier") == "archive" else None


def common_guards(common: Common) -> list[Guard]:
    """What protects volumes and snapshots alike, without a call."""
    return [
        ExcludedByTag(common.exclude_tags),
        OwnedBy({**STACK, **BACKUP, **KUBERNETES}),
        Holds("Operator.Managed", managed_by_operator),
        Holds("AWS Backup", made_by_backup),
    ]


class BacksImage(Guard):
    """Snapshots in the block device mappings of own AMIs, disabled ones too: the AMI could not start without them."""

    name = "the list of own AMIs"
    nothing: Mapping[str, Resource] = {}
    means_use = True

    def load(self, region: Region) -> Mapping[str, Resource]:
        return backed_images(region)

    def protects(self, candidate: Candidate, facts: Mapping[str, Resource]) -> str | None:
        image = facts.get(candidate.finding.resource_id)
        if image is None:
            return None
        public = ", public" if image.get("Public") else ""
        return f"backs AMI {image['ImageId']} ({image.get('State', 'available')}{public})"


def backed_images(region: Region) -> Mapping[str, Resource]:
    """The own AMI that each snapshot backs, by snapshot."""
    images = region.listing(
        "ec2", "describe_images", "Images", Owners=["self"], IncludeDisabled=True, IncludeDeprecated=True
    )
    return {
        mapping["Ebs"]["SnapshotId"]: image
        for image in images
        for mapping in image.get("BlockDeviceMappings", [])
        if mapping.get("Ebs", {}).get("SnapshotId")
    }


class Locked(Guard):
    """EBS snapshot locks, in whatever mode, until they expire (ec2:DescribeLockedSnapshots)."""

    name = "the list of snapshot locks"
    nothing: Mapping[str, str] = {}

    def load(self, region: Region) -> Mapping[str, str]:
        locks = region.listing("ec2", "describe_locked_snapshots", "Snapshots")
        return {lock["SnapshotId"]: lock["LockState"] for lock in locks if lock.get("LockState") != "expired"}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        state = facts.get(candidate.finding.resource_id)
        return f"locked ({state})" if state else None


class InLaunchTemplate(Guard):
    """Snapshots in the block device mappings of a launch template's default or latest version."""

    name = "the list of launch templates"
    nothing: Mapping[str, str] = {}
    means_use = True

    def load(self, region: Region) -> Mapping[str, str]:
        sources = template_sources(region).values()
        return {snapshot: source.words for source in sources for snapshot in source.snapshot_ids}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        words = facts.get(candidate.finding.resource_id)
        return f"in a block device mapping of the {words}" if words else None


class InAutoScalingGroup(InLaunchTemplate):
    """Snapshots that an Auto Scaling group launches from: a pinned version of a template, a launch configuration."""

    name = "the list of Auto Scaling groups"

    def load(self, region: Region) -> Mapping[str, str]:
        return {
            snapshot: f"{source.words}, which the Auto Scaling group {group} uses"
            for group, sources in group_sources(region).items()
            for source in sources
            for snapshot in source.snapshot_ids
        }


class FastRestored(Guard):
    """Snapshots that somebody pays for to restore fast (ec2:DescribeFastSnapshotRestores)."""

    name = "the list of Fast Snapshot Restores"
    nothing: Mapping[str, str] = {}
    means_use = True

    def load(self, region: Region) -> Mapping[str, str]:
        rows = region.listing("ec2", "describe_fast_snapshot_restores", "FastSnapshotRestores")
        on = [row for row in rows if row.get("State") not in ("disabling", "disabled")]
        return {row["SnapshotId"]: f"{row.get('State')} in {row.get('AvailabilityZone')}" for row in on}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        state = facts.get(candidate.finding.resource_id)
        return f"Fast Snapshot Restore is {state}" if state else None


class Shared(Inspection):
    """AWS has no list of the snapshots that are shared with named accounts: only the attribute of each tells."""

    name = "whether a snapshot is shared"

    def inspect(self, region: Region, finding: Finding) -> str | None:
        if finding.action == UNMARK:
            # with whomever it is shared, its mark must not outlive its use
            return None
        answer = region.call(
            "ec2", "describe_snapshot_attribute", SnapshotId=finding.resource_id, Attribute="createVolumePermission"
        )
        return shared_with(answer.get("CreateVolumePermissions", []))


def shared_with(permissions: Sequence[Resource]) -> str | None:
    """`{UserId | Group | OrganizationArn | OrganizationalUnitArn}` in words; None for nobody."""
    if any(grant.get("Group") == "all" for grant in permissions):
        return "shared publicly"
    accounts = sorted(grant["UserId"] for grant in permissions if grant.get("UserId"))
    others = sorted(
        grant[key] for grant in permissions for key in ("OrganizationArn", "OrganizationalUnitArn") if grant.get(key)
    )
    words = ([f"account {', '.join(accounts)}"] if accounts else []) + others
    return f"shared with {', '.join(words)}" if words else None


def say_who_uses_images(region: Region, findings: Sequence[Finding]) -> None:
    """Add to snapshots that back an AMI what names the AMI: instances, launch templates, SSM parameters, recipes."""
    images = _images_of(region, findings)
    _say(findings, images, image_users(region, sorted({image["ImageId"] for image in images.values()})))


def image_users(region: Region, ids: Sequence[str]) -> dict[str, str]:
    """In words, what uses each AMI that something uses. Raises CallError.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-ami-references.html
    """
    users: dict[str, list[str]] = {}
    for start in range(0, len(ids), IMAGES_A_CALL):
        rows = region.listing(
            "ec2",
            "describe_image_references",
            "ImageReferences",
            ImageIds=list(ids[start : start + IMAGES_A_CALL]),
            IncludeAllResourceTypes=True,
        )
        for row in rows:
            users.setdefault(row["ImageId"], []).append(f"{row['ResourceType']} {row['Arn'].split(':', 5)[-1]}")
    return {image: f"used by {', '.join(sorted(some))}" for image, some in users.items()}


def say_who_shares_images(region: Region, findings: Sequence[Finding]) -> None:
    """Add to snapshots that back an AMI with whom the AMI is shared, which no list tells."""
    images = _images_of(region, findings)
    for image in sorted({image["ImageId"] for image in images.values()}):
        words = region.once(("launch permissions", image), partial(launch_permissions, region, image))
        _say(findings, images, {image: words} if words else {})


def _images_of(region: Region, findings: Sequence[Finding]) -> Mapping[str, Resource]:
    """The AMI of each snapshot that backs one; nothing is listed where no guard has found one in use."""
    ids = {finding.resource_id for finding in findings if finding.in_use}
    return {name: image for name, image in backed_images(region).items() if name in ids} if ids else {}


def launch_permissions(region: Region, image: str) -> str | None:
    """With whom an AMI is shared, in words; None for nobody. Raises CallError."""
    answer = region.call("ec2", "describe_image_attribute", ImageId=image, Attribute="launchPermission")
    return shared_with(answer.get("LaunchPermissions", []))


def _say(findings: Sequence[Finding], images: Mapping[str, Resource], words: Mapping[str, str]) -> None:
    for finding in findings:
        image = images.get(finding.resource_id, {}).get("ImageId", "")
        if image in words:
            finding.protected_by.append(f"AMI {image} is {words[image]}")
