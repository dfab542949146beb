# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which images ssm_patch_image_cleanup removes, and all those that it must not.

Image references, locks, launch permissions, the lists of fleets and Spot requests, and the deletion of snapshots with
their image are added beside moto (services/image_references.py, locks.py, images.py, fleets.py, image_making.py).
"""

from __future__ import annotations

from datetime import timezone
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.building.ebs import add_image, add_volume, attach
from tests.emulator.building.instances import PLAIN, add_instance
from tests.emulator.building.launch import add_group, add_launch_configuration, add_launch_template, launch_data
from tests.emulator.building.site import Site
from tests.emulator.services.fast_restore import set_fast_restore
from tests.emulator.services.fleets import add_fleet, add_spot_fleet, add_spot_request
from tests.integration.conftest import Json, Module, changes

REGION = "eu-west-1"
HERE = {"regions": [REGION], "min_age_days": 30}
SIGNED = {
    "sysops:made-by": "sysops.aws.patch_now",
    "sysops:patched-instance": "i-0123456789abcdef0",
    "sysops:patch-image": "before",
}


@pytest.fixture
def site(empty_aws: Emulator) -> Site:
    made: Site = empty_aws.site(REGION)
    return made


def image(site: Site, name: str = "old", age_days: float = 40, tags: dict[str, str] | None = None) -> Any:
    made = add_image(site, name, age_days=age_days)
    for resource_id in (made.id, made.ebs_snapshot.id):
        site.ec2.tags[resource_id].update(SIGNED if tags is None else tags)
    return made


def left_alone(aws: Emulator, module: Module, **options: Any) -> Json:
    """The result of a run that must not deregister anything."""
    images = {key: value for key, value in aws.state().items() if key[2] in ("ec2:image", "ec2:snapshot")}
    result = module("ssm_patch_image_cleanup", **{**HERE, **options})
    assert changes(aws) == {}
    assert {key: value for key, value in aws.state().items() if key in images} == images
    return result


def test_old_images_of_the_document_go_with_their_snapshots_and_a_second_run_finds_nothing(site, empty_aws, module):
    old, other = image(site), image(site, "somebody's", 400, {"Name": "golden"})
    planned = module("ssm_patch_image_cleanup", check=True, diff=True, **HERE)
    assert [(row["resource_id"], row["status"], row["reason"]) for row in planned["findings"]] == [
        (old.id, "planned", "The image was made 40 days ago, before patching i-0123456789abcdef0.")
    ]
    assert planned["changed"] is True
    assert planned["findings"][0]["reversible"] is False
    assert old.id in planned["diff"]["before"]
    assert changes(empty_aws) == {}
    result = module("ssm_patch_image_cleanup", **HERE)
    assert [(row["resource_id"], row["status"]) for row in result["findings"]] == [(old.id, "changed")]
    there = {key[3] for key in empty_aws.state()}
    assert not there & {old.id, old.ebs_snapshot.id}
    assert {other.id, other.ebs_snapshot.id} <= there
    assert module("ssm_patch_image_cleanup", **HERE)["findings"] == []


@pytest.mark.parametrize(
    "tags",
    [{}, {"sysops:made-by": "somebody"}, {"sysops:patched-instance": "i-1"}, {"Name": "sysops.aws.patch_now"}],
)
def test_an_image_without_the_signature_is_not_even_found(site, empty_aws, module, tags):
    unsigned = image(site, age_days=1000, tags=tags)
    result = left_alone(empty_aws, module, only_ids=[unsigned.id])
    assert result["findings"] == []
    assert unsigned.id in result["summary"]["notices"][0]


def test_a_young_image_stays_until_its_day(site, empty_aws, module):
    image(site, age_days=29.9)
    assert left_alone(empty_aws, module)["findings"] == []


def test_an_image_of_another_account_stays(site, empty_aws, module):
    image(site).owner_id = "210987654321"
    assert left_alone(empty_aws, module)["findings"] == []


def used_by_instance(site: Site, made: Any) -> None:
    add_instance(site, PLAIN, "started-from-it", root=False).image_id = made.id


def used_by_template(site: Site, made: Any) -> None:
    add_launch_template(site, "restore", [launch_data(image_id=made.id)])


def used_by_group(site: Site, made: Any) -> None:
    versions = [launch_data(image_id=made.id), *[launch_data() for _number in range(11)]]
    template = add_launch_template(site, "web", versions, default=12)
    add_group(site, "web", template=template, version="1")


def used_by_configuration(site: Site, made: Any) -> None:
    add_launch_configuration(site, "old-web", image_id=made.id)


def used_by_fleet(site: Site, made: Any) -> None:
    versions = [launch_data(image_id=made.id), *[launch_data() for _number in range(11)]]
    template = add_launch_template(site, "render", versions, default=12)
    specification = {"LaunchTemplateName": template.name, "Version": "1"}
    add_fleet(site.ec2, "fleet-1", LaunchTemplateConfigs=[{"LaunchTemplateSpecification": specification}])


def used_by_fleet_override(site: Site, made: Any) -> None:
    add_fleet(site.ec2, "fleet-1", LaunchTemplateConfigs=[{"Overrides": [{"ImageId": made.id}]}])


def used_by_spot_fleet(site: Site, made: Any) -> None:
    add_spot_fleet(site.ec2, "sfr-1", "modifying", LaunchSpecifications=[{"ImageId": made.id}])


def used_by_spot_request(site: Site, made: Any) -> None:
    add_spot_request(site.ec2, "sir-1", "disabled", ImageId=made.id)


def of_beanstalk(site: Site, made: Any) -> None:
    site.ec2.tags[made.id]["elasticbeanstalk:environment-name"] = "shop"


def used_by_parameter(site: Site, made: Any) -> None:
    site.backend("ssm").put_parameter(
        name="/golden", description="", value=made.id, parameter_type="String", allowed_pattern="", keyid="",
        overwrite=False, tags=[], data_type="aws:ec2:image", tier="Standard", policies=None,
    )  # fmt: skip


def shared(site: Site, made: Any) -> None:
    made.launch_permissions.append({"UserId": "210987654321"})


def against_deregistration(site: Site, made: Any) -> None:
    made.deregistration_protection = "enabled-without-cooldown"


def with_locked_snapshot(site: Site, made: Any) -> None:
    from tests.emulator.services.locks import Lock

    made.ebs_snapshot.lock = Lock("governance", site.now.replace(tzinfo=timezone.utc), 30)


def snapshot_in_template(site: Site, made: Any) -> None:
    add_launch_template(site, "data", [launch_data(snapshot_id=made.ebs_snapshot.id)])


def snapshot_restored_to_a_volume(site: Site, made: Any) -> None:
    """As somebody does who needs one file of before the patching."""
    volume = add_volume(site, PLAIN, "restored")
    volume.snapshot_id = made.ebs_snapshot.id
    attach(site, volume, add_instance(site, PLAIN, "reads-it", root=False), "/dev/sdf")


def snapshot_restores_fast(site: Site, made: Any) -> None:
    set_fast_restore(site.ec2, made.ebs_snapshot.id, site.ec2.describe_availability_zones()[0], "enabled")


def snapshot_shared(site: Site, made: Any) -> None:
    made.ebs_snapshot.create_volume_permission_userids.add("210987654321")


def snapshot_kept(site: Site, made: Any) -> None:
    site.ec2.tags[made.ebs_snapshot.id]["Keep"] = "true"


def of_backup(site: Site, made: Any) -> None:
    site.ec2.tags[made.id]["aws:backup:source-resource"] = "i-1"


def kept(site: Site, made: Any) -> None:
    site.ec2.tags[made.id]["keep"] = "TRUE"


@pytest.mark.parametrize(
    ("hold", "words"),
    [
        (used_by_instance, "used by ec2:Instance"),
        (used_by_template, "used by ec2:LaunchTemplate"),
        (used_by_group, "which the Auto Scaling group web uses"),
        (used_by_configuration, "in use by the launch configuration old-web"),
        (used_by_fleet, "in use by the launch template render (version 1), which the EC2 Fleet fleet-1 uses"),
        (used_by_fleet_override, "in use by the EC2 Fleet fleet-1"),
        (used_by_spot_fleet, "in use by the Spot Fleet request sfr-1"),
        (used_by_spot_request, "in use by the Spot Instance request sir-1"),
        (of_beanstalk, "owned by AWS Elastic Beanstalk"),
        (used_by_parameter, "used by ssm:Parameter"),
        (shared, "shared with account 210987654321"),
        (against_deregistration, "protected from deregistration"),
        (with_locked_snapshot, "is locked"),
        (snapshot_in_template, "would go with it: in a block device mapping of the launch template data"),
        (snapshot_restored_to_a_volume, "(in-use) was made from it"),
        (snapshot_restores_fast, "would go with it: Fast Snapshot Restore is enabled"),
        (snapshot_shared, "would go with it: shared with account 210987654321"),
        (snapshot_kept, "would go with it: tag Keep=true"),
        (of_backup, "owned by AWS Backup"),
        (kept, "tag keep=TRUE"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_image_that_is_needed_stays_and_says_for_what(site, empty_aws, module, hold, words):
    made = image(site)
    hold(site, made)
    (row,) = left_alone(empty_aws, module)["findings"]
    assert (row["status"], row["resource_id"]) == ("protected", made.id)
    assert words.casefold() in " ".join(row["protected_by"]).casefold()


@pytest.mark.parametrize(
    "operation",
    [
        *("DescribeImageReferences", "DescribeLaunchTemplateVersions", "DescribeLockedSnapshots"),
        *("DescribeImageAttribute", "DescribeLaunchConfigurations", "DescribeFleets", "DescribeSpotFleetRequests"),
        *("DescribeSpotInstanceRequests", "DescribeVolumes", "DescribeFastSnapshotRestores", "DescribeSnapshots"),
        "DescribeSnapshotAttribute",
    ],
)
def test_what_cannot_be_read_protects(site, empty_aws, module, operation):
    image(site)
    empty_aws.faults.deny(operation=operation)
    (row,) = left_alone(empty_aws, module)["findings"]
    assert row["status"] == "protected"


def test_where_nobody_can_tell_what_uses_an_image_it_stays(site, empty_aws, module, monkeypatch):
    """An endpoint that doesn't know DescribeImageReferences, as EC2 words it."""
    from tests.emulator.services import OPERATIONS
    from tests.emulator.wire import AwsError

    def unknown(_call: Any) -> str:
        raise AwsError("InvalidAction", "The action DescribeImageReferences is not valid for this web service.")

    monkeypatch.setitem(OPERATIONS, ("ec2", "DescribeImageReferences"), unknown)
    used_by_instance(site, image(site))
    (row,) = left_alone(empty_aws, module)["findings"]
    assert row["status"] == "protected"
    assert row["protected_by"] == ["what uses it can't be told: the endpoint doesn't know DescribeImageReferences"]


def test_an_instance_that_was_started_meanwhile_saves_its_image(site, empty_aws, module, monkeypatch):
    from ansible_collections.sysops.aws.plugins.module_utils.sweep import runner

    made, act = image(site), runner.Sweep.act

    def started_meanwhile(sweep: Any) -> None:
        used_by_instance(site, made)
        act(sweep)

    monkeypatch.setattr(runner.Sweep, "act", started_meanwhile)
    (row,) = left_alone(empty_aws, module)["findings"]
    assert row["status"] == "skipped"
    assert "used by ec2:Instance" in row["reason"]


def test_more_than_max_actions_is_refused_as_a_whole(site, empty_aws, module):
    image(site), image(site, "other")
    assert "max_actions" in left_alone(empty_aws, module, max_actions=1)["msg"]


def test_a_negative_age_is_refused_before_any_call(empty_aws, module):
    assert "min_age_days is -1" in left_alone(empty_aws, module, min_age_days=-1)["msg"]
