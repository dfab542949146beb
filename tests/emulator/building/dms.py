# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replication tasks and instances: one for every reason of dms_status."""

from __future__ import annotations

import inspect
import json
from typing import Any

from ..services.dms import life_of
from .site import Expect, Site, ignored, reported, spared

NAMESPACE = "AWS/DMS"
FINISHED = {"shop.customers": {}, "shop.orders": {}, "shop.lines": {}}
EVERYTHING = {
    "rules": [
        {
            "rule-type": "selection",
            "rule-id": "1",
            "rule-name": "1",
            "rule-action": "include",
            "object-locator": {"schema-name": "shop", "table-name": "%"},
        }
    ]
}


def add_instance(site: Site, name: str, expect: Expect, age: float = 400, version: str = "3.5.4") -> Any:
    """A replication instance that is available."""
    backend = site.backend("dms")
    instance = backend.create_replication_instance(
        replication_instance_identifier=name, replication_instance_class="dms.t3.medium", engine_version=version
    )
    instance.creation_date, instance.pending = site.ago(age), {}
    life_of(instance).enter("available")
    site.expect("dms:rep", name, name, expect)
    return instance


def add_endpoint(site: Site, name: str, kind: str, engine: str) -> Any:
    """An endpoint of which nothing but its engine matters."""
    backend = site.backend("dms")
    unsaid = dict.fromkeys(inspect.signature(backend.create_endpoint).parameters)
    named = {"endpoint_identifier": name, "endpoint_type": kind, "engine_name": engine}
    return backend.create_endpoint(**{**unsaid, **named})


def add_task(site: Site, name: str, instance: Any, expect: Expect, status: str = "running", latency: float = 1,
             tables: dict[str, dict[str, Any]] | None = None, settings: dict[str, Any] | None = None,
             tags: dict[str, str] | None = None, stopped_days: float = 0, **facts: Any) -> Any:  # fmt: skip
    """A task that has loaded its tables and replicates, unless told otherwise."""
    backend = site.backend("dms")
    ends = {end.endpoint_identifier: end.endpoint_arn for end in backend.endpoints.values()}
    kinds = (("shop-source", "source", "mysql"), ("shop-target", "target", "mysql"))
    source, target = (ends.get(one) or add_endpoint(site, one, *what).endpoint_arn for one, *what in kinds)
    task = backend.create_replication_task(
        replication_task_identifier=name,
        source_endpoint_arn=facts.pop("source_endpoint_arn", source),
        target_endpoint_arn=target,
        replication_instance_arn=instance.arn,
        migration_type=facts.pop("migration_type", "full-load-and-cdc"),
        table_mappings=json.dumps(EVERYTHING),
        replication_task_settings=json.dumps(
            {"Logging": {"EnableLogging": True}, "ValidationSettings": {"EnableValidation": True}, **(settings or {})}
        ),
    )
    told = {
        "cdc_start_position": None,
        "cdc_stop_position": None,
        "stop_reason": "",
        "last_failure_message": "",
        "reloaded": set(),
        "source_tables": tables or FINISHED,
        "loaded_at": None,
        "load_seconds": 0.0,
        "loaded_share": 1.0,
        "creation_date": site.ago(200),
        "start_date": None if status == "ready" else site.ago(199),
        "fresh_start_date": None if status == "ready" else site.ago(199),
        "stop_date": site.ago(stopped_days) if stopped_days else None,
    }
    vars(task).update({**told, **facts})
    life_of(task).enter(status)
    if tags:
        backend.tagger.tag_resource(task.arn, [{"Key": key, "Value": value} for key, value in tags.items()])
    if status == "running":
        set_latency(site, task, instance, latency)
    site.expect("dms:task", name, name, expect)
    return task


def set_latency(site: Site, task: Any, instance: Any, seconds: float, incoming: float = 0, minutes: float = 1) -> None:
    """A datapoint of each of the task's metrics, so many minutes ago."""
    from moto.cloudwatch.models import MetricDatum

    dimensions = [
        {"Name": "ReplicationInstanceIdentifier", "Value": instance.id},
        {"Name": "ReplicationTaskIdentifier", "Value": task.arn.rpartition(":")[2]},
    ]
    values = {"CDCLatencySource": seconds, "CDCLatencyTarget": seconds, "CDCIncomingChanges": incoming}
    for name, value in values.items():
        at = site.ago(hours=minutes / 60)
        site.backend("cloudwatch").metric_data.append(MetricDatum(NAMESPACE, name, value, dimensions, at, None))


def build_replication(site: Site) -> None:
    """One task for every reason, and an instance that nobody uses."""
    busy = add_instance(site, "dms-orders", ignored("tasks are running on it"))
    add_task(site, "orders-live", busy, reported("healthy", "in order"))
    add_task(site, "orders-late", busy, reported("latency", "far behind"), latency=3600)
    broken = {**FINISHED, "shop.lines": {"TableState": "Table error", "ValidationState": "Table error"}}
    add_task(site, "orders-broken", busy, reported("tables_errored", "a table in error"), tables=broken)
    differs = {**FINISHED, "shop.lines": {"ValidationState": "Mismatched records", "ValidationFailedRecords": 3}}
    add_task(site, "orders-differs", busy, reported("validation_failed", "rows that differ"), tables=differs)
    mute = {"Logging": {"EnableLogging": False}}
    add_task(site, "orders-mute", busy, reported("logging_disabled", "no log"), settings=mute)
    fatal = {"stop_reason": "Stop Reason FATAL_ERROR Error Level FATAL", "last_failure_message": "Out of disk."}
    add_task(site, "crm-failed", busy, reported("failed", "broke yesterday"), "failed", stopped_days=1, **fatal)
    kept = spared("latency", "keep=true", "excluded by its tag")
    add_task(site, "orders-kept", busy, kept, latency=3600, tags={"Keep": "true"})
    forgotten = add_instance(site, "dms-forgotten", reported("instance_idle", "its only task ended a month ago"))
    ended = {"migration_type": "full-load", "stop_reason": "Stop Reason FULL_LOAD_ONLY_FINISHED"}
    add_task(site, "wiki-moved", forgotten, reported("stopped_long_ago", "done"), "stopped", stopped_days=30, **ended)
