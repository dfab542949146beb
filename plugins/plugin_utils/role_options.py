# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of a role as a survey, a text area or `-e` gives them, read as the role's argument spec says. Pure.

Ansible checks the argument spec of a role by itself, and refuses empty text where it expects a number. So the spec says
`raw` there, or has empty text among its choices, and the type is that of the default.

Of `raw` lists the items are mappings, and in `raw` dicts numbers and booleans are what YAML makes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import words_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.options import lenient
from ansible_collections.sysops.aws.plugins.module_utils.sweep.texts import is_blank, mapping_of, rows_of

Spec = Mapping[str, Mapping[str, Any]]
TYPES = {bool: "bool", int: "int", float: "float", list: "list", dict: "dict"}
PARSERS = {"list": rows_of, "dict": partial(mapping_of, typed=True)}


def typed(spec: Spec) -> dict[str, dict[str, Any]]:
    """The options that take their default where they are empty text, with the types of their defaults.

    No secrets, and none whose default is a template or is empty itself, but for lists of mappings, also required ones.
    """
    found = {name: _typed(option) for name, option in spec.items() if not option.get("no_log")}
    return {name: option for name, option in found.items() if option}


def _typed(option: Mapping[str, Any]) -> dict[str, Any]:
    """One option; empty where there is nothing to read."""
    default, kind = option.get("default"), option.get("type", "str")
    if kind == "raw" and option.get("required") and "options" in option:
        return {"type": "list", "elements": "dict", "default": [], "options": option["options"]}
    if default in (None, "", {}) or "{{" in str(default):
        return {}
    if kind == "raw":
        rows = {"elements": "dict"} if isinstance(default, list) else {}
        suboptions = {"options": option["options"]} if "options" in option else {}
        return {"type": TYPES[type(default)], "default": default, **rows, **suboptions}
    if kind == "str":
        choices = {"choices": [one for one in option["choices"] if one]} if "choices" in option else {}
        return {"type": "str", "default": default, **choices}
    return {"type": kind, "default": default, "elements": "str"} if kind == "list" and default else {}


def read(spec: Spec, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The values of the options that `typed` names; or none, and what is wrong with each that is refused."""
    options = typed(spec)
    values: dict[str, Any] = {}
    refused: list[str] = []
    for name in sorted(name for name in options.keys() & given.keys() if not is_blank(given[name])):
        try:
            values[name] = _parsed(options[name], given[name])
        except ValueError as error:
            refused.append(f"{name}: {words_of(error)}")
    result = ArgumentSpecValidator(lenient(options)).validate(values)
    if refused := refused + list(result.error_messages):
        return {}, refused
    return {name: _given(options[name], value) for name, value in result.validated_parameters.items()}, []


def _parsed(option: Mapping[str, Any], value: Any) -> Any:
    """Text as the collection that it writes. Raises ValueError."""
    if not isinstance(value, str) or option["type"] not in PARSERS or option.get("elements") == "str":
        return value
    return PARSERS[option["type"]](value)


def _given(option: Mapping[str, Any], value: Any) -> Any:
    """Without the suboptions that nobody gave, which Ansible's check adds as null."""
    if "options" not in option or value is None:
        return value
    if isinstance(value, list):
        return [_given(option, one) for one in value]
    return {key: _given(option["options"][key], one) for key, one in value.items() if one is not None}
