# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host in a directory, for the script of cloudwatch_agent_ssm: dash runs it with stand-ins for dpkg, systemctl and
the agent's own ctl, which obey the documented command line and no more. As the agent does, ctl prints lines that say
nothing beside those that do, and takes configurations that the agent dies of seconds after its start (`die-later`).

A test of an agent that dies sets `stable_seconds` as on a host; else the first look is enough."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulator.services.ssm_instances import Outcome

DPKG = """#!/bin/sh
# a package of the tests is a text: version=...
case $1 in
-s) [ -e "$AGENT_HOME/bin/amazon-cloudwatch-agent-ctl" ] ;;
-r) rm -rf "$AGENT_HOME/bin" "$AGENT_HOME/running" ;;
-i)
    for package; do :; done
    grep -q '^version=' "$package" || { echo "dpkg: not a package" >&2; exit 1; }
    mkdir -p "$AGENT_HOME/bin" "$AGENT_HOME/etc"
    sed -n 's/^version=//p' "$package" >"$AGENT_HOME/bin/VERSION"
    rm -f "$AGENT_HOME/bin/BROKEN"
    if grep -q '^broken' "$package"; then touch "$AGENT_HOME/bin/BROKEN"; fi
    cp "$HOST_BIN/ctl" "$AGENT_HOME/bin/amazon-cloudwatch-agent-ctl"
    echo installed >>"$AGENT_HOME/calls"
    ;;
esac
"""
CTL = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
    -a) action=$2; shift ;;
    -m) mode=$2; shift ;;
    -c) source=${2#file:}; shift ;;
    esac
    shift
done
case $action in
fetch-config)
    echo "fetch-config $mode" >>"$AGENT_HOME/calls"
    echo "****** processing amazon-cloudwatch-agent ******"
    echo "I! Trying to detect region from $mode D! [EC2] Found active network interface"
    echo "Successfully fetched the config and saved in $AGENT_HOME/etc/file_config.json.tmp"
    echo "Start configuration validation..."
    if grep -q refuse-me "$source"; then
        echo "2026/11/24 10:00:00 E! Invalid Json input schema." >&2
        echo "2026/11/24 10:00:00 Under path : / | Error : Additional property refuse-me is not allowed" >&2
        echo "2026/11/24 10:00:00 proxy http://user:pass-word@proxy:3128 Failed to connect" >&2
        seq 60 | sed 's/^/2026\\/11\\/24 10:00:00 I! noise of the validation, line /'
        echo "2026/11/24 10:00:00 Configuration validation first phase failed. Verify the JSON input."
        exit 1
    fi
    cp "$source" "$AGENT_HOME/etc/file_config.json"
    ;;
start)
    echo running >"$AGENT_HOME/running"
    if grep -q die-later "$AGENT_HOME/etc/file_config.json" || [ -e "$AGENT_HOME/bin/BROKEN" ]; then
        echo dying >"$AGENT_HOME/running"
        mkdir -p "$AGENT_HOME/logs"
        echo "2026-11-24T10:00:00Z I! Starting AmazonCloudWatchAgent" >>"$AGENT_HOME/logs/amazon-cloudwatch-agent.log"
        echo "2026-11-24T10:00:00Z E! cannot do that" >>"$AGENT_HOME/logs/amazon-cloudwatch-agent.log"
    fi
    ;;
stop) rm -f "$AGENT_HOME/running" ;;
status)
    running=stopped
    if grep -qs -e running -e dying "$AGENT_HOME/running"; then running=running; fi
    configured='not configured'
    [ ! -e "$AGENT_HOME/etc/file_config.json" ] || configured=configured
    printf '{\n  "status": "%s",\n  "starttime": "2026-11-24T10:00:00+00:00",\n' "$running"
    printf '  "configstatus": "%s",\n  "version": "%s"\n}\n' "$configured" "$(cat "$AGENT_HOME/bin/VERSION")"
    ;;
esac
"""
# The second look finds an agent dead that dies. The process of one that runs has run as long as the machine.
SYSTEMCTL = """#!/bin/sh
case "$(cat "$AGENT_HOME/running" 2>/dev/null)" in
"") echo "ActiveState=inactive\nSubState=dead\nMainPID=0\nNRestarts=0" ;;
died) echo "ActiveState=activating\nSubState=auto-restart\nMainPID=0\nNRestarts=0" ;;
dying)
    echo died >"$AGENT_HOME/running"
    echo "ActiveState=active\nSubState=running\nMainPID=$$\nNRestarts=0"
    ;;
*) echo "ActiveState=active\nSubState=running\nMainPID=1\nNRestarts=0" ;;
esac
"""


@dataclass
class Host:
    root: Path
    # for how long a process has to run
    stable_seconds: int = 0

    @classmethod
    def at(cls, root: Path) -> Host:
        bin_directory = root / "bin"
        bin_directory.mkdir(parents=True)
        for name, text in (("dpkg", DPKG), ("ctl", CTL), ("systemctl", SYSTEMCTL)):
            (bin_directory / name).write_text(text)
            (bin_directory / name).chmod(0o755)
        (root / "home").mkdir()
        return cls(root)

    def run(self, parameters: Mapping[str, list[str]]) -> Outcome:
        """What AWS-RunShellScript does with its commands."""
        done = subprocess.run(
            ["dash", "-c", "\n".join(parameters["commands"])],
            env={
                "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
                "HOST_BIN": str(self.root / "bin"),
                "AGENT_HOME": str(self.root / "home"),
                "STATE_DIR": str(self.root / "state"),
                "AGENT_STABLE": str(self.stable_seconds),
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Outcome("Failed" if done.returncode else "Success", done.returncode, done.stdout, done.stderr)

    @property
    def calls(self) -> list[str]:
        """What was installed and fetched since the last look."""
        path = self.root / "home" / "calls"
        found = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return found

    @property
    def config(self) -> Any:
        """The configuration that the agent runs with, or None where it doesn't run."""
        if not (self.root / "home" / "running").exists():
            return None
        return json.loads((self.root / "home" / "etc" / "file_config.json").read_text())

    @property
    def version(self) -> str | None:
        path = self.root / "home" / "bin" / "VERSION"
        return path.read_text().strip() if path.exists() else None


class Mirror:
    """Packages in the emulated S3, in AWS's own layout, signed with a key of their own."""

    def __init__(self, s3: Any, url: str, bucket: str = "agent-packages") -> None:
        self._s3, self._bucket = s3, bucket
        self.url = f"{url}/{bucket}"
        # gpg-agent's socket takes short paths only
        self._home = tempfile.mkdtemp(prefix="gpg")
        self._gpg("--passphrase", "", "--quick-gen-key", "Tests <tests@example.com>", "ed25519", "sign", "never")
        told = self._gpg("--with-colons", "--fingerprint").decode()
        self.fingerprint = next(line.split(":")[9] for line in told.splitlines() if line.startswith("fpr:"))
        s3.create_bucket(Bucket=bucket)
        self.put("assets/amazon-cloudwatch-agent.gpg", self._gpg("--armor", "--export"))

    def _gpg(self, *arguments: str, given: bytes | None = None) -> bytes:
        command = ["gpg", "--homedir", self._home, "--batch", "--pinentry-mode", "loopback", *arguments]
        return subprocess.run(command, input=given, capture_output=True, check=True, timeout=60).stdout

    def put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ACL="public-read")

    def add(self, path: str, version: str, body: bytes, signed: bytes | None = None) -> None:
        """A package under `path` (its version's directory), with the signature of `signed` in place of its own."""
        for family in ("debian", "ubuntu"):
            place = f"{family}/{self.architecture}/{path}/amazon-cloudwatch-agent.deb"
            self.put(place, body)
            self.put(f"{place}.sig", self._gpg("--detach-sign", given=signed or body))

    def add_version(self, version: str, path: str | None = None) -> None:
        self.add(path or version, version, f"version={version}\n".encode())

    @property
    def architecture(self) -> str:
        return {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]

    def stop(self) -> None:
        subprocess.run(["gpgconf", "--homedir", self._home, "--kill", "all"], check=False, timeout=60)
