# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One (account, region) pair: which ones there are, and every AWS call that is made in them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

try:
    from botocore import __version__ as botocore_version
    from botocore.exceptions import BotoCoreError, ClientError, PaginationError
    from botocore.parsers import ResponseParserError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from .account import Account
from .errors import CallError, RegionError, SweepError, nearest
from .proxy import through_proxy
from .secrets import Secrets

Result = TypeVar("Result")
Resource = dict[str, Any]

LONGEST_POLL_SECONDS = 15
#: what was read is acted on within this time, and lists that are remembered meanwhile are no older either: so nothing
#: is changed for what was true more than a minute ago
FRESH_SECONDS = 30.0
# the first that knows every operation that is asked for here, and LogGroup.deletionProtectionEnabled
MINIMUM_BOTOCORE = "1.41.3"

# the largest page that each list call takes, by the AWS API reference of each operation
PAGE_SIZES = {
    "describe_account_policies": None,
    "describe_alarms": 100,
    "describe_auto_scaling_groups": 100,
    "describe_automation_executions": 50,
    "describe_db_cluster_snapshots": 100,
    "describe_db_clusters": 100,
    "describe_db_instances": 100,
    "describe_db_major_engine_versions": 100,
    "describe_db_snapshots": 100,
    "describe_document_permission": 200,
    "describe_endpoint_types": 100,
    "describe_endpoints": 100,
    "describe_fast_snapshot_restores": 200,
    "describe_images": 1000,
    "describe_instance_information": 50,
    "describe_instance_patch_states": 100,
    "describe_instances": 1000,
    "describe_launch_configurations": 100,
    "describe_launch_template_versions": 200,
    "describe_load_balancers": 400,
    "describe_locked_snapshots": 1000,
    "describe_log_groups": 50,
    "describe_maintenance_window_targets": 100,
    "describe_maintenance_window_tasks": 100,
    "describe_maintenance_windows": 100,
    "describe_patch_baselines": 100,
    "describe_patch_groups": 100,
    "describe_pending_maintenance_actions": 100,
    "describe_policies": 100,
    "describe_replication_instances": 100,
    "describe_replication_tasks": 100,
    "describe_snapshots": 1000,
    "describe_spot_instance_requests": 1000,
    "describe_table_statistics": 500,
    "describe_target_groups": 400,
    "describe_volumes": 500,
    "get_resources": 100,
    "list_associations": 50,
    "list_command_invocations": 50,
    "list_document_versions": 50,
    "list_group_resources": 50,
    "list_images_in_recycle_bin": 1000,
    "list_rules": 1000,
    "list_snapshots_in_recycle_bin": 1000,
}


@dataclass(frozen=True)
class Scope:
    """Where a resource lives, as much as a pure function needs to know."""

    account_id: str
    region: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


class Region:
    """The AWS calls of one scope. Every failure is a CallError that names service, operation and code."""

    def __init__(self, account: Account, name: str) -> None:
        self.scope = Scope(account.id, name, account.partition)
        self._account = account
        self._listings = Once()

    @property
    def secrets(self) -> Secrets:
        """What must not get into any message of this region."""
        return self._account.secrets

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        client = self._client(service, operation)
        with self._named_errors(client, service, operation):
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        return answer

    def knows(self, service: str, shape: str, member: str) -> bool:
        """Whether the installed botocore reads this member of AWS's answers: it drops what it does not know."""
        model = self._client(service).meta.service_model
        return shape in model.shape_names and member in model.shape_for(shape).members

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> Iterator[list[Resource]]:
        """Each page's list under `key`, asked for in the largest size that AWS takes."""
        client = self._client(service, operation)
        with self._named_errors(client, service, operation):
            if client.can_paginate(operation):
                sizes = {"PageSize": PAGE_SIZES.get(operation)}
                answers = client.get_paginator(operation).paginate(PaginationConfig=sizes, **parameters)
            else:
                answers = _by_token(getattr(client, operation), PAGE_SIZES.get(operation), parameters)
            for answer in answers:
                yield answer.get(key) or []

    def listing(self, service: str, operation: str, key: str, **parameters: Any) -> list[Resource]:
        """All pages at once. The same list is fetched once a region, whoever asks for it (see `once`)."""

        def fetch() -> list[Resource]:
            return [item for page in self.pages(service, operation, key, **parameters) for item in page]

        return self.once((service, operation, repr(sorted(parameters.items()))), fetch)

    def wait(self, service: str, waiter: str, seconds: float, **parameters: Any) -> None:
        """Until botocore's waiter of this name is content. Raises CallError (WaiterError) if it takes longer."""
        client = self._client(service)
        delay = min(LONGEST_POLL_SECONDS, max(1, int(seconds) // 60))
        with self._named_errors(client, service, waiter):
            config = {"Delay": delay, "MaxAttempts": int(seconds) // delay + 1}
            client.get_waiter(waiter).wait(WaiterConfig=config, **parameters)

    def elsewhere(self, name: str) -> Region:
        """Another region of the same account, for the few calls that must be made there."""
        return Region(self._account, name)

    def once(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """What `make` returned, or raised, the first time that it was asked for under this key in this region; after
        `read_anew`, since then and not longer than FRESH_SECONDS ago."""
        return self._listings.get(key, make)

    def read_anew(self) -> None:
        """From now on something is changed: what was remembered is read again, and again when it has become old."""
        self._listings.expire(FRESH_SECONDS)

    def _client(self, service: str, operation: str | None = None) -> Any:
        try:
            client = self._account.client(service, self.scope.region)
        except (BotoCoreError, ValueError) as error:
            raise CallError.of(service, "CreateClient", error, self.secrets) from error
        if operation and operation not in client.meta.method_to_api_mapping:
            words = f"botocore {botocore_version} doesn't know this operation: install {MINIMUM_BOTOCORE} or newer."
            raise CallError(service, operation, "UnknownOperationError", words)
        return client

    @contextmanager
    def _named_errors(self, client: Any, service: str, operation: str) -> Iterator[None]:
        """Turns botocore's exceptions into a CallError that knows which call it was."""
        try:
            yield
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            name = client.meta.method_to_api_mapping.get(operation, operation)
            failed = CallError.of(service, name, error, self.secrets)
            if not isinstance(error, ClientError):
                failed.message += through_proxy(client)
            raise failed from error


@dataclass(eq=False)
class Answer:
    """What was read for a key: in which phase, and by when. It is as old as the oldest answer that it was made of."""

    phase: int
    read_at: float = float("inf")
    future: Future[Any] = field(default_factory=Future)

    def rest_on(self, other: Answer) -> None:
        self.phase, self.read_at = min(self.phase, other.phase), min(self.read_at, other.read_at)


class Once:
    """A cache in which threads that ask for the same thing at the same time wait for one answer. Until it is told that
    answers `expire`, they are kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[Hashable, Answer] = {}
        self._phase, self._seconds = 0, float("inf")
        self._making = threading.local()

    def expire(self, seconds: float) -> None:
        """Keep no answer of before, and none from now on for more than `seconds`."""
        with self._lock:
            self._phase, self._seconds = self._phase + 1, seconds

    def get(self, key: Hashable, make: Callable[[], Result]) -> Result:
        with self._lock:
            answer = self._answers.get(key)
            first = answer is None or not self._is_fresh(answer)
            if answer is None or first:
                answer = self._answers[key] = Answer(self._phase)
        if first:
            self._fill(answer, make)
        try:
            result: Result = answer.future.result()
        finally:
            if outer := self._outer():
                outer.rest_on(answer)
        return result

    def _is_fresh(self, answer: Answer) -> bool:
        return answer.phase == self._phase and self._clock() - answer.read_at <= self._seconds

    def _outer(self) -> Answer | None:
        """The answer that this thread is making, if it asks on the way to it."""
        outer: Answer | None = getattr(self._making, "answer", None)
        return outer

    def _fill(self, answer: Answer, make: Callable[[], Result]) -> None:
        outer, self._making.answer = self._outer(), answer
        result: Any = None
        failed: Exception | None = None
        try:
            result = make()
        except Exception as error:  # noqa: BLE001
            # it is for those who asked, and every one of them gets it
            failed = error
        finally:
            self._making.answer = outer
        answer.read_at = min(answer.read_at, self._clock())
        if failed:
            answer.future.set_exception(failed)
        else:
            answer.future.set_result(result)


def _by_token(
    method: Callable[..., dict[str, Any]], page_size: int | None, parameters: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """For the few list calls that botocore has no paginator for; EC2 spells its token with a capital, Logs without, and
    DMS calls it Marker."""
    request = {**parameters, **({"MaxResults": page_size} if page_size else {})}
    seen: set[str] = set()
    while True:
        answer = method(**request)
        yield answer
        token = next((name for name in ("NextToken", "nextToken", "Marker") if answer.get(name)), None)
        if token is None:
            return
        # as botocore's paginators do: a service that repeats a token would be asked without end
        if answer[token] in seen:
            raise PaginationError(message=f"The same next token was received twice: {answer[token]}")
        seen.add(answer[token])
        request[token] = answer[token]


def open_regions(accounts: Sequence[Account], requested: Sequence[str]) -> tuple[list[Region], list[RegionError]]:
    """The regions asked for, in each account: `all` stands for every region that the account has enabled, nothing for
    the session's own. An account whose regions can't be listed is an error of that account when others can.

    Raises:
        SweepError: a region that doesn't exist (the nearest is named) or isn't enabled, or no account that can be read.
    """
    regions: list[Region] = []
    errors: list[RegionError] = []
    for account in accounts:
        try:
            regions += _open_regions(account, requested)
        except CallError as error:
            errors.append(RegionError.of(account.id, account.home_region, error))
    if not regions:
        raise SweepError(f"No region could be listed ({errors[0].code}: {errors[0].message}): name them in `regions`.")
    return regions, errors


def _open_regions(account: Account, requested: Sequence[str]) -> list[Region]:
    if not requested and not account.own_region:
        raise SweepError(
            "No region is set: name some in `regions`, or set `region`, AWS_REGION or the profile's region."
        )
    names = list(dict.fromkeys(requested or [account.home_region]))
    known = _known_regions(account, by_name="all" not in names)
    if "all" in names:
        return [Region(account, name) for name, enabled in known.items() if enabled]
    for name in names:
        if name not in known:
            raise SweepError(f"There is no AWS region {name!r}.{nearest(name, known)}")
        if not known[name]:
            raise SweepError(f"Region {name} is not enabled in account {account.id}: enable it or leave it out.")
    return [Region(account, name) for name in names]


def _known_regions(account: Account, by_name: bool) -> dict[str, bool]:
    """Region name -> enabled, by ec2:DescribeRegions. Regions given by name can be checked without that permission."""
    try:
        home = Region(account, account.home_region)
        answer = home.call("ec2", "describe_regions", AllRegions=True)["Regions"]
    except CallError:
        if by_name:
            return dict.fromkeys(account.offered_regions(), True)
        raise
    return {region["RegionName"]: region.get("OptInStatus") != "not-opted-in" for region in answer}
