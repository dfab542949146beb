# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a sweep is, for whoever watches: JSON lines in the file that the callback `sysops.aws.progress` names.

A thread looks at the sweep twice a second, so that the work itself knows nothing of being watched. What can't be told
is left untold: it decides nothing.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from .finding import CHANGED, FAILED, PLANNED
from .runner import Sweep

PATH_VARIABLE = "SYSOPS_AWS_PROGRESS"
INTERVAL_SECONDS = 0.5

FIND, ACT, DONE = "find", "act", "done"


@contextmanager
def watched(sweep: Sweep) -> Iterator[None]:
    """Tell of the sweep while it works, if anybody asked for it."""
    path = os.environ.get(PATH_VARIABLE)
    if not path:
        yield
        return
    stop = threading.Event()
    teller = threading.Thread(target=_tell, args=(sweep, path, stop), name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        stop.set()
        teller.join()


def _tell(sweep: Sweep, path: str, stop: threading.Event) -> None:
    with suppress(OSError):
        # whoever reads the file has made it: on another host there is nobody who would
        handle = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            _write(handle, sample(sweep))
            while not stop.wait(INTERVAL_SECONDS):
                _write(handle, sample(sweep))
            _write(handle, {**sample(sweep), "step": DONE})
        finally:
            os.close(handle)


def _write(handle: int, line: dict[str, Any]) -> None:
    # one write a line, so that sweeps that share a file don't tear each other's
    os.write(handle, json.dumps(line).encode() + b"\n")


def sample(sweep: Sweep) -> dict[str, Any]:
    """Where the sweep is now. A region is done when all is found in it and, while acting, nothing planned is left."""
    counts: Counter[str] = Counter()
    busy = set()
    for job in sweep.jobs:
        plan = Counter(finding.status for finding in list(job.planned))
        counts.update(plan)
        counts.update(job.settled.summary.counts)
        if not job.searched or (sweep.acting and plan[PLANNED]):
            busy.add(job.region.scope)
    return {
        "run": sweep.run_id,
        "at": time.time(),
        "step": ACT if sweep.acting else FIND,
        "regions": len(sweep.regions),
        "regions_done": len(sweep.regions) - len(busy),
        "examined": sum(job.examined for job in sweep.jobs),
        "found": counts.total(),
        "planned": counts[PLANNED],
        "changed": counts[CHANGED],
        "failed": counts[FAILED],
    }
