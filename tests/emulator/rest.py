# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""REST requests: which operation they are, by botocore's own service models (rbin, s3, ...)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

LABEL = re.compile(r"\\\{(\w+)(\\\+)?\\\}")


@dataclass(frozen=True)
class Route:
    """One operation. `literals`: the query string of its URI. `headers` and `query`: what it requires beside the path.
    `labels`: the member that each group of `path` is."""

    operation: str
    method: str
    path: re.Pattern[str]
    literals: Mapping[str, str]
    headers: frozenset[str]
    query: frozenset[str]
    labels: tuple[str, ...]

    def matches(self, environ: Mapping[str, Any], given: Mapping[str, str]) -> bool:
        return (
            self.method == environ["REQUEST_METHOD"]
            and all(given.get(name) == value for name, value in self.literals.items())
            and self.query <= given.keys()
            and all(f"HTTP_{name.upper().replace('-', '_')}" in environ for name in self.headers)
            and self.path.fullmatch(environ["PATH_INFO"]) is not None
        )


def parse_rest(service: str, environ: Mapping[str, Any], body: bytes) -> tuple[str, str, dict[str, Any]]:
    """(protocol, operation, parameters). A JSON service's body and path labels are parameters by their members' names;
    of others (s3) the query string and the path labels are, and the expected owner of a bucket. What no model knows is
    called by its method and path."""
    given = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    protocol, routes = _routes(service)
    # the most particular first: PutObject has the path of UploadPart, and asks for less
    route = next((r for r in routes if r.matches(environ, given)), None)
    if route is None:
        return protocol, f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}", dict(given)
    params: dict[str, Any] = dict(given)
    match = route.path.fullmatch(environ["PATH_INFO"])
    labels = dict(zip(route.labels, match.groups() if match else (), strict=False))
    if protocol == "rest-json":
        params |= _document(body) | labels
    else:
        params |= labels | {"ExpectedBucketOwner": environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", "")}
    return protocol, route.operation, params


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


@lru_cache(maxsize=32)
def _routes(service: str) -> tuple[str, tuple[Route, ...]]:
    """The protocol (rest-json, or rest for what is XML or unknown) and the routes of a boto3 client's service."""
    from botocore.exceptions import UnknownServiceError
    from botocore.session import get_session

    try:
        model = get_session().get_service_model(service)
    except (UnknownServiceError, ValueError):
        return "rest", ()
    if not model.metadata["protocol"].startswith("rest"):
        # all its operations have one path: a request without an Action, cut off by a kill, is none of them
        return "rest", ()
    routes = [_route(model.operation_model(name)) for name in model.operation_names]
    routes.sort(key=lambda r: -len(r.literals) - len(r.headers) - len(r.query))
    return ("rest-json" if model.metadata["protocol"] == "rest-json" else "rest"), tuple(routes)


def _route(operation: Any) -> Route:
    path, _mark, query = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    members = shape.members if shape else {}
    places = {name: member.serialization for name, member in members.items()}
    required = [places[name] for name in (shape.required_members if shape else ())]
    names = {p["name"]: name for name, p in places.items() if p.get("location") == "uri"}
    escaped = re.escape(path.rstrip("/"))
    return Route(
        operation=operation.name,
        method=operation.http["method"],
        path=re.compile(LABEL.sub(lambda m: "(.+)" if m[2] else "([^/]+)", escaped) + "/?", re.DOTALL),
        literals=dict(parse_qsl(query, keep_blank_values=True)),
        headers=frozenset(p["name"] for p in required if p.get("location") == "header"),
        query=frozenset(p["name"] for p in required if p.get("location") == "querystring"),
        labels=tuple(names.get(label, label) for label, _greedy in LABEL.findall(escaped)),
    )
