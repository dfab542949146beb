# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_patch_baseline on the emulated account. Rests on tests/emulator/services/ssm_patch_baselines.py for all of it:
moto can't get, update or tag a baseline, and deletes one that is in use."""

from __future__ import annotations

import json

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Json, Module, changes

REGION = "us-east-1"
SECURITY = [
    {"key": "PRODUCT", "values": ["AmazonLinux2", "AmazonLinux2.0"]},
    {"key": "CLASSIFICATION", "values": ["Security", "Bugfix", "Recommended"]},
]
RULE = {"patch_filters": SECURITY, "approve_after_days": 7, "compliance_level": "HIGH"}
SECRET = "[corporate]\nname=corporate\nbaseurl=https://reader:made-up-password@repository.example.com/\nenabled=1"
SOURCE = {"name": "corporate", "products": ["AmazonLinux2"], "configuration": SECRET}
OPTIONS: Json = {
    "name": "amazon-linux-2-prod",
    "operating_system": "AMAZON_LINUX_2",
    "description": "Seven days after release",
    "approval_rules": [RULE],
    "approved_patches": ["CVE-2018-1234567", "dbus.x86_64", "ALAS2-2024-2500"],
    "rejected_patches": ["kernel-5.10*"],
    "rejected_patches_action": "BLOCK",
    "patch_groups": ["prod", "prod-db"],
    "tags": {"Team": "platform"},
}
ABSENT = {"name": "amazon-linux-2-prod", "state": "absent"}


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    return empty_aws


@pytest.fixture
def existing(aws: Emulator, module: Module) -> Json:
    made = module("ssm_patch_baseline", **OPTIONS)
    assert made["changed"] is True, made
    aws.calls.clear()
    return made["patch_baseline"]


def state(aws: Emulator) -> list[Json]:
    """Every own baseline with its tags, as AWS tells it."""
    ssm = aws.client("ssm", REGION)
    own = ssm.describe_patch_baselines(Filters=[{"Key": "OWNER", "Values": ["Self"]}])["BaselineIdentities"]
    found = []
    for row in own:
        tags = ssm.list_tags_for_resource(ResourceType="PatchBaseline", ResourceId=row["BaselineId"])["TagList"]
        baseline = ssm.get_patch_baseline(BaselineId=row["BaselineId"])
        del baseline["ResponseMetadata"]
        found.append({**baseline, "Default": row["DefaultBaseline"], "Tags": tags})
    return found


def other(aws: Emulator, name: str = "other", system: str = "AMAZON_LINUX_2", *groups: str) -> str:
    """A baseline of somebody else's making."""
    ssm = aws.client("ssm", REGION)
    baseline_id: str = ssm.create_patch_baseline(Name=name, OperatingSystem=system)["BaselineId"]
    for group in groups:
        ssm.register_patch_baseline_for_patch_group(BaselineId=baseline_id, PatchGroup=group)
    aws.calls.clear()
    return baseline_id


def test_a_baseline_is_made_with_all_that_is_said(aws, module):
    result = module("ssm_patch_baseline", **OPTIONS)
    assert result["changed"] is True
    (there,) = state(aws)
    assert there["OperatingSystem"] == "AMAZON_LINUX_2"
    assert there["Description"] == "Seven days after release"
    assert there["ApprovalRules"]["PatchRules"] == [
        {
            "PatchFilterGroup": {
                "PatchFilters": [
                    {"Key": "PRODUCT", "Values": ["AmazonLinux2", "AmazonLinux2.0"]},
                    {"Key": "CLASSIFICATION", "Values": ["Security", "Bugfix", "Recommended"]},
                ]
            },
            "ComplianceLevel": "HIGH",
            "ApproveAfterDays": 7,
            "EnableNonSecurity": False,
        }
    ]
    assert there["ApprovedPatches"] == OPTIONS["approved_patches"]
    assert (there["RejectedPatches"], there["RejectedPatchesAction"]) == (["kernel-5.10*"], "BLOCK")
    assert sorted(there["PatchGroups"]) == ["prod", "prod-db"]
    assert (there["Default"], there["Tags"]) == (False, [{"Key": "Team", "Value": "platform"}])
    baseline = result["patch_baseline"]
    assert baseline["baseline_id"] == there["BaselineId"]
    assert (baseline["tags"], baseline["default_baseline"]) == ({"Team": "platform"}, False)


def test_a_second_run_changes_nothing(aws, module, existing):
    result = module("ssm_patch_baseline", diff=True, **OPTIONS)
    assert (result["changed"], result["changes"], result["patch_baseline"]) == (False, [], existing)
    assert result["diff"]["before"] == result["diff"]["after"] == {}
    assert changes(aws) == {}


def test_the_order_of_lists_is_no_change(aws, module, existing):
    reordered = {
        **OPTIONS,
        "approval_rules": [
            {**RULE, "patch_filters": [{**row, "values": row["values"][::-1]} for row in SECURITY[::-1]]}
        ],
        "approved_patches": OPTIONS["approved_patches"][::-1],
        "patch_groups": ["prod-db", "prod"],
    }
    assert module("ssm_patch_baseline", **reordered)["changed"] is False
    assert changes(aws) == {}


@pytest.mark.parametrize(
    ("change", "properties", "calls"),
    [
        ({"description": "Eight days"}, ["description"], {"UpdatePatchBaseline": 1}),
        ({"approval_rules": [{**RULE, "approve_after_days": 8}]}, ["approval_rules"], {"UpdatePatchBaseline": 1}),
        ({"approval_rules": [{**RULE, "compliance_level": "LOW"}]}, ["approval_rules"], {"UpdatePatchBaseline": 1}),
        ({"approval_rules": [{**RULE, "enable_non_security": True}]}, ["approval_rules"], {"UpdatePatchBaseline": 1}),
        (
            {"approval_rules": [{"patch_filters": SECURITY, "approve_until_date": "2026-10-31"}]},
            ["approval_rules"],
            {"UpdatePatchBaseline": 1},
        ),
        ({"approval_rules": []}, ["approval_rules"], {"UpdatePatchBaseline": 1}),
        ({"global_filters": SECURITY[:1]}, ["global_filters"], {"UpdatePatchBaseline": 1}),
        ({"approved_patches": []}, ["approved_patches"], {"UpdatePatchBaseline": 1}),
        (
            {"approved_patches_compliance_level": "CRITICAL"},
            ["approved_patches_compliance_level"],
            {"UpdatePatchBaseline": 1},
        ),
        (
            {"approved_patches_enable_non_security": True},
            ["approved_patches_enable_non_security"],
            {"UpdatePatchBaseline": 1},
        ),
        (
            {"rejected_patches": ["telnet"], "rejected_patches_action": "ALLOW_AS_DEPENDENCY"},
            ["rejected_patches", "rejected_patches_action"],
            {"UpdatePatchBaseline": 1},
        ),
        ({"sources": [SOURCE]}, ["sources"], {"UpdatePatchBaseline": 1}),
        (
            {"patch_groups": ["prod", "prod-web"]},
            ["patch_groups"],
            {"RegisterPatchBaselineForPatchGroup": 1, "DeregisterPatchBaselineForPatchGroup": 1},
        ),
        ({"patch_groups": []}, ["patch_groups"], {"DeregisterPatchBaselineForPatchGroup": 2}),
        ({"default": True}, ["default_baseline"], {"RegisterDefaultPatchBaseline": 1}),
        ({"tags": {"Team": "web"}}, ["tags"], {"AddTagsToResource": 1}),
        ({"tags": {}}, ["tags"], {"RemoveTagsFromResource": 1}),
        ({"tags": {"Cost": "1"}, "purge_tags": False}, ["tags"], {"AddTagsToResource": 1}),
    ],
)
def test_each_option_changes_what_it_says_and_nothing_else(aws, module, existing, change, properties, calls):
    wanted = {**OPTIONS, **change}
    planned = module("ssm_patch_baseline", check=True, **wanted)
    assert changes(aws) == {}
    (before,) = state(aws)
    result = module("ssm_patch_baseline", **wanted)
    assert result["changed"] is True
    assert sorted(row["property"] for row in result["changes"]) == properties
    assert result["changes"] == planned["changes"]
    assert changes(aws) == calls
    for row in result["changes"]:
        assert result["patch_baseline"][row["property"]] == row["after"]
    (after,) = state(aws)
    names = {name.casefold() for name in after if name != "ModifiedDate" and after[name] != before.get(name)}
    told = {name.replace("_", "").replace("defaultbaseline", "default") for name in properties}
    assert names == told
    aws.calls.clear()
    assert module("ssm_patch_baseline", **wanted)["changed"] is False
    assert changes(aws) == {}


def test_options_that_are_left_out_are_left_alone(aws, module, existing):
    module("ssm_patch_baseline", **{**OPTIONS, "default": True, "sources": [SOURCE]})
    aws.calls.clear()
    few = {"name": OPTIONS["name"], "operating_system": "AMAZON_LINUX_2"}
    assert module("ssm_patch_baseline", **few)["changed"] is False
    assert changes(aws) == {}


def test_a_windows_baseline_has_its_own_fields(aws, module):
    options = {
        "name": "windows",
        "operating_system": "WINDOWS",
        "approval_rules": [
            {"patch_filters": [{"key": "MSRC_SEVERITY", "values": ["Critical"]}], "approve_until_date": "2026-10-31"}
        ],
        "approved_patches": ["KB2032276", "MS10-048"],
        "available_security_updates_compliance_status": "NON_COMPLIANT",
    }
    assert module("ssm_patch_baseline", **options)["changed"] is True
    (there,) = state(aws)
    assert there["AvailableSecurityUpdatesComplianceStatus"] == "NON_COMPLIANT"
    assert there["ApprovalRules"]["PatchRules"][0]["ApproveUntilDate"] == "2026-10-31"
    assert module("ssm_patch_baseline", **options)["changed"] is False


@pytest.mark.parametrize("system", ["UBUNTU", "DEBIAN", "RASPBIAN"])
def test_the_debian_family_approves_without_a_delay(aws, module, system):
    rule = {"patch_filters": [{"key": "PRIORITY", "values": ["Required", "Important"]}]}
    options = {"name": "apt", "operating_system": system, "approval_rules": [rule], "approved_patches": ["openssl"]}
    assert module("ssm_patch_baseline", **options)["changed"] is True
    assert module("ssm_patch_baseline", **options)["changed"] is False
    assert len(state(aws)) == 1


def test_a_source_s_configuration_is_never_told(aws, module, existing):
    options = {**OPTIONS, "sources": [SOURCE]}
    made = module("ssm_patch_baseline", diff=True, **options)
    assert made["changed"] is True
    assert state(aws)[0]["Sources"][0]["Configuration"] == SECRET
    other_secret = {**SOURCE, "configuration": SECRET.replace("made-up", "newer")}
    changed = module("ssm_patch_baseline", diff=True, **{**options, "sources": [other_secret]})
    assert state(aws)[0]["Sources"][0]["Configuration"] == other_secret["configuration"]
    unchanged = module("ssm_patch_baseline", diff=True, **OPTIONS)
    gone = module("ssm_patch_baseline", diff=True, **{**options, "sources": []})
    for result in (made, changed, unchanged, gone):
        # the invocation shows the options, where Ansible itself hides it
        assert "password" not in json.dumps({**result, "invocation": None})
    assert [row["property"] for row in changed["changes"]] == ["sources"]


def test_check_mode_plans_a_creation_and_makes_nothing(aws, module):
    result = module("ssm_patch_baseline", check=True, diff=True, **OPTIONS)
    assert result["changed"] is True
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["patch_groups"] == ["prod", "prod-db"]
    assert (changes(aws), state(aws)) == ({}, [])


def test_a_new_baseline_can_be_the_default_at_once(aws, module):
    result = module("ssm_patch_baseline", default=True, **OPTIONS)
    assert result["patch_baseline"]["default_baseline"] is True
    answer = aws.client("ssm", REGION).get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")
    assert answer["BaselineId"] == result["patch_baseline"]["baseline_id"]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_the_default_is_never_taken_away_in_silence(aws, module, existing, check):
    module("ssm_patch_baseline", **{**OPTIONS, "default": True})
    aws.calls.clear()
    result = module("ssm_patch_baseline", check=check, **{**OPTIONS, "default": False, "description": "New"})
    assert "is the default patch baseline for AMAZON_LINUX_2: make another one the default" in result["msg"]
    assert changes(aws) == {}
    assert state(aws)[0]["Default"] is True


def test_default_false_is_true_of_a_baseline_that_isn_t(aws, module):
    assert module("ssm_patch_baseline", default=False, **OPTIONS)["changed"] is True
    assert module("ssm_patch_baseline", default=False, **OPTIONS)["changed"] is False


def test_another_default_takes_the_place(aws, module, existing):
    module("ssm_patch_baseline", **{**OPTIONS, "default": True})
    second = {**OPTIONS, "name": "second", "patch_groups": [], "default": True}
    assert module("ssm_patch_baseline", **second)["changed"] is True
    assert {row["Name"]: row["Default"] for row in state(aws)} == {"amazon-linux-2-prod": False, "second": True}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_group_that_has_another_baseline_is_refused_with_everything_else(aws, module, check):
    holder = other(aws, "other", "AMAZON_LINUX_2", "prod-db")
    result = module("ssm_patch_baseline", check=check, **OPTIONS)
    assert f"Patch group prod-db has the AMAZON_LINUX_2 baseline other ({holder}) already" in result["msg"]
    assert (changes(aws), [row["Name"] for row in state(aws)]) == ({}, ["other"])


def test_a_group_may_have_a_baseline_for_each_operating_system(aws, module):
    other(aws, "windows", "WINDOWS", "prod")
    assert module("ssm_patch_baseline", **OPTIONS)["changed"] is True


def test_a_group_is_found_as_claimed_on_any_page(aws, module):
    others = [f"group-{number:03}" for number in range(120)]
    other(aws, "other", "AMAZON_LINUX_2", *others, "prod")
    assert "Patch group prod has" in module("ssm_patch_baseline", **OPTIONS)["msg"]
    assert changes(aws) == {}


def test_a_baseline_is_found_on_any_page_and_by_its_whole_name(aws, module, existing):
    for number in range(120):
        other(aws, f"amazon-linux-2-prod-{number}")
    assert module("ssm_patch_baseline", **OPTIONS)["changed"] is False
    assert changes(aws) == {}


def test_two_of_one_name_are_a_failure(aws, module, existing):
    second = other(aws, "amazon-linux-2-prod", "WINDOWS")
    for options in (OPTIONS, ABSENT):
        result = module("ssm_patch_baseline", **options)
        assert result["msg"].startswith("2 patch baselines in us-east-1 have the name amazon-linux-2-prod: ")
        assert f"{second} (WINDOWS)" in result["msg"]
    assert changes(aws) == {}


def test_a_baseline_of_aws_is_not_taken_for_an_own(aws, module):
    name = "AWS-AmazonLinux2DefaultPatchBaseline"
    ssm = aws.client("ssm", REGION)
    assert name in {row["BaselineName"] for row in ssm.describe_patch_baselines()["BaselineIdentities"]}
    assert module("ssm_patch_baseline", name=name, state="absent")["changed"] is False


def test_the_operating_system_cannot_be_changed(aws, module, existing):
    result = module("ssm_patch_baseline", **{**OPTIONS, "operating_system": "AMAZON_LINUX_2023", "description": "New"})
    assert "operating_system of patch baseline amazon-linux-2-prod is AMAZON_LINUX_2 and can't be" in result["msg"]
    assert changes(aws) == {}


def test_absent_deletes_the_named_baseline_and_nothing_else(aws, module, existing):
    other(aws, "amazon-linux-2-prod-2")
    module("ssm_patch_baseline", **{**OPTIONS, "patch_groups": []})
    aws.calls.clear()
    planned = module("ssm_patch_baseline", check=True, diff=True, **ABSENT)
    assert (planned["changed"], planned["diff"]["after"], changes(aws)) == (True, {}, {})
    result = module("ssm_patch_baseline", **ABSENT)
    assert (result["changed"], result["patch_baseline"], changes(aws)) == (True, {}, {"DeletePatchBaseline": 1})
    assert [row["Name"] for row in state(aws)] == ["amazon-linux-2-prod-2"]
    assert module("ssm_patch_baseline", **ABSENT)["changed"] is False


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_baseline_with_patch_groups_is_not_deleted(aws, module, existing, check):
    result = module("ssm_patch_baseline", check=check, **ABSENT)
    assert "is registered for the patch groups prod, prod-db" in result["msg"]
    assert changes(aws) == {}
    assert sorted(state(aws)[0]["PatchGroups"]) == ["prod", "prod-db"]


def test_force_deregisters_the_patch_groups_first(aws, module, existing):
    assert module("ssm_patch_baseline", check=True, force=True, **ABSENT)["changed"] is True
    assert changes(aws) == {}
    assert module("ssm_patch_baseline", force=True, **ABSENT)["changed"] is True
    assert changes(aws) == {"DeregisterPatchBaselineForPatchGroup": 2, "DeletePatchBaseline": 1}
    assert state(aws) == []


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_default_baseline_is_not_deleted_even_by_force(aws, module, existing, check):
    module("ssm_patch_baseline", **{**OPTIONS, "default": True})
    aws.calls.clear()
    result = module("ssm_patch_baseline", check=check, force=True, **ABSENT)
    assert "is the default for AMAZON_LINUX_2, which AWS doesn't delete" in result["msg"]
    assert changes(aws) == {}
    assert len(state(aws)) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "no spaces"}, "name is 'no spaces': Systems Manager takes 3 to 128 letters"),
        ({"description": ""}, "description has 0 characters: it must have 1 to 1024"),
        ({"approval_rules": [{"patch_filters": SECURITY}]}, "approval_rules[1] has neither of approve_after_days"),
        ({"approval_rules": [{**RULE, "approve_until_date": "2026-01-01"}]}, "approval_rules[1] has both of"),
        (
            {"approval_rules": [{**RULE, "approve_after_days": 361}]},
            "approval_rules[1].approve_after_days is 361: it must be between 0 and 360",
        ),
        (
            {"approval_rules": [RULE, {**RULE, "approve_after_days": 9}]},
            "approval_rules[2] has the filters of approval_rules[1]",
        ),
        (
            {"approval_rules": [{"patch_filters": SECURITY, "approve_until_date": "16.11.2026"}]},
            "approval_rules[1].approve_until_date is '16.11.2026': write a date like",
        ),
        (
            {"global_filters": [{"key": "MSRC_SEVERITY", "values": ["Critical"]}]},
            "global_filters has the key MSRC_SEVERITY, which AMAZON_LINUX_2 doesn't have: it has PRODUCT,",
        ),
        ({"global_filters": [SECURITY[0], SECURITY[0]]}, "global_filters names PRODUCT twice"),
        ({"global_filters": [{"key": "PRODUCT", "values": []}]}, "global_filters PRODUCT has 0 entries"),
        (
            {"approved_patches": ["KB2032276"]},
            "approved_patches names 'KB2032276', which is no patch for AMAZON_LINUX_2",
        ),
        ({"approved_patches": ["telnet", "telnet"]}, "approved_patches names telnet twice"),
        ({"rejected_patches": ["CVE-2018-1234567"]}, "rejected_patches names CVE-2018-1234567: AMAZON_LINUX_2 rejects"),
        ({"rejected_patches": ["dbus.x86_64"]}, "dbus.x86_64 is in approved_patches and in rejected_patches"),
        ({"approved_patches": [f"package-{number}" for number in range(51)]}, "approved_patches has 51 entries"),
        ({"available_security_updates_compliance_status": "COMPLIANT"}, "is for WINDOWS alone"),
        ({"sources": [SOURCE, SOURCE]}, "sources names corporate twice"),
        ({"sources": [{**SOURCE, "products": []}]}, "products of source corporate has 0 entries"),
        ({"patch_groups": ["prod", "prod"]}, "patch_groups names prod twice"),
        ({"patch_groups": ["prod;db"]}, "patch_groups names 'prod;db'"),
        ({"operating_system": "WINDOWS"}, "approved_patches names 'CVE-2018-1234567', which is no patch for WINDOWS"),
        ({"operating_system": None}, "operating_system"),
    ],
)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_bad_input_is_named_before_any_call(aws, module, change, words, check):
    result = module("ssm_patch_baseline", check=check, **{**OPTIONS, **change})
    assert result["failed"] is True
    assert words in result["msg"].replace("\n", " ")
    assert "made-up-password" not in result["msg"]
    assert not aws.calls


def test_a_failure_half_way_names_what_was_done_and_the_next_run_does_the_rest(aws, module):
    aws.faults.deny(operation="RegisterPatchBaselineForPatchGroup")
    result = module("ssm_patch_baseline", **OPTIONS)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "ssm:RegisterPatchBaselineForPatchGroup answered AccessDenied" in result["msg"]
    assert "Done before: created." in result["msg"]
    aws.faults.clear()
    aws.calls.clear()
    again = module("ssm_patch_baseline", **OPTIONS)
    assert [row["property"] for row in again["changes"]] == ["patch_groups"]
    assert changes(aws) == {"RegisterPatchBaselineForPatchGroup": 2}


@pytest.mark.parametrize("operation", ["DescribePatchBaselines", "GetPatchBaseline", "ListTagsForResource"])
def test_a_denied_read_changes_nothing(aws, module, existing, operation):
    aws.faults.deny(operation=operation)
    for options in ({**OPTIONS, "description": "New"}, {**ABSENT, "force": True}):
        result = module("ssm_patch_baseline", **options)
        assert f"ssm:{operation} answered AccessDenied" in result["msg"]
    assert changes(aws) == {}


def test_throttled_calls_are_repeated(aws, module):
    aws.faults.throttle(operation="CreatePatchBaseline", times=2)
    assert module("ssm_patch_baseline", **OPTIONS)["changed"] is True
    assert len(state(aws)) == 1


def test_a_date_that_becomes_no_days_at_all_is_a_change(aws, module: Module):
    """0 days is no difference to what AWS doesn't echo, but the date is."""
    dated = {"patch_filters": SECURITY, "approve_until_date": "2026-10-31"}
    at_once = {"patch_filters": SECURITY, "approve_after_days": 0}
    module("ssm_patch_baseline", **{**OPTIONS, "approval_rules": [dated]})
    changed = module("ssm_patch_baseline", **{**OPTIONS, "approval_rules": [at_once]})
    assert changed["changed"] is True, changed
    assert module("ssm_patch_baseline", **{**OPTIONS, "approval_rules": [at_once]})["changed"] is False
    assert module("ssm_patch_baseline", **{**OPTIONS, "approval_rules": [dated]})["changed"] is True
