# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against a migration with DMS, or against going on with one: found before anything is changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from .migration import VPC_ROLE, Found, Migration
from .migration_steps import is_cleaned_up, is_cut_over, is_of


def problems(migration: Migration, found: Found, region: str) -> list[str]:
    """One sentence each, none where the migration may start or go on."""
    if migration.clean_up:
        return [*_strangers(migration, found), *_clean_up(migration, found)]
    return [
        *_strangers(migration, found),
        *_task(migration, found),
        *_network(migration, found, region),
    ]


def _strangers(migration: Migration, found: Found) -> Iterator[str]:
    """What has a wanted name, but was not made by this migration."""
    named = [
        ("a replication task", migration.name, found.task),
        ("an endpoint", migration.source, found.source),
        ("an endpoint", migration.target, found.target),
    ]
    if migration.own_instance:
        named.append(("a replication instance", migration.instance, found.instance))
    for words, name, resource in named:
        if resource and not is_of(migration, resource, found):
            yield (
                f"There is already {words} {name}, which isn't part of the migration {migration.name}: choose another"
                " name or remove it."
            )


def _clean_up(migration: Migration, found: Found) -> Iterator[str]:
    """Deleting is for what is over: the task may be all that still writes to the target."""
    if is_cleaned_up(migration, found) or is_cut_over(found):
        return
    if found.task:
        state = f"task {migration.name} is {found.task['Status']} and not cut over"
    else:
        state = f"there is no task {migration.name}, and nothing records that it was cut over"
    yield f"Nothing is cleaned up: {state}. Cut over first (dms_migration_cut_over), then clean up."


def _task(migration: Migration, found: Found) -> Iterator[str]:
    task = found.task
    if task is None:
        return
    if task["Status"] == "deleting":
        yield f"Task {migration.name} is being deleted: start again when it is gone."
        return
    if found.is_started and task["MigrationType"] != migration.type:
        yield f"Task {migration.name} is of type {task['MigrationType']}, which can't become {migration.type}."
    ends = (
        ("SourceEndpointArn", migration.source, found.source),
        ("TargetEndpointArn", migration.target, found.target),
    )
    for key, name, endpoint in ends:
        if endpoint is None or task[key] != endpoint["EndpointArn"]:
            yield f"Task {migration.name} works with another endpoint than {name}: name its own, or another task."


def _network(migration: Migration, found: Found, region: str) -> Iterator[str]:
    if found.instance is None and not migration.own_instance:
        yield (
            f"There is no replication instance {migration.instance} in {region}: name one that exists, or have it made"
            " (replication_instance_class)."
        )
    if found.subnet_group and migration.subnets:
        there = {subnet["SubnetIdentifier"] for subnet in found.subnet_group.get("Subnets", [])}
        if there and there != set(migration.subnets):
            yield (
                f"The replication subnet group {migration.subnet_group} has other subnets ({', '.join(sorted(there))}):"
                " name these, or choose another name."
            )
    if not found.vpc_role:
        yield (
            f"There is no IAM role {VPC_ROLE}, without which DMS makes no subnet group and no replication instance:"
            " create it, trusted by dms.amazonaws.com, with the policy AmazonDMSVPCManagementRole."
        )
