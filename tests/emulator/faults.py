# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults that the emulated account answers on purpose, in the shapes that AWS gives them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from .wire import AwsError, Call

# kind -> protocol -> (code, message, HTTP status). docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
# .../CommonErrors.html of the query and json services.
SHAPES: dict[str, dict[str, tuple[str, str, int]]] = {
    "deny": {
        "ec2": ("UnauthorizedOperation", "You are not authorized to perform this operation. {why}", 403),
        "query": ("AccessDenied", "{why}", 403),
        "json": ("AccessDeniedException", "{why}", 400),
        "rest-json": ("AccessDeniedException", "{why}", 403),
        "rest": ("AccessDenied", "{why}", 403),
    },
    "throttle": {
        "ec2": ("RequestLimitExceeded", "Request limit exceeded.", 503),
        "query": ("Throttling", "Rate exceeded", 400),
        "json": ("ThrottlingException", "Rate exceeded", 400),
        "rest-json": ("ThrottlingException", "Rate exceeded", 429),
        "rest": ("SlowDown", "Please reduce your request rate.", 503),
    },
    "server_error": {
        "ec2": ("InternalError", "An internal error has occurred", 500),
        "query": ("InternalFailure", "The request processing has failed because of an unknown error.", 500),
        "json": ("InternalFailure", "The request processing has failed because of an unknown error.", 500),
        "rest-json": ("InternalServerException", "The service could not respond to the request.", 500),
        "rest": ("InternalError", "We encountered an internal error. Please try again.", 500),
    },
    "expired": {
        "ec2": ("RequestExpired", "Request has expired.", 400),
        "query": ("ExpiredToken", "The security token included in the request is expired", 403),
        "json": ("ExpiredTokenException", "The security token included in the request is expired", 400),
        "rest-json": ("ExpiredTokenException", "The security token included in the request is expired", 403),
        "rest": ("ExpiredToken", "The provided token has expired.", 400),
    },
}


# kinds that answer nothing: the connection is reset before the call is carried out, or after it (its answer is lost on
# the way), or stays open without a word; `slow` answers, `seconds` later
CONNECTION_KINDS = ("reset", "lost", "silent", "slow")
READS = ("Describe", "Get", "List", "AssumeRole")
# (burst, a second) of reads and changes: docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
EC2_READS, EC2_CHANGES = (100, 20), (50, 5)


class HangUp(ConnectionError):
    """The connection ends without an answer."""


@dataclass
class Fault:
    """One rule. None matches everything; `operation` may be a glob, `changes` tells reads from what changes things.
    `times` counts down; `share` strikes that part of the calls, at random but the same each time. `rate`/`burst` make
    it a token bucket for each (account, region, operation) or, if `shared`, for each (account, region, service), as
    EC2 throttles. `seconds` are those of `slow` and `silent`."""

    kind: str
    account: str | None = None
    region: str | None = None
    service: str | None = None
    operation: str | None = None
    times: int | None = None
    rate: float | None = None
    burst: float = 1.0
    share: float | None = None
    changes: bool | None = None
    shared: bool = False
    seconds: float = 3600.0
    chance: Random = field(default_factory=lambda: Random(1), repr=False)
    buckets: dict[tuple[str, str, str], tuple[float, float]] = field(default_factory=dict, repr=False)

    def matches(self, call: Call) -> bool:
        return (
            self.account in (None, call.account)
            and self.region in (None, call.region)
            and self.service in (None, call.service)
            and (self.operation is None or fnmatchcase(call.operation, self.operation))
            and self.changes in (None, not call.operation.startswith(READS))
        )

    def strikes(self, call: Call) -> bool:
        """Whether this call fails; takes a token or one of the remaining times."""
        if self.share is not None and self.chance.random() >= self.share:
            return False
        if self.rate is not None:
            return not self._take(call, time.monotonic())
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0

    def _take(self, call: Call, now: float) -> bool:
        key = (call.account, call.region, call.service if self.shared else call.operation)
        tokens, at = self.buckets.get(key, (self.burst, now))
        tokens = min(self.burst, tokens + (now - at) * (self.rate or 0.0))
        self.buckets[key] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1


class Faults:
    """The faults in force; every method may be called while the server runs."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, **match: Any) -> None:
        """Add one fault. Raises ValueError on an unknown kind, TypeError on an unknown key."""
        if kind not in SHAPES and kind not in CONNECTION_KINDS:
            raise ValueError(f"unknown kind of fault {kind!r}, known: {', '.join((*SHAPES, *CONNECTION_KINDS))}")
        with self._lock:
            self._faults.append(Fault(kind, **match))

    def deny(self, **match: Any) -> None:
        """Answer AccessDenied. Keys: account, region, service, operation, times."""
        self.add("deny", **match)

    def throttle(self, **match: Any) -> None:
        """Answer throttles: `times` of them, or whatever exceeds `rate` a second after `burst` calls."""
        self.add("throttle", **match)

    def throttle_as_ec2(self) -> None:
        """Token buckets for each service and region: reads 100 and 20 a second, all that changes things 50 and 5."""
        for changes, (burst, rate) in ((False, EC2_READS), (True, EC2_CHANGES)):
            self.add("throttle", changes=changes, burst=burst, rate=rate, shared=True)

    def server_error(self, **match: Any) -> None:
        """Answer HTTP 500."""
        self.add("server_error", **match)

    def expired(self, **match: Any) -> None:
        """Answer that the credentials are expired."""
        self.add("expired", **match)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def replace(self, faults: list[dict[str, Any]]) -> None:
        """Put this list in force (the body of PUT /_emulator/faults: each with `kind` and the keys above)."""
        self.clear()
        for fault in faults:
            self.add(**fault)

    def check(self, call: Call) -> None:
        """Raise AwsError or HangUp where a fault strikes this call."""
        struck = self._struck(call, lost=False)
        if struck is None:
            return
        if struck.kind in ("slow", "silent"):
            time.sleep(struck.seconds)
        if struck.kind in SHAPES:
            raise _error(struck.kind, call)
        if struck.kind != "slow":
            raise HangUp

    def check_answer(self, call: Call) -> None:
        """Raise HangUp where the answer to what has been done is lost."""
        if self._struck(call, lost=True):
            raise HangUp

    def _struck(self, call: Call, lost: bool) -> Fault | None:
        if not self._faults:
            return None
        with self._lock:
            some = [fault for fault in self._faults if (fault.kind == "lost") is lost and fault.matches(call)]
            return next((fault for fault in some if fault.strikes(call)), None)


def _error(kind: str, call: Call) -> AwsError:
    code, message, status = SHAPES[kind][call.protocol]
    action = f"{'elasticloadbalancing' if call.service in ('elb', 'elbv2') else call.service}:{call.operation}"
    why = (
        f"User: arn:aws:iam::{call.account}:user/emulated is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )
    return AwsError(code, message.format(why=why), status)
