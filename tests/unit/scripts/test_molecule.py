# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner behind `make molecule`: nothing reaches a real account, nothing that was left out looks like a pass."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
SCENARIOS = sorted((ROOT / "extensions" / "molecule").glob("*/molecule.yml"))
MIRROR = "http://mirror.example/debian/"


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("molecule_hosts")


@pytest.fixture
def runner(hosts: ModuleType) -> ModuleType:
    return importlib.import_module("molecule_run")


def test_the_mirror_is_the_one_of_the_main_suite(hosts: ModuleType) -> None:
    lines = [
        "http://security.example/debian-security/ Debian trixie-security",
        "http://other.example/ Somebody stable",
        f"{MIRROR} Debian trixie-updates",
        f"{MIRROR} Debian trixie",
    ]
    assert hosts.mirror("\n".join(lines)) == MIRROR


def test_a_machine_without_a_debian_mirror_is_told_so(hosts: ModuleType) -> None:
    with pytest.raises(hosts.MoleculeError, match="name no Debian mirror"):
        hosts.mirror("http://archive.example/ubuntu/ Ubuntu noble")


def test_an_image_is_built_through_the_proxy_of_the_machine(hosts: ModuleType) -> None:
    dumped = 'APT::Architecture "amd64";\nAcquire::http::Proxy "http://proxy.example:3128";\nAcquire::https::Proxy "";'
    assert hosts.kept_settings(dumped) == ['Acquire::http::Proxy "http://proxy.example:3128";']


def test_another_recipe_is_another_image(hosts: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    before = hosts.recipe("trixie")
    monkeypatch.setattr(hosts, "PACKAGES", (*hosts.PACKAGES, "curl"))
    assert hosts.recipe("trixie") != before


def test_a_failing_program_is_told_with_what_it_said(hosts: ModuleType) -> None:
    code = "import sys; print('no space', file=sys.stderr); sys.exit(3)"
    with pytest.raises(hosts.MoleculeError, match=r"(?s)making an image failed .* ended with 3.*no space"):
        hosts.run((sys.executable, "-c", code), "making an image")


def test_no_account_of_the_callers_is_left_in_the_environment(runner: ModuleType, tmp_path: Path) -> None:
    callers = {
        "ANSIBLE_CONFIG": "ansible.cfg",
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "secret",
        "CLOUDWATCH_AGENT_PACKAGE": "/agent.deb",
        "http_proxy": "http://proxy.example:3128",
        "PATH": "/usr/bin",
    }
    given = runner.Given("run-1", "http://127.0.0.1:5000", [1, 2, 3], {"debian13": "image-13"}, tmp_path)
    found = runner.surroundings(callers, "agent", given)
    assert not {"ANSIBLE_CONFIG", "AWS_PROFILE", "AWS_SESSION_TOKEN", "http_proxy"} & set(found)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert found["CLOUDWATCH_AGENT_PACKAGE"] == "/agent.deb"
    assert found["PATH"].endswith(":/usr/bin")
    assert (found["SYSOPS_MOLECULE_IMAGE_DEBIAN13"], found["SYSOPS_MOLECULE_PORT_3"]) == ("image-13", "3")


def test_where_nothing_can_run_it_says_skipped(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner.molecule_hosts.os, "geteuid", lambda: 1000)
    assert runner.main([]) == 0
    assert capsys.readouterr().out.startswith("SKIPPED: no role was tested on hosts")


def test_an_unknown_scenario_runs_nothing(runner: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main(["cloudwatch_agnet"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "'cloudwatch_agnet'" in shown.err


@pytest.mark.parametrize(
    ("said", "code", "passed"),
    [("fine", 0, True), ("fine", 1, False), ("side_effect: Executed: Missing playbook", 0, False)],
)
def test_a_step_that_molecule_left_out_is_no_pass(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, code: int, passed: bool
) -> None:
    molecule = tmp_path / "molecule"
    molecule.write_text(f"#!/bin/sh\necho '{said}'\nexit {code}\n", encoding="utf-8")
    molecule.chmod(0o755)
    monkeypatch.setattr(runner, "BIN", tmp_path)
    outcomes = runner.Scenarios(named=True).run({"one": {"PATH": "/usr/bin:/bin"}})
    assert [outcome.passed for outcome in outcomes] == [passed]
    assert ("FAILED" in runner.closing_table(outcomes)) is not passed


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[path.parent.name for path in SCENARIOS])
def test_every_step_of_a_scenario_has_its_playbook(scenario: Path) -> None:
    wanted = yaml.safe_load(scenario.read_text(encoding="utf-8"))
    steps = [step.split() for step in wanted["scenario"]["test_sequence"]]
    playbooks = wanted["ansible"]["playbooks"]
    for name, *files in steps:
        assert all((scenario.parent / file).is_file() for file in files), (name, files)
        if name == "side_effect":
            assert "side_effect" in playbooks
    assert all((scenario.parent / path).is_file() for path in playbooks.values())
    assert steps[-1] == ["destroy"]
