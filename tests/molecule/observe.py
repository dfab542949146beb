# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says, as JSON, what a host has of the CloudWatch agent: by the agent's documented means, and by what is on its disk.

package (Debian's version), unit (active, enabled), status (of amazon-cloudwatch-agent-ctl), configurations (what the
agent was given, as JSON), files (path -> when it was written and how large it is, but for logs and what is running).
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

HOME = Path("/opt/aws/amazon-cloudwatch-agent")
UNIT = "amazon-cloudwatch-agent.service"
FORMAT = "${db:Status-Abbrev}${Version}"


def said(*command: str) -> str:
    """What a program prints; nothing where it isn't there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def files() -> dict[str, list[int]]:
    found = {}
    for path in sorted(HOME.rglob("*")):
        if path.is_file() and path.parts[4] not in ("logs", "var"):
            found[str(path)] = [path.stat().st_mtime_ns, path.stat().st_size]
    return found


def configurations() -> list[object]:
    folder = HOME / "etc" / "amazon-cloudwatch-agent.d"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*")) if path.suffix != ".tmp"]


print(
    json.dumps(
        {
            "package": said("dpkg-query", "--show", f"--showformat={FORMAT}", "amazon-cloudwatch-agent"),
            "active": said("systemctl", "is-active", UNIT),
            "enabled": said("systemctl", "is-enabled", UNIT),
            "status": json.loads(said("/usr/bin/amazon-cloudwatch-agent-ctl", "-a", "status") or "{}"),
            "configurations": configurations(),
            "files": files(),
            "directory": HOME.exists(),
            "downloads": [str(path) for path in Path("/var/tmp").glob("cloudwatch_agent*")],
        }
    )
)
