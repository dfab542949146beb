# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DMS replication instances with their states and pending changes, on moto's own objects. moto applies each change at
once, deletes an instance under its tasks, and has no default values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..wire import AwsError, Call
from .dms import Getters, by_arn, dms, epoch, filtered, life_of, new_arn, paged, wrong_state

LATEST_VERSION = "3.6.1"
# these wait for the maintenance window unless ApplyImmediately is said:
# https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationPendingModifiedValues.html
PENDABLE = {
    "ReplicationInstanceClass": "replication_instance_class",
    "AllocatedStorage": "allocated_storage",
    "MultiAZ": "multi_az",
    "EngineVersion": "engine_version",
    "NetworkType": "network_type",
}
AT_ONCE = {
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
}


def create_replication_instance(call: Call) -> dict[str, Any]:
    """CreateReplicationInstance: it is `creating` at first; the identifier is stored in lower case.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationInstance.html
    """
    wanted, backend = call.params, dms(call)
    name = str(wanted["ReplicationInstanceIdentifier"]).lower()
    if any(one.id == name for one in backend.replication_instances.values()):
        raise AwsError("ResourceAlreadyExistsFault", f"Replication instance {name} already exists.")
    if wanted.get("MultiAZ") and wanted.get("AvailabilityZone"):
        raise AwsError("InvalidParameterCombinationException", "AvailabilityZone can't be set with MultiAZ.")
    group = wanted.get("ReplicationSubnetGroupIdentifier")
    if group and group not in backend.replication_subnet_groups:
        raise AwsError("ResourceNotFoundFault", f"Replication Subnet Group {group} not found.")
    instance = backend.create_replication_instance(
        replication_instance_identifier=name,
        replication_instance_class=wanted["ReplicationInstanceClass"],
        allocated_storage=wanted.get("AllocatedStorage") or 50,
        vpc_security_group_ids=wanted.get("VpcSecurityGroupIds") or ["sg-0default00000001"],
        availability_zone=wanted.get("AvailabilityZone") or f"{call.region}a",
        replication_subnet_group_identifier=group or "default",
        preferred_maintenance_window=wanted.get("PreferredMaintenanceWindow") or "sun:06:00-sun:14:00",
        multi_az=bool(wanted.get("MultiAZ")),
        engine_version=wanted.get("EngineVersion") or LATEST_VERSION,
        auto_minor_version_upgrade=wanted.get("AutoMinorVersionUpgrade", True),
        kms_key_id=wanted.get("KmsKeyId") or f"arn:aws:kms:{call.region}:{call.account}:key/dms-default",
        publicly_accessible=wanted.get("PubliclyAccessible", True),
        dns_name_servers=wanted.get("DnsNameServers"),
        network_type=wanted.get("NetworkType") or "IPV4",
    )
    del backend.replication_instances[instance.arn]
    instance.arn = new_arn(call, "rep")
    backend.replication_instances[instance.arn] = instance
    backend.tagger.tag_resource(instance.arn, wanted.get("Tags") or [])
    instance.pending = {}
    _pass(call, instance, "creating")
    return {"ReplicationInstance": _row(instance)}


def modify_replication_instance(call: Call) -> dict[str, Any]:
    """ModifyReplicationInstance: `modifying` at first; without ApplyImmediately some values wait for the window.

    https://docs.aws.amazon.com/dms/latest/APIReference/API_ModifyReplicationInstance.html
    """
    instance = existing(call)
    refuse_unless_available(instance)
    _refuse_illegal(call, instance)
    for parameter, attribute in PENDABLE.items():
        if parameter in call.params:
            instance.pending.pop(parameter, None)
            if call.params[parameter] != getattr(instance, attribute):
                instance.pending[parameter] = call.params[parameter]
    for parameter, attribute in AT_ONCE.items():
        if parameter in call.params:
            setattr(instance, attribute, call.params[parameter])
    if "VpcSecurityGroupIds" in call.params:
        groups = call.params["VpcSecurityGroupIds"]
        instance.vpc_security_groups = [{"VpcSecurityGroupId": group, "Status": "active"} for group in groups]
    if call.params.get("ApplyImmediately"):
        _pass(call, instance, "modifying", lambda: apply_pending(instance))
    return {"ReplicationInstance": _row(instance)}


def apply_pending(instance: Any) -> None:
    """What the maintenance window does."""
    for parameter, value in instance.pending.items():
        setattr(instance, PENDABLE[parameter], value)
    instance.pending = {}


def _refuse_illegal(call: Call, instance: Any) -> None:
    wanted = call.params
    if int(wanted.get("AllocatedStorage") or instance.allocated_storage) < instance.allocated_storage:
        raise AwsError("InvalidParameterValueException", "Allocated storage can't be reduced.")
    version = str(wanted.get("EngineVersion") or instance.engine_version)
    if _major(version) != _major(instance.engine_version) and not wanted.get("AllowMajorVersionUpgrade"):
        raise AwsError(
            "InvalidParameterCombinationException", "AllowMajorVersionUpgrade must be true to change the major version."
        )


def _major(version: str) -> list[str]:
    """DMS's releases 3.4, 3.5 and 3.6 are its major ones."""
    return version.split(".")[:2]


def delete_replication_instance(call: Call) -> dict[str, Any]:
    """DeleteReplicationInstance: "You must delete any migration tasks that are associated with a replication instance
    before you can delete it."

    https://docs.aws.amazon.com/dms/latest/APIReference/API_DeleteReplicationInstance.html
    """
    instance, backend = existing(call), dms(call)
    refuse_unless_available(instance)
    if any(task.replication_instance_arn == instance.arn for task in backend.replication_tasks.values()):
        raise wrong_state("This replication instance can't be deleted: it has replication tasks.")

    def gone() -> None:
        backend.replication_instances.pop(instance.arn, None)
        backend.connections[:] = [one for one in backend.connections if one.replication_instance_arn != instance.arn]

    life_of(instance).enter("deleting", call.settings.dms_seconds, gone)
    return {"ReplicationInstance": _row(instance)}


def describe_replication_instances(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_DescribeReplicationInstances.html"""
    instances = dms(call).replication_instances
    for instance in list(instances.values()):
        life_of(instance).settle()
    getters: Getters = {
        "replication-instance-arn": lambda row: [row["ReplicationInstanceArn"]],
        "replication-instance-id": lambda row: [row["ReplicationInstanceIdentifier"]],
        "replication-instance-class": lambda row: [row["ReplicationInstanceClass"]],
        "engine-version": lambda row: [row["EngineVersion"]],
    }
    rows = filtered([_row(instance) for instance in instances.values()], call, getters, "Replication Instances")
    return paged(rows, call, "ReplicationInstances")


def existing(call: Call) -> Any:
    instance = by_arn(dms(call).replication_instances, call.params["ReplicationInstanceArn"], "Replication Instances")
    life_of(instance).settle()
    return by_arn(dms(call).replication_instances, instance.arn, "Replication Instances")


def refuse_unless_available(instance: Any) -> None:
    if life_of(instance).settle() not in ("available", "active"):
        raise wrong_state(f"Replication instance {instance.id} is {life_of(instance).status}, not available.")


def _pass(call: Call, instance: Any, status: str, then: Callable[[], None] | None = None) -> None:
    def available() -> None:
        life_of(instance).enter("available")
        if then:
            then()

    life_of(instance).enter(status, call.settings.dms_seconds, available)


def _row(instance: Any) -> dict[str, Any]:
    row = {
        **instance.to_dict(),
        "ReplicationInstanceStatus": life_of(instance).status.replace("active", "available"),
        "PendingModifiedValues": dict(getattr(instance, "pending", {})),
        "InstanceCreateTime": epoch(instance.creation_date),
    }
    return {name: value for name, value in row.items() if value is not None}


OPERATIONS = {
    "CreateReplicationInstance": create_replication_instance,
    "ModifyReplicationInstance": modify_replication_instance,
    "DeleteReplicationInstance": delete_replication_instance,
    "DescribeReplicationInstances": describe_replication_instances,
}
