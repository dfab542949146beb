# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DMS's endpoints and subnet groups beyond moto, which changes no endpoint and shows a made-up subnet."""

from __future__ import annotations

import re
from typing import Any

from ..wire import Call
from .dms import Getters, dms, endpoint_by_arn, filtered, paged, wrong_state

UNCHANGED = ("EndpointArn", "ExactSettings")
# moto spells these its own way
ATTRIBUTES = {
    "PostgreSQLSettings": "postgre_sql_settings",
    "MySQLSettings": "my_sql_settings",
    "MicrosoftSQLServerSettings": "microsoft_sql_server_settings",
    "IBMDb2Settings": "ibm_db2_settings",
}


def modify_endpoint(call: Call) -> dict[str, Any]:
    """ModifyEndpoint: what isn't said stays; not while a task that uses the endpoint is running.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyEndpoint.html
    """
    endpoint = endpoint_by_arn(call, call.params["EndpointArn"])
    for task in dms(call).replication_tasks.values():
        if endpoint.endpoint_arn in (task.source_endpoint_arn, task.target_endpoint_arn) and task.status == "running":
            raise wrong_state(f"Endpoint {endpoint.endpoint_identifier} is in use by a running task.")
    for name, value in call.params.items():
        if name not in UNCHANGED:
            setattr(endpoint, ATTRIBUTES.get(name, _snake(name)), value)
    return {"Endpoint": {key: value for key, value in endpoint.to_dict().items() if value is not None}}


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
    "CreateReplicationSubnetGroup": create_replication_subnet_group,
    "DescribeReplicationSubnetGroups": describe_replication_subnet_groups,
    "ModifyEndpoint": modify_endpoint,
}
