# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs `ansible-test sanity` in full on a copied tree, with a HOME of its own. Arguments go to ansible-test."""

from __future__ import annotations

import ast
import configparser
import os
import subprocess
import sys
from pathlib import Path

from copied_tree import TEST, make_copied_tree

HOME = TEST / "home"

# ansible-test would download its get-pip.py from a host of its own; the pip that Python ships can fetch the same
# version from wherever pip is configured to look.
GET_PIP = '''\
"""Installs the pip that ansible-test asks for, with the one that Python ships."""

import ensurepip
import runpy
import sys
from pathlib import Path

bundled = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
sys.path.insert(0, str(bundled))
sys.argv = ["pip", "install", "--quiet", "--disable-pip-version-check", "pip==24.2"]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
'''


def write_home() -> None:
    """A HOME with the get-pip seed and the caller's pip settings, which ansible-test takes from nowhere else."""
    seed = HOME / ".ansible" / "test" / "cache" / "get_pip_24_2.py"
    seed.parent.mkdir(parents=True, exist_ok=True)
    seed.write_text(GET_PIP, encoding="utf-8")
    settings = HOME / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)
    with settings.open("w", encoding="utf-8") as file:
        pip_settings().write(file)


def pip_settings() -> configparser.RawConfigParser:
    """What `pip config list` shows: files of every level, then the environment's PIP_ variables."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    settings = configparser.RawConfigParser()
    for line in sorted(listed, key=lambda line: line.startswith(":env:")):
        key, value = line.split("=", 1)
        section, option = key.replace(":env:", "global", 1).split(".", 1)
        if not settings.has_section(section):
            settings.add_section(section)
        # A list, of hosts or links, is one value a line.
        settings.set(section, option, ast.literal_eval(value).replace("\n", "\n\t"))
    return settings


def main() -> int:
    tree = make_copied_tree()
    write_home()
    ansible_test = Path(sys.executable).with_name("ansible-test")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [str(ansible_test), "sanity", "--local", "--python", python, "--color", "no", *sys.argv[1:]]
    return subprocess.run(command, cwd=tree, env={**os.environ, "HOME": str(HOME)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
