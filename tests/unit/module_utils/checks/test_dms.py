# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of replication tasks, and of what may go wrong with them: tables of cases, no AWS."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks import dms_premigration, dms_status
from ansible_collections.sysops.aws.plugins.module_utils.dms.latency import Datapoint, Latency, read_latencies
from ansible_collections.sysops.aws.plugins.module_utils.dms.selection import selects
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable

from .fake import DAY, NOW, SCOPE, Lists

COMMON = Common({"Keep": "true"}, PriceTable())
ARN = "arn:aws:dms:eu-west-1:123456789012:task:ABCDEF"
INSTANCE_ARN = "arn:aws:dms:eu-west-1:123456789012:rep:GHIJKL"
LOGGED = {"Logging": {"EnableLogging": True}}


def options(check: Any, **changed: Any) -> dict[str, Any]:
    return {**{name: spec.get("default") for name, spec in check.argument_spec.items()}, **changed}


def table(name: str, state: str = "Table completed", validation: str = "Validated") -> dict[str, Any]:
    return {"SchemaName": "shop", "TableName": name, "TableState": state, "ValidationState": validation}


def latency(source: float, target: float) -> Latency:
    return Latency(Datapoint(NOW, source), Datapoint(NOW, target), Datapoint(NOW, 0))


def task(settings: dict[str, Any] | None = None, statistics: dict[str, Any] | None = None, **changed: Any
         ) -> dict[str, Any]:  # fmt: skip
    """A task that is in order: loaded, replicating, a second behind."""
    return {
        "ReplicationTaskIdentifier": "orders",
        "ReplicationTaskArn": ARN,
        "ReplicationInstanceArn": INSTANCE_ARN,
        "MigrationType": "full-load-and-cdc",
        "Status": "running",
        "ReplicationTaskCreationDate": NOW - 40 * DAY,
        "ReplicationTaskSettings": json.dumps({**LOGGED, **(settings or {})}),
        "ReplicationTaskStats": {"FullLoadProgressPercent": 100, "TablesLoaded": 2, **(statistics or {})},
        "Tables": [table("items"), table("carts")],
        "Latency": latency(1, 0),
        "Instance": "dms-1",
        **changed,
    }


def stopped(days: float, **changed: Any) -> dict[str, Any]:
    return task(statistics={"StopDate": NOW - days * DAY}, Status="stopped", Latency=None, **changed)


@pytest.mark.parametrize(
    ("resource", "code", "words"),
    [
        (task(), "healthy", "The task is running (full-load-and-cdc), 2 tables loaded, 1 second behind."),
        (task(Status="failed", LastFailureMessage="No disk."), "failed", "No disk."),
        (task(Status="failed", StopReason="Stop Reason FATAL_ERROR Error Level FATAL"), "failed", ": FATAL_ERROR."),
        (stopped(1, StopReason="Stop Reason RECOVERABLE_ERROR"), "stopped_on_error", "stopped by RECOVERABLE_ERROR"),
        (stopped(1, StopReason="Stop Reason NORMAL"), "healthy", "stopped"),
        (stopped(1, StopReason="Stop Reason RECYCLE_TASK"), "healthy", "stopped"),
        (stopped(1, StopReason="Stop Reason RECONFIGURATION_RESTART"), "healthy", "stopped"),
        (stopped(8, StopReason="Stop Reason RECYCLE_TASK"), "stopped_long_ago", "it was stopped 8 days ago"),
        (stopped(6.9), "healthy", "stopped"),
        (stopped(7), "stopped_long_ago", "it was stopped 7 days ago"),
        (
            task(Tables=[table("items", "Table error", "Table error")]),
            "tables_errored",
            "1 table in error (shop.items)",
        ),
        (task(statistics={"TablesErrored": 2}), "tables_errored", "2 tables in error."),
        (task(Tables=[table("items", validation="Mismatched records")]), "validation_failed", "1 table (shop.items)"),
        (task(Tables=[table("items", validation="Pending records")]), "healthy", ""),
        (task(Tables=[table("items", validation="No primary key")]), "healthy", ""),
        (task(Latency=latency(0, 301)), "latency", "301 seconds behind, more than 300"),
        (task(Latency=latency(300, 0)), "healthy", "300 seconds behind"),
        (task(Latency=Latency(source=Datapoint(NOW, 0))), "latency_unknown", "no latency of the last 15 minutes"),
        (task(Latency=Latency(), statistics={"FullLoadProgressPercent": 40}), "healthy", "40 % of the full load"),
        (task({"Logging": {"EnableLogging": False}}), "logging_disabled", "no log"),
        (task({"Logging": None}), "logging_disabled", "no log"),
    ],
)
def test_the_state_of_a_task_in_one_finding(resource, code, words):
    policy = dms_status.Tasks(options(dms_status.CHECK), COMMON)
    finding = policy.decide(resource, SCOPE, NOW)
    assert finding.reason_code == code
    assert words in finding.reason
    assert (finding.action, finding.age_days, finding.arn) == ("report", 40, ARN)
    silent = dms_status.Tasks(options(dms_status.CHECK, report_healthy=False), COMMON).decide(resource, SCOPE, NOW)
    assert (silent is None) == (code == "healthy")


def test_several_troubles_are_one_finding_with_the_tables():
    bad = [table("items", "Table error", "Table error"), table("carts", validation="Mismatched records")]
    policy = dms_status.Tasks(options(dms_status.CHECK), COMMON)
    finding = policy.decide(task(Tables=bad, Latency=latency(900, 3)), SCOPE, NOW)
    assert finding.reason_code == "tables_errored,validation_failed,latency"
    assert [row["table"] for row in finding.configuration["tables_in_trouble"]] == ["shop.items", "shop.carts"]
    assert finding.configuration["cdc_latency_source_seconds"] == 900


def instance(created: float = 40, tasks: Any = (), status: str = "available") -> dict[str, Any]:
    return {
        "ReplicationInstanceIdentifier": "dms-1",
        "ReplicationInstanceArn": INSTANCE_ARN,
        "ReplicationInstanceClass": "dms.t3.medium",
        "ReplicationInstanceStatus": status,
        "InstanceCreateTime": NOW - created * DAY,
        "Tasks": list(tasks),
    }


@pytest.mark.parametrize(
    ("resource", "idle"),
    [
        (instance(), 40),
        (instance(created=6.9), None),
        (instance(tasks=[stopped(30), stopped(9)]), 9),
        (instance(tasks=[stopped(30), stopped(2)]), None),
        (instance(tasks=[stopped(30), task()]), None),
        (instance(tasks=[task(Status="ready")]), 40),
        # DMS doesn't say since when: it may have run a moment ago
        (instance(tasks=[task(Status="stopped")]), None),
        (instance(status="modifying"), None),
    ],
)
def test_an_instance_is_idle_since_its_last_task_stopped(resource, idle):
    finding = dms_status.IdleInstances(options(dms_status.CHECK), COMMON).decide(resource, SCOPE, NOW)
    assert (finding is None) == (idle is None)
    if finding:
        assert f"for {idle} days" in finding.reason
        assert finding.saves_cost


def test_the_newest_datapoints_of_each_task_are_taken_and_the_dimensions_are_dmss_own():
    def answer(MetricDataQueries: Any, **_rest: Any) -> list[dict[str, Any]]:  # noqa: N803
        older, newer = NOW - timedelta(minutes=4), NOW - timedelta(minutes=3)
        return [
            {"Id": query["Id"], "Timestamps": [newer, older], "Values": [float(number), 99.0]}
            for number, query in enumerate(MetricDataQueries[:2])
        ]

    region = Lists(get_metric_data=answer)
    found = read_latencies(region, [task()], {INSTANCE_ARN: "dms-1"}, NOW)
    assert (found[ARN].source.value, found[ARN].target.value, found[ARN].incoming) == (0.0, 1.0, None)
    metric = region.asked[0]["MetricDataQueries"][0]["MetricStat"]["Metric"]
    assert {row["Name"]: row["Value"] for row in metric["Dimensions"]} == {
        "ReplicationInstanceIdentifier": "dms-1",
        "ReplicationTaskIdentifier": "ABCDEF",
    }


def mapping(*rules: tuple[str, str, str]) -> str:
    return json.dumps(
        {
            "rules": [
                {
                    "rule-type": "selection",
                    "rule-action": action,
                    "object-locator": {"schema-name": schema, "table-name": name},
                }
                for action, schema, name in rules
            ]
            + [{"rule-type": "transformation", "rule-action": "rename", "object-locator": {"schema-name": "hr"}}]
        }
    )


@pytest.mark.parametrize(
    ("rules", "chosen"),
    [
        ([("include", "shop", "%")], True),
        ([("include", "SHOP", "audit_%")], True),
        ([("include", "shop", "audit.log")], False),
        ([("include", "shop", "audit_lo_")], True),
        ([("include", "%", "%"), ("exclude", "shop", "audit%")], False),
        ([("include", "hr", "%")], False),
        ([("explicit", "shop", "audit_log")], True),
    ],
)
def test_a_table_is_chosen_by_the_selection_rules(rules, chosen):
    assert selects(mapping(*rules), "shop.audit_log") is chosen


SUPPORTED = {
    ("mysql", "source"): {"SupportsCDC": True, "ReplicationInstanceEngineMinimumVersion": "3.5.1"},
    ("postgres", "target"): {"SupportsCDC": True},
    ("s3", "source"): {"SupportsCDC": False},
}


def planned(settings: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    return task(
        settings,
        **{
            "Source": {"EngineName": "mysql"},
            "Target": {"EngineName": "postgres"},
            "Instance": {"EngineVersion": "3.5.4"},
            "EndpointTypes": SUPPORTED,
            "Assessments": [],
            "TableMappings": mapping(("include", "shop", "%")),
            **changed,
        },
    )


def assessment(name: str, status: str = "failed") -> dict[str, str]:
    return {"IndividualAssessmentName": name, "Status": status}


@pytest.mark.parametrize(
    ("resource", "code", "words"),
    [
        (planned(), None, ""),
        (planned(Source={"EngineName": "informix"}), "engine_not_supported", "DMS doesn't support informix as source"),
        (planned(Target={"EngineName": "mysql"}), "engine_not_supported", "mysql as target"),
        (planned(Source={"EngineName": "s3"}), "cdc_not_supported", "ongoing replication with s3 as source"),
        (planned(Source={"EngineName": "s3"}, MigrationType="full-load"), None, ""),
        (planned(Instance={"EngineVersion": "3.4.7"}), "instance_version_too_old", "needs a replication instance of"),
        (planned(Instance={"EngineVersion": "3.10.0"}), None, ""),
        (planned(Source=None, Instance=None), None, ""),
        (
            planned(Tables=[table("items", validation="No primary key")]),
            "table_without_primary_key",
            "1 table has no primary key (shop.items), so that changes",
        ),
        (
            planned(Assessments=[assessment("table-with-no-primary-key-or-unique-constraint", "warning")]),
            "table_without_primary_key",
            "By its assessment run",
        ),
        (
            planned(Assessments=[assessment("unsupported-data-types-in-source")]),
            "assessment_failed",
            "unsupported-data-types-in-source (failed)",
        ),
        (planned({"TargetMetadata": {"FullLobMode": True}}), "full_lob_mode", "one by one, which is slow"),
        (
            planned({"TargetMetadata": {"LimitedSizeLobMode": True, "LobMaxSize": 32}}),
            "limited_lob_mode",
            "cut off at 32 KB",
        ),
        (planned({"TargetMetadata": {"SupportLobs": False, "FullLobMode": True}}), "lobs_left_out", "not migrated"),
        (planned({"FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}), None, ""),
        (
            planned({"FullLoadSettings": {"TargetTablePrepMode": "TRUNCATE_BEFORE_LOAD"}}, Status="ready"),
            "empties_target_tables",
            "empties the target's tables",
        ),
        (
            planned({"FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}, Status="ready"),
            "drops_target_tables",
            "drops the target's tables",
        ),
        (
            planned({"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}, Status="ready"),
            None,
            "",
        ),
    ],
)
def test_what_may_go_wrong_with_a_task(resource, code, words):
    finding = dms_premigration.Premigration(options(dms_premigration.CHECK), COMMON).decide(resource, SCOPE, NOW)
    assert (finding.reason_code if finding else None) == code
    if finding:
        assert words in finding.reason
        assert finding.configuration.keys() == {code}


def test_tables_named_by_the_operator_count_where_the_mappings_choose_them():
    named = options(dms_premigration.CHECK, tables_without_primary_key=["shop.audit_log", "hr.people"])
    finding = dms_premigration.Premigration(named, COMMON).decide(planned(), SCOPE, NOW)
    assert finding.configuration["table_without_primary_key"].startswith("1 table has no primary key (shop.audit_log)")
    with pytest.raises(SweepError, match=r"'audit_log' is no table: write schema\.table"):
        dms_premigration.policies(options(dms_premigration.CHECK, tables_without_primary_key=["audit_log"]), COMMON)


def test_only_the_latest_assessment_run_of_a_task_counts():
    def row(run: str, name: str, status: str) -> dict[str, str]:
        return {"ReplicationTaskAssessmentRunArn": run, **assessment(name, status)}

    runs = [
        {"ReplicationTaskAssessmentRunArn": "old", "ReplicationTaskArn": ARN, "IsLatestTaskAssessmentRun": False},
        {"ReplicationTaskAssessmentRunArn": "new", "ReplicationTaskArn": ARN, "IsLatestTaskAssessmentRun": True},
    ]
    rows = [row("old", "a", "failed"), row("new", "b", "passed"), row("new", "c", "error")]
    region = Lists(
        describe_replication_task_assessment_runs=runs, describe_replication_task_individual_assessments=rows
    )
    found = dms_premigration.bad_assessments(region)
    assert [one["IndividualAssessmentName"] for one in found[ARN]] == ["c"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("error-provisioning", True),
        ("error-executing", True),
        ("invalid state", True),
        ("failed", True),
        ("passed", False),
        ("running", False),
    ],
)
def test_a_run_that_ended_badly_without_individual_assessments_is_told(status, told):
    run = {"ReplicationTaskAssessmentRunArn": "run", "ReplicationTaskArn": ARN, "IsLatestTaskAssessmentRun": True}
    region = Lists(describe_replication_task_assessment_runs=[{**run, "Status": status}])
    found = planned(Assessments=dms_premigration.bad_assessments(region).get(ARN, []))
    finding = dms_premigration.Premigration(options(dms_premigration.CHECK), COMMON).decide(found, SCOPE, NOW)
    assert (finding.reason_code if finding else None) == ("assessment_failed" if told else None)
    assert not told or finding.reason == f"Its latest assessment run has come to no result ({status})."


@pytest.mark.parametrize(("code", "missing"), [("NoSuchEntity", True), (None, False)])
def test_a_role_is_missing_only_where_iam_says_so(code, missing):
    answer = CallError("iam", "GetRole", code, "no") if code else {"Role": {}}
    assert dms_premigration.is_missing(Lists(get_role=answer), "dms-vpc-role") is missing
    with pytest.raises(CallError):
        dms_premigration.is_missing(Lists(get_role=CallError("iam", "GetRole", "AccessDenied", "no")), "dms-vpc-role")
