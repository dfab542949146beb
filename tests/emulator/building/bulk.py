# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large accounts for the benchmark: about half of the resources waste, a fifth protected, the rest in use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timezone
from typing import Any

from ..services.fast_restore import set_fast_restore
from ..services.locks import Lock
from .balancers import add_balancer
from .ebs import add_image, add_snapshot, add_volume, attach
from .instances import PLAIN, add_alarm, add_instance
from .launch import add_launch_template, launch_data
from .logs import add_log_group
from .site import Expect, Site, ignored, reported, spared, waste


@dataclass(frozen=True)
class Sizes:
    """How many of each over all regions."""

    volumes: int
    snapshots: int
    log_groups: int
    instances: int
    balancers: int


SIZES = {
    "S": Sizes(80, 50, 50, 16, 4),
    "M": Sizes(2000, 1250, 1250, 400, 100),
    "L": Sizes(20_000, 12_500, 13_100, 4_000, 400),
}
TEAMS = ("orders", "billing", "search", "ml", "web", "data", "mobile", "infra")
KEEP = {"Keep": "true"}


def build_bulk(sites: list[Site], sizes: Sizes, first: float | None = None) -> None:
    """Spread the resources evenly over the sites, or put a part of them, `first`, into the first one."""
    if first is not None:
        _fill(sites[:1], _part(sizes, first))
        sites, sizes = sites[1:], _part(sizes, 1 - first)
    _fill(sites, sizes)


def _part(sizes: Sizes, share: float) -> Sizes:
    return Sizes(**{name: round(number * share) for name, number in asdict(sizes).items()})


def _fill(sites: list[Site], sizes: Sizes) -> None:
    for index, site in enumerate(sites):
        instances = [_instance(site, n) for n in range(_share(sizes.instances, sites, index))]
        for n in range(_share(sizes.volumes, sites, index)):
            _volume(site, n, instances)
        snapshots = _share(sizes.snapshots, sites, index)
        images = snapshots // 25
        for n in range(images):
            add_image(site, f"golden-{n}", "available" if n % 3 else "disabled", 100 + n)
        for n in range(snapshots - images):
            _snapshot(site, n)
        for n in range(_share(sizes.log_groups, sites, index)):
            _log_group(site, n)
        for n in range(_share(sizes.balancers, sites, index)):
            _balancer(site, n)


def build_orphans(sites: list[Site], count: int) -> None:
    """`count` volumes attached to nothing and old enough, spread evenly over the sites, and nothing else."""
    for index, site in enumerate(sites):
        for n in range(_share(count, sites, index)):
            add_volume(site, waste("unattached", "bulk"), f"orphan-{n:05d}", (40 + n % 300, 0), size=8 + n % 93)


def _share(total: int, sites: list[Site], index: int) -> int:
    return total // len(sites) + (1 if index < total % len(sites) else 0)


def _name(site: Site, kind: str, n: int) -> str:
    return f"{site.random.choice(TEAMS)}-{kind}-{n:05d}"


def _tenth(site: Site) -> int:
    """0..9: up to 4 is waste, 5 and 6 protected, the rest in use."""
    return site.random.randrange(10)


def _volume(site: Site, n: int, instances: list[Any]) -> None:
    lot, age = _tenth(site), (site.random.randrange(11, 900), site.random.randrange(24))
    size, kind = site.random.choice((8, 20, 50, 100, 500)), site.random.choice(("gp2", "gp3", "gp3", "st1"))
    name, team = _name(site, "data", n), {"Team": site.random.choice(TEAMS)}
    if lot <= 4:
        add_volume(site, waste("unattached", "bulk"), name, age, team, size, kind)
    elif lot == 5:
        add_volume(site, spared("unattached", "keep", "bulk"), name, age, KEEP, size, kind)
    elif lot == 6:
        tags = {"kubernetes.io/created-for/pvc/name": name}
        add_volume(site, spared("unattached", "kubernetes.io", "bulk"), name, age, tags, size, kind)
    elif lot == 7 or not instances:
        add_volume(site, ignored("too young"), name, (site.random.randrange(9), 0), team, size, kind)
    else:
        volume = add_volume(site, ignored("attached"), name, age, team, size, kind)
        attach(site, volume, site.random.choice(instances), f"/dev/xvd{n}")


def _snapshot(site: Site, n: int) -> None:
    lot, age = _tenth(site), (site.random.randrange(16, 900), 0)
    name, size = _name(site, "snap", n), site.random.choice((8, 50, 200))
    if lot <= 4:
        add_snapshot(site, waste("old_snapshot", "bulk"), name, age, size=size)
    elif lot == 5:
        add_snapshot(site, spared("old_snapshot", "keep", "bulk"), name, age, KEEP, size)
    elif lot == 6:
        _guarded_snapshot(site, name, age)
    else:
        add_snapshot(site, ignored("too young"), name, (site.random.randrange(14), 0), size=size)


def _guarded_snapshot(site: Site, name: str, age: tuple[int, int]) -> None:
    way = site.random.randrange(8)
    if way == 0:
        locked = add_snapshot(site, spared("old_snapshot", "locked", "bulk"), name, age)
        locked.lock = Lock("governance", site.ago(10).replace(tzinfo=timezone.utc), 365)
    elif way == 1:
        shared = add_snapshot(site, spared("old_snapshot", "shared", "bulk"), name, age)
        shared.create_volume_permission_userids.add("210987654321")
    elif way == 2:
        tags = {"DisasterRecovery": "eu-central-1"}
        add_snapshot(site, spared("old_snapshot", "disaster recovery", "bulk"), name, age, tags)
    elif way == 3:
        fast = add_snapshot(site, spared("old_snapshot", "Fast Snapshot Restore", "bulk"), name, age)
        set_fast_restore(site.ec2, fast.id, site.ec2.describe_availability_zones()[0], "enabled")
    elif way == 4:
        held = add_snapshot(site, spared("old_snapshot", "launch template", "bulk"), name, age)
        add_launch_template(site, name, [launch_data(snapshot_id=held.id)])
    else:
        tags = {"aws:backup:source-resource": "x"}
        add_snapshot(site, spared("old_snapshot", "aws:backup", "bulk"), name, age, tags)


def _log_group(site: Site, n: int) -> None:
    lot, name = _tenth(site), f"/aws/lambda/{_name(site, 'fn', n)}"
    stored = site.random.random() * 4096
    if lot <= 4:
        add_log_group(site, waste("no_retention", "bulk"), name, stored_mib=stored)
    elif lot == 5:
        add_log_group(site, spared("no_retention", "keep", "bulk"), name, tags=KEEP, stored_mib=stored)
    elif lot == 6:
        longer = spared("longer_retention", "retention", "bulk", shorten=waste("longer_retention", "bulk"))
        add_log_group(site, longer, name, 365, stored_mib=stored)
    else:
        tags = {"Team": site.random.choice(TEAMS)} if lot == 7 else None
        add_log_group(site, ignored("as wanted"), name, site.random.choice((1, 3)), tags, stored_mib=stored)


def _instance(site: Site, n: int) -> Any:
    lot, name = _tenth(site), _name(site, "app", n)
    if lot <= 4:
        return add_instance(site, PLAIN, name, root=False)
    if lot == 5:
        return add_instance(site, spared("detailed_monitoring", "keep", "bulk"), name, tags=KEEP, root=False)
    if lot == 6:
        instance = add_instance(site, spared("detailed_monitoring", "alarm", "bulk"), name, root=False)
        add_alarm(site, f"{name}-cpu", instance.id, 60)
        return instance
    wanted = Expect("bulk", "planned", "basic_monitoring")
    return add_instance(site, ignored("already basic", detailed=wanted), name, detailed=False, root=False)


def _balancer(site: Site, n: int) -> None:
    lot, name = _tenth(site), f"lb-{n:04d}"
    if lot <= 4:
        add_balancer(site, reported("no_registered_targets", "bulk"), name, groups=((),))
    elif lot == 5:
        add_balancer(site, spared("no_registered_targets", "keep", "bulk"), name, groups=((),), tags=KEEP)
    else:
        add_balancer(site, ignored("serves"), name, groups=(("healthy", "healthy"),), traffic=True)
