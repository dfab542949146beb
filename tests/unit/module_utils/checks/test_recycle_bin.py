# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Recycle Bin rules keep what is deleted, and until when: tables of cases, no AWS."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.recycle_bin import (
    kept_days,
    matches,
    recoverable_until,
    rules,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from tests.unit.module_utils.checks.fake import NOW, Lists, finding, refused


def rule(days: int = 7, status: str | None = "available", **tags: list[tuple[str, str | None]]) -> dict[str, Any]:
    """`tags`: ResourceTags or ExcludeResourceTags as (key, value) pairs; a value of None is left out."""
    pairs = {
        name: [{"ResourceTagKey": key, **({} if value is None else {"ResourceTagValue": value})} for key, value in some]
        for name, some in tags.items()
    }
    made = {"RetentionPeriod": {"RetentionPeriodValue": days, "RetentionPeriodUnit": "DAYS"}, **pairs}
    return made if status is None else {**made, "Status": status}


@pytest.mark.parametrize(
    ("made", "tags", "kept"),
    [
        # a rule of the region keeps all but what it excludes
        (rule(), {}, True),
        (rule(), {"Team": "x"}, True),
        (rule(ExcludeResourceTags=[("Team", "x")]), {"Team": "x"}, False),
        (rule(ExcludeResourceTags=[("Team", "x")]), {"Team": "y"}, True),
        (rule(ExcludeResourceTags=[("Team", "x")]), {"team": "x"}, True),
        (rule(ExcludeResourceTags=[("Team", "x")]), {}, True),
        (rule(ExcludeResourceTags=[("Team", "y"), ("Tmp", "1")]), {"Team": "x", "Tmp": "1"}, False),
        (rule(ExcludeResourceTags=[]), {}, True),
        # a rule with tags keeps what has one of its pairs
        (rule(ResourceTags=[("Team", "x")]), {"Team": "x", "Name": "n"}, True),
        (rule(ResourceTags=[("Team", "x"), ("Team", "y")]), {"Team": "y"}, True),
        (rule(ResourceTags=[("Team", "x")]), {"Team": "X"}, False),
        (rule(ResourceTags=[("Team", "x")]), {"team": "x"}, False),
        (rule(ResourceTags=[("Team", "x")]), {"Name": "x"}, False),
        (rule(ResourceTags=[("Team", "x")]), {}, False),
        (rule(ResourceTags=[("Team", "")]), {"Team": ""}, True),
        (rule(ResourceTags=[("Team", None)]), {"Team": ""}, True),
        # better a way back too few than one that isn't there
        (rule(ResourceTags=[("Team", None)]), {"Team": "x"}, False),
        (rule(ResourceTags=[("Team", "")]), {}, False),
        # a rule that isn't in force yet keeps nothing
        (rule(status="pending"), {}, False),
        (rule(status=None), {}, False),
        (rule(status="pending", ResourceTags=[("Team", "x")]), {"Team": "x"}, False),
    ],
)
def test_a_rule_keeps_by_tags(made, tags, kept):
    assert matches(made, tags) is kept
    assert kept_days([made], tags) == (7 if kept else 0)


@pytest.mark.parametrize(
    ("some", "days"),
    [
        ([], 0),
        ([rule(1)], 1),
        ([rule(3), rule(365), rule(30)], 365),
        ([rule(3), rule(365, ResourceTags=[("Team", "y")])], 3),
        ([rule(3), rule(365, status="pending")], 3),
    ],
)
def test_of_several_rules_the_longest_counts(some, days):
    assert kept_days(some, {"Team": "x"}) == days


@pytest.mark.parametrize(
    ("some", "day"), [([], None), ([rule(1)], date(2026, 11, 24)), ([rule(3), rule(365)], date(2027, 11, 23))]
)
def test_the_day_until_which_it_can_come_back(some, day):
    assert recoverable_until(some, finding(), NOW) == day


def test_a_finding_is_kept_by_its_own_tags():
    some = [rule(7, ResourceTags=[("Team", "x")])]
    assert recoverable_until(some, finding(tags={"Team": "x"}), NOW) == date(2026, 11, 30)
    assert recoverable_until(some, finding(tags={"Team": "y"}), NOW) is None


@pytest.mark.parametrize(("resource_type", "kind"), [("ec2:volume", "EBS_VOLUME"), ("ec2:snapshot", "EBS_SNAPSHOT")])
def test_the_rules_of_a_kind_are_read_once_a_region(resource_type, kind):
    whole = {"r1": rule(1), "r2": rule(2)}
    region = Lists(
        list_rules=[{"Identifier": "r1"}, {"Identifier": "r2"}],
        get_rule=lambda Identifier: whole[Identifier],  # noqa: N803
    )
    assert [rules(region, resource_type) for _page in range(3)] == [list(whole.values())] * 3
    assert region.asked[0] == {"operation": "list_rules", "ResourceType": kind}
    assert region.operations() == ["list_rules", "get_rule", "get_rule"]


def test_the_rules_for_volumes_are_not_those_for_snapshots():
    region = Lists(
        list_rules=lambda ResourceType: [{"Identifier": ResourceType}],  # noqa: N803
        get_rule=lambda Identifier: Identifier,  # noqa: N803
    )
    assert (rules(region, "ec2:volume"), rules(region, "ec2:snapshot")) == (["EBS_VOLUME"], ["EBS_SNAPSHOT"])


def test_a_rule_that_was_deleted_meanwhile_keeps_nothing():
    def get_rule(Identifier: str) -> Any:  # noqa: N803
        return refused("GetRule", "ResourceNotFoundException") if Identifier == "r1" else rule(2)

    region = Lists(list_rules=[{"Identifier": "r1"}, {"Identifier": "r2"}], get_rule=get_rule)
    assert rules(region, "ec2:volume") == [rule(2)]


@pytest.mark.parametrize("operation", ["list_rules", "get_rule"])
def test_rules_that_cannot_be_read_are_not_taken_for_none(operation):
    region = Lists(**{"list_rules": [{"Identifier": "r1"}], operation: refused(operation, "AccessDeniedException")})
    for _page in range(2):
        with pytest.raises(CallError, match="AccessDeniedException"):
            rules(region, "ec2:volume")
