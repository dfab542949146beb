# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that was attached, tagged or registered as an AMI between plan and act is ever deleted.

The state is read again just before the deletion, in batches. What is attached or needed by an AMI after that, AWS
refuses to delete; a tag that is set within those moments, nobody could see. SYSOPS_SOAK_SECONDS says for how long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.emulator import Emulator
from tests.emulator.building.instances import PLAIN, add_instance
from tests.integration.conftest import ROOT

from .witness import DELETED, USED, Witness

SECONDS = float(os.environ.get("SYSOPS_SOAK_SECONDS", "120"))
REGIONS = ["eu-west-1", "sa-east-1", "us-east-1"]
LATENCY_MS = 30
PAUSE_SECONDS = 0.5
OPTIONS = {
    "regions": REGIONS,
    "volume_min_age_days": 0,
    "snapshot_min_age_days": 0,
    "max_actions": 100_000,
    "_ansible_remote_tmp": "/tmp",
}
PROGRAM = """
import importlib, json, sys
from tests import conftest
from ansible.module_utils.testing import patch_module_args
with patch_module_args(json.loads(sys.argv[1])):
    importlib.import_module("ansible_collections.sysops.aws.plugins.modules.ebs_orphan_cleanup").main()
"""


@contextmanager
def mischief(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.soak.mischief", "1", *REGIONS]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "at work\n"
        yield process
        assert process.poll() is None, "it ended by itself"
        process.stdin.close()
    assert process.returncode == 0


@contextmanager
def account_in_use() -> Iterator[tuple[Witness, dict[str, str]]]:
    """An account with a few instances that another process uses, who watches it, and how to reach it."""
    with Emulator("none", latency_ms=LATENCY_MS) as emulator:
        for region in REGIONS:
            for number in range(3):
                add_instance(emulator.site(region), PLAIN, f"app-{number}", root=False)
        witness = Witness(emulator.front)
        emulator._server.app = witness
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}
        environment = {**kept, **emulator.environment(), **nowhere}
        with mischief(environment):
            yield witness, environment


def enforce(environment: dict[str, str]) -> Counter[str]:
    """One run as a process of its own; how many findings ended how."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(OPTIONS)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    result = json.loads(done.stdout)
    assert not result.get("failed"), result.get("msg")
    assert result["region_errors"] == []
    rows = result["findings"]
    saved = sum(row["status"] == "skipped" for row in rows)
    return Counter(row["status"] for row in rows) + Counter({"saved between plan and act": saved})


@pytest.mark.skipif(SECONDS <= 0, reason="no time was given")
def test_what_comes_into_use_between_plan_and_act_stays():
    runs: list[Counter[str]] = []
    with account_in_use() as (witness, environment):
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            runs.append(enforce(environment))
            # else what runs beside it would have no processor
            time.sleep(PAUSE_SECONDS)
    told, late = sum(runs, Counter()), sum(runs[len(runs) // 2 :], Counter())
    print(
        f"\n{SECONDS:g} s, {len(runs)} runs: {dict(told)}, {dict(late)} of them in the second half,"
        f" {witness.count(USED)} uses begun, {witness.count(DELETED)} deletions"
    )
    assert witness.wrongs() == []
    assert witness.count(DELETED) == told["changed"]
    # else the two never met, and nothing was shown
    assert told["saved between plan and act"] > 0
    # and they are at it to the end
    assert late["changed"] > told["changed"] / 4
    assert late["protected"] > 0


def test_the_witness_tells_a_deletion_that_should_not_have_been():
    witness = Witness(app=lambda *_: [])
    witness.events["vol-1"] = [(1.0, "used", "tagged"), (2.0, "read", ""), (3.0, "deleted", "")]
    witness.events["vol-2"] = [(1.0, "read", ""), (2.0, "used", "attached"), (3.0, "deleted", "")]
    witness.events["vol-3"] = [(3.0, "deleted", "")]
    witness.events["vol-4"] = [
        (1.0, "used", "attached"),
        (2.0, "unused", "attached"),
        (3.0, "read", ""),
        (4.0, "deleted", ""),
    ]
    witness.events["vol-5"] = [(1.0, "read", ""), (2.0, "used", "tagged"), (3.0, "deleted", "")]
    # what ends while it is read may be seen as ended, what ends after the answer may not
    begin, end = (1.0, "used", "attached"), (2.0, "unused", "attached")
    witness.events["vol-6"] = [begin, (1.5, "read", ""), end, (2.5, "seen", ""), (3.0, "deleted", "")]
    witness.events["vol-7"] = [begin, (1.5, "read", ""), (1.9, "seen", ""), end, (3.0, "deleted", "")]
    assert [wrong.partition(" ")[0] for wrong in witness.wrongs()] == ["vol-1", "vol-2", "vol-3", "vol-7"]
