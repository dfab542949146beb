# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A journal's lines: what is in them, when they are written, and what happens where they can't be."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.journal import JOURNAL_VERSION, Journal
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from tests.unit.module_utils.sweep.fake import MemoryStore

SCOPE = Scope("123456789012", "cn-north-1", "aws-cn")
HOSTILE = "<b>\n\u2028\u202e{{ x }}\ud800\x00"


def finding(name: str = "a", **changes: Any) -> Finding:
    arn = SCOPE.arn("fake", name)
    return Finding(
        "things", "fake:thing", name, arn, SCOPE, f"name of {name}", "It is old.", "old", "delete", **changes
    )


def journal(*stores: Any) -> Journal:
    return Journal("run-1", stores)


def full(row: dict[str, Any]) -> bool:
    return True


class Refusing(MemoryStore):
    """One that AWS refuses."""

    place = "s3://bucket/prefix"

    def append(self, text: str, sync: bool) -> None:
        raise CallError("s3", "PutObject", "AccessDenied", "no")


def test_a_line_says_all_that_putting_back_takes():
    store, one = MemoryStore(), finding("a")
    one.work.before, one.work.after = {"days": 30}, {"days": 3}
    started = datetime.now(timezone.utc)
    journal(store).begin([one])
    (row,) = store.lines()
    at = datetime.fromisoformat(row.pop("at"))
    assert 0 <= (at - started).total_seconds() + 0.001 < 60
    assert row == {
        "journal": JOURNAL_VERSION,
        "run": "run-1",
        "id": "run-1-000001",
        "event": "begin",
        "check": "things",
        "account_id": "123456789012",
        "region": "cn-north-1",
        "partition": "aws-cn",
        "resource_type": "fake:thing",
        "resource_id": "a",
        "arn": "arn:aws-cn:fake:cn-north-1:123456789012:a",
        "name": "name of a",
        "action": "delete",
        "before": {"days": 30},
        "after": {"days": 3},
    }


def test_the_end_has_the_id_of_its_beginning_and_what_has_become_known_since():
    store, one = MemoryStore(), finding()
    book = journal(store)
    book.begin([one])
    one.work.after = {"volume_id": "vol-2"}
    one.fail("Denied", "no")
    book.end([one])
    begin, end = store.lines()
    assert (end["id"], end["event"], end["resource_id"]) == (begin["id"], "failed", "a")
    assert (end["after"], end["error"]) == ({"volume_id": "vol-2"}, {"code": "Denied", "message": "no"})


@pytest.mark.parametrize(
    ("instead", "actions"),
    [(None, ["delete", "mark"]), ({}, ["delete", "mark"]), ({"delete": "copy"}, ["copy", "mark"])],
)
def test_what_is_done_first_has_a_name_of_its_own(instead, actions):
    store = MemoryStore()
    marked = finding("b")
    marked.action = "mark"
    journal(store).begin([finding("a"), marked], instead)
    assert [row["action"] for row in store.lines()] == actions


def test_times_and_hostile_text_are_written_so_that_they_can_be_read():
    store, one = MemoryStore(), finding(HOSTILE)
    one.work.before = {
        "CreateTime": datetime(2026, 11, 23, tzinfo=timezone.utc),
        "day": date(2026, 11, 23),
        "x": HOSTILE,
    }
    journal(store).begin([one])
    assert store.text.isascii()
    assert store.text.count("\n") == len(store.text.splitlines()) == 1
    (row,) = store.lines()
    assert row["before"] == {"CreateTime": "2026-11-23T00:00:00+00:00", "day": "2026-11-23", "x": HOSTILE}
    assert (row["resource_id"], row["name"]) == (HOSTILE, f"name of {HOSTILE}")


@pytest.mark.parametrize(
    ("finish", "told", "status"),
    [
        (lambda one: one.change(), None, "changed"),
        (lambda one: one.skip("in use"), None, "skipped"),
        (lambda one: one.fail("Denied", "no"), None, "failed"),
        # what was prepared is done, while the finding is still planned
        (lambda one: None, "changed", "changed"),
    ],
)
def test_how_it_ended_is_the_findings_status_unless_told_otherwise(finish, told, status):
    store, one = MemoryStore(), finding()
    book = journal(store)
    book.begin([one])
    finish(one)
    book.end([one], told)
    assert [row["event"] for row in store.lines()] == ["begin", status]


def test_where_aws_did_not_answer_the_line_stays_open():
    store, one, two = MemoryStore(), finding("a"), finding("b")
    book = journal(store)
    book.begin([one, two])
    one.fail("ReadTimeoutError", "no answer")
    one.work.answered = False
    two.change()
    book.end([one, two])
    assert [(row["event"], row["resource_id"]) for row in store.lines()][2:] == [("changed", "b")]
    assert book.lost is None


def test_what_was_never_begun_does_not_end():
    store, one = MemoryStore(), finding()
    one.change()
    journal(store).end([one])
    assert store.text == ""


def test_what_begins_is_safe_at_once_and_what_ends_after_the_flush():
    store, one = MemoryStore(), finding()
    book = journal(store)
    book.begin([one])
    assert (len(store.lines()), store.unsynced) == (1, "")
    one.change()
    book.end([one])
    assert (len(store.lines()), store.unsynced.count("\n")) == (2, 1)
    book.flush()
    assert store.unsynced == ""


@pytest.mark.parametrize(
    ("store", "why"),
    [
        (MemoryStore(fails=full), "The journal memory could not be written: No space left on device"),
        (
            Refusing(),
            "The journal s3://bucket/prefix could not be written: s3:PutObject answered AccessDenied: no",
        ),
    ],
)
def test_what_cannot_be_written_before_it_is_done_is_not_to_be_done(store, why):
    book = journal(store)
    with pytest.raises(CallError) as caught:
        book.begin([finding()])
    assert (caught.value.code, caught.value.message) == ("JournalNotWritten", why)
    assert book.lost is None


def test_every_place_must_have_the_beginning():
    good, bad = MemoryStore(), MemoryStore(fails=full)
    for stores in ((good, bad), (bad, good)):
        with pytest.raises(CallError, match="could not be written"):
            journal(*stores).begin([finding()])


@pytest.mark.parametrize("step", ["end", "flush"])
def test_an_ending_that_cannot_be_written_is_told_and_stops_nothing(step):
    class Full(MemoryStore):
        def append(self, text: str, sync: bool) -> None:
            if (step == "flush") is (sync and not text):
                raise OSError(28, "No space left on device")
            super().append(text, sync)

    store, one = Full(), finding()
    book = journal(store)
    if step == "end":
        one.work.journal_id = "run-1-000001"
    else:
        book.begin([one])
    one.change()
    book.end([one])
    book.flush()
    assert book.lost is not None
    assert "could not be written: No space left on device" in book.lost
    assert one.status == "changed"


def test_the_first_loss_is_the_one_that_is_told():
    store, one = MemoryStore(fails=full), finding()
    book = journal(store)
    one.work.journal_id = "x"
    one.change()
    book.end([one])
    store.place = "elsewhere"
    book.end([one])
    assert book.lost is not None
    assert "The journal memory could not be written" in book.lost


def test_all_places_hold_the_same():
    stores, one = [MemoryStore(), MemoryStore()], finding()
    book = journal(*stores)
    book.begin([one])
    one.change()
    book.end([one])
    book.flush()
    assert stores[0].text == stores[1].text != ""


def test_a_place_that_is_lost_costs_the_others_nothing():
    def ends(row: dict[str, Any]) -> bool:
        return row["event"] != "begin"

    first, second, one = MemoryStore(fails=ends), MemoryStore(), finding()
    book = journal(first, second)
    book.begin([one])
    one.change()
    book.end([one])
    assert book.lost is not None
    assert [row["event"] for row in second.lines()] == ["begin", "changed"]


def test_without_a_place_nothing_is_kept_and_nothing_is_lost():
    book, one = journal(), finding()
    book.begin([one])
    one.change()
    book.end([one])
    book.flush()
    assert book.lost is None


def test_each_of_many_threads_has_ids_of_its_own():
    store = MemoryStore()
    book = journal(store)

    def act(number: int) -> None:
        some = [finding(f"t{number}-{one}") for one in range(5)]
        book.begin(some)
        for one in some:
            one.change()
        book.end(some)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(act, range(100)))
    rows = store.lines()
    begun = {row["id"]: row["resource_id"] for row in rows if row["event"] == "begin"}
    ended = {row["id"]: row["resource_id"] for row in rows if row["event"] == "changed"}
    assert len(begun) == 500
    assert begun == ended
    assert len({json.dumps(row) for row in rows}) == 1000
