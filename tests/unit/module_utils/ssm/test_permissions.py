# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions that the patching modules say they need, against the calls in their files and the policy offered."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from botocore import xform_name
from botocore.session import get_session

ROOT = Path(__file__).resolve().parents[4]
FILES = ROOT / "plugins" / "module_utils" / "ssm"
MODULES = {
    "ssm_document": "document*.py",
    "ssm_maintenance_window": "maintenance_window*.py",
    "ssm_patch_baseline": "patch_baseline*.py",
}
CALL = re.compile(r'"ssm",\s+"([a-z_]+)"')


def told(module: str) -> set[str]:
    """The actions in the notes of a module's documentation."""
    text = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    documentation = yaml.safe_load(text.partition('DOCUMENTATION = r"""')[2].partition('"""')[0])
    return set(re.findall(r"C\((\w+:\w+)\)", " ".join(documentation["notes"])))


def called(module: str) -> set[str]:
    """The actions of the calls in a module's files and in those that they share."""
    operations = {xform_name(name): name for name in get_session().get_service_model("ssm").operation_names}
    paths = [*FILES.glob(MODULES[module]), FILES / "common.py"]
    return {f"ssm:{operations[name]}" for path in paths for name in CALL.findall(path.read_text(encoding="utf-8"))}


def offered() -> set[str]:
    policy = json.loads((ROOT / "docs" / "iam" / "ssm_patching.json").read_text(encoding="utf-8"))
    return {action for statement in policy["Statement"] for action in statement["Action"]}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_tells_the_permissions_that_its_calls_need(module):
    roles = {"iam:PassRole", "iam:CreateServiceLinkedRole"} if module == "ssm_maintenance_window" else set()
    assert told(module) == called(module) | roles
    assert len(called(module)) > 10


def test_the_policy_offered_allows_them_and_nothing_else():
    assert offered() == {action for module in MODULES for action in told(module)}


def test_the_policy_lets_nothing_be_changed_but_what_the_modules_keep():
    policy = json.loads((ROOT / "docs" / "iam" / "ssm_patching.json").read_text(encoding="utf-8"))
    for statement in policy["Statement"]:
        if any(not re.match(r"ssm:(Describe|Get|List|Create)", action) for action in statement["Action"]):
            assert statement["Resource"] not in ("*", ["*"]), statement["Sid"]
