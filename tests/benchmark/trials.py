# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What else is promised: calm under throttles and faults, memory that doesn't grow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..emulator import Emulator
from ..emulator.faults import EC2_CHANGES, EC2_READS, READS
from .contenders import CONTENDERS
from .runs import OURS, Run, run_once

MANY = 500_000


@dataclass(frozen=True)
class Trial:
    """`limits` are what must hold, in words, each with whether it did."""

    name: str
    run: Run
    limits: dict[str, bool]
    facts: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "limits": self.limits, **self.facts, **self.run.to_dict()}


def throttled(emulator: Emulator, latency_ms: float) -> Trial:
    """M with a fifth of it in one region, enforced where EC2's token buckets are kept."""
    free = _ours(emulator, "M-uneven", latency_ms, lambda emulator: None)
    # what is called when nothing is refused is what the buckets have to grant
    allowed = max(bucket_seconds(emulator.calls), free.measured.wall_seconds)
    run = _ours(emulator, "M-uneven", latency_ms, lambda emulator: emulator.faults.throttle_as_ec2())
    ratio = run.measured.wall_seconds / allowed
    limits = {**_calm(run), "within 1.3 times of what the token buckets allow": ratio <= 1.3}
    facts = {"allowed_seconds": allowed, "unthrottled_seconds": free.measured.wall_seconds, "ratio": ratio}
    return Trial("throttled as EC2 does", run, limits, {name: round(value, 2) for name, value in facts.items()})


def faulty(emulator: Emulator, latency_ms: float) -> Trial:
    """M, enforced where 2 % of the calls end in a 500 and 1 % in a reset."""

    def prepare(emulator: Emulator) -> None:
        emulator.faults.add("server_error", share=0.02)
        emulator.faults.add("reset", share=0.005)
        emulator.faults.add("lost", share=0.005)

    run = _ours(emulator, "M", latency_ms, prepare)
    return Trial("2 % of 500s, 1 % of resets", run, _calm(run), {})


def many_snapshots(emulator: Emulator, latency_ms: float) -> Trial:
    """Half a million snapshots in one region, in report mode."""
    run = run_once(emulator, CONTENDERS[OURS], f"snapshots-{MANY}", "report", latency_ms)
    flat = run.measured.peak_mb < 400
    return Trial(f"{MANY:,} snapshots in one region", run, {"a peak under 400 MB": flat, **_ended_well(run)}, {})


TRIALS: dict[str, Callable[[Emulator, float], Trial]] = {
    "throttled": throttled,
    "faults": faulty,
    "memory": many_snapshots,
}


def bucket_seconds(calls: Counter[tuple[str, str, str, str]]) -> float:
    """How long the fullest bucket takes to grant these calls: by (account, region, service, operation)."""
    used: Counter[tuple[str, str, bool]] = Counter()
    for (_account, region, service, operation), count in calls.items():
        used[region, service, operation.startswith(READS)] += count
    waits = []
    for (_region, _service, reads), count in used.items():
        burst, rate = EC2_READS if reads else EC2_CHANGES
        waits.append((count - burst) / rate)
    return max(0.0, *waits)


def _ours(emulator: Emulator, scale: str, latency_ms: float, prepare: Callable[[Emulator], None]) -> Run:
    return run_once(emulator, CONTENDERS[OURS], scale, "enforce", latency_ms, prepare)


def _calm(run: Run) -> dict[str, bool]:
    return {"nothing missed": run.missed == 0, "nothing harmed": run.harmed == 0, **_ended_well(run)}


def _ended_well(run: Run) -> dict[str, bool]:
    return {"no failure": run.measured.exit_code == 0}
