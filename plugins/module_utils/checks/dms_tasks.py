# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replication tasks, joined in memory with what DMS's other lists tell of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ..dms import lookup
from ..dms.tables import name_of
from ..sweep.finding import Finding, age_in_days
from ..sweep.guard import Candidate
from ..sweep.region import Region, Resource, Scope

TASK = "dms:task"
INSTANCE = "dms:rep"
# the reason's code and what it says in words
Problem = tuple[str, str]
GOING = "deleting"
# before it was started, and while it is being made, a task has no statistics to show
WITHOUT_STATISTICS = ("creating", "ready", "deleting")


def tasks_of(region: Region, patterns: Sequence[str] = ()) -> list[Resource]:
    """The tasks whose identifiers match one of the patterns, fetched once a region."""
    found = region.listing("dms", "describe_replication_tasks", "ReplicationTasks")
    return [
        task
        for task in found
        if task["Status"] != GOING
        and (not patterns or any(fnmatchcase(task["ReplicationTaskIdentifier"], pattern) for pattern in patterns))
    ]


def instances_of(region: Region) -> dict[str, Resource]:
    """By ARN."""
    found = region.listing("dms", "describe_replication_instances", "ReplicationInstances")
    return {instance["ReplicationInstanceArn"]: instance for instance in found}


def endpoints_of(region: Region) -> dict[str, Resource]:
    """By ARN."""
    return {row["EndpointArn"]: row for row in region.listing("dms", "describe_endpoints", "Endpoints")}


def table_statistics(region: Region, task: Resource) -> list[Resource]:
    """Raises CallError."""
    return [] if task["Status"] in WITHOUT_STATISTICS else lookup.table_statistics(region, task)


def settings_of(task: Resource) -> Mapping[str, Any]:
    """The task's settings; empty where DMS didn't return them."""
    settings: Mapping[str, Any] = json.loads(task.get("ReplicationTaskSettings") or "{}")
    return settings


def section(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of the settings; DMS writes null for one that isn't set."""
    found: Mapping[str, Any] = settings.get(name) or {}
    return found


def read_tags(region: Region, candidates: Sequence[Candidate]) -> None:
    """Give findings their tags, many in a call. Raises CallError."""
    findings = [candidate.finding for candidate in candidates if candidate.finding.arn]
    tags = lookup.tags_by_arn(region, [finding.arn for finding in findings])
    for finding in findings:
        finding.tags = tags.get(finding.arn, {})


def task_finding(task: Resource, scope: Scope, now: Any, **words: Any) -> Finding:
    """A finding on a task. What is found takes nothing off the bill."""
    identifier = task["ReplicationTaskIdentifier"]
    return Finding(
        **{
            "resource_type": TASK,
            "resource_id": identifier,
            "arn": task["ReplicationTaskArn"],
            "scope": scope,
            "name": identifier,
            "age_days": age_in_days(task.get("ReplicationTaskCreationDate"), now),
            "saves_cost": False,
            **words,
        }
    )


def names(tables: Iterable[Resource]) -> list[str]:
    return [name_of(table) for table in tables]
