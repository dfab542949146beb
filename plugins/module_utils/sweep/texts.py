# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists and mappings from the text that a survey, a text area or `-e` hands over. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_dict

try:
    import yaml
except ImportError:
    yaml = None  # type: ignore[assignment]

SEPARATORS = re.compile(r"[,\r\n]")
LINE_ENDS = re.compile(r"[\r\n]+")
DASHED = re.compile(r"\s*-\s+(\S.*)")
HOW = "expected a mapping: write KEY: VALUE on a line for each, or JSON"


def is_blank(value: Any) -> bool:
    """Whether it is what a survey hands over where nothing was answered: null, blanks, or a list of these."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list) and bool(value) and all(is_blank(one) for one in value))


def items_of(value: str | list[Any]) -> list[Any]:
    """The items of a list: of text those between commas and line ends, or of a JSON list; of a list its own, of which
    text is split at line ends. Text is trimmed, and left out where it is empty."""
    if isinstance(value, str):
        found = _json_list(value)
        return _trimmed(SEPARATORS.split(value)) if found is None else items_of(found)
    return [part for one in value for part in (_trimmed(LINE_ENDS.split(one)) if isinstance(one, str) else [one])]


def _trimmed(parts: list[str]) -> list[str]:
    trimmed = [part.strip() for part in parts if part.strip()]
    dashed = [DASHED.fullmatch(part) for part in trimmed]
    # a list in YAML; a name alone may begin with a dash
    return [match.group(1).strip() for match in dashed if match] if all(dashed) else trimmed


def _json_list(text: str) -> list[Any] | None:
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        # a pattern may begin with a bracket
        return None
    return found if isinstance(found, list) else None


def rows_of(text: str) -> list[Any]:
    """A list of mappings, from YAML or JSON with all its types. Raises ValueError, without the text: it may be a
    secret."""
    found = _typed(text)
    if not isinstance(found, list):
        raise ValueError("the text is no list; expected a list of mappings in YAML or JSON")
    return found


def mapping_of(text: str, typed: bool = False) -> dict[str, Any]:
    """A mapping from JSON, from YAML, or from `KEY=VALUE` as Ansible reads it.

    JSON has its types. What YAML writes without quotes stays the text that it is, as `1.10` and `true` are values of
    tags; with `typed` it is what YAML makes of it. Raises ValueError, without the text: it may be a secret.
    """
    if text.lstrip().startswith("{"):
        try:
            return _mapping(json.loads(text, object_pairs_hook=_unique))
        except (json.JSONDecodeError, RecursionError):
            pass  # YAML has braces too, and says what is nested too deep
    found = _typed(text) if typed else _untyped(text)
    if isinstance(found, str) and "=" in found:
        return _assignments(text)
    if isinstance(found, Mapping) and not typed and (odd := [key for key in found if "=" in key]):
        raise ValueError(f"the key {odd[0]!r} holds an equals sign; {HOW}")
    return _mapping(found)


def _mapping(found: Any) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise ValueError(f"the text is no mapping; {HOW}")
    return dict(found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError for a key that is there twice: one of the two would be lost in silence."""
    keys = [key for key, _value in pairs]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise ValueError(f"the key {twice[0]!r} is there twice; write its values as one list")
    return dict(pairs)


def _assignments(text: str) -> dict[str, Any]:
    pairs: list[tuple[str, Any]] = []
    for line in LINE_ENDS.split(text.strip()):
        try:
            pairs += check_type_dict(line.strip()).items()
        except (TypeError, ValueError) as error:
            raise ValueError(f"the text is no mapping; {HOW}") from error
    return _unique(pairs)


def _typed(text: str) -> Any:
    def parse() -> Any:
        # the constructor takes a key that is there twice
        _plain(yaml.compose(text, Loader=yaml.SafeLoader))
        return yaml.safe_load(text)

    return _parsed(text, parse)


def _untyped(text: str) -> Any:
    return _parsed(text, lambda: _plain(yaml.compose(text, Loader=yaml.SafeLoader)))


def _parsed(text: str, parse: Any) -> Any:
    if yaml is None:
        try:
            return json.loads(text)
        except ValueError:
            return text
    try:
        return parse()
    except (yaml.YAMLError, RecursionError):
        # not `from`: the parser's message quotes the text
        raise ValueError(f"the text is neither YAML nor JSON; {HOW}") from None


def _plain(node: Any) -> Any:
    """A node of YAML with text as it is written; None where nothing is."""
    if isinstance(node, yaml.MappingNode):
        if not all(isinstance(key, yaml.ScalarNode) for key, _value in node.value):
            raise ValueError(f"a key is a list or a mapping; {HOW}")
        return _unique([(str(key.value), _plain(value)) for key, value in node.value])
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one) for one in node.value]
    if node is None or (node.style is None and node.value in ("", "~", "null")):
        return None
    return node.value
