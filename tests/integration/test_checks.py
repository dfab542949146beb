# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each module on the emulated account: planned, done, and done again, compared resource by resource.

What the account holds, and what is expected of each resource, is the manifest of tests/emulator; much of it rests on
AWS behaviour that was added there beside moto (locks, monitoring, log classes, account policies, target health).
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.building import site
from tests.integration.conftest import Json, Module, changes

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
ROLE = f"arn:aws:iam::{OTHER_ACCOUNT}:role/sweep"
EVERYWHERE = {"regions": ["all"], "max_actions": 1000}
OPTIONS: dict[str, Json] = {
    "ebs_orphan_cleanup": {},
    "log_group_retention": {"retention_in_days": 3},
    "ec2_monitoring": {},
    "alb_idle_facts": {},
    "dms_status": {},
}
VARIANTS: dict[str, tuple[str, Json]] = {
    "shorten": ("log_group_retention", {"retention_in_days": 3, "shorten": True}),
    "detailed": ("ec2_monitoring", {"state": "detailed"}),
    "all_balancers": (
        "alb_idle_facts",
        {"load_balancer_types": ["application", "network", "gateway", "classic"], "no_traffic_days": 14},
    ),
    "patching": ("ssm_patch_compliance_info", {}),
    **{
        variant: ("rds_maintenance", options["rds_maintenance"])
        for variant, options in site.VARIANTS.items()
        if "rds_maintenance" in options
    },
}
CASES = [(name, None, options) for name, options in OPTIONS.items()] + [
    (name, variant, options) for variant, (name, options) in VARIANTS.items()
]

Verdict = tuple[str, str]


def expected(emulator: Emulator, check: str, variant: str | None, account: str = ACCOUNT) -> dict[Any, Any]:
    """(region, type, id) -> the manifest's verdict, of all resources of a check that should be found."""
    found = {}
    for row in emulator.manifest:
        # what is expected of an instance when detailed monitoring is wanted has nothing to do with the default
        verdict = row["variants"].get(variant, {"status": None} if variant == "detailed" else row)
        # an instance is a matter of two checks: its line is of the one, with what the other says as a variant
        is_of_check = row["check"] == check or (variant in row["variants"] and VARIANTS[variant][0] == check)
        if is_of_check and row["account_id"] == account and verdict["status"]:
            found[row["region"], row["resource_type"], row["resource_id"]] = verdict
    return found


def told(result: Json) -> dict[Any, Json]:
    return {(row["region"], row["resource_type"], row["resource_id"]): row for row in result["findings"]}


def assert_as_expected(result: Json, wanted: dict[Any, Any]) -> None:
    found = told(result)
    assert found.keys() == wanted.keys()
    for key, verdict in wanted.items():
        assert (key, found[key]["status"], found[key]["reason_code"]) == (
            key,
            verdict["status"],
            verdict["reason_code"],
        )
        word = (verdict["protected_by"] or "").casefold()
        assert word in f"{found[key]['protected_by']} {found[key]['reason_code']}".casefold(), key


@pytest.mark.parametrize(("check", "variant", "options"), CASES)
def test_check_mode_says_what_the_manifest_expects_and_changes_nothing(aws, module: Module, check, variant, options):
    before = aws.state()
    result = module(check, check=True, **options, **EVERYWHERE)
    assert_as_expected(result, expected(aws, check, variant))
    assert result["region_errors"] == []
    assert changes(aws) == {}
    assert aws.state() == before


@pytest.mark.parametrize(("check", "variant", "options"), CASES)
def test_a_run_does_what_check_mode_planned_and_a_second_run_nothing(aws, module: Module, check, variant, options):
    planned = {
        key
        for key, row in told(module(check, check=True, **options, **EVERYWHERE)).items()
        if row["status"] == "planned"
    }
    first = module(check, **options, **EVERYWHERE)
    assert {key for key, row in told(first).items() if row["status"] == "changed"} == planned
    assert first["changed"] == bool(planned)
    assert not first.get("failed")
    aws.calls.clear()
    second = module(check, **options, **EVERYWHERE)
    assert second["changed"] is False
    assert changes(aws) == {}
    assert {row["status"] for row in second["findings"]} <= {"protected", "skipped"}


def existing(emulator: Emulator) -> dict[Any, Any]:
    """All but what is in the Recycle Bin."""
    return {key: value for key, value in emulator.state().items() if not key[2].endswith("-in-bin")}


def test_deletion_leaves_exactly_what_should_stay(aws, module: Module):
    before = aws.state()
    module("ebs_orphan_cleanup", **EVERYWHERE)
    gone = {
        (row["account_id"], row["region"], row["resource_type"], row["resource_id"])
        for row in aws.manifest
        if row["account_id"] == ACCOUNT and row["check"] == "ebs_orphan_cleanup" and not row["survives"]
    }
    assert gone
    assert {key: value for key, value in before.items() if key not in gone} == existing(aws)


def test_retention_is_set_on_what_never_expired_and_on_nothing_else(aws, module: Module):
    before = aws.state()
    result = module("log_group_retention", retention_in_days=3, **EVERYWHERE)
    changed = {
        ("logs:log-group", row["region"], row["resource_id"])
        for row in result["findings"]
        if row["status"] == "changed"
    }
    assert changed
    for (account, region, kind, name), state in aws.state().items():
        was = before[account, region, kind, name]
        if (kind, region, name) in changed and account == ACCOUNT:
            assert (was["own_retention_in_days"], state["own_retention_in_days"]) == (None, 3)
        else:
            assert state == was


def test_detailed_monitoring_is_switched_off_in_batches(aws, module: Module):
    result = module("ec2_monitoring", **EVERYWHERE)
    assert result["summary"]["changed"] > changes(aws)["UnmonitorInstances"]
    states = {key[3]: value["monitoring"] for key, value in aws.state().items() if key[2] == "ec2:instance"}
    assert {states[row["resource_id"]] for row in result["findings"] if row["status"] == "changed"} <= {
        "disabled",
        "disabling",
    }
    assert {states[row["resource_id"]] for row in result["findings"] if row["status"] == "protected"} == {"enabled"}


def test_auto_scaling_can_be_included(aws, module: Module):
    result = module("ec2_monitoring", include_auto_scaling=True, check=True, **EVERYWHERE)
    assert not [row for row in result["findings"] if "scaling policy" in str(row["protected_by"])]


def test_instance_filters_narrow_the_sweep(aws, module: Module):
    everything = module("ec2_monitoring", check=True, **EVERYWHERE)
    name = next(row["name"] for row in everything["findings"] if row["status"] == "planned")
    narrowed = module("ec2_monitoring", check=True, filters={"tag:Name": name}, **EVERYWHERE)
    assert {row["name"] for row in narrowed["findings"]} == {name}


def test_a_name_prefix_and_excluded_names_narrow_the_log_groups(aws, module: Module):
    options = {"retention_in_days": 3, "check": True, **EVERYWHERE}
    narrowed = module("log_group_retention", name_prefix="/aws/lambda/", **options)
    assert narrowed["findings"]
    assert {row["name"].startswith("/aws/lambda/") for row in narrowed["findings"]} == {True}
    excluded = module("log_group_retention", name_prefix="/aws/lambda/", exclude_names=["/aws/lambda/*"], **options)
    assert {row["status"] for row in excluded["findings"]} == {"protected"}


def test_resources_chooses_volumes_or_snapshots(aws, module: Module):
    for resources, kind in (("volumes", "ec2:volume"), ("snapshots", "ec2:snapshot")):
        result = module("ebs_orphan_cleanup", resources=[resources], check=True, **EVERYWHERE)
        assert {row["resource_type"] for row in result["findings"]} == {kind}


def test_idle_load_balancers_come_with_what_a_person_needs_to_remove_them(aws, module: Module):
    result = module("alb_idle_facts", load_balancer_types=["application", "classic"], **EVERYWHERE)
    assert result["ansible_facts"]["alb_idle"] == result["findings"]
    for row in result["findings"]:
        assert {"dns_name", "listeners", "security_groups", "scheme", "attributes"} <= row["configuration"].keys()
    protected = [
        row
        for row in result["findings"]
        if row["configuration"]["attributes"].get("deletion_protection.enabled") == "true"
    ]
    assert protected, "deletion protection is shown"
    assert changes(aws) == {}


def test_a_role_reaches_the_other_account_and_leaves_ours_alone(aws, module: Module):
    before = {key: value for key, value in aws.state().items() if key[0] == ACCOUNT}
    result = module("ebs_orphan_cleanup", assume_role_arn=ROLE, expected_account_id=OTHER_ACCOUNT, **EVERYWHERE)
    wanted = expected(aws, "ebs_orphan_cleanup", None, OTHER_ACCOUNT)
    assert {key for key, row in told(result).items() if row["status"] == "changed"} == {
        key for key, verdict in wanted.items() if verdict["status"] == "planned"
    }
    assert {row["account_id"] for row in result["findings"]} == set(result["accounts"]) == {OTHER_ACCOUNT}
    assert {key: value for key, value in aws.state().items() if key[0] == ACCOUNT} == before


def test_several_roles_are_swept_in_one_run(aws, module: Module):
    roles = [f"arn:aws:iam::{ACCOUNT}:role/sweep", ROLE]
    result = module("ebs_orphan_cleanup", check=True, assume_role_arn=roles, **EVERYWHERE)
    assert result["accounts"] == [ACCOUNT, OTHER_ACCOUNT]
    assert {row["account_id"] for row in result["findings"]} == {ACCOUNT, OTHER_ACCOUNT}


def test_the_regions_default_to_the_sessions_own(aws, module: Module):
    assert module("ebs_orphan_cleanup", check=True)["regions"] == ["us-east-1"]


def test_the_diff_shows_each_resource_before_and_after(aws, module: Module):
    result = module("log_group_retention", retention_in_days=3, check=True, diff=True, **EVERYWHERE)
    before, after = result["diff"]["before"].splitlines(), result["diff"]["after"].splitlines()
    assert len(before) == len(after) == result["summary"]["planned"]
    assert all(line.endswith("expires after 3 days") for line in after)


def test_several_checks_in_one_module_say_what_each_says_alone(aws, module: Module):
    alone = {name: told(module(name, check=True, **options, **EVERYWHERE)) for name, options in OPTIONS.items()}
    together = module("sweep", check=True, checks=OPTIONS, **EVERYWHERE)
    for name, findings in alone.items():
        mine = {key: row for key, row in told(together).items() if row["check"] == name}
        assert mine == findings
    assert together["summary"]["examined"] == sum(part["examined"] for part in together["summary"]["checks"].values())


def test_ids_that_were_asked_for_in_vain_are_told(aws, module: Module):
    volume = next(row for row in aws.manifest if row["resource_type"] == "ec2:volume" and row["status"] == "planned")
    result = module("ebs_orphan_cleanup", check=True, only_ids=[volume["resource_id"], "vol-0gone"], **EVERYWHERE)
    assert result["summary"]["notices"] == ["Asked for but not found, or no longer qualifying: vol-0gone."]
    assert result["summary"]["planned"] == 1


def test_where_metrics_are_denied_load_balancers_without_targets_are_found_all_the_same(aws, module: Module):
    everything = module("alb_idle_facts", no_traffic_days=7, **EVERYWHERE)
    aws.faults.deny(operation="GetMetricData")
    result = module("alb_idle_facts", no_traffic_days=7, **EVERYWHERE)
    assert {error["operation"] for error in result["region_errors"]} == {"GetMetricData"}
    known = {row["arn"] for row in everything["findings"] if row["reason_code"] != "no_traffic"}
    assert {row["arn"] for row in result["findings"]} == known != set()
