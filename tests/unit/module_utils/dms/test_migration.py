# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps of a migration with DMS are done, and what its gate lets through: tables of cases, no AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.dms.latency import Datapoint, Latency
from ansible_collections.sysops.aws.plugins.module_utils.dms.migration import (
    NAME_TAG,
    STEP_TAG,
    Found,
    Limits,
    Migration,
)
from ansible_collections.sysops.aws.plugins.module_utils.dms.migration_gate import dead_end, refusals, still_behind
from ansible_collections.sysops.aws.plugins.module_utils.dms.migration_problems import problems
from ansible_collections.sysops.aws.plugins.module_utils.dms.migration_steps import STEPS, is_cut_over, steps

NOW = datetime(2026, 11, 23, 10, 0, 30, tzinfo=timezone.utc)
LIMITS = Limits(latency=60, require_validation=True, accepted=frozenset())
MIGRATION = Migration(
    name="orders",
    source="orders-source",
    target="orders-target",
    instance="orders",
    own_instance=True,
    subnet_group="orders",
    subnets=["subnet-1", "subnet-2"],
    type="full-load-and-cdc",
    cut_over=False,
    clean_up=False,
    clean_up_instance=False,
    limits=LIMITS,
)
SOURCE, TARGET = {"EndpointArn": "source"}, {"EndpointArn": "target"}
INSTANCE = {"ReplicationInstanceArn": "instance", "ReplicationInstanceStatus": "available"}
OURS = {NAME_TAG: "orders"}
PREPARATION = STEPS[:6]

LOAD = "full-load"
FINISHED = "Stop Reason FULL_LOAD_ONLY_FINISHED"
# DMS starts a task again by itself after these
RESTARTS = ("Stop Reason RECYCLE_TASK", "Stop Reason RECONFIGURATION_RESTART")


def task(
    status: str = "running", percent: int = 100, kind: str = "full-load-and-cdc", **changed: Any
) -> dict[str, Any]:
    return {
        "ReplicationTaskIdentifier": "orders",
        "ReplicationTaskArn": "task",
        "SourceEndpointArn": "source",
        "TargetEndpointArn": "target",
        "MigrationType": kind,
        "Status": status,
        "ReplicationTaskStats": {"FullLoadProgressPercent": percent, "TablesLoaded": 1},
        **changed,
    }


def found(step: str | None = None, **changed: Any) -> Found:
    """All of a migration that replicates, unless told otherwise."""
    tags = dict.fromkeys(("task", "source", "target", "instance"), OURS)
    if step:
        tags["task"] = {**OURS, STEP_TAG: step}
    whole = {"task": task(), "source": SOURCE, "target": TARGET, "instance": INSTANCE, "tags": tags}
    return Found(**{**whole, **changed})


def states(migration: Migration, there: Found) -> dict[str, str]:
    return {step.name: step.state for step in steps(migration, there)}


def expected(done: Any = (), waits: Any = (), left_out: Any = ("clean_up",)) -> dict[str, str]:
    words = {**dict.fromkeys(done, "done"), **dict.fromkeys(waits, "waits"), **dict.fromkeys(left_out, "left out")}
    return {name: words.get(name, "to do") for name in STEPS}


LAST = ("stop_writers", "catch_up", "stop_task", "switch")
LOADED = (*PREPARATION, "full_load")
CUT = replace(MIGRATION, cut_over=True)
CLEAN = replace(MIGRATION, clean_up=True)


@pytest.mark.parametrize(
    ("migration", "there", "wanted"),
    [
        (MIGRATION, Found(), expected(waits=LAST)),
        (CUT, Found(), expected()),
        # until it was started, everything is compared with what is wanted
        (MIGRATION, found(task=task("ready", 0)), expected(waits=LAST)),
        (MIGRATION, found(task=task("starting", 0)), expected(PREPARATION, LAST)),
        (MIGRATION, found(task=task("running", 40)), expected(PREPARATION, LAST)),
        (MIGRATION, found(), expected(LOADED, LAST)),
        (CUT, found(), expected(LOADED)),
        # one that has stopped before it was cut over is resumed
        (CUT, found(task=task("stopped")), expected(PREPARATION)),
        (CUT, found(task=task("failed")), expected(PREPARATION)),
        # the writers may have been started again while it still runs
        (CUT, found("catch_up"), expected(LOADED)),
        (CUT, found("catch_up", task=task("stopped")), expected((*LOADED, "gate", *LAST[:3]))),
        *(
            (CUT, found("catch_up", task=task("stopped", StopReason=reason)), expected(PREPARATION))
            for reason in RESTARTS
        ),
        (CUT, found("switch", task=task("stopped")), expected((*LOADED, "gate", *LAST))),
        (
            replace(MIGRATION, subnets=[], own_instance=False),
            Found(),
            expected(waits=LAST, left_out=("clean_up", "subnet_group", "instance")),
        ),
        (
            replace(CUT, type="full-load"),
            found(task=task("stopped", kind=LOAD, StopReason=FINISHED)),
            expected(LOADED, left_out=("clean_up", *LAST[:3])),
        ),
        (CLEAN, found("switch", task=task("stopped")), expected(STEPS[:-1], left_out=())),
        (CLEAN, Found(), expected(STEPS, left_out=())),
    ],
)
def test_the_steps_by_what_there_is(migration, there, wanted):
    assert states(migration, there) == wanted


@pytest.mark.parametrize(
    ("there", "refused"),
    [
        (found(), "task orders is running and not cut over"),
        (found(task=task("stopped")), "task orders is stopped and not cut over"),
        (found("catch_up", task=task("stopped")), "task orders is stopped and not cut over"),
        (found("switch"), "task orders is running and not cut over"),
        (found("switch", task=task("stopped")), None),
        (found("switch", task=task("failed")), None),
        (found("switch", task=task("stopped", StopReason=RESTARTS[0])), "task orders is stopped and not cut over"),
        (found(task=None), "there is no task orders, and nothing records that it was cut over"),
        (found(task=None, tags={"target": {**OURS, STEP_TAG: "clean_up"}, "source": OURS, "instance": OURS}), None),
        (Found(), None),
    ],
)
def test_only_what_is_cut_over_and_stopped_is_cleaned_up(there, refused):
    told = problems(CLEAN, there, "eu-west-1")
    assert is_cut_over(there) == (refused is None and there != Found())
    assert bool(told) == (refused is not None)
    if refused:
        assert refused in told[0]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (found(tags={}), "There is already a replication task orders, which isn't part of the migration"),
        (found(task=task("deleting")), "Task orders is being deleted"),
        (found(task=task(kind="cdc")), "is of type cdc, which can't become full-load-and-cdc"),
        (found(task=task(SourceEndpointArn="other")), "works with another endpoint than orders-source"),
        (Found(vpc_role=False), "There is no IAM role dms-vpc-role"),
        (Found(subnet_group={"Subnets": [{"SubnetIdentifier": "subnet-9"}]}), "has other subnets (subnet-9)"),
    ],
)
def test_what_speaks_against_a_migration(there, words):
    assert words in problems(MIGRATION, there, "eu-west-1")[0]


def table(state: str = "Table completed", validation: str = "Validated", name: str = "items") -> dict[str, Any]:
    return {"SchemaName": "shop", "TableName": name, "TableState": state, "ValidationState": validation}


def latency(seconds: float, incoming: float = 0, at: datetime = NOW) -> Latency:
    return Latency(Datapoint(at, seconds), Datapoint(at, 0), Datapoint(at, incoming))


@pytest.mark.parametrize(
    ("one", "tables", "behind", "told", "passes"),
    [
        (task(), [table()], latency(60), [], True),
        (task(), [table()], latency(61), ["61 seconds behind"], True),
        (task(), [table()], Latency(), ["CloudWatch has no"], True),
        # what DMS doesn't list is never fine
        (task(), [], latency(0), ["DMS lists no statistics of tables"], True),
        (task(ReplicationTaskStats={"FullLoadProgressPercent": 100, "TablesLoaded": 3}), [table()], latency(0),
         ["DMS counts 3 tables, and lists statistics of 1."], True),
        (task(kind="cdc", ReplicationTaskStats={}), [], latency(0), ["DMS lists no statistics of tables"], True),
        (task("stopped"), [table()], latency(0), ["Task orders is stopped"], False),
        *(
            (task("stopped", kind=kind, StopReason=reason), [table()], latency(0), ["Task orders is stopped"], True)
            for reason in RESTARTS
            for kind in ("full-load-and-cdc", LOAD)
        ),
        (task("starting"), [table()], latency(0), ["Task orders is starting"], True),
        (task(percent=99), [table()], latency(0), ["The full load is at 99 %."], False),
        (task(), [table("Table error", "Table error")], latency(0), ["1 table in error (shop.items)"], False),
        (task(), [table("Table is being reloaded")], latency(0), ["1 table not completely loaded"], False),
        (task(kind="cdc"), [table("Before load")], latency(0), [], True),
        (task(), [table(validation="Pending records")], latency(0), ["1 table still being validated"], True),
        (task(), [table(validation="Not enabled")], latency(0), ["1 table not validated"], False),
        (task(), [table(validation="Suspended records")], latency(0), ["1 table with rows that differ"], False),
        (task("stopped", kind=LOAD, StopReason=FINISHED), [table()], Latency(), [], True),
        (task("stopped", kind=LOAD, StopReason="Stop Reason FATAL_ERROR"), [table()], Latency(), ["stopped"], False),
        (task("running", kind=LOAD), [table()], Latency(), ["has not ended its load"], False),
    ],
)  # fmt: skip
def test_what_the_gate_refuses(one, tables, behind, told, passes):
    found_refusals = refusals(one, tables, behind, LIMITS)
    for words, refusal in zip(told, found_refusals, strict=True):
        assert words in refusal.words
    assert all(refusal.passes for refusal in found_refusals) == passes


def test_what_is_accepted_needs_no_validation():
    bad = [table(validation="No primary key"), table(validation="No primary key", name="log")]
    (refusal,) = refusals(task(), bad, latency(0), replace(LIMITS, accepted=frozenset({"shop.log"})))
    assert "1 table without primary key" in refusal.words
    assert refusals(task(), bad, latency(0), replace(LIMITS, require_validation=False)) == []


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("behind", "most", "words"),
    [
        (latency(0, at=NOW), 0, None),
        (latency(0, at=NOW - MINUTE), 0, "waiting for CDCLatencySource, CDCLatencyTarget, CDCIncomingChanges"),
        (Latency(), 0, "waiting for CDCLatencySource"),
        (latency(3), 0, "source 3 s and target 0 s behind"),
        (latency(3), 5, None),
        # changes that wait are never accepted
        (latency(0, incoming=1), 5, "1 change to apply"),
    ],
)
def test_only_whole_minutes_after_the_last_write_say_that_all_was_applied(behind, most, words):
    told = still_behind(behind, NOW, most)
    assert (told is None) == (words is None)
    assert words is None or words in told


@pytest.mark.parametrize(
    ("one", "ended"),
    [
        (task(), None),
        (task("starting", 0), None),
        (task("failed", LastFailureMessage="Disk full."), "Task orders is failed: Disk full."),
        (task("stopped", StopReason="Stop Reason NORMAL"), "Task orders is stopped: NORMAL."),
        (task("stopped", kind=LOAD, StopReason=FINISHED), None),
        *((task("stopped", 40, StopReason=reason), None) for reason in RESTARTS),
        (
            task("stopped", 40, "full-load", StopReason="Stop Reason FATAL_ERROR Error Level FATAL"),
            "Task orders is stopped: FATAL_ERROR.",
        ),
        (task("deleting"), "Task orders is being deleted."),
    ],
)
def test_a_task_that_goes_no_further_by_itself(one, ended):
    assert dead_end(one) == ended


def test_a_password_that_a_driver_quotes_is_not_passed_on():
    told = dead_end(task("failed", LastFailureMessage="Can't connect: UID=dms;PWD=open-sesame;"))
    assert "PWD=***" in str(told)
    assert "open-sesame" not in str(told)
