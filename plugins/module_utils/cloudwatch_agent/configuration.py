# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a configuration of the CloudWatch agent, told before a host is touched.

A part of the agent's own schema: everything that is refused here is refused there. What isn't looked into (JMX, OTLP,
Prometheus, traces) the agent tells by itself, and the role then puts the former configuration back.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..checks.log_group_retention import RETENTION_DAYS
from ..sweep.errors import SweepError, words_of
from .shapes import Anything, Boolean, Keys, Many, OneOf, Shape, Text, TextOr, Whole, joined

ANY = Anything()
FLAG = Boolean()
SECONDS = Whole()
SECONDS_OR_NONE = Whole(least=0)
NAME = Text(longest=255)
PATHS = Many(Text(), most=256)
DIMENSIONS = Keys(rest=Text(longest=1024), most=30)
CREDENTIALS = Keys({"role_arn": Text(longest=2048)})
ENDPOINT = Text(longest=2048, shortest=4)
SERVICE: dict[str, Shape] = {"service.name": Text(), "deployment.environment": Text()}
# -1: for ever
RETENTION = OneOf((-1, *RETENTION_DAYS))

AGENT = Keys(
    {
        "metrics_collection_interval": SECONDS,
        "logfile": Text(shortest=0),
        "region": Text(longest=64),
        "debug": FLAG,
        "aws_sdk_log_level": Text(shortest=0, longest=1 << 20),
        "credentials": CREDENTIALS,
        "omit_hostname": FLAG,
    },
    rest=ANY,
)

MEASUREMENT = Many(
    TextOr(NAME, Keys({"name": NAME, "rename": NAME, "unit": Text(longest=256)}, rest=ANY)), most=1 << 20, unique=True
)
METRIC: dict[str, Shape] = {
    "metrics_collection_interval": SECONDS,
    "append_dimensions": DIMENSIONS,
    "measurement": MEASUREMENT,
}


def _metric(required: tuple[str, ...] = ("measurement",), **named: Any) -> Keys:
    return Keys({**METRIC, **named}, rest=ANY, required=required)


PROCESSES = Many(
    Keys(
        {
            **METRIC,
            "measurement": Many(NAME, most=1 << 20, unique=True),
            "pid_file": NAME,
            "exe": NAME,
            "pattern": NAME,
        },
        rest=ANY,
        required=("measurement",),
        any_of=("pid_file", "exe", "pattern"),
    ),
    least=1,
    most=255,
)
DROPPED = Many(Text(shortest=0, longest=1 << 20), least=1, unique=True)
STATSD = Keys(
    {
        "allowed_pending_messages": Whole(most=2147483647, unit="messages"),
        "service_address": NAME,
        "metrics_collection_interval": SECONDS,
        "metrics_aggregation_interval": SECONDS_OR_NONE,
        "metric_separator": NAME,
        "drop_original_metrics": DROPPED,
        **SERVICE,
    }
)
COLLECTD = Keys(
    {
        "service_address": NAME,
        "name_prefix": NAME,
        "collectd_auth_file": Text(),
        "collectd_security_level": Text(choices=("none", "sign", "encrypt")),
        "collectd_typesdb": Many(Text(), most=10),
        "metrics_aggregation_interval": SECONDS_OR_NONE,
        "drop_original_metrics": DROPPED,
        "append_dimensions": DIMENSIONS,
        **SERVICE,
    }
)
METRICS_COLLECTED = Keys(
    {
        "collectd": COLLECTD,
        "cpu": _metric(resources=Many(Text(choices=("*",)), most=1), totalcpu=FLAG),
        "disk": _metric(resources=PATHS, ignore_file_system_types=PATHS, drop_device=FLAG),
        "diskio": _metric(resources=PATHS),
        "efa": ANY,
        "ethtool": ANY,
        "jmx": ANY,
        "net": _metric(resources=PATHS),
        "nvidia_smi": ANY,
        "otlp": ANY,
        "procstat": PROCESSES,
        "prometheus": ANY,
        "statsd": STATSD,
    },
    # mem, swap, netstat, processes, and the performance counter objects of Windows
    rest=_metric(),
    least=1,
)
METRICS = Keys(
    {
        "namespace": NAME,
        "aggregation_dimensions": Many(Many(Text(longest=1024), most=30, unique=True), least=1, most=1024, unique=True),
        "append_dimensions": DIMENSIONS,
        "metrics_destinations": ANY,
        "metrics_collected": METRICS_COLLECTED,
        "force_flush_interval": SECONDS,
        "credentials": CREDENTIALS,
        "endpoint_override": ENDPOINT,
        **SERVICE,
    },
    required=("metrics_collected",),
)

FILTERS = Many(Keys({"type": Text(choices=("include", "exclude")), "expression": Text(0x7FFFFFFF, 0)}))
LOG_GROUP: dict[str, Shape] = {
    "log_group_name": Text(longest=512),
    "log_stream_name": Text(longest=512),
    "log_group_class": Text(longest=512),
    "retention_in_days": RETENTION,
    "filters": FILTERS,
}
LOG_FILE = Keys(
    {
        **LOG_GROUP,
        "file_path": Text(shortest=0),
        "multi_line_start_pattern": Text(),
        "timestamp_format": Text(),
        "timezone": Text(choices=("Local", "LOCAL", "UTC")),
        "trim_timestamp": FLAG,
        "encoding": Text(),
        "auto_removal": FLAG,
        "backpressure_mode": Text(choices=("fd_release",)),
        "blacklist": Text(),
        "publish_multi_logs": FLAG,
        "service.name": NAME,
        "deployment.environment": Text(longest=259),
    },
    required=("file_path",),
)
EVENT = Keys(
    {
        **LOG_GROUP,
        "event_name": NAME,
        "event_levels": Many(Text(choices=("CRITICAL", "ERROR", "WARNING", "INFORMATION", "VERBOSE"))),
        "event_ids": Many(Whole(least=0, most=65535, unit="(an event's id)")),
        "event_format": Text(choices=("text", "xml")),
    },
    required=("event_name",),
    any_of=("event_levels", "event_ids", "filters"),
)


def _collected(entry: Keys) -> Keys:
    return Keys({"collect_list": Many(entry, least=1, unique=True)}, required=("collect_list",))


LOGS = Keys(
    {
        "logs_collected": Keys(
            {
                "files": _collected(LOG_FILE),
                "windows_events": _collected(EVENT),
                "journald": ANY,
                "application_signals": ANY,
            },
            least=1,
        ),
        "metrics_collected": ANY,
        "log_stream_name": Text(longest=512),
        "force_flush_interval": SECONDS,
        "credentials": CREDENTIALS,
        "endpoint_override": ENDPOINT,
        "service.name": NAME,
        "deployment.environment": Text(longest=259),
        "concurrency": Whole(most=0x7FFFFFFF, unit="threads"),
    },
    any_of=("logs_collected", "metrics_collected"),
)
CONFIGURATION = Keys(
    {"agent": AGENT, "metrics": METRICS, "logs": LOGS, "traces": Keys(rest=ANY, required=("traces_collected",))},
    rest=ANY,
)


def problems_of(configuration: Any) -> list[str]:
    """Each thing that is wrong, as `path: reason`. Empty: nothing that this check knows of."""
    if not isinstance(configuration, Mapping):
        return ["the configuration must be a dictionary"]
    return list(CONFIGURATION.problems(configuration, ""))


def problems_on_premises(configuration: Any) -> list[str]:
    """What the agent can't do with `-m onPremise`, as `path: reason`.

    Any global append_dimensions, an empty one too, makes it ask the instance metadata service, and it ends where there
    is none (https://github.com/aws/amazon-cloudwatch-agent/issues/1265). It puts that service's answers in the place of
    ${aws:...}.
    """
    metrics = configuration.get("metrics") if isinstance(configuration, Mapping) else None
    found = [
        f"{path}: ${{aws:...}} is known on EC2 alone, and the mode is onPremise; remove it"
        for path in _instance_values(configuration, "")
    ]
    if isinstance(metrics, Mapping) and "append_dimensions" in metrics:
        found.insert(
            0,
            "metrics.append_dimensions: needs the EC2 instance metadata service, whatever its keys; the mode is"
            " onPremise. Remove it, and give other dimensions in append_dimensions of each plugin",
        )
    return found


def _instance_values(value: Any, path: str) -> Iterator[str]:
    """The paths of texts that hold ${aws:...}, but for those in the global append_dimensions."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        here = f"{path}[{key}]" if isinstance(key, int) else joined(path, key)
        if here != "metrics.append_dimensions":
            yield from _instance_values(one, here)
    if isinstance(value, str) and "${aws:" in value:
        yield path


def parsed(text: str, origin: str, mode: str | None = None) -> dict[str, Any]:
    """The configuration that `text` holds; `origin` names where it is from. Raises SweepError."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SweepError(f"The agent configuration {origin} is no JSON: {words_of(error)}.") from error
    return valid(found, origin, mode)


def valid(configuration: Any, origin: str, mode: str | None = None) -> dict[str, Any]:
    """The configuration as it is. Raises SweepError, which names every problem; `mode` is the agent's, where known."""
    problems = problems_of(configuration)
    if mode == "onPremise":
        problems += problems_on_premises(configuration)
    if problems:
        raise SweepError(f"The agent configuration {origin} is invalid: {'; '.join(problems)}.")
    return dict(configuration)


def written(configuration: Mapping[str, Any]) -> str:
    """The text that a host gets: the same for the same meaning, so that another layout in S3 changes nothing."""
    return json.dumps(configuration, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
