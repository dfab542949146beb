# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tables the selection rules of a task choose. Pure.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Selections.html
"""

from __future__ import annotations

import json
import re


def selects(mappings: str, table: str) -> bool:
    """Whether some rule includes `schema.table`, and none excludes it. `%` is any text and `_` any character, and names
    are compared without case, as some engines fold them."""
    schema, _dot, name = table.partition(".")
    rules = [rule for rule in json.loads(mappings).get("rules", []) if rule.get("rule-type") == "selection"]
    actions = {
        rule.get("rule-action")
        for rule in rules
        if _matches(rule["object-locator"].get("schema-name", "%"), schema)
        and _matches(rule["object-locator"].get("table-name", "%"), name)
    }
    return bool(actions & {"include", "explicit"}) and "exclude" not in actions


def _matches(pattern: str, name: str) -> bool:
    parts = re.split(r"([%_])", pattern)
    wild = {"%": ".*", "_": "."}
    return re.fullmatch("".join(wild.get(part, re.escape(part)) for part in parts), name, re.IGNORECASE) is not None
