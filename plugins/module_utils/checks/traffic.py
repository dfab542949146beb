# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a load balancer had any traffic, by CloudWatch, in as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from ..sweep.metrics import metric_of
from ..sweep.region import Region
from .metric_data import Query, owners_with_values

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
    queries = [query for balancer, kind in balancers.items() for query in _queries(balancer, kind)]
    return owners_with_values(region, queries, timedelta(days=days))


def _queries(balancer: str, kind: str) -> list[Query]:
    namespace, dimension, metrics = METRICS[kind]
    return [Query(balancer, metric_of(namespace, name, {dimension: balancer}), "Sum", DAY_SECONDS) for name in metrics]
