# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an entry of a journal can say if a run of ours wrote it. Who may write the file can write anything into it.

Each function returns in words what no run would have written, None if nothing is of that kind. All are pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ..sweep.entries import Entry
from .ebs_orphan_cleanup import ARGUMENT_SPEC
from .final_snapshot import SNAPSHOT_ID
from .grace import Grace
from .log_group_retention import RETENTION_DAYS

Facts = Mapping[str, Any]

#: the tag of a grace period unless the operator names another
GRACE_TAG: str = ARGUMENT_SPEC["grace_tag"]["default"]
DISASTER_RECOVERY: Mapping[str, Any] = ARGUMENT_SPEC["disaster_recovery_tags"]["default"]

#: by resource type: service and resource of the ARN, and the ids that AWS gives. EC2 would take `*` for a wildcard
KINDS = {
    "ec2:volume": ("ec2", "volume/", re.compile(r"vol-[0-9a-z]+")),
    "ec2:snapshot": ("ec2", "snapshot/", re.compile(r"snap-[0-9a-z]+")),
    "ec2:instance": ("ec2", "instance/", re.compile(r"i-[0-9a-z]+")),
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    "logs:log-group": ("logs", "log-group:", re.compile(r"[A-Za-z0-9._/#-]{1,512}")),
}
ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2,5}(-[a-z]+)+-[0-9]+")
ZONE = re.compile(r"[a-z0-9-]+")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WORD = re.compile(r"[a-z0-9]+")
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
LONGEST_KEY, LONGEST_VALUE, MOST_TAGS = 128, 256, 50
LARGEST_GIB = 65536


def grace_tag_of(parameters: Mapping[str, Any]) -> str:
    """The only tag that undo sets or removes. Raises SweepError for one that AWS doesn't take, or that protects."""
    grace = Grace.of({"grace_tag": parameters.get("grace_tag") or GRACE_TAG, "grace_days": 0})
    grace.refuse_protecting([*(parameters.get("exclude_tags") or {}), *DISASTER_RECOVERY])
    return grace.tag


def strange_name(entry: Entry) -> str | None:
    """Account, region, id and ARN must be of the resource type, and say the same."""
    service, noun, known = KINDS[entry.resource_type]
    if not ACCOUNT.fullmatch(entry.scope.account_id) or not REGION.fullmatch(entry.scope.region):
        return f"it is of account {entry.scope.account_id!r} and region {entry.scope.region!r}"
    if not known.fullmatch(entry.resource_id):
        return f"resource_id is {entry.resource_id!r}; expected one of {entry.resource_type}"
    if entry.arn != (expected := entry.scope.arn(service, f"{noun}{entry.resource_id}")):
        return f"arn is {entry.arn!r}; expected {expected}"
    return None if _is_moment(entry.at) else f"at is {entry.at!r}; expected a time with its zone"


def strange_retention(entry: Entry) -> str | None:
    """A run sets an allowed number of days where there was none, or a larger one."""
    if set(entry.before) != {"retention_in_days"} or set(entry.after) != {"retention_in_days"}:
        return "it holds something else than retention_in_days"
    before, after = entry.before["retention_in_days"], entry.after["retention_in_days"]
    allowed = _is_days(after) and (before is None or (_is_days(before) and before > after))
    return None if allowed else f"retention_in_days goes from {before!r} to {after!r}, and no run raises it"


def strange_monitoring(entry: Entry, before: str, after: str) -> str | None:
    if (entry.before, entry.after) == ({"monitoring": before}, {"monitoring": after}):
        return None
    return f"{entry.action} goes from {dict(entry.before)!r} to {dict(entry.after)!r}"


def strange_mark(entry: Entry, sets: bool) -> str | None:
    """A mark is set to a day where there was none, or taken away whatever its value is."""
    if set(entry.before) != {"tag", "value"} or set(entry.after) != {"tag", "value"}:
        return "it holds something else than a tag and its value"
    tag, before, after = entry.before["tag"], entry.before["value"], entry.after["value"]
    if tag != entry.after["tag"] or not _is_key(tag):
        return f"its tag is {tag!r} before and {entry.after['tag']!r} after"
    fits = before is None and is_day(after) if sets else isinstance(before, str) and after is None
    return None if fits else f"{entry.action} takes the tag {tag} from {before!r} to {after!r}"


def strange_deletion(entry: Entry) -> str | None:
    """What a volume or snapshot was, as far as undo uses it."""
    before, snapshot = entry.before, entry.after.get(SNAPSHOT_ID)
    if set(entry.after) - {SNAPSHOT_ID} or not (snapshot in (None, "") or _is_id(snapshot, "ec2:snapshot")):
        return f"a deletion leaves {dict(entry.after)!r}"
    if not _are_tags(before.get("Tags", {})):
        return f"Tags are {before['Tags']!r}; expected tags that AWS takes"
    if before.get("Mark") is not None and not _is_key(before["Mark"]):
        return f"Mark is {before['Mark']!r}; expected the key of a tag"
    strange = [name for name, fits in _fits(before, entry.scope.region) if not fits]
    return f"{strange[0]} is {before[strange[0]]!r}" if strange else None


def _fits(before: Facts, region: str) -> Iterable[tuple[str, bool]]:
    """By property that CreateVolume is given, whether it is one of its values."""
    for name in ("Encrypted", "MultiAttachEnabled"):
        yield name, before.get(name) is None or isinstance(before[name], bool)
    for name, most in (("Size", LARGEST_GIB), ("Iops", 10**6), ("Throughput", 10**6)):
        yield name, before.get(name) is None or (_is_whole(before[name]) and 0 <= before[name] <= most)
    for name, start in (("KmsKeyId", ""), ("OutpostArn", "arn:")):
        value = before.get(name)
        yield name, value is None or (isinstance(value, str) and value.startswith(start) and value.isprintable())
    kind, zone = before.get("VolumeType"), before.get("AvailabilityZone")
    yield "VolumeType", kind is None or (isinstance(kind, str) and bool(WORD.fullmatch(kind)))
    in_region = isinstance(zone, str) and zone.startswith(region) and bool(ZONE.fullmatch(zone))
    yield "AvailabilityZone", zone is None or in_region


def is_day(value: Any) -> bool:
    """Whether it is a day as a run writes it: `2026-11-24`."""
    try:
        return isinstance(value, str) and bool(DAY.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False


def _is_days(value: Any) -> bool:
    return _is_whole(value) and value in RETENTION_DAYS


def _is_whole(value: Any) -> bool:
    # True is 1, and 1.0 is
    return isinstance(value, int) and not isinstance(value, bool)


def _is_id(value: Any, resource_type: str) -> bool:
    return isinstance(value, str) and bool(KINDS[resource_type][2].fullmatch(value))


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_KEY and "\0" not in value and not _is_reserved(value)


def _is_reserved(key: str) -> bool:
    return key.casefold().startswith("aws:")


def _are_tags(tags: Any) -> bool:
    """Tags as a resource can have them; keys of `aws:` don't count, and are set by nobody but AWS."""
    if not isinstance(tags, dict):
        return False
    own = [key for key in tags if not _is_reserved(key)]
    values = all(
        isinstance(value, str) and len(value) <= LONGEST_VALUE and "\0" not in value for value in tags.values()
    )
    return values and len(own) <= MOST_TAGS and all(map(_is_key, own))


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
