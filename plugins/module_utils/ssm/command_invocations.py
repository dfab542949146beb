# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a command on each instance, from as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

try:
    from botocore.exceptions import WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..resource.patience import Look, Patience, look_until
from ..sweep.region import Region, Resource
from .command_targets import Target

# https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
SUCCESS = "Success"
# the executions under way go on for a while after max_errors has ended the command
FINISHED = (
    "contains(['Success', 'Cancelled', 'Failed', 'TimedOut'], Commands[0].Status)"
    " && Commands[0].CompletedCount >= Commands[0].TargetCount"
)
# a command that was just sent may not be known everywhere yet
NOT_YET = ("InvalidCommandId",)
# what counts against max_errors, unless the command never ran
COUNTED = ("Failed", "TimedOut")
NOT_COUNTED = ("AccessDenied", "DeliveryTimedOut", "InvalidPlatform", "Terminated", "Undeliverable")
# the list cuts each plugin's output here; GetCommandInvocation gives 24,000 characters
LIST_OUTPUT = 2500
# the ResponseCode of what did not run; Windows knows negative exit codes
NOT_RUN = -1
ERROR_MARK = "\n----------ERROR-------\n"


@dataclass
class Invocation:
    """A command on one instance. `exit_code` is that of the first plugin that failed, else of the last one that ran;
    None where none did."""

    command_id: str
    instance_id: str
    name: str
    status: str
    status_details: str
    exit_code: int | None = None
    output: str = ""
    plugins: Sequence[Resource] = field(default=(), repr=False)

    @classmethod
    def of(cls, row: Resource) -> Invocation:
        plugins = row.get("CommandPlugins", [])
        return cls(
            row["CommandId"],
            row["InstanceId"],
            row.get("InstanceName") or "",
            row["Status"],
            row.get("StatusDetails") or row["Status"],
            _exit_code(plugins),
            _joined(plugin.get("Output", "") for plugin in plugins),
            plugins,
        )

    @classmethod
    def unsent(cls, target: Target, status_details: str) -> Invocation:
        return cls("", target.instance_id, target.name, "Failed", status_details)

    @property
    def succeeded(self) -> bool:
        return self.status == SUCCESS

    @property
    def counts(self) -> bool:
        """Whether it counts against max_errors."""
        return self.status in COUNTED and self.status_details not in NOT_COUNTED

    @property
    def is_cut(self) -> bool:
        return any(len(plugin.get("Output", "")) >= LIST_OUTPUT for plugin in self.plugins)

    @property
    def words(self) -> str:
        label = f"{self.name} ({self.instance_id})" if self.name else self.instance_id
        return f"{label}: {self.status_details}" + (f", exit code {self.exit_code}" if self.exit_code else "")

    def to_dict(self) -> dict[str, Any]:
        return {
            "instance_id": self.instance_id,
            "name": self.name,
            "command_id": self.command_id,
            "status": self.status,
            "status_details": self.status_details,
            "exit_code": self.exit_code,
            "output": self.output,
        }


def _exit_code(plugins: Sequence[Resource]) -> int | None:
    ran = [plugin for plugin in plugins if plugin.get("ResponseCode", NOT_RUN) != NOT_RUN]
    failed = [plugin for plugin in ran if plugin["Status"] != SUCCESS]
    chosen = [*failed[:1], *ran[-1:]]
    return int(chosen[0]["ResponseCode"]) if chosen else None


def _joined(texts: Any) -> str:
    return "\n".join(text.rstrip("\n") for text in texts if text.strip())


def await_command(region: Region, command_id: str, patience: Patience) -> bool:
    """Whether the command came to its end in time. One call a look, however many instances. Raises CallError."""
    look = Look("ssm", "list_commands", {"CommandId": command_id}, NOT_YET)
    acceptor = {"state": "success", "matcher": "path", "argument": FINISHED, "expected": True}
    try:
        look_until(region, look, patience, [acceptor], f"command {command_id}")
    except WaiterError:
        return False
    return True


def read_invocations(region: Region, command_id: str, full_output: bool) -> list[Invocation]:
    """One invocation an instance, by id. Output that the list cuts is read in full where the command failed, and
    everywhere if `full_output`. Raises CallError."""
    pages = region.pages("ssm", "list_command_invocations", "CommandInvocations", CommandId=command_id, Details=True)
    found = [Invocation.of(row) for page in pages for row in page]
    for invocation in found:
        if invocation.is_cut and (full_output or not invocation.succeeded):
            invocation.output = _joined(_full(region, invocation, plugin) for plugin in invocation.plugins)
    return sorted(found, key=lambda invocation: invocation.instance_id)


def _full(region: Region, invocation: Invocation, plugin: Resource) -> str:
    if len(plugin.get("Output", "")) < LIST_OUTPUT:
        return str(plugin.get("Output", ""))
    answer = region.call(
        "ssm",
        "get_command_invocation",
        CommandId=invocation.command_id,
        InstanceId=invocation.instance_id,
        PluginName=plugin["Name"],
    )
    errors = answer.get("StandardErrorContent", "")
    return str(answer.get("StandardOutputContent", "")) + (f"{ERROR_MARK}{errors}" if errors else "")
