# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one run of a program cost: wall and processor time, and memory, by the operating system's own accounting."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """Seconds and MB. `peak_mb` is that of the largest single process; `cpu_seconds` are those of all of them."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    exit_code: int
    timed_out: bool = False


def measure(
    command: Sequence[str], environment: Mapping[str, str], where: Path, log: Path, timeout_seconds: float
) -> Measured:
    """Run it to its end, or kill it and all that it started when the time is up. What it prints goes to `log`."""
    # by a small process of its own: a peak begins at the size of the process that starts the program
    helper = [sys.executable, "-S", str(Path(__file__)), str(log), str(timeout_seconds), *command]
    done = subprocess.run(helper, cwd=where, env=dict(environment), stdout=subprocess.PIPE, text=True, check=True)
    return Measured(**json.loads(done.stdout))


def _measure(command: Sequence[str], log: Path, timeout_seconds: float) -> Measured:
    with log.open("wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(timeout_seconds, end)
        timer.start()
        # it counts the program and everything that the program has waited for itself
        _pid, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        wall = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        wall_seconds=round(wall, 2),
        cpu_seconds=round(usage.ru_utime + usage.ru_stime, 2),
        peak_mb=round(usage.ru_maxrss / 1024, 1),
        exit_code=process.returncode,
        timed_out=late.is_set(),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(sys.argv[3:], Path(sys.argv[1]), float(sys.argv[2])))))
