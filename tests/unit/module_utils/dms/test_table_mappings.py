# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Table mappings that DMS takes, and those that it would refuse or ignore: the rule and the field are named."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.dms.table_mappings import ACTIONS, check_mappings
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError

LOCATOR = {"schema-name": "shop", "table-name": "%"}
SELECTION = {
    "rule-type": "selection",
    "rule-id": "1",
    "rule-name": "all",
    "rule-action": "include",
    "object-locator": LOCATOR,
}
CONDITION = {"filter-operator": "between", "start-value": "1", "end-value": "9"}
FILTER = {"filter-type": "source", "column-name": "id", "filter-conditions": [CONDITION]}
TRANSFORMATION = {
    "rule-type": "transformation",
    "rule-id": "2",
    "rule-name": "renamed",
    "rule-action": "rename",
    "rule-target": "schema",
    "object-locator": {"schema-name": "shop"},
    "value": "store",
}
COLUMN = {**LOCATOR, "column-name": "name"}
# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Validating.html#CHAP_Validating.JSONEditor
VALIDATION = {
    "rule-type": "validation",
    "rule-id": "4",
    "rule-name": "compared",
    "rule-target": "column",
    "object-locator": COLUMN,
    "rule-action": "override-validation-function",
    "source-function": "trim(${column-name})",
    "target-function": "${column-name}",
}
TABLE_SETTINGS = {"rule-type": "table-settings", "rule-id": "3", "rule-name": "large", "object-locator": LOCATOR}


def changed(rule: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A rule with other fields; `None` takes one away. Underscores stand for hyphens."""
    told = {**rule, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return {name: value for name, value in told.items() if value is not None}


@pytest.mark.parametrize(
    "rules",
    [
        [SELECTION],
        [changed(SELECTION, rule_id=1)],
        [changed(SELECTION, load_order="2", filters=[FILTER])],
        [changed(SELECTION, rule_action="explicit", object_locator={"schema-name": "a", "table-name": "b"})],
        [changed(SELECTION, object_locator={**LOCATOR, "table-type": "view"})],
        [changed(SELECTION, filters=[{**FILTER, "filter-conditions": [{"filter-operator": "null"}]}])],
        [SELECTION, TRANSFORMATION],
        [SELECTION, changed(TRANSFORMATION, rule_action="convert-lowercase", value=None)],
        [
            SELECTION,
            changed(TRANSFORMATION, rule_action="add-column", rule_target="column", object_locator=LOCATOR,
                    data_type={"type": "string", "length": 5}),
        ],
        [SELECTION, changed(TRANSFORMATION, rule_action="remove-column", rule_target="column", object_locator=COLUMN)],
        [SELECTION, TABLE_SETTINGS],
        [SELECTION, changed(TABLE_SETTINGS, parallel_load={"type": "ranges"}, lob_settings={"mode": "limited"})],
        [SELECTION, changed(SELECTION, rule_type="object-mapping", rule_id="2", rule_name="b", rule_action="map-x")],
        [SELECTION, VALIDATION],
    ],
)  # fmt: skip
def test_mappings_that_dms_takes(rules):
    check_mappings({"rules": rules}, "table_mappings")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (None, "m has no list of `rules`: a task needs at least one selection rule."),
        ([], "m has no list of `rules`: a task needs at least one selection rule."),
        ({"rule-type": "selection"}, "m has no list of `rules`: a task needs at least one selection rule."),
        (["all"], "m: rule 1 is not a mapping of fields."),
        ([changed(SELECTION, rule_type=None)], "m: rule 1 (all) has no rule-type."),
        ([changed(SELECTION, rule_type="select")], "m: rule 1 (all) has rule-type 'select', which is none of sel"),
        ([changed(SELECTION, rule_type=["a"])], "m: rule 1 (all) has rule-type ['a'], which is none of"),
        ([changed(SELECTION, rule_id=None)], "m: rule 1 (all) has no rule-id."),
        ([changed(SELECTION, rule_id="one")], "m: rule 1 (all) has rule-id 'one', which must be a number, such"),
        ([changed(SELECTION, rule_id=True)], "m: rule 1 (all) has rule-id True, which must be a number"),
        ([changed(SELECTION, rule_name=None)], "m: rule 1 has no rule-name."),
        ([changed(SELECTION, rule_name=7)], "m: rule 1 (7) has rule-name 7, which must be a text that isn't empty."),
        ([changed(SELECTION, rule_action=None)], "m: rule 1 (all) has no rule-action."),
        ([{**changed(SELECTION, rule_action=None), "rule_action": "include"}],
         "m: rule 1 (all) has no rule-action. It has rule_action: write rule-action."),
        ([changed(SELECTION, rule_action="inclde")],
         "has rule-action 'inclde', which is none of include, exclude, explicit. Did you mean include?"),
        ([changed(SELECTION, rule_action="exclude")], "m chooses no table: no selection rule has the rule-act"),
        ([TRANSFORMATION], "m chooses no table"),
        ([SELECTION, SELECTION], "m: rules 1 and 2 both have the rule-id '1'."),
        ([SELECTION, changed(SELECTION, rule_id=1, rule_name="b")], "m: rules 1 and 2 both have the rule-id '1'."),
        ([SELECTION, changed(SELECTION, rule_id="2")], "m: rules 1 and 2 both have the rule-name 'all'."),
        ([changed(SELECTION, object_locator=None)], "m: rule 1 (all) has no object-locator."),
        ([changed(SELECTION, object_locator="shop.%")], "has object-locator 'shop.%', which must be a mapping of"),
        ([changed(SELECTION, object_locator={"schema-name": "a"})], "has no object-locator.table-name."),
        ([changed(SELECTION, object_locator={"table-name": "a", "schema": "b"})],
         "has no object-locator.schema-name. It has schema: write schema-name."),
        ([changed(SELECTION, object_locator={**LOCATOR, "table-type": "views"})],
         "has object-locator.table-type 'views', which is none of table, view, all. Did you mean view?"),
        ([changed(SELECTION, rule_action="explicit")], "has % in object-locator.table-name, but rule-action explicit"),
        ([changed(SELECTION, load_order=-1)], "has load-order -1, which must be a number from 0 to 2147483647."),
        ([changed(SELECTION, load_order="first")], "has load-order 'first', which must be a number"),
        ([changed(SELECTION, filters={"a": 1})], "has filters that are not a list."),
        ([changed(SELECTION, filters=["a"])], "has filters[1] that is not a mapping of fields."),
        ([changed(SELECTION, filters=[changed(FILTER, filter_type="target")])],
         "has filters[1].filter-type 'target', which is none of source."),
        ([changed(SELECTION, filters=[changed(FILTER, column_name="")])], "has filters[1].column-name ''"),
        ([changed(SELECTION, filters=[changed(FILTER, filter_conditions=None)])],
         "has no filters[1].filter-conditions."),
        ([changed(SELECTION, filters=[changed(FILTER, filter_conditions=["x"])])],
         "has filters[1].filter-conditions[1] that is not a mapping of fields."),
        ([changed(SELECTION, filters=[FILTER, changed(FILTER, filter_conditions=[{"filter-operator": ">"}])])],
         "has filters[2].filter-conditions[1].filter-operator '>', which is none of between, eq, gte,"),
        ([changed(SELECTION, filters=[changed(FILTER, filter_conditions=[changed(CONDITION, end_value=None)])])],
         "has no filters[1].filter-conditions[1].end-value, which is needed by between."),
        ([SELECTION, changed(TRANSFORMATION, rule_target="scheme")],
         "m: rule 2 (renamed) has rule-target 'scheme', which is none of schema, table, column, table-tablespace,"),
        ([SELECTION, changed(TRANSFORMATION, rule_target=None)], "m: rule 2 (renamed) has no rule-target."),
        ([SELECTION, changed(TRANSFORMATION, rule_action="include")], "m: rule 2 (renamed) has rule-action 'include'"),
        ([SELECTION, changed(TRANSFORMATION, value=None)], "has no value, which is needed by rename."),
        ([SELECTION, changed(TRANSFORMATION, rule_action="replace-prefix")],
         "has no old-value, which is needed by replace-prefix."),
        ([SELECTION, changed(TRANSFORMATION, rule_target="table")], "has no object-locator.table-name."),
        ([SELECTION, changed(TRANSFORMATION, rule_target="column", object_locator=LOCATOR)],
         "has no object-locator.column-name."),
        ([SELECTION, changed(TRANSFORMATION, rule_action="change-data-type", rule_target="column",
                             object_locator=COLUMN)], "has no data-type, which is needed by change-data-type."),
        ([SELECTION, changed(TRANSFORMATION, rule_action="define-primary-key", rule_target="table",
                             object_locator=LOCATOR)], "has no primary-key-def, which is needed by define-prim"),
        ([SELECTION, changed(TABLE_SETTINGS, object_locator={"schema-name": "a"})],
         "has no object-locator.table-name."),
        ([SELECTION, changed(TABLE_SETTINGS, parallel_load={"type": "partition"})],
         "has parallel-load.type 'partition', which is none of partitions-auto,"),
        ([SELECTION, changed(TABLE_SETTINGS, parallel_load="ranges")], "has parallel-load that is not a mapping"),
        ([SELECTION, changed(TABLE_SETTINGS, lob_settings={"mode": "full"})],
         "has lob-settings.mode 'full', which is none of limited, unlimited, none."),
    ],
)  # fmt: skip
def test_mappings_that_are_not_valid_are_told_by_rule_and_field(rules, words):
    with pytest.raises(SweepError) as error:
        check_mappings({"rules": rules}, "m")
    assert words in str(error.value)


def test_what_is_no_document_at_all_is_told():
    with pytest.raises(SweepError, match="has no list of `rules`"):
        check_mappings(["rules"], "m")


@pytest.mark.parametrize("action", ACTIONS["transformation"])
def test_each_transformation_of_the_documentation_is_known(action):
    rule = changed(
        TRANSFORMATION, rule_action=action, rule_target="column", object_locator=COLUMN, old_value="a",
        data_type={"type": "string"}, primary_key_def={"name": "k"},
    )  # fmt: skip
    check_mappings({"rules": [SELECTION, rule]}, "m")
