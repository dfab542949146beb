# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The script that cloudwatch_agent_ssm sends to Linux hosts, run by dash; see agent_host.py for what it finds there."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.ssm_instances import Outcome
from tests.integration.agent_host import Host, Mirror

ROLES = Path(__file__).resolve().parents[2] / "roles"
# in the order in which templates/commands.j2 sends them
SCRIPTS = (
    ROLES / "cloudwatch_agent" / "files" / "linux" / "agent.sh",
    ROLES / "cloudwatch_agent_ssm" / "files" / "install.sh",
)
CONFIG = {"metrics": {"metrics_collected": {"mem": {"measurement": ["mem_used_percent"]}}}}
NEWEST, OLDER = "1.300057.0b1161", "1.300044.0b793"


@pytest.fixture
def mirror(empty_aws: Emulator) -> Iterator[Mirror]:
    made = Mirror(empty_aws.client("s3"), empty_aws.url)
    made.add_version(NEWEST, "latest")
    made.add_version(NEWEST)
    made.add_version(OLDER)
    yield made
    made.stop()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host.at(tmp_path / "host")


def encoded(config: Any) -> str:
    return "base64:" + base64.b64encode(json.dumps(config).encode()).decode()


def run(host: Host, mirror: Mirror, **changed: str) -> Outcome:
    settings = {
        "STATE": "present",
        "VERSION": "latest",
        "SOURCE": mirror.url,
        "SIGNED": "yes",
        "FINGERPRINT": mirror.fingerprint,
        "CHECKSUMS": "",
        "CONFIG_SOURCE": encoded(CONFIG),
        "MODE": "ec2",
        **changed,
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    return host.run({"commands": [*lines, *(line for path in SCRIPTS for line in path.read_text().splitlines())]})


def last_line(outcome: Outcome) -> str:
    assert outcome.status == "Success", outcome
    return outcome.output.splitlines()[-1]


def refused(outcome: Outcome) -> str:
    assert outcome.status == "Failed", outcome
    assert "cloudwatch-agent: changed" not in outcome.output
    return outcome.errors


def test_it_installs_configures_and_then_leaves_alone(host, mirror):
    first = last_line(run(host, mirror))
    assert first.startswith(f"cloudwatch-agent: changed version={NEWEST} config=")
    assert (host.version, host.config, host.calls) == (NEWEST, CONFIG, ["installed", "fetch-config ec2"])
    second = last_line(run(host, mirror))
    assert second == first.replace("changed", "unchanged")
    assert host.calls == []


def test_a_changed_configuration_is_fetched_once(host, mirror):
    run(host, mirror)
    assert host.calls
    other = {"metrics": {"namespace": "Other", **CONFIG["metrics"]}}
    assert "cloudwatch-agent: changed" in last_line(run(host, mirror, CONFIG_SOURCE=encoded(other)))
    assert (host.config, host.calls) == (other, ["fetch-config ec2"])
    assert "cloudwatch-agent: unchanged" in last_line(run(host, mirror, CONFIG_SOURCE=encoded(other)))


def test_an_agent_that_was_stopped_runs_again(host, mirror):
    run(host, mirror)
    (host.root / "home" / "running").unlink()
    assert "cloudwatch-agent: changed" in last_line(run(host, mirror))
    assert host.config == CONFIG


@pytest.mark.parametrize("version", [OLDER, OLDER.partition("b")[0]])
def test_a_pinned_version_is_installed_also_if_it_is_older(host, mirror, version):
    mirror.add_version(OLDER, version)
    run(host, mirror)
    assert "cloudwatch-agent: changed" in last_line(run(host, mirror, VERSION=version))
    assert host.version == OLDER
    assert "cloudwatch-agent: unchanged" in last_line(run(host, mirror, VERSION=version))


def test_latest_leaves_an_agent_that_is_there_as_it_is(host, mirror):
    run(host, mirror, VERSION=OLDER)
    assert "cloudwatch-agent: unchanged" in last_line(run(host, mirror, VERSION="latest"))
    assert host.version == OLDER


def test_a_package_with_another_sha256_is_not_installed(host, mirror):
    run(host, mirror, VERSION=OLDER)
    right = sha256(f"version={NEWEST}\n".encode()).hexdigest()
    places = [f"{family}/{mirror.architecture}" for family in ("debian", "ubuntu")]
    wrong = " ".join(f"{place}={'0' * 64}" for place in places)
    assert f"is {right}, wanted is {'0' * 64}" in refused(run(host, mirror, VERSION=NEWEST, CHECKSUMS=wrong))
    assert (host.version, host.config) == (OLDER, CONFIG)
    sums = " ".join(f"{place}={right}" for place in places)
    assert "changed" in last_line(run(host, mirror, VERSION=NEWEST, CHECKSUMS=sums))


def test_a_package_with_another_signature_is_not_installed(host, mirror):
    run(host, mirror, VERSION=OLDER)
    mirror.add("9.9", "9.9", b"version=9.9\n", signed=b"something else")
    assert "has no valid signature" in refused(run(host, mirror, VERSION="9.9"))
    assert (host.version, host.config) == (OLDER, CONFIG)
    assert "changed" in last_line(run(host, mirror, VERSION="9.9", SIGNED="no"))


def test_a_signature_of_another_key_is_none(host, mirror):
    assert "no valid signature of the key 0000" in refused(run(host, mirror, FINGERPRINT="0" * 40))
    assert host.version is None


def test_a_configuration_that_the_agent_refuses_leaves_the_former_one(host, mirror):
    run(host, mirror)
    told = refused(run(host, mirror, CONFIG_SOURCE=encoded({"refuse-me": True})))
    assert "the agent refused the configuration" in told
    assert "The former configuration is restored." in told
    assert host.config == CONFIG
    assert "unchanged" in last_line(run(host, mirror))


def test_a_refusal_is_told_in_the_agents_own_words_without_noise_and_passwords(host, mirror):
    run(host, mirror)
    told = refused(run(host, mirror, CONFIG_SOURCE=encoded({"refuse-me": True})))
    assert "E! Invalid Json input schema." in told
    assert "Under path : / | Error : Additional property refuse-me is not allowed" in told
    assert "proxy http://(redacted)@proxy:3128 Failed to connect" in told
    assert "pass-word" not in told
    assert "noise" not in told
    assert len(told) < 800


DYING = {"metrics": {"namespace": "die-later", **CONFIG["metrics"]}}


def test_a_configuration_that_the_agent_dies_of_leaves_the_former_one(host, mirror):
    run(host, mirror)
    (host.root / "home" / "logs").mkdir()
    (host.root / "home" / "logs" / "amazon-cloudwatch-agent.log").write_text("2020-01-01T00:00:00Z E! long ago\n")
    told = refused(run(host, mirror, CONFIG_SOURCE=encoded(DYING), AGENT_STABLE="10"))
    assert "the agent does not keep running with the configuration: it is activating (auto-restart)" in told
    assert "It logged: 2026-11-24T10:00:00Z E! cannot do that" in told
    assert "long ago" not in told
    assert "The former configuration is restored." in told
    assert host.config == CONFIG
    assert "unchanged" in last_line(run(host, mirror))


def test_a_first_configuration_that_the_agent_dies_of_leaves_it_stopped_and_is_refused_again(host, mirror):
    for _time in range(2):
        told = refused(run(host, mirror, CONFIG_SOURCE=encoded(DYING), AGENT_STABLE="10"))
        assert "does not keep running" in told
        assert host.config is None
    assert "changed" in last_line(run(host, mirror))


def test_an_agent_that_has_died_since_is_started_again(host, mirror):
    run(host, mirror)
    (host.root / "home" / "running").write_text("dying")
    assert "cloudwatch-agent: changed" in last_line(run(host, mirror, AGENT_STABLE="1"))
    assert host.config == CONFIG


def test_a_version_that_does_not_keep_running_gives_way_to_the_former_one(host, mirror):
    run(host, mirror, VERSION=OLDER)
    mirror.add("9.9", "9.9", b"version=9.9\nbroken\n")
    told = refused(run(host, mirror, VERSION="9.9", AGENT_STABLE="10"))
    assert "does not keep running" in told
    assert f"The former version {OLDER} is installed again." in told
    assert (host.version, host.config) == (OLDER, CONFIG)
    assert "unchanged" in last_line(run(host, mirror, VERSION=OLDER))


def test_a_former_version_that_cannot_be_verified_is_not_installed_again(host, mirror):
    run(host, mirror, VERSION=OLDER)
    mirror.add("9.9", "9.9", b"version=9.9\nbroken\n")
    told = refused(run(host, mirror, VERSION="9.9", SIGNED="no", AGENT_STABLE="10"))
    assert f"The former version {OLDER} could not be installed again: without its signature nothing verifies it" in told
    assert (host.version, host.config) == ("9.9", CONFIG)


def test_what_cannot_be_read_is_named_without_its_url_and_nothing_is_changed(host, mirror):
    run(host, mirror, VERSION=OLDER)
    told = refused(run(host, mirror, VERSION="1.2.3"))
    assert "the package of version 1.2.3" in told
    secret = f"{mirror.url}/config.json?X-Amz-Signature=0123456789abcdef"
    told = refused(run(host, mirror, CONFIG_SOURCE=secret))
    assert "the configuration could not be downloaded" in told
    assert "X-Amz-Signature" not in told
    assert "s3" in refused(run(host, mirror, CONFIG_SOURCE="s3://bucket/config.json")).lower()
    assert (host.version, host.config) == (OLDER, CONFIG)


def test_it_removes_the_agent_once(host, mirror):
    run(host, mirror)
    assert last_line(run(host, mirror, STATE="absent")) == "cloudwatch-agent: changed version=none config=none"
    assert (host.version, host.config) == (None, None)
    assert last_line(run(host, mirror, STATE="absent")) == "cloudwatch-agent: unchanged version=none config=none"
    assert "changed" in last_line(run(host, mirror))


def test_values_are_no_commands(host, mirror, tmp_path):
    trap = tmp_path / "trap"
    told = refused(run(host, mirror, VERSION=f"1; touch {trap}'"))
    assert "could not be downloaded" in told
    assert not trap.exists()
