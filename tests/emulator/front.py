# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The WSGI layer in front of moto: latency, call counts, faults, the added operations, then moto itself."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from http import HTTPStatus
from io import BytesIO
from typing import Any

from . import regions
from .faults import Faults, HangUp
from .services import OPERATIONS, UNKNOWN_TO_MOTO
from .settings import Settings
from .wire import AwsError, Call, Environ, Reply, credential_scope, parse_call, render, render_error

CallKey = tuple[str, str, str, str]


class Front:
    """One WSGI application. `manifest` is what GET /_emulator/manifest answers."""

    def __init__(self, moto: Callable[..., Iterable[bytes]], latency_ms: float = 0) -> None:
        self.moto = moto
        self.latency_ms = latency_ms
        self.fast = True
        self.faults = Faults()
        self.settings = Settings()
        self.calls: Counter[CallKey] = Counter()
        self.manifest: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._accounts: dict[str, str] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        path = environ["PATH_INFO"]
        if path.startswith("/_emulator/"):
            return _send(self._control(environ["REQUEST_METHOD"], path, body), start_response)
        call = parse_call(environ, body, self._account(environ), self.settings)
        try:
            reply = None if path.startswith("/moto-api/") else self._answer(call, environ)
            answer = list(self.moto(environ, start_response)) if reply is None else _send(reply, start_response)
            self.faults.check_answer(call)
            return answer
        except HangUp:
            raise
        except Exception as error:  # noqa: BLE001 - a crash is a server error to its caller, not a dropped connection
            reply = render_error(call.protocol, _as_aws_error(call, error))
        return _send(reply, start_response)

    def _answer(self, call: Call, environ: Environ) -> Reply | None:
        """Count and delay the call; then the emulator's own answer, or None for moto's. Raises AwsError."""
        with self._lock:
            self.calls[(call.account, call.region, call.service, call.operation)] += 1
        if self.latency_ms:
            time.sleep(self.latency_ms / 1000)
        self.faults.check(call)
        regions.check_enabled(call)
        handler = OPERATIONS.get((call.service, call.operation)) if self.fast else None
        if handler is None:
            if call.service in UNKNOWN_TO_MOTO:
                raise AwsError("UnknownOperationException", f"{call.operation} is not a known operation", 404)
            return None
        if _iam_is_enforced():
            _authorise(call, environ)
        result = handler(call)
        return None if result is None else render(call, result)

    def _account(self, environ: Environ) -> str:
        """The account of the access key, as moto finds it (sts:AssumeRole makes keys of other accounts)."""
        key = credential_scope(environ)[0]
        account = environ.get("HTTP_X_MOTO_ACCOUNT_ID") or self._accounts.get(key)
        if account is None:
            from moto.iam.models import get_account_id_from

            account = get_account_id_from(key)
            if key.startswith(("AKIA", "ASIA", "LKIA")):  # other keys may be made later
                self._accounts[key] = account
        return account

    def forget(self) -> None:
        """Forget everything known of an earlier account."""
        self.faults.clear()
        self._accounts.clear()
        with self._lock:
            self.calls.clear()

    def _control(self, method: str, path: str, body: bytes) -> Reply:
        if method == "PUT":
            return self._turn(path, body)
        if (method, path) == ("GET", "/_emulator/calls"):
            with self._lock:
                rows = [
                    dict(zip(("account", "region", "service", "operation"), k, strict=True)) | {"count": n}
                    for k, n in sorted(self.calls.items())
                ]
            return _json(rows)
        if (method, path) == ("DELETE", "/_emulator/calls"):
            with self._lock:
                self.calls.clear()
            return _json([])
        if (method, path) == ("GET", "/_emulator/manifest"):
            return _json(self.manifest)
        return _json({"error": f"unknown: {method} {path}"}, 404)

    def _turn(self, path: str, body: bytes) -> Reply:
        """PUT of faults (a list) or settings (an object), which replaces all earlier ones."""
        try:
            if path == "/_emulator/faults":
                self.faults.replace(json.loads(body or b"[]"))
            elif path == "/_emulator/settings":
                self.settings = Settings.of(json.loads(body or b"{}"))
            else:
                return _json({"error": f"unknown: PUT {path}"}, 404)
        except (TypeError, ValueError) as error:
            return _json({"error": str(error)}, 400)
        return _json([])


def _as_aws_error(call: Call, error: Exception) -> AwsError:
    """What moto lacks becomes AWS's answer to an unknown filter or action; any other crash InternalFailure."""
    if isinstance(error, AwsError):
        return error
    detail = str(error)
    if not isinstance(error, NotImplementedError) and type(error).__name__ != "OperationNotFoundError":
        return AwsError("InternalFailure", f"{type(error).__name__}: {detail}", 500)
    if call.protocol == "ec2" and "ilter" in detail:
        name = detail.split("'")[1] if detail.count("'") >= 2 else detail
        return AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    if call.protocol in ("json", "rest-json"):
        return AwsError("UnknownOperationException", f"{call.operation} is not a known operation")
    return AwsError("InvalidAction", f"The action {call.operation} is not valid for this web service.")


def _iam_is_enforced() -> bool:
    from moto import settings
    from moto.core.responses import ActionAuthenticatorMixin

    return bool(ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT)


def _authorise(call: Call, environ: Environ) -> None:
    """moto's IAM decision for an operation that moto itself does not see; raises AwsError."""
    from moto.iam.access_control import IAMRequest
    from werkzeug.datastructures import EnvironHeaders
    from werkzeug.exceptions import HTTPException

    try:
        request = IAMRequest(
            account_id=call.account,
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            # what came in the body or the path is no part of the query that was signed
            data={} if call.protocol.startswith("rest") else dict(call.params),
            body=environ["wsgi.input"].getvalue(),
            headers=EnvironHeaders(environ),  # type: ignore[arg-type]
            action=call.operation,
        )
        request.check_signature()
        request.check_action_permitted("*")
    except HTTPException as denied:
        code = "UnauthorizedOperation" if call.protocol == "ec2" else "AccessDeniedException"
        raise AwsError("AccessDenied" if call.protocol == "query" else code, str(denied.description), 403) from denied


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status, "application/json", json.dumps(value).encode())


def _send(reply: Reply, start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers = [("Content-Type", reply.content_type), ("x-amzn-RequestId", "emulated"), *reply.headers]
    start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
    return [reply.body]
