# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the DMS handlers share, and DMS's tags. moto has states only in part, and answers an empty list
where DMS answers ResourceNotFoundFault."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ..wire import AwsError, Call

Row = dict[str, Any]
Getters = Mapping[str, Callable[[Row], Sequence[str]]]

DEFAULT_RECORDS, FEWEST_RECORDS = 100, 20


class Life:
    """The status of a DMS resource, which passes by itself as time goes by."""

    def __init__(self, status: str = "") -> None:
        self.status = status
        self._until = 0.0
        self._then: Callable[[], None] | None = None

    def enter(self, status: str, seconds: float = 0.0, then: Callable[[], None] | None = None) -> None:
        """A status that lasts until something else is done, or for so many seconds, before `then`."""
        self.status, self._until, self._then = status, time.monotonic() + seconds, then

    def left(self) -> float:
        """The seconds until it passes."""
        return max(0.0, self._until - time.monotonic())

    def settle(self) -> str:
        """The status as it is by now. `then` may enter another one."""
        while self._then and not self.left():
            then, self._then = self._then, None
            then()
        return self.status


def dms(call: Call) -> Any:
    """moto's DMS backend of the call's account and region."""
    from moto.dms.models import dms_backends

    return dms_backends[call.account][call.region]


def life_of(resource: Any) -> Life:
    """Of moto's object; one that moto made by itself is `active`."""
    if not hasattr(resource, "life"):
        resource.life = Life("active")
    life: Life = resource.life
    return life


def not_found(what: str) -> AwsError:
    return AwsError("ResourceNotFoundFault", f"No {what} found matching the provided filters or ARN.")


def wrong_state(what: str) -> AwsError:
    return AwsError("InvalidResourceStateFault", what)


def new_arn(call: Call, kind: str) -> str:
    """DMS's ARNs end in letters and digits of its own, not in the identifier, unless ResourceIdentifier says so."""
    from moto.dms.utils import random_id

    name = call.params.get("ResourceIdentifier") or random_id(length=26)
    return f"arn:aws:dms:{call.region}:{call.account}:{kind}:{name}"


def by_arn(resources: Mapping[str, Any], arn: str, what: str) -> Any:
    if arn not in resources:
        raise not_found(what)
    return resources[arn]


def epoch(value: datetime | None) -> float | None:
    """moto's times are naive and UTC."""
    return value.replace(tzinfo=timezone.utc).timestamp() if value else None


def filtered(rows: Sequence[Row], call: Call, getters: Getters, what: str) -> list[Row]:
    """The rows that pass all filters. Filters that none passes answer ResourceNotFoundFault."""
    chosen = list(rows)
    for entry in call.params.get("Filters") or []:
        if entry["Name"] not in getters:
            raise AwsError("InvalidParameterValueException", f"Filter name {entry['Name']} is invalid.")
        getter = getters[entry["Name"]]
        chosen = [row for row in chosen if set(getter(row)) & set(entry["Values"])]
    if call.params.get("Filters") and not chosen:
        raise not_found(what)
    return chosen


def paged(rows: Sequence[Row], call: Call, key: str, largest: int = 100) -> dict[str, Any]:
    """One page under `key` and its Marker. MaxRecords is 20 to `largest`, 100 without it."""
    size = int(call.params.get("MaxRecords") or DEFAULT_RECORDS)
    if not FEWEST_RECORDS <= size <= largest:
        raise AwsError("InvalidParameterValueException", f"MaxRecords must be between {FEWEST_RECORDS} and {largest}.")
    marker = call.params.get("Marker")
    start = int(base64.b64decode(marker)) if marker else 0
    more = start + size < len(rows)
    token = {"Marker": base64.b64encode(str(start + size).encode()).decode()} if more else {}
    return {key: list(rows[start : start + size]), **token}


def endpoints_of(call: Call) -> dict[str, Any]:
    """By ARN; those that were being deleted are gone by now, once their time is over."""
    endpoints = dms(call).endpoints
    for endpoint in list(endpoints.values()):
        life_of(endpoint).settle()
    return {one.endpoint_arn: one for one in endpoints.values()}


def endpoint_by_arn(call: Call, arn: str) -> Any:
    return by_arn(endpoints_of(call), arn, "Endpoints")


def add_tags_to_resource(call: Call) -> dict[str, Any]:
    """AddTagsToResource, which moto lacks."""
    dms(call).tagger.tag_resource(call.params["ResourceArn"], call.params["Tags"])
    return {}


def remove_tags_from_resource(call: Call) -> dict[str, Any]:
    """RemoveTagsFromResource, which moto lacks."""
    dms(call).tagger.untag_resource_using_names(call.params["ResourceArn"], call.params["TagKeys"])
    return {}


OPERATIONS = {
    "AddTagsToResource": add_tags_to_resource,
    "RemoveTagsFromResource": remove_tags_from_resource,
}
