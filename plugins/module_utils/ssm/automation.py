# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running an Automation runbook, on one resource or on many with rate control, and telling what became of each."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

try:
    from botocore.exceptions import WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..resource.patience import Look, Patience, look_until, waiter_of
from ..resource.task import Task
from ..sweep.errors import SweepError
from ..sweep.region import Region, Resource
from .command_invocations import SETTLING_LOOKS
from .command_options import DOCUMENT, check_run, matching
from .common import texts

ARGUMENT_SPEC: dict[str, Any] = {
    "document_name": {"type": "str", "required": True},
    "document_version": {"type": "str"},
    "parameters": {"type": "dict", "default": {}},
    "target_parameter_name": {"type": "str"},
    "target_tag": {"type": "dict"},
    "target_values": {"type": "list", "elements": "str"},
    "max_concurrency": {"type": "str", "default": "10"},
    "max_errors": {"type": "str", "default": "0"},
    "allow_no_targets": {"type": "bool", "default": False},
    "expected_account_id": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 14400},
    "wait_delay": {"type": "float", "default": 15.0},
}
CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [["target_tag", "target_values"]],
    "required_by": {"target_tag": ["target_parameter_name"], "target_values": ["target_parameter_name"]},
}

# what one target of StartAutomationExecution takes
MOST_VALUES = 50
NAMED = 10
SUCCESS = ("Success", "CompletedWithSuccess")
# https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-statuses.html
ENDED = (
    *SUCCESS,
    "TimedOut",
    "Cancelled",
    "Failed",
    "Rejected",
    "ChangeCalendarOverrideRejected",
    "CompletedWithFailure",
    "Exited",
)
FINISHED = "contains([{}], AutomationExecution.AutomationExecutionStatus)".format(", ".join(f"'{s}'" for s in ENDED))
# no words of SSM's
NOT_STARTED, PLANNED = "NotStarted", "Planned"


@dataclass(frozen=True)
class Execution:
    """What became of the runbook on one target; `target` is empty where it was run once, without targets."""

    execution_id: str
    target: str
    status: str
    failure_message: str = ""
    outputs: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Resource) -> Execution:
        return cls(
            row["AutomationExecutionId"],
            row.get("Target", ""),
            row["AutomationExecutionStatus"],
            row.get("FailureMessage", ""),
            row.get("Outputs", {}),
        )

    @property
    def succeeded(self) -> bool:
        return self.status in SUCCESS

    @property
    def words(self) -> str:
        return f"{self.target or self.execution_id}: {self.ending}"

    @property
    def ending(self) -> str:
        return self.status + (f" ({self.failure_message})" if self.failure_message else "")

    def to_dict(self) -> dict[str, Any]:
        return {
            "execution_id": self.execution_id,
            "target": self.target,
            "status": self.status,
            "failure_message": self.failure_message,
            "outputs": {name: list(values) for name, values in self.outputs.items()},
        }


def request_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """StartAutomationExecution's parameters. Raises SweepError for the first option that makes no sense."""
    matching(options, "document_name", DOCUMENT, "the name or ARN of a document, such as AWS-RestartEC2Instance")
    check_run(options)
    request = {
        "DocumentName": options["document_name"],
        "DocumentVersion": options["document_version"],
        "Parameters": {name: texts(value) for name, value in options["parameters"].items()},
    }
    if options["target_parameter_name"]:
        rate = {"MaxConcurrency": options["max_concurrency"], "MaxErrors": options["max_errors"]}
        request |= {"TargetParameterName": options["target_parameter_name"], "Targets": [_target(options)], **rate}
    return {name: value for name, value in request.items() if value}


def _target(options: Mapping[str, Any]) -> Resource:
    tag, values = options["target_tag"] or {}, options["target_values"] or []
    if not tag and not values:
        raise SweepError("target_parameter_name needs target_tag or target_values, which say what its values are.")
    if len(tag) > 1:
        raise SweepError(f"target_tag has {len(tag)} keys ({', '.join(tag)}): Automation takes one.")
    key, wanted = "ParameterValues", values
    for name, value in tag.items():
        key, wanted = f"tag:{name}", texts(value)
    if not 1 <= len(wanted) <= MOST_VALUES:
        raise SweepError(f"{key} has {len(wanted)} values: Automation takes 1 to {MOST_VALUES} in one execution.")
    return {"Key": key, "Values": list(dict.fromkeys(wanted))}


def run_automation(task: Task) -> dict[str, Any]:
    """The module's result. Raises SweepError, CallError: then nothing was started."""
    request, patience, region = request_of(task.options), task.patience, task.region()
    if task.check_mode:
        # a document that doesn't exist is told before the real run
        region.call("ssm", "describe_document", Name=request["DocumentName"])
        return _result(task, Execution("", "", PLANNED), [])
    # a call whose answer was lost is repeated: the token keeps it from starting twice
    started = region.call("ssm", "start_automation_execution", ClientToken=str(uuid.uuid4()), **request)
    execution_id = started["AutomationExecutionId"]
    if not task.options["wait"]:
        return _result(task, Execution(execution_id, "", "InProgress"), [])
    _await(region, execution_id, patience)
    row = region.call("ssm", "get_automation_execution", AutomationExecutionId=execution_id)["AutomationExecution"]
    whole = Execution.of(row)
    return _result(task, whole, _children(region, row, patience) if "Targets" in request else [whole])


def _await(region: Region, execution_id: str, patience: Patience) -> None:
    """Until the execution came to its end, or the time is over. Raises CallError."""
    # an execution that was just started may not be known everywhere yet
    not_yet = ("AutomationExecutionNotFoundException",)
    look = Look("ssm", "get_automation_execution", {"AutomationExecutionId": execution_id}, not_yet)
    acceptor = {"state": "success", "matcher": "path", "argument": FINISHED, "expected": True}
    with suppress(WaiterError):
        look_until(region, look, patience, [acceptor], f"automation {execution_id}")


def _children(region: Region, whole: Resource, patience: Patience) -> list[Execution]:
    """One execution for each target, by target; those that MaxErrors kept from starting are NotStarted. Of a success
    there are none such: its executions are read again until all of them are listed, with their ends."""
    resolved, found = whole.get("ResolvedTargets", {}).get("ParameterValues", []), dict[str, Execution]()

    def look(**_parameters: Any) -> dict[str, Any]:
        found.update({execution.target: execution for execution in _listed(region, whole["AutomationExecutionId"])})
        ended = all(execution.status in ENDED for execution in found.values())
        return {"Complete": ended and all(target in found for target in resolved)}

    looks = SETTLING_LOOKS if Execution.of(whole).succeeded else 1
    acceptor = {"state": "success", "matcher": "path", "argument": "Complete", "expected": True}
    name = f"executions of {whole['AutomationExecutionId']}"
    with suppress(WaiterError):
        waiter_of(name, "DescribeAutomationExecutions", look, [acceptor], patience.delay, looks).wait()
    unstarted = {target: Execution("", target, NOT_STARTED) for target in resolved if target not in found}
    return [one for _target_id, one in sorted({**found, **unstarted}.items())]


def _listed(region: Region, execution_id: str) -> list[Execution]:
    """Raises CallError."""
    parent = [{"Key": "ParentExecutionId", "Values": [execution_id]}]
    pages = region.pages("ssm", "describe_automation_executions", "AutomationExecutionMetadataList", Filters=parent)
    return [Execution.of(row) for page in pages for row in page]


def _result(task: Task, whole: Execution, found: Sequence[Execution]) -> dict[str, Any]:
    failed = [execution for execution in found if not execution.succeeded]
    message = _message(task, whole, found, failed)
    return {
        # what ended before it had a target did nothing
        "changed": bool(found) or whole.status not in ENDED,
        "execution_id": whole.execution_id or None,
        "status": whole.status,
        "executions": [execution.to_dict() for execution in found],
        "failed_executions": [execution.to_dict() for execution in failed],
        **({"msg": message} if message else {}),
    }


def _message(task: Task, whole: Execution, found: Sequence[Execution], failed: Sequence[Execution]) -> str | None:
    words = []
    if task.options["wait"] and whole.status not in (*ENDED, PLANNED):
        seconds = task.options["wait_timeout"]
        words.append(f"Automation {whole.execution_id} was not finished within {seconds} seconds. It goes on in AWS.")
    if failed:
        more = f"; and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
        some = "; ".join(execution.words for execution in failed[:NAMED])
        words.append(f"{len(failed)} of {len(found)} executions did not succeed: {some}{more}.")
    elif whole.status in ENDED and not whole.succeeded:
        words.append(f"Automation {whole.execution_id} ended as {whole.ending}.")
    # where nothing has the tag, SSM calls it a success
    elif whole.succeeded and not found and not task.options["allow_no_targets"]:
        words.append("There was no target: nothing was done. With allow_no_targets this is no failure.")
    return " ".join(words) or None
