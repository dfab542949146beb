# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a mirror of the CloudWatch agent's packages in a bucket, signed with a key of its own that is thrown away.

Usage: .venv/bin/python -m tests.molecule.mirror FOLDER BUCKET    (from the repository root; AWS_ENDPOINT_URL as ever)
CLOUDWATCH_AGENT_PACKAGE names a package that takes the stand-in's place.

FOLDER gets key.asc and mirror.json, which says what there is: bucket, versions (old, new, dying: a newer one whose
service ends some seconds after its start), sha256 by version,
fingerprint, key, other_key, real (whether the package is the agent itself).
The bucket holds, as AWS's own does, debian/ARCHITECTURE/VERSION/amazon-cloudwatch-agent.deb and its .sig, with the new
version as `latest` too, which info/latest/CWAGENT_VERSION names; and, below altered/ and stranger/, the new one
with a byte added after it was signed, and signed by a key that nobody knows.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from .cloudwatch_agent_stand_in import package

OLD_VERSION = "1.300000.1b1"
NAME = "amazon-cloudwatch-agent.deb"


@dataclass(frozen=True)
class Key:
    """A GPG key pair in a folder of its own."""

    home: Path
    fingerprint: str
    public: str


def main(folder: Path, bucket: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    homes = folder / "gpg", folder / "stranger"
    try:
        key, stranger = (make_key(home) for home in homes)
        told = fill(folder, bucket, key, stranger)
    finally:
        for home in homes:
            subprocess.run(("gpgconf", "--homedir", str(home), "--kill", "gpg-agent"), check=True)
    (folder / "mirror.json").write_text(json.dumps(told, indent=1), encoding="utf-8")


def fill(folder: Path, bucket: str, key: Key, stranger: Key) -> dict[str, Any]:
    """Put everything there. Returns what mirror.json holds."""
    real = os.environ.get("CLOUDWATCH_AGENT_PACKAGE", "")
    packages = build(folder, Path(real) if real else None)
    old, new, dying = packages
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    top = f"debian/{package.architecture()}"
    newest = packages[new]
    for place, path, signer in (
        (f"{top}/{old}", packages[old], key),
        (f"{top}/{new}", newest, key),
        (f"{top}/{dying}", packages[dying], key),
        (f"{top}/latest", newest, key),
        ("stranger", newest, stranger),
    ):
        s3.upload_file(str(path), bucket, f"{place}/{NAME}")
        s3.put_object(Bucket=bucket, Key=f"{place}/{NAME}.sig", Body=sign(path, signer))
    s3.put_object(Bucket=bucket, Key="info/latest/CWAGENT_VERSION", Body=f"{new}\n".encode())
    s3.put_object(Bucket=bucket, Key=f"altered/{NAME}", Body=newest.read_bytes() + b"\n")
    # the very signature of the new version: one made a second later would be another one
    good = {"Bucket": bucket, "Key": f"{top}/{new}/{NAME}.sig"}
    s3.copy_object(Bucket=bucket, Key=f"altered/{NAME}.sig", CopySource=good)
    (folder / "key.asc").write_text(key.public, encoding="utf-8")
    return {
        "bucket": bucket,
        "fingerprint": key.fingerprint,
        "key": str(folder / "key.asc"),
        "other_key": stranger.public,
        "real": bool(real),
        "sha256": {version: hashlib.sha256(path.read_bytes()).hexdigest() for version, path in packages.items()},
        "versions": {"old": old, "new": new, "dying": dying},
    }


def build(folder: Path, real: Path | None) -> dict[str, Path]:
    """Version -> package: the stand-in's, or the given one and a copy of it, one version later; and one that dies."""
    old = package.version_of(real) if real else OLD_VERSION
    new = package.next_version(old)
    paths = {version: folder / f"{version}.deb" for version in (old, new)}
    if real:
        paths[old] = real
        package.rename_version(real, new, paths[new])
    else:
        for version, path in paths.items():
            package.build_stand_in(version, path)
    dying = package.next_version(new)
    paths[dying] = folder / f"{dying}.deb"
    package.rename_version(paths[new], dying, paths[dying], dying=True)
    return paths


def make_key(home: Path) -> Key:
    """A key that lives as long as its folder."""
    home.mkdir(mode=0o700, exist_ok=True)
    _gpg(home, "--quick-generate-key", "molecule <molecule@example.com>", "ed25519", "sign", "1d")
    listed = _gpg(home, "--with-colons", "--list-keys").decode()
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    return Key(home, fingerprint, _gpg(home, "--armor", "--export", fingerprint).decode())


def sign(path: Path, key: Key) -> bytes:
    """The detached signature of a file."""
    return _gpg(key.home, "--local-user", key.fingerprint, "--output", "-", "--detach-sign", str(path))


def _gpg(home: Path, *arguments: str) -> bytes:
    command = ("gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "")
    return subprocess.run((*command, *arguments), check=True, capture_output=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
