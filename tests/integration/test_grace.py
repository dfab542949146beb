# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grace period: marked first, deleted when the mark is old enough, unmarked when it is in use again.

Rests on the emulated account's CreateTags, DeleteTags, launch templates and Fast Snapshot Restores.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_image, add_snapshot, add_volume, attach, mark
from tests.emulator.building.instances import PLAIN, add_instance
from tests.emulator.building.site import waste
from tests.integration.conftest import Json, Module, changes

EBS, TAG = "ebs_orphan_cleanup", "sysops:orphan-since"
HERE = {"grace_days": 7, "max_actions": 1000}
ORPHAN = waste("unattached", "orphan")
OLD = waste("old_snapshot", "old")


def day(days_ago: int) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days_ago)).date().isoformat()


def told(result: Json) -> dict[str, Json]:
    return {row["resource_id"]: row for row in result["findings"]}


def tags(emulator: Emulator, resource_id: str) -> dict[str, str]:
    return next(value["tags"] for key, value in emulator.state().items() if key[3] == resource_id)


def test_a_first_run_marks_and_deletes_nothing(empty_aws, module: Module):
    site = empty_aws.site()
    volume, snapshot = add_volume(site, ORPHAN, "data"), add_snapshot(site, OLD, "old")
    kept = add_volume(site, ORPHAN, "kept", tags={"Keep": "true"})
    before = empty_aws.state()
    report = module(EBS, check=True, **HERE)
    assert empty_aws.state() == before
    done = module(EBS, **HERE)
    for result, status in ((report, "planned"), (done, "changed")):
        for one in (volume, snapshot):
            row = told(result)[one.id]
            assert (row["action"], row["status"], row["due_date"], row["reversible"]) == ("mark", status, day(-7), True)
            assert f"goes on {day(-7)}" in row["reason"]
    assert tags(empty_aws, volume.id) == {"Name": "data", TAG: day(0)}
    assert tags(empty_aws, snapshot.id) == {"Name": "old", TAG: day(0)}
    assert tags(empty_aws, kept.id) == {"Name": "kept", "Keep": "true"}
    assert changes(empty_aws) == {"CreateTags": 2}
    # a mark takes nothing off the bill yet
    assert report["summary"]["estimated_monthly_savings_usd"] == {"low": 0.0, "high": 0.0}


def test_the_same_run_again_on_the_same_day_changes_nothing(empty_aws, module: Module):
    site = empty_aws.site()
    add_volume(site, ORPHAN), add_snapshot(site, OLD)
    module(EBS, **HERE)
    empty_aws.calls.clear()
    again = module(EBS, **HERE)
    assert again["changed"] is False
    assert changes(empty_aws) == {}
    assert {row["status"] for row in again["findings"]} == {"protected"}
    assert {row["due_date"] for row in again["findings"]} == {day(-7)}


@pytest.mark.parametrize(
    ("since", "goes"),
    [
        (day(6), False),
        (day(7), True),
        (day(8), True),
        (f"{day(7)}T23:59:59Z", True),
        (f"{day(6)}T00:00:00+00:00", False),
        (day(-30), False),
    ],
)
def test_only_what_has_been_marked_long_enough_is_deleted(empty_aws, module: Module, since, goes):
    site = empty_aws.site()
    volume, snapshot = add_volume(site, ORPHAN, "data"), add_snapshot(site, OLD, "old")
    mark(site, volume.id, since), mark(site, snapshot.id, since)
    done = module(EBS, **HERE)
    there = {volume.id, snapshot.id} & {key[3] for key in empty_aws.state()}
    assert there == (set() if goes else {volume.id, snapshot.id})
    assert {row["status"] for row in done["findings"]} == {"changed" if goes else "protected"}
    if not goes:
        assert "in its grace period until" in told(done)[volume.id]["protected_by"][0]


@pytest.mark.parametrize("since", ["soon", "", "2026-13-45", "24.11.2026"])
def test_a_mark_that_is_no_date_counts_as_set_today_and_is_told(empty_aws, module: Module, since):
    site = empty_aws.site()
    volume = add_volume(site, ORPHAN, "data")
    mark(site, volume.id, since)
    before = empty_aws.state()
    done = module(EBS, **HERE)
    row = told(done)[volume.id]
    assert (row["status"], row["due_date"]) == ("protected", None)
    assert f"its tag {TAG} is {since!r}, which is not a date: it counts as marked today" in row["protected_by"][0]
    assert empty_aws.state() == before
    assert changes(empty_aws) == {}


def test_a_volume_in_use_again_is_unmarked(empty_aws, module: Module):
    site = empty_aws.site()
    volume = add_volume(site, ORPHAN, "data")
    mark(site, volume.id, day(100))
    instance = add_instance(site, PLAIN, "web", detailed=False, root=False)
    attach(site, volume, instance, "/dev/sdx")
    report = told(module(EBS, check=True, **HERE))[volume.id]
    assert (report["action"], report["status"]) == ("unmark", "planned")
    assert f"attached to {instance.id}" in report["reason"]
    done = told(module(EBS, **HERE))[volume.id]
    assert done["status"] == "changed"
    assert tags(empty_aws, volume.id) == {"Name": "data"}
    assert changes(empty_aws) == {"DeleteTags": 1}


def test_a_snapshot_in_use_again_is_unmarked_and_an_excluded_one_is_not_touched(empty_aws, module: Module):
    site = empty_aws.site()
    image = add_image(site, "golden")
    in_use = image.ebs_snapshot.id
    site.ec2.tags[in_use] = {"Name": "root"}
    mark(site, in_use, day(100))
    kept = add_snapshot(site, OLD, "kept", tags={"Keep": "true"})
    mark(site, kept.id, day(100))
    rows = told(module(EBS, **HERE))
    assert (rows[in_use]["action"], rows[in_use]["status"]) == ("unmark", "changed")
    assert "backs AMI" in rows[in_use]["reason"]
    assert rows[kept.id]["status"] == "protected"
    assert tags(empty_aws, in_use) == {"Name": "root"}
    assert tags(empty_aws, kept.id)[TAG] == day(100)
    assert in_use in {key[3] for key in empty_aws.state()}


def test_a_snapshot_in_use_during_its_grace_period_is_unmarked_at_once(empty_aws, module: Module):
    site = empty_aws.site()
    snapshot = add_image(site, "golden").ebs_snapshot.id
    site.ec2.tags[snapshot] = {}
    mark(site, snapshot, day(2))
    assert told(module(EBS, **HERE))[snapshot]["action"] == "unmark"
    assert tags(empty_aws, snapshot) == {}


def test_a_mark_set_meanwhile_by_another_run_is_no_error(empty_aws, module: Module):
    site = empty_aws.site()
    volume = add_volume(site, ORPHAN, "data")
    empty_aws.faults.server_error(operation="CreateTags", times=2)
    assert told(module(EBS, **HERE))[volume.id]["status"] == "changed"
    assert tags(empty_aws, volume.id)[TAG] == day(0)


def test_the_tag_can_be_named(empty_aws, module: Module):
    site = empty_aws.site()
    volume = add_volume(site, ORPHAN, "data")
    mark(site, volume.id, day(100))
    done = module(EBS, grace_tag="idle-since", **HERE)
    assert told(done)[volume.id]["action"] == "mark"
    assert tags(empty_aws, volume.id)["idle-since"] == day(0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"grace_days": -1}, "grace_days is -1: it must be 0 or more"),
        ({"grace_tag": "aws:mine"}, "grace_tag is 'aws:mine'"),
        ({"grace_tag": "Keep"}, "grace_tag is 'Keep', a tag that protects (Keep)"),
        ({"wait_timeout": -1}, "wait_timeout is -1"),
        ({"final_snapshot_retention_days": -1}, "final_snapshot_retention_days is -1"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(empty_aws, module: Module, options, words):
    add_volume(empty_aws.site(), ORPHAN)
    result = module(EBS, **{"grace_days": 14, **options})
    assert result["failed"] is True
    assert words in result["msg"]
    assert changes(empty_aws) == {}


def test_marks_count_against_the_limit(empty_aws, module: Module):
    site = empty_aws.site()
    for _number in range(3):
        add_volume(site, ORPHAN)
    result = module(EBS, grace_days=7, max_actions=2)
    assert "max_actions is 2: nothing was changed" in result["msg"]
    assert changes(empty_aws) == {}
