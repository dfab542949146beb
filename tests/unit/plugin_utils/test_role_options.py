# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of a role as a survey gives them: empty text is the default, and text means what it says."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.role_options import read, typed

RECORD = {
    "record": {"type": "str", "required": True},
    "ttl": {"type": "int", "default": 60},
    "zone": {"type": "str"},
}
SPEC: dict[str, dict[str, Any]] = {
    "days": {"type": "raw", "default": 7},
    "delay": {"type": "raw", "default": 15.0},
    "images": {"type": "raw", "default": True},
    "mode": {"type": "str", "choices": ["scan", "install", ""], "default": "scan"},
    "tag": {"type": "str", "default": "PatchGroup"},
    "records": {"type": "raw", "default": [], "options": RECORD},
    "documents": {"type": "raw", "default": [], "options": {"config": {"type": "dict"}}},
    "filters": {"type": "raw", "default": [{"key": "PRODUCT"}]},
    "settings": {"type": "raw", "default": {"EnableLogging": True}},
    "reasons": {"type": "list", "elements": "str", "default": ["a"]},
    "groups": {"type": "list", "elements": "str", "default": []},
    "region": {"type": "str", "default": ""},
    "tags": {"type": "raw", "default": {}},
    "name": {"type": "str", "required": True},
    "path": {"type": "str", "default": "{{ other }}/x"},
    "password": {"type": "raw", "default": 5, "no_log": True},
}
DEFAULTS = {
    "days": 7, "delay": 15.0, "images": True, "mode": "scan", "tag": "PatchGroup", "records": [], "documents": [],
    "filters": [{"key": "PRODUCT"}], "settings": {"EnableLogging": True}, "reasons": ["a"],
}


def test_what_has_no_default_of_its_own_is_a_template_or_is_secret_is_not_read():
    assert typed(SPEC).keys() == DEFAULTS.keys()


@pytest.mark.parametrize("nothing", ["", " \n", None])
def test_what_is_left_open_is_the_default(nothing):
    assert read(SPEC, dict.fromkeys(SPEC, nothing)) == (DEFAULTS, [])
    assert read(SPEC, {}) == (DEFAULTS, [])


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("days", "14", 14),
        ("days", "0", 0),
        ("days", 0, 0),
        ("delay", "0.1", 0.1),
        ("images", "no", False),
        ("images", "false", False),
        ("images", "yes", True),
        ("images", False, False),
        ("mode", "install", "install"),
        ("tag", 5, "5"),
        ("records", [], []),
        ("records", "- record: a\n  ttl: '5'", [{"record": "a", "ttl": 5}]),
        ("records", '[{"record": "a"}]', [{"record": "a", "ttl": 60}]),
        ("records", [{"record": "a", "zone": "z"}], [{"record": "a", "ttl": 60, "zone": "z"}]),
        ("documents", "- config: {agent: 60}", [{"config": {"agent": 60}}]),
        ("documents", [{"config": {"agent": None}}], [{"config": {"agent": None}}]),
        ("filters", "- key: PRODUCT\n  values: ['*']", [{"key": "PRODUCT", "values": ["*"]}]),
        ("filters", [], []),
        ("settings", "EnableLogging: false\nDays: 5", {"EnableLogging": False, "Days": 5}),
        ("settings", {}, {}),
        ("reasons", "b\nc, d", ["b", "c", "d"]),
        ("reasons", [], []),
    ],
)
def test_text_means_what_it_says(name, text, value):
    assert read(SPEC, {name: text}) == ({**DEFAULTS, name: value}, [])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("days", "many", "'days' is of type"),
        ("days", "1.5", "'days' is of type"),
        ("delay", "soon", "'delay' is of type"),
        ("images", "perhaps", "'images' is of type"),
        ("mode", "Scan", "value of mode must be one of: scan, install, got: Scan"),
        ("records", "secret: [", "records: the text is neither YAML nor JSON"),
        ("records", "record: a", "records: the text is no list"),
        ("records", [{"ttl": 5}], "missing required arguments: record found in records"),
        ("records", [{"record": "a", "other": 1}], "records.other"),
        ("settings", "EnableLogging", "settings: the text is no mapping"),
        ("records", 5, "'records' is of type"),
    ],
)
def test_bad_values_are_refused_by_name(name, value, words):
    refused = read(SPEC, {name: value})[1]
    assert words in "; ".join(refused)
    assert "secret" not in "; ".join(refused)
