# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal, and putting back what it says.

Rests on the emulated account's Recycle Bin, CreateVolume (client tokens, KMS keys that are asked for later) and S3.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_snapshot, add_volume, attach, mark
from tests.emulator.building.instances import PLAIN, add_instance
from tests.emulator.building.logs import add_log_group
from tests.emulator.building.site import waste
from tests.emulator.services.recycle_bin import add_recycle_bin_rule
from tests.integration.conftest import Json, Module, changes

ORPHAN, OLD, NEVER = waste("unattached", "x"), waste("old_snapshot", "x"), waste("no_retention", "x")
EBS, LOGS, MONITORING = "ebs_orphan_cleanup", "log_group_retention", "ec2_monitoring"
EVERYTHING = {
    "checks": {EBS: {"final_snapshot": True}, LOGS: {"retention_in_days": 3, "shorten": True}, MONITORING: {}},
    # where the demo account holds every case, and one with a few resources
    "regions": ["us-east-1", "eu-west-1", "sa-east-1"],
    "max_actions": 1000,
}


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def lines(journal: Path) -> list[Json]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def told(result: Json) -> dict[str, Json]:
    return {row["resource_id"]: row for row in result["findings"]}


def undo(module: Module, journal: Path, **options) -> Json:
    return module("sweep_undo", journal=[str(journal)], max_actions=1000, **options)


def there(emulator: Emulator, resource_id: str) -> bool:
    return any(key[3] == resource_id for key in emulator.state())


def settings(state: dict) -> dict:
    """The settings of what isn't a volume or snapshot."""
    return {key: value for key, value in settled(state).items() if key[2] not in ("ec2:volume", "ec2:snapshot")}


def settled(state: dict) -> dict:
    """Monitoring as it is a moment later: EC2 takes its time to switch it."""
    words = {"disabling": "disabled", "pending": "enabled"}
    return {key: {**value, **monitoring(value, words)} for key, value in state.items()}


def monitoring(value: dict, words: dict[str, str]) -> dict:
    return {"monitoring": words.get(value["monitoring"], value["monitoring"])} if "monitoring" in value else {}


def test_undo_leaves_the_demo_account_as_it_was_but_for_what_the_report_called_irreversible(aws, module, journal):
    before = aws.state()
    report = module("sweep", check=True, **EVERYTHING)
    for_good = {row["resource_id"] for row in report["findings"] if row["reversible"] is False}
    done = module("sweep", journal=[str(journal)], **EVERYTHING)
    assert not done.get("failed"), done.get("msg")
    assert done["summary"]["changed"] == report["summary"]["planned"]

    undone = undo(module, journal)
    failed = {row["resource_id"] for row in undone["findings"] if row["status"] == "failed"}
    assert failed == for_good, "what can't come back was said in the report, and nothing else"
    assert undone["failed"] is True
    assert undone["summary"]["changed"] == done["summary"]["changed"] - len(for_good)

    after = aws.state()
    kept = settings(before)
    assert {key: value for key, value in settings(after).items() if key in kept} == kept
    gone = {key for key in before.keys() - after.keys() if key[3] not in for_good}
    copies = {value["tags"].get("sysops:restored-from"): value for value in after.values()}
    assert {key[2] for key in gone} == {"ec2:volume"}
    for key in gone:
        made = dict(copies[key[3]])
        tags = {name: value for name, value in made.pop("tags").items() if name != "sysops:restored-from"}
        was = dict(before[key])
        assert tags == was.pop("tags")
        assert made == was, "type, size, IOPS, throughput, key and zone"


def test_a_second_undo_changes_nothing_and_fails_only_for_what_is_gone(aws, module, journal):
    module("sweep", journal=[str(journal)], **EVERYTHING)
    undo(module, journal)
    before = aws.state()
    aws.calls.clear()
    again = undo(module, journal)
    assert again["changed"] is False
    assert changes(aws) == {}
    assert {row["status"] for row in again["findings"]} == {"failed"}
    assert settled(aws.state()) == settled(before)


def test_check_mode_says_what_would_come_back_and_changes_nothing(aws, module, journal):
    module("sweep", journal=[str(journal)], **EVERYTHING)
    before, written = aws.state(), journal.read_text()
    aws.calls.clear()
    report = undo(module, journal, check=True)
    assert report["summary"]["planned"] > 0
    assert settled(aws.state()) == settled(before)
    assert changes(aws) == {}
    assert journal.read_text() == written


def test_a_journal_line_stands_before_each_change_and_after_it(aws, module, journal):
    done = module("sweep", journal=[str(journal)], **EVERYTHING)
    rows = lines(journal)
    begun = {row["id"]: row for row in rows if row["event"] == "begin"}
    ended = {row["id"]: row for row in rows if row["event"] == "changed"}
    assert begun.keys() == ended.keys()
    assert all(begun[name]["at"] <= row["at"] for name, row in ended.items())
    of_findings = {row["resource_id"] for row in begun.values() if row["action"] != "create_final_snapshot"}
    assert of_findings == {row["resource_id"] for row in done["findings"] if row["status"] == "changed"}
    deletions = [row for row in begun.values() if (row["resource_type"], row["action"]) == ("ec2:volume", "delete")]
    assert all(row["before"]["Size"] and row["after"]["final_snapshot_id"] for row in deletions)


def test_a_check_mode_run_writes_no_journal(aws, module, journal):
    module("sweep", check=True, journal=[str(journal)], **EVERYTHING)
    assert not journal.exists()


def test_some_ids_alone_are_put_back(empty_aws, module, journal):
    site = empty_aws.site()
    add_recycle_bin_rule(site, "EBS_SNAPSHOT", 7)
    one, other = add_snapshot(site, OLD, "one", tags={"Team": "x"}), add_snapshot(site, OLD, "other")
    module(EBS, journal=[str(journal)])
    done = undo(module, journal, only_ids=[one.id])
    assert list(told(done)) == [one.id]
    assert told(done)[one.id]["status"] == "changed"
    assert (there(empty_aws, one.id), there(empty_aws, other.id)) == (True, True)
    kinds = {key[3]: key[2] for key in empty_aws.state()}
    assert (kinds[one.id], kinds[other.id]) == ("ec2:snapshot", "ec2:snapshot-in-bin")


def test_a_volume_comes_out_of_the_recycle_bin_with_its_own_id(empty_aws, module, journal):
    site = empty_aws.site()
    add_recycle_bin_rule(site, "EBS_VOLUME", 7)
    volume = add_volume(site, ORPHAN, "data", tags={"Team": "x"})
    before = empty_aws.state()
    module(EBS, journal=[str(journal)])
    assert not [key for key in empty_aws.state() if key[2] == "ec2:volume"]
    assert told(undo(module, journal))[volume.id]["status"] == "changed"
    assert empty_aws.state() == before


@pytest.mark.parametrize("kind", ["gp2", "gp3", "io1", "io2", "sc1", "standard"])
def test_a_volume_is_made_again_of_its_final_snapshot_with_all_that_it_had(empty_aws, module, journal, kind):
    volume = add_volume(empty_aws.site(), ORPHAN, "data", size=500, kind=kind)
    (was,) = [value for key, value in empty_aws.state().items() if key[3] == volume.id]
    module(EBS, final_snapshot=True, journal=[str(journal)])
    row = told(undo(module, journal))[volume.id]
    assert row["status"] == "changed"
    made = row["reason"].rpartition("It is ")[2].partition(" ")[0]
    (now,) = [value for key, value in empty_aws.state().items() if key[3] == made]
    assert now == {**was, "tags": {**was["tags"], "sysops:restored-from": volume.id}}


def encrypted(emulator: Emulator):
    """A volume encrypted with a key of its own."""
    key = emulator.client("kms").create_key()["KeyMetadata"]
    volume = add_volume(emulator.site(), ORPHAN, "secret")
    volume.encrypted, volume.kms_key_id = True, key["Arn"]
    return volume, key["Arn"]


def test_an_encrypted_volume_keeps_its_key(empty_aws, module, journal):
    volume, key = encrypted(empty_aws)
    module(EBS, final_snapshot=True, journal=[str(journal)])
    assert told(undo(module, journal))[volume.id]["status"] == "changed"
    (now,) = [value for name, value in empty_aws.state().items() if name[2] == "ec2:volume"]
    assert now["kms_key_id"] == key


def test_a_key_that_may_not_be_used_is_named_and_nothing_is_changed(empty_aws, module, journal):
    volume, key = encrypted(empty_aws)
    module(EBS, final_snapshot=True, journal=[str(journal)])
    empty_aws.client("kms").disable_key(KeyId=key.rpartition("/")[2])
    empty_aws.calls.clear()
    done = undo(module, journal)
    row = told(done)[volume.id]
    assert (row["status"], row["error"]["code"]) == ("failed", "KmsKeyUnusable")
    assert f"The KMS key {key} of {volume.id} is Disabled" in done["msg"]
    assert changes(empty_aws) == {}


@pytest.mark.usefixtures("impatient")
def test_a_key_of_which_aws_says_no_only_later_is_named_too(empty_aws, module, journal):
    volume, key = encrypted(empty_aws)
    module(EBS, final_snapshot=True, journal=[str(journal)])
    empty_aws.client("kms").disable_key(KeyId=key.rpartition("/")[2])
    # who may not ask for the key's state learns of it from the volume that vanishes
    empty_aws.faults.deny(operation="DescribeKey")
    row = told(undo(module, journal))[volume.id]
    assert (row["status"], row["error"]["code"]) == ("failed", "VolumeNotAvailable")
    assert f"check that its KMS key {key} may be used" in row["error"]["message"]


def test_a_setting_that_somebody_changed_since_is_left_as_it_is(empty_aws, module, journal):
    site = empty_aws.site()
    for name in ("/a", "/b", "/c"):
        add_log_group(site, NEVER, name)
    logs = empty_aws.client("logs")
    module(LOGS, retention_in_days=3, journal=[str(journal)])
    logs.put_retention_policy(logGroupName="/b", retentionInDays=30)
    logs.delete_log_group(logGroupName="/c")
    done = undo(module, journal)
    rows = told(done)
    assert rows["/a"]["status"] == "changed"
    assert rows["/b"]["status"] == "skipped"
    assert "somebody has changed it since, it is kept for 30 days now" in rows["/b"]["reason"]
    assert (rows["/c"]["status"], rows["/c"]["error"]["code"]) == ("failed", "NotRecoverable")
    days = {key[3]: value["retention_in_days"] for key, value in empty_aws.state().items()}
    assert days == {"/a": None, "/b": 30}


def test_several_runs_are_undone_to_the_state_before_the_first(empty_aws, module, journal):
    add_log_group(empty_aws.site(), NEVER, "/a")
    module(LOGS, retention_in_days=30, journal=[str(journal)])
    module(LOGS, retention_in_days=3, shorten=True, journal=[str(journal)])
    undo(module, journal)
    assert [value["retention_in_days"] for value in empty_aws.state().values()] == [None]
    # both are settled: a later run of its own is not undone by them
    module(LOGS, retention_in_days=7)
    assert undo(module, journal)["findings"] == []


def test_monitoring_and_marks_are_put_back(empty_aws, module, journal):
    site = empty_aws.site()
    instance = add_instance(site, PLAIN, "web", root=False)
    orphan, used = add_volume(site, ORPHAN, "orphan"), add_volume(site, ORPHAN, "used")
    mark(site, used.id, "2026-01-02")
    attach(site, used, instance, "/dev/sdx")
    before = empty_aws.state()
    module("sweep", checks={EBS: {"grace_days": 7}, MONITORING: {}}, journal=[str(journal)])
    assert empty_aws.state() != before
    done = undo(module, journal)
    assert {row["status"] for row in done["findings"]} == {"changed"}
    assert set(told(done)) == {instance.id, orphan.id, used.id}
    assert settled(empty_aws.state()) == before


@pytest.mark.parametrize("binned", [True, False])
def test_what_comes_back_has_a_grace_period_again(empty_aws, module, journal, binned):
    site = empty_aws.site()
    if binned:
        add_recycle_bin_rule(site, "EBS_VOLUME", 7)
    volume = add_volume(site, ORPHAN, "data", tags={"Team": "x"})
    module(EBS, grace_days=7, journal=[str(journal)])
    mark(site, volume.id, "2026-01-02")
    module(EBS, grace_days=7, final_snapshot=not binned, journal=[str(journal)])
    undo(module, journal)
    (tags,) = [value["tags"] for key, value in empty_aws.state().items() if key[2] == "ec2:volume"]
    tags.pop("sysops:restored-from", None)
    assert tags == {"Name": "data", "Team": "x"}
    # the mark of the first run is settled with the deletion
    assert undo(module, journal)["findings"] == []


def test_what_a_killed_run_may_have_done_is_found_out(empty_aws, module, journal):
    site = empty_aws.site()
    for name in ("/done", "/begun"):
        add_log_group(site, NEVER, name)
    module(LOGS, retention_in_days=3, journal=[str(journal)])
    # of neither is it known how it ended; one was not done
    journal.write_text("".join(f"{json.dumps(row)}\n" for row in lines(journal) if row["event"] == "begin"))
    empty_aws.client("logs").delete_retention_policy(logGroupName="/begun")
    rows = told(undo(module, journal))
    assert (rows["/done"]["status"], rows["/begun"]["status"]) == ("changed", "skipped")
    assert "it is as it was: kept for ever" in rows["/begun"]["reason"]


@pytest.mark.parametrize("missing", ["vol-0nothere", "arn:aws:ec2:us-east-1:123456789012:volume/vol-0nothere"])
def test_an_id_that_is_not_in_the_journal_is_refused(empty_aws, module, journal, missing):
    volume = add_volume(empty_aws.site(), ORPHAN)
    module(EBS, final_snapshot=True, journal=[str(journal)])
    empty_aws.calls.clear()
    done = undo(module, journal, only_ids=[volume.id, missing])
    assert f"holds nothing to put back of {missing}: nothing was changed" in done["msg"]
    assert changes(empty_aws) == {}


def test_a_journal_of_another_account_is_refused(aws, module, journal):
    role = "arn:aws:iam::210987654321:role/sweep"
    module(LOGS, retention_in_days=3, regions=["all"], assume_role_arn=role, journal=[str(journal)])
    before = aws.state()
    aws.calls.clear()
    done = undo(module, journal)
    assert "sweep_undo has work in account 210987654321, this run is of 123456789012" in done["msg"]
    assert changes(aws) == {}
    back = undo(module, journal, assume_role_arn=role)
    assert back["summary"]["changed"] > 0
    assert aws.state() != before


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text[:-30], r"Line 2 of the journal .* is cut off or not JSON"),
        (lambda text: text + "{}\n", r"Line 3 of the journal .* is not a line of a journal of this version"),
        (lambda text: text.replace('"journal": 1', '"journal": 9'), r"Line 1 .* is not a line of a journal"),
        (lambda text: text.replace('"resource_id"', '"other"'), r"Line 1 .* lacks what a line of a journal must have"),
    ],
)
def test_a_spoilt_journal_is_refused(empty_aws, module, journal, spoil, words):
    add_log_group(empty_aws.site(), NEVER, "/a")
    module(LOGS, retention_in_days=3, journal=[str(journal)])
    journal.write_text(spoil(journal.read_text()))
    empty_aws.calls.clear()
    done = undo(module, journal)
    assert done["failed"] is True
    assert re.search(words, done["msg"]), done["msg"]
    assert changes(empty_aws) == {}


def test_a_torn_last_line_does_not_spoil_the_record_of_the_next_run(empty_aws, module, journal):
    journal.write_text('{"journal": 1, "run": "x", "id": "x-1", "ev')
    add_log_group(empty_aws.site(), NEVER, "/a")
    module(LOGS, retention_in_days=3, journal=[str(journal)])
    _torn, *whole = journal.read_text().splitlines()
    assert [json.loads(line)["event"] for line in whole] == ["begin", "changed"]
    assert "Line 1 of the journal" in undo(module, journal)["msg"]
    journal.write_text("\n".join(whole))
    assert undo(module, journal)["summary"]["changed"] == 1


def test_what_cannot_be_written_down_is_not_done(empty_aws, module, tmp_path):
    volume = add_volume(empty_aws.site(), ORPHAN)
    blocked = tmp_path / "a file"
    blocked.write_text("")
    done = module(EBS, journal=[str(blocked / "journal.jsonl")])
    assert f"The journal {blocked}/journal.jsonl can't be written" in done["msg"]
    # a bucket shows only when it is used
    done = module(EBS, journal=["s3://no-such-bucket/sysops"])
    assert told(done)[volume.id]["error"]["code"] == "JournalNotWritten"
    assert "The journal s3://no-such-bucket/sysops could not be written: s3:PutObject answered NoSuchB" in done["msg"]
    assert changes(empty_aws).get("DeleteVolume") is None
    assert there(empty_aws, volume.id)


def test_a_journal_in_a_bucket_is_all_that_undo_takes(empty_aws, module):
    empty_aws.client("s3").create_bucket(Bucket="audit")
    site = empty_aws.site()
    for name in ("/a", "/b"):
        add_log_group(site, NEVER, name)
    place = "s3://audit/sysops"
    module(LOGS, retention_in_days=30, journal=[place])
    module(LOGS, retention_in_days=3, shorten=True, journal=[place])
    done = module("sweep_undo", journal=[place])
    assert {row["status"] for row in done["findings"]} == {"changed"}
    assert {value["retention_in_days"] for value in empty_aws.state().values()} == {None}
    assert module("sweep_undo", journal=[place])["findings"] == []
    assert "could not be read" in module("sweep_undo", journal=["s3://no-such-bucket"])["msg"]


def test_a_journal_in_a_bucket_is_not_mixed_with_that_of_a_longer_prefix(empty_aws, module):
    empty_aws.client("s3").create_bucket(Bucket="audit")
    site = empty_aws.site()
    for name, place in (("/a", "s3://audit/sysops"), ("/b", "s3://audit/sysops-staging")):
        add_log_group(site, NEVER, name)
        module(LOGS, retention_in_days=30, name_prefix=name, journal=[place])
    done = module("sweep_undo", journal=["s3://audit/sysops"])
    assert told(done).keys() == {"/a"}
    # and who put it back hears that the next run finds it once more
    (notice,) = done["summary"]["notices"]
    assert notice.startswith("What was put back is found again by the next run")
    assert told(module("sweep_undo", journal=["s3://audit/sysops-staging/"])).keys() == {"/b"}


def test_each_account_is_asked_in_its_own_regions_alone(empty_aws, module, journal):
    # the other account need not have opted into every region of ours
    roles = {account: f"arn:aws:iam::{account}:role/sweep" for account in ("123456789012", "210987654321")}
    for (account, role), region in zip(roles.items(), ("eu-west-1", "sa-east-1"), strict=True):
        add_log_group(empty_aws.site(region, account), NEVER, "/a")
        module(LOGS, retention_in_days=30, regions=[region], assume_role_arn=role, journal=[str(journal)])
    empty_aws.calls.clear()
    done = undo(module, journal, assume_role_arn=list(roles.values()))
    assert [row["status"] for row in done["findings"]] == ["changed", "changed"]
    asked = {(account, region) for account, region, service, _operation in empty_aws.calls if service == "logs"}
    assert asked == {("123456789012", "eu-west-1"), ("210987654321", "sa-east-1")}


def test_a_journal_kept_in_two_places_counts_once(empty_aws, module, journal):
    empty_aws.client("s3").create_bucket(Bucket="audit")
    add_log_group(empty_aws.site(), NEVER, "/a")
    places = [str(journal), "s3://audit"]
    module(LOGS, retention_in_days=3, journal=places)
    done = module("sweep_undo", journal=places)
    assert [row["status"] for row in done["findings"]] == ["changed"]


def test_over_the_limit_nothing_is_put_back(empty_aws, module, journal):
    site = empty_aws.site()
    for name in ("/a", "/b"):
        add_log_group(site, NEVER, name)
    module(LOGS, retention_in_days=3, journal=[str(journal)])
    empty_aws.calls.clear()
    done = module("sweep_undo", journal=[str(journal)], max_actions=1)
    assert "max_actions is 1: nothing was changed" in done["msg"]
    assert changes(empty_aws) == {}
