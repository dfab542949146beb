# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: role_options
version_added: 0.4.1
short_description: The variables of one of this collection's roles, as a survey gives them
description:
  - Reads numbers, booleans, choices and lists of mappings of a role of this collection from the variables of the host,
    by the role's own C(meta/argument_specs.yml). Text means what it says, and empty text is the documented default.
  - For the roles of this collection. Extra variables take precedence over facts, so that a role can't set them itself.
options:
  _terms:
    description:
      - The names of roles, such as V(patch_now).
    type: list
    elements: str
    required: true
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
"""

EXAMPLES = r"""
- name: Show for how long the role waits
  ansible.builtin.debug:
    msg: "{{ lookup('sysops.aws.role_options', 'patch_now').wait_timeout }}"
"""

RETURN = r"""
_raw:
  description:
    - The values of each role, by the names of its variables without the name of the role.
    - C(refused) holds a sentence for each variable whose value is refused, and is empty where there is none.
  type: list
  elements: dict
  sample: [{refused: [], operation: scan, wait_timeout: 14400}]
"""

from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.lookup import LookupBase
from ansible_collections.sysops.aws.plugins.plugin_utils.role_options import read, typed

ROLES = Path(__file__).resolve().parents[2] / "roles"


@cache
def spec_of(role: str) -> dict[str, dict[str, Any]]:
    """The options of a role's entry point `main`."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    options: dict[str, dict[str, Any]] = yaml_load(text)["argument_specs"]["main"]["options"]
    return options


class LookupModule(LookupBase):
    """Ansible's entry to the lookup."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **_kwargs: Any) -> list[dict[str, Any]]:
        return [self._read(role, variables or {}) for role in terms]

    def _read(self, role: str, variables: dict[str, Any]) -> dict[str, Any]:
        spec = spec_of(role)
        given = {name: self._templar.template(variables[name]) for name in typed(spec) if name in variables}
        values, refused = read(spec, given)
        return {**{name.removeprefix(f"{role}_"): value for name, value in values.items()}, "refused": refused}
