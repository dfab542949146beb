# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_maintenance_window on the emulated account. Rests on tests/emulator/services/ssm_maintenance_windows.py for all
of it: moto can't update windows, targets and tasks, nor tell a task's parameters."""

from __future__ import annotations

import json

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Json, Module, changes

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/patching"
INSTANCE = "i-0123456789abcdef0"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:patching"
WEB = {"name": "web", "tags": {"PatchGroup": ["web", "web-canary"], "Stage": "prod"}}
DB = {"name": "data", "instance_ids": [INSTANCE], "owner_information": "databases"}
INSTALL = {
    "name": "install",
    "task_type": "RUN_COMMAND",
    "task_arn": "AWS-RunPatchBaseline",
    "service_role_arn": ROLE,
    "targets": ["web", "data"],
    "max_concurrency": "10%",
    "max_errors": "2",
    "run_command": {
        "parameters": {"Operation": "Install", "RebootOption": ["RebootIfNeeded"]},
        "timeout_seconds": 600,
        "output_s3_bucket_name": "logs",
        "output_s3_key_prefix": "patching/",
        "cloudwatch_output_enabled": True,
        "cloudwatch_log_group_name": "/patching",
    },
}
FUNCTION = {
    "name": "report",
    "task_type": "LAMBDA",
    "task_arn": "patch-report",
    "priority": 2,
    "lambda": {"payload": {"window": "prod"}, "qualifier": "live"},
}
OPTIONS: Json = {
    "name": "patch-prod",
    "description": "Sunday night",
    "schedule": "cron(0 2 ? * SUN *)",
    "schedule_timezone": "Europe/Berlin",
    "duration": 3,
    "cutoff": 1,
    "targets": [WEB, DB],
    "tasks": [INSTALL, FUNCTION],
    "tags": {"Team": "platform"},
}
ABSENT = {"name": "patch-prod", "state": "absent"}


def task(**options):
    return {**INSTALL, **options}


def command(**options):
    return {**INSTALL, "run_command": {**INSTALL["run_command"], **options}}


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    return empty_aws


@pytest.fixture
def existing(aws: Emulator, module: Module) -> Json:
    made = module("ssm_maintenance_window", **OPTIONS)
    assert made["changed"] is True, made
    aws.calls.clear()
    return made["maintenance_window"]


def state(aws: Emulator) -> list[Json]:
    """Every window with its targets, tasks and tags, as AWS tells it."""
    ssm = aws.client("ssm", REGION)
    found = []
    for row in ssm.describe_maintenance_windows()["WindowIdentities"]:
        window = {"WindowId": row["WindowId"]}
        tasks = ssm.describe_maintenance_window_tasks(**window)["Tasks"]
        settings = ssm.get_maintenance_window(**window)
        found.append(
            {
                **{name: value for name, value in settings.items() if name != "ResponseMetadata"},
                "Targets": {
                    target["Name"]: target for target in ssm.describe_maintenance_window_targets(**window)["Targets"]
                },
                "Tasks": {
                    row["Name"]: ssm.get_maintenance_window_task(**window, WindowTaskId=row["WindowTaskId"])
                    for row in tasks
                },
                "Tags": ssm.list_tags_for_resource(ResourceType="MaintenanceWindow", ResourceId=row["WindowId"])[
                    "TagList"
                ],
            }
        )
    return found


def test_a_window_is_made_with_targets_and_tasks(aws, module):
    result = module("ssm_maintenance_window", **OPTIONS)
    assert result["changed"] is True
    (there,) = state(aws)
    assert (there["Schedule"], there["ScheduleTimezone"]) == ("cron(0 2 ? * SUN *)", "Europe/Berlin")
    assert (there["Duration"], there["Cutoff"], there["AllowUnassociatedTargets"]) == (3, 1, False)
    assert (there["Enabled"], there["Tags"]) == (True, [{"Key": "Team", "Value": "platform"}])
    assert there["Targets"]["web"]["Targets"] == [
        {"Key": "tag:PatchGroup", "Values": ["web", "web-canary"]},
        {"Key": "tag:Stage", "Values": ["prod"]},
    ]
    assert there["Targets"]["data"]["Targets"] == [{"Key": "InstanceIds", "Values": [INSTANCE]}]
    assert there["Targets"]["data"]["OwnerInformation"] == "databases"
    install = there["Tasks"]["install"]
    assert install["Targets"] == [
        {"Key": "WindowTargetIds", "Values": [there["Targets"][name]["WindowTargetId"] for name in ("web", "data")]}
    ]
    assert (install["MaxConcurrency"], install["MaxErrors"], install["ServiceRoleArn"]) == ("10%", "2", ROLE)
    run = install["TaskInvocationParameters"]["RunCommand"]
    assert run["Parameters"] == {"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]}
    assert run["CloudWatchOutputConfig"] == {"CloudWatchOutputEnabled": True, "CloudWatchLogGroupName": "/patching"}
    report = there["Tasks"]["report"]
    assert json.loads(report["TaskInvocationParameters"]["Lambda"]["Payload"]) == {"window": "prod"}
    assert (report["Priority"], report.get("Targets")) == (2, None)
    window = result["maintenance_window"]
    assert window["window_id"] == there["WindowId"]
    told = {row["name"]: row for row in window["tasks"]}
    assert told["install"]["target_names"] == ["data", "web"]
    assert told["install"]["task_invocation_parameters"]["run_command"]["parameters"]["Operation"] == ["Install"]


def test_a_second_run_changes_nothing(aws, module, existing):
    result = module("ssm_maintenance_window", diff=True, **OPTIONS)
    assert (result["changed"], result["changes"], result["maintenance_window"]) == (False, [], existing)
    assert result["diff"]["before"] == result["diff"]["after"] == {}
    assert changes(aws) == {}


def test_the_order_of_targets_and_tasks_is_no_change(aws, module, existing):
    reordered = {**OPTIONS, "targets": [DB, WEB], "tasks": [FUNCTION, task(targets=["data", "web"])]}
    assert module("ssm_maintenance_window", **reordered)["changed"] is False
    assert changes(aws) == {}


@pytest.mark.parametrize(
    ("change", "properties", "calls"),
    [
        ({"description": "Monday"}, ["description"], {"UpdateMaintenanceWindow": 1}),
        ({"schedule": "rate(7 days)"}, ["schedule"], {"UpdateMaintenanceWindow": 1}),
        ({"schedule_timezone": "UTC"}, ["schedule_timezone"], {"UpdateMaintenanceWindow": 1}),
        ({"schedule_offset": 2}, ["schedule_offset"], {"UpdateMaintenanceWindow": 1}),
        ({"start_date": "2026-12-01T00:00:00+01:00"}, ["start_date"], {"UpdateMaintenanceWindow": 1}),
        ({"end_date": "2027-12-01T00:00:00Z"}, ["end_date"], {"UpdateMaintenanceWindow": 1}),
        ({"duration": 4, "cutoff": 0}, ["cutoff", "duration"], {"UpdateMaintenanceWindow": 1}),
        ({"allow_unassociated_targets": True}, ["allow_unassociated_targets"], {"UpdateMaintenanceWindow": 1}),
        ({"enabled": False}, ["enabled"], {"UpdateMaintenanceWindow": 1}),
        ({"description": "", "schedule_timezone": ""}, ["description", "schedule_timezone"],
         {"UpdateMaintenanceWindow": 1}),
        ({"tags": {"Team": "web"}}, ["tags"], {"AddTagsToResource": 1}),
        ({"tags": {}}, ["tags"], {"RemoveTagsFromResource": 1}),
        ({"tags": {"Cost": "1"}, "purge_tags": False}, ["tags"], {"AddTagsToResource": 1}),
        ({"targets": [{"name": "web", "tag_keys": ["PatchGroup"]}, DB]}, ["targets"],
         {"UpdateMaintenanceWindowTarget": 1}),
        ({"targets": [WEB, {**DB, "owner_information": None}]}, ["targets"], {"UpdateMaintenanceWindowTarget": 1}),
        ({"targets": [WEB, DB, {"name": "group", "resource_group": "servers"}]}, ["targets"],
         {"RegisterTargetWithMaintenanceWindow": 1}),
        ({"tasks": [task(targets=["web"]), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [task(max_concurrency="1"), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [task(max_errors="0"), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [task(priority=5), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [task(cutoff_behavior="CANCEL_TASK"), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [task(alarm_name="too-many-errors"), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [task(service_role_arn=None), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [command(parameters={"Operation": "Install"}), FUNCTION]}, ["tasks"],
         {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [command(document_version="$LATEST"), FUNCTION]}, ["tasks"], {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [command(cloudwatch_output_enabled=False, cloudwatch_log_group_name=None), FUNCTION]}, ["tasks"],
         {"UpdateMaintenanceWindowTask": 1}),
        ({"tasks": [INSTALL]}, ["tasks"], {"DeregisterTaskFromMaintenanceWindow": 1}),
        (
            {"tasks": [INSTALL, {**FUNCTION, "task_type": "STEP_FUNCTIONS", "task_arn": MACHINE, "lambda": None,
                                 "step_functions": {"input": {"a": 1}}}]},
            ["tasks"],
            {"RegisterTaskWithMaintenanceWindow": 1, "DeregisterTaskFromMaintenanceWindow": 1},
        ),
        (
            {"targets": [WEB], "tasks": [task(targets=["web"]), FUNCTION]},
            ["targets", "tasks"],
            {"UpdateMaintenanceWindowTask": 1, "DeregisterTargetFromMaintenanceWindow": 1},
        ),
        (
            {"targets": [], "tasks": []},
            ["targets", "tasks"],
            {"DeregisterTaskFromMaintenanceWindow": 2, "DeregisterTargetFromMaintenanceWindow": 2},
        ),
    ],
)  # fmt: skip
def test_each_option_changes_what_it_says_and_nothing_else(aws, module, existing, change, properties, calls):
    wanted = {**OPTIONS, **change}
    (before,) = state(aws)
    planned = module("ssm_maintenance_window", check=True, **wanted)
    assert (changes(aws), state(aws)) == ({}, [before])
    result = module("ssm_maintenance_window", **wanted)
    assert result["changed"] is True
    assert sorted(row["property"] for row in result["changes"]) == properties
    assert result["changes"] == planned["changes"]
    assert changes(aws) == calls
    (after,) = state(aws)
    names = {name.casefold() for name in {*before, *after} if before.get(name) != after.get(name)}
    # a task whose target goes is told by its own property
    assert names == {name.replace("_", "") for name in properties}
    aws.calls.clear()
    again = module("ssm_maintenance_window", **wanted)
    assert (again["changed"], again["maintenance_window"], changes(aws)) == (False, result["maintenance_window"], {})


def test_what_is_to_go_goes_and_the_rest_stays(aws, module):
    full = {
        **OPTIONS,
        "schedule_offset": 3,
        "start_date": "2026-12-01T00:00:00+00:00",
        "end_date": "2027-12-01T00:00:00+00:00",
        "enabled": False,
    }
    module("ssm_maintenance_window", **full)
    (before,) = state(aws)
    assert (before["ScheduleOffset"], before["StartDate"], before["Enabled"]) == (3, "2026-12-01T00:00:00+00:00", False)
    bare = {**full, "schedule_offset": 0, "start_date": "", "end_date": "", "description": "", "schedule_timezone": ""}
    aws.calls.clear()
    assert module("ssm_maintenance_window", **bare)["changed"] is True
    assert changes(aws) == {"UpdateMaintenanceWindow": 1}
    (after,) = state(aws)
    gone = {"ScheduleOffset", "StartDate", "EndDate", "Description", "ScheduleTimezone"}
    assert after == {name: value for name, value in before.items() if name not in gone}
    assert module("ssm_maintenance_window", **bare)["changed"] is False


def test_an_offset_goes_with_its_cron_expression(aws, module):
    module("ssm_maintenance_window", **{**OPTIONS, "schedule_offset": 3})
    result = module("ssm_maintenance_window", **{**OPTIONS, "schedule": "rate(7 days)"})
    assert sorted(row["property"] for row in result["changes"]) == ["schedule", "schedule_offset"]
    assert "ScheduleOffset" not in state(aws)[0]


def test_dates_are_compared_by_meaning(aws, module, existing):
    dated = {**OPTIONS, "start_date": "2026-12-01T00:00:00+01:00"}
    assert module("ssm_maintenance_window", **dated)["changed"] is True
    assert module("ssm_maintenance_window", **{**dated, "start_date": "2026-11-30T23:00:00Z"})["changed"] is False


def test_a_past_start_of_a_rate_is_no_change_at_every_run(aws, module, existing):
    past = {**OPTIONS, "schedule": "rate(7 days)", "start_date": "2020-01-01T00:00:00Z"}
    assert module("ssm_maintenance_window", **past)["changed"] is True
    assert module("ssm_maintenance_window", **past)["changed"] is False


def test_the_order_of_a_parameter_s_values_is_a_change(aws, module, existing):
    lines = command(parameters={"commands": ["date", "uptime", "date"]})
    module("ssm_maintenance_window", **{**OPTIONS, "tasks": [lines, FUNCTION]})
    assert module("ssm_maintenance_window", **{**OPTIONS, "tasks": [lines, FUNCTION]})["changed"] is False
    turned = command(parameters={"commands": ["uptime", "date", "date"]})
    result = module("ssm_maintenance_window", **{**OPTIONS, "tasks": [turned, FUNCTION]})
    assert result["changed"] is True
    run = state(aws)[0]["Tasks"]["install"]["TaskInvocationParameters"]["RunCommand"]
    assert run["Parameters"]["commands"] == ["uptime", "date", "date"]


def test_all_four_types_of_tasks_settle(aws, module):
    tasks = [
        INSTALL,
        {"name": "automation", "task_type": "AUTOMATION", "task_arn": "example", "targets": ["web"],
         "automation": {"parameters": {"InstanceId": "{{TARGET_ID}}", "Flag": True}, "document_version": "3"}},
        FUNCTION,
        {"name": "machine", "task_type": "STEP_FUNCTIONS", "task_arn": MACHINE,
         "step_functions": {"input": '{"a": 1}', "name": "run"}},
        {"name": "bare", "task_type": "AUTOMATION", "task_arn": "example"},
    ]  # fmt: skip
    assert module("ssm_maintenance_window", **{**OPTIONS, "tasks": tasks})["changed"] is True
    there = state(aws)[0]["Tasks"]
    assert there["automation"]["TaskInvocationParameters"]["Automation"] == {
        "DocumentVersion": "3",
        "Parameters": {"InstanceId": ["{{TARGET_ID}}"], "Flag": ["true"]},
    }
    assert (there["automation"]["MaxConcurrency"], there["automation"]["MaxErrors"]) == ("1", "1")
    assert there["machine"]["TaskInvocationParameters"]["StepFunctions"] == {"Input": '{"a": 1}', "Name": "run"}
    aws.calls.clear()
    tasks[3]["step_functions"]["input"] = {"a": 1}
    assert module("ssm_maintenance_window", **{**OPTIONS, "tasks": tasks})["changed"] is False
    assert changes(aws) == {}


def test_a_task_may_name_instances_if_the_window_allows_it(aws, module):
    tasks = [task(targets=None, instance_ids=[INSTANCE])]
    options = {**OPTIONS, "targets": [], "tasks": tasks, "allow_unassociated_targets": True}
    assert module("ssm_maintenance_window", **options)["changed"] is True
    assert state(aws)[0]["Tasks"]["install"]["Targets"] == [{"Key": "InstanceIds", "Values": [INSTANCE]}]
    assert module("ssm_maintenance_window", **options)["changed"] is False


def test_without_targets_and_tasks_those_there_are_stay(aws, module, existing):
    plain = {name: value for name, value in OPTIONS.items() if name not in ("targets", "tasks", "tags", "description")}
    assert module("ssm_maintenance_window", **plain)["changed"] is False
    assert module("ssm_maintenance_window", **{**plain, "duration": 5})["changed"] is True
    assert changes(aws) == {"UpdateMaintenanceWindow": 1}
    (there,) = state(aws)
    assert (there["Targets"].keys(), there["Tasks"].keys()) == ({"web", "data"}, {"install", "report"})


def test_what_others_added_is_removed_even_under_a_name_that_is_declared(aws, module, existing):
    ssm, window = aws.client("ssm", REGION), {"WindowId": existing["window_id"]}
    aim = {"ResourceType": "INSTANCE", "Targets": [{"Key": "InstanceIds", "Values": [INSTANCE]}]}
    twin = ssm.register_target_with_maintenance_window(**window, **aim, Name="web")["WindowTargetId"]
    ssm.register_target_with_maintenance_window(**window, **aim)
    ssm.register_task_with_maintenance_window(
        **window, Name="foreign", TaskType="RUN_COMMAND", TaskArn="AWS-RunShellScript", MaxConcurrency="1",
        MaxErrors="1", Targets=[{"Key": "WindowTargetIds", "Values": [twin]}],
    )  # fmt: skip
    result = module("ssm_maintenance_window", **OPTIONS)
    assert result["changed"] is True, result
    targets = ssm.describe_maintenance_window_targets(**window)["Targets"]
    assert sorted(target["Name"] for target in targets) == ["data", "web"]
    assert state(aws)[0]["Tasks"].keys() == {"install", "report"}
    assert module("ssm_maintenance_window", **OPTIONS)["changed"] is False


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_target_cannot_become_a_resource_group(aws, module, existing, check):
    wanted = {**OPTIONS, "targets": [{"name": "web", "resource_group": "servers"}, DB], "duration": 9}
    result = module("ssm_maintenance_window", check=check, **wanted)
    assert "Target web of maintenance window patch-prod is INSTANCE and can't become RESOURCE_GROUP" in result["msg"]
    assert changes(aws) == {}


def test_check_mode_plans_a_creation_and_makes_nothing(aws, module):
    result = module("ssm_maintenance_window", check=True, diff=True, **OPTIONS)
    assert result["changed"] is True
    assert result["diff"]["before"] == {}
    assert [row["name"] for row in result["diff"]["after"]["targets"]] == ["data", "web"]
    assert (changes(aws), state(aws)) == ({}, [])


def test_a_new_window_can_be_closed(aws, module):
    result = module("ssm_maintenance_window", enabled=False, **OPTIONS)
    assert (result["maintenance_window"]["enabled"], state(aws)[0]["Enabled"]) == (False, False)


def test_absent_deletes_the_named_window_and_nothing_else(aws, module, existing):
    module("ssm_maintenance_window", **{**OPTIONS, "name": "patch-prod-2"})
    aws.calls.clear()
    planned = module("ssm_maintenance_window", check=True, diff=True, **ABSENT)
    assert (planned["changed"], planned["diff"]["after"], changes(aws)) == (True, {}, {})
    result = module("ssm_maintenance_window", **ABSENT)
    assert (result["changed"], result["maintenance_window"]) == (True, {})
    assert changes(aws) == {"DeleteMaintenanceWindow": 1}
    assert [row["Name"] for row in state(aws)] == ["patch-prod-2"]
    assert module("ssm_maintenance_window", **ABSENT)["changed"] is False


def test_two_of_one_name_are_a_failure(aws, module, existing):
    second = aws.client("ssm", REGION).create_maintenance_window(
        Name="patch-prod", Schedule="rate(7 days)", Duration=2, Cutoff=1, AllowUnassociatedTargets=False
    )["WindowId"]
    aws.calls.clear()
    for options in (OPTIONS, ABSENT):
        result = module("ssm_maintenance_window", **options)
        assert result["msg"].startswith("2 maintenance windows in us-east-1 have the name patch-prod: ")
        assert second in result["msg"]
    assert (changes(aws), len(state(aws))) == ({}, 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "x"}, "name is 'x': Systems Manager takes 3 to 128 letters"),
        ({"schedule": "cron(0 2 * * SUN *)"}, "schedule is 'cron(0 2 * * SUN *)'"),
        ({"schedule": "rate(1 days)"}, "it has to be rate(1 day)"),
        ({"schedule": "at(2026-02-30T00:00:00)"}, "write a date and time like at("),
        ({"schedule": None}, "schedule is missing"),
        ({"schedule_timezone": "Europe/Berln"}, "Did you mean Europe/Berlin?"),
        ({"schedule_offset": 7}, "schedule_offset is 7: it must be between 0 and 6"),
        ({"schedule": "rate(7 days)", "schedule_offset": 2}, "only a cron expression has an offset"),
        ({"start_date": "2026-12-01"}, "start_date is '2026-12-01': write a time with its offset"),
        ({"start_date": "2027-01-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"}, "is not after start_date"),
        ({"duration": 25}, "duration is 25: it must be between 1 and 24"),
        ({"cutoff": 3}, "cutoff is 3 and duration is 3: cutoff must be below duration"),
        ({"cutoff": 24}, "cutoff is 24: it must be between 0 and 23"),
        ({"description": "x" * 129}, "description has 129 characters"),
        ({"tasks": None}, "targets is given without tasks"),
        ({"targets": None}, "tasks is given without targets"),
        ({"targets": [WEB, WEB]}, "targets names web twice"),
        ({"targets": [{"name": "web"}, DB]}, "target web has no instances: write one of instance_ids, tags"),
        ({"targets": [{**WEB, "tag_keys": ["x"]}, DB]}, "target web has tags and tag_keys"),
        ({"targets": [WEB, {**DB, "instance_ids": ["i-123"]}]}, "instance_ids of target data names 'i-123'"),
        ({"targets": [WEB, {**DB, "instance_ids": []}]}, "instance_ids of target data has 0 entries"),
        ({"targets": [{**WEB, "tags": {}}, DB]}, "tags of target web has 0 entries"),
        ({"targets": [{**WEB, "tags": dict.fromkeys("abcdef", "x")}, DB]}, "tags of target web has 6 entries"),
        ({"targets": [{**WEB, "resource_types": ["AWS::EC2::Instance"]}, DB]}, "is for a resource_group"),
        ({"targets": [{"name": "web", "resource_group": "x", "resource_types": ["ec2"]}, DB]}, "names 'ec2'"),
        ({"tasks": [INSTALL, INSTALL]}, "tasks names install twice"),
        ({"tasks": [task(targets=["web", "batch"])]}, "task install names the target batch, which the window doesn't"),
        ({"tasks": [task(targets=[])]}, "task install has no targets: a RUN_COMMAND task needs"),
        ({"tasks": [task(targets=None, instance_ids=[INSTANCE])]}, "set allow_unassociated_targets"),
        ({"tasks": [task(instance_ids=[INSTANCE])]}, "task install has targets and instance_ids"),
        ({"tasks": [task(max_concurrency="0")]}, "max_concurrency of task install is '0'"),
        ({"tasks": [task(max_concurrency="101%")]}, "max_concurrency of task install is '101%'"),
        ({"tasks": [task(max_errors="-1")]}, "max_errors of task install is '-1'"),
        ({"tasks": [task(service_role_arn="patching")]}, "service_role_arn of task install is 'patching'"),
        ({"tasks": [task(priority=-1)]}, "priority of task install is -1"),
        ({"tasks": [{**FUNCTION, "max_errors": "1"}]}, "max_errors of task report is for a task with targets"),
        ({"tasks": [task(automation={})]}, "automation of task install is not for a RUN_COMMAND task"),
        ({"tasks": [command(timeout_seconds=5)]}, "timeout_seconds of task install is 5"),
        ({"tasks": [command(document_version="newest")]}, "document_version of task install is 'newest'"),
        ({"tasks": [command(output_s3_bucket_name=None)]}, "output_s3_key_prefix of task install does nothing without"),
        ({"tasks": [command(cloudwatch_output_enabled=False)]}, "does nothing without cloudwatch_output_enabled"),
        ({"tasks": [command(notification_events=["All"])]}, "does nothing without notification_arn"),
        ({"tasks": [{**FUNCTION, "task_type": "STEP_FUNCTIONS", "lambda": None}]}, "write the state machine's ARN"),
    ],
)
@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_bad_input_is_named_before_any_call(aws, module, change, words, check):
    result = module("ssm_maintenance_window", check=check, **{**OPTIONS, **change})
    assert result["failed"] is True
    assert words in result["msg"]
    assert not aws.calls


def test_a_failure_half_way_names_what_was_done_and_the_next_run_does_the_rest(aws, module):
    aws.faults.deny(operation="RegisterTaskWithMaintenanceWindow")
    result = module("ssm_maintenance_window", **OPTIONS)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "ssm:RegisterTaskWithMaintenanceWindow answered AccessDenied" in result["msg"]
    assert "Done before: created, Targets." in result["msg"]
    aws.faults.clear()
    aws.calls.clear()
    again = module("ssm_maintenance_window", **OPTIONS)
    assert [row["property"] for row in again["changes"]] == ["tasks"]
    assert changes(aws) == {"RegisterTaskWithMaintenanceWindow": 2}


@pytest.mark.parametrize(
    "operation",
    [
        "DescribeMaintenanceWindows",
        "DescribeMaintenanceWindowTargets",
        "GetMaintenanceWindowTask",
        "ListTagsForResource",
    ],
)
def test_a_denied_read_changes_nothing(aws, module, existing, operation):
    aws.faults.deny(operation=operation)
    for options in ({**OPTIONS, "duration": 9}, ABSENT):
        assert f"ssm:{operation} answered AccessDenied" in module("ssm_maintenance_window", **options)["msg"]
    assert changes(aws) == {}


@pytest.mark.parametrize("own", [{}, {"lambda": {}}, {"lambda": {"payload": None, "qualifier": None}}])
def test_tasks_without_parameters_are_unchanged_by_a_second_run(aws, module: Module, own):
    function = {"name": "report", "task_type": "LAMBDA", "task_arn": "patch-report", **own}
    machine = {
        "name": "steps",
        "task_type": "STEP_FUNCTIONS",
        "task_arn": "arn:aws:states:us-east-1:123456789012:stateMachine:report",
        "priority": 0,
    }
    options = {**OPTIONS, "tasks": [function, machine]}
    assert module("ssm_maintenance_window", **options)["changed"] is True
    aws.calls.clear()
    again = module("ssm_maintenance_window", **options)
    assert (again["changed"], again["changes"]) == (False, [])
    assert changes(aws) == {}
    # parameters that are taken out are a change
    module("ssm_maintenance_window", **{**options, "tasks": [FUNCTION, machine]})
    assert module("ssm_maintenance_window", **options)["changed"] is True
    assert module("ssm_maintenance_window", **options)["changed"] is False
