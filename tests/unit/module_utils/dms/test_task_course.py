# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of status x wanted state x outcome of a replication task, whole: what is done, or refused."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.dms.task_course import (
    GOALS,
    PHASES,
    STATES,
    Course,
    Situation,
    Wish,
    course,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError

START, RESUME, RELOAD = (Course(start=kind) for kind in ("start-replication", "resume-processing", "reload-target"))
NOTHING, STOP = Course(), Course(stop=True)
STOP_RELOAD = Course(stop=True, start="reload-target")
STOP_RESUME = Course(stop=True, start="resume-processing")
DELETING, RUNS, RUNS_AND_DIFFERS, NO_LOAD = (
    "is being deleted",
    "stop it first",
    "only when it is stopped",
    "no full load",
)

# a task that rests: what becomes of it by the wanted state, for one that was never started and for one that was
RESTS = {
    "new": {"present": NOTHING, "started": START, "stopped": NOTHING, "reloaded": START, "absent": NOTHING},
    "ran": {"present": NOTHING, "started": RESUME, "stopped": NOTHING, "reloaded": RELOAD, "absent": NOTHING},
}
RUNNING = {"present": NOTHING, "started": NOTHING, "stopped": STOP, "reloaded": STOP_RELOAD, "absent": RUNS}
GOING: dict[str, Any] = {**dict.fromkeys(STATES, DELETING), "absent": NOTHING}
NOT_THERE = {"present": NOTHING, "started": START, "stopped": NOTHING, "reloaded": START}

TABLE: dict[tuple[str | None, bool], dict[str, Any]] = {
    (None, False): NOT_THERE,
    ("creating", False): RESTS["new"],
    ("ready", False): RESTS["new"],
    ("modifying", False): RESTS["new"],
    ("modifying", True): RESTS["ran"],
    ("testing", False): RESTS["new"],
    ("testing", True): RESTS["ran"],
    ("moving", False): RESTS["new"],
    ("moving", True): RESTS["ran"],
    ("failed-move", False): RESTS["new"],
    ("failed-move", True): RESTS["ran"],
    ("starting", True): RUNNING,
    ("running", True): RUNNING,
    ("stopping", True): RESTS["ran"],
    ("stopped", True): RESTS["ran"],
    # DMS says `ready` of a task that was changed after it had run, too
    ("ready", True): RESTS["ran"],
    ("failed", False): RESTS["new"],
    ("failed", True): RESTS["ran"],
    ("deleting", True): GOING,
}


def task(status: str | None, ran: bool, migration_type: str = "full-load-and-cdc", reason: str = "") -> Any:
    if status is None:
        return None
    found = {"Status": status, "MigrationType": migration_type, "StopReason": reason and f"Stop Reason {reason}"}
    return {**found, "ReplicationTaskStartDate": "once"} if ran else found


def outcome(found: Any, wish: Wish, *changes: str, wanted_type: str | None = None, **order: bool) -> Any:
    """The course, or what is said in refusal. `order` is Situation's `ordered` and `moved`."""
    try:
        return course("orders", Situation.of(found, wanted_type, frozenset(changes), **order), wish)
    except SweepError as error:
        return str(error)


def test_the_table_knows_every_status():
    assert {status for status, _ran in TABLE if status} == set(PHASES)


@pytest.mark.parametrize(("status", "ran"), TABLE)
def test_every_status_and_wanted_state(status, ran):
    for state, expected in TABLE[status, ran].items():
        found = outcome(task(status, ran), Wish(state))
        assert expected in found if isinstance(expected, str) else found == expected, (status, ran, state)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("present", RUNS_AND_DIFFERS),
        ("started", STOP_RESUME),
        ("stopped", STOP),
        ("reloaded", STOP_RELOAD),
        ("absent", RUNS),
    ],
)
@pytest.mark.parametrize("status", ["starting", "running"])
def test_a_running_task_that_differs(status, state, expected):
    found = outcome(task(status, True), Wish(state), "TableMappings")
    assert expected in found if isinstance(expected, str) else found == expected


@pytest.mark.parametrize(("status", "ran"), [row for row in TABLE if row[0] not in (None, "deleting")])
def test_only_a_running_task_must_stop_before_it_is_deleted(status, ran):
    expected = STOP if status in ("starting", "running") else NOTHING
    assert outcome(task(status, ran), Wish("absent", force=True)) == expected


ERRORS = ("RECOVERABLE_ERROR", "FATAL_ERROR Error Level FATAL", "EXPRESS_LICENSE_LIMITS_REACHED")
LOW = ("STOPPED_DUE_TO_LOW_MEMORY", "STOPPED_DUE_TO_LOW_DISK", "RECONFIGURATION_RESTART", "RECYCLE_TASK")
LOADED = ("FULL_LOAD_ONLY_FINISHED", "STOPPED_AFTER_FULL_LOAD", "STOPPED_AFTER_CACHED_EVENTS")
AT_POSITION = ("STOPPED_AT_SERVER_TIME", "STOPPED_AT_COMMIT_TIME")


@pytest.mark.parametrize(("reason", "goal"), [*product(("NORMAL", *ERRORS, *LOW, "STOPPED_AFTER_DDL_APPLY"), GOALS)])
@pytest.mark.parametrize("migration_type", ["full-load", "cdc", "full-load-and-cdc"])
def test_a_task_that_was_interrupted_goes_on(migration_type, reason, goal):
    assert outcome(task("stopped", True, migration_type, reason), Wish("started", goal)) == RESUME


@pytest.mark.parametrize(
    ("migration_type", "goal", "expected"),
    [
        ("full-load", "running", NOTHING),
        ("full-load", "full_load", NOTHING),
        ("full-load", "stopped", NOTHING),
        ("full-load-and-cdc", "running", RESUME),
        ("full-load-and-cdc", "full_load", NOTHING),
        ("full-load-and-cdc", "stopped", NOTHING),
    ],
)
@pytest.mark.parametrize("reason", LOADED)
def test_a_task_that_stopped_after_its_full_load(migration_type, goal, expected, reason):
    found = task("stopped", True, migration_type, reason)
    assert outcome(found, Wish("started", goal)) == expected
    assert outcome(found, Wish("reloaded", goal)) == RELOAD


def test_a_finished_full_load_that_shall_go_on_replicating_is_resumed():
    found = task("stopped", True, "full-load", "FULL_LOAD_ONLY_FINISHED")
    wanted = {"wanted_type": "full-load-and-cdc"}
    assert outcome(found, Wish("started"), "MigrationType", **wanted) == RESUME


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("reason", AT_POSITION)
def test_a_task_that_stopped_at_its_position_goes_on_only_with_another(reason, goal):
    found = task("stopped", True, "cdc", reason)
    assert outcome(found, Wish("started", goal)) == NOTHING
    assert outcome(found, Wish("started", goal), "TableMappings") == NOTHING
    assert outcome(found, Wish("started", goal), "CdcStopPosition") == RESUME


@pytest.mark.parametrize(
    ("status", "migration_type", "expected"),
    [
        ("stopped", "cdc", START),
        ("failed", "cdc", START),
        ("running", "cdc", "stop it first with state: stopped"),
        ("starting", "cdc", "stop it first with state: stopped"),
        ("stopped", "full-load-and-cdc", "only for the migration_type cdc"),
        ("running", "full-load-and-cdc", "only for the migration_type cdc"),
    ],
)
def test_a_new_start_position_is_begun_with_by_a_cdc_task_that_rests_alone(status, migration_type, expected):
    found = outcome(task(status, True, migration_type), Wish("started"), ordered=True, moved=True)
    assert expected in found if isinstance(expected, str) else found == expected
    for state, course_of in (("present", NOTHING), ("stopped", STOP if status in ("running", "starting") else NOTHING)):
        assert outcome(task(status, True, migration_type), Wish(state), ordered=True, moved=True) == course_of


@pytest.mark.parametrize("reason", ["NORMAL", *AT_POSITION, *ERRORS])
def test_a_start_position_that_was_given_before_is_not_begun_with_again(reason):
    for state in ("present", "started", "stopped"):
        assert outcome(task("running", True, "cdc"), Wish(state), ordered=True) == outcome(
            task("running", True, "cdc"), Wish(state)
        )
        rests = task("stopped", True, "cdc", reason)
        assert outcome(rests, Wish(state), ordered=True) == outcome(rests, Wish(state))


@pytest.mark.parametrize(("status", "stops"), [("running", True), ("stopped", False), ("failed", False)])
def test_a_reload_of_a_cdc_task_begins_at_the_position_that_is_given(status, stops):
    found = outcome(task(status, True, "cdc"), Wish("reloaded"), ordered=True)
    assert found == Course(stop=stops, start="start-replication")
    assert NO_LOAD in outcome(task(status, True, "cdc"), Wish("reloaded", tables=True), ordered=True)


@pytest.mark.parametrize(("status", "ran"), [row for row in TABLE if row[0] != "deleting"])
def test_a_task_without_full_load_is_not_reloaded(status, ran):
    for tables in (False, True):
        assert NO_LOAD in outcome(task(status, ran, "cdc"), Wish("reloaded", tables=tables), wanted_type="cdc")


def test_tables_of_a_task_without_full_load_are_validated_anew():
    wish = Wish("reloaded", tables=True, validates=True)
    assert outcome(task("running", True, "cdc"), wish) == Course(reload_tables=True)


@pytest.mark.parametrize(("status", "ran"), TABLE)
def test_single_tables_are_reloaded_only_while_the_task_runs(status, ran):
    found = outcome(task(status, ran), Wish("reloaded", tables=True))
    if status == "running":
        assert found == Course(reload_tables=True)
    elif status == "deleting":
        assert DELETING in found
    else:
        stands = f"is {status}" if status else "doesn't exist"
        assert found == (
            f"Replication task orders {stands}: DMS reloads single tables only while the task is running."
            " Nothing was changed."
        )


def test_tables_are_not_reloaded_in_a_task_that_must_stop_to_be_changed():
    found = outcome(task("running", True), Wish("reloaded", tables=True), "TableMappings")
    assert "change it first with state: started" in found
