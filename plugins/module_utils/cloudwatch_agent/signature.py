# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a package is what its detached signature says, by gpg with a key ring that is thrown away."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..sweep.errors import SweepError

# (arguments) -> (exit code, standard output, standard error), as AnsibleModule.run_command
Run = Callable[[Sequence[str]], tuple[int, str, str]]


@dataclass(frozen=True)
class Key:
    """A public key, armoured or not, and the fingerprint that it must have."""

    content: bytes
    fingerprint: str


def plain_fingerprint(text: str) -> str:
    """Without spaces, in capitals. Raises SweepError where it can't be one: a short id can be forged."""
    found = "".join(text.split()).upper()
    if len(found) < 40 or any(letter not in "0123456789ABCDEF" for letter in found):
        raise SweepError(f"cloudwatch_agent_gpg_fingerprint is {text!r}: it must have all 40 hexadecimal digits.")
    return found


def identity_of(signature: bytes) -> str:
    """A signature is over exact bytes, so it tells one package from another without reading the packages."""
    return f"signature:{hashlib.sha256(signature).hexdigest()}"


def verify(run: Run, gpg: str, package: Path, signature: bytes, key: Key, name: str) -> None:
    """Raises SweepError unless `signature` is a good one of the key over the file. `name` is the package's address."""
    # in the directory that Ansible removes; gpg wants it private, which it is
    with tempfile.TemporaryDirectory(dir=package.parent) as home:
        paths = {"key": key.content, "signature": signature}
        for file_name, content in paths.items():
            Path(home, file_name).write_bytes(content)
        command = [gpg, "--homedir", home, "--batch", "--no-tty", "--no-autostart", "--status-fd", "1"]
        code, status, _told = run([*command, "--import", f"{home}/key"])
        if code:
            raise SweepError("The key in cloudwatch_agent_gpg_key is no public key that gpg can read.")
        _refuse_other_key(status, key.fingerprint)
        code, status, _told = run([*command, "--verify", f"{home}/signature", str(package)])
    if code or not _good(status, key.fingerprint):
        raise SweepError(
            f"The signature of {name} is not a good one of the key {key.fingerprint} ({_reason(status)}): nothing was"
            " installed."
        )


def _refuse_other_key(status: str, fingerprint: str) -> None:
    found = [line[-1] for line in _lines(status) if line[0] == "IMPORT_OK"]
    if fingerprint not in found:
        raise SweepError(
            f"The key in cloudwatch_agent_gpg_key has the fingerprint {', '.join(found) or '(none)'}, and not"
            f" {fingerprint} as cloudwatch_agent_gpg_fingerprint says: nothing was installed."
        )


def _good(status: str, fingerprint: str) -> bool:
    """GOODSIG is no expired and no revoked key; the last word of VALIDSIG is the primary key's fingerprint."""
    lines = _lines(status)
    return any(line[0] == "GOODSIG" for line in lines) and any(
        line[0] == "VALIDSIG" and line[-1] == fingerprint for line in lines
    )


def _reason(status: str) -> str:
    words = {
        "BADSIG": "the package is another one",
        "ERRSIG": "it is of another key",
        "EXPKEYSIG": "the key has expired",
        "EXPSIG": "the signature has expired",
        "NODATA": "it is no signature",
        "REVKEYSIG": "the key was revoked",
    }
    return next((words[line[0]] for line in _lines(status) if line[0] in words), "gpg gives no reason")


def _lines(status: str) -> list[list[str]]:
    return [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
