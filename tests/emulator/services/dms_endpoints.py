# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DMS's endpoints and subnet groups beyond moto, whose endpoint is created for ever, can't be changed, is gone as soon
as it is deleted and says no more than it was told, and which shows a made-up subnet."""

from __future__ import annotations

import re
from typing import Any

from ..wire import AwsError, Call
from .dms import Getters, Row, dms, endpoint_by_arn, endpoints_of, filtered, life_of, paged, wrong_state

UNCHANGED = ("EndpointArn", "ExactSettings")
# moto spells these its own way
ATTRIBUTES = {
    "PostgreSQLSettings": "postgre_sql_settings",
    "MySQLSettings": "my_sql_settings",
    "MicrosoftSQLServerSettings": "microsoft_sql_server_settings",
    "IBMDb2Settings": "ibm_db2_settings",
}
# what DMS adds to the extra connection attributes that it was told of an engine, by the example of
# https://docs.aws.amazon.com/cli/latest/reference/dms/modify-endpoint.html
ADDED = {"s3": {"csvDelimiter": ",", "csvRowDelimiter": "\\n"}}


def create_endpoint(call: Call) -> None:
    """CreateEndpoint: ResourceAlreadyExistsFault while there is one, also one that is being deleted; moto makes it.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateEndpoint.html
    """
    name = call.params["EndpointIdentifier"]
    if name in {one.endpoint_identifier for one in endpoints_of(call).values()}:
        raise AwsError("ResourceAlreadyExistsFault", f"Endpoint {name} already exists.")


def describe_endpoints(call: Call) -> dict[str, Any]:
    """DescribeEndpoints: an endpoint is `active` as soon as it is made.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeEndpoints.html
    """
    rows = [_row(call, endpoint) for endpoint in endpoints_of(call).values()]
    getters: Getters = {
        "endpoint-arn": lambda row: [row["EndpointArn"]],
        "endpoint-type": lambda row: [row["EndpointType"]],
        "endpoint-id": lambda row: [row["EndpointIdentifier"]],
        "engine-name": lambda row: [row["EngineName"]],
    }
    return paged(filtered(rows, call, getters, "Endpoints"), call, "Endpoints")


def _row(call: Call, endpoint: Any) -> Row:
    """A key by its id is told by its ARN, and attributes with what DMS adds to them."""
    row = {key: value for key, value in endpoint.to_dict().items() if value is not None}
    row["Status"] = life_of(endpoint).status
    key = row.get("KmsKeyId") or "dms-default"
    row["KmsKeyId"] = key if key.startswith("arn:") else f"arn:aws:kms:{call.region}:{call.account}:key/{key}"
    if told := row.get("ExtraConnectionAttributes"):
        said = dict(part.split("=", 1) for part in told.split(";") if part)
        whole = {**ADDED.get(row["EngineName"], {}), **said}
        row["ExtraConnectionAttributes"] = "".join(f"{name}={value};" for name, value in sorted(whole.items()))
    return row


def delete_endpoint(call: Call) -> dict[str, Any]:
    """DeleteEndpoint: "All tasks associated with the endpoint must be deleted before you can delete the endpoint.";
    `deleting` at first.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteEndpoint.html
    """
    endpoint, backend = endpoint_by_arn(call, call.params["EndpointArn"]), dms(call)
    arn = endpoint.endpoint_arn
    if any(arn in (task.source_endpoint_arn, task.target_endpoint_arn) for task in backend.replication_tasks.values()):
        raise wrong_state(f"Endpoint {endpoint.endpoint_identifier} can't be deleted: it has replication tasks.")
    _refuse_while_deleting(endpoint)
    life_of(endpoint).enter("deleting", call.settings.dms_seconds, lambda: backend.delete_endpoint(arn))
    return {"Endpoint": _row(call, endpoint)}


def _refuse_while_deleting(endpoint: Any) -> None:
    if life_of(endpoint).status == "deleting":
        raise wrong_state(f"Endpoint {endpoint.endpoint_identifier} is being deleted.")


def modify_endpoint(call: Call) -> dict[str, Any]:
    """ModifyEndpoint: what isn't said stays; not while a task that uses the endpoint is running.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyEndpoint.html
    """
    endpoint = endpoint_by_arn(call, call.params["EndpointArn"])
    _refuse_while_deleting(endpoint)
    for task in dms(call).replication_tasks.values():
        if endpoint.endpoint_arn in (task.source_endpoint_arn, task.target_endpoint_arn) and task.status == "running":
            raise wrong_state(f"Endpoint {endpoint.endpoint_identifier} is in use by a running task.")
    for name, value in call.params.items():
        if name not in UNCHANGED:
            setattr(endpoint, ATTRIBUTES.get(name, _snake(name)), value)
    return {"Endpoint": _row(call, endpoint)}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def create_replication_subnet_group(call: Call) -> None:
    """CreateReplicationSubnetGroup remembers its subnets; moto makes the group.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationSubnetGroup.html
    """
    name = call.params["ReplicationSubnetGroupIdentifier"].lower()
    dms(call).__dict__.setdefault("subnets_of_groups", {})[name] = call.params["SubnetIds"]


def describe_replication_subnet_groups(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationSubnetGroups.html"""
    backend = dms(call)
    subnets = getattr(backend, "subnets_of_groups", {})
    rows = [
        {**group.to_dict(), "Subnets": [{"SubnetIdentifier": one} for one in subnets.get(name, [])]}
        for name, group in backend.replication_subnet_groups.items()
    ]
    getters: Getters = {"replication-subnet-group-id": lambda row: [row["ReplicationSubnetGroupIdentifier"]]}
    found = filtered(rows, call, getters, "Replication Subnet Groups")
    return paged(found, call, "ReplicationSubnetGroups")


OPERATIONS = {
    "CreateEndpoint": create_endpoint,
    "CreateReplicationSubnetGroup": create_replication_subnet_group,
    "DeleteEndpoint": delete_endpoint,
    "DescribeEndpoints": describe_endpoints,
    "DescribeReplicationSubnetGroups": describe_replication_subnet_groups,
    "ModifyEndpoint": modify_endpoint,
}
