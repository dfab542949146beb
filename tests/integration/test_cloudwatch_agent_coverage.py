# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cloudwatch_agent_coverage on the emulated account. Pages of ListMetrics, RecentlyActive and GetMetricData's bins are
behaviour of AWS that tests/emulator/services/cloudwatch.py adds to moto."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.sysops.aws.plugins.modules import cloudwatch_agent_coverage
from tests.emulator import Emulator
from tests.emulator.building.agent import SENDERS, WINDOWS, send_agent_metric
from tests.emulator.building.instances import PLAIN, add_instance
from tests.integration.conftest import Json, Module, changes

REGION = "eu-west-1"
HERE = {"regions": [REGION]}
CHECK = "cloudwatch_agent_coverage"
PLAYBOOK = "sysops.aws.cloudwatch_agent_coverage"


def add(emulator: Emulator, name: str, minutes: float | None = None, **metric: Any) -> str:
    """A running instance, whose agent sent its last value so many minutes ago; None for never."""
    site = emulator.site(REGION)
    instance_id: str = add_instance(site, PLAIN, name, root=False).id
    if minutes is not None:
        send_agent_metric(site, instance_id, minutes, **metric)
    return instance_id


def found(result: Json) -> dict[str, str]:
    assert not result.get("failed"), result.get("msg")
    return {row["name"]: row["reason_code"] for row in result["findings"] if row["status"] == "skipped"}


def calls(emulator: Emulator, operation: str) -> int:
    return sum(count for key, count in emulator.calls.items() if key[3] == operation)


def test_who_sends_is_covered_and_who_does_not_is_found_with_the_reason(empty_aws, module: Module):
    add(empty_aws, "linux", 2)
    add(empty_aws, "windows", 2, metric=WINDOWS)
    add(empty_aws, "stopped-sending", 90)
    add(empty_aws, "long-gone", 300)
    never = add(empty_aws, "never")
    add(empty_aws, "another-namespace", 2, namespace="Custom")
    result = module(CHECK, **HERE)
    assert found(result) == {
        "stopped-sending": "agent_metric_stopped",
        "long-gone": "no_agent_metric",
        "never": "no_agent_metric",
        "another-namespace": "no_agent_metric",
    }
    assert result["changed"] is False
    assert result["summary"]["examined"] == 6
    assert result["summary"]["estimated_monthly_savings_usd"] == {"low": 0.0, "high": 0.0}
    row = next(row for row in result["findings"] if row["resource_id"] == never)
    assert (row["resource_type"], row["action"], row["region"]) == ("ec2:instance", "report", REGION)
    assert row["reason"].startswith("The CloudWatch agent has sent no metric of the running instance in three hours")
    assert changes(empty_aws) == {}


def test_the_window_is_as_long_as_asked_for(empty_aws, module: Module):
    add(empty_aws, "recent", 10)
    add(empty_aws, "older", 300)
    assert found(module(CHECK, minutes=5, **HERE)).keys() == {"recent", "older"}
    assert found(module(CHECK, minutes=15, **HERE)).keys() == {"older"}
    assert found(module(CHECK, minutes=600, **HERE)) == {}


def test_an_instance_that_is_younger_than_the_window_is_not_found(empty_aws, module: Module):
    instance_id = add(empty_aws, "newborn")
    born = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(minutes=30)
    empty_aws.site(REGION).ec2.get_instance(instance_id).launch_time = born
    assert found(module(CHECK, minutes=60, **HERE)) == {}
    assert found(module(CHECK, minutes=20, **HERE)).keys() == {"newborn"}


def test_stopped_instances_and_excluded_ones_are_no_gap(empty_aws, module: Module):
    add_instance(empty_aws.site(REGION), PLAIN, "off", root=False, state="stopped")
    add_instance(empty_aws.site(REGION), PLAIN, "appliance", root=False, tags={"Agent": "none"})
    result = module(CHECK, exclude_tags={"agent": "none"}, **HERE)
    assert [(row["name"], row["status"]) for row in result["findings"]] == [("appliance", "protected")]


def test_other_metrics_and_filters_can_be_chosen(empty_aws, module: Module):
    add(empty_aws, "disk-only", 2, metric="disk_used_percent")
    add(empty_aws, "custom", 2, namespace="Custom")
    assert found(module(CHECK, metric_names=["disk_used_percent"], **HERE)).keys() == {"custom"}
    assert found(module(CHECK, namespace="Custom", **HERE)).keys() == {"disk-only"}
    assert found(module(CHECK, filters={"tag:Name": "custom"}, **HERE)).keys() == {"custom"}


def test_calls_are_those_of_the_lists_whatever_the_fleet(empty_aws, module: Module):
    for number in range(1100):
        add(empty_aws, f"node-{number}", 2)
    empty_aws.calls.clear()
    result = module(CHECK, **HERE)
    assert (found(result), result["summary"]["examined"]) == ({}, 1100)
    assert calls(empty_aws, "ListMetrics") == 4  # three pages of one metric, an empty one of the other
    assert calls(empty_aws, "GetMetricData") == 3  # 500 metrics each
    assert calls(empty_aws, "DescribeInstances") == 2


@pytest.mark.parametrize("operation", ["ListMetrics", "GetMetricData"])
def test_metrics_that_cannot_be_read_are_an_error_of_the_region_and_no_finding(empty_aws, module: Module, operation):
    add(empty_aws, "linux", 2)
    add(empty_aws, "never")
    site = empty_aws.site("us-east-1")
    add_instance(site, PLAIN, "elsewhere", root=False)
    empty_aws.faults.deny(region=REGION, service="cloudwatch", operation=operation)
    result = module(CHECK, regions=[REGION, "us-east-1"])
    assert [row["name"] for row in result["findings"]] == ["elsewhere"]
    assert [(error["region"], error["operation"]) for error in result["region_errors"]] == [(REGION, operation)]


def test_the_documentation_names_what_is_returned(empty_aws, module: Module):
    add(empty_aws, "never")
    documented = yaml.safe_load(cloudwatch_agent_coverage.RETURN)
    result = module(CHECK, **HERE)
    assert result["findings"][0].keys() == documented["findings"]["contains"].keys()
    assert documented.keys() <= result.keys()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"minutes": 0}, "minutes is 0: it must be between 1 and 20160"),
        ({"minutes": 20161}, "minutes is 20161"),
        ({"metric_names": []}, "metric_names is empty"),
    ],
)
def test_bad_input_is_named_before_any_call(empty_aws, module: Module, options, words):
    result = module(CHECK, **options)
    assert result["failed"] is True
    assert words in result["msg"]
    assert not empty_aws.calls


def test_the_playbook_reports_all_regions_in_the_common_format(aws, playbook, tmp_path: Path):
    reports = tmp_path / "coverage"
    done = playbook(PLAYBOOK, cloudwatch_agent_coverage_report_dir=str(reports))
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [json.loads(line) for line in (reports / "findings.jsonl").read_text().splitlines()]
    of_full = {row["name"]: row["reason_code"] for row in rows if row["region"] == REGION}
    covered = {name for name, minutes in SENDERS.items() if minutes <= 60}
    assert covered & of_full.keys() == set()
    assert of_full["batch-1"] == "agent_metric_stopped"
    assert of_full["intranet-1"] == "no_agent_metric"
    assert {"probe-eu-central-1"} <= {row["name"] for row in rows}
    assert {path.name for path in reports.iterdir()} >= {"report.html", "findings.csv", "summary.json"}
    assert changes(aws) == {}
    # whoever reads it must not think that something could have been changed
    assert json.loads((reports / "summary.json").read_text())["mode"] == "report"
    assert "Enforce mode" not in done.stdout + (reports / "report.html").read_text()


def test_numbers_may_be_text_as_a_survey_gives_them(aws, playbook, tmp_path: Path):
    texts = {"minutes": "5", "workers": "4", "regions": "", "report_dir": str(tmp_path / "coverage")}
    done = playbook(PLAYBOOK, **{f"cloudwatch_agent_coverage_{name}": text for name, text in texts.items()})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no metric of the running instance for 5 minutes" in (tmp_path / "coverage" / "findings.jsonl").read_text()
    assert len(json.loads((tmp_path / "coverage" / "summary.json").read_text())["regions"]) > 1


def test_a_region_that_cannot_be_read_fails_the_playbook_after_the_report(aws, playbook, tmp_path: Path):
    aws.faults.deny(region=REGION, service="cloudwatch")
    done = playbook(PLAYBOOK, cloudwatch_agent_coverage_report_dir=str(tmp_path / "coverage"))
    assert done.returncode != 0
    told = json.loads((tmp_path / "coverage" / "summary.json").read_text())
    assert {error["region"] for error in told["region_errors"]} == {REGION}
    assert told["skipped"] > 0
