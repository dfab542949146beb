# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against a migration to Aurora, or against going on with one: found before anything is changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..sweep.region import Resource
from .migration import Found, Migration, age_in_hours, is_of
from .migration_steps import is_complete, is_recorded
from .versions import SOURCES, refused_migration, refused_upgrade, unknown_version
from .waiting import DEAD_ENDS


def problems(migration: Migration, found: Found, home: str, now: datetime) -> list[str]:
    """One sentence each, none where the migration may start or go on. `home` is the region of the source. Pure."""
    if is_complete(found) and is_of(migration, found.cluster):
        return []
    return [
        *_strangers(migration, found),
        *_source(migration, found, home),
        *_snapshot(migration, found, now),
        *_path(migration, found),
        *_subnet_groups(migration, found, home),
        *_replicas(migration, found),
        *_keys(found),
    ]


def _strangers(migration: Migration, found: Found) -> Iterator[str]:
    """What has a wanted name, but was not made by this migration."""
    own = f"which isn't part of the migration {migration.name}: choose another name or remove it"
    if found.snapshot and not is_of(migration, found.snapshot):
        yield f"There is already a DB snapshot {migration.snapshot}, {own}."
    if found.cluster and not is_of(migration, found.cluster):
        yield f"There is already a DB cluster {migration.cluster}, {own}."
    for name, instance in found.main.instances.items():
        if instance.get("DBClusterIdentifier") != migration.cluster:
            yield f"There is already a DB instance {name}, {own}."
    for replica in migration.replicas:
        members = found.replicas[replica.region]
        if members.cluster and not is_of(migration, members.cluster):
            yield f"There is already a DB cluster {replica.cluster} in {replica.region}, {own}."


def _source(migration: Migration, found: Found, home: str) -> Iterator[str]:
    if found.cluster:
        return
    if found.snapshot:
        if found.source is None and not migration.subnet_group:
            yield f"DB instance {migration.source} is gone, so the subnet group and security groups must be named."
        return
    if found.source is None:
        yield f"There is no DB instance {migration.source} in {home}."
        return
    wanted, engine = SOURCES[migration.engine], found.source["Engine"]
    if engine != wanted:
        yield f"DB instance {migration.source} is {engine}: {migration.engine} takes snapshots of {wanted} only."
    status = found.source["DBInstanceStatus"]
    if status in DEAD_ENDS:
        yield f"DB instance {migration.source} is {status} and can't be snapshotted: {DEAD_ENDS[status]}."


def _snapshot(migration: Migration, found: Found, now: datetime) -> Iterator[str]:
    """Until the switch, what is written to the source after the snapshot is lost: an old one is hardly meant."""
    if found.snapshot is None or is_recorded("switch", found):
        return
    status = found.snapshot["Status"]
    if status in DEAD_ENDS:
        yield f"DB snapshot {migration.snapshot} is {status}: delete it and start again."
    age = age_in_hours(found.snapshot, now)
    if age is not None and age > migration.snapshot_max_age_hours:
        yield (
            f"DB snapshot {migration.snapshot} was taken {age:.0f} hours ago, and what was written to"
            f" {migration.source} since then isn't in it: delete it and what was restored from it, or allow"
            " snapshot_max_age_hours."
        )


def _path(migration: Migration, found: Found) -> Iterator[str]:
    """Each version that has still to be reached, against what RDS offers for the one before it."""
    if is_recorded("upgrade", found):  # a minor upgrade of RDS's own may have followed
        return
    path, versions = list(migration.path), found.versions
    unknown = [told for number in path if (told := unknown_version(migration.engine, number, versions))]
    if unknown:
        yield from unknown
        return
    if found.cluster is None:
        if found.source_version and found.source_version.engine == SOURCES[migration.engine]:
            refusal = refused_migration(found.source_version, migration.engine, path[0], versions)
            if refusal:
                yield refusal
    elif found.cluster["EngineVersion"] in path:
        path = path[path.index(found.cluster["EngineVersion"]) :]
    else:
        number = found.cluster["EngineVersion"]
        yield f"DB cluster {migration.cluster} runs {number}, which isn't on the path {', '.join(path)}."
        return
    for index, after in enumerate(path[1:]):
        refusal = refused_upgrade(versions[path[index]], after)
        if refusal:
            yield refusal


def _subnet_groups(migration: Migration, found: Found, home: str) -> Iterator[str]:
    for (region, name), group in found.subnet_groups.items():
        if group is None:
            yield f"There is no DB subnet group {name} in {region}."
    vpc = _vpc(found.source)
    group = found.subnet_groups.get((home, migration.subnet_group or ""))
    if vpc and group and group.get("VpcId") != vpc and found.cluster is None:
        yield (
            f"DB subnet group {migration.subnet_group} is in {group.get('VpcId')}, but {migration.source} and its"
            f" security groups are in {vpc}."
        )


def _vpc(source: Resource | None) -> str | None:
    vpc: str | None = ((source or {}).get("DBSubnetGroup") or {}).get("VpcId")
    return vpc


def _replicas(migration: Migration, found: Found) -> Iterator[str]:
    if not migration.replicas:
        return
    if not migration.global_cluster:
        yield "Replica regions need a global_cluster_identifier."
    last = found.versions.get(migration.path[-1])
    if last and not last.supports_global_databases:
        yield f"{last} supports no global database, so there can be no replica regions."
    writers = [m["DBClusterArn"] for m in (found.global_cluster or {}).get("GlobalClusterMembers", []) if m["IsWriter"]]
    own = found.cluster["DBClusterArn"] if found.cluster else None
    if found.global_cluster and writers != [own]:
        yield f"There is already a global cluster {migration.global_cluster}, of {', '.join(writers) or 'no cluster'}."
    for replica in migration.replicas:
        if replica.kms_key_id is None and _is_encrypted(migration, found):
            yield f"The database is encrypted: the replica in {replica.region} needs the kms_key_id of a key there."


def _is_encrypted(migration: Migration, found: Found) -> bool:
    """The cluster, once there is one; what it will be made of before."""
    if found.cluster:
        return bool(found.cluster.get("StorageEncrypted"))
    encrypted = (found.snapshot or {}).get("Encrypted") or (found.source or {}).get("StorageEncrypted")
    return bool(encrypted or migration.kms_key_id)


def _keys(found: Found) -> Iterator[str]:
    for (region, name), key in found.keys.items():
        if key is None:
            yield f"There is no KMS key {name} in {region}."
        elif not key.get("Enabled"):
            yield f"KMS key {name} in {region} is {key.get('KeyState', 'disabled')}."
