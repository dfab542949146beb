# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_association on the emulated account. Associations are behaviour of AWS that tests/emulator/services/
ssm_associations.py adds to moto."""

from __future__ import annotations

from typing import Any

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Json, Module, changes

REGION = "us-east-1"
OPTIONS: Json = {
    "name": "agent",
    "document_name": "AWS-RunShellScript",
    "parameters": {"commands": ["first", "second"], "executionTimeout": 600},
    "target_tags": {"Role": ["web", "api"]},
    "schedule_expression": "rate(1 day)",
    "max_concurrency": "10%",
    "max_errors": "1",
    "output_s3_bucket_name": "output",
    "output_s3_key_prefix": "here",
    "tags": {"Team": "ops"},
}


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    return empty_aws


@pytest.fixture
def existing(aws: Emulator, module: Module) -> Json:
    made = module("ssm_association", **OPTIONS)
    assert made["changed"] is True, made
    aws.calls.clear()
    association: Json = made["association"]
    return association


def there(aws: Emulator) -> list[dict[str, Any]]:
    ssm = aws.client("ssm", REGION)
    ids = [row["AssociationId"] for row in ssm.list_associations()["Associations"]]
    return [ssm.describe_association(AssociationId=one)["AssociationDescription"] for one in ids]


def test_an_association_is_made_as_asked_for(aws, module: Module):
    result = module("ssm_association", **OPTIONS)
    assert (result["changed"], result["association"]["tags"]) == (True, {"Team": "ops"})
    (row,) = there(aws)
    assert row["Parameters"] == {"commands": ["first", "second"], "executionTimeout": ["600"]}
    assert row["Targets"] == [{"Key": "tag:Role", "Values": ["web", "api"]}]
    assert row["OutputLocation"] == {"S3Location": {"OutputS3BucketName": "output", "OutputS3KeyPrefix": "here"}}
    assert (row["MaxConcurrency"], row["MaxErrors"], row["Name"]) == ("10%", "1", "AWS-RunShellScript")


def test_a_second_run_changes_nothing(aws, module: Module, existing):
    result = module("ssm_association", **OPTIONS)
    assert (result["changed"], result["changes"], result["association"]) == (False, [], existing)
    assert changes(aws) == {}


def test_what_differs_is_changed_and_all_else_is_kept(aws, module: Module, existing):
    result = module("ssm_association", diff=True, **{**OPTIONS, "schedule_expression": "rate(2 days)"})
    assert [change["property"] for change in result["changes"]] == ["schedule_expression"]
    assert result["diff"]["before"] == {"schedule_expression": "rate(1 day)"}
    assert changes(aws) == {"UpdateAssociation": 1}
    (row,) = there(aws)
    # UpdateAssociation forgets what it isn't told
    assert row["AssociationName"] == "agent"
    assert (row["ScheduleExpression"], row["MaxErrors"]) == ("rate(2 days)", "1")
    assert row["OutputLocation"]["S3Location"]["OutputS3BucketName"] == "output"
    assert row["AssociationId"] == existing["association_id"]


def test_what_no_option_speaks_of_is_kept(aws, module: Module, existing):
    kept = {
        "AssociationDispatchAssumeRole": "arn:aws:iam::123456789012:role/dispatch",
        "SyncCompliance": "MANUAL",
        "ScheduleOffset": 2,
    }
    aws.client("ssm", REGION).update_association(
        AssociationId=existing["association_id"], AssociationName="agent", Name=existing["name"], **kept
    )
    assert module("ssm_association", **{**OPTIONS, "max_errors": "2"})["changed"] is True
    (row,) = there(aws)
    assert {name: row.get(name) for name in kept} == kept


def test_the_prefix_of_the_output_stays_unless_it_is_told(aws, module: Module, existing):
    def place() -> Json:
        output: Json = there(aws)[0]["OutputLocation"]["S3Location"]
        return output

    bucket = {name: value for name, value in OPTIONS.items() if name != "output_s3_key_prefix"}
    result = module("ssm_association", diff=True, **{**bucket, "output_s3_bucket_name": "other"})
    assert place() == {"OutputS3BucketName": "other", "OutputS3KeyPrefix": "here"}
    assert result["diff"]["after"]["output_location"]["s3_location"]["output_s3_key_prefix"] == "here"
    emptied = {**bucket, "output_s3_bucket_name": "other", "output_s3_key_prefix": ""}
    assert module("ssm_association", **emptied)["changed"] is True
    assert place() == {"OutputS3BucketName": "other"}
    assert module("ssm_association", **emptied)["changed"] is False


def test_an_association_without_a_prefix_is_made(aws, module: Module):
    result = module("ssm_association", **{**OPTIONS, "output_s3_key_prefix": ""})
    assert result["changed"] is True
    assert there(aws)[0]["OutputLocation"] == {"S3Location": {"OutputS3BucketName": "output"}}


def test_an_association_is_not_made_twice_when_the_answer_is_lost(aws, module: Module):
    aws.faults.add("lost", operation="CreateAssociation", times=1)
    result = module("ssm_association", **OPTIONS)
    assert (result["changed"], result["association"]["association_name"]) == (True, "agent")
    assert len(there(aws)) == changes(aws)["CreateAssociation"] == 1


def test_an_association_that_was_not_made_is_a_failure(aws, module: Module):
    aws.faults.add("reset", operation="CreateAssociation")
    result = module("ssm_association", **OPTIONS)
    assert "ssm:CreateAssociation answered" in result["msg"]
    assert there(aws) == []


def test_options_that_are_left_out_are_left_alone(aws, module: Module, existing):
    only = {name: OPTIONS[name] for name in ("name", "document_name", "target_tags")}
    assert module("ssm_association", **only)["changed"] is False


def test_the_order_of_commands_is_a_change(aws, module: Module, existing):
    turned = {"commands": ["second", "first"], "executionTimeout": 600}
    result = module("ssm_association", **{**OPTIONS, "parameters": turned})
    assert result["changed"] is True
    assert there(aws)[0]["Parameters"]["commands"] == ["second", "first"]


def test_tags_are_added_and_purged(aws, module: Module, existing):
    assert module("ssm_association", **{**OPTIONS, "tags": {"Stage": "test"}})["association"]["tags"] == {
        "Stage": "test"
    }
    kept = module("ssm_association", **{**OPTIONS, "tags": {"Team": "ops"}, "purge_tags": False})
    assert kept["association"]["tags"] == {"Stage": "test", "Team": "ops"}


def test_check_mode_says_what_it_would_do_and_does_nothing(aws, module: Module):
    result = module("ssm_association", check=True, **OPTIONS)
    assert result["changed"] is True
    assert result["association"]["schedule_expression"] == "rate(1 day)"
    assert there(aws) == []
    assert module("ssm_association", check=True, name="agent", state="absent")["changed"] is False
    assert changes(aws) == {}


def test_it_is_deleted_once(aws, module: Module, existing):
    assert module("ssm_association", check=True, name="agent", state="absent")["changed"] is True
    assert len(there(aws)) == 1
    assert module("ssm_association", name="agent", state="absent")["changed"] is True
    assert there(aws) == []
    assert module("ssm_association", name="agent", state="absent")["changed"] is False


def test_two_of_one_name_are_refused(aws, module: Module, existing):
    aws.client("ssm", REGION).create_association(Name="AWS-RunShellScript", AssociationName="agent")
    result = module("ssm_association", name="agent", state="absent")
    assert "2 associations in us-east-1 have the name agent" in result["msg"]
    assert len(there(aws)) == 2


def test_an_output_that_is_emptied_goes(aws, module: Module, existing):
    options = {name: value for name, value in OPTIONS.items() if name != "output_s3_key_prefix"}
    assert module("ssm_association", **{**options, "output_s3_bucket_name": ""})["changed"] is True
    assert "OutputLocation" not in there(aws)[0]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "a b"}, "name is 'a b'"),
        ({"document_name": None}, "state is present but all of the following are missing: document_name"),
        ({"target_tags": None}, "target_tags, instance_ids, resource_group"),
        ({"target_tags": {}}, "is empty, which is no choice of instances"),
        ({"resource_group": "some"}, "mutually exclusive"),
        ({"target_tags": {"Role": "*"}}, "target_tags: Role is '*'"),
        ({"target_tags": None, "instance_ids": ["web"]}, "instance_ids: 'web' is no instance id"),
        ({"max_errors": "x"}, "max_errors is 'x'"),
        ({"schedule_expression": "daily"}, "daily"),
        ({"apply_only_at_cron_interval": True}, "apply_only_at_cron_interval needs"),
    ],
)
def test_bad_input_is_named_before_any_call(aws, module: Module, wrong, words):
    options = {name: value for name, value in {**OPTIONS, **wrong}.items() if value is not None}
    result = module("ssm_association", **options)
    assert result["failed"] is True
    assert words in result["msg"]
    assert not aws.calls
