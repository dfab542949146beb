# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What protects volumes and snapshots, each guard alone and where its list can't be read: no AWS."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_guards import (
    TIERING,
    FastRestored,
    Locked,
    OfRecycledImage,
    Shared,
    Tiering,
    archived,
    made_by_backup,
    made_by_service,
    managed_by_operator,
    shared_with,
    tiering,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.acting import apply_guards
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.job import Job
from botocore.session import get_session
from tests.unit.module_utils.checks.ebs import policies, protected_by, snapshot, spoken, volume
from tests.unit.module_utils.checks.fake import DAY, NOW, SCOPE, Lists, finding, refused, tagged, without

OTHER = "210987654321"
ORGANIZATION = "arn:aws:organizations::210987654321:organization/o-1"
UNIT = "arn:aws:organizations::210987654321:ou/o-1/ou-1"
VOLUMES, SNAPSHOTS = policies({"Keep": "true"})
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


def launched_from(*snapshot_ids: str) -> dict[str, Any]:
    """The data of a launch template, or a launch configuration."""
    ebs = [{"DeviceName": "/dev/sdb", "Ebs": {"SnapshotId": snapshot_id}} for snapshot_id in snapshot_ids]
    return {"BlockDeviceMappings": [{"DeviceName": "/dev/sdz", "NoDevice": ""}, *ebs]}


def version(number: int, *snapshot_ids: str, default: bool = True) -> dict[str, Any]:
    named = {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "VersionNumber": number}
    return {**named, "DefaultVersion": default, "LaunchTemplateData": launched_from(*snapshot_ids)}


PINNED = {
    "describe_auto_scaling_groups": [
        {"AutoScalingGroupName": "fleet", "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "2"}}
    ],
    # only who names a template hears of other versions than the latest and the default one
    "describe_launch_template_versions": lambda **asked: (
        [version(2, "snap-1", default=False)] if "LaunchTemplateId" in asked else [version(3)]
    ),
}
CONFIGURED = {"describe_launch_configurations": [{"LaunchConfigurationName": "old", **launched_from("snap-1")}]}
BY_GROUP = {
    **CONFIGURED,
    "describe_auto_scaling_groups": [{"AutoScalingGroupName": "fleet", "LaunchConfigurationName": "old"}],
}
FLEET = {"FleetId": "fleet-1", "FleetState": "active"}
OVERRIDES = {"LaunchTemplateConfigs": [{"Overrides": [{"InstanceType": "t3.nano", **launched_from("snap-1")}]}]}
SPOT_FLEET = {"SpotFleetRequestId": "sfr-1", "SpotFleetRequestState": "active"}
SPOT = {"SpotInstanceRequestId": "sir-1", "State": "open", "LaunchSpecification": launched_from("snap-1")}
USED = {"VolumeId": "vol-9", "State": "in-use", "SnapshotId": "snap-1"}
RECYCLED = {"ImageId": "ami-0123456789abcdef0", "RecycleBinExitTime": NOW + 3 * DAY}
FOR_IMAGE = {"Description": "Created by CreateImage(i-0123456789abcdef0) for ami-0123456789abcdef0"}
RESTORED = {"SnapshotId": "snap-1", "AvailabilityZone": "eu-west-1a", "State": "enabled"}

# what protects: changes of the resource, the region's lists, what is said
OF_BOTH: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (tagged(keep="TRUE"), {}, "tag keep=TRUE"),
    (
        tagged(**{"aws:backup:source-resource": "x"}),
        {},
        "owned by AWS Backup (tag aws:backup:source-resource)",
    ),
    ({"Operator": {"Managed": True, "Principal": "eks"}}, {}, "managed by the AWS service eks"),
    (tagged(Name="AwsBackup-2026"), {}, "named as AWS Backup names its own"),
    (
        {"Description": "Created for policy: policy-0abc schedule: Daily"},
        {},
        "described as made by Data Lifecycle Manager",
    ),
    ({"Description": "sgw-AABB1122:vol-AABB1122:Schedule"}, {}, "described as made by AWS Storage Gateway"),
]
OF_SNAPSHOTS = [
    *OF_BOTH,
    (tagged(DR="eu"), {}, "kept for disaster recovery: tag DR=eu"),
    (tagged(disasterrecovery=""), {}, "kept for disaster recovery: tag disasterrecovery="),
    ({"StorageTier": "archive"}, {}, "in the archive tier"),
    ({"RestoreExpiryTime": NOW + 5 * DAY}, {}, "restored from the archive tier until 2026-11-28"),
    (
        {},
        {
            "describe_snapshot_tier_status": [
                {"SnapshotId": "snap-1", "LastTieringOperationStatus": "archival-in-progress"}
            ]
        },
        "being archived",
    ),
    (
        FOR_IMAGE,
        {"list_images_in_recycle_bin": [RECYCLED]},
        "made for AMI ami-0123456789abcdef0, which the Recycle Bin keeps until 2026-11-26",
    ),
    ({}, {"describe_images": [OTHER_IMAGE, IMAGE]}, "backs AMI ami-1 (disabled)"),
    ({}, {"describe_images": [without(IMAGE, "State")]}, "backs AMI ami-1 (available)"),
    ({}, {"describe_images": [{**IMAGE, "Public": True}]}, "backs AMI ami-1 (disabled, public)"),
    *[
        ({}, {"describe_locked_snapshots": [{"SnapshotId": "snap-1", "LockState": state}]}, f"locked ({state})")
        for state in ("governance", "compliance", "compliance-cooloff")
    ],
    (
        {},
        {"describe_launch_template_versions": [version(3, "snap-0", "snap-1")]},
        "in a block device mapping of the launch template web (version 3)",
    ),
    # a version that is the default one and no longer the latest
    (
        {},
        {"describe_launch_template_versions": [version(3, default=False), version(1, "snap-1")]},
        "in a block device mapping of the launch template web (version 1)",
    ),
    (
        {},
        PINNED,
        "in a block device mapping of the launch template web (version 2), which the Auto Scaling group fleet uses",
    ),
    ({}, CONFIGURED, "in a block device mapping of the launch configuration old"),
    ({}, {"describe_fleets": [{**FLEET, **OVERRIDES}]}, "in a block device mapping of the EC2 Fleet fleet-1"),
    (
        {},
        {
            "describe_spot_fleet_requests": [
                {**SPOT_FLEET, "SpotFleetRequestConfig": {"LaunchSpecifications": [launched_from("snap-1")]}}
            ]
        },
        "in a block device mapping of the Spot Fleet request sfr-1",
    ),
    (
        {},
        {"describe_spot_instance_requests": [SPOT]},
        "in a block device mapping of the Spot Instance request sir-1",
    ),
    ({}, {"describe_volumes": [USED]}, "the volume vol-9 (in-use) was made from it"),
    ({}, {"describe_volumes": [{**USED, "State": "creating"}]}, "the volume vol-9 (creating) was made from it"),
    *[
        (
            {},
            {"describe_fast_snapshot_restores": [{**RESTORED, "State": state}]},
            f"Fast Snapshot Restore is {state} in eu-west-1a",
        )
        for state in ("enabling", "optimizing", "enabled")
    ],
]


@pytest.mark.parametrize(("changes", "lists", "words"), OF_SNAPSHOTS)
def test_one_guard_protects_a_snapshot_and_says_so(changes, lists, words):
    assert protected_by(SNAPSHOTS, snapshot(**changes), **lists) == [words]


# CloudWatch tells nothing of the volume's metrics: test_volume_use.py has the rest
UNKNOWN_USE = "whether it was attached lately is unknown: CloudWatch did not answer in full for its AWS/EBS metrics"
NO_METRICS: Any = ({}, {"get_metric_data": []}, UNKNOWN_USE)


@pytest.mark.parametrize(("changes", "lists", "words"), [*OF_BOTH, NO_METRICS])
def test_one_guard_protects_a_volume_and_says_so(changes, lists, words):
    assert protected_by(VOLUMES, volume(**changes), **lists) == [words]


@pytest.mark.parametrize(
    ("policy", "make", "cases"),
    [(VOLUMES, volume, [*OF_BOTH, NO_METRICS]), (SNAPSHOTS, snapshot, OF_SNAPSHOTS)],
    ids=["volumes", "snapshots"],
)
def test_no_guard_can_be_taken_away(policy, make, cases):
    """Of each there is a resource that it alone protects."""
    alone = [spoken(policy, make(**changes), **lists) for changes, lists, _words in cases]
    assert all(len(said) == 1 for said in alone)
    keep_last = {place for place, guard in enumerate(policy.guards) if guard.name == "snapshot_keep_last"}
    # what that one protects is in test_snapshot_ranks.py: it takes an option
    assert {place for said in alone for place in said} == set(range(len(policy.guards))) - keep_last


def test_a_configuration_that_a_group_uses_is_said_with_the_group():
    assert protected_by(SNAPSHOTS, snapshot(), **BY_GROUP)[0] == (
        "in a block device mapping of the launch configuration old, which the Auto Scaling group fleet uses"
    )


@pytest.mark.parametrize(
    ("changes", "lists"),
    [
        ({}, {}),
        (tagged(Keep="false", DRY="x", Team="DR"), {}),
        ({"StorageTier": "standard"}, {}),
        ({"Description": "Created for policy: none"}, {}),
        ({}, {"describe_images": [OTHER_IMAGE, {"ImageId": "ami-3"}]}),
        # what the description says of an AMI is nobody's proof
        ({"Description": "Created by CreateImage(i-1) for ami-1"}, {"describe_images": [OTHER_IMAGE]}),
        ({}, {"describe_locked_snapshots": [{"SnapshotId": "snap-1", "LockState": "expired"}]}),
        ({}, {"describe_locked_snapshots": [{"SnapshotId": "snap-2", "LockState": "governance"}]}),
        ({}, {"describe_launch_template_versions": [version(3, "snap-2"), without(version(4), "LaunchTemplateData")]}),
        *[
            ({}, {"describe_fleets": [{**FLEET, **OVERRIDES, "FleetState": state}]})
            for state in ("deleted", "deleted_running", "deleted-terminating", "failed")
        ],
        ({}, {"describe_spot_instance_requests": [{**SPOT, "State": "closed"}]}),
        ({}, {"describe_volumes": [{**USED, "State": "available"}, {**USED, "SnapshotId": ""}]}),
        (FOR_IMAGE, {"list_images_in_recycle_bin": [{**RECYCLED, "ImageId": "ami-0fffffffffffffff0"}]}),
        ({"Description": "see AMI"}, {"list_images_in_recycle_bin": [RECYCLED]}),
        ({}, {"describe_snapshot_tier_status": [{"SnapshotId": "snap-1", "StorageTier": "standard"}]}),
        (tagged(CreatedBy="me"), {}),
        ({"Description": "a storage for the gateway"}, {}),
        ({}, {"describe_fast_snapshot_restores": [{**RESTORED, "SnapshotId": "snap-2"}]}),
        *[
            ({}, {"describe_fast_snapshot_restores": [{**RESTORED, "State": state}]})
            for state in ("disabling", "disabled")
        ],
    ],
)
def test_neighbours_of_what_protects_do_not(changes, lists):
    assert protected_by(SNAPSHOTS, snapshot(**changes), **lists) == []


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"dr": "yes"}, ["kept for disaster recovery: tag dr=yes"]),
        ({"dr": "no"}, []),
        ({"DisasterRecovery": "yes"}, []),
    ],
)
def test_which_tags_keep_a_copy_for_disaster_recovery_is_an_option(tags, why):
    _volumes, snapshots = policies(disaster_recovery_tags={"DR": "yes"})
    assert protected_by(snapshots, snapshot(**tagged(**tags))) == why
    (volumes, _snapshots) = policies(disaster_recovery_tags={"DR": "yes"})
    assert protected_by(volumes, volume(**tagged(**tags))) == []


def guarded(code: str, operation: str, **lists: Any) -> tuple[Any, Job]:
    region = Lists(**{**lists, operation: refused(operation, code)})
    job, found = Job(SNAPSHOTS, region), SNAPSHOTS.decide(snapshot(), SCOPE, NOW)  # type: ignore[arg-type]
    apply_guards(job, [Candidate(snapshot(), found)])
    return found, job


LISTS = [
    ("describe_images", "the list of own AMIs", {}),
    ("describe_locked_snapshots", Locked.name, {}),
    ("describe_launch_template_versions", "the list of launch templates", {}),
    ("describe_auto_scaling_groups", "the list of Auto Scaling groups", {}),
    (
        "describe_launch_configurations",
        "the list of Auto Scaling groups",
        without(BY_GROUP, "describe_launch_configurations"),
    ),
    ("describe_launch_configurations", "the list of launch configurations", {}),
    ("describe_fleets", "the list of EC2 Fleets", {}),
    ("describe_spot_fleet_requests", "the list of Spot Fleet requests", {}),
    ("describe_spot_instance_requests", "the list of Spot Instance requests", {}),
    ("describe_volumes", "the list of volumes", {}),
    ("describe_snapshot_tier_status", Tiering.name, {}),
    ("list_images_in_recycle_bin", OfRecycledImage.name, {}),
    ("describe_fast_snapshot_restores", FastRestored.name, {}),
]


@pytest.mark.parametrize(("operation", "guard", "lists"), LISTS)
def test_a_list_that_cannot_be_read_protects_and_says_which(operation, guard, lists):
    found, job = guarded("UnauthorizedOperation", operation, **lists)
    assert (found.status, found.in_use) == ("protected", False)
    assert found.protected_by == [f"{guard} could not be read ({operation}: UnauthorizedOperation)"]
    assert [error.operation for error in job.errors] == [operation]


@pytest.mark.parametrize(("operation", "guard", "lists"), LISTS)
def test_a_region_that_does_not_know_a_list_has_nothing_on_it(operation, guard, lists):
    found, job = guarded("InvalidAction", operation, **lists)
    assert (found.status, job.errors) == ("planned", [])


@pytest.mark.parametrize(
    ("lists", "in_use"),
    [
        ({"describe_images": [IMAGE]}, True),
        ({"describe_launch_template_versions": [version(3, "snap-1")]}, True),
        (PINNED, True),
        ({"describe_fast_snapshot_restores": [RESTORED]}, True),
        (CONFIGURED, True),
        ({"describe_volumes": [USED]}, True),
        # to be left alone, and yet not in use: a mark on it stays
        ({"describe_locked_snapshots": [{"SnapshotId": "snap-1", "LockState": "governance"}]}, False),
    ],
)
def test_what_protects_tells_whether_the_snapshot_is_in_use(lists, in_use):
    job, found = Job(SNAPSHOTS, Lists(**lists)), SNAPSHOTS.decide(snapshot(), SCOPE, NOW)  # type: ignore[arg-type]
    apply_guards(job, [Candidate(snapshot(), found)])
    assert (found.status, found.in_use) == ("protected", in_use)


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
        ([{"UserId": OTHER}], f"shared with account {OTHER}"),
        ([{"UserId": OTHER}, {"Group": "all"}], "shared publicly"),
        ([{"UserId": OTHER}, {"UserId": "123456789012"}], f"shared with account 123456789012, {OTHER}"),
        ([{"OrganizationArn": ORGANIZATION}], f"shared with {ORGANIZATION}"),
        (
            [{"OrganizationalUnitArn": UNIT}, {"OrganizationArn": ORGANIZATION}, {"UserId": OTHER}],
            f"shared with account {OTHER}, {ORGANIZATION}, {UNIT}",
        ),
        # botocore drops a member that it does not know, such as an organization in an older one
        ([{}], "shared with somebody whom this version of botocore does not name"),
        ([{"Group": ""}, {"UserId": ""}], "shared with somebody whom this version of botocore does not name"),
        ([], None),
        (None, "not known to be shared with nobody: AWS did not answer with whom"),
    ],
)
def test_grants_are_told_in_words(grants, why):
    assert shared_with(grants) == why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"CreateVolumePermissions": [{"UserId": OTHER}]}, f"shared with account {OTHER}"),
        ({"CreateVolumePermissions": []}, None),
        ({}, "not known to be shared with nobody: AWS did not answer with whom"),
    ],
)
def test_a_shared_snapshot_is_protected(answer, why):
    region = Lists(describe_snapshot_attribute=answer)
    assert Shared().inspect(region, finding("snap-1")) == why
    (asked,) = region.asked
    assert (asked["SnapshotId"], asked["Attribute"]) == ("snap-1", "createVolumePermission")
    assert [type(inspection) for inspection in SNAPSHOTS.inspections] == [Shared]


def test_the_mark_of_a_shared_snapshot_in_use_goes_all_the_same():
    region = Lists(describe_snapshot_attribute={"CreateVolumePermissions": [{"Group": "all"}]})
    found = finding("snap-1", action="unmark")
    assert Shared().inspect(region, found) is None
    assert region.asked == []


@pytest.mark.parametrize(
    ("resource", "made"),
    [
        (tagged(Name="awsbackup-job"), True),
        ({"Description": "AWSBackup: nightly"}, True),
        ({"Description": "This snapshot is created by the AWS Backup service."}, True),
        ({"Description": "Created for policy: policy-0123 schedule: x"}, True),
        ({"Description": "before the AWS backup"}, False),
        ({"Description": "Created for policy: none"}, False),
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


def statuses() -> list[str]:
    """Every TieringOperationStatus that the installed botocore knows."""
    model = get_session().get_service_model("ec2")
    return list(model.shape_for("TieringOperationStatus").enum)


def test_every_step_between_the_tiers_is_classified():
    """A newer botocore with another one fails here: say in TIERING what it means."""
    assert sorted(TIERING) == sorted(statuses())


@pytest.mark.parametrize("status", [*statuses(), "something-newer"])
def test_a_snapshot_that_was_ever_archived_is_protected(status):
    row = {"SnapshotId": "snap-1", "StorageTier": "standard", "LastTieringOperationStatus": status}
    (why,) = protected_by(SNAPSHOTS, snapshot(), describe_snapshot_tier_status=[row])
    assert "archiv" in why or "storage tiers (something-newer)" in why


def test_a_temporary_restore_is_said_with_its_last_day():
    row = {"LastTieringOperationStatus": "temporary-restore-completed", "RestoreExpiryTime": NOW + 5 * DAY}
    assert tiering(row) == "restored from the archive tier until 2026-11-28"
    assert tiering({"StorageTier": "archive"}) == "in the archive tier"


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({"velero.io/backup": "nightly"}, "Velero"),
        ({"velero.io/pv": "pvc-1"}, "Velero"),
        ({"cpm_policy_name": "daily"}, "N2W Backup & Recovery"),
        ({"cpm backup": "daily"}, "N2W Backup & Recovery"),
        ({"eks:cluster-name": "prod"}, "Amazon EKS"),
        ({"elasticbeanstalk:environment-name": "shop"}, "AWS Elastic Beanstalk"),
        ({"AmazonECSManaged": "true"}, "Amazon ECS"),
        ({"aws:ecs:clusterName": "prod"}, "Amazon ECS"),
        ({"karpenter.sh/nodepool": "default"}, "Karpenter"),
        ({"aws:some-new-service:id": "x"}, "an AWS service"),
    ],
)
@pytest.mark.parametrize(("policy", "make"), [(VOLUMES, volume), (SNAPSHOTS, snapshot)], ids=["volumes", "snapshots"])
def test_who_manages_it_is_told_by_its_tags(policy, make, tags, owner):
    assert protected_by(policy, make(**tagged(**tags))) == [f"owned by {owner} (tag {next(iter(tags))})"]


@pytest.mark.parametrize(
    ("resource", "made"),
    [
        ({"Description": "sgw-AABB1122:vol-AABB1122:Schedule"}, True),
        ({"Description": "Snapshot of Storage Gateway volume"}, True),
        (tagged(CreatedBy="EC2 Fast Launch"), True),
        (tagged(CreatedBy="ec2"), False),
        ({"Description": "sgw-notes"}, False),
        ({}, False),
    ],
)
def test_services_that_sign_elsewhere_are_known(resource, made):
    assert bool(made_by_service(resource)) is made


@pytest.mark.parametrize(("tier", "protected"), [("archive", True), ("standard", False), (None, False)])
def test_what_is_archived_was_archived_to_be_kept(tier, protected):
    assert bool(archived({"StorageTier": tier})) is protected
