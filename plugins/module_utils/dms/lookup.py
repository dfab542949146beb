# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DMS's resources by identifier or ARN, and what DMS says of their failures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..sweep.errors import CallError, SweepError, nearest
from ..sweep.region import Region, Resource

# what a driver may quote of its connection string, in which a value goes on to the semicolon
SECRET = re.compile(
    r"""(?i)\b(password|passwd|pwd|secret|token|passphrase)(\s*[=:]\s*)("[^"]*"|'[^']*'|[^;]+(?=;)|[^\s;,&)]+)"""
)

TAGS_A_CALL = 100
#: DMS says so of whatever was asked for; of a key or a bucket that it can't find it says KMSNotFoundFault and so on
MISSING = "ResourceNotFoundFault"


@dataclass(frozen=True)
class Kind:
    """`stem` begins the names of its members, `filter` those of its filters."""

    words: str
    operation: str
    key: str
    stem: str
    filter: str

    @property
    def identifier(self) -> str:
        return f"{self.stem}Identifier"

    @property
    def arn(self) -> str:
        return f"{self.stem}Arn"

    def filters(self, name: str) -> Mapping[str, Any]:
        """The parameters that find one resource. DMS stores some identifiers in lower case, and others as they are."""
        if name.startswith("arn:"):
            return {"Filters": [{"Name": f"{self.filter}-arn", "Values": [name]}]}
        return {"Filters": [{"Name": f"{self.filter}-id", "Values": sorted({name, name.lower()})}]}


INSTANCE = Kind(
    "DMS replication instance",
    "describe_replication_instances",
    "ReplicationInstances",
    "ReplicationInstance",
    "replication-instance",
)
ENDPOINT = Kind("DMS endpoint", "describe_endpoints", "Endpoints", "Endpoint", "endpoint")
TASK = Kind(
    "DMS replication task",
    "describe_replication_tasks",
    "ReplicationTasks",
    "ReplicationTask",
    "replication-task",
)


def listed(region: Region, operation: str, key: str, **parameters: Any) -> list[Resource]:
    """All pages; none where DMS answers that no resource passes the filters. Raises CallError."""
    try:
        return [row for page in region.pages("dms", operation, key, **parameters) for row in page]
    except CallError as error:
        if error.code == MISSING:
            return []
        raise


def find(region: Region, kind: Kind, name: str) -> Resource | None:
    """By identifier or ARN. Raises CallError."""
    return next(iter(listed(region, kind.operation, kind.key, **kind.filters(name))), None)


def tags_by_arn(region: Region, arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """Many in a call; no entry where there are none. Raises CallError."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), TAGS_A_CALL):
        some = list(arns[start : start + TAGS_A_CALL])
        for tag in region.call("dms", "list_tags_for_resource", ResourceArnList=some)["TagList"]:
            found.setdefault(tag["ResourceArn"], {})[tag["Key"]] = tag.get("Value") or ""
    return found


def table_statistics(region: Region, task: Resource) -> list[Resource]:
    """There is one call for each task, and no list. Raises CallError."""
    arn = task["ReplicationTaskArn"]
    try:
        return region.listing("dms", "describe_table_statistics", "TableStatistics", ReplicationTaskArn=arn)
    except CallError as error:
        # it has just been removed, or has never come so far as to have some
        if error.code in (MISSING, "InvalidResourceStateFault"):
            return []
        raise


def existing(region: Region, kind: Kind, name: str) -> Resource:
    """By identifier or ARN. Raises SweepError, which names the nearest, where there is none, and CallError."""
    found = find(region, kind, name)
    if found is None:
        known = region.listing("dms", kind.operation, kind.key)
        member = kind.arn if name.startswith("arn:") else kind.identifier
        near = nearest(name, [row[member] for row in known])
        raise SweepError(f"There is no {kind.words} {name!r} in {region.scope.region}.{near}")
    return found


def failure_message(message: str | None) -> str:
    """What DMS says, in one line and without what looks like a secret."""
    return SECRET.sub(r"\1\2***", " ".join((message or "").split()))


def named(names: Sequence[str], most: int = 5) -> str:
    """`a, b and 7 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
