# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a replication task is behind its source, by CloudWatch: DMS's own API doesn't tell.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Monitoring.html#CHAP_Monitoring.Metrics.Task
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..sweep.metrics import metric_of, metric_query, metric_results
from ..sweep.region import Region, Resource

NAMESPACE = "AWS/DMS"
SOURCE, TARGET, INCOMING = "CDCLatencySource", "CDCLatencyTarget", "CDCIncomingChanges"
METRICS = (SOURCE, TARGET, INCOMING)

# DMS publishes every minute, CloudWatch shows it a few minutes later: what is older says nothing of now
PERIOD_SECONDS = 60
LOOK_BACK = timedelta(minutes=15)


@dataclass(frozen=True)
class Datapoint:
    """The newest value of a metric, and when the minute began that it is of."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Latency:
    """The newest datapoints of one task; None where CloudWatch has none of the last 15 minutes.

    `source` and `target` are seconds behind, `incoming` the changes that wait to be applied to the target.
    """

    source: Datapoint | None = None
    target: Datapoint | None = None
    incoming: Datapoint | None = None

    @property
    def seconds(self) -> float | None:
        """How far behind the task is, the longer of both latencies; None where one of them isn't known."""
        if self.source is None or self.target is None:
            return None
        return max(self.source.value, self.target.value)

    def to_dict(self) -> dict[str, Any]:
        return {
            "cdc_latency_source_seconds": self.source.value if self.source else None,
            "cdc_latency_target_seconds": self.target.value if self.target else None,
            "cdc_incoming_changes": self.incoming.value if self.incoming else None,
        }


def read_latencies(region: Region, tasks: Sequence[Resource], instances: Mapping[str, str], now: datetime
                   ) -> dict[str, Latency]:  # fmt: skip
    """By the task's ARN. `instances` are the identifiers of the replication instances by ARN. Raises CallError."""
    queries: list[Resource] = []
    owners: dict[str, tuple[str, str]] = {}
    for task in tasks:
        arn = task["ReplicationTaskArn"]
        for metric in METRICS:
            query_id = f"m{len(queries)}"
            owners[query_id] = (arn, metric)
            named = metric_of(NAMESPACE, metric, _dimensions(task, instances))
            queries.append(metric_query(query_id, named, PERIOD_SECONDS, "Maximum"))
    found: dict[tuple[str, str], Datapoint] = {}
    # whole minutes, as CloudWatch keeps them
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=2)
    for result in metric_results(region, queries, end - LOOK_BACK, end):
        for at, value in zip(result.get("Timestamps", []), result.get("Values", []), strict=True):
            known = found.get(owners[result["Id"]])
            if known is None or at > known.at:
                found[owners[result["Id"]]] = Datapoint(at, value)
    return {
        task["ReplicationTaskArn"]: Latency(*(found.get((task["ReplicationTaskArn"], metric)) for metric in METRICS))
        for task in tasks
    }


def _dimensions(task: Resource, instances: Mapping[str, str]) -> dict[str, str]:
    """CloudWatch knows the instance by its identifier, and the task by the last part of its ARN."""
    instance = task["ReplicationInstanceArn"]
    return {
        "ReplicationInstanceIdentifier": instances.get(instance, instance.rpartition(":")[2]),
        "ReplicationTaskIdentifier": task["ReplicationTaskArn"].rpartition(":")[2],
    }
