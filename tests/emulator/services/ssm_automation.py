# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Automation executions: started, carried out on the spot by ssm_automation_steps, and looked at. moto has none.

https://docs.aws.amazon.com/systems-manager/latest/userguide/running-automations-scale.html
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..wire import AwsError, Call, page
from .instances import all_instances
from .ssm_automation_steps import StepError, run_steps
from .ssm_instances import ssm

# looks at an execution that is still in progress
LOOKS = 1
PAGE_SIZE = 50
FILTERS = ("ParentExecutionId", "ExecutionId", "DocumentNamePrefix")


@dataclass
class Execution:
    """One execution, or the parent of those of a rate-controlled one. It is in progress for `looks` more looks."""

    document: str
    parameters: dict[str, list[str]]
    looks: float
    parent: str = ""
    target: str = ""
    status: str = "Success"
    failure: str = ""
    outputs: dict[str, list[str]] = field(default_factory=dict)
    resolved: list[str] = field(default_factory=list)
    request: dict[str, Any] = field(default_factory=dict)
    execution_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.time)


def executions_of(backend: Any) -> dict[str, Execution]:
    if not hasattr(backend, "automation_executions"):
        backend.automation_executions = {}
    found: dict[str, Execution] = backend.automation_executions
    return found


def set_looks(backend: Any, looks: float) -> None:
    """For how many looks an execution is in progress; infinity for one that never ends."""
    backend.automation_looks = looks


def end_before_targets(backend: Any, status: str, failure: str) -> None:
    """Have each execution end so before its targets are looked up, as it does where its role may not list them."""
    backend.automation_end = (status, failure)


def list_late(backend: Any, looks: float) -> None:
    """For how many looks DescribeAutomationExecutions names no execution: SSM is eventually consistent."""
    backend.automation_unlisted = looks


def start_automation_execution(call: Call) -> dict[str, Any]:
    """StartAutomationExecution of one execution, or with TargetParameterName and one target (a tag, or values of the
    parameter) of one for each resource, until there are more errors than MaxErrors.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_StartAutomationExecution.html
    """
    document = _document(call)
    given = call.params.get("Parameters") or {}
    by_target = call.params.get("TargetParameterName", "")
    if bool(by_target) != bool(call.params.get("Targets")) or len(call.params.get("Targets") or []) > 1:
        raise AwsError("InvalidTarget", "TargetParameterName and one target go together.")
    _check(call, document, {**given, **({by_target: []} if by_target else {})})
    execution = Execution(call.params["DocumentName"], given, getattr(ssm(call), "automation_looks", LOOKS))
    execution.request = dict(call.params)
    executions_of(ssm(call))[execution.execution_id] = execution
    if end := getattr(ssm(call), "automation_end", None):
        execution.status, execution.failure = end
    elif by_target:
        _run_children(call, document, execution, by_target)
    else:
        _run(call, document, execution)
    return {"AutomationExecutionId": execution.execution_id}


def _document(call: Call) -> dict[str, Any]:
    import yaml

    from . import OPERATIONS

    name = call.params["DocumentName"]
    handler = OPERATIONS.get(("ssm", "GetDocument"))
    version = call.params.get("DocumentVersion")
    try:
        asked = Call(call.account, call.region, "ssm", "GetDocument", "json", {"Name": name} | (
            {"DocumentVersion": version} if version else {}))  # fmt: skip
        found = handler(asked) if handler else None
        found = found or ssm(call).get_document(name, version, None, None)
    except Exception as error:
        message = f"Automation definition not found: {name}"
        raise AwsError("AutomationDefinitionNotFoundException", message) from error
    assert isinstance(found, dict)
    content: dict[str, Any] = yaml.safe_load(found["Content"])
    if content.get("schemaVersion") != "0.3":
        raise AwsError("AutomationDefinitionNotFoundException", f"{name} is no Automation runbook")
    return content


def _check(call: Call, document: dict[str, Any], given: dict[str, list[str]]) -> None:
    """Raises InvalidAutomationExecutionParametersException for what the document doesn't take, and for a role that
    Systems Manager may not assume."""
    code, known = "InvalidAutomationExecutionParametersException", document.get("parameters", {})
    for name, values in given.items():
        if name not in known:
            raise AwsError(code, f"Parameter {name} is not defined in the document")
        allowed = [str(value) for value in known[name].get("allowedValues", [])]
        if allowed and not set(values) <= set(allowed):
            raise AwsError(code, f"{values} is not among the allowed values of {name}")
    if missing := [name for name, spec in known.items() if "default" not in spec and name not in given]:
        raise AwsError(code, f"Required parameters are missing: {missing}")
    if not may_assume(call, given.get("AutomationAssumeRole", [""])[0]):
        raise AwsError(code, "The defined assume role is unable to be assumed.")


def may_assume(call: Call, arn: str) -> bool:
    from moto.iam.models import iam_backends

    roles = iam_backends[call.account]["aws"].roles.values()
    role = next((role for role in roles if role.arn == arn), None)
    return role is not None and "ssm.amazonaws.com" in json.dumps(role.assume_role_policy_document)


def _run(call: Call, document: dict[str, Any], execution: Execution) -> None:
    try:
        execution.outputs = run_steps(call, document, execution.parameters, execution.execution_id)
    except StepError as error:
        execution.status, execution.failure = "Failed", str(error)


def _run_children(call: Call, document: dict[str, Any], parent: Execution, name: str) -> None:
    parent.resolved, errors = _resolve(call, call.params["Targets"][0]), 0
    limit = call.params.get("MaxErrors", "1")
    allowed = len(parent.resolved) * int(limit[:-1]) // 100 if limit.endswith("%") else int(limit)
    for target in parent.resolved:
        if errors > allowed:
            break
        child = Execution(parent.document, {**parent.parameters, name: [target]}, 0, parent.execution_id, target)
        executions_of(ssm(call))[child.execution_id] = child
        _run(call, document, child)
        errors += child.status == "Failed"
    parent.status = "Failed" if errors else "Success"


def _resolve(call: Call, target: dict[str, Any]) -> list[str]:
    """`tag:KEY` finds EC2 instances in whatever state, ParameterValues are taken as they are."""
    from moto.ec2.models import ec2_backends

    if target["Key"] == "ParameterValues":
        return list(target["Values"])
    if not target["Key"].startswith("tag:"):
        raise AwsError("InvalidTarget", f"The target key {target['Key']} is not valid")
    backend = ec2_backends[call.account][call.region]
    instances = [i.id for _reservation, i in all_instances(backend) if i.state != "terminated"]
    return sorted(i for i in instances if backend.tags.get(i, {}).get(target["Key"][4:]) in target["Values"])


def get_automation_execution(call: Call) -> dict[str, Any]:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetAutomationExecution.html"""
    execution = executions_of(ssm(call)).get(call.params["AutomationExecutionId"])
    if execution is None:
        raise AwsError("AutomationExecutionNotFoundException", "There is no such execution.")
    row = _row(execution)
    execution.looks -= 1
    resolved = {"ParameterValues": execution.resolved, "Truncated": False}
    return {"AutomationExecution": row | {"Parameters": execution.parameters, "ResolvedTargets": resolved}}


def _row(execution: Execution) -> dict[str, Any]:
    row = {
        "AutomationExecutionId": execution.execution_id,
        "DocumentName": execution.document,
        "AutomationExecutionStatus": "InProgress" if execution.looks > 0 else execution.status,
        "ExecutionStartTime": execution.started,
        "ParentAutomationExecutionId": execution.parent or None,
        "Target": execution.target or None,
        "FailureMessage": execution.failure or None,
        "Outputs": execution.outputs or None,
        **{name: value for name, value in execution.request.items() if name in ("MaxConcurrency", "MaxErrors")},
    }
    return {name: value for name, value in row.items() if value is not None}


def describe_automation_executions(call: Call) -> dict[str, Any]:
    """DescribeAutomationExecutions, at most 50 a page.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeAutomationExecutions.html
    """
    found: Sequence[Execution] = list(executions_of(ssm(call)).values())
    unlisted = getattr(ssm(call), "automation_unlisted", 0)
    list_late(ssm(call), unlisted - 1)
    if unlisted > 0:
        found = []
    for one in call.params.get("Filters") or []:
        if one["Key"] not in FILTERS:
            raise AwsError("InvalidFilterKey", f"The filter key {one['Key']} is not valid.")
        found = [execution for execution in found if _fits(execution, one["Key"], one["Values"])]
    size = min(call.params.get("MaxResults", PAGE_SIZE), PAGE_SIZE)
    chosen, token = page(sorted(found, key=_id), call.params.get("NextToken") or "", size, _id)
    answer: dict[str, Any] = {"AutomationExecutionMetadataList": [_row(execution) for execution in chosen]}
    return answer | ({"NextToken": token} if token else {})


def _fits(execution: Execution, key: str, values: Sequence[str]) -> bool:
    if key == "DocumentNamePrefix":
        return any(execution.document.startswith(value) for value in values)
    return (execution.parent if key == "ParentExecutionId" else execution.execution_id) in values


def _id(execution: Execution) -> str:
    return execution.execution_id


OPERATIONS = {
    "DescribeAutomationExecutions": describe_automation_executions,
    "GetAutomationExecution": get_automation_execution,
    "StartAutomationExecution": start_automation_execution,
}
