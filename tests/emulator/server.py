# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small HTTP/1.1 server for WSGI applications: keep-alive, one thread a connection, on 127.0.0.1 only."""

from __future__ import annotations

import os
import socket
import struct
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer

from .faults import HangUp
from .wire import Environ
from .wsgi import WsgiApp, make_environ, respond


class Server(ThreadingTCPServer):
    """Serves one WSGI application; `port` 0 takes a free one. werkzeug's own server costs 3 times the CPU a request."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, app: WsgiApp, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.app = app
        self.port = int(self.server_address[1])
        self.connections: set[socket.socket] = set()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.1,), name="emulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every open connection."""
        if self._thread:
            self.shutdown()
            self._thread.join()
        self.server_close()
        for connection in list(self.connections):
            _hang_up(connection)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # the other side was first
        return


class _Connection(StreamRequestHandler):
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        try:
            super().finish()
        except OSError:  # the client hung up
            return

    def handle(self) -> None:
        try:
            while self._one_request():
                pass
        except HangUp:
            self._reset()
        except (ConnectionError, TimeoutError):
            return

    def _reset(self) -> None:
        """Close the connection so that the other side reads ECONNRESET, and not an orderly end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.server.connections.discard(self.connection)
        os.close(self.connection.detach())

    def _one_request(self) -> bool:
        """Serve one request; False where the connection is to be closed."""
        start = self.rfile.readline(65537).decode("latin-1").split()
        if len(start) != 3:
            return False
        headers = self._headers()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = make_environ(start[0], start[1], headers, self._body(headers), self.server.port)
        keep = headers.get("connection", "").lower() != "close"
        self.wfile.write(self._run(environ, keep))
        return keep

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while line := self.rfile.readline(65537).rstrip(b"\r\n"):
            name, _colon, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return headers

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _run(self, environ: Environ, keep: bool) -> bytes:
        status, headers, body = respond(self.server.app, environ)
        lines = [f"HTTP/1.1 {status}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in ("content-length", "connection")]
        if environ["REQUEST_METHOD"] == "HEAD":
            lines += [f"{name}: {value}" for name, value in headers if name.lower() == "content-length"]
            body = b""
        else:
            lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
