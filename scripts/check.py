# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the repository's checks, all of them or those named; one failure doesn't keep the others from running.

Usage: .venv/bin/python scripts/check.py [NAME ...]   (names: see CHECKS)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from copied_tree import ROOT, TEST, make_copied_tree

BIN = Path(sys.executable).parent
# What a tool says when it leaves a part of its work out.
LEFT_OUT = re.compile(r"^(?:WARNING: (?:Skipping|Required program)|SKIPPED \[).*$", re.MULTILINE)


@dataclass(frozen=True)
class Check:
    """One tool: what it looks at, its command line, and whether it runs in the copied tree, or beside all others."""

    purpose: str
    command: tuple[str, ...]
    in_copy: bool = False
    #: whether it waits most of its time, so that the others may run meanwhile
    beside: bool = False


@dataclass(frozen=True)
class Outcome:
    name: str
    result: str
    seconds: float
    left_out: tuple[str, ...] = ()


CHECKS = {
    "ruff": Check("Python: style and likely mistakes", ("ruff", "check", "--output-format", "concise")),
    "mypy": Check("Python: types, strict, of plugins/module_utils", ("mypy",)),
    "yamllint": Check("YAML: style", ("yamllint", "--strict", ".")),
    "ansible-lint": Check(
        "Ansible content: production profile, offline",
        ("ansible-lint", "--offline", "--profile", "production", "--nocolor"),
        in_copy=True,
    ),
    "antsibull-docs": Check(
        "Documentation of the plugins", ("antsibull-docs", "lint-collection-docs", "--plugin-docs", "."), in_copy=True
    ),
    "changelog": Check("Changelog and its fragments", ("antsibull-changelog", "lint"), in_copy=True),
    "sanity": Check("ansible-test sanity, all of its tests", ("python", str(ROOT / "scripts" / "sanity.py"))),
    "soak": Check("Sweeps while another process changes the account", ("pytest", "-s", "tests/soak"), beside=True),
    "pytest": Check("Unit, emulator, playbook and browser tests", ("pytest", "-n", "2", "--dist", "loadfile")),
}


def run(name: str, check: Check) -> Outcome:
    """Runs one check with its output shown as it comes, or at its end if others run meanwhile. A program that isn't
    there makes it SKIPPED, never passed."""
    print(f"\n==> {name}: {check.purpose} ({' '.join(check.command).replace(f'{ROOT}/', '')})", flush=True)
    program = BIN / check.command[0]
    if not program.exists():
        print(f"SKIPPED: there is no {program.name} in {BIN}", flush=True)
        return Outcome(name, "SKIPPED", 0.0, (f"{program.name} isn't installed",))
    started = time.monotonic()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    where = ROOT
    if check.in_copy:
        where = make_copied_tree()
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(TEST)
        # antsibull-docs copies dependencies by git: .venv isn't to be seen as an ignored part of this repository.
        environment["GIT_CEILING_DIRECTORIES"] = str(ROOT)
    command = [str(program), *check.command[1:]]
    output = []
    with subprocess.Popen(
        command, cwd=where, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            output.append(line)
            if not check.beside:
                print(line, end="", flush=True)
    if check.beside:
        print(f"\n==> {name}, which ran meanwhile, said:\n{''.join(output)}", flush=True)
    left_out = tuple(dict.fromkeys(LEFT_OUT.findall("".join(output))))
    return Outcome(name, "failed" if process.returncode else "passed", time.monotonic() - started, left_out)


def run_all(names: Sequence[str]) -> list[Outcome]:
    """One after the other, but for those that run beside the others."""
    with ThreadPoolExecutor() as pool:
        beside = {name: pool.submit(run, name, CHECKS[name]) for name in names if CHECKS[name].beside}
        done = {name: run(name, CHECKS[name]) for name in names if name not in beside}
        return [done[name] if name in done else beside[name].result() for name in names]


def closing_table(outcomes: Sequence[Outcome]) -> str:
    lines = ["", f"{'check':<16}{'result':<10}{'seconds':>8}", "-" * 34]
    for outcome in outcomes:
        lines.append(f"{outcome.name:<16}{outcome.result:<10}{outcome.seconds:>8.1f}")
        lines += [f"  !! LEFT OUT: {words}" for words in outcome.left_out]
    return "\n".join(lines)


def main(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        print(f"There is no check {unknown[0]!r}. There are: {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    outcomes = run_all(names or list(CHECKS))
    print(closing_table(outcomes))
    failed = [outcome.name for outcome in outcomes if outcome.result == "failed"]
    print(f"\nFAILED: {', '.join(failed)}" if failed else "\nNothing failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
