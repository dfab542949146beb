# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that are put back: retention, monitoring, marks. Somebody's later change is left as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ..sweep.entries import Entry
from ..sweep.finding import PLANNED, Finding, tags_of
from ..sweep.guard import Candidate, Guard
from ..sweep.instances import instance_pages
from ..sweep.region import Region, Resource
from .ebs_orphan_cleanup import SNAPSHOT_GONE, VOLUME_GONE
from .ec2_monitoring import INSTANCE_GONE, LaunchesWithDetail, ScalesGroup, ShortAlarm
from .grace import MARK
from .log_group_retention import LOG_GROUP_GONE
from .undo import Facts, PutBack, Task, by_id, gone_for_good
from .undo_rules import GRACE_TAG, is_day, strange_mark, strange_monitoring, strange_name, strange_retention


class PutBackSetting(PutBack):
    """`now` is the setting in the shape of the journal's `before` and `after`, None where the resource is gone."""

    def judge(self, finding: Finding, task: Task, now: Facts | None) -> None:
        if now is None:
            self.missing(finding)
        elif now == task.before:
            finding.skip(f"it is as it was: {self.words(now)}")
        elif not task.left(now):
            finding.skip(f"somebody has changed it since, it is {self.words(now)} now")
        else:
            finding.reason += f" It is {self.words(now)} now and will be {self.words(task.before)} again."

    def missing(self, finding: Finding) -> None:
        gone_for_good(finding, "it no longer exists")

    def words(self, setting: Facts) -> str:
        """A setting in words."""
        raise NotImplementedError


class PutBackRetention(PutBackSetting):
    gone_codes = LOG_GROUP_GONE
    permissions = ("logs:DescribeLogGroups",)
    enforce_permissions = ("logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy")

    @classmethod
    def doubt(cls, entry: Entry) -> str | None:
        return strange_name(entry) or strange_retention(entry)

    def judge(self, finding: Finding, task: Task, now: Facts | None) -> None:
        super().judge(finding, task, now)
        if finding.status == PLANNED and now and _shortens(task.before["retention_in_days"], now["retention_in_days"]):
            words = f"It is {self.words(now)} and would be {self.words(task.before)}: undo shortens no retention."
            finding.fail("WouldShorten", words)

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, Any]:
        names = [task.resource_id for task in tasks]
        pages = region.pages("logs", "describe_log_groups", "logGroups", logGroupIdentifiers=names)
        groups = [group for page in pages for group in page]
        return {group["logGroupName"]: {"retention_in_days": group.get("retentionInDays")} for group in groups}

    def words(self, setting: Facts) -> str:
        days = setting.get("retention_in_days")
        return f"kept for {days} days" if days else "kept for ever"

    def put_back(self, region: Region, finding: Finding, task: Task, now: Facts) -> None:
        days, name = task.before.get("retention_in_days"), task.resource_id
        if days:
            region.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)
        else:
            region.call("logs", "delete_retention_policy", logGroupName=name)


def _shortens(wanted: int | None, now: int | None) -> bool:
    return wanted is not None and (now is None or now > wanted)


class PutBackMonitoring(PutBackSetting):
    """Detailed monitoring that a run switched off."""

    gone_codes = INSTANCE_GONE
    states: ClassVar[tuple[str, str]] = ("detailed", "basic")
    permissions: ClassVar[Sequence[str]] = ("ec2:DescribeInstances",)
    enforce_permissions: ClassVar[Sequence[str]] = ("ec2:MonitorInstances",)

    @classmethod
    def doubt(cls, entry: Entry) -> str | None:
        return strange_name(entry) or strange_monitoring(entry, *cls.states)

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, Any]:
        return {one["InstanceId"]: {"monitoring": _monitoring(one)} for one in _instances(region, tasks)}

    def words(self, setting: Facts) -> str:
        return f"on {setting.get('monitoring')} monitoring"

    def put_back(self, region: Region, finding: Finding, task: Task, now: Facts) -> None:
        region.call("ec2", "monitor_instances", InstanceIds=[task.resource_id])


class PutBackBasicMonitoring(PutBackMonitoring):
    """Basic monitoring where a run switched the detailed one on; what needs that by now keeps it, as it does of a run.

    `now` is `{monitoring, Tags, ImageId, InstanceType}`, as much of the instance as the guards look at.
    """

    states = ("basic", "detailed")
    permissions = (
        *("autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLaunchConfigurations"),
        *("autoscaling:DescribePolicies", "cloudwatch:DescribeAlarms"),
        *("ec2:DescribeInstances", "ec2:DescribeLaunchTemplateVersions"),
    )
    enforce_permissions = ("ec2:UnmonitorInstances",)

    def __init__(self, resource_type: str, tasks: Sequence[Task], grace_tag: str = GRACE_TAG) -> None:
        super().__init__(resource_type, tasks, grace_tag)
        self.guards = [OfInstance(guard) for guard in (ShortAlarm(), ScalesGroup(), LaunchesWithDetail())]

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, Any]:
        return {
            one["InstanceId"]: {
                "monitoring": _monitoring(one),
                "Tags": tags_of(one),
                "ImageId": one.get("ImageId", ""),
                "InstanceType": one.get("InstanceType", ""),
            }
            for one in _instances(region, tasks)
        }

    def judge(self, finding: Finding, task: Task, now: Facts | None) -> None:
        super().judge(finding, task, now and {"monitoring": now["monitoring"]})
        finding.tags = now["Tags"] if now else {}

    def put_back(self, region: Region, finding: Finding, task: Task, now: Facts) -> None:
        region.call("ec2", "unmonitor_instances", InstanceIds=[task.resource_id])


class OfInstance(Guard):
    """A guard of ec2_monitoring, of the instance as it is now."""

    def __init__(self, guard: Guard) -> None:
        self.name, self.nothing = guard.name, guard.nothing
        self._guard = guard

    def load(self, region: Region) -> Any:
        return self._guard.load(region)

    def protects(self, candidate: Candidate, facts: Any) -> str | None:
        return self._guard.protects(Candidate(candidate.resource["Now"], candidate.finding), facts)


def _instances(region: Region, tasks: Sequence[Task]) -> Iterator[Resource]:
    """The instances that are not terminated, nor about to be."""
    wanted = [{"Name": "instance-id", "Values": [task.resource_id for task in tasks]}]
    for page in instance_pages(region, wanted):
        yield from (one for one in page if one["State"]["Name"] not in ("shutting-down", "terminated"))


def _monitoring(instance: Resource) -> str:
    return "detailed" if instance.get("Monitoring", {}).get("State") in ("enabled", "pending") else "basic"


class PutBackMark(PutBackSetting):
    """The mark of a grace period: a tag and its value, None for no such tag. `now` also has a volume's `State`.

    Nothing is done to another tag than `grace_tag`, nor where its value is no day: somebody's tag would be lost.
    """

    gone_codes = (*VOLUME_GONE, *SNAPSHOT_GONE)
    permissions = ("ec2:DescribeSnapshots", "ec2:DescribeVolumes")
    enforce_permissions = ("ec2:CreateTags", "ec2:DeleteTags")

    @classmethod
    def doubt(cls, entry: Entry) -> str | None:
        return strange_name(entry) or strange_mark(entry, sets=entry.action == MARK)

    def now(self, region: Region, tasks: Sequence[Task]) -> Mapping[str, Any]:
        noun = self.resource_type.partition(":")[2]
        key = {"volume": "Volumes", "snapshot": "Snapshots"}[noun]
        wanted = [{"Name": f"{noun}-id", "Values": [task.resource_id for task in tasks]}]
        rows = by_id(region, noun, key, wanted)
        tags = {task.resource_id: task.before.get("tag", "") for task in tasks}
        return {
            name: {"tag": tags[name], "value": tags_of(row).get(tags[name]), "State": row.get("State")}
            for name, row in rows.items()
        }

    def judge(self, finding: Finding, task: Task, now: Facts | None) -> None:
        super().judge(finding, task, now and {name: now[name] for name in ("tag", "value")})
        tag, value = task.before.get("tag"), task.before.get("value")
        if finding.status != PLANNED or now is None:
            return
        if tag != self.grace_tag:
            words = f"Its tag {tag} is not grace_tag, {self.grace_tag}: set grace_tag to it if runs marked with it."
            finding.fail("NotTheGraceTag", words)
        elif not is_day(value if value is not None else now["value"]):
            finding.fail("NotAMark", f"{tag}={value if value is not None else now['value']} is no day, so no mark.")
        elif value is not None and now["State"] != "in-use":
            # set again, the old mark would end at once the grace period that the next run begins
            finding.skip("its mark is from before it was in use, and it may be unused now; the next run marks it anew")

    def missing(self, finding: Finding) -> None:
        # a mark is no loss
        finding.skip("it no longer exists")

    def words(self, setting: Facts) -> str:
        value = setting.get("value")
        return f"marked with {setting.get('tag')}={value}" if value else "unmarked"

    def put_back(self, region: Region, finding: Finding, task: Task, now: Facts) -> None:
        value = task.before.get("value")
        # EC2 deletes a tag that is given with its value only if that is its value still
        # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
        tag = {"Key": self.grace_tag, "Value": now["value"] if value is None else value}
        region.call("ec2", "delete_tags" if value is None else "create_tags", Resources=[task.resource_id], Tags=[tag])
