# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a migration with DMS: what there is, what remains to be done, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.transformation import boto3_resource_to_ansible_dict

from ..resource.task import Task
from ..sweep.errors import SweepError
from ..sweep.region import Resource
from .lookup import failure_message
from .migration import NAME_TAG, STEP_TAG, Found, Limits, Migration, Reader
from .migration_gate import Refusal, progress, refusals
from .migration_problems import problems
from .migration_steps import is_cut_over, steps

TYPES = ("full-load", "cdc", "full-load-and-cdc")
GATE: dict[str, Any] = {
    "max_latency_seconds": {"type": "int", "default": 60},
    "require_validation": {"type": "bool", "default": True},
    "accept_unvalidated_tables": {"type": "list", "elements": "str", "default": []},
}
ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "source_endpoint_identifier": {"type": "str", "required": True},
    "target_endpoint_identifier": {"type": "str", "required": True},
    "replication_instance_identifier": {"type": "str", "required": True},
    "manage_replication_instance": {"type": "bool", "default": True},
    "replication_subnet_group_identifier": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str", "default": []},
    "migration_type": {"type": "str", "choices": list(TYPES), "default": "full-load-and-cdc"},
    **GATE,
    "cut_over": {"type": "bool", "default": False},
    "clean_up": {"type": "bool", "default": False},
    "clean_up_replication_instance": {"type": "bool", "default": False},
    "expected_account_id": {"type": "str"},
}
# https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateEndpoint.html, and the same of tasks and instances
IDENTIFIER = re.compile(r"[A-Za-z](?!.*--)[A-Za-z0-9-]{0,254}(?<!-)\Z")


def inform(task: Task) -> dict[str, Any]:
    """The module's result. Raises SweepError where something speaks against the migration, and CallError."""
    migration = _migration(task.options)
    region, now = task.region(), datetime.now(timezone.utc)
    found = Reader(migration, region, now).read()
    if told := problems(migration, found, region.scope.region):
        raise SweepError(" ".join(told))
    return _result(migration, found, now)


def limits_of(options: Mapping[str, Any]) -> Limits:
    """Raises SweepError."""
    if options["max_latency_seconds"] < 0:
        raise SweepError(f"max_latency_seconds is {options['max_latency_seconds']}: it must be 0 or more.")
    accepted = frozenset(options["accept_unvalidated_tables"])
    return Limits(options["max_latency_seconds"], options["require_validation"], accepted)


def _migration(options: Mapping[str, Any]) -> Migration:
    """Raises SweepError."""
    migration = Migration(
        name=options["name"],
        source=options["source_endpoint_identifier"],
        target=options["target_endpoint_identifier"],
        instance=options["replication_instance_identifier"],
        own_instance=options["manage_replication_instance"],
        subnet_group=options["replication_subnet_group_identifier"] or None,
        subnets=options["subnet_ids"],
        type=options["migration_type"],
        cut_over=options["cut_over"],
        clean_up=options["clean_up"],
        clean_up_instance=options["clean_up_replication_instance"],
        limits=limits_of(options),
    )
    if told := list(_mistakes(migration)):
        raise SweepError(" ".join(told))
    return migration


def _mistakes(migration: Migration) -> Iterator[str]:
    """What can't be meant, whatever there is in AWS."""
    for name in dict.fromkeys((migration.name, migration.source, migration.target, migration.instance)):
        if not IDENTIFIER.match(name):
            yield (
                f"{name!r} is no identifier of DMS: it takes up to 255 letters, digits and single hyphens, begins with"
                " a letter and doesn't end with a hyphen."
            )
    if migration.source == migration.target:
        yield f"The source and the target are the same endpoint, {migration.source}."
    if migration.subnets and not migration.subnet_group:
        yield "subnet_ids need a replication_subnet_group_identifier."


def _result(migration: Migration, found: Found, now: datetime) -> dict[str, Any]:
    task = found.task
    gate = [Refusal("There is no task yet.")]
    if task:
        gate = refusals(task, found.tables, found.latency, migration.limits)
    return {
        "changed": False,
        "cut_over": is_cut_over(found),
        "steps": [asdict(step) for step in steps(migration, found)],
        "tags": {NAME_TAG: migration.name},
        "step_tag": STEP_TAG,
        "gate": {
            "passed": not gate,
            "may_pass": all(refusal.passes for refusal in gate),
            "refusals": [refusal.words for refusal in gate],
            **found.latency.to_dict(),
        },
        "progress": progress(task) if task else None,
        "now": now.isoformat(),
        "replication_task": _as_ansible(task),
        "source_endpoint": _as_ansible(found.source),
        "target_endpoint": _as_ansible(found.target),
        "replication_instance": _as_ansible(found.instance),
        "replication_subnet_group": _as_ansible(found.subnet_group),
    }


def _as_ansible(resource: Resource | None) -> dict[str, Any] | None:
    if resource is None:
        return None
    if "LastFailureMessage" in resource:
        resource = {**resource, "LastFailureMessage": failure_message(resource["LastFailureMessage"])}
    made: dict[str, Any] = boto3_resource_to_ansible_dict(resource, transform_tags=False, force_tags=False)
    return made
