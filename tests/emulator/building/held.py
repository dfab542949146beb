# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Old snapshots that something other than an AMI, a template or a group holds or owns: fleets, Spot requests, volumes
in use, backup tools, the archive tier, an AMI in the Recycle Bin."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

from ..services.fleets import add_fleet, add_spot_fleet, add_spot_request
from ..services.recycle_bin import IMAGES, Retained, retained
from ..services.snapshot_tiers import set_tiering
from .ebs import add_image, add_snapshot, add_volume, attach
from .launch import IMAGE, add_launch_configuration, add_launch_template, device_of, launch_data
from .site import Site, ignored, spared, waste

OWNERS = {
    "Velero": {"velero.io/backup": "nightly"},
    "N2W": {"cpm_policy_name": "daily"},
    "EKS": {"eks:cluster-name": "prod"},
    "Beanstalk": {"elasticbeanstalk:environment-name": "shop"},
    "ECS": {"AmazonECSManaged": "true"},
}


def build_held_snapshots(site: Site) -> None:
    """One snapshot for every case. Its instances are those that are there."""
    for owner, tags in OWNERS.items():
        add_snapshot(site, spared("old_snapshot", owner, f"owned by {owner}"), tags=tags)
    gateway = spared("old_snapshot", "Storage Gateway", "described as Storage Gateway describes its own")
    add_snapshot(site, gateway, description="sgw-AABB1122:vol-AABB1122:Schedule")
    configured = _snapshot(site, "launch configuration", "in a launch configuration that no group uses")
    add_launch_configuration(site, "report-lc-2025", snapshot_id=configured)
    _build_fleets(site)
    _build_spot(site)
    _build_clone(site)
    _build_tiers(site)
    _build_recycled_image(site)


def _snapshot(site: Site, by: str, note: str) -> str:
    return str(add_snapshot(site, spared("old_snapshot", by, note), age=(300, 0)).id)


def _build_fleets(site: Site) -> None:
    pinned = _snapshot(site, "EC2 Fleet", "in the version that an EC2 Fleet names")
    template = add_launch_template(site, "render", [launch_data(snapshot_id=pinned), launch_data(), launch_data()], 3)
    override = _snapshot(site, "EC2 Fleet", "in what overrides an EC2 Fleet's template")
    config = {
        "LaunchTemplateSpecification": {"LaunchTemplateId": template.id, "Version": "1"},
        "Overrides": [{"InstanceType": "c5.large", "BlockDeviceMappings": device_of(override)}],
    }
    add_fleet(site.ec2, "fleet-0123456789abcdef0", LaunchTemplateConfigs=[config])
    ended = add_snapshot(site, waste("old_snapshot", "only in an EC2 Fleet that was deleted"), "render-2024")
    gone = {"Overrides": [{"BlockDeviceMappings": device_of(ended.id)}]}
    add_fleet(site.ec2, "fleet-0fedcba9876543210", "deleted", LaunchTemplateConfigs=[gone])


def _build_spot(site: Site) -> None:
    inline = _snapshot(site, "Spot Fleet", "in a launch specification of a Spot Fleet request")
    specification = {"ImageId": IMAGE, "BlockDeviceMappings": device_of(inline)}
    add_spot_fleet(site.ec2, "sfr-01234567-89ab-cdef-0123-456789abcdef", LaunchSpecifications=[specification])
    waiting = _snapshot(site, "Spot Instance", "in an open Spot Instance request")
    add_spot_request(site.ec2, "sir-0123abcd", BlockDeviceMappings=device_of(waiting))


def _build_clone(site: Site) -> None:
    instance = next(i for r in site.ec2.reservations.values() for i in r.instances if i.state == "running")
    volume = add_volume(site, ignored("in use"), "orders-db-clone")
    volume.snapshot_id = _snapshot(site, "made from it", "a volume in use was made from it")
    attach(site, volume, instance, "/dev/sdx")


def _build_tiers(site: Site) -> None:
    restored = spared("old_snapshot", "restored from the archive tier until", "restored for some days")
    until = site.now + timedelta(days=5)
    set_tiering(add_snapshot(site, restored, "audit-2023", (700, 0)), "temporary-restore-completed", until)
    moving = spared("old_snapshot", "being archived", "on its way into the archive")
    set_tiering(add_snapshot(site, moving, "audit-2025", (300, 0)), "archival-in-progress")


def _build_recycled_image(site: Site) -> None:
    description = "Created by CreateImage(i-0123456789abcdef0) for {}"
    held = spared("old_snapshot", "Recycle Bin", "made for an AMI that the Recycle Bin keeps")
    add_snapshot(site, held, description=description.format(recycle_image(site).id))
    lost = waste("old_snapshot", "made for an AMI that is gone")
    add_snapshot(site, lost, description=description.format("ami-0fedcba9876543210"))


def recycle_image(site: Site, days: int = 20) -> Any:
    """An AMI that was deregistered and that the Recycle Bin keeps; its own snapshot is gone."""
    written = len(site.manifest)
    image = add_image(site, "web-golden-2024-01")
    # neither is there any more
    del site.manifest[written:]
    del site.ec2.amis[image.id], site.ec2.snapshots[image.ebs_snapshot.id]
    entered = site.now.replace(tzinfo=timezone.utc)
    retained(site.ec2)[image.id] = Retained(IMAGES, image, {}, entered, entered + timedelta(days=days))
    return image
