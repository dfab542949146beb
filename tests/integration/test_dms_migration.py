# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_migration.yml as an operator runs it: whole, killed and started again, in check mode, and where it must refuse.

It rests on what tests/emulator/services/dms*.py add to moto: states that take time, table statistics, connection tests
that fail, changed endpoints and tags, and the latencies that DMS publishes to CloudWatch.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.dms import life_of
from tests.integration.conftest import ROOT, changes, same_in_check_mode, unanswered

ACCOUNT, REGION = "123456789012", "eu-west-1"
PLAYBOOK = "sysops.aws.dms_migration"
PASSWORD = "a-password-that-nobody-may-see"
MARK = "sysops:dms_migration"
TRUST = '{"Version": "2012-10-17", "Statement": []}'
STEPS = {
    "subnet_group": "Make the replication subnet group",
    "endpoints": "Make the endpoints",
    "instance": "Make the replication instance",
    "connections": "Test the connections of both ends",
    "task": "Make the replication task",
    "premigration": "Look for what may go wrong",
    "full_load": "Start the task and load the target",
    "gate": "See whether it may be cut over",
    "stop_writers": "Stop the writers",
    "catch_up": "Wait until the target holds everything",
    "stop_task": "Stop the task",
    "switch": "Switch the applications",
    "clean_up": "Clean up",
}
LAST = ("stop_writers", "catch_up", "stop_task", "switch")
MAPPINGS = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "1",
            "rule-action": "include",
            "object-locator": {"schema-name": "shop", "table-name": "%"},
        }
    ]
}
Variables = dict[str, Any]
Run = subprocess.CompletedProcess[str]


@pytest.fixture
def account(empty_aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """A region with the roles that DMS needs, in which tasks are up to date."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for role in ("dms-vpc-role", "dms-cloudwatch-logs-role"):
        empty_aws.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    empty_aws.settings.dms_latency = 0.0
    empty_aws.calls.clear()
    return empty_aws


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """Task files that write down that they ran."""
    for name, line in (("cutover", "stop"), ("switch", "switch")):
        log = {"cmd": f"echo {line} >> {tmp_path}/hooks.log"}
        task = [{"name": f"Hook {name}", "ansible.builtin.shell": log, "changed_when": False}]
        (tmp_path / f"{name}.yml").write_text(json.dumps(task))
    return tmp_path


def ran(hooks: Path) -> list[str]:
    log = hooks / "hooks.log"
    return log.read_text().split() if log.exists() else []


def wanted(**more: Any) -> Variables:
    """The least that a migration needs."""
    return {
        "dms_migration_name": "orders",
        "dms_migration_source": {
            "engine_name": "mysql",
            "secrets_manager_secret_id": "orders/source",
            "secrets_manager_access_role_arn": f"arn:aws:iam::{ACCOUNT}:role/reads-orders",
            "database_name": "shop",
        },
        "dms_migration_target": {
            "engine_name": "mysql",
            "server_name": "orders.example.com",
            "port": 3306,
            "username": "dms",
            "password": PASSWORD,
        },
        "dms_migration_replication_instance_class": "dms.t3.medium",
        "dms_migration_table_mappings": MAPPINGS,
        "dms_migration_wait_delay": 0.1,
        "dms_migration_gate_timeout": 0,
        **more,
    }


def everything(emulator: Emulator, hooks: Path, **more: Any) -> Variables:
    """A migration with all that there is: a subnet group, hooks, tags."""
    subnets = emulator.client("ec2", REGION).describe_subnets()["Subnets"]
    emulator.calls.clear()
    return wanted(
        dms_migration_subnet_ids=[subnet["SubnetId"] for subnet in subnets[:2]],
        dms_migration_tags={"Team": "shop"},
        dms_migration_cutover_tasks=str(hooks / "cutover.yml"),
        dms_migration_switch_tasks=str(hooks / "switch.yml"),
        dms_migration_caught_up_timeout=30,
        **more,
    )


def backend() -> Any:
    from moto.dms.models import dms_backends

    return dms_backends[ACCOUNT][REGION]


def task() -> Any:
    (found,) = backend().replication_tasks.values()
    life_of(found).settle()
    return found


def tags_of(resource_arn: str) -> dict[str, str]:
    found: dict[str, str] = backend().tagger.get_tag_dict_for_resource(resource_arn)
    return found


def said(done: Run) -> str:
    return " ".join((done.stdout + done.stderr).split())


def plan(done: Run) -> dict[str, str]:
    """The step -> its state, as the plan shows it."""
    states = {}
    for line in done.stdout.splitlines():
        state, _colon, rest = line.strip().removeprefix("- ").strip("'").partition(": ")
        name = next((name for name, title in STEPS.items() if rest.startswith(title)), None)
        if name and state in ("done", "to do", "left out", "waits"):
            states[name] = state
    return states


def recap(done: Run) -> dict[str, int]:
    line = next(line for line in done.stdout.splitlines() if line.startswith("localhost") and "changed=" in line)
    return {name: int(value) for name, _equals, value in (word.partition("=") for word in line.split() if "=" in word)}


def there() -> dict[str, list[str]]:
    """All that DMS has."""
    return {
        "tasks": [one.id for one in backend().replication_tasks.values()],
        "endpoints": sorted(backend().endpoints),
        "instances": [one.id for one in backend().replication_instances.values()],
        "groups": list(backend().replication_subnet_groups),
    }


def prepared(emulator: Emulator, tables: dict[str, dict[str, Any]] | None = None, **changed: Any) -> None:
    """A migration that replicates, as its first run leaves it, without that run."""
    emulator.settings.dms_tables = tables or {}
    client, tags = emulator.client("dms", REGION), [{"Key": MARK, "Value": "orders"}]
    made = client.create_replication_instance(
        ReplicationInstanceIdentifier="orders", ReplicationInstanceClass="dms.t3.medium", Tags=tags
    )
    client.describe_replication_instances()
    arns = {"ReplicationInstanceArn": made["ReplicationInstance"]["ReplicationInstanceArn"]}
    for kind in ("Source", "Target"):
        end = {"EndpointIdentifier": f"orders-{kind.lower()}", "EndpointType": kind.lower(), "EngineName": "mysql"}
        arns[f"{kind}EndpointArn"] = client.create_endpoint(**end, Tags=tags)["Endpoint"]["EndpointArn"]
        pair = {"ReplicationInstanceArn": arns["ReplicationInstanceArn"], "EndpointArn": arns[f"{kind}EndpointArn"]}
        client.test_connection(**pair)
    options = {
        "MigrationType": "full-load-and-cdc",
        "TableMappings": json.dumps(MAPPINGS),
        "ReplicationTaskSettings": json.dumps({"ValidationSettings": {"EnableValidation": True}}),
        **changed,
    }
    made = client.create_replication_task(ReplicationTaskIdentifier="orders", **arns, **options, Tags=tags)
    client.describe_replication_tasks()
    client.start_replication_task(
        ReplicationTaskArn=made["ReplicationTask"]["ReplicationTaskArn"],
        StartReplicationTaskType="start-replication",
    )
    client.describe_replication_tasks()
    emulator.calls.clear()


CLEAN_UP_ALL = {
    "dms_migration_clean_up": True,
    "dms_migration_clean_up_instance": True,
    "dms_migration_subnet_ids": ["subnet-1", "subnet-2"],
}


def cut_over(emulator: Emulator) -> None:
    """The task is stopped, and it is recorded that the applications have moved."""
    emulator.client("dms", REGION).stop_replication_task(ReplicationTaskArn=task().arn)
    backend().tagger.tag_resource(task().arn, [{"Key": f"{MARK}_step", "Value": "switch"}])


def group(emulator: Emulator, description: str) -> None:
    emulator.client("dms", REGION).create_replication_subnet_group(
        ReplicationSubnetGroupIdentifier="orders",
        ReplicationSubnetGroupDescription=description,
        SubnetIds=["subnet-1", "subnet-2"],
    )


def test_check_shows_the_plan_and_changes_nothing_at_the_start_and_half_way(account, playbook, hooks):
    variables = everything(account, hooks)
    fresh = playbook(PLAYBOOK, "--check", **variables)
    assert fresh.returncode == 0, fresh.stdout
    assert plan(fresh) == {**dict.fromkeys(STEPS, "to do"), **dict.fromkeys(LAST, "waits"), "clean_up": "left out"}
    assert "orders-source to be created, orders-target to be created" in said(fresh)
    assert changes(account) == {}

    prepared(account)
    half_way = playbook(PLAYBOOK, "--check", **wanted(dms_migration_cut_over=True))
    assert half_way.returncode == 0, half_way.stdout
    done = dict.fromkeys([*list(STEPS)[1:6], "full_load"], "done")
    left_out = {"subnet_group": "left out", "clean_up": "left out"}
    assert plan(half_way) == {**dict.fromkeys(STEPS, "to do"), **done, **left_out}
    assert "100 % of the full load: 3 tables loaded" in said(half_way)
    assert changes(account) == {}
    assert PASSWORD not in said(fresh) + said(half_way)


# Each start is killed once AWS has got this call so many times: at the end of each step, and in the midst of some.
KILLS = [
    ({}, "CreateReplicationSubnetGroup", 1),
    ({}, "CreateEndpoint", 1),  # the source
    ({}, "CreateReplicationInstance", 1),
    ({}, "TestConnection", 1),
    ({}, "CreateReplicationTask", 1),
    ({}, "StartReplicationTask", 1),
    ({"dms_migration_cut_over": True}, "AddTagsToResource", 1),  # the target is known to hold everything
    ({"dms_migration_cut_over": True}, "StopReplicationTask", 1),
    ({"dms_migration_cut_over": True}, "AddTagsToResource", 1),  # the switch is recorded
]


def test_killed_in_and_after_each_step_it_ends_the_same_and_a_further_run_changes_nothing(
    account, killed, playbook, hooks
):
    variables, called = everything(account, hooks), set()
    for flags, operation, times in KILLS:
        account.calls.clear()
        killed(PLAYBOOK, account, {**variables, **flags}, operation, times)
        called |= calls_of(account)
    account.calls.clear()
    done = playbook(PLAYBOOK, "-vvv", **variables, dms_migration_cut_over=True)
    assert (done.returncode, recap(done)["changed"], changes(account)) == (0, 0, {}), done.stdout
    assert plan(done) == {**dict.fromkeys(STEPS, "done"), "clean_up": "left out"}
    assert (task().stop_reason, task().migration_type) == ("Stop Reason NORMAL", "full-load-and-cdc")
    assert tags_of(task().arn) == {MARK: "orders", f"{MARK}_step": "switch", "Team": "shop"}
    assert set(ran(hooks)) == {"stop", "switch"}
    assert ran(hooks)[-1] == "switch"
    source, target = (backend().endpoints[f"orders-{kind}"] for kind in ("source", "target"))
    assert (source.password, source.my_sql_settings["SecretsManagerSecretId"]) == (None, "orders/source")
    assert (target.password, target.port) == (PASSWORD, 3306)
    assert PASSWORD not in done.stdout + done.stderr
    unused = {f"dms:Modify{name}" for name in ("Endpoint", "ReplicationInstance", "ReplicationTask")}
    # there is no assessment run to look into
    unused.add("dms:DescribeReplicationTaskIndividualAssessments")
    offered = offered_permissions("dms:", "iam:Get")
    assert called == offered - unused - {action for action in offered if action.startswith("dms:Delete")}


def test_a_clean_up_that_is_killed_is_finished_by_the_next_and_nothing_is_made_anew(account, killed, playbook):
    prepared(account)
    cut_over(account)
    group(account, "Migration orders")
    variables = wanted(**CLEAN_UP_ALL)
    called = set()
    for operation in ("DeleteReplicationTask", "DeleteEndpoint"):
        account.calls.clear()
        killed(PLAYBOOK, account, variables, operation, 1)
        called |= calls_of(account)
    done = playbook(PLAYBOOK, **variables)
    assert done.returncode == 0, done.stdout
    assert there() == {"tasks": [], "endpoints": [], "instances": [], "groups": []}
    account.calls.clear()
    again = playbook(PLAYBOOK, **variables)
    assert (again.returncode, recap(again)["changed"], changes(account)) == (0, 0, {}), again.stdout
    deletions = {action for action in offered_permissions("dms:") if action.startswith("dms:Delete")}
    assert {action for action in called if action.startswith("dms:Delete")} == deletions
    assert called <= offered_permissions("dms:", "iam:Get")


def test_a_clean_up_leaves_a_subnet_group_that_it_did_not_make(account, playbook):
    prepared(account)
    cut_over(account)
    group(account, "The databases of the shop")
    done = playbook(PLAYBOOK, **wanted(**CLEAN_UP_ALL))
    assert done.returncode == 0, done.stdout
    assert there() == {"tasks": [], "endpoints": [], "instances": [], "groups": ["orders"]}


def calls_of(emulator: Emulator) -> set[str]:
    """As IAM names them; what a kill cut off is no operation."""
    return {f"{key[2]}:{key[3]}" for key in emulator.calls if key[2] in ("dms", "iam") and "/" not in key[3]}


def offered_permissions(*prefixes: str) -> set[str]:
    policy = json.loads((ROOT / "docs" / "iam" / "dms_migration.json").read_text())
    return {
        action for statement in policy["Statement"] for action in statement["Action"] if action.startswith(prefixes)
    }


def test_it_replicates_until_it_is_asked_to_cut_over_and_the_load_is_shown(account, playbook, hooks):
    done = playbook(PLAYBOOK, "-vvv", **wanted(dms_migration_cutover_tasks=str(hooks / "cutover.yml")))
    assert done.returncode == 0, done.stdout + done.stderr
    assert task().life.status == "running"
    assert "goes on as it is, until dms_migration_cut_over is true" in said(done)
    shown = [line.strip() for line in done.stdout.splitlines() if line.startswith("  running, ")]
    assert shown[-1] == "running, 100 % of the full load: 3 tables loaded, 0 loading, 0 queued, 0 in error"
    assert ran(hooks) == []
    # DMS itself would drop tables of the same names
    assert json.loads(task().replication_task_settings)["FullLoadSettings"]["TargetTablePrepMode"] == "DO_NOTHING"
    assert PASSWORD not in done.stdout + done.stderr
    assert {"dms:StopReplicationTask"} & {f"dms:{name}" for name in changes(account)} == set()


def test_a_connection_that_fails_is_told_without_the_password_and_nothing_is_started(account, playbook):
    account.settings.dms_failures["orders-target"] = f"Access denied for user 'dms'; password={PASSWORD} was refused."
    done = playbook(PLAYBOOK, "-vvv", **wanted())
    assert done.returncode != 0
    assert "The step connections failed: " in said(done)
    assert "to endpoint orders-target failed: Access denied for user 'dms'" in said(done)
    assert "To go back, there is nothing to do" in said(done)
    assert PASSWORD not in done.stdout + done.stderr
    assert there()["tasks"] == []
    assert "Traceback" not in said(done)


def test_flags_and_numbers_may_be_texts_as_a_survey_gives_them(account, playbook, hooks):
    """Each is the opposite of its default, but where `false` is what a text must not turn into the opposite: an old
    password stays, and the clean-up is asked for piece by piece."""
    account.client("dms", REGION).create_endpoint(
        EndpointIdentifier="orders-target", EndpointType="target", EngineName="mysql", ServerName="orders.example.com",
        Port=3306, Username="dms", Password="an-old-one", Tags=[{"Key": MARK, "Value": "orders"}],
    )  # fmt: skip
    texts = {
        "dms_migration_update_passwords": "false",
        "dms_migration_allocated_storage": "20",
        "dms_migration_multi_az": "true",
        "dms_migration_max_latency_seconds": "30",
        "dms_migration_require_validation": "false",
        "dms_migration_gate_timeout": "1",
        "dms_migration_cut_over": "true",
        "dms_migration_caught_up_latency_seconds": "1",
        "dms_migration_caught_up_timeout": "20",
        "dms_migration_clean_up": "false",
        "dms_migration_clean_up_instance": "false",
        "dms_migration_wait_timeout": "600",
        "dms_migration_wait_delay": "0.1",
    }
    unvalidated = {"FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING"}}
    variables = {**everything(account, hooks), **texts, "dms_migration_task_settings": unvalidated}
    done = playbook(PLAYBOOK, **variables)
    assert done.returncode == 0, done.stdout
    (instance,) = backend().replication_instances.values()
    assert (instance.multi_az, instance.allocated_storage) == (True, 20)
    assert backend().endpoints["orders-target"].password == "an-old-one"
    assert tags_of(task().arn)[f"{MARK}_step"] == "switch"
    kept = playbook(PLAYBOOK, **{**variables, "dms_migration_clean_up": "true"})
    assert kept.returncode == 0, kept.stdout
    assert there() == {"tasks": [], "endpoints": [], "instances": ["orders"], "groups": ["orders"]}
    all_of_it = {"dms_migration_clean_up": "true", "dms_migration_clean_up_instance": "true"}
    gone = playbook(PLAYBOOK, **{**variables, **all_of_it})
    assert gone.returncode == 0, gone.stdout
    assert there() == {"tasks": [], "endpoints": [], "instances": [], "groups": []}


BROKEN = {"shop.orders": {}, "shop.lines": {"TableState": "Table error", "ValidationState": "Table error"}}
DIFFERS = {"shop.orders": {"ValidationState": "Mismatched records", "ValidationFailedRecords": 2}}
NO_KEY = {"shop.log": {"ValidationState": "No primary key"}}


@pytest.mark.parametrize(
    ("tables", "latency", "words"),
    [
        (BROKEN, 0.0, "1 table in error (shop.lines)"),
        (DIFFERS, 0.0, "1 table with rows that differ, or that can't be compared (shop.orders)"),
        (NO_KEY, 0.0, "1 table without primary key, which can't be validated (shop.log)"),
        (None, 61.0, "The task is 61 seconds behind its source, more than 60."),
        (None, None, "CloudWatch has no CDCLatencySource and CDCLatencyTarget of the last 15 minutes."),
    ],
)
def test_the_gate_refuses_to_cut_over(account, module, tables, latency, words):
    prepared(account, tables)
    account.settings.dms_latency = latency
    gate = module("dms_migration_info", **asked())["gate"]
    assert gate["passed"] is False
    assert words in gate["refusals"][0]
    assert gate["may_pass"] == (tables is None)


def test_a_table_in_error_keeps_the_writers_running(account, playbook, hooks):
    prepared(account, BROKEN)
    variables = wanted(dms_migration_cut_over=True, dms_migration_cutover_tasks=str(hooks / "cutover.yml"))
    done = playbook(PLAYBOOK, **variables)
    assert done.returncode != 0
    assert "The step gate failed: It may not be cut over. 1 table in error (shop.lines)" in said(done)
    assert ran(hooks) == []
    assert task().life.status == "running"
    assert changes(account) == {}


def asked(**more: Any) -> Variables:
    """The least that the info module takes."""
    return {
        "name": "orders",
        "source_endpoint_identifier": "orders-source",
        "target_endpoint_identifier": "orders-target",
        "replication_instance_identifier": "orders",
        **more,
    }


def test_what_is_accepted_passes_the_gate(account, module):
    prepared(account, NO_KEY)
    assert module("dms_migration_info", **asked(accept_unvalidated_tables=["shop.log"]))["gate"]["passed"] is True
    assert module("dms_migration_info", **asked(require_validation=False))["gate"]["passed"] is True


def test_a_clean_up_of_what_is_not_cut_over_is_refused(account, playbook, module):
    prepared(account)
    before = there()
    done = playbook(PLAYBOOK, **wanted(dms_migration_clean_up=True, dms_migration_cut_over=True))
    assert done.returncode != 0
    assert "Nothing is cleaned up: task orders is running and not cut over." in said(done)
    account.client("dms", REGION).stop_replication_task(ReplicationTaskArn=task().arn)
    told = module("dms_migration_info", **asked(clean_up=True))
    assert "Nothing is cleaned up: task orders is stopped and not cut over." in told["msg"]
    account.client("dms", REGION).delete_replication_task(ReplicationTaskArn=task().arn)
    account.client("dms", REGION).describe_replication_tasks()
    told = module("dms_migration_info", **asked(clean_up=True))
    assert "there is no task orders, and nothing records that it was cut over" in told["msg"]
    assert there() == {**before, "tasks": []}


def test_a_cut_over_task_that_runs_again_is_not_cleaned_up(account, module):
    prepared(account)
    backend().tagger.tag_resource(task().arn, [{"Key": f"{MARK}_step", "Value": "switch"}])
    assert "task orders is running" in module("dms_migration_info", **asked(clean_up=True))["msg"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"manage_replication_instance": False}, "There is no replication instance orders in eu-west-1"),
        ({"target_endpoint_identifier": "orders-source"}, "are the same endpoint, orders-source"),
        ({"name": "or--ders"}, "'or--ders' is no identifier of DMS"),
        ({"subnet_ids": ["subnet-1"]}, "subnet_ids need a replication_subnet_group_identifier"),
        ({"max_latency_seconds": -1}, "max_latency_seconds is -1"),
        ({"expected_account_id": "210987654321"}, "expected_account_id is 210987654321"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_sentence(account, module, changed, words):
    result = module("dms_migration_info", **asked(**changed))
    assert result["failed"] is True
    assert words in result["msg"]
    assert changes(account) == {}


def test_what_others_made_and_a_missing_role_are_told_before_anything_is_changed(account, module):
    account.client("iam").delete_role(RoleName="dms-vpc-role")
    assert "There is no IAM role dms-vpc-role" in module("dms_migration_info", **asked())["msg"]
    account.client("dms", REGION).create_endpoint(
        EndpointIdentifier="orders-source", EndpointType="source", EngineName="mysql"
    )
    told = module("dms_migration_info", **asked())["msg"]
    assert "There is already an endpoint orders-source, which isn't part of the migration orders" in told


def test_blocking_findings_keep_the_task_from_being_started(account, playbook):
    done = playbook(PLAYBOOK, **wanted(dms_migration_tables_without_primary_key=["shop.log"]))
    assert done.returncode != 0
    assert "The step premigration failed: The task isn't started: 1 table has no primary key (shop.log)" in said(done)
    assert "dms_migration_blocking_findings (table_without_primary_key)" in said(done)
    assert life_of(task()).status == "ready"


def test_a_task_that_would_drop_the_targets_tables_is_not_started_unless_asked_for_twice(account, playbook):
    drop = {"FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}
    done = playbook(PLAYBOOK, **wanted(dms_migration_task_settings=drop, dms_migration_require_validation=False))
    assert done.returncode != 0
    assert "its start drops the target's tables of the same names (DROP_AND_CREATE)" in said(done)
    assert "dms_migration_blocking_findings (drops_target_tables)" in said(done)
    assert life_of(task()).status == "ready"


def test_a_task_that_could_not_be_looked_at_is_not_started(account, playbook):
    account.faults.deny(operation="DescribeEndpointTypes")
    done = playbook(PLAYBOOK, **wanted())
    assert done.returncode != 0
    assert "The step premigration failed" in said(done)
    assert "DescribeEndpointTypes" in said(done)
    assert life_of(task()).status == "ready"


def catch_up(emulator: Emulator) -> None:
    """As soon as somebody has looked."""
    while not any(operation == "GetMetricData" for *_where, operation in list(emulator.calls)):
        time.sleep(0.01)
    emulator.settings.dms_latency = 0.0


def test_waiting_for_the_load_tells_how_far_it_is(account, module):
    account.settings.dms_full_load_seconds = 6.0
    prepared(account)
    options = {"replication_task_identifier": "orders", "until": "full_load", "wait_delay": 0.5}
    result = module("dms_migration_wait", **options)
    assert result["progress"][-1] == "running, 100 % of the full load: 3 tables loaded, 0 loading, 0 queued, 0 in error"
    assert len(result["progress"]) > 2
    assert module("dms_migration_wait", check=True, **options)["reached"] is True


def test_waiting_to_catch_up_ends_when_minutes_after_the_last_write_are_at_zero(account, module):
    prepared(account)
    account.settings.dms_latency = 30.0
    threading.Thread(target=catch_up, args=[account], daemon=True).start()
    now = datetime.now(timezone.utc)
    options = {"replication_task_identifier": "orders", "until": "caught_up", "wait_delay": 0.05}
    result = module("dms_migration_wait", **options, since=now.isoformat(), wait_timeout=20)
    assert result["progress"][0] == "source 30 s and target 30 s behind, 3000 changes to apply"
    assert result["progress"][-1] == "the target holds all that was written"
    later = (now + timedelta(minutes=10)).isoformat()
    told = module("dms_migration_wait", **options, since=later, wait_timeout=1)
    assert "waiting for CDCLatencySource, CDCLatencyTarget, CDCIncomingChanges of after" in told["msg"]
    life_of(task()).enter("failed")
    task().last_failure_message = "The source is gone."
    told = module("dms_migration_wait", **options, since=now.isoformat())
    assert told["msg"] == "Task orders is failed: The source is gone. It has not caught up."


def test_a_load_that_fails_is_told_with_dmss_reason(account, module):
    account.settings.dms_failures["orders"] = "Last Error: disk full."
    prepared(account)
    told = module("dms_migration_wait", replication_task_identifier="orders", until="full_load")
    assert "Task orders is failed: Last Error: disk full." in told["msg"]


@pytest.mark.parametrize("until", ["full_load", "caught_up"])
def test_a_task_that_dms_stops_to_start_it_again_is_waited_for(account, module, until):
    prepared(account)
    stopped = task()
    stopped.stop_reason = "Stop Reason RECYCLE_TASK"
    life_of(stopped).enter("stopped")
    gate = module("dms_migration_info", **asked())["gate"]
    assert (gate["passed"], gate["may_pass"]) == (False, True)
    life_of(stopped).enter("stopped", 1, lambda: life_of(stopped).enter("running"))
    since = datetime.now(timezone.utc) - timedelta(minutes=2)
    options = {"replication_task_identifier": "orders", "until": until, "since": since.isoformat()}
    result = module("dms_migration_wait", **options, wait_delay=0.1, wait_timeout=20)
    assert result["reached"] is True, result
    assert life_of(task()).status == "running"
    assert module("dms_migration_info", **asked())["gate"]["passed"] is True


def test_what_dms_quotes_of_a_connection_string_is_not_passed_on(account, module):
    prepared(account)
    life_of(task()).enter("failed")
    task().last_failure_message = "Can't connect: UID=dms;PWD=open-sesame;"
    told = module("dms_migration_info", **asked())
    assert told["replication_task"]["last_failure_message"] == "Can't connect: UID=dms;PWD=***;"
    assert "open-sesame" not in json.dumps(told)


@pytest.mark.parametrize("status", ["testing", "modifying"])
def test_a_task_that_was_never_started_is_told_whatever_its_status(account, module, status):
    prepared(account)
    task().start_date = None
    life_of(task()).enter(status)
    told = module("dms_migration_info", **asked())
    assert told["replication_task"]["status"] == status
    assert {step["name"]: step["state"] for step in told["steps"]}["full_load"] == "to do"


def test_the_policy_allows_what_a_new_replication_instance_takes():
    notes = (ROOT / "plugins" / "modules" / "dms_replication_instance.py").read_text()
    needed = set(re.findall(r"C\(((?:ec2|kms):\w+)\)", notes))
    assert len(needed) == 6
    assert needed <= offered_permissions("ec2:", "kms:")


def test_what_is_being_deleted_is_as_good_as_gone(account, module):
    prepared(account)
    cut_over(account)
    client = account.client("dms", REGION)
    account.settings.dms_seconds = 60
    for arn in list(backend().replication_tasks):
        del backend().replication_tasks[arn]
    for endpoint in client.describe_endpoints()["Endpoints"]:
        client.delete_endpoint(EndpointArn=endpoint["EndpointArn"])
    instance = client.describe_replication_instances()["ReplicationInstances"][0]
    client.delete_replication_instance(ReplicationInstanceArn=instance["ReplicationInstanceArn"])
    told = module("dms_migration_info", **asked())
    assert [told[name] for name in ("source_endpoint", "target_endpoint", "replication_instance")] == [None] * 3
    details = {step["name"]: step["detail"] for step in told["steps"]}
    assert details["endpoints"] == "orders-source to be created, orders-target to be created"


def test_an_endpoint_is_made_changed_and_compared(account, module):
    options = {"endpoint_identifier": "e", "endpoint_type": "target", "engine_name": "postgres", "server_name": "a"}
    password = {"username": "dms", "password": PASSWORD}
    assert module("dms_endpoint", check=True, **options, **password)["changed"] is True
    assert changes(account) == {}
    made = module("dms_endpoint", **options, **password, tags={"Team": "shop"})
    assert (made["changed"], made["endpoint"]["tags"]) == (True, {"Team": "shop"})
    assert module("dms_endpoint", **options, **password)["changed"] is False
    assert module("dms_endpoint", **options, **password, update_password="always")["changed"] is True
    changed = module("dms_endpoint", diff=True, **{**options, "server_name": "b"}, **password)
    assert [change["property"] for change in changed["changes"]] == ["server_name"]
    assert backend().endpoints["e"].server_name == "b"
    assert PASSWORD not in json.dumps([made, changed])
    other = module("dms_endpoint", **{**options, "endpoint_type": "source"})
    assert "endpoint_type of DMS endpoint e is target and can't be changed to source" in other["msg"]
    secret = {"secrets_manager_secret_id": "s", "secrets_manager_access_role_arn": "arn:aws:iam::123456789012:role/r"}
    told = module("dms_endpoint", endpoint_identifier="s3", endpoint_type="target", engine_name="s3", **secret)
    assert "DMS takes no secret of Secrets Manager for s3" in told["msg"]
    assert module("dms_endpoint", endpoint_identifier="e", state="absent")["changed"] is True
    assert module("dms_endpoint", endpoint_identifier="e", state="absent")["changed"] is False


def test_what_a_survey_leaves_open_is_the_default(account, playbook):
    given = wanted()
    same_in_check_mode(account, playbook, "sysops.aws.dms_migration", given, {**unanswered("dms_migration"), **given})
