# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller remembers of packages that it has verified, so that a fleet costs one download."""

from __future__ import annotations

import fcntl
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from ..sweep.errors import SweepError, words_of


def remembered(directory: str, identity: str, fingerprint: str, find_out: Callable[[], str]) -> str:
    """The SHA-256 of the bytes over which a signature is a good one: a fact that no time changes.

    The first of several processes that ask finds it out, the others wait for it. Raises SweepError.
    """
    path = (
        Path(directory).expanduser()
        / "cloudwatch_agent"
        / hashlib.sha256(f"{identity} {fingerprint}".encode()).hexdigest()
    )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a+", encoding="ascii") as record:
            path.chmod(0o600)
            fcntl.flock(record, fcntl.LOCK_EX)
            record.seek(0)
            known = record.read()
            if not re.fullmatch(r"[0-9a-f]{64}", known):
                known = find_out()
                record.truncate(0)
                record.write(known)
            return known
    except OSError as error:
        raise SweepError(f"cloudwatch_agent_cache_dir {directory!r} can't be used: {words_of(error)}.") from error
