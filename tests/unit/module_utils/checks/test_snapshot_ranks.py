# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which snapshots are the newest of their volume, and what is said of the only one of a volume that is gone: no AWS."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.snapshot_ranks import ranked, ranked_pages, volume_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.acting import apply_guards
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.job import Job
from tests.unit.module_utils.checks.ebs import policies, snapshot
from tests.unit.module_utils.checks.fake import DAY, NOW, SCOPE, Lists, Pages


def taken(days_ago: int, volume: str = "vol-1", **changes: Any) -> dict[str, Any]:
    """Its id tells its age and its volume."""
    made = {"SnapshotId": f"snap-{volume}-{days_ago}", "VolumeId": volume, "StartTime": NOW - days_ago * DAY}
    return snapshot(**{**made, **changes})


def listed(*snapshots: dict[str, Any]) -> Any:
    """AWS's DescribeSnapshots over some snapshots, with the filters that the policy uses."""

    def answer(OwnerIds: list[str], Filters: Any = ()) -> list[dict[str, Any]]:  # noqa: N803
        keys = {"snapshot-id": "SnapshotId", "volume-id": "VolumeId"}
        return [one for one in snapshots if all(one[keys[wanted["Name"]]] in wanted["Values"] for wanted in Filters)]

    return answer


def judged(keep_last: int, *snapshots: dict[str, Any], volumes: tuple[str, ...] = ()) -> dict[str, Any]:
    """The findings of a report by snapshot, with what is foreseen of those that would go."""
    _volumes, policy = policies(snapshot_keep_last=keep_last)
    rows = [{"VolumeId": volume, "State": "available"} for volume in volumes]
    region: Any = Lists(describe_snapshots=listed(*snapshots), describe_volumes=rows)
    found = {}
    for page in policy.find(region):
        candidates = [Candidate(one, finding) for one in page if (finding := policy.decide(one, SCOPE, NOW))]
        apply_guards(Job(policy, region), candidates)
        findings = [one.finding for one in candidates]
        policy.foresee(region, [one for one in findings if one.status == "planned"], NOW)
        found.update({one.resource_id: one for one in findings})
    return found


def planned(found: dict[str, Any]) -> set[str]:
    return {name for name, finding in found.items() if finding.status == "planned"}


def test_the_newest_of_each_volume_stay_and_say_so():
    found = judged(2, *[taken(days) for days in (20, 30, 40, 50)], taken(60, "vol-2"))
    assert planned(found) == {"snap-vol-1-40", "snap-vol-1-50"}
    assert {name: one.protected_by for name, one in found.items() if one.status == "protected"} == {
        "snap-vol-1-20": ["the newest snapshot of vol-1 (snapshot_keep_last)"],
        "snap-vol-1-30": ["among the 2 newest snapshots of vol-1 (snapshot_keep_last)"],
        "snap-vol-2-60": ["the newest snapshot of vol-2 (snapshot_keep_last)"],
    }


def test_without_the_option_none_stays():
    assert planned(judged(0, taken(20), taken(30), taken(40, "vol-2"))) == {
        "snap-vol-1-20", "snap-vol-1-30", "snap-vol-2-40",
    }  # fmt: skip


def test_a_snapshot_too_young_to_go_counts_as_the_newest():
    assert planned(judged(1, taken(1), taken(30), taken(40))) == {"snap-vol-1-30", "snap-vol-1-40"}


@pytest.mark.parametrize("state", ["error", "pending"])
def test_what_could_not_be_restored_from_takes_no_place(state):
    found = judged(1, taken(20, State=state), taken(30), taken(40))
    assert found["snap-vol-1-30"].status == "protected"
    assert planned(found) - {"snap-vol-1-20"} == {"snap-vol-1-40"}


def test_two_of_one_moment_have_different_places():
    same = [taken(30, SnapshotId=f"snap-{letter}") for letter in "abc"]
    assert planned(judged(1, *same)) == {"snap-a", "snap-b"}


COPIES = [
    {"VolumeId": "vol-ffffffff"},
    {"VolumeId": "vol-fffffffffffffffff"},
    {"VolumeId": ""},
    {"VolumeId": None},
    {"VolumeId": "vol-7", "Description": "[Copied snap-0123456789abcdef0 from eu-central-1] nightly"},
]


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_of_no_volume(copy):
    assert volume_of(snapshot(**copy)) == ""
    found = judged(0, taken(40, SnapshotId="snap-copy", **copy))
    assert planned(found) == {"snap-copy"}
    assert "only snapshot" not in found["snap-copy"].reason


@pytest.mark.parametrize("copy", COPIES)
def test_copies_share_no_places_so_with_the_option_every_one_stays(copy):
    found = judged(1, *[taken(days, SnapshotId=f"snap-{days}", **copy) for days in (20, 40)], taken(50), taken(60))
    assert planned(found) == {"snap-vol-1-60"}
    (why,) = found["snap-40"].protected_by
    assert why == "snapshot_keep_last cannot rank it: EC2 does not name the volume that it was taken of"


def test_the_only_snapshot_of_a_volume_that_is_gone_is_planned_and_told():
    found = judged(0, taken(40), taken(40, "vol-2"), taken(40, "vol-3"), taken(50, "vol-3"), volumes=("vol-2",))
    sentence = "It is the only snapshot of vol-1, which no longer exists."
    assert planned(found) == set(found)
    assert [name for name, one in found.items() if "only snapshot" in one.reason] == ["snap-vol-1-40"]
    assert found["snap-vol-1-40"].reason == f"The snapshot of 8 GiB was taken 40 days ago. {sentence}"


def test_places_take_all_pages():
    pages = Pages([[taken(20), taken(50)], [taken(10), taken(40)], []])
    placed = [one["Newer"] for page in ranked_pages(pages, 3) for one in page]
    assert placed == [1, 3, 0, 2]


def test_a_re_read_sees_the_places_of_the_plan():
    """A chunk holds some snapshots of a volume, and never the newest, which are no part of the plan."""
    _volumes, policy = policies(snapshot_keep_last=2)
    everything = [taken(days) for days in (20, 30, 40, 50, 60)] + [taken(70, "vol-2"), taken(9, "vol-2")]
    region: Any = Lists(describe_snapshots=listed(*everything))
    in_plan = {one["SnapshotId"]: one["Newer"] for page in policy.find(region) for one in page}
    chunk = ["snap-vol-1-40", "snap-vol-1-60", "snap-vol-2-70", "snap-gone"]
    again = policy.current(region, chunk)
    assert {name: one["Newer"] for name, one in again.items()} == {name: in_plan[name] for name in chunk[:3]}
    # the newer ones are deleted by somebody meanwhile: then this one has become the newest
    region.answers["describe_snapshots"] = listed(taken(50), taken(60))
    assert policy.current(region, ["snap-vol-1-50"])["snap-vol-1-50"]["Newer"] == 0


def test_without_the_option_a_re_read_costs_one_call():
    _volumes, policy = policies()
    region: Any = Lists(describe_snapshots=listed(taken(20), taken(30)))
    assert list(policy.current(region, ["snap-vol-1-30"])) == ["snap-vol-1-30"]
    assert len(region.asked) == 1


def test_a_snapshot_that_its_own_list_forgets_is_not_taken_for_an_old_one():
    (row,) = [one for one in ranked([taken(30)], 1) if one["SnapshotId"] == "snap-vol-1-30"]
    assert (row["Newer"], row["Only"]) == (0, True)
