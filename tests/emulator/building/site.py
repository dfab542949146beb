# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One account in one region while it is being built, and what a sweep should make of each resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

CHECKS = {
    "ec2:volume": "ebs_orphan_cleanup",
    "ec2:snapshot": "ebs_orphan_cleanup",
    "logs:log-group": "log_group_retention",
    "ec2:instance": "ec2_monitoring",
    "elasticloadbalancing:loadbalancer": "alb_idle_facts",
    "rds:db": "rds_maintenance",
    "rds:cluster": "rds_maintenance",
    "rds:snapshot": "rds_maintenance",
    "rds:cluster-snapshot": "rds_maintenance",
    "dms:task": "dms_status",
    "dms:rep": "dms_status",
    "ssm:managed-instance": "ssm_patch_compliance_info",
}
# a day on which no test runs: RDS applies what is pending when its window is moved to now
QUIET_DAY = ("thu", "fri", "sat", "sun", "mon", "tue", "wed")[datetime.now(timezone.utc).weekday()]
# Which other options a variant stands for.
VARIANTS = {
    "shorten": {"log_group_retention": {"shorten": True}},
    "detailed": {"ec2_monitoring": {"state": "detailed"}},
    "all_balancers": {
        "alb_idle_facts": {
            "load_balancer_types": ["application", "network", "gateway", "classic"],
            "no_traffic_days": 14,
        }
    },
    "rds_settings": {
        "rds_maintenance": {
            "backup_retention_days": 7,
            "backup_window": "02:00-02:30",
            "maintenance_window": f"{QUIET_DAY}:03:00-{QUIET_DAY}:04:00",
            "auto_minor_version_upgrade": True,
            "deletion_protection": True,
        }
    },
    "rds_pending": {"rds_maintenance": {"pending_maintenance": "next-maintenance"}},
    "rds_versions": {
        "rds_maintenance": {"minimum_engine_version": {"postgres": "16.4"}, "extended_support_warning_days": 180}
    },
    "rds_replication": {"rds_maintenance": {"backup_replication_region": "eu-central-1"}},
    "patching": {"ssm_patch_compliance_info": {}},
    "rds_snapshots": {"rds_maintenance": {"manual_snapshot_min_age_days": 30}},
}


@dataclass(frozen=True)
class Expect:
    """What a report-mode run should say. All None: no finding. `by` is a word of `protected_by`, without case."""

    note: str
    status: str | None = None
    reason: str | None = None
    by: str | None = None
    variants: Mapping[str, Expect] = field(default_factory=dict)

    def verdict(self) -> dict[str, Any]:
        return {"reason_code": self.reason, "status": self.status, "protected_by": self.by}


def waste(reason: str, note: str, **variants: Expect) -> Expect:
    return Expect(note, "planned", reason, variants=variants)


def spared(reason: str, by: str, note: str, **variants: Expect) -> Expect:
    return Expect(note, "protected", reason, by, variants)


def reported(reason: str, note: str, **variants: Expect) -> Expect:
    return Expect(note, "skipped", reason, variants=variants)


def ignored(note: str, **variants: Expect) -> Expect:
    return Expect(note, variants=variants)


@dataclass(frozen=True)
class Row:
    """One line of the manifest. `survives` an enforce run with default options. `variants`: the verdict under other
    options (see VARIANTS), where it differs."""

    account_id: str
    region: str
    resource_type: str
    resource_id: str
    name: str
    check: str | None
    reason_code: str | None
    status: str | None
    protected_by: str | None
    survives: bool
    note: str
    variants: dict[str, dict[str, Any]]


class Site:
    """One (account, region). Random things come from `random`, times are relative to `now` (naive UTC, as in moto)."""

    def __init__(
        self, account: str, region: str, seed: int | str, now: datetime, manifest: list[dict[str, Any]]
    ) -> None:
        self.account = account
        self.region = region
        self.random = Random(f"{seed}/{account}/{region}")
        self.now = now
        self.manifest = manifest

    def backend(self, service: str) -> Any:
        """moto's backend of one service, such as ec2 or autoscaling."""
        from importlib import import_module

        backends = getattr(import_module(f"moto.{service}.models"), f"{service}_backends")
        return backends[self.account][self.region]

    @property
    def ec2(self) -> Any:
        return self.backend("ec2")

    def hex(self, prefix: str = "") -> str:
        """A new id, such as vol-0123456789abcdef0."""
        return f"{prefix}{self.random.getrandbits(68):017x}"

    def ago(self, days: float = 0, hours: float = 0) -> datetime:
        return self.now - timedelta(days=days, hours=hours)

    def expect(self, resource_type: str, resource_id: str, name: str, expect: Expect) -> None:
        """Write one resource into the manifest."""
        check = CHECKS.get(resource_type)
        row = Row(
            account_id=self.account,
            region=self.region,
            resource_type=resource_type,
            resource_id=resource_id,
            name=name,
            check=check,
            reason_code=expect.reason,
            status=expect.status,
            protected_by=expect.by,
            survives=not (expect.status == "planned" and check == "ebs_orphan_cleanup"),
            note=expect.note,
            variants={name: other.verdict() for name, other in expect.variants.items()},
        )
        self.manifest.append(asdict(row))
