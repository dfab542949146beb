# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a journal says was done, and what there is to put back of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.sysops.aws.plugins.module_utils.checks.undo import PutBack, Task
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entries import Entry
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from tests.unit.module_utils.checks.fake import NOW, SCOPE

RETENTION = {"resource_type": "logs:log-group", "action": "set_retention"}


def entry(number: int = 1, resource_id: str = "vol-1", scope: Scope = SCOPE, **changes: Any) -> Entry:
    """The `number` is the entry's place in time; it is one of a volume that was deleted, unless told otherwise."""
    values: dict[str, Any] = {
        "id": f"run-{number:06d}",
        "at": f"2026-11-01T10:00:{number:02}.000+00:00",
        "scope": scope,
        "resource_type": "ec2:volume",
        "resource_id": resource_id,
        "arn": scope.arn("ec2", f"volume/{resource_id}"),
        "name": "data",
        "action": "delete",
        "status": "changed",
    }
    return Entry(**{**values, **changes})


def retention(number: int, before: int | None, after: int | None, **changes: Any) -> Entry:
    """A log group's retention, changed by a run."""
    days = {"before": {"retention_in_days": before}, "after": {"retention_in_days": after}}
    return entry(number, **{"resource_id": "/app", **RETENTION, **days, **changes})


def task(before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, **changes: Any) -> Task:
    made = entry(before=before or {}, after=after or {}, **changes)
    return Task(made, made.before, (made.id,))


def judged(kind: type[PutBack], given: Task, now: Any) -> Finding:
    """What is said of the task, given what AWS says of the resource now."""
    policy = kind(given.newest.resource_type, [given])
    found = policy.decide({"Task": given, "Now": now}, given.newest.scope, NOW)
    assert found is not None
    return found


def words(found: Finding) -> str:
    """All that a person is told."""
    return f"{found.reason} {found.error['message'] if found.error else ''}"


def put_back(kind: type[PutBack], region: Any, given: Task, now: Any) -> Finding:
    policy, found = kind(given.newest.resource_type, [given]), judged(kind, given, now)
    policy.put_back(region, found, given, now)
    return found


def ids(tasks: Sequence[Task]) -> list[tuple[str, ...]]:
    return [one.ids for one in tasks]
