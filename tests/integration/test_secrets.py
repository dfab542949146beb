# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets through the modules' four entries: never shown, and what identifies is whole whatever they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Module, changes
from tests.integration.test_ssm_run_command import QUICK, Outcome, add, answering

REGION, ACCOUNT = "us-east-1", "123456789012"
ENTRIES: list[tuple[str, dict[str, Any]]] = [
    ("ebs_orphan_cleanup", {}),
    ("sweep", {"checks": {"ec2_monitoring": {}}}),
    ("sweep_undo", {"journal": ["s3://bucket/prefix"]}),
    ("dms_endpoint", {"endpoint_identifier": "orders", "endpoint_type": "source", "engine_name": "mysql"}),
    ("ssm_run_command", {**QUICK, "tags": {"Role": "web"}}),
    ("cloudwatch_agent_config", {"config_s3": "s3://bucket/key.json"}),
]
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE/token"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"


@pytest.mark.parametrize(("name", "options"), ENTRIES, ids=[name for name, _options in ENTRIES])
def test_a_token_with_a_line_break_is_named_before_any_call(empty_aws, module: Module, monkeypatch, name, options):
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"{TOKEN}\n")
    result = module(name, **options)
    assert result["failed"] is True
    assert result["msg"].startswith("AWS_SESSION_TOKEN ends with a line break"), result["msg"]
    assert TOKEN not in json.dumps(result)
    assert empty_aws.calls == {}


@pytest.mark.parametrize(("name", "options"), ENTRIES, ids=[name for name, _options in ENTRIES])
def test_a_profile_that_asks_for_an_mfa_code_is_one_sentence(
    empty_aws, module: Module, monkeypatch, tmp_path, name, options
):
    config = tmp_path / "config"
    keys = "[profile base]\naws_access_key_id = a\naws_secret_access_key = made-up-secret\n"
    config.write_text(f"[profile work]\nrole_arn = {ROLE}\nsource_profile = base\nmfa_serial = arn:mfa\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    result = module(name, **options, profile="work")
    assert result["failed"] is True
    assert result["msg"].startswith("Profile work asks for an MFA code (mfa_serial)"), result["msg"]
    assert "made-up-secret" not in json.dumps(result)
    assert empty_aws.calls == {}


@pytest.mark.parametrize(("name", "options"), ENTRIES, ids=[name for name, _options in ENTRIES])
def test_what_should_not_happen_is_one_sentence_without_secrets(empty_aws, module: Module, monkeypatch, name, options):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:made-up-pw@proxy.example.com:3128")

    def broken(*_arguments: object, **_options: object) -> None:
        raise KeyError(f"emulated-secret http://me:made-up-pw@proxy.example.com {TOKEN}")

    monkeypatch.setattr("boto3.session.Session", broken)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    result = module(name, **options)
    assert result["failed"] is True
    assert "broke off with KeyError" in result["msg"], result["msg"]
    for secret in ("made-up-pw", TOKEN):
        assert secret not in json.dumps(result)


@pytest.fixture
def quick_dms(empty_aws: Emulator) -> Emulator:
    empty_aws.settings.dms_seconds = 0.3
    return empty_aws


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("password", ["postgres", "orders", "5432", REGION, "source"])
def test_an_endpoint_comes_out_whole_whatever_its_password_is(quick_dms, module: Module, password):
    options = {
        "endpoint_identifier": "orders-postgres",
        "endpoint_type": "source",
        "engine_name": "postgres",
        "server_name": "postgres.example.com",
        "port": 5432,
        "database_name": "orders",
        "username": "postgres",
        "tags": {"Team": "orders"},
        "password": password,
    }
    made = module("dms_endpoint", diff=True, **options)
    (endpoint,) = quick_dms.client("dms", REGION).describe_endpoints()["Endpoints"]
    told = made["endpoint"]
    assert told["endpoint_arn"] == endpoint["EndpointArn"]
    for name in ("endpoint_identifier", "endpoint_type", "engine_name", "server_name", "port", "username", "tags"):
        assert told[name] == options[name]
    assert "********" not in json.dumps([made["changes"], made["diff"]])
    assert made["invocation"]["module_args"]["password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert module("dms_endpoint", **options)["changed"] is False


@pytest.mark.usefixtures("impatient")
def test_a_password_is_nowhere_in_a_result_also_where_the_user_wrote_it_twice(quick_dms, module: Module):
    options = {"endpoint_identifier": "orders", "endpoint_type": "source", "engine_name": "mysql"}
    for check in (True, False):
        made = module(
            "dms_endpoint",
            check=check,
            diff=True,
            **options,
            password="made-up-pw-1",
            extra_connection_attributes="trustStorePassword=made-up-pw-1;x=1",
        )
        assert made["changed"] is True
        assert "made-up-pw-1" not in json.dumps(made)
        assert "x=1" in made["endpoint"]["extra_connection_attributes"]


@pytest.mark.parametrize("level", ["0", 0, "i-", "web", "AWS-RunShellScript"])
def test_a_command_tells_ids_and_exit_codes_whole_whatever_its_secrets_are(empty_aws, module: Module, level):
    empty_aws.client("ssm", REGION).list_documents()
    ids = [add(empty_aws, "web-0", **answering(Outcome(output="level 0, web, s3cr3t-key-1\n")))]
    options = {**QUICK, "document_name": "AWS-RunShellScript", "tags": {"Role": "web"}, "wait_timeout": 100}
    result = module("ssm_run_command", **options, secret_parameters={"Level": level, "Key": "s3cr3t-key-1"})
    (row,) = result["invocations"]
    assert (row["instance_id"], row["name"], row["exit_code"], row["status"]) == (ids[0], "web-0", 0, "Success")
    assert [row["command_id"]] == result["command_ids"] == [result["command_id"]]
    assert "*" not in row["command_id"]
    assert [target["instance_id"] for target in result["targets"]] == ids
    assert "s3cr3t-key-1" not in json.dumps(result)
    assert row["output"].endswith("********")


@pytest.mark.parametrize("text", ["Key: s3cr3t-key-1\n", '{"Key": ["s3cr3t-key-1"], "Level": 5}', "Key=s3cr3t-key-1"])
@pytest.mark.parametrize("timeout", [100, "soon"])
def test_secret_parameters_that_are_given_as_text_are_hidden_too(empty_aws, module: Module, text, timeout):
    empty_aws.client("ssm", REGION).list_documents()
    add(empty_aws, "web-0", **answering(Outcome(output="the key is s3cr3t-key-1\n")))
    result = module(
        "ssm_run_command",
        **QUICK,
        tags={"Role": "web"},
        wait_timeout=timeout,
        comment="s3cr3t-key-1",
        secret_parameters=text,
    )
    assert result.get("failed", False) is (timeout == "soon")
    if timeout == 100:
        assert result["invocations"][0]["output"].startswith("the key is ***")
        assert "s3cr3t-key-1" not in json.dumps(result)
    # Ansible's own refusal hides what the user wrote by its name alone
    assert "s3cr3t-key-1" not in json.dumps(result["invocation"]["module_args"]["secret_parameters"])


@pytest.mark.parametrize("failing", [False, True])
def test_external_id_and_keys_are_hidden_and_findings_are_whole(aws, module: Module, failing):
    shown = ["reader-prod", "made-up-secret-key", "AKIDMADEUPKEY"]
    if failing:
        aws.faults.expired(service="sts")
    keys = {"access_key": "AKIDMADEUPKEY", "secret_key": "made-up-secret-key"}
    result = module(
        "ec2_monitoring", check=True, regions=["us-east-1"], assume_role_arn=[ROLE], external_id="reader-prod", **keys
    )
    assert result.get("failed", False) is failing
    for secret in shown:
        assert secret not in json.dumps(result), secret
    assert result["invocation"]["module_args"]["external_id"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_an_external_id_that_is_a_part_of_every_arn_cuts_nothing(aws, module: Module):
    plain = module("ec2_monitoring", check=True, regions=[REGION], assume_role_arn=[ROLE])
    marked = module("ec2_monitoring", check=True, regions=[REGION], assume_role_arn=[ROLE], external_id="arn:aws")
    assert plain["findings"]
    assert marked["findings"] == plain["findings"]


def test_an_external_id_that_sts_would_quote_is_refused_before_any_call(aws, module: Module):
    result = module("ec2_monitoring", assume_role_arn=[ROLE], external_id="made-up-id\n")
    assert "external_id is not what STS takes" in result["msg"]
    assert "made-up-id" not in json.dumps(result)
    assert changes(aws) == {}


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("patch_now", {"patch_now_target_values": ["web"]}),
        ("cost_hygiene", {"cost_hygiene_external_id": "made-up-external-id"}),
    ],
)
def test_a_playbook_names_the_variable_with_a_line_break_and_shows_no_secret(
    empty_aws, playbook, monkeypatch, tmp_path, name, variables
):
    monkeypatch.setenv("AWS_SESSION_TOKEN", f"{TOKEN}\n")
    monkeypatch.chdir(tmp_path)
    done = playbook(f"sysops.aws.{name}", "-vvv", **variables)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "AWS_SESSION_TOKEN" in said
    for secret in (TOKEN, "made-up-external-id"):
        assert secret not in said
    assert empty_aws.calls == {}
