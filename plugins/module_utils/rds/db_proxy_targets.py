# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The databases behind an RDS Proxy: which are registered, and whether one can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..resource.properties import Change
from ..sweep.errors import CallError, SweepError, nearest
from ..sweep.region import Region

# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBProxy.html (EngineFamily)
ENGINES = {
    "MYSQL": ("mysql", "mariadb", "aurora-mysql"),
    "POSTGRESQL": ("postgres", "aurora-postgresql"),
    "SQLSERVER": ("sqlserver-ee", "sqlserver-se", "sqlserver-ex", "sqlserver-web"),
}
# what RDS names when it refuses to register a database in another state
REGISTRABLE = ("available", "modifying", "backing-up")


@dataclass(frozen=True)
class Kind:
    """A kind of database: in words, and as the API lists it; `missing` is the error code for one that doesn't exist."""

    words: str
    operation: str
    key: str
    id_key: str
    status_key: str
    missing: str


KINDS = {
    "DBInstanceIdentifiers": Kind(
        "DB instance",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceIdentifier",
        "DBInstanceStatus",
        "DBInstanceNotFound",
    ),
    "DBClusterIdentifiers": Kind(
        "DB cluster", "describe_db_clusters", "DBClusters", "DBClusterIdentifier", "Status", "DBClusterNotFoundFault"
    ),
}


def registered(targets: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What was registered: behind a cluster, its instances are targets too, but came by themselves."""
    by_type: dict[str, list[str]] = {}
    for target in targets:
        by_type.setdefault(target["Type"], []).append(target["RdsResourceId"])
    clusters = by_type.get("TRACKED_CLUSTER", [])
    instances = [] if clusters else by_type.get("RDS_INSTANCE", [])
    return {"DBInstanceIdentifiers": instances, "DBClusterIdentifiers": clusters}


def refuse_unfit_database(region: Region, engine_family: str, changes: Mapping[str, Change]) -> None:
    """Raises SweepError for a database to register that doesn't exist (the nearest is named), speaks another protocol
    or is in a state that forbids it: RDS would say so only when the proxy is there."""
    for name, kind in KINDS.items():
        for identifier in changes[name].after if name in changes else []:
            database = _database(region, kind, identifier)
            if database["Engine"] not in ENGINES[engine_family]:
                raise SweepError(
                    f"{kind.words} {identifier} runs {database['Engine']}, which a proxy with engine_family"
                    f" {engine_family} doesn't speak."
                )
            if database[kind.status_key] not in REGISTRABLE:
                raise SweepError(
                    f"{kind.words} {identifier} is {database[kind.status_key]}: RDS puts a proxy before it only when it"
                    f" is {', '.join(REGISTRABLE)}. Start again then."
                )


def _database(region: Region, kind: Kind, identifier: str) -> Mapping[str, Any]:
    try:
        (database,) = region.call("rds", kind.operation, **{kind.id_key: identifier})[kind.key]
    except CallError as error:
        if error.code != kind.missing:
            raise
        known = [row[kind.id_key] for row in region.listing("rds", kind.operation, kind.key)]
        raise SweepError(
            f"There is no {kind.words} {identifier!r} in {region.scope.region}.{nearest(identifier, known)}"
        ) from error
    found: Mapping[str, Any] = database
    return found
