# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much may be done, and which of it was asked for."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import LimitExceededError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding, Summary
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

HOME = "123456789012"


def finding(resource_id: str = "vol-1", account: str = HOME, region: str = "eu-west-1", **changes: Any) -> Finding:
    scope = Scope(account, region)
    arn = scope.arn("ec2", f"volume/{resource_id}")
    check = changes.pop("check", "ebs_orphan_cleanup")
    return Finding(check, "ec2:volume", resource_id, arn, scope, "", "It is old.", "unattached", "delete", **changes)


def summary(planned: int, examined: int) -> Summary:
    made = Summary(examined=examined)
    made.counts["planned"] = planned
    return made


@pytest.mark.parametrize(
    ("max_actions", "percent", "checks", "refused"),
    [
        (10, 100, [(10, 10)], None),
        (10, 100, [(11, 11)], "holds 11 actions and max_actions is 10"),
        (0, 100, [(0, 50)], None),
        (0, 100, [(1, 50)], "holds 1 actions and max_actions is 0"),
        # over all checks together
        (10, 100, [(6, 9), (5, 9)], "holds 11 actions"),
        (10, 100, [(6, 9), (4, 9)], None),
        (99, 50, [(5, 10)], None),
        (99, 50, [(6, 10)], "check0 would act on 6 of the 10 resources"),
        # each check by itself: 1 of 100 elsewhere does not make room
        (99, 50, [(1, 100), (2, 3)], "check1 would act on 2 of the 3 resources"),
        (99, 0, [(1, 1000)], "max_actions_percent is 0"),
        (99, 0, [(0, 0)], None),
        (99, 33, [(1, 3)], "max_actions_percent is 33"),
        (99, 34, [(1, 3)], None),
    ],
)
def test_a_plan_over_either_limit_is_refused(max_actions, percent, checks, refused):
    summaries = {f"check{number}": summary(*counts) for number, counts in enumerate(checks)}
    limit = Limit(max_actions, percent)
    if refused is None:
        limit.refuse(summaries)
        return
    with pytest.raises(LimitExceededError, match=f"{refused}.*nothing was changed"):
        limit.refuse(summaries)


def test_a_limit_knows_while_it_counts_when_it_is_exceeded():
    limit = Limit(3, 100)
    assert [limit.count(2), limit.exceeded, limit.count(1), limit.count(1), limit.exceeded] == [
        *(False, False, False),
        *(True, True),
    ]


@pytest.mark.parametrize(
    ("only_ids", "status"),
    [
        ([], "planned"),
        (["vol-1"], "planned"),
        (["vol-0", "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"], "planned"),
        # as DescribeLogGroups writes ARNs
        (["arn:aws:ec2:eu-west-1:123456789012:volume/vol-1:*"], "planned"),
        (["vol-2"], "skipped"),
        (["vol-"], "skipped"),
        (["arn:aws:ec2:us-east-1:123456789012:volume/vol-1"], "skipped"),
    ],
)
def test_only_ids_are_ids_or_arns(only_ids, status):
    found = finding()
    Selection(only_ids).apply(found)
    assert found.status == status
    assert ("only_ids" in found.reason) is (status == "skipped")


def test_a_selection_leaves_a_protected_finding_as_it_is():
    found = finding()
    found.protect("tag Keep=true")
    Selection(["vol-2"]).apply(found)
    assert (found.status, found.reason) == ("protected", "It is old.")


@pytest.mark.parametrize(
    ("only_ids", "statuses", "unmet"),
    [
        ([], ["planned"], []),
        (["vol-1"], ["planned"], []),
        # it was found, if not for the asking
        (["vol-1"], ["protected"], []),
        (["vol-2", "vol-1", "vol-3"], ["planned"], ["vol-2", "vol-3"]),
        (["vol-1"], [], ["vol-1"]),
        (["arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"], ["skipped"], []),
    ],
)
def test_ids_that_no_finding_answers_to_are_told(only_ids, statuses, unmet):
    selection = Selection(only_ids)
    for status in statuses:
        selection.apply(finding(status=status))
    assert selection.unmet_ids() == unmet
    assert selection.unmet_lines() == []
