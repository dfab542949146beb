# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request as a WSGI application sees it, whether it came over a socket or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

from .wire import Environ

WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def make_environ(method: str, target: str, headers: Mapping[str, str], body: bytes, port: int) -> Environ:
    """`target` is path and query as on the request line; the headers' names in lower case."""
    path, _mark, query = target.partition("?")
    environ: Environ = {f"HTTP_{k.upper().replace('-', '_')}": v for k, v in headers.items()}
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.update(
        {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "REQUEST_URI": target,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": None,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
    )
    return environ


def respond(app: WsgiApp, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
    """(status line, headers, body) of the application's answer."""
    answer: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        answer[:] = [status, headers]

    body = b"".join(app(environ, start_response))
    return answer[0], answer[1], body
