# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration with DMS is: what was asked for, what there is, and how both are told apart from what belongs to
somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..sweep.errors import CallError
from ..sweep.region import Region, Resource
from .latency import Latency, read_latencies
from .lookup import ENDPOINT, INSTANCE, TASK, Kind, find, listed, table_statistics, tags_by_arn
from .task_state import replicates

# on everything that a migration makes: its name
NAME_TAG = "sysops:dms_migration"
# on the task and, before it goes, on what outlives it: the last step of those that leave no other trace in DMS
STEP_TAG = "sysops:dms_migration_step"

# before it was started a task has no table statistics
NOT_STARTED = ("creating", "ready")
VPC_ROLE = "dms-vpc-role"
SUBNET_GROUP = Kind(
    "DMS replication subnet group",
    "describe_replication_subnet_groups",
    "ReplicationSubnetGroups",
    "ReplicationSubnetGroup",
    "replication-subnet-group",
)


@dataclass(frozen=True)
class Limits:
    """What the gate allows: `latency` seconds behind, and tables that need not be validated."""

    latency: int
    require_validation: bool
    accepted: frozenset[str]


@dataclass(frozen=True)
class Migration:
    """What was asked for. `name` is the task's identifier too; `own_instance` tells whether the migration makes the
    replication instance, `subnets` are those of the subnet group that it makes, if it does."""

    name: str
    source: str
    target: str
    instance: str
    own_instance: bool
    subnet_group: str | None
    subnets: Sequence[str]
    type: str
    cut_over: bool
    clean_up: bool
    clean_up_instance: bool
    limits: Limits

    @property
    def replicates(self) -> bool:
        return replicates({"MigrationType": self.type})


@dataclass(frozen=True)
class Found:
    """What there is; None where there is nothing. `tags` are by ARN, `connections` the tested ones by endpoint ARN."""

    task: Resource | None = None
    source: Resource | None = None
    target: Resource | None = None
    instance: Resource | None = None
    subnet_group: Resource | None = None
    tables: Sequence[Resource] = ()
    connections: Mapping[str, Resource] = field(default_factory=dict)
    latency: Latency = field(default_factory=Latency)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    vpc_role: bool = True

    @property
    def is_started(self) -> bool:
        """Whether the task was ever started: what it works with isn't touched any more then."""
        return self.task is not None and (
            self.task["Status"] not in (*NOT_STARTED, "modifying", "testing")
            or bool((self.task.get("ReplicationTaskStats") or {}).get("StartDate"))
        )

    def tags_of(self, resource: Resource | None) -> Mapping[str, str]:
        return self.tags.get(arn_of(resource), {}) if resource else {}

    @property
    def recorded_step(self) -> str | None:
        """By the task or, once it is gone, by what it leaves behind."""
        witnesses = (self.task, self.source, self.target, self.instance)
        steps = [self.tags_of(one).get(STEP_TAG) for one in witnesses]
        return next((step for step in steps if step), None)


def arn_of(resource: Resource) -> str:
    names = ("ReplicationTaskArn", "EndpointArn")
    return str(next((resource[name] for name in names if name in resource), resource.get("ReplicationInstanceArn", "")))


class Reader:
    """Reads what there is: nothing is changed."""

    def __init__(self, migration: Migration, region: Region, now: datetime) -> None:
        self._wanted = migration
        self._region = region
        self._now = now

    def read(self) -> Found:
        """Raises CallError."""
        wanted = self._wanted
        task = find(self._region, TASK, wanted.name)
        source, target = (self._staying(ENDPOINT, name) for name in (wanted.source, wanted.target))
        instance = self._staying(INSTANCE, wanted.instance)
        group = find(self._region, SUBNET_GROUP, wanted.subnet_group) if wanted.subnet_group else None
        makes_network = (wanted.subnets and group is None) or (wanted.own_instance and instance is None)
        return Found(
            task=task,
            source=source,
            target=target,
            instance=instance,
            subnet_group=group,
            tables=read_tables(self._region, task),
            connections=self._connections([one for one in (source, target) if one], instance),
            latency=read_latency(self._region, task, instance, self._now),
            tags=tags_by_arn(self._region, [arn_of(one) for one in (task, source, target, instance) if one]),
            vpc_role=self._has_vpc_role() if makes_network and not wanted.clean_up else True,
        )

    def _staying(self, kind: Kind, name: str) -> Resource | None:
        """What is being deleted is as good as gone: nothing is done to it, and its successor has to wait for that."""
        found = find(self._region, kind, name)
        status = found and (found.get("Status") or found.get("ReplicationInstanceStatus"))
        return None if status == "deleting" else found

    def _connections(self, endpoints: Sequence[Resource], instance: Resource | None) -> dict[str, Resource]:
        if instance is None or not endpoints:
            return {}
        arns = [endpoint["EndpointArn"] for endpoint in endpoints]
        filters = [{"Name": "endpoint-arn", "Values": arns}]
        rows = listed(self._region, "describe_connections", "Connections", Filters=filters)
        ours = instance["ReplicationInstanceArn"]
        return {row["EndpointArn"]: row for row in rows if row["ReplicationInstanceArn"] == ours}

    def _has_vpc_role(self) -> bool:
        try:
            self._region.call("iam", "get_role", RoleName=VPC_ROLE)
        except CallError as error:
            if error.code == "NoSuchEntity":
                return False
            raise
        return True


def read_tables(region: Region, task: Resource | None) -> list[Resource]:
    """Raises CallError."""
    if task is None or task["Status"] in (*NOT_STARTED, "deleting"):
        return []
    return table_statistics(region, task)


def read_latency(region: Region, task: Resource | None, instance: Resource | None, now: datetime) -> Latency:
    """Raises CallError."""
    if task is None or task["Status"] != "running" or not replicates(task):
        return Latency()
    named = {instance["ReplicationInstanceArn"]: instance["ReplicationInstanceIdentifier"]} if instance else {}
    return read_latencies(region, [task], named, now)[task["ReplicationTaskArn"]]
