# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed, and two that run at once: the journal tells the truth, and the next run finishes the work."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entries import read_entries
from tests.emulator import Emulator
from tests.integration.conftest import ROOT, Json, Module, changes

ACTIONS, KILLS = 1000, 10
OPTIONS = {"regions": ["all"], "max_actions": 10_000, "resources": ["volumes"]}
PROGRAM = """
import sys
from tests import conftest
from ansible.module_utils.testing import patch_module_args
import json, importlib
arguments = json.loads(sys.argv[1])
with patch_module_args(arguments):
    importlib.import_module("ansible_collections.sysops.aws.plugins.modules.ebs_orphan_cleanup").main()
"""


def start(journal: Path, **options: Any) -> subprocess.Popen[str]:
    arguments = {**OPTIONS, "journal": [str(journal)], "_ansible_remote_tmp": "/tmp", **options}
    command = [sys.executable, "-c", PROGRAM, json.dumps(arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def result_of(process: subprocess.Popen[str]) -> Json:
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, out + errors
    result: Json = json.loads(out)
    return result


def volumes(emulator: Emulator) -> set[str]:
    return {key[3] for key in emulator.state() if key[2] == "ec2:volume"}


def ebs(emulator: Emulator) -> set[str]:
    return {key[3] for key in emulator.state() if key[0] == "123456789012" and key[2] in ("ec2:volume", "ec2:snapshot")}


def assert_true_to(journal: Path, existing: set[str], all_volumes: set[str]) -> None:
    """Whatever is gone was written down before; whatever is written down as done is gone; nothing is half a line."""
    text = journal.read_text() if journal.exists() else ""
    every = read_entries(str(journal), text)
    entries = {entry.resource_id: entry for entry in every}
    gone = all_volumes - existing
    assert gone <= entries.keys()
    assert {name for name, entry in entries.items() if entry.status == "changed"} <= gone
    # an ending is missing only for what a run had under way: as many parts as it has workers
    missing = Counter(entry.id.rpartition("-")[0] for entry in every if entry.status is None)
    assert all(amount <= 32 * 25 for amount in missing.values())


def test_a_run_that_is_killed_leaves_a_true_record_and_the_next_one_converges(
    served: Emulator, empty_aws: Emulator, module: Module, tmp_path: Path
):
    served.reset(f"orphans-{ACTIONS}")
    served.front.latency_ms = 10
    try:
        kill_again_and_again(served, tmp_path / "journal.jsonl")
    finally:
        served.front.latency_ms = 0
    journal = tmp_path / "journal.jsonl"
    last = module("ebs_orphan_cleanup", journal=[str(journal)], **OPTIONS)
    assert not last.get("failed"), last.get("msg")
    assert volumes(served) == set()
    served.calls.clear()
    assert module("ebs_orphan_cleanup", journal=[str(journal)], **OPTIONS)["changed"] is False
    assert changes(served) == {}


def kill_again_and_again(served: Emulator, journal: Path) -> None:
    everything, chance, interrupted = volumes(served), random.Random(1), 0
    assert len(everything) == ACTIONS
    for _number in range(KILLS):
        deleted = changes(served).get("DeleteVolume", 0)
        # at a random moment of the next hundred deletions
        until = deleted + chance.randrange(1, 90)
        process = start(journal)
        while process.poll() is None and changes(served).get("DeleteVolume", 0) < until:
            time.sleep(0.002)
        interrupted += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        # what it had sent is still being answered
        settled = time.monotonic() + 0.3
        while time.monotonic() < settled:
            time.sleep(0.05)
        assert_true_to(journal, volumes(served), everything)
    assert interrupted == KILLS
    assert volumes(served)


def test_two_runs_at_once_end_in_the_right_state_with_no_error_to_read(
    served: Emulator, empty_aws: Emulator, module: Module, tmp_path: Path
):
    served.reset("demo")
    wanted = {
        row["resource_id"]
        for row in served.manifest
        if row["check"] == "ebs_orphan_cleanup" and row["account_id"] == "123456789012" and not row["survives"]
    }
    before = ebs(served)
    journal = tmp_path / "journal.jsonl"
    served.front.latency_ms = 20
    try:
        both = {"resources": ["volumes", "snapshots"]}
        results = [result_of(process) for process in [start(journal, **both), start(journal, **both)]]
    finally:
        served.front.latency_ms = 0
    assert before - ebs(served) == wanted
    assert not any(result.get("failed") for result in results)
    assert not any(result["region_errors"] for result in results)
    changed = [{row["resource_id"] for row in result["findings"] if row["status"] == "changed"} for result in results]
    assert changed[0] | changed[1] == wanted
    entries = read_entries(str(journal), journal.read_text())
    assert {entry.resource_id for entry in entries} == wanted, "no line of one run has torn one of the other"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower() in ("http_proxy", "https_proxy")]:
        monkeypatch.delenv(name)


def test_who_interrupts_a_playbook_stops_its_sweep(served: Emulator, empty_aws: Emulator, tmp_path: Path):
    # Ansible ends its worker, which is in a session of its own: the module outlives it, and nobody would hear of it
    served.reset(f"orphans-{ACTIONS}")
    every = volumes(served)
    served.front.latency_ms = 300
    variables = {
        "cost_hygiene_mode": "enforce",
        "cost_hygiene_checks": ["ebs_orphan_cleanup"],
        "cost_hygiene_max_actions": ACTIONS,
        "cost_hygiene_report_dir": str(tmp_path / "report"),
    }
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "sysops.aws.cost_hygiene", "-e"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / "home")}
    try:
        with subprocess.Popen(
            [*command, json.dumps(variables)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            while changes(served).get("DeleteVolume", 0) < 20:
                assert process.poll() is None, "it ended by itself"
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGINT)
        at_the_stop = changes(served)["DeleteVolume"]
        time.sleep(3)
        ended = changes(served)["DeleteVolume"]
        time.sleep(1)
        assert changes(served)["DeleteVolume"] == ended
        # what was under way in 32 threads
        assert ended <= at_the_stop + 2 * 32
    finally:
        served.front.latency_ms = 0
    assert volumes(served)
    assert_true_to(tmp_path / "report" / "journal.jsonl", volumes(served), every)
