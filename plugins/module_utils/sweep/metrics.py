# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of CloudWatch, in as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from .region import Region, Resource

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
QUERIES_A_CALL = 500


def metric_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Resource:
    """AWS's Metric. `dimensions` must be all that it has."""
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": pairs}


def metric_query(query_id: str, metric: Resource, period_seconds: int, statistic: str) -> Resource:
    """One query of GetMetricData."""
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": period_seconds, "Stat": statistic}}


def metric_results(region: Region, queries: Sequence[Resource], start: datetime, end: datetime) -> Iterator[Resource]:
    """The answers, newest value first; those of one query may come in several pages. Raises CallError."""
    for first in range(0, len(queries), QUERIES_A_CALL):
        yield from (
            result
            for page in region.pages(
                "cloudwatch",
                "get_metric_data",
                "MetricDataResults",
                MetricDataQueries=queries[first : first + QUERIES_A_CALL],
                StartTime=start,
                EndTime=end,
            )
            for result in page
        )
