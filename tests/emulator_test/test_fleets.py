# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets, Spot requests, storage tiers and images in the Recycle Bin, as they are listed. Every test rests on behaviour
added to moto (services/fleets, snapshot_tiers, recycled)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from tests.emulator.services.fleets import add_fleet, add_spot_fleet, add_spot_request
from tests.emulator.services.recycle_bin import IMAGES, add_recycle_bin_rule
from tests.emulator.services.snapshot_tiers import set_tiering

REGION = "eu-west-1"
MAPPINGS = [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-1", "DeleteOnTermination": True}}]


@pytest.fixture
def ec2(account: Any) -> Any:
    return account.client("ec2", REGION)


def test_fleets_and_requests_show_what_they_launch(account: Any, ec2: Any) -> None:
    backend = account.site(REGION).ec2
    specification = {"LaunchTemplateId": "lt-1", "Version": "3"}
    override = {"InstanceType": "c5.large", "ImageId": "ami-1", "BlockDeviceMappings": MAPPINGS}
    configs = [{"LaunchTemplateSpecification": specification, "Overrides": [override]}]
    add_fleet(backend, "fleet-1", "modifying", LaunchTemplateConfigs=configs)
    launch = {"ImageId": "ami-2", "BlockDeviceMappings": MAPPINGS}
    add_spot_fleet(backend, "sfr-1", LaunchSpecifications=[launch], LaunchTemplateConfigs=[])
    add_spot_request(backend, "sir-1", "disabled", **launch)
    (fleet,) = ec2.describe_fleets()["Fleets"]
    assert (fleet["FleetId"], fleet["FleetState"], fleet["Type"]) == ("fleet-1", "modifying", "maintain")
    assert fleet["LaunchTemplateConfigs"] == configs
    (spot_fleet,) = ec2.describe_spot_fleet_requests()["SpotFleetRequestConfigs"]
    assert (spot_fleet["SpotFleetRequestId"], spot_fleet["SpotFleetRequestState"]) == ("sfr-1", "active")
    assert spot_fleet["SpotFleetRequestConfig"]["LaunchSpecifications"] == [launch]
    (request,) = ec2.describe_spot_instance_requests()["SpotInstanceRequests"]
    assert (request["State"], request["LaunchSpecification"]) == ("disabled", launch)


def test_fleets_come_in_pages(account: Any, ec2: Any) -> None:
    for number in range(7):
        add_fleet(account.site(REGION).ec2, f"fleet-{number}")
    pages = list(ec2.get_paginator("describe_fleets").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["Fleets"]) for page in pages] == [5, 2]


def test_a_restored_snapshot_is_in_the_standard_tier_for_some_days(account: Any, ec2: Any) -> None:
    until = datetime(2026, 12, 24, tzinfo=timezone.utc)
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
    snapshot, other = (ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _one in range(2))
    set_tiering(account.site(REGION).ec2.snapshots[snapshot], "temporary-restore-completed", until)
    (row,) = ec2.describe_snapshot_tier_status()["SnapshotTierStatuses"]
    assert (row["SnapshotId"], row["StorageTier"]) == (snapshot, "standard")
    assert (row["LastTieringOperationStatus"], row["RestoreExpiryTime"]) == ("temporary-restore-completed", until)
    shown = {one["SnapshotId"]: one for one in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert shown[snapshot]["RestoreExpiryTime"] == until
    assert "RestoreExpiryTime" not in shown[other]


def test_an_image_goes_into_the_bin_where_a_rule_retains_it(account: Any, ec2: Any, refusal: Any) -> None:
    add_recycle_bin_rule(account.site(REGION), IMAGES, 9, tags={"Team": "a"})
    kept, lost = (
        ec2.register_image(Name=name, RootDeviceName="/dev/sda1", BlockDeviceMappings=[])["ImageId"]
        for name in ("kept", "lost")
    )
    ec2.create_tags(Resources=[kept], Tags=[{"Key": "Team", "Value": "a"}])
    for image in (kept, lost):
        ec2.deregister_image(ImageId=image)
    (row,) = ec2.list_images_in_recycle_bin()["Images"]
    assert (row["ImageId"], row["Name"]) == (kept, "kept")
    assert (row["RecycleBinExitTime"] - row["RecycleBinEnterTime"]).days == 9
    assert refusal(ec2.list_images_in_recycle_bin, ImageIds=[lost]) == "InvalidAMIID.NotFound"
