# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run Command with its statuses, on the instances of ssm_instances. moto has every command succeed at once, on any
instance, and gives neither its invocations nor its output.

https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..wire import AwsError, Call, page
from .ssm_instances import PLUGINS, Managed, Outcome, is_terminated, managed_of, ssm, tags_of

# looks at a command that is still in progress, unless a test says otherwise
LOOKS = 1
LIST_OUTPUT, FULL_OUTPUT, FULL_ERRORS = 2500, 24000, 8000
# what the agent puts between outputs and errors, and where it cuts them
ERROR_TITLE = "\n----------ERROR-------\n"
OUTPUT_CUT, ERROR_CUT = "\n---Output truncated---", "\n---Error truncated----"
INSTANCES, TARGETS = 50, 5
STATUSES = {
    "Success": "Success",
    "Terminated": "Cancelled",
    "Cancelled": "Cancelled",
    "DeliveryTimedOut": "TimedOut",
    "ExecutionTimedOut": "TimedOut",
}
NOT_COUNTED = ("Success", "AccessDenied", "DeliveryTimedOut", "Undeliverable", "InvalidPlatform", "Terminated")
# no terminal states of an invocation as CompletedCount counts them
NEVER_COMPLETED = ("AccessDenied", "InvalidPlatform")
SHELLS = {"AWS-RunShellScript": "Linux", "AWS-RunPowerShellScript": "Windows"}


@dataclass
class Sent:
    """A command, and what it came to on each instance. It is in progress for `looks` more looks, and on its first
    instance for `lingering` looks more. If `refused` (StatusDetails), it ended before it ran anywhere. `unlisted`: for
    how many looks its invocations are known on so many instances only."""

    command_id: str
    params: Mapping[str, Any]
    outcomes: dict[str, Outcome]
    instances: Sequence[Managed]
    looks: float
    lingering: int = 0
    refused: str = ""
    unlisted: tuple[float, int] = (0, 0)
    sent_at: float = field(default_factory=time.time)

    @property
    def in_progress(self) -> bool:
        return self.looks > 0

    def is_running(self, instance: Managed) -> bool:
        """Whether it still runs on an instance, also where it has ended as a whole."""
        return self.in_progress or (self.looks > -self.lingering and instance is self.instances[0])


def set_looks(backend: Any, looks: float) -> None:
    """For how many looks each command is in progress; infinity for one that never ends."""
    backend.command_looks = looks


def set_lingering(backend: Any, looks: int) -> None:
    """For how many looks after each command has ended its first execution goes on."""
    backend.command_lingering = looks


def refuse_commands(backend: Any, status_details: str) -> None:
    """Have each command end before it runs anywhere: RateExceeded, where there are too many pending invocations."""
    backend.command_refused = status_details


def list_late(backend: Any, looks: float, known: int = 0) -> None:
    """For how many looks at each command's invocations only so many are known: SSM is eventually consistent.

    https://github.com/aws/aws-cli/issues/3546
    """
    backend.command_unlisted = (looks, known)


def sent_of(backend: Any) -> dict[str, Sent]:
    if not hasattr(backend, "sent_commands"):
        backend.sent_commands = {}
    sent: dict[str, Sent] = backend.sent_commands
    return sent


def send_command(call: Call) -> dict[str, Any]:
    """SendCommand: InstanceIds (at most 50, all of them managed and not terminated, or InvalidInstanceId) or Targets
    (at most 5).

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
    """
    backend = ssm(call)
    instances = _instances(call)
    sent = Sent(str(uuid.uuid4()), call.params, {}, instances, getattr(backend, "command_looks", LOOKS))
    sent.lingering = getattr(backend, "command_lingering", 0)
    sent.refused = getattr(backend, "command_refused", "")
    sent.unlisted = getattr(backend, "command_unlisted", (0, 0))
    sent.outcomes.update(
        {one.instance_id: Outcome(sent.refused) for one in instances} if sent.refused else _run(call, instances)
    )
    sent_of(backend)[sent.command_id] = sent
    return {"Command": _command(sent) | {"Status": "Pending", "StatusDetails": "Pending"}}


def _instances(call: Call) -> list[Managed]:
    managed, ids, targets = managed_of(ssm(call)), call.params.get("InstanceIds"), call.params.get("Targets") or []
    if bool(ids) == bool(targets) or len(ids or []) > INSTANCES or len(targets) > TARGETS:
        raise AwsError("ValidationException", "Either InstanceIds (at most 50) or Targets (at most 5) must be given")
    if ids:
        if unknown := [one for one in ids if one not in managed or is_terminated(call, one)]:
            raise AwsError("InvalidInstanceId", f"Instances [{unknown}] not in a valid state for account")
        return [managed[instance_id] for instance_id in ids]
    return [managed[instance_id] for instance_id in sorted(managed) if _is_target(call, instance_id, targets)]


def _is_target(call: Call, instance_id: str, targets: Sequence[Mapping[str, Any]]) -> bool:
    from .resource_groups import members

    for target in targets:
        key, values = target["Key"], target["Values"]
        if key == "resource-groups:Name":
            found = any(instance_id in members(call, group) for group in values)
        elif key.startswith("tag:"):
            found = tags_of(call, instance_id).get(key[4:]) in values
        else:
            raise AwsError("InvalidTarget", f"The target key {key} is not valid")
        if not found:
            return False
    return True


def _run(call: Call, instances: Sequence[Managed]) -> dict[str, Outcome]:
    """One instance after the other; once there are more errors than MaxErrors, the rest is Terminated."""
    limit, errors, outcomes = str(call.params.get("MaxErrors", "0")), 0, {}
    allowed = len(instances) * int(limit[:-1]) // 100 if limit.endswith("%") else int(limit)
    for instance in instances:
        outcome = Outcome("Terminated") if errors > allowed else _outcome(call, instance)
        errors += outcome.status not in NOT_COUNTED
        outcomes[instance.instance_id] = outcome
    return outcomes


def _outcome(call: Call, instance: Managed) -> Outcome:
    platform = SHELLS.get(call.params["DocumentName"], instance.platform)
    if platform != instance.platform:
        return Outcome("InvalidPlatform")
    if instance.ping_status != "Online":
        return Outcome("DeliveryTimedOut")
    return instance.machine(call.params.get("Parameters") or {})


def list_commands(call: Call) -> dict[str, Any]:
    """ListCommands by CommandId; each look brings a command nearer to its end.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommands.html
    """
    sent = _sent(call)
    answer = _command(sent)
    sent.looks -= 1
    return {"Commands": [answer]}


def _sent(call: Call) -> Sent:
    sent = sent_of(ssm(call)).get(call.params.get("CommandId", ""))
    if sent is None:
        raise AwsError("InvalidCommandId", "Invalid command id.")
    return sent


def _command(sent: Sent) -> dict[str, Any]:
    details = _details(sent)
    outcomes = [(one, sent.outcomes[one.instance_id]) for one in sent.instances if not sent.refused]
    done = [outcome for one, outcome in outcomes if not sent.is_running(one) and outcome.status not in NEVER_COMPLETED]
    return {
        "CommandId": sent.command_id,
        **{name: value for name, value in sent.params.items() if name != "Parameters"},
        "Parameters": sent.params.get("Parameters", {}),
        "Status": {"InProgress": "InProgress", "Incomplete": "Failed", "NoInstancesInTag": "Success"}.get(details)
        or STATUSES.get(details, "Failed"),
        "StatusDetails": details,
        "RequestedDateTime": sent.sent_at,
        "TargetCount": len(sent.outcomes),
        "CompletedCount": len(done),
        "ErrorCount": sum(outcome.status not in NOT_COUNTED for outcome in done),
    }


def _details(sent: Sent) -> str:
    if not sent.outcomes:
        return "NoInstancesInTag"
    if sent.in_progress:
        return "InProgress"
    if sent.refused:
        return sent.refused
    statuses = {outcome.status for outcome in sent.outcomes.values()}
    if statuses == {"Success"}:
        return "Success"
    return "Failed" if statuses - {"Success", *NOT_COUNTED} else "Incomplete"


def list_command_invocations(call: Call) -> dict[str, Any]:
    """ListCommandInvocations, which moto lacks: at most 50 a page; with Details each plugin's output, cut at 2,500
    bytes.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html
    """
    sent, size = _sent(call), call.params.get("MaxResults", 50)
    if not 1 <= size <= 50:
        raise AwsError("ValidationException", f"Value '{size}' at 'maxResults' failed to satisfy constraint")
    rows = [_invocation(call, sent, instance) for instance in _known(sent) if not sent.refused]
    chosen, token = page(sorted(rows, key=_row_id), call.params.get("NextToken") or "", size, _row_id)
    return {"CommandInvocations": list(chosen)} | ({"NextToken": token} if token else {})


def _known(sent: Sent) -> Sequence[Managed]:
    """Those on which SSM knows the command already; each look brings the others nearer."""
    looks, known = sent.unlisted
    sent.unlisted = (looks - 1, known)
    return sent.instances[:known] if looks > 0 else sent.instances


def _row_id(row: Mapping[str, Any]) -> str:
    return str(row["InstanceId"])


def _invocation(call: Call, sent: Sent, instance: Managed) -> dict[str, Any]:
    outcome = sent.outcomes[instance.instance_id]
    row = {
        "CommandId": sent.command_id,
        "InstanceId": instance.instance_id,
        "InstanceName": instance.name or tags_of(call, instance.instance_id).get("Name", ""),
        "DocumentName": sent.params["DocumentName"],
    }
    if sent.is_running(instance):
        return row | {"Status": "InProgress", "StatusDetails": "InProgress", "CommandPlugins": []}
    status = STATUSES.get(outcome.status, "Failed")
    plugin = {
        "Name": PLUGINS[instance.platform],
        "Status": status,
        "StatusDetails": outcome.status,
        "ResponseCode": outcome.exit_code if outcome.status in ("Success", "Failed") else -1,
        "Output": _both(outcome),
    }
    plugins = [plugin] if call.params.get("Details") else []
    return row | {"Status": status, "StatusDetails": outcome.status, "CommandPlugins": plugins}


def _both(outcome: Outcome) -> str:
    """As the agent cuts it, in bytes: the longer of the two, or both.

    TruncateOutput in https://github.com/aws/amazon-ssm-agent, framework/processor/executer/iohandler/iohandler.go
    """
    title = ERROR_TITLE if outcome.errors else ""
    output, errors, room = outcome.output.encode(), outcome.errors.encode(), LIST_OUTPUT - len(title)
    if len(output) + len(errors) < room:
        return outcome.output + title + outcome.errors
    if len(output) > room // 2 and len(errors) > room // 2:
        half = (room - len(OUTPUT_CUT) - len(ERROR_CUT)) // 2
        return _cut(output, half) + OUTPUT_CUT + title + _cut(errors, half) + ERROR_CUT
    if len(output) < room // 2:
        return outcome.output + title + _cut(errors, room - len(ERROR_CUT) - len(output)) + ERROR_CUT
    return _cut(output, room - len(OUTPUT_CUT) - len(errors)) + OUTPUT_CUT + title + outcome.errors


def _cut(text: bytes, size: int) -> str:
    return text[:size].decode(errors="replace")


def get_command_invocation(call: Call) -> dict[str, Any]:
    """GetCommandInvocation: 24,000 characters of the output, 8,000 of the errors.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html
    """
    sent, instance_id = _sent(call), call.params["InstanceId"]
    instance = next((one for one in _known(sent) if one.instance_id == instance_id), None)
    if instance is None:
        raise AwsError("InvocationDoesNotExist", "The command ID and managed node ID you specified didn't match any "
                       "invocations.")  # fmt: skip
    if call.params.get("PluginName", PLUGINS[instance.platform]) != PLUGINS[instance.platform]:
        raise AwsError("InvalidPluginName", "The plugin name isn't valid.")
    outcome = sent.outcomes[instance_id]
    return {
        "CommandId": sent.command_id,
        "InstanceId": instance_id,
        "ResponseCode": outcome.exit_code,
        "Status": STATUSES.get(outcome.status, "Failed"),
        "StatusDetails": outcome.status,
        "StandardOutputContent": outcome.output[:FULL_OUTPUT],
        "StandardErrorContent": outcome.errors[:FULL_ERRORS],
    }


OPERATIONS = {
    "SendCommand": send_command,
    "ListCommands": list_commands,
    "ListCommandInvocations": list_command_invocations,
    "GetCommandInvocation": get_command_invocation,
}
