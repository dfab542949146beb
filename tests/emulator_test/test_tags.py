# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 tags. Every test rests on behaviour added to moto (services/tags)."""

from __future__ import annotations

import time
from typing import Any

import pytest

REGION = "eu-west-1"


@pytest.fixture
def ec2(account: Any) -> Any:
    return account.client("ec2", REGION)


def blank(ec2: Any) -> str:
    return str(ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"])


def tags_of(ec2: Any, volume: str) -> dict[str, str]:
    shown = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
    return {t["Key"]: t["Value"] for t in shown.get("Tags", [])}


def pairs(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_tags_are_set_overwritten_and_removed_by_key_or_value(ec2: Any) -> None:
    volume = blank(ec2)
    ec2.create_tags(Resources=[volume], Tags=pairs(a="1", b="2", c="", d="4"))
    ec2.create_tags(Resources=[volume], Tags=pairs(a="one"))
    ec2.delete_tags(Resources=[volume], Tags=pairs(a="1", b="2", d=""))
    assert tags_of(ec2, volume) == {"a": "one", "c": "", "d": "4"}
    ec2.delete_tags(Resources=[volume], Tags=[{"Key": "a"}, {"Key": "c", "Value": ""}, {"Key": "none"}])
    assert tags_of(ec2, volume) == {"d": "4"}


def test_without_tags_all_but_awss_own_go(account: Any, ec2: Any) -> None:
    volume = blank(ec2)
    account.site(REGION).ec2.tags[volume].update({"aws:backup:x": "1", "Team": "a"})
    ec2.delete_tags(Resources=[volume])
    assert tags_of(ec2, volume) == {"aws:backup:x": "1"}


def test_one_unknown_resource_refuses_the_whole_request(ec2: Any, refusal: Any) -> None:
    volume = blank(ec2)
    ec2.create_tags(Resources=[volume], Tags=pairs(a="1"))
    unknown = {
        "vol-00000000000000000": "InvalidVolume.NotFound",
        "snap-00000000000000000": "InvalidSnapshot.NotFound",
        "i-00000000000000000": "InvalidInstanceID.NotFound",
        "ami-00000000000000000": "InvalidAMIID.NotFound",
    }
    for gone, code in unknown.items():
        assert refusal(ec2.create_tags, Resources=[volume, gone], Tags=pairs(a="2")) == code
        assert refusal(ec2.delete_tags, Resources=[volume, gone], Tags=[{"Key": "a"}]) == code
    assert tags_of(ec2, volume) == {"a": "1"}


def test_reserved_keys_and_limits(account: Any, ec2: Any, refusal: Any) -> None:
    volume = blank(ec2)
    account.site(REGION).ec2.tags[volume]["aws:x"] = "does not count"
    for key in ("aws:backup", "AWS:Backup", ""):
        assert (
            refusal(ec2.create_tags, Resources=[volume], Tags=[{"Key": key, "Value": "1"}]) == "InvalidParameterValue"
        )
    assert refusal(ec2.delete_tags, Resources=[volume], Tags=[{"Key": "aws:x"}]) == "InvalidParameterValue"
    ec2.create_tags(Resources=[volume], Tags=pairs(**{f"k{n}": "" for n in range(50)}))
    ec2.create_tags(Resources=[volume], Tags=pairs(k1="again"))
    assert refusal(ec2.create_tags, Resources=[volume], Tags=pairs(more="1")) == "TagLimitExceeded"
    assert refusal(ec2.create_tags, Resources=[volume] * 1001, Tags=pairs(k1="1")) == "ResourceCountExceeded"


def test_a_thousand_resources_at_once_are_fast(emulator: Any) -> None:
    emulator.reset("orphans-17000")
    ec2 = emulator.client("ec2", REGION)
    ids = [r["resource_id"] for r in emulator.manifest if r["region"] == REGION]
    ec2.describe_volumes(MaxResults=5)
    started = time.monotonic()
    ec2.create_tags(Resources=ids, Tags=pairs(mark="2026-01-31"))
    ec2.delete_tags(Resources=ids[:500], Tags=pairs(mark="2026-01-31"))
    took = time.monotonic() - started
    assert sum("mark" in v["tags"] for v in emulator.state().values()) == 500
    assert took < 1.0
