# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A maintenance window with its targets and tasks: what AWS calls change it, and what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..resource.properties import TAGS, Change, Properties, said, same
from ..resource.resource import Step
from ..sweep.errors import SweepError
from ..sweep.region import Region
from .common import SsmResource, tag_parameters
from .maintenance_window_options import check, members_of, settings_of
from .maintenance_window_targets import labels, superfluous
from .maintenance_window_tasks import described, register_parameters
from .schedule import canonical

IN_CREATE = (
    "Description",
    "Schedule",
    "ScheduleTimezone",
    "ScheduleOffset",
    "StartDate",
    "EndDate",
    "Duration",
    "Cutoff",
    "AllowUnassociatedTargets",
)


class MaintenanceWindow(SsmResource):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetMaintenanceWindow.html

    Its properties are those of GetMaintenanceWindow, `Targets`, and `Tasks`, which name their targets in `TargetNames`.
    """

    kind = "maintenance window"
    returned_as = "maintenance_window"
    tag_type = "MaintenanceWindow"
    tag_key = "WindowId"

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        check(options)
        super().__init__(options)

    @property
    def steps(self) -> Sequence[Step]:
        """What tasks refer to is there before them, and goes after them."""
        return [
            Step(IN_CREATE, self._update),
            Step(["Enabled"], self._update, in_create=False),
            Step(["Targets"], self._register_targets, in_create=False),
            Step(["Tasks"], self._replace_tasks, in_create=False),
            Step(["Targets"], self._deregister_targets, in_create=False),
        ]

    def describe(self, region: Region) -> Properties | None:
        """Raises SweepError where more than one has the name."""
        window_id = self._find(region)
        if window_id is None:
            return None
        window = region.call("ssm", "get_maintenance_window", WindowId=window_id)
        targets = self._targets(region, window_id)
        dates = {name: canonical(window.get(name)) for name in ("StartDate", "EndDate")}
        return {
            **{name: value for name, value in window.items() if name != "ResponseMetadata"},
            **said(dates),
            "Targets": targets,
            "Tasks": self._tasks(region, window_id, labels(targets)),
            TAGS: self.tags_of(region, window_id),
        }

    def _find(self, region: Region) -> str | None:
        filters = [{"Key": "Name", "Values": [self.name]}]
        pages = region.pages("ssm", "describe_maintenance_windows", "WindowIdentities", Filters=filters)
        ids = [row["WindowId"] for page in pages for row in page if row["Name"] == self.name]
        self.refuse_namesakes(region, ids)
        return next(iter(ids), None)

    def _targets(self, region: Region, window_id: str) -> list[Properties]:
        pages = region.pages("ssm", "describe_maintenance_window_targets", "Targets", WindowId=window_id)
        return [
            {name: value for name, value in target.items() if name != "WindowId"} for page in pages for target in page
        ]

    def _tasks(self, region: Region, window_id: str, names: Mapping[str, str]) -> list[Properties]:
        """The list leaves out their parameters, so that each is asked for by itself."""
        pages = region.pages("ssm", "describe_maintenance_window_tasks", "Tasks", WindowId=window_id)
        ids = [task["WindowTaskId"] for page in pages for task in page]
        tasks = [
            region.call("ssm", "get_maintenance_window_task", WindowId=window_id, WindowTaskId=task_id)
            for task_id in ids
        ]
        return [{name: value for name, value in described(task, names).items() if name != "WindowId"} for task in tasks]

    def desired(self) -> Properties:
        return {**settings_of(self._options), **members_of(self._options)}

    def preflight(self, region: Region, changes: Mapping[str, Change]) -> None:
        """A target's kind can't be changed, and tasks that name it would be left with the old one."""
        if "Targets" not in changes:
            return
        change = changes["Targets"]
        known = {target.get("Name"): target["ResourceType"] for target in reversed(change.before or [])}
        for target in change.after:
            before = known.get(target["Name"], target["ResourceType"])
            if before != target["ResourceType"]:
                raise SweepError(
                    f"Target {target['Name']} of maintenance window {self.name} is {before} and can't become"
                    f" {target['ResourceType']}: give it another name. Nothing was changed."
                )

    def create(self, region: Region, desired: Properties) -> None:
        parameters = said({name: desired.get(name) for name in IN_CREATE})
        region.call(
            "ssm", "create_maintenance_window", Name=self.name, **parameters, **tag_parameters(desired.get(TAGS, {}))
        )

    def delete(self, region: Region, current: Properties) -> None:
        region.call("ssm", "delete_maintenance_window", WindowId=current["WindowId"])

    def _update(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        """What is to go can only be left out of a whole replacement."""
        settings = {name: change.after for name, change in changes.items()}
        if None in settings.values():
            whole = {name: current.get(name) for name in (*IN_CREATE, "Enabled")}
            settings = {**whole, **settings, "Name": self.name, "Replace": True}
        region.call("ssm", "update_maintenance_window", WindowId=current["WindowId"], **said(settings))

    def _register_targets(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        window = {"WindowId": current["WindowId"]}
        known = {target["Name"]: target for target in reversed(current["Targets"]) if target.get("Name")}
        for target in changes["Targets"].after:
            before = known.get(target["Name"])
            if before is None:
                region.call("ssm", "register_target_with_maintenance_window", **window, **said(target))
            elif not same(before, target):
                settings = {name: value for name, value in said(target).items() if name != "ResourceType"}
                target_id = before["WindowTargetId"]
                region.call(
                    "ssm",
                    "update_maintenance_window_target",
                    **window,
                    WindowTargetId=target_id,
                    Replace=True,
                    **settings,
                )

    def _replace_tasks(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        window = {"WindowId": current["WindowId"]}
        targets = labels(self._targets(region, current["WindowId"]))
        target_ids = {label: target_id for target_id, label in targets.items()}
        left = list(current["Tasks"])
        for task in changes["Tasks"].after:
            before = next((row for row in left if _is_version_of(row, task)), None)
            if before is not None:
                left.remove(before)
            if before is not None and same(before, task):
                continue
            parameters = register_parameters(task, target_ids)
            if before is None:
                region.call("ssm", "register_task_with_maintenance_window", **window, **parameters)
            else:
                del parameters["TaskType"]
                task_id = before["WindowTaskId"]
                region.call(
                    "ssm", "update_maintenance_window_task", **window, WindowTaskId=task_id, Replace=True, **parameters
                )
        for task in left:
            task_id = task["WindowTaskId"]
            region.call("ssm", "deregister_task_from_maintenance_window", **window, WindowTaskId=task_id)

    def _deregister_targets(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        """Safe: should a task refer to one of them all the same, AWS keeps it and says so."""
        for target in superfluous(current["Targets"], changes["Targets"].after):
            region.call(
                "ssm",
                "deregister_target_from_maintenance_window",
                WindowId=current["WindowId"],
                WindowTargetId=target["WindowTargetId"],
                Safe=True,
            )


def _is_version_of(current: Mapping[str, Any], task: Mapping[str, Any]) -> bool:
    """The type of a task can't be changed: one of another type is another task."""
    return bool(current.get("Name") == task["Name"] and current["TaskType"] == task["TaskType"])
