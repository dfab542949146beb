# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done to a replication task so that it is as wanted: a table of phase x wanted state x outcome. Pure.

https://docs.aws.amazon.com/dms/latest/APIReference/API_StartReplicationTask.html
"""

from __future__ import annotations

from dataclasses import dataclass

from ..sweep.errors import SweepError
from ..sweep.region import Resource
from .task_state import stop_reason

PRESENT, STARTED, STOPPED, RELOADED, ABSENT = STATES = ("present", "started", "stopped", "reloaded", "absent")
START, RESUME, RELOAD = "start-replication", "resume-processing", "reload-target"
RUNNING, FULL_LOAD, FINISHED = GOALS = ("running", "full_load", "stopped")

# by DMS's statuses; those in which a task passes to another one stand for that one
NOWHERE, AT_REST, AT_WORK, LEAVING = "nowhere", "at rest", "at work", "leaving"
PHASES = {
    "creating": AT_REST,
    "ready": AT_REST,
    "modifying": AT_REST,
    "moving": AT_REST,
    "testing": AT_REST,
    "stopping": AT_REST,
    "stopped": AT_REST,
    "failed": AT_REST,
    "failed-move": AT_REST,
    "starting": AT_WORK,
    "running": AT_WORK,
    "deleting": LEAVING,
}
LOAD_ENDS = ("FULL_LOAD_ONLY_FINISHED", "STOPPED_AFTER_FULL_LOAD", "STOPPED_AFTER_CACHED_EVENTS")
POSITION_ENDS = ("STOPPED_AT_SERVER_TIME", "STOPPED_AT_COMMIT_TIME")


@dataclass(frozen=True)
class Course:
    """`stop` first, then the changes, then `start` in one of DMS's three ways, or `reload_tables`."""

    stop: bool = False
    start: str | None = None
    reload_tables: bool = False


@dataclass(frozen=True)
class Wish:
    """What the operator asked for. `goal` is how far the task should come, `tables` whether only some are reloaded,
    `force` whether a task that runs may be deleted, `validates` whether the tables are only validated anew."""

    state: str
    goal: str = RUNNING
    tables: bool = False
    force: bool = False
    validates: bool = False


@dataclass(frozen=True)
class Situation:
    """Where a task stands. `ran` tells whether it was ever started, `ended` is DMS's word for why it stopped. `changes`
    are the names of the properties that are going to change. `ordered` tells whether it is said where to start, `moved`
    whether that is known to be another order than the last one, or one that was not carried out."""

    phase: str
    status: str = ""
    ran: bool = False
    migration_type: str = "full-load"
    ended: str = ""
    changes: frozenset[str] = frozenset()
    ordered: bool = False
    moved: bool = False

    @classmethod
    def of(
        cls,
        task: Resource | None,
        migration_type: str | None,
        changes: frozenset[str],
        ordered: bool = False,
        moved: bool = False,
    ) -> Situation:
        """`migration_type` is the wanted one, None where the task's own stays."""
        if task is None:
            return cls(NOWHERE, migration_type=migration_type or "full-load", ordered=ordered)
        return cls(
            phase=PHASES.get(task["Status"], AT_WORK),
            status=task["Status"],
            ran=was_started(task),
            migration_type=migration_type or task["MigrationType"],
            ended=stop_reason(task) if PHASES.get(task["Status"]) == AT_REST else "",
            changes=changes,
            ordered=ordered,
            moved=moved,
        )


def was_started(task: Resource) -> bool:
    statistics = task.get("ReplicationTaskStats") or {}
    return bool(task.get("ReplicationTaskStartDate") or statistics.get("StartDate") or statistics.get("FreshStartDate"))


def course(name: str, situation: Situation, wish: Wish) -> Course:
    """Raises SweepError for what DMS can't do, or what would harm a task that runs."""
    _refuse(name, situation, wish)
    if wish.tables:
        return Course(reload_tables=True)
    at_work = situation.phase == AT_WORK
    if wish.state == RELOADED:
        anew = situation.ran and situation.migration_type != "cdc"
        return Course(stop=at_work, start=RELOAD if anew else START)
    if wish.state in (STOPPED, ABSENT):
        return Course(stop=at_work)
    if wish.state == PRESENT:
        return Course()
    if at_work:
        return Course(stop=True, start=RESUME) if situation.changes else Course()
    # a task goes on from where it stopped, unless it is given a new position, which only a start takes
    if not situation.ran or situation.moved:
        return Course(start=START)
    return Course() if _is_over(situation, wish) else Course(start=RESUME)


def _is_over(situation: Situation, wish: Wish) -> bool:
    """Whether it has come to the end that it was started for."""
    if situation.ended in POSITION_ENDS:
        return "CdcStopPosition" not in situation.changes
    if situation.migration_type == "full-load":
        return situation.ended in LOAD_ENDS
    return situation.ended in LOAD_ENDS and wish.goal in (FULL_LOAD, FINISHED)


def _refuse(name: str, situation: Situation, wish: Wish) -> None:
    task, status = f"Replication task {name}", situation.status
    if situation.phase == LEAVING and wish.state != ABSENT:
        raise SweepError(f"{task} is being deleted: start again when it is gone (state: absent waits for that).")
    # of single tables too: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.ReloadTables.html
    _refuse_reload(task, situation, wish)
    _refuse_move(task, situation, wish)
    if wish.tables and status != "running":
        stands = f"is {status}" if status else "doesn't exist"
        raise SweepError(
            f"{task} {stands}: DMS reloads single tables only while the task is running. Nothing was changed."
        )
    if wish.tables and situation.changes:
        raise SweepError(
            f"{task} is to be changed, for which it must stop, while tables are to be reloaded, for which it must run:"
            " change it first with state: started."
        )
    if situation.phase != AT_WORK:
        return
    if wish.state == PRESENT and situation.changes:
        raise SweepError(
            f"{task} is {status}, and DMS changes a task only when it is stopped: state: started stops it, changes it"
            " and lets it go on; state: stopped leaves it stopped. Nothing was changed."
        )
    if wish.state == ABSENT and not wish.force:
        raise SweepError(f"{task} is {status}: stop it first, or set force: true. Nothing was changed.")


def _refuse_reload(task: str, situation: Situation, wish: Wish) -> None:
    if wish.state != RELOADED or wish.validates or situation.migration_type != "cdc":
        return
    if wish.tables or not situation.ordered:
        raise SweepError(
            f"{task} has the migration_type cdc, so that there is no full load to reload: to replicate from another"
            " position, set cdc_start_position too. Nothing was changed."
        )


def _refuse_move(task: str, situation: Situation, wish: Wish) -> None:
    """A replication is never taken from where it is by a position alone."""
    if wish.state != STARTED or not situation.ran or not situation.moved:
        return
    if situation.migration_type != "cdc":
        raise SweepError(
            f"{task} is to start from another position than before, which DMS does only for the migration_type cdc:"
            " leave cdc_start_position and cdc_start_time out, or make a task under another identifier. Nothing was"
            " changed."
        )
    if situation.phase == AT_WORK:
        raise SweepError(
            f"{task} is {situation.status}, and is to start from another position than before: stop it first with"
            " state: stopped, after which state: started begins there; or leave cdc_start_position and cdc_start_time"
            " out, and it goes on from where it is. Nothing was changed."
        )
