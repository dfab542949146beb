# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the stand-in for the CloudWatch agent: amazon-cloudwatch-agent-ctl. See README.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import configuration
from configuration import Refused

# What the agent prints whether it takes a configuration or not: about so much, and of this kind.
NOISE = """\
****** processing amazon-cloudwatch-agent ******
I! Trying to detect region from onPrem D! [EC2] Found active network interface I! imds retry client will retry 1 times
Successfully fetched the config and saved in /opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d/file.tmp
Start configuration validation...
2026/11/24 10:00:00 Reading json config file path: /opt/aws/amazon-cloudwatch-agent/etc/file.tmp
2026/11/24 10:00:00 I! Valid Json input schema.
2026/11/24 10:00:00 D! metric decorator required because measurement fields are set
2026/11/24 10:00:00 Under path : /logs/ | Info : Got hostname host as log_stream_name"""
UNIT = "amazon-cloudwatch-agent.service"


def main() -> None:
    options = parse()
    if not Path("/run/systemd/system").is_dir():
        raise Refused("unknown init system")
    adding = options.action == "append-config"
    if options.action.endswith("-config"):
        print(NOISE)
    if options.action in ("fetch-config", "append-config"):
        configuration.fetch(options.location, options.mode, adding)
        print("Configuration validation succeeded")
    elif options.action == "remove-config":
        configuration.remove(options.location, options.mode)
    else:
        {"start": start, "stop": stop, "status": status, "preun": leave}[options.action]()
    if options.restart and options.action.endswith("-config"):
        stop()
        start()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="amazon-cloudwatch-agent-ctl", exit_on_error=True)
    actions = ("fetch-config", "append-config", "remove-config", "start", "stop", "status", "preun")
    parser.add_argument("-a", dest="action", choices=actions, required=True)
    parser.add_argument("-m", dest="mode", choices=("ec2", "onPremise", "auto"), default="ec2")
    parser.add_argument("-c", dest="location", default="default")
    parser.add_argument("-s", dest="restart", action="store_true")
    return parser.parse_args()


def systemctl(*arguments: str) -> str:
    done = subprocess.run(("systemctl", *arguments), capture_output=True, text=True, check=False)
    if done.returncode and arguments[0] != "is-active":
        raise Refused(done.stderr.strip())
    return done.stdout.strip()


def running() -> bool:
    return systemctl("is-active", UNIT) == "active"


def start() -> None:
    if running():
        print("amazon-cloudwatch-agent has already been started")
        return
    if not configuration.IN_FORCE.exists():
        configuration.fetch("default", "ec2", adding=False)
    systemctl("daemon-reload")
    systemctl("enable", UNIT)
    systemctl("restart", UNIT)


def stop() -> None:
    if running():
        systemctl("stop", UNIT)


def leave() -> None:
    """What the package's removal calls."""
    stop()
    systemctl("disable", UNIT)
    systemctl("daemon-reload")
    systemctl("reset-failed")


def status() -> None:
    shown = ("show", "--property=ExecMainStartTimestamp", "--value", "--timestamp=unix", UNIT)
    since = systemctl(*shown) if running() else ""
    started = datetime.fromtimestamp(int(since[1:]), timezone.utc).isoformat() if since else ""
    said = {
        "status": "running" if since else "stopped",
        "starttime": started,
        "configstatus": "configured" if configuration.IN_FORCE.exists() else "not configured",
        "version": (configuration.HOME / "bin" / "CWAGENT_VERSION").read_text(encoding="utf-8").strip(),
    }
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(
            f"2026/11/24 10:00:00 E! Invalid Json input schema.\n2026/11/24 10:00:00 {refused}\n"
            "2026/11/24 10:00:00 Configuration validation first phase failed. Agent version: 1.0. Verify the JSON input"
            " is only using features supported by this version."
        )
