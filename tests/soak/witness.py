# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes down, at the account's door, who read, used and deleted what, and when."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from tests.emulator.wire import Call, Environ, parse_call

READ, SEEN, DELETED, USED, UNUSED = "read", "seen", "deleted", "used", "unused"
#: by operation: the parameter with the resource's id, whether it begins or ends a use, and the name of that use
USES = {
    "AttachVolume": ("VolumeId", USED, "attached"),
    "DetachVolume": ("VolumeId", UNUSED, "attached"),
    "CreateTags": ("ResourceId.1", USED, "tagged"),
    "DeleteTags": ("ResourceId.1", UNUSED, "tagged"),
    "RegisterImage": ("BlockDeviceMapping.1.Ebs.SnapshotId", USED, "image"),
}
DELETIONS = {"DeleteVolume": "VolumeId", "DeleteSnapshot": "SnapshotId"}


@dataclass
class Witness:
    """A WSGI application before another one. `events` are, by resource, (when, what, use) in order of arrival.

    A use counts from when it was answered until its end was asked for. A read lasts from when it was asked for (`read`)
    until it was answered (`seen`): what begins or ends meanwhile may be seen either way.
    """

    app: Callable[..., Iterable[bytes]]
    events: dict[str, list[tuple[float, str, str]]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        call = parse_call(environ, body, "")
        arrived = time.monotonic()
        statuses: list[str] = []

        def note(status: str, *rest: Any) -> Any:
            statuses.append(status)
            return start_response(status, *rest)

        answer = list(self.app(environ, note))
        if statuses and statuses[0].startswith("200"):
            with self.lock:
                for name, event in _events(call, arrived, time.monotonic()):
                    self.events[name].append(event)
        return answer

    def wrongs(self) -> list[str]:
        """Every deletion that breaks a promise, in words."""
        return [wrong for name, events in self.events.items() for wrong in _wrongs(name, sorted(events))]

    def count(self, what: str) -> int:
        return sum(event[1] == what for events in self.events.values() for event in events)


def _events(call: Call, arrived: float, answered: float) -> Iterator[tuple[str, tuple[float, str, str]]]:
    if parameter := DELETIONS.get(call.operation):
        yield call.text(parameter), (answered, DELETED, "")
    elif call.operation in USES:
        parameter, what, use = USES[call.operation]
        yield call.text(parameter), (answered if what == USED else arrived, what, use)
    else:
        for name, values in call.filters():
            if name in ("volume-id", "snapshot-id"):
                for one in values:
                    yield one, (arrived, READ, "")
                    yield one, (answered, SEEN, "")


def _wrongs(name: str, events: list[tuple[float, str, str]]) -> Iterator[str]:
    """A deleted resource must have been read again before, and not have been in use when it was; nor may it have been
    attached, or behind an image, when it was deleted: that is AWS's own refusal."""
    uses: set[str] = set()
    seen: set[str] | None = None
    reading = False
    for when, what, use in events:
        if what == USED:
            uses.add(use)
        elif what == UNUSED:
            uses.discard(use)
            if reading and seen:
                seen.discard(use)
        elif what == READ:
            seen, reading = set(uses), True
        elif what == SEEN:
            reading = False
        elif seen is None:
            yield f"{name} was deleted at {when:.3f} without having been read again: {events}"
        elif seen or uses - {"tagged"}:
            told = f"{sorted(seen)} when it was read again, {sorted(uses)} at the end"
            yield f"{name} was deleted at {when:.3f}: {told}: {events}"
