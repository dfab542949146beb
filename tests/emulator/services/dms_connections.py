# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DMS's connection tests, on moto's own objects. moto's second test of a connection crashes, and none ever fails."""

from __future__ import annotations

from typing import Any

from ..wire import Call
from .dms import Getters, dms, endpoint_by_arn, filtered, life_of, paged, wrong_state
from .dms_instances import existing, refuse_unless_available


def test_connection(call: Call) -> dict[str, Any]:
    """TestConnection: it is `testing` at first; only from an instance that is available, and one test at a time.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_TestConnection.html
    """
    instance, backend = existing(call), dms(call)
    refuse_unless_available(instance)
    endpoint = endpoint_by_arn(call, call.params["EndpointArn"])
    connection = _of(backend, instance.arn, endpoint.endpoint_arn)
    if connection is None:
        from moto.dms.models import FakeConnection

        connection = FakeConnection(
            replication_instance_arn=instance.arn,
            endpoint_arn=endpoint.endpoint_arn,
            replication_instance_identifier=instance.id,
            endpoint_identifier=endpoint.endpoint_identifier,
        )
        backend.connections.append(connection)
    elif life_of(connection).settle() == "testing":
        raise wrong_state("A test of this connection is already in progress.")
    failure = call.settings.dms_failures.get(endpoint.endpoint_identifier, "")

    def ended() -> None:
        life_of(connection).enter("failed" if failure else "successful")
        connection.last_failure_message = failure

    connection.last_failure_message = ""
    life_of(connection).enter("testing", call.settings.dms_seconds, ended)
    return {"Connection": _row(connection)}


def is_tested(backend: Any, instance_arn: str, endpoint_arn: str) -> bool:
    """Whether the last test was successful."""
    connection = _of(backend, instance_arn, endpoint_arn)
    return connection is not None and life_of(connection).settle() == "successful"


def _of(backend: Any, instance_arn: str, endpoint_arn: str) -> Any:
    pair = (instance_arn, endpoint_arn)
    found = [one for one in backend.connections if (one.replication_instance_arn, one.endpoint_arn) == pair]
    return found[0] if found else None


def describe_connections(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeConnections.html"""
    connections = dms(call).connections
    for connection in connections:
        life_of(connection).settle()
    getters: Getters = {
        "endpoint-arn": lambda row: [row["EndpointArn"]],
        "replication-instance-arn": lambda row: [row["ReplicationInstanceArn"]],
    }
    return paged(filtered([_row(one) for one in connections], call, getters, "Connections"), call, "Connections")


def _row(connection: Any) -> dict[str, Any]:
    return {
        **connection.to_dict(),
        "Status": life_of(connection).status,
        "LastFailureMessage": getattr(connection, "last_failure_message", ""),
    }


OPERATIONS = {
    "TestConnection": test_connection,
    "DescribeConnections": describe_connections,
}
