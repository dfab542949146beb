# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of RDS resources that a runbook handles, and how RDS spells each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.transformation import boto3_resource_to_ansible_dict

from ..sweep.errors import CallError
from ..sweep.region import Region, Resource


@dataclass(frozen=True)
class Kind:
    """`operation` lists under `key`, takes `identifier` for one of them, and tells its state under `status`. `missing`
    is the error code for one that doesn't exist."""

    words: str
    operation: str
    key: str
    identifier: str
    status: str
    missing: str


# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html#API_DescribeDBInstances_Errors
INSTANCE = Kind(
    "DB instance",
    "describe_db_instances",
    "DBInstances",
    "DBInstanceIdentifier",
    "DBInstanceStatus",
    "DBInstanceNotFound",
)
CLUSTER = Kind(
    "DB cluster", "describe_db_clusters", "DBClusters", "DBClusterIdentifier", "Status", "DBClusterNotFoundFault"
)
SNAPSHOT = Kind(
    "DB snapshot", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier", "Status", "DBSnapshotNotFound"
)


def find(region: Region, kind: Kind, identifier: str) -> Resource | None:
    """The resource, or None where there is none. Raises CallError."""
    try:
        found = region.call("rds", kind.operation, **{kind.identifier: identifier})[kind.key]
    except CallError as error:
        if error.code == kind.missing:
            return None
        raise
    return found[0] if found else None


def tags_of(resource: Mapping[str, Any] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in (resource or {}).get("TagList", [])}


def as_ansible(resource: Resource | None) -> dict[str, Any] | None:
    """In Ansible's names, with `tags` as a dict."""
    if resource is None:
        return None
    plain = {name: value for name, value in resource.items() if name != "TagList"}
    made: dict[str, Any] = boto3_resource_to_ansible_dict(plain, transform_tags=False, force_tags=False)
    return {**made, "tags": tags_of(resource)}
