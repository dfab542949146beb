# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of `make molecule` are made of: Debian's podman, and an image of each Debian with systemd as PID 1.

The images are built from the packages of the machine's own Debian mirror and kept as archives in the user's cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Program -> Debian package.
PROGRAMS = {
    "dpkg-deb": "dpkg",
    "gpg": "gnupg",
    "mmdebstrap": "mmdebstrap",
    "nsenter": "util-linux",
    "podman": "podman",
    "runc": "runc",
    "ssh-keygen": "openssh-client",
}
# Host -> the suite of Debian in its image.
SUITES = {"debian12": "bookworm", "debian13": "trixie"}
# python3-apt is for ansible.builtin.apt; ps and service are what a server has and the smallest Debian lacks.
PACKAGES = (
    "dbus", "init-system-helpers", "openssh-server", "procps", "python3", "python3-apt", "systemd", "systemd-sysv",
)  # fmt: skip
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")
# The mirror stays out of the image: a host that could install by itself would hide what a role lacks.
NO_MIRROR = "rm -rf $1/etc/apt/sources.list $1/etc/apt/sources.list.d $1/etc/apt/apt.conf.d/99mmdebstrap"
# What of the machine's own apt settings an image is built with: how the mirror is reached.
APT_SETTINGS = ("Acquire::http::Proxy", "Acquire::https::Proxy", "Acquire::Check-", "Acquire::Retries")


class MoleculeError(Exception):
    """Something that `make molecule` needs went wrong: one sentence and, below it, what the program said."""


def why_impossible() -> str:
    """Why no host can be started on this machine at all; empty where one can."""
    if os.geteuid() != 0:
        return "it needs root, for podman with systemd in its containers"
    if shutil.which("apt-get") is None:
        return "it needs Debian's apt-get, for podman and for the hosts' images"
    if not Path("/proc/cgroups").exists() or not os.path.ismount("/sys/fs/cgroup"):
        return "it needs control groups mounted at /sys/fs/cgroup"
    return ""


def run(command: Sequence[str], purpose: str, environment: dict[str, str] | None = None) -> str:
    """The program's output. Raises MoleculeError, which names the purpose and ends with what the program said."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    if done.returncode:
        raise MoleculeError(f"{purpose} failed ({command[0]} ended with {done.returncode}):\n{done.stderr[-3000:]}")
    return done.stdout


def install_programs() -> None:
    """Install from Debian what is missing. Raises MoleculeError."""
    missing = sorted({package for program, package in PROGRAMS.items() if shutil.which(program) is None})
    if not missing:
        return
    print(f"==> installing {', '.join(missing)}", flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], "reading the package lists", quiet)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], f"installing {missing}", quiet)


def images(cache: Path) -> dict[str, str]:
    """Host -> its image, built and imported if there is none. Raises MoleculeError."""
    with ThreadPoolExecutor(len(SUITES)) as pool:
        return dict(zip(SUITES, pool.map(lambda host: _image(host, cache), SUITES), strict=True))


def _image(host: str, cache: Path) -> str:
    name = f"localhost/sysops-aws-molecule-{host}:{recipe(SUITES[host])}"
    if subprocess.run(["podman", "image", "exists", name], capture_output=True, check=False).returncode == 0:
        return name
    archive = cache / f"{host}-{recipe(SUITES[host])}.tar"
    if not archive.exists():
        print(f"==> building the image of {host}", flush=True)
        _build(SUITES[host], archive)
    run(["podman", "import", "--quiet", str(archive), name], f"importing the image of {host}")
    return name


def recipe(suite: str) -> str:
    """A short name for what an image is made from: another recipe makes another image."""
    return hashlib.sha256(json.dumps([suite, PACKAGES, LEFT_OUT, NO_MIRROR]).encode()).hexdigest()[:12]


def _build(suite: str, archive: Path) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(f"{os.getpid()}-{archive.name}")
    sources = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(RELEASE)"], "reading apt's sources")
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    command.append(f"--customize-hook={NO_MIRROR}")
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    command += [f"--aptopt={line}" for line in kept_settings(run(["apt-config", "dump"], "reading apt's settings"))]
    try:
        run([*command, suite, str(unfinished), mirror(sources)], f"building an image of Debian {suite}")
        unfinished.rename(archive)
    finally:
        unfinished.unlink(missing_ok=True)


def mirror(index_targets: str) -> str:
    """The machine's Debian mirror, from lines `URI ORIGIN SUITE`. Raises MoleculeError where there is none."""
    for line in sorted(set(index_targets.splitlines())):
        uri, _space, rest = line.partition(" ")
        origin, _space, suite = rest.rpartition(" ")
        if origin == "Debian" and not suite.endswith(("-security", "-updates", "-backports")):
            return uri
    raise MoleculeError("apt's sources name no Debian mirror, which the images of the hosts are built from.")


def kept_settings(dumped: str) -> Iterable[str]:
    """The lines of `apt-config dump` that say how a mirror is reached."""
    return [line for line in dumped.splitlines() if line.startswith(APT_SETTINGS) and '""' not in line]
