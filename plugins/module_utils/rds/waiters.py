# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waiters of RDS that botocore lacks.

An Aurora cluster is itself a target without health (`TRACKED_CLUSTER`), beside its instances, which have one:
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxyTarget.html
"""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.waiter import BaseWaiterFactory

# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBProxy.html; RDS leaves the passing ones by itself
PASSING = ("creating", "modifying", "suspending", "reactivating")
STUCK = ("incompatible-network", "insufficient-resource-limits", "suspended", "deleting")
STATUS = "DBProxies[0].Status"
TARGETS_READY = (
    "length(Targets) == `0` || (length(Targets[?TargetHealth]) > `0` && length(Targets[?TargetHealth"
    " && !contains(['AVAILABLE', 'UNUSED'], TargetHealth.State)]) == `0`)"
)


def _acceptor(state: str, matcher: str, expected: Any, argument: str | None = None) -> dict[str, Any]:
    path = {"argument": argument} if argument else {}
    return {"state": state, "matcher": matcher, "expected": expected, **path}


def _waiter(operation: str, *acceptors: dict[str, Any]) -> dict[str, Any]:
    return {"operation": operation, "delay": 5, "maxAttempts": 180, "acceptors": list(acceptors)}


WAITERS = {
    "db_proxy_available": _waiter(
        "DescribeDBProxies",
        _acceptor("success", "path", "available", STATUS),
        *(_acceptor("failure", "path", status, STATUS) for status in STUCK),
    ),
    "db_proxy_deletable": _waiter(
        "DescribeDBProxies",
        *(_acceptor("retry", "path", status, STATUS) for status in PASSING),
        _acceptor("success", "status", 200),
    ),
    "db_proxy_deleted": _waiter("DescribeDBProxies", _acceptor("success", "error", "DBProxyNotFoundFault")),
    "db_proxy_targets_available": _waiter("DescribeDBProxyTargets", _acceptor("success", "path", True, TARGETS_READY)),
}


# amazon.aws has no types
class RdsWaiterFactory(BaseWaiterFactory):  # type: ignore[misc]
    """By their names above; the parameters are those of the operation."""

    @property
    def _waiter_model_data(self) -> dict[str, Any]:
        return WAITERS


waiter_factory = RdsWaiterFactory()
