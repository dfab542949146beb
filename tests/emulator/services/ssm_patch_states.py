# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patch states of managed instances, and machines that answer AWS-RunPatchBaseline. moto has neither.

https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-compliance-states.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..wire import AwsError, Call, page
from .ssm_instances import Outcome, ssm, tags_of

INSTANCES_A_CALL = 50
PAGE_SIZES = (10, 100)
GROUP_TAGS = ("PatchGroup", "Patch Group")
BASELINE = "pb-0123456789abcdef0"
COUNTS = (
    *("InstalledCount", "InstalledOtherCount", "InstalledPendingRebootCount", "InstalledRejectedCount"),
    *("MissingCount", "FailedCount", "NotApplicableCount", "UnreportedNotApplicableCount"),
    *("AvailableSecurityUpdateCount", "CriticalNonCompliantCount", "SecurityNonCompliantCount"),
    "OtherNonCompliantCount",
)

Row = dict[str, Any]


def states_of(backend: Any) -> dict[str, Row]:
    """Patch states of one of moto's SSM backends, by instance."""
    if not hasattr(backend, "patch_states"):
        backend.patch_states = {}
    states: dict[str, Row] = backend.patch_states
    return states


def set_state(backend: Any, instance_id: str, days_ago: float = 0, **facts: Any) -> Row:
    """What an operation that ended `days_ago` left; `facts` are InstancePatchState's fields, counts that aren't given
    are 0."""
    at = time.time() - days_ago * 86400
    states_of(backend)[instance_id] = {
        "InstanceId": instance_id,
        "PatchGroup": "",
        "BaselineId": BASELINE,
        "SnapshotId": str(uuid.UUID(int=len(states_of(backend)))),
        "Operation": "Scan",
        "OperationStartTime": at - 60,
        "OperationEndTime": at,
        **dict.fromkeys(COUNTS, 0),
        "InstalledCount": 100,
        **facts,
    }
    return states_of(backend)[instance_id]


@dataclass
class PatchedMachine:
    """Answers AWS-RunPatchBaseline on one instance. Of what is `missing`, `failing` patches can't be installed.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-aws-runpatchbaseline.html
    """

    backend: Any
    instance_id: str
    missing: int = 0
    failing: int = 0
    pending_reboot: int = 0
    group: str = ""
    #: what was asked of it, in order
    operations: Sequence[str] = ()

    def __call__(self, parameters: Mapping[str, list[str]]) -> Outcome:
        operation = parameters["Operation"][0]
        reboot = parameters.get("RebootOption", ["RebootIfNeeded"])[0] == "RebootIfNeeded"
        self.operations = (*self.operations, operation)
        installed = self.missing - self.failing if operation == "Install" else 0
        self.missing -= installed
        if operation == "Install":
            self.pending_reboot = 0 if reboot else self.pending_reboot + installed
        failed = self.failing if operation == "Install" else 0
        facts: Row = {"Operation": operation, "PatchGroup": self.group}
        facts |= {"MissingCount": self.missing - failed, "FailedCount": failed}
        facts |= {"InstalledPendingRebootCount": self.pending_reboot}
        if operation == "Install":
            facts["RebootOption"] = "RebootIfNeeded" if reboot else "NoReboot"
            facts |= {} if reboot else {"LastNoRebootInstallOperationTime": time.time()}
        set_state(self.backend, self.instance_id, **facts)
        return Outcome("Failed", 1, errors="Some patches failed to install.") if failed else Outcome()


def describe_instance_patch_states(call: Call) -> dict[str, Any]:
    """DescribeInstancePatchStates of 1 to 50 instances; one that was never scanned is not in the answer.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstancePatchStates.html
    """
    ids = call.params.get("InstanceIds") or []
    if len(ids) > INSTANCES_A_CALL:
        raise AwsError("ValidationException", "Value at 'instanceIds' failed to satisfy constraint: Member must have "
                       f"length less than or equal to {INSTANCES_A_CALL}")  # fmt: skip
    states = states_of(ssm(call))
    return _paged(call, [states[name] for name in ids if name in states])


def describe_instance_patch_states_for_patch_group(call: Call) -> dict[str, Any]:
    """DescribeInstancePatchStatesForPatchGroup: all states of a group; it is not filtered here.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstancePatchStatesForPatchGroup.html
    """
    wanted = call.params["PatchGroup"]
    return _paged(call, [row for row in states_of(ssm(call)).values() if _group(call, row) == wanted])


def _paged(call: Call, rows: Sequence[Row]) -> dict[str, Any]:
    size = call.params.get("MaxResults", PAGE_SIZES[0])
    if not PAGE_SIZES[0] <= size <= PAGE_SIZES[1]:
        raise AwsError("ValidationException", f"Value '{size}' at 'maxResults' failed to satisfy constraint")
    chosen, token = page(sorted(rows, key=_id), call.params.get("NextToken") or "", size, _id)
    answer: dict[str, Any] = {"InstancePatchStates": [{**row, "PatchGroup": _group(call, row)} for row in chosen]}
    return answer | ({"NextToken": token} if token else {})


def _id(row: Row) -> str:
    return str(row["InstanceId"])


def _group(call: Call, row: Row) -> str:
    tags = tags_of(call, row["InstanceId"])
    named = [tags[key] for key in GROUP_TAGS if key in tags]
    return row["PatchGroup"] or (named[0] if named else "")


OPERATIONS = {
    "DescribeInstancePatchStates": describe_instance_patch_states,
    "DescribeInstancePatchStatesForPatchGroup": describe_instance_patch_states_for_patch_group,
}
