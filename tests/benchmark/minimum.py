# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that a sweep can't do without: the pages of each list, what AWS offers no list for, and the changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..emulator.regions import ENABLED

ACCOUNT = "123456789012"
State = Mapping[tuple[str, str, str, str], Mapping[str, Any]]
Row = Mapping[str, Any]

# the largest pages, by the AWS API reference of each operation
VOLUMES, SNAPSHOTS, INSTANCES, LOG_GROUPS, BALANCERS = 500, 1000, 1000, 50, 400
TAGGED, BALANCER_TAGS = 100, 20
#: metrics that one call of GetMetricData serves, and those asked of a volume
METRICS, METRICS_OF_VOLUME = 500, 3
#: what is asked about single snapshots and AMIs
EACH = ("DescribeSnapshotAttribute", "DescribeImageAttribute", "DescribeImageReferences")
#: how many resources the engine reads again in one call, just before it acts on them
CHUNK = 25

# guards that cost a list, in the order in which they speak; what one has protected, the next is not asked about
SNAPSHOT_GUARDS = (
    ("backs AMI", "DescribeImages"),
    ("mapping of the launch template", "DescribeLaunchTemplateVersions"),
    ("which the Auto Scaling group", "DescribeAutoScalingGroups"),
    ("mapping of the launch configuration", "DescribeLaunchConfigurations"),
    ("EC2 Fleet", "DescribeFleets"),
    ("Spot Fleet request", "DescribeSpotFleetRequests"),
    ("Spot Instance request", "DescribeSpotInstanceRequests"),
    ("was made from it", "DescribeVolumes"),
    ("locked", "DescribeLockedSnapshots"),
    ("archive", "DescribeSnapshotTierStatus"),
    ("Fast Snapshot Restore", "DescribeFastSnapshotRestores"),
    ("Recycle Bin", "ListImagesInRecycleBin"),
)
INSTANCE_GUARDS = (
    ("needs detailed monitoring", "DescribeAlarms"),
    ("scaling policy", "DescribePolicies"),
    ("switched on again", "DescribeAutoScalingGroups"),
)
CHANGES = {"ec2:volume": "DeleteVolume", "ec2:snapshot": "DeleteSnapshot", "logs:log-group": "PutRetentionPolicy",
           "ec2:instance": "UnmonitorInstances"}  # fmt: skip
LISTS = {"ec2:volume": "DescribeVolumes", "ec2:snapshot": "DescribeSnapshots", "logs:log-group": "DescribeLogGroups",
         "ec2:instance": "DescribeInstances"}  # fmt: skip


@dataclass
class Place:
    """One region: what there is, by type, and what was found, by type."""

    there: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    found: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))


def minimum(state: State, findings: Iterable[Row], enforce: bool, full: bool = True) -> Counter[str]:
    """Calls by operation for all checks of cost_hygiene.yml over all regions of the first account, from what is there
    before the run and what the run found. Enforcing costs a call for each change, or each batch of them, one for each
    CHUNK of resources, in which their state is read again, the guards' lists once more where something is changed, and
    one for each snapshot that goes: whether it is shared is asked just before. Unless `full`, nothing is asked about
    single snapshots and AMIs: so it is where the plan is over the limit. For a run that acts for less than
    FRESH_SECONDS: the lists are read again whenever they are older."""
    places = {region: Place() for region in ENABLED}
    for (account, region, kind, _id), row in state.items():
        if account == ACCOUNT:
            places[region].there[kind].append(row)
    for finding in findings:
        places[finding["region"]].found[finding["resource_type"]].append(finding)
    calls = Counter({"GetCallerIdentity": 1, "DescribeRegions": 1})
    for place in places.values():
        for part in (_lists, _volume_guards, _snapshot_guards, _instance_guards, _log_guards, _balancers):
            calls.update(part(place))
        if enforce:
            calls.update(_changes(place))
    return Counter({name: count for name, count in calls.items() if count and (full or name not in EACH)})


def _pages(items: Sequence[Any], size: int) -> int:
    return max(1, -(-len(items) // size))


def _lists(place: Place) -> dict[str, int]:
    there = place.there
    free = [row for row in there["ec2:volume"] if row["status"] == "available"]
    running = [row for row in there["ec2:instance"] if row["state"] == "running"]
    return {
        "DescribeVolumes": _pages(free, VOLUMES),
        "DescribeSnapshots": _pages(there["ec2:snapshot"], SNAPSHOTS),
        "DescribeInstances": _pages(running, INSTANCES),
        "DescribeLogGroups": _pages(there["logs:log-group"], LOG_GROUPS),
        "DescribeLoadBalancers": _pages(there["elasticloadbalancing:loadbalancer"], BALANCERS),
        "ListRules": sum(any(_would_go(row) for row in place.found[kind]) for kind in ("ec2:volume", "ec2:snapshot")),
    }


def _would_go(finding: Row) -> bool:
    """Whether it qualified before AWS was asked about it alone."""
    return finding["status"] in ("planned", "changed") or _shared(finding)


def _shared(finding: Row) -> bool:
    return any(why.startswith("shared ") for why in finding["protected_by"])


def _rank(finding: Row, guards: Sequence[tuple[str, str]]) -> int:
    """How many of the guards that cost a list were asked about it."""
    if _would_go(finding):
        return len(guards)
    words = "; ".join(finding["protected_by"])
    return next((number for number, (word, _list) in enumerate(guards, 1) if word in words), 0)


def _guards(findings: Sequence[Row], guards: Sequence[tuple[str, str]]) -> dict[str, int]:
    asked = max((_rank(finding, guards) for finding in findings), default=0)
    return {operation: 1 for _word, operation in guards[:asked]}


def _volume_guards(place: Place) -> dict[str, int]:
    """Of one page of volumes: each page is asked for itself."""
    found = place.found["ec2:volume"]
    asked = sum(_would_go(row) or "AWS/EBS metrics" in "; ".join(row["protected_by"]) for row in found)
    return {"GetMetricData": -(-asked * METRICS_OF_VOLUME // METRICS)}


def _snapshot_guards(place: Place) -> dict[str, int]:
    found = place.found["ec2:snapshot"]
    backing = sum(_rank(finding, SNAPSHOT_GUARDS) == 1 for finding in found)
    asked = _guards(found, SNAPSHOT_GUARDS)
    if "DescribeVolumes" in asked:
        # those in use too, which the search for orphans leaves out
        asked["DescribeVolumes"] = _pages(place.there["ec2:volume"], VOLUMES)
    return {
        **asked,
        # there is no list of who may use a snapshot, or an AMI; who uses AMIs, ten of them tell in a call
        "DescribeSnapshotAttribute": sum(map(_would_go, found)),
        "DescribeImageAttribute": backing,
        "DescribeImageReferences": -(-backing // 10),
    }


def _instance_guards(place: Place) -> dict[str, int]:
    calls = _guards(place.found["ec2:instance"], INSTANCE_GUARDS)
    if "DescribeAutoScalingGroups" in _guards(place.found["ec2:snapshot"], SNAPSHOT_GUARDS):
        # the same list serves both
        calls.pop("DescribeAutoScalingGroups", None)
    return calls


def _log_guards(place: Place) -> dict[str, int]:
    tagged = [row for row in place.there["logs:log-group"] if row["tags"]]
    found = place.found["logs:log-group"]
    return {
        "GetResources": _pages(tagged, TAGGED) if found else 0,
        "DescribeAccountPolicies": int(any(map(_would_go, found))),
    }


def _balancers(place: Place) -> dict[str, int]:
    there, found = place.there["elasticloadbalancing:loadbalancer"], place.found["elasticloadbalancing:loadbalancer"]
    listeners = sum(len(finding["configuration"]["listeners"]) for finding in found)
    return {
        "DescribeTargetGroups": int(bool(there)),
        # each of these has one target group, and AWS tells the health of one in a call
        "DescribeTargetHealth": len(there),
        "DescribeTags": -(-len(found) // BALANCER_TAGS),
        "DescribeListeners": len(found),
        "DescribeLoadBalancerAttributes": len(found),
        "DescribeRules": listeners,
    }


def _changes(place: Place) -> Counter[str]:
    volumes = sum(finding["status"] == "changed" for finding in place.found["ec2:volume"])
    calls = Counter({"GetMetricData": -(-volumes // CHUNK)})
    for kind, operation in CHANGES.items():
        going = sum(finding["status"] == "changed" for finding in place.found[kind])
        chunks = -(-going // CHUNK)
        calls[operation] += chunks if kind == "ec2:instance" else going
        calls[LISTS[kind]] += chunks
    calls.update(_guards_again(place))
    return calls


def _guards_again(place: Place) -> Counter[str]:
    """Nothing protected what is changed, so that every guard is asked about it."""
    going = {kind for kind in CHANGES if any(finding["status"] == "changed" for finding in place.found[kind])}
    lists = {operation for _word, operation in SNAPSHOT_GUARDS} if "ec2:snapshot" in going else set()
    lists |= {operation for _word, operation in INSTANCE_GUARDS} if "ec2:instance" in going else set()
    calls = Counter(dict.fromkeys(lists, 1))
    if "logs:log-group" in going:
        tagged = [row for row in place.there["logs:log-group"] if row["tags"]]
        calls += Counter({"GetResources": _pages(tagged, TAGGED), "DescribeAccountPolicies": 1})
    snapshots = sum(finding["status"] == "changed" for finding in place.found["ec2:snapshot"])
    return calls + Counter({"DescribeSnapshotAttribute": snapshots})
