# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The final snapshot of a volume: what it carries, and what becomes of the volume if it isn't completed. No AWS."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.final_snapshot import (
    MOST_TAGS,
    ORIGIN_TAG,
    SEEN_WITHIN_SECONDS,
    SNAPSHOT_ID,
    await_completed,
    begin,
    snapshot_tags,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from tests.unit.module_utils.checks.fake import Lists, finding, refused

MARK = "sysops:orphan-since"
MANY = {f"key-{number:02}": str(number) for number in range(50)}


@pytest.mark.parametrize(
    ("tags", "copied"),
    [
        ({}, {}),
        ({"Name": "data", "Team": ""}, {"Name": "data", "Team": ""}),
        # AWS's own keys can't be set
        ({"aws:backup:x": "1", "AWS:x": "2", "awsome": "3", "my:aws:x": "4"}, {"awsome": "3", "my:aws:x": "4"}),
        # the mark would let the snapshot go as soon as it is an orphan itself
        ({MARK: "2026-11-01", "Team": "x"}, {"Team": "x"}),
        # of a volume that was itself restored from a final snapshot, or copied its tags
        ({ORIGIN_TAG: "vol-0", "Team": "x"}, {"Team": "x"}),
    ],
)
def test_a_final_snapshot_has_its_origin_and_the_volumes_tags(tags, copied):
    made = snapshot_tags(finding("vol-1", tags=tags), [MARK])
    assert made[0] == {"Key": ORIGIN_TAG, "Value": "vol-1"}
    assert {tag["Key"]: tag["Value"] for tag in made[1:]} == copied


def test_with_more_tags_than_aws_takes_the_origin_stays():
    made = snapshot_tags(finding("vol-1", tags=MANY), [MARK])
    assert len(made) == MOST_TAGS == 50
    assert made[0] == {"Key": ORIGIN_TAG, "Value": "vol-1"}
    # and a mark makes room for one
    assert len(snapshot_tags(finding("vol-1", tags={MARK: "x", **dict(list(MANY.items())[:49])}), [MARK])) == 50


def test_a_final_snapshot_is_begun_and_its_id_is_noted():
    region, found = Lists(create_snapshot={"SnapshotId": "snap-9"}), finding("vol-1", tags={"Team": "x"})
    before = time.monotonic()
    begin(region, found, [MARK])
    (asked,) = region.asked
    assert (asked["operation"], asked["VolumeId"]) == ("create_snapshot", "vol-1")
    assert "vol-1" in asked["Description"]
    (specification,) = asked["TagSpecifications"]
    assert (specification["ResourceType"], len(specification["Tags"])) == ("snapshot", 2)
    assert found.work.after == {SNAPSHOT_ID: "snap-9"}
    assert before <= found.work.prepared_at <= time.monotonic()


def test_a_final_snapshot_that_cannot_be_begun_leaves_no_trace():
    found = finding("vol-1")
    with pytest.raises(CallError):
        begin(Lists(create_snapshot=refused("CreateSnapshot")), found, [MARK])
    assert (found.work.after, found.work.prepared_at) == ({}, 0.0)


def begun(number: int, seconds_ago: float = 0.0) -> Finding:
    found = finding(f"vol-{number}")
    found.work.after = {SNAPSHOT_ID: f"snap-{number}"}
    found.work.prepared_at = time.monotonic() - seconds_ago
    return found


class Snapshots(Lists):
    """Snapshots whose states are, at each look, the next of theirs; None for one that isn't seen. The waiter gives up
    at once, as botocore's does when one has failed."""

    def __init__(self, **states: list[str | None]) -> None:
        waited = refused("snapshot_completed", "WaiterError")
        super().__init__(snapshot_completed=waited, describe_snapshots=self._describe)
        self._states = {name.replace("_", "-"): iter(some) for name, some in states.items()}

    def _describe(self, Filters: list[dict[str, Any]], **_parameters: Any) -> list[dict[str, Any]]:  # noqa: N803
        seen = {name: next(self._states[name]) for name in Filters[0]["Values"]}
        return [{"SnapshotId": name, "State": state} for name, state in seen.items() if state]

    def waits(self) -> list[float]:
        return [asked["seconds"] for asked in self.asked if asked["operation"] == "snapshot_completed"]


def awaited(region: Lists, *findings: Finding, wait_timeout: int = 3600) -> list[str | None]:
    """The error code of each finding, None for one that may go on."""
    await_completed(region, findings, wait_timeout)
    assert all(found.status == ("failed" if found.error else "planned") for found in findings)
    return [found.error and found.error["code"] for found in findings]


@pytest.mark.parametrize(
    ("states", "codes"),
    [
        ({"snap_1": ["completed"], "snap_2": ["completed"]}, [None, None]),
        ({"snap_1": ["pending", "pending", "completed"], "snap_2": ["completed"]}, [None, None]),
        # one that failed fails alone, and the others are waited for
        ({"snap_1": ["error"], "snap_2": ["pending", "completed"]}, ["FinalSnapshotFailed", None]),
        ({"snap_1": ["error"], "snap_2": ["error"]}, ["FinalSnapshotFailed", "FinalSnapshotFailed"]),
        # somebody deleted it
        ({"snap_1": [None], "snap_2": ["pending", "completed"]}, ["FinalSnapshotFailed", None]),
        ({"snap_1": ["recoverable"], "snap_2": ["completed"]}, ["FinalSnapshotFailed", None]),
    ],
)
def test_a_volume_goes_on_only_if_its_own_snapshot_is_completed(states, codes):
    first, second = begun(1, seconds_ago=61), begun(2, seconds_ago=61)
    assert awaited(Snapshots(**states), first, second) == codes
    for found in (first, second):
        assert found.error is None or "the volume stays" in found.error["message"]


@pytest.mark.parametrize(("state", "word"), [("error", "is error"), (None, "is gone")])
def test_what_became_of_the_snapshot_is_said(state, word):
    found = begun(1, seconds_ago=61)
    awaited(Snapshots(snap_1=[state]), found)
    assert f"snap-1 {word}" in found.error["message"]


def test_what_is_not_completed_in_time_stays_and_says_which_option_to_raise():
    late, done, failed = begun(1, seconds_ago=61), begun(2, seconds_ago=70), begun(3, seconds_ago=70)
    region = Snapshots(snap_1=["pending"], snap_2=["completed"], snap_3=["error"])
    assert awaited(region, late, done, failed, wait_timeout=60) == ["FinalSnapshotTimeout", None, "FinalSnapshotFailed"]
    message = late.error["message"]
    assert "snap-1" in message
    assert "wait_timeout (60 s)" in message
    assert "the volume stays" in message
    # looked at once more all the same, without waiting: it may have been completed while others were waited for
    assert region.operations() == ["describe_snapshots"]


def test_what_was_just_made_may_not_be_seen_yet():
    region = Snapshots(snap_1=[None, None, "pending", "completed"], snap_2=["pending", "pending", "pending", "error"])
    assert awaited(region, begun(1), begun(2)) == [None, "FinalSnapshotFailed"]
    # whether it is there is asked again soon, whether it is completed in the time there is
    short, still_short, long = region.waits()
    assert short == still_short == SEEN_WITHIN_SECONDS
    assert 3590 < long <= 3600


def test_what_is_not_seen_in_time_was_not_completed_in_time():
    found = begun(1, seconds_ago=5)
    assert awaited(Snapshots(snap_1=[None]), found, wait_timeout=5) == ["FinalSnapshotTimeout"]


def test_time_runs_from_when_the_last_snapshot_was_begun():
    region = Snapshots(snap_1=["pending", "completed"], snap_2=["completed"])
    awaited(region, begun(1, seconds_ago=100), begun(2, seconds_ago=40), wait_timeout=60)
    (seconds,) = region.waits()
    assert 18 < seconds <= 20


def test_no_time_at_all_still_looks_once():
    assert awaited(Snapshots(snap_1=["completed"]), begun(1), wait_timeout=0) == [None]
    assert awaited(Snapshots(snap_1=["pending"]), begun(1), wait_timeout=0) == ["FinalSnapshotTimeout"]


@pytest.mark.parametrize("operation", ["snapshot_completed", "describe_snapshots"])
def test_what_cannot_be_read_is_for_the_engine_to_fail(operation):
    found, region = begun(1), Snapshots(snap_1=["pending"])
    region.answers[operation] = refused(operation, "UnauthorizedOperation")
    with pytest.raises(CallError, match="UnauthorizedOperation"):
        await_completed(region, [found], 60)
