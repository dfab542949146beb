# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: text_mapping
version_added: 0.4.1
short_description: The mapping that is given as text
description:
  - >-
    Reads C(KEY: VALUE) on each line, JSON, or C(KEY=VALUE), as a survey or C(-e) hands it over.
  - What YAML writes without quotes stays text, so that C(1.10) and C(true) are values of tags.
  - Text that is no mapping, and a key that is there twice, are refused without quoting the text.
options:
  _input:
    description:
      - Text, a dict, or nothing.
    type: raw
    required: true
  typed:
    description:
      - Read numbers and booleans as YAML does, for a document whose values have types.
    type: bool
    default: false
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
"""

EXAMPLES = r"""
- name: Show the tags
  ansible.builtin.debug:
    msg: "{{ \"Keep: true\\nOwner: shop\" | sysops.aws.text_mapping }}"
"""

RETURN = r"""
_value:
  description: The mapping.
  type: dict
  sample: {Keep: "true", Owner: shop}
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import words_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.texts import is_blank, mapping_of


def text_mapping(value: Any, typed: bool = False) -> dict[str, Any]:
    """A mapping of a dict, of text, or of nothing. Raises AnsibleFilterError for what is none."""
    if is_blank(value):
        return {}
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise AnsibleFilterError("The value is no mapping: write KEY: VALUE on a line for each, or JSON.")
    try:
        return mapping_of(value, typed=typed)
    except ValueError as error:
        # Ansible would append the message of each cause
        raise AnsibleFilterError(f"A variable can't be read: {words_of(error)}.") from None


class FilterModule:
    """Ansible's entry to the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"text_mapping": text_mapping}
