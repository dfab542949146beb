# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_replication_task on the emulated account. Rests on tests/emulator/services/dms_tasks.py, dms_task_runs.py and
dms_tables.py for states and their times, ModifyReplicationTask, table statistics, reloads, and refusals in the wrong
state: moto has none of them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.dms import life_of
from tests.integration.conftest import Json, Module, changes

REGION, ACCOUNT = "us-east-1", "123456789012"
NAME = "dms_replication_task"
pytestmark = pytest.mark.usefixtures("impatient")
RULE = {
    "rule-type": "selection",
    "rule-id": "1",
    "rule-name": "shop",
    "rule-action": "include",
    "object-locator": {"schema-name": "shop", "table-name": "%"},
}
MAPPINGS = {"rules": [RULE]}
WITHOUT_LINES = {
    "rules": [
        RULE,
        {
            **RULE,
            "rule-id": "2",
            "rule-name": "no lines",
            "rule-action": "exclude",
            "object-locator": {"schema-name": "shop", "table-name": "lines"},
        },
    ]
}


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    """A replication instance, a source and a target, both tested."""
    client = empty_aws.client("dms", REGION)
    instance = client.create_replication_instance(
        ReplicationInstanceIdentifier="orders", ReplicationInstanceClass="dms.t3.medium"
    )["ReplicationInstance"]
    client.describe_replication_instances()
    for kind in ("source", "target"):
        end = client.create_endpoint(
            EndpointIdentifier=f"orders-{kind}", EndpointType=kind, EngineName="mysql", ServerName="db.example.com"
        )["Endpoint"]
        client.test_connection(
            ReplicationInstanceArn=instance["ReplicationInstanceArn"], EndpointArn=end["EndpointArn"]
        )
    client.describe_connections()
    empty_aws.settings.dms_seconds = 0.05
    empty_aws.settings.dms_full_load_seconds = 0.2
    empty_aws.calls.clear()
    return empty_aws


@pytest.fixture
def options() -> Json:
    return {
        "replication_task_identifier": "orders",
        "replication_instance": "orders",
        "source_endpoint": "orders-source",
        "target_endpoint": "orders-target",
        "migration_type": "full-load-and-cdc",
        "table_mappings": MAPPINGS,
        "replication_task_settings": {"FullLoadSettings": {"MaxFullLoadSubTasks": 4}},
        "tags": {"Team": "shop"},
    }


@pytest.fixture
def running(aws: Emulator, module: Module, options: Json) -> Json:
    made = module(NAME, **options, state="started", wait_for="full_load")
    assert made["changed"] is True, made
    aws.calls.clear()
    return made["replication_task"]


def moto_task() -> Any:
    from moto.dms.models import dms_backends

    (task,) = dms_backends[ACCOUNT][REGION].replication_tasks.values()
    return task


def tasks(aws: Emulator) -> list[Json]:
    return aws.client("dms", REGION).describe_replication_tasks()["ReplicationTasks"]


def start_type(result: Json) -> str | None:
    found = [row["after"] for row in result["changes"] if row["property"] == "start_replication_task_type"]
    return found[0] if found else None


def test_a_task_is_made_and_not_started(aws, module, options):
    result = module(NAME, **options)
    task = result["replication_task"]
    assert (result["changed"], task["status"], task["tags"]) == (True, "ready", {"Team": "shop"})
    assert json.loads(task["replication_task_settings"])["FullLoadSettings"]["MaxFullLoadSubTasks"] == 4
    assert changes(aws) == {"CreateReplicationTask": 1}
    for state in ("present", "stopped"):
        assert module(NAME, **options, state=state)["changed"] is False
    assert changes(aws) == {"CreateReplicationTask": 1}


def test_a_task_is_started_waited_for_and_left_alone_by_the_next_run(aws, module, options):
    result = module(NAME, **options, state="started", wait_for="full_load")
    assert start_type(result) == "start-replication"
    task = result["replication_task"]
    assert (task["status"], task["replication_task_stats"]["full_load_progress_percent"]) == ("running", 100)
    assert changes(aws) == {"CreateReplicationTask": 1, "StartReplicationTask": 1}
    aws.calls.clear()
    for state in ("started", "present"):
        again = module(NAME, **options, state=state, wait_for="full_load")
        assert (again["changed"], again["changes"]) == (False, [])
    assert changes(aws) == {}


def test_check_mode_tells_how_it_would_be_started_and_does_nothing(aws, module, options):
    result = module(NAME, check=True, diff=True, **options, state="started")
    assert (result["changed"], start_type(result), changes(aws)) == (True, "start-replication", {})
    assert result["diff"]["after"]["migration_type"] == "full-load-and-cdc"
    assert tasks(aws) == []


def test_a_stopped_task_is_resumed_and_reloaded_anew_only_if_asked(aws, module, options, running):
    stopped = module(NAME, replication_task_identifier="orders", state="stopped")
    assert stopped["changes"] == [{"property": "status", "before": "running", "after": "stopped"}]
    assert stopped["replication_task"]["stop_reason"] == "Stop Reason NORMAL"
    assert module(NAME, replication_task_identifier="orders", state="stopped")["changed"] is False
    resumed = module(NAME, replication_task_identifier="orders", state="started")
    assert (start_type(resumed), resumed["replication_task"]["status"]) == ("resume-processing", "running")
    reloaded = module(NAME, replication_task_identifier="orders", state="reloaded", wait_for="full_load")
    assert start_type(reloaded) == "reload-target"
    assert reloaded["replication_task"]["replication_task_stats"]["full_load_progress_percent"] == 100
    assert changes(aws) == {"StopReplicationTask": 2, "StartReplicationTask": 2}


def test_a_full_load_that_is_finished_is_not_run_again_by_started(aws, module, options):
    only_load = {**options, "migration_type": "full-load"}
    result = module(NAME, **only_load, state="started", wait_for="full_load")
    assert result["replication_task"]["stop_reason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    for goal in ("running", "full_load", "stopped"):
        assert module(NAME, **only_load, state="started", wait_for=goal)["changed"] is False
    assert changes(aws)["StartReplicationTask"] == 1


@pytest.mark.parametrize("pause", ["StopTaskCachedChangesApplied", "StopTaskCachedChangesNotApplied"])
def test_a_pause_after_the_full_load_is_kept_until_the_task_shall_run(aws, module, options, pause):
    paused = {**options, "replication_task_settings": {"FullLoadSettings": {pause: True}}, "state": "started"}
    result = module(NAME, **paused, wait_for="full_load")
    assert result["replication_task"]["status"] == "stopped"
    assert module(NAME, **paused, wait_for="full_load")["changed"] is False
    assert start_type(module(NAME, **paused)) == "resume-processing"


@pytest.mark.parametrize(
    ("change", "prop"),
    [
        ({"table_mappings": WITHOUT_LINES}, "table_mappings"),
        ({"replication_task_settings": {"Logging": {"EnableLogging": True}}}, "replication_task_settings"),
    ],
)
def test_a_running_task_that_differs_is_stopped_changed_and_resumed(aws, module, options, running, change, prop):
    changed = {**options, **change}
    refused = module(NAME, **changed)
    assert "is running, and DMS changes a task only when it is stopped: state: started stops it" in refused["msg"]
    assert changes(aws) == {}
    planned = module(NAME, check=True, **changed, state="started")
    result = module(NAME, **changed, state="started")
    assert planned["changes"] == result["changes"]
    assert {row["property"] for row in result["changes"]} == {prop, "start_replication_task_type"}
    assert (start_type(result), result["replication_task"]["status"]) == ("resume-processing", "running")
    assert changes(aws) == {"StopReplicationTask": 1, "ModifyReplicationTask": 1, "StartReplicationTask": 1}
    assert module(NAME, **changed, state="started")["changed"] is False


def test_a_change_of_settings_leaves_all_others_as_they_are(aws, module, options):
    module(NAME, **options)
    logged = {**options, "replication_task_settings": {"Logging": {"EnableLogging": True}}}
    result = module(NAME, **logged)
    assert result["changes"] == [
        {
            "property": "replication_task_settings",
            "before": '{"Logging": {"EnableLogging": false}}',
            "after": '{"Logging": {"EnableLogging": true}}',
        }
    ]
    settings = json.loads(tasks(aws)[0]["ReplicationTaskSettings"])
    assert settings["FullLoadSettings"]["MaxFullLoadSubTasks"] == 4
    # DMS has named the log group, and refuses to be told its name: https://github.com/hashicorp/terraform-provider-aws/issues/21512
    assert settings["Logging"]["CloudWatchLogGroup"]
    whole = {**options, "replication_task_settings": settings}
    assert module(NAME, **whole)["changed"] is False
    settings["FullLoadSettings"]["CommitRate"] = 5000
    assert module(NAME, **whole)["changed"] is True


def test_the_order_of_rules_and_the_text_do_not_matter(aws, module, options, tmp_path):
    module(NAME, **{**options, "table_mappings": WITHOUT_LINES})
    first, second = WITHOUT_LINES["rules"]
    turned = {"rules": [{**second, "filters": []}, {**first, "rule-id": 1}]}
    assert module(NAME, **{**options, "table_mappings": turned})["changed"] is False
    path = tmp_path / "mappings.json"
    path.write_text(json.dumps(turned, indent=4))
    by_path = {name: value for name, value in options.items() if name != "table_mappings"}
    assert module(NAME, **by_path, table_mappings_file=str(path))["changed"] is False
    path.write_text(json.dumps(MAPPINGS))
    assert module(NAME, **by_path, table_mappings_file=str(path))["changed"] is True


def test_tables_are_reloaded_while_the_task_runs(aws, module, options):
    aws.settings.dms_tables = {"shop.orders": {"TableState": "Table error"}, "shop.lines": {}}
    failed = module(NAME, **options, state="started", wait_for="full_load")
    assert "orders did not become loaded: it is running" in failed["msg"]
    assert "1 table could not be loaded; dms_replication_task_info tells which." in failed["msg"]
    aws.calls.clear()
    wanted = {"state": "reloaded", "tables": [{"schema_name": "shop", "table_name": "orders"}]}
    planned = module(NAME, check=True, replication_task_identifier="orders", **wanted)
    assert planned["changes"] == [{"property": "reloaded_tables", "before": None, "after": ["shop.orders"]}]
    assert changes(aws) == {}
    assert module(NAME, replication_task_identifier="orders", **wanted)["changed"] is True
    assert changes(aws) == {"ReloadTables": 1}
    assert module(NAME, **options, state="started", wait_for="full_load")["changed"] is False


def test_tables_of_a_task_that_only_replicates_are_not_reloaded_but_validated_anew(aws, module, options):
    module(NAME, **{**options, "migration_type": "cdc"}, state="started")
    aws.calls.clear()
    wanted = {"state": "reloaded", "tables": [{"schema_name": "shop", "table_name": "orders"}]}
    for check in (True, False):
        told = module(NAME, check=check, replication_task_identifier="orders", **wanted)["msg"]
        assert "orders has the migration_type cdc, so that there is no full load to reload" in told
    assert changes(aws) == {}
    again = module(NAME, replication_task_identifier="orders", **wanted, reload_option="validate-only")
    assert (again["changed"], changes(aws)) == (True, {"ReloadTables": 1})


def test_a_task_is_deleted_but_not_while_it_runs(aws, module, options, running):
    gone = {"replication_task_identifier": "orders", "state": "absent"}
    for check in (True, False):
        refused = module(NAME, check=check, **gone)
        assert refused["msg"] == (
            "Replication task orders is running: stop it first, or set force: true. Nothing was changed."
        )
    assert changes(aws) == {}
    assert module(NAME, check=True, **gone, force=True)["changed"] is True
    result = module(NAME, **gone, force=True)
    assert (result["changed"], result["replication_task"]) == (True, {})
    assert changes(aws) == {"StopReplicationTask": 1, "DeleteReplicationTask": 1}
    assert (tasks(aws), module(NAME, **gone)["changed"]) == ([], False)


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_an_endpoint_with_tasks_is_not_deleted_and_they_are_named(aws, module, options, check):
    assert module(NAME, **options)["changed"] is True
    aws.calls.clear()
    result = module("dms_endpoint", check=check, endpoint_identifier="orders-target", state="absent")
    assert (result["failed"], changes(aws)) == (True, {})
    assert "DMS endpoint orders-target has replication tasks, which must be deleted first: orders." in result["msg"]


@pytest.mark.parametrize("state", ["present", "started", "stopped", "reloaded"])
def test_a_task_that_is_being_deleted_is_told_and_left_alone(aws, module, options, state):
    module(NAME, **options)
    life_of(moto_task()).enter("deleting", 60)
    aws.calls.clear()
    assert (
        "Replication task orders is being deleted: start again when it is gone"
        in (module(NAME, **options, state=state)["msg"])
    )
    assert changes(aws) == {}


def test_a_task_that_fails_is_told_with_its_reason_and_without_the_password(aws, module, options):
    aws.settings.dms_failures["orders"] = "Cannot connect to ODBC provider; UID=dms;PWD=open sesame; Network error."
    for _run in range(2):
        result = module(NAME, **options, state="started")
        assert "replication task orders did not become running: its status is failed (FATAL_ERROR): " in result["msg"]
        assert "Cannot connect to ODBC provider" in result["msg"]
        assert "sesame" not in json.dumps(result)
    assert changes(aws)["StartReplicationTask"] == 2
    aws.settings.dms_failures.clear()
    assert start_type(module(NAME, **options, state="started")) == "resume-processing"


def test_a_failed_connection_test_is_told_before_the_task_is_made(aws, module, options):
    aws.settings.dms_failures["orders-source"] = "Access denied for user dms; PWD=open sesame;"
    client = aws.client("dms", REGION)
    arns = [row["EndpointArn"] for row in client.describe_endpoints()["Endpoints"]]
    instance = client.describe_replication_instances()["ReplicationInstances"][0]["ReplicationInstanceArn"]
    for arn in arns:
        client.test_connection(ReplicationInstanceArn=instance, EndpointArn=arn)
    time.sleep(0.1)
    aws.calls.clear()
    result = module(NAME, **options, state="started")
    assert "The last connection test of endpoint orders-source failed: Access denied for user dms" in result["msg"]
    assert "sesame" not in json.dumps(result)
    assert (changes(aws), tasks(aws)) == ({}, [])


def test_cdc_stops_at_its_position_and_goes_on_with_another(aws, module, options):
    now = time.time()
    soon, later = (f"server_time:{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now + left))}" for left in (3, 3600))
    cdc = {**options, "migration_type": "cdc", "cdc_start_position": "mysql-bin.000024:373", "state": "started"}
    result = module(NAME, **cdc, cdc_stop_position=soon, wait_for="stopped")
    assert result["replication_task"]["stop_reason"] == "Stop Reason STOPPED_AT_SERVER_TIME"
    aws.calls.clear()
    # it has come to its end, though the position is past by now
    assert module(NAME, **cdc, cdc_stop_position=soon)["changed"] is False
    assert start_type(module(NAME, **cdc, cdc_stop_position=later)) == "resume-processing"
    moved = {**cdc, "cdc_start_position": "mysql-bin.000030:4"}
    module(NAME, **{**moved, "state": "stopped"})
    assert start_type(module(NAME, **moved, cdc_stop_position=later)) == "start-replication"


POSITION, OTHER = "checkpoint:V1#27#mysql-bin-changelog.157832:1975", "mysql-bin.000030:4"


@pytest.fixture
def cdc(options: Json) -> Json:
    return {**options, "migration_type": "cdc", "cdc_start_position": POSITION, "state": "started"}


def started_from() -> str:
    position: str = moto_task().cdc_start_position
    return position


@pytest.mark.parametrize("told", [None, "checkpoint:V1#99#another", "given"])
def test_a_start_position_given_again_leaves_the_replication_alone(aws, module, cdc, told):
    """That DMS answers none, or a checkpoint, is added in services/dms_tasks.py."""
    assert start_type(module(NAME, **cdc)) == "start-replication"
    moto_task().checkpoint = POSITION if told == "given" else told
    aws.calls.clear()
    for state in ("started", "present", "started"):
        again = module(NAME, **{**cdc, "state": state})
        assert (again["changed"], again["changes"]) == (False, [])
        assert "warnings" not in again
    assert changes(aws) == {}
    module(NAME, **{**cdc, "state": "stopped"})
    assert start_type(module(NAME, **cdc)) == "resume-processing"


@pytest.mark.parametrize("told", [None, "checkpoint:V1#99#another"])
def test_a_start_position_of_which_nothing_is_recorded_moves_nothing(aws, module, cdc, told):
    """As of a task that 0.4.0 has made."""
    module(NAME, **cdc)
    task, client = moto_task(), aws.client("dms", REGION)
    task.checkpoint = told
    client.remove_tags_from_resource(ResourceArn=task.arn, TagKeys=["sysops:dms_cdc_start"])
    aws.calls.clear()
    again = module(NAME, **{**cdc, "cdc_start_position": OTHER})
    assert again["changed"] is False
    assert "It is not known from where replication task orders was started" in json.dumps(again["warnings"])
    assert changes(aws) == {}
    module(NAME, **{**cdc, "state": "stopped"})
    assert start_type(module(NAME, **{**cdc, "cdc_start_position": OTHER})) == "resume-processing"
    # the order that is meant
    assert start_type(module(NAME, **{**cdc, "cdc_start_position": OTHER, "state": "reloaded"})) == "start-replication"
    assert started_from() == OTHER
    assert module(NAME, **{**cdc, "cdc_start_position": OTHER})["changed"] is False


@pytest.mark.parametrize("check", [True, False])
def test_another_start_position_never_stops_a_replication(aws, module, cdc, check):
    module(NAME, **cdc)
    aws.calls.clear()
    moved = {**cdc, "cdc_start_position": OTHER}
    result = module(NAME, check=check, **moved)
    assert "stop it first with state: stopped, after which state: started begins there" in result["msg"]
    present = module(NAME, check=check, **{**moved, "state": "present"})
    assert present["changed"] is False
    assert "is an order for a start, state: started" in json.dumps(present["warnings"])
    assert changes(aws) == {}


def test_another_start_position_is_begun_with_once(aws, module, cdc):
    module(NAME, **cdc)
    moved = {**cdc, "cdc_start_position": OTHER}
    module(NAME, **{**moved, "state": "stopped"})
    planned = module(NAME, check=True, **moved)
    assert start_type(planned) == "start-replication"
    assert {row["property"]: row["after"] for row in planned["changes"]}["cdc_start_position"] == OTHER
    assert start_type(module(NAME, **moved)) == "start-replication"
    assert started_from() == OTHER
    aws.calls.clear()
    assert module(NAME, **moved)["changed"] is False
    assert changes(aws) == {}
    module(NAME, **{**moved, "state": "stopped"})
    assert start_type(module(NAME, **moved)) == "resume-processing"


def test_a_run_that_dies_before_the_start_does_not_resume_from_the_old_checkpoint(aws, module, cdc):
    module(NAME, **cdc)
    moved = {**cdc, "cdc_start_position": OTHER}
    module(NAME, **{**moved, "state": "stopped"})
    aws.faults.deny(operation="StartReplicationTask")
    assert module(NAME, **moved)["failed"] is True
    aws.faults.clear()
    # whoever leaves the position out now is told
    left_out = {name: value for name, value in cdc.items() if name != "cdc_start_position"}
    assert "give cdc_start_position again" in json.dumps(module(NAME, check=True, **left_out)["warnings"])
    assert start_type(module(NAME, **moved)) == "start-replication"
    assert started_from() == OTHER


def test_a_run_that_dies_after_the_start_does_not_start_again(aws, module, cdc):
    module(NAME, **cdc)
    moved, task = {**cdc, "cdc_start_position": OTHER}, moto_task()
    module(NAME, **{**moved, "state": "stopped"})
    aws.faults.deny(operation="StartReplicationTask")
    module(NAME, **moved)
    aws.faults.clear()
    aws.client("dms", REGION).start_replication_task(
        ReplicationTaskArn=task.arn, StartReplicationTaskType="start-replication", CdcStartPosition=OTHER
    )
    aws.calls.clear()
    assert start_type(module(NAME, **moved)) is None
    assert changes(aws) == {"AddTagsToResource": 1}
    module(NAME, **{**moved, "state": "stopped"})
    assert start_type(module(NAME, **moved)) == "resume-processing"


def test_a_position_that_changes_before_the_first_start_is_the_one_that_counts(aws, module, cdc):
    module(NAME, **{**cdc, "state": "present"})
    assert module(NAME, **{**cdc, "state": "present"})["changed"] is False
    moved = {**cdc, "cdc_start_position": OTHER}
    assert module(NAME, **{**moved, "state": "present"})["changed"] is True
    assert module(NAME, **{**moved, "state": "present"})["changed"] is False
    # as the role starts it
    module(NAME, replication_task_identifier="orders", state="started")
    assert started_from() == OTHER
    aws.calls.clear()
    assert module(NAME, **moved)["changed"] is False
    assert changes(aws) == {}


def test_a_start_time_is_an_order_too(aws, module, cdc):
    timed = {**cdc, "cdc_start_position": None, "cdc_start_time": "2026-11-24T12:00:00Z"}
    timed = {name: value for name, value in timed.items() if value is not None}
    module(NAME, **timed)
    aws.calls.clear()
    assert module(NAME, **{**timed, "cdc_start_time": "2026-11-24T13:00:00+01:00"})["changed"] is False
    later = {**timed, "cdc_start_time": "2026-11-25T12:00:00Z"}
    assert "stop it first" in module(NAME, **later)["msg"]
    assert changes(aws) == {}
    module(NAME, **{**later, "state": "stopped"})
    assert start_type(module(NAME, **later)) == "start-replication"


@pytest.mark.parametrize("told", [None, "server_time: {}", "{}.000Z"])
def test_a_stop_position_given_again_leaves_the_replication_alone(aws, module, cdc, monkeypatch, told):
    """A spelling of DMS's own, or none."""
    from tests.emulator.services import dms_tasks

    later = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600))
    options = {**cdc, "cdc_stop_position": f"server_time:{later}"}
    module(NAME, **options)
    row_of = dms_tasks.row_of

    def answer(task: Any) -> Json:
        row = row_of(task)
        row.pop("CdcStopPosition", None)
        return row | ({"CdcStopPosition": told.format(options["cdc_stop_position"])} if told else {})

    monkeypatch.setattr(dms_tasks, "row_of", answer)
    aws.calls.clear()
    assert module(NAME, **options)["changed"] is False
    assert changes(aws) == {}


def test_records_are_no_tags_of_the_operator(aws, module, cdc):
    made = module(NAME, **cdc)["replication_task"]
    assert made["tags"] == {"Team": "shop"}
    assert module(NAME, **{**cdc, "tags": {"Team": "other"}, "purge_tags": True})["changed"] is True
    tags = aws.client("dms", REGION).list_tags_for_resource(ResourceArn=made["replication_task_arn"])["TagList"]
    assert {tag["Key"] for tag in tags} == {"Team", "sysops:dms_cdc_start"}


@pytest.mark.parametrize(
    "settings",
    [
        {"TTSettings": {"EnableTT": False, "FailTaskOnTTFailure": False}},
        {"TTSettings": {"EnableTT": False, "FailTaskOnTTFailure": None}, "BeforeImageSettings": {"FieldName": ""}},
        {"targetMetadata": {"lobMaxSize": "32"}, "TTSettings": None, "New": {"A": 0, "B": []}},
    ],
)
def test_settings_that_dms_does_not_echo_are_no_change(aws, module, options, running, settings):
    """That DMS drops them is added in services/dms_tasks.py."""
    for state in ("started", "present"):
        again = module(NAME, **{**options, "replication_task_settings": settings}, state=state)
        assert (again["changed"], again.get("warnings")) == (False, None)
    assert changes(aws) == {}


def test_a_setting_that_dms_does_not_list_never_stops_a_task_that_runs(aws, module, options, running):
    wanted = {**options, "replication_task_settings": {"TTSettings": {"FailTaskOnTTFailure": True}}}
    for state in ("started", "present"):
        again = module(NAME, **wanted, state=state)
        assert again["changed"] is False
        assert "DMS doesn't list TTSettings.FailTaskOnTTFailure" in json.dumps(again["warnings"])
    assert changes(aws) == {}
    module(NAME, **wanted, state="stopped")
    # at rest it is sent once
    assert module(NAME, **wanted, state="stopped")["changed"] is True
    assert changes(aws)["ModifyReplicationTask"] == 1
    assert module(NAME, **wanted, state="stopped")["changed"] is False
    assert start_type(module(NAME, **wanted, state="started")) == "resume-processing"


def test_a_new_task_is_told_once_what_dms_does_not_list(aws, module, options):
    wanted = {**options, "replication_task_settings": {"TTSettings": {"EnableTT": True, "FailTaskOnTTFailure": True}}}
    module(NAME, **wanted)
    assert module(NAME, **wanted)["changed"] is False
    assert changes(aws) == {"CreateReplicationTask": 1, "AddTagsToResource": 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cdc_stop_position": "server_time:2020-02-09T12:12:12"}, "server_time:2020-02-09T12:12:12 is past (it is "),
        ({"cdc_stop_position": "tomorrow"}, "cdc_stop_position 'tomorrow' is not a position: write server_time:"),
        ({"cdc_stop_position": "server_time:2026-13-09T12:12:12"}, "'2026-13-09T12:12:12' is not a time"),
        ({"cdc_start_time": "yesterday"}, "cdc_start_time 'yesterday' is not a time"),
        (
            {"migration_type": "full-load", "cdc_start_position": "a:1"},
            "cdc_start_position is for tasks that replicate changes, but migration_type is full-load.",
        ),
        (
            {"source_endpoint": "order-source"},
            "no DMS endpoint 'order-source' in us-east-1. Did you mean orders-source?",
        ),
        ({"source_endpoint": "orders-target"}, "source_endpoint: DMS endpoint orders-target is a target endpoint."),
        ({"replication_instance": "order"}, "no DMS replication instance 'order' in us-east-1. Did you mean orders?"),
        ({"table_mappings": {"rules": []}}, "table_mappings has no list of `rules`"),
        (
            {"table_mappings": {"rules": [{**RULE, "rule-action": "inclde"}]}},
            "table_mappings: rule 1 (shop) has rule-action 'inclde', which is none of include, exclude, explicit."
            " Did you mean include?",
        ),
        ({"replication_task_identifier": "orders-"}, "'orders-' is not a name for a replication task"),
        ({"force": True}, "force is for state: absent alone."),
        (
            {"tables": [{"schema_name": "a", "table_name": "b"}]},
            "tables names what to reload, and is for state",
        ),
        ({"state": "reloaded", "tables": []}, "tables is empty"),
        (
            {"state": "reloaded", "tables": [{"schema_name": "a", "table_name": "b"}]},
            "Replication task orders doesn't exist: DMS reloads single tables only while the task is running.",
        ),
        ({"state": "reloaded", "migration_type": "cdc"}, "has the migration_type cdc, so that there is no full load"),
        ({"table_mappings": None}, "There is no replication task orders, and to make it table_mappings is missing."),
        ({"table_mappings": None, "table_mappings_file": "/nowhere"}, "table_mappings_file /nowhere can't be read: No"),
    ],
)
def test_bad_input_is_told_before_anything_is_made(aws, module, options, change, words):
    said = {**options, "state": "started", **change}
    for check in (True, False):
        result = module(NAME, check=check, **{name: value for name, value in said.items() if value is not None})
        assert result["failed"] is True
        assert words in result["msg"]
        assert "Traceback" not in result["msg"]
    assert (changes(aws), tasks(aws)) == ({}, [])


def test_a_file_that_is_no_json_is_told(aws, module, options, tmp_path):
    path = tmp_path / "mappings.json"
    by_path = {name: value for name, value in options.items() if name != "table_mappings"}
    by_path["table_mappings_file"] = str(path)
    path.write_text("rules:\n")
    assert f"table_mappings_file {path} is not JSON: Expecting value" in module(NAME, **by_path)["msg"]
    path.write_text("[]")
    assert f"table_mappings_file {path} holds no JSON object." in module(NAME, **by_path)["msg"]
    assert changes(aws) == {}


@pytest.mark.parametrize("state", ["started", "reloaded"])
def test_a_past_stop_position_is_told_before_a_running_task_is_stopped(aws, module, options, running, state):
    past = {**options, "cdc_stop_position": "commit_time:2020-02-09T12:12:12", "state": state}
    assert "is past" in module(NAME, **past)["msg"]
    assert changes(aws) == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"target_endpoint": "orders-other"}, "target_endpoint_arn of replication task orders is arn:aws:dms:"),
        ({"tables": [{"schema_name": "shop", "table_name": "orders"}], "state": "reloaded"}, "orders is stopped: DMS"),
    ],
)
def test_what_cannot_be_done_with_a_stopped_task_is_refused(aws, module, options, running, change, words):
    client = aws.client("dms", REGION)
    client.create_endpoint(
        EndpointIdentifier="orders-other", EndpointType="target", EngineName="mysql", ServerName="db.example.com"
    )
    module(NAME, replication_task_identifier="orders", state="stopped")
    aws.calls.clear()
    assert words in module(NAME, **{**options, **change})["msg"]
    assert changes(aws) == {}


def test_a_failure_half_way_names_what_was_done_and_the_next_run_does_the_rest(aws, module, options, running):
    changed = {**options, "table_mappings": WITHOUT_LINES, "state": "started"}
    aws.faults.deny(operation="StartReplicationTask")
    result = module(NAME, **changed)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "Done before: stopped, TableMappings." in result["msg"]
    aws.faults.clear()
    aws.calls.clear()
    assert module(NAME, **changed)["replication_task"]["status"] == "running"
    assert changes(aws) == {"StartReplicationTask": 1}


def test_without_wait_the_next_run_goes_on_where_this_one_ended(aws, module, options):
    aws.settings.dms_full_load_seconds = 1.0
    result = module(NAME, **options, state="started", wait_for="full_load", wait=False)
    assert result["replication_task"]["status"] in ("starting", "running")
    again = module(NAME, **options, state="started", wait_for="full_load")
    assert (again["changed"], again["replication_task"]["replication_task_stats"]["tables_loaded"]) == (False, 3)


def test_a_load_that_takes_too_long_is_told_with_how_far_it_is(aws, module, options):
    aws.settings.dms_seconds, aws.settings.dms_full_load_seconds = 0, 60
    told = module(NAME, **options, state="started", wait_for="full_load", wait_timeout=1)["msg"]
    assert "replication task orders did not become loaded within 1 seconds: it is running, with 0 % of the" in told
    assert "Done before: created, start-replication." in told
