# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no output may hold. Every text that AWS, a library or a program wrote goes through `Secrets.redacted`."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

HIDDEN = "********"
#: a shorter value is hidden only where it stands alone: `0` is no secret inside of `i-0a1b`
SHORT = 4
#: a sentence of our own composes ids and foreign texts, which are redacted already: shorter values stay in it
DISTINCTIVE = 8

NAMES = (
    r"aws_?secret_?access_?key|secret_?access_?key|secret_?key|aws_?session_?token|session_?token|security_?token"
    r"|x-amz-security-token|x-amz-signature|x-amz-credential|customer-key|external_?id|password|passwd|pwd"
)
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # a URL's user and password; a password may hold an @
    (re.compile(r"(://)[^\s/?#'\"<>]*@"), rf"\1{HIDDEN}@"),
    # Authorization: AWS4-HMAC-SHA256 Credential=..., Signature=... ; Basic, Bearer
    (re.compile(r"(?i)\b(Credential|Signature)=[^\s,&;'\"<>]+"), rf"\1={HIDDEN}"),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*b?['\"]?(?:Basic|Bearer|Digest)\s+)[^\s'\"<>]+"), rf"\1{HIDDEN}"),
    # name=value, "name": "value", name%3Dvalue: query strings, headers, credentials files, JSON of a program
    (re.compile(rf"(?i)\b((?:{NAMES})[\\'\"]*\s*(?:[:=]|%3D)\s*b?[\\'\"]*)[^\s,&;'\"<>\\}}]+"), rf"\1{HIDDEN}"),
    # http.client and urllib3 quote what is no header
    (re.compile(r"(?i)(header (?:value|part)s?:? ).*", re.DOTALL), rf"\1{HIDDEN}"),
    # access key ids, session tokens, web identity and SSO tokens by the way they begin
    (re.compile(r"\b(A[KS]IA)[A-Z0-9]{8,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz)[A-Za-z0-9+/=%]*"), HIDDEN),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w.-]+"), HIDDEN),
)
SECRET_VARIABLES = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_BEARER_TOKEN_BEDROCK",
)
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class Secrets:
    """The secret values of one run: given to the module, taken from the environment, got from AWS. Any thread may use
    it, and add to it when credentials are renewed."""

    def __init__(self, *values: object) -> None:
        self._lock = threading.Lock()
        self._values: tuple[str, ...] = ()
        self.add(*values)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] | None = None) -> Secrets:
        """The credentials in environment variables, and the passwords in the addresses of proxies."""
        environment = os.environ if environment is None else environment
        secrets = cls(*(environment.get(name) for name in SECRET_VARIABLES))
        for name in PROXY_VARIABLES:
            for spelling in (name, name.lower()):
                secrets.add(*_user_information(environment.get(spelling, "")))
        return secrets

    def add(self, *values: object) -> None:
        """Texts, numbers, and all that lists and dicts hold."""
        found = {spelling for value in values for text in texts_in(value) for spelling in _spellings(text)}
        with self._lock:
            # a longer value may hold a shorter one
            self._values = tuple(sorted(found | set(self._values), key=lambda text: (-len(text), text)))

    def redacted(self, text: str, at_least: int = 1) -> str:
        """A text of AWS, a library or a program, without any secret: by value, and by the way secrets look. Values with
        fewer than `at_least` characters are left."""
        text = self.without_values(text, at_least)
        for pattern, replacement in PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def without_values(self, text: str, at_least: int = 1) -> str:
        """The text without the secrets that are known by value, such as what a command has printed."""
        for value in self._values:
            if len(value) < at_least:
                break
            if len(value) < SHORT:
                text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", HIDDEN, text)
            else:
                text = text.replace(value, HIDDEN)
        return text


def texts_in(value: object) -> Iterator[str]:
    """All texts and numbers in a value, as text."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from texts_in(item)
    elif value is not None and not isinstance(value, bool) and str(value).strip():
        yield str(value)


def _spellings(text: str) -> Iterable[str]:
    """As it is, and as URLs, JSON and Python's `repr` write it."""
    plain = text.strip()
    # a variable with a byte that is no UTF-8 comes as half of a surrogate pair
    quoted = (one(plain, safe="", errors="surrogatepass") for one in (quote, quote_plus))
    return {plain, *quoted, json.dumps(plain)[1:-1], repr(plain)[1:-1]}


def _user_information(address: str) -> list[str]:
    """What stands before the @ of a proxy's address: whole, and the password by itself. A user's name is none."""
    user, at, _host = address.rpartition("@")
    if not at:
        return []
    whole = user.rpartition("://")[2]
    password = whole.partition(":")[2]
    return [whole, password, unquote(password)]
