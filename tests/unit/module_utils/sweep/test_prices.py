# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What things cost: tables of cases at round prices, and the shipped table's own soundness."""

from __future__ import annotations

import math
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep import price_table
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import (
    Cost,
    PriceTable,
    load_balancer_cost,
    log_group_cost,
    monitoring_cost,
    rds_backup_cost,
    snapshot_cost,
    volume_cost,
)

# A region that AWS doesn't have, so that only these prices can come into a result.
HERE = "xx-test-1"
NOWHERE = "xx-test-2"
ROUND = PriceTable(
    {
        HERE: {
            "ebs_gp2_gb_month": 0.1,
            "ebs_gp3_gb_month": 0.08,
            "ebs_gp3_iops_month_over_3000": 0.005,
            "ebs_gp3_mbps_month_over_125": 0.04,
            "ebs_io1_gb_month": 0.125,
            "ebs_io1_iops_month": 0.065,
            "ebs_io2_gb_month": 0.125,
            "ebs_io2_iops_month_tier1": 0.065,
            "ebs_standard_gb_month": 0.05,
            "ebs_snapshot_gb_month": 0.05,
            "cloudwatch_logs_storage_gb_month": 0.03,
            "cloudwatch_custom_metric_month_tier1": 0.3,
            "alb_hour": 0.02,
            "nlb_hour": 0.03,
            "clb_hour": 0.025,
            "public_ipv4_hour": 0.005,
        }
    }
)


@pytest.mark.parametrize(
    ("volume", "low", "high"),
    [
        pytest.param({"VolumeType": "gp2", "Size": 100, "Iops": 300}, 10, 10, id="gp2: size only"),
        pytest.param({"VolumeType": "standard", "Size": 10}, 0.5, 0.5, id="standard: size only"),
        pytest.param({"VolumeType": "gp3", "Size": 100, "Iops": 3000, "Throughput": 125}, 8, 8, id="gp3: all free"),
        pytest.param({"VolumeType": "gp3", "Size": 100, "Iops": 2000, "Throughput": 100}, 8, 8, id="gp3: no rebate"),
        pytest.param({"VolumeType": "gp3", "Size": 100}, 8, 8, id="gp3: nothing provisioned"),
        pytest.param({"VolumeType": "gp3", "Size": 100, "Iops": 4000, "Throughput": 225}, 17, 17, id="gp3: extras"),
        pytest.param({"VolumeType": "io1", "Size": 100, "Iops": 1000}, 77.5, 77.5, id="io1"),
        pytest.param({"VolumeType": "io2", "Size": 100, "Iops": 32000}, 2092.5, 2092.5, id="io2: tier 1 to its end"),
        pytest.param({"VolumeType": "io2", "Size": 100, "Iops": 64000}, 2092.5, 4172.5, id="io2: a band above it"),
    ],
)
def test_volume_cost(volume: dict[str, Any], low: float, high: float) -> None:
    cost = volume_cost(ROUND, HERE, volume)
    assert cost is not None
    assert (cost.low, cost.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "volume",
    [
        pytest.param({"VolumeType": "gp9", "Size": 100}, id="a type that AWS brings out next year"),
        pytest.param({"VolumeType": "st1", "Size": 100}, id="no price for the type"),
        pytest.param({"VolumeType": "gp2"}, id="no size"),
        pytest.param({"VolumeType": "io1", "Size": 100}, id="no IOPS where they are billed"),
        pytest.param({}, id="nothing known"),
    ],
)
def test_volume_cost_is_unknown(volume: dict[str, Any]) -> None:
    assert volume_cost(ROUND, HERE, volume) is None


def test_a_price_that_is_not_needed_may_be_missing() -> None:
    table = PriceTable({HERE: {"ebs_gp3_gb_month": 0.08}})
    assert volume_cost(table, HERE, {"VolumeType": "gp3", "Size": 10, "Iops": 3000}) == Cost(0.8, 0.8)
    assert volume_cost(table, HERE, {"VolumeType": "gp3", "Size": 10, "Iops": 3001}) is None


@pytest.mark.parametrize(
    ("cost", "low", "high"),
    [
        pytest.param(snapshot_cost(ROUND, HERE, 100), 0, 5, id="a snapshot is billed on changed blocks"),
        pytest.param(
            rds_backup_cost(PriceTable({HERE: {"rds_backup_gb_month": 0.1}}), HERE, "postgres", 100),
            *(0, 10),
            id="backups are free up to the size of all databases",
        ),
        pytest.param(log_group_cost(ROUND, HERE, 100 * 2**30), 0.45, 3, id="logs are stored compressed"),
        pytest.param(log_group_cost(ROUND, HERE, 0), 0, 0, id="an empty log group costs nothing"),
        pytest.param(monitoring_cost(ROUND, HERE), 2.1, 2.1, id="seven metrics"),
        pytest.param(load_balancer_cost(ROUND, HERE, "application", 2), 21.9, 21.9, id="hours and two addresses"),
        pytest.param(load_balancer_cost(ROUND, HERE, "network", 0), 21.9, 21.9, id="an internal one: hours"),
        pytest.param(load_balancer_cost(ROUND, HERE, "classic", 0), 18.25, 18.25, id="classic"),
    ],
)
def test_other_costs(cost: Cost | None, low: float, high: float) -> None:
    assert cost is not None
    assert (cost.low, cost.high) == pytest.approx((low, high))


@pytest.mark.parametrize(
    "cost",
    [
        pytest.param(snapshot_cost(ROUND, NOWHERE, 100), id="snapshot"),
        pytest.param(rds_backup_cost(ROUND, NOWHERE, "postgres", 100), id="database backup"),
        pytest.param(
            rds_backup_cost(PriceTable({HERE: {"rds_backup_gb_month": 1}}), HERE, "aurora-mysql", 100),
            id="Aurora's backups have a price of their own",
        ),
        pytest.param(log_group_cost(ROUND, NOWHERE, 2**30), id="log group"),
        pytest.param(monitoring_cost(ROUND, NOWHERE), id="monitoring"),
        pytest.param(volume_cost(ROUND, NOWHERE, {"VolumeType": "gp2", "Size": 1}), id="volume"),
        pytest.param(load_balancer_cost(ROUND, NOWHERE, "application", 0), id="load balancer"),
        pytest.param(load_balancer_cost(ROUND, HERE, "gateway", 0), id="a type without a price"),
        pytest.param(load_balancer_cost(ROUND, HERE, "quantum", 0), id="a type that isn't known"),
        pytest.param(
            load_balancer_cost(PriceTable({HERE: {"alb_hour": 1}}), HERE, "application", 1),
            id="an address without a price",
        ),
    ],
)
def test_a_missing_price_gives_no_cost_rather_than_another_regions(cost: Cost | None) -> None:
    assert cost is None


def test_overrides_go_from_the_region_to_everywhere_to_the_list() -> None:
    item = "ebs_gp3_gb_month"
    listed = PriceTable().price("us-east-1", item)
    assert listed == price_table.PRICES["us-east-1"][item]
    table = PriceTable({"*": {item: 0.5}, "eu-west-1": {item: 0.25, "alb_hour": 0}})
    assert table.price("eu-west-1", item) == 0.25
    assert table.price("us-east-1", item) == 0.5
    assert table.price(HERE, item) == 0.5
    assert table.price("eu-west-1", "alb_hour") == 0
    assert table.price("us-east-1", "alb_hour") == price_table.PRICES["us-east-1"]["alb_hour"]
    assert table.price(HERE, "no_such_item") is None


def test_a_number_in_a_string_is_a_price() -> None:
    assert PriceTable({"*": {"alb_hour": "0.01"}}).price(HERE, "alb_hour") == 0.01  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        pytest.param({"*": {"ebs_gp3_gb": 1.0}}, ["'ebs_gp3_gb'", "'ebs_gp3_gb_month'"], id="names the nearest item"),
        pytest.param({"*": {"zzz": 1.0}}, ["'zzz'", "nearest"], id="far from any item"),
        pytest.param({"eu-west-1": {"alb_hour": -0.01}}, ["eu-west-1.alb_hour", "-0.01"], id="negative"),
        pytest.param({"*": {"alb_hour": math.nan}}, ["alb_hour", "nan"], id="not a number"),
        pytest.param({"*": {"alb_hour": math.inf}}, ["alb_hour", "inf"], id="infinite"),
        pytest.param({"*": {"alb_hour": "cheap"}}, ["alb_hour", "'cheap'"], id="words"),
        pytest.param({"*": {"alb_hour": True}}, ["alb_hour", "True"], id="a yes is not one dollar"),
        pytest.param({"*": {"alb_hour": None}}, ["alb_hour", "None"], id="nothing"),
        pytest.param({"eu-west1": {"alb_hour": 1.0}}, ["'eu-west1'"], id="not a region's name"),
        pytest.param({"*": 1.0}, ["*", "dictionary"], id="no dictionary"),
    ],
)
def test_bad_overrides_are_refused_in_one_sentence(overrides: Any, words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"\A[^\n]+\.\Z") as refused:
        PriceTable(overrides)
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("cost", "shown"),
    [
        (Cost(1.005, 2.678), {"low": 1.0, "high": 2.68}),
        (Cost(0.0, 0.00123), {"low": 0.0, "high": 0.0012}),
        (Cost(0.1, 0.2) + Cost(0.2, 0.4), {"low": 0.3, "high": 0.6}),
        (sum([Cost(0.004, 0.004)] * 3, Cost(0, 0)), {"low": 0.01, "high": 0.01}),
    ],
)
def test_costs_add_up_before_they_are_rounded(cost: Cost, shown: dict[str, float]) -> None:
    assert cost.to_dict() == shown


def test_the_shipped_table_is_sound() -> None:
    assert len(price_table.PRICES) == 17
    for region, prices in price_table.PRICES.items():
        assert set(prices) <= set(price_table.ITEMS), region
        # An outlier here is a wrong unit: GiB/s for MiB/s, or a price a 1000 units.
        assert all(0 < usd < 1 for usd in prices.values()), region
    assert all(item in price_table.PRICES[region] for region, item in price_table.WEAK)
