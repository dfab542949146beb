# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases and their snapshots: every rule, guard and state of rds_maintenance. Nothing is found by default."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..services.rds_upkeep import set_pending
from .site import QUIET_DAY, Expect, Site, ignored, reported, spared, waste

WINDOWS = {
    "preferred_backup_window": "02:00-02:30",
    "preferred_maintenance_window": f"{QUIET_DAY}:03:00-{QUIET_DAY}:04:00",
}
OTHER_WINDOWS = {
    "preferred_backup_window": "13:14-13:44",
    "preferred_maintenance_window": f"{QUIET_DAY}:06:38-{QUIET_DAY}:07:08",
}
IN_ORDER: dict[str, Any] = {
    **WINDOWS,
    "backup_retention_period": 14,
    "deletion_protection": True,
    "auto_minor_version_upgrade": True,
}
PARTNER = {"1": "210987654321", "2": "123456789012"}

UNREPLICATED = {"rds_replication": waste("backups_not_replicated", "its backups are in its own region only")}


def add_instance(site: Site, name: str, variants: dict[str, Expect], tags: dict[str, str] | None = None,
                 note: str = "a database", **options: Any) -> Any:  # fmt: skip
    """One DB instance that is in order but for `options`; `variants` says what each rule makes of it."""
    made = {
        "db_instance_identifier": name,
        "db_instance_class": "db.m6g.large",
        "engine": "postgres",
        "engine_version": "16.4",
        "allocated_storage": 100,
        "master_username": "admin",
        "master_user_password": "not-a-password",
        "tags": _tag_list(tags),
        **IN_ORDER,
        **options,
    }
    if "db_cluster_identifier" in made:
        for option in ("backup_retention_period", "deletion_protection", "preferred_backup_window"):
            made.pop(option)
    backend = site.backend("rds")
    instance = backend.create_db_instance(made)
    instance.dbi_resource_id = f"db-{site.random.getrandbits(100):026X}"[:29]
    instance.created = instance.instance_create_time = site.ago(400)
    _forget_automated(backend.database_snapshots, name)
    if not instance.db_cluster_identifier:
        variants = {**UNREPLICATED, **variants}
    site.expect("rds:db", name, name, ignored(note, **variants))
    return instance


def add_cluster(site: Site, name: str, variants: dict[str, Expect], tags: dict[str, str] | None = None,
                **options: Any) -> Any:  # fmt: skip
    """One DB cluster that is in order but for `options`."""
    made = {
        "db_cluster_identifier": name,
        "engine": "aurora-postgresql",
        "engine_version": "16.4",
        "master_username": "admin",
        "master_user_password": "not-a-password",
        "tags": _tag_list(tags),
        **IN_ORDER,
        **options,
    }
    backend = site.backend("rds")
    cluster = backend.create_db_cluster(made)
    cluster.created = cluster.cluster_create_time = site.ago(400)
    cluster.status = "available"
    _forget_automated(backend.cluster_snapshots, name)
    site.expect("rds:cluster", name, name, ignored("a cluster", **variants))
    return cluster


def _tag_list(tags: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def _forget_automated(snapshots: Any, name: str) -> None:
    """moto takes an automated snapshot of whatever it creates."""
    for taken in [taken for taken in snapshots if taken.startswith(f"rds:{name}-")]:
        del snapshots[taken]


def add_snapshot(site: Site, database: Any, name: str, expect: Expect, age: float, status: str = "available",
                 tags: dict[str, str] | None = None, kind: str = "manual") -> Any:  # fmt: skip
    """One snapshot of an instance or a cluster; `expect` is the verdict with manual_snapshot_min_age_days 30."""
    backend = site.backend("rds")
    if database.resource_type == "db":
        snapshot = backend.create_db_snapshot(database.db_instance_identifier, name, kind, _tag_list(tags))
        snapshot.original_snapshot_create_time = site.ago(age)
    else:
        snapshot = backend.create_db_cluster_snapshot(database.db_cluster_identifier, name, kind, _tag_list(tags))
    snapshot.created, snapshot.status = site.ago(age), status
    site.expect(f"rds:{snapshot.resource_type}", name, name, ignored("a snapshot", rds_snapshots=expect))
    return snapshot


def build_databases(site: Site) -> None:
    """One database, and one snapshot, for every case."""
    _build_settings(site)
    _build_unchangeable(site)
    _build_clusters(site)
    _build_pending(site)
    _build_versions(site)
    _build_replication(site)
    _build_snapshots(site)
    _build_orphans(site)


def _build_settings(site: Site) -> None:
    everything = "backup_retention_days,backup_window,maintenance_window,auto_minor_version_upgrade,deletion_protection"
    wrong = {**OTHER_WINDOWS, "auto_minor_version_upgrade": False, "deletion_protection": False}
    add_instance(site, "legacy-erp", {"rds_settings": waste(everything, "everything differs")},
                 backup_retention_period=1, **wrong)  # fmt: skip
    none = waste("backup_retention_days", "no backups: the first wait for the window")
    add_instance(site, "scratch", {"rds_settings": none, "rds_replication": spared("backups_not_replicated", "no auto",
                 "nothing to replicate")}, backup_retention_period=0)  # fmt: skip
    waiting = add_instance(site, "scratch-asked", {"rds_replication": spared("backups_not_replicated", "no auto", "")},
                           backup_retention_period=0)  # fmt: skip
    waiting.pending_modified_values = {"BackupRetentionPeriod": 7}
    replica = add_instance(site, "orders-replica", {"rds_replication": spared("backups_not_replicated", "no auto", "")},
                           backup_retention_period=0)  # fmt: skip
    # the answer names the source of a replica
    replica.is_replica, replica.source_db_instance_identifier = True, "orders"
    kept = spared("deletion_protection", "keep=true", "excluded by its tag")
    other = spared("backups_not_replicated", "keep=true", "excluded by its tag")
    add_instance(site, "kept", {"rds_settings": kept, "rds_replication": other}, {"Keep": "true"},
                 deletion_protection=False)  # fmt: skip
    owned = spared("deletion_protection", "cloudformation", "of a stack")
    other = spared("backups_not_replicated", "cloudformation", "of a stack")
    add_instance(site, "stacked", {"rds_settings": owned, "rds_replication": other},
                 {"aws:cloudformation:stack-name": "shop"}, deletion_protection=False)  # fmt: skip


def _build_unchangeable(site: Site) -> None:
    stopped = {
        "rds_settings": spared("deletion_protection", "stopped", "can't be modified"),
        "rds_replication": spared("backups_not_replicated", "stopped", "can't be modified"),
        "rds_pending": spared("pending_os_upgrade", "stopped", "can't be maintained"),
    }
    instance = add_instance(site, "asleep", stopped, deletion_protection=False)
    instance.status = "stopped"
    set_pending(instance, "os-upgrade")
    going = add_instance(site, "going", {"rds_replication": ignored("on its way out")}, deletion_protection=False)
    going.status = "deleting"


def _build_clusters(site: Site) -> None:
    differs = waste("backup_retention_days,deletion_protection", "two settings of the cluster")
    add_cluster(site, "ledger", {"rds_settings": differs}, backup_retention_period=1, deletion_protection=False)
    member = waste("auto_minor_version_upgrade", "the one setting that a member of an Aurora cluster has")
    add_instance(site, "ledger-1", {"rds_settings": member}, engine="aurora-postgresql", db_cluster_identifier="ledger",
                 auto_minor_version_upgrade=False, preferred_maintenance_window="wed:06:38-wed:07:08")  # fmt: skip
    add_cluster(site, "multi-az", {"rds_settings": waste("auto_minor_version_upgrade", "set on the cluster")},
                engine="postgres", engine_version="16.4", allocated_storage=100,
                auto_minor_version_upgrade=False)  # fmt: skip
    add_instance(site, "multi-az-1", {}, db_cluster_identifier="multi-az", auto_minor_version_upgrade=False,
                 note="a member that has no setting of its own")  # fmt: skip


def _build_pending(site: Site) -> None:
    soon, later = (site.now + timedelta(days=days) for days in (10, 40))
    planned = waste("pending_system_update", "not asked for yet")
    system = add_instance(site, "crm", {"rds_pending": planned})
    set_pending(system, "system-update", AutoAppliedAfterDate=soon, ForcedApplyDate=later, Description="New agent")
    asked = add_instance(site, "crm-asked", {}, note="asked for already")
    set_pending(asked, "os-upgrade", OptInStatus="next-maintenance", CurrentApplyDate=soon)
    upgrade = spared("pending_db_upgrade", "engine upgrade", "needs apply_immediately")
    set_pending(add_instance(site, "wiki", {"rds_pending": upgrade}), "db-upgrade", Description="16.4 to 16.6")
    cluster = add_cluster(site, "events", {"rds_pending": waste("pending_os_upgrade", "of a cluster")})
    set_pending(cluster, "os-upgrade", Description="New Operating System update is available")
    platform = reported("pending_serverless_platform_version_update", "RDS takes no request for it")
    set_pending(add_cluster(site, "events-v2", {"rds_pending": platform}), "serverless-platform-version-update")


def _build_versions(site: Site) -> None:
    ended = {"rds_versions": reported("extended_support", "charged by the vCPU")}
    add_instance(site, "old-shop", ended, engine="mysql", engine_version="5.7.44")
    add_cluster(site, "old-blog", ended, engine="aurora-mysql", engine_version="5.7.mysql_aurora.2.11.2")
    older = {"rds_versions": reported("old_engine_version", "16.3 is older than 16.4")}
    add_instance(site, "behind", older, engine_version="16.3")
    add_instance(site, "ahead", {}, engine_version="16.10", note="16.10 is newer than 16.4")


def _build_replication(site: Site) -> None:
    copied = add_instance(site, "copied", {"rds_replication": ignored("replicated there already")})
    copy = f"arn:aws:rds:eu-central-1:{site.account}:auto-backup:ab-copied"
    copied.db_instance_automated_backups_replications = [{"DBInstanceAutomatedBackupsArn": copy}]
    locked = spared("backups_not_replicated", "kms", "encrypted, and no key named")
    add_instance(site, "vaulted", {"rds_replication": locked}, storage_encrypted=True, kms_key_id="alias/vault")


def _build_snapshots(site: Site) -> None:
    orders = add_instance(site, "orders", {}, {"Team": "orders"}, note="in order", allocated_storage=500)
    old, newest = waste("old_snapshot", "older than the three newest"), spared("old_snapshot", "newest", "kept")
    for age in (35, 40, 45):
        add_snapshot(site, orders, f"orders-{age}", newest, age)
    add_snapshot(site, orders, "orders-60", old, 60)
    add_snapshot(site, orders, "orders-90", old, 90)
    add_snapshot(site, orders, "orders-kept", spared("old_snapshot", "keep=true", "tag"), 95, tags={"Keep": "TRUE"})
    add_snapshot(site, orders, "orders-backup", spared("old_snapshot", "aws backup", "of AWS Backup"), 96,
                 tags={"aws:backup:source-resource": orders.arn})  # fmt: skip
    named = spared("old_snapshot", "aws backup", "named as AWS Backup names its own, of the type manual")
    add_snapshot(site, orders, "awsbackup:job-0123abcd", named, 96)
    shared = add_snapshot(site, orders, "orders-shared", spared("old_snapshot", "shared with account", ""), 97)
    shared.attributes["restore"] = [PARTNER[site.account[0]]]
    public = add_snapshot(site, orders, "orders-public", spared("old_snapshot", "publicly", ""), 98)
    public.attributes["restore"] = ["all"]
    add_snapshot(site, orders, "orders-stuck", spared("old_snapshot", "creating", ""), 99, "creating")
    add_snapshot(site, orders, "rds:orders-2026-01-01-02-00", ignored("automated"), 100, kind="automated")
    crm = site.backend("rds").databases["crm"]
    add_snapshot(site, crm, "crm-only", spared("old_snapshot", "newest", "the last one of its database"), 400)
    ledger = site.backend("rds").clusters["ledger"]
    for age in (40, 50, 60):
        add_snapshot(site, ledger, f"ledger-{age}", newest, age)
    add_snapshot(site, ledger, "ledger-70", old, 70)
    shared = add_snapshot(site, ledger, "ledger-shared", spared("old_snapshot", "shared with account", ""), 80)
    shared.attributes["restore"] = [PARTNER[site.account[0]]]


def _build_orphans(site: Site) -> None:
    """Snapshots of a database that is gone; another has got its name since."""
    backend = site.backend("rds")
    gone = add_instance(site, "shop", {})
    for age in (100, 110, 120, 130):
        add_snapshot(site, gone, f"shop-{age}", spared("orphaned_snapshot", "include_orphaned", "of the old shop"), age)
    gone.dbi_resource_id = f"db-{site.random.getrandbits(100):026X}"[:29]
    assert backend.databases["shop"] is gone
