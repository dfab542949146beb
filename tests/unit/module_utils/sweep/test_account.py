# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials and roles against an STS at the wire: everything is real but the socket."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.account import Account, Connection, open_accounts
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, RegionError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Region
from ansible_collections.sysops.aws.plugins.module_utils.sweep.secrets import Secrets
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError
from moto.core.botocore_stubber import MockRawResponse

HOME, OTHER = "123456789012", "210987654321"
KEY, SECRET, TOKEN = "AKIDEXAMPLE", "s3cr3t/EXAMPLE+KEY", "t0ken-EXAMPLE"
ROLE = "arn:aws:iam::{}:role/reader"
URL = "https://sts.invalid"


class Sts:
    """Knows every access key as of one account; `errors` are (status, code, message) by access key or role ARN."""

    def __init__(self) -> None:
        self.accounts = {KEY: HOME}
        self.partition = "aws"
        self.errors: dict[str, tuple[int, str, str]] = {}
        self.unreachable: Exception | None = None
        self.lifetimes = [timedelta(hours=1)]
        self.urls: list[str] = []
        self.requests: list[dict[str, str]] = []

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        if self.unreachable is not None:
            raise self.unreachable
        form = {name: values[0] for name, values in parse_qs(request.body).items()}
        key = re.search(r"Credential=(\w+)/", str(request.headers["Authorization"]))[1]
        self.urls.append(request.url)
        self.requests.append({**form, "Key": key})
        error = self.errors.get(form.get("RoleArn", key))
        status, body = self._refuse(*error) if error else (200, self._answer(form, key))
        return AWSResponse(request.url, status, {}, MockRawResponse(body))

    def count(self, action: str) -> int:
        return sum(1 for request in self.requests if request["Action"] == action)

    def _answer(self, form: dict[str, str], key: str) -> str:
        if form["Action"] == "GetCallerIdentity":
            account = self.accounts[key]
            inner = f"<Account>{account}</Account><Arn>arn:{self.partition}:iam::{account}:user/x</Arn>"
        else:
            inner = self._credentials(form["RoleArn"])
        return f"<R><{form['Action']}Result>{inner}</{form['Action']}Result></R>"

    def _credentials(self, arn: str) -> str:
        number = len(self.accounts)
        lifetime = self.lifetimes.pop(0) if len(self.lifetimes) > 1 else self.lifetimes[0]
        self.accounts[f"ASIA{number}"] = arn.split(":")[4]
        ends = (datetime.now(timezone.utc) + lifetime).strftime("%Y-%m-%dT%H:%M:%SZ")
        return (
            f"<Credentials><AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>x</SecretAccessKey>"
            f"<SessionToken>y</SessionToken><Expiration>{ends}</Expiration></Credentials>"
        )

    def _refuse(self, status: int, code: str, message: str) -> tuple[int, str]:
        return status, f"<R><Error><Code>{code}</Code><Message>{message}</Message></Error></R>"


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path) -> None:
    """An environment without credentials, region or profile; nothing of this machine's user is read."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def sts(monkeypatch) -> Sts:
    made = Sts()
    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", lambda _session, request: made.send(request))
    return made


def by_environment(monkeypatch, tmp_path) -> Connection:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    return Connection(region="eu-west-1")


def by_options(monkeypatch, tmp_path) -> Connection:
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "aws_session_token": TOKEN}
    return Connection(region="eu-west-1", keys=keys)


def by_credentials_file(monkeypatch, tmp_path) -> Connection:
    lines = [f"aws_access_key_id={KEY}", f"aws_secret_access_key={SECRET}", f"aws_session_token={TOKEN}"]
    (tmp_path / "credentials").write_text("\n".join(["[work]", *lines]), encoding="utf-8")
    return Connection(region="eu-west-1", profile_name="work")


def by_config_file(monkeypatch, tmp_path) -> Connection:
    lines = [f"aws_access_key_id={KEY}", f"aws_secret_access_key={SECRET}", f"aws_session_token={TOKEN}"]
    (tmp_path / "config").write_text("\n".join(["[profile work]", *lines]), encoding="utf-8")
    return Connection(region="eu-west-1", profile_name="work")


SOURCES: list[tuple[Callable[..., Connection], str]] = [
    (by_environment, "from the environment (AWS_ACCESS_KEY_ID)"),
    (by_options, "from the module's options"),
    (by_credentials_file, "the shared credentials file"),
    (by_config_file, "the AWS config file"),
]


@pytest.fixture
def connection(monkeypatch, tmp_path) -> Connection:
    return by_options(monkeypatch, tmp_path)


def refused(connection: Connection, **options: Any) -> str:
    with pytest.raises(SweepError) as caught:
        open_accounts(connection, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert SECRET not in message
    assert TOKEN not in message
    return message


@pytest.mark.parametrize(("source", "_words"), SOURCES)
def test_credentials_come_from_where_every_aws_tool_takes_them(sts, monkeypatch, tmp_path, source, _words):
    accounts, errors = open_accounts(source(monkeypatch, tmp_path))
    assert ([account.id for account in accounts], errors) == ([HOME], [])
    assert sts.requests[0]["Key"] == KEY


@pytest.mark.parametrize(
    ("profile", "options", "key"),
    [
        ("work", {}, "AKIDVARIABLE"),
        (None, {}, "AKIDVARIABLE"),
        ("work", {"profile": "work"}, "AKIDPROFILE"),
        ("work", {"access_key": "AKIDOPTION", "secret_key": "x"}, "AKIDOPTION"),
    ],
    ids=["both variables", "keys", "profile option", "key options"],
)
def test_as_in_the_cli_keys_win_over_the_environments_profile(sts, monkeypatch, tmp_path, profile, options, key):
    by_environment(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDVARIABLE")
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    secret = "aws_secret_access_key=x"
    lines = ["[profile work]", "aws_access_key_id=AKIDPROFILE", secret, "region=eu-west-3"]
    (tmp_path / "config").write_text("\n".join(lines), encoding="utf-8")
    sts.accounts |= {"AKIDVARIABLE": HOME, "AKIDPROFILE": HOME, "AKIDOPTION": HOME}
    (account,), _errors = open_accounts(Connection.of(options, Secrets()))
    assert sts.requests[0]["Key"] == key
    # the profile's other settings hold all the same
    assert account.own_region == ("eu-west-3" if profile else None)


def test_variables_that_only_amazon_aws_knows_are_taken(sts, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_SECRET_KEY", SECRET)
    open_accounts(Connection.of({}, Secrets()))
    assert sts.requests[0]["Key"] == KEY


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_partition_is_that_of_the_identity(sts, connection, partition):
    sts.partition = partition
    (account,), _errors = open_accounts(connection)
    assert account.partition == partition


@pytest.mark.parametrize(
    ("region", "configured", "home"),
    [("eu-south-2", "eu-west-3", "eu-south-2"), (None, "eu-west-3", "eu-west-3"), (None, None, "us-east-1")],
)
def test_the_home_region_is_the_options_or_the_sessions(sts, monkeypatch, region, configured, home):
    if configured:
        monkeypatch.setenv("AWS_DEFAULT_REGION", configured)
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    (account,), _errors = open_accounts(Connection(region=region, keys=keys))
    assert account.home_region == home
    assert account.offered_regions().count(home) == 1


def test_the_options_of_all_modules_for_aws_are_used(sts):
    options = {
        "access_key": KEY,
        "secret_key": SECRET,
        "validate_certs": False,
        "aws_config": {"user_agent": "mine", "retries": {"max_attempts": 9}},
        "region": "eu-west-1",
        "endpoint_url": "http://127.0.0.1:9",
    }
    connection = Connection.of(options, Secrets(), workers=7)
    (account,), _errors = open_accounts(connection)
    config = account.client("sts", "eu-west-1").meta.config
    assert sts.urls == ["http://127.0.0.1:9/"]
    assert (config.user_agent.split()[0], config.max_pool_connections) == ("mine", 7)
    # `pacing` retries: botocore on top of it would multiply the attempts
    assert config.retries["total_max_attempts"] == 1


def test_missing_credentials_name_what_was_tried_and_what_to_set(sts):
    message = refused(Connection(region="eu-west-1"))
    for words in ("Unable to locate credentials", "environment variables", "profile default", "AWS_PROFILE"):
        assert words in message
    assert sts.requests == []


def test_half_a_key_pair_names_the_missing_half(sts, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    message = refused(Connection(region="eu-west-1"))
    assert "missing: AWS_SECRET_ACCESS_KEY" in message
    assert sts.requests == []


@pytest.mark.parametrize(("source", "words"), SOURCES)
@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException", "RequestExpired"])
def test_expired_credentials_say_so_and_where_they_are_from(sts, monkeypatch, tmp_path, code, source, words):
    sts.errors[KEY] = (403, code, "The security token included in the request is expired")
    message = refused(source(monkeypatch, tmp_path))
    assert "have expired" in message
    assert words in message


@pytest.mark.parametrize(("source", "words"), SOURCES)
def test_refused_keys_say_where_they_are_from(sts, monkeypatch, tmp_path, source, words):
    sts.errors[KEY] = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")
    message = refused(source(monkeypatch, tmp_path))
    assert "InvalidClientTokenId" in message
    assert "expired" not in message
    assert words in message


def test_a_message_that_quotes_the_signed_request_is_kept_back(sts, connection):
    quoted = f"The Canonical String should have been\n'POST\n/\n\nx-amz-security-token:{TOKEN}\n{SECRET}'"
    sts.errors[KEY] = (403, "SignatureDoesNotMatch", quoted)
    assert "SignatureDoesNotMatch" in refused(connection)


def test_an_unknown_profile_is_named(sts):
    assert "(nowhere)" in refused(Connection(region="eu-west-1", profile_name="nowhere"))
    assert sts.requests == []


def test_an_unknown_profile_of_the_environment_is_named(sts, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    assert "(nowhere)" in refused(Connection(region="eu-west-1"))


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url=URL, error="Connection refused"),
        ConnectTimeoutError(endpoint_url=URL, error="timed out"),
    ],
)
def test_an_unreachable_endpoint_is_named_and_the_region_is_not_blamed(sts, connection, error):
    sts.unreachable = error
    message = refused(connection)
    assert URL in message
    assert "sts:GetCallerIdentity in eu-west-1" in message
    assert "There is no AWS region" not in message


@pytest.mark.parametrize(
    ("region", "suggestion"),
    [("eu-wset-1", "Did you mean eu-west-1?"), ("eu west 1", "Did you mean eu-west-1?"), ("moon", "'moon'.")],
)
def test_a_misspelt_session_region_is_named_with_the_nearest(sts, region, suggestion):
    sts.unreachable = EndpointConnectionError(endpoint_url=URL, error="Name or service not known")
    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    message = refused(Connection(region=region, keys=keys))
    assert f"There is no AWS region {region!r}" in message
    assert suggestion in message


@pytest.mark.parametrize("expected", [[], [HOME], [OTHER, HOME]])
def test_the_expected_account_is_let_through(sts, connection, expected):
    accounts, _errors = open_accounts(connection, expected_account_ids=expected)
    assert [account.id for account in accounts] == [HOME]


def test_another_account_than_the_expected_is_refused_before_anything_is_read(sts, connection):
    message = refused(connection, expected_account_ids=[OTHER])
    for words in (HOME, OTHER, "nothing was read or changed"):
        assert words in message
    assert [request["Action"] for request in sts.requests] == ["GetCallerIdentity"]


def test_each_role_is_an_account(sts, connection):
    accounts, errors = open_accounts(connection, [ROLE.format(OTHER), ROLE.format(HOME)], external_id="shared")
    assert ([account.id for account in accounts], errors) == ([OTHER, HOME], [])
    assert [account.home_region for account in accounts] == ["eu-west-1"] * 2
    asked = [request for request in sts.requests if request["Action"] == "AssumeRole"]
    # all at once, in whatever order
    assert {(request["RoleArn"], request["ExternalId"], request["Key"]) for request in asked} == {
        (ROLE.format(OTHER), "shared", KEY),
        (ROLE.format(HOME), "shared", KEY),
    }


def test_no_external_id_is_sent_where_none_is_given(sts, connection):
    open_accounts(connection, [ROLE.format(OTHER)])
    assert all("ExternalId" not in request for request in sts.requests)


def test_a_role_that_cannot_be_assumed_costs_only_its_own_account(sts, connection):
    arn = ROLE.format(OTHER)
    sts.errors[arn] = (403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
    accounts, errors = open_accounts(connection, [arn, ROLE.format(HOME)])
    assert [account.id for account in accounts] == [HOME]
    message = f"{arn}: not authorized to perform: sts:AssumeRole"
    assert errors == [RegionError(OTHER, "eu-west-1", "sts", "AssumeRole", "AccessDenied", message)]


def test_a_role_whose_credentials_are_refused_costs_only_its_own_account(sts, connection):
    sts.errors["ASIA1"] = (403, "RegionDisabledException", "STS is not activated in this region")
    one_by_one = replace(connection, workers=1)
    accounts, errors = open_accounts(one_by_one, [ROLE.format(OTHER), ROLE.format(HOME)])
    assert [account.id for account in accounts] == [HOME]
    assert [(error.account_id, error.operation) for error in errors] == [(OTHER, "GetCallerIdentity")]
    assert f"{ROLE.format(OTHER)}: " in errors[0].message
    assert "RegionDisabledException" in errors[0].message


def test_a_role_that_is_named_twice_is_one_account(sts, connection):
    accounts, _errors = open_accounts(connection, [ROLE.format(OTHER)] * 2)
    assert [account.id for account in accounts] == [OTHER]
    assert sts.count("AssumeRole") == 1


def test_no_role_that_can_be_assumed_ends_the_run(sts, connection):
    arns = [ROLE.format(OTHER), ROLE.format(HOME)]
    for arn in arns:
        sts.errors[arn] = (403, "AccessDenied", "not authorized")
    message = refused(connection, assume_role_arns=arns)
    assert "AccessDenied" in message
    assert arns[0] in message


def test_the_expected_account_is_the_roles_not_the_callers(sts, connection):
    roles = [ROLE.format(OTHER)]
    accounts, _errors = open_accounts(connection, roles, expected_account_ids=[OTHER])
    assert [account.id for account in accounts] == [OTHER]
    assert OTHER in refused(connection, assume_role_arns=roles, expected_account_ids=[HOME])


def test_one_unexpected_role_ends_the_run(sts, connection):
    roles = [ROLE.format(OTHER), ROLE.format(HOME)]
    message = refused(connection, assume_role_arns=roles, expected_account_ids=[OTHER])
    assert f"belong to account {HOME}" in message


def test_a_role_is_assumed_again_before_its_credentials_end(sts, connection):
    sts.lifetimes = [timedelta(minutes=5), timedelta(hours=1)]
    (account,), _errors = open_accounts(connection, [ROLE.format(OTHER)])
    Region(account, "eu-west-1").call("sts", "get_caller_identity")
    assert sts.count("AssumeRole") == 2
    assert sts.requests[-1]["Key"] == "ASIA2"


def test_a_role_that_is_lost_during_the_run_is_named_as_such(sts, connection):
    sts.lifetimes = [timedelta(hours=1)]
    (account,), _errors = open_accounts(connection, [ROLE.format(OTHER)])
    # its next call finds credentials that end now, and the role is no longer ours
    account._session.get_credentials()._expiry_time = datetime.now(timezone.utc)
    sts.errors[ROLE.format(OTHER)] = (403, "AccessDenied", "no longer")
    with pytest.raises(CallError, match="sts:AssumeRole answered AccessDenied: no longer"):
        Region(account, "eu-west-1").call("sts", "get_caller_identity")


def test_threads_share_one_client_of_a_service_in_a_region(sts, connection):
    (account,), _errors = open_accounts(connection)
    places = [("sts", "eu-west-1"), ("sts", "us-east-1"), ("logs", "eu-west-1")] * 8
    with ThreadPoolExecutor(8) as pool:
        clients = list(pool.map(lambda place: account.client(*place), places))
    assert len({id(client) for client in clients}) == 3
    assert {(client.meta.service_model.service_name, client.meta.region_name) for client in clients} == set(places)


def test_threads_need_not_look_up_how_a_service_pages(sts, connection, monkeypatch):
    (account,), _errors = open_accounts(connection)
    client = account.client("ec2", "eu-west-1")

    def look_up(_loader: Any, _type: str) -> list[str]:
        pytest.fail("each of 32 threads would list 450 directories at once: half a second of a small sweep")

    monkeypatch.setattr("botocore.loaders.Loader.list_available_services", look_up)
    assert client.can_paginate("describe_volumes")


def test_clients_share_their_methods_and_answer_for_their_own_region(sts, connection):
    (account,), _errors = open_accounts(connection)
    clients = [account.client("sts", region) for region in ("eu-west-1", "us-east-1")]
    assert len({type(client).assume_role for client in clients}) == 1
    # but another service's has its own
    assert not hasattr(account.client("elb", "eu-west-1"), "assume_role")
    for client in clients:
        client.get_caller_identity()
    assert sts.urls[-2:] == ["https://sts.eu-west-1.amazonaws.com/", "https://sts.us-east-1.amazonaws.com/"]


def test_the_source_of_credentials_is_named_without_them(sts, connection):
    (account,), _errors = open_accounts(connection, [ROLE.format(OTHER)])
    assert isinstance(account, Account)
    assert account.credential_source() == "the assumed role"


def test_a_refused_signature_does_not_show_the_token_that_aws_quotes(sts, connection):
    quoted = f"It does not match. The Canonical String for this request should have been 'x-amz-security-token:{TOKEN}'"
    arn = ROLE.format(OTHER)
    sts.errors[arn] = (403, "SignatureDoesNotMatch", quoted)
    assert "It does not match" in refused(connection, assume_role_arns=[arn])


def test_two_roles_of_one_account_are_swept_once(sts, connection):
    arns = [f"arn:aws:iam::{OTHER}:role/a", f"arn:aws:iam::{OTHER}:role/b"]
    accounts, _errors = open_accounts(connection, arns)
    assert [account.id for account in accounts] == [OTHER]
