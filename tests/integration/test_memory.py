# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memory does not grow with the account: findings go to the file, pages are not kept."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.benchmark.measure import measure
from tests.emulator import Emulator
from tests.integration.conftest import ROOT

FEW, MANY = 5_000, 50_000
UNASKED = {"_ansible_check_mode": True, "_ansible_remote_tmp": "/tmp"}
PROGRAM = """
import importlib, json, sys
from tests import conftest
from ansible.module_utils.testing import patch_module_args
with patch_module_args(json.loads(sys.argv[1])):
    importlib.import_module("ansible_collections.sysops.aws.plugins.modules.ebs_orphan_cleanup").main()
"""


def peak_mb(directory: Path, findings: int = 0, **options: Any) -> float:
    """Of a module process that reports on one region, and finds so much."""
    path = directory / "findings.jsonl"
    given = {"regions": ["eu-west-1"], "findings_path": str(path), **options}
    command = [sys.executable, "-c", PROGRAM, json.dumps({**given, **UNASKED})]
    measured = measure(command, os.environ, ROOT, directory / "log", 300)
    assert measured.exit_code == 0, (directory / "log").read_text()
    with path.open() as lines:
        assert sum(1 for _line in lines) == findings
    return measured.peak_mb


def of_snapshots(emulator: Emulator, count: int, directory: Path) -> float:
    emulator.reset(f"snapshots-{count}")
    return peak_mb(directory, count)


def test_ten_times_the_snapshots_take_no_more_memory(served: Emulator, empty_aws: Emulator, tmp_path: Path):
    few, many = of_snapshots(served, FEW, tmp_path), of_snapshots(served, MANY, tmp_path)
    # kept findings alone would be another 60 MB
    assert many < few + 15
    assert many < 400


def test_further_accounts_share_what_botocore_knows_of_the_services(empty_aws: Emulator, tmp_path: Path):
    roles = [f"arn:aws:iam::{account}:role/sweep" for account in range(100000000001, 100000000006)]
    one, five = peak_mb(tmp_path, assume_role_arn=roles[:1]), peak_mb(tmp_path, assume_role_arn=roles)
    # EC2's definitions alone are 20 MB
    assert five < one + 30
