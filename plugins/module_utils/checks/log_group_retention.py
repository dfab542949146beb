# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log groups that never expire, or later than wanted: find, decide, set the retention."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any

from ..sweep.errors import CallError, SweepError
from ..sweep.finding import Finding, age_in_days, tags_of
from ..sweep.guard import STACK, Candidate, ExcludedByTag, Guard, Holds, Inspection, OwnedBy
from ..sweep.patterns import LOG_GROUPS
from ..sweep.policy import Check, Common, Policy
from ..sweep.prices import log_group_cost
from ..sweep.region import Region, Resource, Scope

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

LOG_GROUP_GONE = ("ResourceNotFoundException",)
SET_RETENTION = "set_retention"

ARGUMENT_SPEC: dict[str, Any] = {
    # not `choices`: an error that names the two nearest values helps more than one that lists all 22
    "retention_in_days": {"type": "int", "required": True},
    "shorten": {"type": "bool", "default": False},
    "name_prefix": {"type": "str"},
    "exclude_names": {"type": "list", "elements": "str", "default": []},
    "include_stacks": {"type": "bool", "default": False},
    "include_deletion_protected": {"type": "bool", "default": False},
    "minimum_retention_in_days": {"type": "int", "default": 1},
}


def checked_retention(days: int, minimum: int = 1) -> int:
    """Raises SweepError for days below the minimum, or that AWS doesn't know: then the two nearest are named."""
    if days < minimum and days in RETENTION_DAYS:
        raise SweepError(f"retention_in_days is {days}, below minimum_retention_in_days ({minimum}): raise it.")
    if days in RETENTION_DAYS:
        return days
    below = max((known for known in RETENTION_DAYS if known < days), default=None)
    above = min((known for known in RETENTION_DAYS if known > days), default=None)
    nearest = " and ".join(str(known) for known in (below, above) if known)
    raise SweepError(f"retention_in_days is {days}, which CloudWatch Logs does not offer: the nearest are {nearest}.")


def delivery_class(resource: Resource) -> str | None:
    return "class DELIVERY keeps one day, whatever is set" if resource.get("logGroupClass") == "DELIVERY" else None


def named_account_policy(resource: Resource) -> str | None:
    name = resource.get("retentionPolicyName")
    return f"the account-level retention policy {name} overrides its own" if name else None


class DeletionProtected(Guard):
    """Who protects a log group from deletion wants its events to stay.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html
    """

    name = "deletion protection"
    nothing = True

    def load(self, region: Region) -> bool:
        """Whether botocore reads the protection at all (1.41.3 and newer do)."""
        return region.knows("logs", "LogGroup", "deletionProtectionEnabled")

    def protects(self, candidate: Candidate, facts: bool) -> str | None:
        if not facts:
            return "its deletion protection is unknown: install botocore 1.41.3 or newer, which reads it"
        if candidate.resource.get("deletionProtectionEnabled"):
            return "its deletion protection is on, and include_deletion_protected is false"
        return None


@dataclass(frozen=True)
class AccountPolicies:
    """The account-level retention policies of a region, and whether log groups name the one that rules them."""

    policies: Sequence[Resource] = ()
    groups_name_theirs: bool = True


class AccountPolicy(Guard):
    """An account-level retention policy overrides the log group's, yet PutRetentionPolicy answers success."""

    name = "the account's retention policies"
    nothing = AccountPolicies()

    def load(self, region: Region) -> AccountPolicies:
        try:
            found = region.listing(
                "logs", "describe_account_policies", "accountPolicies", policyType="RETENTION_POLICY"
            )
        except CallError as error:
            # a region that doesn't know this type of policy can't have one
            if error.code in ("InvalidParameterException", "ValidationException"):
                return self.nothing
            raise
        # botocore reads it since 1.43.123
        return AccountPolicies(found, region.knows("logs", "LogGroup", "retentionPolicyName"))

    def protects(self, candidate: Candidate, facts: AccountPolicies) -> str | None:
        for policy in facts.policies:
            name = policy.get("policyName")
            if not selects(policy.get("selectionCriteria"), candidate.finding.resource_id):
                continue
            if not is_for_new_groups(policy):
                return f"the account-level retention policy {name} overrides its own"
            if not facts.groups_name_theirs:
                return (
                    f"the account-level retention policy {name}, for new groups, may override its own: install botocore"
                    " 1.43.123 or newer, which reads whether it does"
                )
        return None


class UnlistedTags(Inspection):
    """GetResources of the Tagging API may list no log group of a region at all, and then says of none that it has no
    tags: in such a region the log group itself is asked.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html
    """

    name = "the tags of log groups that the Tagging API does not list"

    def __init__(self, guards: Sequence[Guard]) -> None:
        self._guards = guards

    def inspect(self, region: Region, finding: Finding) -> str | None:
        if listed_tags(region):
            return None
        finding.tags = region.call("logs", "list_tags_for_resource", resourceArn=finding.arn).get("tags") or {}
        candidate = Candidate({}, finding)
        return next((why for guard in self._guards if (why := guard.protects(candidate, None))), None)


def is_for_new_groups(policy: Resource) -> bool:
    """Whether a policy leaves alone what existed before it; a group that it rules names it (`retentionPolicyName`).

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
    """
    try:
        document = json.loads(policy.get("policyDocument") or "{}")
    except ValueError:
        return False
    return isinstance(document, dict) and document.get("enforcementMode") == "NEW_ONLY"


def selects(criteria: str | None, name: str) -> bool:
    """Whether `LogGroupNamePrefix IN ["/a", "/b"]` (or NOT IN) covers a log group. No criteria, or some that can't be
    read, cover all: a guard never fails open."""
    match = re.fullmatch(r"\s*LogGroupNamePrefix\s+(NOT\s+)?IN\s+(\[.*\])\s*", criteria or "", re.DOTALL)
    try:
        prefixes = json.loads(match.group(2)) if match else None
    except ValueError:
        prefixes = None
    if match is None or not isinstance(prefixes, list):
        return True
    return name.startswith(tuple(str(prefix) for prefix in prefixes)) != bool(match.group(1))


class LogGroupRetention(Policy):
    check = "log_group_retention"
    resource_type = "logs:log-group"
    gone_codes = LOG_GROUP_GONE

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._days = checked_retention(options["retention_in_days"], options["minimum_retention_in_days"])
        self._name_prefix: str | None = options["name_prefix"] or None
        self._shorten: bool = options["shorten"]
        self._exclude_names: Sequence[str] = options["exclude_names"]
        LOG_GROUPS.refuse_unmatchable("exclude_names", self._exclude_names)
        self._prices = common.prices
        self.transition = ("never expires, or later", f"expires after {self._days} days")
        by_tag: list[Guard] = [
            ExcludedByTag(common.exclude_tags),
            *([] if options["include_stacks"] else [OwnedBy(STACK)]),
        ]
        self.inspections = [UnlistedTags(by_tag)]
        self.guards = [
            Holds("exclude_names", self._excluded_name),
            Holds("class DELIVERY", delivery_class),
            Holds("account policy", named_account_policy),
            Holds("shorten", self._longer),
            *by_tag,
            *([] if options["include_deletion_protected"] else [DeletionProtected()]),
            AccountPolicy(),
        ]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        prefix = {"logGroupNamePrefix": self._name_prefix} if self._name_prefix else {}
        return region.pages("logs", "describe_log_groups", "logGroups", **prefix)

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        days: int | None = resource.get("retentionInDays")
        # a shorter retention was chosen by somebody, and raising it would cost money
        if days is not None and days <= self._days:
            return None
        created = datetime.fromtimestamp(resource["creationTime"] / 1000, timezone.utc)
        current = "never expires" if days is None else f"expires after {days} days"
        return Finding(
            check=self.check,
            resource_type=self.resource_type,
            resource_id=resource["logGroupName"],
            arn=arn_of(resource, scope),
            scope=scope,
            name=resource["logGroupName"],
            reason=f"The log group {current}; {self._days} days are wanted. Older events go for good.",
            reason_code="no_retention" if days is None else "longer_retention",
            action=SET_RETENTION,
            reversible=True,
            age_days=age_in_days(created, now),
            cost=log_group_cost(self._prices, scope.region, resource.get("storedBytes", 0)),
        )

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        tags = listed_tags(region)
        for candidate in candidates:
            candidate.finding.tags = tags.get(candidate.finding.arn, {})

    def record(self, resource: Resource, finding: Finding) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"retention_in_days": resource.get("retentionInDays")}, {"retention_in_days": self._days}

    def current(self, region: Region, ids: Sequence[str]) -> Mapping[str, Resource]:
        pages = region.pages("logs", "describe_log_groups", "logGroups", logGroupIdentifiers=list(ids))
        return {group["logGroupName"]: group for page in pages for group in page}

    def act(self, region: Region, findings: Sequence[Finding]) -> None:
        name = findings[0].resource_id
        region.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=self._days)

    def _excluded_name(self, resource: Resource) -> str | None:
        name = resource["logGroupName"]
        pattern = next((pattern for pattern in self._exclude_names if fnmatchcase(name, pattern)), None)
        return f"excluded by the name pattern {pattern}" if pattern else None

    def _longer(self, resource: Resource) -> str | None:
        days: int | None = resource.get("retentionInDays")
        if days is None or self._shorten:
            return None
        return f"has a retention of its own of {days} days, and shorten is false"


def arn_of(resource: Resource, scope: Scope) -> str:
    """The ARN as the tagging API writes it, without the `:*` of `arn`."""
    arn: str = resource.get("logGroupArn") or resource.get("arn") or ""
    return arn.removesuffix(":*") or scope.arn("logs", f"log-group:{resource['logGroupName']}")


def listed_tags(region: Region) -> dict[str, dict[str, str]]:
    """The tags of the region's log groups as the Tagging API lists them, by ARN."""
    return region.once("tags of log groups", lambda: _tags_by_arn(region))


def _tags_by_arn(region: Region) -> dict[str, dict[str, str]]:
    """One list of all tagged log groups of the region, in place of a call for each group."""
    rows = region.listing(
        "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", ResourceTypeFilters=["logs:log-group"]
    )
    return {row["ResourceARN"].removesuffix(":*"): tags_of(row) for row in rows}


CHECK = Check(
    name="log_group_retention",
    argument_spec=ARGUMENT_SPEC,
    policies=lambda options, common: [LogGroupRetention(options, common)],
    filters=("name_prefix",),
    permissions=(
        "logs:DescribeAccountPolicies",
        "logs:DescribeLogGroups",
        "logs:ListTagsForResource",
        "tag:GetResources",
    ),
    enforce_permissions=("logs:PutRetentionPolicy",),
)
