# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launch templates, launch configurations and Auto Scaling groups. Every test rests on behaviour added to moto
(services/launch_templates, autoscaling_groups)."""

from __future__ import annotations

from typing import Any

import pytest

REGION = "eu-west-1"
IMAGE = "ami-0123456789abcdef0"


@pytest.fixture
def ec2(account: Any) -> Any:
    return account.client("ec2", REGION)


@pytest.fixture
def scaling(account: Any) -> Any:
    return account.client("autoscaling", REGION)


def template(ec2: Any, name: str, *versions: dict[str, Any]) -> str:
    made = ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=versions[0])["LaunchTemplate"]
    for data in versions[1:]:
        ec2.create_launch_template_version(LaunchTemplateName=name, LaunchTemplateData=data)
    return str(made["LaunchTemplateId"])


def numbers(ec2: Any, **which: Any) -> list[tuple[str, int]]:
    answer = ec2.describe_launch_template_versions(**which)["LaunchTemplateVersions"]
    return sorted((v["LaunchTemplateName"], v["VersionNumber"]) for v in answer)


def device(snapshot: str) -> dict[str, Any]:
    return {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": snapshot, "DeleteOnTermination": True}}


def test_versions_show_their_data(ec2: Any) -> None:
    data = {
        "ImageId": IMAGE,
        "InstanceType": "t3.medium",
        "Monitoring": {"Enabled": True},
        "BlockDeviceMappings": [device("snap-1")],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
        "SecurityGroupIds": ["sg-1"],
        "IamInstanceProfile": {"Name": "web"},
        "UserData": "IyEvYmluL3No",
        "NetworkInterfaces": [{"DeviceIndex": 0, "Groups": ["sg-1"], "AssociatePublicIpAddress": False}],
    }
    made = template(ec2, "web", data)
    shown = ec2.describe_launch_template_versions(LaunchTemplateId=made)["LaunchTemplateVersions"][0]
    assert shown["LaunchTemplateData"] == data
    assert (shown["VersionNumber"], shown["DefaultVersion"]) == (1, True)


def test_versions_of_one_template(ec2: Any, refusal: Any) -> None:
    made = template(ec2, "web", *({"ImageId": f"ami-{n}"} for n in range(1, 5)))
    ec2.modify_launch_template(LaunchTemplateId=made, DefaultVersion="2")

    def some(*versions: str) -> list[int]:
        return [number for _name, number in numbers(ec2, LaunchTemplateId=made, Versions=list(versions))]

    assert some() == [1, 2, 3, 4]
    assert some("$Latest", "$Default") == [2, 4]
    assert some("3", "$Latest") == [3, 4]
    assert [n for _name, n in numbers(ec2, LaunchTemplateName="web", MinVersion="2", MaxVersion="3")] == [2, 3]
    ask = ec2.describe_launch_template_versions
    assert refusal(ask, LaunchTemplateId=made, Versions=["9"]) == "InvalidLaunchTemplateId.VersionNotFound"
    assert refusal(ask, LaunchTemplateId="lt-0gone") == "InvalidLaunchTemplateId.NotFound"
    assert refusal(ask, LaunchTemplateName="gone") == "InvalidLaunchTemplateName.NotFoundException"


def test_default_and_latest_versions_of_all_templates_come_in_pages(ec2: Any, refusal: Any) -> None:
    for n in range(20):
        made = template(ec2, f"t-{n:02}", {"ImageId": "ami-1"}, {"ImageId": "ami-2"}, {"ImageId": "ami-3"})
        ec2.modify_launch_template(LaunchTemplateId=made, DefaultVersion="2")
    everything = numbers(ec2, Versions=["$Latest", "$Default"])
    assert everything == sorted((f"t-{n:02}", version) for n in range(20) for version in (2, 3))
    assert {number for _name, number in numbers(ec2, Versions=["$Default"])} == {2}
    pages = list(
        ec2.get_paginator("describe_launch_template_versions").paginate(
            Versions=["$Latest", "$Default"], PaginationConfig={"PageSize": 15}
        )
    )
    assert [len(p["LaunchTemplateVersions"]) for p in pages] == [15, 15, 10]
    assert len(ec2.describe_launch_templates()["LaunchTemplates"]) == 20
    ask = ec2.describe_launch_template_versions
    assert refusal(ask, Versions=["1"]) == "InvalidParameterValue"
    assert refusal(ask) == "MissingParameter"
    assert refusal(ask, Versions=["$Latest"], MaxResults=201) == "InvalidParameterValue"


def create_group(scaling: Any, name: str, **launched_from: Any) -> None:
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, MaxSize=1, AvailabilityZones=[f"{REGION}a"], **launched_from
    )


def test_groups_show_what_they_launch_from(ec2: Any, scaling: Any) -> None:
    made = template(ec2, "web", {"ImageId": IMAGE}, {"ImageId": IMAGE})
    scaling.create_launch_configuration(LaunchConfigurationName="lc", ImageId=IMAGE, InstanceType="t3.micro")
    specification = {"LaunchTemplateId": made, "Version": "$Latest"}
    override = {"InstanceType": "t3.large", "LaunchTemplateSpecification": {"LaunchTemplateId": made, "Version": "1"}}
    mixed = {"LaunchTemplate": {"LaunchTemplateSpecification": specification, "Overrides": [override]}}
    create_group(scaling, "by-configuration", LaunchConfigurationName="lc")
    create_group(scaling, "by-template", LaunchTemplate=specification)
    create_group(scaling, "by-policy", MixedInstancesPolicy=mixed)
    groups = {g["AutoScalingGroupName"]: g for g in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]}
    ways = ("LaunchConfigurationName", "LaunchTemplate", "MixedInstancesPolicy")
    shown = {name: [way for way in ways if way in group] for name, group in groups.items()}
    assert shown == {
        f"by-{word}": [way] for word, way in zip(("configuration", "template", "policy"), ways, strict=True)
    }
    named = specification | {"LaunchTemplateName": "web"}
    assert groups["by-template"]["LaunchTemplate"] == named
    policy = groups["by-policy"]["MixedInstancesPolicy"]["LaunchTemplate"]
    assert policy == {"LaunchTemplateSpecification": named, "Overrides": [override]}


def test_groups_and_launch_configurations_come_in_pages(scaling: Any, refusal: Any) -> None:
    for n in range(7):
        scaling.create_launch_configuration(LaunchConfigurationName=f"lc-{n}", ImageId=IMAGE, InstanceType="t3.micro")
        create_group(scaling, f"group-{n}", LaunchConfigurationName=f"lc-{n}")
    for operation, key in (
        ("describe_auto_scaling_groups", "AutoScalingGroups"),
        ("describe_launch_configurations", "LaunchConfigurations"),
    ):
        pages = list(scaling.get_paginator(operation).paginate(PaginationConfig={"PageSize": 3}))
        assert [len(p[key]) for p in pages] == [3, 3, 1]
        assert refusal(getattr(scaling, operation), MaxRecords=101) == "ValidationError"
        assert len(getattr(scaling, operation)(MaxRecords=100)[key]) == 7
    named = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["group-3", "gone"])["AutoScalingGroups"]
    assert [g["AutoScalingGroupName"] for g in named] == ["group-3"]


def test_launch_configurations_have_detailed_monitoring_unless_told_otherwise(scaling: Any, refusal: Any) -> None:
    plain = {"ImageId": IMAGE, "InstanceType": "t3.micro"}
    scaling.create_launch_configuration(LaunchConfigurationName="default", **plain)
    scaling.create_launch_configuration(
        LaunchConfigurationName="off",
        InstanceMonitoring={"Enabled": False},
        BlockDeviceMappings=[device("snap-1"), {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}],
        **plain,
    )
    answer = scaling.describe_launch_configurations()["LaunchConfigurations"]
    found = {c["LaunchConfigurationName"]: c for c in answer}
    assert {n: c["InstanceMonitoring"]["Enabled"] for n, c in found.items()} == {"default": True, "off": False}
    assert found["off"]["BlockDeviceMappings"][0] == device("snap-1")
    assert refusal(scaling.create_launch_configuration, LaunchConfigurationName="off", **plain) == "AlreadyExists"


def test_members_in_the_demo_know_their_version(demo: Any) -> None:
    ec2, scaling = demo.client("ec2", REGION), demo.client("autoscaling", REGION)
    groups = {g["AutoScalingGroupName"]: g for g in scaling.describe_auto_scaling_groups()["AutoScalingGroups"]}
    versions = {
        name: group["Instances"][0]["LaunchTemplate"]["Version"]
        for name, group in groups.items()
        if group["Instances"] and "LaunchTemplate" in group
    }
    assert versions == {"stream": "2", "stream-blue": "1", "stream-green": "3"}
    assert groups["stream-blue"]["LaunchTemplate"]["Version"] == "$Default"
    member = groups["stream"]["Instances"][0]["InstanceId"]
    instance = ec2.describe_instances(InstanceIds=[member])["Reservations"][0]["Instances"][0]
    tags = {t["Key"]: t["Value"] for t in instance["Tags"]}
    assert tags["aws:ec2launchtemplate:id"] == groups["stream"]["LaunchTemplate"]["LaunchTemplateId"]
    assert tags["aws:ec2launchtemplate:version"] == "2"
