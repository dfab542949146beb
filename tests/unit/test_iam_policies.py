# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The IAM policies that the documentation offers, against what the checks say that they call."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks import rds_snapshots, ssm_patch_image_cleanup
from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import CHECKS, UNDO
from ansible_collections.sysops.aws.plugins.module_utils.sweep.tag_match import TRUE_WORDS

IAM = Path(__file__).resolve().parents[2] / "docs" / "iam"
# every run asks it for the regions
ENGINE = {"ec2:DescribeRegions"}
DATABASES = CHECKS["rds_maintenance"]
COSTS = [CHECKS[name] for name in ("ebs_orphan_cleanup", "log_group_retention", "ec2_monitoring", "alb_idle_facts")]
MIGRATIONS = [CHECKS["dms_status"], CHECKS["dms_premigration"]]
# of the databases' check, cost_hygiene runs the part on snapshots
REPORT = ENGINE | {*rds_snapshots.PERMISSIONS, *(action for check in COSTS for action in check.permissions)}
ENFORCE = REPORT | {
    *rds_snapshots.ENFORCE_PERMISSIONS,
    *(action for check in COSTS for action in check.enforce_permissions),
}
NEEDED = {
    "cost_hygiene_report.json": REPORT,
    "cost_hygiene_enforce.json": ENFORCE,
    "cost_hygiene_undo.json": ENGINE
    | {action for kind in UNDO.values() for action in (*kind.permissions, *kind.enforce_permissions)},
    "dms_status.json": ENGINE | {action for check in MIGRATIONS for action in check.permissions},
    "cloudwatch_agent_coverage.json": ENGINE | {*CHECKS["cloudwatch_agent_coverage"].permissions},
    "patch_compliance.json": ENGINE | {*CHECKS["ssm_patch_compliance_info"].permissions},
    "rds_maintenance_report.json": ENGINE | {*DATABASES.permissions},
    "rds_maintenance_enforce.json": ENGINE | {*DATABASES.permissions, *DATABASES.enforce_permissions},
}
# what only those need who keep the journal in a bucket, or undo what was done to encrypted volumes
JOURNAL = "arn:aws:s3:::our-journal"
THROUGH_EC2 = {"StringLike": {"kms:ViaService": "ec2.*.amazonaws.com"}}
WRITES = ({"s3:PutObject"}, f"{JOURNAL}/*", None)
IF_NEEDED = {
    "cost_hygiene_enforce.json": {"Journal": WRITES},
    "rds_maintenance_enforce.json": {"Journal": WRITES},
    "cost_hygiene_undo.json": {
        "Journal": ({"s3:GetObject", "s3:PutObject"}, f"{JOURNAL}/*", None),
        "ListJournal": ({"s3:ListBucket"}, JOURNAL, None),
        # https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
        "UseKeysOfEncryptedVolumes": (
            {"kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"},
            "*",
            THROUGH_EC2,
        ),
        "GrantKeysToVolumes": (
            {"kms:CreateGrant"},
            "*",
            {"Bool": {"kms:GrantIsForAWSResource": "true"}, **THROUGH_EC2},
        ),
    },
}
# IAM compares the values that exclude_tags takes for yes; what is nearly one of them, the guard alone knows
KEPT = ("true", "yes", "y", "1", "on", "keep", "x", "")
UNLESS_KEPT = {"StringNotEqualsIgnoreCase": {"aws:ResourceTag/Keep": list(KEPT)}}
FINAL_SNAPSHOT = {"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}}
# DeleteTags without a tag deletes them all: Null sees to it that there is one
THE_MARK = {
    "ForAllValues:StringEquals": {"aws:TagKeys": ["sysops:orphan-since"]},
    "Null": {"aws:TagKeys": "false"},
}


def statements(name: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = json.loads((IAM / name).read_text(encoding="utf-8"))["Statement"]
    return made


def needed_by_all(name: str) -> list[dict[str, Any]]:
    return [row for row in statements(name) if row["Sid"] not in IF_NEEDED.get(name, {})]


@pytest.mark.parametrize(("name", "wanted"), IF_NEEDED.items())
def test_what_a_journal_in_a_bucket_and_encrypted_volumes_take_stands_apart(name, wanted):
    found = {row["Sid"]: row for row in statements(name) if row["Sid"] in wanted}
    assert {row["Effect"] for row in found.values()} == {"Allow"}
    assert wanted == {sid: (set(row["Action"]), row["Resource"], row.get("Condition")) for sid, row in found.items()}


def test_a_policy_keeps_what_the_default_exclude_tags_protects():
    assert set(KEPT) == TRUE_WORDS | {""}


def test_every_policy_is_named_in_the_documentation():
    root = IAM.parents[1]
    pages = [root / "README.md", *root.glob("roles/*/README.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert [path.name for path in IAM.iterdir() if path.name not in text] == []


def test_every_policy_is_compared():
    assert (
        {path.name for path in IAM.glob("*_maintenance_*.json")}
        | {path.name for path in IAM.glob("cost_hygiene_*.json")}
        <= NEEDED.keys()
        <= {path.name for path in IAM.iterdir()}
    )


@pytest.mark.parametrize(("name", "needed"), NEEDED.items())
def test_a_policy_allows_what_the_checks_need_and_nothing_more(name, needed):
    # Allow and Action alone: Deny, NotAction or NotResource would turn the list into its opposite
    for statement in needed_by_all(name):
        assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
        assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
    allowed = [action for statement in needed_by_all(name) for action in statement["Action"]]
    assert not [action for action in allowed if "*" in action or "?" in action]
    assert set(allowed) == needed
    assert len(allowed) - len(set(allowed)) <= 1, "only tags are allowed for two purposes"


@pytest.mark.parametrize("name", [name for name in NEEDED if name != "cost_hygiene_undo.json"])
def test_deletions_stop_at_the_keep_tag_and_tagging_at_our_own_tags(name):
    for row in statements(name):
        for action in row["Action"]:
            conditions = [None]
            if action in ("ec2:CreateTags", "ec2:DeleteTags"):
                conditions = [THE_MARK, *([FINAL_SNAPSHOT] if action == "ec2:CreateTags" else [])]
            elif ":Delete" in action:
                conditions = [UNLESS_KEPT]
            assert row.get("Condition") in conditions, action


DMS_MODULES = (
    "dms_connection_test",
    "dms_replication_instance",
    "dms_replication_task",
    "dms_replication_task_info",
)


@pytest.mark.parametrize("name", ["dms_replication_read.json", "dms_replication.json"])
def test_the_policies_of_the_dms_modules_allow_what_their_notes_say(name):
    needed: set[str] = set()
    for module in DMS_MODULES:
        text = (IAM.parents[1] / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
        needed |= set(re.findall(r"C\(((?:dms|ec2|kms):\w+)\)", text))
    reads = {action for action in needed if action.startswith(("dms:Describe", "dms:List"))}
    allowed = [action for statement in statements(name) for action in statement["Action"]]
    assert len(allowed) == len(set(allowed))
    assert set(allowed) == (reads if name == "dms_replication_read.json" else needed)


def allowed_by(name: str) -> set[str]:
    return {action for statement in statements(name) for action in statement["Action"]}


KEPT_BY_PATCH_BASELINE = ("ssm_document", "ssm_maintenance_window", "ssm_patch_baseline")
# the role deletes nothing and shares no document
NEVER_DONE = re.compile(r"ssm:(?:Delete(?!Tags)|ModifyDocumentPermission)")


def test_patch_baseline_may_do_what_the_notes_of_its_modules_say():
    needed: set[str] = set()
    for module in KEPT_BY_PATCH_BASELINE:
        text = (IAM.parents[1] / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
        needed |= set(re.findall(r"C\(((?:ssm|iam):\w+)\)", text))
    assert {action for action in needed if not NEVER_DONE.match(action)} <= allowed_by("patch_baseline.json")


def test_a_proxy_may_have_its_own_secret_and_iam_role_and_no_others():
    text = (IAM.parents[1] / "plugins" / "modules" / "rds_proxy.py").read_text(encoding="utf-8")
    assert set(re.findall(r"C\(((?:rds|iam):\w+)\)", text)) <= allowed_by("rds_proxy.json")
    for row in statements("rds_proxy.json"):
        for action in row["Action"]:
            assert "*" not in action
            assert row["Resource"] != "*" or "Condition" in row or action.startswith("rds:"), action


def test_patch_now_may_do_what_its_modules_do_and_nothing_more():
    cleanup, compliance = CHECKS["ssm_patch_image_cleanup"], CHECKS["ssm_patch_compliance_info"]
    run_command = {"SendCommand", "ListCommands", "ListCommandInvocations", "GetCommandInvocation"}
    automation = {"StartAutomationExecution", "GetAutomationExecution", "DescribeAutomationExecutions"}
    needed = {f"ssm:{name}" for name in run_command | automation | {"DescribeDocument"}}
    needed |= {*cleanup.permissions, *cleanup.enforce_permissions, *compliance.permissions}
    assert allowed_by("patch_now.json") == ENGINE | needed | {"iam:PassRole", "sts:GetCallerIdentity"}


@pytest.mark.parametrize("name", ["patch_baseline.json", "patch_now.json"])
def test_what_patching_may_change_beyond_its_own_is_named(name):
    for row in statements(name):
        assert not [action for action in row["Action"] if "*" in action]
        for action in row["Action"]:
            if action.startswith(("iam:", "ec2:Delete", "ec2:Deregister", "ssm:Send", "ssm:Start", "ssm:CreateDoc")):
                assert row["Resource"] != "*", action
            if action in ("ec2:DeleteSnapshot", "ec2:DeregisterImage"):
                made_by = row["Condition"]["StringEquals"]["aws:ResourceTag/sysops:made-by"]
                assert made_by == ssm_patch_image_cleanup.MADE_BY
                assert UNLESS_KEPT.items() <= row["Condition"].items()
