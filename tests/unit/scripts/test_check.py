# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner behind `make test`: nothing that failed or was left out may look like a pass."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/check.py, with Python itself as the only tool there is."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    module = importlib.import_module("check")
    python = Path(sys.executable).name

    def tool(code: str) -> object:
        return module.Check("a made-up tool", (python, "-c", code))

    tools = {
        "good": tool("print('fine')"),
        "bad": tool("raise SystemExit(3)"),
        "partial": tool("print('SKIPPED [1] test_browser.py:9: there is no chromium')"),
        "absent": module.Check("isn't there", ("no-such-program",)),
    }
    monkeypatch.setattr(module, "CHECKS", tools)
    return module


def test_one_failure_runs_the_rest_and_fails_the_whole(check: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["bad", "good"]) == 1
    shown = capsys.readouterr().out
    assert "fine" in shown
    assert shown.endswith("FAILED: bad\n")


def test_what_was_left_out_is_said_in_the_closing_table(check: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["absent", "partial"]) == 0
    table = capsys.readouterr().out.rpartition("-----")[2]
    assert "SKIPPED" in table
    assert "!! LEFT OUT: no-such-program isn't installed" in table
    assert "!! LEFT OUT: SKIPPED [1] test_browser.py:9: there is no chromium" in table


def test_an_unknown_name_runs_nothing(check: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["good", "lint"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "'lint'" in shown.err
    assert "partial" in shown.err


def test_what_runs_beside_the_others_is_told_as_a_whole_and_counts(
    check: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    python = Path(sys.executable).name
    code = "import time; print('first', flush=True); time.sleep(1); print('second'); raise SystemExit(1)"
    beside = check.Check("takes its time", (python, "-c", code), beside=True)
    monkeypatch.setattr(check, "CHECKS", {"slow": beside, **check.CHECKS})
    assert check.main(["slow", "good"]) == 1
    shown = capsys.readouterr().out
    assert shown.index("fine") < shown.index("first\nsecond\n")
    assert shown.endswith("FAILED: slow\n")
