# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a journal is kept: whole lines, on the disk, whoever else writes there. Buckets are tried on emulated S3."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entries import read_entries
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.secrets import Secrets
from ansible_collections.sysops.aws.plugins.module_utils.sweep.stores import (
    BucketStore,
    FileStore,
    open_store,
    refuse_unwritable,
)
from tests.unit.module_utils.sweep.writer import write

ROOT = Path(__file__).resolve().parents[4]
LINE = '{"a": 1}\n'


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "journal.jsonl"


def test_what_is_appended_is_there_in_order(path):
    store = FileStore(str(path))
    for number in range(3):
        store.append(f"{number}\n", sync=number == 1)
    store.append("", sync=True)
    assert store.read() == path.read_text() == "0\n1\n2\n"


def test_an_earlier_journal_is_continued(path):
    FileStore(str(path)).append("one\n", sync=True)
    again = FileStore(str(path))
    again.open()
    again.append("two\n", sync=True)
    assert again.read() == "one\ntwo\n"


@pytest.mark.parametrize("torn", ['{"journal": 1, "id": "x", "ev', "{", LINE[:-1]])
def test_a_line_that_a_killed_run_left_torn_does_not_spoil_the_next(path, torn):
    path.write_text(LINE + torn)
    store = FileStore(str(path))
    store.append(LINE, sync=False)
    store.append(LINE, sync=True)
    assert store.read().splitlines() == [LINE.rstrip(), torn, LINE.rstrip(), LINE.rstrip()]


@pytest.mark.parametrize("before", ["", LINE])
def test_a_whole_last_line_gets_no_empty_one_after_it(path, before):
    path.write_text(before)
    FileStore(str(path)).append(LINE, sync=True)
    assert path.read_text() == before + LINE


def test_what_is_synced_is_on_the_disk_and_only_that(path, monkeypatch):
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(path.read_text()))
    store = FileStore(str(path))
    store.append("one\n", sync=True)
    store.append("two\n", sync=False)
    store.append("", sync=True)
    assert synced == ["one\n", "one\ntwo\n"]


def test_no_file_stays_open(path):
    store = FileStore(str(path))
    store.open()
    before = len(os.listdir("/proc/self/fd"))
    for _time in range(50):
        store.append(LINE, sync=False)
        store.read()
    assert len(os.listdir("/proc/self/fd")) == before


def test_its_directories_are_made_and_a_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    refuse_unwritable(["~/new/reports/journal.jsonl"])
    FileStore("~/new/reports/journal.jsonl").append(LINE, sync=True)
    assert (tmp_path / "new" / "reports" / "journal.jsonl").read_text() == LINE


def test_a_name_without_a_directory_is_a_file_where_the_run_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refuse_unwritable(["journal.jsonl"])
    assert (tmp_path / "journal.jsonl").read_text() == ""


def test_finding_out_whether_it_can_be_written_leaves_a_journal_as_it_is(path):
    path.write_text(LINE)
    refuse_unwritable([str(path)])
    assert path.read_text() == LINE


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
@pytest.mark.parametrize("mode", [None, 0o666, 0o644, 0o640, 0o600, 0o755])
def test_nobody_else_reads_or_writes_it(path, umask, mode):
    if mode is not None:
        path.write_text(LINE)
        path.chmod(mode)
    before = os.umask(umask)
    try:
        FileStore(str(path)).append(LINE, sync=True)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def unwritable(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "file").write_text("")
    return {
        "a directory": tmp_path,
        "below a file": tmp_path / "file" / "journal.jsonl",
        "long": tmp_path / ("n" * 300),
    }


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("a directory", "Is a directory"),
        ("below a file", "Not a directory|File exists"),
        ("long", "File name too long"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_by_name(tmp_path, case, why):
    place = str(unwritable(tmp_path)[case])
    with pytest.raises(SweepError, match=f"^The journal .* can't be written: ({why})") as caught:
        refuse_unwritable(["s3://bucket/prefix", place])
    assert place in str(caught.value)


@pytest.mark.parametrize("case", ["a directory", "below a file", "long"])
def test_what_cannot_be_opened_is_an_error_of_the_system(tmp_path, case):
    store = FileStore(str(unwritable(tmp_path)[case]))
    for attempt in (store.open, lambda: store.append(LINE, sync=True), store.read):
        with pytest.raises(OSError):  # noqa: PT011
            attempt()


def test_a_journal_whose_directory_is_taken_away_is_an_error_and_no_loss_in_silence(path):
    store = FileStore(str(path))
    store.append(LINE, sync=True)
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(FileNotFoundError):
        store.append(LINE, sync=True)


def no_account() -> Any:
    raise AssertionError("a file needs no account")


class Account:
    home_region = "eu-west-1"
    id = "123456789012"
    secrets = Secrets()

    def client(self, service: str, region: str) -> tuple[str, str]:
        return service, region


def test_a_place_is_a_file_or_a_bucket(path):
    assert isinstance(open_store(str(path), no_account), FileStore)
    made = open_store("s3://bucket/some/prefix", Account)  # type: ignore[arg-type]
    assert isinstance(made, BucketStore)
    assert made.place == "s3://bucket/some/prefix"


def test_buckets_are_not_asked_before_they_are_used():
    refuse_unwritable(["s3://bucket", "s3://bucket/prefix"])


def refuse_mixed(path: Path, writers: int, appends: int, lines: int) -> None:
    """All that was written is there, unmixed, and each writer's in its order."""
    numbers: dict[str, list[int]] = {}
    for line in path.read_text().split("\n"):
        if line:
            row = json.loads(line)
            numbers.setdefault(row["who"], []).append(row["number"])
    assert len(numbers) == writers
    assert all(some == list(range(appends * lines)) for some in numbers.values())


def test_threads_do_not_mix_their_lines(path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda who: write(who, str(path), 50, 25), "abcdefgh"))
    refuse_mixed(path, 8, 50, 25)


def test_two_runs_do_not_mix_their_lines(path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".ansible" / "collections")}
    program = [sys.executable, str(Path(__file__).with_name("writer.py"))]
    processes = [subprocess.Popen([*program, who, str(path), "150", "25"], env=environment) for who in ("one", "two")]
    assert [process.wait(60) for process in processes] == [0, 0]
    refuse_mixed(path, 2, 150, 25)


def test_two_runs_leave_a_journal_that_can_be_read(path):
    """Who sees the other's half-written line closes it: an empty line may come of that, and nothing worse."""
    begin = {"journal": 1, "id": "x", "event": "begin", "at": "2026-11-23", "before": {}, "after": {}}
    names = ("account_id", "region", "resource_type", "resource_id", "arn", "name", "action")
    line = json.dumps({**begin, **dict.fromkeys(names, "x")}) + "\n"
    path.write_text(f"\n{line}\n\n")
    assert [entry.id for entry in read_entries(str(path), FileStore(str(path)).read())] == ["x"]


@pytest.mark.parametrize("place", ["s3://", "s3:///prefix", "s3://Audit", "s3://a/b"])
def test_a_journal_in_no_bucket_is_refused_before_anything_is_done(place):
    with pytest.raises(SweepError, match=f"The journal {place} names no bucket: write s3://bucket/prefix"):
        refuse_unwritable([place])
    refuse_unwritable(["s3://audit", "s3://audit/", "s3://audit.logs-2/sysops"])


@pytest.mark.parametrize("place", ["S3://bucket/journal", "https://bucket.s3.amazonaws.com/journal", "s3://", "s3://b"])
def test_an_address_that_names_no_bucket_is_no_path(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SweepError, match="names no bucket: write s3://bucket/prefix"):
        refuse_unwritable([place])
    assert list(tmp_path.iterdir()) == []
