# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of an Automation runbook, carried out with the emulated account's own operations.

Every API step is checked against the service's model, and refused where the assume role's inline policies don't name
the action (their resources and conditions aren't looked at).
https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-actions.html
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..wire import AwsError, Call, render
from .ssm_commands import sent_of
from .ssm_instances import ssm

VARIABLE = re.compile(r"\{\{\s*([\w.:]+)\s*\}\}")
OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericGreater": lambda value, wanted: float(value) > float(wanted),
    "StringEquals": lambda value, wanted: str(value) == str(wanted),
    "BooleanEquals": lambda value, wanted: bool(value) == bool(wanted),
}
# what a step of one action costs in permissions
RUN_COMMAND = ("ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations")


class StepError(Exception):
    """Why an execution failed, in Automation's words."""


@dataclass
class Scope:
    """What steps may refer to: parameters, outputs of earlier steps, and AWS's own variables."""

    call: Call
    values: dict[str, Any] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self.resolve(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if whole := VARIABLE.fullmatch(value):
            return self._value(whole[1])
        return VARIABLE.sub(lambda match: str(self._value(match[1])), value)

    def _value(self, name: str) -> Any:
        if name not in self.values:
            raise StepError(f"The variable {name} has no value")
        return self.values[name]


def run_steps(call: Call, document: Mapping[str, Any], given: Mapping[str, list[str]], own_id: str) -> dict[str, Any]:
    """Carry out a runbook. Returns its outputs; raises StepError for the step that failed."""
    scope = Scope(call, {"global:DATE_TIME": time.strftime("%Y-%m-%d_%H.%M.%S", time.gmtime())})
    scope.values["automation:EXECUTION_ID"] = own_id
    for name, spec in document.get("parameters", {}).items():
        scope.values[name] = _parameter(spec, given.get(name))
    steps = document["mainSteps"]
    names = [step["name"] for step in steps]
    place = 0
    while place < len(steps):
        step = steps[place]
        try:
            following = ACTIONS[step["action"]](scope, step)
        except (StepError, AwsError) as error:
            raise StepError(f"Step fails when it is Execute/Cancelling action. Step {step['name']}: {error}") from error
        if step.get("isEnd"):
            break
        place = names.index(following) if following else place + 1
    return {name: [str(scope.values[name])] for name in document.get("outputs", []) if name in scope.values}


def _parameter(spec: Mapping[str, Any], given: list[str] | None) -> Any:
    if given is None:
        return spec["default"]
    if spec["type"] == "StringList":
        return given
    return given[0] == "true" if spec["type"] == "Boolean" else given[0]


def _run_command(scope: Scope, step: Mapping[str, Any]) -> None:
    for action in RUN_COMMAND:
        _authorise(scope, action)
    inputs = scope.resolve(step["inputs"])
    parameters = {k: v if isinstance(v, list) else [str(v)] for k, v in inputs.pop("Parameters", {}).items()}
    answer = _api(scope, "ssm", "SendCommand", {**inputs, "Parameters": parameters})
    sent = sent_of(ssm(scope.call))[answer["Command"]["CommandId"]]
    for instance_id, outcome in sent.outcomes.items():
        if outcome.status != "Success":
            raise StepError(f"command on {instance_id} ended as {outcome.status}: {outcome.errors}")


def _execute_api(scope: Scope, step: Mapping[str, Any]) -> None:
    answer = _answer(scope, step)
    for output in step.get("outputs", []):
        scope.values[f"{step['name']}.{output['Name']}"] = _select(answer, output["Selector"])


def _assert(scope: Scope, step: Mapping[str, Any]) -> None:
    value = _select(_answer(scope, step), step["inputs"]["PropertySelector"])
    if str(value) not in [str(wanted) for wanted in step["inputs"]["DesiredValues"]]:
        raise StepError(f"{step['inputs']['PropertySelector']} is {value}")


def _wait(scope: Scope, step: Mapping[str, Any]) -> None:
    until = time.monotonic() + min(step.get("timeoutSeconds", 3600), 10)
    while True:
        try:
            return _assert(scope, step)
        except StepError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _sleep(scope: Scope, step: Mapping[str, Any]) -> None:
    """No test waits for it: https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-sleep.html"""


def _branch(scope: Scope, step: Mapping[str, Any]) -> str | None:
    for choice in step["inputs"]["Choices"]:
        if _holds(scope, choice):
            return str(choice["NextStep"])
    following: str | None = step["inputs"].get("Default")
    return following


def _holds(scope: Scope, rule: Mapping[str, Any]) -> bool:
    if "Or" in rule:
        return any(_holds(scope, inner) for inner in rule["Or"])
    if "And" in rule:
        return all(_holds(scope, inner) for inner in rule["And"])
    value = scope.resolve(rule["Variable"])
    return all(OPERATORS[name](value, wanted) for name, wanted in rule.items() if name not in ("Variable", "NextStep"))


def _answer(scope: Scope, step: Mapping[str, Any]) -> Any:
    inputs = scope.resolve(step["inputs"])
    service, api = inputs.pop("Service"), inputs.pop("Api")
    _authorise(scope, f"{service}:{api}")
    for name in ("PropertySelector", "DesiredValues"):
        inputs.pop(name, None)
    return _api(scope, service, api, inputs)


def _select(answer: Any, selector: str) -> Any:
    for part in re.findall(r"\w+", selector):
        try:
            answer = answer[int(part)] if part.isdigit() else answer[part]
        except (KeyError, IndexError):
            raise StepError(f"{selector} found nothing") from None
    return answer


def _api(scope: Scope, service: str, api: str, inputs: dict[str, Any]) -> Any:
    """Through botocore's model, which refuses what the API doesn't take."""
    from botocore.parsers import create_parser
    from botocore.serialize import create_serializer
    from botocore.session import get_session
    from botocore.validate import ParamValidator

    from . import OPERATIONS

    model = get_session().get_service_model(service)
    operation = model.operation_model(api)
    if report := ParamValidator().validate(inputs, operation.input_shape).generate_report():
        raise StepError(report)
    params = inputs
    if model.metadata["protocol"] == "ec2":
        params = create_serializer("ec2").serialize_to_request(inputs, operation)["body"]
    call = Call(
        scope.call.account, scope.call.region, service, api, "ec2" if service == "ec2" else "json", params,
        scope.call.settings,
    )  # fmt: skip
    result = OPERATIONS[service, api](call)
    if isinstance(result, dict):
        return result
    assert result is not None
    reply = render(call, result)
    return create_parser("ec2").parse({"body": reply.body, "status_code": 200, "headers": {}}, operation.output_shape)


def _authorise(scope: Scope, action: str) -> None:
    from moto.iam.models import iam_backends

    arn = scope.values.get("AutomationAssumeRole", "")
    role = next(role for role in iam_backends[scope.call.account]["aws"].roles.values() if role.arn == arn)
    for text in role.policies.values():
        for statement in json.loads(text)["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            if statement["Effect"] == "Allow" and action in actions:
                return
    raise StepError(f"AccessDenied: {arn} is not authorized to perform: {action}")


ACTIONS: Mapping[str, Callable[[Scope, Mapping[str, Any]], str | None]] = {
    "aws:assertAwsResourceProperty": _assert,
    "aws:branch": _branch,
    "aws:executeAwsApi": _execute_api,
    "aws:runCommand": _run_command,
    "aws:sleep": _sleep,
    "aws:waitForAwsResourceProperty": _wait,
}
