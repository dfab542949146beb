# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RDS settings: what can't be set, in which state, and what waits for the maintenance window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..wire import AwsError, Call, page, xml
from . import rds_clusters, rds_states
from .common import matches
from .rds_states import pass_through, rds, status_of

LARGEST_PAGE, SMALLEST_PAGE = 100, 20
WEEK_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, WEEK = 1440, 10080
# what a test or the builder may leave for the maintenance window
WAITING: Mapping[str, str] = {
    "BackupRetentionPeriod": "backup_retention_period",
    "DBInstanceClass": "db_instance_class",
}
SETTINGS = {
    "BackupRetentionPeriod": ("backup_retention_period", int),
    "PreferredBackupWindow": ("preferred_backup_window", str),
    "PreferredMaintenanceWindow": ("preferred_maintenance_window", str.lower),
    "AutoMinorVersionUpgrade": ("auto_minor_version_upgrade", lambda text: text.lower() == "true"),
    "DeletionProtection": ("deletion_protection", lambda text: text.lower() == "true"),
}
OF_THE_CLUSTER = ("BackupRetentionPeriod", "PreferredBackupWindow", "DeletionProtection")
REQUEST = frozenset({"Action", "Version", "DBInstanceIdentifier", "ApplyImmediately"})


def filtered(items: Sequence[Any], call: Call, getters: Mapping[str, Callable[[Any], Any]]) -> list[Any]:
    """The items that pass all filters of an RDS call; an unknown filter is InvalidParameterValue."""
    chosen = list(items)
    number = 1
    while name := call.text(f"Filters.Filter.{number}.Name"):
        if name not in getters:
            raise AwsError("InvalidParameterValue", f"Unrecognized filter name: {name}")
        values = list_of(call, f"Filters.Filter.{number}.Values.Value")
        chosen = [item for item in chosen if matches(getters[name](item), values)]
        number += 1
    return chosen


def list_of(call: Call, stem: str) -> list[str]:
    found: list[str] = []
    while (value := call.params.get(f"{stem}.{len(found) + 1}")) is not None:
        found.append(str(value))
    return found


def paged(items: Sequence[Any], call: Call, key: Callable[[Any], str]) -> tuple[Sequence[Any], str]:
    """One page and its <Marker>: MaxRecords is 20 to 100, and 100 by default, in every list of RDS.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
    """
    chosen, token = page(sorted(items, key=key), call.text("Marker"), page_size(call), key)
    return chosen, f"<Marker>{token}</Marker>" if token else ""


def page_size(call: Call) -> int:
    size = call.number("MaxRecords", LARGEST_PAGE)
    if not SMALLEST_PAGE <= size <= LARGEST_PAGE:
        raise AwsError("InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between 20 and 100")
    return size


def describe_db_instances(call: Call) -> None:
    """DescribeDBInstances: MaxRecords is 20 to 100 (moto: anything); moto answers.

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html
    """
    page_size(call)
    rds_states.describe_db_instances(call)


def describe_db_clusters(call: Call) -> None:
    """DescribeDBClusters: MaxRecords is 20 to 100 (moto: anything); moto answers, all at once."""
    page_size(call)
    rds_states.describe_db_clusters(call)


def modify_db_instance(call: Call) -> str | None:
    """ModifyDBInstance of backups, windows, minor upgrades and deletion protection. In the state available only; the
    instance is `modifying` afterwards. First backups wait for the maintenance window, unless ApplyImmediately, which
    applies all that waits. A member of a cluster has the cluster's settings (moto: everything, always, at once).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
    """
    instance = rds(call).databases.get(call.text("DBInstanceIdentifier"))
    if instance is None or not call.params.keys() - REQUEST <= SETTINGS.keys():
        return None
    if status_of(instance) not in ("available", "storage-optimization"):
        raise AwsError("InvalidDBInstanceState", f"Database instance {instance.db_instance_identifier} is not in "
                       "available state.")  # fmt: skip
    _check_member(call, instance)
    check_settings(call, instance, shortest_retention=0)
    at_once = call.flag("ApplyImmediately")
    waiting: dict[str, Any] = {**getattr(instance, "pending_modified_values", {})}
    for parameter, (attribute, read) in SETTINGS.items():
        if parameter not in call.params:
            continue
        value = read(call.text(parameter))
        toggles = parameter == "BackupRetentionPeriod" and not (value and instance.backup_retention_period)
        if toggles and value != instance.backup_retention_period:
            waiting[parameter] = value
        else:
            setattr(instance, attribute, value)
    if at_once:
        for parameter, value in waiting.items():
            setattr(instance, WAITING[parameter], value)
        waiting = {}
    instance.pending_modified_values = waiting
    instance.status = "modifying"
    pass_through(instance)
    row = {"DBInstanceIdentifier": instance.db_instance_identifier, "DBInstanceStatus": "modifying"}
    return f"<DBInstance>{xml(row)}</DBInstance>"


def _check_member(call: Call, instance: Any) -> None:
    named = [parameter for parameter in OF_THE_CLUSTER if parameter in call.params]
    if instance.db_cluster_identifier and named:
        raise AwsError("InvalidParameterCombination", f"{named[0]} of {instance.db_instance_identifier} is set on its "
                       f"cluster {instance.db_cluster_identifier}.")  # fmt: skip


def modify_db_cluster(call: Call) -> str | None:
    """ModifyDBCluster: windows and retention are checked as those of instances (moto: not at all).

    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html
    """
    cluster = rds(call).clusters.get(call.text("DBClusterIdentifier"))
    if cluster is not None:
        check_settings(call, cluster, shortest_retention=1)
    return rds_clusters.modify_db_cluster(call)


def check_settings(call: Call, database: Any, shortest_retention: int) -> None:
    """Retention of at most 35 days; windows of 30 minutes to a day, which must not overlap. Raises AwsError."""
    days = call.number("BackupRetentionPeriod", shortest_retention)
    if not shortest_retention <= days <= 35:
        raise AwsError("InvalidParameterValue", f"Invalid backup retention period: {days}. Retention period must be "
                       f"between {shortest_retention} and 35")  # fmt: skip
    if not {"PreferredBackupWindow", "PreferredMaintenanceWindow"} & call.params.keys():
        return
    backup = _window(call.text("PreferredBackupWindow", database.preferred_backup_window))
    weekly = _window(call.text("PreferredMaintenanceWindow", database.preferred_maintenance_window).lower())
    minutes = {(weekly[0] + minute) % WEEK for minute in range(weekly[1])}
    if any((day * DAY + backup[0] + minute) % WEEK in minutes for day in range(7) for minute in range(backup[1])):
        raise AwsError("InvalidParameterValue", "The backup window and maintenance window must not overlap.")


def _window(text: str) -> tuple[int, int]:
    """(start, length) in minutes. Raises InvalidParameterValue."""
    try:
        first, last = (_minute(part) for part in text.split("-"))
    except ValueError:
        raise AwsError("InvalidParameterValue", f"Invalid window format: {text}") from None
    length = (last - first) % (WEEK if text[0].isalpha() else DAY)
    if not 30 <= length <= DAY:
        raise AwsError("InvalidParameterValue", "A window must be at least 30 minutes and less than 24 hours.")
    return first, length


def _minute(text: str) -> int:
    *day, hours, minutes = text.split(":")
    return (WEEK_DAYS.index(day[0]) * DAY if day else 0) + int(hours) * 60 + int(minutes)


OPERATIONS = {
    "DescribeDBClusters": describe_db_clusters,
    "DescribeDBInstances": describe_db_instances,
    "ModifyDBCluster": modify_db_cluster,
    "ModifyDBInstance": modify_db_instance,
}
