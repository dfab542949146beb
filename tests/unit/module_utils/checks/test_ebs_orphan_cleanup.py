# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which volumes and snapshots go, and what protects them: tables of cases, no AWS."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_orphan_cleanup import (
    CHECK,
    Shared,
    made_by_backup,
    managed_by_operator,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
SCOPE = Scope("123456789012", "eu-west-1")
PRICES = PriceTable({"eu-west-1": {"ebs_gp3_gb_month": 0.1, "ebs_snapshot_gb_month": 0.05}})
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOKYO = timezone(timedelta(hours=9))
HOSTILE = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "a\nb\u202e", "=cmd|'/c calc'!A1", ""]


class Lists:
    """What the list calls of a region answer; one that isn't given answers an empty list."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    def listing(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        self.asked.append({"operation": operation, **parameters})
        return self.answers.get(operation, [])

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        self.asked.append({"operation": operation, **parameters})
        return self.answers[operation]


def policies(exclude_tags: dict[str, Any] | None = None, **options: Any) -> list[Policy]:
    return list(CHECK.policies({**DEFAULTS, **options}, Common(exclude_tags or {}, PRICES)))


VOLUMES, SNAPSHOTS = policies()


def tagged(**tags: str) -> dict[str, Any]:
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in names}


def volume(**changes: Any) -> dict[str, Any]:
    made = {"VolumeId": "vol-1", "State": "available", "Attachments": [], "CreateTime": NOW - 100 * DAY}
    return {**made, "Size": 8, "VolumeType": "gp3", "Iops": 3000, "Throughput": 125, **changes}


def snapshot(**changes: Any) -> dict[str, Any]:
    made = {"SnapshotId": "snap-1", "State": "completed", "OwnerId": "123456789012", "StartTime": NOW - 100 * DAY}
    return {**made, "VolumeSize": 8, "VolumeId": "vol-1", "Description": "", "StorageTier": "standard", **changes}


def protected_by(policy: Policy, resource: dict[str, Any], **lists: Any) -> list[str]:
    found = policy.decide(resource, SCOPE, NOW)
    assert found is not None
    candidate, region = Candidate(resource, found), Lists(**lists)
    return [why for guard in policy.guards if (why := guard.protects(candidate, guard.load(region)))]


@pytest.mark.parametrize(
    ("resource", "age"),
    [
        (volume(CreateTime=NOW - 10 * DAY + HOUR), None),
        (volume(CreateTime=NOW - 10 * DAY), 10),
        (volume(CreateTime=NOW - 10 * DAY - HOUR), 10),
        (volume(CreateTime=(NOW - 10 * DAY).astimezone(TOKYO)), 10),
        (volume(CreateTime=(NOW - 10 * DAY + HOUR).astimezone(TOKYO)), None),
        (volume(CreateTime=NOW + DAY), None),
        (without(volume(), "CreateTime"), None),
        *[(volume(State=state), None) for state in ("creating", "in-use", "deleting", "deleted", "error")],
        (without(volume(), "State"), None),
        (volume(Attachments=[{"InstanceId": "i-1", "State": "detaching"}]), None),
        (without(volume(), "Attachments", "Tags", "Iops", "Throughput"), 100),
        (volume(Tags=None), 100),
    ],
)
def test_a_volume_goes_if_it_is_available_attached_to_nothing_and_old(resource, age):
    found = VOLUMES.decide(resource, SCOPE, NOW)
    assert (found.age_days if found else None) == age


@pytest.mark.parametrize(
    ("resource", "age"),
    [
        (snapshot(StartTime=NOW - 15 * DAY + HOUR), None),
        (snapshot(StartTime=NOW - 15 * DAY), 15),
        (snapshot(StartTime=NOW - 15 * DAY - HOUR), 15),
        (snapshot(StartTime=(NOW - 15 * DAY).astimezone(TOKYO)), 15),
        (without(snapshot(), "StartTime"), None),
        (snapshot(State="error"), 100),
        *[(snapshot(State=state), None) for state in ("pending", "recoverable", "recovering")],
        (without(snapshot(), "State"), None),
        (snapshot(OwnerId="210987654321"), None),
        (without(snapshot(), "OwnerId"), None),
        (without(snapshot(), "Tags", "Description", "StorageTier", "VolumeId"), 100),
    ],
)
def test_a_snapshot_goes_if_it_is_own_complete_and_old(resource, age):
    found = SNAPSHOTS.decide(resource, SCOPE, NOW)
    assert (found.age_days if found else None) == age


@pytest.mark.parametrize(("min_age", "found"), [(0, True), (1, False)])
def test_an_age_of_nothing_includes_what_was_made_just_now(min_age, found):
    volumes, snapshots = policies(volume_min_age_days=min_age, snapshot_min_age_days=min_age)
    assert bool(volumes.decide(volume(CreateTime=NOW), SCOPE, NOW)) is found
    assert bool(snapshots.decide(snapshot(StartTime=NOW), SCOPE, NOW)) is found


def test_a_finding_of_a_volume_says_what_it_is_where_and_why():
    found = VOLUMES.decide(volume(**tagged(Name="data-1", Team="x")), SCOPE, NOW)
    assert found.arn == "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"
    assert (found.resource_type, found.resource_id, found.name) == ("ec2:volume", "vol-1", "data-1")
    assert (found.reason_code, found.action, found.status) == ("unattached", "delete", "planned")
    assert found.tags == {"Name": "data-1", "Team": "x"}
    # EC2 doesn't tell since when a volume is detached
    assert "created 100 days ago" in found.reason
    assert found.cost.to_dict() == {"low": 0.8, "high": 0.8}


def test_a_finding_of_a_snapshot_says_what_it_is_where_and_why():
    found = SNAPSHOTS.decide(snapshot(**tagged(Name="nightly")), Scope("123456789012", "cn-north-1", "aws-cn"), NOW)
    assert found.arn == "arn:aws-cn:ec2:cn-north-1:123456789012:snapshot/snap-1"
    assert (found.resource_type, found.resource_id, found.name) == ("ec2:snapshot", "snap-1", "nightly")
    assert (found.reason_code, found.action) == ("old_snapshot", "delete")
    assert "100 days ago" in found.reason


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_kept_as_it_is_and_out_of_the_reason(name):
    found = VOLUMES.decide(volume(**tagged(Name=name)), SCOPE, NOW)
    assert (found.name, found.reason) == (name, VOLUMES.decide(volume(), SCOPE, NOW).reason)


def test_a_volume_type_without_a_price_is_found_without_a_cost():
    assert VOLUMES.decide(volume(VolumeType="io9"), SCOPE, NOW).cost is None


@pytest.mark.parametrize("resource", [volume(), snapshot()], ids=["volume", "snapshot"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (tagged(keep="TRUE"), "tag keep=TRUE"),
        (tagged(**{"aws:cloudformation:stack-id": "x"}), "owned by a CloudFormation stack"),
        (tagged(**{"aws:backup:source-resource": "x"}), "owned by AWS Backup"),
        (tagged(**{"aws:dlm:lifecycle-policy-id": "x"}), "owned by Data Lifecycle Manager"),
        (tagged(**{"kubernetes.io/created-for/pvc/name": "x"}), "owned by Kubernetes"),
        (tagged(CSIVolumeName="pvc-1"), "owned by the EBS CSI driver"),
        ({"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}, "AWS service eks.amazonaws.com"),
        (tagged(Name="AwsBackup-2026"), "named as AWS Backup"),
        # neighbours
        (tagged(Keep="false"), None),
        (tagged(Name="kubernetes.io/x", Team="aws:backup:y"), None),
        (tagged(Name="my-awsbackup"), None),
        ({"Operator": {"Managed": False, "Principal": "eks.amazonaws.com"}}, None),
    ],
)
def test_what_protects_both_volumes_and_snapshots(resource, changes, words):
    volumes, snapshots = policies({"Keep": "true"})
    policy = volumes if "CreateTime" in resource else snapshots
    why = protected_by(policy, {**resource, **changes})
    assert len(why) == (1 if words else 0)
    assert words is None or words in why[0]


IMAGE = {
    "ImageId": "ami-1",
    "State": "disabled",
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
        {"DeviceName": "/dev/sdc", "Ebs": {"VolumeSize": 8}},
        {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-1"}},
    ],
}
OTHER_IMAGE = {"ImageId": "ami-2", "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-2"}}]}


@pytest.mark.parametrize(
    ("changes", "lists", "why"),
    [
        ({}, {"describe_images": [OTHER_IMAGE, IMAGE]}, ["backs AMI ami-1 (disabled)"]),
        ({}, {"describe_images": [without(IMAGE, "State")]}, ["backs AMI ami-1 (available)"]),
        ({}, {"describe_images": [OTHER_IMAGE, {"ImageId": "ami-3"}]}, []),
        # what the description says of an AMI is nobody's proof
        ({"Description": "Created by CreateImage(i-1) for ami-1"}, {"describe_images": [OTHER_IMAGE]}, []),
        *[
            ({}, {"describe_locked_snapshots": [{"SnapshotId": "snap-1", "LockState": state}]}, [f"locked ({state})"])
            for state in ("governance", "compliance", "compliance-cooloff")
        ],
        ({}, {"describe_locked_snapshots": [{"SnapshotId": "snap-1", "LockState": "expired"}]}, []),
        ({}, {"describe_locked_snapshots": [{"SnapshotId": "snap-2", "LockState": "governance"}]}, []),
        ({"StorageTier": "archive"}, {}, ["in the archive tier"]),
        (
            {"Description": "Created for policy: policy-0abc schedule: Daily"},
            {},
            ["described as made by Data Lifecycle Manager"],
        ),
        ({"Description": "Created for policy: none"}, {}, []),
    ],
)
def test_what_protects_snapshots(changes, lists, why):
    assert protected_by(SNAPSHOTS, snapshot(**changes), **lists) == why


def test_disabled_and_deprecated_images_are_asked_for():
    region = Lists()
    for guard in SNAPSHOTS.guards:
        guard.load(region)
    images = next(request for request in region.asked if request["operation"] == "describe_images")
    assert images == {
        "operation": "describe_images",
        "Owners": ["self"],
        "IncludeDisabled": True,
        "IncludeDeprecated": True,
    }


@pytest.mark.parametrize(
    ("grants", "why"),
    [
        ([{"Group": "all"}], "shared publicly"),
        ([{"UserId": "210987654321"}], "shared with account 210987654321"),
        ([{"UserId": "210987654321"}, {"Group": "all"}], "shared publicly"),
        (
            [{"UserId": "210987654321"}, {"UserId": "123456789012"}],
            "shared with account 123456789012, 210987654321",
        ),
        ([], None),
        (None, None),
    ],
)
def test_a_shared_snapshot_is_protected(grants, why):
    found: Finding = SNAPSHOTS.decide(snapshot(), SCOPE, NOW)
    answer = {} if grants is None else {"CreateVolumePermissions": grants}
    region = Lists(describe_snapshot_attribute=answer)
    assert Shared().inspect(region, found) == why
    assert region.asked[0]["SnapshotId"] == "snap-1"


@pytest.mark.parametrize(
    ("resource", "made"),
    [
        (tagged(Name="awsbackup-job"), True),
        ({"Description": "AWSBackup: nightly"}, True),
        ({"Description": "This snapshot is created by the AWS Backup service."}, True),
        ({"Description": "Created for policy: policy-0123 schedule: x"}, True),
        ({"Description": "before the AWS backup"}, False),
        ({"Description": "See: Created for policy: policy-0123"}, False),
        (tagged(Team="awsbackup"), False),
        ({}, False),
    ],
)
def test_backups_are_known_by_name_and_description_too(resource, made):
    assert bool(made_by_backup(resource)) is made


@pytest.mark.parametrize(
    ("operator", "managed"),
    [({"Managed": True}, True), ({"Managed": False}, False), ({}, False), (None, False)],
)
def test_an_operator_that_is_not_named_still_protects(operator, managed):
    assert bool(managed_by_operator({"Operator": operator})) is managed


@pytest.mark.parametrize(
    ("resources", "types"),
    [
        (["volumes"], ["ec2:volume"]),
        (["snapshots"], ["ec2:snapshot"]),
        (["snapshots", "volumes"], ["ec2:volume", "ec2:snapshot"]),
        ([], []),
    ],
)
def test_only_the_kinds_asked_for_are_looked_at(resources, types):
    assert [policy.resource_type for policy in policies(resources=resources)] == types


@pytest.mark.parametrize("name", ["volume_min_age_days", "snapshot_min_age_days"])
def test_a_negative_age_is_refused(name):
    with pytest.raises(SweepError, match=f"{name} is -1"):
        policies(**{name: -1})
