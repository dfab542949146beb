# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Recycle Bin, which moto lacks: retention rules (service rbin), and what they retain. `recycled` takes it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from ..wire import AwsError, Call, page
from .common import ec2

VOLUMES, SNAPSHOTS, IMAGES = "EBS_VOLUME", "EBS_SNAPSHOT", "EC2_IMAGE"
LONGEST = {VOLUMES: 7, SNAPSHOTS: 365, IMAGES: 365}
RULE_PAGE = 1000
MOST_EXCLUSIONS = 5

Pairs = frozenset[tuple[str, str]]


@dataclass
class Rule:
    """A retention rule. Without `tags` it is Region-level, and retains all but what has a tag in `excluded`."""

    identifier: str
    resource_type: str
    days: int
    tags: Pairs = frozenset()
    excluded: Pairs = frozenset()
    status: str = "available"
    description: str = ""
    unlock_delay_days: int | None = None

    def retains(self, resource_type: str, tags: Mapping[str, str]) -> bool:
        if self.resource_type != resource_type or self.status != "available":
            return False
        pairs = set(tags.items())
        return bool(self.tags & pairs) if self.tags else not self.excluded & pairs

    @property
    def lock_state(self) -> str | None:
        """Of Region-level rules only."""
        return None if self.tags else "locked" if self.unlock_delay_days else "unlocked"

    def arn(self, region: str, account: str) -> str:
        return f"arn:aws:rbin:{region}:{account}:rule/{self.identifier}"


@dataclass
class Retained:
    """A deleted resource in the bin, with its tags; times are aware UTC."""

    resource_type: str
    resource: Any
    tags: dict[str, str]
    entered: datetime
    exits: datetime
    id: str = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.resource.id


def rules(backend: Any) -> dict[str, Rule]:
    """The rules of one account and region by identifier, kept beside moto's EC2 backend."""
    found: dict[str, Rule] = backend.__dict__.setdefault("recycle_bin_rules", {})
    return found


def retained(backend: Any) -> dict[str, Retained]:
    """What is in the bin now, by resource id; what has been there long enough is deleted for good."""
    found: dict[str, Retained] = backend.__dict__.setdefault("recycle_bin", {})
    now = datetime.now(timezone.utc)
    for one in list(found.values()):
        if one.exits <= now:
            found.pop(one.id, None)
    return found


def add_recycle_bin_rule(
    backend: Any,
    resource_type: str,
    days: int,
    tags: Mapping[str, str] | None = None,
    excluded: Mapping[str, str] | None = None,
    status: str = "available",
    identifier: str = "",
) -> Rule:
    """A rule of moto's EC2 backend `backend`, or of a building.site.Site. No `tags`: Region-level."""
    backend = getattr(backend, "ec2", backend)
    rule = Rule(
        identifier or _new_identifier(),
        resource_type,
        days,
        frozenset((tags or {}).items()),
        frozenset((excluded or {}).items()),
        status,
    )
    rules(backend)[rule.identifier] = rule
    return rule


def _new_identifier() -> str:
    from moto.moto_api._internal import mock_random

    return str(mock_random.get_random_string(11))


def discard(backend: Any, resource_type: str, resource: Any) -> None:
    """What becomes of a resource that was deleted: it goes into the bin where a rule retains it, for the longest time
    of those that do, with its tags; else they go with it.

    https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-concepts.html
    """
    tags = backend.tags.pop(resource.id, {})
    days = [rule.days for rule in rules(backend).values() if rule.retains(resource_type, tags)]
    if days:
        now = datetime.now(timezone.utc)
        one = Retained(resource_type, resource, dict(tags), now, now + timedelta(days=max(days)))
        retained(backend)[resource.id] = one


def create_rule(call: Call) -> dict[str, Any]:
    """CreateRule answers `pending`, the next call finds it `available`.

    https://docs.aws.amazon.com/recyclebin/latest/APIReference/API_CreateRule.html
    """
    kind = _kind(call)
    tags, excluded = _pairs(call, "ResourceTags"), _pairs(call, "ExcludeResourceTags")
    lock = (call.params.get("LockConfiguration") or {}).get("UnlockDelay") or {}
    if tags and (excluded or lock):
        raise _invalid("Exclusion tags and locks are for Region-level retention rules only.")
    if len(excluded) > MOST_EXCLUSIONS:
        raise _invalid(f"A rule has {MOST_EXCLUSIONS} exclusion tags at the most.")
    rule = Rule(
        identifier=_new_identifier(),
        resource_type=kind,
        days=_days(call, kind),
        tags=tags,
        excluded=excluded,
        description=str(call.params.get("Description") or ""),
        unlock_delay_days=lock.get("UnlockDelayValue"),
    )
    rules(ec2(call))[rule.identifier] = rule
    return _describe(call, rule) | {"Status": "pending"}


def _kind(call: Call) -> str:
    kind = str(call.params.get("ResourceType"))
    if kind not in LONGEST:
        raise _invalid(f"ResourceType must be one of {', '.join(LONGEST)}.")
    return kind


def _days(call: Call, kind: str) -> int:
    period = call.params.get("RetentionPeriod") or {}
    days = period.get("RetentionPeriodValue")
    if period.get("RetentionPeriodUnit") != "DAYS" or not isinstance(days, int) or not 1 <= days <= LONGEST[kind]:
        raise _invalid(f"RetentionPeriod of {kind} must be 1 to {LONGEST[kind]} DAYS.")
    return days


def _pairs(call: Call, name: str) -> Pairs:
    given = call.params.get(name) or []
    return frozenset((tag["ResourceTagKey"], tag.get("ResourceTagValue", "")) for tag in given)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _summary(call: Call, rule: Rule) -> dict[str, Any]:
    row = {
        "Identifier": rule.identifier,
        "Description": rule.description,
        "RetentionPeriod": {"RetentionPeriodValue": rule.days, "RetentionPeriodUnit": "DAYS"},
        "LockState": rule.lock_state,
        "RuleArn": rule.arn(call.region, call.account),
    }
    return {name: value for name, value in row.items() if value is not None}


def _describe(call: Call, rule: Rule) -> dict[str, Any]:
    def listed(pairs: Pairs) -> list[dict[str, str]]:
        return [{"ResourceTagKey": key, "ResourceTagValue": value} for key, value in sorted(pairs)]

    return _summary(call, rule) | {
        "ResourceType": rule.resource_type,
        "ResourceTags": listed(rule.tags),
        "ExcludeResourceTags": listed(rule.excluded),
        "Status": rule.status,
    }


def list_rules(call: Call) -> dict[str, Any]:
    """ListRules: summaries only, without tags and status, of one resource type, in pages of 1 to 1000.

    https://docs.aws.amazon.com/recyclebin/latest/APIReference/API_ListRules.html
    """
    kind, wanted, excluded = _kind(call), _pairs(call, "ResourceTags"), _pairs(call, "ExcludeResourceTags")
    state, size = call.params.get("LockState"), call.params.get("MaxResults", RULE_PAGE)
    if not 1 <= size <= RULE_PAGE:
        raise _invalid(f"MaxResults must be between 1 and {RULE_PAGE}.")
    found = [
        rule
        for rule in rules(ec2(call)).values()
        if rule.resource_type == kind
        and (not wanted or wanted & rule.tags)
        and (not excluded or excluded & rule.excluded)
        and state in (None, rule.lock_state)
    ]
    chosen, token = page(sorted(found, key=_identifier), call.params.get("NextToken") or "", size, _identifier)
    return {"Rules": [_summary(call, rule) for rule in chosen]} | ({"NextToken": token} if token else {})


def _identifier(rule: Rule) -> str:
    return rule.identifier


def _rule(call: Call) -> Rule:
    rule = rules(ec2(call)).get(call.params.get("Identifier", ""))
    if rule is None:
        raise AwsError("ResourceNotFoundException", "The specified rule was not found.", 404)
    return rule


def get_rule(call: Call) -> dict[str, Any]:
    """GetRule: all of it.

    https://docs.aws.amazon.com/recyclebin/latest/APIReference/API_GetRule.html
    """
    return _describe(call, _rule(call))


def delete_rule(call: Call) -> dict[str, Any]:
    """DeleteRule: not a locked one. What it retained stays as long as it was to.

    https://docs.aws.amazon.com/recyclebin/latest/APIReference/API_DeleteRule.html
    """
    rule = _rule(call)
    if rule.lock_state == "locked":
        raise AwsError("ConflictException", "The rule is locked.", 409)
    del rules(ec2(call))[rule.identifier]
    return {}


OPERATIONS = {
    "CreateRule": create_rule,
    "DeleteRule": delete_rule,
    "GetRule": get_rule,
    "ListRules": list_rules,
}
