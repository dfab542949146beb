# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Windows Server that runs no PowerShell: it reads which module Ansible sends, with which arguments, and answers."""

from __future__ import annotations

import hashlib
import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .responder import Command, Responder

Json = dict[str, Any]
SCRIPTS = Path(__file__).resolve().parents[2] / "roles" / "cloudwatch_agent" / "files" / "windows"
DATA = "C:\\ProgramData\\Amazon\\AmazonCloudWatchAgent"
# Ansible's own: what follows is the input of the wrapper that this line ends
END_OF_WRAPPER = b"\n\0\0\0\0\n"
FACTS = {
    "distribution": "Microsoft Windows Server 2022 Datacenter",
    "os_family": "Windows",
    "architecture": "64-bit",
}


@dataclass
class Sent:
    """A module with its arguments, as it arrived."""

    module: str
    arguments: Json

    @property
    def script(self) -> str:
        """The role's script that win_powershell was given, by its file's name."""
        text = self.arguments.get("script", "")
        functions = (SCRIPTS / "agent.ps1").read_text().rstrip()
        scripts = {path.name: path.read_text().replace("# (agent.ps1)", functions) for path in SCRIPTS.glob("*.ps1")}
        return next((name for name, sent in scripts.items() if sent.rstrip() == text.rstrip()), "")

    @property
    def name(self) -> str:
        return self.script or self.module.rpartition(".")[2]


@dataclass
class Windows:
    """The host. `refusal` is what apply.ps1 says when the agent refuses its configuration, `broken` that of msiexec,
    and `dying` what stable.ps1 says of an agent of a version (text of its own) that does not keep running."""

    version: str = ""
    running: bool = False
    given: dict[str, str] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)
    record: Json = field(default_factory=dict)
    common: str = ""
    credentials: str = ""
    free_mb: int = 20000
    refusal: str = ""
    broken: str = ""
    dying: dict[str, str] = field(default_factory=dict)
    package_version: str = ""
    former_version: str = ""
    sent: list[Sent] = field(default_factory=list)
    facts: Json = field(default_factory=dict)
    # how Ansible reached it last
    responder: Responder = field(init=False)

    def answer(self, command: Command) -> tuple[str, int]:
        """What Ansible reads: the module's result as JSON."""
        sent = parsed(command.stdin)
        if sent is None:
            return "{}", 0
        self.sent.append(sent)
        handler: Callable[[Json], Json] = getattr(self, f"_{sent.name.removesuffix('.ps1')}")
        result = handler(sent.arguments)
        return json.dumps({"changed": False, **result}), 1 if result.get("failed") else 0

    def _setup(self, _arguments: Json) -> Json:
        return {"ansible_facts": {f"ansible_{name}": value for name, value in (FACTS | self.facts).items()}}

    def _state(self, _arguments: Json) -> Json:
        status = {
            "status": "running" if self.running else "stopped",
            "starttime": "2026-11-24T10:00:00",
            "configstatus": "configured" if self.known else "not configured",
            "version": self.version,
        }
        return {
            "result": {
                "status": json.dumps(status, indent=2) if self.version else "",
                "own": f"{DATA}\\ansible",
                "given": self.given,
                "known": self.known,
                "common": self.common,
                "credentials": self.credentials,
                "record": json.dumps(self.record),
                "product": "{A1B2C3D4-0000-0000-0000-000000000000}" if self.version else "",
                "free_mb": self.free_mb,
            }
        }

    def _win_tempfile(self, _arguments: Json) -> Json:
        return {"changed": True, "path": "C:\\Windows\\Temp\\cloudwatch_agent.x"}

    def _win_get_url(self, arguments: Json) -> Json:
        with urllib.request.urlopen(arguments["url"]) as answer:
            content = answer.read()
        self.package_version = content.decode().partition(" ")[0]
        if arguments.get("checksum") and hashlib.sha256(content).hexdigest() != arguments["checksum"]:
            return {"failed": True, "msg": f"The checksum for {arguments['url']} did not match"}
        return {"changed": True, "status_code": 200, "dest": arguments["dest"]}

    def _install(self, arguments: Json) -> Json:
        if self.broken:
            self.running = False
            return {"failed": True, "msg": self.broken}
        if arguments["parameters"]["Path"].endswith("former.msi"):
            self.package_version = self.former_version
        self.former_version = self.version
        self.version, self.running = self.package_version, False
        self.record = {"identity": arguments["parameters"]["Identity"], "version": self.version}
        self.given["package.json"] = "a-hash"
        return {"changed": True, "result": {"version": self.version}}

    def _apply(self, arguments: Json) -> Json:
        if self.refusal:
            return {"failed": True, "msg": self.refusal}
        parameters = arguments["parameters"]
        names = [f"file_{one['name']}" for one in parameters["Give"]]
        if "file_ansible.json" in names:
            self.known = []
        removed = [f"file_{name}" for name in parameters["Remove"]]
        self.known = sorted({*self.known, *names} - {*removed})
        self.given = {name: sha for name, sha in self.given.items() if name == "package.json"}
        self.given |= {one["name"]: sha1(one["text"]) for one in parameters["Keep"]}
        for secret in arguments["sensitive_parameters"] or []:
            setattr(self, {"CommonConfig": "common"}.get(secret["name"], "credentials"), sha1(secret["value"]))
        self.running = True
        return {"changed": True}

    def _stable(self, _arguments: Json) -> Json:
        if self.version in self.dying:
            return {"failed": True, "msg": self.dying[self.version]}
        return {}

    def _win_service(self, _arguments: Json) -> Json:
        changed, self.running = not self.running, True
        return {"changed": changed}

    def _win_package(self, _arguments: Json) -> Json:
        self.version, self.running = "", False
        return {"changed": True}

    def _win_file(self, arguments: Json) -> Json:
        if "ProgramData" in arguments["path"]:
            changed = bool(self.given)
            self.given, self.known, self.record, self.common = {}, [], {}, ""
            return {"changed": changed}
        return {}


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def parsed(stdin: bytes) -> Sent | None:
    """The module in the manifest that follows Ansible's wrapper; None where the command was no module."""
    _wrapper, found, manifest = stdin.partition(END_OF_WRAPPER)
    if not found:
        return None
    action = json.loads(manifest)["actions"][-1]
    values = {one["Name"]: one["Value"] for one in action["params"].get("Variables", [])}
    return Sent(action["params"]["Script"].removesuffix(".ps1"), values["complex_args"])
