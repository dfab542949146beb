# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patch compliance: which instances miss patches, wait for a reboot, or can't be patched at all. Nothing is changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.transformation import boto3_resource_to_ansible_dict

from ..sweep.arguments import not_negative
from ..sweep.errors import SweepError
from ..sweep.finding import REPORT_ONLY, Finding, age_in_days, tags_of
from ..sweep.guard import Candidate, ExcludedByTag
from ..sweep.policy import Check, Common, Policy, Verdict
from ..sweep.region import Region, Resource, Scope
from .ssm_patch_nodes import GROUP_TAGS, HYBRID, Wanted, hybrid_tags, read_nodes

ARGUMENT_SPEC: dict[str, Any] = {
    "patch_groups": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "baseline_ids": {"type": "list", "elements": "str"},
    "scan_max_age_days": {"type": "int", "default": 7},
    "include_unmanaged": {"type": "bool", "default": True},
    "include_compliant": {"type": "bool", "default": False},
}

COMPLIANT = "compliant"
BASELINE_ID = re.compile(r"(arn:aws[\w-]*:ssm:[\w-]+:\d{12}:patchbaseline/)?pb-[0-9a-f]{17}")
# an agent registers within minutes of the instance's start
REGISTERS_WITHIN = timedelta(hours=1)
INFORMATION = ("PingStatus", "LastPingDateTime", "PlatformType", "PlatformName", "PlatformVersion", "AgentVersion")


@dataclass(frozen=True)
class Problem:
    """What is wrong with an instance: its code, and what is said of the instance."""

    code: str
    words: str


def patch_problems(state: Resource) -> Iterator[Problem]:
    """What the counts of a patch state tell."""
    failed, missing = state.get("FailedCount", 0), state.get("MissingCount", 0)
    waiting, rejected = state.get("InstalledPendingRebootCount", 0), state.get("InstalledRejectedCount", 0)
    if failed:
        yield Problem("failed", f"failed to install {_patches(failed)}")
    if missing:
        yield Problem("missing", f"is missing {_patches(missing)}")
    if waiting:
        since = state.get("LastNoRebootInstallOperationTime") or state["OperationEndTime"]
        yield Problem("pending_reboot", f"waits for a reboot since {since.date().isoformat()}")
    if rejected:
        yield Problem("installed_rejected", f"has {_patches(rejected, 'rejected ')} installed")
    available = state.get("AvailableSecurityUpdateCount", 0)
    if not (failed or missing or waiting or rejected) and state.get("SecurityNonCompliantCount") and available:
        updates = f"{available} security update{'' if available == 1 else 's'}"
        yield Problem("available_security_updates", f"lacks {updates} that its baseline has not approved")


def _patches(count: int, kind: str = "") -> str:
    return f"{count} {kind}patch{'' if count == 1 else 'es'}"


def severity(state: Resource) -> str:
    """` (1 critical, 2 security)`, or nothing where no patch that is wanted is either."""
    counts = {"critical": state.get("CriticalNonCompliantCount"), "security": state.get("SecurityNonCompliantCount")}
    words = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f" ({words})" if words else ""


def reach_problems(node: Resource) -> Iterator[Problem]:
    """What keeps SSM from patching an instance that it manages. One that is stopped is not expected to answer."""
    information = node["Information"]
    if information.get("PingStatus") != "Online" and not is_stopped(node):
        last = information.get("LastPingDateTime")
        yield Problem("connection_lost", f"has not answered Systems Manager{f' since {last.date()}' if last else ''}")
    if "PatchState" not in node and not is_stopped(node):
        yield Problem("never_scanned", "was never scanned")


def is_stopped(node: Resource) -> bool:
    return "Instance" in node and node["Instance"]["State"]["Name"] != "running"


def patch_group(node: Resource) -> str | None:
    """As the last operation knew it, else by its tag."""
    tags = tags_of(node.get("Instance", {}))
    named = [tags[key] for key in GROUP_TAGS if key in tags]
    group: str | None = node.get("PatchState", {}).get("PatchGroup") or (named[0] if named else None)
    return group


class PatchCompliance(Policy):
    """`resource` here is a node of `read_nodes`."""

    check = "ssm_patch_compliance_info"
    resource_type = "ec2:instance"
    verdict = Verdict("instance", "is not compliant", "are not compliant")

    def __init__(self, options: Mapping[str, Any], common: Common) -> None:
        self._wanted = Wanted(options["tags"] or {}, options["patch_groups"] or ())
        self._baselines = frozenset(one.rpartition("/")[2] for one in options["baseline_ids"] or ())
        self._max_age_days: int = options["scan_max_age_days"]
        self._include_unmanaged: bool = options["include_unmanaged"]
        self._include_compliant: bool = options["include_compliant"]
        self.guards = [ExcludedByTag(common.exclude_tags)]

    def find(self, region: Region) -> Iterator[list[Resource]]:
        # what has no patch state has no baseline
        unmanaged = self._include_unmanaged and not self._baselines
        for page in read_nodes(region, self._wanted, unmanaged):
            yield [node for node in page if self._is_of_baseline(node)]

    def decide(self, resource: Resource, scope: Scope, now: datetime) -> Finding | None:
        if "Information" not in resource:
            if now - resource["Instance"]["LaunchTime"] < REGISTERS_WITHIN:
                return None
            words = "The running instance is not managed by Systems Manager, so nothing can patch it."
            return self._finding(resource, scope, now, words, "unmanaged")
        state = resource.get("PatchState", {})
        about_patches, about_reach = list(patch_problems(state)), list(reach_problems(resource))
        old = self._is_old(resource, now)
        codes = [problem.code for problem in (*about_patches, *about_reach)] + (["scan_too_old"] if old else [])
        if not codes and not self._include_compliant:
            return None
        said = " and ".join(problem.words for problem in about_patches) + (severity(state) if about_patches else "")
        sentence = ", ".join([*filter(None, [said]), *(problem.words for problem in about_reach)])
        if not codes:
            sentence = "misses no patch that it should have" if state else "is stopped, and was never scanned"
        when = self._last_operation(state, now, old)
        sentence = "; ".join(filter(None, [sentence, when])) if sentence else f"was {when}"
        return self._finding(resource, scope, now, f"The instance {sentence}.", ",".join(codes) or COMPLIANT)

    def complete(self, region: Region, candidates: Sequence[Candidate]) -> None:
        hybrid = [one for one in candidates if one.finding.resource_type == HYBRID]
        tags = hybrid_tags(region) if hybrid else {}
        for candidate in hybrid:
            candidate.finding.tags = tags_of({"Tags": tags.get(candidate.finding.resource_id)})

    def _is_of_baseline(self, node: Resource) -> bool:
        baseline = node.get("PatchState", {}).get("BaselineId", "").rpartition("/")[2]
        return not self._baselines or baseline in self._baselines

    def _is_old(self, node: Resource, now: datetime) -> bool:
        if not self._max_age_days or "PatchState" not in node or is_stopped(node):
            return False
        ended: datetime = node["PatchState"]["OperationEndTime"]
        return now - ended > timedelta(days=min(self._max_age_days, timedelta.max.days))

    def _last_operation(self, state: Resource, now: datetime, old: bool) -> str:
        if not state:
            return ""
        days = age_in_days(state["OperationEndTime"], now) or 0
        ago = "today" if not days else f"{days} day{'' if days == 1 else 's'} ago"
        done = "patched" if state["Operation"] == "Install" else "scanned"
        return f"last {done} {ago}" + (f", and should be every {self._max_age_days} days" if old else "")

    def _finding(self, node: Resource, scope: Scope, now: datetime, reason: str, code: str) -> Finding:
        instance, information, name = node.get("Instance", {}), node.get("Information", {}), node["InstanceId"]
        kind, service, noun = (self.resource_type, "ec2", "instance")
        if not instance:
            kind, service, noun = HYBRID, "ssm", "managed-instance"
        tags = tags_of(instance)
        return Finding(
            check=self.check,
            resource_type=kind,
            resource_id=name,
            arn=scope.arn(service, f"{noun}/{name}"),
            scope=scope,
            name=tags.get("Name") or information.get("Name") or information.get("ComputerName") or "",
            reason=reason,
            reason_code=code,
            action=REPORT_ONLY,
            age_days=age_in_days(instance.get("LaunchTime") or information.get("RegistrationDate"), now),
            tags=tags,
            saves_cost=False,
            configuration=configuration(node),
            healthy=code == COMPLIANT,
        )


def configuration(node: Resource) -> dict[str, Any]:
    """The instance, its patch group and its patch state, in snake_case."""
    information, state = node.get("Information", {}), node.get("PatchState", {})
    facts = {key: information[key] for key in INFORMATION if key in information}
    state = {key: value for key, value in state.items() if key not in ("InstanceId", "OwnerInformation", "PatchGroup")}
    shown: dict[str, Any] = boto3_resource_to_ansible_dict({**facts, **state}, transform_tags=False)
    return {
        "managed": bool(information),
        "instance_state": node["Instance"]["State"]["Name"] if "Instance" in node else None,
        "patch_group": patch_group(node),
        **shown,
    }


def policies(options: Mapping[str, Any], common: Common) -> list[Policy]:
    """Raises SweepError for an age or an id of a baseline that can't be meant."""
    not_negative(options, "scan_max_age_days")
    for baseline in options["baseline_ids"] or ():
        if not BASELINE_ID.fullmatch(baseline):
            raise SweepError(
                f"baseline_ids has {baseline!r}: a patch baseline's id is pb- and 17 hexadecimal digits, or its ARN."
            )
    return [PatchCompliance(options, common)]


CHECK = Check(
    name=PatchCompliance.check,
    argument_spec=ARGUMENT_SPEC,
    policies=policies,
    filters=("patch_groups", "tags", "baseline_ids"),
    permissions=(
        "ec2:DescribeInstances",
        "ssm:DescribeInstanceInformation",
        "ssm:DescribeInstancePatchStates",
        "tag:GetResources",
    ),
)
