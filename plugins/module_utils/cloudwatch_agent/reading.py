# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configurations of a host, read and checked on the controller."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..sweep.errors import SweepError
from .configuration import parsed, valid, written
from .files import Files

ARGUMENT_SPEC: dict[str, Any] = {
    "config": {"type": "dict"},
    "config_s3": {"type": "str"},
    "append": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "config": {"type": "dict"},
            "s3": {"type": "str"},
        },
    },
    "mode": {"type": "str", "choices": ["ec2", "onPremise"]},
    "presign_seconds": {"type": "int"},
}
# the agent keeps a configuration under its file's name, so the name is part of what it is told
FIRST = "ansible.json"
NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Given:
    """A configuration as an option names it: as a dictionary or in S3; `mode` is the agent's, where known."""

    option: str
    config: Mapping[str, Any] | None
    s3: str | None
    mode: str | None


def read_configurations(options: Mapping[str, Any], files: Files) -> dict[str, Any]:
    """The result of cloudwatch_agent_config: all of them, or SweepError."""
    append, mode = options["append"], options["mode"]
    _refuse_names([entry["name"] for entry in append])
    first = _read(Given("cloudwatch_agent_config", options["config"], options["config_s3"], mode), files)
    appended = [
        _described(
            f"ansible_{entry['name']}.json",
            _read(Given(f"cloudwatch_agent_append_configs[{place}]", entry["config"], entry["s3"], mode), files),
        )
        for place, entry in enumerate(append)
    ]
    result = {"changed": False, "config": _described(FIRST, first), "append": appended}
    if options["presign_seconds"]:
        result["url"] = files.presigned(options["config_s3"], options["presign_seconds"])
    return result


def _refuse_names(names: list[str]) -> None:
    for place, name in enumerate(names):
        if not NAME.fullmatch(name):
            raise SweepError(
                f"cloudwatch_agent_append_configs[{place}].name is {name!r}: it must have letters, digits, - and _"
                " alone."
            )
        if name.lower() in (one.lower() for one in names[:place]):
            raise SweepError(f"cloudwatch_agent_append_configs names {name!r} twice.")


def _read(given: Given, files: Files) -> dict[str, Any]:
    """Raises SweepError."""
    option, s3 = given.option, given.s3
    if given.config and s3:
        raise SweepError(f"{option} is given twice, as a dictionary and as {s3}: take one away.")
    if s3:
        if not s3.startswith("s3://"):
            raise SweepError(f"{option}: {s3!r} names no S3 object: it must be s3://bucket/key.")
        found = parsed(files.read(s3).decode("utf-8", "replace"), s3, given.mode)
        if not found:
            raise SweepError(f"The agent configuration {s3} is empty: the agent would do nothing.")
        return found
    if not given.config:
        raise SweepError(f"{option} has no configuration: give a dictionary, or an S3 object.")
    return valid(given.config, f"in {option}", given.mode)


def _described(file_name: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """`sha1` is what Ansible's modules compare files by."""
    text = written(configuration)
    return {"name": file_name, "text": text, "sha1": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()}
