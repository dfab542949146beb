# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a source of credentials gives none, and what to do: one sentence for each way in which one can fail.

What programs print and files hold is never quoted: it may be the credentials.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

try:
    from botocore.exceptions import BotoCoreError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from .errors import one_line, words_of
from .secrets import Secrets

CONTAINER = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
TOKEN_FILE, TOKEN_FILE_KEY = "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"
SSO_KEYS = ("sso_session", "sso_start_url")


class MfaAskedError(Exception):
    """A profile asks for the code of an MFA device, and nobody is there to give one."""


class TimedOutError(Exception):
    """A source of credentials did not answer. Its text is the seconds."""


@dataclass(frozen=True)
class Origin:
    """The session's profile and those that it names as its source, each with its settings, in that order."""

    profile: str
    chain: Sequence[tuple[str, Mapping[str, Any]]] = ()
    config_path: str = ""
    credentials_path: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Any = None) -> Origin:
        """Of a boto3 session; without one, of the environment. Whatever is wrong with its files, this can be told."""
        environment = dict(os.environ)
        named = environment.get("AWS_DEFAULT_PROFILE") or environment.get("AWS_PROFILE")
        profile = (session._session.profile if session else named) or "default"
        config = os.path.expanduser(environment.get("AWS_CONFIG_FILE") or "~/.aws/config")
        credentials = os.path.expanduser(environment.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
        return cls(profile, _chain(session, profile), config, credentials, environment)

    def having(self, *keys: str) -> tuple[str, Mapping[str, Any]] | None:
        """The first profile with one of these settings."""
        return next(((name, settings) for name, settings in self.chain if any(key in settings for key in keys)), None)

    def named(self, *keys: str) -> str:
        found = self.having(*keys)
        return found[0] if found else self.profile

    @property
    def words(self) -> str:
        container = next((name for name in CONTAINER if self.variables.get(name)), None)
        if container and not self.chain:
            return f"the container credentials endpoint ({container})"
        return f"profile {plain(self.profile)}"


def plain(name: str) -> str:
    """A name for a message, on one line whatever is in it."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)


def _chain(session: Any, profile: str) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        profiles = session._session.full_config.get("profiles", {}) if session else {}
    except (BotoCoreError, ValueError):
        return []  # the caller is explaining why it can't be read
    chain: list[tuple[str, Mapping[str, Any]]] = []
    while profile in profiles and profile not in dict(chain):
        chain.append((profile, profiles[profile]))
        profile = profiles[profile].get("source_profile", "")
    return chain


def explain(error: BaseException, origin: Origin, secrets: Secrets) -> str:
    """The sentence for whatever was raised while credentials were got."""
    for names, words in EXPLANATIONS:
        if any(kind.__name__ in names for kind in type(error).__mro__) and (said := words(error, origin)):
            return said
    text = one_line(str(error), secrets)
    return f"The AWS credentials from {origin.words} could not be got ({type(error).__name__}: {text}): check them."


def _mfa(error: BaseException, origin: Origin) -> str:
    profile = plain(origin.named("mfa_serial"))
    return (
        f"Profile {profile} asks for an MFA code (mfa_serial), which no task can enter: get session credentials first"
        f' with `eval "$(aws configure export-credentials --profile {plain(origin.profile)} --format env)"` and start'
        " again in the same shell."
    )


def _sso(error: BaseException, origin: Origin) -> str:
    profile = plain(origin.named(*SSO_KEYS))
    return (
        f"The SSO session of profile {profile} has expired, or was never begun: run `aws sso login --profile {profile}`"
        " and start again."
    )


def _login(error: BaseException, origin: Origin) -> str:
    profile = plain(origin.named("login_session"))
    return (
        f"The login session of profile {profile} has expired, or was never begun: run `aws login --profile {profile}`"
        " and start again."
    )


def _broken_file(error: BaseException, origin: Origin) -> str:
    """configparser quotes the line that it can't read, which may be a secret: its number is enough."""
    details: Mapping[str, Any] = getattr(error, "kwargs", {})
    line = re.search(r"line[: ]+(\d+)", str(details.get("error", "")))
    where = f" (line {line[1]})" if line else ""
    return (
        f"The AWS file {plain(str(details.get('path', '')))}{where} is not valid: it must have sections such as"
        " [profile work] with lines `name = value`. Correct it."
    )


def _profile(error: BaseException, origin: Origin) -> str:
    wanted = str(getattr(error, "kwargs", {}).get("profile", origin.profile))
    variable = next((name for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if origin.variables.get(name)), None)
    by = f", named by {variable}," if variable and origin.variables[variable] == wanted else ""
    return (
        f"The config profile ({plain(wanted)}){by} could not be found{_unreadable(origin)}: add the profile to the AWS"
        " config file or name another one."
    )


def _unreadable(origin: Origin) -> str:
    """` (FILE: Permission denied)`. botocore takes a file that can't be read for an empty one."""
    return "".join(
        f" ({plain(path)}: {reason})"
        for path in (origin.config_path, origin.credentials_path)
        if (reason := _why(path))
    )


def _why(path: str) -> str:
    if not path or not os.path.exists(path) or path == os.devnull:
        return ""
    try:
        Path(path).open("rb").close()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def no_credentials(origin: Origin) -> str:
    """The sentence for a session in which nothing gives credentials."""
    return (
        f"Unable to locate credentials{_unreadable(origin)}: tried module options, environment variables, the shared"
        f" files (profile {plain(origin.profile)}), and container and instance roles; set AWS_PROFILE or"
        " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    )


def _partial(error: BaseException, origin: Origin) -> str:
    details: Mapping[str, Any] = getattr(error, "kwargs", {})
    provider = str(details.get("provider", ""))
    where = "the module's options" if provider == "explicit" else provider
    return f"Partial credentials found in {where}, missing: {details.get('cred_var')}. Set it too, or none of them."


def _configured(error: BaseException, origin: Origin) -> str:
    """botocore's own sentence names profiles and settings, no values."""
    text = words_of(error).rstrip(".")
    return f"{text}: correct profile {plain(origin.profile)} in the AWS config file."


def _retrieval(error: BaseException, origin: Origin) -> str:
    provider = str(getattr(error, "kwargs", {}).get("provider", ""))
    if provider in ("sso", "sso-token"):
        return _sso(error, origin)
    if provider == "custom-process":
        return _process(error, origin)
    return _endpoint(error, origin)


def _process(error: BaseException, origin: Origin) -> str:
    found = origin.having("credential_process")
    if not found:
        return ""
    head = f"The credential_process of profile {plain(found[0])}"
    if isinstance(error, OSError):
        return f"{head} can't be started ({error.strerror}): correct the command in the AWS config file."
    message = getattr(error, "kwargs", {}).get("error_msg")
    if message is None or message.startswith(("Unsupported version", "Missing required key")):
        return (
            f"{head} prints no credentials: it must print JSON with Version 1, AccessKeyId and SecretAccessKey. Run it"
            " by hand to see what it prints."
        )
    return f"{head} ended with an error: run it by hand to see why."


def _file(error: BaseException, origin: Origin) -> str:
    """OSError: which of the files and programs it was."""
    name = str(getattr(error, "filename", "") or "")
    reason = getattr(error, "strerror", None) or type(error).__name__
    for path, setting in _token_files(origin):
        if path and os.path.expanduser(path) == os.path.expanduser(name):
            return (
                f"The token file {plain(path)} ({setting}) can't be read ({reason}): see to it that it is there, or"
                " unset the variable or setting."
            )
    if name and name in (origin.config_path, origin.credentials_path):
        return f"The AWS file {plain(name)} can't be read ({reason}): correct its permissions."
    return _process(error, origin)


def _token_files(origin: Origin) -> list[tuple[str, str]]:
    by_profile = [
        (str(settings[TOKEN_FILE_KEY]), f"{TOKEN_FILE_KEY} of profile {plain(name)}")
        for name, settings in origin.chain
        if TOKEN_FILE_KEY in settings
    ]
    by_variable = [
        (origin.variables.get(name, ""), name) for name in (TOKEN_FILE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    ]
    return [*by_profile, *by_variable]


def _endpoint(error: BaseException, origin: Origin) -> str:
    variable = next((name for name in CONTAINER if origin.variables.get(name)), None)
    if not variable:
        return ""
    return (
        f"The container credentials endpoint ({variable}) gives no credentials ({type(error).__name__}): see to it that"
        " it is up and that its authorization token is valid, or unset the variable."
    )


def _garbled(error: BaseException, origin: Origin) -> str:
    """ValueError and its like say nothing of where they are from: what is configured does."""
    return _process(error, origin) or _endpoint(error, origin)


def _stale(error: BaseException, origin: Origin) -> str:
    if "expired" not in str(error):
        return ""
    return f"The AWS credentials from {origin.words} have expired already: renew them and start again."


def _refused(error: BaseException, origin: Origin) -> str:
    """STS or SSO refused what the profile asks for."""
    answer: Mapping[str, Any] = getattr(error, "response", {}).get("Error", {})
    operation = getattr(error, "operation_name", "")
    text = one_line(str(answer.get("Message", "")), Secrets.of_environment()).rstrip(".")
    return (
        f"AWS refused {operation} for {origin.words} ({answer.get('Code', 'Unknown')}: {text}): check its role and the"
        " credentials that it is assumed with."
    )


def _late(error: BaseException, origin: Origin) -> str:
    found = origin.having("credential_process")
    what = (
        f"The credential_process of profile {plain(found[0])}"
        if found
        else f"The source of credentials of {origin.words}"
    )
    return (
        f"{what} gave no credentials within {error} seconds, and was given up: run it by hand to see what it waits for."
    )


def _no_region(error: BaseException, origin: Origin) -> str:
    return f"{origin.words[0].upper()}{origin.words[1:]} needs a region for STS: set `region` or AWS_REGION."


Words = Callable[[BaseException, Origin], str]
EXPLANATIONS: Sequence[tuple[frozenset[str], Words]] = [
    (frozenset({"MfaAskedError", "EOFError", "RefreshWithMFAUnsupportedError"}), _mfa),
    (frozenset({"TimedOutError"}), _late),
    (frozenset({"SSOError", "TokenRetrievalError", "NoAuthTokenError"}), _sso),
    (frozenset({"LoginRefreshRequired", "LoginTokenLoadError"}), _login),
    (frozenset({"ConfigParseError"}), _broken_file),
    (frozenset({"ProfileNotFound"}), _profile),
    (frozenset({"PartialCredentialsError"}), _partial),
    (frozenset({"NoRegionError"}), _no_region),
    (frozenset({"InvalidConfigError", "UnknownCredentialError"}), _configured),
    (frozenset({"CredentialRetrievalError", "MetadataRetrievalError"}), _retrieval),
    (frozenset({"ClientError"}), _refused),
    (frozenset({"OSError"}), _file),
    (frozenset({"RuntimeError"}), _stale),
    (frozenset({"ValueError", "AttributeError", "TypeError", "KeyError"}), _garbled),
]
