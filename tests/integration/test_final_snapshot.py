# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Final snapshots and the Recycle Bin: what goes leaves a way back, or the report says that there is none.

Rests on the emulated account's snapshots that take their time or end in error, and on its Recycle Bin.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from tests.emulator.building.ebs import add_snapshot, add_volume
from tests.emulator.building.site import waste
from tests.emulator.services.recycle_bin import add_recycle_bin_rule
from tests.integration.conftest import Json, Module, changes

EBS = "ebs_orphan_cleanup"
ORPHAN, OLD = waste("unattached", "orphan"), waste("old_snapshot", "old")
# a short time to wait means short pauses between two looks
FINAL = {"resources": ["volumes"], "final_snapshot": True, "wait_timeout": 60}


def told(result: Json) -> dict[str, Json]:
    return {row["resource_id"]: row for row in result["findings"]}


def day(days_ahead: int) -> str:
    return (datetime.now(timezone.utc) + timedelta(days=days_ahead)).date().isoformat()


def snapshots_of(emulator, volume_id: str) -> list[dict]:
    return [
        value
        for key, value in emulator.state().items()
        if key[2] == "ec2:snapshot" and value["tags"].get("sysops:final-snapshot-of") == volume_id
    ]


def test_a_volume_goes_only_after_its_snapshot_is_completed(empty_aws, module: Module):
    empty_aws.settings.snapshot_seconds = 1
    volume = add_volume(empty_aws.site(), ORPHAN, "data", tags={"Team": "orders", "sysops:orphan-since": "2026-01-01"})
    report = told(module(EBS, check=True, **FINAL))[volume.id]
    assert (report["status"], report["reversible"]) == ("planned", True)
    assert changes(empty_aws) == {}
    done = module(EBS, **FINAL)
    assert told(done)[volume.id]["status"] == "changed"
    (snapshot,) = snapshots_of(empty_aws, volume.id)
    # the mark of a grace period is not the snapshot's
    assert snapshot == {
        "status": "completed",
        "volume_id": volume.id,
        "tags": {"sysops:final-snapshot-of": volume.id, "Name": "data", "Team": "orders"},
    }
    assert volume.id not in {key[3] for key in empty_aws.state()}
    assert changes(empty_aws) == {"CreateSnapshot": 1, "DeleteVolume": 1}


def test_snapshots_are_taken_at_the_same_time(empty_aws, module: Module):
    empty_aws.settings.snapshot_seconds = 1
    for site in (empty_aws.site("us-east-1"), empty_aws.site("eu-west-1")):
        for _number in range(30):
            add_volume(site, ORPHAN)
    started = datetime.now(timezone.utc)
    done = module(EBS, regions=["us-east-1", "eu-west-1"], workers=2, **FINAL)
    assert done["summary"]["changed"] == 60
    # one after the other they would have been pending for a minute
    assert datetime.now(timezone.utc) - started < timedelta(seconds=30)


def test_a_volume_whose_snapshot_fails_stays(empty_aws, module: Module):
    site = empty_aws.site()
    bad, good = add_volume(site, ORPHAN, "bad"), add_volume(site, ORPHAN, "good")
    empty_aws.settings.snapshot_errors = {bad.id}
    done = module(EBS, **FINAL)
    rows = told(done)
    assert done["failed"] is True
    assert (rows[bad.id]["status"], rows[bad.id]["error"]["code"]) == ("failed", "FinalSnapshotFailed")
    assert "so the volume stays" in done["msg"]
    assert rows[good.id]["status"] == "changed"
    assert bad.id in {key[3] for key in empty_aws.state()}


def test_a_volume_whose_snapshot_cannot_be_made_stays(empty_aws, module: Module):
    volume = add_volume(empty_aws.site(), ORPHAN)
    empty_aws.faults.deny(operation="CreateSnapshot")
    row = told(module(EBS, **FINAL))[volume.id]
    assert (row["status"], row["error"]["code"]) == ("failed", "UnauthorizedOperation")
    assert volume.id in {key[3] for key in empty_aws.state()}


def test_a_volume_whose_snapshot_takes_too_long_stays(empty_aws, module: Module):
    empty_aws.settings.snapshot_seconds = 600
    volume = add_volume(empty_aws.site(), ORPHAN)
    done = module(EBS, **{**FINAL, "wait_timeout": 0})
    row = told(done)[volume.id]
    assert (row["status"], row["error"]["code"]) == ("failed", "FinalSnapshotTimeout")
    assert "was not completed within wait_timeout (0 s), so the volume stays" in row["error"]["message"]
    assert volume.id in {key[3] for key in empty_aws.state()}
    assert changes(empty_aws) == {"CreateSnapshot": 1}


def test_a_final_snapshot_is_kept_for_its_time_and_then_one_like_any_other(empty_aws, module: Module):
    site = empty_aws.site()
    tag = {"sysops:final-snapshot-of": "vol-0123"}
    young, old = add_snapshot(site, OLD, age=(60, 0), tags=tag), add_snapshot(site, OLD, age=(90, 0), tags=tag)
    rows = told(module(EBS))
    assert (rows[young.id]["status"], rows[young.id]["protected_by"]) == (
        "protected",
        ["the final snapshot of vol-0123, kept for 90 days"],
    )
    assert rows[old.id]["status"] == "changed"


@pytest.mark.parametrize(
    ("rules", "tags", "days"),
    [
        ([], {}, None),
        ([{"days": 7}], {}, 7),
        ([{"days": 7}, {"days": 30}], {}, 30),
        ([{"days": 7, "status": "pending"}], {}, None),
        ([{"days": 7, "tags": {"Env": "prod"}}], {}, None),
        ([{"days": 7, "tags": {"Env": "prod", "Team": "x"}}], {"Env": "prod"}, 7),
        ([{"days": 7, "excluded": {"Env": "test"}}], {"Env": "test"}, None),
        ([{"days": 7, "excluded": {"Env": "test"}}], {"Env": "prod"}, 7),
        ([{"days": 7, "resource_type": "EBS_VOLUME"}], {}, None),
    ],
)
def test_the_report_says_until_when_the_recycle_bin_keeps_a_snapshot(empty_aws, module: Module, rules, tags, days):
    site = empty_aws.site()
    snapshot = add_snapshot(site, OLD, tags=tags)
    for rule in rules:
        add_recycle_bin_rule(site, **{"resource_type": "EBS_SNAPSHOT", **rule})
    row = told(module(EBS, check=True))[snapshot.id]
    assert row["recoverable_until"] == (day(days) if days else None)
    assert row["reversible"] is bool(days)
    module(EBS)
    binned = {key[3] for key in empty_aws.state() if key[2] == "ec2:snapshot-in-bin"}
    assert binned == ({snapshot.id} if days else set()), "the emulated bin agrees with what the report said"


def test_rules_are_read_once_a_region_and_type_and_only_where_something_goes(empty_aws, module: Module):
    for region in ("us-east-1", "eu-west-1"):
        site = empty_aws.site(region)
        add_recycle_bin_rule(site, "EBS_VOLUME", 7)
        add_volume(site, ORPHAN), add_volume(site, ORPHAN)
    add_volume(empty_aws.site("sa-east-1"), ORPHAN, tags={"Keep": "true"})
    module(EBS, check=True, regions=["all"])
    rbin = {key[1:]: count for key, count in empty_aws.calls.items() if key[2] == "rbin"}
    assert rbin == {
        (region, "rbin", name): 1 for region in ("us-east-1", "eu-west-1") for name in ("ListRules", "GetRule")
    }


def test_rules_that_may_not_be_read_protect_nothing_and_are_told(empty_aws, module: Module):
    volume = add_volume(empty_aws.site(), ORPHAN)
    empty_aws.faults.deny(service="rbin")
    done = module(EBS)
    row = told(done)[volume.id]
    assert (row["status"], row["reversible"]) == ("changed", False)
    assert done["region_errors"] == []
    (notice,) = done["summary"]["notices"]
    assert "What could come back could not be read in 1 region (rbin:ListRules answered AccessDenied" in notice


def test_what_goes_for_good_is_counted_before_it_goes(empty_aws, module: Module):
    site = empty_aws.site()
    add_recycle_bin_rule(site, "EBS_SNAPSHOT", 7, tags={"Env": "prod"})
    add_volume(site, ORPHAN), add_snapshot(site, OLD), add_snapshot(site, OLD, tags={"Env": "prod"})
    report = module(EBS, check=True)
    assert (report["summary"]["planned"], report["summary"]["irreversible"]) == (3, 2)
