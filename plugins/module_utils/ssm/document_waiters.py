# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The waiters of documents, which botocore lacks.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DocumentDescription.html
"""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.waiter import BaseWaiterFactory

STATUS = "Document.Status"
PASSING = ("Creating", "Updating")
MISSING = "InvalidDocument"


def _waiter(*acceptors: dict[str, Any]) -> dict[str, Any]:
    return {"operation": "DescribeDocument", "delay": 5, "maxAttempts": 180, "acceptors": list(acceptors)}


def _status(state: str, status: str) -> dict[str, Any]:
    return {"state": state, "matcher": "path", "expected": status, "argument": STATUS}


WAITERS = {
    "document_active": _waiter(_status("success", "Active"), _status("failure", "Failed")),
    "document_settled": _waiter(
        *(_status("retry", status) for status in PASSING), {"state": "success", "matcher": "status", "expected": 200}
    ),
    "document_deleted": _waiter({"state": "success", "matcher": "error", "expected": MISSING}),
}


# amazon.aws has no types
class DocumentWaiterFactory(BaseWaiterFactory):  # type: ignore[misc]
    """By their names above; the parameters are those of the operation."""

    @property
    def _waiter_model_data(self) -> dict[str, Any]:
        return WAITERS


waiter_factory = DocumentWaiterFactory()
