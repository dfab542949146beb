# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark: `python -m tests.benchmark --scales S M --peers c7n`, from the repository root. `make bench` installs
the peers and calls it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..emulator import Emulator
from .contenders import CONTENDERS, ROOT, Contender
from .results import Results
from .runs import OURS, Run, median_of, run_once
from .table import Skipped, trials_table
from .trials import TRIALS, Trial

# the second one is what this collection does besides, when the limit is raised: ask about single snapshots
MODES = ("report", "full report", "enforce")
SCALES = {"S": MODES, "M": MODES, "L": ("report",)}
PEERS = [name for name in CONTENDERS if name != OURS]


def main() -> int:
    """0 where everything that is promised held."""
    options = _options()
    runs: list[Run] = []
    skipped: list[Skipped] = []
    trials: list[Trial] = []
    with Emulator("none") as emulator:
        for scale in options.scales:
            for mode, contender in _pairs(scale, options.peers):
                if why := _why_not(contender, scale, mode):
                    skipped.append((scale, mode, contender.name, why))
                    print(f"{scale} {mode}, {contender.name}: {why}", flush=True)
                    continue
                runs.append(_run(emulator, contender, scale, mode, options))
        for name in options.trials:
            trials.append(TRIALS[name](emulator, options.latency_ms))
            print(trials_table(trials[-1:]), flush=True)
    results = Results(runs, skipped, trials, options.latency_ms)
    print(f"\n{results.tables()}")
    results.write(options.json, options.svg, options.markdown)
    ours = [run for run in runs if run.contender == OURS]
    held = all(all(trial.limits.values()) for trial in trials)
    return 0 if held and not any(run.missed or run.harmed or run.measured.exit_code for run in ours) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--scales", nargs="*", default=list(SCALES), choices=list(SCALES))
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS)
    parser.add_argument("--trials", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    parser.add_argument("--runs", type=int, default=3, help="of this collection, of which the median counts")
    parser.add_argument("--latency-ms", type=float, default=60)
    parser.add_argument("--json", type=Path, help="write the results here")
    parser.add_argument("--svg", type=Path, help="write a chart here")
    parser.add_argument("--markdown", type=Path, help="write the tables here")
    return parser.parse_args()


def _pairs(scale: str, peers: Sequence[str]) -> Iterator[tuple[str, Contender]]:
    for mode in SCALES[scale]:
        for name in (OURS, *peers):
            if name == OURS or mode != "full report":
                yield mode, CONTENDERS[name]


def _why_not(contender: Contender, scale: str, mode: str) -> str | None:
    if not contender.needs.exists():
        return f"skipped: there is no {contender.needs.relative_to(ROOT)}"
    return contender.skips.get((scale, mode))


def _run(emulator: Emulator, contender: Contender, scale: str, mode: str, options: argparse.Namespace) -> Run:
    times = options.runs if contender.name == OURS else 1
    some = []
    for _number in range(times):
        some.append(run_once(emulator, contender, scale, mode, options.latency_ms))
        print(f"{scale} {mode}, {contender.name}: {some[-1].measured.wall_seconds:.1f} s", flush=True)
    return median_of(some)


if __name__ == "__main__":
    sys.exit(main())
