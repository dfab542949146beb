# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which volumes and snapshots go, and what protects them: tables of cases, no AWS."""

from __future__ import annotations

from datetime import date, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from tests.unit.module_utils.checks.ebs import policies, protected_by, snapshot, volume
from tests.unit.module_utils.checks.fake import DAY, HOUR, NOW, SCOPE, Lists, finding, refused, tagged, without

TOKYO = timezone(timedelta(hours=9))
HOSTILE = ["<script>alert(1)</script>", "{{ 7 * 7 }}", "a\nb\u202e", "=cmd|'/c calc'!A1", ""]
VOLUMES, SNAPSHOTS = policies()


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


@pytest.mark.parametrize(
    ("resources", "types"),
    [
        (["volumes"], ["ec2:volume"]),
        (["snapshots"], ["ec2:snapshot"]),
        (["snapshots", "volumes"], ["ec2:volume", "ec2:snapshot"]),
        ([], []),
    ],
)
@pytest.mark.parametrize("grace_days", [0, 7])
def test_only_the_kinds_asked_for_are_looked_at(resources, types, grace_days):
    made = [policy.resource_type for policy in policies(resources=resources, grace_days=grace_days)]
    # with a grace period, the marks of volumes in use are looked for too
    assert made == (["ec2:volume"] if "ec2:volume" in types and grace_days else []) + types


@pytest.mark.parametrize(
    "name",
    [
        *("volume_min_age_days", "snapshot_min_age_days", "grace_days", "final_snapshot_retention_days"),
        "snapshot_keep_last",
        "wait_timeout",
    ],
)
def test_a_negative_number_is_refused(name):
    with pytest.raises(SweepError, match=f"{name} is -1"):
        policies(**{name: -1})


ORIGIN = "sysops:final-snapshot-of"


@pytest.mark.parametrize(
    ("days_old", "kept_days", "protected"),
    [(15, 90, True), (89, 90, True), (90, 90, False), (100, 90, False), (100, 101, True), (15, 0, False)],
)
def test_a_final_snapshot_stays_as_long_as_was_asked_for(days_old, kept_days, protected):
    _volumes, snapshots = policies(final_snapshot_retention_days=kept_days)
    found = snapshots.decide(snapshot(StartTime=NOW - days_old * DAY, **tagged(**{ORIGIN: "vol-9"})), SCOPE, NOW)
    assert found.status == ("protected" if protected else "planned")
    assert found.protected_by == ([f"the final snapshot of vol-9, kept for {kept_days} days"] if protected else [])


def test_other_snapshots_are_not_kept_as_final_ones():
    for tags in ({}, {ORIGIN: ""}, {"Name": ORIGIN}):
        assert SNAPSHOTS.decide(snapshot(StartTime=NOW - 20 * DAY, **tagged(**tags)), SCOPE, NOW).status == "planned"


A_WEEK = {"RetentionPeriodValue": 7, "RetentionPeriodUnit": "DAYS"}
KEEPS_ALL = {"list_rules": [{"Identifier": "r"}], "get_rule": {"Status": "available", "RetentionPeriod": A_WEEK}}
IN_A_WEEK = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("final_snapshot", "lists", "of_volumes", "of_snapshots"),
    [
        (False, {}, (False, None), (False, None)),
        (False, KEEPS_ALL, (True, IN_A_WEEK), (True, IN_A_WEEK)),
        # the final snapshot brings a volume back, and no snapshot
        (True, {}, (True, None), (False, None)),
        (True, KEEPS_ALL, (True, IN_A_WEEK), (True, IN_A_WEEK)),
    ],
)
def test_what_goes_says_whether_and_until_when_it_can_come_back(final_snapshot, lists, of_volumes, of_snapshots):
    for policy, resource, expected in zip(
        policies(final_snapshot=final_snapshot), (volume(), snapshot()), (of_volumes, of_snapshots), strict=True
    ):
        found, region = policy.decide(resource, SCOPE, NOW), Lists(**lists)
        policy.foresee(region, [found], NOW)
        assert (found.reversible, found.recoverable_until) == expected
        assert region.operations()[0] == "list_rules"


def test_where_the_recycle_bin_cannot_be_read_what_goes_counts_as_gone_for_good():
    found = SNAPSHOTS.decide(snapshot(), SCOPE, NOW)
    with pytest.raises(CallError):
        SNAPSHOTS.foresee(Lists(list_rules=refused("ListRules")), [found], NOW)
    assert (found.reversible, found.recoverable_until) == (False, None)


def test_the_recycle_bin_is_not_read_where_nothing_is_deleted():
    volumes, _in_use, _snapshots = policies(grace_days=7)
    found, region = volumes.decide(volume(), SCOPE, NOW), Lists()
    volumes.conclude(found, NOW)
    volumes.foresee(region, [found], NOW)
    assert (found.action, found.reversible, region.asked) == ("mark", True, [])


def test_the_journal_learns_all_that_making_a_volume_again_takes():
    encrypted = {"Encrypted": True, "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/k"}
    resource = volume(AvailabilityZone="eu-west-1a", SnapshotId="", Unheard="of", **encrypted, **tagged(Name="data"))
    before, after = VOLUMES.record(resource, VOLUMES.decide(resource, SCOPE, NOW))
    assert (before, after) == (
        {
            "Size": 8,
            "VolumeType": "gp3",
            "Iops": 3000,
            "Throughput": 125,
            **encrypted,
            "AvailabilityZone": "eu-west-1a",
            "SnapshotId": "",
            "CreateTime": NOW - 100 * DAY,
            "Tags": {"Name": "data"},
        },
        {},
    )


def test_the_journal_learns_what_a_snapshot_was():
    resource = snapshot(**tagged(Name="nightly"))
    before, after = SNAPSHOTS.record(resource, SNAPSHOTS.decide(resource, SCOPE, NOW))
    assert (before["Tags"], before["VolumeId"], before["VolumeSize"], after) == ({"Name": "nightly"}, "vol-1", 8, {})


MARK = "sysops:orphan-since"


def in_use(**tags: str) -> dict[str, Any]:
    return volume(State="in-use", Attachments=[{"InstanceId": "i-1"}], **tagged(**tags))


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        (in_use(**{MARK: "2026-11-01"}), True),
        # what it says is of no matter
        (in_use(**{MARK: ""}), True),
        (in_use(), False),
        (in_use(**{MARK.upper(): "2026-11-01"}), False),
        (volume(**tagged(**{MARK: "2026-11-01"})), False),
        *[({**in_use(**{MARK: "x"}), "State": state}, False) for state in ("available", "deleting", "error")],
    ],
)
def test_the_mark_of_a_volume_in_use_is_taken_away(resource, found):
    _orphans, in_use_again, _snapshots = policies(grace_days=7)
    one = in_use_again.decide(resource, SCOPE, NOW)
    assert bool(one) is found
    if one:
        in_use_again.conclude(one, NOW)
        assert (one.action, one.status, one.reason_code, one.saves) == ("unmark", "planned", "in_use_again", False)
        assert "attached to i-1" in one.reason
        assert one.resource_type == "ec2:volume"


def test_a_marked_volume_in_use_is_left_alone_by_tag_too():
    _orphans, in_use_again, _snapshots = policies({"Keep": "*"}, grace_days=7)
    assert protected_by(in_use_again, in_use(**{MARK: "x", "keep": ""})) == ["tag keep="]
    assert protected_by(in_use_again, in_use(**{MARK: "x"})) == []
    assert not in_use_again.prepares


def test_the_server_looks_for_marks():
    _orphans, in_use_again, _snapshots = policies(grace_days=7, grace_tag=" our:mark ")
    region = Lists(describe_volumes=[in_use()])
    assert [len(page) for page in in_use_again.find(region)] == [1]
    filters = {row["Name"]: row["Values"] for row in region.asked[0]["Filters"]}
    assert filters == {"tag-key": ["our:mark"], "status": ["in-use"]}


@pytest.mark.parametrize(
    ("action", "request_"),
    [
        ("delete", {"operation": "delete_volume", "VolumeId": "vol-1"}),
        ("unmark", {"operation": "delete_tags", "Resources": ["vol-1"], "Tags": [{"Key": MARK}]}),
    ],
)
def test_only_what_is_to_go_is_deleted(action, request_):
    region = Lists()
    VOLUMES.act(region, [finding("vol-1", action=action)])
    assert region.asked == [request_]
    assert VOLUMES.batch_sizes.get("delete", 1) == 1


@pytest.mark.parametrize(("wanted", "prepares"), [(True, {"delete": "create_final_snapshot"}), (False, {})])
def test_a_final_snapshot_is_taken_of_volumes_that_go_and_only_if_asked_for(wanted, prepares):
    volumes, in_use_again, snapshots = policies(final_snapshot=wanted, grace_days=7)
    assert (volumes.prepares, in_use_again.prepares, snapshots.prepares) == (prepares, {}, {})


def test_a_final_snapshot_does_not_carry_the_mark():
    volumes, _in_use, _snapshots = policies(final_snapshot=True, grace_days=7, grace_tag="our:mark")
    region = Lists(create_snapshot={"SnapshotId": "snap-9"})
    volumes.prepare(region, finding("vol-1", tags={"our:mark": "2026-11-01", "Team": "x"}))
    tags = {tag["Key"]: tag["Value"] for tag in region.asked[0]["TagSpecifications"][0]["Tags"]}
    assert tags == {ORIGIN: "vol-1", "Team": "x"}
