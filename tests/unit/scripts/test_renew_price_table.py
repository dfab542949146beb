# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewing the price table, from a made-up price list on 127.0.0.1 and from a made-up Pricing API."""

from __future__ import annotations

import json
import runpy
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "renew_price_table.py"
RENEW = runpy.run_path(str(SCRIPT))


def product(family: str, usage_type: str, *tiers: tuple[str, str]) -> dict[str, Any]:
    """A product with its OnDemand terms in the price list's shape; tiers are (beginRange, USD)."""
    dimensions = {
        str(number): {"beginRange": begin, "pricePerUnit": {"USD": usd}} for number, (begin, usd) in enumerate(tiers)
    }
    return {
        "product": {"productFamily": family, "attributes": {"usagetype": usage_type}},
        "terms": {"OnDemand": {"term": {"priceDimensions": dimensions}}},
        "publicationDate": "2027-02-03T04:05:06Z",
    }


OFFERS = {
    "AmazonEC2": [
        product("Storage", "EU-EBS:VolumeUsage.gp3", ("0", "0.0900000000")),
        product("Storage", "EU-EBS:VolumeUsage", ("0", "0.0550000000")),
        product("Provisioned Throughput", "EU-EBS:VolumeP-Throughput.gp3", ("0", "40.96")),
        product("System Operation", "EU-EBS:VolumeP-IOPS.io2", ("0", "0.07")),
        product("System Operation", "EU-EBS:VolumeP-IOPS.io2.tier2", ("0", "0.05")),
        product("Compute Instance", "EU-BoxUsage:m5.large", ("0", "0.1")),
    ],
    "AWSELB": [
        product("Load Balancer", "EU-LoadBalancerUsage", ("0", "0.028")),
        product("Load Balancer-Application", "EU-LoadBalancerUsage", ("0", "0.026")),
        product("Load Balancer-Application", "TS-LoadBalancerUsage", ("0", "0.99")),
    ],
    "AmazonCloudWatch": [
        product("Metric", "EU-CW:MetricMonitorUsage", ("10000", "0.10"), ("0", "0.31")),
        product("Storage Snapshot", "EU-TimedStorage-ByteHrs", ("0", "0.0000000000")),
    ],
    "AmazonVPC": [],
    "AmazonRDS": [
        product("Database Storage", "EU-RDS:GP2-Storage", ("0", "0.127")),
        product("Database Storage", "EU-RDS:GP2-Storage", ("0", "0.300")),
    ],
}
READ = {
    "ebs_gp3_gb_month": 0.09,
    "ebs_standard_gb_month": 0.055,
    "ebs_gp3_mbps_month_over_125": 0.04,
    "ebs_io2_iops_month_tier1": 0.07,
    "clb_hour": 0.028,
    "alb_hour": 0.026,
    "cloudwatch_custom_metric_month_tier1": 0.31,
}


class PriceList(BaseHTTPRequestHandler):
    """The two documents of each offer, at the paths of AWS's bulk price list."""

    def do_GET(self) -> None:
        offer, *rest = self.path.removeprefix("/offers/v1.0/aws/").split("/")
        if rest == ["current", "region_index.json"]:
            version = f"/offers/v1.0/aws/{offer}/20270203/eu-west-1/index.json"
            body: dict[str, Any] = {"regions": {"eu-west-1": {"currentVersionUrl": version}}}
        else:
            rows = dict(enumerate(OFFERS[offer]))
            body = {
                "publicationDate": "2027-02-03T04:05:06Z",
                "products": {str(sku): row["product"] for sku, row in rows.items()},
                "terms": {"OnDemand": {str(sku): row["terms"]["OnDemand"] for sku, row in rows.items()}},
            }
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def base_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), PriceList) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def table_file(tmp_path: Path) -> Path:
    path = tmp_path / "price_table.py"
    old = {"eu-west-1": {"ebs_gp3_gb_month": 0.5, "gwlb_hour": 0.0135}, "us-east-1": {"alb_hour": 0.0225}}
    path.write_text(RENEW["Table"]("2026-09", old, {("eu-west-1", "ebs_gp3_gb_month")}).render())
    return path


def test_the_bulk_list_renews_what_it_holds_and_marks_the_rest(table_file: Path, base_url: str) -> None:
    assert RENEW["main"](["--base-url", base_url, "--table", str(table_file), "--regions", "eu-west-1"]) == 0
    table = runpy.run_path(str(table_file))
    assert table["AS_OF"] == "2027-02"
    assert table["PRICES"] == {"eu-west-1": {**READ, "gwlb_hour": 0.0135}, "us-east-1": {"alb_hour": 0.0225}}
    assert table["WEAK"] == {("eu-west-1", "gwlb_hour")}


def test_a_region_without_the_service_keeps_its_prices(table_file: Path, base_url: str) -> None:
    RENEW["main"](["--base-url", base_url, "--table", str(table_file), "--regions", "us-east-1"])
    table = runpy.run_path(str(table_file))
    assert table["PRICES"]["us-east-1"] == {"alb_hour": 0.0225}
    assert ("us-east-1", "alb_hour") in table["WEAK"]


class PricingClient:
    """`pricing` as boto3 gives it: filters by exact match, pages of one product."""

    def get_paginator(self, operation: str) -> PricingClient:
        assert operation == "get_products"
        return self

    def paginate(self, *, ServiceCode: str, Filters: list[dict[str, str]]) -> Iterator[dict[str, Any]]:  # noqa: N803
        wanted = {each["Field"]: each["Value"] for each in Filters}
        assert wanted.pop("regionCode") == "eu-west-1"
        for row in OFFERS[ServiceCode]:
            if wanted.get("productFamily", row["product"]["productFamily"]) == row["product"]["productFamily"]:
                yield {"PriceList": [json.dumps(row)]}


def test_the_pricing_api_gives_the_same_prices() -> None:
    old = RENEW["Table"]("2026-09", {}, set())
    table = RENEW["renewed"](old, ["eu-west-1"], lambda *where: RENEW["api_rows"](PricingClient(), *where))
    assert table.prices == {"eu-west-1": READ}
    assert table.as_of == "2027-02"
    assert not table.weak


def test_only_https_is_read(table_file: Path) -> None:
    with pytest.raises(ValueError, match="only https"):
        RENEW["main"](["--base-url", "http://192.0.2.1", "--table", str(table_file)])


def test_the_shipped_table_is_what_the_script_writes() -> None:
    shipped = RENEW["load_table"](RENEW["TABLE"])
    text = RENEW["TABLE"].read_text()
    assert shipped.render().partition("AS_OF =")[2] == text.partition("AS_OF =")[2]
