# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the emulated account at one of the scales, the same for the same seed.

demo; S, M and L, spread evenly over the regions; M-uneven, with a fifth of it in the first region; orphans-N: N orphan
volumes; snapshots-N: N snapshots in one region, made as they are asked for; none.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from .building.agent import build_agent_metrics
from .building.balancers import build_application, build_other_types
from .building.bulk import SIZES, build_bulk, build_orphans
from .building.dms import build_replication
from .building.ebs import add_volume, build_recycle_bin_rules, build_snapshots, build_volumes
from .building.held import build_held_snapshots
from .building.instances import PLAIN, add_instance, build_instances
from .building.launch import build_launch_snapshots
from .building.logs import add_log_group, build_log_groups
from .building.many import build_many_snapshots
from .building.patching import build_patching, expect_unmanaged
from .building.rds import build_databases
from .building.site import Site, waste
from .regions import ENABLED

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
# Where the demo holds every case there is; the other regions hold a few resources each.
FULL = ((ACCOUNT, "eu-west-1"), (ACCOUNT, "us-east-1"), (OTHER_ACCOUNT, "ap-southeast-2"))
# Where the demo's Recycle Bin has rules.
WITH_RECYCLE_BIN = FULL[1:]
ORPHANS = re.compile(r"orphans-(\d+)")
SNAPSHOTS = re.compile(r"snapshots-(\d+)")
UNEVEN, FIRST_SHARE = "M-uneven", 0.2


def build(scale: str, seed: int) -> list[dict[str, Any]]:
    """Empty moto and fill it; returns the manifest (see building.site.Row). Raises ValueError on an unknown scale."""
    check_scale(scale)
    _empty(seed)
    manifest: list[dict[str, Any]] = []
    if scale == "none":
        return manifest
    now = _now()
    sites = {(a, r): Site(a, r, seed, now, manifest) for a in (ACCOUNT, OTHER_ACCOUNT) for r in ENABLED}
    own = [sites[(ACCOUNT, region)] for region in ENABLED]
    if scale == "demo":
        _build_demo(sites)
    elif orphans := ORPHANS.fullmatch(scale):
        build_orphans(own, int(orphans[1]))
    elif snapshots := SNAPSHOTS.fullmatch(scale):
        build_many_snapshots(sites[FULL[0]], int(snapshots[1]))
    elif scale == UNEVEN:
        build_bulk(own, SIZES["M"], FIRST_SHARE)
    else:
        build_bulk(own, SIZES[scale])
    return manifest


def check_scale(scale: str) -> str:
    """Raises ValueError on an unknown scale."""
    numbered = ORPHANS.fullmatch(scale) or SNAPSHOTS.fullmatch(scale)
    names = ("demo", "none", *SIZES, UNEVEN)
    if scale not in names and not numbered:
        raise ValueError(f"unknown scale {scale!r}: orphans-NUMBER, snapshots-NUMBER, {', '.join(names)}")
    return scale


def site(account: str, region: str, seed: int, manifest: list[dict[str, Any]]) -> Site:
    """One account in one region, for building functions that add to what is there."""
    return Site(account, region, f"{seed}/by hand", _now(), manifest)


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)


def _empty(seed: int) -> None:
    """Forget all backends. moto's own reset makes each of them anew first, only to drop it."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data
    from moto.moto_api._internal import mock_random

    for backends in list(BackendDict._instances):
        if backends.service_name == "s3":  # its names are kept elsewhere, its objects in open files
            for of_account in backends.values():
                of_account.reset()
        backends.clear()
    BackendDict._instances.clear()
    reset_model_data()
    mock_random.seed(seed)


def _build_demo(sites: dict[tuple[str, str], Site]) -> None:
    for key in FULL:
        for build_case in (build_volumes, build_snapshots, build_launch_snapshots, build_log_groups, build_instances,
                           build_agent_metrics, build_application, build_other_types, build_databases,
                           build_patching, build_replication, build_held_snapshots):  # fmt: skip
            build_case(sites[key])
        if key in WITH_RECYCLE_BIN:
            build_recycle_bin_rules(sites[key])
    for region in ENABLED:
        site = sites[(ACCOUNT, region)]
        if (ACCOUNT, region) not in FULL:
            add_volume(site, waste("unattached", "left over"), f"left-over-{region}", size=40)
            add_log_group(site, waste("no_retention", "never expires"), f"/aws/lambda/hello-{region}", stored_mib=64)
            add_instance(site, PLAIN, f"probe-{region}")
            expect_unmanaged(site)
