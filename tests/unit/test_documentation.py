# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of every plugin is YAML: one colon too many, and ansible-doc shows nothing of a module."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
DOCUMENTED = sorted(
    path
    for folder in ("modules", "action", "callback", "doc_fragments", "filter")
    for path in (PLUGINS / folder).glob("[a-z]*.py")
)
TEXTS = ("DOCUMENTATION", "EXAMPLES", "RETURN")


def texts_of(path: Path) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in TEXTS
    }


@pytest.mark.parametrize("path", DOCUMENTED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_documentation_is_yaml_with_texts_in_its_lists(path):
    for name, text in texts_of(path).items():
        found = yaml.safe_load(text)
        if name == "DOCUMENTATION":
            lines = [*(found.get("description") or []), *(found.get("notes") or [])]
            assert all(isinstance(line, str) for line in lines), f"{name} of {path} holds a mapping for a sentence"
