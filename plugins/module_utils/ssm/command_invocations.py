# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a command on each instance, from as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

try:
    from botocore.exceptions import WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..resource.patience import Look, Patience, waiter_of
from ..sweep.errors import CallError
from ..sweep.region import Region, Resource
from .command_targets import TERMINATED, Target

# https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
SUCCESS = "Success"
ENDED = (SUCCESS, "Cancelled", "Failed", "TimedOut")
UNDER_WAY = ("Pending", "InProgress", "Delayed", "Cancelling")
# a command that was just sent may not be known everywhere yet, nor where it runs
NOT_YET = ("InvalidCommandId", "InvocationDoesNotExist")
# how often to look for what SSM counts and doesn't list yet, wait_delay apart
SETTLING_LOOKS = 12
# StatusDetails of commands that SSM ended before they ran anywhere, so that they have no invocations
NEVER_RAN = ("AccessDenied", "LimitExceeded", "NoInstancesInTag", "RateExceeded")
# no word of SSM's: it names no invocation of the command on this instance
NO_INVOCATION = "NoInvocation"
# why SendCommand refuses an instance, and with it all others
INVALID_ID = "InvalidInstanceId"
# what counts against max_errors, unless the command never ran
COUNTED = ("Failed", "TimedOut")
NOT_COUNTED = (
    "AccessDenied",
    "DeliveryTimedOut",
    "InvalidPlatform",
    "Terminated",
    "Undeliverable",
    INVALID_ID,
    TERMINATED,
)
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
            details_of(row),
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
    def label(self) -> str:
        return f"{self.name} ({self.instance_id})" if self.name else self.instance_id

    @property
    def words(self) -> str:
        return f"{self.label}: {self.status_details}" + (f", exit code {self.exit_code}" if self.exit_code else "")

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


def details_of(row: Resource) -> str:
    """StatusDetails in one spelling: AWS writes `Delivery Timed Out` and `DeliveryTimedOut`."""
    return str(row.get("StatusDetails") or row["Status"]).replace(" ", "")


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
    """How far a command as a whole is, in SSM's words. `targets` is how many instances SSM counts, `completed`: by that
    count it is done on all of them; `ended`: nothing of it goes on anywhere. `short`: it has ended, but its list of
    invocations names fewer instances than SSM counts, so that something may go on there."""

    status: str = ""
    status_details: str = ""
    targets: int = 0
    completed: bool = False
    ended: bool = False
    short: bool = False

    @classmethod
    def of(cls, region: Region, row: Resource) -> Course:
        """Raises CallError."""
        status, details, targets = row["Status"], details_of(row), row.get("TargetCount", 0)
        completed = row.get("CompletedCount", 0) >= targets
        course = cls(status, details, targets, completed, status in ENDED)
        if completed or not course.ended:
            return course
        # after max_errors has ended the command, executions go on for a while; and some endings are never counted
        statuses = [one["Status"] for one in _listed(region, row["CommandId"], details=False)]
        short = len(statuses) < targets and details not in NEVER_RAN
        return replace(course, ended=not short and not any(one in UNDER_WAY for one in statuses), short=short)

    @property
    def cut_short(self) -> bool:
        return self.ended and self.status != SUCCESS and not self.completed

    @property
    def found_nobody(self) -> bool:
        """Whether SSM itself found no instance."""
        return self.ended and self.targets == 0


def await_command(region: Region, command_id: str, patience: Patience) -> Course:
    """The command as it was at the last look. One call a look, however many instances; only of a command that ended
    before it was done on all of them, the list of its invocations is read too. Raises CallError."""
    look, seen, short = Look("ssm", "list_commands", {"CommandId": command_id}, NOT_YET), Course(), 0

    def again(**_parameters: Any) -> dict[str, Any]:
        nonlocal seen, short
        for row in look.at(region).get("Commands", [])[:1]:
            seen = Course.of(region, row)
        short += seen.short
        if short >= SETTLING_LOOKS:
            seen = replace(seen, ended=True)
        return {"Ended": seen.ended}

    _look_for(f"command {command_id}", look.operation, again, "Ended", patience.delay, patience.attempts)
    return seen


def _look_for(name: str, operation: str, look: Any, flag: str, delay: float, attempts: int) -> None:
    """Until the answer's flag is true, or the attempts are used up. Raises CallError."""
    acceptor = {"state": "success", "matcher": "path", "argument": flag, "expected": True}
    with suppress(WaiterError):
        waiter_of(name, operation, look, [acceptor], delay, attempts).wait()


def _listed(region: Region, command_id: str, details: bool) -> list[Resource]:
    """Nothing where SSM doesn't know the command yet. Raises CallError."""
    wanted = {"CommandId": command_id, **({"Details": True} if details else {})}
    try:
        pages = region.pages("ssm", "list_command_invocations", "CommandInvocations", **wanted)
        return [row for page in pages for row in page]
    except CallError as error:
        if error.code in NOT_YET:
            return []
        raise


@dataclass(frozen=True)
class Reading:
    """What SSM lists of a command: one invocation an instance, by id. `unread` says of whose output only a part could
    be read, and why."""

    invocations: Sequence[Invocation]
    unread: Sequence[str] = ()


@dataclass(frozen=True)
class Reader:
    """Reads the invocations of a command. Output that the list cuts is read in full where the command failed, and
    everywhere if `full_output`."""

    region: Region
    command_id: str
    full_output: bool
    patience: Patience

    def read(self, course: Course, expected: int) -> Reading:
        """Again and again for a while, until as many are listed as `expected`: the list comes later than the command,
        and so do its statuses. Raises CallError."""
        rows: dict[str, Resource] = {}

        def again(**_parameters: Any) -> dict[str, Any]:
            rows.update({row["InstanceId"]: row for row in _listed(self.region, self.command_id, details=True)})
            stale = course.completed and any(row["Status"] in UNDER_WAY for row in rows.values())
            return {"Complete": len(rows) >= expected and not stale}

        settles = course.ended and course.status_details not in NEVER_RAN
        looks = SETTLING_LOOKS if settles else 1
        name = f"invocations of command {self.command_id}"
        _look_for(name, "list_command_invocations", again, "Complete", self.patience.delay, looks)
        found = [Invocation.of(row) for _instance_id, row in sorted(rows.items())]
        unread = [words for words in map(self._complete, found) if words]
        return Reading(found, unread)

    def _complete(self, invocation: Invocation) -> str | None:
        """With its output in full, if that is asked for; why that can't be read, in words. What is known stays."""
        if not invocation.is_cut or (invocation.succeeded and not self.full_output):
            return None
        try:
            invocation.output = _joined(self._full(invocation, plugin) for plugin in invocation.plugins)
        except CallError as error:
            return f"{invocation.label} ({error})"
        return None

    def _full(self, invocation: Invocation, plugin: Resource) -> str:
        if not _is_cut(plugin.get("Output", "")):
            return str(plugin.get("Output", ""))
        answer = self._invocation(
            {"CommandId": self.command_id, "InstanceId": invocation.instance_id, "PluginName": plugin["Name"]}
        )
        errors = answer.get("StandardErrorContent", "")
        return str(answer.get("StandardOutputContent", "")) + (f"{ERROR_MARK}{errors}" if errors else "")

    def _invocation(self, parameters: Mapping[str, str]) -> Resource:
        """Raises CallError."""
        look, answers = Look("ssm", "get_command_invocation", dict(parameters), NOT_YET), [Resource()]

        def again(**_parameters: Any) -> dict[str, Any]:
            answers[0] = look.at(self.region)
            return {"Known": bool(answers[0])}

        name = f"invocation on {parameters['InstanceId']}"
        _look_for(name, look.operation, again, "Known", self.patience.delay, SETTLING_LOOKS)
        # SSM's own words, where it still doesn't know
        return answers[0] or self.region.call("ssm", "get_command_invocation", **parameters)
