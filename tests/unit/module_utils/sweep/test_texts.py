# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of the text of a survey, of a text area or of `-e`."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.texts import (
    is_blank,
    items_of,
    mapping_of,
    rows_of,
)


@pytest.mark.parametrize("value", [None, "", " \n", [""], [" ", None], ["", [""]]])
def test_nothing_was_answered(value):
    assert is_blank(value)


@pytest.mark.parametrize("value", [[], {}, 0, False, "x", ["", "x"], [0]])
def test_something_was_answered(value):
    assert not is_blank(value)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        (" a , b ,", ["a", "b"]),
        ("a\nb\r\n\n c\n", ["a", "b", "c"]),
        ("a,\nb,\nc", ["a", "b", "c"]),
        ("a\rb", ["a", "b"]),
        ('["a", "b, c"]', ["a", "b, c"]),
        ("- a\n- b c\n", ["a", "b c"]),
        ("-a", ["-a"]),
        ("- a\nb", ["- a", "b"]),
        ("[ab]*", ["[ab]*"]),
        ("[a], b", ["[a]", "b"]),
        ("", []),
        ("/aws/rds/*\n/app/[ab]*\n", ["/aws/rds/*", "/app/[ab]*"]),
        ("true\n7\n0123", ["true", "7", "0123"]),
        # a list of its own keeps its commas: Ansible has split those of text
        (["a, b", "c\nd", " ", 7], ["a, b", "c", "d", 7]),
        ([], []),
    ],
)
def test_the_items_of_a_list(text, items):
    assert items_of(text) == items


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("Keep: true\nOwner: x", {"Keep": "true", "Owner": "x"}),
        ("Keep: true\r\nOwner: x\r\n", {"Keep": "true", "Owner": "x"}),
        ("Keep: 'true'", {"Keep": "true"}),
        (
            "Version: 1.10\nBuild: 007\nDay: 2026-01-01\nYes: no",
            {"Version": "1.10", "Build": "007", "Day": "2026-01-01", "Yes": "no"},
        ),
        ("Keep: [a, 1.10]\nOwner:\n- x\n- y", {"Keep": ["a", "1.10"], "Owner": ["x", "y"]}),
        ('Keep: "*"', {"Keep": "*"}),
        ("Keep:\nEmpty: ''", {"Keep": None, "Empty": ""}),
        ("{Keep: true, Owner: x}", {"Keep": "true", "Owner": "x"}),
        ('{"Keep": true, "N": 7, "T": "true"}', {"Keep": True, "N": 7, "T": "true"}),
        ("{}", {}),
        ("Keep=true", {"Keep": "true"}),
        ("Keep=true,Owner=x", {"Keep": "true", "Owner": "x"}),
        ("Keep=true\nOwner=x", {"Keep": "true", "Owner": "x"}),
        ("tag:Env: prod", {"tag:Env": "prod"}),
    ],
)
def test_a_mapping_is_text_as_it_is_written(text, mapping):
    assert mapping_of(text) == mapping


def test_a_document_has_the_types_of_yaml():
    text = "TTSettings:\n  EnableTT: false\n  Seconds: 60"
    assert mapping_of(text, typed=True) == {"TTSettings": {"EnableTT": False, "Seconds": 60}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Keep", "is no mapping; expected a mapping: write KEY: VALUE on a line for each, or JSON"),
        ("Keep true\nOwner x", "is no mapping"),
        ("- Keep: true", "is no mapping"),
        ("[1, 2]", "is no mapping"),
        ("7", "is no mapping"),
        ("Keep:true", "is no mapping"),
        ("Keep: true, Owner: x", "neither YAML nor JSON"),
        ("Keep: true\nOwner", "neither YAML nor JSON"),
        ('{"Keep": "true"', "neither YAML nor JSON"),
        ("Keep: a\nKeep: b", "'Keep' is there twice"),
        ("Keep=a\nKeep=b", "'Keep' is there twice"),
        ('{"Keep": "a", "Keep": "b"}', "'Keep' is there twice"),
        ("Keep=a: b", "holds an equals sign"),
        ("Keep=a b", "is no mapping"),
        ("&a [*a]", "is no mapping|neither"),
    ],
)
def test_text_that_is_no_mapping_is_refused(text, words):
    with pytest.raises(ValueError, match=words):
        mapping_of(text)


def test_what_is_refused_is_not_quoted_since_it_may_be_a_secret():
    for text in ("password hunter2", "password: hunter2: x", '{"password": "hunter2"'):
        with pytest.raises(ValueError, match="expected a mapping") as caught:
            mapping_of(text)
        assert "hunter2" not in str(caught.value)
        assert caught.value.__cause__ is None or "hunter2" not in str(caught.value.__cause__)


def test_rows_are_read_from_yaml_and_json():
    rows = [{"name": "test", "days": 3}, {"name": "prod", "days": 7}]
    assert rows_of("- name: test\n  days: 3\n- {name: prod, days: 7}") == rows
    assert rows_of('[{"name": "test", "days": 3}, {"name": "prod", "days": 7}]') == rows
    with pytest.raises(ValueError, match="is no list"):
        rows_of("name: test")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "a: " + "[" * 3000])
def test_what_is_nested_too_deep_is_no_traceback(text):
    assert isinstance(items_of(text), list)
    for typed in (False, True):
        with pytest.raises(ValueError, match="neither YAML nor JSON"):
            mapping_of(text, typed=typed)


@pytest.mark.parametrize("text", ["log: {days: 3}\nlog: {days: 30}", "log: {days: 3, days: 30}"])
def test_a_key_that_is_there_twice_is_refused_in_a_document_too(text):
    with pytest.raises(ValueError, match="is there twice"):
        mapping_of(text, typed=True)
    with pytest.raises(ValueError, match="is there twice"):
        rows_of(f"- {text}".replace("\n", "\n  "))


def test_a_key_that_is_no_text_is_refused_without_words_of_the_parser():
    with pytest.raises(ValueError, match="a key is a list or a mapping"):
        mapping_of("? [a, b]\n: c")
