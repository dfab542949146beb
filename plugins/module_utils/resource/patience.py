# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking AWS until an answer is what was waited for, with botocore's waiter and the engine's calls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

try:
    from botocore.waiter import SingleWaiterConfig, Waiter
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..sweep.errors import CallError, SweepError
from ..sweep.region import Region

WAIT_ARGUMENT_SPEC: dict[str, Any] = {
    "wait_timeout": {"type": "int", "default": 3600},
    "wait_delay": {"type": "float", "default": 30.0},
}


@dataclass(frozen=True)
class Patience:
    """How long to wait, and how long between two looks; both in seconds."""

    timeout: int
    delay: float

    @classmethod
    def of(cls, timeout: int, delay: float) -> Patience:
        """Raises SweepError."""
        if timeout < 1:
            raise SweepError(f"wait_timeout is {timeout}: it must be 1 or more.")
        if delay <= 0:
            raise SweepError(f"wait_delay is {delay}: it must be more than 0.")
        return cls(timeout, delay)

    @property
    def attempts(self) -> int:
        return 1 + ceil(self.timeout / self.delay)


@dataclass(frozen=True)
class Look:
    """One read-only call, by boto3's names. An error whose code is in `not_yet` is no answer yet."""

    service: str
    operation: str
    parameters: dict[str, Any]
    not_yet: Collection[str] = ()

    def at(self, region: Region) -> dict[str, Any]:
        try:
            return region.call(self.service, self.operation, **self.parameters)
        except CallError as error:
            if error.code in self.not_yet:
                return {}
            raise


def look_until(
    region: Region, look: Look, patience: Patience, acceptors: Sequence[dict[str, Any]], name: str
) -> dict[str, Any]:
    """The first answer that one of the acceptors of success matches. Raises WaiterError, which has the last answer, or
    CallError."""
    answers: list[dict[str, Any]] = [{}]

    def again(**_parameters: Any) -> dict[str, Any]:
        answers[0] = look.at(region)
        return answers[0]

    waiter_of(name, look.operation, again, acceptors, patience.delay, patience.attempts).wait()
    return answers[0]


def waiter_of(
    name: str,
    operation: str,
    look: Callable[..., dict[str, Any]],
    acceptors: Sequence[dict[str, Any]],
    delay: float = 5,
    attempts: int = 180,
) -> Any:
    """botocore's waiter over the answers of `look`; its delay and attempts may be told anew by `wait`."""
    config = {"operation": operation, "delay": delay, "maxAttempts": attempts, "acceptors": list(acceptors)}
    settings: Any = SingleWaiterConfig(config)
    return Waiter(name, settings, look)
