# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Engine versions: older than wanted, or at the end of their standard support. Reported, never upgraded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..sweep.errors import SweepError, nearest
from ..sweep.finding import REPORT_ONLY, Finding
from ..sweep.policy import Common
from ..sweep.region import Region, Resource, Scope
from .rds_databases import KINDS, DatabasePolicy, Kind, is_member

ENGINES = (
    *("aurora-mysql", "aurora-postgresql", "mariadb", "mysql", "postgres"),
    *("custom-oracle-ee", "custom-oracle-ee-cdb", "custom-oracle-se2", "custom-oracle-se2-cdb"),
    *("custom-sqlserver-ee", "custom-sqlserver-se", "custom-sqlserver-web", "custom-sqlserver-dev"),
    *("db2-ae", "db2-se", "oracle-ee", "oracle-ee-cdb", "oracle-se2", "oracle-se2-cdb"),
    *("sqlserver-ee", "sqlserver-se", "sqlserver-ex", "sqlserver-web"),
)

STANDARD, EXTENDED = "open-source-rds-standard-support", "open-source-rds-extended-support"
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-creating-db-instance.html
EXTENDED_OFF = "open-source-rds-extended-support-disabled"


def version_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """Versions in RDS's own order: `15.10` after `15.9`, `8.0.mysql_aurora.3.10.0` after `8.0.mysql_aurora.3.9.1`."""
    parts = re.findall(r"\d+|[a-z]+", version.lower())
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)


def checked_minimums(minimums: Mapping[str, Any]) -> dict[str, str]:
    """Raises SweepError for an engine that RDS doesn't have, or a version that isn't one."""
    for engine, version in minimums.items():
        if engine not in ENGINES:
            raise SweepError(f"minimum_engine_version: RDS has no engine {engine!r}.{nearest(engine, ENGINES)}")
        if not isinstance(version, str) or not re.match(r"\d", version):
            raise SweepError(
                f"minimum_engine_version: {version!r} is no version of {engine}: write it in quotes, such as '15.10'."
            )
    return dict(minimums)


def major_of(version: str, majors: Sequence[Resource]) -> Resource | None:
    """The row of DescribeDBMajorEngineVersions that a version belongs to."""
    fitting = [row for row in majors if f"{version}.".startswith(f"{row['MajorEngineVersion']}.")]
    return max(fitting, key=lambda row: len(row["MajorEngineVersion"]), default=None)


def end_of(major: Resource | None, support: str) -> datetime | None:
    cycles = (major or {}).get("SupportedEngineLifecycles") or []
    return next(
        (cycle.get("LifecycleSupportEndDate") for cycle in cycles if cycle.get("LifecycleSupportName") == support), None
    )


class ReportedDatabases(DatabasePolicy):
    """Databases that are only told of; an instance of a cluster has the cluster's version."""

    def chosen(self, databases: Sequence[Resource]) -> list[Resource]:
        return [one for one in super().chosen(databases) if not is_member(one, self.kind)]


class MinimumVersion(ReportedDatabases):
    def __init__(self, kind: Kind, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(kind, options, common)
        self._minimums = checked_minimums(options["minimum_engine_version"])

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        engine, version = resource["Engine"], resource["EngineVersion"]
        minimum = self._minimums.get(engine)
        if minimum is None or version_key(version) >= version_key(minimum):
            return None
        return self.finding(
            resource,
            scope,
            now,
            reason=f"The {self.kind.words} runs {engine} {version}, older than {minimum}.",
            reason_code="old_engine_version",
            action=REPORT_ONLY,
        )


class ExtendedSupport(ReportedDatabases):
    """`resource` is the database with `Majors`, the lifecycles of its engine's major versions."""

    def __init__(self, kind: Kind, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(kind, options, common)
        self._days: int = options["extended_support_warning_days"]

    def join(self, region: Region, databases: list[Resource]) -> list[Resource]:
        if not databases:
            return []
        majors = region.listing("rds", "describe_db_major_engine_versions", "DBMajorEngineVersions")
        return [{**one, "Majors": [row for row in majors if row.get("Engine") == one["Engine"]]} for one in databases]

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        major = major_of(resource["EngineVersion"], resource["Majors"])
        standard, extended = end_of(major, STANDARD), end_of(major, EXTENDED)
        if major is None or standard is None or (standard - now).days > self._days:
            return None
        over, what = now >= standard, f"{resource['Engine']} {major['MajorEngineVersion']}"
        when = f"ended on {standard:%Y-%m-%d}" if over else f"ends on {standard:%Y-%m-%d}"
        return self.finding(
            resource,
            scope,
            now,
            reason=f"RDS's standard support of {what} {when}: {_what_follows(resource, over, extended)}.",
            reason_code="extended_support" if over else "extended_support_soon",
            action=REPORT_ONLY,
        )


def _what_follows(resource: Resource, over: bool, extended: datetime | None) -> str:
    if extended is None or resource.get("EngineLifecycleSupport") == EXTENDED_OFF:
        return "RDS upgrades the database by itself" if over else "RDS will upgrade the database by itself"
    charged = "Extended Support is charged for each vCPU hour" if over else "then Extended Support is charged"
    return f"{charged} until {extended:%Y-%m-%d}"


def version_policies(options: Mapping[str, Any], common: Common) -> list[DatabasePolicy]:
    """Raises SweepError for an engine or a version that can't be meant."""
    found: list[DatabasePolicy] = []
    if options["minimum_engine_version"]:
        found += [MinimumVersion(kind, options, common) for kind in KINDS]
    days = options["extended_support_warning_days"]
    if days is not None:
        if days < 0:
            raise SweepError(f"extended_support_warning_days is {days}: it must be 0 or more.")
        found += [ExtendedSupport(kind, options, common) for kind in KINDS]
    return found


PERMISSIONS = ("rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeDBMajorEngineVersions")
