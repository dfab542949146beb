# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the connections between a replication instance and endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..resource.properties import snake_case
from ..resource.task import Task
from ..sweep.errors import CallError, SweepError
from ..sweep.region import Region, Resource
from .lookup import ENDPOINT, INSTANCE, existing, failure_message, listed

ARGUMENT_SPEC: dict[str, Any] = {
    "replication_instance": {"type": "str", "required": True},
    "endpoints": {"type": "list", "elements": "str", "required": True, "aliases": ["endpoint"]},
    "retest": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 600},
}
SUCCESSFUL, TESTING, FAILED = "successful", "testing", "failed"
NEVER = "never tested"


def test_connections(task: Task) -> dict[str, Any]:
    """The module's result; in check mode what the last tests said. Raises SweepError, also for a failed test, and
    CallError."""
    options, region = task.options, task.region()
    if options["wait_timeout"] < 1:
        raise SweepError(f"wait_timeout is {options['wait_timeout']}: it must be 1 or more.")
    if not options["endpoints"]:
        raise SweepError("endpoints is empty: name the endpoints to test, by identifier or ARN.")
    instance = existing(region, INSTANCE, options["replication_instance"])
    endpoints = [existing(region, ENDPOINT, name) for name in dict.fromkeys(options["endpoints"])]
    if not task.check_mode:
        _refuse_unless_available(instance)
        known = _last_tests(region, instance)
        to_test = [row for row in endpoints if options["retest"] or _status(known, row) != SUCCESSFUL]
        for endpoint in to_test:
            _start(region, instance, endpoint, _status(known, endpoint))
        for endpoint in to_test:
            _await(region, instance, endpoint, options["wait_timeout"])
    known = _last_tests(region, instance)
    told = [_told(known.get(row["EndpointArn"]), instance, row) for row in endpoints]
    if not task.check_mode:
        _refuse_failures(told, options["wait_timeout"])
    return {"changed": False, "connections": told}


def _refuse_unless_available(instance: Resource) -> None:
    status = instance["ReplicationInstanceStatus"]
    if status != "available":
        raise SweepError(
            f"Replication instance {instance['ReplicationInstanceIdentifier']} is {status}: DMS tests connections only"
            " from one that is available."
        )


def _last_tests(region: Region, instance: Resource) -> dict[str, Resource]:
    """By the endpoint's ARN."""
    by_instance = [{"Name": "replication-instance-arn", "Values": [instance["ReplicationInstanceArn"]]}]
    rows = listed(region, "describe_connections", "Connections", Filters=by_instance)
    return {row["EndpointArn"]: row for row in rows}


def _status(known: Mapping[str, Resource], endpoint: Resource) -> str:
    status: str = known.get(endpoint["EndpointArn"], {"Status": NEVER})["Status"]
    return status


def _start(region: Region, instance: Resource, endpoint: Resource, status: str) -> None:
    """A test that is under way is not started a second time, which DMS would refuse."""
    if status != TESTING:
        region.call("dms", "test_connection", **_pair(instance, endpoint))


def _await(region: Region, instance: Resource, endpoint: Resource, seconds: int) -> None:
    """Until the test has ended, well or not, or the time is over."""
    filters = [
        {"Name": "endpoint-arn", "Values": [endpoint["EndpointArn"]]},
        {"Name": "replication-instance-arn", "Values": [instance["ReplicationInstanceArn"]]},
    ]
    try:
        region.wait("dms", "test_connection_succeeds", seconds, Filters=filters)
    except CallError as error:
        # how it ended is read afterwards, for all endpoints
        if error.code != "WaiterError":
            raise


def _pair(instance: Resource, endpoint: Resource) -> dict[str, str]:
    return {name: row[name] for name, row in (("ReplicationInstanceArn", instance), ("EndpointArn", endpoint))}


def _told(connection: Resource | None, instance: Resource, endpoint: Resource) -> dict[str, Any]:
    untested = {
        **_pair(instance, endpoint),
        "ReplicationInstanceIdentifier": instance["ReplicationInstanceIdentifier"],
        "EndpointIdentifier": endpoint["EndpointIdentifier"],
        "Status": NEVER,
    }
    row = {**untested, **(connection or {}), "EndpointType": str(endpoint.get("EndpointType", "")).lower()}
    return snake_case({**row, "LastFailureMessage": failure_message(row.get("LastFailureMessage"))})


def _refuse_failures(connections: Sequence[Mapping[str, Any]], seconds: int) -> None:
    failures = [_failure(row, seconds) for row in connections if row["status"] != SUCCESSFUL]
    if failures:
        raise SweepError(" ".join(failures))


def _failure(connection: Mapping[str, Any], seconds: int) -> str:
    what = (
        f"The connection of replication instance {connection['replication_instance_identifier']} to endpoint"
        f" {connection['endpoint_identifier']}"
    )
    if connection["status"] == FAILED:
        return f"{what} failed: {connection['last_failure_message'] or 'DMS gives no reason'}."
    return f"{what} is still {connection['status']} after {seconds} seconds: wait longer, or look at the network."
