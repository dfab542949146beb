# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Orphan EBS volumes and obsolete snapshots: find, decide, delete. An AMI is never touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..sweep.arguments import not_negative
from ..sweep.finding import Finding, age_in_days, tags_of
from ..sweep.guard import BACKUP, KUBERNETES, STACK, Candidate, ExcludedByTag, Guard, Holds, Inspection, OwnedBy
from ..sweep.policy import Check, Common, Policy
from ..sweep.prices import snapshot_cost, volume_cost
from ..sweep.region import Region, Resource, Scope

ARGUMENT_SPEC: dict[str, Any] = {
    "resources": {
        "type": "list",
        "elements": "str",
        "choices": ["volumes", "snapshots"],
        "default": ["volumes", "snapshots"],
    },
    "volume_min_age_days": {"type": "int", "default": 10},
    "snapshot_min_age_days": {"type": "int", "default": 15},
}


def managed_by_operator(resource: Resource) -> str | None:
    operator = resource.get("Operator") or {}
    return (
        f"managed by the AWS service {operator.get('Principal', 'that owns it')}" if operator.get("Managed") else None
    )


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

    def load(self, region: Region) -> Mapping[str, str]:
        images = region.listing(
            "ec2", "describe_images", "Images", Owners=["self"], IncludeDisabled=True, IncludeDeprecated=True
        )
        return {
            mapping["Ebs"]["SnapshotId"]: f"{image['ImageId']} ({image.get('State', 'available')})"
            for image in images
            for mapping in image.get("BlockDeviceMappings", [])
            if mapping.get("Ebs", {}).get("SnapshotId")
        }

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        image = facts.get(candidate.finding.resource_id)
        return f"backs AMI {image}" if image else None


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


class Shared(Inspection):
    """AWS has no list of the snapshots that are shared with named accounts: only the attribute of each tells."""

    name = "whether a snapshot is shared"

    def inspect(self, region: Region, finding: Finding) -> str | None:
        answer = region.call(
            "ec2", "describe_snapshot_attribute", SnapshotId=finding.resource_id, Attribute="createVolumePermission"
        )
        grants = answer.get("CreateVolumePermissions", [])
        accounts = sorted(grant["UserId"] for grant in grants if grant.get("UserId"))
        if any(grant.get("Group") == "all" for grant in grants):
            return "shared publicly"
        return f"shared with account {', '.join(accounts)}" if accounts else None


class OrphanVolumes(Policy):
    check = "ebs_orphan_cleanup"
    resource_type = "ec2:volume"

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._min_age_days: int = options["volume_min_age_days"]
        self._prices = common.prices
        self.guards = common_guards(common)

    def find(self, region: Region) -> Iterator[list[Resource]]:
        available = [{"Name": "status", "Values": ["available"]}]
        return region.pages("ec2", "describe_volumes", "Volumes", Filters=available)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        age = age_in_days(resource.get("CreateTime"), now)
        if (
            resource.get("State") != "available"
            or resource.get("Attachments")
            or age is None
            or age < self._min_age_days
        ):
            return None
        tags, volume_id = tags_of(resource), resource["VolumeId"]
        # EC2 doesn't tell when a volume was detached: its age is all that is known
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=volume_id,
            arn=scope.arn("ec2", f"volume/{volume_id}"),
            scope=scope,
            name=tags.get("Name", ""),
            reason=f"The volume ({resource['Size']} GiB {resource['VolumeType']}) is attached to nothing"
            f" and was created {age} days ago.",
            reason_code="unattached",
            action="delete",
            age_days=age,
            tags=tags,
            cost=volume_cost(self._prices, scope.region, resource),
        )

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        wanted = [{"Name": "volume-id", "Values": list(ids)}]
        pages = region.pages("ec2", "describe_volumes", "Volumes", Filters=wanted)
        return {volume["VolumeId"]: volume for page in pages for volume in page}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        region.call("ec2", "delete_volume", VolumeId=findings[0].resource_id)


class ObsoleteSnapshots(Policy):
    check = "ebs_orphan_cleanup"
    resource_type = "ec2:snapshot"

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._min_age_days: int = options["snapshot_min_age_days"]
        self._prices = common.prices
        self.guards = [*common_guards(common), Holds("archive tier", archived), BacksImage(), Locked()]
        self.inspections = [Shared()]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        return region.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"])

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        age = age_in_days(resource.get("StartTime"), now)
        if resource.get("OwnerId") != scope.account_id or resource.get("State") not in ("completed", "error"):
            return None
        if age is None or age < self._min_age_days:
            return None
        tags, snapshot_id = tags_of(resource), resource["SnapshotId"]
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=snapshot_id,
            arn=scope.arn("ec2", f"snapshot/{snapshot_id}"),
            scope=scope,
            name=tags.get("Name", ""),
            reason=f"The snapshot of {resource['VolumeSize']} GiB was taken {age} days ago.",
            reason_code="old_snapshot",
            action="delete",
            age_days=age,
            tags=tags,
            cost=snapshot_cost(self._prices, scope.region, resource["VolumeSize"]),
        )

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        wanted = [{"Name": "snapshot-id", "Values": list(ids)}]
        pages = region.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=wanted)
        return {snapshot["SnapshotId"]: snapshot for page in pages for snapshot in page}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        region.call("ec2", "delete_snapshot", SnapshotId=findings[0].resource_id)


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for a negative age."""
    not_negative(options, "volume_min_age_days", "snapshot_min_age_days")
    kinds = {"volumes": OrphanVolumes, "snapshots": ObsoleteSnapshots}
    return [kind(options, common) for name, kind in kinds.items() if name in options["resources"]]


CHECK = Check(
    name="ebs_orphan_cleanup",
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    permissions=(
        "ec2:DescribeImages",
        "ec2:DescribeLockedSnapshots",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeSnapshots",
        "ec2:DescribeVolumes",
    ),
    enforce_permissions=("ec2:DeleteSnapshot", "ec2:DeleteVolume"),
)
