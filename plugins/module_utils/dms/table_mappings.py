# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether table mappings are what DMS takes. Pure.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ..sweep.errors import SweepError, nearest

Rule = Mapping[str, Any]

ACTIONS = {
    "selection": ("include", "exclude", "explicit"),
    "transformation": (
        "add-before-image-columns",
        "add-column",
        "add-prefix",
        "add-suffix",
        "change-data-type",
        "convert-lowercase",
        "convert-uppercase",
        "data-masking-digits-mask",
        "data-masking-digits-randomize",
        "data-masking-hash-mask",
        "define-primary-key",
        "include-column",
        "remove-column",
        "remove-prefix",
        "remove-suffix",
        "rename",
        "replace-prefix",
        "replace-suffix",
    ),
}
# these say their action, if any, in words of their own
OTHER_TYPES = ("table-settings", "object-mapping", "post-processing", "validation")
TARGETS = ("schema", "table", "column", "table-tablespace", "index-tablespace")
WITH_VALUE = ("add-column", "add-prefix", "add-suffix", "remove-prefix", "remove-suffix", "rename")
REPLACING = ("replace-prefix", "replace-suffix")
TABLE_TYPES = ("table", "view", "all")
LOB_MODES = ("limited", "unlimited", "none")
PARALLEL_TYPES = ("partitions-auto", "subpartitions-auto", "partitions-list", "ranges", "none")
# filter-operator -> the fields of its operands
OPERATORS: Mapping[str, Sequence[str]] = {
    "between": ("start-value", "end-value"),
    "eq": ("value",),
    "gte": ("value",),
    "notbetween": ("start-value", "end-value"),
    "noteq": ("value",),
    "notnull": (),
    "null": (),
    "ste": ("value",),
}
LARGEST_LOAD_ORDER = 2147483647


def check_mappings(document: Any, option: str) -> None:
    """Raises SweepError, which names the rule and the field, for the first that DMS would refuse or ignore."""
    rules = document.get("rules") if isinstance(document, Mapping) else None
    if not isinstance(rules, list) or not rules:
        raise SweepError(f"{option} has no list of `rules`: a task needs at least one selection rule.")
    for number, rule in enumerate(rules, 1):
        _Checker(option, number, rule).check()
    _refuse_twice(option, rules, "rule-id")
    _refuse_twice(option, rules, "rule-name")
    if not any(rule["rule-type"] == "selection" and rule["rule-action"] != "exclude" for rule in rules):
        raise SweepError(f"{option} chooses no table: no selection rule has the rule-action include or explicit.")


def _refuse_twice(option: str, rules: Sequence[Rule], field: str) -> None:
    seen: dict[str, int] = {}
    for number, rule in enumerate(rules, 1):
        value = str(rule[field])
        if value in seen:
            raise SweepError(f"{option}: rules {seen[value]} and {number} both have the {field} {value!r}.")
        seen[value] = number


class _Checker:
    """Of one rule, which may be anything at all."""

    def __init__(self, option: str, number: int, rule: Any) -> None:
        self._where = f"{option}: rule {number}"
        self._rule = rule

    def check(self) -> None:
        if not isinstance(self._rule, Mapping):
            raise self._wrong("is not a mapping of fields")
        if self._rule.get("rule-name"):
            self._where += f" ({self._rule['rule-name']})"
        kind = self._one_of(self._rule, "rule-type", (*ACTIONS, *OTHER_TYPES))
        rule_id = self._rule.get("rule-id")
        if isinstance(rule_id, bool) or not str("" if rule_id is None else rule_id).isdecimal():
            raise self._missing_or("rule-id", 'must be a number, such as "1"')
        self._text(self._rule, "rule-name")
        checks: Mapping[str, Callable[[], None]] = {
            "selection": self._selection,
            "transformation": self._transformation,
            "table-settings": self._table_settings,
        }
        checks.get(kind, lambda: None)()

    def _selection(self) -> None:
        action = self._one_of(self._rule, "rule-action", ACTIONS["selection"])
        locator = self._locator("schema-name", "table-name")
        if "table-type" in locator:
            self._one_of(locator, "table-type", TABLE_TYPES, "object-locator.")
        wild = [name for name in ("schema-name", "table-name") if "%" in locator[name]]
        if action == "explicit" and wild:
            raise self._wrong(f"has % in object-locator.{wild[0]}, but rule-action explicit takes exact names")
        self._load_order()
        filters = self._rule.get("filters") or []
        if not isinstance(filters, list):
            raise self._wrong("has filters that are not a list")
        for number, entry in enumerate(filters, 1):
            self._filter(entry, f"filters[{number}].")

    def _load_order(self) -> None:
        order = self._rule.get("load-order")
        if order is None:
            return
        if isinstance(order, bool) or not str(order).isdecimal() or int(order) > LARGEST_LOAD_ORDER:
            raise self._wrong(f"has load-order {order!r}, which must be a number from 0 to {LARGEST_LOAD_ORDER}")

    def _filter(self, entry: Any, path: str) -> None:
        if not isinstance(entry, Mapping):
            raise self._wrong(f"has {path[:-1]} that is not a mapping of fields")
        self._one_of(entry, "filter-type", ("source",), path)
        self._text(entry, "column-name", path)
        conditions = entry.get("filter-conditions")
        if not isinstance(conditions, list) or not conditions:
            raise self._missing_or("filter-conditions", "must be a list of conditions", entry, path)
        for number, condition in enumerate(conditions, 1):
            inner = f"{path}filter-conditions[{number}]."
            if not isinstance(condition, Mapping):
                raise self._wrong(f"has {inner[:-1]} that is not a mapping of fields")
            operator = self._one_of(condition, "filter-operator", OPERATORS, inner)
            for field in OPERATORS[operator]:
                if condition.get(field) is None:
                    raise self._missing_or(field, f"is needed by {operator}", condition, inner)

    def _transformation(self) -> None:
        action = self._one_of(self._rule, "rule-action", ACTIONS["transformation"])
        target = self._one_of(self._rule, "rule-target", TARGETS)
        named = {"table": ("table-name",), "column": ("table-name", "column-name")}.get(target, ())
        # a column that is added has no name at the source, and its rule no column to look for
        self._locator("schema-name", *(name for name in named if (action, name) != ("add-column", "column-name")))
        if action in (*WITH_VALUE, *REPLACING):
            self._needed("value", action)
        if action in REPLACING:
            self._needed("old-value", action)
        if action in ("add-column", "change-data-type"):
            self._needed("data-type", action)
        if action == "define-primary-key":
            self._needed("primary-key-def", action)

    def _needed(self, field: str, action: str) -> None:
        if self._rule.get(field) in (None, ""):
            raise self._missing_or(field, f"is needed by {action}")

    def _table_settings(self) -> None:
        self._locator("schema-name", "table-name")
        for field, key, allowed in (("parallel-load", "type", PARALLEL_TYPES), ("lob-settings", "mode", LOB_MODES)):
            inner = self._rule.get(field)
            if inner is None:
                continue
            if not isinstance(inner, Mapping):
                raise self._wrong(f"has {field} that is not a mapping of fields")
            if field == "parallel-load" or key in inner:
                self._one_of(inner, key, allowed, f"{field}.")

    def _locator(self, *names: str) -> Mapping[str, Any]:
        locator = self._rule.get("object-locator")
        if not isinstance(locator, Mapping):
            raise self._missing_or("object-locator", "must be a mapping of schema-name and table-name")
        for name in names:
            self._text(locator, name, "object-locator.")
        return locator

    def _one_of(self, fields: Mapping[str, Any], field: str, allowed: Collection[str], path: str = "") -> str:
        value = fields.get(field)
        if value is None:
            raise self._missing_or(field, "", fields, path)
        if not isinstance(value, str) or value not in allowed:
            near = nearest(str(value), allowed)
            raise self._wrong(f"has {path}{field} {value!r}, which is none of {', '.join(allowed)}", near)
        return value

    def _text(self, fields: Mapping[str, Any], field: str, path: str = "") -> None:
        value = fields.get(field)
        if not isinstance(value, str) or not value:
            raise self._missing_or(field, "must be a text that isn't empty", fields, path)

    def _missing_or(
        self, field: str, words: str, fields: Mapping[str, Any] | None = None, path: str = ""
    ) -> SweepError:
        """It is missing, perhaps since it is misspelt; or else it is wrong in these words."""
        fields = self._rule if fields is None else fields
        if fields.get(field) is not None:
            return self._wrong(f"has {path}{field} {fields[field]!r}, which {words}")
        close = get_close_matches(field, [str(name) for name in fields if name not in KNOWN], n=1)
        why = f", which {words}" if words.startswith("is needed") else ""
        return self._wrong(f"has no {path}{field}{why}", f" It has {close[0]}: write {field}." if close else "")

    def _wrong(self, words: str, near: str = "") -> SweepError:
        return SweepError(f"{self._where} {words}.{near}")


KNOWN = frozenset(
    {
        *("rule-type", "rule-id", "rule-name", "rule-action", "rule-target", "object-locator", "filters", "value"),
        *("schema-name", "table-name", "table-type", "column-name", "filter-type", "filter-operator"),
        *("filter-conditions", "start-value", "end-value", "old-value", "data-type", "primary-key-def", "type"),
    }
)
