# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PowerShell that is sent to hosts parses. What it does, no test here can tell: there is no PowerShell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Parser

ROLES = Path(__file__).resolve().parents[2] / "roles"
SCRIPTS = sorted(ROLES.rglob("*.ps1"))


def wrong(node: Any) -> Iterator[Any]:
    if node.is_error or node.is_missing:
        yield node
    for child in node.children:
        yield from wrong(child)


def parse(text: str) -> list[str]:
    tree = Parser(Language(tree_sitter_powershell.language())).parse(text.encode())
    return [f"line {node.start_point[0] + 1}: {node.text.decode()[:60]}" for node in wrong(tree.root_node)]


def test_the_parser_knows_what_is_wrong():
    assert parse("if ($true) { Write-Output 'a' }") == []
    assert parse("if ($true) { Write-Output 'a'")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROLES)))
def test_it_parses(path):
    assert parse(path.read_text(encoding="utf-8")) == []


def code(path: Path) -> str:
    return re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROLES)))
def test_windows_powershell_makes_no_error_of_what_a_program_writes_to_stderr(path):
    # 5.1 does where stderr is redirected and errors stop, as in the agent's ctl (amazon-cloudwatch-agent#471), so that
    # ctl is a file in a process of its own, and the redirection stands outside of it, where errors don't stop
    for line in code(path).splitlines():
        if "powershell.exe" in line:
            assert re.search(r"-File \$ctl (@Arguments|-a status)", line, re.IGNORECASE)
    for before in code(path).split("2>&1")[:-1]:
        assert "$ErrorActionPreference = 'Continue'" in before.rpartition("function ")[2]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROLES)))
def test_nothing_rests_on_exclude(path):
    # Windows PowerShell 5.1 takes no notice of it beside -LiteralPath (PowerShell#3730)
    assert "-Exclude" not in code(path)


def test_the_logs_stay_where_they_are_when_the_former_configuration_comes_back():
    apply = code(ROLES / "cloudwatch_agent" / "files" / "windows" / "apply.ps1")
    assert "Get-ChildItem -LiteralPath $data | Where-Object { $_.Name -ne 'Logs' }\n" in apply
    assert re.findall(r"^.*(?:Remove-Item -Recurse|Copy-Item).*$", apply, re.MULTILINE) == [
        "Get-Settings | Copy-Item -Destination $former -Recurse",
        "    Get-Settings | Remove-Item -Recurse -Force",
        "    Get-ChildItem -LiteralPath $former | Copy-Item -Destination $data -Recurse -Force",
    ]


@pytest.mark.parametrize("path", sorted([*SCRIPTS, *ROLES.rglob("*.sh")]), ids=lambda path: path.name)
def test_ssm_finds_no_variable_of_its_own_in_it(path):
    # SSM puts parameters in the place of what stands in two braces
    assert "{{" not in path.read_text(encoding="utf-8")


def test_the_functions_are_sent_with_every_script_that_calls_them():
    agent = ROLES / "cloudwatch_agent" / "files" / "windows" / "agent.ps1"
    functions = re.findall(r"^function ([\w-]+)", agent.read_text(encoding="utf-8"), re.MULTILINE)
    callers = {path.name: path for path in agent.parent.glob("*.ps1") if path != agent}
    for name, path in callers.items():
        calls = any(function in code(path) for function in functions)
        assert ("\n# (agent.ps1)\n" in path.read_text(encoding="utf-8")) == calls, name


def agent_words(path: Path) -> set[str]:
    """The words by which the agent's errors are told from noise."""
    (found,) = re.findall(r"\S*E! \|(Under path[^']*)'", path.read_text(encoding="utf-8"))
    return {word.strip() for word in found.split("|")}


def test_both_systems_look_for_the_same_errors():
    files = ROLES / "cloudwatch_agent" / "files"
    windows, linux = agent_words(files / "windows" / "agent.ps1"), agent_words(files / "linux" / "agent.sh")
    assert {word.lower() for word in windows} == {word.replace("[Ff]", "F").lower() for word in linux}
