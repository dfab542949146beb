# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback `sysops.aws.progress` and the modules that feed it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.conftest import ROOT, Json, Module

ALL = {"regions": ["all"], "max_actions": 1000}
PROGRESS = re.compile(r"^Sweep: (\d+)/17 regions, .*$", re.MULTILINE)


def told(path: Path) -> list[Json]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_module_tells_how_far_it_is_and_returns_the_same(
    aws, module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    unseen = module("ebs_orphan_cleanup", check=True, **ALL)
    path = tmp_path / "progress"
    path.touch()
    monkeypatch.setenv("SYSOPS_AWS_PROGRESS", str(path))
    seen = module("ebs_orphan_cleanup", check=True, **ALL)
    for result in (unseen, seen):
        result["summary"].pop("duration_seconds")
        result["summary"].pop("started_at")
        result["summary"].pop("run_id")
    assert seen == unseen
    first, last = told(path)[0], told(path)[-1]
    assert (first["step"], last["step"]) == ("find", "done")
    assert (last["regions"], last["regions_done"]) == (17, 17)
    summary = seen["summary"]
    assert [last[name] for name in ("examined", "found", "planned")] == [
        summary["examined"], len(seen["findings"]), summary["planned"],
    ]  # fmt: skip


def test_a_module_that_acts_tells_what_it_changed_and_what_failed(
    aws, module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "progress"
    path.touch()
    monkeypatch.setenv("SYSOPS_AWS_PROGRESS", str(path))
    aws.faults.deny(operation="DeleteVolume", region="us-east-1")
    aws.front.latency_ms = 300
    try:
        summary = module("ebs_orphan_cleanup", **ALL)["summary"]
    finally:
        aws.front.latency_ms = 0
    lines = told(path)
    assert {"find", "act", "done"} == {line["step"] for line in lines}
    assert lines[-1]["changed"] == summary["changed"] > 0
    assert lines[-1]["failed"] == summary["failed"] > 0
    acting = [line["regions_done"] for line in lines if line["step"] == "act"]
    assert acting[0] < 17
    assert [line["changed"] for line in lines] == sorted(line["changed"] for line in lines)


def test_a_file_that_is_not_there_is_not_made_and_nothing_is_said(
    aws, module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SYSOPS_AWS_PROGRESS", str(tmp_path / "elsewhere"))
    result = module("ebs_orphan_cleanup", check=True, **ALL)
    assert not result.get("failed")
    assert "warnings" not in result or not any("progress" in str(one) for one in result["warnings"])
    assert list(tmp_path.iterdir()) == []


def test_a_playbook_shows_nothing_unless_it_is_asked_to(aws, playbook, tmp_path: Path):
    done = playbook("playbooks/cost_hygiene.yml", cost_hygiene_report_dir=str(tmp_path / "report"))
    assert done.returncode == 0, done.stdout
    assert not PROGRESS.search(done.stdout)


def test_a_log_gets_plain_lines_and_the_same_report(aws, playbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plain = playbook("playbooks/cost_hygiene.yml", cost_hygiene_report_dir=str(tmp_path / "plain"))
    monkeypatch.setenv("ANSIBLE_CALLBACKS_ENABLED", "sysops.aws.progress")
    aws.front.latency_ms = 100
    monkeypatch.setenv("SYSOPS_AWS_PROGRESS_INTERVAL", "0.5")
    try:
        done = playbook("playbooks/cost_hygiene.yml", cost_hygiene_report_dir=str(tmp_path / "shown"))
    finally:
        aws.front.latency_ms = 0
    assert done.returncode == plain.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    shown = list(PROGRESS.finditer(done.stdout))
    assert len(shown) > 2
    assert shown[-1][1] == "17"
    assert "; done in " in shown[-1][0]
    rest = PROGRESS.sub("", done.stdout)
    assert [line for line in rest.splitlines() if line and "report" not in line] == [
        line for line in plain.stdout.splitlines() if line and "report" not in line
    ]
    assert not [name for name in os.listdir(tmp_path / "home") if name.startswith("progress")]


def test_a_terminal_gets_one_line_that_is_written_over_itself(aws, tmp_path: Path):
    aws.front.latency_ms = 100
    try:
        shown = on_a_terminal(tmp_path)
    finally:
        aws.front.latency_ms = 0
    over = shown.count("\x1b[1A\x1b[2KSweep: ")
    assert over > 1
    assert shown.count("Sweep: ") == over + 1, "one line is begun, all others are written over it"
    # what the playbook says next is on a line of its own
    assert re.search(r"done in \d+ s\r\n\S*ok: \[localhost\]|done in \d+ s\r\n\S*changed: \[localhost\]", shown)


def on_a_terminal(tmp_path: Path) -> str:
    ours, theirs = pty.openpty()
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_CALLBACKS_ENABLED": "sysops.aws.progress",
        "TERM": "xterm",
        "COLUMNS": "160",
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/cost_hygiene.yml"]
    command += ["-e", f"cost_hygiene_report_dir={tmp_path / 'report'}"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    parts = []
    try:
        while part := os.read(ours, 65536):
            parts.append(part)
    except OSError:  # that is how a terminal ends
        pass
    finally:
        os.close(ours)
    assert process.wait(60) == 0, b"".join(parts).decode()
    return b"".join(parts).decode()
