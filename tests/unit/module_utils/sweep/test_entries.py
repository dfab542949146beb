# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a journal again: what was done or may have been, and every line that is none refused by its number."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entries import Entry, read_entries
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.journal import JOURNAL_VERSION, UNDOES, Journal
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from ansible_collections.sysops.aws.plugins.module_utils.sweep.signing import JournalKey
from tests.unit.module_utils.sweep.fake import MemoryStore

SCOPE = Scope("123456789012", "eu-west-1")
HOSTILE = "<b>\n\u2028\x85\u202e{{ x }}\x00"


def finding(name: str = "a", **work: Any) -> Finding:
    found = Finding("things", "fake:thing", name, SCOPE.arn("fake", name), SCOPE, name, "Old.", "old", "delete")
    found.work.before, found.work.after = work.get("before", {}), work.get("after", {})
    return found


class Run:
    """What a run writes down, step by step."""

    def __init__(self, name: str = "run", store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self._journal = Journal(name, [self.store])

    def begin(self, *names: str, **work: Any) -> list[Finding]:
        findings = [finding(name, **work) for name in names]
        self._journal.begin(findings)
        return findings

    def end(self, findings: list[Finding], status: str) -> list[str]:
        self._journal.end(findings, status)
        return [str(one.work.journal_id) for one in findings]

    def entries(self) -> list[Entry]:
        return read_entries("journal.jsonl", self.store.text)

    def found(self) -> list[tuple[str, str | None]]:
        return [(entry.resource_id, entry.status) for entry in self.entries()]


def test_what_was_done_and_what_may_have_been_is_there_and_nothing_else():
    run = Run()
    run.end(run.begin("changed"), "changed")
    run.end(run.begin("failed"), "failed")
    run.end(run.begin("skipped"), "skipped")
    # killed before it was told how it ended
    run.begin("open")
    run.end(run.begin("later"), "changed")
    assert run.found() == [("changed", "changed"), ("open", None), ("later", "changed")]


def test_an_empty_journal_holds_nothing():
    assert read_entries("journal.jsonl", "") == []


def test_an_entry_has_all_that_was_written_and_what_became_known_at_the_end():
    run = Run()
    (one,) = run.begin("a", before={"days": 30}, after={"days": 3})
    one.work.after = {"volume_id": "vol-2"}
    run.end([one], "changed")
    run.begin("b", before={"x": [1]}, after={"days": 3})
    done, unsure = run.entries()
    assert (done.scope, done.resource_type, done.arn, done.action) == (SCOPE, "fake:thing", one.arn, "delete")
    assert (done.before, done.after) == ({"days": 30}, {"volume_id": "vol-2"})
    assert (unsure.before, unsure.after, unsure.status) == ({"x": [1]}, {"days": 3}, None)


def test_runs_that_wrote_at_the_same_time_are_told_apart():
    one = Run("one")
    two = Run("two", one.store)
    first, second = one.begin("a", "b"), two.begin("a", "b")
    two.end(second[:1], "changed")
    one.end(first[1:], "changed")
    one.end(first[:1], "failed")
    assert [(entry.id, entry.status) for entry in one.entries()] == [
        ("one-000002", "changed"),
        ("two-000001", "changed"),
        ("two-000002", None),
    ]


@pytest.mark.parametrize(
    ("status", "left"),
    [
        ("changed", ["b"]),
        # the undoing failed, or nobody knows: it may still have to be put back
        ("failed", ["a", "b"]),
        ("skipped", ["a", "b"]),
        (None, ["a", "b"]),
    ],
)
def test_what_has_been_put_back_is_no_longer_there(status, left):
    run = Run()
    (id_, _other) = run.end(run.begin("a", "b"), "changed")
    undo = Run("undo", run.store)
    undoing = undo.begin("a", before={UNDOES: [id_], "now": {}})
    if status:
        undo.end(undoing, status)
    assert [entry.resource_id for entry in run.entries()] == left


def test_what_is_put_back_may_be_several_entries_and_never_the_undoing_itself():
    run = Run()
    ids = run.end(run.begin("a"), "changed") + run.end(run.begin("a"), "changed")
    undo = Run("undo", run.store)
    undo.end(undo.begin("a", before={UNDOES: ids}), "changed")
    assert run.entries() == []
    # and what is done to it after that is there again
    run.end(run.begin("a"), "changed")
    assert run.found() == [("a", "changed")]


def test_hostile_text_comes_back_as_it_was():
    run = Run()
    run.end(run.begin(HOSTILE, before={"Tags": {HOSTILE: HOSTILE}}), "changed")
    (entry,) = run.entries()
    assert (entry.resource_id, entry.name, entry.before) == (HOSTILE, HOSTILE, {"Tags": {HOSTILE: HOSTILE}})


def rewritten(text: str, **how: Any) -> str:
    return "\n".join(json.dumps(json.loads(line), **how) for line in text.split("\n") if line)


@pytest.mark.parametrize(
    "how",
    [{"ensure_ascii": False}, {"separators": (" , ", " : ")}, {"sort_keys": True}],
    ids=["utf-8", "spaces", "order"],
)
def test_a_tool_that_picks_lines_may_write_them_anew(how):
    run = Run()
    run.end(run.begin(HOSTILE), "changed")
    again = rewritten(run.store.text, **how)
    assert read_entries("journal.jsonl", again) == run.entries()
    assert read_entries("journal.jsonl", again.replace("\n", "\r\n")) == run.entries()


def begun(**changes: Any) -> str:
    run = Run()
    run.begin("a")
    (row,) = run.store.lines()
    return json.dumps({name: value for name, value in {**row, **changes}.items() if value != "without"})


def ended(**changes: Any) -> str:
    run = Run()
    run.end(run.begin("a"), "changed")
    row = run.store.lines()[1]
    return json.dumps({name: value for name, value in {**row, **changes}.items() if value != "without"})


CUT, NONE, LACKS = "is cut off or not JSON", "is not a line of a journal of this version", "lacks what a line"
SURROGATE = r"is none that a run wrote \(it holds half of a surrogate pair"
ODD_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000)
TEXTS = ("id", "event", "at", "account_id", "region", "resource_type", "resource_id", "arn", "name", "action")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (begun()[:-1], CUT),
        (begun()[:40], CUT),
        ("{", CUT),
        ("check,resource_type", CUT),
        (f"{begun()}{begun()}", CUT),
        pytest.param("[" * 200_000, CUT, id="deep"),
        ('{"journal": 1, "id": ' + "9" * 5000 + "}", CUT),
        ("[]", NONE),
        ("42", NONE),
        ("null", NONE),
        ('"begin"', NONE),
        ("{}", NONE),
        ('{"check": "x", "status": "planned"}', NONE),
        (begun(journal=JOURNAL_VERSION + 1), NONE),
        (begun(journal="1"), NONE),
        (begun(journal=None), NONE),
        *[(begun(**{name: "without"}), LACKS) for name in (*TEXTS, "before", "after")],
        *[(begun(**{name: None}), LACKS) for name in TEXTS],
        *[(begun(**{name: ["x"]}), LACKS) for name in (*TEXTS, "before", "after")],
        (begun(event={"begin": 1}), LACKS),
        (begun(before=None), LACKS),
        (begun(after="x"), LACKS),
        *[(begun(before={UNDOES: undoes}), LACKS) for undoes in (5, None, True, "run-1", {"a": 1}, [["x"]], [{}], [1])],
        *[(ended(**{name: "without"}), LACKS) for name in ("id", "event", "at", "after")],
        (ended(after=None), LACKS),
        (ended(id=7), LACKS),
        # what Python reads and JSON does not have
        *[(begun().replace('"before": {}', f'"before": {{"x": {number}}}'), CUT) for number in ODD_NUMBERS],
        (begun().replace('"before": {}', '"before": {}, "before": {}'), CUT),
        (begun().replace('"before": {}', '"before": {"x": 1, "x": 2}'), CUT),
        *[(begun(**{name: "a\ud800"}), SURROGATE) for name in ("name", "resource_id", "id")],
        (begun(before={"Tags": {"\udc00": "x"}}), SURROGATE),
        (begun().replace('"a"', '"a\x00"'), CUT),
    ],
)
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_a_line_that_no_journal_holds_is_refused_with_its_number(line, words, place):
    run = Run()
    run.end(run.begin("x"), "changed")
    before = "" if place == "first" else run.store.text
    after = "" if place == "last" else run.store.text
    with pytest.raises(SweepError, match=words) as caught:
        read_entries("journal.jsonl", f"{before}{line}\n{after}")
    assert str(caught.value).startswith(f"Line {1 if place == 'first' else 3} of the journal journal.jsonl ")


@pytest.mark.parametrize("depth", [10, 300, 700, 900, 960, 2000, 100_000])
def test_a_line_that_is_nested_deep_is_read_or_refused_in_one_sentence(depth):
    text = begun(before={"x": "deep"}).replace('"deep"', "[" * depth + "]" * depth)
    for key in (None, JournalKey(b"k" * 32)):
        try:
            read_entries("journal.jsonl", text, key)
        except SweepError as error:
            assert str(error).startswith("Line 1 of the journal journal.jsonl ")  # noqa: PT017


@pytest.mark.parametrize(
    "second",
    [
        begun(before={"x": 1}),
        begun(resource_id="b"),
        begun() + "\n" + ended(resource_id="b"),
        ended() + "\n" + ended(after={"x": 1}),
    ],
)
def test_lines_of_one_id_that_contradict_each_other_are_refused(second):
    first = begun(at="2026-11-01T10:00:00.000+00:00")
    with pytest.raises(SweepError, match=r"^Two lines of the journal have the id 'run-000001' and (differ|name two)"):
        read_entries("journal.jsonl", f"{first}\n{second.replace(begun(), first)}\n")


def test_a_line_of_how_it_ended_may_come_without_the_one_that_it_began_with():
    """Somebody took that away: it is not to be put back."""
    assert read_entries("journal.jsonl", ended()) == []


@pytest.mark.parametrize("event", ["changed ", "CHANGED", "planned", "protected", "", "<b>"])
def test_an_ending_that_nobody_knows_is_not_taken_for_done(event):
    run = Run()
    run.begin("a")
    text = run.store.text + ended(event=event)
    assert read_entries("journal.jsonl", text) == []
