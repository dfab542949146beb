# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS requests and answers look like on the wire: ec2, query, json and rest-json protocols."""

from __future__ import annotations

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from .rest import parse_rest
from .settings import Settings

Environ = dict[str, Any]
Item = TypeVar("Item")

# Signing names that differ from the name of the boto3 client.
CLIENT_NAMES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}
CLASSIC_ELB_VERSION = "2012-06-01"
REQUEST_ID = "7a62c49f-347e-4fc4-9331-6e8eEXAMPLE"


class AwsError(Exception):
    """An error that AWS answers, in the shape of the request's protocol."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class Call:
    """One AWS request. `protocol` is ec2, query, json, rest-json or rest; `service` is the boto3 client's name."""

    account: str
    region: str
    service: str
    operation: str
    protocol: str
    params: Mapping[str, Any] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)

    def text(self, name: str, default: str = "") -> str:
        """One parameter of an ec2 or query request."""
        return str(self.params.get(name, default))

    def number(self, name: str, default: int) -> int:
        """One whole number; raises InvalidParameterValue as AWS does."""
        value = self.params.get(name)
        if value in (None, ""):
            return default
        try:
            return int(str(value))
        except ValueError:
            raise AwsError("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid.") from None

    def values(self, prefix: str) -> list[str]:
        """A list parameter: `prefix.1, prefix.2, ...` (ec2) or `prefix.member.1, ...` (query)."""
        stem = prefix if self.protocol == "ec2" else f"{prefix}.member"
        found: list[str] = []
        while (value := self.params.get(f"{stem}.{len(found) + 1}")) is not None:
            found.append(str(value))
        return found

    def tree(self, name: str) -> Any:
        """A nested parameter of an ec2 or query request, as dicts and lists: `Tag.1.Key=a` is `[{"Key": "a"}]`."""
        return _tree({key[len(name) + 1 :]: value for key, value in self.params.items() if key.startswith(f"{name}.")})

    def flag(self, name: str) -> bool:
        return self.text(name).lower() == "true"

    def filters(self) -> list[tuple[str, list[str]]]:
        """EC2 filters as (name, values)."""
        found: list[tuple[str, list[str]]] = []
        while (name := self.params.get(f"Filter.{len(found) + 1}.Name")) is not None:
            found.append((str(name), self.values(f"Filter.{len(found) + 1}.Value")))
        return found


def _tree(flat: Mapping[str, Any]) -> Any:
    """Keys parted by dots, numbers being places in a list; `member` (query) says nothing."""
    parts: dict[str, dict[str, Any]] = {}
    leaves: dict[str, Any] = {}
    for key, value in flat.items():
        head, _dot, rest = key.removeprefix("member.").partition(".")
        if rest:
            parts.setdefault(head, {})[rest] = value
        else:
            leaves[head] = value
    found = leaves | {head: _tree(inner) for head, inner in parts.items()}
    if found and all(head.isdigit() for head in found):
        return [found[head] for head in sorted(found, key=int)]
    return found


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def credential_scope(environ: Environ) -> tuple[str, str, str]:
    """(access key, region, signing name) of the SigV4 header; empty strings where unsigned."""
    header = environ.get("HTTP_AUTHORIZATION", "")
    start = header.find("Credential=")
    parts = header[start + 11 :].split(",", 1)[0].split("/") if start >= 0 else []
    return (parts[0], parts[2], parts[3]) if len(parts) == 5 else ("", "us-east-1", "")


def parse_call(environ: Environ, body: bytes, account: str, settings: Settings | None = None) -> Call:
    """Read service, operation and parameters of one request."""
    service, operation, protocol, params = _parse(environ, body)
    region = credential_scope(environ)[1]
    return Call(account, region, service, operation, protocol, params, settings or Settings())


def _parse(environ: Environ, body: bytes) -> tuple[str, str, str, Mapping[str, Any]]:
    """(boto3 client name, operation, protocol, parameters)."""
    signing_name = credential_scope(environ)[2]
    service = CLIENT_NAMES.get(signing_name, signing_name)
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        try:
            params = json.loads(body or b"{}")
        except ValueError:
            params = {}
        return service, target.rpartition(".")[2], "json", params
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)) if _is_form(environ) else {}
    form = form or dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    if "Action" not in form:
        protocol, operation, params = parse_rest(service, environ, body)
        return service, operation, protocol, params
    if service == "elasticloadbalancing":
        service = "elb" if form.get("Version") == CLASSIC_ELB_VERSION else "elbv2"
    return service, form["Action"], "ec2" if service == "ec2" else "query", form


def _is_form(environ: Environ) -> bool:
    return str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded")


def render(call: Call, result: str | dict[str, Any]) -> Reply:
    """The successful answer: inner XML for ec2 and query, a dict for json and rest-json."""
    if isinstance(result, dict):
        kind = "application/json" if call.protocol == "rest-json" else "application/x-amz-json-1.1"
        return Reply(200, kind, json.dumps(result).encode())
    name = call.operation
    if call.protocol == "ec2":
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><{name}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>{REQUEST_ID}</requestId>{result}</{name}Response>"
        )
    else:
        text = (
            f"<{name}Response><{name}Result>{result}</{name}Result>"
            f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{name}Response>"
        )
    return Reply(200, "text/xml;charset=UTF-8", text.encode())


def render_error(protocol: str, error: AwsError) -> Reply:
    """The failing answer, as each protocol shapes it."""
    code, message = escape(error.code), escape(error.message)
    if protocol in ("json", "rest-json"):
        body = json.dumps({"__type": error.code, "message": error.message})
        headers = (("x-amzn-ErrorType", error.code),)
        return Reply(error.status, "application/x-amz-json-1.1", body.encode(), headers)
    if protocol == "ec2":
        body = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
        body += f"<RequestID>{REQUEST_ID}</RequestID></Response>"
    elif protocol == "query":
        kind = "Receiver" if error.status >= 500 else "Sender"
        body = f"<ErrorResponse><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        body += f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    else:
        body = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{REQUEST_ID}</RequestId></Error>"
    return Reply(error.status, "text/xml;charset=UTF-8", body.encode())


def xml(value: Any, list_item: str = "item") -> str:
    """A dict as XML elements; None is left out, lists become <item> (ec2) or <member> (query) elements."""
    if isinstance(value, Mapping):
        return "".join(f"<{k}>{xml(v, list_item)}</{k}>" for k, v in value.items() if v is not None)
    if isinstance(value, (list, tuple)):
        return "".join(f"<{list_item}>{xml(v, list_item)}</{list_item}>" for v in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return timestamp(value)
    return escape(str(value))


def timestamp(value: datetime) -> str:
    """ISO 8601 with milliseconds, UTC; moto keeps naive UTC times."""
    if value.tzinfo is not None:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)
    return value.isoformat(timespec="milliseconds") + "Z"


def last_key(token: str) -> str:
    """What a page's token says: the key of the last item before it. Raises InvalidParameterValue on a foreign one."""
    try:
        return base64.b64decode(token, b"-_", validate=True).decode()
    except ValueError:
        raise AwsError("InvalidParameterValue", f"Value ({token}) for parameter token is invalid.") from None


def page(items: Sequence[Item], token: str, size: int, key: Callable[[Item], str]) -> tuple[Sequence[Item], str]:
    """One page of items sorted by `key`; (items, next token or ""). The token is the last key, so that deletions
    between two pages shift nothing, as on AWS. Raises InvalidParameterValue on a foreign token."""
    start = bisect_right(items, last_key(token), key=key) if token else 0
    end = start + size
    chosen = items[start:end]
    more = bool(chosen) and end < len(items)
    return chosen, base64.urlsafe_b64encode(key(chosen[-1]).encode()).decode() if more else ""
