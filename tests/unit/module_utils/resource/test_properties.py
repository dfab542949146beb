# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS means the same by, in tables."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.resource.properties import (
    Change,
    Exact,
    differences,
    same,
    snake_case,
    wanted_tags,
)
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)
FULL, BARE = {"SecretArn": "a", "IAMAuth": "DISABLED"}, {"SecretArn": "a"}


@pytest.mark.parametrize(
    ("current", "desired"),
    [
        (1, 1),
        ("a", "a"),
        ('{"a": [1, 2], "b": {}}', '{ "b": {}, "a": [1,2] }'),
        (None, None),
        (None, ""),
        (None, []),
        (None, {}),
        ("", None),
        ([], None),
        # what AWS accepts and doesn't echo
        (None, 0),
        (None, False),
        (0, None),
        (False, None),
        (None, {"Payload": None, "Qualifier": None}),
        ({}, {"Lambda": {"Payload": None}}),
        ({"Max": 80}, {"Max": 80, "Debug": False, "Offset": 0, "Lambda": {"Payload": None}}),
        ({"Max": 80, "Alarm": {"Ignore": False}}, {"Max": 80, "Alarm": None}),
        ([{"Name": "a"}], [{"Name": "a", "NonSecurity": False}]),
        (["a", "b"], ["b", "a"]),
        (["a"], ["a", "a"]),
        ([FULL], [BARE]),
        ([{"SecretArn": "b"}, FULL], [BARE, {"SecretArn": "b"}]),
        ({"Max": 80, "Idle": 40, "Filters": []}, {"Max": 80}),
        ({"Max": 80}, {"Max": 80, "InitQuery": "", "Filters": []}),
        ({"Pool": {"Filters": ["x", "y"], "Max": 1}}, {"Pool": {"Filters": ["y", "x"]}}),
    ],
)
def test_aws_means_the_same(current, desired):
    assert same(current, desired)


@pytest.mark.parametrize(
    ("current", "desired"),
    [
        (1, 2),
        ("a", "A"),
        ('{"a": [1, 2]}', '{"a": [2, 1]}'),
        ('{"a": 1, "b": 2}', '{"a": 1}'),
        ("[a", "[ a"),
        (True, None),
        (True, False),
        (5, 0),
        (5, None),
        ({"Lambda": {"Payload": "x"}}, {"Lambda": {"Payload": None}}),
        ({"Lambda": {"Payload": "x"}}, {"Lambda": None}),
        ([{"Name": "a", "NonSecurity": True}], [{"Name": "a", "NonSecurity": False}]),
        (1, "1"),
        ("a", ""),
        (["a"], []),
        ([], ["a"]),
        (["a", "b"], ["a"]),
        (["a"], ["a", "b"]),
        ([BARE], [FULL]),
        ([FULL, {"SecretArn": "b"}], [FULL]),
        ({"Max": 80}, {"Max": 79}),
        ({"Max": 80}, {"Idle": 40}),
        ({"Max": 80}, {}),
        (["a"], "a"),
        ({"a": 1}, ["a"]),
    ],
)
def test_aws_does_not_mean_the_same(current, desired):
    assert not same(current, desired)


@given(VALUES)
def test_whatever_there_is_is_as_desired_when_it_is_desired(value):
    assert same(value, value)


@given(st.lists(st.text(max_size=2)), st.randoms())
def test_the_order_of_a_list_never_matters(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert same(values, shuffled)


def test_differences_are_of_what_is_desired_and_of_nothing_else():
    current = {"TLS": False, "Timeout": 1800, "Endpoint": "x", "Tags": {"a": "1"}}
    assert differences(current, {"TLS": True, "Timeout": 1800, "Role": "r"}) == {
        "TLS": Change("TLS", False, True),
        "Role": Change("Role", None, "r"),
    }


def test_of_what_does_not_exist_yet_all_that_is_said_is_a_difference():
    assert differences({}, {"TLS": False, "Offset": 0, "Name": "", "Filters": []}).keys() == {"TLS", "Offset"}
    assert differences({"Name": "x"}, {"TLS": False, "Offset": 0}) == {}


@pytest.mark.parametrize(
    ("current", "after", "differs"),
    [
        ({"a": "1"}, {"a": "1"}, False),
        ({}, {}, False),
        (None, {}, False),
        ({"a": "1", "b": "2"}, {"a": "1"}, True),
        ({"a": "1"}, {}, True),
        ({"a": "1"}, {"a": "2"}, True),
        (None, {"a": "1"}, True),
    ],
)
def test_tags_are_compared_as_a_whole(current, after, differs):
    assert bool(differences({"Tags": current}, {"Tags": after})) is differs


@pytest.mark.parametrize(
    ("current", "tags", "purge", "after"),
    [
        ({"a": "1"}, {"b": "2"}, True, {"b": "2"}),
        ({"a": "1"}, {"b": "2"}, False, {"a": "1", "b": "2"}),
        ({"a": "1"}, {"a": 1}, True, {"a": "1"}),
        ({}, {"On": True}, True, {"On": "True"}),
        ({"a": "1"}, {}, True, {}),
        ({"a": "1"}, {}, False, {"a": "1"}),
        ({"aws:cloudformation:stack-name": "s", "a": "1"}, {}, True, {"aws:cloudformation:stack-name": "s"}),
        ({"Team": "x"}, {"team": "y"}, False, {"Team": "x", "team": "y"}),
    ],
)
def test_tags_as_they_should_be(current, tags, purge, after):
    assert wanted_tags(current, tags, purge) == after


def test_names_become_ansibles_and_tag_keys_stay():
    properties = {"DBProxyArn": "x", "IAMAuth": "y", "VpcSubnetIds": ["b", "a"], "Tags": {"CostCenter": "1"}}
    assert snake_case(properties) == {
        "db_proxy_arn": "x",
        "iam_auth": "y",
        "vpc_subnet_ids": ["a", "b"],
        "tags": {"CostCenter": "1"},
    }


def test_in_somebody_s_data_every_key_and_the_order_of_lists_count():
    lines = {"commands": ["date", "uptime", "date"]}
    assert same(lines, Exact(lines))
    assert not same({**lines, "more": ["x"]}, Exact(lines))
    assert not same({"commands": ["uptime", "date", "date"]}, Exact(lines))
    assert not same(None, Exact(lines))
    assert not same(None, Exact(dry=[]))
    assert not same({}, Exact(dry=[]))
    told = snake_case({"Run": {"Parameters": Exact(InstanceId=["b", "a"])}})
    assert told == {"run": {"parameters": {"InstanceId": ["b", "a"]}}}


def test_a_change_is_told_in_ansibles_names():
    assert Change("RequireTLS", None, True).to_dict() == {"property": "require_tls", "before": None, "after": True}
    assert Change("Tags", {"B": "1"}, {}).to_dict() == {"property": "tags", "before": {"B": "1"}, "after": {}}
