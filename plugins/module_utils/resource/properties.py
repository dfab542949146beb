# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a resource is and what it should be, compared in AWS's terms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.botocore import normalize_boto3_result
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

# a resource's properties by AWS's names; `Tags` is a plain dict of key -> value
Properties = dict[str, Any]
TAGS = "Tags"
# the names below them are somebody's data
DATA = (TAGS, "Parameters")


class Exact(dict[str, Any]):
    """A dict that isn't AWS's but somebody's data, such as a command's parameters: all keys count, and the order of
    lists."""


@dataclass(frozen=True)
class Change:
    """One property that is not as it should be. `before` is None where there is none, `after` where it is to go."""

    name: str
    before: Any
    after: Any

    def to_dict(self) -> dict[str, Any]:
        """`property`, `before` and `after` in Ansible's names."""
        before, after = (snake_case({self.name: _without_none(value)}) for value in (self.before, self.after))
        (name,) = before
        return {"property": name, "before": before[name], "after": after[name]}


def _without_none(value: Any) -> Any:
    """As AWS shows it: what is desired to be nothing is left out there."""
    if isinstance(value, Mapping):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def differences(current: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Change]:
    """The changes by property. What isn't desired isn't compared: it is AWS's own, or left to somebody else. Of a
    resource that doesn't exist yet (`current` is empty), what is to be off is a change, too."""
    changes = {name: Change(name, current.get(name), value) for name, value in desired.items()}
    if not current:
        return {name: change for name, change in changes.items() if change.after not in (None, "", [], {})}
    return {name: change for name, change in changes.items() if not _is_same(change)}


def _is_same(change: Change) -> bool:
    # tags are desired as a whole, since `wanted_tags` has already spared those that stay
    return (change.before or {}) == change.after if change.name == TAGS else same(change.before, change.after)


def same(current: Any, desired: Any) -> bool:
    """Whether AWS means the same by both.

    AWS leaves out what is empty, false or zero, gives lists in any order, and adds defaults to what it was told: of a
    dict, only the desired keys count. Texts of JSON are the same if they hold the same document, in which order and all
    keys do count. So do they in what is Exact.
    """
    if _is_off(desired) and _is_off(current):
        return True
    if desired in (None, "", [], {}):
        return False
    if isinstance(current, str) and isinstance(desired, str) and current != desired:
        documents = [_document(text) for text in (current, desired)]
        return documents[0] is not None and documents[0] == documents[1]
    if isinstance(desired, Exact):
        return bool(current == desired)
    if isinstance(current, Mapping) and isinstance(desired, Mapping):
        return all(same(current.get(key), value) for key, value in desired.items())
    if isinstance(current, list) and isinstance(desired, list):
        return _same_sets(current, desired)
    return bool(current == desired)


def _document(text: str) -> Any:
    """The object or list that a text of JSON holds; None for any other text."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _is_off(value: Any) -> bool:
    """What AWS may accept and leave out of its answers: nothing, false, zero, and a dict of nothing else. Somebody's
    data means what it says."""
    if isinstance(value, Mapping) and not isinstance(value, Exact):
        return all(_is_off(inner) for inner in value.values())
    return not value


def _same_sets(current: Sequence[Any], desired: Sequence[Any]) -> bool:
    left = distinct(current)
    for wanted in distinct(desired):
        found = next((index for index, item in enumerate(left) if same(item, wanted)), None)
        if found is None:
            return False
        left.pop(found)
    return not left


def distinct(values: Sequence[Any]) -> list[Any]:
    return [value for index, value in enumerate(values) if value not in values[:index]]


def wanted_tags(current: Mapping[str, str], tags: Mapping[str, Any], purge: bool) -> dict[str, str]:
    """All tags as they should be. Other tags go only if `purge`, and never those of AWS's own (`aws:`)."""
    texts = {str(key): str(value) for key, value in tags.items()}
    to_set, to_unset = compare_aws_tags(current, texts, purge)
    return {**{key: value for key, value in current.items() if key not in to_unset}, **to_set}


def snake_case(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties in Ansible's names. Tag keys stay as they are; lists are sorted, so that a diff shows differences."""
    snaked: dict[str, Any] = _snaked(normalize_boto3_result(_ordered(properties)))
    return snaked


def _snaked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_snaked_name(name): inner if name in DATA else _snaked(inner) for name, inner in value.items()}
    return [_snaked(item) for item in value] if isinstance(value, list) else value


def _snaked_name(name: str) -> str:
    return str(next(iter(camel_dict_to_snake_dict({name: None}))))


def _ordered(value: Any) -> Any:
    if isinstance(value, Exact):
        return dict(value)
    if isinstance(value, Mapping):
        return {key: _ordered(item) for key, item in value.items()}
    return sorted((_ordered(item) for item in value), key=repr) if isinstance(value, list) else value


def said(properties: Mapping[str, Any]) -> Properties:
    """Without what is None."""
    return {name: value for name, value in properties.items() if value is not None}
