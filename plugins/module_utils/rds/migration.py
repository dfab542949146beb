# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a migration of an RDS instance to Aurora is: what was asked for, what there is, and how both are told apart from
what belongs to somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..sweep.errors import CallError
from ..sweep.region import Region, Resource
from .databases import CLUSTER, INSTANCE, SNAPSHOT, find, tags_of
from .versions import Version, Versions, read_versions

# on everything that a migration makes: its name
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference: DescribeGlobalClusters, DescribeDBSubnetGroups
GLOBAL_MISSING, GROUP_MISSING = "GlobalClusterNotFoundFault", "DBSubnetGroupNotFoundFault"
NAME_TAG = "sysops:rds_aurora_migration"
# on the cluster: the last step of those that leave no other trace in RDS
STEP_TAG = "sysops:rds_aurora_migration_step"


@dataclass(frozen=True)
class Replica:
    """A cluster in another region that follows the new one."""

    region: str
    cluster: str
    instances: Sequence[str]
    kms_key_id: str | None
    subnet_group: str | None


@dataclass(frozen=True)
class Migration:
    """What was asked for. `path` are the engine versions: restored at the first, then upgraded to each in turn;
    `left_out` the steps that have nothing to do."""

    name: str
    source: str
    snapshot: str
    cluster: str
    engine: str
    path: Sequence[str]
    instances: Sequence[str]
    subnet_group: str | None
    kms_key_id: str | None
    global_cluster: str | None
    replicas: Sequence[Replica]
    left_out: frozenset[str]
    snapshot_max_age_hours: int


@dataclass(frozen=True)
class Members:
    """A cluster and those of its wanted instances that exist, by identifier."""

    cluster: Resource | None
    instances: Mapping[str, Resource]

    @property
    def are_available(self) -> bool:
        found = [self.cluster["Status"]] if self.cluster else ["missing"]
        found += [instance["DBInstanceStatus"] for instance in self.instances.values()]
        return set(found) == {"available"}


@dataclass(frozen=True)
class Found:
    """What there is. A subnet group or KMS key is None where it doesn't exist; versions are those of the new engine."""

    source: Resource | None
    source_version: Version | None
    snapshot: Resource | None
    main: Members
    global_cluster: Resource | None
    replicas: Mapping[str, Members]
    versions: Versions
    subnet_groups: Mapping[tuple[str, str], Resource | None] = field(default_factory=dict)
    keys: Mapping[tuple[str, str], Resource | None] = field(default_factory=dict)

    @property
    def cluster(self) -> Resource | None:
        return self.main.cluster

    @property
    def recorded_step(self) -> str | None:
        return tags_of(self.cluster).get(STEP_TAG)


def is_of(migration: Migration, resource: Resource | None) -> bool:
    """Whether this migration made it."""
    return tags_of(resource).get(NAME_TAG) == migration.name


def age_in_hours(snapshot: Resource, now: datetime) -> float | None:
    """None while RDS is still taking it."""
    created = snapshot.get("SnapshotCreateTime")
    return (now - created).total_seconds() / 3600 if created else None


class Reader:
    """Reads what there is: nothing is changed. `region` gives the calls of a region by its name, or of the own one."""

    def __init__(self, migration: Migration, region: Any) -> None:
        self._wanted = migration
        self._region = region
        self._home: Region = region(None)

    def read(self) -> Found:
        """Raises CallError."""
        wanted, home = self._wanted, self._home
        source = find(home, INSTANCE, wanted.source)
        snapshot = find(home, SNAPSHOT, wanted.snapshot)
        return Found(
            source=source,
            source_version=self._source_version(snapshot or source),
            snapshot=snapshot,
            main=_members(home, wanted.cluster, wanted.instances),
            global_cluster=self._global_cluster(),
            replicas={r.region: _members(self._region(r.region), r.cluster, r.instances) for r in wanted.replicas},
            versions=read_versions(home, wanted.engine),
            subnet_groups=self._subnet_groups(),
            keys=self._keys(),
        )

    def _source_version(self, source: Resource | None) -> Version | None:
        if source is None:
            return None
        engine, number = source["Engine"], source["EngineVersion"]
        return read_versions(self._home, engine, number).get(number, Version(engine, number, listed=False))

    def _global_cluster(self) -> Resource | None:
        name = self._wanted.global_cluster
        if not name:
            return None
        return _first_or_none(
            self._home, "describe_global_clusters", "GlobalClusters", GLOBAL_MISSING, GlobalClusterIdentifier=name
        )

    def _subnet_groups(self) -> dict[tuple[str, str], Resource | None]:
        home, wanted = self._home, self._wanted
        named = [(home, wanted.subnet_group)] + [(self._region(r.region), r.subnet_group) for r in wanted.replicas]
        return {
            (region.scope.region, name): _first_or_none(
                region, "describe_db_subnet_groups", "DBSubnetGroups", GROUP_MISSING, DBSubnetGroupName=name
            )
            for region, name in named
            if name
        }

    def _keys(self) -> dict[tuple[str, str], Resource | None]:
        home, wanted = self._home, self._wanted
        named = [(home, wanted.kms_key_id)] + [(self._region(r.region), r.kms_key_id) for r in wanted.replicas]
        return {(region.scope.region, name): _key(region, name) for region, name in named if name}


def _members(region: Region, cluster: str, instances: Sequence[str]) -> Members:
    found = {identifier: find(region, INSTANCE, identifier) for identifier in instances}
    there = {identifier: instance for identifier, instance in found.items() if instance is not None}
    return Members(find(region, CLUSTER, cluster), there)


def _first_or_none(region: Region, operation: str, key: str, missing: str, **parameters: Any) -> Resource | None:
    try:
        found = region.call("rds", operation, **parameters)[key]
    except CallError as error:
        if error.code == missing:
            return None
        raise
    return found[0] if found else None


def _key(region: Region, identifier: str) -> Resource | None:
    try:
        found: Resource = region.call("kms", "describe_key", KeyId=identifier)["KeyMetadata"]
    except CallError as error:
        # another region's ARN is refused as invalid, which is the same mistake
        if error.code in ("NotFoundException", "InvalidArnException"):
            return None
        raise
    return found
