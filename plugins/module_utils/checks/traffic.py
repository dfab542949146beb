# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a load balancer had any traffic, by CloudWatch, in as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone

from ..sweep.metrics import metric_query, metric_results
from ..sweep.region import Region, Resource

DAY_SECONDS = 86400

# namespace, dimension, and the metrics of which any above zero means traffic; health checks don't count in them
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
METRICS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "application": ("AWS/ApplicationELB", "LoadBalancer", ("RequestCount", "ProcessedBytes")),
    "network": ("AWS/NetworkELB", "LoadBalancer", ("NewFlowCount", "ActiveFlowCount", "ProcessedBytes")),
    "gateway": ("AWS/GatewayELB", "LoadBalancer", ("NewFlowCount", "ActiveFlowCount", "ProcessedBytes")),
    "classic": ("AWS/ELB", "LoadBalancerName", ("RequestCount", "EstimatedProcessedBytes")),
}


def load_balancers_with_traffic(region: Region, balancers: Mapping[str, str], days: int) -> set[str]:
    """Those of `{CloudWatch dimension value: load balancer type}` that had traffic in the last `days`, or may have had:
    a metric that CloudWatch didn't answer in full counts as traffic."""
    queries: list[Resource] = []
    owners: dict[str, str] = {}
    for balancer, kind in balancers.items():
        namespace, dimension, metrics = METRICS[kind]
        for metric in metrics:
            query_id = f"m{len(queries)}"
            owners[query_id] = balancer
            queries.append(metric_query(query_id, namespace, metric, {dimension: balancer}, DAY_SECONDS, "Sum"))
    busy: set[str] = set()
    # a metric's values may come in several pages, of which only the last is Complete
    answered: dict[str, bool] = {}
    end = datetime.now(timezone.utc)
    for result in metric_results(region, queries, end - timedelta(days=days), end):
        answered[result["Id"]] = result.get("StatusCode", "Complete") == "Complete"
        if any(value > 0 for value in result.get("Values", [])):
            busy.add(owners[result["Id"]])
    return busy | {owner for query, owner in owners.items() if not answered.get(query)}
