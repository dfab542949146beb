# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans: lines may be taken away and re-written, and nothing else; every other file is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import SCHEMA_VERSION, Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.plan import (
    CLOCK_SKEW,
    Plan,
    key_of,
    place_of,
    sealed,
    skipped_line,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import Cost
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope

HOME, OTHER = "123456789012", "210987654321"
WRITTEN = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def finding(resource_id: str = "vol-1", account: str = HOME, region: str = "eu-west-1", **changes: Any) -> Finding:
    scope = Scope(account, region)
    values: dict[str, Any] = {
        "check": "ebs_orphan_cleanup",
        "resource_type": "ec2:volume",
        "arn": scope.arn("ec2", f"volume/{resource_id}"),
        "name": "",
        "reason": "It is old.",
        "reason_code": "unattached",
        "action": "delete",
        "cost": Cost(8.0, 8.0),
    }
    return Finding(resource_id=resource_id, scope=scope, **{**values, **changes})


def lines_of(*findings: Finding, report: str = "run-1", created_at: datetime = WRITTEN) -> list[str]:
    return list(sealed([one.to_json() for one in findings], report, created_at))


def written(tmp_path: Path, lines: list[str] | bytes) -> str:
    path = tmp_path / "findings.jsonl"
    path.write_bytes(lines if isinstance(lines, bytes) else "".join(lines).encode())
    return str(path)


def read(tmp_path: Path, lines: list[str] | bytes) -> Plan:
    return Plan.read(written(tmp_path, lines))


REPORT = [
    finding("vol-1", age_days=100, tags={"Name": "data"}, configuration={"a": {"b": [1.0, 2.5, None]}}),
    finding("vol-2", name="{{ 7 * 7 }}\u2028\u202e\x00"),
    finding("vol-3", status="protected", protected_by=["tag Keep=true"]),
    finding("vol-4", status="skipped"),
]
LINES = lines_of(*REPORT)
ROWS = [json.loads(line) for line in LINES]


def ids(plan: Plan) -> list[str]:
    return sorted(row["resource_id"] for row in plan.rows.values())


def test_a_plan_is_a_report_with_a_seal_on_each_line():
    for one, row in zip(REPORT, ROWS, strict=True):
        seal = row["plan"]
        assert row == {**one.to_dict(), "plan": seal}
        assert (seal["id"], seal["created_at"]) == ("run-1", "2026-11-23T10:00:00+00:00")
        assert seal["schema_version"] == SCHEMA_VERSION
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in LINES)


@pytest.mark.parametrize(
    ("kept", "planned"),
    [
        ([0, 1, 2, 3], ["vol-1", "vol-2"]),
        ([0], ["vol-1"]),
        ([1, 3], ["vol-2"]),
        ([2], []),
        ([3, 2, 1, 0], ["vol-1", "vol-2"]),
        # the same line twice is no other line
        ([1, 1, 1], ["vol-2"]),
        ([], []),
    ],
)
def test_lines_may_be_taken_away_and_put_in_another_order(tmp_path, kept, planned):
    assert ids(read(tmp_path, [LINES[number] for number in kept])) == planned


def sorted_keys(line: str) -> str:
    return json.dumps(json.loads(line), sort_keys=True)


def spaced(line: str) -> str:
    return "  " + json.dumps(json.loads(line), separators=(" ,  ", " :\t")) + " \r"


def compact(line: str) -> str:
    return json.dumps(json.loads(line), separators=(",", ":"))


def in_utf8(line: str) -> str:
    return json.dumps(json.loads(line), ensure_ascii=False)


def whole_numbers(line: str) -> str:
    """As jq writes them: 8 for 8.0."""
    return json.dumps(
        json.loads(line, parse_float=lambda text: int(float(text)) if text.endswith(".0") else float(text))
    )


def as_floats(line: str) -> str:
    """As a spreadsheet or pandas writes them: 100.0 for 100. The seal itself is never a number with a fraction."""
    row = json.loads(line)
    age = row["age_days"]
    return json.dumps({**row, "age_days": age if age is None else float(age)})


@pytest.mark.parametrize("rewrite", [sorted_keys, spaced, compact, in_utf8, whole_numbers, as_floats])
def test_a_tool_that_picks_lines_may_write_them_anew(tmp_path, rewrite: Callable[[str], str]):
    again = [rewrite(line) + "\n" for line in LINES]
    assert again != LINES
    assert ids(read(tmp_path, again)) == ["vol-1", "vol-2"]


def test_the_last_line_may_lack_its_end(tmp_path):
    assert ids(read(tmp_path, [LINES[0], LINES[1].rstrip("\n")])) == ["vol-1", "vol-2"]


ALTERED = "is not as the report wrote it: lines may be taken away, not altered or added"


@pytest.mark.parametrize("name", [name for name in ROWS[0] if name != "plan"])
@pytest.mark.parametrize("change", ["other", "missing", "null"])
def test_no_field_may_be_altered(tmp_path, name, change):
    row = dict(ROWS[0])
    if change == "missing":
        del row[name]
    elif change == "null":
        row[name] = None if row[name] is not None else "null"
    else:
        row[name] = "other" if not isinstance(row[name], bool) else not row[name]
    with pytest.raises(SweepError, match=r"^Line 2 of the plan .*(is not as the report wrote it|is not a finding)"):
        read(tmp_path, [LINES[1], json.dumps(row) + "\n"])


@pytest.mark.parametrize(
    ("number", "change"),
    [
        # what a guard protects is not to be planned by hand
        (2, {"status": "planned"}),
        (2, {"status": "planned", "protected_by": []}),
        (3, {"status": "planned"}),
        (0, {"status": "protected"}),
        (0, {"resource_id": "vol-3", "arn": ROWS[2]["arn"]}),
        (0, {"action": "mark"}),
        (0, {"tags": {"Name": "data", "x": ""}}),
        (0, {"age_days": 100.5}),
        (0, {"age_days": True}),
        (0, {"configuration": {"a": {"b": [1, 2.5]}}}),
        (0, {"estimated_monthly_cost_usd": {"low": 8.0, "high": 8.1}}),
        (0, {"new": "field"}),
    ],
)
def test_a_line_that_was_altered_is_refused_with_its_number(tmp_path, number, change):
    row = {**ROWS[number], **change}
    assert row != ROWS[number]
    lines = [*LINES, json.dumps(row) + "\n"]
    with pytest.raises(SweepError, match=f"^Line 5 of the plan .* {ALTERED}"):
        read(tmp_path, lines)


def seal_with(**changes: Any) -> list[str]:
    """The report with another seal on its first line; None takes a member away."""
    seal = {name: value for name, value in {**ROWS[0]["plan"], **changes}.items() if value is not None}
    return [json.dumps({**ROWS[0], "plan": seal}) + "\n", *LINES[1:]]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (seal_with(checksum="0" * 64), ALTERED),
        (seal_with(checksum=None), ALTERED),
        (seal_with(checksum=["x"]), ALTERED),
        (seal_with(id="run-2"), ALTERED),
        # an old plan doesn't become a young one
        (seal_with(created_at="2026-11-25T10:00:00+00:00"), ALTERED),
        (seal_with(created_at="soon"), ALTERED),
        (seal_with(created_at=None), ALTERED),
        (seal_with(more="x"), ALTERED),
        (seal_with(schema_version=SCHEMA_VERSION + 1), rf"another version .*\(schema {SCHEMA_VERSION + 1}, here"),
        (seal_with(schema_version=SCHEMA_VERSION - 1), "another version of the collection"),
        (seal_with(schema_version="2"), "another version of the collection"),
        (seal_with(schema_version=[2]), "another version of the collection"),
        (seal_with(schema_version=None), "has no checksum.*write the report again"),
        ([json.dumps({**ROWS[0], "plan": {}}) + "\n"], "has no checksum"),
        ([json.dumps({**ROWS[0], "plan": "x"}) + "\n"], "has no checksum"),
        ([json.dumps({**ROWS[0], "plan": None}) + "\n"], "has no checksum"),
        # of before there were seals
        ([REPORT[0].to_json() + "\n"], "has no checksum, so this version's report did not write it"),
    ],
)
def test_a_seal_that_is_not_the_reports_is_refused(tmp_path, lines, words):
    with pytest.raises(SweepError, match=f"^Line 1 of the plan .* {words}"):
        read(tmp_path, lines)


def test_a_report_whose_time_has_no_zone_is_refused(tmp_path):
    """How old it is could not be told."""
    with pytest.raises(SweepError, match=f"^Line 1 of the plan .* {ALTERED}"):
        read(tmp_path, lines_of(finding(), created_at=WRITTEN.replace(tzinfo=None)))


def test_a_line_with_the_seal_of_another_is_refused(tmp_path):
    forged = json.dumps({**finding("vol-9").to_dict(), "plan": ROWS[0]["plan"]})
    with pytest.raises(SweepError, match=f"^Line 2 .* {ALTERED}"):
        read(tmp_path, [LINES[0], forged + "\n"])


@pytest.mark.parametrize("when", [WRITTEN, WRITTEN + timedelta(hours=1)])
def test_lines_of_two_reports_make_no_plan(tmp_path, when):
    # whole by itself, and yet nobody has reviewed the two together
    added = lines_of(finding("vol-9"), report="run-2", created_at=when)
    read(tmp_path, added)
    with pytest.raises(SweepError, match=r"^Line 3 .* is of another report than line 1: give lines of one report only"):
        read(tmp_path, [*LINES[:2], *added])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{\n", "Line 1 .* is not JSON"),
        (
            LINES[0].encode() + LINES[1].encode()[:-5],
            "Line 2 .* is not JSON, it may be cut off: write the report again",
        ),
        (LINES[0].encode() + LINES[1].encode()[:40] + b"\n" + LINES[2].encode(), "Line 2 .* is not JSON"),
        (b"check,resource_type\nebs_orphan_cleanup,ec2:volume\n", "Line 1 .* is not JSON"),
        (b"[]\n", "Line 1 .* is not a finding"),
        (b'"ebs_orphan_cleanup"\n', "Line 1 .* is not a finding"),
        (b"42", "Line 1 .* is not a finding"),
        (b"null", "Line 1 .* is not a finding"),
        (json.dumps({"schema_version": 1, "mode": "report"}).encode(), "Line 1 .* is not a finding"),
        (LINES[0].encode() + b'{"check": "x"}\n', "Line 2 .* is not a finding"),
        # deeper than Python recurses
        pytest.param(b"[" * 200_000, "Line 1 .* is not JSON", id="deep"),
        # not too deep to be JSON, and too deep for a checksum
        *[
            pytest.param(
                b'{"check": "x", "status": "planned", "plan": {"schema_version": %d}, "tags": ' % SCHEMA_VERSION
                + b"[" * depth
                + b"]" * depth
                + b"}",
                "(Line 1|could not be read)",
                id=f"nested-{depth}",
            )
            for depth in (100, 450, 900)
        ],
        (b'{"check": "x", "status": "planned", "a": ' + b"9" * 5000 + b"}", "Line 1 .* is not JSON"),
        (b"\x7fELF\x02\x01\x00\xff\xfe", "could not be read"),
        ("\ufeff".encode("utf-16"), "could not be read"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_its_path_and_line(tmp_path, content, words):
    with pytest.raises(SweepError, match=words) as caught:
        read(tmp_path, content)
    assert str(tmp_path / "findings.jsonl") in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"resource_id": ["vol-1"]},
        {"account_id": [HOME]},
        {"account_id": int(HOME)},
        {"status": {"planned": True}},
        {"check": None},
        {"arn": 1},
        {"action": None},
    ],
)
def test_a_line_that_is_no_finding_is_refused_however_well_it_is_sealed(tmp_path, change):
    lines = list(sealed([json.dumps({**finding().to_dict(), **change})], "run-1", WRITTEN))
    with pytest.raises(SweepError, match=r"^Line 1 .* is not a finding: give a findings.jsonl of a report"):
        read(tmp_path, lines)


def test_a_plan_that_is_missing_or_a_directory_is_refused(tmp_path):
    for path in (tmp_path / "missing.jsonl", tmp_path, tmp_path / ("n" * 300)):
        with pytest.raises(SweepError, match="could not be read") as caught:
            Plan.read(str(path))
        assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("age", "refused"),
    [
        (timedelta(0), None),
        (timedelta(hours=71, minutes=59), None),
        (timedelta(hours=72), None),
        (timedelta(hours=72, seconds=1), r"written at 2026-11-23 10:00 UTC, 72 hours ago, .*plan_max_age_hours is 72"),
        (timedelta(days=365), "8760 hours ago"),
        # clocks of two controllers
        (-CLOCK_SKEW, None),
        (-CLOCK_SKEW - timedelta(seconds=1), "in the future: check the clocks"),
        (-timedelta(days=2), "in the future"),
    ],
)
@pytest.mark.parametrize("zone", [timezone.utc, timezone(timedelta(hours=9))])
def test_a_plan_may_be_so_old_and_no_older(tmp_path, age, refused, zone):
    plan, now = read(tmp_path, LINES), (WRITTEN + age).astimezone(zone)
    if refused is None:
        plan.refuse_old(72, now)
        return
    with pytest.raises(SweepError, match=refused) as caught:
        plan.refuse_old(72, now)
    assert plan.path in str(caught.value)


def test_a_plan_may_be_older_than_any_clock_says(tmp_path):
    read(tmp_path, LINES).refuse_old(10**30, WRITTEN + timedelta(days=9999))


def test_a_plan_of_nothing_is_never_too_old(tmp_path):
    read(tmp_path, []).refuse_old(1, WRITTEN + timedelta(days=9999))


@pytest.mark.parametrize(
    ("of", "run", "refused"),
    [
        ([HOME], [HOME], None),
        ([HOME], [OTHER, HOME], None),
        ([], [HOME], None),
        ([OTHER], [HOME], f"is of account {OTHER}, this run is of {HOME}: nothing was changed"),
        ([HOME, OTHER], [HOME], f"is of account {OTHER}, this run is of {HOME}"),
    ],
)
def test_a_plan_of_another_account_is_refused(tmp_path, of, run, refused):
    # a protected line tells whose plan it is as well
    plan = read(tmp_path, lines_of(*[finding(account=account, status="protected") for account in of]))
    if refused is None:
        plan.refuse_foreign(run)
        return
    with pytest.raises(SweepError, match=refused):
        plan.refuse_foreign(run)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (finding("vol-1"), "planned"),
        (finding("vol-2"), "skipped"),
        (finding("vol-1", region="us-east-1"), "skipped"),
        (finding("vol-1", account=OTHER), "skipped"),
        (finding("vol-1", check="other"), "skipped"),
        (finding("vol-1", resource_type="ec2:snapshot"), "skipped"),
        # reviewed was that it be marked, not that it go
        (finding("vol-1", action="mark"), "skipped"),
        # listed, but not as planned
        (finding("vol-kept"), "skipped"),
    ],
)
def test_a_plan_allows_its_own_planned_lines_and_nothing_else(tmp_path, found, status):
    kept = finding("vol-kept", status="protected")
    plan = read(tmp_path, lines_of(finding("vol-1"), kept))
    Selection(plan=plan).apply(found)
    assert found.status == status
    assert ("plan" in found.reason) is (status == "skipped")


def test_the_words_of_a_finding_may_be_others_by_now(tmp_path):
    found = finding(reason="It was created 101 days ago.", age_days=101, tags={"new": "tag"}, name="renamed")
    Selection(plan=read(tmp_path, lines_of(finding()))).apply(found)
    assert found.status == "planned"


def test_a_report_that_found_nothing_allows_nothing(tmp_path):
    found = finding()
    Selection(plan=read(tmp_path, [])).apply(found)
    assert found.status == "skipped"


def test_a_plan_reads_hostile_ids(tmp_path):
    found = finding('/a\n"b"\u2028{{ x }}\ud800')
    Selection(plan=read(tmp_path, lines_of(found))).apply(found)
    assert found.status == "planned"


def test_lines_that_no_finding_answers_to_are_told(tmp_path):
    selection = Selection(plan=read(tmp_path, lines_of(*[finding(f"vol-{number}") for number in range(4)])))
    for met in (finding("vol-1"), finding("vol-2", status="protected"), finding("vol-3", region="us-east-1")):
        selection.apply(met)
    assert [row["resource_id"] for row in selection.unmet_lines()] == ["vol-0", "vol-3"]


@pytest.mark.parametrize(
    ("changes", "partition"),
    [
        ({}, "aws"),
        ({"arn": "arn:aws-cn:ec2:cn-north-1:123456789012:volume/vol-1"}, "aws-cn"),
        ({"arn": ""}, "aws"),
        ({"arn": "arn"}, "aws"),
        ({"arn": "arn::x"}, "aws"),
    ],
)
def test_a_line_that_comes_to_nothing_is_a_finding_that_says_why(changes, partition):
    given = finding("vol-1", age_days=100, tags={"Name": "data"}, reversible=True, **changes)
    skipped = skipped_line(json.loads(lines_of(given)[0]), "it no longer exists")
    assert (skipped.status, skipped.key, skipped.scope.partition) == ("skipped", given.key, partition)
    assert skipped.reason == "It is old. Left alone: it no longer exists."
    assert (skipped.arn, skipped.age_days, skipped.tags) == (given.arn, 100, {"Name": "data"})
    # it takes nothing off the bill
    assert not skipped.saves


def test_a_line_is_known_by_the_same_key_as_its_finding():
    one = finding(action="mark")
    row = json.loads(lines_of(one)[0])
    assert key_of(row) == one.key
    assert place_of(row) == ("ebs_orphan_cleanup", HOME, "eu-west-1", "ec2:volume")
