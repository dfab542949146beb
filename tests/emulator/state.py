# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real state of the emulated account, read past the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .services.ebs_items import snapshot_status, volume_iops, volume_status
from .services.log_groups import created_ms
from .services.log_policies import governing_policy
from .services.recycle_bin import SNAPSHOTS, VOLUMES, retained
from .services.ssm_instances import managed_of, node_tags

StateKey = tuple[str, str, str, str]
IN_BIN = {SNAPSHOTS: "ec2:snapshot-in-bin", VOLUMES: "ec2:volume-in-bin"}


def read_state() -> dict[StateKey, dict[str, Any]]:
    """Every resource of the kinds that a sweep knows, by (account, region, resource_type, resource_id).

    Values: `tags` for all; `attached`, `status`, `type`, `size`, `iops`, `throughput`, `kms_key_id` and `zone`
    (volumes); `status` and `volume_id` (snapshots); `entered` and `exits` (what is in the Recycle Bin, of the types
    ec2:volume-in-bin and ec2:snapshot-in-bin); `retention_in_days`, `own_retention_in_days` and `created_ms` (log
    groups; the first is what DescribeLogGroups shows); `monitoring` and `state` (instances); `type` (balancers); the
    settings, `pending_maintenance`, and regions of `replicas` of databases.
    """
    return {key: value for reader in (_ec2, _logs, _elbv2, _elb, _rds, _ssm, _dms) for key, value in reader()}


def _each(backends: Any) -> Iterator[tuple[str, str, Any]]:
    for account, regions in list(backends.items()):
        for region, backend in list(regions.items()):
            yield account, region, backend


def _ec2() -> Iterator[tuple[StateKey, dict[str, Any]]]:
    from moto.ec2.models import ec2_backends

    for account, region, backend in _each(ec2_backends):
        for volume in list(backend.volumes.values()):
            yield (account, region, "ec2:volume", volume.id), _volume(backend, volume)
        for snapshot in list(backend.snapshots.values()):
            row = {"status": snapshot_status(snapshot), "volume_id": snapshot.volume.id}
            yield (account, region, "ec2:snapshot", snapshot.id), {"tags": _tags(backend, snapshot.id)} | row
        for one in [one for one in list(retained(backend).values()) if one.resource_type in IN_BIN]:
            row = {"tags": dict(one.tags), "entered": one.entered, "exits": one.exits}
            yield (account, region, IN_BIN[one.resource_type], one.id), row
        for image in list(backend.amis.values()):
            row = {"tags": _tags(backend, image.id), "state": image.state, "snapshot_id": image.ebs_snapshot.id}
            yield (account, region, "ec2:image", image.id), row
        for reservation in list(backend.reservations.values()):
            for i in reservation.instances:
                row = {"tags": _tags(backend, i.id), "monitoring": i.monitoring_state, "state": i.state}
                yield (account, region, "ec2:instance", i.id), row


def _volume(backend: Any, volume: Any) -> dict[str, Any]:
    return {
        "tags": _tags(backend, volume.id),
        "attached": bool(volume.attachment),
        "status": volume_status(volume),
        "type": volume.volume_type,
        "size": volume.size,
        "iops": volume_iops(volume),
        "throughput": volume.throughput,
        "kms_key_id": volume.kms_key_id if volume.encrypted else None,
        "zone": volume.zone.name if volume.zone else None,
    }


def _tags(backend: Any, resource_id: str) -> dict[str, str]:
    return dict(backend.tags.get(resource_id, {}))


def _logs() -> Iterator[tuple[StateKey, dict[str, Any]]]:
    from moto.logs.models import logs_backends

    for account, region, backend in _each(logs_backends):
        for group in list(backend.groups.values()):
            policy = governing_policy(backend, group)
            row = {
                "tags": backend.tagger.get_tag_dict_for_resource(group.arn),
                "retention_in_days": policy.days if policy else group.retention_in_days,
                "own_retention_in_days": group.retention_in_days,
                "created_ms": created_ms(group),
            }
            yield (account, region, "logs:log-group", group.name), row


def _elbv2() -> Iterator[tuple[StateKey, dict[str, Any]]]:
    from moto.elbv2.models import elbv2_backends

    for account, region, backend in _each(elbv2_backends):
        for balancer in list(backend.load_balancers.values()):
            tags = backend.tagging_service.get_tag_dict_for_resource(balancer.arn)
            row = {"tags": tags, "type": balancer.type, "arn": balancer.arn}
            yield (account, region, "elasticloadbalancing:loadbalancer", balancer.name), row


def _elb() -> Iterator[tuple[StateKey, dict[str, Any]]]:
    from moto.elb.models import elb_backends

    for account, region, backend in _each(elb_backends):
        for name, balancer in list(backend.load_balancers.items()):
            row = {"tags": dict(balancer.tags), "type": "classic"}
            yield (account, region, "elasticloadbalancing:loadbalancer", name), row


def _rds() -> Iterator[tuple[StateKey, dict[str, Any]]]:
    from moto.rds.models import rds_backends

    for account, region, backend in _each(rds_backends):
        for kind, databases in (("rds:db", backend.databases), ("rds:cluster", backend.clusters)):
            for database in list(databases.values()):
                yield (account, region, kind, database.resource_id), _database(database)
        for kind, snapshots in (
            ("rds:snapshot", backend.database_snapshots),
            ("rds:cluster-snapshot", backend.cluster_snapshots),
        ):
            for snapshot in list(snapshots.values()):
                yield (account, region, kind, snapshot.resource_id), {"tags": _pairs(snapshot)}


def _database(database: Any) -> dict[str, Any]:
    copies = getattr(database, "db_instance_automated_backups_replications", [])
    return {
        "tags": _pairs(database),
        "backup_retention_days": database.backup_retention_period,
        "backup_window": database.preferred_backup_window,
        "maintenance_window": database.preferred_maintenance_window,
        "auto_minor_version_upgrade": database.auto_minor_version_upgrade,
        "deletion_protection": bool(database.deletion_protection),
        "waiting": dict(getattr(database, "pending_modified_values", {})),
        "pending_maintenance": [dict(row) for row in getattr(database, "pending_maintenance", [])],
        "replicas": [copy["DBInstanceAutomatedBackupsArn"].split(":")[3] for copy in copies],
    }


def _ssm() -> Iterator[tuple[StateKey, dict[str, Any]]]:
    """Managed nodes outside EC2."""
    from moto.ssm.models import ssm_backends

    for account, region, backend in _each(ssm_backends):
        for node_id in [node_id for node_id in managed_of(backend) if node_id.startswith("mi-")]:
            yield (account, region, "ssm:managed-instance", node_id), {"tags": node_tags(backend, node_id)}


def _pairs(resource: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource.tags}


def _dms() -> Iterator[tuple[StateKey, dict[str, Any]]]:
    from moto.dms.models import dms_backends

    for account, region, backend in _each(dms_backends):
        for kind, rows in (("dms:task", backend.replication_tasks), ("dms:rep", backend.replication_instances)):
            for row in list(rows.values()):
                tags = backend.tagger.get_tag_dict_for_resource(row.arn)
                yield (account, region, kind, row.id), {"tags": tags}
