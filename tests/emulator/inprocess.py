# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated account without sockets, for tests that build hundreds of accounts in one process.

with everywhere(emulator.front):
    boto3.client("ec2").describe_volumes()  # whoever makes a session in here talks to the emulator
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from .wsgi import WsgiApp, make_environ, respond

Handler = Callable[..., Any]


def connect(app: WsgiApp, session_or_client: Any) -> None:
    """Let a boto3 client, or all clients that a boto3 or botocore session makes from now on, be answered by `app`."""
    client = getattr(session_or_client, "meta", None)
    session = getattr(session_or_client, "_session", session_or_client)
    events = client.events if client else session.get_component("event_emitter")
    events.register_first("before-send", answering(app))


@contextmanager
def everywhere(app: WsgiApp) -> Iterator[None]:
    """Every botocore session that is made meanwhile is answered by `app`, for good."""
    from botocore import handlers

    entry = ("before-send", answering(app))
    handlers.BUILTIN_HANDLERS.append(entry)
    try:
        yield
    finally:
        handlers.BUILTIN_HANDLERS.remove(entry)


def answering(app: WsgiApp) -> Handler:
    """A botocore `before-send` handler that answers in place of the network."""
    from botocore.awsrequest import AWSResponse

    def answer(request: Any, **_event: Any) -> AWSResponse:
        url = urlsplit(request.url)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers.setdefault("host", url.netloc)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        environ = make_environ(request.method, target, headers, _bytes(request.body), url.port or 80)
        status, answered, body = respond(app, environ)
        # a HEAD request's answer tells the length of what it leaves out
        kept = {} if request.method == "HEAD" else {"Content-Length": str(len(body))}
        body = b"" if request.method == "HEAD" else body
        return AWSResponse(request.url, int(status.split()[0]), {**dict(answered), **kept}, Body(body))

    return answer


class Body(BytesIO):
    """An answer's body as botocore reads it from urllib3."""

    def stream(self, amount: int = 65536, **_options: Any) -> Iterator[bytes]:
        while chunk := self.read(amount):
            yield chunk


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)
