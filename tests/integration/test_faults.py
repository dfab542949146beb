# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calm under throttles, faults and silence: nothing is missed, nothing hangs, one region costs no other."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep import entry
from tests.benchmark.runs import altered
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_snapshot, add_volume
from tests.emulator.building.site import waste
from tests.emulator.faults import EC2_CHANGES
from tests.integration.conftest import Module

ALL = {"regions": ["all"], "max_actions": 10_000}
CHECKS = {"ebs_orphan_cleanup": {}, "log_group_retention": {"retention_in_days": 3}, "ec2_monitoring": {}}
VOLUMES, SNAPSHOTS = 60, 60


def assert_all_done(emulator: Emulator, before: dict) -> None:
    """What the manifest says is waste is gone or set otherwise, and nothing else is."""
    kinds = ("ec2:volume", "ec2:snapshot", "logs:log-group", "ec2:instance")
    wanted = {
        (row["account_id"], row["region"], row["resource_type"], row["resource_id"])
        for row in emulator.manifest
        if row["status"] == "planned" and row["resource_type"] in kinds
    }
    assert altered(before, emulator.state()) == wanted


def test_where_ec2_throttles_nothing_is_missed_and_little_time_is_lost(empty_aws: Emulator, module: Module):
    # volumes and snapshots draw on one bucket, which is stricter than the rates that AWS publishes
    site = empty_aws.site("eu-west-1")
    for _number in range(VOLUMES):
        add_volume(site, waste("unattached", "bulk"))
    for _number in range(SNAPSHOTS):
        add_snapshot(site, waste("old_snapshot", "bulk"))
    before = empty_aws.state()
    empty_aws.faults.throttle_as_ec2()
    burst, rate = EC2_CHANGES
    allowed = (VOLUMES + SNAPSHOTS - burst) / rate
    started = time.monotonic()
    module("ebs_orphan_cleanup", check=True, **ALL)
    looking = time.monotonic() - started
    started = time.monotonic()
    result = module("ebs_orphan_cleanup", **ALL)
    # an enforcing run looks first, which the bucket of what changes things has no part in
    taken = time.monotonic() - started - looking
    assert not result.get("failed"), result.get("msg")
    assert result["region_errors"] == []
    assert_all_done(empty_aws, before)
    assert empty_aws.calls["123456789012", "eu-west-1", "ec2", "DeleteVolume"] > VOLUMES, "it was throttled"
    assert taken <= 1.3 * allowed


def test_server_errors_resets_and_lost_answers_lose_nothing(served: Emulator, empty_aws: Emulator, module: Module):
    served.reset("S")
    before = served.state()
    # more than a network has, so that a small account meets some of each
    for kind, share in (("server_error", 0.04), ("reset", 0.02), ("lost", 0.02)):
        served.faults.add(kind, share=share)
    result = module("sweep", checks=CHECKS, **ALL)
    assert not result.get("failed"), result.get("msg")
    assert result["region_errors"] == []
    assert result["summary"]["failed"] == 0
    assert_all_done(served, before)
    changed = {row["resource_id"] for row in result["findings"] if row["status"] == "changed"}
    # what had been done before its answer was lost is told as done
    assert changed == {key[3] for key in altered(before, served.state())}


def test_slow_answers_only_take_longer(aws: Emulator, module: Module):
    wanted = module("sweep", check=True, checks=CHECKS, **ALL)["findings"]
    aws.faults.add("slow", share=0.2, seconds=0.3)
    assert module("sweep", check=True, checks=CHECKS, **ALL)["findings"] == wanted


def test_a_denied_region_costs_its_own_findings_alone(aws: Emulator, module: Module):
    wanted = module("sweep", check=True, checks=CHECKS, **ALL)["findings"]
    aws.faults.deny(region="eu-west-1")
    result = module("sweep", check=True, checks=CHECKS, **ALL)
    assert result["findings"] == [row for row in wanted if row["region"] != "eu-west-1"]
    assert {row["region"] for row in wanted} - {row["region"] for row in result["findings"]} == {"eu-west-1"}
    assert {error["region"] for error in result["region_errors"]} == {"eu-west-1"}
    assert all("not authorized" in error["message"] for error in result["region_errors"])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("endpoint", ["https://sts.example.com", "http://sts.example.com"])
def test_a_proxy_that_answers_nothing_ends_in_the_timeout_and_is_named(
    aws: Emulator, module: Module, silent_port: int, monkeypatch: pytest.MonkeyPatch, endpoint: str
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://user:hunter2@127.0.0.1:{silent_port}")
    started = time.monotonic()
    result = module("ebs_orphan_cleanup", check=True, aws_config={"connect_timeout": 1, "read_timeout": 1}, **ALL)
    assert result["failed"] is True
    assert f"(through the proxy http://127.0.0.1:{silent_port})" in result["msg"]
    assert "sts:GetCallerIdentity in us-east-1" in result["msg"]
    assert "hunter2" not in result["msg"]
    # two attempts, each for as long as the option says
    assert time.monotonic() - started < 8


def test_a_region_that_falls_silent_ends_in_the_timeout_and_costs_no_other(aws: Emulator, module: Module):
    wanted = module("ebs_orphan_cleanup", check=True, resources=["volumes"], **ALL)["findings"]
    aws.faults.add("silent", region="sa-east-1", operation="DescribeVolumes")
    started = time.monotonic()
    result = module(
        "ebs_orphan_cleanup",
        check=True,
        resources=["volumes"],
        aws_config={"connect_timeout": 1, "read_timeout": 1},
        **ALL,
    )
    assert time.monotonic() - started < 10
    assert [(error["region"], error["code"]) for error in result["region_errors"]] == [
        ("sa-east-1", "ReadTimeoutError")
    ]
    assert f'"{aws.url}/"' in result["region_errors"][0]["message"]
    assert result["findings"] == [row for row in wanted if row["region"] != "sa-east-1"]


def test_a_defect_of_ours_is_one_sentence_that_names_it(aws, module, monkeypatch):
    # ansible-core keeps nothing of an exception in what a task with `failed_when: false` registers, as the roles do
    monkeypatch.setattr(entry, "result_of", lambda *_, **__: {}["gone"])
    told = module("sweep", check=True, checks={"ec2_monitoring": {}}, regions=["eu-west-1"])
    assert told["failed"]
    assert told["msg"].startswith("The sweep broke off with KeyError: 'gone' (test_faults.py, line ")
    assert "report it" in told["msg"]
    assert "Traceback" not in told["msg"]
