# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What CloudWatch's metrics prove of a volume that is attached to nothing: tables of answers, no AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.grace import Grace
from ansible_collections.sysops.aws.plugins.module_utils.checks.volume_use import METRICS, AttachedLately
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from tests.unit.module_utils.checks.ebs import no_data
from tests.unit.module_utils.checks.fake import NOW, Lists, Pages, finding, refused

TAG = "sysops:orphan-since"
UNKNOWN = "whether it was attached lately is unknown: CloudWatch did not answer in full for its AWS/EBS metrics"


def guard_of(grace_days: int = 14, min_age_days: int = 10) -> AttachedLately:
    return AttachedLately(Grace(grace_days, TAG), min_age_days, clock=lambda: NOW)


def day(days_ago: float) -> str:
    return (NOW - timedelta(days=days_ago)).date().isoformat()


def marked(days_ago: float | None) -> Candidate:
    tags = {} if days_ago is None else {TAG: day(days_ago)}
    return Candidate({}, finding(tags=tags))


def published(days_ago: float, metric: str = "VolumeReadOps", value: float = 5.0) -> Any:
    """CloudWatch with one datapoint of one metric."""

    def answer(**request: Any) -> list[dict[str, Any]]:
        rows = no_data(**request)
        for row, query in zip(rows, request["MetricDataQueries"], strict=True):
            if query["MetricStat"]["Metric"]["MetricName"] == metric:
                moment = (NOW - timedelta(days=days_ago)).replace(hour=0, minute=0, second=0, microsecond=0)
                row.update({"Timestamps": [moment], "Values": [value]})
        return rows

    return answer


def spoken(candidate: Candidate, answers: Any, grace_days: int = 14, min_age_days: int = 10) -> str | None:
    guard, region = guard_of(grace_days, min_age_days), Lists(get_metric_data=answers)
    return guard.protects(candidate, guard.ask(region, [candidate]))  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("value", [0.0, 1200.0])
def test_a_datapoint_of_any_metric_and_value_proves_that_a_volume_was_attached(metric, value):
    candidate = marked(20)
    assert spoken(candidate, published(1, metric, value)) == f"attached on {day(1)}, as its AWS/EBS metrics show"
    assert candidate.finding.in_use is True


@pytest.mark.parametrize(
    ("mark_days", "grace_days", "min_age_days", "used_days", "protected"),
    [
        # since it was marked
        (20, 14, 10, 19, True),
        (20, 14, 10, 20, True),
        (20, 14, 10, 21, False),
        (20, 14, 0, 19, True),
        # within volume_min_age_days, also before the mark
        (3, 14, 10, 9, True),
        (3, 14, 10, 11, False),
        (None, 0, 10, 0, True),
        (None, 14, 10, 10, True),
        (None, 0, 10, 11, False),
        # without a grace period marks mean nothing
        (20, 0, 10, 15, False),
    ],
)
def test_only_what_was_published_since_the_mark_or_within_the_age_counts(
    mark_days, grace_days, min_age_days, used_days, protected
):
    why = spoken(marked(mark_days), published(used_days), grace_days, min_age_days)
    assert why == (f"attached on {day(used_days)}, as its AWS/EBS metrics show" if protected else None)


@pytest.mark.parametrize("value", ["soon", "", "9999-12-31", day(-2)])
def test_a_mark_that_no_run_has_set_is_not_taken_away(value):
    candidate = Candidate({}, finding(tags={TAG: value}))
    assert spoken(candidate, published(1)) == f"attached on {day(1)}, as its AWS/EBS metrics show"
    assert candidate.finding.in_use is False


def forbidden(status: str) -> Any:
    def answer(**request: Any) -> list[dict[str, Any]]:
        rows = no_data(**request)
        rows[-1]["StatusCode"] = status
        return rows

    return answer


def without_status(**request: Any) -> list[dict[str, Any]]:
    return [{"Id": row["Id"], "Timestamps": [], "Values": []} for row in no_data(**request)]


def with_message(**request: Any) -> list[dict[str, Any]]:
    return [{**row, "Messages": [{"Code": "x", "Value": "y"}]} for row in no_data(**request)]


def values_without_time(**request: Any) -> list[dict[str, Any]]:
    return [{**row, "Values": [1.0]} for row in no_data(**request)]


@pytest.mark.parametrize(
    "answers",
    [
        *[forbidden(status) for status in ("Forbidden", "InternalError", "PartialData", "WhatIsYetToCome")],
        without_status,
        with_message,
        values_without_time,
        # one metric is missing from the answer, or all are
        lambda **request: no_data(**request)[1:],
        [],
    ],
)
def test_an_answer_that_is_not_whole_protects_and_leaves_the_mark(answers):
    candidate = marked(20)
    assert spoken(candidate, answers) == UNKNOWN
    assert candidate.finding.in_use is False


def test_a_refused_call_is_an_error_of_the_guard():
    with pytest.raises(CallError, match="AccessDenied"):
        spoken(marked(20), refused("GetMetricData", "AccessDenied"))


def test_values_come_in_pages_of_which_the_last_alone_is_complete():
    first = no_data(MetricDataQueries=[{"Id": f"m{number}"} for number in range(3)])
    partial = [{**row, "StatusCode": "PartialData"} for row in first]
    assert spoken(marked(20), Pages([partial, first])) is None
    assert spoken(marked(20), Pages([first, partial])) == UNKNOWN


@pytest.mark.parametrize(
    ("mark_days", "grace_days", "min_age_days", "first_day"),
    [
        (None, 0, 10, 10),
        (20, 14, 10, 20),
        (3, 14, 10, 10),
        # nothing is kept for longer than 15 months, and no mark is too old to ask
        (700, 14, 10, 455),
        (365 * 2000, 14, 10, 455),
        (None, 0, 9999, 455),
    ],
)
def test_cloudwatch_is_asked_from_a_midnight_on_in_whole_days(mark_days, grace_days, min_age_days, first_day):
    candidate, region = marked(mark_days), Lists(get_metric_data=no_data)
    guard_of(grace_days, min_age_days).ask(region, [candidate])  # type: ignore[arg-type]
    (request,) = region.asked
    assert request["StartTime"].isoformat() == f"{day(first_day)}T00:00:00+00:00"
    # which serves any start: 60, 300 and 3600 seconds divide it
    assert {query["MetricStat"]["Period"] for query in request["MetricDataQueries"]} == {86400}
    metrics = [query["MetricStat"]["Metric"] for query in request["MetricDataQueries"]]
    assert {metric["Namespace"] for metric in metrics} == {"AWS/EBS"}
    assert [metric["Dimensions"] for metric in metrics] == [[{"Name": "VolumeId", "Value": "vol-1"}]] * len(METRICS)


def test_each_volume_has_its_own_first_day():
    long_marked, unmarked = marked(20), Candidate({}, finding("vol-2"))
    guard, region = guard_of(), Lists(get_metric_data=published(15))
    facts = guard.ask(region, [long_marked, unmarked])  # type: ignore[arg-type]
    assert guard.protects(long_marked, facts) == f"attached on {day(15)}, as its AWS/EBS metrics show"
    assert guard.protects(unmarked, facts) is None


@pytest.mark.parametrize(("volumes", "calls"), [(1, 1), (166, 1), (167, 2), (500, 3)])
def test_one_call_serves_500_metrics(volumes, calls):
    region = Lists(get_metric_data=no_data)
    some = [Candidate({}, finding(f"vol-{number}")) for number in range(volumes)]
    assert guard_of(0).ask(region, some) == {}  # type: ignore[arg-type]
    assert len(region.asked) == calls
    assert all(len(request["MetricDataQueries"]) <= 500 for request in region.asked)


def test_nothing_is_asked_where_any_volume_qualifies():
    region = Lists(get_metric_data=refused("GetMetricData"))
    assert guard_of(14, 0).ask(region, [marked(None)]) == {}  # type: ignore[arg-type]
    assert region.asked == []
