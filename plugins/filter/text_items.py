# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: text_items
version_added: 0.4.1
short_description: The items of a list that is given as text
description:
  - Splits text at commas and at the ends of lines, as a survey or C(-e) hands it over. JSON is read as it is.
  - Items are trimmed, and left out where they are empty. A list keeps its items, of which text is split at the ends of
    lines.
options:
  _input:
    description:
      - Text, a list, or nothing.
    type: raw
    required: true
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
"""

EXAMPLES = r"""
- name: Show each name
  ansible.builtin.debug:
    msg: "{{ \"web\\napi, db\" | sysops.aws.text_items }}"
"""

RETURN = r"""
_value:
  description: The items.
  type: list
  elements: raw
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.texts import is_blank, items_of


def text_items(value: Any) -> list[Any]:
    """The items of a list, of text, or of nothing. Raises AnsibleFilterError for what is neither."""
    if is_blank(value):
        return []
    if isinstance(value, (str, list)):
        return items_of(value)
    if isinstance(value, (int, float)):
        return [str(value)]
    raise AnsibleFilterError("text_items takes text or a list; write one item on a line.")


class FilterModule:
    """Ansible's entry to the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"text_items": text_items}
