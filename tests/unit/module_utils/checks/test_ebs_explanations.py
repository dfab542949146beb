# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of the AMIs behind snapshots that are protected: who uses them, and who else may. No AWS."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_guards import (
    say_who_shares_images,
    say_who_uses_images,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from tests.unit.module_utils.checks.ebs import policies
from tests.unit.module_utils.checks.fake import SCOPE, Lists, finding, refused

OTHER = "210987654321"


def image(number: int) -> dict[str, Any]:
    mappings = [{"Ebs": {"SnapshotId": f"snap-{number}{letter}"}} for letter in "ab"]
    return {"ImageId": f"ami-{number:02}", "BlockDeviceMappings": mappings}


def used_by(ids: list[str]) -> list[dict[str, Any]]:
    """Each image by its own instance, and the first by two things more."""
    users = [(image_id, "ec2:Instance", SCOPE.arn("ec2", f"instance/i-{image_id[4:]}")) for image_id in ids]
    if "ami-00" in ids:
        users.append(("ami-00", "ssm:Parameter", SCOPE.arn("ssm", "parameter/a:b")))
        users.append(("ami-00", "ec2:LaunchTemplate", SCOPE.arn("ec2", "launch-template/lt-1")))
    return [{"ImageId": image_id, "ResourceType": kind, "Arn": arn} for image_id, kind, arn in users]


def protected(*snapshot_ids: str) -> list[Any]:
    found = [finding(snapshot_id) for snapshot_id in snapshot_ids]
    for one in found:
        one.protect("said before")
        one.in_use = True
    return found


def test_who_uses_an_image_is_said_of_each_of_its_snapshots_and_of_no_other():
    region = Lists(
        describe_images=[image(0), image(1)],
        describe_image_references=lambda ImageIds, **_more: used_by(ImageIds),  # noqa: N803
    )
    found = protected("snap-0a", "snap-0b", "snap-1a", "snap-9")
    say_who_uses_images(region, found)
    first = (
        "AMI ami-00 is used by ec2:Instance instance/i-00, ec2:LaunchTemplate launch-template/lt-1,"
        " ssm:Parameter parameter/a:b"
    )
    second = "AMI ami-01 is used by ec2:Instance instance/i-01"
    assert [one.protected_by[1:] for one in found] == [[first], [first], [second], []]


def test_ten_images_are_asked_about_in_one_call():
    region = Lists(
        describe_images=[image(number) for number in range(21)],
        describe_image_references=lambda ImageIds, **_more: used_by(ImageIds),  # noqa: N803
    )
    found = protected(*[f"snap-{number}{letter}" for number in range(21) for letter in "ab"])
    say_who_uses_images(region, found)
    asked = [request for request in region.asked if request["operation"] == "describe_image_references"]
    assert [len(request["ImageIds"]) for request in asked] == [10, 10, 1]
    assert all(request["IncludeAllResourceTypes"] for request in asked)
    assert all(len(one.protected_by) == 2 for one in found)


def test_with_whom_an_image_is_shared_is_asked_once_an_image_and_said_of_its_snapshots():
    grants = {"ami-00": [{"UserId": OTHER}], "ami-01": [], "ami-02": [{"Group": "all"}]}
    region = Lists(
        describe_images=[image(0), image(1), image(2)],
        describe_image_attribute=lambda ImageId, **_more: {"LaunchPermissions": grants[ImageId]},  # noqa: N803
    )
    found = protected("snap-0a", "snap-1a", "snap-9")
    say_who_shares_images(region, found)
    later = protected("snap-0b", "snap-2b")
    say_who_shares_images(region, later)
    shared = [f"AMI ami-00 is shared with account {OTHER}"]
    assert [one.protected_by[1:] for one in found] == [shared, [], []]
    assert [one.protected_by[1:] for one in later] == [shared, ["AMI ami-02 is shared publicly"]]
    assert region.operations().count("describe_image_attribute") == 3


@pytest.mark.parametrize("explain", [say_who_uses_images, say_who_shares_images])
def test_where_no_image_is_behind_nothing_is_asked_about_images(explain):
    region = Lists(describe_images=[image(2)])
    explain(region, protected("snap-1"))
    assert region.operations() == ["describe_images"]


@pytest.mark.parametrize("explain", [say_who_uses_images, say_who_shares_images])
def test_where_tags_alone_protect_nothing_is_asked_at_all(explain):
    region, found = Lists(describe_images=[image(0)]), protected("snap-0a")
    found[0].in_use = False
    explain(region, found)
    assert region.operations() == []


@pytest.mark.parametrize(
    ("explain", "operation"),
    [(say_who_uses_images, "describe_image_references"), (say_who_shares_images, "describe_image_attribute")],
)
def test_what_may_not_be_asked_about_images_is_for_the_engine_to_leave_unsaid(explain, operation):
    _volumes, snapshots = policies()
    assert explain in snapshots.explanations
    found = protected("snap-0a")
    with pytest.raises(CallError):
        explain(Lists(describe_images=[image(0)], **{operation: refused(operation)}), found)
    assert found[0].protected_by == ["said before"]
