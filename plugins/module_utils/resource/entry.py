# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to its exit: the one place where the engine meets Ansible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info

from ..sweep.account import Connection, open_accounts
from ..sweep.errors import CallError, SweepError
from ..sweep.options import open_module
from ..sweep.region import Region
from .ensure import Enforcement, Plan, Wanted, plan
from .properties import Properties, snake_case
from .resource import Resource
from .waiting import Waiting

COMMON_ARGUMENT_SPEC: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 900},
}


def run_resource(resource: type[Resource], argument_spec: Mapping[str, Any], **constraints: Any) -> None:
    """The whole of a module's `main`. `constraints` are AnsibleModule's (`required_if`, ...)."""
    spec = {**COMMON_ARGUMENT_SPEC, **argument_spec}
    module = open_module(spec, **constraints)
    done: list[str] = []
    try:
        result = _run(module, resource(_options(module)), done)
    except (SweepError, CallError) as error:
        module.fail_json(msg=_told(error, done), changed=bool(done))
    module.exit_json(**result)


def _run(module: Any, resource: Resource, done: list[str]) -> dict[str, Any]:
    """Raises SweepError, CallError; `done` then holds what was done before."""
    options = module.params
    region, client = _open(module, resource.service)
    wanted = Wanted(options["state"] != "absent", options["tags"], options["purge_tags"], options["wait"])
    planned = plan(resource, region, wanted)
    properties: Properties | None = planned.expected()
    if not module.check_mode:
        waiting = Waiting(resource, region, client, options["wait_timeout"])
        properties = Enforcement(resource, region, waiting, wanted.wait, done).enforce(planned)
        planned = planned.made(done)
    return {
        "changed": bool(planned.shown),
        "changes": [change.to_dict() for change in planned.shown.values()],
        resource.returned_as: snake_case(properties or {}),
        **({"diff": _diff(resource, planned)} if module._diff else {}),
    }


def _options(module: Any) -> Mapping[str, Any]:
    """Raises SweepError."""
    options: Mapping[str, Any] = module.params
    if options["wait_timeout"] < 1:
        raise SweepError(f"wait_timeout is {options['wait_timeout']}: it must be 1 or more.")
    return options


def _open(module: Any, service: str) -> tuple[Region, Any]:
    """The session's region, and its client for the waiters."""
    (account,), _errors = open_accounts(Connection.of(get_aws_connection_info(module), workers=1))
    if not account.own_region:
        raise SweepError("No region is set: set `region`, AWS_REGION or the profile's region.")
    return Region(account, account.own_region), account.client(service, account.own_region)


def _told(error: Exception, done: list[str]) -> str:
    return f"{error} Done before: {', '.join(done)}." if done else str(error)


def _diff(resource: Resource, planned: Plan) -> dict[str, Any]:
    """The properties that change, before and after; all of them where the resource comes or goes."""
    changes = planned.shown.values()
    return {
        "before_header": f"{resource.kind} {resource.name}",
        "after_header": f"{resource.kind} {resource.name}",
        "before": snake_case({change.name: change.before for change in changes}) if planned.current else {},
        "after": snake_case({change.name: change.after for change in changes}) if planned.desired else {},
    }
