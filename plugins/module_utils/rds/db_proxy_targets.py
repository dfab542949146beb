# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The databases behind an RDS Proxy: which are registered, and whether one can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
# property -> words, how to list them, the list's key, the name's key
DATABASES = {
    "DBInstanceIdentifiers": ("DB instance", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    "DBClusterIdentifiers": ("DB cluster", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
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
    """Raises SweepError for a database to register that doesn't exist (the nearest is named) or speaks another
    protocol: RDS would say so only when the proxy is there."""
    for name, (kind, operation, key, id_key) in DATABASES.items():
        for identifier in changes[name].after if name in changes else []:
            try:
                (database,) = region.call("rds", operation, **{id_key: identifier})[key]
            except CallError as error:
                if not error.gone:
                    raise
                known = [row[id_key] for row in region.listing("rds", operation, key)]
                raise SweepError(
                    f"There is no {kind} {identifier!r} in {region.scope.region}.{nearest(identifier, known)}"
                ) from error
            if database["Engine"] not in ENGINES[engine_family]:
                raise SweepError(
                    f"{kind} {identifier} runs {database['Engine']}, which a proxy with engine_family {engine_family}"
                    " doesn't speak."
                )
