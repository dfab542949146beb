# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether CloudWatch has any value of some metrics, in as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ..sweep.metrics import metric_query, metric_results
from ..sweep.region import Region, Resource


@dataclass(frozen=True)
class Query:
    """One metric and the resource that it speaks of. `metric` is AWS's Namespace, MetricName and Dimensions."""

    owner: str
    metric: Resource
    stat: str
    period_seconds: int


def owners_with_values(region: Region, queries: Sequence[Query], last: timedelta) -> set[str]:
    """Those of whom a metric had a value above zero in the last time, or may have had: a metric that CloudWatch didn't
    answer in full counts as one. Raises CallError."""
    owners = {f"m{number}": query.owner for number, query in enumerate(queries)}
    asked = [
        metric_query(f"m{number}", query.metric, query.period_seconds, query.stat)
        for number, query in enumerate(queries)
    ]
    found: set[str] = set()
    # a metric's values may come in several pages, of which only the last is Complete
    answered: dict[str, bool] = {}
    end = datetime.now(timezone.utc)
    for result in metric_results(region, asked, end - last, end):
        answered[result["Id"]] = result.get("StatusCode", "Complete") == "Complete"
        if any(value > 0 for value in result.get("Values", [])):
            found.add(owners[result["Id"]])
    return found | {owner for query_id, owner in owners.items() if not answered.get(query_id)}
