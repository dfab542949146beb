# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures of the lines of plans and journals: HMAC-SHA256 with a key that only the operator has.

Each line is signed by itself, so that any tool can pick lines. Without a key nothing is signed: the checksum of a plan
shows what was altered by accident, and anyone who may write the file can make one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from .errors import SweepError

PLAN, JOURNAL = "plan", "journal"
#: the name of a line's signature
SIGNATURE = "hmac"
# as many hexadecimal digits as 128 bits take
SHORTEST = 32


class JournalKey:
    """The option `journal_key`."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of(cls, text: str | None) -> JournalKey | None:
        """None without a key. Raises SweepError for one that is empty or too short."""
        if text is None:
            return None
        # a file or a prompt may have left a line break at its end
        key = text.strip()
        if len(key) < SHORTEST:
            what = f"shorter than {SHORTEST} characters" if key else "empty"
            raise SweepError(
                f"journal_key is {what}; expected {SHORTEST} characters or more, as openssl rand -hex 32 prints them."
            )
        return cls(key.encode("utf-8", "surrogatepass"))

    def sign(self, purpose: str, content: Any) -> str:
        """The signature of a line's content; `purpose` keeps a line of a plan from being one of a journal."""
        text = f"sysops.aws {purpose}\n{canonical(content)}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def is_signed(self, purpose: str, content: Any, signature: object) -> bool:
        if not isinstance(signature, str):
            return False
        given = signature.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(self.sign(purpose, content).encode(), given)


def refuse_unsigned(where: str, key: JournalKey | None, purpose: str, content: Any, signature: object) -> None:
    """Raises SweepError for a line without a valid signature where there is a key, and for a signed one where there is
    none: a key that was forgotten must not pass for a check."""
    if key is None and signature is not None:
        raise SweepError(
            f"{where} is signed and journal_key is not set; expected the key of the run that wrote it. Nothing was"
            " changed."
        )
    if key is not None and not key.is_signed(purpose, content, signature):
        raise SweepError(
            f"{where} has no valid signature by journal_key: it was altered or added, or written without this key."
            f" Nothing was changed: give the {purpose} as it was written, or only the lines that have the key's"
            " signature."
        )


def canonical(content: Any) -> str:
    """The content, not the text: a tool that picks lines may write other spaces or orders, or `8` for `8.0`."""
    return json.dumps(_plain(content), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
