# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of replication tasks: what has failed, lags, or stands still while it costs money. Nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..dms.latency import Latency, read_latencies
from ..dms.lookup import failure_message, named
from ..dms.tables import errored, facts, mismatched
from ..dms.task_state import (
    FAILED,
    GOOD_ENDS,
    RESTARTS,
    count,
    is_loaded,
    replicates,
    statistics,
    stop_reason,
    why_it_ended,
)
from ..sweep.arguments import not_negative
from ..sweep.finding import REPORT_ONLY, Finding, age_in_days
from ..sweep.guard import Candidate, ExcludedByTag
from ..sweep.patterns import TASKS
from ..sweep.policy import Check, Common, Policy, Verdict
from ..sweep.region import Region, Resource, Scope
from .dms_tasks import (
    INSTANCE,
    TASK,
    Problem,
    instances_of,
    names,
    read_tags,
    section,
    settings_of,
    table_statistics,
    task_finding,
    tasks_of,
)

ARGUMENT_SPEC: dict[str, Any] = {
    "tasks": {"type": "list", "elements": "str"},
    "max_latency_seconds": {"type": "int", "default": 300},
    "stopped_min_age_days": {"type": "int", "default": 7},
    "report_healthy": {"type": "bool", "default": True},
}

HEALTHY = "healthy"


class Tasks(Policy):
    """`resource` is the task with its `Tables` and its `Latency`. One finding tells all of a task."""

    check = "dms_status"
    resource_type = TASK
    verdict = Verdict("replication task", "needs attention", "need attention")
    asks_each = True

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._patterns: Sequence[str] = options["tasks"] or ()
        TASKS.refuse_unmatchable("tasks", self._patterns)
        self._max_latency: int = options["max_latency_seconds"]
        self._stopped_days: int = options["stopped_min_age_days"]
        self._report_healthy: bool = options["report_healthy"]
        self.guards = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        tasks = tasks_of(region, self._patterns)
        if not tasks:
            return
        identifiers = {arn: one["ReplicationInstanceIdentifier"] for arn, one in instances_of(region).items()}
        behind = [task for task in tasks if task["Status"] == "running" and replicates(task)]
        latencies = read_latencies(region, behind, identifiers, datetime.now(timezone.utc))
        yield [
            {
                **task,
                "Tables": table_statistics(region, task),
                "Latency": latencies.get(task["ReplicationTaskArn"]),
                "Instance": identifiers.get(task["ReplicationInstanceArn"]),
            }
            for task in tasks
        ]

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        found = list(self._problems(resource, now))
        if not found and not self._report_healthy:
            return None
        told = [words for _code, words in found]
        return task_finding(
            resource,
            scope,
            now,
            check=self.check,
            reason=f"The task is {in_words(resource)}{': ' if told else ''}{'; '.join(told)}.",
            reason_code=",".join(code for code, _words in found) or HEALTHY,
            action=REPORT_ONLY,
            configuration=configuration(resource),
            healthy=not found,
        )

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        read_tags(region, candidates)

    def _problems(self, task: Resource, now: datetime) -> Iterator[Problem]:
        """(code, words) each."""
        yield from _ends(task)
        stopped = stopped_days(task, now)
        if stopped is not None and stopped >= self._stopped_days:
            yield "stopped_long_ago", f"it was stopped {count(stopped, 'day')} ago"
        bad = names(errored(task["Tables"]))
        if number := max(len(bad), statistics(task)["TablesErrored"]):
            yield "tables_errored", f"{count(number, 'table')} in error" + (f" ({named(bad)})" if bad else "")
        if bad := names(mismatched(task["Tables"])):
            yield "validation_failed", f"validation failed for {count(len(bad), 'table')} ({named(bad)})"
        yield from self._lag(task)
        if not section(settings_of(task), "Logging").get("EnableLogging"):
            yield "logging_disabled", "it writes no log to CloudWatch"

    def _lag(self, task: Resource) -> Iterator[Problem]:
        latency: Latency | None = task["Latency"]
        if latency is None or not is_loaded(task):
            return
        behind = latency.seconds
        if behind is None:
            yield "latency_unknown", "CloudWatch has no latency of the last 15 minutes"
        elif behind > self._max_latency:
            yield "latency", f"it is {behind:.0f} seconds behind, more than {self._max_latency}"


def _ends(task: Resource) -> Iterator[Problem]:
    reason = stop_reason(task)
    if task["Status"] in FAILED:
        yield "failed", why_it_ended(task) or "DMS gives no reason"
    elif task["Status"] == "stopped" and reason and reason not in (*GOOD_ENDS, *RESTARTS):
        told = why_it_ended(task)
        yield "stopped_on_error", f"it stopped by {reason}" + (f" ({told})" if told != reason else "")


def stopped_days(task: Resource, now: datetime) -> int | None:
    """For how many whole days it has stood still; None while it doesn't, or has never been started."""
    if task["Status"] not in ("stopped", *FAILED):
        return None
    return age_in_days(statistics(task).get("StopDate"), now)


def in_words(task: Resource) -> str:
    """`running (full-load-and-cdc), 12 tables loaded, 3 seconds behind`."""
    counts, latency = statistics(task), task["Latency"]
    words = [f"{task['Status']} ({task['MigrationType']})", f"{count(counts['TablesLoaded'], 'table')} loaded"]
    if not is_loaded(task):
        words.append(f"{counts['FullLoadProgressPercent']} % of the full load")
    if latency and latency.seconds is not None:
        words.append(f"{count(round(latency.seconds), 'second')} behind")
    return ", ".join(words)


def configuration(task: Resource) -> dict[str, Any]:
    """All that the report tells of a task: its state, its lag, its errors, and the tables that are in trouble."""
    counts, latency = statistics(task), task["Latency"] or Latency()
    return {
        "status": task["Status"],
        "migration_type": task["MigrationType"],
        "replication_instance_identifier": task.get("Instance"),
        "stop_reason": stop_reason(task) or None,
        "last_failure_message": failure_message(task.get("LastFailureMessage")) or None,
        "full_load_progress_percent": counts["FullLoadProgressPercent"],
        "tables_loaded": counts["TablesLoaded"],
        "tables_loading": counts["TablesLoading"],
        "tables_queued": counts["TablesQueued"],
        "tables_errored": counts["TablesErrored"],
        **latency.to_dict(),
        "tables_in_trouble": facts([*errored(task["Tables"]), *mismatched(task["Tables"])]),
    }


class IdleInstances(Policy):
    """Replication instances cost by the hour, whether a task runs on them or not. `resource` is the instance with its
    `Tasks`."""

    check = "dms_status"
    resource_type = INSTANCE
    verdict = Verdict("replication instance", "is idle", "are idle")

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._days: int = options["stopped_min_age_days"]
        self.guards = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        tasks = tasks_of(region) if (instances := instances_of(region)) else []
        yield [
            {**one, "Tasks": [task for task in tasks if task["ReplicationInstanceArn"] == arn]}
            for arn, one in instances.items()
        ]

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        idle = self._idle_days(resource, now)
        if resource["ReplicationInstanceStatus"] != "available" or idle is None or idle < self._days:
            return None
        identifier, tasks = resource["ReplicationInstanceIdentifier"], resource["Tasks"]
        what = "none of its tasks has run" if tasks else "it has had no task"
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=identifier,
            arn=resource["ReplicationInstanceArn"],
            scope=scope,
            name=identifier,
            reason=f"The replication instance ({resource['ReplicationInstanceClass']}) is paid for by the hour, but"
            f" {what} for {count(idle, 'day')}.",
            reason_code="instance_idle",
            action=REPORT_ONLY,
            age_days=age_in_days(resource.get("InstanceCreateTime"), now),
            configuration={"tasks": [task["ReplicationTaskIdentifier"] for task in tasks]},
        )

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        read_tags(region, candidates)

    def _idle_days(self, resource: Resource, now: datetime) -> int | None:
        """For how long nothing has run on it; None if something runs, or may have a moment ago."""
        created = age_in_days(resource.get("InstanceCreateTime"), now)
        ages = [stopped_days(task, now) for task in resource["Tasks"] if task["Status"] != "ready"]
        still = [age for age in [created, *ages] if age is not None]
        return min(still) if len(still) == 1 + len(ages) else None


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for a negative number."""
    not_negative(options, "max_latency_seconds", "stopped_min_age_days")
    # an instance has many tasks: which of them are meant says nothing of it
    instances: list[Policy] = [] if options["tasks"] is not None else [IdleInstances(options, common)]
    return [Tasks(options, common), *instances]


CHECK = Check(
    name="dms_status",
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    filters=("tasks",),
    permissions=(
        "cloudwatch:GetMetricData",
        "dms:DescribeReplicationInstances",
        "dms:DescribeReplicationTasks",
        "dms:DescribeTableStatistics",
        "dms:ListTagsForResource",
    ),
)
