# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run must not act on, although lists, tags or metrics seem to allow it. The emulated account had to be taught
deletion protection, an index without log groups, alarms on PromQL queries and the metrics of volumes beside moto."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_orphan_cleanup import OrphanVolumes
from tests.emulator import Emulator
from tests.emulator.building.ebs import MARK, add_volume, add_volume_metric, mark
from tests.emulator.building.instances import add_instance, add_promql_alarm
from tests.emulator.building.logs import add_log_group, hide_from_tagging
from tests.emulator.building.site import ignored
from tests.integration.conftest import Json, Module

REGION = "eu-west-1"
HERE = {"regions": [REGION]}
ANY = ignored("a case of its own")


def by_name(result: Json) -> dict[str, Json]:
    assert not result.get("failed"), result.get("msg")
    return {row["name"] or row["resource_id"]: row for row in result["findings"]}


def statuses(result: Json) -> dict[str, str]:
    return {name: row["status"] for name, row in by_name(result).items()}


def retention(emulator: Emulator, name: str) -> int | None:
    backend = emulator.site(REGION).backend("logs")
    days: int | None = backend.groups[name].retention_in_days
    return days


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"Keep": "1"}, "tag Keep=1"),
        ({"Keep": "yes"}, "tag Keep=yes"),
        ({"Keep": ""}, "tag Keep="),
        ({"Keep": "legal hold"}, "tag Keep=legal hold, which is nearly Keep=true of exclude_tags: correct the tag"),
        ({"keeps": "true"}, "tag keeps=true, which is nearly Keep=true of exclude_tags: correct the tag"),
    ],
)
def test_a_volume_with_nearly_the_tag_that_protects_is_kept_and_says_so(empty_aws, module: Module, tags, words):
    site = empty_aws.site(REGION)
    add_volume(site, ANY, "kept", tags=tags)
    add_volume(site, ANY, "waste", tags={"Keep": "no"})
    found = by_name(module("ebs_orphan_cleanup", resources=["volumes"], **HERE))
    assert (found["waste"]["status"], found["kept"]["status"]) == ("changed", "protected")
    assert found["kept"]["protected_by"][0].startswith(words)


def test_deletion_protection_protects_the_events_of_a_log_group(empty_aws, module: Module):
    site = empty_aws.site(REGION)
    add_log_group(site, ANY, "/held").deletion_protection = True
    add_log_group(site, ANY, "/free")
    options: Json = {"retention_in_days": 3, **HERE}
    assert statuses(module("log_group_retention", **options)) == {"/held": "protected", "/free": "changed"}
    assert retention(empty_aws, "/held") is None
    asked = module("log_group_retention", include_deletion_protected=True, **options)
    assert statuses(asked) == {"/held": "changed"}


@pytest.mark.parametrize("denied", [False, True])
def test_log_groups_that_the_tagging_api_does_not_list_are_asked_for_their_tags(empty_aws, module: Module, denied):
    site = empty_aws.site(REGION)
    add_log_group(site, ANY, "/kept", tags={"Keep": "true"})
    add_log_group(site, ANY, "/stack", tags={"aws:cloudformation:stack-name": "x"})
    add_log_group(site, ANY, "/free", tags={"Team": "x"})
    add_log_group(site, ANY, "/kept-short", 1)
    hide_from_tagging(site)
    if denied:
        empty_aws.faults.deny(operation="ListTagsForResource")
    result = module("log_group_retention", retention_in_days=3, **HERE)
    free = "protected" if denied else "changed"
    assert statuses(result) == {"/kept": "protected", "/stack": "protected", "/free": free}
    assert {error["operation"] for error in result["region_errors"]} == ({"ListTagsForResource"} if denied else set())
    assert by_name(result)["/free"]["tags"] == ({} if denied else {"Team": "x"})
    assert retention(empty_aws, "/kept") is None


def test_no_log_group_is_asked_where_the_tagging_api_lists_some(empty_aws, module: Module):
    site = empty_aws.site(REGION)
    add_log_group(site, ANY, "/free")
    add_log_group(site, ANY, "/tagged", tags={"Team": "x"})
    assert statuses(module("log_group_retention", retention_in_days=3, **HERE)) == dict.fromkeys(
        ("/free", "/tagged"), "changed"
    )
    assert not [key for key in empty_aws.calls if key[3] == "ListTagsForResource"]


def test_an_alarm_on_a_promql_query_protects_the_instances_of_its_region(empty_aws, module: Module):
    site, other = empty_aws.site(REGION), empty_aws.site("eu-west-2")
    add_instance(site, ANY, "watched")
    add_instance(other, ANY, "free")
    add_promql_alarm(site, "cpu", 'avg({"CPUUtilization", "@resource.cloud.provider"="aws"}) > 80')
    found = by_name(module("ec2_monitoring", regions=[REGION, "eu-west-2"]))
    assert (found["watched"]["status"], found["free"]["status"]) == ("protected", "changed")
    assert found["watched"]["protected_by"] == [
        "alarm cpu may need detailed monitoring: which metrics it reads cannot be told"
    ]


def day(days_ago: int) -> str:
    return (datetime.now(timezone.utc) - timedelta(days=days_ago)).date().isoformat()


VOLUMES: Json = {"resources": ["volumes"], **HERE}


def test_a_volume_that_was_attached_since_it_was_marked_loses_its_mark_and_stays(empty_aws, module: Module):
    site = empty_aws.site(REGION)
    used, idle = add_volume(site, ANY, "used", (700, 0)), add_volume(site, ANY, "idle", (700, 0))
    mark(site, used.id, day(20)), mark(site, idle.id, day(20))
    for days in (1, 2, 30):
        add_volume_metric(site, used, days, "VolumeReadOps", 42.0)
    add_volume_metric(site, idle, 25)
    report = by_name(module("ebs_orphan_cleanup", check=True, grace_days=14, **VOLUMES))
    assert (report["used"]["action"], report["used"]["status"]) == ("unmark", "planned")
    assert f"attached on {day(1)}, as its AWS/EBS metrics show" in report["used"]["reason"]
    done = module("ebs_orphan_cleanup", grace_days=14, **VOLUMES)
    assert statuses(done) == {"used": "changed", "idle": "changed"}
    assert set(site.ec2.volumes) == {used.id}
    assert MARK not in site.ec2.tags[used.id]
    # it may be marked anew once it has been idle for volume_min_age_days, and not before
    assert statuses(module("ebs_orphan_cleanup", grace_days=14, **VOLUMES)) == {"used": "protected"}


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_volume_that_was_detached_lately_stays(empty_aws, module: Module, value):
    site = empty_aws.site(REGION)
    detached = add_volume(site, ANY, "detached", (700, 0))
    add_volume_metric(site, detached, 0.001, value=value)
    add_volume_metric(site, add_volume(site, ANY, "idle", (700, 0)), 11)
    assert statuses(module("ebs_orphan_cleanup", **VOLUMES)) == {"detached": "protected", "idle": "changed"}
    assert set(site.ec2.volumes) == {detached.id}


@pytest.mark.parametrize("fault", ["deny", "server_error"])
def test_no_answer_of_cloudwatch_protects_volumes(empty_aws, module: Module, fault):
    site = empty_aws.site(REGION)
    add_volume(site, ANY, "data")
    marked = add_volume(site, ANY, "marked")
    mark(site, marked.id, day(20))
    getattr(empty_aws.faults, fault)(operation="GetMetricData")
    result = module("ebs_orphan_cleanup", grace_days=14, **VOLUMES)
    assert statuses(result) == {"data": "protected", "marked": "protected"}
    assert {error["operation"] for error in result["region_errors"]} == {"GetMetricData"}
    assert by_name(result)["data"]["protected_by"][0].startswith("the metrics of volumes could not be read (GetMetri")
    assert site.ec2.tags[marked.id][MARK] == day(20)


def test_a_volume_that_is_used_between_plan_and_deletion_stays(empty_aws, module: Module, monkeypatch):
    """Attached and detached again after the plan: the metrics are asked for once more before the deletion."""
    site = empty_aws.site(REGION)
    volume = add_volume(site, ANY, "data", (700, 0))
    read_again = OrphanVolumes.current

    def used_meanwhile(policy: OrphanVolumes, *arguments: Any) -> Any:
        add_volume_metric(site, volume, 0.001)
        return read_again(policy, *arguments)

    monkeypatch.setattr(OrphanVolumes, "current", used_meanwhile)
    found = by_name(module("ebs_orphan_cleanup", **VOLUMES))["data"]
    assert found["status"] == "skipped"
    assert f"it is protected now: attached on {day(0)}, as its AWS/EBS metrics show" in found["reason"]
    assert set(site.ec2.volumes) == {volume.id}
