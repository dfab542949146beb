# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a resource costs in a month, at AWS's public list prices or at the user's own. Pure: no AWS, no clock."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .price_table import ITEMS, PRICES

HOURS_A_MONTH = 730
GIB = 2**30

# https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html#gp3-ebs-volume-type
GP3_FREE_IOPS = 3000
GP3_FREE_MBPS = 125
# https://aws.amazon.com/ebs/pricing/: above this many IOPS an io2 volume is billed at lower tiers.
IO2_TIER1_IOPS = 32000
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/manage-detailed-monitoring.html: billed as custom metrics.
DETAILED_MONITORING_METRICS = 7
# Logs are billed compressed, `storedBytes` is uncompressed; AWS's own examples assume 15 %.
LOG_COMPRESSION_LOW = 0.15

LOAD_BALANCER_ITEMS = {
    "application": "alb_hour",
    "network": "nlb_hour",
    "gateway": "gwlb_hour",
    "classic": "clb_hour",
}

ANY_REGION = "*"
REGION_NAME = re.compile(r"[a-z]{2,5}(-[a-z]+)+-[0-9]+")


@dataclass(frozen=True)
class Cost:
    """A band of US dollars a month, unrounded: what it costs is at least `low` and at most `high`."""

    low: float
    high: float

    @classmethod
    def exact(cls, usd: float) -> Cost:
        return cls(usd, usd)

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.low + other.low, self.high + other.high)

    def to_dict(self) -> dict[str, float]:
        """`{"low": ..., "high": ...}`, rounded to cents, to 4 digits below one cent."""
        return {"low": _rounded(self.low), "high": _rounded(self.high)}


def _rounded(usd: float) -> float:
    return round(usd, 2 if usd >= 0.01 else 4)


class PriceTable:
    """List prices in US dollars by region and item, with the user's overrides on top.

    Raises ValueError, in one sentence fit for a user, for an override that can't be meant.
    """

    def __init__(self, overrides: Mapping[str, Mapping[str, float]] | None = None) -> None:
        """`overrides` is `{region: {item: usd}}`; the region `*` applies wherever no region of its own is named."""
        self._overrides = _checked_overrides(overrides or {})

    def price(self, region: str, item: str) -> float | None:
        """The price of one unit of `item`, or None where it isn't known: never another region's price."""
        for source in (self._overrides.get(region), self._overrides.get(ANY_REGION), PRICES.get(region)):
            if source is not None and item in source:
                return source[item]
        return None


def _checked_overrides(overrides: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    checked: dict[str, dict[str, float]] = {}
    for region, prices in overrides.items():
        if region != ANY_REGION and not REGION_NAME.fullmatch(str(region)):
            raise ValueError(f"price_overrides: {region!r} is neither the name of a region nor '*'.")
        if not isinstance(prices, Mapping):
            raise ValueError(f"price_overrides: {region} must hold a dictionary of item to price, not {prices!r}.")
        checked[region] = {item: _checked_price(region, item, value) for item, value in prices.items()}
    return checked


def _checked_price(region: str, item: str, value: object) -> float:
    if item not in ITEMS:
        nearest = difflib.get_close_matches(str(item), ITEMS, n=1, cutoff=0.0)[0]
        raise ValueError(f"price_overrides: there is no item {item!r}, the nearest is {nearest!r}.")
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            usd = float(value)
        except ValueError:
            usd = math.nan
        if math.isfinite(usd) and usd >= 0:
            return usd
    raise ValueError(f"price_overrides: {region}.{item} must be a number of US dollars, zero or more, not {value!r}.")


def volume_cost(table: PriceTable, region: str, volume: Mapping[str, Any]) -> Cost | None:
    """The monthly cost of an EBS volume as `ec2:DescribeVolumes` shows it; None for an unknown type or price."""
    volume_type = str(volume.get("VolumeType"))
    low = high = _times(table, region, f"ebs_{volume_type}_gb_month", volume.get("Size"))
    for item, units_low, units_high in _provisioned(volume_type, volume):
        more_low, more_high = _times(table, region, item, units_low), _times(table, region, item, units_high)
        low, high = _plus(low, more_low), _plus(high, more_high)
    return None if low is None or high is None else Cost(low, high)


def _provisioned(volume_type: str, volume: Mapping[str, Any]) -> list[tuple[str, float | None, float | None]]:
    """What a volume type is billed for besides its size: (item, fewest units, most units)."""
    iops: float | None = volume.get("Iops")
    if volume_type == "gp3":
        extra_iops = max(0, (iops or 0) - GP3_FREE_IOPS)
        extra_mbps = max(0, (volume.get("Throughput") or 0) - GP3_FREE_MBPS)
        return [
            ("ebs_gp3_iops_month_over_3000", extra_iops, extra_iops),
            ("ebs_gp3_mbps_month_over_125", extra_mbps, extra_mbps),
        ]
    if volume_type == "io1":
        return [("ebs_io1_iops_month", iops, iops)]
    if volume_type == "io2":
        return [("ebs_io2_iops_month_tier1", None if iops is None else min(iops, IO2_TIER1_IOPS), iops)]
    return []


def snapshot_cost(table: PriceTable, region: str, size_gib: float) -> Cost | None:
    """From nothing to its full size: a snapshot is billed on changed blocks, which no list call shows."""
    full = _times(table, region, "ebs_snapshot_gb_month", size_gib)
    return None if full is None else Cost(0.0, full)


def rds_backup_cost(table: PriceTable, region: str, engine: str, size_gib: float) -> Cost | None:
    """Backup storage of a database, from nothing (it is compressed, incremental, and free up to the size of all
    databases of the region) to its full size. Aurora's has a price of its own, which the table doesn't hold."""
    full = None if engine.startswith("aurora") else _times(table, region, "rds_backup_gb_month", size_gib)
    return None if full is None else Cost(0.0, full)


def log_group_cost(table: PriceTable, region: str, stored_bytes: float) -> Cost | None:
    """The storage of a log group of `storedBytes` bytes, from well compressed to not at all; ingestion isn't in it."""
    full = _times(table, region, "cloudwatch_logs_storage_gb_month", stored_bytes / GIB)
    return None if full is None else Cost(full * LOG_COMPRESSION_LOW, full)


def monitoring_cost(table: PriceTable, region: str) -> Cost | None:
    """What detailed monitoring of one instance adds, at the first tier of metric prices."""
    usd = _times(table, region, "cloudwatch_custom_metric_month_tier1", DETAILED_MONITORING_METRICS)
    return None if usd is None else Cost.exact(usd)


def load_balancer_cost(table: PriceTable, region: str, load_balancer_type: str, public_addresses: int) -> Cost | None:
    """An idle load balancer: its hours and those of its public IPv4 addresses; no capacity units."""
    hours = _times(table, region, LOAD_BALANCER_ITEMS.get(load_balancer_type, ""), HOURS_A_MONTH)
    usd = _plus(hours, _times(table, region, "public_ipv4_hour", HOURS_A_MONTH * public_addresses))
    return None if usd is None else Cost.exact(usd)


def _times(table: PriceTable, region: str, item: str, units: float | None) -> float | None:
    """Price x units; no units cost nothing, even where the price isn't known."""
    if units == 0:
        return 0.0
    price = table.price(region, item)
    return None if price is None or units is None else price * units


def _plus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other
