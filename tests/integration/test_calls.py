# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a sweep calls AWS: no more often than it must, and until it is answered."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.benchmark.minimum import minimum
from tests.emulator import Emulator
from tests.integration.conftest import Module

ALL = {"regions": ["all"], "max_actions": 1000}
ALL_CHECKS = {
    "ebs_orphan_cleanup": {},
    "log_group_retention": {"retention_in_days": 3},
    "ec2_monitoring": {},
    "alb_idle_facts": {},
}
REGIONS = 17
SWEEP = "ansible_collections.sysops.aws.plugins.module_utils.sweep"


@pytest.fixture
def small_aws(served: Emulator, empty_aws: Emulator) -> Emulator:
    served.reset("S")
    return served


def operations(emulator: Emulator) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_account, _region, _service, operation), count in emulator.calls.items():
        found[operation] += count
    return found


def by_status(result: dict, kind: str) -> Counter[str]:
    return Counter(row["status"] for row in result["findings"] if row["resource_type"] == kind)


def test_a_report_costs_a_page_a_list_and_nothing_a_volume(small_aws, module: Module):
    result = module("ebs_orphan_cleanup", check=True, resources=["volumes"], **ALL)
    with_plans = {row["region"] for row in result["findings"] if row["status"] == "planned"}
    used = {row["region"] for row in result["findings"] if "AWS/EBS metrics" in str(row["protected_by"])}
    assert operations(small_aws) == {
        "GetCallerIdentity": 1,
        "DescribeRegions": 1,
        "DescribeVolumes": REGIONS,
        # whether they were attached lately, 166 volumes in a call
        "GetMetricData": len(with_plans | used),
        # what the Recycle Bin would keep, where something would go
        "ListRules": len(with_plans),
    }


def test_guards_are_read_only_where_a_candidate_is_left(small_aws, module: Module):
    result = module("ebs_orphan_cleanup", check=True, resources=["snapshots"], **ALL)
    with_findings = {row["region"] for row in result["findings"]}
    calls = operations(small_aws)
    assert calls["DescribeSnapshots"] == REGIONS
    assert calls["DescribeImages"] <= len(with_findings)
    assert calls["DescribeLockedSnapshots"] <= calls["DescribeImages"]
    # sharing is the one thing that no list tells
    asked = by_status(result, "ec2:snapshot")["planned"] + sum(
        "shared" in str(row["protected_by"]) for row in result["findings"]
    )
    assert calls["DescribeSnapshotAttribute"] == asked


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists don't become old, however long a busy machine takes over a run."""
    for name in ("region", "runner"):
        monkeypatch.setattr(f"{SWEEP}.{name}.FRESH_SECONDS", float("inf"))


SNAPSHOT_LISTS = (
    *("DescribeImages", "DescribeLockedSnapshots", "DescribeLaunchTemplateVersions", "DescribeAutoScalingGroups"),
    *("DescribeLaunchConfigurations", "DescribeFleets", "DescribeSpotFleetRequests", "DescribeSpotInstanceRequests"),
    *("DescribeFastSnapshotRestores", "DescribeSnapshotTierStatus", "ListImagesInRecycleBin"),
)


@pytest.mark.usefixtures("unhurried")
def test_an_enforcing_run_costs_one_call_more_for_each_change_and_one_for_each_batch_read_again(
    small_aws, module: Module
):
    module("ebs_orphan_cleanup", check=True, **ALL)
    report = operations(small_aws)
    small_aws.calls.clear()
    result = module("ebs_orphan_cleanup", **ALL)
    calls = operations(small_aws)
    more = {name: count - report[name] for name, count in calls.items() if count != report[name]}
    changed = [row for row in result["findings"] if row["status"] == "changed"]
    volumes, snapshots = by_status(result, "ec2:volume")["changed"], by_status(result, "ec2:snapshot")["changed"]
    regions = {
        kind: len({row["region"] for row in changed if row["resource_type"] == kind})
        for kind in ("ec2:volume", "ec2:snapshot")
    }
    assert more == {
        "DeleteVolume": volumes,
        "DeleteSnapshot": snapshots,
        # those that go, and all of them for the snapshots that they were made from
        "DescribeVolumes": regions["ec2:volume"] + regions["ec2:snapshot"],
        "GetMetricData": regions["ec2:volume"],
        "DescribeSnapshots": regions["ec2:snapshot"],
        # what protects is read again where something goes: the lists once a region, sharing once a snapshot
        **dict.fromkeys(SNAPSHOT_LISTS, regions["ec2:snapshot"]),
        "DescribeSnapshotAttribute": snapshots,
    }


def test_the_largest_pages_are_asked_for(served: Emulator, empty_aws: Emulator, module: Module):
    served.reset("M")
    module("log_group_retention", check=True, retention_in_days=3, **ALL)
    groups = Counter(key[1] for key in served.state() if key[2] == "logs:log-group")
    assert operations(served)["DescribeLogGroups"] == sum(-(-count // 50) for count in groups.values())


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("enforce", [False, True], ids=["report", "enforce"])
def test_all_checks_call_what_the_job_takes_and_nothing_besides(
    served: Emulator, empty_aws: Emulator, module: Module, enforce: bool
):
    served.reset("M")
    before = served.state()
    result = module("sweep", check=not enforce, checks=ALL_CHECKS, regions=["all"], max_actions=100_000)
    assert not result.get("failed"), result.get("msg")
    least = minimum(before, result["findings"], enforce)
    assert least["DescribeLogGroups"] > REGIONS, "more than a page a region"
    assert operations(served) == least


def test_throttled_calls_are_repeated_until_aws_takes_them(aws, module: Module):
    aws.faults.throttle(operation="DeleteVolume", rate=5, burst=1)
    aws.faults.throttle(operation="PutRetentionPolicy", times=20)
    aws.faults.throttle(operation="Describe*", times=10)
    result = module("sweep", checks={"ebs_orphan_cleanup": {}, "log_group_retention": {"retention_in_days": 3}}, **ALL)
    assert not result.get("failed"), result.get("msg")
    assert result["region_errors"] == []
    assert result["summary"]["failed"] == 0
    gone = {row["resource_id"] for row in aws.manifest if row["check"] == "ebs_orphan_cleanup" and not row["survives"]}
    left = {key[3] for key in aws.state() if key[0] == "123456789012" and not key[2].endswith("-in-bin")}
    assert gone & left == set()


def test_passing_server_errors_lose_nothing(aws, module: Module):
    wanted = module("ebs_orphan_cleanup", check=True, **ALL)["findings"]
    aws.faults.server_error(operation="DescribeSnapshots", times=8)
    assert module("ebs_orphan_cleanup", check=True, **ALL)["findings"] == wanted


def test_a_region_that_answers_only_errors_is_told_and_costs_no_other(aws, module: Module):
    aws.faults.server_error(region="us-east-1", operation="DescribeVolumes")
    result = module("ebs_orphan_cleanup", check=True, resources=["volumes"], **ALL)
    assert [(e["region"], e["operation"], e["code"]) for e in result["region_errors"]] == [
        ("us-east-1", "DescribeVolumes", "InternalError")
    ]
    assert {row["region"] for row in result["findings"]} >= {"eu-west-1", "sa-east-1"}


def test_region_errors_fail_refuses_to_act_anywhere(aws, module: Module):
    before = aws.state()
    aws.faults.deny(region="us-east-1", operation="DescribeVolumes")
    result = module("ebs_orphan_cleanup", region_errors="fail", **ALL)
    assert result["failed"] is True
    assert "Nothing was changed, since region_errors is fail" in result["msg"]
    assert result["findings"]
    assert aws.state() == before


@pytest.mark.parametrize(
    ("check", "options", "guard"),
    [
        ("ebs_orphan_cleanup", {"resources": ["volumes"]}, "GetMetricData"),
        ("ebs_orphan_cleanup", {"resources": ["snapshots"]}, "DescribeImages"),
        ("ebs_orphan_cleanup", {"resources": ["snapshots"]}, "DescribeLockedSnapshots"),
        ("ebs_orphan_cleanup", {"resources": ["snapshots"]}, "DescribeLaunchTemplateVersions"),
        ("ebs_orphan_cleanup", {"resources": ["snapshots"]}, "DescribeAutoScalingGroups"),
        ("ebs_orphan_cleanup", {"resources": ["snapshots"]}, "DescribeFastSnapshotRestores"),
        *[
            ("ebs_orphan_cleanup", {"resources": ["snapshots"]}, operation)
            for operation in (
                *("DescribeLaunchConfigurations", "DescribeFleets", "DescribeSpotFleetRequests", "DescribeVolumes"),
                *("DescribeSpotInstanceRequests", "DescribeSnapshotTierStatus", "ListImagesInRecycleBin"),
            )
        ],
        ("ebs_orphan_cleanup", {"resources": ["snapshots"]}, "DescribeSnapshotAttribute"),
        ("log_group_retention", {"retention_in_days": 3}, "GetResources"),
        ("log_group_retention", {"retention_in_days": 3}, "DescribeAccountPolicies"),
        ("ec2_monitoring", {}, "DescribeAlarms"),
        ("ec2_monitoring", {}, "DescribePolicies"),
        ("ec2_monitoring", {}, "DescribeAutoScalingGroups"),
    ],
)
def test_a_guard_that_may_not_be_read_protects_everything_it_might(aws, module: Module, check, options, guard):
    before = aws.state()
    aws.faults.deny(operation=guard)
    result = module(check, **options, **ALL)
    assert {row["status"] for row in result["findings"]} == {"protected"}
    assert aws.state() == before
    assert {error["operation"] for error in result["region_errors"]} == {guard}


def test_nothing_at_all_to_read_fails(aws, module: Module):
    aws.faults.deny(operation="DescribeVolumes")
    result = module("ebs_orphan_cleanup", check=True, resources=["volumes"], **ALL)
    assert result["failed"] is True
    assert "Nothing could be read: ec2:DescribeVolumes in" in result["msg"]
