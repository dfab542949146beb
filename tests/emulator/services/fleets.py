# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 Fleets, Spot Fleet requests and Spot Instance requests, as they are listed (moto: fleets without the block
devices and AMIs of their overrides, Spot Fleets without pages). What is added here launches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from ..wire import Call, xml
from .common import check_dry_run, ec2, paged

PAGE = 1000


class Row:
    """One of them, in the words of the API's answer; `id` is its id."""

    def __init__(self, id_: str, answer: Mapping[str, Any]) -> None:
        self.id = id_
        self.answer = answer


def rows(backend: Any, kind: str) -> dict[str, Row]:
    """By id, kept beside moto's EC2 backend; `kind` is the answer's shape in EC2's model."""
    found: dict[str, Row] = backend.__dict__.setdefault("listed_launchers", {}).setdefault(kind, {})
    return found


def add_fleet(backend: Any, fleet_id: str, state: str = "active", **facts: Any) -> None:
    row = {"FleetId": fleet_id, "FleetState": state, "Type": "maintain", **facts}
    rows(backend, "FleetData")[fleet_id] = Row(fleet_id, row)


def add_spot_fleet(backend: Any, request_id: str, state: str = "active", **config: Any) -> None:
    row = {"SpotFleetRequestId": request_id, "SpotFleetRequestState": state, "SpotFleetRequestConfig": config}
    rows(backend, "SpotFleetRequestConfig")[request_id] = Row(request_id, row)


def add_spot_request(backend: Any, request_id: str, state: str = "open", **specification: Any) -> None:
    row = {"SpotInstanceRequestId": request_id, "State": state, "LaunchSpecification": specification}
    rows(backend, "SpotInstanceRequest")[request_id] = Row(request_id, row)


@lru_cache(maxsize=1)
def _model() -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model("ec2")


def spelled(value: Any, shape: Any) -> Any:
    """A value of EC2's API with the names that it has on the wire, by botocore's model."""
    if shape.type_name == "structure":
        members = shape.members
        return {
            members[name].serialization.get("name", name): spelled(one, members[name]) for name, one in value.items()
        }
    return [spelled(one, shape.member) for one in value] if shape.type_name == "list" else value


def _describe(kind: str, element: str, moto: str) -> Callable[[Call], str | None]:
    def describe(call: Call) -> str | None:
        backend = ec2(call)
        if getattr(backend, moto, None):
            return None
        check_dry_run(call)
        chosen, token = paged(list(rows(backend, kind).values()), call, (), PAGE)
        shape = _model().shape_for(kind)
        return xml({element: [spelled(row.answer, shape) for row in chosen]}) + token

    return describe


# docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFleets.html, API_DescribeSpotFleetRequests.html and
# API_DescribeSpotInstanceRequests.html; what moto has made itself, moto tells
OPERATIONS = {
    "DescribeFleets": _describe("FleetData", "fleetSet", "fleets"),
    "DescribeSpotFleetRequests": _describe(
        "SpotFleetRequestConfig", "spotFleetRequestConfigSet", "spot_fleet_requests"
    ),
    "DescribeSpotInstanceRequests": _describe(
        "SpotInstanceRequest", "spotInstanceRequestSet", "spot_instance_requests"
    ),
}
