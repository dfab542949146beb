# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The builder and its manifest."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.account import FULL
from tests.emulator.building.ebs import add_recycle_bin_rule, add_volume, mark
from tests.emulator.building.site import VARIANTS, waste
from tests.emulator.services.recycle_bin import VOLUMES

REGION = "eu-west-1"
ROOT = Path(__file__).resolve().parents[2]
REASONS = {
    "ebs_orphan_cleanup": {"unattached", "old_snapshot"},
    "log_group_retention": {"no_retention", "longer_retention"},
    "ec2_monitoring": {"detailed_monitoring", "basic_monitoring"},
    "alb_idle_facts": {"no_target_groups", "no_registered_targets", "no_healthy_targets", "no_traffic", "intentional"},
    "rds_maintenance": {
        "backup_retention_days,backup_window,maintenance_window,auto_minor_version_upgrade,deletion_protection",
        "backup_retention_days", "backup_retention_days,deletion_protection", "deletion_protection",
        "auto_minor_version_upgrade", "pending_system_update", "pending_os_upgrade", "pending_db_upgrade",
        "pending_serverless_platform_version_update", "old_engine_version", "extended_support",
        "backups_not_replicated", "old_snapshot", "orphaned_snapshot",
    },
    "ssm_patch_compliance_info": {
        "missing", "failed,missing", "pending_reboot", "installed_rejected", "never_scanned", "connection_lost",
        "scan_too_old", "available_security_updates", "missing,scan_too_old", "unmanaged",
    },
}  # fmt: skip
GUARDS = {
    "ec2:volume": {"keep", "aws:backup", "aws:dlm", "aws:cloudformation", "kubernetes.io", "CSIVolumeName",
                   "ebs.csi.aws.com", "backup", "managed", "attached on"},
    "ec2:snapshot": {"keep", "aws:backup", "aws:dlm", "aws:cloudformation", "kubernetes.io", "CSIVolumeName",
                     "ebs.csi.aws.com", "backup", "ami-", "archive", "locked", "shared", "public", "launch template",
                     "Auto Scaling group", "Fast Snapshot Restore", "disaster recovery", "shared with account",
                     "parameter", "Velero", "N2W", "EKS", "Beanstalk", "ECS", "Storage Gateway", "EC2 Fleet",
                     "launch configuration", "Spot Fleet", "Spot Instance", "made from it", "being archived",
                     "restored from the archive tier until", "Recycle Bin"},
    "logs:log-group": {"keep", "cloudformation", "retention", "policy", "DELIVERY", "deletion protection"},
    "ec2:instance": {"keep", "alarm", "scaling", "launch template", "launch configuration", "keep=true"},
    "ssm:managed-instance": {"keep=true"},
    "rds:db": {"keep=true", "cloudformation", "stopped", "engine upgrade", "no auto", "kms"},
    "rds:snapshot": {"newest", "keep=true", "aws backup", "shared with account", "publicly", "creating",
                     "include_orphaned"},
    "rds:cluster-snapshot": {"newest", "shared with account"},
    "elasticloadbalancing:loadbalancer": {"keep", "redirect", "answer", "network load balancer", "endpoint service"},
}  # fmt: skip


def verdicts(row: dict[str, Any], check: str | None = None) -> list[dict[str, Any]]:
    """What is expected of a resource, by one check or by all."""
    own = [row] if check in (None, row["check"]) else []
    others = row["variants"].items()
    return own + [v for name, v in others if check is None or check in VARIANTS.get(name, {row["check"]})]


def test_every_reason_and_guard_is_there_in_three_regions_of_two_accounts(demo: Any) -> None:
    for place in FULL:
        rows = [r for r in demo.manifest if (r["account_id"], r["region"]) == place]
        for check, reasons in REASONS.items():
            found = {v["reason_code"] for r in rows for v in verdicts(r, check)}
            assert found - {None} == reasons
        for kind, guards in GUARDS.items():
            found = {v["protected_by"] for r in rows if r["resource_type"] == kind for v in verdicts(r)}
            assert found - {None} == guards
        assert {r["status"] for r in rows} == {"planned", "protected", "skipped", None}
    assert len({r["region"] for r in demo.manifest}) == 17


def test_the_manifest_names_exactly_what_exists(demo: Any) -> None:
    keys = [(r["account_id"], r["region"], r["resource_type"], r["resource_id"]) for r in demo.manifest]
    assert len(keys) == len(set(keys))
    assert set(keys) == set(demo.state())


def test_only_planned_volumes_and_snapshots_are_to_go(demo: Any) -> None:
    going = [r for r in demo.manifest if not r["survives"]]
    assert {(r["check"], r["status"]) for r in going} == {("ebs_orphan_cleanup", "planned")}
    assert len(going) == sum(r["check"] == "ebs_orphan_cleanup" and r["status"] == "planned" for r in demo.manifest)


def test_ages_are_real(demo: Any) -> None:
    ec2 = demo.client("ec2", "eu-west-1")
    names = {r["name"]: r["resource_id"] for r in demo.manifest if r["region"] == "eu-west-1"}
    ids = [names["ci-cache"], names["ci-cache-new"]]
    created = {v["VolumeId"]: v["CreateTime"] for v in ec2.describe_volumes(VolumeIds=ids)["Volumes"]}
    hours = [(datetime.now(timezone.utc) - created[i]).total_seconds() / 3600 for i in ids]
    assert hours == pytest.approx([241, 239], abs=0.2)


def test_a_seed_builds_the_same_account_in_every_process(demo: Any) -> None:
    code = "import json; from tests.emulator.account import build; "
    code += "print(json.dumps([build('demo', seed) for seed in (1, 2)]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    same, other = json.loads(done.stdout)
    assert same == demo.manifest
    assert {r["resource_id"] for r in same} != {r["resource_id"] for r in other}


@pytest.mark.parametrize(("scale", "size"), [("S", 200), ("M", 5000)])
def test_scales_have_their_size_and_shares(emulator: Any, scale: str, size: int) -> None:
    emulator.reset(scale)
    rows = [r for r in emulator.manifest if r["resource_type"] != "ec2:image"]
    assert len(rows) == pytest.approx(size, rel=0.01)
    waste = sum(r["status"] in ("planned", "skipped") for r in rows) / size
    spared = sum(r["status"] == "protected" for r in rows) / size
    assert waste == pytest.approx(0.5, abs=0.1)
    assert spared == pytest.approx(0.2, abs=0.08)
    assert len({r["region"] for r in rows}) == 17


def test_orphans_and_nothing_else_over_all_regions(emulator: Any) -> None:
    emulator.reset("orphans-1000")
    assert {(r["resource_type"], r["status"]) for r in emulator.manifest} == {("ec2:volume", "planned")}
    assert len(emulator.state()) == len(emulator.manifest) == 1000
    assert len({r["region"] for r in emulator.manifest}) == 17


def test_one_place_can_be_built_by_hand(account: Any) -> None:
    site = account.site(REGION)
    volume = add_volume(site, waste("unattached", "by hand"), "left-over", size=7)
    assert account.site(REGION) is site, "or the second volume would have the first one's id"
    mark(site, volume.id, "2026-01-31")
    add_recycle_bin_rule(site, VOLUMES, 7)
    assert [(r["resource_id"], r["status"]) for r in account.manifest] == [(volume.id, "planned")]
    ec2 = account.client("ec2", REGION)
    marked = [{"Name": "tag:sysops:orphan-since", "Values": ["2026-01-31"]}]
    assert [v["VolumeId"] for v in ec2.describe_volumes(Filters=marked)["Volumes"]] == [volume.id]
    ec2.delete_volume(VolumeId=volume.id)
    assert list(account.state()) == [("123456789012", REGION, "ec2:volume-in-bin", volume.id)]


def test_an_unknown_scale_is_refused(emulator: Any) -> None:
    with pytest.raises(ValueError, match="XXL"):
        emulator.reset("XXL")
