# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A WS-Man responder on 127.0.0.1 (https://learn.microsoft.com/openspecs/windows_protocols/ms-wsmv), for basic
authentication over HTTP: shells, commands with their input, and what a host makes of them."""

from __future__ import annotations

import base64
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from xml.etree import ElementTree
from xml.sax.saxutils import escape

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="{addressing}"'
    ' xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="{shell}">'
    "<s:Header><a:Action>{action}Response</a:Action><a:MessageID>uuid:{message}</a:MessageID>"
    "<a:RelatesTo>{request}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
)


@dataclass
class Command:
    """A command as it was sent: `line` is the program with its arguments."""

    line: str
    stdin: bytes = b""

    @property
    def script(self) -> str:
        """What -EncodedCommand holds."""
        found = re.search(r"-EncodedCommand\s+(\S+)", self.line)
        return base64.b64decode(found[1]).decode("utf-16-le") if found else ""


@dataclass
class Responder:
    """A context manager. `answer` gives (standard output, exit code) of a command."""

    answer: Callable[[Command], tuple[str, int]]
    user: str = "Administrator"
    password: str = "made-up-password"
    commands: list[Command] = field(default_factory=list)
    refused: int = 0

    def __enter__(self) -> Responder:
        self._running: dict[str, Command] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        responder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not responder.lets_in(self.headers.get("Authorization", "")):
                    self._send(401, b"")
                elif self.path != "/wsman":
                    self._send(404, b"")
                else:
                    self._send(200, responder.respond(body).encode())

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                if status == 401:
                    self.send_header("WWW-Authenticate", "Basic")
                self.send_header("Content-Type", "application/soap+xml;charset=UTF-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def lets_in(self, authorization: str) -> bool:
        known = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if authorization == f"Basic {known}":
            return True
        self.refused += bool(authorization)
        return False

    def respond(self, request: bytes) -> str:
        """The SOAP answer to a SOAP request."""
        root = ElementTree.fromstring(request)
        action = _text(root, f"{{{ADDRESSING}}}Action")
        operation = action.rpartition("/")[2]
        body = getattr(self, f"_{operation.lower()}")(root)
        return ENVELOPE.format(
            addressing=ADDRESSING,
            shell=SHELL,
            action=action,
            message=uuid.uuid4(),
            request=_text(root, f"{{{ADDRESSING}}}MessageID"),
            body=body,
        )

    def _create(self, _root: ElementTree.Element) -> str:
        return (
            f"<rsp:Shell><rsp:ShellId>{uuid.uuid4()}</rsp:ShellId></rsp:Shell><w:SelectorSet>"
            f'<w:Selector Name="ShellId">{uuid.uuid4()}</w:Selector></w:SelectorSet>'
        )

    def _command(self, root: ElementTree.Element) -> str:
        parts = [_text(root, f"{{{SHELL}}}Command"), *(one.text or "" for one in root.iter(f"{{{SHELL}}}Arguments"))]
        command, number = Command(" ".join(parts)), str(uuid.uuid4())
        self._running[number] = command
        self.commands.append(command)
        return f"<rsp:CommandResponse><rsp:CommandId>{number}</rsp:CommandId></rsp:CommandResponse>"

    def _send(self, root: ElementTree.Element) -> str:
        for stream in root.iter(f"{{{SHELL}}}Stream"):
            self._running[stream.attrib["CommandId"]].stdin += base64.b64decode(stream.text or "")
        return "<rsp:SendResponse/>"

    def _receive(self, root: ElementTree.Element) -> str:
        (wanted,) = root.iter(f"{{{SHELL}}}DesiredStream")
        number = wanted.attrib["CommandId"]
        output, code = self.answer(self._running[number])
        told = base64.b64encode(output.encode()).decode()
        return (
            f'<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="{number}">{escape(told)}</rsp:Stream>'
            f'<rsp:Stream Name="stdout" CommandId="{number}" End="true"/>'
            f'<rsp:Stream Name="stderr" CommandId="{number}" End="true"/>'
            f'<rsp:CommandState CommandId="{number}" State="{SHELL}/CommandState/Done">'
            f"<rsp:ExitCode>{code}</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>"
        )

    def _signal(self, _root: ElementTree.Element) -> str:
        return "<rsp:SignalResponse/>"

    def _delete(self, _root: ElementTree.Element) -> str:
        return ""


def _text(root: ElementTree.Element, name: str) -> str:
    return next(root.iter(name)).text or ""
