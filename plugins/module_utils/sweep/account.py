# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who we are: credentials, assumed roles, and the clients of one account, all from one session."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

try:
    import boto3
    from botocore.config import Config
    from botocore.credentials import CredentialResolver, RefreshableCredentials
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import get_session
    from botocore.utils import parse_timestamp
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from .credential_errors import Origin, explain, no_credentials
from .credentials import load_credentials
from .errors import EXPIRED, CallError, RegionError, SweepError, nearest, one_line, words_of
from .pacing import Calls
from .proxy import through_proxy
from .secrets import Secrets
from .tls import shared_context, use_context

ROLE_SESSION_NAME = "sysops.aws"
#: boto3's name and the environment variable of each option that is a part of the credentials
KEYS = {
    "access_key": ("aws_access_key_id", "AWS_ACCESS_KEY_ID"),
    "secret_key": ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
    "session_token": ("aws_session_token", "AWS_SESSION_TOKEN"),
}


@dataclass(frozen=True)
class Connection:
    """How AWS is reached. `profile_name` and `keys` (boto3's names) are those of the module's options, of which one
    kind at most is given: all else botocore finds itself. `secrets` must not get into any message."""

    region: str | None = None
    endpoint_url: str | None = None
    profile_name: str | None = None
    keys: Mapping[str, str | None] | None = None
    verify: bool | str | None = None
    config: Config | None = None
    workers: int = 32
    secrets: Secrets = field(default_factory=Secrets.of_environment)

    @classmethod
    def of(cls, options: Mapping[str, Any], secrets: Secrets, workers: int = 1) -> Connection:
        """From the options that all modules for AWS have. Raises SweepError for those that can't be meant together."""
        keys = _keys(options)
        if options.get("profile") and keys:
            raise SweepError("profile and access_key, secret_key or session_token are given: leave out one of the two.")
        validate, bundle = options.get("validate_certs"), options.get("aws_ca_bundle")
        return cls(
            region=options.get("region") or None,
            endpoint_url=options.get("endpoint_url") or None,
            profile_name=options.get("profile") or None,
            keys=keys or (None if options.get("profile") else _old_keys()),
            verify=bundle if validate and bundle else validate,
            config=_config(options.get("aws_config")),
            workers=workers,
            secrets=secrets,
        )

    def client_config(self) -> Config:
        """The user's `aws_config`, with botocore's own retries off: `pacing` retries."""
        defaults = Config(connect_timeout=10, read_timeout=60, user_agent_extra="sysops.aws")
        ours = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=self.workers)
        return defaults.merge(self.config or Config()).merge(ours)


class Account:
    """One AWS account and its clients. `client` may be called from any thread."""

    def __init__(self, session: boto3.session.Session, connection: Connection) -> None:
        self._session = session
        # dateutil takes longer to read a page's dates than all else takes to read the page
        session._session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=timestamp)
        session.events.register("creating-client-class", self._share_methods)
        self._connection = connection
        self.secrets = connection.secrets
        self._config = connection.client_config()
        self._tls = shared_context()
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        self._methods: dict[str, dict[str, Any]] = {}
        self.own_region: str | None = connection.region or session.region_name
        # where to ask who we are and which regions there are, if nothing is configured
        self.home_region = self.own_region or "us-east-1"
        if load_credentials(session, self.secrets) is None:
            raise SweepError(no_credentials(Origin.of(session)))
        identity = _identity(self)
        self.id: str = identity["Account"]
        self.partition: str = identity["Arn"].split(":")[1]

    def client(self, service: str, region: str) -> Any:
        # botocore's session is not safe to make clients from in several threads at once
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._new_client(service, region)
            return self._clients[service, region]

    def _new_client(self, service: str, region: str) -> Any:
        client = self._session.client(
            service,
            region_name=region,
            endpoint_url=self._connection.endpoint_url,
            verify=self._connection.verify,
            config=self._config,
        )
        use_context(client, self._tls)
        Calls(client.meta.service_model.service_id.hyphenize()).install(client)
        # here botocore reads how the service pages: threads that asked for it later would each list its 450 services
        client.can_paginate(next(iter(client.meta.method_to_api_mapping)))
        return client

    def _share_methods(self, class_attributes: dict[str, Any], event_name: str, **_event: Any) -> None:
        """A client's methods know nothing of its region: one set of EC2's 750 serves 17 clients."""
        class_attributes.update(self._methods.setdefault(event_name, dict(class_attributes)))

    def offered_regions(self) -> list[str]:
        """Every region that the installed botocore knows, in all partitions."""
        partitions = self._session.get_available_partitions()
        return [name for partition in partitions for name in self._session.get_available_regions("ec2", partition)]

    def credential_source(self) -> str:
        """Where the credentials came from, for error messages: never the credentials themselves."""
        credentials = self._session.get_credentials()
        return SOURCES.get(credentials.method, credentials.method) if credentials else "no source"


def timestamp(value: Any) -> datetime:
    """AWS's `2026-11-23T10:00:00.000Z` by the standard library, any other form by botocore."""
    if isinstance(value, str) and value.endswith("Z"):
        try:
            return datetime.fromisoformat(f"{value[:-1]}+00:00")
        except ValueError:
            pass
    parsed: datetime = parse_timestamp(value)
    return parsed


SOURCES = {
    "explicit": "the module's options",
    "env": "the environment (AWS_ACCESS_KEY_ID)",
    "shared-credentials-file": "the shared credentials file",
    "config-file": "the AWS config file",
    "iam-role": "the instance's role",
    "container-role": "the container's role",
    "sts-assume-role": "the assumed role",
}


def open_home(connection: Connection) -> Account:
    """The account of the credentials. Raises SweepError without usable ones."""
    return Account(open_session(connection), connection)


def open_accounts(
    connection: Connection,
    assume_role_arns: Sequence[str] = (),
    external_id: str | None = None,
    expected_account_ids: Sequence[str] = (),
    home: Account | None = None,
) -> tuple[list[Account], list[RegionError]]:
    """The accounts to work in: the credentials' own, or that of each role. A role that can't be assumed is an error
    of its account when others can. `home` is the credentials' own account, where it is open already.

    Raises:
        SweepError: no usable credentials, no role could be assumed, or an account that isn't expected.
    """
    home = home or open_home(connection)
    accounts, errors = [home], list[RegionError]()
    if assume_role_arns:
        accounts, errors = _assume_all(home, connection, assume_role_arns, external_id)
    _refuse_unexpected(accounts, expected_account_ids)
    return accounts, errors


def _keys(options: Mapping[str, Any]) -> dict[str, str | None]:
    """Those of the options. A half that is missing is the environment's, as it is for all of amazon.aws. Raises
    SweepError for a half without the other one."""
    given = {name: options.get(name) or None for name in KEYS}
    if not any(given.values()):
        return {}
    if not (given["access_key"] and given["secret_key"]):
        given = {name: given[name] or os.environ.get(variable) for name, (_boto3, variable) in KEYS.items()}
    for name in ("access_key", "secret_key"):
        if not given[name]:
            raise SweepError(f"{name} is missing: access_key and secret_key are needed together.")
    return {boto3_name: given[name] for name, (boto3_name, _variable) in KEYS.items()}


def _old_keys() -> dict[str, str | None] | None:
    """Variables that amazon.aws takes and botocore doesn't know."""
    key, secret = os.environ.get("AWS_ACCESS_KEY"), os.environ.get("AWS_SECRET_KEY")
    if os.environ.get("AWS_ACCESS_KEY_ID") or not (key and secret):
        return None
    return {"aws_access_key_id": key, "aws_secret_access_key": secret}


def open_session(connection: Connection) -> boto3.session.Session:
    """Raises SweepError where a profile or a file that it needs can't be read."""
    try:
        return boto3.session.Session(
            profile_name=_profile(connection), region_name=connection.region, **(connection.keys or {})
        )
    except (BotoCoreError, ValueError, OSError) as error:
        raise SweepError(explain(error, Origin.of(), connection.secrets)) from error


def _profile(connection: Connection) -> str | None:
    """As in the AWS CLI, keys win over the profile that the environment names, and a profile that is given by an option
    over the environment's keys. botocore would take AWS_DEFAULT_PROFILE first."""
    if connection.profile_name or connection.keys or os.environ.get("AWS_ACCESS_KEY_ID"):
        return connection.profile_name
    return os.environ.get("AWS_PROFILE") or None


def _config(options: Mapping[str, Any] | None) -> Config | None:
    """Raises SweepError."""
    try:
        return Config(**options) if options is not None else None
    except (TypeError, ValueError, BotoCoreError) as error:
        text = words_of(error)
        raise SweepError(f"aws_config is not what botocore takes: {text}.") from error


def _identity(account: Account) -> dict[str, str]:
    """sts:GetCallerIdentity needs no permission, so what it refuses are the credentials themselves."""
    try:
        identity: dict[str, str] = account.client("sts", account.home_region).get_caller_identity()
        return identity
    except ClientError as error:
        raise SweepError(_refused_credentials(account, error)) from error
    except (BotoCoreError, ValueError) as error:
        raise SweepError(_unreachable(account, error)) from error


def _refused_credentials(account: Account, error: ClientError) -> str:
    code, source = error.response["Error"]["Code"], account.credential_source()
    if code in EXPIRED:
        return f"The AWS credentials from {source} have expired: renew them and start again."
    # AWS's own message may quote the signed request, session token and all
    return f"AWS refused the credentials from {source} ({code}): check them."


def _unreachable(account: Account, error: Exception) -> str:
    offered = account.offered_regions()
    if account.home_region not in offered:
        return f"There is no AWS region {account.home_region!r}.{nearest(account.home_region, offered)}"
    client = account._clients.get(("sts", account.home_region))
    proxy = through_proxy(client) if client else ""
    why = one_line(str(error), account.secrets)
    return f"AWS could not be asked who we are (sts:GetCallerIdentity in {account.home_region}): {why}{proxy}"


def _assume_all(
    home: Account, connection: Connection, arns: Sequence[str], external_id: str | None
) -> tuple[list[Account], list[RegionError]]:
    def assume(arn: str) -> Account | RegionError:
        try:
            return _assume(home, connection, arn, external_id)
        except CallError as error:
            return _role_error(home, arn, error)
        except SweepError as error:
            return _role_error(home, arn, CallError("sts", "GetCallerIdentity", "Refused", str(error)))

    with ThreadPoolExecutor(max_workers=connection.workers) as pool:
        tried = list(pool.map(assume, dict.fromkeys(arns)))
    errors = [one for one in tried if isinstance(one, RegionError)]
    accounts = [one for one in tried if isinstance(one, Account)]
    if not accounts:
        raise SweepError(f"No role could be assumed: {errors[0].code}: {errors[0].message}")
    # several roles may lead to one account
    return list({account.id: account for account in reversed(accounts)}.values())[::-1], errors


def _role_error(home: Account, arn: str, error: CallError) -> RegionError:
    failed = CallError(error.service, error.operation, error.code, f"{arn}: {error.message}")
    return RegionError.of(arn.split(":")[4], home.home_region, failed)


def _assume(home: Account, connection: Connection, arn: str, external_id: str | None) -> Account:
    session = get_session()
    # botocore's models take 25 MB and half a second: one set serves all accounts
    session.register_component("data_loader", home._session._session.get_component("data_loader"))
    # not a subclass of botocore's CredentialProvider, so that this file can be imported without botocore
    provider: Any = AssumedRole(_renewal(home, arn, external_id))
    session.register_component("credential_provider", CredentialResolver([provider]))
    return Account(boto3.session.Session(botocore_session=session, region_name=home.home_region), connection)


class AssumedRole:
    """A botocore credential provider whose credentials renew themselves: a paced sweep can outlast the role's hour."""

    METHOD = "sts-assume-role"

    def __init__(self, renew: Callable[[], dict[str, str]]) -> None:
        self._renew = renew

    def load(self) -> RefreshableCredentials:
        return RefreshableCredentials.create_from_metadata(
            metadata=self._renew(), refresh_using=self._renew, method=self.METHOD
        )


def _renewal(home: Account, arn: str, external_id: str | None) -> Callable[[], dict[str, str]]:
    request = {
        "RoleArn": arn,
        "RoleSessionName": ROLE_SESSION_NAME,
        **({"ExternalId": external_id} if external_id else {}),
    }

    def renew() -> dict[str, str]:
        try:
            answer = home.client("sts", home.home_region).assume_role(**request)["Credentials"]
        except (ClientError, BotoCoreError) as error:
            raise CallError.of("sts", "AssumeRole", error, home.secrets) from error
        home.secrets.add(answer["SecretAccessKey"], answer["SessionToken"])
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    return renew


def _refuse_unexpected(accounts: Sequence[Account], expected: Sequence[str]) -> None:
    for account in accounts:
        if expected and account.id not in expected:
            raise SweepError(
                f"The credentials belong to account {account.id}, but expected_account_id is {', '.join(expected)}:"
                " nothing was read or changed."
            )
