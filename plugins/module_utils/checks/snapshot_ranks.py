# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which snapshots of a volume are the newest: in a sweep and on a re-read the same question to the same set."""

from __future__ import annotations

import pickle
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from heapq import heappush, heapreplace

from ..sweep.region import Resource

IN_MEMORY_BYTES = 1024 * 1024
# a copy, or what was written by the direct APIs: AWS names an arbitrary volume, which is to be used for nothing
# (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html)
NO_VOLUME = re.compile(r"vol-f+")
COPIED = "[Copied snap-"
NEVER = datetime.min.replace(tzinfo=timezone.utc)

Age = tuple[datetime, str]


def volume_of(snapshot: Resource) -> str:
    """The volume that a snapshot was taken of; empty where AWS does not tell it."""
    volume = str(snapshot.get("VolumeId") or "")
    is_copy = NO_VOLUME.fullmatch(volume) or snapshot.get("Description", "").startswith(COPIED)
    return "" if is_copy else volume


def _age(snapshot: Resource) -> Age:
    return snapshot.get("StartTime") or NEVER, snapshot["SnapshotId"]


class Ranks:
    """Of each volume, how many snapshots could be restored from, and the `keep` newest of them."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._counts: dict[str, int] = {}
        self._newest: dict[str, list[Age]] = {}

    def add(self, snapshot: Resource) -> None:
        volume = volume_of(snapshot)
        if not volume or snapshot.get("State") != "completed":
            return
        self._counts[volume] = self._counts.get(volume, 0) + 1
        if not self._keep:
            return
        newest, age = self._newest.setdefault(volume, []), _age(snapshot)
        if len(newest) < self._keep:
            heappush(newest, age)
        elif age > newest[0]:
            heapreplace(newest, age)

    def place(self, snapshot: Resource) -> Resource:
        """The snapshot with `Newer`, how many of its volume's snapshots are newer (`keep`: that many or more), and
        `Only`, whether its volume has no other. Both are None where no volume is named, or where nothing could be
        restored from this snapshot."""
        volume = volume_of(snapshot)
        if not volume or snapshot.get("State") != "completed":
            return {**snapshot, "Newer": None, "Only": None}
        newer = sum(age > _age(snapshot) for age in self._newest.get(volume, ()))
        return {**snapshot, "Newer": newer, "Only": self._counts.get(volume) == 1}


def ranked(snapshots: Iterable[Resource], keep: int) -> list[Resource]:
    """Snapshots with their places, all others of the same volumes among them."""
    ranks, rows = Ranks(keep), list(snapshots)
    for snapshot in rows:
        ranks.add(snapshot)
    return [ranks.place(snapshot) for snapshot in rows]


def ranked_pages(pages: Iterable[list[Resource]], keep: int) -> Iterator[list[Resource]]:
    """All pages with their places. That takes the last page: until then they wait on disk, and memory stays flat."""
    ranks, waiting = Ranks(keep), 0
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as spool:
        for page in pages:
            for snapshot in page:
                ranks.add(snapshot)
            pickle.dump(page, spool)
            waiting += 1
        spool.seek(0)
        for _page in range(waiting):
            # written above, into a file without a name
            yield [ranks.place(snapshot) for snapshot in pickle.load(spool)]  # noqa: S301
