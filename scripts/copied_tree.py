# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A copy of the working tree at a path that Ansible's tools accept as a collection's.

ansible-test passes over symbolic links, and ansible-lint and antsibull-docs write into `.ansible`, which here holds a
link to the repository itself: so they get real files of their own, under .ansible/test.
"""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST = ROOT / ".ansible" / "test"
COLLECTIONS = TEST / "ansible_collections"
TREE = COLLECTIONS / "sysops" / "aws"


def make_copied_tree() -> Path:
    """Copies what git tracks, or would, to TREE, and links the collections that it depends on beside it."""
    shutil.rmtree(TREE, ignore_errors=True)
    for name in _names():
        source, target = ROOT / name, TREE / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # A repository of its own: the outer one ignores everything here, and ansible-test would find nothing to test.
    subprocess.run(["git", "init", "--quiet", str(TREE)], check=True)
    _link_dependencies()
    return TREE


def _names() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name]


def _link_dependencies() -> None:
    spec = find_spec("ansible_collections")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package `ansible` with its collections isn't installed here: run `make setup`")
    installed = Path(next(iter(spec.submodule_search_locations)))
    for namespace in ("amazon", "community"):
        link = COLLECTIONS / namespace
        link.unlink(missing_ok=True)
        link.symlink_to(installed / namespace, target_is_directory=True)
