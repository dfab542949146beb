# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong in a sweep, in words for the operator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from difflib import get_close_matches

try:
    from botocore.exceptions import ClientError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from .secrets import Secrets

THROTTLES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
TIMEOUTS = frozenset({"RequestTimeout", "RequestTimeoutException"})
UNSUPPORTED = frozenset(
    {"InvalidAction", "UnknownOperationException", "UnsupportedOperation", "UnsupportedOperationException"}
)
MARKUP = re.compile("<[^<>]*>")
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})


class SweepError(Exception):
    """One sentence for the operator: what was wrong, where, and what to do. Nothing was changed."""


class LimitExceededError(SweepError):
    """The plan is larger than the operator allowed, or of other changes; the findings are still returned."""


@dataclass
class CallError(Exception):
    """An AWS call that failed for good.

    `operation` is the API's name (`DescribeVolumes`), `code` AWS's error code or the name of the botocore exception,
    `retried` tells whether an earlier attempt of the same call may have reached AWS, `answered` whether AWS said what
    became of it.
    """

    service: str
    operation: str
    code: str
    message: str
    retried: bool = False
    answered: bool = True

    @classmethod
    def of(cls, service: str, operation: str, error: Exception, secrets: Secrets | None = None) -> CallError:
        """`secrets` are those of the account that was asked; without it, those of the environment."""
        secrets = secrets or Secrets.of_environment()
        if not isinstance(error, ClientError):
            return cls(service, operation, type(error).__name__, one_line(str(error), secrets), answered=False)
        details, http = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code, message = details.get("Code", "Unknown"), one_line(details.get("Message") or str(error), secrets)
        # a server that fails may have done it all the same; one that is too busy has not
        answered = http.get("HTTPStatusCode", 400) < 500 or code in THROTTLES
        return cls(service, operation, code, message, http.get("RetryAttempts", 0) > 0, answered)

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} answered {self.code}: {self.message}"

    @property
    def in_use(self) -> bool:
        """Another resource holds it (`VolumeInUse`, `InvalidSnapshot.InUse`)."""
        return self.code.endswith(("InUse", "InUseException"))

    @property
    def unsupported(self) -> bool:
        """The endpoint does not know the action, so nothing in that region can have what it lists."""
        return self.code in UNSUPPORTED


class NotWrittenError(CallError):
    """The journal could not be written, so that nothing was done. The message says it all: AWS was not asked."""

    def __str__(self) -> str:
        return self.message


def one_line(message: str, secrets: Secrets) -> str:
    """A proxy may answer with a whole page, and a refused signature quotes the request, session token and all."""
    text = secrets.redacted(message.partition("The Canonical String")[0])
    if "<html" in text.lower():
        text = MARKUP.sub(" ", text)
    return " ".join(text.split())[:500]


def words_of(error: BaseException) -> str:
    """The text of a foreign exception on one line, where no account's secrets are known; of an OSError its reason."""
    reason = error.strerror if isinstance(error, OSError) else None
    return one_line(str(reason or error), Secrets.of_environment())


@dataclass(frozen=True)
class RegionError:
    """What could not be read or done in one (account, region) pair."""

    account_id: str
    region: str
    service: str
    operation: str
    code: str
    message: str

    @classmethod
    def of(cls, account_id: str, region: str, error: CallError) -> RegionError:
        return cls(account_id, region, error.service, error.operation, error.code, error.message)

    def to_dict(self) -> dict[str, str]:
        return asdict(self)


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean us-east-1?` for a near miss, else nothing."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]}?" if close else ""
