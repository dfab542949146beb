# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Recycle Bin: which rules keep what is deleted, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from ..sweep.errors import CallError
from ..sweep.finding import Finding
from ..sweep.region import Region, Resource

# https://docs.aws.amazon.com/recyclebin/latest/APIReference/API_GetRule.html
RULE_GONE = "ResourceNotFoundException"
RULE_TYPES = {"ec2:volume": "EBS_VOLUME", "ec2:snapshot": "EBS_SNAPSHOT"}


def rules(region: Region, resource_type: str) -> Sequence[Resource]:
    """The rules for a type of resource, in full. Raises CallError."""
    kind = RULE_TYPES[resource_type]
    return region.once(("Recycle Bin", kind), lambda: _rules(region, kind))


def _rules(region: Region, kind: str) -> list[Resource]:
    found = []
    for row in region.listing("rbin", "list_rules", "Rules", ResourceType=kind):
        try:
            # the list doesn't tell tags and status
            found.append(region.call("rbin", "get_rule", Identifier=row["Identifier"]))
        except CallError as error:
            if error.code != RULE_GONE:
                raise
    return found


def kept_days(some: Sequence[Resource], tags: Mapping[str, str]) -> int:
    """How long the Recycle Bin keeps what has these tags: of several rules that match, the longest counts.

    https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin-concepts.html
    """
    return max((rule["RetentionPeriod"]["RetentionPeriodValue"] for rule in some if matches(rule, tags)), default=0)


def matches(rule: Resource, tags: Mapping[str, str]) -> bool:
    """A rule with tags keeps what has one of them, a rule without keeps all but what has an exclusion tag."""
    if rule.get("Status") != "available":
        return False
    if rule.get("ResourceTags"):
        return _has_one(rule["ResourceTags"], tags)
    return not _has_one(rule.get("ExcludeResourceTags") or [], tags)


def _has_one(pairs: Sequence[Resource], tags: Mapping[str, str]) -> bool:
    return any(tags.get(pair["ResourceTagKey"]) == (pair.get("ResourceTagValue") or "") for pair in pairs)


def recoverable_until(some: Sequence[Resource], finding: Finding, now: datetime) -> date | None:
    """The last day on which what is deleted now can be taken out again; None if it is gone at once."""
    days = kept_days(some, finding.tags)
    return (now + timedelta(days=days)).date() if days else None
