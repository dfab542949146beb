# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines that are signed with the operator's key: picked and re-written ones are taken, all others refused."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entries import read_entries
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.journal import Journal
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import Plan, sealed
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from ansible_collections.sysops.aws.plugins.module_utils.sweep.signing import JOURNAL, PLAN, JournalKey
from ansible_collections.sysops.aws.plugins.module_utils.sweep.stores import FileStore, SignedStore, open_store

SECRET, OTHER = "k" * 32, "o" * 32
KEY, OTHER_KEY = JournalKey(SECRET.encode()), JournalKey(OTHER.encode())
WRITTEN = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
SCOPE = Scope("123456789012", "eu-west-1")
REFUSED, UNKNOWN = "has no valid signature by journal_key", "is signed and journal_key is not set"


def finding(name: str = "vol-1") -> Finding:
    arn = SCOPE.arn("ec2", f"volume/{name}")
    return Finding("ebs_orphan_cleanup", "ec2:volume", name, arn, SCOPE, "é\u2028", "Old.", "old", "delete", age_days=9)


def plan_lines(key: JournalKey | None, *names: str, report: str = "run-1") -> list[str]:
    return list(sealed([finding(name).to_json() for name in names], report, WRITTEN, key))


def read_plan(tmp_path: Path, lines: list[str], key: JournalKey | None) -> list[str]:
    path = tmp_path / "findings.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return sorted(row["resource_id"] for row in Plan.read(str(path), key).rows.values())


def journal_lines(tmp_path: Path, key: JournalKey | None, *names: str, run: str = "run") -> list[str]:
    path = tmp_path / f"{run}.jsonl"
    path.unlink(missing_ok=True)
    book = Journal(run, [open_store(str(path), lambda: None, None, key)])  # type: ignore[arg-type,return-value]
    findings = [finding(name) for name in names]
    book.begin(findings)
    for one in findings:
        one.change()
    book.end(findings)
    return path.read_text().splitlines(keepends=True)


def read_journal(lines: list[str], key: JournalKey | None) -> list[str]:
    return [entry.resource_id for entry in read_entries("journal.jsonl", "".join(lines), key)]


def changed(line: str, **changes: Any) -> str:
    return json.dumps({**json.loads(line), **changes}) + "\n"


@pytest.mark.parametrize("kept", [[0, 1, 2], [2, 0], [1]])
def test_lines_of_a_signed_plan_may_be_picked_and_written_anew(tmp_path, kept):
    lines = plan_lines(KEY, "vol-0", "vol-1", "vol-2")
    picked = [json.dumps(json.loads(lines[number]), sort_keys=True, ensure_ascii=False) + "\n" for number in kept]
    assert read_plan(tmp_path, picked, KEY) == sorted(f"vol-{number}" for number in kept)


def test_lines_of_a_signed_journal_may_be_picked_and_written_anew(tmp_path):
    lines = journal_lines(tmp_path, KEY, "vol-0", "vol-1")
    assert read_journal(lines, KEY) == ["vol-0", "vol-1"]
    picked = [line for line in lines if json.loads(line)["resource_id"] == "vol-1"]
    again = [json.dumps(json.loads(line), separators=(" , ", " : "), sort_keys=True) + "\n" for line in picked]
    assert read_journal(again, KEY) == ["vol-1"]


def forged_seal(line: str) -> str:
    """With a checksum that fits: anyone can make one."""
    row = json.loads(line)
    row.pop("plan")
    (made,) = sealed([json.dumps({**row, "resource_id": "vol-9"})], "run-1", WRITTEN)
    return made


@pytest.mark.parametrize(
    "forge",
    [
        lambda lines: [*lines, forged_seal(lines[0])],
        lambda lines: [forged_seal(lines[0])],
        lambda lines: plan_lines(None, "vol-1"),
        lambda lines: plan_lines(OTHER_KEY, "vol-1"),
        # the signature of another line, or of the same line in another report
        lambda lines: [signed_as(forged_seal(lines[0]), lines[1])],
        lambda lines: [signed_as(plan_lines(None, "vol-0", report="run-2")[0], lines[0])],
        *[
            lambda lines, value=value: [signed_as(forged_seal(lines[0]), lines[0], value)]
            for value in ("", "é", "\ud800", 5, None, [], {}, True, "0" * 64)
        ],
    ],
)
def test_a_line_of_a_plan_that_was_altered_or_added_is_refused(tmp_path, forge):
    lines = forge(plan_lines(KEY, "vol-0", "vol-1"))
    with pytest.raises(SweepError, match=rf"^Line \d of the plan .* {REFUSED}"):
        read_plan(tmp_path, lines, KEY)


def signed_as(line: str, other: str, signature: Any = ...) -> str:
    row = json.loads(line)
    row["plan"]["hmac"] = json.loads(other)["plan"]["hmac"] if signature is ... else signature
    return json.dumps(row) + "\n"


@pytest.mark.parametrize(
    "forge",
    [
        lambda lines: [*lines, *([line.replace("vol-0", "vol-9").replace("-000001", "-000009") for line in lines])],
        lambda lines: [changed(line, before={"Mark": "Keep"}) for line in lines],
        lambda lines: [changed(lines[0], resource_id="vol-9")],
        lambda lines: [changed(lines[0], more="x")],
        lambda lines: [lines[0], changed(lines[1], after={"final_snapshot_id": "snap-9"})],
        lambda lines: [changed(lines[0], hmac=json.loads(lines[1])["hmac"])],
        *[
            lambda lines, value=value: [changed(lines[0], hmac=value)]
            for value in ("", "é", 5, None, [], {}, True, "0" * 64)
        ],
    ],
)
def test_a_line_of_a_journal_that_was_altered_or_added_is_refused(tmp_path, forge):
    lines = forge(journal_lines(tmp_path, KEY, "vol-0"))
    with pytest.raises(SweepError, match=rf"^Line \d of the journal journal.jsonl {REFUSED}"):
        read_journal(lines, KEY)


def test_lines_that_a_run_without_the_key_or_with_another_appended_are_refused(tmp_path):
    ours = journal_lines(tmp_path, KEY, "vol-0")
    for key in (None, OTHER_KEY):
        for lines in ([*ours, *journal_lines(tmp_path, key, "vol-1", run="later")], journal_lines(tmp_path, key, "v")):
            with pytest.raises(SweepError, match=REFUSED):
                read_journal(lines, KEY)


def test_a_key_that_was_forgotten_does_not_pass_for_a_check(tmp_path):
    with pytest.raises(SweepError, match=f"^Line 1 of the journal .* {UNKNOWN}"):
        read_journal(journal_lines(tmp_path, KEY, "vol-0"), None)
    with pytest.raises(SweepError, match=f"^Line 1 of the plan .* {UNKNOWN}"):
        read_plan(tmp_path, plan_lines(KEY, "vol-0"), None)


def test_without_a_key_nothing_is_signed(tmp_path):
    assert "hmac" not in "".join([*plan_lines(None, "vol-0"), *journal_lines(tmp_path, None, "vol-0")])
    assert isinstance(open_store("journal.jsonl", lambda: None), FileStore)  # type: ignore[arg-type,return-value]


def test_a_line_of_a_plan_is_none_of_a_journal():
    content = {"a": 1}
    assert KEY.is_signed(PLAN, content, KEY.sign(PLAN, content))
    assert not KEY.is_signed(JOURNAL, content, KEY.sign(PLAN, content))


@pytest.mark.parametrize("text", [None, SECRET, f"  {SECRET}\n", "é" * 32, "\ud800" * 32, "0123456789abcdef" * 4])
def test_a_key_is_long_and_its_line_break_is_none_of_it(text):
    key = JournalKey.of(text)
    assert (key is None) is (text is None)
    if key and text and text.strip() == SECRET:
        assert key.is_signed(PLAN, {}, KEY.sign(PLAN, {}))


@pytest.mark.parametrize(("text", "what"), [("", "empty"), (" \n", "empty"), ("k" * 31, "shorter than 32 characters")])
def test_a_key_that_protects_nothing_is_refused_and_not_quoted(text, what):
    with pytest.raises(SweepError, match=f"^journal_key is {what}; expected 32 characters or more") as caught:
        JournalKey.of(text)
    assert "kkk" not in str(caught.value)


def test_a_key_is_in_no_description_of_what_has_it():
    signed = SignedStore(FileStore("journal.jsonl"), KEY)
    assert SECRET not in f"{KEY} {KEY!r} {signed} {signed!r}"
