# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that libraries, AWS and programs write, and what is left of them in a message."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.secrets import Secrets

ROOT = Path(__file__).resolve().parents[4]
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//token+A=="
QUOTES = [
    "Invalid header value b'XXXX\\n'",
    "https://s3.eu-west-1.amazonaws.com/b/k?X-Amz-Credential=AKIDXXXX%2F20261130&X-Amz-Signature=XXXX&X-Amz-Date=1",
    "https://s3.amazonaws.com/b/k?X-Amz-Security-Token=XXXX%2FXXXX&x=1",
    'Failed to connect to proxy URL: "http://user:XXXX@proxy.example.com:3128"',
    "Failed to parse: https://user:XX@XX@proxy.example.com",
    "Invalid header value b'Authorization: Bearer XXXXXXXXXXXX\\n'",
    "header: 'AWS4-HMAC-SHA256 Credential=XXXX/2026/eu/sts/aws4_request, SignedHeaders=host, Signature=XXXX'",
    "x-amz-security-token:XXXX\nhost:sts",
    '{"Version": 1, "AccessKeyId": "AKIAXXXXXXXXXXXXXXXX", "SecretAccessKey": "XXXX/XXXX", "SessionToken": "XXXX"',
    "Source contains parsing errors: 'aws_secret_access_key = XXXX\\n'",
    "b'aws_session_token=XXXX'",
    "The token eyJhbGciOiJSUzI1NiJ9.XXXX.XXXX is not valid",
    "User ASIAXXXXXXXXXXXXXXXX may not do that",
]


@pytest.mark.parametrize("text", QUOTES)
def test_what_looks_like_a_secret_is_hidden_without_knowing_it(text):
    shown = Secrets().redacted(text)
    assert "XX" not in shown
    assert "********" in shown


def test_the_rest_of_the_text_stays():
    text = "Could not connect to the endpoint URL: https://sts.eu-west-1.amazonaws.com/ (vol-0123, mail a@example.com)"
    assert Secrets("s3cr3t").redacted(text) == text


@pytest.mark.parametrize(
    "quoted",
    [TOKEN, repr(f"{TOKEN}\n"), json.dumps(TOKEN), "IQoJb3JpZ2luX2VjEXAMPLE%2F%2Ftoken%2BA%3D%3D", f"b'{TOKEN}'"],
)
def test_a_value_is_hidden_however_it_is_written(quoted):
    shown = Secrets(f"{TOKEN}\n").redacted(f"Can't send {quoted}!")
    assert "token" not in shown
    assert shown.endswith("!")


def test_what_lists_and_dicts_hold_and_numbers_are_values_too():
    shown = Secrets({"Level": 90210, "Names": ["hidden-one", None, True]}).redacted("90210 and hidden-one, None True")
    assert shown == "******** and ********, None True"


def test_a_value_of_up_to_three_characters_is_hidden_where_it_stands_alone():
    secrets = Secrets("0", "app")
    shown = secrets.redacted("i-0a1b of app-db in 100 rows: level=0, user 'app'")
    assert shown == "i-0a1b of app-db in 100 rows: level=********, user '********'"


def test_the_environment_gives_credentials_and_the_passwords_of_proxies():
    secrets = Secrets.of_environment(
        {"AWS_SESSION_TOKEN": "t0k3n", "https_proxy": "http://me:p%40ss@proxy:3128", "HTTP_PROXY": "http://proxy"}
    )
    assert secrets.redacted("t0k3n, p@ss, me:p%40ss, me, proxy") == "********, ********, ********, me, proxy"


def test_an_error_is_redacted_before_it_is_cut():
    error = ValueError("x" * 490 + TOKEN)
    assert "IQoJ" not in CallError.of("s3", "GetObject", error, Secrets(TOKEN)).message


# A place in which the text of an exception gets into a message is here because of one of:
# - the exception is one of our own, whose text is redacted where it is made
# - the text is redacted at that place
OWN = re.compile(r"^(SweepError|CallError|LimitExceededError|NotThereError|ReportError|NotReachedError)$")
TEXTS = ("str", "repr", "to_native", "to_text")
REDACTS = ("one_line", "words_of", "redacted", "explain", "_defect", "CallError.of")


def texts_of_exceptions() -> list[tuple[str, str, str]]:
    """(file, function, source) of each place where the text of a caught foreign exception is used as it is."""
    found = []
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        source = path.read_text()
        tree = ast.parse(source)
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
            for handler in [node for node in ast.walk(function) if isinstance(node, ast.ExceptHandler) and node.name]:
                kinds = {name.id for name in ast.walk(handler.type or ast.Name("")) if isinstance(name, ast.Name)}
                if all(OWN.match(kind) for kind in kinds):
                    continue
                for use in _uses(handler):
                    text = ast.get_source_segment(source, use) or ""
                    if not any(word in (ast.get_source_segment(source, handler) or "") for word in REDACTS):
                        found.append((str(path.relative_to(ROOT / "plugins")), function.name, text))
    return found


def _uses(handler: ast.ExceptHandler) -> list[ast.expr]:
    """`str(error)` and `{error}`."""
    uses: list[ast.expr] = []
    for node in ast.walk(handler):
        if isinstance(node, ast.FormattedValue) and isinstance(node.value, ast.Name) and node.value.id == handler.name:
            uses.append(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TEXTS:
            uses += [arg for arg in node.args if isinstance(arg, ast.Name) and arg.id == handler.name]
    return uses


def test_no_text_of_a_foreign_exception_reaches_a_message_as_it_is():
    assert texts_of_exceptions() == []


def test_no_module_shows_exceptions_by_the_means_of_other_collections():
    for path in (ROOT / "plugins").rglob("*.py"):
        for word in ("fail_json_aws", "boto_exception", "get_aws_connection_info", "module.client("):
            assert word not in path.read_text(), path


def test_a_secret_that_is_no_utf8_is_hidden_too():
    # what Python makes of such bytes in an environment variable
    secret = b"s3cr\xffet-key".decode("utf-8", "surrogateescape")
    assert secret not in Secrets.of_environment({"AWS_SECRET_ACCESS_KEY": secret}).redacted(f"got {secret}")
