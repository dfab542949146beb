# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal that somebody else has written into: what undo takes from AWS, and what it refuses.

Rests on the emulated account's S3, which had to be taught that ExpectedBucketOwner is refused with AccessDenied.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_snapshot, add_volume, mark
from tests.emulator.building.logs import add_log_group
from tests.emulator.building.site import waste
from tests.emulator.services.recycle_bin import add_recycle_bin_rule
from tests.integration.conftest import Json, Module, changes

ORPHAN, OLD, NEVER = waste("unattached", "x"), waste("old_snapshot", "x"), waste("no_retention", "x")
EBS, LOGS = "ebs_orphan_cleanup", "log_group_retention"
HOME, OTHER = "123456789012", "210987654321"
KEY, OTHER_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2
MADE_UP = "is none that a run of this collection writes"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def forged(number: int, kind: str, name: str, action: str, before: Json, after: Json, region: str = "us-east-1") -> str:
    """A line as a run writes it: anyone who may write the file can."""
    service, _colon, noun = kind.partition(":")
    arn = f"arn:aws:{service}:{region}:{HOME}:{noun}{':' if service == 'logs' else '/'}{name}"
    head = {"journal": 1, "run": "x", "id": f"x-{number:06d}", "at": "2026-11-01T10:00:00.000+00:00"}
    scope = {"account_id": HOME, "region": region, "partition": "aws", "check": "x"}
    what = {"resource_type": kind, "resource_id": name, "arn": arn, "name": "", "action": action, "before": before}
    end = {**head, "event": "changed", "resource_id": name, "after": after, "error": None}
    begin = {**head, "event": "begin", **scope, **what, "after": after}
    return f"{json.dumps(begin)}\n{json.dumps(end)}\n"


def tag(number: int, volume: str, key: str, value: str) -> str:
    return forged(number, "ec2:volume", volume, "mark", {"tag": key, "value": None}, {"tag": key, "value": value})


def retention(number: int, name: str, before: int | None, after: int | None) -> str:
    return forged(
        number, "logs:log-group", name, "set_retention", {"retention_in_days": before}, {"retention_in_days": after}
    )


def undo(module: Module, journal: Path | str, **options) -> Json:
    return module("sweep_undo", journal=[str(journal)], **options)


def statuses(result: Json) -> dict[str, str]:
    return {row["resource_id"]: row["status"] for row in result["findings"]}


def test_two_made_up_lines_do_nothing(empty_aws, module, journal):
    """As it was reported: a Keep tag was removed, a log group set to one day, exit 0."""
    site = empty_aws.site()
    volume = add_volume(site, ORPHAN, "data", tags={"Keep": "true"})
    add_log_group(site, NEVER, "/app")
    before = empty_aws.state()
    for lines in (
        [tag(1, volume.id, "Keep", "true"), retention(2, "/app", 1, None)],
        [tag(1, volume.id, "Keep", "true")],
        [retention(1, "/app", 1, None)],
    ):
        journal.write_text("".join(lines))
        empty_aws.calls.clear()
        done = undo(module, journal)
        assert done["failed"] is True
        assert MADE_UP in done["msg"]
        assert changes(empty_aws) == {}
    assert empty_aws.state() == before


def test_lines_that_a_run_could_have_written_are_held_against_aws(empty_aws, module, journal):
    """Whoever knows the form well: tags whose value is a day, a snapshot of another volume, a log group as it is."""
    site = empty_aws.site()
    kept = add_volume(site, ORPHAN, "kept", tags={"Keep": "2030-01-01", "RetainUntil": "2030-01-01"})
    unused = add_volume(site, ORPHAN, "unused")
    add_log_group(site, NEVER, "/app")
    secret = add_snapshot(site, OLD, "secret")
    facts = {"Size": 8, "VolumeType": "gp3", "AvailabilityZone": "us-east-1a", "Tags": {"Owner": "me"}}
    grace = "sysops:orphan-since"
    journal.write_text(
        tag(1, kept.id, "RetainUntil", "2030-01-01")
        + retention(3, "/app", 30, 14)
        + forged(4, "ec2:volume", "vol-0a", "delete", facts, {"final_snapshot_id": secret.id})
        + forged(
            5, "ec2:volume", unused.id, "unmark", {"tag": grace, "value": "2020-01-01"}, {"tag": grace, "value": None}
        )
    )
    before = empty_aws.state()
    empty_aws.calls.clear()
    done = undo(module, journal)
    assert done["failed"] is True
    assert statuses(done) == {kept.id: "failed", "/app": "skipped", "vol-0a": "failed", unused.id: "skipped"}
    assert changes(empty_aws) == {}
    assert empty_aws.state() == before


def test_good_entries_are_undone_beside_one_that_aws_contradicts(empty_aws, module, journal):
    site = empty_aws.site()
    kept = add_volume(site, ORPHAN, "kept", tags={"RetainUntil": "2030-01-01"})
    add_log_group(site, NEVER, "/app")
    module(LOGS, retention_in_days=3, journal=[str(journal)])
    with journal.open("a") as file:
        file.write(tag(1, kept.id, "RetainUntil", "2030-01-01"))
    done = undo(module, journal)
    assert done["failed"] is True
    assert "RetainUntil is not grace_tag, sysops:orphan-since" in done["msg"]
    assert statuses(done) == {"/app": "changed", kept.id: "failed"}
    assert [value["retention_in_days"] for key, value in empty_aws.state().items() if key[3] == "/app"] == [None]


@pytest.mark.parametrize("option", [{"grace_tag": "keep"}, {"grace_tag": "Owner", "exclude_tags": {"own*": "*"}}])
def test_a_tag_that_protects_is_no_grace_tag(empty_aws, module, journal, option):
    volume = add_volume(empty_aws.site(), ORPHAN, tags={"Keep": "2026-11-01"})
    journal.write_text(tag(1, volume.id, "Keep", "2026-11-01"))
    empty_aws.calls.clear()
    assert "a tag that protects" in undo(module, journal, **option)["msg"]
    assert changes(empty_aws) == {}


def test_marks_under_a_tag_of_ones_own_are_undone_where_it_is_named(empty_aws, module, journal):
    volume = add_volume(empty_aws.site(), ORPHAN)
    module(EBS, grace_days=7, grace_tag="idle-since", journal=[str(journal)])
    assert "set grace_tag to it if runs marked with it" in undo(module, journal)["msg"]
    assert statuses(undo(module, journal, grace_tag="idle-since")) == {volume.id: "changed"}
    assert not [value["tags"] for value in empty_aws.state().values() if "idle-since" in value["tags"]]


@pytest.mark.parametrize("kind", ["volume", "snapshot"])
def test_what_comes_out_of_the_bin_keeps_its_tags(empty_aws, module, journal, kind):
    site = empty_aws.site()
    add_recycle_bin_rule(site, f"EBS_{kind.upper()}", 7)
    add = add_volume if kind == "volume" else add_snapshot
    one = add(site, ORPHAN if kind == "volume" else OLD, "data", tags={"Team": "x", "Stage": "prod"})
    mark(site, one.id, "2026-01-02")
    module(EBS, grace_days=7, journal=[str(journal)])
    # in the journal somebody takes a protection away, and calls it the mark
    text = journal.read_text().replace('"Stage": "prod"', '"Stage": "none"')
    assert '"Stage": "none"' in text
    journal.write_text(text)
    assert statuses(undo(module, journal)) == {one.id: "changed"}
    (tags,) = [value["tags"] for key, value in empty_aws.state().items() if key[3] == one.id]
    assert tags == {"Name": "data", "Team": "x", "Stage": "prod"}
    journal.write_text(text.replace('"Mark": "sysops:orphan-since"', '"Mark": "Stage"'))
    assert MADE_UP not in undo(module, journal).get("msg", "")
    (tags,) = [value["tags"] for key, value in empty_aws.state().items() if key[3] == one.id]
    assert tags["Stage"] == "prod"


def test_a_large_volume_or_a_strangers_key_is_not_made_of_a_final_snapshot(empty_aws, module, journal):
    volume = add_volume(empty_aws.site(), ORPHAN, "data", size=10)
    module(EBS, final_snapshot=True, journal=[str(journal)])
    text = journal.read_text()
    stranger = f'"Encrypted": true, "KmsKeyId": "arn:aws:kms:us-east-1:{OTHER}:key/k"'
    for old, new in (('"Size": 10', '"Size": 16384'), ('"Encrypted": false', stranger)):
        assert old in text
        journal.write_text(text.replace(old, new))
        empty_aws.calls.clear()
        (row,) = undo(module, journal)["findings"]
        assert (row["resource_id"], row["status"]) == (volume.id, "failed")
        assert row["error"]["code"] == "NotItsFinalSnapshot"
        assert changes(empty_aws) == {}
    journal.write_text(text)
    assert statuses(undo(module, journal)) == {volume.id: "changed"}


def test_with_a_key_lines_of_anybody_else_are_refused(empty_aws, module, journal):
    for name in ("/a", "/b"):
        add_log_group(empty_aws.site(), NEVER, name)
    module(LOGS, retention_in_days=30, journal=[str(journal)], journal_key=KEY)
    text = journal.read_text()
    module(LOGS, retention_in_days=3, shorten=True, name_prefix="/a", journal=[str(journal)])
    unsigned = journal.read_text()
    before = empty_aws.state()
    empty_aws.calls.clear()
    for content, key, words in (
        (unsigned, KEY, "Line 5 of the journal"),
        (text.replace('"retention_in_days": null', '"retention_in_days": 365'), KEY, "has no valid signature"),
        (text, OTHER_KEY, "has no valid signature by journal_key"),
        (text, None, "is signed and journal_key is not set"),
        (text, "", "journal_key is empty"),
        (text, "too short", "characters or more"),
    ):
        journal.write_text(content)
        done = undo(module, journal, **({} if key is None else {"journal_key": key}))
        assert words in done["msg"]
        assert KEY not in json.dumps(done)
    assert changes(empty_aws) == {}
    assert empty_aws.state() == before
    picked = "".join(line for line in text.splitlines(keepends=True) if json.loads(line)["resource_id"] == "/b")
    journal.write_text(picked)
    assert statuses(undo(module, journal, journal_key=KEY)) == {"/b": "changed"}
    # undoing has signed its lines too
    assert undo(module, journal, journal_key=KEY)["findings"] == []


def test_with_a_key_a_plan_of_anybody_else_is_refused(empty_aws, module, tmp_path):
    plan = tmp_path / "findings.jsonl"
    for name in ("/a", "/b"):
        add_log_group(empty_aws.site(), NEVER, name)
    days = {"retention_in_days": 30}
    module(LOGS, check=True, findings_path=str(plan), **days)
    unsigned = plan.read_text()
    module(LOGS, check=True, findings_path=str(plan), journal_key=KEY, **days)
    text = plan.read_text()
    empty_aws.calls.clear()
    for content, key, words in (
        (unsigned, KEY, "has no valid signature by journal_key"),
        (text, OTHER_KEY, "has no valid signature by journal_key"),
        (text, None, "is signed and journal_key is not set"),
    ):
        plan.write_text(content)
        done = module(LOGS, plan_path=str(plan), **days, **({"journal_key": key} if key else {}))
        assert words in done["msg"]
    assert changes(empty_aws) == {}
    plan.write_text(text.splitlines(keepends=True)[1])
    assert module(LOGS, plan_path=str(plan), journal_key=KEY, **days)["summary"]["changed"] == 1


def bucket_of(emulator: Emulator, account: str, name: str) -> None:
    emulator.client("s3", account_id=account).create_bucket(Bucket=name)


def test_a_bucket_of_another_account_is_neither_written_to_nor_read(empty_aws, module):
    bucket_of(empty_aws, OTHER, "audit")
    add_log_group(empty_aws.site(), NEVER, "/a")
    place, days = "s3://audit/sysops", {"retention_in_days": 30}
    refused = module(LOGS, journal=[place], **days)
    assert "AccessDenied" in refused["msg"]
    assert f"expected a bucket of account {HOME}" in refused["msg"]
    assert "set journal_bucket_owner" in refused["msg"]
    assert changes(empty_aws).get("PutRetentionPolicy") is None
    assert "expected a bucket of account" in undo(module, place)["msg"]
    assert module(LOGS, journal=[place], journal_bucket_owner=OTHER, **days)["summary"]["changed"] == 1
    assert statuses(undo(module, place, journal_bucket_owner=OTHER)) == {"/a": "changed"}


def test_a_journal_that_is_a_link_is_neither_read_nor_written(empty_aws, module, journal, tmp_path):
    add_log_group(empty_aws.site(), NEVER, "/a")
    victim = tmp_path / "victim"
    victim.write_text(retention(1, "/a", None, 30))
    journal.symlink_to(victim)
    written = victim.read_text()
    done = module(LOGS, retention_in_days=30, journal=[str(journal)])
    assert "can't be written: it is a symbolic link; expected the file itself." in done["msg"]
    assert "could not be read: it is a symbolic link; expected the file itself." in undo(module, journal)["msg"]
    assert (changes(empty_aws), victim.read_text()) == ({}, written)


def test_the_roles_sign_and_check_and_follow_no_link(empty_aws, playbook, tmp_path):
    add_log_group(empty_aws.site(), NEVER, "/a")
    reports = tmp_path / "reports"
    common = {"cost_hygiene_report_dir": str(reports), "cost_hygiene_regions": "us-east-1"}
    common |= {"cost_hygiene_checks": LOGS, "cost_hygiene_mode": "enforce", "cost_hygiene_journal_key": KEY}
    done = playbook("sysops.aws.cost_hygiene", "-vvv", **common)
    assert done.returncode == 0, done.stdout
    assert KEY not in done.stdout.replace(json.dumps(common), "") + done.stderr
    journal = reports / "journal.jsonl"
    assert stat.S_IMODE(os.stat(journal).st_mode) == 0o600

    undoing = {"cost_hygiene_undo_mode": "enforce", "cost_hygiene_undo_journal": str(journal)}
    undoing |= {"cost_hygiene_undo_report_dir": str(tmp_path / "undone")}
    refused = playbook("sysops.aws.cost_hygiene_undo", **undoing)
    assert refused.returncode != 0
    assert "is signed and journal_key is not set" in refused.stdout
    link = tmp_path / "link.jsonl"
    link.symlink_to(journal)
    linked = {**undoing, "cost_hygiene_undo_journal": str(link), "cost_hygiene_undo_journal_key": KEY}
    refused = playbook("sysops.aws.cost_hygiene_undo", **linked)
    assert refused.returncode != 0
    assert "it is a symbolic link" in refused.stdout
    done = playbook("sysops.aws.cost_hygiene_undo", **undoing, cost_hygiene_undo_journal_key=KEY)
    assert done.returncode == 0, done.stdout
    assert [value["retention_in_days"] for value in empty_aws.state().values()] == [None]
