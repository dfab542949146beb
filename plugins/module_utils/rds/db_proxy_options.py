# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an RDS Proxy: which make no sense, and how AWS writes the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..ssm.common import check_given
from ..sweep.errors import SweepError

ENGINE_FAMILIES = ("MYSQL", "POSTGRESQL", "SQLSERVER")
IAM_AUTH = ("DISABLED", "REQUIRED", "ENABLED")
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_UserAuthConfig.html
PASSWORD_TYPES = {
    "MYSQL_CACHING_SHA2_PASSWORD": "MYSQL",
    "MYSQL_NATIVE_PASSWORD": "MYSQL",
    "POSTGRES_MD5": "POSTGRESQL",
    "POSTGRES_SCRAM_SHA_256": "POSTGRESQL",
    "SQL_SERVER_AUTHENTICATION": "SQLSERVER",
}
PINNING_FILTERS = ("EXCLUDE_VARIABLE_SETS",)
# CreateDBProxy's own pattern
NAME = re.compile(r"[a-zA-Z](?:-?[a-zA-Z0-9]+)*")
LONGEST_NAME = 63
LONGEST_IDLE_SECONDS = 8 * 60 * 60

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "engine_family": {"type": "str", "choices": list(ENGINE_FAMILIES)},
    "auth": {
        "type": "list",
        "elements": "dict",
        "options": {
            "secret_arn": {"type": "str", "required": True, "no_log": False},
            "iam_auth": {"type": "str", "choices": list(IAM_AUTH), "default": "DISABLED"},
            "client_password_auth_type": {"type": "str", "choices": list(PASSWORD_TYPES), "no_log": False},
            "description": {"type": "str"},
            "username": {"type": "str"},
        },
    },
    "role_arn": {"type": "str"},
    "vpc_subnet_ids": {"type": "list", "elements": "str"},
    "vpc_security_group_ids": {"type": "list", "elements": "str"},
    "require_tls": {"type": "bool", "default": True},
    "idle_client_timeout": {"type": "int"},
    "debug_logging": {"type": "bool"},
    "target_group": {
        "type": "dict",
        "options": {
            "connection_pool_config": {
                "type": "dict",
                "options": {
                    "max_connections_percent": {"type": "int"},
                    "max_idle_connections_percent": {"type": "int"},
                    "connection_borrow_timeout": {"type": "int", "default": 120},
                    "session_pinning_filters": {
                        "type": "list",
                        "elements": "str",
                        "choices": list(PINNING_FILTERS),
                        "default": [],
                    },
                    "init_query": {"type": "str", "default": ""},
                },
            },
            "db_instance_identifiers": {"type": "list", "elements": "str"},
            "db_cluster_identifiers": {"type": "list", "elements": "str"},
        },
    },
}
REQUIRED_IF = [("state", "present", ("engine_family", "auth", "role_arn", "vpc_subnet_ids"))]


def check(options: Mapping[str, Any]) -> None:
    """Raises SweepError for the first option that makes no sense."""
    name = options["name"]
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise SweepError(
            f"name {name!r} is not a name for an RDS Proxy: use 1 to {LONGEST_NAME} letters, digits and single hyphens,"
            " a letter first and no hyphen last."
        )
    if options["state"] == "absent":
        return
    check_given(options, REQUIRED_IF[0][2])
    _check_auth(options["auth"], options["engine_family"])
    _check_arn("role_arn", options["role_arn"], "iam", "role/", "arn:aws:iam::123456789012:role/NAME")
    if not options["vpc_subnet_ids"]:
        raise SweepError("vpc_subnet_ids is empty: name subnets in two Availability Zones of the database's VPC.")
    _check_between("idle_client_timeout", options["idle_client_timeout"], 1, LONGEST_IDLE_SECONDS)
    group = options["target_group"] or {}
    _check_pool(group.get("connection_pool_config"), options["engine_family"])
    _check_database(group.get("db_instance_identifiers") or [], group.get("db_cluster_identifiers") or [])


def _check_auth(auth: Sequence[Mapping[str, Any]], engine_family: str) -> None:
    if not auth:
        raise SweepError("auth is empty: a proxy needs the secret_arn of at least one database user.")
    seen = set()
    for entry in auth:
        arn = entry["secret_arn"]
        example = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:NAME-a1b2c3"
        _check_arn("secret_arn", arn, "secretsmanager", "secret:", example)
        if arn in seen:
            raise SweepError(f"auth names the secret {arn} twice: each secret is one database user.")
        seen.add(arn)
        password_type = entry["client_password_auth_type"]
        if password_type and PASSWORD_TYPES[password_type] != engine_family:
            raise SweepError(
                f"client_password_auth_type {password_type} is for engine_family {PASSWORD_TYPES[password_type]},"
                f" but engine_family is {engine_family}."
            )
        if entry["iam_auth"] == "ENABLED" and engine_family != "SQLSERVER":
            raise SweepError(
                f"iam_auth ENABLED is for SQLSERVER alone: for {engine_family} it is REQUIRED or DISABLED."
            )


def _check_arn(option: str, arn: str, service: str, resource: str, example: str) -> None:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != service or not parts[5].startswith(resource):
        raise SweepError(f"{option} {arn!r} is not such an ARN: write one like {example}.")


def _check_pool(config: Mapping[str, Any] | None, engine_family: str) -> None:
    if config is None:
        return
    pool = connection_pool_of(config, engine_family) or {}
    most = pool["MaxConnectionsPercent"]
    _check_between("max_connections_percent", most, 1, 100)
    if not 0 <= pool["MaxIdleConnectionsPercent"] <= most:
        raise SweepError(
            f"max_idle_connections_percent is {pool['MaxIdleConnectionsPercent']}: it must be between 0 and"
            f" max_connections_percent, which is {most}."
        )
    _check_between("connection_borrow_timeout", pool["ConnectionBorrowTimeout"], 0, 300)


def _check_between(option: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise SweepError(f"{option} is {value}: it must be between {low} and {high}.")


def _check_database(instances: Sequence[str], clusters: Sequence[str]) -> None:
    if instances and clusters:
        raise SweepError(
            f"target_group names the DB instance {instances[0]} and the DB cluster {clusters[0]}: a proxy serves one"
            " of them."
        )
    for option, names in (("db_instance_identifiers", instances), ("db_cluster_identifiers", clusters)):
        if len(set(names)) > 1:
            raise SweepError(f"{option} names {', '.join(names)}: a proxy serves one database.")


def auth_of(auth: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    """UserAuthConfig entries. What is left out is left alone."""
    entries = [
        {
            "AuthScheme": "SECRETS",
            "SecretArn": entry["secret_arn"],
            "IAMAuth": entry["iam_auth"],
            "ClientPasswordAuthType": entry["client_password_auth_type"],
            "Description": entry["description"],
            "UserName": entry["username"],
        }
        for entry in auth or []
    ]
    return [{name: value for name, value in entry.items() if value is not None} for entry in entries]


def connection_pool_of(config: Mapping[str, Any] | None, engine_family: str) -> dict[str, Any] | None:
    """The whole ConnectionPoolConfiguration: what is left out has AWS's documented default.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html
    """
    if config is None:
        return None
    most = config["max_connections_percent"]
    if most is None:
        most = 10 if engine_family == "SQLSERVER" else 100
    idle = config["max_idle_connections_percent"]
    return {
        "MaxConnectionsPercent": most,
        "MaxIdleConnectionsPercent": most // 2 if idle is None else idle,
        "ConnectionBorrowTimeout": config["connection_borrow_timeout"],
        "SessionPinningFilters": config["session_pinning_filters"],
        "InitQuery": config["init_query"],
    }


def identifiers(group: Mapping[str, Any]) -> dict[str, list[str]]:
    """The registered databases as they should be, in RDS's lower case. If either list is given, the other is empty."""
    instances, clusters = group.get("db_instance_identifiers"), group.get("db_cluster_identifiers")
    if instances is None and clusters is None:
        return {}
    lists = {"DBInstanceIdentifiers": instances or [], "DBClusterIdentifiers": clusters or []}
    return {name: [identifier.lower() for identifier in names] for name, names in lists.items()}
