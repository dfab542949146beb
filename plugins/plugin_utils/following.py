# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module appends to a file, line by line, while it is at work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

LOOK_SECONDS = 0.2


class Follower(threading.Thread):
    """Gives whole lines to `take` as they come, some at a time and without their ends, until `finish`."""

    def __init__(self, path: Path, take: Callable[[Sequence[str]], None]) -> None:
        super().__init__(name="follower", daemon=True)
        self._path = path
        self._take = take
        self._over = threading.Event()

    def run(self) -> None:
        with suppress(OSError), self._path.open(encoding="utf-8") as file:
            unfinished = ""
            going_on = True
            while going_on:
                going_on = not self._over.wait(LOOK_SECONDS)
                *lines, unfinished = (unfinished + file.read()).split("\n")
                if lines:
                    self._take(lines)

    def finish(self) -> None:
        """What has been written by now is taken before it returns."""
        self._over.set()
        self.join()
