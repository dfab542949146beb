# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The controller's part of the role cloudwatch_agent: configurations and packages in the emulated account's S3."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Module

OLD, NEW = "1.300000.1b1", "1.300001.0b2"
DEBIAN = {"distribution": "Debian", "os_family": "Debian", "architecture": "x86_64"}
CONFIGURATION = {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_used_percent"]}}}}
TREE = "s3://mirror/agent/"
DEB = "amazon-cloudwatch-agent.deb"


class Mirror:
    """A signed mirror, laid out as AWS's own bucket."""

    def __init__(self, aws: Emulator, home: Path) -> None:
        self.s3 = aws.client("s3")
        self._home = home
        self._gpg("--quick-generate-key", "test <test@example.com>", "ed25519", "sign", "1d")
        listed = self._gpg("--with-colons", "--list-keys").decode()
        self.fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
        self.key = self._gpg("--armor", "--export").decode()
        self.s3.create_bucket(Bucket="mirror")
        for version in (OLD, NEW):
            self.put(f"agent/debian/amd64/{version}/{DEB}", version.encode())
        self.put("agent/info/latest/CWAGENT_VERSION", f"{NEW}\n".encode(), signed=False)

    def put(self, key: str, content: bytes, signed: bool = True) -> None:
        self.s3.put_object(Bucket="mirror", Key=key, Body=content)
        if signed:
            path = self._home / "package"
            path.write_bytes(content)
            self.s3.put_object(Bucket="mirror", Key=f"{key}.sig", Body=self._gpg("--detach-sign", "-o", "-", str(path)))

    def _gpg(self, *arguments: str) -> bytes:
        command = ("gpg", "--homedir", str(self._home), "--batch", "--pinentry-mode", "loopback", "--passphrase", "")
        return subprocess.run((*command, *arguments), check=True, capture_output=True).stdout


@pytest.fixture
def mirror(empty_aws: Emulator, tmp_path: Path):
    if shutil.which("gpg") is None:
        pytest.skip("there is no gpg on this machine")
    home = tmp_path / "gpg"
    home.mkdir(mode=0o700)
    yield Mirror(empty_aws, home)
    subprocess.run(("gpgconf", "--homedir", str(home), "--kill", "gpg-agent"), check=False)


@pytest.fixture
def find(module: Module, mirror: Mirror, tmp_path: Path):
    def run(check: bool = False, **options: Any) -> dict[str, Any]:
        defaults = {
            "source": "s3",
            "address": TREE,
            "gpg_key": mirror.key,
            "gpg_fingerprint": mirror.fingerprint,
            "cache_dir": str(tmp_path / "cache"),
        }
        return module("cloudwatch_agent_package", check=check, **{**DEBIAN, **defaults, **options})

    return run


def reads(aws: Emulator) -> int:
    return sum(count for (_account, _region, service, _operation), count in aws.calls.items() if service == "s3")


def test_latest_is_found_verified_and_signed_for_the_host(find, empty_aws):
    found = find(presign_seconds=300)
    assert (found["install"], found["version"], found["file_name"]) == (True, NEW, DEB)
    assert found["sha256"] == hashlib.sha256(NEW.encode()).hexdigest()
    assert f"/agent/debian/amd64/{NEW}/{DEB}?" in found["url"]
    assert "X-Amz-Expires=300" in found["url"]
    assert "url" not in find()


def test_a_version_that_is_installed_costs_no_request(find, empty_aws):
    empty_aws.calls.clear()
    assert find(version=OLD, installed_version=OLD)["install"] is False
    assert find(version=f"{OLD}-1", installed_version=OLD)["install"] is False
    assert reads(empty_aws) == 0
    assert find(version=OLD, installed_version=NEW)["install"] is True


def test_what_was_verified_once_is_not_downloaded_again(find, mirror, empty_aws):
    first = find(version=OLD)
    # the signature is read each time, the package never again: what it must be is known
    mirror.s3.delete_object(Bucket="mirror", Key=f"agent/debian/amd64/{OLD}/{DEB}")
    assert find(version=OLD)["sha256"] == first["sha256"]


def test_a_single_package_is_told_from_the_next_one_by_its_signature(find, mirror):
    mirror.put("agent.deb", b"one")
    first = find(address="s3://mirror/agent.deb")
    assert (first["install"], first["version"]) == (True, None)
    installed = {"installed_version": OLD, "installed_identity": first["identity"]}
    assert find(address="s3://mirror/agent.deb", **installed)["install"] is False
    mirror.put("agent.deb", b"two")
    assert find(address="s3://mirror/agent.deb", **installed)["install"] is True


def test_check_mode_looks_whether_it_is_there_and_verifies_nothing(find, mirror):
    assert find(check=True, gpg_key="s3://mirror/nothing")["install"] is True
    mirror.s3.delete_object(Bucket="mirror", Key=f"agent/debian/amd64/{OLD}/{DEB}")
    assert "There is no object" in find(check=True, version=OLD)["msg"]


def test_the_key_may_be_in_s3_or_in_a_file(find, mirror, tmp_path):
    mirror.put("key.asc", mirror.key.encode(), signed=False)
    (tmp_path / "key.asc").write_text(mirror.key)
    assert find(gpg_key="s3://mirror/key.asc")["install"] is True
    assert find(gpg_key=str(tmp_path / "key.asc"), version=OLD)["install"] is True


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"version": "9.9.9"}, "There is no version 9.9.9 of the agent for debian/amd64"),
        ({"version": "newest"}, "cloudwatch_agent_version is 'newest': it must be `latest` or a version"),
        ({"sha256": "0" * 64}, f"has the SHA-256 {hashlib.sha256(NEW.encode()).hexdigest()}, and not 0000"),
        ({"sha256": "abc"}, "cloudwatch_agent_package_sha256 is 'abc': it must have 64 hexadecimal digits."),
        ({"verify_signature": False}, "Nothing would verify the package"),
        ({"gpg_fingerprint": "A" * 40}, f"and not {'A' * 40} as cloudwatch_agent_gpg_fingerprint says"),
        ({"gpg_fingerprint": "3B789C72"}, "it must have all 40 hexadecimal digits"),
        ({"gpg_key": "/nowhere/key"}, "cloudwatch_agent_gpg_key '/nowhere/key' can't be read: No such file"),
        ({"distribution": "Fedora"}, "AWS has no CloudWatch agent for Fedora"),
        ({"address": "s3://mirror/none.deb"}, "There is no object s3://mirror/none.deb.sig"),
        ({"address": "s3://none/agent/"}, "There is no bucket s3://none/agent/info/latest/CWAGENT_VERSION"),
        ({"address": "https://h/x"}, "cloudwatch_agent_package_s3 is 'https://h/x': it must begin with s3://."),
        (
            {"source": "url", "address": "http://user:secret@127.0.0.1:1/x?token=secret"},
            "http://127.0.0.1:1/x.sig could",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence(find, options, said):
    failed = find(**options)
    assert failed.get("failed") is True
    assert said in failed["msg"]
    assert "secret" not in failed["msg"]
    assert "Traceback" not in failed["msg"]


def test_an_altered_package_is_refused(find, mirror):
    mirror.s3.put_object(Bucket="mirror", Key=f"agent/debian/amd64/{OLD}/{DEB}", Body=b"altered")
    failed = find(version=OLD)
    assert "is not a good one of the key" in failed["msg"]
    assert "nothing was installed" in failed["msg"]


@pytest.fixture
def configured(module: Module, empty_aws: Emulator):
    s3 = empty_aws.client("s3")
    s3.create_bucket(Bucket="configurations")
    objects = {
        "good.json": json.dumps(CONFIGURATION),
        "bad.json": '{"metrics": {}}',
        "none.json": "{",
        "empty.json": "{}",
    }
    for name, text in objects.items():
        s3.put_object(Bucket="configurations", Key=name, Body=text.encode())
    return lambda **options: module("cloudwatch_agent_config", **options)


def test_configurations_from_s3_and_from_variables_are_the_same_texts(configured):
    one = configured(config_s3="s3://configurations/good.json", append=[{"name": "a", "config": CONFIGURATION}])
    two = configured(config=CONFIGURATION, append=[{"name": "a", "s3": "s3://configurations/good.json"}])
    assert one["config"] == two["config"]
    assert [entry["name"] for entry in (one["config"], *one["append"])] == ["ansible.json", "ansible_a.json"]
    assert one["append"] == two["append"]
    assert json.loads(one["config"]["text"]) == CONFIGURATION
    assert one["config"]["sha1"] == hashlib.sha1(one["config"]["text"].encode()).hexdigest()


def test_a_url_for_who_has_no_credentials_is_made_only_where_it_is_asked_for(configured):
    there = {"config_s3": "s3://configurations/good.json"}
    with urllib.request.urlopen(configured(**there, presign_seconds=60)["url"]) as answer:
        assert json.loads(answer.read()) == CONFIGURATION
    assert "url" not in configured(**there)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"config": CONFIGURATION, "presign_seconds": 60}, "required by 'presign_seconds': config_s3"),
        (
            {"config_s3": "s3://configurations/bad.json"},
            "s3://configurations/bad.json is invalid: metrics.metrics_coll",
        ),
        ({"config_s3": "s3://configurations/none.json"}, "s3://configurations/none.json is no JSON"),
        ({"config_s3": "s3://configurations/empty.json"}, "s3://configurations/empty.json is empty"),
        ({"config_s3": "s3://configurations/missing.json"}, "There is no object s3://configurations/missing.json"),
        ({"config_s3": "s3://missing/good.json"}, "There is no bucket s3://missing/good.json"),
        ({"config_s3": "configurations/good.json"}, "names no S3 object: it must be s3://bucket/key."),
        ({"config_s3": "s3://configurations"}, "names no S3 object"),
        ({"config": CONFIGURATION, "config_s3": "s3://configurations/good.json"}, "is given twice"),
        ({}, "cloudwatch_agent_config has no configuration"),
        ({"config": CONFIGURATION, "append": [{"name": "a/b", "config": {}}]}, "append_configs[0].name is 'a/b'"),
        (
            {"config": CONFIGURATION, "append": [{"name": "a"}]},
            "cloudwatch_agent_append_configs[0] has no configuration",
        ),
        (
            {"config": CONFIGURATION, "append": [{"name": "a", "config": CONFIGURATION}] * 2},
            "cloudwatch_agent_append_configs names 'a' twice.",
        ),
    ],
)
def test_a_configuration_that_cannot_be_read_is_named(configured, options, said):
    failed = configured(**options)
    assert failed.get("failed") is True
    assert said in failed["msg"]


def test_a_denied_object_says_what_to_allow(configured, empty_aws):
    empty_aws.faults.deny(service="s3")
    failed = configured(config_s3="s3://configurations/good.json")
    assert "s3://configurations/good.json may not be read (AccessDenied): allow s3:GetObject" in failed["msg"]
