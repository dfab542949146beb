# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 instances: MonitorInstances and UnmonitorInstances, filters, and a fast DescribeInstances."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ..wire import AwsError, Call, timestamp, xml
from .common import check_dry_run, ec2, paged, select, tag_set

INSTANCE_PAGE = 1000
# The state answered by the call, and what the next DescribeInstances shows.
SETTLED = {"pending": "enabled", "disabling": "disabled"}
FILTERS = {
    "architecture": lambda i: i.architecture,
    "availability-zone": lambda i: i.placement.zone,
    "image-id": lambda i: i.image_id,
    "instance-id": lambda i: i.id,
    "instance-lifecycle": lambda i: i.lifecycle,
    "instance-state-code": lambda i: i.state_code,
    "instance-state-name": lambda i: i.state,
    "instance-type": lambda i: i.instance_type,
    "instance.group-id": lambda i: [g.id for g in i.security_groups],
    "instance.group-name": lambda i: [g.name for g in i.security_groups],
    "key-name": lambda i: i.key_name,
    "launch-time": lambda i: i.launch_time,
    "monitoring-state": lambda i: i.monitoring_state,
    "owner-id": lambda i: i.owner_id,
    "platform": lambda i: i.platform,
    "private-dns-name": lambda i: i.private_dns_name,
    "private-ip-address": lambda i: i.private_ip,
    "root-device-type": lambda i: i.root_device_type,
    "subnet-id": lambda i: i.subnet_id,
    "vpc-id": lambda i: i.vpc_id,
}


def all_instances(backend: Any) -> list[tuple[Any, Any]]:
    """(reservation, instance) of everything, oldest first."""
    return [(r, i) for r in list(backend.reservations.values()) for i in r.instances]


def find(backend: Any, ids: list[str]) -> list[Any]:
    """The instances of these ids. Raises InvalidInstanceID.NotFound for the whole batch, as EC2 does."""
    known = {i.id: i for _reservation, i in all_instances(backend)}
    missing = [i for i in ids if i not in known]
    if missing:
        noun, verb = ("IDs", "do") if len(missing) > 1 else ("ID", "does")
        message = f"The instance {noun} '{', '.join(missing)}' {verb} not exist"
        raise AwsError("InvalidInstanceID.NotFound", message)
    return [known[i] for i in ids]


def describe_instances(call: Call) -> str:
    """DescribeInstances: MaxResults counts instances; `monitoring-state` and other filters that moto lacks.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
    """
    backend = ec2(call)
    check_dry_run(call)
    ids = call.values("InstanceId")
    pairs = all_instances(backend)
    owners = {i.id: r for r, i in pairs}
    found = find(backend, ids) if ids else [i for _reservation, i in pairs]
    for instance in found:
        instance.monitoring_state = SETTLED.get(instance.monitoring_state, instance.monitoring_state)
    getters = {**FILTERS, "reservation-id": lambda i: owners[i.id].id}
    chosen, token = paged(select(found, call, getters, backend.tags), call, ids, INSTANCE_PAGE)
    grouped: dict[str, list[Any]] = {}
    for instance in chosen:
        grouped.setdefault(owners[instance.id].id, []).append(instance)
    rows = (
        f"<item><reservationId>{rid}</reservationId><ownerId>{call.account}</ownerId><groupSet/>"
        f"<instancesSet>{''.join(_instance_xml(i, backend.tags.get(i.id)) for i in members)}</instancesSet></item>"
        for rid, members in grouped.items()
    )
    return f"<reservationSet>{''.join(rows)}</reservationSet>{token}"


def _instance_xml(instance: Any, tags: dict[str, str] | None) -> str:
    row = {
        "instanceId": instance.id,
        "imageId": instance.image_id,
        "instanceState": {"code": instance.state_code, "name": instance.state},
        "privateDnsName": instance.private_dns_name,
        "dnsName": instance.public_dns_name or "",
        "reason": instance.state_transition_reason or "",
        "keyName": instance.key_name,
        "instanceType": instance.instance_type,
        "launchTime": timestamp(instance.launch_time),
        "placement": {"availabilityZone": instance.placement.zone, "groupName": "", "tenancy": "default"},
        "platform": instance.platform,
        "monitoring": {"state": instance.monitoring_state},
        "subnetId": instance.subnet_id,
        "vpcId": instance.vpc_id,
        "privateIpAddress": instance.private_ip,
        "ipAddress": instance.public_ip,
        "stateReason": {"code": instance.state_reason.code, "message": instance.state_reason.message},
        "architecture": instance.architecture,
        "rootDeviceType": instance.root_device_type,
        "rootDeviceName": instance.root_device_name,
        "virtualizationType": instance.virtualization_type,
        "hypervisor": instance.hypervisor,
        "ebsOptimized": bool(instance.ebs_optimized),
        "instanceLifecycle": instance.lifecycle,
        "blockDeviceMapping": [_device(d, e) for d, e in instance.get_block_device_mapping],
        "groupSet": [{"groupId": g.id, "groupName": g.name} for g in instance.security_groups],
        "amiLaunchIndex": instance.ami_launch_index,
        "sourceDestCheck": bool(instance.source_dest_check),
        "sriovNetSupport": instance.sriov_net_support,
        "metadataOptions": _metadata(instance.metadata_options),
        "networkInterfaceSet": [_interface(i) for i in instance.nics.values()],
    }
    return f"<item>{xml(row)}{tag_set(tags)}</item>"


def _metadata(options: Any) -> dict[str, Any]:
    return {
        "state": options.state,
        "httpTokens": options.http_tokens,
        "httpPutResponseHopLimit": options.http_put_response_hop_limit,
        "httpEndpoint": options.http_endpoint,
        "httpProtocolIpv6": options.http_protocol_ipv6,
        "instanceMetadataTags": options.instance_metadata_tags,
    }


def _interface(interface: Any) -> dict[str, Any]:
    return {
        "networkInterfaceId": interface.id,
        "subnetId": interface.subnet.id,
        "vpcId": interface.subnet.vpc_id,
        "description": interface.description,
        "ownerId": interface.ec2_backend.account_id,
        "status": "in-use",
        "macAddress": interface.mac_address,
        "privateIpAddress": interface.private_ip_address,
        "sourceDestCheck": bool(interface.source_dest_check),
        "interfaceType": interface.interface_type,
        "attachment": {"attachmentId": interface.attachment_id, "deviceIndex": 0, "status": "attached"},
        "groupSet": [{"groupId": g.id, "groupName": g.name} for g in interface.group_set],
    }


def _device(name: str, ebs: Any) -> dict[str, Any]:
    return {
        "deviceName": name,
        "ebs": {
            "volumeId": ebs.volume_id,
            "status": "attached",
            "attachTime": ebs.attach_time,
            "deleteOnTermination": bool(ebs.delete_on_termination),
        },
    }


def _set_monitoring(call: Call, answered: str, settled: str) -> str:
    backend = ec2(call)
    ids = call.values("InstanceId")
    if not ids:
        raise AwsError("MissingParameter", "The request must contain the parameter InstanceId")
    instances = find(backend, ids)
    if gone := [i.id for i in instances if i.state in ("terminated", "shutting-down")]:
        raise AwsError("IncorrectInstanceState", f"The instance '{gone[0]}' is not in a valid state for this request.")
    check_dry_run(call)
    for instance in instances:
        if instance.monitoring_state != settled:
            instance.monitoring_state = answered
    rows = [
        f"<item><instanceId>{escape(i.id)}</instanceId><monitoring><state>{i.monitoring_state}</state></monitoring></item>"
        for i in instances
    ]
    return f"<instancesSet>{''.join(rows)}</instancesSet>"


def monitor_instances(call: Call) -> str:
    """MonitorInstances, which moto lacks: `pending`, then `enabled`.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_MonitorInstances.html
    """
    return _set_monitoring(call, "pending", "enabled")


def unmonitor_instances(call: Call) -> str:
    """UnmonitorInstances, which moto lacks: `disabling`, then `disabled`.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnmonitorInstances.html
    """
    return _set_monitoring(call, "disabling", "disabled")


OPERATIONS = {
    "DescribeInstances": describe_instances,
    "MonitorInstances": monitor_instances,
    "UnmonitorInstances": unmonitor_instances,
}
