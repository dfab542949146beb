# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: text_rows
version_added: 0.4.1
short_description: The list of mappings that is given as text
description:
  - Reads a list of mappings from YAML or JSON, as a text area hands it over.
  - Text that is no such list is refused without quoting it.
options:
  _input:
    description:
      - Text, a list of dicts, or nothing.
    type: raw
    required: true
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
"""

EXAMPLES = r"""
- name: Show the names
  ansible.builtin.debug:
    msg: "{{ \"- name: test\\n- name: prod\" | sysops.aws.text_rows | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: The mappings.
  type: list
  elements: dict
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import words_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.texts import is_blank, rows_of


def text_rows(value: Any) -> list[Any]:
    """A list of mappings, of text, or of nothing. Raises AnsibleFilterError for what is none."""
    try:
        rows = [] if is_blank(value) else rows_of(value) if isinstance(value, str) else value
    except ValueError as error:
        # Ansible would append the message of each cause
        raise AnsibleFilterError(f"A variable can't be read: {words_of(error)}.") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise AnsibleFilterError("The value is no list of mappings: write it as YAML or JSON.")
    return rows


class FilterModule:
    """Ansible's entry to the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"text_rows": text_rows}
