# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan, review, enforce: only what a report listed, and what still qualifies, is acted on."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import sealed
from tests.emulator.building.ebs import add_volume
from tests.emulator.building.logs import add_log_group
from tests.emulator.building.site import waste
from tests.integration.conftest import Json, Module, changes

# where the demo accounts hold every case
ALL = {"regions": ["us-east-1", "eu-west-1", "ap-southeast-2"], "max_actions": 1000}
EBS = "ebs_orphan_cleanup"


@pytest.fixture
def plan(aws, module: Module, tmp_path: Path) -> Path:
    """The findings file of a report on the demo account."""
    path = tmp_path / "findings.jsonl"
    module(EBS, check=True, findings_path=str(path), **ALL)
    aws.calls.clear()
    return path


def rows(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, lines: list[Json]) -> str:
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(path)


def planned(path: Path) -> list[Json]:
    return [row for row in rows(path) if row["status"] == "planned"]


def test_lines_may_be_taken_away_and_written_by_another_tool(aws, module: Module, plan: Path, tmp_path: Path):
    kept = planned(plan)[::2]
    # as a tool would: other order of lines and keys, other spaces, 8 for 8.0
    text = "".join(json.dumps(row, sort_keys=True, separators=(",", ":")) + "\n" for row in reversed(kept))
    edited = tmp_path / "edited.jsonl"
    edited.write_text(text.replace(".0,", ",").replace(".0}", "}"))
    done = module(EBS, plan_path=str(edited), **ALL)
    assert not done.get("failed"), done.get("msg")
    changed = {row["resource_id"] for row in done["findings"] if row["status"] == "changed"}
    assert changed == {row["resource_id"] for row in kept}
    assert sum(changes(aws).values()) == len(kept)


def altered(lines: list[Json], **changes: Any) -> list[Json]:
    return [{**lines[0], **changes}, *lines[1:]]


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda lines: altered(lines, resource_id="vol-0other"), "line 1 .* is not as the report wrote it"),
        (lambda lines: altered(lines, action="unmark"), "line 1 .* is not as the report wrote it"),
        (lambda lines: altered(lines, age_days=1), "line 1 .* is not as the report wrote it"),
        (lambda lines: altered(lines, region="us-west-2"), "line 1 .* is not as the report wrote it"),
        (lambda lines: [*lines, {**lines[0], "resource_id": "vol-0added"}], "is not as the report wrote it"),
        (lambda lines: [{key: value for key, value in lines[0].items() if key != "plan"}], "has no checksum"),
        (lambda lines: altered(lines, plan={**lines[0]["plan"], "schema_version": 1}), "another version"),
        (lambda lines: altered(lines, plan={**lines[0]["plan"], "id": "other"}), "is not as the report wrote it"),
    ],
)
def test_a_line_that_no_report_wrote_is_refused_before_anything_is_changed(
    aws, module: Module, plan: Path, tmp_path: Path, alter, words
):
    refuses(aws, module, write(tmp_path / "edited.jsonl", alter(planned(plan))), words)


def refuses(aws: Any, module: Module, path: str, words: str, **options: Any) -> None:
    before = aws.state()
    result = module(EBS, plan_path=path, **{**ALL, **options})
    assert result["failed"] is True
    assert re.search(words, result["msg"], re.IGNORECASE), result["msg"]
    assert aws.state() == before
    assert changes(aws) == {}


def test_a_protected_line_turned_into_a_planned_one_is_refused(aws, module: Module, plan: Path, tmp_path: Path):
    protected = next(row for row in rows(plan) if row["status"] == "protected")
    forged = {**protected, "status": "planned", "protected_by": []}
    refuses(aws, module, write(tmp_path / "forged.jsonl", [*planned(plan), forged]), "is not as the report wrote it")


def test_lines_of_two_reports_are_refused(aws, module: Module, plan: Path, tmp_path: Path):
    other = tmp_path / "other.jsonl"
    module(EBS, check=True, findings_path=str(other), **ALL)
    mixed = write(tmp_path / "mixed.jsonl", [planned(plan)[0], planned(other)[1]])
    refuses(aws, module, mixed, "line 2 .* is of another report than line 1")


def test_a_line_that_is_cut_off_is_refused(aws, module: Module, plan: Path):
    plan.write_text(plan.read_text()[:-40])
    refuses(aws, module, str(plan), r"line \d+ .* is not JSON, it may be cut off")


@pytest.mark.parametrize(("hours", "limit", "words"), [(73, 72, "73 hours ago, and plan_max_age_hours is 72"),
                                                       (3, 2, "plan_max_age_hours is 2"),
                                                       (-2, 72, "in the future")])  # fmt: skip
def test_a_plan_that_is_too_old_is_refused(aws, module: Module, plan: Path, hours, limit, words):
    written_at(plan, hours)
    refuses(aws, module, str(plan), words, plan_max_age_hours=limit)


def written_at(plan: Path, hours_ago: float) -> None:
    lines = [json.dumps({key: value for key, value in row.items() if key != "plan"}) for row in rows(plan)]
    then = datetime.now(timezone.utc) - timedelta(hours=hours_ago)
    plan.write_text("".join(sealed(lines, "then", then)))


def test_a_plan_of_yesterday_is_taken(aws, module: Module, plan: Path):
    written_at(plan, 71)
    done = module(EBS, plan_path=str(plan), **ALL)
    assert done["summary"]["changed"] == len(planned(plan)) > 0


def test_a_plan_of_another_account_is_refused(aws, module: Module, tmp_path: Path):
    path = tmp_path / "findings.jsonl"
    role = "arn:aws:iam::210987654321:role/sweep"
    module(EBS, check=True, findings_path=str(path), assume_role_arn=role, **ALL)
    aws.calls.clear()
    refuses(aws, module, str(path), "is of account 210987654321, this run is of 123456789012")


def test_what_no_longer_qualifies_is_skipped_with_the_reason(aws, module: Module, plan: Path):
    volumes = [row for row in planned(plan) if row["resource_type"] == "ec2:volume"]
    gone, attached, kept, *_others = volumes
    aws.client("ec2", gone["region"]).delete_volume(VolumeId=gone["resource_id"])
    ec2 = aws.client("ec2", attached["region"])
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    ec2.attach_volume(VolumeId=attached["resource_id"], InstanceId=instance["InstanceId"], Device="/dev/sdx")
    tag = {"Key": "Keep", "Value": "true"}
    aws.client("ec2", kept["region"]).create_tags(Resources=[kept["resource_id"]], Tags=[tag])

    done = module(EBS, plan_path=str(plan), **ALL)
    told = {row["resource_id"]: row for row in done["findings"]}
    assert told[gone["resource_id"]]["status"] == "skipped"
    assert told[gone["resource_id"]]["reason"].endswith("Left alone: it no longer exists.")
    assert told[attached["resource_id"]]["status"] == "skipped"
    assert told[attached["resource_id"]]["reason"].endswith("Left alone: it no longer qualifies.")
    assert (told[kept["resource_id"]]["status"], told[kept["resource_id"]]["protected_by"]) == (
        "protected",
        ["tag Keep=true"],
    )
    assert not done.get("failed")
    assert done["summary"]["changed"] == len(planned(plan)) - 3
    assert {attached["resource_id"], kept["resource_id"]} <= {key[3] for key in aws.state()}


def test_lines_for_what_the_run_does_not_look_at_are_skipped(aws, module: Module, plan: Path):
    done = module(EBS, plan_path=str(plan), regions=["eu-west-1"], resources=["volumes"], max_actions=1000)
    elsewhere = [row for row in done["findings"] if row["reason"].endswith("Left alone: this run does not look there.")]
    here = {("eu-west-1", "ec2:volume")}
    assert {(row["region"], row["resource_type"]) for row in elsewhere} & here == set()
    assert done["summary"]["changed"] + len(elsewhere) == len(planned(plan))
    assert done["summary"]["skipped"] == len([row for row in done["findings"] if row["status"] == "skipped"])


def test_lines_of_a_region_that_cannot_be_read_are_skipped(aws, module: Module, plan: Path):
    aws.faults.deny(region="us-east-1", operation="DescribeVolumes")
    done = module(EBS, plan_path=str(plan), resources=["volumes"], **ALL)
    unread = [row for row in done["findings"] if row["reason"].endswith("Left alone: it could not be read.")]
    assert unread
    assert {row["region"] for row in unread} == {"us-east-1"}


def test_the_action_must_be_the_one_that_was_reviewed(aws, module: Module, plan: Path):
    before = aws.state()
    # the plan lists deletions; with a grace period the run would mark instead
    done = module(EBS, plan_path=str(plan), grace_days=7, **ALL)
    assert done["summary"]["changed"] == 0
    assert aws.state() == before


def test_a_run_that_would_make_something_else_of_it_than_was_reviewed_is_refused(empty_aws, module: Module, tmp_path):
    site, logs, plan = empty_aws.site(), "log_group_retention", tmp_path / "findings.jsonl"
    for name in ("/audit", "/app"):
        add_log_group(site, waste("no_retention", "x"), name)
    module(logs, check=True, retention_in_days=365, findings_path=str(plan))
    empty_aws.calls.clear()
    done = module(logs, retention_in_days=3, plan_path=str(plan))
    assert done["failed"]
    assert "the plan says 'expires after 365 days', and this run would make it 'expires after 3 days'" in done["msg"]
    assert "Nothing was changed: give it the options of the report" in done["msg"]
    assert changes(empty_aws) == {}
    (notice,) = module(logs, check=True, retention_in_days=3, plan_path=str(plan))["summary"]["notices"]
    assert notice.startswith("Enforcing would be refused. This run has other options than the report")
    assert module(logs, retention_in_days=365, plan_path=str(plan))["summary"]["changed"] == 2


def test_what_could_come_back_when_it_was_reviewed_and_no_longer_can_stays(empty_aws, module: Module, tmp_path: Path):
    plan, volume = tmp_path / "findings.jsonl", add_volume(empty_aws.site(), waste("unattached", "x"))
    module(EBS, check=True, final_snapshot=True, findings_path=str(plan))
    assert [row["reversible"] for row in planned(plan)] == [True]
    empty_aws.calls.clear()
    (row,) = module(EBS, plan_path=str(plan))["findings"]
    assert (row["resource_id"], row["status"]) == (volume.id, "skipped")
    assert "the plan says that it can be undone, and now it can't" in row["reason"]
    assert changes(empty_aws) == {}
    (row,) = module(EBS, plan_path=str(plan), final_snapshot=True)["findings"]
    assert row["status"] == "changed"
