# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What protects volumes and snapshots, and what more a person should know of snapshots that AMIs need."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from ..sweep.finding import Finding, tags_of
from ..sweep.guard import (
    BACKUP,
    KUBERNETES,
    SERVICES,
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
from .launch_sources import own_images, snapshot_ids

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageReferences.html
IMAGES_A_CALL = 10
# `sgw-AABB1122:vol-AABB1122:Schedule`, in the example of
# https://docs.aws.amazon.com/storagegateway/latest/APIReference/API_DescribeSnapshotSchedule.html
GATEWAY = re.compile(r"\bsgw-[0-9a-f]{8,17}\b|storage gateway", re.IGNORECASE)
# `Created by CreateImage(i-...) for ami-...`, `Copied for DestinationAmi ami-... from SourceAmi ami-...`
IMAGE_ID = re.compile(r"\bami-[0-9a-f]{8,17}\b")
#: what each TieringOperationStatus of EC2 means for a snapshot that is in the standard tier; one that is missing here
#: protects too, under its own name
TIERING = {
    "archival-in-progress": "being archived",
    "archival-completed": "in the archive tier",
    "archival-failed": "meant for the archive tier (its archival failed)",
    "temporary-restore-in-progress": "being restored from the archive tier",
    "temporary-restore-completed": "restored from the archive tier",
    "temporary-restore-failed": "in the archive tier (its restore failed)",
    "permanent-restore-in-progress": "being restored from the archive tier",
    "permanent-restore-completed": "restored from the archive tier permanently",
    "permanent-restore-failed": "in the archive tier (its restore failed)",
}


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


def made_by_service(resource: Resource) -> str | None:
    """Services that sign in a description, or in the value of a tag whose key others use too."""
    if GATEWAY.search(resource.get("Description", "")):
        return "described as made by AWS Storage Gateway"
    # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/EC2FastLaunchServiceRolePolicy.html
    by_fast_launch = tags_of(resource).get("CreatedBy") == "EC2 Fast Launch"
    return "owned by EC2 Fast Launch (tag CreatedBy)" if by_fast_launch else None


def archived(resource: Resource) -> str | None:
    """In the archive tier, or restored from it for some days: then its tier is `standard` until RestoreExpiryTime."""
    tier = resource.get("StorageTier") or "standard"
    if tier != "standard":
        return f"in the {tier} tier"
    until = resource.get("RestoreExpiryTime")
    return f"restored from the archive tier until {_day(until)}" if until else None


def common_guards(common: Common) -> list[Guard]:
    """What protects volumes and snapshots alike, without a call."""
    return [
        ExcludedByTag(common.exclude_tags),
        OwnedBy({**STACK, **BACKUP, **KUBERNETES, **SERVICES}),
        Holds("Operator.Managed", managed_by_operator),
        Holds("AWS Backup", made_by_backup),
        Holds("AWS services", made_by_service),
    ]


def backed_images(region: Region) -> Mapping[str, Resource]:
    """The own AMI that each snapshot backs, by snapshot."""
    return {snapshot: image for image in own_images(region) for snapshot in snapshot_ids(image)}


class Tiering(Guard):
    """Snapshots on their way into the archive tier, or out of it: they are in the tier `standard` meanwhile.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotTierStatus.html
    """

    name = "the list of snapshot tiers"
    nothing: Mapping[str, str] = {}

    def load(self, region: Region) -> Mapping[str, str]:
        rows = region.listing("ec2", "describe_snapshot_tier_status", "SnapshotTierStatuses")
        return {row["SnapshotId"]: words for row in rows if (words := tiering(row))}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        return facts.get(candidate.finding.resource_id)


def tiering(row: Resource) -> str | None:
    """In words, what was last done to move a snapshot between tiers; None if it was never archived."""
    status = row.get("LastTieringOperationStatus")
    if not status:
        return archived(row)
    until = row.get("RestoreExpiryTime")
    day = f" until {_day(until)}" if until and status == "temporary-restore-completed" else ""
    return f"{TIERING.get(status, f'between storage tiers ({status})')}{day}"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "a day that it does not tell"


class OfRecycledImage(Guard):
    """Snapshots of a deregistered AMI that the Recycle Bin keeps: without them it can't be restored. A description says
    which AMI a snapshot was made for: it may protect, never condemn.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListImagesInRecycleBin.html
    """

    name = "the list of AMIs in the Recycle Bin"
    nothing: Mapping[str, str] = {}

    def load(self, region: Region) -> Mapping[str, str]:
        rows = region.listing("ec2", "list_images_in_recycle_bin", "Images")
        return {row["ImageId"]: _day(row.get("RecycleBinExitTime")) for row in rows}

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        named = IMAGE_ID.findall(candidate.resource.get("Description", ""))
        image = next((one for one in named if one in facts), None)
        return f"made for AMI {image}, which the Recycle Bin keeps until {facts[image]}" if image else None


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
        return volume_permissions(region, finding.resource_id)


def volume_permissions(region: Region, snapshot: str) -> str | None:
    """With whom a snapshot is shared, in words; None for nobody. Raises CallError."""
    answer = region.call("ec2", "describe_snapshot_attribute", SnapshotId=snapshot, Attribute="createVolumePermission")
    return shared_with(answer.get("CreateVolumePermissions"))


def shared_with(permissions: Sequence[Resource] | None) -> str | None:
    """`{UserId | Group | OrganizationArn | OrganizationalUnitArn}` in words; None for nobody. An answer without a list,
    and a grant to whom botocore does not name, protect."""
    if permissions is None:
        return "not known to be shared with nobody: AWS did not answer with whom"
    if any(grant.get("Group") == "all" for grant in permissions):
        return "shared publicly"
    accounts = sorted(grant["UserId"] for grant in permissions if grant.get("UserId"))
    others = sorted(
        grant[key] for grant in permissions for key in ("OrganizationArn", "OrganizationalUnitArn") if grant.get(key)
    )
    words = ([f"account {', '.join(accounts)}"] if accounts else []) + others
    if permissions and not words:
        return "shared with somebody whom this version of botocore does not name"
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
    return shared_with(answer.get("LaunchPermissions"))


def _say(findings: Sequence[Finding], images: Mapping[str, Resource], words: Mapping[str, str]) -> None:
    for finding in findings:
        image = images.get(finding.resource_id, {}).get("ImageId", "")
        if image in words:
            finding.protected_by.append(f"AMI {image} is {words[image]}")
