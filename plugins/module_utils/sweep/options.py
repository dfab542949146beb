# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as people and surveys give them: the one place where text becomes a list or a mapping, and where nothing
becomes the default of an option, or the empty choice of a filter.

An option with a default takes it where its value is empty text. A filter that is given, and is empty, selects nothing;
left out, it is None and filters nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from typing import Any

from ansible.module_utils.common.parameters import DEFAULT_TYPE_VALIDATORS

from .texts import is_blank, items_of, mapping_of

Spec = Mapping[str, Any]
EMPTY: Mapping[str, Callable[[], Any]] = {"list": list, "dict": dict, "str": str}
SCALARS = ("str", "int", "float", "bool", "path")
#: options that hold a document, in which a number is a number
DOCUMENTS = frozenset({"config", "replication_task_settings", "table_mappings", "checks"})


class Reading(str):
    """A type of an argument spec: Ansible's by its name, whose values are read by a function of ours."""

    read: Callable[..., Any]
    __name__: str

    def __new__(cls, name: str, read: Callable[..., Any]) -> Reading:
        made = super().__new__(cls, name)
        # Ansible names it in its messages
        made.__name__ = name
        made.read = read
        return made

    def __call__(self, value: Any, **words: Any) -> Any:
        return self.read(value, **words)


def nulls(given: Mapping[str, Any], argument_spec: Spec, filters: Collection[str]) -> dict[str, Any]:
    """The filters that are given as null, as empty ones: Ansible doesn't tell null from what is left out."""
    return {
        name: EMPTY[argument_spec[name].get("type", "str")]()
        for name in filters
        if name in given and given[name] is None
    }


def secret_collections(argument_spec: Spec, values: Mapping[str, Any]) -> dict[str, Any]:
    """The secret lists and dicts that are still the text that was given, which `lenient` has found to be right. Ansible
    hides what it finds before it reads text: read then, their values would be shown where it refuses another option."""
    return {
        name: _reader(name, option)(values[name])
        for name, option in argument_spec.items()
        if _is_secret_collection(option) and isinstance(values.get(name), str)
    }


def _is_secret_collection(option: Mapping[str, Any]) -> bool:
    return bool(option.get("no_log")) and option.get("type") in EMPTY and option["type"] != "str"


def empty_filters(filters: Collection[str], values: Mapping[str, Any]) -> list[str]:
    """Those that are given, and select nothing."""
    return [name for name in filters if _selects_nothing(values.get(name))]


def _selects_nothing(value: Any) -> bool:
    """Of a mapping everything must be met, so that one key without a value to choose from is enough."""
    if isinstance(value, Mapping):
        return not value or any(one == [] for one in value.values())
    return value is not None and not value


def nothing_selected(names: Sequence[str]) -> str:
    """In one sentence, that some filters are empty."""
    are, select, them = ("is", "selects", "it") if len(names) == 1 else ("are", "select", "them")
    return (
        f"{' and '.join(names)} {are} empty and {select} nothing: name the resources that are meant, or leave {them}"
        " out to select all."
    )


def lenient(argument_spec: Spec, filters: Collection[str] = ()) -> dict[str, Any]:
    """An argument spec with types that read text. Its values are checked by Ansible as before."""
    return {name: _option(name, option, name in filters) for name, option in argument_spec.items()}


def _option(name: str, option: Mapping[str, Any], is_filter: bool) -> dict[str, Any]:
    kind = option.get("type", "str")
    changed = dict(option)
    if "options" in option:
        changed["options"] = lenient(option["options"])
    if is_filter and kind == "str":
        changed["type"] = Reading(kind, _scalar(kind, ""))
    elif kind in ("list", "dict"):
        changed["type"] = Reading(kind, _reader(name, option, is_filter))
        if _is_secret_collection(option):
            changed["type"] = Reading(kind, _text_kept(_reader(name, option)))
    elif kind in SCALARS and _takes_nothing(kind, option):
        changed["type"] = Reading(kind, _scalar(kind, option.get("default")))
    return changed


def _takes_nothing(kind: str, option: Mapping[str, Any]) -> bool:
    """Whether empty text is nothing: where it has no meaning of its own."""
    if option.get("required") or "" in option.get("choices", ()):
        return False
    return kind != "str" or option.get("default") is not None


def _scalar(kind: str, default: Any) -> Callable[..., Any]:
    def read(value: Any, **words: Any) -> Any:
        return default if is_blank(value) else DEFAULT_TYPE_VALIDATORS[kind](value, **words)

    return read


def _text_kept(read: Callable[..., Any]) -> Callable[..., Any]:
    def check(value: Any) -> Any:
        found = read(value)
        return value if isinstance(value, str) and found else found

    return check


def _reader(name: str, option: Mapping[str, Any], is_filter: bool = False) -> Callable[..., Any]:
    kind = option["type"]
    convert = _to_dict(name) if kind == "dict" else _to_list(option.get("elements"))

    def read(value: Any) -> Any:
        if is_blank(value):
            return EMPTY[kind]() if is_filter else _nothing(option)
        found = convert(value)
        if is_filter and kind == "dict" and (bare := [key for key, one in found.items() if one is None]):
            raise ValueError(f"{bare[0]} has no value; expected one, or a list of values")
        if not found and kind == "list" and option.get("choices") and option.get("default"):
            raise ValueError(f"it is empty; expected one or more of {', '.join(option['choices'])}")
        return found

    return read


def _nothing(option: Mapping[str, Any]) -> Any:
    """Raises ValueError for an option that is required, and for a list that may mean something where it is empty."""
    if option.get("required"):
        raise ValueError("it is empty; expected a value")
    if option.get("default") is None and option.get("type") == "list":
        raise ValueError("it is empty text; leave the option out, or write [] for a list of nothing")
    return deepcopy(option.get("default"))


def _to_dict(name: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if isinstance(value, str):
            return mapping_of(value, typed=name in DOCUMENTS)
        return DEFAULT_TYPE_VALIDATORS["dict"](value)

    return convert


def _to_list(elements: Any) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        if elements == "str" and isinstance(value, str | list):
            return items_of(value)
        return DEFAULT_TYPE_VALIDATORS["list"](value)

    return convert
