# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command was asked to be, refused before any call where SSM would refuse it, or do something else.

Limits and grammars: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..resource.patience import Patience
from ..sweep.errors import SweepError
from .command_targets import Selector
from .common import DOCUMENT_VERSION, INSTANCE_ID, MAX_CONCURRENCY, MAX_ERRORS, texts

ARGUMENT_SPEC: dict[str, Any] = {
    "document_name": {"type": "str", "required": True},
    "document_version": {"type": "str"},
    "parameters": {"type": "dict", "default": {}},
    "secret_parameters": {"type": "dict", "default": {}, "no_log": True},
    "instance_ids": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "resource_group": {"type": "str"},
    "platform_type": {"type": "str", "choices": ["Linux", "Windows", "MacOS"]},
    "max_concurrency": {"type": "str", "default": "50"},
    "max_errors": {"type": "str", "default": "0"},
    "timeout_seconds": {"type": "int", "default": 600},
    "execution_timeout": {"type": "int"},
    "comment": {"type": "str"},
    "output_s3_bucket_name": {"type": "str"},
    "output_s3_key_prefix": {"type": "str", "no_log": False},
    "cloudwatch_output": {"type": "bool", "default": False},
    "cloudwatch_log_group_name": {"type": "str"},
    "service_role_arn": {"type": "str"},
    "notification_arn": {"type": "str"},
    "notification_events": {
        "type": "list",
        "elements": "str",
        "choices": ["All", "InProgress", "Success", "TimedOut", "Cancelled", "Failed"],
        "default": ["All"],
    },
    "notification_type": {"type": "str", "choices": ["Command", "Invocation"], "default": "Command"},
    "full_output": {"type": "bool", "default": False},
    "read_only": {"type": "bool", "default": False},
    "ignore_unmanaged": {"type": "bool", "default": False},
    "allow_no_targets": {"type": "bool", "default": False},
    "expected_account_id": {"type": "str"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
    "wait_delay": {"type": "float", "default": 5.0},
}
CONSTRAINTS: dict[str, Any] = {
    "mutually_exclusive": [["instance_ids", "tags", "resource_group"]],
    "required_one_of": [["instance_ids", "tags", "resource_group"]],
    "required_by": {
        "notification_arn": ["service_role_arn"],
        "output_s3_key_prefix": ["output_s3_bucket_name"],
    },
}

DOCUMENT = re.compile(r"[a-zA-Z0-9_\-.:/]{3,128}")
# what one SendCommand takes
INSTANCES, TAGS, VALUES = 50, 5, 50


@dataclass(frozen=True)
class Rate:
    """As SSM writes them: a number, or percent of the targets."""

    max_concurrency: str
    max_errors: str

    def allowed_errors(self, targets: int) -> int:
        if self.max_errors.endswith("%"):
            return targets * int(self.max_errors[:-1]) // 100
        return int(self.max_errors)


@dataclass(frozen=True)
class Command:
    """A command to be sent to what `selector` finds. `request` holds SendCommand's parameters, without targets and
    rate."""

    selector: Selector
    rate: Rate
    request: Mapping[str, Any]
    patience: Patience

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Command:
        """Raises SweepError for the first option that makes no sense."""
        matching(options, "document_name", DOCUMENT, "the name or ARN of a document, such as AWS-RunShellScript")
        check_run(options)
        _between(options, "timeout_seconds", 30, 2592000)
        _between(options, "execution_timeout", 1, 172800)
        if len(options["comment"] or "") > 100:
            raise SweepError(f"comment has {len(options['comment'])} characters: SSM takes 100.")
        return cls(
            _selector(options),
            Rate(options["max_concurrency"], options["max_errors"]),
            _request(options),
            Patience.of(options["wait_timeout"], options["wait_delay"]),
        )


def _selector(options: Mapping[str, Any]) -> Selector:
    if not (options["instance_ids"] or options["tags"] or options["resource_group"]):
        raise SweepError("instance_ids, tags or resource_group is empty, which is no choice of instances.")
    ids = tuple(dict.fromkeys(options["instance_ids"] or []))
    for instance_id in ids:
        if not INSTANCE_ID.fullmatch(instance_id):
            raise SweepError(f"instance_ids: {instance_id!r} is no instance id: they look like i-0123456789abcdef0.")
    return Selector(ids, tag_values("tags", options["tags"] or {}), options["resource_group"] or "")


def tag_values(option: str, tags: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Raises SweepError."""
    if len(tags) > TAGS:
        raise SweepError(f"{option} has {len(tags)} keys: SSM takes {TAGS}.")
    wanted: dict[str, Sequence[str]] = {key: texts(value) for key, value in tags.items()}
    for key, values in wanted.items():
        if not values or len(values) > VALUES:
            raise SweepError(f"{option}: {key} has {len(values)} values: SSM takes 1 to {VALUES}.")
        if "*" in values:
            raise SweepError(f"{option}: {key} is '*': SSM knows no wildcards here, so name the values.")
    return wanted


def _request(options: Mapping[str, Any]) -> dict[str, Any]:
    if options["notification_events"] != ["All"] and not options["notification_arn"]:
        raise SweepError("notification_events needs notification_arn, the SNS topic to tell.")
    request = {
        "DocumentName": options["document_name"],
        "DocumentVersion": options["document_version"],
        "Parameters": _parameters(options),
        "TimeoutSeconds": options["timeout_seconds"],
        "Comment": options["comment"],
        "OutputS3BucketName": options["output_s3_bucket_name"],
        "OutputS3KeyPrefix": options["output_s3_key_prefix"],
        "ServiceRoleArn": options["service_role_arn"],
    }
    if options["notification_arn"]:
        request["NotificationConfig"] = {
            "NotificationArn": options["notification_arn"],
            "NotificationEvents": options["notification_events"],
            "NotificationType": options["notification_type"],
        }
    if options["cloudwatch_output"] or options["cloudwatch_log_group_name"]:
        group = options["cloudwatch_log_group_name"]
        request["CloudWatchOutputConfig"] = {
            "CloudWatchOutputEnabled": True,
            **({"CloudWatchLogGroupName": group} if group else {}),
        }
    return {name: value for name, value in request.items() if value}


def _parameters(options: Mapping[str, Any]) -> dict[str, list[str]]:
    both = {**options["parameters"], **options["secret_parameters"]}
    if twice := sorted(set(options["parameters"]) & set(options["secret_parameters"])):
        raise SweepError(f"{', '.join(twice)} is in both parameters and secret_parameters: leave it out of one.")
    if options["execution_timeout"]:
        both["executionTimeout"] = options["execution_timeout"]
    return {name: texts(value) for name, value in both.items()}


def check_run(options: Mapping[str, Any]) -> None:
    """Which version of a document runs on how many instances at a time. Raises SweepError."""
    matching(options, "document_version", DOCUMENT_VERSION, "a number, $LATEST or $DEFAULT")
    matching(options, "max_concurrency", MAX_CONCURRENCY, "a number from 1, or 1% to 100%")
    matching(options, "max_errors", MAX_ERRORS, "a number from 0, or 0% to 100%")


def matching(options: Mapping[str, Any], name: str, pattern: re.Pattern[str], words: str) -> None:
    """Raises SweepError."""
    """Raises SweepError for an option that is given, and isn't what the pattern says."""
    if options[name] is not None and not pattern.fullmatch(options[name]):
        raise SweepError(f"{name} is {options[name]!r}: it must be {words}.")


def _between(options: Mapping[str, Any], name: str, low: int, high: int) -> None:
    if options[name] is not None and not low <= options[name] <= high:
        raise SweepError(f"{name} is {options[name]}: it must be between {low} and {high} seconds.")
