# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A made-up service on which the engine can be watched: no AWS, no clock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding, tags_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate, ExcludedByTag, Guard, Inspection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import Cost
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import FRESH_SECONDS, Once, Resource, Scope
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from ansible_collections.sysops.aws.plugins.module_utils.sweep.secrets import Secrets

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
ACCOUNT = "123456789012"


class FakeRegion:
    """Things by id, the errors that calls meet here, and a record of the calls."""

    def __init__(self, name: str, *things: Resource) -> None:
        self.scope = Scope(ACCOUNT, name)
        self.secrets = Secrets()
        self.things = {thing["Id"]: thing for thing in things}
        self.errors: dict[str, Exception] = {}
        self.calls: list[tuple[str, Any]] = []
        #: what a list and what an inspection protect, as they are when they are asked
        self.leases, self.shared = {"leased"}, {"shared"}
        #: what the engine has deleted, and nobody else
        self.deleted: set[str] = set()
        self._once = Once()
        self._lock = threading.Lock()

    def once(self, key: Any, make: Any) -> Any:
        return self._once.get(key, make)

    def read_anew(self) -> None:
        self._once.expire(FRESH_SECONDS)

    def call(self, operation: str, argument: Any = None) -> None:
        with self._lock:
            self.calls.append((operation, argument))
        self.meet(operation)

    def meet(self, name: str) -> None:
        """Raises what has been put in the way of one thing, if something has."""
        if name in self.errors:
            raise self.errors[name]

    def count(self, operation: str) -> int:
        return sum(1 for name, _argument in self.calls if name == operation)


def thing(name: str, old: bool = True, **tags: str) -> Resource:
    return {"Id": name, "Old": old, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


class Listed(Guard):
    name = "the list of leases"

    def load(self, region: Any) -> frozenset[str]:
        region.call("ListLeases")
        return frozenset(region.leases)

    def protects(self, candidate: Candidate, facts: frozenset[str]) -> str | None:
        return "leased" if candidate.finding.resource_id in facts else None


class Asked(Inspection):
    name = "sharing"

    def inspect(self, region: Any, finding: Finding) -> str | None:
        region.call("AskThing", finding.resource_id)
        return "shared" if finding.resource_id in region.shared else None


class Things(Policy):
    """Old things go."""

    check = "things"
    resource_type = "fake:thing"
    action = "delete"
    gone_codes = ("InvalidThing.NotFound", "ResourceNotFoundException")

    def __init__(self, batch_size: int = 1, inspections: Sequence[Inspection] = ()) -> None:
        self.batch_sizes = {"delete": batch_size}  # type: ignore[misc]
        self.guards = [Listed(), ExcludedByTag({"Keep": "true"})]
        self.inspections = inspections

    def find(self, region: Any) -> Iterator[list[Resource]]:
        region.call("ListThings")
        things = list(region.things.values())
        for start in range(0, len(things), 2):
            yield things[start : start + 2]

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        if not resource["Old"]:
            return None
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=resource["Id"],
            arn=scope.arn("fake", resource["Id"]),
            scope=scope,
            name="",
            reason="It is old.",
            reason_code="old",
            action=self.action,
            tags=tags_of(resource),
            cost=Cost(1.0, 2.0),
        )

    def current(self, region: Any, ids: Sequence[str]) -> Mapping[str, Resource]:
        region.call("ReadThings", tuple(ids))
        return {name: region.things[name] for name in ids if name in region.things}

    def act(self, region: Any, findings: Sequence[Finding]) -> None:
        names = [finding.resource_id for finding in findings]
        region.call("DeleteThings", tuple(names))
        for name in names:
            region.meet(f"delete {name}")
        for name in names:
            if name not in region.things:
                raise CallError("fake", "DeleteThings", "InvalidThing.NotFound", f"no {name}")
        for name in names:
            del region.things[name]
            region.deleted.add(name)
        for name in names:
            region.meet(f"after {name}")


class Copied(Things):
    """Of each thing that is to go, a copy is made first."""

    def __init__(self, batch_size: int = 1, inspections: Sequence[Inspection] = ()) -> None:
        super().__init__(batch_size, inspections)
        self.prepares = {"delete": "copy"}

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"tags": tags_of(resource)}, {}

    def prepare(self, region: Any, finding: Finding) -> None:
        region.call("CopyThing", finding.resource_id)
        region.meet(f"copy {finding.resource_id}")
        finding.work.after = {"copy": f"copy of {finding.resource_id}"}

    def await_prepared(self, region: Any, findings: Sequence[Finding]) -> None:
        region.call("AwaitCopies", tuple(finding.resource_id for finding in findings))
        for finding in findings:
            if f"await {finding.resource_id}" in region.errors:
                finding.fail("CopyFailed", "The copy came to nothing.")


class MemoryStore:
    """A journal in memory. Its lines also show among the calls of the region that they speak of, as `journal begin` and
    so on, so that the order of lines and calls can be seen. A line for which `fails` is true can't be written."""

    place = "memory"

    def __init__(self, *regions: FakeRegion, fails: Callable[[dict[str, Any]], bool] = lambda row: False) -> None:
        self.text = self.unsynced = ""
        self.fails = fails
        self._calls = {region.scope.region: region.calls for region in regions}
        self._calls_of: dict[str, Any] = {}
        self._lock = threading.Lock()

    def append(self, text: str, sync: bool) -> None:
        with self._lock:
            written = [json.loads(line) for line in text.splitlines()]
            if any(self.fails(row) for row in written):
                raise OSError(28, "No space left on device")
            for row in written:
                calls = self._calls_of.setdefault(row["id"], self._calls.get(row.get("region"), []))
                calls.append((f"journal {row['event']}", row["resource_id"]))
            self.text += text
            self.unsynced = "" if sync else self.unsynced + text

    def read(self) -> str:
        return self.text

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def sweep(*regions: FakeRegion, policy: Policy | None = None, **options: Any) -> Sweep:
    limit = Limit(options.get("max_actions", 100), options.get("max_actions_percent", 100))
    selection = Selection(options.get("only_ids", ()), options.get("plan"))
    stores = options.get("stores", ())
    workers = options.get("workers", 4)
    return Sweep([policy or Things()], regions, limit, selection, NOW, workers, stores)  # type: ignore[arg-type]


def enforce(*regions: FakeRegion, **options: Any) -> Sweep:
    run = sweep(*regions, **options)
    run.plan()
    run.refuse_over_limit()
    run.act()
    run.finish()
    return run


def statuses(run: Sweep) -> dict[str, str]:
    """Resource id -> status, of settled findings."""
    return {row["resource_id"]: row["status"] for row in rows(run)}


def rows(run: Sweep) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run.lines()]
