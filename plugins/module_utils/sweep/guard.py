# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that protect a resource from a check. Unreadable is protected: a guard never fails open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .errors import SweepError
from .finding import Finding
from .region import Region, Resource
from .tag_match import Match, WantedTag


@dataclass
class Candidate:
    """A finding and the AWS resource that it speaks of."""

    resource: Resource
    finding: Finding


class Guard:
    """A name, the list calls that it needs, and a pure test.

    `load` is called once a region, and only where a candidate is left to protect. `nothing` stands for its result in a
    region whose endpoint doesn't know the call, so that nothing there can have what it lists.
    """

    name: str = ""
    nothing: Any = frozenset()
    #: what the finding's reason_code becomes where the guard explains the finding away
    reason_code: str | None = None
    #: whether what it protects is in use, and not merely to be left alone
    means_use: bool = False

    def load(self, region: Region) -> Any:
        """Facts for `protects`. Raises CallError if they can't be read: then every candidate is protected."""
        return None

    def ask(self, region: Region, candidates: Sequence[Candidate]) -> Any:
        """Facts for `protects` of these candidates alone, in bulk, where no list of the region tells them. A guard that
        has it has no `load`. Raises CallError, also where the endpoint doesn't know the call: then they are
        protected."""
        raise NotImplementedError

    def protects(self, candidate: Candidate, facts: Any) -> str | None:
        """In words, what protects the candidate; None if nothing does."""
        raise NotImplementedError

    @property
    def asks(self) -> bool:
        """Whether the guard asks about the candidates that are left, each time that it speaks."""
        return type(self).ask is not Guard.ask

    @property
    def listing(self) -> bool:
        """Whether the guard costs a call."""
        return self.asks or type(self).load is not Guard.load


class Inspection:
    """A guard that has to ask AWS about each resource. It is asked last, about what would otherwise be acted on, and
    only for a plan within the limit: AWS has no list for it."""

    name: str = ""

    def inspect(self, region: Region, finding: Finding) -> str | None:
        """In words, what protects the resource; None if nothing does. Raises CallError if it can't be read."""
        raise NotImplementedError


class ExcludedByTag(Guard):
    """Tags that the operator excludes: key -> value or list of values, compared as `tag_match` does. A near miss
    protects too, and is named: it is cheaper to correct a tag than to restore a resource.

    `option` is where they come from, `why` is said before the tag. Raises SweepError for what no tag can be.
    """

    def __init__(self, tags: Mapping[str, Any], option: str = "exclude_tags", why: str = "") -> None:
        self.name = option
        self._wanted = [
            WantedTag(str(key), one) for key, value in tags.items() for one in _tag_values(option, key, value)
        ]
        self._why = why

    def protects(self, candidate: Candidate, facts: Any) -> str | None:
        near = None
        for key, value in candidate.finding.tags.items():
            for wanted, matched in self._matches(key, value):
                if matched is Match.EXACT:
                    return f"{self._why}tag {key}={value}"
                near = near or self._near_miss(key, value, wanted)
        return near

    def _matches(self, key: str, value: str) -> Iterator[tuple[WantedTag, Match]]:
        """The wanted tags that this one is, or nearly is. A key that is wanted as it is, is no slip of another one; a
        pattern, which may meet every key, tells nothing of that."""
        keys = [(wanted, wanted.match_key(key)) for wanted in self._wanted]
        best = max((found for wanted, found in keys if not wanted.has_key_pattern), default=Match.NO)
        for wanted, found in keys:
            counts = found is best or wanted.has_key_pattern
            matched = min(found, wanted.match_value(value)) if counts else Match.NO
            if matched is not Match.NO:
                yield wanted, matched

    def _near_miss(self, key: str, value: str, wanted: WantedTag) -> str:
        return (
            f"{self._why}tag {key}={value}, which is nearly {wanted.key}={wanted.value} of {self.name}: correct the"
            " tag, or remove it if it does not protect"
        )


def _tag_values(option: str, key: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    # a value that would match nothing must not pass for a protection
    if not values or not all(_is_tag_value(one) for one in values):
        raise SweepError(
            f"{option} holds {key}: {value!r}, which no tag is as it is meant: write a value, in quotes if it is a"
            ' number, a list of them, or "*".'
        )
    return [spelling for one in values for spelling in _spellings(one)]


def _is_tag_value(value: Any) -> bool:
    """Of a text that was to hold several tags, `A=b;C=d`, Ansible makes one; and 1.10 is 1.1 when YAML has read it."""
    return isinstance(value, int) or (isinstance(value, str) and not re.search(r"[\r\n]|;[^=;]*=", value))


def _spellings(value: str | int) -> tuple[str, ...]:
    """What may have been written where YAML has read this."""
    if isinstance(value, bool):
        return ("true",) if value else ("false",)
    return (str(value), f"0{value:o}") if isinstance(value, int) else (value,)


class OwnedBy(Guard):
    """Tags that a service puts on what it manages: keys by pattern, and the owner in words."""

    name = "owner"

    def __init__(self, owners: Mapping[str, str]) -> None:
        self._owners = owners

    def protects(self, candidate: Candidate, facts: Any) -> str | None:
        for key in candidate.finding.tags:
            for pattern, owner in self._owners.items():
                if fnmatchcase(key.casefold(), pattern):
                    return f"owned by {owner} (tag {key})"
        return None


class Holds(Guard):
    """A plain test of the resource itself, which returns the protecting words or None."""

    def __init__(self, name: str, test: Callable[[Resource], str | None], reason_code: str | None = None) -> None:
        self.name = name
        self.reason_code = reason_code
        self._test = test

    def protects(self, candidate: Candidate, facts: Any) -> str | None:
        return self._test(candidate.resource)


# who puts which tag keys on what it manages; the patterns are compared without case
def managed_by_operator(resource: Resource) -> str | None:
    """EC2 lets nobody but the service that manages a resource change it."""
    operator = resource.get("Operator") or {}
    if not operator.get("Managed"):
        return None
    return f"managed by the AWS service {operator.get('Principal', 'that owns it')}"


STACK = {"aws:cloudformation:*": "a CloudFormation stack"}
BACKUP = {
    "aws:backup:*": "AWS Backup",
    "aws:dlm:*": "Data Lifecycle Manager",
    "dlm:managed": "Data Lifecycle Manager",
    "awselasticdisasterrecovery*": "AWS Elastic Disaster Recovery",
    "awsapplicationmigrationservice*": "AWS Application Migration Service",
    # what the backup of a cluster, its volumes' snapshots included, is restored from
    "velero.io/*": "Velero",
    "ark.heptio.com/*": "Velero",
    # N2W's own tags, and `cpm backup`, by which it knows what to back up: docs.n2ws.com, tag-based backup management
    "cpm[ _]*": "N2W Backup & Recovery",
}
KUBERNETES = {
    "kubernetes.io/*": "Kubernetes",
    "kubernetescluster": "Kubernetes",
    "ebs.csi.aws.com/*": "the EBS CSI driver of Kubernetes",
    "csivolumename": "the EBS CSI driver of Kubernetes",
    "csivolumesnapshotname": "the EBS CSI driver of Kubernetes",
    "karpenter.sh/*": "Karpenter",
    "karpenter.k8s.aws/*": "Karpenter",
}
# the last one stands for services that are not named: nobody else can set a tag whose key begins with `aws:`
SERVICES = {
    "eks:*": "Amazon EKS",
    "aws:eks:*": "Amazon EKS",
    "elasticbeanstalk:*": "AWS Elastic Beanstalk",
    "amazonecsmanaged": "Amazon ECS",
    "amazonecscreated": "Amazon ECS",
    "aws:ecs:*": "Amazon ECS",
    "awsbatchservicetag": "AWS Batch",
    "aws:elasticmapreduce:*": "Amazon EMR",
    "aws:servicecatalog:*": "AWS Service Catalog",
    "aws:*": "an AWS service",
}
