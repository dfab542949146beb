# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The check of the agent's configuration, beside the agent's own schema where that is at hand."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.configuration import (
    parsed,
    problems_of,
    problems_on_premises,
    valid,
    written,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from jsonschema import Draft4Validator

ROOT = Path(__file__).resolve().parents[4]
DEFAULTS = ROOT / "roles" / "cloudwatch_agent" / "files"
# translator/config/schema.json of the agent's repository, which is data for tests and not part of this one
SCHEMA = ROOT.parent / "shared" / "data" / "cloudwatch-agent-config.schema.json"

GOOD: dict[str, Any] = {
    "agent": {"metrics_collection_interval": 60, "run_as_user": "cwagent", "region": "eu-west-1", "debug": False},
    "metrics": {
        "namespace": "CWAgent",
        "append_dimensions": {"InstanceId": "${aws:InstanceId}"},
        "aggregation_dimensions": [["InstanceId"], []],
        "force_flush_interval": 30,
        "endpoint_override": "monitoring.eu-west-1.amazonaws.com",
        "credentials": {"role_arn": "arn:aws:iam::123456789012:role/agent"},
        "metrics_collected": {
            "cpu": {"measurement": ["usage_idle"], "resources": ["*"], "totalcpu": True},
            "disk": {"measurement": [{"name": "used_percent", "unit": "Percent"}], "resources": ["/", "/data"]},
            "mem": {"measurement": ["mem_used_percent", {"name": "used", "rename": "memory"}]},
            "Memory": {"measurement": ["% Committed Bytes In Use"], "metrics_collection_interval": 60},
            "statsd": {"service_address": ":8125", "metrics_aggregation_interval": 0},
            "collectd": {"collectd_security_level": "none"},
            "procstat": [{"exe": "nginx", "measurement": ["cpu_usage"]}],
            "jmx": [{"endpoint": "localhost:1314", "jvm": {"measurement": ["jvm.threads.count"]}}],
        },
    },
    "logs": {
        "log_stream_name": "{instance_id}",
        "logs_collected": {
            "files": {
                "collect_list": [
                    {
                        "file_path": "/var/log/messages",
                        "retention_in_days": 14,
                        "filters": [{"type": "exclude", "expression": "DEBUG"}],
                    }
                ]
            },
            "windows_events": {"collect_list": [{"event_name": "System", "event_levels": ["ERROR"]}]},
        },
    },
    "traces": {"traces_collected": {"xray": {}}},
}

# path of the value that is changed, the new value (None: taken away), what is said
BAD: list[tuple[str, Any, str]] = [
    ("agent", [], "agent: must be a dictionary, not a list"),
    ("agent.metrics_collection_interval", "60", "agent.metrics_collection_interval: must be a whole number of"),
    ("agent.metrics_collection_interval", 0, "agent.metrics_collection_interval: must be 1 to 172800 seconds, not 0"),
    ("agent.metrics_collection_interval", True, "must be a whole number of seconds, not true"),
    ("agent.metrics_collection_interval", 60.5, "must be a whole number of seconds, not 60.5"),
    ("agent.debug", "yes", "agent.debug: must be true or false, not 'yes'"),
    ("agent.region", "", "agent.region: must have 1 to 64 characters, not 0"),
    ("metrics.metrics_collected", None, "metrics.metrics_collected: is missing"),
    ("metrics.metrics_collected", {}, "metrics.metrics_collected: is empty"),
    ("metrics.metric_collected", {}, "metrics.metric_collected: there is no such key here (did you mean metrics_coll"),
    ("metrics.namespace", 7, "metrics.namespace: must be text, not 7"),
    ("metrics.append_dimensions", {"InstanceId": None}, "metrics.append_dimensions.InstanceId: must be text, not null"),
    ("metrics.append_dimensions", {f"d{n}": "v" for n in range(31)}, "must have at most 30 keys, not 31"),
    ("metrics.aggregation_dimensions", ["InstanceId"], "metrics.aggregation_dimensions[0]: must be a list, not 'Inst"),
    ("metrics.aggregation_dimensions", [], "metrics.aggregation_dimensions: must have 1 to 1024 elements, not 0"),
    ("metrics.credentials", {"role": "x"}, "metrics.credentials.role: there is no such key here"),
    ("metrics.endpoint_override", "a", "metrics.endpoint_override: must have 4 to 2048 characters, not 1"),
    ("metrics.metrics_collected.mem", {}, "metrics.metrics_collected.mem.measurement: is missing"),
    ("metrics.metrics_collected.mem", None, ""),
    ("metrics.metrics_collected.mem.measurement", "used", "mem.measurement: must be a list, not 'used'"),
    ("metrics.metrics_collected.mem.measurement", [5], "metrics.metrics_collected.mem.measurement[0]: must be text"),
    ("metrics.metrics_collected.mem.measurement", [""], "mem.measurement[0]: must have 1 to 255 characters"),
    ("metrics.metrics_collected.mem.measurement", ["a", "a"], "mem.measurement[1]: 'a' is listed twice"),
    ("metrics.metrics_collected.mem.measurement", [{"name": 1}], "mem.measurement[0].name: must be text, not 1"),
    ("metrics.metrics_collected.Memory.measurement", [False], "Memory.measurement[0]: must be text, not false"),
    ("metrics.metrics_collected.cpu.resources", ["cpu0"], "cpu.resources[0]: 'cpu0' is none of *"),
    ("metrics.metrics_collected.disk.resources", "*", "disk.resources: must be a list, not '*'"),
    ("metrics.metrics_collected.disk.drop_device", "true", "disk.drop_device: must be true or false, not 'true'"),
    ("metrics.metrics_collected.statsd.port", 8125, "statsd.port: there is no such key here"),
    ("metrics.metrics_collected.collectd.collectd_security_level", "signed", "'signed' is none of none, sign, encrypt"),
    ("metrics.metrics_collected.procstat", [{"measurement": []}], "procstat[0]: needs one of pid_file, exe, pattern"),
    ("metrics.metrics_collected.procstat", {}, "procstat: must be a list, not a dictionary"),
    ("logs.logs_collected", None, "logs: needs one of logs_collected, metrics_collected"),
    ("logs.logs_collected.files", {}, "logs.logs_collected.files.collect_list: is missing"),
    ("logs.logs_collected.files.collect_list", [{}], "files.collect_list[0].file_path: is missing"),
    (
        "logs.logs_collected.files.collect_list",
        [{"file_path": "/var/log/a", "retention_in_days": 4}],
        "files.collect_list[0].retention_in_days: 4 is none of -1, 1, 3",
    ),
    ("logs.logs_collected.files.collect_list", [{"file_path": "/a", "filepath": 1}], "(did you mean file_path?)"),
    (
        "logs.logs_collected.windows_events.collect_list",
        [{"event_name": "System"}],
        "windows_events.collect_list[0]: needs one of event_levels, event_ids, filters",
    ),
    (
        "logs.logs_collected.windows_events.collect_list",
        [{"event_name": "System", "event_levels": ["WARN"]}],
        "event_levels[0]: 'WARN' is none of CRITICAL, ERROR, WARNING",
    ),
    ("traces", {}, "traces.traces_collected: is missing"),
]


def changed(path: str, value: Any) -> dict[str, Any]:
    configuration = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place = configuration
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return configuration


def refused_by_the_agents_schema(configuration: Any) -> bool:
    return not Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).is_valid(configuration)


with_schema = pytest.mark.skipif(not SCHEMA.exists(), reason="the agent's schema is not beside the repository")


def test_a_good_configuration_has_no_problems():
    assert problems_of(GOOD) == []


@pytest.mark.parametrize(("path", "value", "said"), BAD)
def test_what_is_wrong_is_named_with_its_path(path, value, said):
    problems = problems_of(changed(path, value))
    if not said:
        assert problems == []
    else:
        assert len(problems) == 1
        assert said in problems[0]
        # the path is complete from the top
        assert problems[0].startswith(path.split(".")[0])


@with_schema
@pytest.mark.parametrize(("path", "value", "said"), BAD)
def test_the_agent_refuses_what_is_refused_here(path, value, said):
    assert refused_by_the_agents_schema(changed(path, value)) == bool(said)


@with_schema
def test_the_agent_takes_the_good_one():
    assert not refused_by_the_agents_schema(GOOD)


@with_schema
def test_no_random_change_is_refused_here_and_taken_there():
    """Each value of the good configuration replaced by each of these, one at a time."""
    others: list[Any] = [0, 1, -1, 2.5, "", "x", True, [], ["x"], {}, {"x": 1}, 10**7, "x" * 5000]
    compared = 0
    for path in paths(GOOD):
        for other in others:
            configuration = replaced(GOOD, path, other)
            if problems_of(configuration):
                compared += 1
                assert refused_by_the_agents_schema(configuration), (path, other, problems_of(configuration))
    assert compared > 300


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here for key, one in inner for here in [(*prefix, key), *paths(one, (*prefix, key))]]


def replaced(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    made = copy.deepcopy(value)
    place = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = other
    return made


@pytest.mark.parametrize("name", ["linux.json", "windows.json", "linux-onpremise.json", "windows-onpremise.json"])
def test_the_defaults_are_valid(name):
    configuration = json.loads((DEFAULTS / name).read_text(encoding="utf-8"))
    assert problems_of(configuration) == []
    assert not SCHEMA.exists() or not refused_by_the_agents_schema(configuration)


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("linux.json", {"mem": ["mem_used_percent"], "disk": ["used_percent"]}),
        ("windows.json", {"Memory": ["% Committed Bytes In Use", "Available Mbytes"]}),
    ],
)
def test_the_defaults_measure_what_right_sizing_needs(name, measured):
    configuration = json.loads((DEFAULTS / name).read_text(encoding="utf-8"))
    metrics = configuration["metrics"]
    collected = metrics["metrics_collected"]
    assert {metric: of["measurement"] for metric, of in collected.items()} == measured
    assert {of["metrics_collection_interval"] for of in collected.values()} == {60}
    assert metrics["aggregation_dimensions"] == [["InstanceId"]]
    assert metrics["append_dimensions"] == {
        name: f"${{aws:{name}}}" for name in ("AutoScalingGroupName", "ImageId", "InstanceId", "InstanceType")
    }


@pytest.mark.parametrize("system", ["linux", "windows"])
def test_on_premises_the_defaults_measure_the_same_without_what_only_ec2_knows(system):
    ec2, own = (
        json.loads((DEFAULTS / f"{system}{mode}.json").read_text(encoding="utf-8")) for mode in ("", "-onpremise")
    )
    assert problems_on_premises(own) == []
    assert problems_on_premises(ec2)
    collected = ec2["metrics"]["metrics_collected"]
    assert own == {"agent": ec2["agent"], "metrics": {"metrics_collected": collected}}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("metrics.append_dimensions", {"Env": "prod"}, "metrics.append_dimensions: needs the EC2 instance metadata"),
        ("metrics.append_dimensions", {}, "metrics.append_dimensions: needs the EC2 instance metadata"),
        (
            "metrics.metrics_collected.collectd.append_dimensions",
            {"Id": "${aws:InstanceId}"},
            "metrics.metrics_collected.collectd.append_dimensions.Id: ${aws:...} is known on EC2 alone",
        ),
        (
            "logs.logs_collected.files.collect_list",
            [{"file_path": "/var/log/a", "log_group_name": "${aws:InstanceId}"}],
            "logs.logs_collected.files.collect_list[0].log_group_name: ${aws:...} is known on EC2 alone",
        ),
    ],
)
def test_what_the_agent_needs_ec2_for_is_refused_on_premises_alone(path, value, said):
    configuration = changed("metrics.append_dimensions", None)
    assert valid(configuration, "here", "onPremise") == configuration
    *parents, last = path.split(".")
    place = configuration
    for parent in parents:
        place = place[parent]
    place[last] = value
    assert valid(configuration, "here", "ec2") == configuration
    assert valid(configuration, "here") == configuration
    with pytest.raises(SweepError) as refused:
        valid(configuration, "here", "onPremise")
    assert said in str(refused.value)


def test_dimensions_of_a_plugin_are_taken_on_premises():
    configuration = changed("metrics.append_dimensions", None)
    configuration["metrics"]["metrics_collected"]["mem"]["append_dimensions"] = {"Env": "prod"}
    assert problems_on_premises(configuration) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "The agent configuration s3://b/k is no JSON: Expecting property name"),
        ("[]", "The agent configuration s3://b/k is invalid: the configuration must be a dictionary."),
        ('{"metrics": {}}', "s3://b/k is invalid: metrics.metrics_collected: is missing."),
    ],
)
def test_a_text_that_is_none_is_refused_by_its_name(text, said):
    with pytest.raises(SweepError) as refused:
        parsed(text, "s3://b/k")
    assert said in str(refused.value)


def test_every_problem_is_told_at_once():
    with pytest.raises(SweepError) as refused:
        valid({"agent": {"debug": 1}, "metrics": {}}, "cloudwatch_agent_config")
    assert "agent.debug: must be true" in str(refused.value)
    assert "metrics.metrics_collected: is missing" in str(refused.value)


def test_the_same_meaning_is_the_same_text():
    assert written({"b": 1, "a": {"d": [1], "c": "ä"}}) == written(json.loads('{"a":{"c":"\\u00e4","d":[1]},  "b":1}'))
    assert written({"a": [1, 2]}) != written({"a": [2, 1]})
