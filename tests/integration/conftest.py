# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated account, and how tests run modules and playbooks against it."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import yaml
from ansible.module_utils.common import warnings
from tests.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
MODULES = "ansible_collections.sysops.aws.plugins.modules"
READS = ("Describe", "Get", "List", "AssumeRole")

Json = dict[str, Any]
Module = Callable[..., Json]


@pytest.fixture(scope="session")
def served() -> Iterator[Emulator]:
    with Emulator("none") as emulator:
        yield emulator


@pytest.fixture
def aws(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The demo account, built anew, with credentials for it in the environment."""
    served.reset("demo")
    _point_at(served, monkeypatch)
    return served


@pytest.fixture
def empty_aws(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    served.reset("none")
    _point_at(served, monkeypatch)
    return served


def _point_at(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**emulator.environment(), "AWS_CONFIG_FILE": os.devnull}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def module(capsys: pytest.CaptureFixture[str]) -> Module:
    """Runs a module in this process as Ansible would: `module("ec2_monitoring", check=True, state="basic")`."""

    def run(name: str, /, check: bool = False, diff: bool = False, **options: Any) -> Json:
        from ansible.module_utils.testing import patch_module_args

        arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
        capsys.readouterr()
        # a process of its own would begin without the warnings of the run before
        warnings._global_warnings.clear()
        with (
            patch_module_args(arguments),
            # a process of its own is no controller, whose warnings go to the terminal; a test may import its code here
            mock.patch.object(warnings._internal, "is_controller", False),
            pytest.raises(SystemExit),
        ):
            importlib.import_module(f"{MODULES}.{name}").main()
        result: Json = json.loads(capsys.readouterr().out)
        return result

    return run


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiters ask again soon."""
    monkeypatch.setattr("botocore.waiter.time", SimpleNamespace(sleep=lambda _seconds: time.sleep(0.02)))


@pytest.fixture
def playbook(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a playbook of the collection as an operator does, with variables as -e."""

    def run(name: str, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("ansible-playbook")
        return subprocess.run(
            [str(program), name, "-e", json.dumps(variables), *arguments],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def killed(tmp_path: Path) -> Callable[[str, Emulator, Json, str, int], None]:
    """Runs a playbook and kills it, with its workers and modules, once a call was made for the so-maniest time."""

    def run(name: str, emulator: Emulator, variables: Json, operation: str, times: int) -> None:
        program = Path(sys.executable).with_name("ansible-playbook")
        log = tmp_path / "killed.log"
        with log.open("w") as output, subprocess.Popen(
            [str(program), name, "-e", json.dumps(variables)],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_HOME": str(tmp_path / "home")},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            while process.poll() is None:
                if sum(n for key, n in list(emulator.calls.items()) if key[3] == operation) >= times:
                    for pid in descendants(process.pid):
                        os.kill(pid, signal.SIGKILL)
                    return
                time.sleep(0.005)
        pytest.fail(f"{name} came to an end without {operation} x{times}: {log.read_text()}")

    return run


def descendants(pid: int) -> list[int]:
    """A process and all that it has started, itself first; Ansible's workers leave its process group."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has just ended
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def changes(emulator: Emulator) -> dict[str, int]:
    """How often each operation that is no read was called. A request that names no operation changes nothing: a client
    that was killed sent its head alone."""
    found: dict[str, int] = {}
    for (_account, _region, _service, operation), count in emulator.calls.items():
        if not operation.startswith(READS) and operation != "POST /":
            found[operation] = found.get(operation, 0) + count
    return found


def unanswered(role: str) -> dict[str, str]:
    """Empty text for every variable of a role that has a default, as a survey gives it."""
    classes = yaml.safe_load((ROOT / "tests" / "unit" / "options.yml").read_text(encoding="utf-8"))
    return {f"{role}_{name}": "" for name in classes["roles"][role]["default"].split()}


def same_in_check_mode(
    emulator: Emulator, run: Callable[..., Any], argument: str, given: Json, open_ones: Json, *more: str
) -> None:
    """That a role makes the same calls, and says the same, for two sets of variables."""
    seen = []
    for variables in (given, open_ones):
        emulator.calls.clear()
        done = run(argument, "--check", *more, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        seen.append((dict(emulator.calls), done.stdout.splitlines()))
    assert seen[0][0] == seen[1][0]
    assert seen[0][1] == seen[1][1]
