# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the molecule scenarios, all of them or those named, on hosts of their own, each with an emulated account.

Usage: .venv/bin/python scripts/molecule_run.py [SCENARIO ...]

Installs from Debian what it lacks, and removes every host, account and file of its own again, also when it is ended.
Where no host can be started at all it says SKIPPED; whatever else goes wrong is a failure.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import molecule_hosts
from molecule_hosts import MoleculeError

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SCENARIOS = ROOT / "extensions" / "molecule"
LABEL = "sysops-aws-molecule"
# No credential, profile, proxy or endpoint of the caller's may send a test to a real account.
CALLERS_OWN = re.compile(r"^(?:AWS_|EC2_|ANSIBLE_|MOLECULE_)|^(?:https?|all)_proxy$", re.IGNORECASE)
# What molecule says of a step that it has no playbook for; it counts that as a success.
LEFT_OUT = re.compile(r"Missing playbook")
# How many hosts the inventory has: they share the machine's network, each with a port of its own.
HOSTS = 3
# A scenario waits for its hosts half of the time.
AT_ONCE = 2
# The account's start, in seconds.
PATIENCE = 60


@dataclass(frozen=True)
class Outcome:
    scenario: str
    passed: bool
    seconds: float


@dataclass(frozen=True)
class Given:
    """What a scenario works with: the run's name, its account's URL, its hosts' ports, host -> image, a folder."""

    run: str
    url: str
    ports: Sequence[int]
    images: Mapping[str, str]
    work: Path


def main(names: Sequence[str]) -> int:
    there = sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))
    unknown = [name for name in names if name not in there]
    if unknown:
        print(f"There is no scenario {unknown[0]!r}. There are: {', '.join(there)}.", file=sys.stderr)
        return 2
    reason = molecule_hosts.why_impossible()
    if reason:
        print(f"SKIPPED: no role was tested on hosts, make molecule can't run here: {reason}.", flush=True)
        return 0
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, lambda number, _frame: sys.exit(128 + number))
    try:
        outcomes = run_scenarios(names or there)
    except MoleculeError as error:
        print(f"\nFAILED before any scenario: {error}", file=sys.stderr)
        return 1
    print(closing_table(outcomes))
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def run_scenarios(names: Sequence[str]) -> list[Outcome]:
    """Each to its end, whatever becomes of the others. Raises MoleculeError."""
    os.environ["CONTAINERS_CONF"] = str(SCENARIOS / "containers.conf")
    molecule_hosts.install_programs()
    images = molecule_hosts.images(cache())
    run = f"{LABEL}-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix=LABEL) as work:
        try:
            ssh_key(Path(work))
            ports = iter(free_ports(HOSTS * len(names)))
            with ExitStack() as accounts:
                environments = {}
                for name in names:
                    url = accounts.enter_context(account(Path(work) / f"{name}.account"))
                    given = Given(run, url, list(itertools.islice(ports, HOSTS)), images, Path(work))
                    environments[name] = surroundings(os.environ, name, given)
                return Scenarios(len(names) > 1).run(environments)
        finally:
            remove_hosts(run)


def cache() -> Path:
    """Where the archives of the images are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / LABEL


def ssh_key(work: Path) -> None:
    """A key for the hosts' ssh servers, and what they are to let in."""
    quiet = ("-q", "-N", "", "-C", LABEL)
    molecule_hosts.run(("ssh-keygen", "-t", "ed25519", *quiet, "-f", str(work / "id")), "making a key for ssh")


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _socket in range(count)]
        for opened in sockets:
            opened.bind(("127.0.0.1", 0))
        return [opened.getsockname()[1] for opened in sockets]


@contextmanager
def account(work: Path) -> Iterator[str]:
    """The URL of an empty emulated account on 127.0.0.1, which ends with the context. Raises MoleculeError."""
    work.mkdir()
    ready, log = work / "url", work / "log"
    command = (sys.executable, "-m", "tests.emulator", "--scale", "none", "--ready-file", str(ready))
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
    ):
        try:
            yield _url(process, ready, log)
        finally:
            process.terminate()


def _url(process: subprocess.Popen[bytes], ready: Path, log: Path) -> str:
    waited_until = time.monotonic() + PATIENCE
    while not (ready.exists() and ready.read_text(encoding="utf-8")):
        if process.poll() is not None or time.monotonic() > waited_until:
            raise MoleculeError(f"The emulated account did not come up. It said:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.1)
    return ready.read_text(encoding="utf-8")


def surroundings(callers: Mapping[str, str], scenario: str, given: Given) -> dict[str, str]:
    """The environment of molecule: the caller's without what points to an account, and where everything is."""
    kept = {name: value for name, value in callers.items() if not CALLERS_OWN.match(name)}
    hosts = {f"SYSOPS_MOLECULE_IMAGE_{host.upper()}": image for host, image in given.images.items()}
    listening = {f"SYSOPS_MOLECULE_PORT_{n}": str(port) for n, port in enumerate(given.ports, start=1)}
    return kept | hosts | listening | {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible" / "collections"),
        "ANSIBLE_HOME": str(given.work / f"{scenario}.ansible"),
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": given.url,
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_COLOR": "1",
        "PATH": f"{BIN}{os.pathsep}{callers.get('PATH', os.defpath)}",
        "SYSOPS_MOLECULE_LABEL": f"{LABEL}={given.run}",
        "SYSOPS_MOLECULE_RUN": f"{given.run}-{scenario}",
        "SYSOPS_MOLECULE_WORK": str(given.work),
    }  # fmt: skip


class Scenarios:
    """`molecule test` of several scenarios, two at a time, with their output shown as it comes."""

    def __init__(self, named: bool) -> None:
        """`named`: each line of output begins with the scenario's name."""
        self.named = named
        self._processes: list[subprocess.Popen[str]] = []

    def run(self, environments: Mapping[str, Mapping[str, str]]) -> list[Outcome]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                return list(pool.map(self._run_one, environments, environments.values()))
            except BaseException:  # the user's or CI's patience is at an end
                pool.shutdown(wait=False, cancel_futures=True)
                for process in self._processes:
                    if process.poll() is None:
                        os.killpg(process.pid, signal.SIGKILL)
                raise

    def _run_one(self, name: str, environment: Mapping[str, str]) -> Outcome:
        """A step that molecule left out has failed."""
        print(f"\n==> molecule test -s {name}", flush=True)
        started = time.monotonic()
        left_out = []
        command = (str(BIN / "molecule"), "test", "--no-command-borders", "--scenario-name", name)
        with subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, text=True, errors="replace",
        ) as process:  # fmt: skip
            self._processes.append(process)
            for line in process.stdout or ():
                print(f"{name} | {line}" if self.named else line, end="", flush=True)
                left_out += LEFT_OUT.findall(line)
        return Outcome(name, process.returncode == 0 and not left_out, time.monotonic() - started)


def remove_hosts(run: str) -> None:
    """Whatever a scenario left, however it ended."""
    left = subprocess.run(
        ("podman", "ps", "--all", "--quiet", "--filter", f"label={LABEL}={run}"),
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    if left:
        subprocess.run(("podman", "rm", "--force", "--time", "0", *left), capture_output=True, check=False)


def closing_table(outcomes: Sequence[Outcome]) -> str:
    lines = ["", f"{'scenario':<34}{'result':<10}{'seconds':>8}", "-" * 52]
    lines += [f"{o.scenario:<34}{'passed' if o.passed else 'FAILED':<10}{o.seconds:>8.1f}" for o in outcomes]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
