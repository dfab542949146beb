# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a journal is kept: a file on the controller, or a prefix in an S3 bucket."""

from __future__ import annotations

import fcntl
import json
import os
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import count
from typing import Protocol

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from .account import Account
from .errors import CallError, SweepError, words_of
from .private_files import make_directory, open_to_append, opened_to_read
from .signing import JOURNAL, SIGNATURE, JournalKey

S3 = "s3://"
SUFFIX = ".jsonl"
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/|$)")


class Store(Protocol):
    """A place that keeps lines. What was appended is safe once `append` returns from a call with `sync`.

    Any thread may call it; both methods raise OSError or CallError.
    """

    @property
    def place(self) -> str: ...

    def append(self, text: str, sync: bool) -> None: ...

    def read(self) -> str: ...


class FileStore:
    """A file on the controller, which nobody but its owner reads or writes. What was appended is on the disk when
    `append` returns."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._path = os.path.expanduser(place)

    def open(self) -> None:
        """Find out whether it can be written, before anything depends on it. Raises OSError."""
        make_directory(os.path.dirname(self._path))
        os.close(open_to_append(self._path))

    def append(self, text: str, sync: bool) -> None:
        handle = open_to_append(self._path)
        try:
            # threads and runs that share a journal take turns; where a file can't be locked, one write does not tear
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
            data = (b"\n" if _torn(handle) else b"") + text.encode()
            while data:
                data = data[os.write(handle, data) :]
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)

    def read(self) -> str:
        with opened_to_read(self._path) as file:
            return file.read()


def _torn(handle: int) -> bool:
    """Whether a run died in the middle of its last line: that must not spoil the next one."""
    size = os.fstat(handle).st_size
    return bool(size) and os.pread(handle, 1, size - 1) != b"\n"


class BucketStore:
    """An S3 prefix. S3 can't append: each sync adds an object of its own, named so that they sort by time.

    `owner` is the account that the bucket must belong to, else the session's own: a bucket's name that was given up is
    anyone's, and S3 refuses another owner (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html).
    """

    def __init__(self, place: str, account: Account, owner: str | None = None) -> None:
        self.place = place
        self._owner = owner or account.id
        self._client = account.client("s3", account.home_region)
        self._secrets = account.secrets
        self._bucket, _slash, self._prefix = place[len(S3) :].partition("/")
        # `journal` must not read what belongs to `journal-of-others`
        self._folder = self._prefix if not self._prefix or self._prefix.endswith("/") else f"{self._prefix}/"
        self._run = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}"
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._waiting = ""

    def append(self, text: str, sync: bool) -> None:
        with self._lock:
            self._waiting += text
            body, number = (self._waiting, next(self._numbers)) if sync else ("", 0)
            self._waiting = "" if sync else self._waiting
        if body:
            self._put(body, number)

    def _put(self, body: str, number: int) -> None:
        key = f"{self._folder}{self._run}/{number:06d}{SUFFIX}"
        try:
            self._client.put_object(
                Key=key, Body=body.encode(), ContentType="application/jsonl", **self._bucket_of_owner()
            )
        except (ClientError, BotoCoreError) as error:
            with self._lock:
                self._waiting = body + self._waiting
            raise self._failed("PutObject", error) from error

    def read(self) -> str:
        prefix = self._prefix if self._prefix.endswith(SUFFIX) else self._folder
        try:
            bucket = self._bucket_of_owner()
            pages = self._client.get_paginator("list_objects_v2").paginate(Prefix=prefix, **bucket)
            keys = sorted(item["Key"] for page in pages for item in page.get("Contents", []))
            bodies = [self._client.get_object(Key=key, **bucket)["Body"] for key in keys]
            return "".join(body.read().decode() for body in bodies)
        except (ClientError, BotoCoreError) as error:
            raise self._failed("GetObject", error) from error

    def _bucket_of_owner(self) -> dict[str, str]:
        return {"Bucket": self._bucket, "ExpectedBucketOwner": self._owner}

    def _failed(self, operation: str, error: ClientError | BotoCoreError) -> CallError:
        failed = CallError.of("s3", operation, error, self._secrets)
        # S3 says no more than this of a bucket that belongs to somebody else
        if failed.code == "AccessDenied":
            failed.message += (
                f" (expected a bucket of account {self._owner}; where another account keeps the journal, set"
                " journal_bucket_owner)"
            )
        return failed


@dataclass
class SignedStore:
    """A place whose lines are signed with the operator's key."""

    store: Store
    key: JournalKey

    @property
    def place(self) -> str:
        return self.store.place

    def append(self, text: str, sync: bool) -> None:
        self.store.append("".join(self._signed(line) for line in text.splitlines()), sync)

    def read(self) -> str:
        return self.store.read()

    def _signed(self, line: str) -> str:
        row = json.loads(line)
        return json.dumps({**row, SIGNATURE: self.key.sign(JOURNAL, row)}) + "\n"


def open_store(
    place: str, account: Callable[[], Account], owner: str | None = None, key: JournalKey | None = None
) -> Store:
    """A file's path, or `s3://bucket/prefix`, which is reached with the account's credentials and belongs to `owner`,
    or to that account. With a key its lines are signed."""
    store: Store = BucketStore(place, account(), owner) if place.startswith(S3) else FileStore(place)
    return SignedStore(store, key) if key else store


def refuse_no_place(place: str) -> None:
    """Raises SweepError for an address that names no bucket; taken for a path, `S3://bucket` would be a directory."""
    if URL.match(place) and not BUCKET.match(place):
        raise SweepError(f"The journal {place} names no bucket: write s3://bucket/prefix.")


def refuse_unwritable(places: Sequence[str]) -> None:
    """Raises SweepError for the first file that can't be written. A bucket is asked when it is used."""
    for place in places:
        refuse_no_place(place)
        if not place.startswith(S3):
            try:
                FileStore(place).open()
            except (OSError, ValueError) as error:
                raise SweepError(f"The journal {place} can't be written: {words_of(error)}.") from error
