# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a migration with DMS has come: which steps are done and which remain, by what there is in AWS. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..resource.runbook import DONE, LEFT_OUT, TO_DO, WAITS, Step, has_reached
from ..sweep.region import Resource
from .migration import NAME_TAG, Found, Migration
from .migration_gate import progress
from .task_state import FAILED, is_loaded, is_restarting

STEPS = (
    "subnet_group",
    "endpoints",
    "instance",
    "connections",
    "task",
    "premigration",
    "full_load",
    "gate",
    "stop_writers",
    "catch_up",
    "stop_task",
    "switch",
    "clean_up",
)
PREPARATION = STEPS[:6]
# those that are recorded, in their order
RECORDED = ("catch_up", "switch", "clean_up")


def steps(migration: Migration, found: Found) -> list[Step]:
    """All steps in their order."""
    return [Step(name, state_of(name, migration, found), _detail(name, migration, found)) for name in STEPS]


def is_recorded(step: str, found: Found) -> bool:
    """Whether the record names this step or a later one."""
    return has_reached(found.recorded_step, step, RECORDED)


def is_stopped(found: Found) -> bool:
    """And not only until DMS starts it again by itself."""
    return found.task is None or (found.task["Status"] in ("stopped", *FAILED) and not is_restarting(found.task))


def is_cut_over(found: Found) -> bool:
    """Whether the applications are on the target for good, and nothing replicates any more."""
    return is_recorded("switch", found) and is_stopped(found)


def is_cleaned_up(migration: Migration, found: Found) -> bool:
    ours = (found.task, found.source, found.target)
    instance = found.instance if migration.clean_up_instance and migration.own_instance else None
    return not any((*ours, instance))


def state_of(name: str, migration: Migration, found: Found) -> str:
    if name in _left_out(migration):
        return LEFT_OUT
    if migration.clean_up:
        is_open = name == "clean_up" and not is_cleaned_up(migration, found)
        return TO_DO if is_open else DONE
    if _is_done(name, found):
        return DONE
    waits = name in ("stop_writers", "catch_up", "stop_task", "switch") and not migration.cut_over
    return WAITS if waits else TO_DO


def _left_out(migration: Migration) -> set[str]:
    out = set() if migration.clean_up else {"clean_up"}
    if not migration.subnets:
        out.add("subnet_group")
    if not migration.own_instance:
        out.add("instance")
    return out if migration.replicates else out | {"stop_writers", "catch_up", "stop_task"}


def _is_done(name: str, found: Found) -> bool:
    """Until the task was first started, what it works with is compared with what is wanted by each run. Until it is
    stopped for good, so are the gate and the writers: somebody may have started them again since."""
    if is_recorded("switch", found):
        return True
    if name in PREPARATION:
        return found.is_started
    is_over = is_recorded("catch_up", found) and is_stopped(found)
    if name == "full_load":
        return is_over or (found.task is not None and _is_at_work(found.task))
    return name != "switch" and is_over


def _is_at_work(task: Resource) -> bool:
    """Loaded, and still replicating or at its end."""
    by_itself = task["Status"] == "stopped" and task["MigrationType"] == "full-load"
    return is_loaded(task) and (task["Status"] == "running" or by_itself)


def _detail(name: str, migration: Migration, found: Found) -> str:
    words: Mapping[str, Callable[[], str]] = {
        "subnet_group": lambda: f"{migration.subnet_group}, {_exists(found.subnet_group)}",
        "endpoints": lambda: f"{migration.source} {_exists(found.source)}, {migration.target} {_exists(found.target)}",
        "instance": lambda: _status(migration.instance, found.instance, "ReplicationInstanceStatus"),
        "connections": lambda: ", ".join(
            f"{name} {_connection(endpoint, found)}"
            for name, endpoint in ((migration.source, found.source), (migration.target, found.target))
        ),
        "task": lambda: f"{_status(migration.name, found.task, 'Status')}, {migration.type}",
        "full_load": lambda: progress(found.task) if found.task and found.is_started else "",
        "stop_writers": lambda: "" if migration.cut_over else "for dms_migration_cut_over",
        "clean_up": lambda: (
            "deletes the task and both endpoints"
            + (", and the replication instance" if migration.clean_up_instance and migration.own_instance else "")
        ),
    }
    return words[name]() if name in words else ""


def _exists(resource: Resource | None) -> str:
    return "exists" if resource else "to be created"


def _status(name: str, resource: Resource | None, key: str) -> str:
    return f"{name} {resource[key] if resource else 'to be created'}"


def _connection(endpoint: Resource | None, found: Found) -> str:
    tested = found.connections.get(endpoint["EndpointArn"]) if endpoint else None
    return str(tested["Status"]) if tested else "not tested"


def is_of(migration: Migration, resource: Resource | None, found: Found) -> bool:
    """Whether this migration made it."""
    return found.tags_of(resource).get(NAME_TAG) == migration.name
