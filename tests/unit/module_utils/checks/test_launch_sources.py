# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instances are launched from, as templates, configurations and Auto Scaling groups name it: no AWS."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.launch_sources import (
    DEFAULT,
    ENDED,
    HOLDERS,
    LATEST,
    LaunchSource,
    group_sources,
    image_guards,
    snapshot_guards,
    template_sources,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from botocore.session import get_session
from tests.unit.module_utils.checks.fake import Lists, refused


def version(template: str, number: int, default: bool = False, **data: Any) -> dict[str, Any]:
    """Its snapshot is named after it."""
    mappings = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": f"snap-{template}-{number}"}}]
    return {
        "LaunchTemplateId": f"lt-{template}",
        "LaunchTemplateName": template,
        "VersionNumber": number,
        "DefaultVersion": default,
        "LaunchTemplateData": {"BlockDeviceMappings": mappings, **data},
    }


class Templates:
    """AWS's DescribeLaunchTemplateVersions over some versions: without a template, `$Latest` and `$Default` of all;
    with one, the versions asked for, and an error for one that isn't there
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeLaunchTemplateVersions.html)."""

    def __init__(self, *versions: dict[str, Any]) -> None:
        self._versions = versions

    def __call__(
        self,
        Versions: list[str],  # noqa: N803
        LaunchTemplateId: str | None = None,  # noqa: N803
        IncludeManagedResources: bool = False,  # noqa: N803
    ) -> Any:
        assert IncludeManagedResources
        if LaunchTemplateId is None:
            ids = {row["LaunchTemplateId"] for row in self._versions}
            return [row for id_ in sorted(ids) for word in Versions for row in self._named(id_, word)]
        if not self._named(LaunchTemplateId, LATEST):
            return refused("DescribeLaunchTemplateVersions", "InvalidLaunchTemplateId.NotFound")
        rows = [self._named(LaunchTemplateId, word) for word in Versions]
        if not all(rows):
            return refused("DescribeLaunchTemplateVersions", "InvalidLaunchTemplateId.VersionNotFound")
        return [row for some in rows for row in some]

    def _named(self, id_: str, word: str) -> list[dict[str, Any]]:
        mine = sorted(
            (row for row in self._versions if row["LaunchTemplateId"] == id_), key=lambda row: row["VersionNumber"]
        )
        if word == LATEST:
            return mine[-1:]
        if word == DEFAULT:
            return [row for row in mine if row["DefaultVersion"]]
        return [row for row in mine if str(row["VersionNumber"]) == word]


VERSIONS = {"operation": "describe_launch_template_versions", "IncludeManagedResources": True}
WEB = Templates(version("web", 1), version("web", 2, default=True), version("web", 10), version("db", 1, default=True))


def uses(template: str, version_: str | None = None) -> dict[str, Any]:
    return {"LaunchTemplateId": f"lt-{template}", **({} if version_ is None else {"Version": version_})}


def group(name: str = "fleet", **source: Any) -> dict[str, Any]:
    return {"AutoScalingGroupName": name, **source}


def mixed(base: dict[str, Any] | None, *overrides: dict[str, Any]) -> dict[str, Any]:
    template = {**({"LaunchTemplateSpecification": base} if base else {}), "Overrides": list(overrides)}
    return {"MixedInstancesPolicy": {"LaunchTemplate": template, "InstancesDistribution": {}}}


def region(*groups: dict[str, Any], versions: Any = WEB, **lists: Any) -> Lists:
    return Lists(describe_auto_scaling_groups=list(groups), describe_launch_template_versions=versions, **lists)


def snapshots(sources: list[LaunchSource]) -> list[str]:
    return sorted(snapshot_id for source in sources for snapshot_id in source.snapshot_ids)


def test_the_default_and_the_latest_version_of_each_template_are_in_use_and_no_other():
    asked = region()
    sources = template_sources(asked)
    assert {key: snapshots([source]) for key, source in sources.items()} == {
        ("lt-web", DEFAULT): ["snap-web-2"],
        ("lt-web", LATEST): ["snap-web-10"],
        ("lt-db", DEFAULT): ["snap-db-1"],
        ("lt-db", LATEST): ["snap-db-1"],
    }
    assert sources["lt-web", LATEST].words == "launch template web (version 10)"
    template_sources(asked)
    assert asked.asked == [{**VERSIONS, "Versions": [LATEST, DEFAULT]}]


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_version_is_the_highest_in_whatever_order_aws_lists_them(order):
    rows = [version("web", 9, default=True), version("web", 10)][::order]
    assert snapshots([template_sources(region(versions=rows))["lt-web", LATEST]]) == ["snap-web-10"]


def test_a_template_may_name_no_device_and_no_snapshot():
    rows = [
        version("a", 1, default=True, BlockDeviceMappings=None),
        {**version("b", 1, default=True), "LaunchTemplateData": {}},
        version("c", 1, BlockDeviceMappings=[{"DeviceName": "x", "NoDevice": ""}, {"Ebs": {"VolumeSize": 8}}]),
    ]
    assert all(source.snapshot_ids == frozenset() for source in template_sources(region(versions=rows)).values())


@pytest.mark.parametrize(
    ("monitoring", "detailed"), [({"Enabled": True}, True), ({"Enabled": False}, False), ({}, False), (None, False)]
)
def test_a_template_has_detailed_monitoring_only_if_it_says_so(monitoring, detailed):
    data = {} if monitoring is None else {"Monitoring": monitoring}
    sources = template_sources(region(versions=[version("web", 1, default=True, **data)]))
    assert sources["lt-web", DEFAULT].detailed_monitoring is detailed


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ({"LaunchTemplate": uses("web", LATEST)}, ["snap-web-10"]),
        ({"LaunchTemplate": uses("web", DEFAULT)}, ["snap-web-2"]),
        # AWS's own default
        ({"LaunchTemplate": uses("web")}, ["snap-web-2"]),
        ({"LaunchTemplate": uses("web", "1")}, ["snap-web-1"]),
        (mixed(uses("web", "1")), ["snap-web-1"]),
        (mixed(uses("web", LATEST), {"InstanceType": "m5.large"}), ["snap-web-10"]),
        (
            mixed(uses("web", "1"), {"LaunchTemplateSpecification": uses("db", LATEST)}, {"InstanceType": "c5.large"}),
            ["snap-db-1", "snap-web-1"],
        ),
        (mixed(None, {"LaunchTemplateSpecification": uses("web", "1")}), ["snap-web-1"]),
        ({"LaunchConfigurationName": "old"}, ["snap-old"]),
        ({"LaunchConfigurationName": "gone"}, []),
        # a template, or a version, that was deleted launches nothing
        ({"LaunchTemplate": uses("gone", LATEST)}, []),
        ({"LaunchTemplate": uses("gone", "1")}, []),
        ({"LaunchTemplate": uses("web", "7")}, []),
        ({}, []),
        ({"MixedInstancesPolicy": {}}, []),
        ({"MixedInstancesPolicy": {"LaunchTemplate": {"Overrides": None}}}, []),
    ],
)
def test_what_an_auto_scaling_group_launches_from(source, used):
    configurations = [
        {"LaunchConfigurationName": name, "BlockDeviceMappings": [{"Ebs": {"SnapshotId": f"snap-{name}"}}]}
        for name in ("old", "unused")
    ]
    sources = group_sources(region(group(**source), group("idle"), describe_launch_configurations=configurations))
    assert {name: snapshots(some) for name, some in sources.items()} == {"fleet": used, "idle": []}


def test_a_version_that_was_deleted_hides_no_other_version():
    """AWS refuses the whole call when one of the versions is gone: taken for nothing, the guard would fail open."""
    groups = [group(f"g{number}", LaunchTemplate=uses("web", str(number))) for number in (1, 7, 8)]
    sources = group_sources(region(*groups))
    assert {name: snapshots(some) for name, some in sources.items()} == {"g1": ["snap-web-1"], "g7": [], "g8": []}


def test_only_pinned_versions_cost_a_call_and_one_a_template():
    asked = region(
        group("g1", LaunchTemplate=uses("web", "1")),
        group("g2", LaunchTemplate=uses("web", "2")),
        group("g3", LaunchTemplate=uses("db", LATEST)),
        group("g4", LaunchTemplate=uses("web", "1")),
    )
    for _guard in range(2):
        sources = group_sources(asked)
    assert snapshots(sources["g4"]) == ["snap-web-1"]
    assert asked.asked == [
        {"operation": "describe_auto_scaling_groups"},
        {**VERSIONS, "Versions": [LATEST, DEFAULT]},
        {**VERSIONS, "LaunchTemplateId": "lt-web", "Versions": ["1", "2"]},
    ]


def test_nothing_is_asked_about_templates_and_configurations_that_no_group_uses():
    asked = region(group())
    group_sources(asked)
    assert asked.operations() == ["describe_auto_scaling_groups"]


@pytest.mark.parametrize(
    ("monitoring", "detailed"),
    [({"Enabled": True}, True), ({"Enabled": False}, False), ({}, True), (None, True)],
)
def test_a_launch_configuration_has_detailed_monitoring_unless_it_says_otherwise(monitoring, detailed):
    row = {"LaunchConfigurationName": "old", **({} if monitoring is None else {"InstanceMonitoring": monitoring})}
    sources = group_sources(region(group(LaunchConfigurationName="old"), describe_launch_configurations=[row]))
    (source,) = sources["fleet"]
    assert (source.words, source.detailed_monitoring) == ("launch configuration old", detailed)


@pytest.mark.parametrize(
    ("operation", "source"),
    [
        ("describe_auto_scaling_groups", {}),
        ("describe_launch_template_versions", {"LaunchTemplate": uses("web", LATEST)}),
        ("describe_launch_configurations", {"LaunchConfigurationName": "old"}),
    ],
)
def test_what_cannot_be_read_is_not_taken_for_nothing(operation, source):
    asked = region(group(**source))
    asked.answers[operation] = refused(operation)
    with pytest.raises(CallError):
        group_sources(asked)


def test_a_pinned_version_that_cannot_be_read_is_not_taken_for_nothing():
    def denied(**parameters: Any) -> Any:
        return refused("DescribeLaunchTemplateVersions") if "LaunchTemplateId" in parameters else WEB(**parameters)

    with pytest.raises(CallError):
        group_sources(region(group(LaunchTemplate=uses("web", "1")), versions=denied))


def holder(name: str) -> Any:
    return next(one for one in HOLDERS if one.name == f"the list of {name}")


def held(asked: Lists, name: str) -> dict[str, str]:
    """What one holder says of snapshots."""
    return {id_: source.words for source in holder(name).load(asked) for id_ in source.snapshot_ids}


def fleet(state: str = "active", *configs: dict[str, Any]) -> dict[str, Any]:
    return {"FleetId": "fleet-1", "FleetState": state, "LaunchTemplateConfigs": list(configs)}


def spot_fleet(state: str = "active", **config: Any) -> dict[str, Any]:
    return {"SpotFleetRequestId": "sfr-1", "SpotFleetRequestState": state, "SpotFleetRequestConfig": config}


def template_of(**specification: str) -> dict[str, Any]:
    return {"LaunchTemplateSpecification": specification}


@pytest.mark.parametrize(
    ("specification", "used"),
    [
        ({"LaunchTemplateId": "lt-web", "Version": "1"}, ["snap-web-1"]),
        # fleets take the name too
        ({"LaunchTemplateName": "web", "Version": "1"}, ["snap-web-1"]),
        ({"LaunchTemplateName": "web", "Version": LATEST}, ["snap-web-10"]),
        ({"LaunchTemplateName": "gone", "Version": "1"}, []),
        ({"LaunchTemplateId": "lt-web", "Version": "7"}, []),
        ({}, []),
    ],
)
def test_a_version_that_a_fleet_pins_is_held_by_it(specification, used):
    config = template_of(**specification)
    asked = region(describe_fleets=[fleet("active", config)])
    assert sorted(held(asked, "EC2 Fleets")) == used
    asked = region(describe_spot_fleet_requests=[spot_fleet(LaunchTemplateConfigs=[config])])
    found = held(asked, "Spot Fleet requests")
    assert sorted(found) == used
    assert all(words.endswith(", which the Spot Fleet request sfr-1 uses") for words in found.values())


def test_what_overrides_a_template_holds_its_own_snapshots_and_ami():
    override = {"ImageId": "ami-2", "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-o"}}]}
    config = {
        **template_of(LaunchTemplateId="lt-web", Version="1"),
        "Overrides": [override, {"InstanceType": "m5.large"}],
    }
    sources = list(holder("EC2 Fleets").load(region(describe_fleets=[fleet("active", config)])))
    assert {id_ for one in sources for id_ in one.snapshot_ids} == {"snap-web-1", "snap-o"}
    assert {one.image_id for one in sources} == {"", "ami-2"}


def test_an_override_of_a_group_may_name_its_own_ami():
    """https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateOverrides.html"""
    group = {
        "AutoScalingGroupName": "shop",
        **mixed(uses("web", "1"), {"InstanceType": "m7g.large", "ImageId": "ami-arm"}, {"InstanceType": "m5.large"}),
    }
    (guard,) = [one for one in image_guards() if one.name == "the list of Auto Scaling groups"]
    facts = guard.load(region(group))
    assert facts["ami-arm"] == "in use by the override, which the Auto Scaling group shop uses"


def enum(shape: str) -> list[str]:
    return list(get_session().get_service_model("ec2").shape_for(shape).enum)


#: what each state means, so that a newer botocore with another one fails the test below
LAUNCHES = {
    "FleetStateCode": {"submitted", "active", "modifying"},
    "BatchState": {"submitted", "active", "modifying"},
    # a persistent request is `disabled` while its instance is stopped
    "SpotInstanceState": {"open", "active", "disabled"},
}


@pytest.mark.parametrize("shape", LAUNCHES)
def test_every_state_of_a_fleet_or_request_is_classified(shape):
    assert set(enum(shape)) - ENDED == LAUNCHES[shape]


@pytest.mark.parametrize("state", [*enum("FleetStateCode"), "something-newer"])
def test_a_fleet_holds_what_it_may_launch(state):
    mappings = {"BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}]}
    ended = state.startswith("deleted") or state == "failed"
    asked = region(
        describe_fleets=[fleet(state, {"Overrides": [mappings]})],
        describe_spot_fleet_requests=[
            spot_fleet(state.replace("deleted", "cancelled"), LaunchSpecifications=[mappings])
        ],
    )
    assert list(held(asked, "EC2 Fleets")) == ([] if ended else ["snap-1"])
    assert list(held(asked, "Spot Fleet requests")) == ([] if ended else ["snap-1"])


def test_nothing_is_asked_about_templates_that_no_fleet_names():
    asked = region(describe_fleets=[], describe_spot_fleet_requests=[spot_fleet(LaunchSpecifications=[])])
    held(asked, "EC2 Fleets"), held(asked, "Spot Fleet requests")
    assert asked.operations() == ["describe_fleets", "describe_spot_fleet_requests"]


@pytest.mark.parametrize("code", ["ParamValidationError", "UnknownParameter"])
def test_who_does_not_know_hidden_resources_is_asked_without_them(code):
    """An older botocore, or an endpoint: then no account can have hidden what AWS services manage."""

    def versions(**asked: Any) -> Any:
        if "IncludeManagedResources" in asked:
            return refused("DescribeLaunchTemplateVersions", code)
        return [version("web", 1, default=True)]

    assert snapshots([template_sources(region(versions=versions))["lt-web", DEFAULT]]) == ["snap-web-1"]


def test_snapshots_and_images_go_through_the_same_list():
    only_snapshots = {"the list of own AMIs", "the list of volumes"}
    assert [guard.name for guard in snapshot_guards()] == [one.name for one in HOLDERS]
    assert [guard.name for guard in image_guards()] == [one.name for one in HOLDERS if one.name not in only_snapshots]
    assert all(guard.means_use for guard in [*snapshot_guards(), *image_guards()])
