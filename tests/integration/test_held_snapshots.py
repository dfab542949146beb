# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots that an enforcing run must leave: the smallest account for each, and the newest of each volume.

Storage tiers, fleets, Spot requests and images in the Recycle Bin are added beside moto (services/snapshot_tiers.py,
fleets.py, recycled.py).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_image, add_snapshot
from tests.emulator.building.held import recycle_image
from tests.emulator.building.launch import add_launch_configuration, add_launch_template, device_of, launch_data
from tests.emulator.building.site import Site, waste
from tests.emulator.services.fleets import add_fleet, add_spot_fleet
from tests.emulator.services.recycle_bin import IMAGES, add_recycle_bin_rule
from tests.emulator.services.snapshot_tiers import set_tiering
from tests.integration.conftest import Json, Module, changes

REGION = "eu-west-1"
HERE = {"regions": [REGION], "resources": ["snapshots"]}
ANY = waste("any", "any")


@pytest.fixture
def site(empty_aws: Emulator) -> Site:
    made: Site = empty_aws.site(REGION)
    return made


def restored(site: Site, snapshot: Any) -> None:
    set_tiering(snapshot, "temporary-restore-completed", site.now + timedelta(days=5))


def restored_for_good(site: Site, snapshot: Any) -> None:
    set_tiering(snapshot, "permanent-restore-completed")


def archived_just_now(site: Site, snapshot: Any) -> None:
    set_tiering(snapshot, "archival-in-progress")


def in_fleet(site: Site, snapshot: Any) -> None:
    versions = [launch_data(snapshot_id=snapshot.id), launch_data(), launch_data()]
    template = add_launch_template(site, "render", versions, default=3)
    specification = {"LaunchTemplateId": template.id, "Version": "1"}
    add_fleet(site.ec2, "fleet-1", LaunchTemplateConfigs=[{"LaunchTemplateSpecification": specification}])


def in_spot_fleet(site: Site, snapshot: Any) -> None:
    add_spot_fleet(site.ec2, "sfr-1", LaunchSpecifications=[{"BlockDeviceMappings": device_of(snapshot.id)}])


def in_configuration(site: Site, snapshot: Any) -> None:
    add_launch_configuration(site, "old", snapshot_id=snapshot.id)


def of_recycled_image(site: Site, snapshot: Any) -> None:
    snapshot.description = f"Created by CreateImage(i-0123456789abcdef0) for {recycle_image(site).id}"


def of_velero(site: Site, snapshot: Any) -> None:
    site.ec2.tags[snapshot.id]["velero.io/backup"] = "nightly"


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (restored, "restored from the archive tier until "),
        (restored_for_good, "restored from the archive tier permanently"),
        (archived_just_now, "being archived"),
        (in_fleet, "launch template render (version 1), which the EC2 Fleet fleet-1 uses"),
        (in_spot_fleet, "Spot Fleet request sfr-1"),
        (in_configuration, "launch configuration old"),
        (of_recycled_image, "which the Recycle Bin keeps until "),
        (of_velero, "owned by Velero"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_snapshot_that_is_held_stays_and_says_by_what(site, empty_aws, module: Module, hold, words):
    snapshot = add_snapshot(site, ANY, "old")
    assert module("ebs_orphan_cleanup", check=True, **HERE)["summary"]["planned"] == 1
    hold(site, snapshot)
    result = module("ebs_orphan_cleanup", **HERE)
    (row,) = result["findings"]
    assert (row["status"], result["region_errors"], changes(empty_aws)) == ("protected", [], {})
    assert words in "; ".join(row["protected_by"])
    assert snapshot.id in site.ec2.snapshots


def test_an_image_that_the_recycle_bin_took_keeps_its_snapshot(site, empty_aws, module: Module):
    """Deregistered by AWS's own call, under a rule of the Recycle Bin."""
    add_recycle_bin_rule(site, IMAGES, 7)
    image = add_image(site, "golden")
    snapshot = site.ec2.snapshots[image.ebs_snapshot.id]
    snapshot.description, snapshot.from_ami = f"Created by CreateImage(i-1) for {image.id}", None
    ec2 = empty_aws.client("ec2", REGION)
    ec2.deregister_image(ImageId=image.id)
    assert [one["ImageId"] for one in ec2.list_images_in_recycle_bin()["Images"]] == [image.id]
    (row,) = module("ebs_orphan_cleanup", **HERE)["findings"]
    assert row["protected_by"][0].startswith(f"made for AMI {image.id}, which the Recycle Bin keeps until ")
    assert snapshot.id in site.ec2.snapshots


def series(site: Site, days: list[int], volume: str) -> dict[int, str]:
    """Snapshots of one volume by age."""
    found = {}
    for age in days:
        snapshot = add_snapshot(site, ANY, f"{volume} {age}", (age, 0))
        snapshot.volume.id = volume
        found[age] = snapshot.id
    return found


def statuses(result: Json) -> dict[str, str]:
    return {row["resource_id"]: row["status"] for row in result["findings"]}


def test_the_newest_of_each_volume_stay_in_plan_and_enforcement_alike(site, empty_aws, module: Module):
    first = series(site, [3, 20, 30, 40, 50], "vol-0123456789abcdef0")
    second = series(site, [60, 70], "vol-0fedcba9876543210")
    copies = series(site, [80, 90], "vol-ffffffff")
    options = {**HERE, "snapshot_keep_last": 2}
    planned = {name for name, status in statuses(module("ebs_orphan_cleanup", check=True, **options)).items()
               if status == "planned"}  # fmt: skip
    assert planned == {first[30], first[40], first[50]}
    done = module("ebs_orphan_cleanup", **options)
    assert {name for name, status in statuses(done).items() if status == "changed"} == planned
    assert not {name for name, status in statuses(done).items() if status in ("skipped", "failed")}
    left = {first[3], first[20], *second.values(), *copies.values()}
    assert set(site.ec2.snapshots) == left
    assert module("ebs_orphan_cleanup", **options)["changed"] is False


def test_what_became_the_newest_after_the_plan_stays(site, empty_aws, module: Module, monkeypatch):
    from ansible_collections.sysops.aws.plugins.module_utils.sweep import runner

    found, act = series(site, [20, 30, 40], "vol-0123456789abcdef0"), runner.Sweep.act

    def deleted_meanwhile(sweep: Any) -> None:
        del site.ec2.snapshots[found[20]]
        act(sweep)

    monkeypatch.setattr(runner.Sweep, "act", deleted_meanwhile)
    result = module("ebs_orphan_cleanup", snapshot_keep_last=1, **HERE)
    told = statuses(result)
    assert (told[found[30]], told[found[40]]) == ("skipped", "changed")
    assert set(site.ec2.snapshots) == {found[30]}


def test_the_only_snapshot_of_a_volume_that_is_gone_goes_by_default_and_is_told(site, empty_aws, module: Module):
    alone = series(site, [40], "vol-0123456789abcdef0")[40]
    copy = series(site, [40], "vol-ffffffff")[40]
    result = module("ebs_orphan_cleanup", **HERE)
    reasons = {row["resource_id"]: row["reason"] for row in result["findings"]}
    sentence = "It is the only snapshot of vol-0123456789abcdef0, which no longer exists."
    assert reasons[alone].endswith(sentence)
    assert "only snapshot" not in reasons[copy]
    assert set(statuses(result).values()) == {"changed"}
