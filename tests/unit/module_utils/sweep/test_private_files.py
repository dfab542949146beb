# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans and journals as files: a link, a FIFO, a directory or somebody else's file is refused in one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import Plan
from ansible_collections.sysops.aws.plugins.module_utils.sweep.private_files import open_to_append, opened_to_read
from ansible_collections.sysops.aws.plugins.module_utils.sweep.spool import FindingsFile
from ansible_collections.sysops.aws.plugins.module_utils.sweep.stores import FileStore, refuse_unwritable

OTHER_USER = 4242


def read_text(path: str) -> str:
    with opened_to_read(path) as file:
        return file.read()


def link(path: Path) -> None:
    path.with_name("victim").write_text("mine\n")
    path.symlink_to(path.with_name("victim"))


def dangling(path: Path) -> None:
    path.symlink_to(path.with_name("nothing"))


def fifo(path: Path) -> None:
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.mkdir()


def foreign(path: Path) -> None:
    path.write_text("theirs\n")
    if os.geteuid() != 0:
        pytest.skip("only root can make a file of another user")
    os.chown(path, OTHER_USER, OTHER_USER)


def opens_journal(path: str) -> None:
    refuse_unwritable([path])


def reads_plan(path: str) -> None:
    Plan.read(path)


def opens_findings(path: str) -> None:
    FindingsFile(path)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (link, "it is a symbolic link; expected the file itself"),
        (dangling, "it is a symbolic link; expected the file itself"),
        (fifo, "it is a FIFO or a device; expected a regular file"),
        (directory, "Is a directory"),
        (foreign, f"it belongs to the user with the id {OTHER_USER}; expected a file of the user of this run"),
    ],
)
@pytest.mark.parametrize("opened", [opens_journal, reads_plan, opens_findings])
def test_what_is_no_file_of_ours_is_refused_in_one_sentence(
    tmp_path, made: Callable[[Path], None], why: str, opened: Callable[[str], None]
):
    path = tmp_path / "file.jsonl"
    made(path)
    with pytest.raises(SweepError) as caught:
        opened(str(path))
    assert str(caught.value).endswith(f"{path} can't be written: {why}.") or str(caught.value).endswith(
        f"{path} could not be read: {why}."
    )
    victim = tmp_path / "victim"
    assert not victim.exists() or victim.read_text() == "mine\n"
    assert not (tmp_path / "nothing").exists()
    assert [name for name in os.listdir(tmp_path) if name.startswith(".")] == [], "no temporary file stays"


@pytest.mark.parametrize("made", [link, dangling, fifo, directory, foreign])
def test_a_journal_that_is_exchanged_during_the_run_is_not_written_to(tmp_path, made):
    path = tmp_path / "journal.jsonl"
    store = FileStore(str(path))
    store.append("one\n", sync=True)
    path.unlink()
    made(path)
    before = os.listdir("/proc/self/fd")
    for attempt in (lambda: store.append("two\n", sync=True), store.read):
        with pytest.raises(OSError):  # noqa: PT011
            attempt()
    assert len(os.listdir("/proc/self/fd")) == len(before)
    assert not (tmp_path / "victim").exists() or (tmp_path / "victim").read_text() == "mine\n"


def test_a_device_is_no_journal():
    for opened in (open_to_append, read_text):
        with pytest.raises(OSError, match="expected a regular file"):
            opened("/dev/null")


def test_a_plan_of_root_may_be_read(tmp_path, monkeypatch):
    path = tmp_path / "plan.jsonl"
    path.write_text("x")
    if os.geteuid() != 0:
        pytest.skip("only root can make a file of root")
    monkeypatch.setattr(os, "geteuid", lambda: OTHER_USER)
    assert read_text(str(path)) == "x"
    with pytest.raises(PermissionError):
        open_to_append(str(path))


def test_a_directory_that_is_made_is_nobody_elses_to_write_into(tmp_path):
    before = os.umask(0)
    try:
        refuse_unwritable([str(tmp_path / "reports" / "journal.jsonl")])
        FindingsFile(str(tmp_path / "others" / "findings.jsonl")).discard()
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o027 for name in ("reports", "others")] == [0, 0]
