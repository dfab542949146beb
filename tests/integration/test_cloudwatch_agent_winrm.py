# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role cloudwatch_agent on Windows hosts over WinRM: connection, order, and the exact commands and arguments.

The hosts are tests/winrm/windows.py, which runs no PowerShell. The package is a few bytes in the emulated account's S3.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.configuration import written
from tests.emulator import Emulator
from tests.integration.conftest import Json, _point_at, unanswered
from tests.winrm.responder import Responder
from tests.winrm.windows import DATA, SCRIPTS, Windows, sha1

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "1.300000.1b1", "1.300001.0b2"
FILE = "amazon-cloudwatch-agent.msi"
SECRET, PROXY = "made-up/secret+key", "http://user:pass-word@proxy.example.com:3128"
PRODUCT = "{A1B2C3D4-0000-0000-0000-000000000000}"
MEMORY: Json = {"metrics": {"metrics_collected": {"Memory": {"measurement": ["Available Mbytes"]}}}}
DISK: Json = {"metrics": {"metrics_collected": {"LogicalDisk": {"measurement": ["% Free Space"]}}}}
APPEND = [{"name": "disk", "config": DISK}]
PLAY = [{"name": "The agent", "hosts": "windows", "gather_facts": False, "roles": ["sysops.aws.cloudwatch_agent"]}]

Ran = subprocess.CompletedProcess[str]


@pytest.fixture
def aws(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    served.reset("none")
    _point_at(served, monkeypatch)
    s3 = served.client("s3")
    s3.create_bucket(Bucket="mirror")
    for version in (OLD, NEW):
        s3.put_object(Bucket="mirror", Key=f"agent/windows/amd64/{version}/{FILE}", Body=package(version))
    s3.put_object(Bucket="mirror", Key="agent/info/latest/CWAGENT_VERSION", Body=f"{NEW}\n".encode())
    return served


def package(version: str) -> bytes:
    return f"{version} is no real package".encode()


def with_agent(version: str = OLD, config: Json | None = None, **other: Any) -> Windows:
    """A host as the role leaves it."""
    given = {"ansible.json": sha1(written(config or MEMORY)), "mode": sha1("ec2\n")}
    return Windows(version=version, running=True, given=given, known=["file_ansible.json"], **other)


@pytest.fixture
def fleet(aws: Emulator, playbook, tmp_path: Path) -> Callable[..., Ran]:
    """Runs the role on hosts: {name: (host, its variables)}."""

    def run(hosts: dict[str, tuple[Windows, Json]], *arguments: str, password: str = "made-up-password") -> Ran:
        inventory, play = tmp_path / "inventory.json", tmp_path / "play.json"
        play.write_text(json.dumps(PLAY))
        with ExitStack() as stack:
            there: Json = {}
            for name, (host, variables) in hosts.items():
                host.responder = stack.enter_context(Responder(host.answer))
                there[name] = {**connection(host.responder), "ansible_password": password, **variables}
            inventory.write_text(json.dumps({"windows": {"hosts": there}}))
            return playbook(
                str(play), "-i", str(inventory), "-f", "10", *arguments,
                cloudwatch_agent_cache_dir=str(tmp_path / "cache"),
            )  # fmt: skip

    return run


def connection(responder: Responder) -> Json:
    return {
        "ansible_connection": "winrm",
        "ansible_host": "127.0.0.1",
        "ansible_port": responder.port,
        "ansible_winrm_scheme": "http",
        "ansible_winrm_transport": "basic",
        "ansible_user": responder.user,
        "cloudwatch_agent_source": "s3",
        "cloudwatch_agent_package_s3": "s3://mirror/agent/",
        "cloudwatch_agent_version": OLD,
        "cloudwatch_agent_config": MEMORY,
    }


@pytest.fixture
def role(fleet) -> Callable[..., Ran]:
    return lambda host, *arguments, **variables: fleet({"server": (host, variables)}, *arguments)


def done(ran: Ran) -> Ran:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran


def said(ran: Ran) -> str:
    return " ".join((ran.stdout + ran.stderr).split())


def changed(ran: Ran) -> int:
    found = re.search(r"server\s.*changed=(\d+)", ran.stdout)
    assert found
    return int(found[1])


def names(host: Windows) -> list[str]:
    return [one.name for one in host.sent]


def only(host: Windows, name: str) -> Json:
    (found,) = [one.arguments for one in host.sent if one.name == name]
    return found


def test_the_agent_comes_with_its_secrets_and_the_next_run_changes_nothing(role, aws):
    host, sha256 = Windows(), hashlib.sha256(package(OLD)).hexdigest()
    variables = {
        "cloudwatch_agent_mode": "onPremise",
        "cloudwatch_agent_package_sha256": sha256,
        "cloudwatch_agent_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        "cloudwatch_agent_secret_access_key": SECRET,
        "cloudwatch_agent_https_proxy": PROXY,
        "cloudwatch_agent_region": "us-east-1",
        "cloudwatch_agent_append_configs": APPEND,
    }
    ran = done(role(host, "-vvv", "--diff", **variables))
    assert names(host) == [
        "setup", "state.ps1", "win_tempfile", "win_get_url", "install.ps1", "state.ps1", "apply.ps1",
        "win_service", "stable.ps1", "state.ps1", "win_file",
    ]  # fmt: skip
    for secret in (SECRET, "pass-word", "X-Amz-Signature"):
        assert secret not in ran.stdout + ran.stderr
    assert (host.version, host.running, host.known) == (OLD, True, ["file_ansible.json", "file_ansible_disk.json"])
    check_connection(host.responder, len(host.sent))
    check_installation(host, sha256)
    check_configuration(host)

    host.sent.clear()
    aws.calls.clear()
    assert changed(done(role(host, **variables))) == 0
    assert names(host) == ["setup", "state.ps1", "win_service", "stable.ps1", "state.ps1"]
    # a version that is there costs no request
    assert [key for key in aws.calls if key[2] == "s3"] == []


def check_connection(responder: Responder, modules: int) -> None:
    """Every command is one PowerShell without profile and prompt, whose input is a module: no file is copied."""
    assert responder.refused == 0
    assert len(responder.commands) == modules
    for command in responder.commands:
        assert command.line.startswith("PowerShell -NoProfile -NonInteractive ")
        assert "ConvertFrom-Json" in command.script


def check_installation(host: Windows, sha256: str) -> None:
    download = only(host, "win_get_url")
    assert f"/agent/windows/amd64/{OLD}/{FILE}?" in download["url"]
    assert "X-Amz-Signature=" in download["url"]
    assert "X-Amz-Expires=900" in download["url"]
    assert (download["checksum"], download["checksum_algorithm"]) == (sha256, "sha256")
    assert download["proxy_url"] == PROXY
    assert only(host, "install.ps1")["parameters"] == {
        "Path": f"C:\\Windows\\Temp\\cloudwatch_agent.x\\{FILE}",
        "Sha256": sha256,
        "VerifySignature": True,
        "RemoveFirst": "",
        "Former": "",
        "Record": f"{DATA}\\ansible\\package.json",
        "Identity": f"sha256:{sha256}",
    }


def check_configuration(host: Windows) -> None:
    applied = only(host, "apply.ps1")
    parameters = applied["parameters"]
    assert (parameters["Mode"], parameters["Remove"], parameters["Timeout"]) == ("onPremise", [], 60)
    assert [(one["name"], json.loads(one["text"])) for one in parameters["Give"]] == [
        ("ansible.json", MEMORY),
        ("ansible_disk.json", DISK),
    ]
    kept = [one["name"] for one in parameters["Keep"]]
    assert kept == ["ansible.json", "ansible_disk.json", "mode", "common-config"]
    secrets = {one["name"]: one["value"] for one in applied["sensitive_parameters"]}
    path = json.dumps(f"{DATA}\\ansible\\credentials")
    assert parameters["CredentialsFile"] == f"{DATA}\\ansible\\credentials"
    assert f"shared_credential_file = {path}" in secrets["CommonConfig"]
    assert f'https_proxy = "{PROXY}"' in secrets["CommonConfig"]
    assert 'no_proxy = "169.254.169.254"' in secrets["CommonConfig"]
    assert f"aws_secret_access_key = {SECRET}" in secrets["Credentials"]


def test_check_mode_tells_and_changes_nothing(role):
    host = with_agent()
    planned = done(role(host, "--check", cloudwatch_agent_version=NEW, cloudwatch_agent_config=DISK))
    assert changed(planned) == 2
    assert f"{FILE} {NEW} would be installed in place of {OLD}" in said(planned)
    assert "The agent would be given anew: ansible.json" in said(planned)
    assert {*names(host)} <= {"setup", "state.ps1", "win_service"}
    assert all(one.arguments["_ansible_check_mode"] for one in host.sent if one.name == "win_service")


def test_a_bare_host_in_check_mode(role):
    host = Windows()
    assert changed(done(role(host, "--check"))) == 2
    assert names(host) == ["setup", "state.ps1"]


def test_only_what_changed_is_given_to_the_agent_and_what_is_gone_is_taken(role):
    host = with_agent()
    done(role(host, cloudwatch_agent_append_configs=APPEND))
    assert [one["name"] for one in only(host, "apply.ps1")["parameters"]["Give"]] == ["ansible_disk.json"]
    assert "install.ps1" not in names(host)
    host.sent.clear()
    done(role(host))
    parameters = only(host, "apply.ps1")["parameters"]
    assert (parameters["Give"], parameters["Remove"]) == ([], ["ansible_disk.json"])
    assert host.known == ["file_ansible.json"]


def test_latest_goes_up_with_another_mode_and_the_default_configuration(role):
    host = with_agent()
    variables = {"cloudwatch_agent_mode": "onPremise", "cloudwatch_agent_config": {}}
    done(role(host, cloudwatch_agent_version="latest", **variables))
    assert host.version == NEW
    installed = only(host, "install.ps1")["parameters"]
    assert (installed["RemoveFirst"], installed["Former"]) == ("", PRODUCT)
    parameters = only(host, "apply.ps1")["parameters"]
    assert parameters["Mode"] == "onPremise"
    default = json.loads((ROOT / "roles" / "cloudwatch_agent" / "files" / "windows-onpremise.json").read_text())
    assert [json.loads(one["text"]) for one in parameters["Give"]] == [default]


def test_a_pin_goes_down_by_removing_the_newer_one_first(role):
    host = with_agent(version=NEW)
    done(role(host))
    assert host.version == OLD
    assert only(host, "install.ps1")["parameters"]["RemoveFirst"] == PRODUCT
    # the configuration is the same, and isn't given again
    assert "apply.ps1" not in names(host)
    assert host.running


def test_numbers_and_yes_or_no_may_be_text_as_a_survey_gives_them(role):
    host, sha256 = Windows(free_mb=1000), hashlib.sha256(package(OLD)).hexdigest()
    variables = {
        "cloudwatch_agent_verify_signature": "false",
        "cloudwatch_agent_package_sha256": sha256,
        "cloudwatch_agent_presign_seconds": "600",
        "cloudwatch_agent_min_free_mb": "900",
        "cloudwatch_agent_wait_timeout": "120",
    }
    done(role(host, **variables))
    assert "X-Amz-Expires=600" in only(host, "win_get_url")["url"]
    # PowerShell takes no text where it wants yes or no
    assert only(host, "install.ps1")["parameters"]["VerifySignature"] is False
    assert only(host, "apply.ps1")["parameters"]["Timeout"] == 120


def test_what_a_survey_leaves_open_is_the_default(role):
    needed = ("source", "package_s3", "version")
    open_ones = {name: "" for name in unanswered("cloudwatch_agent") if not name.endswith(needed)}
    sent = []
    for variables in ({"cloudwatch_agent_config": {}}, open_ones):
        host = Windows()
        done(role(host, **variables))
        sent.append([(one.name, one.arguments.get("parameters")) for one in host.sent])
    assert sent[0] == sent[1]
    assert {"install.ps1", "apply.ps1"} <= {name for name, _parameters in sent[0]}


def test_a_windows_in_another_language_is_installed_on(role):
    # ansible.windows.setup: OSArchitecture is localised, and None for who is no administrator; architecture2 is not
    host = Windows(facts={"architecture": "64 ビット", "architecture2": "x86_64"})
    done(role(host))
    assert host.version == OLD


def test_removal(role):
    host = with_agent()
    done(role(host, cloudwatch_agent_state="absent"))
    assert names(host) == ["setup", "state.ps1", "win_package", "win_file", "win_file"]
    removed = only(host, "win_package")
    assert (removed["state"], removed["product_id"]) == ("absent", PRODUCT)
    host.sent.clear()
    assert changed(done(role(host, cloudwatch_agent_state="absent"))) == 0
    assert "win_package" not in names(host)


REFUSED: dict[str, tuple[Json, Json, str]] = {
    # host, variables, what is said
    "configuration": ({}, {"cloudwatch_agent_config": {"metrics": {}}}, "metrics.metrics_collected: is missing"),
    "object": (
        {},
        {"cloudwatch_agent_config": {}, "cloudwatch_agent_config_s3": "s3://mirror/none.json"},
        "There is no object s3://mirror/none.json",
    ),
    "version": ({}, {"cloudwatch_agent_version": "9.9.9"}, "There is no version 9.9.9 of the agent for windows/amd64"),
    "space": ({"free_mb": 20}, {"cloudwatch_agent_version": NEW}, "has 20 MiB left on its system drive"),
    "source": ({}, {"cloudwatch_agent_source": "distribution"}, "is for Amazon Linux alone"),
    "hash": (
        {},
        {"cloudwatch_agent_version": NEW, "cloudwatch_agent_package_sha256": "0" * 64},
        "could not download the package",
    ),
    "unverified": ({}, {"cloudwatch_agent_verify_signature": False}, "Nothing would verify the package"),
    "architecture": (
        {"facts": {"architecture": "ARM 64-bit Processor"}},
        {},
        "AWS has no CloudWatch agent for Microsoft Windows Server 2022 Datacenter on ARM 64-bit Processor.",
    ),
    "arm": (
        {"facts": {"architecture": "64 位", "architecture2": "arm64"}},
        {},
        "AWS has no CloudWatch agent for Microsoft Windows Server 2022 Datacenter on arm64.",
    ),
    "signature": (
        {"broken": "the package's Authenticode signature is not valid: a hash differs"},
        {"cloudwatch_agent_version": NEW},
        "The CloudWatch agent was not installed: the package's Authenticode signature is not valid: a hash differs.",
    ),
    "region": (
        {},
        {
            "cloudwatch_agent_mode": "onPremise",
            "cloudwatch_agent_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "cloudwatch_agent_secret_access_key": SECRET,
        },
        "cloudwatch_agent_region is empty",
    ),
    "agent": (
        {"refusal": "amazon-cloudwatch-agent-ctl.ps1 -a fetch-config ended with 1: E! Invalid Json input schema"},
        {"cloudwatch_agent_config": DISK},
        "E! Invalid Json input schema",
    ),
}


def test_what_goes_wrong_is_said_and_leaves_the_former_agent_running(fleet):
    hosts = {name: (with_agent(**own), variables) for name, (own, variables, _words) in REFUSED.items()}
    ran = fleet(hosts)
    assert ran.returncode != 0
    assert "Traceback" not in ran.stdout + ran.stderr
    for name, (_own, _variables, words) in REFUSED.items():
        (recap,) = re.findall(rf"^{name}\s.*$", ran.stdout, re.MULTILINE)
        assert "failed=1" in recap, name
        assert words in said(ran), name
        host = hosts[name][0]
        assert (host.version, host.running, host.known) == (OLD, True, ["file_ansible.json"]), name
    assert "X-Amz-Signature" not in ran.stdout + ran.stderr


def test_a_version_that_does_not_keep_running_gives_way_to_the_former_one(role):
    host = with_agent(dying={NEW: "the agent does not keep running: its process ended. It logged: E! no. "})
    ran = role(host, cloudwatch_agent_version=NEW)
    assert ran.returncode != 0
    assert "the agent does not keep running: its process ended. It logged: E! no" in said(ran)
    assert f"The former version {OLD} is installed again." in said(ran)
    _new, former = [one.arguments["parameters"] for one in host.sent if one.name == "install.ps1"]
    assert former["Path"] == "C:\\Windows\\Temp\\cloudwatch_agent.x\\former.msi"
    assert (former["RemoveFirst"], former["VerifySignature"]) == (PRODUCT, True)
    assert (host.version, host.running) == (OLD, True)
    assert names(host)[-1] == "win_file"


def test_an_agent_that_has_died_since_is_no_success(role):
    host = with_agent(dying={OLD: "the agent does not keep running: its process ended after about 3 seconds."})
    ran = role(host)
    assert ran.returncode != 0
    assert "its process ended after about 3 seconds" in said(ran)
    assert "install.ps1" not in names(host)
    assert host.version == OLD


def test_a_wrong_password_is_told(fleet):
    host = with_agent()
    ran = fleet({"server": (host, {})}, password="another")
    assert ran.returncode != 0
    assert "the specified credentials were rejected by the server" in said(ran)
    assert host.responder.refused > 0
    assert host.sent == []


def test_every_script_parses():
    import tree_sitter_powershell
    from tree_sitter import Language, Parser

    parser = Parser(Language(tree_sitter_powershell.language()))
    scripts = sorted(SCRIPTS.glob("*.ps1"))
    assert {path.name for path in scripts} == {
        "agent.ps1",
        "apply.ps1",
        "install.ps1",
        "stable.ps1",
        "state.ps1",
    }
    for path in scripts:
        assert not parser.parse(path.read_bytes()).root_node.has_error, path.name
    assert parser.parse(b"if ($x { }").root_node.has_error


def test_the_scripts_call_the_agent_as_it_is_documented():
    """The exact commands, which no PowerShell has run here."""
    apply = (SCRIPTS / "apply.ps1").read_text()
    assert re.findall(r"Invoke-Agent @\((.*?)\)", apply) == [
        "'-a', 'status'",
        "'-a', $action, '-m', $Mode, '-c', \"file:$path\"",
        "'-a', 'remove-config', '-m', $Mode, '-c', \"file:$name\"",
        "'-a', 'stop'",
        "'-a', 'start', '-m', $Mode",
        "'-a', 'stop'",
        "'-a', 'start', '-m', $Mode",
    ]
    assert "'fetch-config' } else { 'append-config' }" in apply
    # what decides is the age of the service's process, since Windows starts a dead agent again at once
    start = apply.index(
        "Invoke-Agent @('-a', 'start', '-m', $Mode) | Out-Null\n    $problem = Wait-AgentStable $Timeout"
    )
    assert apply.index("Get-AgentLogEnd") < start < apply.index("} catch {")
