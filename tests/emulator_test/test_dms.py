# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replication instances, connections and tasks. Every test rests on behaviour added to moto (services/dms*)."""

from __future__ import annotations

import json
from typing import Any

import pytest

REGION = "eu-west-1"
MAPPINGS = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "shop",
            "rule-action": "include",
            "object-locator": {"schema-name": "shop", "table-name": "%"},
        }
    ]
}


class Made:
    """A replication instance, two endpoints whose connections were tested unless told not to, and a task."""

    def __init__(self, dms: Any, tested: bool = True, migration_type: str = "full-load") -> None:
        self.dms = dms
        instance = dms.create_replication_instance(
            ReplicationInstanceIdentifier="Orders", ReplicationInstanceClass="dms.t3.medium"
        )["ReplicationInstance"]
        dms.get_waiter("replication_instance_available").wait()
        self.instance = instance["ReplicationInstanceArn"]
        ends = {kind: self._end(kind, tested) for kind in ("source", "target")}
        self.task = dms.create_replication_task(
            ReplicationTaskIdentifier="orders",
            SourceEndpointArn=ends["source"],
            TargetEndpointArn=ends["target"],
            ReplicationInstanceArn=self.instance,
            MigrationType=migration_type,
            TableMappings=json.dumps(MAPPINGS),
        )["ReplicationTask"]["ReplicationTaskArn"]
        dms.get_waiter("replication_task_ready").wait()

    def _end(self, kind: str, tested: bool) -> str:
        end = self.dms.create_endpoint(EndpointIdentifier=kind, EndpointType=kind, EngineName="mysql", ServerName="db")
        arn: str = end["Endpoint"]["EndpointArn"]
        if tested:
            self.dms.test_connection(ReplicationInstanceArn=self.instance, EndpointArn=arn)
            self.dms.get_waiter("test_connection_succeeds").wait()
        return arn

    def start(self, kind: str = "start-replication", **said: Any) -> Any:
        return self.dms.start_replication_task(ReplicationTaskArn=self.task, StartReplicationTaskType=kind, **said)

    def told(self) -> Any:
        return self.dms.describe_replication_tasks()["ReplicationTasks"][0]


@pytest.fixture
def dms(account: Any) -> Any:
    return account.client("dms", REGION)


def test_a_task_passes_through_its_states_in_their_time(account: Any, dms: Any) -> None:
    made = Made(dms)
    account.settings.dms_seconds, account.settings.dms_full_load_seconds = 60, 60
    assert made.start()["ReplicationTask"]["Status"] == "starting"
    assert made.told()["Status"] == "starting"
    account.settings.dms_seconds = 0


def test_a_full_load_ends_by_itself_and_says_so(dms: Any) -> None:
    made = Made(dms)
    made.start()
    told = made.told()
    assert (told["Status"], told["StopReason"]) == ("stopped", "Stop Reason FULL_LOAD_ONLY_FINISHED")
    assert told["ReplicationTaskStats"]["TablesLoaded"] == 3
    tables = dms.describe_table_statistics(ReplicationTaskArn=made.task)["TableStatistics"]
    assert {(row["TableName"], row["FullLoadRows"]) for row in tables} == {
        ("customers", 1000),
        ("orders", 1000),
        ("lines", 1000),
    }


def test_a_running_task_is_neither_deleted_nor_changed_and_alone_reloads_tables(dms: Any, refusal: Any) -> None:
    made = Made(dms, migration_type="full-load-and-cdc")
    table = {"TablesToReload": [{"SchemaName": "shop", "TableName": "orders"}]}
    assert refusal(dms.reload_tables, ReplicationTaskArn=made.task, **table) == "InvalidResourceStateFault"
    made.start()
    for change in (dms.delete_replication_task, dms.modify_replication_task, made.start):
        said = {} if change == made.start else {"ReplicationTaskArn": made.task}
        assert refusal(change, **said) == "InvalidResourceStateFault"
    dms.reload_tables(ReplicationTaskArn=made.task, **table)
    dms.stop_replication_task(ReplicationTaskArn=made.task)
    dms.get_waiter("replication_task_stopped").wait()
    dms.delete_replication_task(ReplicationTaskArn=made.task)
    dms.get_waiter("replication_task_deleted").wait(
        Filters=[{"Name": "replication-task-id", "Values": ["orders"]}], WaiterConfig={"Delay": 1, "MaxAttempts": 3}
    )


def test_a_task_is_started_only_as_dms_allows(dms: Any, refusal: Any) -> None:
    made = Made(dms)
    for kind in ("resume-processing", "reload-target"):
        assert refusal(made.start, kind=kind) == "InvalidParameterCombinationException"
    made.start()
    made.told()
    assert refusal(made.start) == "InvalidParameterCombinationException"
    assert refusal(made.start, kind="resume-processing") == "InvalidParameterCombinationException"
    made.start("reload-target")


def test_a_task_is_not_started_before_its_connections_were_tested(dms: Any, refusal: Any) -> None:
    assert refusal(Made(dms, tested=False).start) == "InvalidResourceStateFault"


def test_an_instance_with_tasks_is_not_deleted_and_its_connections_go_with_it(dms: Any, refusal: Any) -> None:
    made = Made(dms)
    assert refusal(dms.delete_replication_instance, ReplicationInstanceArn=made.instance) == "InvalidResourceStateFault"
    dms.delete_replication_task(ReplicationTaskArn=made.task)
    dms.describe_replication_tasks()
    dms.delete_replication_instance(ReplicationInstanceArn=made.instance)
    assert dms.describe_replication_instances()["ReplicationInstances"] == []
    assert dms.describe_connections()["Connections"] == []


def test_filters_that_nothing_passes_answer_not_found_and_pages_are_cut(account: Any, dms: Any, refusal: Any) -> None:
    account.settings.dms_tables = {f"shop.t{number:03}": {} for number in range(130)}
    made = Made(dms, migration_type="cdc")
    for describe in ("replication_tasks", "replication_instances", "endpoints"):
        name = describe.replace("_", "-")[:-1]
        nothing = [{"Name": f"{name}-id", "Values": ["nothing"]}]
        assert refusal(getattr(dms, f"describe_{describe}"), Filters=nothing) == "ResourceNotFoundFault"
    assert refusal(dms.describe_table_statistics, ReplicationTaskArn=made.task) == "InvalidResourceStateFault"
    made.start()
    first = dms.describe_table_statistics(ReplicationTaskArn=made.task)
    second = dms.describe_table_statistics(ReplicationTaskArn=made.task, Marker=first["Marker"])
    assert (len(first["TableStatistics"]), len(second["TableStatistics"]), "Marker" in second) == (100, 30, False)
    assert refusal(dms.describe_replication_tasks, MaxRecords=5) == "InvalidParameterValueException"
