# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What DMS says before a migration: the engines that it supports, and premigration assessment runs. moto lacks both."""

from __future__ import annotations

from typing import Any

from ..wire import Call
from .dms import Getters, Row, dms, filtered, paged

# engine, its end, whether changes are captured there, the oldest replication instance
ENDPOINT_TYPES = (
    ("aurora-postgresql", "target", True, None),
    ("mariadb", "source", True, None),
    ("mysql", "source", True, None),
    ("mysql", "target", True, None),
    ("oracle", "source", True, None),
    ("postgres", "source", True, "3.5.1"),
    ("postgres", "target", True, None),
    ("redshift", "target", True, None),
    ("s3", "source", True, None),
    ("azuredb", "source", False, None),
)


def describe_endpoint_types(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeEndpointTypes.html"""
    rows = [_type(*row) for row in ENDPOINT_TYPES]
    getters: Getters = {
        "engine-name": lambda row: [row["EngineName"]],
        "endpoint-type": lambda row: [row["EndpointType"]],
    }
    return paged(filtered(rows, call, getters, "Endpoint types"), call, "SupportedEndpointTypes")


def _type(engine: str, end: str, cdc: bool, oldest: str | None) -> Row:
    row = {"EngineName": engine, "EndpointType": end, "SupportsCDC": cdc, "EngineDisplayName": engine}
    return {**row, **({"ReplicationInstanceEngineMinimumVersion": oldest} if oldest else {})}


def set_assessed(backend: Any, task_arn: str, ended: str = "", **results: str) -> None:
    """Give a task an assessment run that has `ended` in a status, or else in that of its individual assessments: each,
    with _ for -, to its status."""
    runs: list[Row] = backend.__dict__.setdefault("assessment_runs", [])
    for run in runs:
        run["IsLatestTaskAssessmentRun"] &= run["ReplicationTaskArn"] != task_arn
    arn = f"{task_arn.replace(':task:', ':assessment-run:')}-{len(runs)}"
    runs.append(
        {
            "ReplicationTaskAssessmentRunArn": arn,
            "ReplicationTaskArn": task_arn,
            "Status": ended or "passed" if set(results.values()) <= {"passed"} else "failed",
            "IsLatestTaskAssessmentRun": True,
        }
    )
    backend.__dict__.setdefault("assessments", []).extend(
        {
            "ReplicationTaskIndividualAssessmentArn": f"{arn}-{name}",
            "ReplicationTaskAssessmentRunArn": arn,
            "IndividualAssessmentName": name.replace("_", "-"),
            "Status": status,
        }
        for name, status in results.items()
    )


def describe_replication_task_assessment_runs(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationTaskAssessmentRuns.html"""
    return paged(getattr(dms(call), "assessment_runs", []), call, "ReplicationTaskAssessmentRuns")


def describe_replication_task_individual_assessments(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationTaskIndividualAssessments.html"""
    return paged(getattr(dms(call), "assessments", []), call, "ReplicationTaskIndividualAssessments")


OPERATIONS = {
    "DescribeEndpointTypes": describe_endpoint_types,
    "DescribeReplicationTaskAssessmentRuns": describe_replication_task_assessment_runs,
    "DescribeReplicationTaskIndividualAssessments": describe_replication_task_individual_assessments,
}
