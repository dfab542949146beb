# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks that only report begin with how many resources need attention."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import REPORT_ONLY, Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.job import Job
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Policy, Verdict
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from ansible_collections.sysops.aws.plugins.module_utils.sweep.verdicts import verdicts_of

from .fake import FakeRegion


class Kettles(Policy):
    check = "kettle_info"
    resource_type = "home:kettle"
    verdict = Verdict("kettle", "is cold", "are cold")


class Cups(Kettles):
    resource_type = "home:cup"
    verdict = None


def finding(name: str, healthy: bool = False, protected: bool = False) -> Finding:
    scope = Scope("123456789012", "eu-west-1", "aws")
    one = Finding("kettle_info", "home:kettle", name, f"arn:{name}", scope, name, "", "", REPORT_ONLY, healthy=healthy)
    one.protect("a tag") if protected else one.report()
    return one


def job(examined: int, *findings: Finding, policy: Policy | None = None) -> Job:
    made = Job(policy or KETTLES, FakeRegion("eu-west-1"), examined=examined)
    made.settle(findings, plan=False)
    return made


KETTLES = Kettles()


def test_healthy_and_protected_resources_need_no_attention():
    (verdict,) = verdicts_of([job(3, finding("a"), finding("b", healthy=True), finding("c", protected=True))])
    assert verdict == {
        "check": "kettle_info",
        "resource_type": "home:kettle",
        "examined": 3,
        "attention": 1,
        "resource_ids": ["a"],
        "text": "1 of 3 kettles is cold",
    }


def test_the_regions_of_a_policy_are_added_and_policies_without_a_verdict_left_out():
    many = [finding(f"k{number}") for number in range(8)]
    (verdict,) = verdicts_of([job(20, *many), job(27, *many), job(5, finding("x"), policy=Cups())])
    assert (verdict["examined"], verdict["attention"], verdict["text"]) == (47, 16, "16 of 47 kettles are cold")
    assert verdict["resource_ids"] == [*(f"k{n}" for n in range(8)), "k0", "k1"]


@pytest.mark.parametrize(
    ("count", "examined", "text"),
    [(0, 0, "No kettle was examined"), (0, 2, "0 of 2 kettles are cold"), (1, 1, "1 of 1 kettle is cold")],
)
def test_a_verdict_is_a_sentence(count, examined, text):
    assert Kettles.verdict.sentence(count, examined) == text
