# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in's configurations: fetched into a folder, merged, checked, put in force. See README.md."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomllib

HOME = Path("/opt/aws/amazon-cloudwatch-agent")
ETC = HOME / "etc"
FOLDER = ETC / "amazon-cloudwatch-agent.d"
OLDER = ETC / "amazon-cloudwatch-agent.json"
IN_FORCE = ETC / "amazon-cloudwatch-agent.toml"
COMMON = ETC / "common-config.toml"
UNFINISHED = ".tmp"
DEFAULT = {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_used_percent"]}}}}
# docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
METRICS_KEYS = frozenset({
    "aggregation_dimensions", "append_dimensions", "credentials", "deployment.environment", "endpoint_override",
    "force_flush_interval", "metrics_collected", "metrics_destinations", "namespace", "service.name",
})  # fmt: skip
TRACES_KEYS = frozenset({
    "buffer_size_mb", "concurrency", "credentials", "endpoint_override", "insecure", "local_mode", "proxy_override",
    "region_override", "resource_arn", "traces_collected", "transit_spans_in_otlp_format",
})  # fmt: skip


class Refused(Exception):
    """What the agent's command line ends with 1 for; says why."""


def fetch(location: str, mode: str, adding: bool) -> None:
    """Put a configuration in force, alone or in addition to the others. Raises Refused and changes nothing."""
    name, text = _read(location, mode)
    for leftover in FOLDER.glob(f"*{UNFINISHED}"):
        leftover.unlink()
    fetched = FOLDER / f"{name}{UNFINISHED}"
    fetched.write_text(text, encoding="utf-8")
    others = [path for path in _finished() if path.name != name] if adding else []
    translate([*others, fetched], mode)
    if not adding:
        OLDER.unlink(missing_ok=True)
        for path in _finished():
            path.unlink()
    fetched.rename(FOLDER / name)


def remove(location: str, mode: str) -> None:
    """Take one configuration, or `all`, out of force. Raises Refused."""
    if location == "all":
        for path in FOLDER.iterdir():
            path.unlink()
    else:
        name = _name(location, mode)
        if not (FOLDER / name).exists():
            raise Refused(f"Failed to remove the json file {FOLDER / name}: no such file or directory")
        (FOLDER / name).unlink()
    if any(_finished()):
        translate(mode=mode)
    else:
        IN_FORCE.unlink(missing_ok=True)


def translate(paths: list[Path] | None = None, mode: str = "") -> None:
    """Merge these configurations (default: all that are there), check the result and write it down. Raises Refused.

    `mode` is remembered; the agent itself finds it out at each start.
    """
    merged: dict[str, Any] = {}
    for path in [*_finished()] if paths is None else paths:
        merged = _merge(merged, _parse(path), "")
    _check(merged)
    known = {"merged": json.dumps(merged), "mode": mode or in_force()[1]}
    lines = ["# What the stand-in runs with", *(f"{name} = {json.dumps(value)}" for name, value in known.items())]
    IN_FORCE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def in_force() -> tuple[dict[str, Any], str]:
    """The configuration that it runs with, and the mode."""
    found = tomllib.loads(IN_FORCE.read_text(encoding="utf-8")) if IN_FORCE.exists() else {}
    return json.loads(found.get("merged", "{}")), found.get("mode", "")


def deadly() -> str:
    """Why the agent ends some seconds after its start with what is in force; nothing where it does not."""
    merged, mode = in_force()
    logfile = merged.get("agent", {}).get("logfile", "")
    if logfile and Path(logfile).is_dir():
        return f"E! Failed to open the log file: open {logfile}: is a directory"
    if mode == "onPremise" and "append_dimensions" in merged.get("metrics", {}):
        return "E! [processors.ec2tagger] ec2tagger: Unable to retrieve Instance Metadata. Only on EC2."
    return ""


def _finished() -> Iterator[Path]:
    yield from [OLDER] if OLDER.exists() else []
    yield from sorted(path for path in FOLDER.iterdir() if path.suffix != UNFINISHED)


def _read(location: str, mode: str) -> tuple[str, str]:
    name = _name(location, mode)
    if location == "default":
        return name, json.dumps(DEFAULT)
    try:
        return name, Path(location.partition(":")[2]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"Fail to fetch/remove json config: {error}") from error


def _name(location: str, mode: str) -> str:
    """What a configuration is called in the folder: file_ and the last part of its path. Raises Refused."""
    kind, _colon, path = location.partition(":")
    if location == "default":
        return "default"
    if not region(mode):
        raise Refused("Unable to determine aws-region.")
    if kind != "file" or not path:
        raise Refused(f"Location {location} is malformed, or not one that the stand-in knows")
    return "file_" + re.sub(r"[/ :]", "_", Path(path).name)


def region(mode: str) -> str:
    """The region of the profile that the agent uses, or nothing."""
    credentials = tomllib.loads(COMMON.read_text(encoding="utf-8")).get("credentials", {}) if COMMON.exists() else {}
    profile = credentials.get("shared_credential_profile") or ("" if mode == "ec2" else "AmazonCloudWatchAgent")
    shared = Path(credentials.get("shared_credential_file") or Path.home() / ".aws" / "credentials")
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([shared, shared.with_name("config")], encoding="utf-8")
    sections = [f"profile {profile}", profile]
    return next((parser[name]["region"] for name in sections if parser.has_option(name, "region")), "")


def _parse(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(f"unable to parse {path}: {error}") from error
    if not isinstance(found, dict):
        raise Refused(f"unable to parse {path}: it isn't an object")
    return found


def _merge(one: dict[str, Any], other: dict[str, Any], place: str) -> dict[str, Any]:
    merged = dict(one)
    for key, value in other.items():
        there = merged.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            merged[key] = _merge(there, value, f"{place}/{key}")
        elif isinstance(there, list) and isinstance(value, list):
            merged[key] = there + [item for item in value if item not in there]
        elif key in merged and there != value:
            raise Refused(f"Under path : {place}/{key} | Error : Different values are specified for {key}")
        else:
            merged[key] = value
    return merged


def _check(merged: dict[str, Any]) -> None:
    for section in ("agent", "metrics", "logs", "traces"):
        if not isinstance(merged.get(section, {}), dict):
            raise Refused(f"Under path : /{section} | Error : Invalid type. Expected: object")
    for section, known, collected in (
        ("metrics", METRICS_KEYS, "metrics_collected"),
        ("traces", TRACES_KEYS, "traces_collected"),
    ):
        if section in merged:
            _check_section(section, merged[section], known, collected)


def _check_section(section: str, found: dict[str, Any], known: frozenset[str], collected: str) -> None:
    unknown = sorted(set(found) - known)
    if unknown:
        raise Refused(f"Under path : /{section} | Error : Additional property {unknown[0]} is not allowed")
    if not isinstance(found.get(collected), dict) or not found[collected]:
        raise Refused(f"Under path : /{section} | Error : {collected} is required")
    for name, plugin in found[collected].items():
        measurement = plugin.get("measurement", []) if isinstance(plugin, dict) else []
        if not isinstance(measurement, list):
            raise Refused(f"Under path : /{section}/{collected}/{name}/measurement | Error : Expected: array")
