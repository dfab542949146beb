# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is compared: this collection, Cloud Custodian, and a playbook over amazon.aws modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
BIN = ROOT / ".venv" / "bin"
PEER_BIN = ROOT / ".venv-bench" / "bin"

Command = Callable[[str, Path], list[str]]
NO_MODULE = "no module of amazon.aws does it"


@dataclass(frozen=True)
class Contender:
    """`command` makes a command line of a mode (report or enforce) and an empty directory. `skips` says why it isn't
    run at a scale and mode, `lacks` which kinds of resource it can't act on."""

    name: str
    command: Command
    skips: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    needs: Path = BIN / "ansible-playbook"


def _ours(mode: str, out: Path) -> list[str]:
    variables = {"mode": mode, "report_dir": str(out / "report")}
    if mode != "report":
        # what is within the limit is asked about one by one, where AWS has no list: a full report, or enforcement
        variables |= {"mode": mode.removeprefix("full "), "max_actions": "1000000"}
    options = [word for name, value in variables.items() for word in ("-e", f"cost_hygiene_{name}={value}")]
    return [str(BIN / "ansible-playbook"), "playbooks/cost_hygiene.yml", *options]


def _custodian(mode: str, out: Path) -> list[str]:
    dry = ["--dryrun"] if mode == "report" else []
    # without --cache-period 0 a run would be answered by what an earlier one has read
    return [str(PEER_BIN / "custodian"), "run", *dry, "--region", "all", "--cache-period", "0", "-s", str(out),
            str(HERE / "c7n.yml")]  # fmt: skip


def _amazon_aws(mode: str, out: Path) -> list[str]:
    return [str(BIN / "ansible-playbook"), str(HERE / "amazon_aws.yml"), "-e", f"mode={mode}"]


def _hours(what: str) -> str:
    return f"skipped: it would take an hour or more ({what})"


CONTENDERS = {
    one.name: one
    for one in (
        Contender("sysops.aws", _ours),
        Contender("c7n", _custodian, needs=PEER_BIN / "custodian"),
        Contender(
            "amazon.aws",
            _amazon_aws,
            skips={
                ("M", "enforce"): _hours("an Ansible task for each of some 2,300 changes, at over a second each"),
                ("L", "report"): _hours("its templates are evaluated over every one of 50,000 resources"),
                ("L", "enforce"): _hours("an Ansible task for each of some 23,000 changes, at over a second each"),
            },
            lacks=frozenset({"ec2:instance"}),
        ),
    )
}
