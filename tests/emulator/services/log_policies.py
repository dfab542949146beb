# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudWatch Logs account policies of type RETENTION_POLICY, which moto lacks."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..wire import AwsError, Call

# An account-level policy can't keep less than 30 days.
POLICY_DAYS = (30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
NEVER = "NEVER_EXPIRE"
CRITERIA = re.compile(r"LogGroupNamePrefix\s+IN\s+(\[.*\])\Z", re.DOTALL)
TYPES = ("DATA_PROTECTION_POLICY", "SUBSCRIPTION_FILTER_POLICY", "FIELD_INDEX_POLICY", "TRANSFORMER_POLICY",
         "METRIC_EXTRACTION_POLICY", "RETENTION_POLICY")  # fmt: skip


@dataclass(frozen=True)
class RetentionPolicy:
    """`days` is None where the policy says NEVER_EXPIRE; no prefixes: all groups; `created` in ms since 1970."""

    name: str
    days: int | None
    prefixes: tuple[str, ...]
    new_only: bool
    created: int
    document: str
    criteria: str

    def governs(self, group: Any) -> bool:
        if self.prefixes and not group.name.startswith(self.prefixes):
            return False
        made = group.creation_time.replace(tzinfo=timezone.utc) if isinstance(group.creation_time, datetime) else None
        return not self.new_only or (made is not None and made.timestamp() * 1000 >= self.created)


def policies(backend: Any) -> dict[str, RetentionPolicy]:
    """The policies of one account and region, kept beside moto's backend."""
    found: dict[str, RetentionPolicy] = backend.__dict__.setdefault("account_retention_policies", {})
    return found


def governing_policy(backend: Any, group: Any) -> RetentionPolicy | None:
    """The policy that decides a group's retention: the longest one, of equal ones the older."""
    if not policies(backend) or getattr(group, "log_group_class", "STANDARD") == "DELIVERY":
        return None
    fitting = [p for p in policies(backend).values() if p.governs(group)]
    return min(fitting, key=lambda p: (-(p.days or 10**6), p.created), default=None)


def put_account_policy(call: Call) -> dict[str, Any]:
    """PutAccountPolicy of type RETENTION_POLICY, in force at once (AWS: after 24 hours).

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
    """
    params = call.params
    if params.get("policyType") != "RETENTION_POLICY":
        raise AwsError("UnknownOperationException", f"policy type {params.get('policyType')} is not emulated")
    days, mode = _read_document(params.get("policyDocument", ""))
    criteria = params.get("selectionCriteria") or ""
    policy = RetentionPolicy(
        name=params["policyName"],
        days=days,
        prefixes=_prefixes(criteria),
        new_only=mode == "NEW_ONLY",
        created=int(time.time() * 1000),
        document=params["policyDocument"],
        criteria=criteria,
    )
    policies(_backend(call))[policy.name] = policy
    return {"accountPolicy": _describe(policy, call.account)}


def _read_document(text: str) -> tuple[int | None, str]:
    try:
        document = json.loads(text)
        days, mode = document["retentionInDays"], document["enforcementMode"]
    except (ValueError, KeyError, TypeError):
        raise AwsError("InvalidParameterException", "policyDocument is not a retention policy") from None
    if days != NEVER and days not in POLICY_DAYS:
        raise AwsError("InvalidParameterException", f"retentionInDays {days} is not valid for an account policy")
    if mode not in ("RETROACTIVE", "NEW_ONLY"):
        raise AwsError("InvalidParameterException", f"enforcementMode {mode} is not valid")
    return (None if days == NEVER else days), mode


def _prefixes(criteria: str) -> tuple[str, ...]:
    if not criteria:
        return ()
    match = CRITERIA.fullmatch(criteria.strip())
    try:
        return tuple(json.loads(match.group(1))) if match else _bad_criteria()
    except ValueError:
        return _bad_criteria()


def _bad_criteria() -> tuple[str, ...]:
    raise AwsError("InvalidParameterException", 'selectionCriteria must be LogGroupNamePrefix IN ["..."]')


def describe_account_policies(call: Call) -> dict[str, Any]:
    """DescribeAccountPolicies; policyType is required, other types than RETENTION_POLICY are empty here.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeAccountPolicies.html
    """
    kind, name = call.params.get("policyType"), call.params.get("policyName")
    if kind not in TYPES:
        raise AwsError("InvalidParameterException", f"Value '{kind}' at 'policyType' is not valid")
    found = policies(_backend(call)).values() if kind == "RETENTION_POLICY" else ()
    return {"accountPolicies": [_describe(p, call.account) for p in found if name in (None, p.name)]}


def delete_account_policy(call: Call) -> dict[str, Any]:
    """DeleteAccountPolicy: the groups' own retention is in force again.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteAccountPolicy.html
    """
    if policies(_backend(call)).pop(call.params.get("policyName", ""), None) is None:
        raise AwsError("ResourceNotFoundException", "Policy does not exist.")
    return {}


def _describe(policy: RetentionPolicy, account: str) -> dict[str, Any]:
    row = {
        "policyName": policy.name,
        "policyDocument": policy.document,
        "lastUpdatedTime": policy.created,
        "policyType": "RETENTION_POLICY",
        "scope": "ALL",
        "accountId": account,
    }
    return row | ({"selectionCriteria": policy.criteria} if policy.criteria else {})


def _backend(call: Call) -> Any:
    from moto.logs.models import logs_backends

    return logs_backends[call.account][call.region]


OPERATIONS = {
    "PutAccountPolicy": put_account_policy,
    "DescribeAccountPolicies": describe_account_policies,
    "DeleteAccountPolicy": delete_account_policy,
}
