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
from ..sweep.guard import ExcludedByTag, Guard, Holds
from ..sweep.policy import Check, Common, Policy
from ..sweep.prices import snapshot_cost, volume_cost
from ..sweep.region import Region, Resource, Scope
from . import final_snapshot
from .ebs_guards import (
    FastRestored,
    Locked,
    OfRecycledImage,
    Shared,
    Tiering,
    archived,
    common_guards,
    say_who_shares_images,
    say_who_uses_images,
)
from .grace import BATCH_SIZES, UNMARK, Grace
from .launch_sources import snapshot_guards, volumes_of
from .recycle_bin import recoverable_until, rules
from .snapshot_ranks import ranked, ranked_pages, volume_of
from .volume_use import AttachedLately

ARGUMENT_SPEC: dict[str, Any] = {
    "resources": {
        "type": "list",
        "elements": "str",
        "choices": ["volumes", "snapshots"],
        "default": ["volumes", "snapshots"],
    },
    "volume_min_age_days": {"type": "int", "default": 10},
    "snapshot_min_age_days": {"type": "int", "default": 15},
    "snapshot_keep_last": {"type": "int", "default": 0},
    "disaster_recovery_tags": {"type": "dict", "default": {"DisasterRecovery": "*", "DR": "*"}},
    "grace_days": {"type": "int", "default": 0},
    "grace_tag": {"type": "str", "default": "sysops:orphan-since"},
    "final_snapshot": {"type": "bool", "default": False},
    "final_snapshot_retention_days": {"type": "int", "default": 90},
    "wait_timeout": {"type": "int", "default": 3600},
}

DELETE = "delete"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
VOLUME_GONE, SNAPSHOT_GONE = ("InvalidVolume.NotFound",), ("InvalidSnapshot.NotFound",)
# what CreateVolume takes to make a volume again
VOLUME_FIELDS = (
    *("Size", "VolumeType", "Iops", "Throughput", "Encrypted", "KmsKeyId", "AvailabilityZone", "MultiAttachEnabled"),
    *("SnapshotId", "OutpostArn", "CreateTime"),
)
SNAPSHOT_FIELDS = ("VolumeId", "VolumeSize", "Description", "Encrypted", "KmsKeyId", "StartTime")


class EbsPolicy(Policy):
    """What volumes and snapshots have in common: they are deleted, now or after a grace period."""

    check = "ebs_orphan_cleanup"
    batch_sizes = BATCH_SIZES

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._prices = common.prices
        self._grace = Grace.of(options)

    def conclude(self, finding: Finding, now: datetime) -> None:
        self._grace.conclude(finding, now)

    def outcome(self, finding: Finding) -> str:
        return self.transition[1] if finding.action == DELETE else self._grace.outcome(finding)

    def foresee(self, region: Region, findings: Sequence[Finding], now: datetime) -> None:
        going = [finding for finding in findings if finding.action == DELETE]
        for finding in going:
            finding.reversible = bool(self.prepares)
        if not going:
            return
        some = rules(region, self.resource_type)
        for finding in going:
            finding.recoverable_until = recoverable_until(some, finding, now)
            finding.reversible = bool(self.prepares or finding.recoverable_until)

    def facts(self, resource: Resource, names: Sequence[str]) -> dict[str, Any]:
        """What a resource is, for the journal. Its mark is told apart: who brings it back wants it to stay."""
        tags = tags_of(resource)
        mark = {"Mark": self._grace.tag} if tags.pop(self._grace.tag, None) is not None else {}
        return {**{name: resource[name] for name in names if name in resource}, "Tags": tags, **mark}


class OrphanVolumes(EbsPolicy):
    resource_type = "ec2:volume"
    gone_codes = VOLUME_GONE

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(options, common)
        self._min_age_days: int = options["volume_min_age_days"]
        self._wait_timeout: int = options["wait_timeout"]
        self.prepares = {DELETE: final_snapshot.ACTION} if options["final_snapshot"] else {}
        self.guards = [*common_guards(common), AttachedLately(self._grace, self._min_age_days)]

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
        # EC2 doesn't tell when a volume was detached: its age is all that is known here (see AttachedLately)
        size = f"{resource['Size']} GiB {resource['VolumeType']}"
        return _finding_of_volume(
            resource,
            scope,
            reason=f"The volume ({size}) is attached to nothing and was created {age} days ago.",
            reason_code="unattached",
            action=DELETE,
            age_days=age,
            cost=volume_cost(self._prices, scope.region, resource),
        )

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        return (self.facts(resource, VOLUME_FIELDS), {}) if finding.action == DELETE else self._grace.record(finding)

    def prepare(self, region: Region, finding: Finding) -> None:
        final_snapshot.begin(region, finding, left_out=[self._grace.tag])

    def await_prepared(self, region: Region, findings: Sequence[Finding]) -> None:
        final_snapshot.await_completed(region, findings, self._wait_timeout)

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        wanted = [{"Name": "volume-id", "Values": list(ids)}]
        pages = region.pages("ec2", "describe_volumes", "Volumes", Filters=wanted)
        return {volume["VolumeId"]: volume for page in pages for volume in page}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        if findings[0].action == DELETE:
            region.call("ec2", "delete_volume", VolumeId=findings[0].resource_id)
        else:
            self._grace.act(region, findings)


class MarkedVolumesInUse(OrphanVolumes):
    """Volumes that were marked as orphans and are attached again: their mark would shorten a later grace period."""

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(options, common)
        self.prepares = {}
        self.guards = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        marked = [{"Name": "tag-key", "Values": [self._grace.tag]}, {"Name": "status", "Values": ["in-use"]}]
        return region.pages("ec2", "describe_volumes", "Volumes", Filters=marked)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        if resource.get("State") != "in-use" or self._grace.tag not in tags_of(resource):
            return None
        finding = _finding_of_volume(resource, scope, reason="", reason_code="", action=UNMARK)
        instances = [attachment.get("InstanceId", "?") for attachment in resource.get("Attachments", [])]
        self._grace.unmark(finding, f"attached to {', '.join(instances) or 'an instance'}")
        return finding


def _finding_of_volume(resource: Resource, scope: Scope, **facts: Any) -> Finding:
    tags, volume_id = tags_of(resource), resource["VolumeId"]
    return Finding(
        check=EbsPolicy.check,
        resource_type=OrphanVolumes.resource_type,
        resource_id=volume_id,
        arn=scope.arn("ec2", f"volume/{volume_id}"),
        scope=scope,
        name=tags.get("Name", ""),
        tags=tags,
        **facts,
    )


class ObsoleteSnapshots(EbsPolicy):
    resource_type = "ec2:snapshot"
    gone_codes = SNAPSHOT_GONE

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(options, common)
        self._min_age_days: int = options["snapshot_min_age_days"]
        self._keep_last: int = options["snapshot_keep_last"]
        self._final_days: int = options["final_snapshot_retention_days"]
        self.guards: Sequence[Guard] = [
            *common_guards(common),
            ExcludedByTag(options["disaster_recovery_tags"], "disaster_recovery_tags", "kept for disaster recovery: "),
            Holds("archive tier", archived),
            Holds("snapshot_keep_last", self._among_newest),
            *snapshot_guards(),
            Locked(),
            Tiering(),
            FastRestored(),
            OfRecycledImage(),
        ]
        self.inspections = [Shared()]
        self.explanations = [say_who_uses_images, say_who_shares_images]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        # which one is the newest of its volume, or the only one, takes all pages
        return ranked_pages(region.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"]), self._keep_last)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        age = age_in_days(resource.get("StartTime"), now)
        if resource.get("OwnerId") != scope.account_id or resource.get("State") not in ("completed", "error"):
            return None
        if age is None or age < self._min_age_days:
            return None
        tags, snapshot_id = tags_of(resource), resource["SnapshotId"]
        finding = Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=snapshot_id,
            arn=scope.arn("ec2", f"snapshot/{snapshot_id}"),
            scope=scope,
            name=tags.get("Name", ""),
            reason=f"The snapshot of {resource['VolumeSize']} GiB was taken {age} days ago.",
            reason_code="old_snapshot",
            action=DELETE,
            age_days=age,
            tags=tags,
            cost=snapshot_cost(self._prices, scope.region, resource["VolumeSize"]),
            origin=volume_of(resource) if resource.get("Only") else "",
        )
        if age < self._final_days and (origin := tags.get(final_snapshot.ORIGIN_TAG)):
            finding.protect(f"the final snapshot of {origin}, kept for {self._final_days} days")
        return finding

    def foresee(self, region: Region, findings: Sequence[Finding], now: datetime) -> None:
        alone = [finding for finding in findings if finding.origin and finding.action != UNMARK]
        there = volumes_of(region).ids if alone else frozenset()
        for finding in alone:
            if finding.origin not in there:
                finding.reason += f" It is the only snapshot of {finding.origin}, which no longer exists."
        super().foresee(region, findings, now)

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        return (self.facts(resource, SNAPSHOT_FIELDS), {}) if finding.action == DELETE else self._grace.record(finding)

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        """With snapshot_keep_last, read with all others of the same volumes, so that the newest stay the newest."""
        found = {one["SnapshotId"]: one for one in self._filtered(region, "snapshot-id", ids)}
        volumes = sorted({volume_of(one) for one in found.values()} - {""}) if self._keep_last else []
        others = self._filtered(region, "volume-id", volumes) if volumes else []
        again = {**{one["SnapshotId"]: one for one in others}, **found}
        return {one["SnapshotId"]: one for one in ranked(again.values(), self._keep_last) if one["SnapshotId"] in found}

    def _filtered(self, region: Region, name: str, values: Sequence[str]) -> list[Resource]:
        wanted = [{"Name": name, "Values": list(values)}]
        pages = region.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=wanted)
        return [one for page in pages for one in page]

    def _among_newest(self, snapshot: Resource) -> str | None:
        if not self._keep_last or snapshot.get("State") != "completed":
            return None
        newer = snapshot.get("Newer")
        if newer is None:
            return "snapshot_keep_last cannot rank it: EC2 does not name the volume that it was taken of"
        if newer >= self._keep_last:
            return None
        volume = volume_of(snapshot)
        if newer == 0:
            return f"the newest snapshot of {volume} (snapshot_keep_last)"
        return f"among the {self._keep_last} newest snapshots of {volume} (snapshot_keep_last)"

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        if findings[0].action == DELETE:
            region.call("ec2", "delete_snapshot", SnapshotId=findings[0].resource_id)
        else:
            self._grace.act(region, findings)


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for a negative age, and for a grace_tag that protects."""
    not_negative(options, "volume_min_age_days", "snapshot_min_age_days", "grace_days", "wait_timeout")
    not_negative(options, "final_snapshot_retention_days", "snapshot_keep_last")
    if options["grace_days"]:
        Grace.of(options).refuse_protecting([*common.exclude_tags, *options["disaster_recovery_tags"]])
    found: list[Policy] = []
    if "volumes" in options["resources"]:
        found.append(OrphanVolumes(options, common))
        found += [MarkedVolumesInUse(options, common)] if options["grace_days"] else []
    if "snapshots" in options["resources"]:
        found.append(ObsoleteSnapshots(options, common))
    return found


CHECK = Check(
    name="ebs_orphan_cleanup",
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    permissions=(
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeLaunchConfigurations",
        "cloudwatch:GetMetricData",
        "ec2:DescribeFastSnapshotRestores",
        "ec2:DescribeFleets",
        "ec2:DescribeImageAttribute",
        "ec2:DescribeImageReferences",
        "ec2:DescribeImages",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeLockedSnapshots",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeSnapshotTierStatus",
        "ec2:DescribeSnapshots",
        "ec2:DescribeSpotFleetRequests",
        "ec2:DescribeSpotInstanceRequests",
        "ec2:DescribeVolumes",
        "ec2:ListImagesInRecycleBin",
        "rbin:GetRule",
        "rbin:ListRules",
    ),
    enforce_permissions=(
        "ec2:CreateSnapshot",
        "ec2:CreateTags",
        "ec2:DeleteSnapshot",
        "ec2:DeleteTags",
        "ec2:DeleteVolume",
    ),
)
