# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a host needs another package, and which bytes exactly: found out before the host is touched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..sweep.errors import SweepError
from .files import Files, NotThereError, shown
from .memory import remembered
from .package import LATEST, Package, bucket_address, normal_version, platform_of
from .signature import Key, Run, identity_of, plain_fingerprint, verify

ARGUMENT_SPEC: dict[str, Any] = {
    "source": {"type": "str", "choices": ["aws", "s3", "url"], "default": "aws"},
    "address": {"type": "str"},
    "version": {"type": "str", "default": LATEST},
    "distribution": {"type": "str", "required": True},
    "os_family": {"type": "str", "required": True},
    "architecture": {"type": "str", "required": True},
    "sha256": {"type": "str"},
    "verify_signature": {"type": "bool", "default": True},
    "signature": {"type": "str"},
    "gpg_key": {"type": "str", "no_log": False},
    "gpg_fingerprint": {"type": "str"},
    "installed_version": {"type": "str"},
    "installed_identity": {"type": "str"},
    "presign_seconds": {"type": "int"},
    "cache_dir": {"type": "path"},
}
ARMOUR = "-----BEGIN PGP PUBLIC KEY BLOCK-----"


@dataclass(frozen=True)
class Controller:
    """What finding out takes: files, gpg, a directory of its own, and whether a package may be downloaded at all."""

    files: Files
    run: Run
    gpg: str | None
    directory: Path
    check_mode: bool


@dataclass(frozen=True)
class Found:
    """`version` is None where only the package itself tells it; `identity` changes when the package does."""

    package: str
    version: str | None
    identity: str
    signature: bytes | None


def find_package(options: Mapping[str, Any], controller: Controller) -> dict[str, Any]:
    """The result of cloudwatch_agent_package. Raises SweepError."""
    _refuse_unverified(options)
    package = _package_of(options)
    version = _wanted_version(options, package, controller.files)
    answer = {"changed": False, "install": False, "version": version, "file_name": package.platform.file_name}
    if version and version == options["installed_version"]:
        return {**answer, "identity": options["installed_identity"] or ""}
    found = _find(options, package, version, controller.files)
    answer["identity"] = found.identity
    if _is_installed(options, found):
        return {**answer, "version": options["installed_version"]}
    return {**answer, "install": True, **_verified(options, found, package, controller)}


def _refuse_unverified(options: Mapping[str, Any]) -> None:
    sha256 = options["sha256"]
    if sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise SweepError(f"cloudwatch_agent_package_sha256 is {sha256!r}: it must have 64 hexadecimal digits.")
    if not sha256 and not options["verify_signature"]:
        raise SweepError(
            "Nothing would verify the package: set cloudwatch_agent_package_sha256, or leave"
            " cloudwatch_agent_verify_signature true."
        )


def _package_of(options: Mapping[str, Any]) -> Package:
    platform = platform_of(options["distribution"], options["os_family"], options["architecture"])
    source, address = options["source"], options["address"] or ""
    if source == "aws":
        return Package(bucket_address(options.get("region")), platform)
    kinds, option = {"s3": (("s3://",), "package_s3"), "url": (("https://", "http://", "file://"), "package_url")}[
        source
    ]
    if not address.startswith(kinds):
        raise SweepError(f"cloudwatch_agent_{option} is {shown(address)!r}: it must begin with {kinds[0]}.")
    return Package(address, platform, options["signature"] or None)


def _wanted_version(options: Mapping[str, Any], package: Package, files: Files) -> str | None:
    version = normal_version(options["version"])
    if version != LATEST:
        return version
    if not package.mirror:
        return None
    return normal_version(files.read(package.latest_version_file).decode("utf-8", "replace"))


def _find(options: Mapping[str, Any], package: Package, version: str | None, files: Files) -> Found:
    """Reads the signature, or looks whether the package is there."""
    address = package.package(version or LATEST)
    try:
        if options["verify_signature"] and not package.platform.windows:
            signature = files.read(package.signature_of(version or LATEST))
            return Found(address, version, identity_of(signature), signature)
        tag = files.tag(address)
    except NotThereError as error:
        raise SweepError(_not_there(package, version, error)) from error
    if options["sha256"]:
        return Found(address, version, f"sha256:{options['sha256'].lower()}", None)
    return Found(address, version, f"tag:{tag}" if tag else "", None)


def _not_there(package: Package, version: str | None, error: NotThereError) -> str:
    if package.mirror and version:
        return f"There is no version {version} of the agent for {package.platform}, or no signature of it: {error}"
    return str(error)


def _is_installed(options: Mapping[str, Any], found: Found) -> bool:
    """Without a version to compare: whether the host's package is the one that is there now."""
    if found.version or not options["installed_version"]:
        return False
    return bool(found.identity) and found.identity == options["installed_identity"]


def _verified(options: Mapping[str, Any], found: Found, package: Package, controller: Controller) -> dict[str, Any]:
    """`sha256` of the bytes to install (None: the host checks their Authenticode signature), and `url`."""
    sha256 = (options["sha256"] or "").lower() or None
    if found.signature is not None:
        proven = _proven_sha256(options, found, controller)
        if sha256 and proven and proven != sha256:
            raise SweepError(
                f"{shown(found.package)} has the SHA-256 {proven}, and not {sha256} as cloudwatch_agent_package_sha256"
                " says: nothing was installed."
            )
        sha256 = proven or sha256
    if controller.check_mode or not options["presign_seconds"]:
        return {"sha256": sha256}
    url = found.package
    if url.startswith("s3://"):
        url = controller.files.presigned(url, options["presign_seconds"])
    return {"sha256": sha256, "url": url}


def _proven_sha256(options: Mapping[str, Any], found: Found, controller: Controller) -> str | None:
    """None in check mode, in which nothing large is downloaded."""
    if controller.check_mode:
        controller.files.tag(found.package)
        return None
    fingerprint = plain_fingerprint(options["gpg_fingerprint"] or "")

    def find_out() -> str:
        if not controller.gpg:
            raise SweepError(
                "The controller has no gpg to verify the package's signature with: install it, or set"
                " cloudwatch_agent_package_sha256 and cloudwatch_agent_verify_signature: false."
            )
        key = Key(_key(options["gpg_key"] or "", controller.files), fingerprint)
        path = controller.directory / "package"
        sha256 = controller.files.download(found.package, path)
        verify(controller.run, controller.gpg, path, found.signature or b"", key, shown(found.package))
        path.unlink()
        return sha256

    return remembered(options["cache_dir"] or str(controller.directory), found.identity, fingerprint, find_out)


def _key(source: str, files: Files) -> bytes:
    """The public key: itself, or where it is. Raises SweepError."""
    if ARMOUR in source:
        return source.encode()
    if source.startswith(("s3://", "http://", "https://")):
        return files.read(source)
    try:
        return Path(source).expanduser().read_bytes()
    except OSError as error:
        raise SweepError(f"cloudwatch_agent_gpg_key {source!r} can't be read: {error.strerror}.") from error
