# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sharing a TLS context saves time, and lets nobody in: a real server on 127.0.0.1 with certificates made here."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep import tls
from ansible_collections.sysops.aws.plugins.module_utils.sweep.account import Connection, open_accounts
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

IDENTITY = b"""<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class Sts(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(IDENTITY)))
        self.end_headers()
        self.wfile.write(IDENTITY)

    def log_message(self, *_message: object) -> None:
        """Nothing is said of requests."""


def certificate(folder: Path, address: str) -> tuple[str, str]:
    """(certificate, key) of a server that may call itself `address`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sts")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / f"{address}.pem", folder / f"{address}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return str(public), str(private)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a server whose certificate says 127.0.0.1, and CA bundles: its own, another's, and another name's."""
    right, wrong_name = certificate(tmp_path, "127.0.0.1"), certificate(tmp_path, "127.0.0.2")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*right)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", {"right": right[0], "other": wrong_name[0]}
    server.shutdown()
    server.server_close()
    thread.join()


def connection(url: str, verify: str | bool) -> Connection:
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    return Connection(region="eu-west-1", endpoint_url=url, keys=keys, verify=verify)


def test_a_server_that_the_bundle_knows_is_trusted(served):
    url, bundles = served
    (account,), _errors = open_accounts(connection(url, bundles["right"]))
    assert account.id == "123456789012"


def test_a_server_that_the_bundle_does_not_know_is_refused(served):
    url, bundles = served
    with pytest.raises(SweepError, match="SSL validation failed"):
        open_accounts(connection(url, bundles["other"]))


def test_a_server_of_another_name_is_refused(served):
    url, bundles = served
    with pytest.raises(SweepError, match="SSL validation failed"):
        open_accounts(connection(url.replace("127.0.0.1", "localhost"), bundles["right"]))


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_verification_can_be_switched_off_as_in_every_aws_module(served):
    url, _bundles = served
    (account,), _errors = open_accounts(connection(url, False))
    assert account.id == "123456789012"


def test_the_bundle_is_read_once_for_all_clients(served, monkeypatch):
    url, bundles = served
    read: list[object] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(self: ssl.SSLContext, *names: object) -> None:
        read.append(names)
        load(self, *names)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    (account,), _errors = open_accounts(connection(url, bundles["right"]))
    for region in ("us-east-1", "sa-east-1"):
        account.client("sts", region).get_caller_identity()
    assert len(read) == 1


def test_a_client_that_keeps_its_connections_elsewhere_still_works():
    class Unknown:
        _endpoint = object()

    tls.use_context(Unknown(), tls.shared_context())
