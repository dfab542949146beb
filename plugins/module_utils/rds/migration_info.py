# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a migration to Aurora: what there is, what remains to be done, and what speaks against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from ..resource.task import Task
from ..sweep.errors import SweepError
from ..sweep.region import Scope
from .databases import as_ansible
from .migration import NAME_TAG, STEP_TAG, Found, Migration, Reader, Replica
from .migration_problems import problems
from .migration_steps import is_complete, missing, remaining_path, steps

REPLICA: dict[str, Any] = {
    "region": {"type": "str", "required": True},
    "db_cluster_identifier": {"type": "str", "required": True},
    "db_instance_identifiers": {"type": "list", "elements": "str", "required": True},
    "kms_key_id": {"type": "str"},
    "db_subnet_group_name": {"type": "str"},
}
ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "source_db_instance_identifier": {"type": "str", "required": True},
    "db_snapshot_identifier": {"type": "str", "required": True},
    "db_cluster_identifier": {"type": "str", "required": True},
    "db_instance_identifiers": {"type": "list", "elements": "str", "required": True},
    "engine": {"type": "str", "required": True, "choices": ["aurora-mysql", "aurora-postgresql"]},
    "engine_versions": {"type": "list", "elements": "str", "required": True},
    "db_subnet_group_name": {"type": "str"},
    "kms_key_id": {"type": "str"},
    "global_cluster_identifier": {"type": "str"},
    "replicas": {"type": "list", "elements": "dict", "default": [], "options": REPLICA},
    "left_out": {"type": "list", "elements": "str", "default": [], "choices": ["smoke_test", "switch"]},
    "snapshot_max_age_hours": {"type": "int", "default": 24},
    "expected_account_id": {"type": "str"},
}
# RDS's constraint on the identifiers of instances and clusters
IDENTIFIER = re.compile(r"[a-z](?!.*--)[a-z0-9-]{0,62}(?<!-)\Z")


def inform(task: Task) -> dict[str, Any]:
    """The module's result. Raises SweepError where something speaks against the migration, and CallError."""
    migration = _migration(task.options)
    home = task.region()
    found = Reader(migration, task.region).read()
    told = problems(migration, found, home.scope.region, datetime.now(timezone.utc))
    if told:
        raise SweepError(" ".join(told))
    return _result(migration, found, home.scope)


def _migration(options: Mapping[str, Any]) -> Migration:
    """Raises SweepError."""
    replicas = [
        Replica(
            row["region"],
            row["db_cluster_identifier"],
            row["db_instance_identifiers"],
            row["kms_key_id"] or None,
            row["db_subnet_group_name"] or None,
        )
        for row in options["replicas"]
    ]
    migration = Migration(
        name=options["name"],
        source=options["source_db_instance_identifier"],
        snapshot=options["db_snapshot_identifier"],
        cluster=options["db_cluster_identifier"],
        engine=options["engine"],
        path=options["engine_versions"],
        instances=options["db_instance_identifiers"],
        subnet_group=options["db_subnet_group_name"] or None,
        kms_key_id=options["kms_key_id"] or None,
        global_cluster=options["global_cluster_identifier"] or None,
        replicas=replicas,
        left_out=frozenset(options["left_out"]) | (frozenset() if replicas else {"replica_regions"}),
        snapshot_max_age_hours=options["snapshot_max_age_hours"],
    )
    if told := list(_mistakes(migration)):
        raise SweepError(" ".join(told))
    return migration


def _mistakes(migration: Migration) -> Iterator[str]:
    """What can't be meant, whatever there is in AWS."""
    for what in ("path", "instances"):
        if not getattr(migration, what):
            yield f"The {'engine_versions' if what == 'path' else 'db_instance_identifiers'} are empty."
    if len(set(migration.path)) < len(migration.path):
        yield f"The engine_versions {', '.join(migration.path)} name a version twice."
    names = [migration.cluster, *migration.instances]
    for replica in migration.replicas:
        names += [replica.cluster, *replica.instances]
    for name in dict.fromkeys(names):
        if not IDENTIFIER.match(name):
            yield (
                f"{name!r} is no identifier of RDS: it takes up to 63 small letters, digits and single hyphens, begins"
                " with a letter and doesn't end with a hyphen."
            )
    if len(set(migration.instances)) < len(migration.instances) or migration.source in migration.instances:
        yield f"The db_instance_identifiers {', '.join(migration.instances)} must differ, also from {migration.source}."


def _result(migration: Migration, found: Found, scope: Scope) -> dict[str, Any]:
    return {
        "changed": False,
        "complete": is_complete(found),
        "steps": [asdict(step) for step in steps(migration, found)],
        "tags": {NAME_TAG: migration.name},
        "step_tag": STEP_TAG,
        "source": as_ansible(found.source),
        "db_snapshot": as_ansible(found.snapshot),
        "db_snapshot_arn": scope.arn("rds", f"snapshot:{migration.snapshot}"),
        "db_cluster": as_ansible(found.cluster),
        "db_cluster_arn": scope.arn("rds", f"cluster:{migration.cluster}"),
        "missing_db_instance_identifiers": missing(migration.instances, found.main),
        "remaining_engine_versions": remaining_path(migration, found),
        "replicas": [
            {
                "region": replica.region,
                "db_cluster": as_ansible(found.replicas[replica.region].cluster),
                "missing_db_instance_identifiers": missing(replica.instances, found.replicas[replica.region]),
            }
            for replica in migration.replicas
        ],
    }
