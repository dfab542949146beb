# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A DMS endpoint: what AWS calls change it, and what they change. Its password is told to AWS and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ..resource.properties import TAGS, Change, Properties, differences, said
from ..resource.resource import Goal, Step
from ..sweep.errors import SweepError
from ..sweep.region import Region
from .kms_key import is_id_of, refuse_alias
from .lookup import ENDPOINT
from .resource import DmsResource
from .waiters import waiter_factory

ARGUMENT_SPEC: dict[str, Any] = {
    "endpoint_identifier": {"type": "str", "required": True},
    "endpoint_type": {"type": "str", "choices": ["source", "target"]},
    "engine_name": {"type": "str"},
    "server_name": {"type": "str"},
    "port": {"type": "int"},
    "database_name": {"type": "str"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "update_password": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
    "secrets_manager_secret_id": {"type": "str", "no_log": False},
    "secrets_manager_access_role_arn": {"type": "str", "no_log": False},
    "ssl_mode": {"type": "str", "choices": ["none", "require", "verify-ca", "verify-full"]},
    "certificate_arn": {"type": "str"},
    "extra_connection_attributes": {"type": "str"},
    "kms_key_id": {"type": "str", "no_log": False},
}
CONSTRAINTS: dict[str, Any] = {
    "required_if": [("state", "present", ("endpoint_type", "engine_name"))],
    "required_together": [("secrets_manager_secret_id", "secrets_manager_access_role_arn")],
    "mutually_exclusive": [
        ("secrets_manager_secret_id", "password"),
        ("secrets_manager_secret_id", "username"),
        ("secrets_manager_secret_id", "server_name"),
        ("secrets_manager_secret_id", "port"),
    ],
}

# https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateEndpoint.html: where an engine keeps its secret
SETTINGS = {
    "aurora": "MySQLSettings",
    "aurora-postgresql": "PostgreSQLSettings",
    "azuredb": "MicrosoftSQLServerSettings",
    "db2": "IBMDb2Settings",
    "db2-zos": "IBMDb2Settings",
    "docdb": "DocDbSettings",
    "mariadb": "MySQLSettings",
    "mongodb": "MongoDbSettings",
    "mysql": "MySQLSettings",
    "oracle": "OracleSettings",
    "postgres": "PostgreSQLSettings",
    "redshift": "RedshiftSettings",
    "sqlserver": "MicrosoftSQLServerSettings",
    "sybase": "SybaseSettings",
}
PASSWORD = "Password"  # noqa: S105 - the name of a property


class Endpoint(DmsResource):
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_Endpoint.html"""

    kind = "DMS endpoint"
    found_as = ENDPOINT
    returned_as = "endpoint"
    named_by = "endpoint_identifier"
    immutable = {  # noqa: RUF012
        "EndpointType": "make an endpoint under another name",
        "KmsKeyId": "make an endpoint under another name",
    }
    waiters = waiter_factory
    deleted = Goal("endpoint_deleted", "deleted")

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError."""
        engine = options["engine_name"]
        if options["secrets_manager_secret_id"] and engine and engine not in SETTINGS:
            raise SweepError(
                f"DMS takes no secret of Secrets Manager for {engine}: it does for {', '.join(sorted(SETTINGS))}."
            )
        if options["state"] != "absent":
            refuse_alias(options["kms_key_id"])
        super().__init__(options)

    @property
    def identity(self) -> Mapping[str, Any]:
        return ENDPOINT.filters(self.name)

    @property
    def steps(self) -> Sequence[Step]:
        return [Step([*self.desired(), PASSWORD], self._modify)]

    def describe(self, region: Region) -> Properties | None:
        found = self.found(region)
        if found is None:
            return None
        # DMS takes it in small letters and answers in capitals
        return {**found, "EndpointType": found["EndpointType"].lower()}

    def desired(self) -> Properties:
        options = self._options
        wanted: Properties = {
            "EndpointType": options["endpoint_type"],
            "EngineName": options["engine_name"],
            "ServerName": options["server_name"],
            "Port": options["port"],
            "DatabaseName": options["database_name"],
            "Username": options["username"],
            "SslMode": options["ssl_mode"],
            "CertificateArn": options["certificate_arn"],
            "ExtraConnectionAttributes": options["extra_connection_attributes"],
            "KmsKeyId": options["kms_key_id"],
        }
        if options["secrets_manager_secret_id"]:
            wanted |= self._secret()
        return said(wanted)

    def _secret(self) -> Properties:
        """With a secret the database's name is the engine's too: DMS takes one kind of access or the other."""
        options = self._options
        settings = {
            "SecretsManagerSecretId": options["secrets_manager_secret_id"],
            "SecretsManagerAccessRoleArn": options["secrets_manager_access_role_arn"],
            "DatabaseName": options["database_name"],
        }
        return {
            SETTINGS[options["engine_name"]]: said(settings),
            "DatabaseName": None,
        }

    def compare(self, current: Properties, desired: Properties) -> dict[str, Change]:
        """AWS never shows a password, so that one can only be set or left alone."""
        renews = self._options["password"] and self._options["update_password"] != "on_create"  # noqa: S105
        wanted = {**desired, PASSWORD: "set anew"} if current and renews else desired
        return differences({**current, **_as_written(current, desired)}, wanted)

    def create(self, region: Region, desired: Properties) -> None:
        parameters = {name: value for name, value in desired.items() if name != TAGS}
        tags = ansible_dict_to_boto3_tag_list(desired.get(TAGS, {}))
        region.call("dms", "create_endpoint", EndpointIdentifier=self.name, **parameters, **self._password(), Tags=tags)

    def _modify(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        settings = {name: change.after for name, change in changes.items() if name != PASSWORD}
        # DMS wants the engine with its settings, and loses a password where the server changes without it
        engine = {"EngineName": self._options["engine_name"]}
        region.call("dms", "modify_endpoint", **self.by_arn(current), **{**engine, **settings, **self._password()})

    def _password(self) -> Properties:
        password = self._options["password"]
        return {PASSWORD: password} if password else {}

    def refuse_deletion(self, region: Region, current: Properties) -> None:
        self.refuse_while_tasks_use_it(region, current)

    def leaving(self, current: Properties) -> bool:
        return bool(current["Status"] == "deleting")

    def delete(self, region: Region, current: Properties) -> None:
        region.call("dms", "delete_endpoint", **self.by_arn(current))


def _as_written(current: Properties, desired: Properties) -> Properties:
    """A key by its id, and attributes to which DMS has added its own, mean the whole of what DMS tells."""
    same: Properties = {}
    key, attributes = desired.get("KmsKeyId"), desired.get("ExtraConnectionAttributes")
    if key and is_id_of(key, str(current.get("KmsKeyId") or "")):
        same["KmsKeyId"] = key
    if attributes and _attributes(attributes).items() <= _told_attributes(current).items():
        same["ExtraConnectionAttributes"] = attributes
    return same


def _told_attributes(current: Properties) -> dict[str, str]:
    """DMS may answer an attribute as the engine's setting of the same name, in place of the attribute."""
    groups = (value for name, value in current.items() if name.endswith("Settings") and isinstance(value, Mapping))
    settings = {name.casefold(): _flag(str(value)) for group in groups for name, value in group.items()}
    return settings | _attributes(str(current.get("ExtraConnectionAttributes") or ""))


def _attributes(text: str) -> dict[str, str]:
    """`CompressionType=GZIP; useBfile=True` -> the values by name, in the spelling in which they are compared."""
    pairs = [part.partition("=")[::2] for part in text.split(";") if part.strip()]
    return {name.strip().casefold(): _flag(value.strip()) for name, value in pairs}


def _flag(value: str) -> str:
    """Case tells texts apart, but not true from True."""
    return value.casefold() if value.casefold() in ("true", "false") else value
