# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until an RDS resource is in a status, and saying so where that can't be or takes too long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

try:
    from botocore.exceptions import WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..resource.patience import Look, Patience, look_until
from ..sweep.errors import SweepError
from ..sweep.region import Region, Resource
from .databases import Kind

AVAILABLE = ("available",)
# What RDS doesn't leave by itself, and what to do:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html and the same page on Aurora
EVENTS = "its events in RDS say why"
DEAD_ENDS = {
    "cloning-failed": EVENTS,
    "delete-precheck": "it is being deleted",
    "deleting": "it is being deleted",
    "failed": EVENTS,
    "inaccessible-encryption-credentials": "give RDS access to its KMS key, then restore it from a backup",
    "inaccessible-encryption-credentials-recoverable": "give RDS access to its KMS key, then start it",
    "incompatible-network": EVENTS,
    "incompatible-option-group": EVENTS,
    "incompatible-parameters": EVENTS,
    "incompatible-restore": EVENTS,
    "insufficient-capacity": EVENTS,
    "migration-failed": EVENTS,
    "restore-error": EVENTS,
    "stopped": "start it",
    "storage-full": "give it more storage",
    "unavailable": EVENTS,
}


def wait_until(
    region: Region, kind: Kind, identifier: str, patience: Patience, statuses: Sequence[str] = AVAILABLE
) -> Resource:
    """The resource, as soon as its status is one of these. Raises SweepError where it can't be or isn't in time, and
    CallError."""
    path = f"{kind.key}[].{kind.status}"
    acceptors = [_acceptor("success", path, status) for status in statuses]
    acceptors += [_acceptor("failure", path, status) for status in DEAD_ENDS if status not in statuses]
    try:
        return wait_for(region, kind, identifier, patience, acceptors)
    except WaiterError as error:
        answer: Any = error.last_response
        found = (answer.get(kind.key) or [{}])[0]
        status = found.get(kind.status, "gone")
        raise SweepError(_told(kind, identifier, status, statuses, patience)) from error


def wait_for(
    region: Region, kind: Kind, identifier: str, patience: Patience, acceptors: Sequence[dict[str, Any]]
) -> Resource:
    """The resource, as soon as one of the acceptors of success matches. Raises WaiterError or CallError."""
    look = Look("rds", kind.operation, {kind.identifier: identifier})
    answer = look_until(region, look, patience, acceptors, f"{kind.words} {identifier}")
    found: Resource = answer[kind.key][0]
    return found


def _acceptor(state: str, path: str, status: str) -> dict[str, Any]:
    return {"state": state, "matcher": "pathAll", "argument": path, "expected": status}


def _told(kind: Kind, identifier: str, status: str, statuses: Sequence[str], patience: Patience) -> str:
    what = f"{kind.words} {identifier}"
    wanted = " or ".join(statuses)
    if status in DEAD_ENDS:
        return f"{what} is {status}, which it doesn't leave by itself: {DEAD_ENDS[status]}. It has to be {wanted}."
    return (
        f"{what} is still {status} after {patience.timeout} seconds; it has to be {wanted}."
        " Start again when it is, or wait longer."
    )
