# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS engine versions: DescribeDBEngineVersions, which moto lacks, over an excerpt of what AWS has offered."""

from __future__ import annotations

from typing import Any

from ..wire import AwsError, Call, xml

# engine -> version -> what it may be upgraded or migrated to, as (engine, version). An instance's snapshot is migrated
# to Aurora in the same version or a newer minor one:
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Migrating.html
OFFERS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "postgres": {
        "9.6.11": (("postgres", "10.11"), ("aurora-postgresql", "9.6.11"), ("aurora-postgresql", "9.6.12")),
        "10.11": (("postgres", "11.8"), ("aurora-postgresql", "10.11"), ("aurora-postgresql", "10.12")),
    },
    "aurora-postgresql": {
        "9.6.11": (("aurora-postgresql", "9.6.12"), ("aurora-postgresql", "10.11")),
        "9.6.12": (("aurora-postgresql", "10.11"),),
        "10.11": (("aurora-postgresql", "10.12"), ("aurora-postgresql", "11.8")),
        "10.12": (("aurora-postgresql", "11.8"),),
        "11.8": (("aurora-postgresql", "11.9"), ("aurora-postgresql", "12.4")),
        "11.9": (("aurora-postgresql", "12.4"),),
        "12.4": (),
    },
    "mysql": {"8.0.35": (("aurora-mysql", "8.0.mysql_aurora.3.05.2"),), "5.7.44": ()},
    "aurora-mysql": {
        "5.7.mysql_aurora.2.11.2": (("aurora-mysql", "8.0.mysql_aurora.3.05.2"),),
        "8.0.mysql_aurora.3.05.2": (("aurora-mysql", "8.0.mysql_aurora.3.08.0"),),
        "8.0.mysql_aurora.3.08.0": (),
    },
}
# Still run by instances, no longer offered: listed with IncludeAll only.
DEPRECATED = {("mysql", "5.7.44")}
NOT_GLOBAL = {("aurora-postgresql", "9.6.11"), ("aurora-postgresql", "9.6.12")}


def targets(engine: str, version: str, target_engine: str) -> list[str]:
    """The versions of `target_engine` that `version` may go to."""
    return [number for name, number in OFFERS.get(engine, {}).get(version, ()) if name == target_engine]


def is_major(before: str, after: str) -> bool:
    """9.6 -> 10, 10 -> 11, 5.7 -> 8.0."""
    return _family(before) != _family(after)


def supports_global_databases(engine: str, version: str) -> bool:
    return engine.startswith("aurora-") and (engine, version) not in NOT_GLOBAL


def _family(version: str) -> str:
    first, second, *_rest = version.split(".")
    return f"{first}.{second}" if int(first) < 10 else first


def describe_db_engine_versions(call: Call) -> str:
    """DescribeDBEngineVersions by Engine and EngineVersion; what is no longer available only with IncludeAll.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBEngineVersions.html
    """
    engine, version = call.text("Engine"), call.text("EngineVersion")
    if engine and engine not in OFFERS:
        raise AwsError("InvalidParameterValue", f"Unrecognized engine name: {engine}")
    rows = [
        _engine_version(name, number)
        for name, versions in OFFERS.items()
        for number in versions
        if engine in ("", name)
        and version in ("", number)
        and ((name, number) not in DEPRECATED or call.flag("IncludeAll"))
    ]
    return f"<DBEngineVersions>{''.join(rows)}</DBEngineVersions>"


def _engine_version(engine: str, version: str) -> str:
    row: dict[str, Any] = {
        "Engine": engine,
        "EngineVersion": version,
        "DBParameterGroupFamily": f"{engine}{_family(version)}",
        "Status": "deprecated" if (engine, version) in DEPRECATED else "available",
        "SupportsGlobalDatabases": supports_global_databases(engine, version),
    }
    offered = "".join(_target(version, *target) for target in OFFERS[engine][version])
    return f"<DBEngineVersion>{xml(row)}<ValidUpgradeTarget>{offered}</ValidUpgradeTarget></DBEngineVersion>"


def _target(version: str, engine: str, target: str) -> str:
    row = {"Engine": engine, "EngineVersion": target, "IsMajorVersionUpgrade": is_major(version, target)}
    return f"<UpgradeTarget>{xml(row)}</UpgradeTarget>"


OPERATIONS = {"DescribeDBEngineVersions": describe_db_engine_versions}
