# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds Debian packages: the stand-in's, or a copy of a real one under another version."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = Path("opt/aws/amazon-cloudwatch-agent")
VERSION_FILE = HOME / "bin" / "CWAGENT_VERSION"
CONTROL = """Package: amazon-cloudwatch-agent
Version: {version}-1
Architecture: {architecture}
Section: admin
Priority: optional
Maintainer: Contributors to the sysops.aws collection <noreply@example.com>
Depends: python3 (>= 3.11)
Description: A stand-in for the Amazon CloudWatch Agent
 For tests alone: it has the agent's command line and collects nothing.
"""
# -B: what Python would leave beside its files, the package's removal would not find.
INTERPRETER = "#!/usr/bin/python3 -B"
INSTALLED = {
    "ctl.py": "bin/amazon-cloudwatch-agent-ctl",
    "start.py": "bin/start-amazon-cloudwatch-agent",
    "configuration.py": "bin/configuration.py",
}


def architecture() -> str:
    """This machine's, as Debian names it: amd64, arm64."""
    return _output("dpkg", "--print-architecture")


def build_stand_in(version: str, target: Path) -> None:
    """Write the stand-in's package of this version, such as 1.300000.1b1."""
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        _lay_out(root, version)
        control = root / "DEBIAN"
        control.mkdir()
        (control / "control").write_text(CONTROL.format(version=version, architecture=architecture()), encoding="utf-8")
        (control / "conffiles").write_text(f"/{HOME}/etc/common-config.toml\n", encoding="utf-8")
        for name in ("preinst", "prerm"):
            shutil.copy(HERE / "debian" / name, control / name)
            (control / name).chmod(0o755)
        _pack(root, target)


def _lay_out(root: Path, version: str) -> None:
    for folder in ("bin", "etc/amazon-cloudwatch-agent.d", "logs", "var"):
        (root / HOME / folder).mkdir(parents=True)
    for source, path in INSTALLED.items():
        text = (HERE / "agent" / source).read_text(encoding="utf-8")
        (root / HOME / path).write_text(f"{INTERPRETER}\n{text}", encoding="utf-8")
        (root / HOME / path).chmod(0o755)
    (root / VERSION_FILE).write_text(f"{version}\n", encoding="utf-8")
    (root / HOME / "etc" / "common-config.toml").write_text("# [credentials], [proxy], [ssl]\n", encoding="utf-8")
    units = root / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    shutil.copy(HERE / "agent" / "amazon-cloudwatch-agent.service", units)
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / "amazon-cloudwatch-agent-ctl").symlink_to(f"/{HOME}/bin/amazon-cloudwatch-agent-ctl")


def version_of(package: Path) -> str:
    """The agent's version in a package of it: Debian's version without its revision."""
    return re.sub(r"-[^-]*$", "", _output("dpkg-deb", "--field", str(package), "Version"))


def next_version(version: str) -> str:
    """The version with its last number raised by one: 1.300000.1b1 -> 1.300000.1b2."""
    return re.sub(r"\d+$", lambda found: str(int(found.group()) + 1), version)


DYING = """#!/bin/sh
sleep 4
echo "E! Failed to run: this version is made to die" >&2
exit 1
"""


def rename_version(package: Path, version: str, target: Path, dying: bool = False) -> None:
    """Write a copy of a package that differs in its version alone; `dying`: its service ends after four seconds."""
    with tempfile.TemporaryDirectory() as work:
        root = Path(work, "root")
        _output("dpkg-deb", "--raw-extract", str(package), str(root))
        control = root / "DEBIAN" / "control"
        text = control.read_text(encoding="utf-8")
        control.write_text(re.sub(r"(?m)^Version: .*$", f"Version: {version}-1", text), encoding="utf-8")
        (root / VERSION_FILE).write_text(f"{version}\n", encoding="utf-8")
        if dying:
            (root / HOME / "bin" / "start-amazon-cloudwatch-agent").write_text(DYING, encoding="utf-8")
        _pack(root, target)


def _pack(root: Path, target: Path) -> None:
    root.chmod(0o755)
    # gzip: every dpkg reads it, and it is made at once.
    _output("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(target))


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
