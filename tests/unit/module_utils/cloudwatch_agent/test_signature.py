# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures by the gpg of this machine, with keys that are made for the test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.memory import remembered
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.signature import (
    Key,
    identity_of,
    plain_fingerprint,
    verify,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError

GPG = shutil.which("gpg") or ""
with_gpg = pytest.mark.skipif(not GPG, reason="there is no gpg on this machine")


@dataclass
class Signer:
    home: Path

    def gpg(self, *arguments: str) -> bytes:
        command = (GPG, "--homedir", str(self.home), "--batch", "--quiet", "--pinentry-mode", "loopback")
        return subprocess.run((*command, "--passphrase", "", *arguments), check=True, capture_output=True).stdout

    @property
    def fingerprint(self) -> str:
        listed = self.gpg("--with-colons", "--list-keys").decode()
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))

    @property
    def key(self) -> bytes:
        return self.gpg("--armor", "--export")

    def sign(self, path: Path) -> bytes:
        return self.gpg("--output", "-", "--detach-sign", str(path))


def run(command: Sequence[str]) -> tuple[int, str, str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Signer, Signer]]:
    """Ours, and a stranger."""
    made = (Signer(tmp_path_factory.mktemp("a")), Signer(tmp_path_factory.mktemp("b")))
    for signer in made:
        signer.home.chmod(0o700)
        signer.gpg("--quick-generate-key", "test <test@example.com>", "ed25519", "sign", "1d")
    yield made
    for signer in made:
        subprocess.run(("gpgconf", "--homedir", str(signer.home), "--kill", "gpg-agent"), check=False)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package"
    path.write_bytes(b"the agent")
    return path


@with_gpg
def test_a_good_signature_passes_and_leaves_nothing_behind(signers, package):
    ours, _stranger = signers
    verify(run, GPG, package, ours.sign(package), Key(ours.key, ours.fingerprint), "s3://b/k")
    assert [path.name for path in package.parent.iterdir()] == ["package"]


@with_gpg
def test_what_is_no_good_signature(signers, package):
    ours, stranger = signers
    signature, key = ours.sign(package), Key(ours.key, ours.fingerprint)
    package.write_bytes(b"another agent")
    with pytest.raises(
        SweepError, match=r"The signature of s3://b/k is not a good one of .*\(the package is another one"
    ):
        verify(run, GPG, package, signature, key, "s3://b/k")
    with pytest.raises(SweepError, match="it is of another key"):
        verify(run, GPG, package, stranger.sign(package), key, "s3://b/k")
    with pytest.raises(SweepError, match=r"it is no signature|gpg gives no reason"):
        verify(run, GPG, package, b"nonsense", key, "s3://b/k")


@with_gpg
def test_a_key_with_another_fingerprint_is_refused_even_if_it_signed(signers, package):
    ours, stranger = signers
    with pytest.raises(SweepError, match=f"has the fingerprint {stranger.fingerprint}, and not {ours.fingerprint}"):
        verify(run, GPG, package, stranger.sign(package), Key(stranger.key, ours.fingerprint), "s3://b/k")


@with_gpg
def test_two_keys_in_one_file_and_the_signature_of_the_wrong_one(signers, package):
    ours, stranger = signers
    both = Key(ours.key + stranger.key, ours.fingerprint)
    verify(run, GPG, package, ours.sign(package), both, "s3://b/k")
    with pytest.raises(SweepError, match="is not a good one of the key"):
        verify(run, GPG, package, stranger.sign(package), both, "s3://b/k")


@with_gpg
def test_what_is_no_key(package):
    with pytest.raises(SweepError, match="is no public key that gpg can read"):
        verify(run, GPG, package, b"", Key(b"nonsense", "A" * 40), "s3://b/k")


@pytest.mark.parametrize(
    "given", ["9376 16F3 450B 7D80 6CBD  9725 D581 6730 3B78 9C72", "937616f3450b7d806cbd9725d58167303b789c72"]
)
def test_a_fingerprint_as_it_is_printed(given):
    assert plain_fingerprint(given) == "937616F3450B7D806CBD9725D58167303B789C72"


@pytest.mark.parametrize("given", ["", "3B789C72", "D58167303B789C72", "X" * 40])
def test_a_short_key_id_is_no_fingerprint(given):
    with pytest.raises(SweepError, match="it must have all 40 hexadecimal digits"):
        plain_fingerprint(given)


def test_another_signature_is_another_identity():
    assert identity_of(b"a") != identity_of(b"b")


def test_what_was_found_out_once_is_remembered_for_that_signature_and_key_alone(tmp_path):
    asked: list[str] = []

    def find_out(found: str = "a" * 64) -> str:
        asked.append(found)
        return found

    directory = str(tmp_path)
    assert remembered(directory, "signature:1", "F", find_out) == "a" * 64
    assert remembered(directory, "signature:1", "F", find_out) == "a" * 64
    assert len(asked) == 1
    assert remembered(directory, "signature:2", "F", lambda: find_out("b" * 64)) == "b" * 64
    assert remembered(directory, "signature:1", "G", lambda: find_out("c" * 64)) == "c" * 64


def test_a_failure_is_not_remembered(tmp_path):
    def fail() -> str:
        raise SweepError("not a good one")

    with pytest.raises(SweepError, match="not a good one"):
        remembered(str(tmp_path), "signature:1", "F", fail)
    assert remembered(str(tmp_path), "signature:1", "F", lambda: "d" * 64) == "d" * 64


def test_a_directory_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SweepError, match=r"cloudwatch_agent_cache_dir .* can't be used"):
        remembered(str(tmp_path / "file"), "signature:1", "F", lambda: "d" * 64)
