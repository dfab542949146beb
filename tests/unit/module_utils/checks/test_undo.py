# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to put back of one or several journals, and that nothing else is: no AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import CHECKS, UNDO
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo import (
    NAME,
    NoWayBack,
    PutBack,
    Task,
    check_of,
    tasks_of,
)
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo_settings import PutBackRetention
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.limit import Limit, Selection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Check, Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Scope
from ansible_collections.sysops.aws.plugins.module_utils.sweep.runner import Sweep
from tests.unit.module_utils.checks.fake import NOW, SCOPE, Lists, refused
from tests.unit.module_utils.checks.journaled import RETENTION, entry, ids, judged, retention, task, words
from tests.unit.module_utils.sweep.fake import MemoryStore, rows

HOME, OTHER = "123456789012", "210987654321"
EAST = Scope(HOME, "us-east-1")


@pytest.mark.parametrize(
    ("entries", "before", "settled"),
    [
        ([retention(1, None, 30)], None, ["run-000001"]),
        # one run after the other: back to what was before the first
        ([retention(1, None, 30), retention(2, 30, 14)], None, ["run-000002", "run-000001"]),
        (
            [retention(1, 90, 30), retention(2, 30, 14), retention(3, 14, 7)],
            90,
            ["run-000003", "run-000002", "run-000001"],
        ),
        # somebody chose 90 days in between: that is what is put back
        ([retention(1, None, 30), retention(2, 90, 14)], 90, ["run-000002"]),
        (
            [retention(1, None, 30), retention(2, 90, 14), retention(3, 14, 7)],
            90,
            ["run-000003", "run-000002"],
        ),
        # a run and its repetition after somebody had put it back by hand
        ([retention(1, None, 30), retention(2, None, 30)], None, ["run-000002"]),
        # the journal doesn't tell how the first ended, and what the second found tells
        ([retention(1, None, 30, status=None), retention(2, 30, 14)], None, ["run-000002", "run-000001"]),
        ([retention(1, None, 30, status=None), retention(2, None, 14)], None, ["run-000002"]),
        # the link in the middle is broken: what lies beyond it is somebody's own state, also where it fits again
        ([retention(1, None, 14), retention(2, 60, 30), retention(3, 14, 3)], 14, ["run-000003"]),
        ([retention(1, None, 14), retention(2, 60, 14), retention(3, 14, 3)], 60, ["run-000003", "run-000002"]),
    ],
)
def test_a_chain_of_changes_is_put_back_as_far_as_it_is_unbroken(entries, before, settled):
    (made,) = tasks_of(entries)
    assert made.before == {"retention_in_days": before}
    assert made.newest == entries[-1]
    assert list(made.ids) == settled


@pytest.mark.parametrize(
    "others",
    [
        {"resource_id": "/other"},
        {"scope": EAST},
        {"scope": Scope(OTHER, "eu-west-1")},
        {"resource_type": "logs:other"},
    ],
)
def test_what_differs_in_place_type_or_id_is_another_resource(others):
    tasks = tasks_of([retention(1, None, 30), retention(2, 30, 14, **others)])
    assert sorted(ids(tasks)) == [("run-000001",), ("run-000002",)]


def test_nothing_done_is_nothing_to_put_back():
    assert tasks_of([]) == []


@pytest.mark.parametrize("now", [None, {}, {"State": "available"}])
def test_what_cannot_be_undone_is_said_and_left(now):
    found = judged(NoWayBack, task(action="paint_it_black"), now)
    assert (found.status, found.error["code"], found.action) == ("failed", "NotRecoverable", "put_back")
    assert "paint it black" in words(found)
    assert NoWayBack("ec2:volume", []).now(Lists(), []) == {}


def test_a_finding_says_what_was_done_when_and_where():
    found = judged(PutBackRetention, task({"retention_in_days": None}, {"retention_in_days": 3}, **RETENTION), None)
    assert (found.check, found.resource_type, found.resource_id) == (NAME, "logs:log-group", "vol-1")
    assert (found.arn, found.name, found.scope) == ("arn:aws:ec2:eu-west-1:123456789012:volume/vol-1", "data", SCOPE)
    assert (found.reason_code, found.saves_cost) == ("set_retention", False)
    assert "2026-11-01" in found.reason


def line(number: int, event: str = "begin", **changes: Any) -> str:
    """As a journal holds it: a log group's retention, set from none to 30 days."""
    head = {"journal": 1, "run": "run", "id": f"run-{number:06d}", "event": event}
    head["at"] = f"2026-11-01T10:00:{number:02}.000+00:00"
    after = {"retention_in_days": 30}
    if event != "begin":
        return json.dumps({**head, "resource_id": f"/app-{number}", "after": after, "error": None, **changes}) + "\n"
    scope = {"account_id": HOME, "region": "eu-west-1", "partition": "aws"}
    named = {"check": "log_group_retention", **RETENTION, "resource_id": f"/app-{number}", "name": "app"}
    arn = f"arn:aws:logs:eu-west-1:{HOME}:log-group:/app-{number}"
    state = {"before": {"retention_in_days": None}, "after": after}
    return json.dumps({**head, **scope, **named, "arn": arn, **state, **changes}) + "\n"


def done(number: int, **changes: Any) -> str:
    end = {name: changes[name] for name in ("resource_id", "after") if name in changes}
    return line(number, **changes) + line(number, "changed", **end)


MARKED, UNMARKED = {"tag": "sysops:orphan-since", "value": "2026-11-01"}, {"tag": "sysops:orphan-since", "value": None}
STATES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "set_retention": ({"retention_in_days": None}, {"retention_in_days": 30}),
    "disable_detailed_monitoring": ({"monitoring": "detailed"}, {"monitoring": "basic"}),
    "enable_detailed_monitoring": ({"monitoring": "basic"}, {"monitoring": "detailed"}),
    "mark": (UNMARKED, MARKED),
    "unmark": (MARKED, UNMARKED),
}
IDS = {"ec2:volume": "vol-", "ec2:snapshot": "snap-", "ec2:instance": "i-", "logs:log-group": "/app-"}


def acted(number: int, kind: str, action: str, **changes: Any) -> str:
    """As a run writes it, of any resource and action."""
    service, _colon, noun = kind.partition(":")
    name = f"{IDS.get(kind, 'x-')}{number}"
    arn = f"arn:aws:{service}:eu-west-1:{HOME}:{noun}{':' if service == 'logs' else '/'}{name}"
    before, after = STATES.get(action, ({}, {}))
    facts = {"resource_type": kind, "action": action, "resource_id": name, "arn": arn, "before": before, "after": after}
    return done(number, **{**facts, **changes})


def journal(tmp_path: Path, *lines: str, name: str = "journal.jsonl") -> str:
    path = tmp_path / name
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def no_home() -> Any:
    raise AssertionError("a file needs no account")


def made_of(*places: str, only_ids: tuple[str, ...] | None = None, **options: Any) -> Check:
    ids = None if only_ids is None else list(only_ids)
    made = check_of(parameters(*places, only_ids=ids, **options), no_home, UNDO)
    return made[NAME][0]


def parameters(*places: str, **options: Any) -> dict[str, Any]:
    """The module's, as far as a journal is read by them."""
    unset = dict.fromkeys(("journal_key", "journal_bucket_owner", "grace_tag"))
    return {"journal": list(places), "only_ids": [], "exclude_tags": {"Keep": "true"}, **unset, **options}


def put_backs(check: Check) -> list[PutBack]:
    return list(check.policies({}, Common({}, PriceTable({}))))


def names(check: Check) -> list[str]:
    return sorted(one.resource_id for one in tasks(check))


def tasks(check: Check) -> list[Task]:
    return [task for policy in put_backs(check) for some in policy._by_place.values() for task in some.values()]


def test_a_journal_says_what_to_put_back_and_where(tmp_path):
    east = {"account_id": OTHER, "region": "us-east-1", "arn": f"arn:aws:logs:us-east-1:{OTHER}:log-group:/app-2"}
    south = {"region": "ap-south-1", "arn": f"arn:aws:logs:ap-south-1:{HOME}:log-group:/app-3"}
    check = made_of(journal(tmp_path, done(1), done(2, **east), done(3, **south)))
    assert names(check) == ["/app-1", "/app-2", "/app-3"]
    assert check.places == [(HOME, "ap-south-1"), (HOME, "eu-west-1"), (OTHER, "us-east-1")]


def test_an_empty_journal_holds_nothing(tmp_path):
    check = made_of(journal(tmp_path))
    assert (put_backs(check), check.places) == ([], [])


def test_each_kind_of_resource_is_put_back_in_its_own_way(tmp_path):
    acts = [*UNDO, ("ec2:volume", "paint"), ("rds:db", "delete")]
    lines = [acted(number, kind, action) for number, (kind, action) in enumerate(acts, 1)]
    made = put_backs(made_of(journal(tmp_path, *lines)))
    found = {
        (policy.resource_type, one.newest.action): type(policy)
        for policy in made
        for some in policy._by_place.values()
        for one in some.values()
    }
    assert found == {**UNDO, ("ec2:volume", "paint"): NoWayBack, ("rds:db", "delete"): NoWayBack}


NEEDED = {"log_group_retention": {"retention_in_days": 30}, "rds_maintenance": {"backup_retention_days": 7}}


def test_whatever_is_done_to_many_at_once_can_be_put_back():
    batched = {
        (policy.resource_type, action)
        for name, check in CHECKS.items()
        for policy in check.policies(
            {key: spec.get("default") for key, spec in check.argument_spec.items()} | NEEDED.get(name, {}),
            Common({}, PriceTable({})),
        )
        for action in policy.batch_sizes
    }
    assert batched <= UNDO.keys()


def test_a_final_snapshot_stays_when_its_volume_is_put_back(tmp_path):
    snapshot = acted(1, "ec2:volume", "create_final_snapshot")
    check = made_of(journal(tmp_path, snapshot, acted(2, "ec2:volume", "delete")))
    assert names(check) == ["vol-2"]


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        (None, ["/app-1", "/app-2"]),
        # given and empty: nothing
        ((), []),
        (("/app-2",), ["/app-2"]),
        ((f"arn:aws:logs:eu-west-1:{HOME}:log-group:/app-1",), ["/app-1"]),
        (("/app-1", "/app-2", "/app-1"), ["/app-1", "/app-2"]),
    ],
)
def test_only_some_of_it_may_be_asked_for(tmp_path, only, chosen):
    place = journal(tmp_path, done(1), done(2))
    assert names(made_of(place, only_ids=only)) == chosen


@pytest.mark.parametrize(
    ("only", "unknown"),
    [
        (("/app-9",), "/app-9"),
        (("/app-1", "vol-2", "vol-1"), "vol-1, vol-2"),
        (("/app",), "/app"),
        # begun, and known to have failed: there is nothing to put back of it
        (("/app-3",), "/app-3"),
    ],
)
def test_an_id_that_is_not_in_the_journal_is_refused(tmp_path, only, unknown):
    place = journal(tmp_path, done(1), done(2), line(3), line(3, "failed"))
    with pytest.raises(SweepError) as caught:
        made_of(place, only_ids=only)
    assert str(caught.value) == f"The journal {place} holds nothing to put back of {unknown}: nothing was changed."


def test_a_line_that_is_in_two_places_counts_once(tmp_path):
    one = journal(tmp_path, done(1), done(2))
    two = journal(tmp_path, done(2), done(3), name="copy.jsonl")
    assert names(made_of(one, two)) == ["/app-1", "/app-2", "/app-3"]


def test_runs_in_two_places_are_one_chain_in_time(tmp_path):
    app = {"resource_id": "/app", "arn": f"arn:aws:logs:eu-west-1:{HOME}:log-group:/app"}
    later = journal(tmp_path, done(2, **app, before={"retention_in_days": 60}))
    ended = line(1, "changed", resource_id="/app", after={"retention_in_days": 60})
    earlier = journal(tmp_path, line(1, **app), ended, name="old.jsonl")
    (made,) = tasks(made_of(later, earlier))
    assert (made.before, made.ids) == ({"retention_in_days": None}, ("run-000002", "run-000001"))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "could not be read: No such file or directory"),
        (b"\xff\xfe\x00", "could not be read"),
        (b'{"journal": 1', "is cut off or not JSON"),
        (b"check,resource_type\n", "is cut off or not JSON"),
        (b'{"check": "x", "status": "planned"}\n', "is not a line of a journal"),
    ],
)
def test_a_file_that_is_no_journal_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "journal.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SweepError, match=words) as caught:
        made_of(str(path))
    assert str(path) in str(caught.value)


def test_a_directory_is_no_journal(tmp_path):
    with pytest.raises(SweepError, match="could not be read"):
        made_of(str(tmp_path))


@pytest.mark.parametrize("error", [CallError("s3", "GetObject", "NoSuchBucket", "gone"), SweepError("No credentials.")])
def test_a_bucket_that_cannot_be_read_is_refused_by_name(error):
    def home() -> Any:
        raise error

    with pytest.raises(SweepError, match=r"NoSuchBucket|No credentials"):
        check_of(parameters("s3://bucket/x"), home, UNDO)


class Groups(Lists):
    """Log groups by name, with their days of retention."""

    def __init__(self, **days: int | None) -> None:
        super().__init__(describe_log_groups=self._describe)
        self.days = {f"/{name}": value for name, value in days.items()}

    def _describe(self, logGroupIdentifiers: list[str]) -> list[dict[str, Any]]:  # noqa: N803
        known = [name for name in logGroupIdentifiers if name in self.days]
        some = {name: {"retentionInDays": days} for name in known if (days := self.days[name])}
        return [{"logGroupName": name, **some.get(name, {})} for name in known]


def undone(region: Lists, *tasks: Any, **errors: Any) -> tuple[dict[str, str], MemoryStore]:
    region.answers.update(errors)
    return undone_by(region, PutBackRetention("logs:log-group", tasks))


def undone_by(region: Lists, policy: PutBack) -> tuple[dict[str, str], MemoryStore]:
    store = MemoryStore()
    run = Sweep([policy], [region], Limit(100, 100), Selection(), NOW, 2, [store])  # type: ignore[list-item]
    run.plan()
    run.act()
    run.finish()
    return {row["resource_id"]: row["status"] for row in rows(run)}, store


def test_undoing_is_a_run_of_its_own_with_a_journal_that_says_what_it_settles():
    tasks = tasks_of(
        [
            *(retention(1, None, 30, resource_id="/a"), retention(2, 30, 14, resource_id="/a")),
            retention(3, 60, 30, resource_id="/b"),
            retention(4, None, 30, resource_id="/touched"),
            retention(5, None, 30, resource_id="/gone"),
            retention(6, None, 30, resource_id="/back"),
            retention(7, None, 30, resource_id="/denied"),
        ]
    )
    region = Groups(a=14, b=30, touched=7, back=None, denied=30)
    denied = {
        "delete_retention_policy": lambda logGroupName: (  # noqa: N803
            refused("DeleteRetentionPolicy") if logGroupName == "/denied" else {}
        )
    }
    statuses, store = undone(region, *tasks, **denied)
    assert statuses == {
        "/a": "changed",
        "/b": "changed",
        "/touched": "skipped",
        "/gone": "failed",
        "/back": "skipped",
        "/denied": "failed",
    }
    done_ = [request for request in region.asked if request["operation"] != "describe_log_groups"]
    assert sorted(done_, key=lambda request: request["logGroupName"]) == [
        {"operation": "delete_retention_policy", "logGroupName": "/a"},
        {"operation": "put_retention_policy", "logGroupName": "/b", "retentionInDays": 60},
        {"operation": "delete_retention_policy", "logGroupName": "/denied"},
    ]
    begun = {row["resource_id"]: row["before"]["undoes"] for row in store.lines() if row["event"] == "begin"}
    assert begun == {"/a": ["run-000002", "run-000001"], "/b": ["run-000003"], "/denied": ["run-000007"]}


def test_what_is_in_another_place_is_not_put_back_here():
    east = entry(1, "/a", EAST, **RETENTION, before={"retention_in_days": None}, after={"retention_in_days": 30})
    region = Groups(a=30)
    assert undone(region, *tasks_of([east]))[0] == {}
    assert region.asked == []


def test_many_are_read_a_few_dozen_at_once():
    tasks = tasks_of([retention(number, None, 30, resource_id=f"/g{number}") for number in range(60)])
    region = Groups(**{f"g{number}": 30 for number in range(60)})
    policy = PutBackRetention("logs:log-group", tasks)
    assert [len(page) for page in policy.find(region)] == [25, 25, 10]  # type: ignore[arg-type]


def test_what_is_looked_up_is_looked_up_by_its_name():
    """20,000 changes of one region: whoever goes through all for each of them takes minutes."""
    walks = 0

    class Counted(list[Task]):
        def __iter__(self) -> Iterator[Task]:
            nonlocal walks
            walks += 1
            return super().__iter__()

    given = Counted(tasks_of([retention(1, None, 30, resource_id=f"/g{number}") for number in range(50)]))
    region = Groups(**{f"g{number}": 30 for number in range(50)})
    walks = 0
    statuses, _store = undone_by(region, PutBackRetention("logs:log-group", given))
    assert set(statuses.values()) == {"changed"}
    assert walks == 1


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_what_is_of_another_partition_than_the_account_is_not_done(partition):
    there = Scope(HOME, "eu-west-1", partition)
    given = tasks_of([retention(1, None, 30, resource_id="/a", scope=there), retention(2, None, 30, resource_id="/b")])
    region = Groups(a=30, b=30)
    assert undone(region, *given)[0] == {"/a": "failed", "/b": "changed"}


def test_undo_has_no_permission_to_delete_a_resource():
    allowed = {action for kind in UNDO.values() for action in kind.enforce_permissions}
    assert {action for action in allowed if "Delete" in action} == {"ec2:DeleteTags", "logs:DeleteRetentionPolicy"}
    assert not {action for action in allowed if "Modify" in action or "Deregister" in action}


@pytest.mark.parametrize(
    "option", [{"journal_key": ""}, {"journal_key": "k" * 31}, {"journal_bucket_owner": "1234-5678"}]
)
def test_an_option_that_protects_nothing_is_refused(tmp_path, option):
    with pytest.raises(SweepError, match=f"^{next(iter(option))} "):
        made_of(journal(tmp_path, done(1)), **option)


def test_no_journal_and_no_place_of_one_are_refused_before_aws_is_asked():
    with pytest.raises(SweepError, match="journal is empty; expected a journal"):
        made_of()
    with pytest.raises(SweepError, match=r"The journal S3:\S+ names no bucket"):
        made_of("S3://bucket/x")
