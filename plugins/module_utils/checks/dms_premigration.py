# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a replication task before it is started, as far as AWS can tell. Nothing is changed.

DMS's API tells nothing of keys or columns of a source. Tables without primary key are known from what the operator
says, from validation (`No primary key`) and from premigration assessment runs; versions of databases are not in the API
at all, so engines are compared with DescribeEndpointTypes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..dms.lookup import named
from ..dms.selection import selects
from ..dms.tables import without_primary_key
from ..dms.task_state import count, replicates
from ..sweep.errors import CallError, SweepError
from ..sweep.finding import REPORT_ONLY, Finding
from ..sweep.guard import Candidate, ExcludedByTag
from ..sweep.patterns import TASKS
from ..sweep.policy import Check, Common, Policy, Verdict
from ..sweep.region import Region, Resource, Scope
from .dms_tasks import (
    TASK,
    Problem,
    endpoints_of,
    instances_of,
    names,
    read_tags,
    section,
    settings_of,
    table_statistics,
    task_finding,
    tasks_of,
)

CHECK_NAME = "dms_premigration"
ARGUMENT_SPEC: dict[str, Any] = {
    "tasks": {"type": "list", "elements": "str"},
    "tables_without_primary_key": {"type": "list", "elements": "str", "default": [], "no_log": False},
}

# https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.AssessmentReport.Assessments.All.html
NO_KEY_ASSESSMENTS = (
    "table-with-no-primary-key-or-unique-constraint",
    "table-with-lob-but-without-primary-key-or-unique-constraint",
)
BAD_ASSESSMENTS = ("failed", "error", "warning")
# https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationTaskAssessmentRun.html: of a run that ended badly,
# which stands for its individual assessments where it has none
BAD_RUNS = ("error-provisioning", "error-executing", "failed", "invalid state")
NO_RESULT = "come to no result"

# DMS uses these roles, by these names, when it isn't its console that makes things:
# https://docs.aws.amazon.com/dms/latest/userguide/security-iam.html#CHAP_Security.APIRole
ROLES = {
    "dms-cloudwatch-logs-role": "DMS can write no log of a task to CloudWatch",
    "dms-vpc-role": "DMS can make no subnet group and no replication instance in a VPC",
}


class Premigration(Policy):
    """`resource` is the task with its `Source` and `Target` (endpoints), its `Instance`, its `Tables`, the endpoint
    types that DMS offers as `EndpointTypes`, and the `Assessments` of its latest run."""

    check = CHECK_NAME
    resource_type = TASK
    verdict = Verdict("replication task", "is not ready to start", "are not ready to start")
    asks_each = True

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._patterns: Sequence[str] = options["tasks"] or ()
        TASKS.refuse_unmatchable("tasks", self._patterns)
        self._without_key: Sequence[str] = options["tables_without_primary_key"]
        self.guards = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        if tasks := tasks_of(region, self._patterns):
            yield join(region, tasks)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        found = list(self._problems(resource))
        if not found:
            return None
        words = "; ".join(words for _code, words in found)
        return task_finding(
            resource,
            scope,
            now,
            check=self.check,
            reason=f"{words[0].upper()}{words[1:]}.",
            reason_code=",".join(code for code, _words in found),
            action=REPORT_ONLY,
            configuration=dict(found),
        )

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        read_tags(region, candidates)

    def _problems(self, task: Resource) -> Iterator[Problem]:
        """(code, words) each, the gravest first."""
        yield from engine_problems(task)
        yield from self._keys(task)
        yield from assessment_problems(task)
        yield from lob_problems(section(settings_of(task), "TargetMetadata"))
        yield from preparation_problems(task)

    def _keys(self, task: Resource) -> Iterator[Problem]:
        told = [table for table in self._without_key if selects(task.get("TableMappings") or "{}", table)]
        bad = list(dict.fromkeys([*told, *names(without_primary_key(task["Tables"]))]))
        assessed = [row for row in task["Assessments"] if row["IndividualAssessmentName"] in NO_KEY_ASSESSMENTS]
        if bad:
            what = "has no primary key" if len(bad) == 1 else "have no primary key"
            more = ", so that changes can't be applied or validated row by row" if replicates(task) else ""
            yield "table_without_primary_key", f"{count(len(bad), 'table')} {what} ({named(bad)}){more}"
        elif assessed:
            yield (
                "table_without_primary_key",
                f"by its assessment run there are tables without primary key ({', '.join(_tests(assessed))})",
            )


def join(region: Region, tasks: Sequence[Resource]) -> list[Resource]:
    """Tasks with what other lists tell of them, each list fetched once. Raises CallError."""
    endpoints, instances = endpoints_of(region), instances_of(region)
    types = region.listing("dms", "describe_endpoint_types", "SupportedEndpointTypes")
    offered = {(row["EngineName"], row["EndpointType"].lower()): row for row in types}
    assessments = bad_assessments(region)
    return [
        {
            **task,
            "Source": endpoints.get(task["SourceEndpointArn"]),
            "Target": endpoints.get(task["TargetEndpointArn"]),
            "Instance": instances.get(task["ReplicationInstanceArn"]),
            "EndpointTypes": offered,
            "Tables": table_statistics(region, task),
            "Assessments": assessments.get(task["ReplicationTaskArn"], []),
        }
        for task in tasks
    ]


def bad_assessments(region: Region) -> dict[str, list[Resource]]:
    """By task: what the latest assessment run of each found amiss. Raises CallError."""
    runs = region.listing("dms", "describe_replication_task_assessment_runs", "ReplicationTaskAssessmentRuns")
    latest = {run["ReplicationTaskAssessmentRunArn"]: run for run in runs if run.get("IsLatestTaskAssessmentRun")}
    if not latest:
        return {}
    operation, key = "describe_replication_task_individual_assessments", "ReplicationTaskIndividualAssessments"
    found: dict[str, list[Resource]] = {}
    for row in region.listing("dms", operation, key):
        run = latest.get(row["ReplicationTaskAssessmentRunArn"])
        if run and row["Status"] in BAD_ASSESSMENTS:
            found.setdefault(run["ReplicationTaskArn"], []).append(row)
    for run in latest.values():
        if run.get("Status") in BAD_RUNS:
            bare = {"IndividualAssessmentName": NO_RESULT, "Status": run["Status"]}
            found.setdefault(run["ReplicationTaskArn"], [bare])
    return found


def engine_problems(task: Resource) -> Iterator[Problem]:
    """What DMS offers for the engines of both ends, by its own list."""
    version = (task["Instance"] or {}).get("EngineVersion")
    for side in ("Source", "Target"):
        endpoint = task[side]
        if endpoint is None:
            continue
        engine, end = endpoint["EngineName"], side.lower()
        offered = task["EndpointTypes"].get((engine, end))
        if offered is None:
            yield "engine_not_supported", f"DMS doesn't support {engine} as {end}"
            continue
        if replicates(task) and not offered.get("SupportsCDC"):
            yield "cdc_not_supported", f"DMS doesn't support ongoing replication with {engine} as {end}"
        needed = offered.get("ReplicationInstanceEngineMinimumVersion")
        if needed and version and _number(version) < _number(needed):
            yield (
                "instance_version_too_old",
                f"{engine} as {end} needs a replication instance of version {needed} or later, it has {version}",
            )


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def lob_problems(metadata: Mapping[str, Any]) -> Iterator[Problem]:
    """How large objects are treated: each of DMS's modes has a price.

    https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.LOBSupport.html
    """
    if metadata.get("SupportLobs") is False:
        yield "lobs_left_out", "large objects are not migrated (SupportLobs is false)"
    elif metadata.get("FullLobMode"):
        inline = metadata.get("InlineLobMaxSize") or 0
        above = f" above {inline} KB" if inline else ""
        yield "full_lob_mode", f"large objects{above} are looked up one by one, which is slow (FullLobMode)"
    elif metadata.get("LimitedSizeLobMode"):
        size = metadata.get("LobMaxSize")
        yield "limited_lob_mode", f"large objects are cut off at {size} KB (LimitedSizeLobMode)"


def preparation_problems(task: Resource) -> Iterator[Problem]:
    if task["Status"] not in ("creating", "ready") or task["MigrationType"] == "cdc":
        return
    mode = section(settings_of(task), "FullLoadSettings").get("TargetTablePrepMode")
    if mode == "DROP_AND_CREATE":
        yield "drops_target_tables", "its start drops the target's tables of the same names (DROP_AND_CREATE)"
    elif mode == "TRUNCATE_BEFORE_LOAD":
        yield "empties_target_tables", "its start empties the target's tables of the same names (TRUNCATE_BEFORE_LOAD)"


def assessment_problems(task: Resource) -> Iterator[Problem]:
    if other := [row for row in task["Assessments"] if row["IndividualAssessmentName"] not in NO_KEY_ASSESSMENTS]:
        yield "assessment_failed", f"its latest assessment run has {', '.join(_tests(other))}"


def _tests(assessments: Sequence[Resource]) -> list[str]:
    """`unsupported-data-types-in-source (failed)`."""
    return [f"{row['IndividualAssessmentName']} ({row['Status']})" for row in assessments]


class Roles(Policy):
    """The IAM roles that DMS works with, in regions where it has a task or an instance. `resource` is `{RoleName}` of
    one that is missing."""

    check = CHECK_NAME
    resource_type = "iam:role"
    verdict = Verdict("IAM role of DMS", "is missing", "are missing")

    def find(self, region: Region) -> Iterator[list[Resource]]:
        if tasks_of(region) or instances_of(region):
            yield [{"RoleName": name, "Missing": is_missing(region, name)} for name in ROLES]

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        if not resource["Missing"]:
            return None
        name = resource["RoleName"]
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=name,
            arn=f"arn:{scope.partition}:iam::{scope.account_id}:role/{name}",
            scope=scope,
            name=name,
            reason=f"There is no IAM role {name}, without which {ROLES[name]}.",
            reason_code="role_missing",
            action=REPORT_ONLY,
            saves_cost=False,
        )


def is_missing(region: Region, role: str) -> bool:
    """Raises CallError."""
    try:
        region.call("iam", "get_role", RoleName=role)
    except CallError as error:
        if error.code == "NoSuchEntity":
            return True
        raise
    return False


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for a table that isn't written as schema.table."""
    for table in options["tables_without_primary_key"]:
        if not all(table.partition(".")[::2]):
            raise SweepError(f"tables_without_primary_key: {table!r} is no table: write schema.table.")
    return [Premigration(options, common), Roles()]


CHECK = Check(
    name=CHECK_NAME,
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    filters=("tasks",),
    permissions=(
        "dms:DescribeEndpointTypes",
        "dms:DescribeEndpoints",
        "dms:DescribeReplicationInstances",
        "dms:DescribeReplicationTaskAssessmentRuns",
        "dms:DescribeReplicationTaskIndividualAssessments",
        "dms:DescribeReplicationTasks",
        "dms:DescribeTableStatistics",
        "dms:ListTagsForResource",
        "iam:GetRole",
    ),
)
