# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudWatch: pages of alarms and metrics, and GetMetricData that keeps namespaces apart and does not scan everything a
query."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from ..wire import AwsError, Call, page
from . import dms_metrics

ALARM_PAGE = 100
QUERIES_A_CALL = 500
METRIC_PAGE = 500
LISTED_SECONDS, RECENT_SECONDS = 14 * 86400, 3 * 3600
STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}
SeriesKey = tuple[str, str, tuple[tuple[str, str], ...]]
Series = list[tuple[float, float]]


def cloudwatch(call: Call) -> Any:
    """moto's CloudWatch backend of the call's account and region."""
    from moto.cloudwatch.models import cloudwatch_backends

    return cloudwatch_backends[call.account][call.region]


def describe_alarms(call: Call) -> dict[str, Any] | None:
    """DescribeAlarms: MaxRecords (default 50, at most 100) and NextToken (moto: everything at once), and alarms on
    PromQL queries.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    if call.protocol != "json":
        return None
    params = call.params
    size = params.get("MaxRecords", 50)
    if not 1 <= size <= ALARM_PAGE:
        raise AwsError("ValidationError", f"MaxRecords must be between 1 and {ALARM_PAGE}")
    prefix, names, state = params.get("AlarmNamePrefix") or "", params.get("AlarmNames"), params.get("StateValue")
    types = params.get("AlarmTypes") or ["MetricAlarm"]
    found = [
        a
        for a in list(cloudwatch(call).alarms.values())
        if a.name.startswith(prefix)
        and (not names or a.name in names)
        and state in (None, a.state_value)
        and ("MetricAlarm" if a.rule is None else "CompositeAlarm") in types
    ]
    chosen, token = page(sorted(found, key=_name), params.get("NextToken") or "", size, _name)
    answer: dict[str, Any] = {
        "MetricAlarms": [_alarm(a) for a in chosen if a.rule is None],
        "CompositeAlarms": [_alarm(a) | {"AlarmRule": a.rule} for a in chosen if a.rule is not None],
    }
    return answer | ({"NextToken": token} if token else {})


def _name(alarm: Any) -> str:
    return str(alarm.name)


def _alarm(alarm: Any) -> dict[str, Any]:
    row = {
        "AlarmName": alarm.name,
        "AlarmArn": alarm.alarm_arn,
        "AlarmDescription": alarm.description,
        "ActionsEnabled": alarm.actions_enabled,
        "AlarmActions": alarm.alarm_actions or [],
        "OKActions": alarm.ok_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "StateValue": alarm.state_value,
        "StateReason": alarm.state_reason,
        "StateUpdatedTimestamp": _milliseconds(alarm.state_updated_timestamp),
        "AlarmConfigurationUpdatedTimestamp": _milliseconds(alarm.configuration_updated_timestamp),
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Statistic": alarm.statistic,
        "Dimensions": [{"Name": d.name, "Value": d.value} for d in alarm.dimensions],
        "Period": int(alarm.period) if alarm.period else None,
        "EvaluationPeriods": int(alarm.evaluation_periods) if alarm.evaluation_periods else None,
        "Threshold": float(alarm.threshold) if alarm.threshold is not None else None,
        "ComparisonOperator": alarm.comparison_operator,
        "Metrics": [_query(q) for q in alarm.metric_data_queries] or None,
        # an alarm on a PromQL query has these in place of a metric (moto knows none)
        "EvaluationCriteria": getattr(alarm, "evaluation_criteria", None),
        "EvaluationInterval": getattr(alarm, "evaluation_interval", None),
    }
    return {k: v for k, v in row.items() if v is not None}


def _query(query: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"Id": query.id, "Label": query.label, "Expression": query.expression}
    row["ReturnData"] = str(query.return_data).lower() == "true"
    row["Period"] = int(query.period) if query.period else None
    if query.metric_stat:
        metric = query.metric_stat.metric
        row["MetricStat"] = {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.metric_name,
                "Dimensions": [{"Name": d.name, "Value": d.value} for d in metric.dimensions],
            },
            "Period": int(query.metric_stat.period),
            "Stat": query.metric_stat.stat,
        }
    return {k: v for k, v in row.items() if v is not None}


def list_metrics(call: Call) -> dict[str, Any] | None:
    """ListMetrics: what had a value in the last two weeks, or three hours with RecentlyActive; a dimension without a
    value matches any; 500 a page (moto: everything it knows, without RecentlyActive).

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
    """
    if call.protocol != "json":
        return None
    params = call.params
    since = time.time() - (RECENT_SECONDS if params.get("RecentlyActive") else LISTED_SECONDS)
    wanted = [(one["Name"], one.get("Value")) for one in params.get("Dimensions") or []]
    found = [
        key
        for key, values in _series(cloudwatch(call)).items()
        if params.get("Namespace") in (None, key[0])
        and params.get("MetricName") in (None, key[1])
        and all(any(name == n and value in (None, v) for n, v in key[2]) for name, value in wanted)
        and max(at for at, _value in values) >= since
    ]
    chosen, token = page(sorted(found, key=_series_name), params.get("NextToken") or "", METRIC_PAGE, _series_name)
    rows = [
        {"Namespace": space, "MetricName": name, "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions]}
        for space, name, dimensions in chosen
    ]
    return {"Metrics": rows} | ({"NextToken": token} if token else {})


def _series_name(key: SeriesKey) -> str:
    return repr(key)


def get_metric_data(call: Call) -> dict[str, Any] | None:
    """GetMetricData of plain metrics: by namespace, name and exact dimensions (moto: any namespace), at most 500
    queries a call; expressions are left to moto. A metric without data has no values.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
    """
    queries = call.params.get("MetricDataQueries") or []
    if call.protocol != "json" or any("MetricStat" not in q for q in queries):
        return None
    if len(queries) > QUERIES_A_CALL:
        raise AwsError("ValidationError", f"The collection MetricDataQueries must not have a size greater than "
                       f"{QUERIES_A_CALL}.")  # fmt: skip
    start, end = float(call.params["StartTime"]), float(call.params["EndTime"])
    if start >= end:
        raise AwsError("ValidationError", "The parameter EndTime must be greater than StartTime.")
    series = _series(cloudwatch(call))
    for name, dimensions, at, value in dms_metrics.published(call):
        series[(dms_metrics.NAMESPACE, name, dimensions)].append((at, value))
    newest_first = call.params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    rows = [_result(q, series, start, end, newest_first) for q in queries if q.get("ReturnData", True)]
    return {"MetricDataResults": rows, "Messages": []}


def _series(backend: Any) -> dict[SeriesKey, Series]:
    found: dict[SeriesKey, Series] = defaultdict(list)
    for datum in backend.metric_data:
        if hasattr(datum, "value"):
            dimensions = tuple(sorted((d.name, d.value) for d in datum.dimensions))
            found[(datum.namespace, datum.name, dimensions)].append((_seconds(datum.timestamp), float(datum.value)))
    return found


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def _milliseconds(moment: datetime) -> float:
    return _seconds(moment.replace(microsecond=moment.microsecond // 1000 * 1000))


def _result(query: dict[str, Any], series: dict[SeriesKey, Series], start: float, end: float,
            newest_first: bool) -> dict[str, Any]:  # fmt: skip
    stat = query["MetricStat"]
    metric, period = stat["Metric"], int(stat["Period"])
    if stat["Stat"] not in STATISTICS:
        raise AwsError("ValidationError", f"Statistic {stat['Stat']} is not emulated")
    dimensions = tuple(sorted((d["Name"], d["Value"]) for d in metric.get("Dimensions") or []))
    bins: dict[float, list[float]] = defaultdict(list)
    for at, value in series.get((metric["Namespace"], metric["MetricName"], dimensions), ()):
        if start <= at < end:
            bins[start + (at - start) // period * period].append(value)
    moments = sorted(bins, reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric["MetricName"],
        "Timestamps": moments,
        "Values": [STATISTICS[stat["Stat"]](bins[m]) for m in moments],
        "StatusCode": "Complete",
    }


OPERATIONS = {"DescribeAlarms": describe_alarms, "GetMetricData": get_metric_data, "ListMetrics": list_metrics}
