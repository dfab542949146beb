# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DB instances and DB clusters: which of them are meant, what their states allow, and what their policies share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from ..sweep.errors import CallError
from ..sweep.finding import Finding, age_in_days
from ..sweep.guard import STACK, ExcludedByTag, Guard, Holds, OwnedBy
from ..sweep.patterns import DATABASES, ENGINES
from ..sweep.policy import Common, Policy
from ..sweep.region import Region, Resource, Scope

CHECK_NAME = "rds_maintenance"

# they share RDS's API, and are not RDS
FOREIGN_ENGINES = ("docdb", "neptune")

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html#Overview.DBInstance.Status
# a database doesn't leave these by itself, and can't be modified in them
RESTING = ("stopped", "stopping", "failed", "insufficient-capacity", "restore-error", "storage-full")
RESTING_PREFIXES = ("inaccessible-", "incompatible-")
GOING = ("deleting", "delete-precheck")

WRONG_STATE = ("InvalidDBInstanceState", "InvalidDBClusterStateFault")
MOST_WAITS = 2


@dataclass(frozen=True)
class Kind:
    """What RDS calls one kind of database in its API. `gone` is the error code for one that doesn't exist."""

    resource_type: str
    words: str
    listing: str
    key: str
    id: str
    arn: str
    status: str
    created: str
    filter: str
    modify: str
    waiter: str
    gone: str


INSTANCES = Kind(
    resource_type="rds:db",
    words="DB instance",
    listing="describe_db_instances",
    key="DBInstances",
    id="DBInstanceIdentifier",
    arn="DBInstanceArn",
    status="DBInstanceStatus",
    created="InstanceCreateTime",
    filter="db-instance-id",
    modify="modify_db_instance",
    waiter="db_instance_available",
    gone="DBInstanceNotFound",
)
CLUSTERS = Kind(
    resource_type="rds:cluster",
    words="DB cluster",
    listing="describe_db_clusters",
    key="DBClusters",
    id="DBClusterIdentifier",
    arn="DBClusterArn",
    status="Status",
    created="ClusterCreateTime",
    filter="db-cluster-id",
    modify="modify_db_cluster",
    waiter="db_cluster_available",
    gone="DBClusterNotFoundFault",
)
KINDS = (INSTANCES, CLUSTERS)


def tags_of(resource: Resource) -> dict[str, str]:
    """RDS lists tags as `TagList`."""
    return {tag["Key"]: tag.get("Value") or "" for tag in resource.get("TagList") or []}


def is_aurora(resource: Resource) -> bool:
    return str(resource["Engine"]).startswith("aurora")


def is_member(resource: Resource, kind: Kind) -> bool:
    """An instance of a cluster: its backups, windows and deletion protection are the cluster's."""
    return kind is INSTANCES and bool(resource.get("DBClusterIdentifier"))


@dataclass(frozen=True)
class Selected:
    """The databases that are meant: by tags (`*` is any value), and by patterns of identifiers and engines; without
    any, all."""

    identifiers: Sequence[str]
    engines: Sequence[str]
    tags: Mapping[str, str]

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Selected:
        """Raises SweepError for a pattern that can't match."""
        DATABASES.refuse_unmatchable("identifiers", options["identifiers"] or ())
        ENGINES.refuse_unmatchable("engines", options["engines"] or ())
        return cls(
            identifiers=[pattern.lower() for pattern in options["identifiers"] or ()],
            engines=[pattern.lower() for pattern in options["engines"] or ()],
            tags={str(key): str(value) for key, value in (options["tags"] or {}).items()},
        )

    def holds(self, identifier: str, engine: str, tags: Mapping[str, str]) -> bool:
        if engine in FOREIGN_ENGINES:
            return False
        if self.identifiers and not _any_matches(identifier, self.identifiers):
            return False
        if self.engines and not _any_matches(engine, self.engines):
            return False
        return all(key in tags and value in ("*", tags[key]) for key, value in self.tags.items())


def _any_matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def all_of(region: Region, kind: Kind) -> list[Resource]:
    """Every database of a kind, fetched once a region."""
    return region.listing("rds", kind.listing, kind.key)


def read_again(region: Region, kind: Kind, ids: Sequence[str]) -> list[Resource]:
    """The databases with these ids as they are now."""
    wanted = [{"Name": kind.filter, "Values": list(ids)}]
    return [one for page in region.pages("rds", kind.listing, kind.key, Filters=wanted) for one in page]


class DatabasePolicy(Policy):
    """What the policies on databases share. `resource` is the database as its list shows it."""

    check = CHECK_NAME

    def __init__(self, kind: Kind, options: Mapping[str, Any], common: Common) -> None:
        self.kind = kind
        self.resource_type = kind.resource_type
        self.gone_codes: Collection[str] = (kind.gone,)
        self._selected = Selected.of(options)
        self._wait_seconds: int = options["wait_timeout"]
        self.guards: list[Guard] = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        yield self.join(region, self.chosen(all_of(region, self.kind)))

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        again = self.join(region, self.chosen(read_again(region, self.kind, ids)))
        return {resource[self.kind.id]: resource for resource in again}

    def await_state(self, region: Region, finding: Finding, error: CallError) -> bool:
        if error.code not in WRONG_STATE or finding.work.waits == MOST_WAITS:
            return False
        finding.work.waits += 1
        try:
            region.wait("rds", self.kind.waiter, self._wait_seconds, **{self.kind.id: finding.resource_id})
        except CallError as late:
            why = f"{error.message} It was not available within {self._wait_seconds} seconds ({late.message})."
            raise CallError(error.service, error.operation, error.code, why) from late
        return True

    def join(self, region: Region, databases: list[Resource]) -> list[Resource]:
        """Add what other lists tell of the databases. Raises CallError."""
        return databases

    def chosen(self, databases: Sequence[Resource]) -> list[Resource]:
        return [
            database
            for database in databases
            if self._selected.holds(database[self.kind.id], database["Engine"], tags_of(database))
            and database.get(self.kind.status) not in GOING
        ]

    def finding(self, resource: Resource, scope: Scope, now: datetime, **words: Any) -> Finding:
        """A finding on a database. What is done to it takes nothing off the bill, unless `words` say so."""
        kind = self.kind
        return Finding(
            **{
                "check": self.check,
                "resource_type": kind.resource_type,
                "resource_id": resource[kind.id],
                "arn": resource[kind.arn],
                "scope": scope,
                "name": resource[kind.id],
                "age_days": age_in_days(resource.get(kind.created), now),
                "tags": tags_of(resource),
                "saves_cost": False,
                **words,
            }
        )

    def changing_guards(self) -> list[Guard]:
        """What protects a database from being changed."""
        return [OwnedBy(STACK), Holds("status", self.resting)]

    def resting(self, resource: Resource) -> str | None:
        status = str(resource.get(self.kind.status, ""))
        rests = status in RESTING or status.startswith(RESTING_PREFIXES)
        return f"its status is {status}, in which RDS changes nothing" if rests else None
