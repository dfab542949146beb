# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents of a task, compared in meaning; and the effective values of a replication instance."""

from __future__ import annotations

import json

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.dms.instance_options import effective, refuse_version
from ansible_collections.sysops.aws.plugins.module_utils.dms.lookup import TASK, failure_message
from ansible_collections.sysops.aws.plugins.module_utils.dms.task_documents import (
    compared,
    mappings_text,
    merged,
    parsed,
    paths,
    settable,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError

CURRENT = {
    "TargetMetadata": {"SupportLobs": True, "LobMaxSize": 32},
    "Logging": {
        "EnableLogging": True,
        "LogComponents": [{"Id": "IO", "Severity": "DEFAULT"}, {"Id": "SORTER", "Severity": "DEFAULT"}],
        "CloudWatchLogGroup": "dms-tasks-orders",
        "CloudWatchLogStream": "dms-task-ABC",
    },
    "BeforeImageSettings": None,
    "TTSettings": {"EnableTT": False, "TTS3Settings": None},
    "ControlTablesSettings": {"HistoryTimeslotInMinutes": 5},
}


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [
        ({}, {}, {}),
        ({"TargetMetadata": {"SupportLobs": True}}, {}, {}),
        ({"TargetMetadata": {"LobMaxSize": "32", "SupportLobs": "true"}}, {}, {}),
        ({"TargetMetadata": {"LobMaxSize": 64, "SupportLobs": True}},
         {"TargetMetadata": {"LobMaxSize": 32}}, {"TargetMetadata": {"LobMaxSize": 64}}),
        ({"TargetMetadata": {"SupportLobs": False}},
         {"TargetMetadata": {"SupportLobs": True}}, {"TargetMetadata": {"SupportLobs": False}}),
        ({"TTSettings": None, "BeforeImageSettings": None, "Other": None, "TargetMetadata": None}, {}, {}),
        ({"TargetMetadata": {"LobMaxSize": None}}, {}, {}),
        ({"TargetMetadata": {"LobMaxSize": 32.0}}, {}, {}),
        ({"TargetMetadata": {"LobMaxSize": 0}}, {"TargetMetadata": {"LobMaxSize": 32}},
         {"TargetMetadata": {"LobMaxSize": 0}}),
        ({"TTSettings": {"EnableTT": False, "FailTaskOnTTFailure": False}}, {}, {}),
        ({"TTSettings": {"EnableTT": "false", "A": 0, "B": "", "C": [], "E": {"F": None, "G": False}}}, {}, {}),
        ({"TTSettings": {"TTS3Settings": {"EncryptTTFiles": False}}}, {}, {}),
        ({"TTSettings": {"TTS3Settings": {"BucketFolder": "tt"}}}, {"TTSettings": {"TTS3Settings": None}},
         {"TTSettings": {"TTS3Settings": {"BucketFolder": "tt"}}}),
        ({"BeforeImageSettings": {"EnableBeforeImage": False, "FieldName": ""}}, {}, {}),
        ({"controlTablesSettings": {"historyTimeslotInMinutes": 5}}, {}, {}),
        ({"ControlTablesSettings": {"historyTimeslotInMinutes": 9}},
         {"ControlTablesSettings": {"HistoryTimeslotInMinutes": 5}},
         {"ControlTablesSettings": {"HistoryTimeslotInMinutes": 9}}),
        ({"Logging": {"LogComponents": [{"Id": "SORTER", "Severity": "DEFAULT"}]}}, {}, {}),
        ({"Logging": {"LogComponents": [{"Id": "IO", "Severity": "DEBUG"}, {"Id": "NEW", "Severity": "DEBUG"}]}},
         {"Logging": {"LogComponents": [{"Id": "IO", "Severity": "DEFAULT"}]}},
         {"Logging": {"LogComponents": [{"Id": "IO", "Severity": "DEBUG"}]}}),
    ],
)  # fmt: skip
def test_of_the_settings_only_the_wanted_ones_count(wanted, before, after):
    found = compared(CURRENT, wanted)
    assert (found.before, found.after) == (before, after)
    assert compared(merged(CURRENT, wanted), wanted).after == {}


@pytest.mark.parametrize(
    ("wanted", "unlisted", "named"),
    [
        ({"TTSettings": {"EnableTT": True, "FailTaskOnTTFailure": True}},
         {"TTSettings": {"FailTaskOnTTFailure": True}}, ["TTSettings.FailTaskOnTTFailure"]),
        ({"New": {"A": {"B": 1}, "C": 0}}, {"New": {"A": {"B": 1}, "C": 0}}, ["New.A.B", "New.C"]),
        ({"Logging": {"LogComponents": [{"Id": "NEW", "Severity": "DEBUG"}]}},
         {"Logging": {"LogComponents": [{"Id": "NEW", "Severity": "DEBUG"}]}}, ["Logging.LogComponents"]),
    ],
)  # fmt: skip
def test_what_dms_does_not_list_is_told_apart(wanted, unlisted, named):
    found = compared(CURRENT, wanted)
    assert found.unlisted == unlisted
    assert paths(found.unlisted) == named
    assert not {"FailTaskOnTTFailure", "NEW", "New"} & set(str(found.after).split("'"))


def test_settings_are_sent_in_the_spelling_of_dms_and_a_null_changes_nothing():
    told = merged(CURRENT, {"controlTablesSettings": {"historyTimeslotInMinutes": 9}, "TargetMetadata": None})
    assert told["ControlTablesSettings"] == {"HistoryTimeslotInMinutes": 9}
    assert "controlTablesSettings" not in told
    assert told["TargetMetadata"] == CURRENT["TargetMetadata"]


def test_what_dms_sets_itself_is_neither_compared_nor_sent():
    told = merged(CURRENT, {"Logging": {"EnableLogging": False}})
    assert told["Logging"] == {"EnableLogging": False, "LogComponents": CURRENT["Logging"]["LogComponents"]}
    assert told["TargetMetadata"] == CURRENT["TargetMetadata"]
    assert settable({"Logging": {"CloudWatchLogGroup": "a"}}) == {"Logging": {}}
    assert CURRENT["Logging"]["CloudWatchLogGroup"] == "dms-tasks-orders"


def test_mappings_are_the_same_in_any_order_and_with_numbers_for_ids():
    rules = [{"rule-id": "10", "a": 1}, {"rule-id": 9, "filters": []}]
    same = [{"rule-id": "9"}, {"a": 1, "rule-id": "10", "b": None}]
    assert mappings_text({"rules": rules}) == mappings_text({"rules": same})
    assert [rule["rule-id"] for rule in json.loads(mappings_text({"rules": rules}))["rules"]] == ["9", "10"]
    assert mappings_text({"rules": rules}) != mappings_text({"rules": [*same, {"rule-id": "11"}]})
    # a filter that is gone is a difference, though the wanted rule says nothing of it
    assert mappings_text({"rules": [{"rule-id": "9", "filters": [{"x": 1}]}]}) != mappings_text({"rules": same[:1]})


@pytest.mark.parametrize("text", [None, "", "no json", "[]"])
def test_what_is_no_document_is_an_empty_one(text):
    assert parsed(text) == {}


@pytest.mark.parametrize(
    ("pending", "wanted", "immediately", "counts_as"),
    [
        ({}, "b", False, "a"),
        ({"Class": "b"}, "b", False, "b"),
        ({"Class": "b"}, "b", True, "a"),
        ({"Class": "b"}, "a", False, "b"),
        ({"Class": "b"}, "a", True, "b"),
        ({"Class": "b"}, "c", True, "b"),
    ],
)
def test_a_pending_change_counts_unless_it_is_wanted_at_once(pending, wanted, immediately, counts_as):
    current = {"Class": "a", "PendingModifiedValues": pending}
    assert effective(current, {"Class": wanted}, immediately)["Class"] == counts_as


def test_a_key_by_its_id_and_a_version_by_its_beginning_are_as_wanted():
    current = {"KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/0a1b", "EngineVersion": "3.5.4"}
    for wanted in ({"KmsKeyId": "0a1b", "EngineVersion": "3.5"}, dict(current)):
        found = effective(current, wanted, False)
        assert {name: found[name] for name in wanted} == wanted
    found = effective(current, {"KmsKeyId": "a1b", "EngineVersion": "3.50"}, False)
    assert {name: found[name] for name in current} == current


def test_versions_go_forward_and_to_another_major_one_only_if_allowed():
    refuse_version("3.5.2", "3.5.10", allow_major=False)
    refuse_version("3.5.2", "3.6.1", allow_major=True)
    with pytest.raises(SweepError, match="allow_major_version_upgrade: true"):
        refuse_version("3.5.2", "3.6.1", allow_major=False)
    with pytest.raises(SweepError, match=r"older than 3\.5\.10"):
        refuse_version("3.5.10", "3.5.9", allow_major=True)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (None, ""),
        ("no\n  route", "no route"),
        ("DSN=x;PWD=open sesame;Port=3306", "DSN=x;PWD=***;Port=3306"),
        ('password: "it is secret", user dms', "password: ***, user dms"),
        ("Password=open, user dms", "Password=***, user dms"),
        ("Access denied for user 'dms' (using password: YES)", "Access denied for user 'dms' (using password: ***)"),
        ("the password is wrong", "the password is wrong"),
    ],
)
def test_what_looks_like_a_secret_is_not_told(message, told):
    assert failure_message(message) == told


def test_a_task_is_looked_for_as_it_is_written_and_in_lower_case():
    (by_name,) = TASK.filters("Orders")["Filters"]
    assert by_name == {"Name": "replication-task-id", "Values": ["Orders", "orders"]}
    (by_arn,) = TASK.filters("arn:aws:dms:eu-west-1:123456789012:task:ABC")["Filters"]
    assert by_arn["Name"] == "replication-task-arn"
