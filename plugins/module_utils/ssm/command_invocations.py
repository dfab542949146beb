# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a command on each instance, from as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

try:
    from botocore.exceptions import WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..resource.patience import Look, Patience, waiter_of
from ..sweep.region import Region, Resource
from .command_targets import Target

# https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
SUCCESS = "Success"
ENDED = (SUCCESS, "Cancelled", "Failed", "TimedOut")
UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")
# a command that was just sent may not be known everywhere yet
NOT_YET = ("InvalidCommandId",)
# what counts against max_errors, unless the command never ran
COUNTED = ("Failed", "TimedOut")
NOT_COUNTED = ("AccessDenied", "DeliveryTimedOut", "InvalidPlatform", "Terminated", "Undeliverable")
# the list cuts each plugin's output here, in bytes; GetCommandInvocation gives 24,000 characters
LIST_OUTPUT = 2500
# what SSM Agent ends standard output and errors with where it cuts them: TruncateOutput in its iohandler.go
CUT_MARKS = ("---Output truncated---", "---Error truncated----")
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
        return any(_is_cut(plugin.get("Output", "")) for plugin in self.plugins)

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


def _is_cut(output: str) -> bool:
    return len(output.encode()) >= LIST_OUTPUT or any(mark in output for mark in CUT_MARKS)


def _exit_code(plugins: Sequence[Resource]) -> int | None:
    ran = [plugin for plugin in plugins if plugin.get("ResponseCode", NOT_RUN) != NOT_RUN]
    failed = [plugin for plugin in ran if plugin["Status"] != SUCCESS]
    chosen = [*failed[:1], *ran[-1:]]
    return int(chosen[0]["ResponseCode"]) if chosen else None


def _joined(texts: Any) -> str:
    return "\n".join(text.rstrip("\n") for text in texts if text.strip())


@dataclass(frozen=True)
class Course:
    """How far a command as a whole is, in SSM's words. `completed`: by SSM's count it is done on all instances;
    `ended`: nothing of it goes on anywhere."""

    status: str = ""
    status_details: str = ""
    completed: bool = False
    ended: bool = False

    @classmethod
    def of(cls, region: Region, row: Resource) -> Course:
        """Raises CallError."""
        status, completed = row["Status"], row.get("CompletedCount", 0) >= row.get("TargetCount", 0)
        # after max_errors has ended the command, executions go on for a while; and some endings are never counted
        ended = status in ENDED and (completed or not _is_under_way(region, row["CommandId"]))
        return cls(status, row.get("StatusDetails") or status, completed, ended)

    @property
    def cut_short(self) -> bool:
        return self.ended and self.status != SUCCESS and not self.completed


def await_command(region: Region, command_id: str, patience: Patience) -> Course:
    """The command as it was at the last look. One call a look, however many instances; only of a command that ended
    before it was done on all of them, the list of its invocations is read too. Raises CallError."""
    look, seen = Look("ssm", "list_commands", {"CommandId": command_id}, NOT_YET), [Course()]

    def again(**_parameters: Any) -> dict[str, Any]:
        for row in look.at(region).get("Commands", [])[:1]:
            seen[0] = Course.of(region, row)
        return {"Ended": seen[0].ended}

    acceptor = {"state": "success", "matcher": "path", "argument": "Ended", "expected": True}
    with suppress(WaiterError):
        waiter_of(f"command {command_id}", look.operation, again, [acceptor], patience.delay, patience.attempts).wait()
    return seen[0]


def _is_under_way(region: Region, command_id: str) -> bool:
    pages = region.pages("ssm", "list_command_invocations", "CommandInvocations", CommandId=command_id)
    return any(row["Status"] in UNDER_WAY for page in pages for row in page)


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
    if not _is_cut(plugin.get("Output", "")):
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
