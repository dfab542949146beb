# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a migration to Aurora has come: which steps are done and which remain, told from what there is in RDS."""

from __future__ import annotations

from collections.abc import Sequence

from ..resource.runbook import DONE, LEFT_OUT, TO_DO, Step, has_reached
from .migration import Found, Members, Migration

STEPS = (
    "stop_writers",
    "snapshot",
    "cluster",
    "instances",
    "upgrade",
    "smoke_test",
    "replica_regions",
    "switch",
    "resume_writers",
)


def steps(migration: Migration, found: Found) -> list[Step]:
    """All steps in their order. Pure."""
    return [Step(name, _state(name, migration, found), _detail(name, migration, found)) for name in STEPS]


def is_complete(found: Found) -> bool:
    return is_recorded("resume_writers", found)


def is_recorded(name: str, found: Found) -> bool:
    """Whether the cluster's tag names this step or a later one."""
    return has_reached(found.recorded_step, name, STEPS)


def remaining_path(migration: Migration, found: Found) -> list[str]:
    """The versions that the cluster has still to be upgraded to."""
    if found.cluster is None:
        return list(migration.path[1:])
    number = found.cluster["EngineVersion"]
    return list(migration.path[migration.path.index(number) + 1 :]) if number in migration.path else []


def missing(wanted: Sequence[str], members: Members) -> list[str]:
    return [identifier for identifier in wanted if identifier not in members.instances]


def _state(name: str, migration: Migration, found: Found) -> str:
    if name in migration.left_out:
        return LEFT_OUT
    return DONE if is_recorded(name, found) or _is_done(name, migration, found) else TO_DO


def _is_done(name: str, migration: Migration, found: Found) -> bool:
    """By what can be seen in RDS. Of the other steps the cluster's tag alone knows."""
    if name == "stop_writers":  # the snapshot is taken after it
        return found.snapshot is not None or found.cluster is not None
    if name == "snapshot":
        return found.cluster is not None or (found.snapshot or {}).get("Status") == "available"
    if name == "instances":
        return not missing(migration.instances, found.main) and found.main.are_available
    if name == "upgrade":
        return bool(found.cluster) and not remaining_path(migration, found) and found.main.are_available
    if name == "replica_regions":
        return bool(migration.replicas) and all(_is_replicated(migration, found).values())
    return False


def _is_replicated(migration: Migration, found: Found) -> dict[str, bool]:
    following = {member["DBClusterArn"] for member in (found.global_cluster or {}).get("GlobalClusterMembers", [])}
    return {
        replica.region: members.are_available
        and not missing(replica.instances, members)
        and bool(members.cluster and members.cluster["DBClusterArn"] in following)
        for replica in migration.replicas
        for members in [found.replicas[replica.region]]
    }


def _detail(name: str, migration: Migration, found: Found) -> str:
    if name == "snapshot":
        return _snapshot(migration, found)
    if name == "cluster":
        version = found.cluster["EngineVersion"] if found.cluster else migration.path[0]
        status = found.cluster["Status"] if found.cluster else "to be restored"
        return f"{migration.cluster}, {migration.engine} {version}, {status}"
    if name == "instances":
        return ", ".join(_instances(migration.instances, found.main))
    if name == "upgrade":
        remaining = remaining_path(migration, found)
        return f"to {', then '.join(remaining)}" if remaining else f"nothing beyond {migration.path[-1]}"
    if name == "replica_regions":
        return "; ".join(
            f"{replica.region}: {replica.cluster} {_status(found.replicas[replica.region])}"
            for replica in migration.replicas
        )
    return ""


def _snapshot(migration: Migration, found: Found) -> str:
    if found.snapshot is None:
        return f"{migration.snapshot}, of {migration.source}"
    taken = found.snapshot.get("SnapshotCreateTime")
    when = f"of {taken:%Y-%m-%d %H:%M} UTC" if taken else "being taken"
    return f"{migration.snapshot}, {when}, {found.snapshot['Status']}"


def _instances(wanted: Sequence[str], members: Members) -> list[str]:
    return [
        f"{name} {members.instances[name]['DBInstanceStatus'] if name in members.instances else 'to be created'}"
        for name in wanted
    ]


def _status(members: Members) -> str:
    return members.cluster["Status"] if members.cluster else "to be created"
