# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role cloudwatch_agent_ssm as an operator runs it: SSM sends its script to hosts that run it with dash (see
agent_host.py). Managed instances, commands and associations are behaviour of AWS that tests/emulator/services/ssm_*.py
add to moto."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.building.instances import PLAIN, add_instance
from tests.emulator.services.ssm_associations import associations
from tests.emulator.services.ssm_commands import sent_of
from tests.emulator.services.ssm_instances import Outcome, manage
from tests.integration.agent_host import Host, Mirror
from tests.integration.conftest import changes, same_in_check_mode, unanswered

ROOT = Path(__file__).resolve().parents[2]
REGION, ACCOUNT = "us-east-1", "123456789012"
OWN = json.loads((ROOT / "roles" / "cloudwatch_agent" / "files" / "linux.json").read_text())
CONFIG = {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_used_percent"]}}}}
IN_S3 = "s3://settings/agent/linux.json"
PLAY = [
    {
        "name": "The agent",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "roles": ["sysops.aws.cloudwatch_agent_ssm"],
        "post_tasks": [
            {
                "name": "Tell what became of it",
                "ansible.builtin.copy": {
                    "content": "{{ cloudwatch_agent_ssm_commands | to_json }}",
                    "dest": "{{ result }}",
                    "mode": "0600",
                },
                "changed_when": False,
                "check_mode": False,
            }
        ],
    }
]

Run = Callable[..., subprocess.CompletedProcess[str]]


def backend() -> Any:
    from moto.ssm.models import ssm_backends

    return ssm_backends[ACCOUNT][REGION]


def add(emulator: Emulator, name: str, host: Host | None, **facts: Any) -> str:
    """A running instance with the tag Agent=yes, which answers commands as its host does."""
    instance_id: str = add_instance(emulator.site(REGION), PLAIN, name, root=False, tags={"Agent": "yes"}).id
    manage(backend(), instance_id, **({"machine": host.run} if host else {}), **facts)
    return instance_id


def put_config(emulator: Emulator, config: Any, region: str = REGION) -> None:
    """The object IN_S3, or its bucket alone."""
    s3 = emulator.client("s3", region)
    place = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket="settings", **place)
    if config:
        s3.put_object(Bucket="settings", Key="agent/linux.json", Body=json.dumps(config).encode())


@pytest.fixture
def mirror(empty_aws: Emulator) -> Iterator[Mirror]:
    made = Mirror(empty_aws.client("s3"), empty_aws.url)
    made.add_version("1.300057.0b1161", "latest")
    yield made
    made.stop()


@pytest.fixture
def hosts(empty_aws: Emulator, tmp_path: Path) -> dict[str, Host]:
    made = {name: Host.at(tmp_path / name) for name in ("web-1", "web-2")}
    for name, host in made.items():
        add(empty_aws, name, host)
    return made


@pytest.fixture
def run(mirror: Mirror, playbook: Run, tmp_path: Path) -> Run:
    path = tmp_path / "play.yml"
    path.write_text(json.dumps(PLAY))

    def run(*arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
        settings = {
            "cloudwatch_agent_ssm_tags": {"Agent": "yes"},
            "cloudwatch_agent_ssm_package_source": mirror.url,
            "cloudwatch_agent_ssm_gpg_fingerprint": mirror.fingerprint,
            "cloudwatch_agent_ssm_wait_delay": 0.01,
            "result": str(tmp_path / "result.json"),
        }
        return playbook(str(path), *arguments, **{**settings, **variables})

    return run


def recap(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    counts = re.findall(r"(\w+)=(\d+)", done.stdout.rpartition("PLAY RECAP")[2])
    return {name: int(count) for name, count in counts}


def said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stdout + done.stderr).split())


def flat(action: str | list[str]) -> list[str]:
    return [action] if isinstance(action, str) else action


def sent() -> list[dict[str, Any]]:
    return [dict(command.params) for command in sent_of(backend()).values()]


def test_it_puts_the_agent_on_every_instance_and_a_second_run_changes_nothing(empty_aws, run, hosts, tmp_path):
    first = run()
    assert first.returncode == 0, first.stdout + first.stderr
    assert recap(first)["changed"] == 1
    assert [host.config for host in hosts.values()] == [OWN, OWN]
    result = json.loads((tmp_path / "result.json").read_text())
    lines = [row["output"].splitlines()[-1] for row in result["Linux"]["invocations"]]
    assert [line.rpartition(" config=")[0] for line in lines] == [
        "cloudwatch-agent: changed version=1.300057.0b1161"
    ] * 2

    for host in hosts.values():
        assert host.calls == ["installed", "fetch-config ec2"]
    second = run()
    assert second.returncode == 0, second.stdout
    assert recap(second)["changed"] == 0
    assert [host.calls for host in hosts.values()] == [[], []]
    result = json.loads((tmp_path / "result.json").read_text())
    assert {row["output"].split()[1] for row in result["Linux"]["invocations"]} == {"unchanged"}


def test_a_configuration_in_s3_is_presigned_and_its_url_is_nowhere_to_be_seen(empty_aws, run, hosts):
    put_config(empty_aws, CONFIG)
    options = {"cloudwatch_agent_ssm_linux_config": IN_S3}
    done = run("-vvv", **options)
    assert done.returncode == 0, done.stdout
    assert hosts["web-1"].config == CONFIG
    (command,) = sent()
    (line,) = [line for line in command["Parameters"]["commands"] if line.startswith("CONFIG_SOURCE=")]
    assert "Signature=" in line
    assert "Signature=" not in done.stdout + done.stderr
    put_config(empty_aws, {**CONFIG, "agent": {}})
    assert recap(run(**options))["changed"] == 1
    assert hosts["web-1"].config == {**CONFIG, "agent": {}}
    assert recap(run(**options))["changed"] == 0


def test_the_url_is_signed_for_the_region_of_the_bucket(empty_aws, run, hosts):
    # S3 refuses one that is signed for another region; the emulated one takes both
    put_config(empty_aws, CONFIG, region="eu-west-1")
    done = run(cloudwatch_agent_ssm_linux_config=IN_S3)
    assert done.returncode == 0, done.stdout
    (line,) = [line for line in sent()[0]["Parameters"]["commands"] if line.startswith("CONFIG_SOURCE=")]
    assert "%2Feu-west-1%2Fs3%2Faws4_request" in line
    assert hosts["web-1"].config == CONFIG


def test_reading_the_object_is_the_only_right_in_s3_that_it_takes(empty_aws, run, hosts):
    policy = json.loads((ROOT / "docs" / "iam" / "cloudwatch_agent_ssm.json").read_text())
    actions = [action for row in policy["Statement"] for action in flat(row["Action"])]
    assert [action for action in actions if action.startswith("s3:")] == ["s3:GetObject"]
    put_config(empty_aws, CONFIG)
    for operation in ("HeadBucket", "List*", "GetBucket*", "GetObjectTagging", "GetObjectAcl"):
        empty_aws.faults.deny(service="s3", operation=operation)
    done = run(cloudwatch_agent_ssm_linux_config=IN_S3)
    assert done.returncode == 0, done.stdout
    assert hosts["web-1"].config == CONFIG


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (None, f"There is no object {IN_S3}"),
        ({"metrics": {}}, f"{IN_S3} is invalid: metrics.metrics_collected: is missing"),
    ],
)
def test_an_object_that_is_not_there_or_wrong_is_named_and_nothing_is_sent(empty_aws, run, hosts, config, words):
    put_config(empty_aws, config)
    done = run(cloudwatch_agent_ssm_linux_config=IN_S3)
    assert done.returncode != 0
    assert f"{IN_S3} can't be given to the instances" in said(done)
    assert words in said(done)
    assert sent() == []


def test_one_instance_that_fails_is_named_after_all_others_are_done(empty_aws, run, hosts):
    failing = add(empty_aws, "web-3", None, machine=lambda _parameters: Outcome("Failed", 1, "", "no space left\n"))
    done = run(cloudwatch_agent_ssm_max_errors="100%")
    assert done.returncode != 0
    assert f"1 of 3 instances did not succeed: web-3 ({failing}): Failed, exit code 1" in said(done)
    assert [host.config for host in hosts.values()] == [OWN, OWN]


def test_check_mode_sends_nothing(empty_aws, run, hosts):
    done = run("--check")
    assert done.returncode == 0, done.stdout
    assert recap(done)["changed"] == 1
    assert sent() == []
    assert "SendCommand" not in changes(empty_aws)


def test_each_platform_gets_the_script_of_its_own(empty_aws, run, hosts):
    add(
        empty_aws,
        "desk-1",
        None,
        platform="Windows",
        machine=lambda _p: Outcome(output="cloudwatch-agent: unchanged\n"),
    )
    windows = {"metrics": {"namespace": "It's", "metrics_collected": {"Memory": {"measurement": ["Available Mbytes"]}}}}
    done = run(cloudwatch_agent_ssm_windows_config=windows)
    assert done.returncode == 0, done.stdout
    documents = {command["DocumentName"]: command for command in sent()}
    assert documents.keys() == {"AWS-RunShellScript", "AWS-RunPowerShellScript"}
    for command in documents.values():
        assert command["Parameters"]["executionTimeout"] == ["900"]
    lines = documents["AWS-RunPowerShellScript"]["Parameters"]["commands"]
    assert "$State = 'present'" in lines
    assert [line for line in lines if line.startswith("$ConfigSource = 'base64:")]
    scripts = ("cloudwatch_agent/files/windows/agent.ps1", "cloudwatch_agent_ssm/files/install.ps1")
    script = [line for name in scripts for line in (ROOT / "roles" / name).read_text().splitlines()]
    assert lines[-len(script) :] == script
    assert len(documents["AWS-RunPowerShellScript"]["InstanceIds"]) == 1


def test_on_premises_the_own_configuration_asks_no_metadata_service(empty_aws, run, hosts):
    done = run(cloudwatch_agent_ssm_mode="onPremise")
    assert done.returncode == 0, done.stdout
    own = json.loads((ROOT / "roles" / "cloudwatch_agent" / "files" / "linux-onpremise.json").read_text())
    assert hosts["web-1"].config == own
    assert hosts["web-1"].calls == ["installed", "fetch-config onPremise"]


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        (
            {"cloudwatch_agent_ssm_linux_config": OWN, "cloudwatch_agent_ssm_mode": "onPremise"},
            "append_dimensions: needs",
        ),
        ({"cloudwatch_agent_ssm_linux_config": {"metrics": {}}}, "metrics.metrics_collected: is missing"),
    ],
)
def test_a_configuration_that_the_agent_would_refuse_is_not_sent(empty_aws, run, hosts, variables, words):
    done = run(**variables)
    assert done.returncode != 0
    assert words in said(done)
    assert "Nothing was sent to them." in said(done)
    assert sent() == []


def test_an_instance_whose_agent_dies_of_the_configuration_keeps_the_former_one_and_fails_the_run(
    empty_aws, run, hosts
):
    assert run().returncode == 0
    dying = {"metrics": {"namespace": "die-later", **CONFIG["metrics"]}}
    for host in hosts.values():
        host.stable_seconds = 10
    done = run(cloudwatch_agent_ssm_linux_config=dying, cloudwatch_agent_ssm_max_errors="100%")
    assert done.returncode != 0
    assert "It logged: 2026-11-24T10:00:00Z E! cannot do that" in said(done)
    assert [host.config for host in hosts.values()] == [OWN, OWN]


def test_absent_removes_the_agent_and_its_association_once(empty_aws, run, hosts):
    platforms = {"cloudwatch_agent_ssm_platforms": ["Linux"]}
    run(cloudwatch_agent_ssm_association=True, **platforms)
    assert len(associations(backend())) == 1
    done = run(cloudwatch_agent_ssm_state="absent", **platforms)
    assert done.returncode == 0, done.stdout
    assert [host.version for host in hosts.values()] == [None, None]
    assert associations(backend()) == {}
    assert recap(run(cloudwatch_agent_ssm_state="absent", **platforms))["changed"] == 0


def test_an_association_runs_the_same_script_and_a_second_run_leaves_it(empty_aws, run, hosts):
    options = {"cloudwatch_agent_ssm_association": True, "cloudwatch_agent_ssm_platforms": ["Linux"]}
    done = run(**options)
    assert done.returncode == 0, done.stdout
    (association,) = associations(backend()).values()
    assert association["AssociationName"] == "cloudwatch-agent-linux"
    assert association["Targets"] == [{"Key": "tag:Agent", "Values": ["yes"]}]
    assert association["Parameters"]["commands"] == sent()[0]["Parameters"]["commands"]
    new = Host.at(hosts["web-1"].root.parent / "new")
    assert "cloudwatch-agent: changed" in new.run(association["Parameters"]).output
    assert recap(run(**options))["changed"] == 0
    moved = run(**options, cloudwatch_agent_ssm_association_schedule="rate(12 hours)")
    assert recap(moved)["changed"] == 1
    (association,) = associations(backend()).values()
    assert association["ScheduleExpression"] == "rate(12 hours)"


@pytest.mark.parametrize(
    "options",
    [
        {"cloudwatch_agent_ssm_association": True, "cloudwatch_agent_ssm_linux_config": {**CONFIG, "agent": {}}},
        {"cloudwatch_agent_ssm_linux_config": IN_S3},
        {"cloudwatch_agent_ssm_state": "absent"},
    ],
)
def test_in_another_account_than_the_expected_one_nothing_is_read_or_changed(empty_aws, run, hosts, options):
    linux = {"cloudwatch_agent_ssm_platforms": ["Linux"]}
    assert run(cloudwatch_agent_ssm_association=True, **linux).returncode == 0
    before = json.dumps(associations(backend()), default=str)
    put_config(empty_aws, CONFIG)
    empty_aws.calls.clear()
    done = run(**linux, **options, cloudwatch_agent_ssm_expected_account_id="210987654321")
    assert done.returncode != 0
    assert f"The credentials belong to account {ACCOUNT}, but" in said(done)
    # aws_caller_info also asks for the account's alias, if it may
    assert {operation for (*_place, operation) in empty_aws.calls} == {"GetCallerIdentity", "ListAccountAliases"}
    assert json.dumps(associations(backend()), default=str) == before
    # in the expected one it goes on; a number is what YAML makes of an account without quotes
    assert run(**linux, **options, cloudwatch_agent_ssm_expected_account_id=int(ACCOUNT)).returncode == 0


def test_what_failed_on_instances_is_not_repeated_by_an_association(empty_aws, run, hosts):
    add(empty_aws, "web-3", None, machine=lambda _parameters: Outcome("Failed", 1, "", "no space left\n"))
    done = run(cloudwatch_agent_ssm_association=True, cloudwatch_agent_ssm_platforms=["Linux"])
    assert done.returncode != 0
    assert "did not succeed: web-3" in said(done)
    assert associations(backend()) == {}


TEXTS = {
    "cloudwatch_agent_ssm_verify_signature": "true",
    "cloudwatch_agent_ssm_ignore_unmanaged": "false",
    "cloudwatch_agent_ssm_presign_seconds": "600",
    "cloudwatch_agent_ssm_timeout_seconds": "500",
    "cloudwatch_agent_ssm_execution_timeout": "800",
    "cloudwatch_agent_ssm_wait_timeout": "700",
    "cloudwatch_agent_ssm_wait_delay": "0.01",
}


def test_numbers_and_yes_or_no_may_be_text_as_a_survey_gives_them(empty_aws, run, hosts):
    put_config(empty_aws, CONFIG)
    done = run(**TEXTS, cloudwatch_agent_ssm_association="false", cloudwatch_agent_ssm_linux_config=IN_S3)
    assert done.returncode == 0, done.stdout
    (command,) = sent()
    assert (command["TimeoutSeconds"], command["Parameters"]["executionTimeout"]) == (500, ["800"])
    assert {"SIGNED=yes"} <= {*command["Parameters"]["commands"]}
    assert "X-Amz-Expires=600" in "".join(command["Parameters"]["commands"])
    assert associations(backend()) == {}
    kept = {"cloudwatch_agent_ssm_association": "true", "cloudwatch_agent_ssm_platforms": ["Linux"]}
    assert run(**TEXTS, **kept).returncode == 0
    (association,) = associations(backend()).values()
    assert association["Parameters"]["executionTimeout"] == ["800"]
    assert recap(run(**TEXTS, **kept))["changed"] == 0
    unsigned = run(**{**TEXTS, "cloudwatch_agent_ssm_verify_signature": "false"})
    assert "Packages over plain http are installed only with" in said(unsigned)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"cloudwatch_agent_ssm_tags": {}}, "without tags it would be all of them"),
        ({"cloudwatch_agent_ssm_version": "newest"}, "cloudwatch_agent_ssm_version is 'newest'"),
        ({"cloudwatch_agent_ssm_package_source": "/srv/agent"}, "it must begin with https:// or s3://"),
        ({"cloudwatch_agent_ssm_verify_signature": False}, "Packages over plain http are installed only with"),
        ({"cloudwatch_agent_ssm_package_sha256": {"debian/amd64": "abc"}}, "must hold sha256 sums"),
        ({"cloudwatch_agent_ssm_gpg_fingerprint": "9376"}, "must be the 40 hexadecimal digits"),
        ({"cloudwatch_agent_ssm_linux_config": "linux.json"}, "The configuration for Linux must be s3://bucket/key"),
        ({"cloudwatch_agent_ssm_windows_config": {"agent": {}}}, "The configuration for Windows must be"),
        ({"cloudwatch_agent_ssm_association": True}, "An association goes to all instances with its tags"),
        (
            {
                "cloudwatch_agent_ssm_association": True,
                "cloudwatch_agent_ssm_platforms": ["Linux"],
                "cloudwatch_agent_ssm_linux_config": "s3://settings/linux.json",
            },
            "A presigned URL expires",
        ),
        ({"cloudwatch_agent_ssm_tags": {"Agent": "no"}}, "No instance has the tags, on any of the platforms"),
        ({"cloudwatch_agent_ssm_max_errors": "many"}, "max_errors is 'many'"),
    ],
)
def test_bad_input_is_named_and_nothing_is_sent(empty_aws, run, hosts, wrong, words):
    done = run(**wrong)
    assert done.returncode != 0
    assert words in said(done)
    assert "Traceback" not in said(done)
    assert sent() == []


def test_what_a_survey_leaves_open_is_the_default(empty_aws, run, hosts):
    given = {"cloudwatch_agent_ssm_tags": {"Agent": "yes"}}
    open_ones = {**unanswered("cloudwatch_agent_ssm"), **given}
    # platforms of their own would have no tags
    del open_ones["cloudwatch_agent_ssm_linux_tags"], open_ones["cloudwatch_agent_ssm_windows_tags"]
    same_in_check_mode(empty_aws, run, "--diff", given, open_ones)
