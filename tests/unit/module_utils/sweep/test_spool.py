# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings on disk: whole or not at all."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import Cost
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from ansible_collections.sysops.aws.plugins.module_utils.sweep.spool import IN_MEMORY_BYTES, FindingsFile, Spool

SCOPE = Scope("123456789012", "eu-west-1")


def finding(name: str) -> Finding:
    cost = Cost(1, 2)
    return Finding("things", "fake:thing", name, "arn", SCOPE, name, "It is old.", "old", "delete", cost=cost)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "findings.jsonl"


@pytest.mark.parametrize("count", [0, 3, 2000])
def test_a_spool_gives_back_what_it_got_in_order_and_more_than_once(count):
    spool = Spool()
    names = [f"t{number}\n\u2028\u202e" for number in range(count)]
    for name in names:
        spool.add(finding(name))
    for _reader in range(2):
        assert [json.loads(line)["resource_id"] for line in spool.lines()] == names
    assert spool.summary.counts["planned"] == count
    assert spool.summary.savings == Cost(count, 2 * count)


def test_2000_findings_are_more_than_a_spool_holds_in_memory():
    assert 2000 * len(finding("t").to_json()) > IN_MEMORY_BYTES


def test_a_findings_file_appears_whole_when_the_sweep_ends(path):
    output = FindingsFile(str(path))
    assert not path.exists()
    output.commit(["one\n", "two\n"])
    assert path.read_text(encoding="utf-8") == "one\ntwo\n"
    assert list(path.parent.iterdir()) == [path]


def test_its_directories_are_made(tmp_path):
    path = tmp_path / "new" / "reports" / "findings.jsonl"
    FindingsFile(str(path)).commit(["one\n"])
    assert path.read_text(encoding="utf-8") == "one\n"


def test_an_earlier_report_is_replaced_not_written_into(path):
    path.write_text("an earlier and longer report\n", encoding="utf-8")
    with path.open(encoding="utf-8") as reader:
        output = FindingsFile(str(path))
        assert path.read_text(encoding="utf-8") == "an earlier and longer report\n"
        output.commit(["new\n"])
        # who has it open goes on reading the old one
        assert reader.read() == "an earlier and longer report\n"
    assert path.read_text(encoding="utf-8") == "new\n"


def test_discarding_leaves_an_earlier_report_and_nothing_else(path):
    path.write_text("earlier\n", encoding="utf-8")
    FindingsFile(str(path)).discard()
    assert path.read_text(encoding="utf-8") == "earlier\n"
    assert list(path.parent.iterdir()) == [path]


def test_discarding_without_an_earlier_report_leaves_nothing(path):
    FindingsFile(str(path)).discard()
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077])
@pytest.mark.parametrize("mode", [None, 0o666, 0o644])
def test_it_is_a_plan_so_nobody_else_reads_or_writes_it(path, umask, mode):
    if mode is not None:
        path.write_text("earlier\n", encoding="utf-8")
        path.chmod(mode)
    before = os.umask(umask)
    try:
        FindingsFile(str(path)).commit([])
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_path_that_is_a_directory_is_refused(tmp_path):
    with pytest.raises(SweepError, match=r"can't be written.*Is a directory"):
        FindingsFile(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["findings.jsonl", "deeper/findings.jsonl"])
def test_a_directory_that_is_a_file_is_refused(tmp_path, below):
    (tmp_path / "file").write_text("mine\n", encoding="utf-8")
    path = tmp_path / "file" / below
    with pytest.raises(SweepError, match="can't be written") as caught:
        FindingsFile(str(path))
    assert str(path) in str(caught.value)
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine\n"


def test_a_directory_without_permission_to_write_is_refused(path, monkeypatch):
    # root may write anywhere, so that a real directory would prove nothing where tests run as root
    def refuse(*_arguments: object, **_options: object) -> tuple[int, str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(SweepError, match="can't be written: Permission denied"):
        FindingsFile(str(path))
