# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudWatch Logs groups: class, sizes, pages, AWS's retention values, account-level retention."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..wire import AwsError, Call, page
from .log_policies import governing_policy

# docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
                  3653)  # fmt: skip
CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")
GROUP_PAGE = 50
DELIVERY_DAYS = 2
NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")


def logs(call: Call) -> Any:
    """moto's Logs backend of the call's account and region."""
    from moto.logs.models import logs_backends

    return logs_backends[call.account][call.region]


def create_log_group(call: Call) -> dict[str, Any]:
    """CreateLogGroup: keeps logGroupClass and deletionProtectionEnabled (moto: dropped); DELIVERY groups show 2 days
    (moto: never expire), as Terraform's aws_cloudwatch_log_group documents it.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    """
    backend, name = logs(call), str(call.params.get("logGroupName", ""))
    group_class = call.params.get("logGroupClass", "STANDARD")
    if not NAME.fullmatch(name):
        raise _invalid("logGroupName", name, "Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+")
    if group_class not in CLASSES:
        raise _invalid("logGroupClass", group_class, f"Member must satisfy enum value set: [{', '.join(CLASSES)}]")
    if name in backend.groups:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    group = backend.create_log_group(name, call.params.get("tags") or {}, kmsKeyId=call.params.get("kmsKeyId"))
    group.log_group_class = group_class
    group.deletion_protection = bool(call.params.get("deletionProtectionEnabled"))
    if group_class == "DELIVERY":
        group.retention_in_days = DELIVERY_DAYS
    return {}


def describe_log_groups(call: Call) -> dict[str, Any]:
    """DescribeLogGroups: logGroupClass, storedBytes, pattern and class filters, pages of at most 50, and
    `retentionPolicyName` with the policy's days where an account-level policy governs (moto: none of it).

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
    """
    backend, params = logs(call), call.params
    limit = params.get("limit", GROUP_PAGE)
    if not 1 <= limit <= GROUP_PAGE:
        raise _invalid("limit", limit, f"Member must have value between 1 and {GROUP_PAGE}")
    found = sorted(_selected(backend, params), key=_name)
    chosen, token = page(found, params.get("nextToken") or "", limit, _name)
    rows = [_describe(backend, g) for g in chosen]
    if params.get("logGroupNamePattern"):
        rows = [{k: row[k] for k in ("arn", "creationTime", "logGroupName")} for row in rows]
    return {"logGroups": rows} | ({"nextToken": token} if token else {})


def _selected(backend: Any, params: Mapping[str, Any]) -> list[Any]:
    """The groups by prefix, by case-sensitive pattern, or by name (logGroupIdentifiers, at most 50)."""
    prefix, pattern = params.get("logGroupNamePrefix") or "", params.get("logGroupNamePattern") or ""
    names, wanted_class = params.get("logGroupIdentifiers"), params.get("logGroupClass")
    if (prefix and pattern) or (names is not None and (prefix or pattern or wanted_class)):
        raise AwsError("InvalidParameterException", "Prefix, pattern and identifiers are mutually exclusive")
    if names is not None:
        if not 1 <= len(names) <= GROUP_PAGE:
            raise _invalid("logGroupIdentifiers", names, "Member must have length between 1 and 50")
        return [backend.groups[n] for n in dict.fromkeys(names) if n in backend.groups]
    groups = [g for g in list(backend.groups.values()) if g.name.startswith(prefix) and pattern in g.name]
    return [g for g in groups if wanted_class in (None, _class(g))]


def _name(group: Any) -> str:
    return str(group.name)


def _class(group: Any) -> str:
    return str(getattr(group, "log_group_class", "STANDARD"))


def _describe(backend: Any, group: Any) -> dict[str, Any]:
    stored = getattr(group, "stored_bytes", None)
    row = {
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "creationTime": created_ms(group),
        "logGroupName": group.name,
        "logGroupClass": _class(group),
        "metricFilterCount": 0,
        "storedBytes": sum(s.stored_bytes for s in group.streams.values()) if stored is None else stored,
    }
    days = group.retention_in_days
    policy = governing_policy(backend, group)
    if policy:
        days = policy.days
        row["retentionPolicyName"] = policy.name
    if days:
        row["retentionInDays"] = days
    if group.kms_key_id:
        row["kmsKeyId"] = group.kms_key_id
    row["deletionProtectionEnabled"] = getattr(group, "deletion_protection", False)
    return row


def created_ms(group: Any) -> int:
    """Creation time in milliseconds since 1970; moto keeps naive UTC."""
    from moto.core.utils import unix_time_millis

    return int(unix_time_millis(group.creation_time))


def _group(call: Call) -> Any:
    group = logs(call).groups.get(call.params.get("logGroupName", ""))
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def put_retention_policy(call: Call) -> dict[str, Any]:
    """PutRetentionPolicy: only AWS's values (moto: any). Under an account-level policy it answers success and what
    DescribeLogGroups shows stays the policy's.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    """
    days = call.params.get("retentionInDays")
    if days not in RETENTION_DAYS:
        raise _invalid("retentionInDays", days, f"Member must satisfy enum value set: {list(RETENTION_DAYS)}")
    group = _group(call)
    if _class(group) == "DELIVERY":
        raise AwsError("InvalidParameterException", "Retention of a log group of class DELIVERY can't be changed")
    group.retention_in_days = days
    return {}


def delete_log_group(call: Call) -> dict[str, Any]:
    """DeleteLogGroup; its tags go with it (moto keeps them, and the Tagging API would show the group again). Refused
    under deletion protection.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html
    """
    backend, group = logs(call), _group(call)
    if getattr(group, "deletion_protection", False):
        message = "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
        raise AwsError("ValidationException", message)
    backend.groups.pop(group.name, None)
    backend.tagger.tags.pop(group.arn, None)
    return {}


def put_log_group_deletion_protection(call: Call) -> dict[str, Any]:
    """PutLogGroupDeletionProtection, which moto lacks; the group by its name or ARN.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html
    """
    name = str(call.params.get("logGroupIdentifier", "")).partition(":log-group:")
    group = logs(call).groups.get((name[2] or name[0]).removesuffix(":*"))
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    group.deletion_protection = bool(call.params["deletionProtectionEnabled"])
    return {}


def _invalid(name: str, value: Any, constraint: str) -> AwsError:
    message = f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
    return AwsError("InvalidParameterException", message)


OPERATIONS = {
    "CreateLogGroup": create_log_group,
    "DeleteLogGroup": delete_log_group,
    "DescribeLogGroups": describe_log_groups,
    "PutLogGroupDeletionProtection": put_log_group_deletion_protection,
    "PutRetentionPolicy": put_retention_policy,
}
