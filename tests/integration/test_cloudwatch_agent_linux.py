# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the role cloudwatch_agent on Linux that need no root, with variables as text; molecule runs all of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MEMORY = {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_used_percent"]}}}}
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


def unit(active: str = "active", sub: str = "running", pid: int | str = 1, restarts: int = 0) -> str:
    """What systemd shows of the agent's unit; process 1 has run for longer than it takes, SELF not."""
    return f"ActiveState={active}\nSubState={sub}\nMainPID={pid}\nNRestarts={restarts}\n"


DEAD = unit("activating", "auto-restart", 0, 3)


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """A host whose agent tells this status, while systemctl shows one of `shown` after the other, the last for ever."""

    def make(status: dict[str, str], *shown: str, log: str = "") -> dict[str, str]:
        root, programs = tmp_path / "agent", tmp_path / "programs"
        for folder in (root / "bin", root / "logs", programs):
            folder.mkdir(parents=True)
        (root / "logs" / "amazon-cloudwatch-agent.log").write_text(log)
        for number, text in enumerate(shown or [unit()], start=1):
            (programs / f"shown{number}").write_text(text)
        ctl = root / "bin" / "amazon-cloudwatch-agent-ctl"
        ctl.write_text(f"#!/bin/sh\necho '{json.dumps(status)}'\n")
        looked = (
            f"echo >>{programs}/looks; n=$(wc -l <{programs}/looks); [ -e {programs}/shown$n ] || n={len(shown) or 1}"
        )
        (programs / "systemctl").write_text(f"#!/bin/sh\n{looked}\nsed s/SELF/$$/ {programs}/shown$n\n")
        (programs / "journalctl").write_text("#!/bin/sh\n")
        for path in (ctl, programs / "systemctl", programs / "journalctl"):
            path.chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        return {"__cloudwatch_agent_ctl": str(ctl), "__cloudwatch_agent_root": str(root)}

    return make


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.parametrize("seconds", ["120", 120])
def test_how_long_to_wait_may_be_text(tasks, agent, seconds):
    done = tasks("wait_linux", cloudwatch_agent_wait_timeout=seconds, **agent(CONFIGURED))
    assert done.returncode == 0, done.stdout


LOG = """\
2026-11-24T10:00:00Z I! Starting AmazonCloudWatchAgent
2026-11-24T10:00:01Z W! Failed to look it up, for the first time
2026-11-24T10:00:02Z E! Failed to connect to http://user:pass-word@proxy:3128: refused
2026-11-24T10:00:02Z E! Failed to connect to http://user:pass-word@proxy:3128: refused
2026-11-24T10:00:03Z I! Profiler is stopped during shutdown
"""


def test_an_agent_that_dies_seconds_after_its_start_is_a_failure_with_its_last_errors(tasks, agent):
    # first it is active: its process is a new one
    started = unit(pid="SELF")
    done = tasks("wait_linux", **agent(CONFIGURED, started, DEAD, log=LOG))
    assert done.returncode != 0
    assert "the agent of localhost does not keep running with its configuration" in said(done)
    assert "it is activating (auto-restart)" in said(done)
    assert "systemd has started it again 3 times" in said(done)
    error = "2026-11-24T10:00:02Z E! Failed to connect to http://(redacted)@proxy:3128: refused"
    assert f"It logged: {error}." in said(done)
    assert "pass-word" not in said(done)


@pytest.mark.parametrize("shown", [unit("inactive", "dead", 0), unit("failed", "failed", 0), unit("", "", 0), DEAD])
def test_an_agent_that_does_not_run_is_a_failure_at_once(tasks, agent, shown):
    done = tasks("wait_linux", cloudwatch_agent_wait_timeout="600", **agent(CONFIGURED, shown))
    assert done.returncode != 0
    assert "It logged no error: see" in said(done)


def test_a_systemd_that_does_not_count_restarts_is_enough(tasks, agent):
    shown = unit().replace("NRestarts=0\n", "")
    assert tasks("wait_linux", **agent(CONFIGURED, shown)).returncode == 0


def test_on_premises_a_region_is_asked_for_where_the_host_has_none(tasks, agent, tmp_path, monkeypatch):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    credentials = tmp_path / "folder" / "credentials"
    credentials.parent.mkdir()
    credentials.write_text("[AmazonCloudWatchAgent]\naws_access_key_id = x\n")
    given = {**agent(CONFIGURED), "cloudwatch_agent_credentials_file": str(credentials)}
    done = tasks("region_linux", **given)
    assert done.returncode != 0
    assert f"expected `region = ...` in {credentials}" in said(done)
    (credentials.parent / "config").write_text("[profile AmazonCloudWatchAgent]\nregion = eu-west-1\n")
    done = tasks("region_linux", **given)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("region", "agent_region", "words"), [("", "", "is empty"), ("eu-west-1", "", ""), ("", "x", "")]
)
def test_on_premises_a_region_is_asked_for_on_the_controller(tasks, region, agent_region, words):
    done = tasks(
        "controller",
        ansible_facts={"os_family": "Debian"},
        cloudwatch_agent_source="distribution",
        cloudwatch_agent_mode="onPremise",
        cloudwatch_agent_region=region,
        cloudwatch_agent_access_key_id="AKIAIOSFODNN7EXAMPLE",
        cloudwatch_agent_config={**MEMORY, **({"agent": {"region": agent_region}} if agent_region else {})},
    )
    assert (done.returncode != 0) == bool(words), done.stdout
    assert not words or f"cloudwatch_agent_region {words}" in said(done)


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


def test_a_configuration_that_could_not_be_copied_stays(tasks, tmp_path, monkeypatch):
    """On a full disk the copy fails; what is restored otherwise would be nothing."""
    etc, programs = tmp_path / "etc", tmp_path / "programs"
    etc.mkdir()
    programs.mkdir()
    (etc / "file_config.json").write_text("former")
    (programs / "cp").write_text("#!/bin/sh\necho 'cp: No space left on device' >&2\nexit 1\n")
    (programs / "cp").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    done = tasks("apply_linux.yml", __cloudwatch_agent_etc=str(etc), __cloudwatch_agent_was_running=True)
    assert done.returncode == 2
    assert "No space left on device" in said(done)
    assert (etc / "file_config.json").read_text() == "former"
