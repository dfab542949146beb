# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no run of ours would have written into a journal: tables of cases, no AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import UNDO
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo import refuse_made_up
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo_rules import GRACE_TAG, grace_tag_of
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entries import Entry
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from tests.unit.module_utils.checks.fake import SCOPE
from tests.unit.module_utils.checks.journaled import entry

DAYS = "retention_in_days"
CHINA = Scope("123456789012", "cn-north-1", "aws-cn")


def group(before: Any = None, after: Any = 30, name: str = "/app", **changes: Any) -> Entry:
    arn = SCOPE.arn("logs", f"log-group:{name}")
    facts = {"resource_type": "logs:log-group", "action": "set_retention", "resource_id": name, "arn": arn}
    return entry(**{**facts, "before": {DAYS: before}, "after": {DAYS: after}, **changes})


def switched(action: str, before: Any, after: Any, **changes: Any) -> Entry:
    facts = {"resource_type": "ec2:instance", "resource_id": "i-1", "arn": SCOPE.arn("ec2", "instance/i-1")}
    states = {"before": {"monitoring": before}, "after": {"monitoring": after}}
    return entry(action=action, **{**facts, **states, **changes})


def marked(action: str, before: Any, after: Any, tag: Any = GRACE_TAG, **changes: Any) -> Entry:
    states = {"before": {"tag": tag, "value": before}, "after": {"tag": tag, "value": after}}
    return entry(action=action, **{**states, **changes})


def deleted(after: dict[str, Any] | None = None, changes: dict[str, Any] | None = None, **before: Any) -> Entry:
    whole = {"Size": 8, "VolumeType": "gp3", "Iops": 3000, "Encrypted": False, "AvailabilityZone": "eu-west-1a"}
    return entry(before={**whole, "Tags": {}, **before}, after=after or {}, **(changes or {}))


def half(**states: Any) -> Entry:
    return replace(group(), **states)


def other_tag(**states: Any) -> Entry:
    return replace(marked("mark", None, "2026-11-01"), **states)


WRITTEN = [
    group(),
    group(90, 30),
    group(3653, 1),
    group(name="/aws/lambda/a_b.c-d#1"),
    group(status=None),
    switched("disable_detailed_monitoring", "detailed", "basic"),
    switched("enable_detailed_monitoring", "basic", "detailed"),
    marked("mark", None, "2026-11-01"),
    marked("unmark", "2026-11-01", None),
    # somebody's own value: a run takes it away where the resource is in use; undo does not set it again
    marked("unmark", "soon", None),
    marked("mark", None, "2026-11-01", tag="idle-since"),
    deleted(),
    deleted({"final_snapshot_id": "snap-0a1b"}, KmsKeyId="arn:aws:kms:eu-west-1:1:key/k", Encrypted=True),
    deleted(AvailabilityZone="eu-west-1-lon-1a", Mark=GRACE_TAG, CreateTime="2026-01-01T00:00:00+00:00"),
    deleted(Tags={"aws:backup:x": "1", **{f"k{number}": "" for number in range(50)}}, MultiAttachEnabled=True),
    deleted(Throughput=None, Iops=None, OutpostArn="arn:aws:outposts:eu-west-1:123456789012:outpost/op-1"),
    # of another kind, whatever it says: nothing is done
    entry(action="paint", resource_id="*", arn="x"),
    entry(resource_type="rds:db", action="modify", at="then"),
]


@pytest.mark.parametrize("one", WRITTEN)
def test_what_a_run_writes_is_taken(one):
    refuse_made_up([one], UNDO, "journal.jsonl")


MADE_UP = [
    # a retention that is shortened, or that CloudWatch Logs does not have
    *[group(before, after) for before, after in ((1, 30), (1, None), (30, 30), (None, None), (None, 4), (8, 3))],
    *[group(None, value) for value in (True, 30.0, "30", -1, 0, [30], 10**400)],
    *[group(value, 1) for value in (True, 30.0, "30", 0, [30], 10**400)],
    half(before={}),
    half(after={DAYS: 30, "x": 1}),
    # what the ARN says and the rest does not
    group(arn=SCOPE.arn("logs", "log-group:/other")),
    group(arn=SCOPE.arn("logs", "log-group:/app:*")),
    group(arn=CHINA.arn("logs", "log-group:/app")),
    group(scope=CHINA),
    group(arn=""),
    entry(scope=Scope("12345678901", "eu-west-1")),
    entry(scope=Scope("123456789012", "../x")),
    entry(scope=Scope("123456789012", "eu-west-1.evil.example")),
    # EC2's filters know wildcards; DescribeLogGroups takes ARNs
    *[deleted(changes={"resource_id": name, "arn": SCOPE.arn("ec2", f"volume/{name}")}) for name in ("vol-*", "*", "")],
    *[deleted(changes={"resource_id": name, "arn": SCOPE.arn("ec2", f"volume/{name}")}) for name in ("snap-1", "a\0b")],
    *[group(name=name) for name in ("", "a b", "/app\n", "a\0b", "é", "x" * 513, "arn:aws:logs:::log-group:x")],
    entry(resource_type="ec2:snapshot"),
    *[group(at=at) for at in ("", "yesterday", "2026-11-01", "2026-11-01T10:00:00", "9" * 99)],
    switched("disable_detailed_monitoring", "basic", "detailed"),
    switched("enable_detailed_monitoring", "detailed", "basic"),
    switched("disable_detailed_monitoring", "detailed", None),
    entry(action="mark", before={}, after={}),
    # a mark is a day, where there was none
    *[marked("mark", None, value) for value in ("true", "", None, 20261101, "2026-13-01", "20261101", "2026-11-01 ")],
    marked("mark", "2026-11-01", "2026-11-02"),
    marked("unmark", None, None),
    marked("unmark", "2026-11-01", "2026-11-02"),
    marked("mark", None, "true", tag="Keep"),
    *[marked("mark", None, "2026-11-01", tag=tag) for tag in ("", None, 5, "aws:backup", "AWS:x", "x" * 129, "a\0b")],
    other_tag(after={"tag": "Keep", "value": "2026-11-01"}),
    other_tag(before={"tag": GRACE_TAG}),
    # what would be made is not what was
    *[deleted({"final_snapshot_id": name}) for name in ("snap-*", "*", "vol-1", 5, ["snap-1"], {}, True)],
    deleted({"volume_id": "vol-2"}),
    *[deleted(Size=size) for size in (-1, 65537, "8", 8.0, True, 10**400)],
    *[deleted(Iops=iops) for iops in (-1, "1", 1.5, False, 10**9)],
    *[deleted(AvailabilityZone=zone) for zone in ("us-east-1a", "", 5, "eu-west-1a\n", "eu-west-1/../x")],
    *[deleted(VolumeType=kind) for kind in ("", "GP3", 5, "gp3 ", ["gp3"])],
    *[deleted(Encrypted=value) for value in ("false", 0, 1)],
    *[deleted(KmsKeyId=key) for key in (5, ["k"], "k\n")],
    deleted(OutpostArn="https://evil.example"),
    *[deleted(Tags=tags) for tags in (None, [], "x", {"": "x"}, {"a": None}, {"a": 5}, {"a": "x" * 257}, {"a": "\0"})],
    deleted(Tags={f"k{number}": "" for number in range(51)}),
    *[deleted(Mark=mark) for mark in ("", 5, "aws:x", ["Keep"])],
]


@pytest.mark.parametrize("one", MADE_UP)
def test_what_no_run_writes_is_refused_in_one_sentence(one):
    with pytest.raises(
        SweepError, match=r"is none that a run of this collection writes: .*Nothing was changed"
    ) as caught:
        refuse_made_up([*WRITTEN, one], UNDO, "journal.jsonl")
    assert "The entry 'run-000001' of the journal journal.jsonl " in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("unset", [None, ""])
def test_the_grace_tag_is_the_one_of_the_check_unless_named(unset):
    assert grace_tag_of({"grace_tag": unset}) == GRACE_TAG
    assert grace_tag_of({"grace_tag": " idle-since "}) == "idle-since"
    # a pattern of wildcards alone speaks of values
    assert grace_tag_of({"grace_tag": "idle-since", "exclude_tags": {"*": "keep", "Keep": "true"}}) == "idle-since"


@pytest.mark.parametrize(
    "tag",
    [
        "Keep",
        "keep",
        "KEEP",
        "Owner",
        "DR",
        "DisasterRecovery",
        "kubernetes.io/x",
        "dlm:managed",
        "CSIVolumeName",
        "aws:x",
    ],
)
def test_a_tag_that_protects_is_no_grace_tag(tag):
    with pytest.raises(SweepError, match=r"^grace_tag is "):
        grace_tag_of({"grace_tag": tag, "exclude_tags": {"Keep": "true", "own*": "*"}})
