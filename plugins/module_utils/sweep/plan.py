# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan: the findings file of an earlier report, of which a person may have taken lines away, and nothing else.

Each line carries a seal, `plan: {id, created_at, schema_version, checksum}`, so that any tool can pick lines. All lines
of a plan come from one report. The checksum shows what was altered by accident; it is no signature, as anyone who may
write the file can make one. With a `journal_key` the seal has a signature too, `hmac`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .errors import SweepError, words_of
from .finding import PLANNED, SCHEMA_VERSION, Finding, Key
from .private_files import opened_to_read
from .region import Scope
from .signing import PLAN, SIGNATURE, JournalKey, canonical, refuse_unsigned
from .strict_json import loads

SEAL = "plan"
Row = Mapping[str, Any]

WRITE_AGAIN = "write the report again"
# clocks of controllers differ
CLOCK_SKEW = timedelta(minutes=5)


def sealed(lines: Iterable[str], plan_id: str, created_at: datetime, key: JournalKey | None = None) -> Iterator[str]:
    """The findings of a report as the lines of a plan, signed if there is a key."""
    head = {"id": plan_id, "created_at": created_at.isoformat(timespec="seconds"), "schema_version": SCHEMA_VERSION}
    for line in lines:
        row = json.loads(line)
        signature = {SIGNATURE: key.sign(PLAN, _content(row, head))} if key else {}
        row[SEAL] = {**head, "checksum": _checksum(row, head), **signature}
        yield json.dumps(row) + "\n"


def _checksum(row: Row, head: Row) -> str:
    return hashlib.sha256(canonical(_content(row, head)).encode()).hexdigest()


def _content(row: Row, head: Row) -> list[Row]:
    """What a line says, and of which report it is."""
    return [{name: value for name, value in row.items() if name != SEAL}, {**head}]


@dataclass(frozen=True)
class Plan:
    """The planned lines by key, and the accounts that the report spoke of."""

    path: str
    rows: Mapping[Key, Row]
    account_ids: frozenset[str]
    created_at: datetime | None = None

    @classmethod
    def read(cls, path: str, key: JournalKey | None = None) -> Plan:
        """Raises SweepError if the file can't be read, isn't a findings file, or isn't as its report wrote it."""
        try:
            with opened_to_read(path) as lines:
                rows = list(_rows(path, lines, key))
        except (OSError, ValueError, RecursionError) as error:
            raise SweepError(f"The plan {path} could not be read: {words_of(error)}.") from error
        planned = {key_of(row): row for row in rows if row["status"] == PLANNED}
        created_at = datetime.fromisoformat(rows[0][SEAL]["created_at"]) if rows else None
        return cls(path, planned, frozenset(row["account_id"] for row in rows), created_at)

    def refuse_foreign(self, account_ids: Sequence[str]) -> None:
        """Raises SweepError if the plan speaks of an account that this run doesn't."""
        foreign = sorted(self.account_ids - set(account_ids))
        if foreign:
            raise SweepError(
                f"The plan {self.path} is of account {', '.join(foreign)}, this run is of {', '.join(account_ids)}:"
                " nothing was changed."
            )

    def refuse_old(self, max_age_hours: int, now: datetime) -> None:
        """Raises SweepError if the report was written too long ago, or in the future."""
        if self.created_at is None:
            return
        age, written = now - self.created_at, f"{self.created_at:%Y-%m-%d %H:%M} UTC"
        if age > timedelta(hours=min(max_age_hours, 24 * timedelta.max.days)):
            raise SweepError(
                f"The plan {self.path} was written at {written}, {age // timedelta(hours=1)} hours ago, and"
                f" plan_max_age_hours is {max_age_hours}: {WRITE_AGAIN} and review it. Nothing was changed."
            )
        if age < -CLOCK_SKEW:
            raise SweepError(f"The plan {self.path} was written at {written}, in the future: check the clocks.")


def skipped_line(row: Row, why: str) -> Finding:
    """A line of a plan that comes to nothing, as a finding that says why."""
    partition = f"{row['arn']}::".split(":")[1] or "aws"
    finding = Finding(
        check=row["check"],
        resource_type=row["resource_type"],
        resource_id=row["resource_id"],
        arn=row["arn"],
        scope=Scope(row["account_id"], row["region"], partition),
        name=row["name"],
        reason=row["reason"],
        reason_code=str(row.get("reason_code")),
        action=row["action"],
        outcome=row.get("outcome"),
        age_days=row.get("age_days"),
        tags=row.get("tags") or {},
    )
    finding.skip(why)
    return finding


def key_of(row: Row) -> Key:
    """`Finding.key` of a line."""
    return (
        *(row["check"], row["account_id"], row["region"]),
        *(row["resource_type"], row["resource_id"], row["action"]),
    )


def place_of(row: Row) -> tuple[str, str, str, str]:
    """`Job.place` of a line."""
    return row["check"], row["account_id"], row["region"], row["resource_type"]


_TEXTS = ("check", "account_id", "region", "resource_type", "resource_id", "arn", "name", "reason", "action", "status")


def _rows(path: str, lines: Iterable[str], key: JournalKey | None) -> Iterator[Row]:
    first: Row | None = None
    for number, line in enumerate(lines, 1):
        where = f"Line {number} of the plan {path}"
        try:
            row = loads(line)
        except ValueError as error:
            raise SweepError(f"{where} is not JSON, it may be cut off: {WRITE_AGAIN}.") from error
        if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in ("check", "status")):
            raise SweepError(f"{where} is not a finding: give a findings.jsonl of a report.")
        head = _checked_seal(where, row, key)
        first = first or head
        if head != first:
            raise SweepError(f"{where} is of another report than line 1: give lines of one report only.")
        if not all(isinstance(row.get(name), str) for name in _TEXTS):
            raise SweepError(f"{where} is not a finding: give a findings.jsonl of a report.")
        yield row


def _checked_seal(where: str, row: Row, key: JournalKey | None) -> Row:
    """What is the same in all lines of one report. Raises SweepError for a line that no report of ours has written."""
    seal = row.get(SEAL)
    if not isinstance(seal, dict) or "schema_version" not in seal:
        raise SweepError(f"{where} has no checksum, so this version's report did not write it: {WRITE_AGAIN}.")
    if seal["schema_version"] != SCHEMA_VERSION:
        raise SweepError(
            f"{where} was written by another version of the collection (schema {seal['schema_version']!r}, here"
            f" {SCHEMA_VERSION}): {WRITE_AGAIN}."
        )
    head = {name: value for name, value in seal.items() if name not in ("checksum", SIGNATURE)}
    if seal.get("checksum") != _checksum(row, head) or not _is_moment(seal.get("created_at")):
        raise SweepError(f"{where} is not as the report wrote it: lines may be taken away, not altered or added.")
    refuse_unsigned(where, key, PLAN, _content(row, head), seal.get(SIGNATURE))
    return head


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
