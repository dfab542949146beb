# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine versions that RDS offers, and what each of them may be upgraded or migrated to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..sweep.errors import nearest
from ..sweep.region import Region

# which engine's snapshots Aurora takes
SOURCES = {"aurora-mysql": "mysql", "aurora-postgresql": "postgres"}


@dataclass(frozen=True)
class Target:
    """A version that another one may go to; `major` is RDS's own word on it."""

    engine: str
    version: str
    major: bool


@dataclass(frozen=True)
class Version:
    """One engine version. `listed` False: RDS no longer lists it, so it says nothing of its targets."""

    engine: str
    number: str
    targets: Sequence[Target] = ()
    supports_global_databases: bool = False
    listed: bool = True

    def targets_of(self, engine: str) -> list[str]:
        return [target.version for target in self.targets if target.engine == engine]

    def __str__(self) -> str:
        return f"{self.engine} {self.number}"


Versions = Mapping[str, Version]


def read_versions(region: Region, engine: str, number: str | None = None) -> Versions:
    """The versions of an engine by number, or the one of this number, also where RDS no longer makes new ones of it.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html. Raises CallError.
    """
    request = {"Engine": engine, "IncludeAll": True, **({"EngineVersion": number} if number else {})}
    pages = region.pages("rds", "describe_db_engine_versions", "DBEngineVersions", **request)
    return {row["EngineVersion"]: _version(row) for page in pages for row in page}


def _version(row: Mapping[str, Any]) -> Version:
    targets = [
        Target(target["Engine"], target["EngineVersion"], target.get("IsMajorVersionUpgrade", False))
        for target in row.get("ValidUpgradeTarget", [])
    ]
    return Version(row["Engine"], row["EngineVersion"], targets, row.get("SupportsGlobalDatabases", False))


def refused_upgrade(current: Version, wanted: str) -> str | None:
    """Why RDS won't upgrade to this version, with those that it offers; None where it will."""
    offered = current.targets_of(current.engine)
    if wanted in offered:
        return None
    return f"RDS doesn't upgrade {current} to {wanted}: from there it offers {_listed(offered)}."


def refused_migration(source: Version, engine: str, wanted: str, versions: Versions) -> str | None:
    """Why a snapshot of the source can't become an Aurora cluster of this version; None where it can.

    RDS's own targets count. Of a version that it no longer lists, Aurora takes the snapshot in the same family: "the
    Aurora version is the same, or a higher minor version in the same major version family".
    """
    offered = source.targets_of(engine)
    if not offered and not source.listed:
        offered = [number for number in versions if family(engine, number) == family(source.engine, source.number)]
    if wanted in offered:
        return None
    return f"RDS doesn't make {engine} {wanted} of a snapshot of {source}: it offers {_listed(offered)}."


def unknown_version(engine: str, number: str, versions: Versions) -> str | None:
    if number in versions:
        return None
    return f"RDS has no {engine} {number} in this region.{nearest(number, versions)}"


def family(engine: str, number: str) -> str:
    """9.6 of PostgreSQL 9.6.11, 11 of 11.8, 8.0 of MySQL 8.0.35 and of Aurora's 8.0.mysql_aurora.3.05.2."""
    first, second = [*re.findall(r"\d+", number), "", ""][:2]
    one_number = "postgres" in engine and first.isdigit() and int(first) >= 10
    return first if one_number else f"{first}.{second}"


def _listed(numbers: Iterable[str]) -> str:
    return ", ".join(numbers) or "nothing"
