# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every source of credentials that fails in its own way: real files, programs and botocore, no network."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep import credentials
from ansible_collections.sysops.aws.plugins.module_utils.sweep.account import Connection, open_accounts
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.secrets import Secrets
from botocore.httpsession import URLLib3Session

SEND = URLLib3Session.send
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "s3cr3t/EXAMPLE+KEY", "t0ken-EXAMPLE"
VARIABLES = ["AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"]
ROLE = "role_arn = arn:aws:iam::210987654321:role/reader"
KEYS = f"aws_access_key_id = {KEY}\naws_secret_access_key = {SECRET}"


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path) -> None:
    """An environment without credentials, home or network."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    def no_network(_session: object, request: object) -> None:
        raise AssertionError(f"AWS was asked: {request}")

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", no_network)


def config(text: str) -> None:
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(text)


def refused(profile: str | None = "work", **keys: str) -> str:
    given = {f"aws_{name}": value for name, value in keys.items()} or None
    with pytest.raises(SweepError) as caught:
        open_accounts(Connection(region="eu-west-1", profile_name=profile, keys=given, secrets=Secrets()))
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    for word in (SECRET, TOKEN, "defect", "Traceback"):
        assert word not in message
    return message


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (f"{TOKEN}\n", "ends with a line break"),
        (f" {TOKEN}", "begins with a blank"),
        (f"{TOKEN}\t", "ends with a blank"),
        (f"{TOKEN}\r\n{TOKEN}", "holds a line break"),
        (f"{TOKEN} {TOKEN}", "holds a blank"),
        (f"{TOKEN}\x07x", "holds a control character"),
        (f"{TOKEN}ü", "holds a character that is not ASCII"),
    ],
)
@pytest.mark.parametrize("which", VARIABLES)
def test_a_variable_that_no_header_can_hold_is_named_before_any_call(monkeypatch, which, bad, fault):
    good = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
    if which == "AWS_SECURITY_TOKEN":
        del good["AWS_SESSION_TOKEN"]
    for name, value in {**good, which: bad}.items():
        monkeypatch.setenv(name, value)
    assert refused(profile=None) == f"{which} {fault}: set it anew without that. AWS was not asked."


def test_an_option_that_no_header_can_hold_is_named(monkeypatch):
    told = refused(None, access_key_id=KEY, secret_access_key=SECRET, session_token=f"{TOKEN}\n")
    assert told.startswith("The option session_token ends with a line break")


def test_a_files_token_that_no_header_can_hold_is_named_with_its_profile():
    config(f"[profile work]\n{KEYS}\naws_session_token = {TOKEN} {TOKEN}\n")
    assert refused().startswith("aws_session_token of profile work holds a blank")


SSO = "sso_account_id = 210987654321\nsso_role_name = reader\n"
SSO_START = "sso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start\n"
BASE = "source_profile = base"
CONFIGS = [
    (
        f"[profile work]\n{ROLE}\n{BASE}\nmfa_serial = arn:mfa\n[profile base]\n{KEYS}\n",
        "Profile work asks for an MFA code (mfa_serial), which no task can enter: get session credentials first",
    ),
    (f"[profile work]\n{ROLE}\n{BASE}\n", 'The source_profile "base" referenced in the profile "work"'),
    (f"[profile work]\n{ROLE}\ncredential_source = Nowhere\n", "Nowhere"),
    (
        f"[profile work]\n{ROLE}\nweb_identity_token_file = /nowhere/token\n",
        "The token file /nowhere/token (web_identity_token_file of profile work) can't be read (No such file",
    ),
    (f"[profile work]\n{SSO_START}{SSO}", "run `aws sso login --profile work`"),
    (
        f"[profile work]\n{ROLE}\n{BASE}\n[profile base]\nsso_session = corp\n{SSO}[sso-session corp]\n{SSO_START}",
        "The SSO session of profile base has expired, or was never begun: run `aws sso login --profile base`",
    ),
    (
        f"[profile work]\naws_access_key_id = {KEY}\n",
        "Partial credentials found in config-file, missing: aws_secret_access_key",
    ),
    (f"[profile work]\n{KEYS}\nnonsense {SECRET}\n", "/config (line 4) is not valid"),
    (f"nonsense {SECRET}\n", "/config (line 1) is not valid"),
    (f"[profile other]\n{KEYS}\n", "The config profile (work) could not be found"),
]


@pytest.mark.parametrize(("text", "words"), CONFIGS)
def test_a_profile_that_gives_no_credentials_says_why_and_what_to_do(text, words):
    config(text)
    assert words in refused()


def test_a_login_session_that_has_ended_names_the_command():
    config("[profile work]\nlogin_session = arn:aws:iam::123456789012:user/x\n")
    told = refused()
    # without botocore's extra package there is nothing that could read the session
    assert "run `aws login --profile work`" in told or "botocore[crt]" in told


PROGRAMS = [
    ("exit 3", "ended with an error: run it by hand to see why."),
    (f"echo {SECRET} >&2; exit 1", "ended with an error"),
    ("echo rubbish", "prints no credentials: it must print JSON with Version 1"),
    (f'printf \'{{"Version": 1, "SecretAccessKey": "{SECRET}"\'', "prints no credentials"),
    (f"printf '[\"{SECRET}\"]'", "prints no credentials"),
    (f'printf \'{{"Version": 2, "SecretAccessKey": "{SECRET}"}}\'', "prints no credentials"),
    (f'printf \'{{"Version": 1, "SecretAccessKey": "{SECRET}"}}\'', "prints no credentials"),
    ("printf '\\377\\376'", "prints no credentials"),
    (
        f'echo \'{{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "{SECRET}", "Expiration": "2020-01-01T00Z"}}\'',
        "have expired already: renew them",
    ),
]


@pytest.mark.parametrize(("script", "words"), PROGRAMS)
@pytest.mark.parametrize("through", ["itself", "a role"])
def test_a_program_that_gives_no_credentials_is_one_sentence(tmp_path, script, words, through):
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    process = f"credential_process = {program}"
    role = f"[profile work]\n{ROLE}\nsource_profile = base\n[profile base]\n{process}\n"
    config(f"[profile work]\n{process}\n" if through == "itself" else role)
    told = refused()
    assert words in told
    if "credential_process" in told:
        assert f"The credential_process of profile {'work' if through == 'itself' else 'base'} " in told


def test_a_programs_token_that_no_header_can_hold_is_named(tmp_path):
    program = tmp_path / "program"
    made = json.dumps({"Version": 1, "AccessKeyId": "a", "SecretAccessKey": SECRET, "SessionToken": f"{TOKEN}\n"})
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{made}\nEND\n")
    program.chmod(0o755)
    config(f"[profile work]\ncredential_process = {program}\n")
    assert refused().startswith("The session token that profile work gives ends with a line break")


def test_a_token_with_which_a_profile_assumes_its_role_is_not_quoted_by_the_library(monkeypatch):
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", SEND)
    variables = {"ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": SECRET, "SESSION_TOKEN": f"{TOKEN}\n"}
    for name, value in {**variables, "ENDPOINT_URL": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    config(f"[profile work]\n{ROLE}\ncredential_source = Environment\n")
    assert "Invalid header value ********" in refused()


@pytest.mark.parametrize(
    ("program", "reason"),
    [("/nowhere/program", "No such file or directory"), (os.path.dirname(__file__), "Permission denied")],
)
def test_a_program_that_cannot_be_started_says_why(program, reason):
    config(f"[profile work]\ncredential_process = {program} --key {SECRET}\n")
    assert f"The credential_process of profile work can't be started ({reason})" in refused()


@pytest.mark.parametrize("through", ["itself", "a role"])
def test_a_program_that_never_ends_is_given_up_and_ended(monkeypatch, tmp_path, through):
    monkeypatch.setattr(credentials, "SECONDS", 0.5)
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    script = tmp_path / "hang.py"
    script.write_text(code)
    process = f"credential_process = {sys.executable} {script}"
    role = f"[profile work]\n{ROLE}\nsource_profile = base\n[profile base]\n{process}\n"
    config(f"[profile work]\n{process}\n" if through == "itself" else role)
    assert "gave no credentials within" in refused()
    if pid.exists() and pid.read_text():
        assert _has_ended(int(pid.read_text()))


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, 0)[0] == pid
    except ChildProcessError:
        return True


def test_a_web_identity_token_file_of_the_environment_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::210987654321:role/reader")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token")
    told = refused(profile=None)
    assert "The token file /nowhere/token (AWS_WEB_IDENTITY_TOKEN_FILE) can't be read (No such file" in told


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/creds"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{TOKEN}\n"},
    ],
)
def test_a_container_endpoint_that_gives_none_is_named(monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    told = refused(profile=None)
    assert "The container credentials endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI) gives no credentials" in told


def test_a_container_token_file_that_is_missing_is_named(monkeypatch):
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/x")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token")
    assert "/nowhere/token (AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE) can't be read" in refused(profile=None)


def test_a_file_that_cannot_be_read_is_named_where_nothing_else_gives_credentials(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path))
    told = refused(profile=None)
    assert f"Unable to locate credentials ({tmp_path}: Is a directory)" in told


def test_a_profile_of_the_environment_is_named_with_its_variable(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nowhere\n")
    told = refused(profile=None)
    assert "The config profile (nowhere?), named by AWS_PROFILE, could not be found" in told


def test_a_profile_and_keys_that_are_both_options_are_refused():
    options = {"profile": "work", "access_key": KEY, "secret_key": SECRET}
    with pytest.raises(SweepError, match="profile and access_key, secret_key or session_token are given"):
        Connection.of(options, Secrets())


@pytest.mark.parametrize(("name", "missing"), [("access_key", "secret_key"), ("session_token", "access_key")])
def test_a_half_of_a_key_pair_is_refused(name, missing):
    with pytest.raises(SweepError, match=f"^{missing} is missing"):
        Connection.of({name: KEY}, Secrets())


def test_a_half_that_the_environment_completes_is_taken(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert Connection.of({"access_key": KEY}, Secrets()).keys["aws_secret_access_key"] == SECRET


def test_settings_that_botocore_does_not_know_are_refused():
    with pytest.raises(SweepError, match=r"aws_config is not what botocore takes: .*connect_time"):
        Connection.of({"aws_config": {"connect_time": 3}}, Secrets())
