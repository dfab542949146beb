# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Automated backups in another region: tell which instances have none there, and begin to replicate them.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

try:
    from botocore.session import get_session
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..sweep.errors import SweepError, nearest
from ..sweep.finding import Finding
from ..sweep.guard import Holds
from ..sweep.policy import Common
from ..sweep.prices import rds_backup_cost
from ..sweep.region import Region, Resource, Scope
from .rds_databases import INSTANCES, DatabasePolicy, is_member


def checked_region(name: str) -> str:
    """Raises SweepError for a region that RDS doesn't have, naming the nearest."""
    session = get_session()
    known = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("rds", partition)
    ]
    if name not in known:
        raise SweepError(f"backup_replication_region: there is no AWS region {name!r}.{nearest(name, known)}")
    return name


def replicated_to(instance: Resource) -> list[str]:
    """The regions that hold copies of an instance's automated backups."""
    copies = instance.get("DBInstanceAutomatedBackupsReplications") or []
    return [copy["DBInstanceAutomatedBackupsArn"].split(":")[3] for copy in copies]


def keeps_no_backups(instance: Resource) -> str | None:
    return None if instance.get("BackupRetentionPeriod") else "it keeps no automated backups: set backup_retention_days"


class BackupReplication(DatabasePolicy):
    """DB instances only: RDS doesn't replicate the automated backups of clusters, nor of RDS Custom."""

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(INSTANCES, options, common)
        self._destination = checked_region(options["backup_replication_region"])
        self._key: str | None = options["backup_replication_kms_key_id"] or None
        self._prices = common.prices
        self.transition = ("backups in its own region only", f"backups replicated to {self._destination}")
        self.guards += [
            *self.changing_guards(),
            Holds("backups", keeps_no_backups),
            Holds("encryption", self._lacks_key),
        ]

    def chosen(self, databases: Sequence[Resource]) -> list[Resource]:
        return [
            one
            for one in super().chosen(databases)
            if not is_member(one, self.kind) and not one["Engine"].startswith("custom-")
        ]

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        if scope.region == self._destination or self._destination in replicated_to(resource):
            return None
        size, engine = resource.get("AllocatedStorage", 0), resource["Engine"]
        return self.finding(
            resource,
            scope,
            now,
            reason=f"The automated backups of the DB instance are not replicated to {self._destination}.",
            reason_code="backups_not_replicated",
            action="replicate_backups",
            cost=rds_backup_cost(self._prices, self._destination, engine, size),
            configuration={
                "backup_replication_region": self._destination,
                "backup_retention_days": resource.get("BackupRetentionPeriod", 0),
                "storage_encrypted": bool(resource.get("StorageEncrypted")),
            },
        )

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        finding = findings[0]
        facts = finding.configuration or {}
        request = {
            "SourceDBInstanceArn": finding.arn,
            "SourceRegion": region.scope.region,
            "BackupRetentionPeriod": facts["backup_retention_days"],
            **({"KmsKeyId": self._key} if facts["storage_encrypted"] else {}),
        }
        # RDS takes this call in the region that is to hold the copies
        destination = region.elsewhere(self._destination)
        destination.call("rds", "start_db_instance_automated_backups_replication", **request)

    def _lacks_key(self, instance: Resource) -> str | None:
        if not instance.get("StorageEncrypted") or self._key:
            return None
        return f"it is encrypted: name a KMS key of {self._destination} in backup_replication_kms_key_id"


def replication_policies(options: Mapping[str, Any], common: Common) -> list[DatabasePolicy]:
    """Raises SweepError for a region that doesn't exist."""
    return [BackupReplication(options, common)] if options["backup_replication_region"] else []


PERMISSIONS = ("rds:DescribeDBInstances",)
ENFORCE_PERMISSIONS = ("rds:StartDBInstanceAutomatedBackupsReplication",)
