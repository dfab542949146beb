# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says, as JSON, what a host has of the CloudWatch agent: by the agent's documented means, and by what is on its disk.

package (Debian's version), active and enabled (of the unit), status (of amazon-cloudwatch-agent-ctl) and started,
configurations (what the agent was given, as JSON), contents (path -> hash) and written (path -> when) but for logs,
for what is running and for what the agent translates anew at every start, directory (whether there is one), downloads
(what the role left of them).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

HOME = Path("/opt/aws/amazon-cloudwatch-agent")
UNIT = "amazon-cloudwatch-agent.service"
TRANSLATED = ("amazon-cloudwatch-agent.toml", "amazon-cloudwatch-agent.yaml", "env-config.json")
FORMAT = "${db:Status-Abbrev}${Version}"


def said(*command: str) -> str:
    """What a program prints; nothing where it isn't there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def files() -> list[Path]:
    return [
        path
        for path in sorted(HOME.rglob("*"))
        if path.is_file() and path.parts[4] not in ("logs", "var") and path.name not in TRANSLATED
    ]


def configurations() -> list[object]:
    folder = HOME / "etc" / "amazon-cloudwatch-agent.d"
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*")) if path.suffix != ".tmp"]


status = json.loads(said("/usr/bin/amazon-cloudwatch-agent-ctl", "-a", "status") or "{}")
print(
    json.dumps(
        {
            "package": said("dpkg-query", "--show", f"--showformat={FORMAT}", "amazon-cloudwatch-agent"),
            "active": said("systemctl", "is-active", UNIT),
            "enabled": said("systemctl", "is-enabled", UNIT),
            "started": status.pop("starttime", ""),
            "status": status,
            "configurations": configurations(),
            "contents": {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files()},
            "written": {str(path): path.stat().st_mtime_ns for path in files()},
            "directory": HOME.exists(),
            "downloads": [str(path) for path in Path("/var/tmp").glob("cloudwatch_agent*")],
        }
    )
)
