# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A region of which only the answers are known, for policies and guards: no AWS, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import FRESH_SECONDS, Once, Scope

NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCOPE = Scope("123456789012", "eu-west-1")


class Pages(list[list[Any]]):
    """An answer that comes in several pages."""


class Lists:
    """What a region answers, by operation or waiter: rows to a list call, a dict to any other. An exception is raised,
    a function is asked with the parameters, and what isn't given answers nothing. `asked` is what was asked for."""

    scope = SCOPE

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []
        #: members of answers that botocore drops
        self.unknown: set[str] = set()
        self._once = Once()

    def once(self, key: Any, make: Any) -> Any:
        return self._once.get(key, make)

    def read_anew(self) -> None:
        self._once.expire(FRESH_SECONDS)

    def listing(self, service: str, operation: str, key: str, **parameters: Any) -> list[Any]:
        # fetched once, whoever asks, as a region does it
        return self.once((operation, repr(sorted(parameters.items()))), lambda: self._answer(operation, parameters, []))

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[list[Any]]:
        answer = self._answer(operation, parameters, [])
        yield from answer if isinstance(answer, Pages) else [answer]

    def call(self, service: str, operation: str, **parameters: Any) -> Any:
        return self._answer(operation, parameters, {})

    def wait(self, service: str, waiter: str, seconds: float, **parameters: Any) -> None:
        self._answer(waiter, {"seconds": seconds, **parameters}, None)

    def operations(self) -> list[str]:
        return [request["operation"] for request in self.asked]

    def knows(self, service: str, shape: str, member: str) -> bool:
        return member not in self.unknown

    def _answer(self, operation: str, parameters: dict[str, Any], nothing: Any) -> Any:
        self.asked.append({"operation": operation, **parameters})
        answer = self.answers.get(operation, nothing)
        if callable(answer):
            answer = answer(**parameters)
        if isinstance(answer, Exception):
            raise answer
        return answer


def refused(operation: str, code: str = "UnauthorizedOperation", **facts: Any) -> CallError:
    return CallError("ec2", operation, code, "no", **facts)


def tagged(**tags: str) -> dict[str, Any]:
    """Tags as AWS writes them."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def without(resource: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if name not in names}


def finding(resource_id: str = "vol-1", **changes: Any) -> Finding:
    """Of a volume that is to be deleted, unless told otherwise."""
    noun = "snapshot" if resource_id.startswith("snap") else "volume"
    values: dict[str, Any] = {
        "check": "ebs_orphan_cleanup",
        "resource_type": f"ec2:{noun}",
        "resource_id": resource_id,
        "arn": SCOPE.arn("ec2", f"{noun}/{resource_id}"),
        "scope": SCOPE,
        "name": "",
        "reason": "It is old.",
        "reason_code": "unattached",
        "action": "delete",
    }
    return Finding(**{**values, **changes})
