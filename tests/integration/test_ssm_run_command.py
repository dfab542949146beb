# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_run_command on the emulated account. Managed instances, and what a command comes to on each, are behaviour of AWS
that tests/emulator/services/ssm_instances.py and ssm_commands.py add to moto."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.ssm_commands import list_late, refuse_commands, sent_of, set_lingering, set_looks
from tests.emulator.services.ssm_instances import Outcome, manage, managed_of
from tests.integration.conftest import Json, Module, changes

REGION = "us-east-1"
QUICK = {"wait_delay": 0.01, "document_name": "AWS-RunShellScript", "parameters": {"commands": ["true"]}}
BY_TAG = {**QUICK, "tags": {"Role": "web"}}


def backend(region: str = REGION) -> Any:
    from moto.ssm.models import ssm_backends

    return ssm_backends["123456789012"][region]


def add(aws: Emulator, name: str, managed: bool = True, tags: dict[str, str] | None = None, **facts: Any) -> str:
    """A running instance with the tag Role=web; `facts` are those of ssm_instances.Managed."""
    from tests.emulator.building.instances import PLAIN, add_instance

    site = aws.site(REGION)
    instance_id: str = add_instance(site, PLAIN, name, tags={"Role": "web", **(tags or {})}, root=False).id
    if managed:
        manage(backend(), instance_id, **facts)
    return instance_id


def answering(outcome: Outcome) -> dict[str, Any]:
    return {"machine": lambda _parameters: outcome}


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    empty_aws.client("ssm", REGION).list_documents()
    return empty_aws


@pytest.fixture
def web(aws: Emulator) -> list[str]:
    ids = [add(aws, f"web-{number}", **answering(Outcome(output=f"hello {number}\n"))) for number in (1, 2)]
    aws.calls.clear()
    return ids


def by_name(rows: list[Json]) -> dict[str, Json]:
    return {row["name"]: row for row in rows}


def calls(aws: Emulator, operation: str) -> int:
    return sum(count for key, count in aws.calls.items() if key[3] == operation)


def last_command() -> Json:
    return dict(list(sent_of(backend()).values())[-1].params)


def test_each_instance_tells_its_status_exit_code_and_output(aws, module: Module, web):
    result = module("ssm_run_command", **BY_TAG)
    assert result["changed"] is True
    rows = by_name(result["invocations"])
    assert {name: (row["status"], row["exit_code"], row["output"]) for name, row in rows.items()} == {
        "web-1": ("Success", 0, "hello 1"),
        "web-2": ("Success", 0, "hello 2"),
    }
    assert {row["command_id"] for row in rows.values()} == {result["command_id"]} == set(result["command_ids"])
    assert result["failed_instances"] == result["unmanaged_instances"] == result["offline_instances"] == []
    assert changes(aws) == {"SendCommand": 1}


def test_no_call_is_made_for_single_instances(aws, module: Module):
    for number in range(120):
        add(aws, f"web-{number}")
    aws.calls.clear()
    result = module("ssm_run_command", **BY_TAG)
    assert len(result["invocations"]) == 120
    assert calls(aws, "GetCommandInvocation") == 0
    assert calls(aws, "SendCommand") == 1
    assert calls(aws, "ListCommandInvocations") == calls(aws, "DescribeInstanceInformation") == 3


def test_ids_beyond_what_a_command_takes_go_one_command_after_the_other(aws, module: Module):
    ids = [add(aws, f"web-{number}") for number in range(120)]
    aws.calls.clear()
    result = module("ssm_run_command", **QUICK, instance_ids=ids)
    assert {row["instance_id"] for row in result["invocations"]} == set(ids)
    assert len(result["command_ids"]) == calls(aws, "SendCommand") == 3
    refused = module("ssm_run_command", **QUICK, instance_ids=ids, wait=False)
    assert "120 instances by id" in refused["msg"]
    assert calls(aws, "SendCommand") == 3


def test_errors_count_over_all_commands_and_stop_the_rest(aws, module: Module):
    ids = sorted(add(aws, f"web-{number}") for number in range(120))
    manage(backend(), ids[3], **answering(Outcome("Failed", 1)))
    manage(backend(), ids[70], **answering(Outcome("Failed", 1)))
    result = module("ssm_run_command", **QUICK, instance_ids=ids, max_errors="1")
    details = {row["instance_id"]: row["status_details"] for row in result["failed_instances"]}
    assert details[ids[3]] == details[ids[70]] == "Failed"
    assert details[ids[71]] == "Terminated"
    assert details[ids[119]] == "NotSent"
    assert len(result["command_ids"]) == 2
    assert len(result["invocations"]) == 100
    assert len(module("ssm_run_command", **QUICK, instance_ids=ids, max_errors="2%")["command_ids"]) == 3


def test_a_partial_failure_names_who_failed_and_returns_who_did_not(aws, module: Module, web):
    add(aws, "web-3", **answering(Outcome("Failed", 3, "checking\n", "no such file\n")))
    add(aws, "web-4", **answering(Outcome("ExecutionTimedOut")))
    add(aws, "web-5", ping_status="ConnectionLost")
    add(aws, "web-6", **answering(Outcome("AccessDenied")))
    add(aws, "web-7", **answering(Outcome("Undeliverable")))
    result = module("ssm_run_command", **BY_TAG, max_errors="100%")
    assert result["failed"] is True
    assert result["changed"] is True
    assert "5 of 7 instances did not succeed" in result["msg"]
    failed = by_name(result["failed_instances"])
    assert f"web-3 ({failed['web-3']['instance_id']}): Failed, exit code 3" in result["msg"]
    assert {name: row["status_details"] for name, row in failed.items()} == {
        "web-3": "Failed",
        "web-4": "ExecutionTimedOut",
        "web-5": "DeliveryTimedOut",
        "web-6": "AccessDenied",
        "web-7": "Undeliverable",
    }
    assert failed["web-3"]["exit_code"] == 3
    assert failed["web-5"]["exit_code"] is None
    assert "checking" in failed["web-3"]["output"]
    assert "no such file" in failed["web-3"]["output"]
    assert by_name(result["invocations"])["web-2"]["output"] == "hello 2"
    assert by_name(result["offline_instances"]).keys() == {"web-5"}


def test_what_the_error_limit_stopped_is_told(aws, module: Module):
    ids = sorted(add(aws, f"web-{number}") for number in range(3))
    manage(backend(), ids[0], **answering(Outcome("Failed", 1)))
    result = module("ssm_run_command", **BY_TAG)
    assert [row["status_details"] for row in result["failed_instances"]] == ["Failed", "Terminated", "Terminated"]


def test_long_output_is_read_in_full_where_it_failed_or_is_asked_for(aws, module: Module):
    add(aws, "good", **answering(Outcome(output="g" * 5000)))
    add(aws, "bad", **answering(Outcome("Failed", 1, "b" * 4000, "the reason")))
    rows = by_name(module("ssm_run_command", **BY_TAG, max_errors="100%")["invocations"])
    assert len(rows["good"]["output"]) == 2500
    assert rows["bad"]["output"].startswith("b" * 4000)
    assert rows["bad"]["output"].endswith("the reason")
    assert calls(aws, "GetCommandInvocation") == 1
    rows = by_name(module("ssm_run_command", **BY_TAG, max_errors="100%", full_output=True)["invocations"])
    assert rows["good"]["output"] == "g" * 5000


@pytest.mark.parametrize(
    ("output", "errors"),
    [("ü" * 4000, ""), ("", "ü" * 4000), ("ü" * 4000, "ä" * 3000), ("g" * 4001, "e" * 3000)],
)
def test_output_is_cut_by_bytes_and_read_in_full_all_the_same(aws, module: Module, output, errors):
    """That the agent cuts at bytes and marks where is added in services/ssm_commands.py."""
    add(aws, "bad", **answering(Outcome("Failed", 1, output, errors)))
    (row,) = module("ssm_run_command", **BY_TAG)["invocations"]
    assert (row["output"].count(output[:1] or "-"), row["output"].count(errors[:1])) >= (len(output), len(errors))
    assert "truncated" not in row["output"]


def test_instances_that_ssm_does_not_manage_are_failures_after_all_else_is_done(aws, module: Module, web):
    stray = add(aws, "stray", managed=False)
    result = module("ssm_run_command", **BY_TAG)
    assert result["failed"] is True
    assert f"stray ({stray}): Unmanaged" in result["msg"]
    assert [row["status"] for row in result["invocations"]] == ["Success", "Success"]
    tolerant = module("ssm_run_command", **BY_TAG, ignore_unmanaged=True)
    assert tolerant.get("failed") is not True
    assert by_name(tolerant["unmanaged_instances"]).keys() == {"stray"}
    named = module("ssm_run_command", **QUICK, instance_ids=[*web, stray])
    assert [row["instance_id"] for row in named["failed_instances"]] == [stray]
    assert len(named["invocations"]) == 2


def test_check_mode_tells_whom_it_would_reach_and_sends_nothing(aws, module: Module, web):
    add(aws, "stray", managed=False)
    add(aws, "lost", ping_status="ConnectionLost")
    result = module("ssm_run_command", check=True, **BY_TAG)
    assert result["changed"] is True
    assert {name: row["ping_status"] for name, row in by_name(result["targets"]).items()} == {
        "web-1": "Online",
        "web-2": "Online",
        "lost": "ConnectionLost",
        "stray": "Unmanaged",
    }
    assert by_name(result["unmanaged_instances"]).keys() == {"stray"}
    assert by_name(result["offline_instances"]).keys() == {"lost"}
    assert result["invocations"] == []
    assert changes(aws) == {}


def test_what_only_reads_is_no_change(aws, module: Module, web):
    assert module("ssm_run_command", **BY_TAG, read_only=True)["changed"] is False
    assert module("ssm_run_command", check=True, **BY_TAG, read_only=True)["changed"] is False


def test_a_resource_group_chooses_its_instances(aws, module: Module, web):
    query = {"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "Name", "Values": ["web-2", "new"]}]}
    aws.client("resource-groups", REGION).create_group(
        Name="some", ResourceQuery={"Type": "TAG_FILTERS_1_0", "Query": json.dumps(query)}
    )
    add(aws, "new", managed=False)
    result = module("ssm_run_command", **QUICK, resource_group="some")
    assert by_name(result["targets"]).keys() == {"web-2", "new"}
    assert [row["name"] for row in result["invocations"]] == ["web-2"]
    assert [row["name"] for row in result["failed_instances"]] == ["new"]
    assert last_command()["Targets"] == [{"Key": "resource-groups:Name", "Values": ["some"]}]
    assert "NotFoundException" in module("ssm_run_command", **QUICK, resource_group="none")["msg"]


def test_a_platform_leaves_the_others_alone_whatever_the_document_does(aws, module: Module, web):
    add(aws, "desktop", platform="Windows")
    result = module("ssm_run_command", **BY_TAG, platform_type="Linux")
    assert result.get("failed") is not True
    assert by_name(result["invocations"]).keys() == {"web-1", "web-2"}
    assert last_command()["InstanceIds"] == sorted(web)
    only = module("ssm_run_command", **{**BY_TAG, "tags": {"Name": "web-1"}}, platform_type="Linux")
    assert by_name(only["invocations"]).keys() == {"web-1"}
    assert last_command()["Targets"] == [{"Key": "tag:Name", "Values": ["web-1"]}]


@pytest.mark.parametrize("selector", ["tags", "resource_group"])
def test_a_terminated_instance_does_not_keep_the_others_from_the_command(aws, module: Module, web, selector):
    """SSM goes on naming it, and refuses ids of which one is terminated (services/ssm_commands.py)."""
    from moto.ec2.models import ec2_backends

    add(aws, "desktop", platform="Windows")
    gone = add(aws, "gone")
    query = {"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": [{"Key": "Role", "Values": ["web"]}]}
    aws.client("resource-groups", REGION).create_group(
        Name="web", ResourceQuery={"Type": "TAG_FILTERS_1_0", "Query": json.dumps(query)}
    )
    instance = ec2_backends["123456789012"][REGION].get_instance(gone)
    instance._state.name, instance._state.code = "terminated", 48
    options = {**QUICK, "platform_type": "Linux", **({"resource_group": "web"} if selector != "tags" else BY_TAG)}
    result = module("ssm_run_command", **options)
    assert result.get("failed") is not True, result["msg"]
    assert by_name(result["targets"]).keys() == by_name(result["invocations"]).keys() == {"web-1", "web-2"}


def terminate(instance_id: str) -> None:
    from moto.ec2.models import ec2_backends

    instance = ec2_backends["123456789012"][REGION].get_instance(instance_id)
    instance._state.name, instance._state.code = "terminated", 48


UNKNOWN_ID = "i-0123456789abcdef0"


def test_one_terminated_id_is_named_and_the_others_get_the_command(aws, module: Module, web):
    """SSM goes on naming it, and refuses all ids where one is terminated (services/ssm_commands.py)."""
    gone, stray = add(aws, "gone"), add(aws, "stray", managed=False)
    terminate(gone)
    options = {**QUICK, "instance_ids": [*web, gone, stray, UNKNOWN_ID]}
    planned = module("ssm_run_command", check=True, **options)
    assert planned["changed"] is True
    assert planned.get("failed") is not True
    details = {gone: "InstanceTerminated", stray: "Unmanaged", UNKNOWN_ID: "Unmanaged"}
    assert {row["instance_id"]: row["status_details"] for row in planned["failed_instances"]} == details
    assert all(instance_id in json.dumps(planned["warnings"]) for instance_id in details)
    assert calls(aws, "SendCommand") == 0
    result = module("ssm_run_command", **options)
    assert result["failed"] is True
    assert result["changed"] is True
    assert [row["status"] for row in result["invocations"]] == ["Success", "Success"]
    assert {row["instance_id"]: row["status_details"] for row in result["failed_instances"]} == details
    assert "3 of 5 instances did not succeed" in result["msg"]
    assert calls(aws, "SendCommand") == 1
    tolerant = module("ssm_run_command", **options, ignore_unmanaged=True)
    assert [row["instance_id"] for row in tolerant["failed_instances"]] == [gone]


def test_ids_alone_need_no_permission_of_ec2_and_who_ssm_refuses_is_named(aws, module: Module, web):
    gone = add(aws, "gone")
    terminate(gone)
    aws.faults.deny(operation="DescribeInstances")
    result = module("ssm_run_command", **QUICK, instance_ids=[*web, gone])
    assert [row["status"] for row in result["invocations"]] == ["Success", "Success"]
    (failed,) = result["failed_instances"]
    assert (failed["instance_id"], failed["status_details"]) == (gone, "InvalidInstanceId")
    # the first one was refused, which is an answer: nothing was sent
    assert calls(aws, "SendCommand") == 2
    assert len(sent_of(backend())) == 1


def test_where_ssm_refuses_all_that_are_named_nothing_is_sent(aws, module: Module):
    gone = [add(aws, f"gone-{number}") for number in range(2)]
    aws.faults.deny(operation="DescribeInstances")
    for instance_id in gone:
        terminate(instance_id)
    result = module("ssm_run_command", **QUICK, instance_ids=gone)
    assert result["failed"] is True
    assert (result["changed"], result["command_ids"]) == (False, [])
    assert {row["instance_id"] for row in result["failed_instances"]} == set(gone)
    assert calls(aws, "SendCommand") == 1


@pytest.mark.parametrize("known", [0, 2])
@pytest.mark.parametrize("selector", ["ids", "tags"])
def test_invocations_that_ssm_lists_late_are_read_again(aws, module: Module, web, known, selector):
    """That SSM names them late is added in services/ssm_commands.py."""
    ids = [*web, add(aws, "web-3", **answering(Outcome("Failed", 3)))]
    list_late(backend(), 3, known)
    options = {**QUICK, "instance_ids": ids} if selector == "ids" else BY_TAG
    result = module("ssm_run_command", **options)
    assert {row["instance_id"] for row in result["invocations"]} == set(ids)
    assert [(row["name"], row["exit_code"]) for row in result["failed_instances"]] == [("web-3", 3)]
    assert calls(aws, "SendCommand") == 1


@pytest.mark.parametrize("known", [0, 2])
@pytest.mark.parametrize("selector", ["ids", "tags"])
def test_an_instance_of_which_ssm_never_says_anything_is_named_and_fails(aws, module: Module, web, known, selector):
    ids = sorted([*web, add(aws, "web-3")])
    list_late(backend(), float("inf"), known)
    options = {**QUICK, "instance_ids": ids} if selector == "ids" else BY_TAG
    result = module("ssm_run_command", **options)
    assert result["failed"] is True
    assert len(result["invocations"]) == known
    assert {row["status_details"] for row in result["failed_instances"]} == {"NoInvocation"}
    assert len(result["failed_instances"]) == 3 - known
    assert all(row["instance_id"] in result["msg"] for row in result["failed_instances"])
    assert calls(aws, "SendCommand") == 1


def test_instances_that_ssm_counts_and_nobody_names_fail_the_task(aws, module: Module, web, monkeypatch):
    """A new instance has the tag by the time that SSM looks, and its invocation is never listed."""
    from tests.emulator.services import ssm_commands

    late = add(aws, "late", managed=False)
    monkeypatch.setattr(ssm_commands, "_instances", lambda call: [*_managed(web), manage(backend(), late)])
    list_late(backend(), float("inf"), 2)
    result = module("ssm_run_command", **BY_TAG, ignore_unmanaged=True)
    assert result["failed"] is True
    assert f"SSM counts 1 more instances than it names for {result['command_id']}" in result["msg"]
    assert len(result["invocations"]) == 2


def _managed(ids: list[str]) -> list[Any]:
    return [managed_of(backend())[instance_id] for instance_id in ids]


def test_a_tag_that_no_instance_has_any_more_when_ssm_looks(aws, module: Module, web, monkeypatch):
    from tests.emulator.services import ssm_commands

    monkeypatch.setattr(ssm_commands, "_instances", lambda call: [])
    result = module("ssm_run_command", **BY_TAG)
    assert {row["status_details"] for row in result["failed_instances"]} == {"NoInstancesInTag"}


def test_output_that_cannot_be_read_in_full_costs_itself(aws, module: Module, web):
    add(aws, "bad", **answering(Outcome("Failed", 1, "b" * 4000, "the reason")))
    aws.faults.deny(operation="GetCommandInvocation")
    result = module("ssm_run_command", **BY_TAG, max_errors="100%")
    rows = by_name(result["invocations"])
    assert {name: row["status"] for name, row in rows.items()} == {
        "web-1": "Success",
        "web-2": "Success",
        "bad": "Failed",
    }
    assert rows["bad"]["output"].startswith("bbb")
    warned = json.dumps(result["warnings"])
    assert "The output of 1 instances is cut and can't be read in full: bad (" in warned
    assert "AccessDenied" in warned


def test_a_command_whose_course_cannot_be_read_leaves_nobody_out(aws, module: Module, web):
    aws.faults.deny(operation="ListCommandInvocations")
    result = module("ssm_run_command", **QUICK, instance_ids=web)
    assert result["failed"] is True
    assert result["changed"] is True
    assert {row["instance_id"]: row["status_details"] for row in result["failed_instances"]} == dict.fromkeys(
        web, "Unknown"
    )
    assert result["command_id"]


def test_a_stopped_instance_that_ssm_manages_is_still_meant(aws, module: Module, web):
    from moto.ec2.models import ec2_backends

    stopped = [add(aws, "asleep", ping_status="ConnectionLost"), add(aws, "stray", managed=False)]
    for instance_id in stopped:
        ec2_backends["123456789012"][REGION].get_instance(instance_id)._state.name = "stopped"
    result = module("ssm_run_command", **BY_TAG, max_errors="100%")
    assert by_name(result["targets"]).keys() == {"web-1", "web-2", "asleep"}
    assert by_name(result["failed_instances"])["asleep"]["status_details"] == "DeliveryTimedOut"


def test_tags_are_all_needed_and_a_list_of_values_is_a_choice(aws, module: Module, web):
    add(aws, "web-3", tags={"Stage": "test"})
    add(aws, "web-4", tags={"Stage": "live"})
    result = module("ssm_run_command", **QUICK, tags={"Role": "web", "Stage": ["test", "live"]})
    assert by_name(result["invocations"]).keys() == {"web-3", "web-4"}


def test_nobody_to_send_to_is_a_failure_unless_allowed(aws, module: Module):
    result = module("ssm_run_command", **BY_TAG)
    assert "There is no instance for tags Role=web in us-east-1: nothing was sent" in result["msg"]
    allowed = module("ssm_run_command", **BY_TAG, allow_no_targets=True)
    assert (allowed["changed"], allowed["command_id"], allowed["targets"]) == (False, None, [])
    add(aws, "stray", managed=False)
    assert "SSM manages none of the 1 instances" in module("ssm_run_command", **BY_TAG)["msg"]
    assert changes(aws) == {}


def test_a_command_that_takes_too_long_is_told_with_what_is_known(aws, module: Module, web):
    set_looks(backend(), float("inf"))
    result = module("ssm_run_command", **{**BY_TAG, "wait_delay": 0.2}, wait_timeout=1)
    assert result["failed"] is True
    assert f"Command {result['command_id']} was not finished within 1 seconds" in result["msg"]
    assert {row["status"] for row in result["invocations"]} == {"InProgress"}


def test_a_command_that_ssm_ends_before_it_runs_anywhere_is_told_at_once(aws, module: Module, web):
    refuse_commands(backend(), "RateExceeded")
    result = module("ssm_run_command", **BY_TAG, wait_timeout=60)
    assert result["msg"].startswith(f"Command {result['command_id']} ended as RateExceeded. 2 of 2 instances did not")
    assert {row["status_details"] for row in result["failed_instances"]} == {"RateExceeded"}
    assert calls(aws, "ListCommands") == 2


def test_what_ssm_never_counts_as_completed_is_not_waited_for(aws, module: Module, web):
    """AccessDenied and InvalidPlatform are no terminal states by the page on Command (services/ssm_commands.py)."""
    add(aws, "desktop", platform="Windows")
    result = module("ssm_run_command", **BY_TAG, wait_timeout=60, max_errors="100%")
    assert [row["status_details"] for row in result["failed_instances"]] == ["InvalidPlatform"]
    assert "was not finished" not in result["msg"]
    assert calls(aws, "ListCommands") == 2


def test_what_goes_on_after_the_error_limit_is_waited_for(aws, module: Module):
    ids = sorted(add(aws, f"web-{number}") for number in range(3))
    manage(backend(), ids[1], **answering(Outcome("Failed", 1)))
    set_lingering(backend(), 3)
    result = module("ssm_run_command", **BY_TAG)
    assert [row["status_details"] for row in result["invocations"]] == ["Success", "Failed", "Terminated"]
    assert "2 of 3 instances did not succeed" in result["msg"]
    assert "was not finished" not in result["msg"]
    assert calls(aws, "ListCommands") == 4


def test_a_command_whose_answer_was_lost_is_not_sent_twice(aws, module: Module, web):
    aws.faults.add("lost", operation="SendCommand", times=1)
    result = module("ssm_run_command", **BY_TAG)
    assert len(sent_of(backend())) == 1
    assert (result["failed"], result["changed"]) == (True, True)
    assert {row["status_details"] for row in result["failed_instances"]} == {"Unknown"}
    assert "was not sent again: look for AWS-RunShellScript in the command history" in result["msg"]
    assert "Earlier commands" not in result["msg"]


def test_a_later_command_whose_answer_was_lost_ends_the_run(aws, module: Module):
    ids = sorted(add(aws, f"web-{number}") for number in range(120))
    # while the second command is carried out, its answer is made to go astray
    managed_of(backend())[ids[60]].machine = lambda _parameters: (
        aws.faults.add("lost", operation="SendCommand", times=1) or Outcome()
    )
    result = module("ssm_run_command", **QUICK, instance_ids=ids)
    assert len(sent_of(backend())) == 2
    details = {row["instance_id"]: row["status_details"] for row in result["failed_instances"]}
    assert [details.get(ids[number]) for number in (49, 50, 99, 100)] == [None, "Unknown", "Unknown", "NotSent"]
    assert "Earlier commands were sent" in result["msg"]


def test_without_waiting_nothing_is_known_of_the_instances(aws, module: Module, web):
    result = module("ssm_run_command", **BY_TAG, wait=False)
    assert (result["changed"], result["invocations"]) == (True, [])
    assert result["command_id"]
    assert calls(aws, "ListCommands") == 0


def test_the_options_become_what_ssm_calls_them(aws, module: Module, web):
    module(
        "ssm_run_command",
        **{**BY_TAG, "parameters": {"commands": ["a", "b"], "dry": True}},
        document_version="$LATEST",
        execution_timeout=90,
        timeout_seconds=45,
        max_concurrency="10%",
        max_errors="5",
        comment="for a test",
        output_s3_bucket_name="output",
        output_s3_key_prefix="here",
        cloudwatch_log_group_name="/ssm",
        service_role_arn="arn:aws:iam::123456789012:role/notify",
        notification_arn="arn:aws:sns:us-east-1:123456789012:done",
        notification_events=["Failed"],
    )
    assert last_command() == {
        "DocumentName": "AWS-RunShellScript",
        "DocumentVersion": "$LATEST",
        "Parameters": {"commands": ["a", "b"], "dry": ["true"], "executionTimeout": ["90"]},
        "TimeoutSeconds": 45,
        "MaxConcurrency": "10%",
        "MaxErrors": "5",
        "Comment": "for a test",
        "OutputS3BucketName": "output",
        "OutputS3KeyPrefix": "here",
        "CloudWatchOutputConfig": {"CloudWatchOutputEnabled": True, "CloudWatchLogGroupName": "/ssm"},
        "ServiceRoleArn": "arn:aws:iam::123456789012:role/notify",
        "NotificationConfig": {
            "NotificationArn": "arn:aws:sns:us-east-1:123456789012:done",
            "NotificationEvents": ["Failed"],
            "NotificationType": "Command",
        },
        "Targets": [{"Key": "tag:Role", "Values": ["web"]}],
    }


def test_neither_parameters_nor_secrets_are_in_the_result(aws, module: Module):
    secret = "https://bucket.example/agent?X-Amz-Signature=0123456789abcdef"
    add(aws, "talkative", **answering(Outcome("Failed", 1, f"could not load {secret}\n")))
    options = {**BY_TAG, "parameters": {"commands": ["harmless-command"]}, "secret_parameters": {"url": [secret]}}
    result = module("ssm_run_command", **options)
    assert last_command()["Parameters"] == {"commands": ["harmless-command"], "url": [secret]}
    assert secret not in json.dumps(result)
    result.pop("invocation")  # Ansible's own note of the options, shown with -vvv
    assert "harmless-command" not in json.dumps(result)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"max_concurrency": "0"}, "max_concurrency is '0': it must be a number from 1, or 1% to 100%"),
        ({"max_concurrency": "101%"}, "max_concurrency is '101%'"),
        ({"max_concurrency": "all"}, "max_concurrency is 'all'"),
        ({"max_errors": "-1"}, "max_errors is '-1': it must be a number from 0"),
        ({"max_errors": "5 %"}, "max_errors is '5 %'"),
        ({"timeout_seconds": 29}, "timeout_seconds is 29: it must be between 30 and 2592000"),
        ({"execution_timeout": 0}, "execution_timeout is 0"),
        ({"document_name": "AWS Run"}, "document_name is 'AWS Run'"),
        ({"document_version": "latest"}, "document_version is 'latest'"),
        ({"comment": "x" * 101}, "comment has 101 characters"),
        ({"tags": {"Role": "*"}}, "SSM knows no wildcards"),
        ({"tags": {"Role": []}}, "tags: Role has 0 values"),
        ({"tags": {str(n): "x" for n in range(6)}}, "tags has 6 keys"),
        ({"tags": {}}, "instance_ids, tags or resource_group is empty"),
        ({"tags": None, "instance_ids": []}, "instance_ids, tags or resource_group is empty"),
        ({"tags": None}, "one of the following is required: instance_ids, tags, resource_group"),
        ({"resource_group": "some"}, "mutually exclusive: instance_ids|tags|resource_group"),
        ({"tags": None, "instance_ids": ["web-1"]}, "instance_ids: 'web-1' is no instance id"),
        ({"secret_parameters": {"commands": "x"}}, "commands is in both parameters and secret_parameters"),
        ({"wait_delay": 0}, "wait_delay is 0"),
        ({"expected_account_id": "210987654321"}, "expected_account_id is 210987654321"),
        ({"notification_events": ["Failed"]}, "notification_events needs notification_arn"),
        ({"output_s3_key_prefix": "here"}, "output_s3_bucket_name"),
    ],
)
def test_bad_input_is_named_before_any_call(aws, module: Module, web, wrong, words):
    options = {name: value for name, value in {**BY_TAG, **wrong}.items() if value is not None}
    result = module("ssm_run_command", **options)
    assert result["failed"] is True
    assert words in result["msg"]
    assert {key[3] for key in aws.calls} <= {"GetCallerIdentity"}


def test_what_ssm_refuses_is_told_in_its_words(aws, module: Module, web):
    aws.faults.deny(operation="SendCommand")
    result = module("ssm_run_command", **BY_TAG)
    assert result["msg"].startswith("ssm:SendCommand answered AccessDeniedException")
    assert result.get("changed") is not True


def test_who_a_later_command_is_refused_for_is_named_and_the_others_get_it(aws, module: Module):
    ids = [add(aws, f"web-{number}") for number in range(60)]
    doomed = sorted(ids)[55]
    managed = managed_of(backend())
    first = managed[sorted(ids)[0]]
    # the first command takes an instance of the second away
    first.machine = lambda _parameters: managed.pop(doomed, None) and Outcome()
    result = module("ssm_run_command", **QUICK, instance_ids=ids)
    assert result["failed"] is True
    assert len(result["invocations"]) == 59
    (failed,) = result["failed_instances"]
    assert (failed["instance_id"], failed["status_details"]) == (doomed, "InvalidInstanceId")
    assert len(sent_of(backend())) == 2


def test_a_later_command_that_is_refused_leaves_the_earlier_ones_in_the_result(aws, module: Module):
    ids = sorted(add(aws, f"web-{number}") for number in range(60))
    first = managed_of(backend())[ids[0]]
    first.machine = lambda _parameters: aws.faults.deny(operation="SendCommand") or Outcome()
    result = module("ssm_run_command", **QUICK, instance_ids=ids)
    assert result["failed"] is True
    assert "ssm:SendCommand answered AccessDeniedException" in result["msg"]
    assert len(result["invocations"]) == 50
    assert {row["instance_id"]: row["status_details"] for row in result["failed_instances"]} == dict.fromkeys(
        ids[50:], "NotSent"
    )
