# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""More snapshots than fit into memory as moto's objects: each is made when it is asked for, the same each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .site import Site

PREFIX = "snap-"


class ManySnapshots(Mapping[str, Any]):
    """`count` old snapshots of an account by id, in place of moto's dict of them. They can be read, not deleted."""

    def __init__(self, site: Site, count: int) -> None:
        self._ec2 = site.ec2
        self._count = count
        self._start_time = site.ago(60)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return (_id(number) for number in range(self._count))

    def __getitem__(self, snapshot_id: str) -> Any:
        number = _number(snapshot_id)
        if not 0 <= number < self._count or snapshot_id != _id(number):
            raise KeyError(snapshot_id)
        return self._make(number)

    def after(self, snapshot_id: str, count: int) -> list[Any]:
        """The next `count` ones after an id, or the first ones after ""."""
        start = _number(snapshot_id) + 1
        return [self._make(number) for number in range(start, min(start + count, self._count))]

    def _make(self, number: int) -> Any:
        from moto.ec2.models.elastic_block_store import Snapshot, Volume

        source = Volume(self._ec2, f"vol-{number:017x}", 8 + number % 93, None)
        snapshot = Snapshot(self._ec2, _id(number), source, "", owner_id=self._ec2.account_id)
        snapshot.start_time = self._start_time
        return snapshot


def _id(number: int) -> str:
    return f"{PREFIX}{number:017x}"


def _number(snapshot_id: str) -> int:
    try:
        return int(snapshot_id.removeprefix(PREFIX), 16) if snapshot_id else -1
    except ValueError:
        return -1


def build_many_snapshots(site: Site, count: int) -> None:
    """They are old enough to go, and not in the manifest, which would not fit into memory either."""
    site.ec2.snapshots = ManySnapshots(site, count)
