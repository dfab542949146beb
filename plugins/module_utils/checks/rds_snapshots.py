# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old manual snapshots: all but the newest of each database go, and never the last one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..sweep.arguments import not_negative
from ..sweep.errors import SweepError
from ..sweep.finding import Finding, age_in_days
from ..sweep.guard import BACKUP, SERVICES, STACK, ExcludedByTag, Holds, Inspection, OwnedBy
from ..sweep.policy import Common, Policy
from ..sweep.prices import rds_backup_cost
from ..sweep.region import Region, Resource, Scope
from .rds_databases import CHECK_NAME, CLUSTERS, INSTANCES, Kind, Selected, all_of, tags_of


@dataclass(frozen=True)
class SnapshotKind:
    """What RDS calls the snapshots of one kind of database in its API. `gone` is the error code for one that doesn't
    exist."""

    of: Kind
    resource_type: str
    listing: str
    key: str
    id: str
    arn: str
    resource: str
    database_resource: str
    describe_attributes: str
    attributes: str
    delete: str
    gone: str


INSTANCE_SNAPSHOTS = SnapshotKind(
    of=INSTANCES,
    resource_type="rds:snapshot",
    listing="describe_db_snapshots",
    key="DBSnapshots",
    id="DBSnapshotIdentifier",
    arn="DBSnapshotArn",
    resource="DbiResourceId",
    database_resource="DbiResourceId",
    describe_attributes="describe_db_snapshot_attributes",
    attributes="DBSnapshotAttributes",
    delete="delete_db_snapshot",
    gone="DBSnapshotNotFound",
)
CLUSTER_SNAPSHOTS = SnapshotKind(
    of=CLUSTERS,
    resource_type="rds:cluster-snapshot",
    listing="describe_db_cluster_snapshots",
    key="DBClusterSnapshots",
    id="DBClusterSnapshotIdentifier",
    arn="DBClusterSnapshotArn",
    resource="DbClusterResourceId",
    database_resource="DbClusterResourceId",
    describe_attributes="describe_db_cluster_snapshot_attributes",
    attributes="DBClusterSnapshotAttributes",
    delete="delete_db_cluster_snapshot",
    gone="DBClusterSnapshotNotFoundFault",
)

NEVER = datetime.min.replace(tzinfo=timezone.utc)


def placed(snapshots: Sequence[Resource], databases: Sequence[Resource], kind: SnapshotKind) -> list[Resource]:
    """The snapshots with `Database` (what they were taken of, None if it is gone) and `Newer`: how many snapshots of
    the same database could be restored from in their place, None where this one could not be restored itself."""
    by_resource = {database.get(kind.database_resource): database for database in databases}
    by_name = {database[kind.of.id]: database for database in databases}
    ranks: dict[str, int] = {}
    counts: dict[tuple[str, str], int] = {}
    for snapshot in sorted((one for one in snapshots if _restorable(one)), key=lambda one: _taken(one, kind))[::-1]:
        source = source_of(snapshot, kind)
        ranks[snapshot[kind.id]] = counts[source] = counts.get(source, -1) + 1
    return [
        {
            **snapshot,
            # another database may have got the name of the one that is gone
            "Database": by_resource.get(snapshot[kind.resource])
            if snapshot.get(kind.resource)
            else by_name.get(snapshot[kind.of.id]),
            "Newer": ranks.get(snapshot[kind.id]),
        }
        for snapshot in snapshots
    ]


def source_of(snapshot: Resource, kind: SnapshotKind) -> tuple[str, str]:
    """The database's own id, which it keeps when it is renamed; old snapshots know its name alone."""
    known = kind.resource if snapshot.get(kind.resource) else kind.of.id
    return known, snapshot[known]


def _restorable(snapshot: Resource) -> bool:
    return snapshot.get("Status") == "available"


def _taken(snapshot: Resource, kind: SnapshotKind) -> tuple[datetime, str]:
    """A copy is as old as what it is a copy of."""
    taken = snapshot.get("OriginalSnapshotCreateTime") or snapshot.get("SnapshotCreateTime") or NEVER
    return taken, snapshot[kind.id]


def unavailable(snapshot: Resource) -> str | None:
    return None if _restorable(snapshot) else f"its status is {snapshot.get('Status')}"


def named_as_backup(name: str) -> str | None:
    """A copy, and what other tools made of a recovery point, can be of the type manual under AWS Backup's name."""
    return "owned by AWS Backup (by its name)" if name.casefold().startswith("awsbackup") else None


class SharedSnapshot(Inspection):
    """RDS has no list of the snapshots that are shared with others: only the attributes of each tell."""

    name = "whether a snapshot is shared"

    def __init__(self, kind: SnapshotKind) -> None:
        self._kind = kind

    def inspect(self, region: Region, finding: Finding) -> str | None:
        kind = self._kind
        answer = region.call("rds", kind.describe_attributes, **{kind.id: finding.resource_id})
        rows = answer.get(f"{kind.attributes}Result", {}).get(kind.attributes) or []
        restore = [row for row in rows if row.get("AttributeName") == "restore"]
        if not restore:
            return "not known to be shared with nobody: RDS did not answer with whom"
        accounts = sorted(account for row in restore for account in row.get("AttributeValues") or [])
        if "all" in accounts:
            return "shared publicly"
        return f"shared with account {', '.join(accounts)}" if accounts else None


class OldSnapshots(Policy):
    check = CHECK_NAME

    def __init__(self, kind: SnapshotKind, options: Mapping[str, Any], common: Common) -> None:
        self.kind = kind
        self.resource_type = kind.resource_type
        self.gone_codes = (kind.gone,)
        self._selected = Selected.of(options)
        self._min_age_days: int = options["manual_snapshot_min_age_days"]
        self._keep_last: int = options["keep_last"]
        self._include_orphaned: bool = options["include_orphaned"]
        self._prices = common.prices
        self.guards = [
            ExcludedByTag(common.exclude_tags),
            OwnedBy({**STACK, **BACKUP, **SERVICES}),
            Holds("AWS Backup", lambda snapshot: named_as_backup(snapshot[kind.id])),
            Holds("status", unavailable),
            Holds("keep_last", self._among_newest),
            Holds("include_orphaned", self._orphaned),
        ]
        self.inspections = [SharedSnapshot(kind)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        yield [one for one in self._placed(region) if self._chosen(one)]

    def _placed(self, region: Region) -> list[Resource]:
        """All manual snapshots as they are now: which are the newest takes all pages. A filter would find those of a
        database that was renamed under one of its names only, and those that don't know its id not at all."""
        pages = region.pages("rds", self.kind.listing, self.kind.key, SnapshotType="manual")
        snapshots = [one for page in pages for one in page]
        return placed(snapshots, all_of(region, self.kind.of) if snapshots else [], self.kind)

    def _chosen(self, snapshot: Resource) -> bool:
        tags = tags_of(snapshot["Database"] or snapshot)
        return self._selected.holds(snapshot[self.kind.of.id], snapshot["Engine"], tags)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        kind, age = self.kind, age_in_days(resource.get("SnapshotCreateTime"), now)
        own = resource[kind.arn].split(":")[4] == scope.account_id
        if not own or resource.get("SnapshotType") != "manual" or not self._chosen(resource):
            return None
        if age is None or age < self._min_age_days:
            return None
        gone, name = resource["Database"] is None, resource[kind.of.id]
        of = f"the {kind.of.words} {name}" + (", which is gone," if gone else "")
        return Finding(
            check=self.check,
            resource_type=kind.resource_type,
            resource_id=resource[kind.id],
            arn=resource[kind.arn],
            scope=scope,
            name=resource[kind.id],
            reason=f"The manual snapshot of {of} was taken {age} days ago.",
            reason_code="orphaned_snapshot" if gone else "old_snapshot",
            action="delete",
            reversible=False,
            age_days=age,
            tags=tags_of(resource),
            cost=rds_backup_cost(self._prices, scope.region, resource["Engine"], resource.get("AllocatedStorage", 0)),
        )

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        """Read as `find` reads them, so that plan and enforcement see the same ranks."""
        return {one[self.kind.id]: one for one in self._placed(region) if one[self.kind.id] in ids}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        region.call("rds", self.kind.delete, **{self.kind.id: findings[0].resource_id})

    def _among_newest(self, snapshot: Resource) -> str | None:
        newer = snapshot["Newer"]
        if newer is None or newer >= self._keep_last:
            return None
        if newer == 0:
            return "the newest snapshot of its database"
        return f"among the {self._keep_last} newest snapshots of its database (keep_last)"

    def _orphaned(self, snapshot: Resource) -> str | None:
        if snapshot["Database"] is not None or self._include_orphaned:
            return None
        return "its database is gone, and include_orphaned is false"


def snapshot_policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for a negative age, or for a wish to keep nothing."""
    if options["manual_snapshot_min_age_days"] is None:
        return []
    not_negative(options, "manual_snapshot_min_age_days")
    if options["keep_last"] < 1:
        raise SweepError(
            f"keep_last is {options['keep_last']}: it must be 1 or more, the last snapshot of a database always stays."
        )
    return [OldSnapshots(kind, options, common) for kind in (INSTANCE_SNAPSHOTS, CLUSTER_SNAPSHOTS)]


PERMISSIONS = (
    "rds:DescribeDBClusterSnapshotAttributes",
    "rds:DescribeDBClusterSnapshots",
    "rds:DescribeDBClusters",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshotAttributes",
    "rds:DescribeDBSnapshots",
)
ENFORCE_PERMISSIONS = ("rds:DeleteDBClusterSnapshot", "rds:DeleteDBSnapshot")
