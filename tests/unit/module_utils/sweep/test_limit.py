# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much may be done, and the files that say what: every one that isn't a plan is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import LimitExceededError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding, Summary
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Plan, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

HOME, OTHER = "123456789012", "210987654321"


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


def written(tmp_path: Path, *findings: Finding) -> str:
    path = tmp_path / "findings.jsonl"
    path.write_text("".join(f"{one.to_json()}\n" for one in findings), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (finding("vol-1"), "planned"),
        (finding("vol-2"), "skipped"),
        (finding("vol-1", region="us-east-1"), "skipped"),
        (finding("vol-1", account=OTHER), "skipped"),
        (finding("vol-1", check="other"), "skipped"),
        # listed, but not as planned
        (finding("vol-kept"), "skipped"),
    ],
)
def test_a_plan_allows_its_own_planned_lines_and_nothing_else(tmp_path, found, status):
    kept = finding("vol-kept", status="protected")
    plan = Plan.read(written(tmp_path, finding("vol-1"), kept))
    Selection(plan=plan).apply(found)
    assert found.status == status
    assert ("plan" in found.reason) is (status == "skipped")


def test_a_report_that_found_nothing_allows_nothing(tmp_path):
    found = finding()
    Selection(plan=Plan.read(written(tmp_path))).apply(found)
    assert found.status == "skipped"


def test_a_plan_reads_hostile_ids(tmp_path):
    found = finding('/a\n"b"\u2028{{ x }}')
    Selection(plan=Plan.read(written(tmp_path, found))).apply(found)
    assert found.status == "planned"


GOOD = finding().to_json()


def good_but(**changes: Any) -> bytes:
    return json.dumps({**json.loads(GOOD), **changes}).encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{\n", "Line 1 .* is not JSON"),
        (GOOD.encode() + b"\n" + GOOD.encode()[:-5], "Line 2 .* is not JSON"),
        (b"check,resource_type\nebs_orphan_cleanup,ec2:volume\n", "Line 1 .* is not JSON"),
        (b"[]\n", "Line 1 .* is not a finding"),
        (b'"ebs_orphan_cleanup"\n', "Line 1 .* is not a finding"),
        (b"42", "Line 1 .* is not a finding"),
        (b"null", "Line 1 .* is not a finding"),
        (json.dumps({"schema_version": 1, "mode": "report"}).encode(), "Line 1 .* is not a finding"),
        (GOOD.encode() + b'\n{"check": "x"}\n', "Line 2 .* is not a finding"),
        # a member that is no string
        (good_but(resource_id=["vol-1"]), "Line 1 .* is not a finding"),
        (good_but(account_id=[HOME]), "Line 1 .* is not a finding"),
        (good_but(account_id=int(HOME)), "Line 1 .* is not a finding"),
        (good_but(status={"planned": True}), "Line 1 .* is not a finding"),
        # deeper than Python recurses
        pytest.param(b"[" * 200_000, "Line 1 .* is not JSON", id="deep"),
        (b"\x7fELF\x02\x01\x00\xff\xfe", "could not be read"),
        ("\ufeff".encode("utf-16"), "could not be read"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_its_path_and_line(tmp_path, content, words):
    path = tmp_path / "plan"
    path.write_bytes(content)
    with pytest.raises(SweepError, match=words) as caught:
        Plan.read(str(path))
    assert str(path) in str(caught.value)


def test_a_plan_that_is_missing_or_a_directory_is_refused(tmp_path):
    for path in (tmp_path / "missing.jsonl", tmp_path, tmp_path / ("n" * 300)):
        with pytest.raises(SweepError, match="could not be read") as caught:
            Plan.read(str(path))
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("of", "run", "refused"),
    [
        ([HOME], [HOME], None),
        ([HOME], [OTHER, HOME], None),
        ([], [HOME], None),
        ([OTHER], [HOME], f"is of account {OTHER}, this run is of {HOME}"),
        ([HOME, OTHER], [HOME], f"is of account {OTHER}, this run is of {HOME}"),
    ],
)
def test_a_plan_of_another_account_is_refused(tmp_path, of, run, refused):
    # a protected line tells whose plan it is as well
    plan = Plan.read(written(tmp_path, *[finding(account=account, status="protected") for account in of]))
    if refused is None:
        plan.refuse_foreign(run)
        return
    with pytest.raises(SweepError, match=refused):
        plan.refuse_foreign(run)
