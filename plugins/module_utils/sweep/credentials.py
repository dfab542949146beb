# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credentials of a session, got and checked before the first call that they sign.

Files, programs, prompts and endpoints that give credentials raise errors of their own, and some never answer. Here each
of them ends in one sentence.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from .credential_errors import MfaAskedError, Origin, TimedOutError, explain
from .errors import CallError, SweepError
from .secrets import Secrets

#: how long a source of credentials may take: a program, a prompt, an endpoint
SECONDS = 120.0
SENDABLE = re.compile("[!-~]+")
#: the parts by botocore's name: the module's option, the environment variable, the key in the shared files
PARTS: Mapping[str, tuple[str, str, str]] = {
    "access_key": ("access_key", "AWS_ACCESS_KEY_ID", "aws_access_key_id"),
    "secret_key": ("secret_key", "AWS_SECRET_ACCESS_KEY", "aws_secret_access_key"),
    "token": ("session_token", "AWS_SESSION_TOKEN", "aws_session_token"),
}
#: that botocore or amazon.aws take too
OTHER_VARIABLES = ("AWS_SECURITY_TOKEN", "AWS_ACCESS_KEY", "AWS_SECRET_KEY")


def load_credentials(session: Any, secrets: Secrets) -> Any:
    """The credentials of a boto3 session, known to work as far as that can be told without a call; None without any.
    They are added to `secrets`.

    Raises:
        SweepError: a source of credentials fails, or gives what can't be sent to AWS.
        CallError: a role could not be assumed with the account's own credentials.
    """
    programs = Programs()
    try:
        programs.install(session._session)
        credentials, frozen = _in_time(lambda: _frozen(session), SECONDS)
    except (CallError, SweepError):
        raise
    except Exception as error:
        programs.kill()
        raise SweepError(explain(error, Origin.of(session), secrets)) from error
    if frozen is not None:
        secrets.add(frozen.access_key, frozen.secret_key, frozen.token)
        refuse_unsendable(session, credentials.method, frozen)
    return credentials


def _frozen(session: Any) -> tuple[Any, Any]:
    """Some credentials are only got when they are looked at."""
    credentials = session.get_credentials()
    return credentials, credentials.get_frozen_credentials() if credentials else None


def _in_time(work: Callable[[], Any], seconds: float) -> Any:
    """What `work` returns or raises; TimedOutError if it does neither. Then its thread ends with the process."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again by whoever waits
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return future.result(timeout=seconds)
    except FutureTimeoutError as error:
        if future.done():
            raise
        raise TimedOutError(f"{seconds:.0f}") from error


class Programs:
    """The programs that profiles name (`credential_process`): without a terminal to ask on, and ended with us."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[bytes]] = []

    def install(self, session: Any) -> None:
        """In a botocore session. Where another version keeps its providers elsewhere, `_in_time` is left."""
        resolver = session.get_component("credential_provider")
        for provider in getattr(resolver, "providers", []):
            if hasattr(provider, "_popen"):
                provider._popen = self.start
            if hasattr(provider, "_prompter"):
                provider._prompter = _refuse_to_ask
            builder = getattr(provider, "_profile_provider_builder", None)
            if hasattr(builder, "_create_process_provider"):
                self._install_in(builder)

    def _install_in(self, builder: Any) -> None:
        """Of a profile that another one names as its source."""
        create = builder._create_process_provider

        def create_ours(profile_name: str) -> Any:
            provider = create(profile_name)
            provider._popen = self.start
            return provider

        builder._create_process_provider = create_ours

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
        self._started.append(program)
        return program

    def kill(self) -> None:
        for program in self._started:
            if program.poll() is None:
                program.kill()


def _refuse_to_ask(_prompt: str) -> str:
    raise MfaAskedError


def refuse_unsendable(session: Any, method: str, frozen: Any) -> None:
    """Raises SweepError for the first part of the credentials that no HTTP header can hold: the libraries' own error
    would quote it."""
    for part in PARTS:
        value = getattr(frozen, part) or ""
        if value and not SENDABLE.fullmatch(value):
            raise SweepError(
                f"{_place(session, method, part, value)} {_fault(value)}: set it anew without that. AWS was not asked."
            )


def _place(session: Any, method: str, part: str, value: str) -> str:
    option, variable, key = PARTS[part]
    if other := next((name for name in OTHER_VARIABLES if os.environ.get(name) == value), None):
        return other
    if method == "explicit":
        return f"The option {option}"
    if method == "env":
        return variable
    origin = Origin.of(session)
    if method in ("shared-credentials-file", "config-file"):
        return f"{key} of profile {origin.profile}"
    return f"The {option.replace('_', ' ')} that {origin.words} gives"


def _fault(value: str) -> str:
    if value != value.strip():
        edge = value[-1] if value[-1].isspace() else value[0]
        where = "ends" if value[-1].isspace() else "begins"
        return f"{where} with a {'line break' if edge in chr(10) + chr(13) else 'blank'}"
    if "\n" in value or "\r" in value:
        return "holds a line break"
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in value):
        return "holds a control character"
    return "holds a blank" if " " in value else "holds a character that is not ASCII"
