# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the role cloudwatch_agent on Linux that need no root, with variables as text; molecule runs all of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONFIGURED = {"status": "running", "configstatus": "configured"}

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def tasks(playbook: Run, tmp_path: Path) -> Run:
    """Runs one file of the role's tasks on this machine."""

    def run(name: str, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        included = {
            "name": "Some of the role",
            "ansible.builtin.include_role": {"name": "sysops.aws.cloudwatch_agent", "tasks_from": name},
        }
        play = {"name": "The agent", "hosts": "localhost", "connection": "local", "gather_facts": False}
        python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        path = tmp_path / "play.json"
        path.write_text(json.dumps([{**play, "vars": python, "tasks": [included]}]))
        return playbook(str(path), *arguments, **variables)

    return run


def agent(tmp_path: Path, status: dict[str, str]) -> dict[str, str]:
    """A stand-in of the agent's ctl that tells this status."""
    ctl = tmp_path / "ctl"
    ctl.write_text(f"#!/bin/sh\necho '{json.dumps(status)}'\n")
    ctl.chmod(0o755)
    return {"__cloudwatch_agent_ctl": str(ctl)}


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("seconds", ["120", 120])
def test_how_long_to_wait_may_be_text(tasks, tmp_path, seconds):
    done = tasks("wait_linux", cloudwatch_agent_wait_timeout=seconds, **agent(tmp_path, CONFIGURED))
    assert done.returncode == 0, done.stdout


def test_an_agent_that_does_not_run_is_waited_for_so_long_and_no_longer(tasks, tmp_path):
    stopped = agent(tmp_path, {**CONFIGURED, "status": "stopped"})
    done = tasks("wait_linux", cloudwatch_agent_wait_timeout="2", **stopped)
    assert done.returncode != 0
    assert done.stdout.count("FAILED - RETRYING") == 1


PACKAGE = {"__cloudwatch_agent_package": {"file_name": "agent.deb", "version": "2.0"}, "__cloudwatch_agent_version": ""}


@pytest.mark.parametrize("wanted", ["1", 1])
def test_the_room_that_it_takes_may_be_text(tasks, wanted):
    done = tasks("install_linux", "--check", cloudwatch_agent_min_free_mb=wanted, **PACKAGE)
    assert done.returncode == 0, done.stdout
    assert "agent.deb 2.0 would be installed in place of none" in said(done)


def test_too_little_room_is_told_where_text_says_how_much_it_takes(tasks):
    done = tasks("install_linux", "--check", cloudwatch_agent_min_free_mb=str(1 << 40), **PACKAGE)
    assert done.returncode != 0
    assert f"cloudwatch_agent_min_free_mb asks for {1 << 40}: nothing was installed" in said(done)
