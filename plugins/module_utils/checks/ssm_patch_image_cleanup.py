# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images that the patch document made before and after patching, once they are old: find, decide, deregister.

No other image is ever looked at: the document signs its own with a tag, in the same call that makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..sweep.account import timestamp
from ..sweep.arguments import not_negative
from ..sweep.errors import CallError
from ..sweep.finding import Finding, age_in_days, tags_of
from ..sweep.guard import BACKUP, SERVICES, STACK, Candidate, ExcludedByTag, Guard, Holds, Inspection, OwnedBy
from ..sweep.policy import Check, Common, Policy
from ..sweep.prices import snapshot_cost
from ..sweep.region import Region, Resource, Scope
from .ebs_guards import FastRestored, Locked, image_users, launch_permissions, volume_permissions
from .launch_sources import image_guards, other_snapshot_guards, snapshot_ids

ARGUMENT_SPEC: dict[str, Any] = {"min_age_days": {"type": "int", "default": 30}}

# the tags that the document sets; files/patch_instance.yml of the role patch_baseline
MADE_BY_TAG, MADE_BY = "sysops:made-by", "sysops.aws.patch_now"
INSTANCE_TAG, WHEN_TAG = "sysops:patched-instance", "sysops:patch-image"
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# of one that was deregistered, "is no longer available" (https://github.com/ansible/ansible/issues/24945)
IMAGE_GONE = ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable")
DEREGISTER = "deregister"
# EC2 takes as many values in a filter: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
VALUES_A_FILTER = 200
SETTLED = ("available", "failed", "error", "invalid")
# DeregisterImage's words for a snapshot that is gone, or is needed by another image too
GOOD_CODES = ("success", "skipped")


def deregistration_protected(image: Resource) -> str | None:
    protection = image.get("DeregistrationProtection", "disabled")
    return None if protection == "disabled" else f"protected from deregistration ({protection})"


def referenced(image: Resource) -> str | None:
    words: str | None = image.get("Users")
    return words


class LockedSnapshot(Locked):
    """A locked snapshot can't be deleted, so its image stays with it."""

    def protects(self, candidate: Candidate, facts: Mapping[str, str]) -> str | None:
        locked = [one for one in sorted(snapshot_ids(candidate.resource)) if one in facts]
        return f"its snapshot {locked[0]} is locked ({facts[locked[0]]})" if locked else None


class OfSnapshot(Guard):
    """What protects a snapshot protects the image with which it would go."""

    means_use = True

    def __init__(self, guard: Guard) -> None:
        self.name, self.nothing = guard.name, guard.nothing
        self._guard = guard

    def load(self, region: Region) -> Any:
        return self._guard.load(region)

    def protects(self, candidate: Candidate, facts: Any) -> str | None:
        for one in sorted(snapshot_ids(candidate.resource)):
            snapshot = Candidate(candidate.resource, replace(candidate.finding, resource_id=one))
            if why := self._guard.protects(snapshot, facts):
                return f"its snapshot {one} would go with it: {why}"
        return None


class TaggedSnapshot(Guard):
    """Tags that protect one of the image's snapshots, where the image itself has none of them."""

    name = "the tags of its snapshots"

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards

    def ask(self, region: Region, candidates: Sequence[Candidate]) -> Mapping[str, Mapping[str, str]]:
        ids = sorted({one for candidate in candidates for one in snapshot_ids(candidate.resource)})
        found: dict[str, Mapping[str, str]] = {}
        for start in range(0, len(ids), VALUES_A_FILTER):
            wanted = [{"Name": "snapshot-id", "Values": ids[start : start + VALUES_A_FILTER]}]
            for page in region.pages("ec2", "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=wanted):
                found.update({row["SnapshotId"]: tags_of(row) for row in page})
        return found

    def protects(self, candidate: Candidate, facts: Mapping[str, Mapping[str, str]]) -> str | None:
        for one in sorted(snapshot_ids(candidate.resource)):
            snapshot = Candidate(candidate.resource, replace(candidate.finding, tags=facts.get(one, {})))
            for guard in self._guards:
                if why := guard.protects(snapshot, None):
                    return f"its snapshot {one} would go with it: {why}"
        return None


class SharedImage(Inspection):
    """AWS has no list of the accounts that an AMI, or one of its snapshots, is shared with: only the attribute of each
    tells."""

    name = "whether an image is shared"

    def inspect(self, region: Region, finding: Finding) -> str | None:
        if why := launch_permissions(region, finding.resource_id):
            return why
        for one in finding.origin.split():
            if why := volume_permissions(region, one):
                return f"its snapshot {one} would go with it: {why}"
        return None


class OldPatchImages(Policy):
    check = "ssm_patch_image_cleanup"
    resource_type = "ec2:image"
    gone_codes = IMAGE_GONE

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._min_age_days: int = options["min_age_days"]
        self._prices = common.prices
        by_tag: list[Guard] = [ExcludedByTag(common.exclude_tags), OwnedBy({**STACK, **BACKUP, **SERVICES})]
        self.guards: Sequence[Guard] = [
            *by_tag,
            Holds("deregistration protection", deregistration_protected),
            Holds("references", referenced),
            *image_guards(),
            LockedSnapshot(),
            TaggedSnapshot(by_tag),
            *(OfSnapshot(guard) for guard in (*other_snapshot_guards(), FastRestored())),
        ]
        self.inspections = [SharedImage()]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        signed = [{"Name": f"tag:{MADE_BY_TAG}", "Values": [MADE_BY]}]
        return region.pages("ec2", "describe_images", "Images", Owners=["self"], Filters=signed)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        tags, image_id = tags_of(resource), resource["ImageId"]
        # also what the filter let through: an image without the signature is nobody's business here
        if tags.get(MADE_BY_TAG) != MADE_BY or resource.get("OwnerId") != scope.account_id:
            return None
        age = age_in_days(timestamp(resource["CreationDate"]), now)
        if resource.get("State") not in SETTLED or age is None or age < self._min_age_days:
            return None
        when, instance = tags.get(WHEN_TAG, "around"), tags.get(INSTANCE_TAG, "an instance")
        sizes = [mapping.get("Ebs", {}).get("VolumeSize", 0) for mapping in resource.get("BlockDeviceMappings", [])]
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=image_id,
            arn=scope.arn("ec2", f"image/{image_id}"),
            scope=scope,
            name=resource.get("Name", ""),
            reason=f"The image was made {age} days ago, {when} patching {instance}.",
            reason_code="old_patch_image",
            action=DEREGISTER,
            reversible=False,
            age_days=age,
            tags=tags,
            cost=snapshot_cost(self._prices, scope.region, sum(sizes)),
            origin=" ".join(sorted(snapshot_ids(resource))),
        )

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        users = _users(region, [candidate.finding.resource_id for candidate in candidates])
        for candidate in candidates:
            candidate.resource["Users"] = users.get(candidate.finding.resource_id)

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        wanted = [{"Name": "image-id", "Values": list(ids)}]
        pages = region.pages("ec2", "describe_images", "Images", Owners=["self"], Filters=wanted)
        return {image["ImageId"]: image for page in pages for image in page}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        """Its snapshots go with it, in the same call, but for those that another image needs too.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html
        """
        image_id = findings[0].resource_id
        answer = region.call("ec2", "deregister_image", ImageId=image_id, DeleteAssociatedSnapshots=True)
        left = [row for row in answer.get("DeleteSnapshotResults", []) if row.get("ReturnCode") not in GOOD_CODES]
        if left:
            words = ", ".join(f"{row.get('SnapshotId')} ({row.get('ReturnCode')})" for row in left)
            raise CallError(
                *("ec2", "DeregisterImage", "SnapshotsLeft"),
                f"the image {image_id} is deregistered, but its snapshots stayed: {words}; delete them by hand",
            )


def _users(region: Region, ids: Sequence[str]) -> Mapping[str, str]:
    """What uses each image, or may use it where the endpoint doesn't know the question. Raises CallError."""
    try:
        return image_users(region, ids)
    except CallError as error:
        if error.unsupported:
            return dict.fromkeys(ids, f"what uses it can't be told: the endpoint doesn't know {error.operation}")
        raise


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for a negative age."""
    not_negative(options, "min_age_days")
    return [OldPatchImages(options, common)]


CHECK = Check(
    name=OldPatchImages.check,
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    permissions=(
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeLaunchConfigurations",
        "ec2:DescribeFastSnapshotRestores",
        "ec2:DescribeFleets",
        "ec2:DescribeImageAttribute",
        "ec2:DescribeImageReferences",
        "ec2:DescribeImages",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeLockedSnapshots",
        "ec2:DescribeSnapshotAttribute",
        "ec2:DescribeSnapshots",
        "ec2:DescribeSpotFleetRequests",
        "ec2:DescribeSpotInstanceRequests",
        "ec2:DescribeVolumes",
    ),
    enforce_permissions=("ec2:DeleteSnapshot", "ec2:DeregisterImage"),
)
