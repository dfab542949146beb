# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings of databases: backups, windows, minor upgrades, deletion protection. One call sets all that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..sweep.errors import SweepError
from ..sweep.finding import Finding
from ..sweep.policy import Common
from ..sweep.region import Region, Resource, Scope
from .rds_databases import CLUSTERS, KINDS, DatabasePolicy, Kind, is_aurora, is_member
from .rds_windows import Window, backup_window, maintenance_window, overlap, refuse_overlap

LONGEST_RETENTION_DAYS = 35

# option -> parameter of ModifyDBInstance and ModifyDBCluster
PARAMETERS = {
    "backup_retention_days": "BackupRetentionPeriod",
    "backup_window": "PreferredBackupWindow",
    "maintenance_window": "PreferredMaintenanceWindow",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "deletion_protection": "DeletionProtection",
}


@dataclass(frozen=True)
class Wanted:
    """The settings that are asked for; None, or no deletion protection, asks for nothing."""

    backup_retention_days: int | None = None
    backup_window: Window | None = None
    maintenance_window: Window | None = None
    auto_minor_version_upgrade: bool | None = None
    deletion_protection: bool = False
    apply_immediately: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Wanted:
        """Raises SweepError for what RDS would refuse everywhere."""
        days, backup, maintenance = (
            options[name] for name in ("backup_retention_days", "backup_window", "maintenance_window")
        )
        if days is not None and not 1 <= days <= LONGEST_RETENTION_DAYS:
            raise SweepError(
                f"backup_retention_days is {days}: RDS keeps automated backups for 1 to {LONGEST_RETENTION_DAYS} days."
            )
        wanted = cls(
            backup_retention_days=days,
            backup_window=backup_window(backup) if backup else None,
            maintenance_window=maintenance_window(maintenance) if maintenance else None,
            auto_minor_version_upgrade=options["auto_minor_version_upgrade"],
            deletion_protection=bool(options["deletion_protection"]),
            apply_immediately=options["apply_immediately"],
        )
        refuse_overlap(wanted.backup_window, wanted.maintenance_window)
        return wanted

    def __bool__(self) -> bool:
        nothing = Wanted(apply_immediately=self.apply_immediately)
        return self != nothing


@dataclass(frozen=True)
class Change:
    """One setting that differs: its option, what it is, what is wanted, in words what is wrong with it, and why RDS
    can't be asked for it, if it can't."""

    option: str
    current: Any
    wanted: Any
    words: str
    blocked: str | None = None


def changes(database: Resource, kind: Kind, wanted: Wanted, now: datetime) -> Iterator[Change]:
    """What differs, of what can be set on this database. A setting of a cluster is none of its instances."""
    member = is_member(database, kind)
    if not member:
        yield from _retention(database, kind, wanted)
        yield from _backup_window(database, wanted)
        yield from _maintenance_window(database, wanted, now)
    if _has_minor_upgrades(database, kind):
        yield from _minor_upgrades(database, wanted)
    if not member and wanted.deletion_protection and not database.get("DeletionProtection"):
        yield Change("deletion_protection", False, True, "has no deletion protection")


def _retention(database: Resource, kind: Kind, wanted: Wanted) -> Iterator[Change]:
    told: int | None = database.get("BackupRetentionPeriod")
    days = told or 0
    pending = (database.get("PendingModifiedValues") or {}).get("BackupRetentionPeriod") or 0
    # a replica is made anew from its source, which has the backups
    replica = database.get("ReadReplicaSourceDBInstanceIdentifier")
    if replica or wanted.backup_retention_days is None or max(days, pending) >= wanted.backup_retention_days:
        return
    words = f"keeps backups for {_days(days)} where at least {wanted.backup_retention_days} are wanted"
    blocked = None
    if told is None:
        # it may keep them for longer than is wanted
        blocked = "RDS does not answer for how long it keeps backups"
    elif days == 0:
        words = f"keeps no backups where {_days(wanted.backup_retention_days)} are wanted"
        at_once = wanted.apply_immediately
        words += f" (RDS begins {'at once' if at_once else 'in the next maintenance window'}, with a short outage)"
        blocked = _would_apply(database) if at_once else None
    yield Change("backup_retention_days", days, wanted.backup_retention_days, words, blocked)


def _would_apply(database: Resource) -> str | None:
    """ApplyImmediately takes everything along that waits for the maintenance window."""
    waiting = sorted(database.get("PendingModifiedValues") or {})
    return f"apply_immediately would also apply its pending {', '.join(waiting)}" if waiting else None


def _days(days: int) -> str:
    return f"{days} day{'' if days == 1 else 's'}"


def _backup_window(database: Resource, wanted: Wanted) -> Iterator[Change]:
    window, current = wanted.backup_window, database.get("PreferredBackupWindow", "")
    if window is None or current == window.text:
        return
    blocked, other = None, database.get("PreferredMaintenanceWindow", "")
    if not wanted.maintenance_window and other and overlap(window, maintenance_window(other)):
        blocked = f"the wanted backup window overlaps its maintenance window {other.lower()}: set both"
    words = f"is backed up in {current or 'no window'} instead of {window.text}"
    yield Change("backup_window", current, window.text, words, blocked)


def _maintenance_window(database: Resource, wanted: Wanted, now: datetime) -> Iterator[Change]:
    window, current = wanted.maintenance_window, database.get("PreferredMaintenanceWindow", "").lower()
    if window is None or current == window.text:
        return
    blocked, other = None, database.get("PreferredBackupWindow", "")
    if not wanted.backup_window and other and overlap(backup_window(other), window):
        blocked = f"the wanted maintenance window overlaps its backup window {other}: set both"
    elif not wanted.apply_immediately and window.open_at(now) and _waits(database):
        blocked = "the wanted maintenance window is open now and would apply what is pending at once"
    words = f"is maintained in {current or 'no window'} instead of {window.text}"
    yield Change("maintenance_window", current, window.text, words, blocked)


def _waits(database: Resource) -> bool:
    return bool(database.get("PendingModifiedValues") or database.get("PendingMaintenance"))


def _has_minor_upgrades(database: Resource, kind: Kind) -> bool:
    """Aurora's instances have the setting, and Multi-AZ DB clusters in place of theirs; RDS Custom has it nowhere."""
    if kind is CLUSTERS or is_member(database, kind):
        return is_aurora(database) != (kind is CLUSTERS)
    return not database["Engine"].startswith("custom-")


def _minor_upgrades(database: Resource, wanted: Wanted) -> Iterator[Change]:
    current, value = bool(database.get("AutoMinorVersionUpgrade")), wanted.auto_minor_version_upgrade
    if value is None or current == value:
        return
    words = "does not upgrade minor versions by itself" if value else "upgrades minor versions by itself"
    yield Change("auto_minor_version_upgrade", current, value, words)


class DatabaseSettings(DatabasePolicy):
    def __init__(self, kind: Kind, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(kind, options, common)
        self._wanted = Wanted.of(options)
        self.guards += self.changing_guards()
        self.transition = ("settings as they are", self._settings_in_words())

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        found = list(changes(resource, self.kind, self._wanted, now))
        if not found:
            return None
        open_changes = [change for change in found if not change.blocked]
        finding = self.finding(
            resource,
            scope,
            now,
            reason=f"The {self.kind.words} {'; '.join(change.words for change in found)}.",
            reason_code=",".join(change.option for change in found),
            action="modify",
            configuration={
                change.option: {"current": change.current, "wanted": change.wanted} for change in open_changes
            },
        )
        blocked = [change.blocked for change in found if change.blocked]
        if open_changes and blocked:
            finding.reason += f" Of this {'; '.join(blocked)}."
        elif blocked:
            finding.protect("; ".join(blocked))
        return finding

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        settings = (finding.configuration or {}).items()
        return (
            {option: values["current"] for option, values in settings},
            {option: values["wanted"] for option, values in settings},
        )

    def join(self, region: Region, databases: list[Resource]) -> list[Resource]:
        if not databases or not self._wanted.maintenance_window:
            return databases
        rows = region.listing("rds", "describe_pending_maintenance_actions", "PendingMaintenanceActions")
        waiting = {row["ResourceIdentifier"] for row in rows}
        return [{**one, "PendingMaintenance": one[self.kind.arn] in waiting} for one in databases]

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        finding = findings[0]
        settings = finding.configuration or {}
        request = {PARAMETERS[option]: values["wanted"] for option, values in settings.items()}
        # only the first backups wait for the maintenance window, all else is done at once anyway
        first = settings.get("backup_retention_days", {}).get("current") == 0
        request |= {self.kind.id: finding.resource_id, "ApplyImmediately": first and self._wanted.apply_immediately}
        region.call("rds", self.kind.modify, **request)

    def _settings_in_words(self) -> str:
        wanted = self._wanted
        words = {
            "backup_retention_days at least": wanted.backup_retention_days,
            "backup_window": wanted.backup_window and wanted.backup_window.text,
            "maintenance_window": wanted.maintenance_window and wanted.maintenance_window.text,
            "auto_minor_version_upgrade": wanted.auto_minor_version_upgrade,
            "deletion_protection": wanted.deletion_protection or None,
            "apply_immediately": wanted.apply_immediately or None,
        }
        return ", ".join(f"{name} {value}" for name, value in words.items() if value is not None)


def settings_policies(options: Mapping[str, Any], common: Common) -> list[DatabasePolicy]:
    """Raises SweepError for settings that RDS would refuse."""
    return [DatabaseSettings(kind, options, common) for kind in KINDS] if Wanted.of(options) else []


PERMISSIONS = ("rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribePendingMaintenanceActions")
ENFORCE_PERMISSIONS = ("rds:ModifyDBCluster", "rds:ModifyDBInstance")
