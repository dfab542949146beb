# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The instances that Systems Manager manages. moto knows of none."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..wire import AwsError, Call, page
from .instances import all_instances

PAGE_SIZES = (5, 50)
PLUGINS = {"Linux": "aws:runShellScript", "Windows": "aws:runPowerShellScript"}


@dataclass
class Outcome:
    """What a command comes to on an instance. `status` is the StatusDetails of AWS's page on command statuses."""

    status: str = "Success"
    exit_code: int = 0
    output: str = ""
    errors: str = ""


# what a machine makes of a document's parameters
Machine = Callable[[Mapping[str, list[str]]], Outcome]


@dataclass
class Managed:
    """One managed instance. `machine` answers commands."""

    instance_id: str
    name: str = ""
    ping_status: str = "Online"
    platform: str = "Linux"
    machine: Machine = field(default=lambda _parameters: Outcome())


def manage(backend: Any, instance_id: str, **facts: Any) -> Managed:
    """Have SSM manage an instance of moto's SSM backend; `facts` are Managed's."""
    managed_of(backend)[instance_id] = Managed(instance_id, **facts)
    return managed_of(backend)[instance_id]


def managed_of(backend: Any) -> dict[str, Managed]:
    if not hasattr(backend, "managed_instances"):
        backend.managed_instances = {}
    known: dict[str, Managed] = backend.managed_instances
    return known


def ssm(call: Call) -> Any:
    """moto's SSM backend of the call's account and region."""
    from moto.ssm.models import ssm_backends

    return ssm_backends[call.account][call.region]


def tags_of(call: Call, instance_id: str) -> Mapping[str, str]:
    from moto.ec2.models import ec2_backends

    if instance_id.startswith("mi-"):
        return node_tags(ssm(call), instance_id)
    tags: Mapping[str, str] = ec2_backends[call.account][call.region].tags.get(instance_id, {})
    return tags


def is_terminated(call: Call, instance_id: str) -> bool:
    """An instance of EC2 that SSM goes on naming for a while."""
    from moto.ec2.models import ec2_backends

    instances = all_instances(ec2_backends[call.account][call.region])
    return any(one.id == instance_id and one.state == "terminated" for _reservation, one in instances)


def node_tags(backend: Any, node_id: str) -> dict[str, str]:
    """The tags of a node outside EC2, which SSM itself keeps (AddTagsToResource of a ManagedInstance)."""
    return dict(backend._resource_tags["ManagedInstance"][node_id])


def describe_instance_information(call: Call) -> dict[str, Any]:
    """DescribeInstanceInformation, which moto lacks: 5 to 50 a page (default 10), filters with 1 to 100 values.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
    """
    size = call.params.get("MaxResults", 10)
    if not PAGE_SIZES[0] <= size <= PAGE_SIZES[1]:
        raise AwsError("ValidationException", f"Value '{size}' at 'maxResults' failed to satisfy constraint")
    found = sorted(managed_of(ssm(call)).values(), key=_id)
    for one in call.params.get("Filters") or []:
        if not 1 <= len(one["Values"]) <= 100:
            raise AwsError("ValidationException", "Value at 'filters.member.values' failed to satisfy constraint")
        found = [instance for instance in found if _fits(call, instance, one["Key"], one["Values"])]
    chosen, token = page(found, call.params.get("NextToken") or "", size, _id)
    answer: dict[str, Any] = {"InstanceInformationList": [_row(instance) for instance in chosen]}
    return answer | ({"NextToken": token} if token else {})


def _id(instance: Managed) -> str:
    return instance.instance_id


def _fits(call: Call, instance: Managed, key: str, values: list[str]) -> bool:
    if key == "tag-key":
        return any(value in tags_of(call, instance.instance_id) for value in values)
    return _fact(call, instance, key) in values


def _fact(call: Call, instance: Managed, key: str) -> str | None:
    facts = {
        "InstanceIds": instance.instance_id,
        "PingStatus": instance.ping_status,
        "PlatformTypes": instance.platform,
    }
    if key.startswith("tag:"):
        return tags_of(call, instance.instance_id).get(key[4:])
    if key not in facts:
        raise AwsError("InvalidFilterKey", f"The filter key {key} is not valid.")
    return facts[key]


def _row(instance: Managed) -> dict[str, Any]:
    return {
        "InstanceId": instance.instance_id,
        "PingStatus": instance.ping_status,
        "LastPingDateTime": time.time(),
        "AgentVersion": "3.3.1611.0",
        "PlatformType": instance.platform,
        "ResourceType": "ManagedInstance" if instance.instance_id.startswith("mi-") else "EC2Instance",
        "ComputerName": f"{instance.instance_id}.internal",
        **({"Name": instance.name} if instance.instance_id.startswith("mi-") and instance.name else {}),
    }


OPERATIONS = {"DescribeInstanceInformation": describe_instance_information}
