# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module makes of text, and of nothing, that is given for an option."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sysops.aws.plugins.module_utils.sweep.options import (
    empty_filters,
    lenient,
    nothing_selected,
    nulls,
)

SPEC: dict[str, Any] = {
    "names": {"type": "list", "elements": "str", "default": ["a"]},
    "kinds": {"type": "list", "elements": "str", "choices": ["x", "y"], "default": ["x"]},
    "groups": {"type": "list", "elements": "str"},
    "needed": {"type": "list", "elements": "str", "required": True},
    "tags": {"type": "dict", "default": {"Keep": "true"}},
    "settings": {"type": "dict"},
    "table_mappings": {"type": "dict"},
    "days": {"type": "int", "default": 7},
    "age": {"type": "int"},
    "shorten": {"type": "bool", "default": False},
    "delay": {"type": "float", "default": 2.5},
    "mode": {"type": "str", "choices": ["a", "b"], "default": "b"},
    "off": {"type": "str", "choices": ["", "a"], "default": "a"},
    "text": {"type": "str"},
    "path": {"type": "path"},
    "rows": {"type": "list", "elements": "dict", "options": {"names": {"type": "list", "elements": "str"}}},
    "ids": {"type": "list", "elements": "str"},
    "wanted": {"type": "dict"},
    "prefix": {"type": "str"},
}
FILTERS = ("ids", "wanted", "prefix")


def read(**given: Any) -> dict[str, Any]:
    given = {"needed": ["n"], **given}
    given |= nulls(given, SPEC, FILTERS)
    result = ArgumentSpecValidator(lenient(SPEC, FILTERS)).validate(given)
    if result.error_messages:
        raise ValueError("; ".join(result.error_messages))
    values: dict[str, Any] = result.validated_parameters
    return values


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        *(("names", nothing, ["a"]) for nothing in ("", "\n", [""], ["", " "], None)),
        ("names", [], []),
        ("names", "b, c\nd", ["b", "c", "d"]),
        ("names", ["b\nc", "d"], ["b", "c", "d"]),
        ("names", 7, ["7"]),
        ("kinds", "", ["x"]),
        ("kinds", "x\ny", ["x", "y"]),
        ("groups", "b\nc", ["b", "c"]),
        ("groups", None, None),
        *(("tags", nothing, {"Keep": "true"}) for nothing in ("", " ", None)),
        ("tags", {}, {}),
        ("tags", "Keep: true\nOwner: x", {"Keep": "true", "Owner": "x"}),
        ("settings", "", None),
        ("table_mappings", "rules:\n- id: 1", {"rules": [{"id": 1}]}),
        *(("days", nothing, 7) for nothing in ("", " ", None)),
        ("days", "14", 14),
        ("days", 0, 0),
        ("age", "", None),
        ("age", "0", 0),
        ("shorten", "", False),
        ("shorten", "true", True),
        ("delay", "", 2.5),
        ("delay", "0.1", 0.1),
        ("mode", "", "b"),
        ("mode", "a", "a"),
        ("off", "", ""),
        ("text", "", ""),
        ("path", "", None),
        ("rows", [{"names": "a\nb"}], [{"names": ["a", "b"]}]),
        *(("ids", nothing, []) for nothing in ("", " , \n", [], ["", " "], None)),
        ("ids", "a\nb", ["a", "b"]),
        *(("wanted", nothing, {}) for nothing in ("", "\n", {}, None)),
        ("wanted", "Env: 1.10", {"Env": "1.10"}),
        *(("prefix", nothing, "") for nothing in ("", "  ", None)),
        ("prefix", "/app", "/app"),
    ],
)
def test_text_and_nothing_mean_what_they_say(name, given, value):
    assert read(**{name: given})[name] == value


def test_what_is_left_out_is_the_default_and_no_filter():
    made = read()
    assert (made["names"], made["tags"], made["days"]) == (["a"], {"Keep": "true"}, 7)
    assert [made[name] for name in FILTERS] == [None, None, None]
    assert empty_filters(FILTERS, made) == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"tags": "Keep"},
            "argument 'tags' is of type str and we were unable to convert to dict: the text is no mapping",
        ),
        ({"kinds": []}, "'kinds' .*: it is empty; expected one or more of x, y"),
        ({"kinds": "z"}, "kinds must be one or more of: x, y"),
        ({"groups": ""}, r"'groups' .*: it is empty text; leave the option out, or write \[\]"),
        ({"needed": ""}, "'needed' .*: it is empty; expected a value"),
        ({"days": "x"}, "'days' is of type str and we were unable to convert to int"),
        ({"days": "1.5"}, "unable to convert to int"),
        ({"shorten": "x"}, "unable to convert to bool"),
        ({"mode": "c"}, "mode must be one of: a, b"),
        ({"wanted": "Env:"}, "'wanted' .*: Env has no value"),
        ({"wanted": {"Env": None}}, "'wanted' .*: Env has no value"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(given, words):
    with pytest.raises(ValueError, match=words):
        read(**given)


def test_a_default_is_nobodys_to_change():
    read(names="")["names"].append("b")
    assert read(names="")["names"] == ["a"]


def test_types_are_still_those_that_ansible_knows_by_name():
    made = lenient(SPEC, FILTERS)
    assert {name: option.get("type") for name, option in made.items()} == {
        name: option.get("type") for name, option in SPEC.items()
    }


@pytest.mark.parametrize(
    ("values", "empty"),
    [
        ({}, []),
        ({"ids": None}, []),
        ({"ids": ["a"], "wanted": {"a": ""}, "prefix": "x"}, []),
        ({"ids": [], "wanted": {}, "prefix": ""}, ["ids", "wanted", "prefix"]),
        # of two keys one has nothing to choose from
        ({"wanted": {"a": "b", "c": []}}, ["wanted"]),
    ],
)
def test_which_filters_select_nothing(values, empty):
    assert empty_filters(FILTERS, values) == empty


def test_a_sentence_says_so():
    assert nothing_selected(["ids"]).startswith("ids is empty and selects nothing: name the resources that are meant")
    assert nothing_selected(["ids", "tags"]).startswith("ids and tags are empty and select nothing")
