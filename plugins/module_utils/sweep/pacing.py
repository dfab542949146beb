# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Retries and pacing for every AWS call, as botocore event handlers, so that paginators and waiters have them too.

botocore's own modes lose calls in a sweep: `standard` shares a retry quota that runs out in silence, `legacy` gives up
after five attempts. Here a throttled call is repeated until AWS takes it, and calls are spaced to AWS's published
rates.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

try:
    from botocore.exceptions import (
        ConnectionClosedError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
        ReadTimeoutError,
    )
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from .errors import THROTTLES, TIMEOUTS


@dataclass(frozen=True)
class Fault:
    """A passing fault: how often a call that meets it is tried, the longest pause between tries in seconds, and whether
    AWS may have done what it was asked all the same."""

    max_attempts: int
    longest_delay: float
    maybe_done: bool = False


# the pacer spaces throttled calls, so they need no long pause of their own
THROTTLED = Fault(max_attempts=200, longest_delay=2.0)
FAULTY = Fault(max_attempts=6, longest_delay=10.0, maybe_done=True)
TIMED_OUT = Fault(max_attempts=2, longest_delay=1.0, maybe_done=True)
UNREACHED = Fault(max_attempts=2, longest_delay=1.0)

# what would be done twice if it were repeated after a lost answer: these take no idempotency token, and no name that
# must be unique. Whoever calls them gets a CallError that isn't `answered`, and looks for what they may have made.
ONCE = frozenset({"CreateAssociation", "SendCommand"})

# what is left of a pace after a throttle: of halves, a sawtooth would use three quarters of what AWS grants
SLOWER = 0.75


@dataclass(frozen=True)
class Rate:
    """What AWS grants one account in one region: `burst` calls at once, refilled by `per_second`, at most `ceiling`."""

    burst: float
    per_second: float
    ceiling: float

    @classmethod
    def published(cls, burst: float, per_second: float) -> Rate:
        return cls(burst, per_second, ceiling=per_second)


# https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
EC2_DESCRIBE = Rate.published(100, 20)
EC2_DELETE = Rate.published(100, 5)
EC2_TAGS = Rate.published(100, 10)
EC2_MUTATION = Rate.published(50, 5)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html
ELB_DESCRIBE = Rate.published(40, 10)
ELB_TARGET_HEALTH = Rate.published(40, 8)
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html
LOGS_DESCRIBE = Rate.published(10, 10)
# AWS publishes no rate for PutRetentionPolicy: begin low and let the answers decide
LOGS_UNPUBLISHED = Rate(10, 4, ceiling=20)
# nor does it publish any for RDS, whose consoles and agents share the same buckets
RDS_DESCRIBE = Rate(20, 8, ceiling=20)
RDS_MUTATION = Rate(10, 2, ceiling=10)
OTHER = Rate(50, 10, ceiling=50)

RATES: dict[str, Rate] = {
    "ec2.DeleteVolume": EC2_DELETE,
    "ec2.DeleteSnapshot": EC2_DELETE,
    "ec2.CreateSnapshot": EC2_DELETE,
    "ec2.CreateTags": EC2_TAGS,
    "ec2.DeleteTags": EC2_TAGS,
    "ec2.Describe": EC2_DESCRIBE,
    "ec2": EC2_MUTATION,
    "elastic-load-balancing-v2.DescribeTargetHealth": ELB_TARGET_HEALTH,
    "elastic-load-balancing-v2.Describe": ELB_DESCRIBE,
    "elastic-load-balancing.Describe": ELB_DESCRIBE,
    "cloudwatch-logs.Describe": LOGS_DESCRIBE,
    "cloudwatch-logs": LOGS_UNPUBLISHED,
    "rds.Describe": RDS_DESCRIBE,
    "rds": RDS_MUTATION,
}


def rate_class(service_id: str, operation: str) -> str:
    """The bucket that AWS charges an operation to: its own, that of its service's describes, or its service's."""
    names = [f"{service_id}.{operation}"]
    if operation.startswith("Describe"):
        names.append(f"{service_id}.Describe")
    return next((name for name in names if name in RATES), service_id)


class Pacer:
    """A token bucket that lowers its rate when AWS throttles and earns it back with each answer."""

    def __init__(
        self,
        rate: Rate,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._tokens = rate.burst
        self._per_second = rate.per_second
        self._refilled = self._throttled = clock()

    def wait(self) -> None:
        """Take one token; sleep outside the lock until it is really there."""
        with self._lock:
            self._refill()
            self._tokens -= 1
            delay = -self._tokens / self._per_second
        if delay > 0:
            self._sleep(delay)

    def throttled(self) -> None:
        """AWS's bucket is empty: so is ours. Threads that were throttled together count once a second."""
        with self._lock:
            self._refill()
            self._tokens = min(self._tokens, 0.0)
            if self._clock() - self._throttled >= 1.0:
                self._throttled = self._clock()
                self._per_second = max(self._per_second * SLOWER, self._limits.per_second / 8)

    def answered(self) -> None:
        with self._lock:
            self._per_second = min(self._per_second + self._limits.per_second / 20, self._limits.ceiling)

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._refilled) * self._per_second, self._limits.burst)
        self._refilled = now


class Calls:
    """The event handlers of one client, that is of one service in one region of one account."""

    def __init__(self, service_id: str) -> None:
        self._service_id = service_id
        self._lock = threading.Lock()
        self._pacers: dict[str, Pacer] = {}

    def install(self, client: Any) -> None:
        events = client.meta.events
        # before the signer: a signature that is made before a long wait may be too old when it is sent
        events.register_first(f"request-created.{self._service_id}", self._on_request)
        events.register(f"needs-retry.{self._service_id}", self._on_answer)

    def _on_request(self, operation_name: str, **_event: Any) -> None:
        self._pacer(operation_name).wait()

    def _on_answer(
        self, operation: Any, attempts: int, response: Any = None, caught_exception: Any = None, **_event: Any
    ) -> float | None:
        pacer = self._pacer(operation.name)
        fault = _fault(response, caught_exception)
        if fault is None:
            pacer.answered()
            return None
        if fault is THROTTLED:
            pacer.throttled()
        if fault.maybe_done and operation.name in ONCE:
            return None
        return _delay(attempts, fault.longest_delay) if attempts < fault.max_attempts else None

    def _pacer(self, operation: str) -> Pacer:
        name = rate_class(self._service_id, operation)
        with self._lock:
            if name not in self._pacers:
                self._pacers[name] = Pacer(RATES.get(name, OTHER))
            return self._pacers[name]


def _fault(response: tuple[Any, dict[str, Any]] | None, exception: Exception | None) -> Fault | None:
    if isinstance(exception, ReadTimeoutError):
        return TIMED_OUT
    # a name that cannot be resolved stays so: botocore raises EndpointConnectionError for it
    if isinstance(exception, (ConnectTimeoutError, EndpointConnectionError)):
        return UNREACHED
    if isinstance(exception, (ConnectionClosedError, HTTPClientError)):
        return FAULTY
    if response is None:
        return None
    http, parsed = response
    code = parsed.get("Error", {}).get("Code")
    if code in THROTTLES or http.status_code == 429:
        return THROTTLED
    return FAULTY if code in TIMEOUTS or http.status_code in (500, 502, 503, 504) else None


def _delay(attempts: int, longest: float) -> float:
    """Exponential back-off with full jitter (Amazon Builders' Library: Timeouts, retries, and backoff with jitter)."""
    return random.uniform(0, min(longest, 0.25 * 2 ** min(attempts, 10)))
