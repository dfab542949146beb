# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of CloudWatch about load balancers, and what its answers mean."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.alb_idle_facts import TYPES
from ansible_collections.sysops.aws.plugins.module_utils.checks.traffic import METRICS, load_balancers_with_traffic


class CloudWatch:
    """Answers each query with the values of its (dimension value, metric), two queries a page."""

    def __init__(self, values: dict[tuple[str, str], list[float]] | None = None) -> None:
        self.values = values or {}
        self.calls: list[dict[str, Any]] = []

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[list[Any]]:
        assert (service, operation, key) == ("cloudwatch", "get_metric_data", "MetricDataResults")
        self.calls.append(parameters)
        rows = [self._answer(query) for query in parameters["MetricDataQueries"]]
        return [rows[start : start + 2] for start in range(0, len(rows), 2)]

    def _answer(self, query: dict[str, Any]) -> dict[str, Any]:
        metric = query["MetricStat"]["Metric"]
        values = self.values.get((metric["Dimensions"][0]["Value"], metric["MetricName"]), [])
        return {"Id": query["Id"], "Values": values}


@pytest.mark.parametrize(
    ("kind", "metric", "values", "busy"),
    [
        ("application", "RequestCount", [0.0, 1.0, 0.0], True),
        # a WebSocket that stays open makes no new request
        ("application", "ProcessedBytes", [12.0], True),
        ("application", "RequestCount", [0.0, 0.0], False),
        ("application", "RequestCount", [], False),
        ("application", "HealthyHostCount", [2.0], False),
        ("network", "NewFlowCount", [1.0], True),
        ("network", "ActiveFlowCount", [1.0], True),
        ("gateway", "ProcessedBytes", [1.0], True),
        ("classic", "RequestCount", [1.0], True),
        ("classic", "EstimatedProcessedBytes", [1.0], True),
    ],
)
def test_any_metric_above_zero_is_traffic(kind, metric, values, busy):
    region = CloudWatch({("app/web/0abc", metric): values})
    found = load_balancers_with_traffic(region, {"app/web/0abc": kind, "app/quiet/1": kind}, 7)
    assert found == ({"app/web/0abc"} if busy else set())


def test_the_last_days_are_asked_for_day_by_day():
    region = CloudWatch()
    load_balancers_with_traffic(region, {"app/web/0abc": "application"}, 7)
    (call,) = region.calls
    assert call["EndTime"] - call["StartTime"] == timedelta(days=7)
    assert {query["MetricStat"]["Period"] for query in call["MetricDataQueries"]} == {86400}


@pytest.mark.parametrize(("balancers", "calls"), [(0, 0), (1, 1), (250, 1), (251, 2), (750, 3)])
def test_500_queries_go_in_one_call_and_each_answer_finds_its_load_balancer(balancers, calls):
    names = [f"app/web-{number}/0" for number in range(balancers)]
    region = CloudWatch({(name, "ProcessedBytes"): [1.0] for name in names[::3]})
    found = load_balancers_with_traffic(region, dict.fromkeys(names, "application"), 7)
    assert found == set(names[::3])
    assert len(region.calls) == calls
    for call in region.calls:
        ids = [query["Id"] for query in call["MetricDataQueries"]]
        assert len(ids) == len(set(ids)) <= 500


class Pages:
    """The pages of one answer to get_metric_data, as rows of (query id, status code, values)."""

    def __init__(self, *pages: list[tuple[str, str, list[float]]]) -> None:
        self.answer = pages

    def pages(self, service: str, operation: str, key: str, **parameters: Any) -> list[list[Any]]:
        return [[{"Id": row[0], "StatusCode": row[1], "Values": row[2]} for row in page] for page in self.answer]


@pytest.mark.parametrize(
    ("pages", "busy"),
    [
        ([[("m0", "Complete", []), ("m1", "Complete", [0.0])]], False),
        # what could not be read may be anything
        ([[("m0", "Complete", []), ("m1", "Forbidden", [])]], True),
        ([[("m0", "InternalError", []), ("m1", "Complete", [])]], True),
        ([[("m0", "PartialData", [0.0]), ("m1", "Complete", [])]], True),
        ([[("m0", "Complete", [])]], True),
        ([], True),
        # the rest of a metric's values comes on a later page
        ([[("m0", "PartialData", [0.0]), ("m1", "Complete", [])], [("m0", "Complete", [])]], False),
        ([[("m0", "PartialData", [0.0]), ("m1", "Complete", [])], [("m0", "Complete", [1.0])]], True),
        ([[("m0", "PartialData", [1.0]), ("m1", "Complete", [])], [("m0", "Complete", [])]], True),
        ([[("m0", "PartialData", []), ("m1", "Complete", [])], [("m0", "InternalError", [])]], True),
    ],
)
def test_a_metric_that_was_not_answered_in_full_counts_as_traffic(pages, busy):
    found = load_balancers_with_traffic(Pages(*pages), {"app/web/0abc": "application"}, 7)
    assert found == ({"app/web/0abc"} if busy else set())


def test_a_metric_that_was_not_answered_says_nothing_of_another_load_balancer():
    region = Pages([("m0", "Forbidden", []), *[(f"m{number}", "Complete", []) for number in (1, 2, 3)]])
    balancers = {"app/web/0abc": "application", "app/quiet/1": "application"}
    assert load_balancers_with_traffic(region, balancers, 7) == {"app/web/0abc"}


def test_every_type_of_load_balancer_has_its_metrics():
    assert set(METRICS) == set(TYPES)
