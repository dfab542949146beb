# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memory does not grow with the account: findings go to the file, pages are not kept."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tests.benchmark.measure import measure
from tests.emulator import Emulator
from tests.integration.conftest import ROOT

FEW, MANY = 5_000, 50_000
PROGRAM = """
import importlib, json, sys
from tests import conftest
from ansible.module_utils.testing import patch_module_args
with patch_module_args(json.loads(sys.argv[1])):
    importlib.import_module("ansible_collections.sysops.aws.plugins.modules.ebs_orphan_cleanup").main()
"""


def peak_mb(emulator: Emulator, count: int, directory: Path) -> float:
    """Of a module process that reports on so many snapshots in one region."""
    emulator.reset(f"snapshots-{count}")
    findings = directory / f"{count}.jsonl"
    options = {"regions": ["eu-west-1"], "findings_path": str(findings), "_ansible_check_mode": True}
    command = [sys.executable, "-c", PROGRAM, json.dumps({**options, "_ansible_remote_tmp": "/tmp"})]
    measured = measure(command, os.environ, ROOT, directory / "log", 300)
    assert measured.exit_code == 0, (directory / "log").read_text()
    with findings.open() as lines:
        assert sum(1 for _line in lines) == count
    return measured.peak_mb


def test_ten_times_the_snapshots_take_no_more_memory(served: Emulator, empty_aws: Emulator, tmp_path: Path):
    few, many = peak_mb(served, FEW, tmp_path), peak_mb(served, MANY, tmp_path)
    # kept findings alone would be another 60 MB
    assert many < few + 15
    assert many < 400
