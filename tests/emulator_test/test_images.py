# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What names or shares an AMI, and fast snapshot restore. Every test rests on behaviour added to moto
(services/image_references, images, fast_restore)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.building.ebs import add_image
from tests.emulator.building.instances import PLAIN, add_instance

ACCOUNT, REGION, OTHER = "123456789012", "eu-west-1", "210987654321"


@pytest.fixture
def ec2(account: Any) -> Any:
    return account.client("ec2", REGION)


def references(ec2: Any, image: str, **options: Any) -> set[tuple[str, str]]:
    options = options or {"IncludeAllResourceTypes": True}
    rows = ec2.describe_image_references(ImageIds=[image], **options)["ImageReferences"]
    assert {r["ImageId"] for r in rows} <= {image}
    return {(r["ResourceType"], r["Arn"].rpartition(":")[2].partition("/")[0]) for r in rows}


def test_instances_templates_and_parameters_name_an_image(account: Any, ec2: Any) -> None:
    site = account.site(REGION)
    image, unused = add_image(site, "golden").id, add_image(site, "old").id
    add_instance(site, PLAIN, "web").image_id = image
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": image})
    ssm = account.client("ssm", REGION)
    ssm.put_parameter(Name="/golden", Value=image, Type="String", DataType="aws:ec2:image")
    everything = {
        ("ec2:Instance", "instance"),
        ("ec2:LaunchTemplate", "launch-template"),
        ("ssm:Parameter", "parameter"),
    }
    assert references(ec2, image) == everything
    assert references(ec2, unused) == set()
    only = {"ResourceTypes": [{"ResourceType": "ssm:Parameter"}]}
    assert references(ec2, image, **only) == {("ssm:Parameter", "parameter")}


def test_options_narrow_the_references(account: Any, ec2: Any) -> None:
    site = account.site(REGION)
    image = add_image(site, "golden").id
    add_instance(site, PLAIN, "web", state="stopped").image_id = image
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData={"ImageId": image})
    for _version in range(10):
        data = {"LaunchTemplateData": {"ImageId": "ami-1"}}
        ec2.create_launch_template_version(LaunchTemplateId=made["LaunchTemplate"]["LaunchTemplateId"], **data)

    def found(kind: str, option: str, value: str) -> bool:
        options = [{"OptionName": option, "OptionValues": [value]}]
        return bool(references(ec2, image, ResourceTypes=[{"ResourceType": kind, "ResourceTypeOptions": options}]))

    assert found("ec2:Instance", "state-name", "stopped")
    assert not found("ec2:Instance", "state-name", "running")
    assert not references(ec2, image, ResourceTypes=[{"ResourceType": "ec2:LaunchTemplate"}])
    assert found("ec2:LaunchTemplate", "version-depth", "11")


def test_reference_requests_that_ec2_refuses(ec2: Any, refusal: Any) -> None:
    ask = ec2.describe_image_references
    images = [f"ami-{n:017}" for n in range(11)]
    assert refusal(ask, ImageIds=images, IncludeAllResourceTypes=True) == "InvalidParameterValue"
    assert refusal(ask, ImageIds=images[:1]) == "MissingParameter"
    assert ask(ImageIds=images[:10], IncludeAllResourceTypes=True)["ImageReferences"] == []


def test_launch_permissions_are_those_that_decide_who_sees_the_image(account: Any, ec2: Any, refusal: Any) -> None:
    image = add_image(account.site(REGION), "golden").id
    other = account.client("ec2", REGION, OTHER)

    def permissions() -> list[dict[str, str]]:
        answer = ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")
        found: list[dict[str, str]] = answer["LaunchPermissions"]
        return found

    assert permissions() == []
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": OTHER}]})
    assert permissions() == [{"UserId": OTHER}]
    assert ec2.describe_images(ExecutableUsers=[OTHER])["Images"][0]["ImageId"] == image
    assert ec2.describe_images(ImageIds=[image])["Images"][0]["Public"] is False
    ec2.modify_image_attribute(ImageId=image, Attribute="launchPermission", OperationType="add", UserGroups=["all"])
    assert ec2.describe_images(ImageIds=[image])["Images"][0]["Public"] is True
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": [{"UserId": OTHER}, {"Group": "all"}]})
    assert permissions() == []
    ask = {"Attribute": "launchPermission"}
    assert refusal(ec2.describe_image_attribute, ImageId="ami-0gone", **ask) == "InvalidAMIID.NotFound"
    assert refusal(other.describe_image_attribute, ImageId=image, **ask) == "InvalidAMIID.NotFound"


def test_fast_snapshot_restore_goes_on_and_off(ec2: Any, refusal: Any) -> None:
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
    snapshots = [ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _one in range(3)]
    both = {"AvailabilityZones": [f"{REGION}a", f"{REGION}b"]}
    made = ec2.enable_fast_snapshot_restores(SourceSnapshotIds=snapshots, **both)["Successful"]
    assert [(len(made), m["State"], m["OwnerId"]) for m in made[:1]] == [(6, "enabling", ACCOUNT)]
    ec2.disable_fast_snapshot_restores(SourceSnapshotIds=snapshots[:1], **both)

    def states(**filters: str) -> list[str]:
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        return [r["State"] for r in ec2.describe_fast_snapshot_restores(Filters=wanted)["FastSnapshotRestores"]]

    assert states(snapshot_id=snapshots[0]) == ["disabled"] * 2
    assert states(state="enabled") == ["enabled"] * 4
    pages = list(ec2.get_paginator("describe_fast_snapshot_restores").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(p["FastSnapshotRestores"]) for p in pages] == [5, 1]
    ec2.delete_snapshot(SnapshotId=snapshots[0])
    assert states(snapshot_id=snapshots[0]) == []
    wrong = {"SourceSnapshotIds": ["snap-0gone"], "AvailabilityZones": [f"{REGION}a"]}
    assert refusal(ec2.enable_fast_snapshot_restores, **wrong) == "InvalidSnapshot.NotFound"


def test_a_registered_image_needs_the_snapshot_that_it_names(account: Any, ec2: Any, refusal: Any) -> None:
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    mapping = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}
    image = ec2.register_image(Name="mine", RootDeviceName="/dev/sda1", BlockDeviceMappings=[mapping])["ImageId"]
    shown = ec2.describe_images(ImageIds=[image])["Images"][0]
    assert shown["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == snapshot
    assert {s["SnapshotId"] for s in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]} == {snapshot}
    assert refusal(ec2.delete_snapshot, SnapshotId=snapshot) == "InvalidSnapshot.InUse"
    gone = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}
    assert refusal(ec2.register_image, Name="none", BlockDeviceMappings=[gone]) == "InvalidSnapshot.NotFound"
