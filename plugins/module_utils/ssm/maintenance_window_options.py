# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a maintenance window: which make no sense, and how AWS writes the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..resource.properties import Properties
from ..sweep.errors import SweepError
from . import maintenance_window_targets, maintenance_window_tasks
from .common import check_between, check_given, check_name, check_text
from .maintenance_window_targets import check_targets, target_of
from .maintenance_window_tasks import check_tasks, task_of
from .schedule import canonical, check_period, check_schedule, check_time_zone, kind_of, moment

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "schedule": {"type": "str"},
    "schedule_timezone": {"type": "str"},
    "schedule_offset": {"type": "int"},
    "start_date": {"type": "str"},
    "end_date": {"type": "str"},
    "duration": {"type": "int"},
    "cutoff": {"type": "int"},
    "allow_unassociated_targets": {"type": "bool", "default": False},
    "enabled": {"type": "bool"},
    "targets": {"type": "list", "elements": "dict", "options": maintenance_window_targets.ARGUMENT_SPEC},
    "tasks": {"type": "list", "elements": "dict", "options": maintenance_window_tasks.ARGUMENT_SPEC},
}
REQUIRED_IF = [("state", "present", ("schedule", "duration", "cutoff"))]


def check(options: Mapping[str, Any]) -> None:
    """Raises SweepError for the first option that makes no sense."""
    check_name("name", options["name"])
    if options["state"] == "absent":
        return
    check_given(options, REQUIRED_IF[0][2])
    if options["description"]:
        check_text("description", options["description"], 128)
    check_schedule(options["schedule"])
    _check_offset(options["schedule"], options["schedule_offset"])
    if options["schedule_timezone"]:
        check_time_zone(options["schedule_timezone"])
    check_period(options)
    check_between("duration", options["duration"], 1, 24)
    check_between("cutoff", options["cutoff"], 0, 23)
    if options["cutoff"] >= options["duration"]:
        raise SweepError(
            f"cutoff is {options['cutoff']} and duration is {options['duration']}: cutoff must be below duration, or no"
            " task would ever start."
        )
    _check_members(options)


def _check_offset(schedule: str, offset: int | None) -> None:
    check_between("schedule_offset", offset, 0, 6)
    if offset and kind_of(schedule) != "cron":
        raise SweepError(
            f"schedule_offset is {offset}, but schedule is {schedule}: only a cron expression has an offset."
        )


def _check_members(options: Mapping[str, Any]) -> None:
    targets, tasks = options["targets"], options["tasks"]
    if (targets is None) != (tasks is None):
        given, missing = ("targets", "tasks") if tasks is None else ("tasks", "targets")
        raise SweepError(
            f"{given} is given without {missing}: write both, since what is not declared is removed; {missing}: [] if"
            " there are none."
        )
    if targets is not None and tasks is not None:
        check_targets(targets)
        check_tasks(tasks, [target["name"] for target in targets], options["allow_unassociated_targets"])


def settings_of(options: Mapping[str, Any]) -> Properties:
    """The window's own properties. None is what is to go; what isn't said is left out."""
    schedule, offset = options["schedule"], options["schedule_offset"]
    wanted = {
        "Schedule": schedule,
        "Duration": options["duration"],
        "Cutoff": options["cutoff"],
        "AllowUnassociatedTargets": options["allow_unassociated_targets"],
    }
    if options["enabled"] is not None:
        wanted["Enabled"] = options["enabled"]
    for name, option in (("Description", "description"), ("ScheduleTimezone", "schedule_timezone")):
        if options[option] is not None:
            wanted[name] = options[option] or None
    if offset is not None or kind_of(schedule) != "cron":
        wanted["ScheduleOffset"] = offset or None
    for name, option in (("StartDate", "start_date"), ("EndDate", "end_date")):
        if options[option] is not None and not _is_replaced(name, options):
            wanted[name] = canonical(options[option])
    return wanted


def _is_replaced(name: str, options: Mapping[str, Any]) -> bool:
    """With a rate, AWS takes the present moment in place of a start in the past (API_CreateMaintenanceWindow.html)."""
    start = options["start_date"]
    if name != "StartDate" or not start or kind_of(options["schedule"]) != "rate":
        return False
    return moment("start_date", start) < datetime.now(timezone.utc)


def members_of(options: Mapping[str, Any]) -> Properties:
    """`Targets` and `Tasks`, where they are declared."""
    if options["targets"] is None:
        return {}
    return {
        "Targets": [target_of(target) for target in options["targets"]],
        "Tasks": [task_of(task) for task in options["tasks"]],
    }
