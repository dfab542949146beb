# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters by which roles read lists and dicts that are given as text."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

FILTERS = "ansible_collections.sysops.aws.plugins.filter"


def call(name: str, value: Any, **options: Any) -> Any:
    return importlib.import_module(f"{FILTERS}.{name}").FilterModule().filters()[name](value, **options)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("text_items", "a\nb, c", ["a", "b", "c"]),
        ("text_items", ["a\nb"], ["a", "b"]),
        ("text_items", 123456789012, ["123456789012"]),
        *(("text_items", nothing, []) for nothing in (None, "", [], [""])),
        ("text_mapping", "Keep: true\nVersion: 1.10", {"Keep": "true", "Version": "1.10"}),
        ("text_mapping", {"Keep": True}, {"Keep": True}),
        *(("text_mapping", nothing, {}) for nothing in (None, "", {}, " ")),
        ("text_rows", "- name: test\n  days: 3", [{"name": "test", "days": 3}]),
        ("text_rows", [{"name": "test"}], [{"name": "test"}]),
        *(("text_rows", nothing, []) for nothing in (None, "", [])),
    ],
)
def test_text_is_read(name, value, read):
    assert call(name, value) == read


def test_a_document_has_types():
    assert call("text_mapping", "Logging: {EnableLogging: false}", typed=True) == {"Logging": {"EnableLogging": False}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text_items", {"a": 1}),
        ("text_mapping", "hunter2"),
        ("text_mapping", ["hunter2"]),
        ("text_rows", "hunter2"),
        ("text_rows", ["hunter2"]),
        ("text_rows", {"hunter2": 1}),
    ],
)
def test_what_is_none_is_refused_without_quoting_it(name, value):
    with pytest.raises(AnsibleFilterError) as caught:
        call(name, value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("text_mapping", "Keep: yes: no"), ("text_rows", "a: b")])
def test_a_refusal_has_no_cause_whose_message_ansible_would_append(name, value):
    with pytest.raises(AnsibleFilterError) as caught:
        call(name, value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
