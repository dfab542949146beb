# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sending a command to any number of instances, and telling what became of it on each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..resource.task import Task
from ..sweep.errors import CallError, SweepError
from ..sweep.region import Region
from .command_invocations import INVALID_ID, NO_INVOCATION, Course, Invocation, Reader, await_command
from .command_options import INSTANCES, Command
from .command_targets import ONLINE, UNMANAGED, Target, find_by_id, find_targets, still_there

NAMED = 10
# no words of SSM's: the command was never sent; it is not known whether it was, or what it came to
NOT_SENT, UNKNOWN = "NotSent", "Unknown"
NO_INSTANCES = "NoInstancesInTag"


@dataclass
class Run:
    """What has been done so far. `unfinished` is a command that did not come to its end in time, `cut_short` says how
    those ended that ended before they were done everywhere, `unknown` how many instances SSM counts and doesn't name,
    `unread` whose output was not read in full."""

    command_ids: list[str] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    unfinished: str | None = None
    cut_short: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    error: CallError | None = None

    @property
    def errors(self) -> int:
        return sum(invocation.counts for invocation in self.invocations) + len(self.unknown)

    @property
    def maybe_sent(self) -> bool:
        """Whether the answer to SendCommand was lost. It takes no token, so that to repeat it might run it twice."""
        return self.error is not None and self.error.operation == "SendCommand" and not self.error.answered

    @property
    def nothing_sent(self) -> bool:
        return not self.command_ids and not self.maybe_sent

    def miss(self, targets: Sequence[Target], details: str) -> None:
        self.invocations += [Invocation.unsent(target, details) for target in targets]


@dataclass(frozen=True)
class Sending:
    """How a command goes to its targets: at once to all that SSM finds, or by ids, as many at a time as SSM takes."""

    region: Region
    command: Command
    targets: Sequence[Target]
    by_id: bool
    wait: bool
    full_output: bool

    @property
    def batches(self) -> list[Sequence[Target]]:
        size = INSTANCES if self.by_id else max(1, len(self.targets))
        return [self.targets[start : start + size] for start in range(0, len(self.targets), size)]

    def send_all(self, run: Run) -> None:
        """One batch after the other, until there are more errors than allowed. Raises CallError where nothing was
        sent for sure."""
        batches, allowed = self.batches, self.command.rate.allowed_errors(len(self.targets))
        left: Iterator[Sequence[Target]] = iter(batches)
        for batch in left:
            try:
                self._send(batch, run, None if len(batches) == 1 else allowed - run.errors)
            except CallError as error:
                run.error = error
            if run.unfinished or run.error or run.errors > allowed:
                break
        for batch in left:
            run.miss(batch, NOT_SENT)
        if run.error and run.nothing_sent:
            raise run.error

    def _send(self, batch: Sequence[Target], run: Run, max_errors: int | None) -> None:
        """Of a batch, those that SSM refuses are left out: it refuses all that are named in the same command."""
        while True:
            try:
                run.command_ids.append(self._order(batch, max_errors))
            except CallError as error:
                refused = self._refused(batch, error)
                run.miss(refused, INVALID_ID)
                batch = [target for target in batch if target not in refused]
                if refused and batch:
                    continue
                if refused:
                    return
                run.miss(batch, NOT_SENT if error.answered else UNKNOWN)
                raise
            break
        if self.wait:
            self._follow(batch, run)

    def _order(self, batch: Sequence[Target], max_errors: int | None) -> str:
        """SendCommand, once. Raises CallError."""
        by_id = {"InstanceIds": [target.instance_id for target in batch]}
        rate = self.command.rate
        answer = self.region.call(
            "ssm",
            "send_command",
            **self.command.request,
            **(by_id if self.by_id else {"Targets": self.command.selector.targets}),
            MaxConcurrency=rate.max_concurrency,
            MaxErrors=rate.max_errors if max_errors is None else str(max_errors),
        )
        return str(answer["Command"]["CommandId"])

    def _refused(self, batch: Sequence[Target], error: CallError) -> list[Target]:
        """Those because of which nothing was sent: as SSM names them, or that it no longer manages."""
        if not self.by_id or error.code != INVALID_ID or not error.answered:
            return []
        words = re.findall(r"[\w-]+", error.message)
        if named := [target for target in batch if target.instance_id in words]:
            return named
        now = find_by_id(self.region, [target.instance_id for target in batch])
        managed = {target.instance_id for target in now if target.managed}
        return [target for target in batch if target.instance_id not in managed]

    def _follow(self, batch: Sequence[Target], run: Run) -> None:
        """Whoever was meant is in the result, also where SSM doesn't name it. Raises CallError."""
        command_id, patience = run.command_ids[-1], self.command.patience
        try:
            course = await_command(self.region, command_id, patience)
            expected = max(course.targets, len(batch)) if self.by_id else course.targets
            reading = Reader(self.region, command_id, self.full_output, patience).read(course, expected)
            run.invocations += reading.invocations
            run.unread += reading.unread
            missing = self._missing(batch, reading.invocations, course)
        except CallError:
            known = {invocation.instance_id for invocation in run.invocations}
            run.miss([target for target in batch if target.instance_id not in known], UNKNOWN)
            raise
        if not course.ended:
            run.unfinished = command_id
        if course.cut_short:
            run.cut_short.append(f"Command {command_id} ended as {course.status_details}.")
        run.miss(missing, self._why_missing(course))
        if (unknown := expected - len(reading.invocations) - len(missing)) > 0:
            run.unknown += [command_id] * unknown

    def _missing(self, batch: Sequence[Target], found: Sequence[Invocation], course: Course) -> Sequence[Target]:
        """SSM looks for itself, and a moment later: what a tag or a group no longer finds since it is terminated is
        not missing."""
        known = {invocation.instance_id for invocation in found}
        missing = [target for target in batch if target.instance_id not in known]
        if self.by_id or not missing or course.targets > len(found):
            return missing
        return [target for target in still_there(self.region, missing) if target.managed]

    def _why_missing(self, course: Course) -> str:
        if not self.by_id and course.found_nobody:
            return NO_INSTANCES
        return course.status_details if course.cut_short else NO_INVOCATION


def run_command(task: Task) -> dict[str, Any]:
    """The module's result. Raises SweepError, CallError: then nothing was sent."""
    command, region, platform = Command.of(task.options), task.region(), task.options["platform_type"]
    found = find_targets(region, command.selector)
    targets = [target for target in found if not platform or target.platform_type in ("", platform)]
    managed = [target for target in targets if target.managed]
    if not managed and not task.options["allow_no_targets"]:
        raise SweepError(_nobody(command, region, targets))
    # tags may be on instances of other platforms too, and a document may run there
    by_id = bool(command.selector.instance_ids) or len(found) > len(targets)
    sending = Sending(region, command, managed, by_id, task.options["wait"], task.options["full_output"])
    if len(sending.batches) > 1 and not sending.wait:
        raise SweepError(_needs_wait(managed))
    run = Run()
    if not task.check_mode:
        sending.send_all(run)
    for target in targets:
        if not target.managed and not (task.options["ignore_unmanaged"] and target.ping_status == UNMANAGED):
            run.miss([target], target.ping_status)
    return _result(task, targets, run)


def _nobody(command: Command, region: Region, targets: Sequence[Target]) -> str:
    what, where = command.selector.words, region.scope.region
    if targets:
        return (
            f"SSM manages none of the {len(targets)} instances of {what} in {where}: give them SSM Agent and an"
            f" instance profile with AmazonSSMManagedInstanceCore. Nothing was sent: {_some(t.label for t in targets)}."
        )
    return f"There is no instance for {what} in {where}: nothing was sent. With allow_no_targets this is no failure."


def _needs_wait(targets: Sequence[Target]) -> str:
    return (
        f"These are {len(targets)} instances by id, and SSM takes {INSTANCES} a command: leave `wait` on, so that one"
        " command can follow the other, or choose the instances by tags of their own. Nothing was sent."
    )


def _result(task: Task, targets: Sequence[Target], run: Run) -> dict[str, Any]:
    sent = bool(run.command_ids) or run.maybe_sent or (task.check_mode and any(target.managed for target in targets))
    failed = [one for one in run.invocations if not one.succeeded]
    result = {
        "changed": sent and not task.options["read_only"],
        "command_id": run.command_ids[0] if run.command_ids else None,
        "command_ids": run.command_ids,
        "targets": [target.to_dict() for target in targets],
        "offline_instances": [t.to_dict() for t in targets if t.managed and t.ping_status != ONLINE],
        "unmanaged_instances": [target.to_dict() for target in targets if not target.managed],
        "invocations": [one.to_dict() for one in run.invocations if one.command_id],
        "failed_instances": [one.to_dict() for one in failed],
    }
    if warnings := _warnings(task, run, failed):
        result["warnings"] = warnings
    if not task.check_mode and (message := _message(task, run, failed)):
        result["msg"] = message
    return result


def _warnings(task: Task, run: Run, failed: Sequence[Invocation]) -> list[str]:
    words = []
    if task.check_mode and failed:
        words.append(
            f"{len(failed)} of the instances would not get the command, and the task would fail:"
            f" {_some(one.words for one in failed)}."
        )
    if run.unread:
        some = _some(run.unread)
        words.append(f"The output of {len(run.unread)} instances is cut and can't be read in full: {some}.")
    return words


def _message(task: Task, run: Run, failed: Sequence[Invocation]) -> str | None:
    words = [*run.cut_short]
    if run.unfinished:
        words.append(
            f"Command {run.unfinished} was not finished within {task.options['wait_timeout']} seconds. It goes on in"
            " AWS; what was known of each instance then is in `invocations`."
        )
    if run.unknown:
        ids = ", ".join(dict.fromkeys(run.unknown))
        words.append(
            f"SSM counts {len(run.unknown)} more instances than it names for {ids}: what the command came to there is"
            " not known. See the command history of Run Command."
        )
    if run.error:
        words.append(f"{run.error}." + (" Earlier commands were sent." if run.command_ids else ""))
    if run.maybe_sent:
        words.append(
            "It may have been sent all the same, and was not sent again: look for"
            f" {task.options['document_name']} in the command history of Run Command in {task.account.own_region}"
            " before you do."
        )
    if failed:
        of = f"{len(failed)} of {len(run.invocations)} instances did not succeed"
        words.append(f"{of}: {_some(one.words for one in failed)}.")
    return " ".join(words) or None


def _some(words: Any) -> str:
    every = list(words)
    more = f"; and {len(every) - NAMED} more" if len(every) > NAMED else ""
    return "; ".join(every[:NAMED]) + more
