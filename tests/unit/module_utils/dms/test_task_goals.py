# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a task has come as far as it should: every status, reason and goal."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.dms.task_goals import judge

LOADED = {"FullLoadProgressPercent": 100, "TablesLoaded": 3}
GOALS = ("running", "full_load", "stopped")


def task(status: str, reason: str = "", **fields: Any) -> dict[str, Any]:
    made = {"Status": status, "MigrationType": "full-load-and-cdc", "ReplicationTaskStats": {}, **fields}
    return {**made, "StopReason": f"Stop Reason {reason}"} if reason else made


def states(found: dict[str, Any], goals: tuple[str, ...] = GOALS) -> list[str]:
    return [judge(found, goal).state for goal in goals]


@pytest.mark.parametrize("status", ["creating", "modifying", "moving", "testing", "starting", "stopping"])
def test_what_passes_by_itself_is_waited_for(status):
    assert states(task(status), (*GOALS, "settled", "at_rest")) == ["waiting"] * 5


def test_a_task_that_is_being_deleted_comes_nowhere():
    assert states(task("deleting"), (*GOALS, "at_rest")) == ["missed"] * 4


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["reached", "waiting", "waiting"]),
        ({"ReplicationTaskStats": {**LOADED, "TablesQueued": 1}}, ["reached", "waiting", "waiting"]),
        ({"ReplicationTaskStats": LOADED}, ["reached", "reached", "waiting"]),
        # a load that replicates nothing is over only when DMS says so by stopping it
        ({"ReplicationTaskStats": LOADED, "MigrationType": "full-load"}, ["reached", "waiting", "waiting"]),
        ({"MigrationType": "cdc"}, ["reached", "reached", "waiting"]),
        ({"ReplicationTaskStats": {**LOADED, "TablesErrored": 2}}, ["reached", "missed", "waiting"]),
    ],
)
def test_a_running_task(fields, expected):
    assert states(task("running", **fields)) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("FULL_LOAD_ONLY_FINISHED", ["reached"] * 3),
        ("STOPPED_AFTER_FULL_LOAD", ["reached"] * 3),
        ("STOPPED_AFTER_CACHED_EVENTS", ["reached"] * 3),
        ("STOPPED_AT_SERVER_TIME", ["reached"] * 3),
        ("STOPPED_AT_COMMIT_TIME", ["reached"] * 3),
        ("NORMAL", ["missed", "missed", "reached"]),
        ("STOPPED_AFTER_DDL_APPLY", ["missed", "missed", "reached"]),
        ("RECOVERABLE_ERROR", ["missed"] * 3),
        ("FATAL_ERROR Error Level FATAL", ["missed"] * 3),
        ("EXPRESS_LICENSE_LIMITS_REACHED", ["missed"] * 3),
        ("STOPPED_DUE_TO_LOW_MEMORY", ["missed"] * 3),
        ("STOPPED_DUE_TO_LOW_DISK", ["missed"] * 3),
        ("RECONFIGURATION_RESTART", ["waiting"] * 3),
        ("RECYCLE_TASK", ["waiting"] * 3),
        ("", ["missed"] * 3),
    ],
)
def test_a_stopped_task_is_judged_by_its_reason(reason, expected):
    found = task("stopped", reason)
    assert states(found) == expected
    assert states(found, ("settled", "at_rest")) == ["reached", "reached"]


def test_a_load_that_finished_with_tables_in_error_is_no_success():
    verdict = judge(task("stopped", "FULL_LOAD_ONLY_FINISHED", ReplicationTaskStats={"TablesErrored": 1}), "full_load")
    assert (verdict.state, verdict.words) == (
        "missed",
        "its status is stopped, but 1 table could not be loaded; dms_replication_task_info tells which",
    )


@pytest.mark.parametrize("status", ["failed", "failed-move"])
def test_a_task_that_failed(status):
    found = task(status, "FATAL_ERROR Error Level FATAL", LastFailureMessage="Last Error: no route to host")
    assert states(found, (*GOALS, "settled", "at_rest")) == ["missed"] * 3 + ["reached"] * 2
    assert judge(found, "running").words == f"its status is {status} (FATAL_ERROR): Last Error: no route to host"


def test_a_task_that_was_never_started_is_fit_for_a_change_and_not_running():
    assert states(task("ready"), (*GOALS, "settled", "at_rest")) == ["missed"] * 3 + ["reached"] * 2
    assert states(task("running"), ("settled", "at_rest")) == ["reached", "waiting"]
