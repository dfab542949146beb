# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renews plugins/module_utils/sweep/price_table.py from AWS's public price list.

Reads the bulk price list, which needs no credentials (the offer of EC2 is a large download in each region), or with
`--pricing-api` the Pricing API (needs `pricing:GetProducts` and boto3). A price that isn't found keeps its old value
and is marked as weak. https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/price-changes.html
"""

from __future__ import annotations

import argparse
import json
import re
import runpy
import sys
import textwrap
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent.parent / "plugins" / "module_utils" / "sweep" / "price_table.py"
BULK_HOST = "https://pricing.us-east-1.amazonaws.com"

HEADER = '''\
# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's public list prices: US dollars, on demand, without tax, as of {as_of}. Data only.

Written by scripts/renew_price_table.py, which reads AWS's public price list
(offers/v1.0/aws/<service>/current/region_index.json). A cell that isn't here isn't known.
{notes}"""

from __future__ import annotations

'''


EC2, ELB, LOGS, RDS = "AmazonEC2", "AWSELB", "AmazonCloudWatch", "AmazonRDS"


@dataclass(frozen=True)
class Item:
    """Where the price list holds one item: an offer, a usage type without its region's prefix, a product family.

    The family tells load balancers apart and is what the Pricing API is asked for; `divisor` turns the list's unit
    into ours.
    """

    unit: str
    offer: str
    usage_type: str
    family: str = ""
    divisor: int = 1

    def matches(self, product: Mapping[str, Any]) -> bool:
        if self.offer == ELB and product.get("productFamily") != self.family:
            return False
        # us-east-1 has no prefix in most usage types; TS- is a trust store's, not a region's.
        pattern = rf"((?!TS-)[A-Z]{{2,4}}[0-9]{{0,2}}-)?{re.escape(self.usage_type)}"
        return re.fullmatch(pattern, product.get("attributes", {}).get("usagetype", "")) is not None


ITEMS = {
    "ebs_gp2_gb_month": Item("GB-month", EC2, "EBS:VolumeUsage.gp2", "Storage"),
    "ebs_gp3_gb_month": Item("GB-month", EC2, "EBS:VolumeUsage.gp3", "Storage"),
    "ebs_io1_gb_month": Item("GB-month", EC2, "EBS:VolumeUsage.piops", "Storage"),
    "ebs_io2_gb_month": Item("GB-month", EC2, "EBS:VolumeUsage.io2", "Storage"),
    "ebs_st1_gb_month": Item("GB-month", EC2, "EBS:VolumeUsage.st1", "Storage"),
    "ebs_sc1_gb_month": Item("GB-month", EC2, "EBS:VolumeUsage.sc1", "Storage"),
    "ebs_standard_gb_month": Item("GB-month", EC2, "EBS:VolumeUsage", "Storage"),
    "ebs_io1_iops_month": Item("IOPS-month", EC2, "EBS:VolumeP-IOPS.piops", "System Operation"),
    "ebs_io2_iops_month_tier1": Item("IOPS-month", EC2, "EBS:VolumeP-IOPS.io2", "System Operation"),
    "ebs_gp3_iops_month_over_3000": Item("IOPS-month", EC2, "EBS:VolumeP-IOPS.gp3", "System Operation"),
    # The list's unit is GiB/s-month.
    "ebs_gp3_mbps_month_over_125": Item(
        "MiB/s-month", EC2, "EBS:VolumeP-Throughput.gp3", "Provisioned Throughput", divisor=1024
    ),
    "ebs_snapshot_gb_month": Item("GB-month", EC2, "EBS:SnapshotUsage", "Storage Snapshot"),
    "alb_hour": Item("hour", ELB, "LoadBalancerUsage", "Load Balancer-Application"),
    "nlb_hour": Item("hour", ELB, "LoadBalancerUsage", "Load Balancer-Network"),
    "gwlb_hour": Item("hour", ELB, "LoadBalancerUsage", "Load Balancer-Gateway"),
    "clb_hour": Item("hour", ELB, "LoadBalancerUsage", "Load Balancer"),
    "cloudwatch_custom_metric_month_tier1": Item("metric-month", LOGS, "CW:MetricMonitorUsage"),
    "cloudwatch_logs_ingest_gb": Item("GB", LOGS, "DataProcessing-Bytes"),
    "cloudwatch_logs_storage_gb_month": Item("GB-month", LOGS, "TimedStorage-ByteHrs"),
    "public_ipv4_hour": Item("hour", "AmazonVPC", "PublicIPv4:IdleAddress"),
    "rds_backup_gb_month": Item("GB-month", RDS, "RDS:ChargedBackupUsage"),
    "rds_gp2_storage_gb_month": Item("GB-month", RDS, "RDS:GP2-Storage"),
    "rds_gp3_storage_gb_month": Item("GB-month", RDS, "RDS:GP3-Storage"),
}


@dataclass
class Table:
    """What price_table.py holds: prices[region][item] in US dollars, and the (region, item) cells to trust less."""

    as_of: str
    prices: dict[str, dict[str, float]]
    weak: set[tuple[str, str]] = field(default_factory=set)
    notes: str = ""

    def render(self) -> str:
        regions = "".join(
            f'    "{region}": {{\n{_wrapped(self.prices[region])}\n    }},\n' for region in sorted(self.prices)
        )
        units = "".join(f'    "{name}": "{ITEMS[name].unit}",\n' for name in sorted(ITEMS))
        weak = "".join(f'        ("{region}", "{item}"),\n' for region, item in sorted(self.weak))
        return (
            HEADER.format(as_of=self.as_of, notes=self.notes)
            + f'AS_OF = "{self.as_of}"\n\n'
            + f"# Item -> its unit.\nITEMS: dict[str, str] = {{\n{units}}}\n\n"
            + "# Region -> item -> US dollars a unit.\n# fmt: off\n"
            + f"PRICES: dict[str, dict[str, float]] = {{\n{regions}}}\n# fmt: on\n\n"
            + "# Cells that weren't read from the price list itself, or not at the table's date.\n"
            + (
                f"WEAK: frozenset[tuple[str, str]] = frozenset(\n    {{\n{weak}    }}\n)\n"
                if weak
                else "WEAK: frozenset[tuple[str, str]] = frozenset()\n"
            )
        )


def _wrapped(prices: Mapping[str, float]) -> str:
    cells = ", ".join(f'"{item}":\0{prices[item]!r}' for item in sorted(prices)) + ","
    indent = " " * 8
    lines = textwrap.wrap(
        cells, 118, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines).replace("\0", " ")


def load_table(path: Path) -> Table:
    data = runpy.run_path(str(path))
    return Table(data["AS_OF"], data["PRICES"], set(data["WEAK"]))


def first_tier_usd(terms: Mapping[str, Any]) -> float | None:
    """The price of the first unit of a product, from its `OnDemand` terms; None where it is free or absent."""
    for term in terms.values():
        for dimension in term.get("priceDimensions", {}).values():
            usd = float(dimension.get("pricePerUnit", {}).get("USD", 0))
            if dimension.get("beginRange", "0") == "0" and usd > 0:
                return usd
    return None


def prices_of(offer: str, rows: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, float]:
    """Item -> US dollars, from (product, OnDemand terms) of one offer in one region.

    An item for which the list shows several prices (RDS storage by engine, say) is left out: a guess isn't a price.
    """
    found: dict[str, set[float]] = {}
    wanted = {name: item for name, item in ITEMS.items() if item.offer == offer}
    for product, terms in rows:
        for name, item in wanted.items():
            usd = first_tier_usd(terms) if item.matches(product) else None
            if usd is not None:
                found.setdefault(name, set()).add(float(f"{usd / item.divisor:.10g}"))
    return {name: values.pop() for name, values in found.items() if len(values) == 1}


def bulk_rows(base_url: str, offer: str, region: str) -> tuple[str, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """(publication date, rows) of one offer in one region, from the bulk price list; no rows where it isn't offered."""
    index = _get_json(f"{base_url}/offers/v1.0/aws/{offer}/current/region_index.json")
    entry = index["regions"].get(region)
    if entry is None:
        return index.get("publicationDate", ""), []
    document = _get_json(base_url + entry["currentVersionUrl"])
    terms = document["terms"].get("OnDemand", {})
    return document["publicationDate"], [(p, terms.get(sku, {})) for sku, p in document["products"].items()]


def _get_json(url: str) -> dict[str, Any]:
    if not url.startswith(("https://", "http://127.0.0.1")):
        raise ValueError(f"{url}: only https, or http on 127.0.0.1")
    with urllib.request.urlopen(url, timeout=600) as answer:  # noqa: S310 (checked above)
        document: dict[str, Any] = json.load(answer)
    return document


def api_rows(client: Any, offer: str, region: str) -> tuple[str, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """As bulk_rows, from `pricing:GetProducts`; of EC2, only the product families in use are asked for."""
    families = sorted({item.family for item in ITEMS.values() if item.offer == offer}) if offer == EC2 else [""]
    published, rows = "", []
    for document in (json.loads(text) for family in families for text in _price_list(client, offer, region, family)):
        published = max(published, document.get("publicationDate", ""))
        rows.append((document["product"], document["terms"].get("OnDemand", {})))
    return published, rows


def _price_list(client: Any, offer: str, region: str, family: str) -> Iterator[str]:
    filters = [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": region}]
    if family:
        filters.append({"Type": "TERM_MATCH", "Field": "productFamily", "Value": family})
    for page in client.get_paginator("get_products").paginate(ServiceCode=offer, Filters=filters):
        yield from page["PriceList"]


def renewed(old: Table, regions: Iterable[str], rows_of: Any) -> Table:
    """A table with every price that `rows_of(offer, region)` gives; the others keep their old value as weak cells."""
    prices: dict[str, dict[str, float]] = {region: dict(cells) for region, cells in old.prices.items()}
    weak, as_of = set(old.weak), old.as_of
    for region in regions:
        found: dict[str, float] = {}
        for offer in sorted({item.offer for item in ITEMS.values()}):
            published, rows = rows_of(offer, region)
            as_of = max(as_of, published[:7])
            found.update(prices_of(offer, rows))
        kept = set(prices.get(region, {})) - set(found)
        prices[region] = {**prices.get(region, {}), **found}
        weak = {cell for cell in weak if cell[0] != region} | {(region, item) for item in kept}
        print(f"{region}: {len(found)} prices read, {len(kept)} kept from before", file=sys.stderr)
    return Table(as_of, prices, weak)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--base-url", default=BULK_HOST, help="host of the bulk price list (default: %(default)s)")
    parser.add_argument("--pricing-api", action="store_true", help="ask the Pricing API instead (credentials needed)")
    parser.add_argument("--regions", nargs="+", help="regions to renew (default: those in the table)")
    parser.add_argument("--table", type=Path, default=TABLE, help="file to renew")
    options = parser.parse_args(arguments)
    old = load_table(options.table)
    if options.pricing_api:
        import boto3

        client = boto3.client("pricing", region_name="us-east-1")
        table = renewed(old, options.regions or sorted(old.prices), lambda *where: api_rows(client, *where))
    else:
        base_url = options.base_url.rstrip("/")
        table = renewed(old, options.regions or sorted(old.prices), lambda *where: bulk_rows(base_url, *where))
    options.table.write_text(table.render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
