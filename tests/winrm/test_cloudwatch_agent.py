# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role cloudwatch_agent on a Windows host over WinRM: connection, order, and the exact commands and arguments.

The host is tests/winrm/windows.py, which runs no PowerShell. The package is a few bytes in the emulated account's S3.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Json, _point_at, playbook, served  # noqa: F401
from tests.winrm.responder import Responder
from tests.winrm.windows import DATA, SCRIPTS, Windows, sha1

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "1.300000.1b1", "1.300001.0b2"
MIRROR = "s3://mirror/agent/"
PATHS = {
    OLD: f"agent/windows/amd64/{OLD}/amazon-cloudwatch-agent.msi",
    NEW: f"agent/windows/amd64/{NEW}/amazon-cloudwatch-agent.msi",
}
SECRET = "made-up/secret+key"
MEMORY: Json = {"metrics": {"metrics_collected": {"Memory": {"measurement": ["Available Mbytes"]}}}}
PLAY = [{"name": "The agent", "hosts": "windows", "gather_facts": False, "roles": ["sysops.aws.cloudwatch_agent"]}]
APPEND = [
    {"name": "disk", "config": {"metrics": {"metrics_collected": {"LogicalDisk": {"measurement": ["% Free Space"]}}}}}
]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def aws(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:  # noqa: F811
    served.reset("none")
    _point_at(served, monkeypatch)
    s3 = served.client("s3")
    s3.create_bucket(Bucket="mirror")
    for version, key in PATHS.items():
        s3.put_object(Bucket="mirror", Key=key, Body=package(version))
    s3.put_object(Bucket="mirror", Key="agent/info/latest/CWAGENT_VERSION", Body=f"{NEW}\n".encode())
    return served


def package(version: str) -> bytes:
    return f"{version} is no real package".encode()


@pytest.fixture
def host() -> Windows:
    return Windows()


@pytest.fixture
def responder(host: Windows) -> Iterator[Responder]:
    with Responder(host.answer) as found:
        yield found


@pytest.fixture
def role(aws: Emulator, responder: Responder, playbook, tmp_path: Path) -> Run:  # noqa: F811
    inventory, play = tmp_path / "inventory.json", tmp_path / "play.json"
    variables = {
        "ansible_connection": "winrm",
        "ansible_host": "127.0.0.1",
        "ansible_port": responder.port,
        "ansible_winrm_scheme": "http",
        "ansible_winrm_transport": "basic",
        "ansible_user": responder.user,
        "ansible_password": responder.password,
    }
    inventory.write_text(json.dumps({"windows": {"hosts": {"server": variables}}}))
    play.write_text(json.dumps(PLAY))

    def run(*arguments: str, **given: Any) -> subprocess.CompletedProcess[str]:
        defaults = {
            "cloudwatch_agent_source": "s3",
            "cloudwatch_agent_package_s3": MIRROR,
            "cloudwatch_agent_version": OLD,
            "cloudwatch_agent_cache_dir": str(tmp_path / "cache"),
        }
        return playbook(str(play), "-i", str(inventory), *arguments, **{**defaults, **given})

    return run


def done(ran: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


def said(ran: subprocess.CompletedProcess[str]) -> str:
    return " ".join((ran.stdout + ran.stderr).split())


def changed(ran: subprocess.CompletedProcess[str]) -> int:
    found = re.search(r"server\s.*changed=(\d+)", ran.stdout)
    assert found
    return int(found[1])


def sent(host: Windows, name: str) -> list[Json]:
    return [one.arguments for one in host.sent if one.name == name]


def names(host: Windows) -> list[str]:
    return [one.name for one in host.sent]


def test_the_agent_is_installed_configured_and_started_in_this_order(role, host, responder):
    done(role(cloudwatch_agent_append_configs=APPEND))
    assert names(host) == [
        "setup", "state.ps1", "win_tempfile", "win_get_url", "install.ps1", "state.ps1", "win_file", "apply.ps1",
        "win_service", "state.ps1",
    ]  # fmt: skip
    assert responder.refused == 0
    assert (host.version, host.running) == (OLD, True)
    assert host.known == ["file_ansible.json", "file_ansible_disk.json"]


def test_every_command_is_one_powershell_without_profile_and_prompt(role, host, responder):
    done(role())
    assert len(responder.commands) == len(host.sent)
    for command in responder.commands:
        assert command.line.startswith("PowerShell -NoProfile -NonInteractive ")
        assert "-EncodedCommand" in command.line
        assert "ConvertFrom-Json" in command.script


def test_the_package_is_downloaded_with_a_presigned_url_and_installed_by_what_was_asked(role, host):
    sha256 = hashlib.sha256(package(OLD)).hexdigest()
    done(role(cloudwatch_agent_package_sha256=sha256, cloudwatch_agent_https_proxy="http://proxy.example.com:3128"))
    (download,) = sent(host, "win_get_url")
    assert PATHS[OLD] in download["url"]
    assert "X-Amz-Signature=" in download["url"]
    assert "X-Amz-Expires=900" in download["url"]
    assert (download["checksum"], download["checksum_algorithm"]) == (sha256, "sha256")
    assert download["proxy_url"] == "http://proxy.example.com:3128"
    (installed,) = sent(host, "install.ps1")
    assert installed["parameters"] == {
        "Path": "C:\\Windows\\Temp\\cloudwatch_agent.x\\amazon-cloudwatch-agent.msi",
        "Sha256": sha256,
        "VerifySignature": True,
        "RemoveFirst": "",
        "Record": f"{DATA}\\ansible\\package.json",
        "Identity": f"sha256:{sha256}",
    }


def test_the_default_configuration_is_the_memory_of_windows(role, host):
    done(role())
    (applied,) = sent(host, "apply.ps1")
    parameters = applied["parameters"]
    assert (parameters["Mode"], parameters["Remove"], parameters["Timeout"]) == ("ec2", [], 60)
    (given,) = parameters["Give"]
    default = ROOT / "roles" / "cloudwatch_agent" / "files" / "windows.json"
    assert (given["name"], json.loads(given["text"])) == ("ansible.json", json.loads(default.read_text()))
    assert [one["name"] for one in parameters["Keep"]] == ["ansible.json", "mode"]
    assert not applied["sensitive_parameters"]


def test_a_second_run_changes_nothing_and_asks_s3_for_nothing(role, host, aws):
    done(role())
    host.sent.clear()
    aws.calls.clear()
    assert changed(done(role())) == 0
    assert names(host) == ["setup", "state.ps1", "win_service", "state.ps1"]
    assert [key for key in aws.calls if key[2] == "s3"] == []


def test_check_mode_tells_and_changes_nothing(role, host):
    assert changed(done(role("--check"))) == 2
    assert names(host) == ["setup", "state.ps1"]
    done(role())
    host.sent.clear()
    assert changed(done(role("--check"))) == 0
    planned = done(role("--check", cloudwatch_agent_version=NEW, cloudwatch_agent_config=MEMORY))
    assert changed(planned) == 2
    assert f"amazon-cloudwatch-agent.msi {NEW} would be installed in place of {OLD}" in said(planned)
    assert {"install.ps1", "apply.ps1", "win_get_url"} & {*names(host)} == set()


def test_only_what_changed_is_given_to_the_agent(role, host):
    done(role(cloudwatch_agent_config=MEMORY))
    host.sent.clear()
    done(role(cloudwatch_agent_config=MEMORY, cloudwatch_agent_append_configs=APPEND))
    (applied,) = sent(host, "apply.ps1")
    assert [one["name"] for one in applied["parameters"]["Give"]] == ["ansible_disk.json"]
    host.sent.clear()
    done(role(cloudwatch_agent_config=MEMORY))
    (applied,) = sent(host, "apply.ps1")
    assert (applied["parameters"]["Give"], applied["parameters"]["Remove"]) == ([], ["ansible_disk.json"])
    assert host.known == ["file_ansible.json"]
    assert sent(host, "install.ps1") == []


def test_another_mode_gives_the_configuration_anew(role, host):
    done(role())
    host.sent.clear()
    done(role(cloudwatch_agent_mode="onPremise"))
    (applied,) = sent(host, "apply.ps1")
    assert applied["parameters"]["Mode"] == "onPremise"
    assert [one["name"] for one in applied["parameters"]["Give"]] == ["ansible.json"]


def test_latest_goes_up_and_a_pin_goes_down_by_removing_the_newer_one_first(role, host):
    done(role())
    done(role(cloudwatch_agent_version="latest"))
    assert host.version == NEW
    assert sent(host, "install.ps1")[-1]["parameters"]["RemoveFirst"] == ""
    done(role())
    assert host.version == OLD
    assert sent(host, "install.ps1")[-1]["parameters"]["RemoveFirst"].startswith("{A1B2C3D4-")


def test_proxy_and_credentials_arrive_as_secrets_and_are_never_shown(role, host):
    variables = {
        "cloudwatch_agent_mode": "onPremise",
        "cloudwatch_agent_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "cloudwatch_agent_secret_access_key": SECRET,
        "cloudwatch_agent_https_proxy": "http://user:pass-word@proxy.example.com:3128",
        "cloudwatch_agent_region": "us-east-1",
    }
    ran = done(role("-vvv", "--diff", **variables))
    assert SECRET not in ran.stdout + ran.stderr
    assert "pass-word" not in ran.stdout + ran.stderr
    assert "X-Amz-Signature" not in ran.stdout + ran.stderr
    (applied,) = sent(host, "apply.ps1")
    secrets = {one["name"]: one["value"] for one in applied["sensitive_parameters"]}
    path = json.dumps(f"{DATA}\\ansible\\credentials")
    assert f"shared_credential_file = {path}" in secrets["CommonConfig"]
    assert 'https_proxy = "http://user:pass-word@proxy.example.com:3128"' in secrets["CommonConfig"]
    assert 'no_proxy = "169.254.169.254"' in secrets["CommonConfig"]
    assert f"aws_secret_access_key = {SECRET}" in secrets["Credentials"]
    assert host.common == sha1(secrets["CommonConfig"])
    host.sent.clear()
    assert changed(done(role(**variables))) == 0


def test_removal(role, host):
    done(role())
    host.sent.clear()
    done(role(cloudwatch_agent_state="absent"))
    assert names(host) == ["setup", "state.ps1", "win_package", "win_file", "win_file"]
    (removed,) = sent(host, "win_package")
    assert (removed["state"], removed["product_id"][:9]) == ("absent", "{A1B2C3D4")
    host.sent.clear()
    assert changed(done(role(cloudwatch_agent_state="absent"))) == 0
    assert "win_package" not in names(host)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"cloudwatch_agent_config": {"metrics": {}}}, "metrics.metrics_collected: is missing"),
        ({"cloudwatch_agent_config_s3": "s3://mirror/none.json"}, "There is no object s3://mirror/none.json"),
        ({"cloudwatch_agent_version": "9.9.9"}, "There is no version 9.9.9 of the agent for windows/amd64"),
        ({"cloudwatch_agent_version": NEW, "cloudwatch_agent_min_free_mb": 50000}, "has 20000 MiB left on its system"),
        ({"cloudwatch_agent_source": "distribution"}, "is for Amazon Linux alone"),
        (
            {"cloudwatch_agent_version": NEW, "cloudwatch_agent_package_sha256": "0" * 64},
            "could not download the package",
        ),
        ({"cloudwatch_agent_verify_signature": False}, "Nothing would verify the package"),
    ],
)
def test_bad_input_leaves_the_former_agent_as_it_is(role, host, variables, words):
    done(role())
    host.sent.clear()
    ran = role(**variables)
    assert ran.returncode != 0
    assert words in said(ran)
    assert "Traceback" not in ran.stdout + ran.stderr
    assert {"install.ps1", "apply.ps1"} & {*names(host)} == set()
    assert (host.version, host.running, host.known) == (OLD, True, ["file_ansible.json"])


def test_an_unsupported_architecture_is_refused(role, host):
    host.facts["ansible_architecture"] = "ARM 64-bit Processor"
    ran = role()
    assert ran.returncode != 0
    assert "AWS has no CloudWatch agent for Microsoft Windows Server 2022 Datacenter on ARM 64-bit" in said(ran)


def test_a_failed_installation_starts_the_former_agent_again(role, host):
    done(role())
    host.broken = "the package's Authenticode signature is not valid: a hash differs"
    ran = role(cloudwatch_agent_version=NEW)
    assert ran.returncode != 0
    assert "The CloudWatch agent was not installed: the package's Authenticode signature is not valid" in said(ran)
    assert (host.version, host.running) == (OLD, True)


def test_a_configuration_that_the_agent_refuses_is_told_in_its_words(role, host):
    done(role())
    host.refusal = "amazon-cloudwatch-agent-ctl.ps1 -a fetch-config ended with 1: E! Invalid Json input schema"
    ran = role(cloudwatch_agent_config=MEMORY)
    assert ran.returncode != 0
    assert "E! Invalid Json input schema" in said(ran)
    host.refusal = ""
    assert changed(done(role(cloudwatch_agent_config=MEMORY))) == 1


def test_a_wrong_password_is_told(role, responder, host):
    responder.password = "another"
    ran = role()
    assert ran.returncode != 0
    assert responder.refused > 0
    assert host.sent == []


def test_every_script_parses():
    import tree_sitter_powershell
    from tree_sitter import Language, Parser

    parser = Parser(Language(tree_sitter_powershell.language()))
    scripts = sorted(SCRIPTS.glob("*.ps1"))
    assert {path.name for path in scripts} == {"apply.ps1", "install.ps1", "state.ps1"}
    for path in scripts:
        tree = parser.parse(path.read_bytes())
        assert not tree.root_node.has_error, path.name
    assert parser.parse(b"if ($x { }").root_node.has_error


def test_the_scripts_call_the_agent_as_it_is_documented():
    """The exact commands, which no PowerShell has run here."""
    apply = (SCRIPTS / "apply.ps1").read_text()
    assert os.linesep.join(re.findall(r"Invoke-Agent @\((.*)\)", apply)).splitlines() == [
        "'-a', 'status'",
        "'-a', $action, '-m', $Mode, '-c', \"file:$path\"",
        "'-a', 'remove-config', '-m', $Mode, '-c', \"file:$name\"",
        "'-a', 'stop'",
        "'-a', 'start', '-m', $Mode",
        "'-a', 'stop'",
        "'-a', 'start', '-m', $Mode",
    ]
    assert "'fetch-config' } else { 'append-config' }" in apply
