# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a patch state: tables of cases, no AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.ssm_patch_compliance import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from tests.unit.module_utils.checks.fake import DAY, NOW, SCOPE, Lists, Pages, tagged

DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}


def policy(**options: Any) -> Policy:
    (made,) = CHECK.policies({**DEFAULTS, **options}, Common({}, PriceTable({})))
    return made


def node(state: dict[str, Any] | None = None, *, days: float = 1, running: bool = True, ping: str = "Online") -> Any:
    """A managed instance; `state` None was never scanned."""
    instance = {"InstanceId": "i-1", "State": {"Name": "running" if running else "stopped"}}
    made: dict[str, Any] = {
        "InstanceId": "i-1",
        "Instance": {**instance, "LaunchTime": NOW - 100 * DAY, **tagged(Name="web-1")},
        "Information": {"InstanceId": "i-1", "PingStatus": ping, "LastPingDateTime": NOW - 3 * DAY},
    }
    if state is not None:
        ended = NOW - timedelta(days=days)
        made["PatchState"] = {"Operation": "Scan", "OperationEndTime": ended, "BaselineId": "pb-0", **state}
    return made


@pytest.mark.parametrize(
    ("resource", "code", "reason"),
    [
        (node({"MissingCount": 1}), "missing", "The instance is missing 1 patch; last scanned 1 day ago."),
        (
            node({"MissingCount": 3, "CriticalNonCompliantCount": 1}, days=0.5),
            "missing",
            "The instance is missing 3 patches (1 critical); last scanned today.",
        ),
        (
            node({"MissingCount": 3, "SecurityNonCompliantCount": 2}, days=9),
            "missing,scan_too_old",
            "The instance is missing 3 patches (2 security); last scanned 9 days ago, and should be every 7 days.",
        ),
        (
            node({"FailedCount": 2, "MissingCount": 1, "Operation": "Install"}),
            "failed,missing",
            "The instance failed to install 2 patches and is missing 1 patch; last patched 1 day ago.",
        ),
        (
            node({"InstalledPendingRebootCount": 4, "LastNoRebootInstallOperationTime": NOW - 5 * DAY}),
            "pending_reboot",
            "The instance waits for a reboot since 2026-11-18; last scanned 1 day ago.",
        ),
        (
            node({"InstalledRejectedCount": 1}),
            "installed_rejected",
            "The instance has 1 rejected patch installed; last scanned 1 day ago.",
        ),
        (node(None), "never_scanned", "The instance was never scanned."),
        (
            node({}, days=7.1),
            "scan_too_old",
            "The instance was last scanned 7 days ago, and should be every 7 days.",
        ),
        (
            node({}, ping="ConnectionLost"),
            "connection_lost",
            "The instance has not answered Systems Manager since 2026-11-20; last scanned 1 day ago.",
        ),
        (
            node({"AvailableSecurityUpdateCount": 5, "SecurityNonCompliantCount": 5}),
            "available_security_updates",
            "The instance lacks 5 security updates that its baseline has not approved (5 security);"
            " last scanned 1 day ago.",
        ),
    ],
)
def test_each_problem_is_said_in_one_sentence(resource, code, reason):
    found = policy().decide(resource, SCOPE, NOW)
    assert found is not None
    assert (found.reason_code, found.reason, found.action) == (code, reason, "report")


@pytest.mark.parametrize(
    "resource",
    [
        node({}),
        node({}, days=6.9),
        node({"AvailableSecurityUpdateCount": 5}),
        node({"NotApplicableCount": 9, "InstalledOtherCount": 50}),
        node({}, days=400, running=False, ping="ConnectionLost"),
        node(None, running=False, ping="ConnectionLost"),
    ],
)
def test_nothing_is_said_of_what_is_compliant_or_stopped_unless_asked_for(resource):
    assert policy().decide(resource, SCOPE, NOW) is None
    told = policy(include_compliant=True).decide(resource, SCOPE, NOW)
    assert told is not None
    assert told.reason_code == "compliant"


def test_what_a_stopped_instance_misses_is_still_missing():
    found = policy().decide(node({"MissingCount": 2}, days=90, running=False, ping="ConnectionLost"), SCOPE, NOW)
    assert found is not None
    assert found.reason_code == "missing"


@pytest.mark.parametrize(("minutes", "found"), [(59, False), (61, True)])
def test_an_instance_has_an_hour_to_register(minutes, found):
    started = NOW - timedelta(minutes=minutes)
    new = {"InstanceId": "i-1", "Instance": {"LaunchTime": started, "State": {"Name": "running"}}}
    assert (policy().decide(new, SCOPE, NOW) is not None) is found


def fleet(count: int) -> Lists:
    """So many managed instances in pages of 50, and one that is terminated."""
    ids = [f"i-{number:017x}" for number in range(count)]
    rows = [{"InstanceId": name, "PingStatus": "Online"} for name in [*ids, "i-gone"]]
    instances = [{"InstanceId": name, "State": {"Name": "running"}, "LaunchTime": NOW - DAY} for name in ids]
    return Lists(
        describe_instances=[{"Instances": instances}],
        describe_instance_information=Pages([rows[start : start + 50] for start in range(0, len(rows), 50)]),
        describe_instance_patch_states=lambda **request: [{"InstanceId": name} for name in request["InstanceIds"]],
    )


def test_it_takes_one_call_for_fifty_instances_and_none_for_one():
    region = fleet(120)
    found = [one for page in policy().find(region) for one in page]  # type: ignore[arg-type]
    asked = [one for one in region.asked if one["operation"] == "describe_instance_patch_states"]
    assert [len(one["InstanceIds"]) for one in asked] == [50, 50, 20]
    assert region.operations().count("describe_instances") == 1
    assert len(found) == 120
    assert all("PatchState" in one for one in found)


def test_a_patch_group_is_looked_for_under_both_spellings_by_the_server():
    region = fleet(1)
    for _page in policy(patch_groups=["prod"], tags={"Team": ["a", "b"], "Owner": "*"}).find(region):  # type: ignore[arg-type]
        pass
    asked = [one["Filters"] for one in region.asked if one["operation"] == "describe_instance_information"]
    common = [{"Key": "tag:Team", "Values": ["a", "b"]}, {"Key": "tag-key", "Values": ["Owner"]}]
    assert asked == [
        [*common, {"Key": "tag:PatchGroup", "Values": ["prod"]}],
        [*common, {"Key": "tag:Patch Group", "Values": ["prod"]}],
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [({"scan_max_age_days": -1}, "scan_max_age_days is -1"), ({"baseline_ids": ["prod"]}, "baseline_ids has 'prod'")],
)
def test_options_that_cannot_be_meant_are_refused(options, words):
    with pytest.raises(SweepError, match=words):
        policy(**options)


def test_a_scan_may_be_older_than_any_clock_says():
    found = policy(scan_max_age_days=10**12, include_compliant=True).decide(node({}), SCOPE, NOW)
    assert found
    assert found.reason_code == "compliant"
