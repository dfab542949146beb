# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waiters of DMS: botocore's own, and those that it lacks."""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.waiter import BaseWaiterFactory

# https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationInstance.html; DMS leaves them by itself
PASSING = ("creating", "modifying", "upgrading", "rebooting", "maintenance", "resetting-master-credentials")
STATUS = "ReplicationInstances[0].ReplicationInstanceStatus"

WAITERS: dict[str, Any] = {
    "replication_instance_deletable": {
        "operation": "DescribeReplicationInstances",
        "delay": 5,
        "maxAttempts": 180,
        "acceptors": [
            *({"state": "retry", "matcher": "path", "expected": status, "argument": STATUS} for status in PASSING),
            {"state": "success", "matcher": "status", "expected": 200},
        ],
    },
}


# amazon.aws has no types
class DmsWaiterFactory(BaseWaiterFactory):  # type: ignore[misc]
    """By botocore's names in snake_case, or by those above; the parameters are those of the operation."""

    @property
    def _waiter_model_data(self) -> dict[str, Any]:
        return WAITERS

    def get_waiter(self, client: Any, waiter_name: str) -> Any:
        return super().get_waiter(client, waiter_name) if waiter_name in WAITERS else client.get_waiter(waiter_name)


waiter_factory = DmsWaiterFactory()
