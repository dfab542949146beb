# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pending maintenance: tell of it, have it applied in the next maintenance window, or at once.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..sweep.errors import SweepError
from ..sweep.finding import REPORT_ONLY, Finding
from ..sweep.guard import Holds
from ..sweep.policy import Common
from ..sweep.region import Region, Resource, Scope
from .rds_databases import KINDS, DatabasePolicy, Kind, all_of, read_again

REPORT, NEXT_WINDOW, IMMEDIATE = "report", "next-maintenance", "immediate"
MODES = (REPORT, NEXT_WINDOW, IMMEDIATE)

ENGINE_UPGRADE = "db-upgrade"
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ApplyPendingMaintenanceAction.html
APPLICABLE = ("ca-certificate-rotation", ENGINE_UPGRADE, "hardware-maintenance", "os-upgrade", "system-update")
WHEN = {NEXT_WINDOW: "in the next maintenance window", IMMEDIATE: "immediately"}

LISTING = ("rds", "describe_pending_maintenance_actions", "PendingMaintenanceActions")


class PendingMaintenance(DatabasePolicy):
    """One kind of action on one kind of database, or every action that RDS doesn't let us apply (`action` is None).

    `resource` is the database with the action as `Pending`.
    """

    def __init__(self, kind: Kind, action: str | None, options: Mapping[str, Any], common: Common) -> None:
        super().__init__(kind, options, common)
        # ApplyPendingMaintenanceAction takes an ARN, whatever it is of
        self.gone_codes = (kind.gone, "ResourceNotFoundFault")
        self._action = action
        self._opt_in: str = options["pending_maintenance"] if action else REPORT
        self._confirmed: bool = options["apply_immediately"]
        if self._opt_in != REPORT:
            self.guards += [Holds("status", self.resting), Holds("engine upgrade", self._unconfirmed_upgrade)]
            self.transition = (f"{action} pending", f"{action} applied {WHEN[self._opt_in]}")

    def find(self, region: Region) -> Iterator[list[Resource]]:
        yield self._pending(self.chosen(all_of(region, self.kind)), region.listing(*LISTING))

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        wanted = [{"Name": self.kind.filter, "Values": list(ids)}]
        rows = [row for page in region.pages(*LISTING, Filters=wanted) for row in page]
        again = self._pending(self.chosen(read_again(region, self.kind, ids)), rows)
        return {resource[self.kind.id]: resource for resource in again}

    def _pending(self, databases: Sequence[Resource], rows: Sequence[Resource]) -> list[Resource]:
        by_arn = {database[self.kind.arn]: database for database in databases}
        return [
            {**by_arn[row["ResourceIdentifier"]], "Pending": pending}
            for row in rows
            for pending in row["PendingMaintenanceActionDetails"]
            if row["ResourceIdentifier"] in by_arn and self._mine(pending["Action"])
        ]

    def _mine(self, action: str) -> bool:
        return action not in APPLICABLE if self._action is None else action == self._action

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        pending, kind = resource["Pending"], self.kind
        if self._opt_in != REPORT and pending.get("OptInStatus") in (self._opt_in, IMMEDIATE):
            return None
        action = pending["Action"]
        return self.finding(
            resource,
            scope,
            now,
            reason=f"Maintenance of the {kind.words} is pending ({action}){dates_in_words(pending)}.",
            reason_code=f"pending_{action.replace('-', '_')}",
            action=self._name_of(action),
            reversible=False if self._opt_in == IMMEDIATE else None,
            configuration=facts(pending),
        )

    def _name_of(self, action: str) -> str:
        """Another action is another finding, also in a plan: an action for the window is none for now."""
        return REPORT_ONLY if self._opt_in == REPORT else f"apply_{action}_{self._opt_in}".replace("-", "_")

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        finding = findings[0]
        request = {"ResourceIdentifier": finding.arn, "ApplyAction": self._action, "OptInType": self._opt_in}
        region.call("rds", "apply_pending_maintenance_action", **request)

    def _unconfirmed_upgrade(self, resource: Resource) -> str | None:
        if self._action != ENGINE_UPGRADE or self._confirmed:
            return None
        return "an engine upgrade, which can't be taken back: set apply_immediately to allow it"


def dates_in_words(pending: Resource) -> str:
    """`: RDS applies it in the first window after 2026-11-30 and forces it on 2026-12-15`; what isn't known is left."""
    after, forced, chosen = (
        pending[name].date().isoformat() if pending.get(name) else None
        for name in ("AutoAppliedAfterDate", "ForcedApplyDate", "CurrentApplyDate")
    )
    words = [
        f"RDS applies it in the first window after {after}" if after else "",
        f"forces it on {forced}" if forced else "",
        f"it is due on {chosen}" if chosen and not after and not forced else "",
        f"it is asked for already ({pending['OptInStatus']})" if pending.get("OptInStatus") else "",
    ]
    known = [word for word in words if word]
    return f": {', '.join(known)}" if known else ""


def facts(pending: Resource) -> dict[str, Any]:
    """The action in snake_case, all of its dates included."""
    names = {
        "pending_action": "Action",
        "description": "Description",
        "auto_applied_after_date": "AutoAppliedAfterDate",
        "forced_apply_date": "ForcedApplyDate",
        "current_apply_date": "CurrentApplyDate",
        "opt_in_status": "OptInStatus",
    }
    return {name: pending.get(key) for name, key in names.items()}


def pending_policies(options: Mapping[str, Any], common: Common) -> list[DatabasePolicy]:
    """Raises SweepError for what would be done at once without a second word."""
    mode = options["pending_maintenance"]
    if mode is None:
        return []
    if mode == IMMEDIATE and not options["apply_immediately"]:
        raise SweepError(
            "pending_maintenance is immediate, which can't be undone and may restart databases now:"
            " set apply_immediately to true as well, or use next-maintenance."
        )
    return [PendingMaintenance(kind, action, options, common) for kind in KINDS for action in (*APPLICABLE, None)]


PERMISSIONS = ("rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribePendingMaintenanceActions")
ENFORCE_PERMISSIONS = ("rds:ApplyPendingMaintenanceAction",)
