# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for any number of RDS resources, also for what an earlier run has begun."""

from __future__ import annotations

from typing import Any

from ..resource.patience import WAIT_ARGUMENT_SPEC
from ..resource.task import Task
from ..sweep.errors import SweepError
from .databases import CLUSTER, INSTANCE, SNAPSHOT, Kind, as_ansible, find
from .waiting import wait_until

KINDS: dict[str, Kind] = {"db_clusters": CLUSTER, "db_instances": INSTANCE, "db_snapshots": SNAPSHOT}
OPTIONS = {name: f"{name[:-1]}_identifiers" for name in KINDS}
ARGUMENT_SPEC: dict[str, Any] = {
    **WAIT_ARGUMENT_SPEC,
    **{option: {"type": "list", "elements": "str"} for option in OPTIONS.values()},
    "statuses": {"type": "list", "elements": "str", "default": ["available"]},
}


def wait(task: Task) -> dict[str, Any]:
    """The module's result; in check mode the resources as they are. Raises SweepError, CallError."""
    region, patience, statuses = task.region(), task.patience, task.options["statuses"]
    result: dict[str, Any] = {"changed": False}
    for name, kind in KINDS.items():
        result[name] = []
        for identifier in task.options[OPTIONS[name]] or ():
            found = find(region, kind, identifier)
            if found is None:
                raise SweepError(f"There is no {kind.words} {identifier} in {region.scope.region}.")
            if found[kind.status] not in statuses and not task.check_mode:
                found = wait_until(region, kind, identifier, patience, statuses)
            result[name].append(as_ansible(found))
    return result
