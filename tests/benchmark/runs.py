# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One program, once, on a fresh account: what it cost, what it called, and what became of the account."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from ..emulator import Emulator
from .contenders import ROOT, Contender
from .measure import Measured, measure
from .minimum import ACCOUNT, State, minimum

OURS = "sysops.aws"
TIMEOUT_SECONDS = 3600.0
REPORT = Path("report", "findings.jsonl")
#: by type, what a run may change besides deleting
SETTINGS = {"logs:log-group": "retention_in_days", "ec2:instance": "monitoring"}
#: what one call changes for many of a region
BATCHED = ("ec2:instance",)
CHECKED = ("ec2:volume", "ec2:snapshot", *SETTINGS)

FOREIGN = ("AWS_", "ANSIBLE_", "EC2_", "SYSOPS_")

Key = tuple[str, str, str, str]
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """`over_minimum` are calls beyond those that the job takes; `missed` resources should have been changed and were
    not, `harmed` ones should not have been and were. None: not known, or nothing was to be changed."""

    contender: str
    scale: str
    mode: str
    measured: Measured
    calls: int = 0
    calls_by_operation: Mapping[str, int] = field(default_factory=dict)
    over_minimum: int | None = None
    missed: int | None = None
    harmed: int | None = None
    runs: int = 1

    def to_dict(self) -> Json:
        row = asdict(self)
        return {**row.pop("measured"), **row}


def median_of(runs: list[Run]) -> Run:
    """The middle one of each figure that differs between runs."""
    first = runs[0]
    figures = {
        name: round(median(getattr(run.measured, name) for run in runs), 2)
        for name in ("wall_seconds", "cpu_seconds", "peak_mb")
    }
    worst = max((run.measured for run in runs), key=lambda measured: abs(measured.exit_code))
    return replace(first, measured=replace(worst, **figures), runs=len(runs))


def run_once(
    emulator: Emulator,
    contender: Contender,
    scale: str,
    mode: str,
    latency_ms: float,
    prepare: Callable[[Emulator], None] = lambda emulator: None,
) -> Run:
    """On an account that is built anew. `prepare` may put faults in force."""
    emulator.reset(scale)
    before = emulator.state()
    prepare(emulator)
    emulator.front.latency_ms = latency_ms
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory)
        measured = measure(contender.command(mode, out), environment(emulator, out), ROOT, out / "log", TIMEOUT_SECONDS)
        _show_failure(contender, scale, mode, measured, out / "log")
        calls = by_operation(emulator)
        least = _least(contender, emulator, before, mode, out / REPORT)
    emulator.front.latency_ms = 0
    emulator.faults.clear()
    run = Run(contender.name, scale, mode, measured, calls.total(), dict(sorted(calls.items())))
    run = replace(run, over_minimum=calls.total() - least if least is not None else None)
    return _with_outcome(run, contender, emulator, before) if mode == "enforce" else run


def environment(emulator: Emulator, out: Path) -> dict[str, str]:
    """Ours, without what would lead elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return kept | emulator.environment() | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_HOME": str(out / "home"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }  # fmt: skip


def by_operation(emulator: Emulator) -> Counter[str]:
    calls: Counter[str] = Counter()
    for (_account, _region, _service, operation), count in emulator.calls.items():
        calls[operation] += count
    return calls


def _least(contender: Contender, emulator: Emulator, before: State, mode: str, report: Path) -> int | None:
    """The fewest calls that the job takes: with the guards' own, which our report tells of; of others, whose guards
    are not known, the pages of the lists and a call for each change."""
    if contender.name != OURS:
        return minimum(before, (), enforce=False).total() + calls_for(altered(before, emulator.state()))
    if not report.exists():
        return None
    with report.open(encoding="utf-8") as lines:
        findings = (json.loads(line) for line in lines)
        # a plan over the limit is not asked about in full
        return minimum(before, findings, mode == "enforce", full=mode != "report" or not _over_limit(report)).total()


def calls_for(changed: set[Key]) -> int:
    """How many calls these changes take: one each, or one a region where the API takes many resources."""
    return len({(*where, kind, "" if kind in BATCHED else name) for *where, kind, name in changed})


def _over_limit(report: Path) -> bool:
    summary = json.loads(report.with_name("summary.json").read_text(encoding="utf-8"))
    return any("Not asked of so large a plan" in notice for notice in summary["notices"])


def _with_outcome(run: Run, contender: Contender, emulator: Emulator, before: State) -> Run:
    wanted = {
        (row["account_id"], row["region"], row["resource_type"], row["resource_id"])
        for row in emulator.manifest
        if row["status"] == "planned" and row["resource_type"] in CHECKED and row["account_id"] == ACCOUNT
    }
    wanted = {key for key in wanted if key[2] not in contender.lacks}
    changed = altered(before, emulator.state())
    return replace(run, missed=len(wanted - changed), harmed=len(changed - wanted))


def altered(before: State, after: State) -> set[Key]:
    """What is gone, or set otherwise."""
    found = set()
    for key, row in before.items():
        if key[2] not in CHECKED:
            continue
        setting = SETTINGS.get(key[2])
        if key not in after or (setting and row[setting] != after[key][setting]):
            found.add(key)
    return found


def _show_failure(contender: Contender, scale: str, mode: str, measured: Measured, log: Path) -> None:
    if measured.exit_code:
        end = log.read_text(encoding="utf-8", errors="replace")[-1500:]
        print(f"{contender.name} {scale} {mode} ended with {measured.exit_code}; the end of what it said:\n{end}")
