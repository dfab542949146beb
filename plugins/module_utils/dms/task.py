# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A replication task: what AWS calls change it, start it and stop it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ..resource.properties import TAGS, Change, Properties, differences
from ..resource.resource import Goal, Move, Moves, Step
from ..sweep.errors import SweepError
from ..sweep.region import Region
from . import task_goals as goals
from .lookup import ENDPOINT, INSTANCE, TASK, existing, failure_message, listed
from .resource import DmsResource
from .task_course import (
    ABSENT,
    AT_WORK,
    PHASES,
    RELOADED,
    START,
    STARTED,
    STOPPED,
    Course,
    Situation,
    Wish,
    course,
    was_started,
)
from .task_documents import Comparison, compared, mappings_text, merged, parsed, paths
from .task_options import NEEDED, check, desired, moment, refuse_past
from .task_orders import (
    CARRIED_OUT,
    ORDERS,
    SETTINGS_TAG,
    START_TAG,
    STOP_TAG,
    Orders,
    pending_record,
    recorded,
    settings_record,
    split,
)

SETTINGS = ("MigrationType", "TableMappings", "ReplicationTaskSettings", "CdcStartPosition", "CdcStopPosition")
ENDS = {
    "SourceEndpointArn": ("source_endpoint", ENDPOINT),
    "TargetEndpointArn": ("target_endpoint", ENDPOINT),
    "ReplicationInstanceArn": ("replication_instance", INSTANCE),
}
ANOTHER = "make a task under another identifier, or delete this one first"
GOALS = {goal.waiter: goal for goal in (goals.RUNNING, goals.FULL_LOAD, goals.FINISHED)}
# how DMS was told to start it is no property of a task, but what a plan has to say
START_TYPE = "StartReplicationTaskType"


class ReplicationTask(DmsResource):
    """https://docs.aws.amazon.com/dms/latest/APIReference/API_ReplicationTask.html

    Its properties are those of ReplicationTask, and of its tags those of task_orders.py as `RecordedOrders`. In a
    change, `ReplicationTaskSettings` are those that differ.
    """

    kind = "replication task"
    found_as = TASK
    returned_as = "replication_task"
    named_by = "replication_task_identifier"
    immutable = {  # noqa: RUF012
        "SourceEndpointArn": ANOTHER,
        "TargetEndpointArn": ANOTHER,
        "ReplicationInstanceArn": "move the task with `aws dms move-replication-task`",
    }
    waiters = goals.TaskWaiters()
    settled = goals.SETTLED
    deletable = goals.SETTLED
    deleted = goals.DELETED

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        check(options)
        super().__init__(options)
        self._state: str = options["state"]
        self._desired = desired(options) if self._state != ABSENT else {}
        self._orders = Orders.of(options) if self._state != ABSENT else Orders()
        self.finished = self._goals()

    def _goals(self) -> Sequence[Goal]:
        if self._state == STARTED or (self._state == RELOADED and not self._options["tables"]):
            return (GOALS[self._options["wait_for"]],)
        return (goals.AT_REST,) if self._state == STOPPED else (goals.SETTLED,)

    @property
    def identity(self) -> Mapping[str, Any]:
        return TASK.filters(self.name)

    @property
    def steps(self) -> Sequence[Step]:
        return [Step(SETTINGS, self._modify)]

    def prepare(self, region: Region) -> None:
        if self._state == ABSENT:
            return
        for arn, (option, kind) in ENDS.items():
            if name := self._options[option]:
                found = existing(region, kind, name)
                _refuse_other_end(option, found)
                self._desired[arn] = found[kind.arn]

    def describe(self, region: Region) -> Properties | None:
        found = self.found(region)
        if found is None:
            return None
        message = failure_message(found.get("LastFailureMessage"))
        tags, orders = split(found[TAGS])
        return {**found, "LastFailureMessage": message, TAGS: tags, **({ORDERS: orders} if orders else {})}

    def desired(self) -> Properties:
        return dict(self._desired)

    def compare(self, current: Properties, desired: Properties) -> dict[str, Change]:
        special = ("TableMappings", "ReplicationTaskSettings", *self._orders.given_before(current))
        changes = differences(current, {name: value for name, value in desired.items() if name not in special})
        if "TableMappings" in desired:
            there = mappings_text(parsed(current["TableMappings"])) if "TableMappings" in current else None
            if there != desired["TableMappings"]:
                changes["TableMappings"] = Change("TableMappings", there, desired["TableMappings"])
        if "ReplicationTaskSettings" in desired:
            settings = self._settings(current)
            after = {**settings.after, **(settings.unlisted if self._sends_unlisted(current, settings) else {})}
            if after:
                told = (json.dumps(part, sort_keys=True) if part else None for part in (settings.before, after))
                changes["ReplicationTaskSettings"] = Change("ReplicationTaskSettings", *told)
        return changes

    def _settings(self, current: Properties) -> Comparison:
        wanted = json.loads(self._desired.get("ReplicationTaskSettings", "{}"))
        return compared(parsed(current.get("ReplicationTaskSettings")), wanted)

    def _sends_unlisted(self, current: Properties, settings: Comparison) -> bool:
        """What DMS doesn't list is sent once, and never stops a task that runs."""
        if not settings.unlisted or PHASES.get(current.get("Status", ""), AT_WORK) == AT_WORK:
            return bool(settings.unlisted and not current)
        return recorded(current, SETTINGS_TAG) != settings_record(settings.unlisted)

    def warnings(self, current: Properties | None) -> list[str]:
        if current is None or self._state == ABSENT:
            return []
        words = self._orders.warnings(self.name, current, self._state)
        if unlisted := paths(self._settings(current).unlisted):
            words.append(
                f"DMS doesn't list {', '.join(unlisted)} among the settings of replication task {self.name}, so that it"
                " is not known whether that holds. A task that runs is not stopped for it: it is sent once when the"
                " task is stopped."
            )
        return words

    def moves(self, region: Region, current: Properties | None, changes: Mapping[str, Change]) -> Moves:
        validates = self._options["reload_option"] != "data-reload"
        tables, force = bool(self._options["tables"]), self._options["force"]
        wish = Wish(self._state, self._options["wait_for"], tables, force, validates)
        touched = frozenset(changes) & {*SETTINGS} if current and self._state != ABSENT else frozenset()
        moved, ordered = self._orders.moves(current or {}), bool(self._orders.start)
        situation = Situation.of(current, self._desired.get("MigrationType"), touched, ordered, moved)
        way = course(self.name, situation, wish)
        if current is None:
            self._refuse_incomplete()
        self._refuse_past(changes, way)
        if way.start and "ReplicationInstanceArn" in {**(current or {}), **self._desired}:
            _refuse_failed_connections(region, {**(current or {}), **self._desired})
        return self._moves(current, way)

    def _moves(self, current: Properties | None, way: Course) -> Moves:
        before, after = [], []
        if way.stop:
            stays = Change("Status", current["Status"], "stopped") if current and self._state == STOPPED else None
            before.append(Move("stopped", _stop, stays, goals.AT_REST))
        if way.start:
            if way.start == START and self._orders.start and current and was_started(current):
                before.append(self._announcement(current))
            after.append(Move(way.start, self._start(way.start), Change(START_TYPE, None, way.start)))
        elif current and self._orders.start_state(current) == CARRIED_OUT:
            after.append(self._belated_record(current))
        if way.reload_tables:
            names = sorted(f"{row['schema_name']}.{row['table_name']}" for row in self._options["tables"])
            after.append(Move("reloaded tables", self._reload_tables, Change("ReloadedTables", None, names)))
        return Moves(before, after)

    def _announcement(self, current: Properties) -> Move:
        """Of a start from another position: a run that dies before it starts is known by it, and does not resume."""
        orders = self._orders

        def announce(region: Region, task: Properties) -> None:
            _record(region, task, {START_TAG: pending_record(orders.start, task)})

        change = Change(orders.member, current.get(orders.member), orders.told)
        return Move("recorded the new start position", announce, change)

    def _belated_record(self, current: Properties) -> Move:
        """Where a run died between the start and its record."""
        records = self._orders.unrecorded(current, is_start=True)

        def record(region: Region, task: Properties) -> None:
            _record(region, task, records)

        change = Change(ORDERS, current.get(ORDERS), {**current.get(ORDERS, {}), **records})
        return Move("recorded the start position", record, change)

    def _refuse_incomplete(self) -> None:
        names = [name for name in NEEDED if not self._options[name] and not self._options.get(f"{name}_file")]
        if names:
            raise SweepError(
                f"There is no replication task {self.name}, and to make it {', '.join(names)}"
                f" {'is' if len(names) == 1 else 'are'} missing. Nothing was changed."
            )

    def _refuse_past(self, changes: Mapping[str, Change], way: Course) -> None:
        position = self._options["cdc_stop_position"]
        if position and self._state != ABSENT and (way.start or "CdcStopPosition" in changes):
            refuse_past(position, datetime.now(timezone.utc))

    def leaving(self, current: Properties) -> bool:
        """To be replaced, a task that is being deleted would have to be waited for: that is refused in `moves`."""
        return bool(current["Status"] == "deleting") and self._state == ABSENT

    def unfinished(self, current: Properties) -> str | None:
        verdict = goals.judge(current, self.finished[0].waiter)
        return None if verdict.state == goals.REACHED else verdict.words

    def create(self, region: Region, desired: Properties) -> None:
        parameters: dict[str, Any] = {**desired, **self._start_time()}
        tags = {**desired.get(TAGS, {}), **self._orders.records}
        parameters[TAGS] = ansible_dict_to_boto3_tag_list(tags)
        answer = region.call("dms", "create_replication_task", ReplicationTaskIdentifier=self.name, **parameters)
        self._record_unlisted(region, answer["ReplicationTask"])

    def _record_unlisted(self, region: Region, answer: Properties) -> None:
        """Of what was just sent, what DMS doesn't list, so that it is not sent again."""
        if "ReplicationTaskSettings" in answer and (unlisted := self._settings(answer).unlisted):
            _record(region, answer, {SETTINGS_TAG: settings_record(unlisted)})

    def _start_time(self) -> dict[str, Any]:
        text = self._options["cdc_start_time"]
        return {"CdcStartTime": moment("cdc_start_time", text)} if text else {}

    def delete(self, region: Region, current: Properties) -> None:
        region.call("dms", "delete_replication_task", **self.by_arn(current))

    def _modify(self, region: Region, current: Properties, changes: Mapping[str, Change]) -> None:
        parameters = {name: change.after for name, change in changes.items()}
        if "ReplicationTaskSettings" in parameters:
            wanted = json.loads(self._desired["ReplicationTaskSettings"])
            whole = merged(parsed(current.get("ReplicationTaskSettings")), wanted)
            parameters["ReplicationTaskSettings"] = json.dumps(whole)
        answer = region.call("dms", "modify_replication_task", **self.by_arn(current), **parameters)
        if "ReplicationTaskSettings" in parameters:
            self._record_unlisted(region, answer["ReplicationTask"])
        tags = {"CdcStartPosition": START_TAG, "CdcStopPosition": STOP_TAG}
        _record(region, current, {tag: self._orders.records[tag] for name, tag in tags.items() if name in changes})

    def _start(self, kind: str) -> Any:
        options = {"CdcStopPosition": self._options["cdc_stop_position"]}
        first = {"CdcStartPosition": self._options["cdc_start_position"], **self._start_time()}
        said = {name: value for name, value in {**options, **(first if kind == START else {})}.items() if value}

        def start(region: Region, current: Properties) -> None:
            region.call("dms", "start_replication_task", **self.by_arn(current), StartReplicationTaskType=kind, **said)
            _record(region, current, self._orders.unrecorded(current, kind == START))

        return start

    def _reload_tables(self, region: Region, current: Properties) -> None:
        tables = [{"SchemaName": row["schema_name"], "TableName": row["table_name"]} for row in self._options["tables"]]
        region.call(
            "dms",
            "reload_tables",
            **self.by_arn(current),
            TablesToReload=tables,
            ReloadOption=self._options["reload_option"],
        )


def _record(region: Region, task: Properties, records: Mapping[str, str]) -> None:
    if records:
        tags = ansible_dict_to_boto3_tag_list(records)
        region.call("dms", "add_tags_to_resource", ResourceArn=task["ReplicationTaskArn"], Tags=tags)


def _stop(region: Region, current: Properties) -> None:
    """A full load may have come to its end by itself meanwhile."""
    if current["Status"] == "running":
        region.call("dms", "stop_replication_task", ReplicationTaskArn=current["ReplicationTaskArn"])


def _refuse_other_end(option: str, found: Mapping[str, Any]) -> None:
    kind = str(found.get("EndpointType", "")).lower()
    if kind and not option.startswith(kind):
        raise SweepError(f"{option}: DMS endpoint {found['EndpointIdentifier']} is a {kind} endpoint.")


def _refuse_failed_connections(region: Region, task: Mapping[str, Any]) -> None:
    """DMS starts no task whose endpoints failed their last test, and says so only when all else is done."""
    by_instance = [{"Name": "replication-instance-arn", "Values": [task["ReplicationInstanceArn"]]}]
    ends = (task["SourceEndpointArn"], task["TargetEndpointArn"])
    for row in listed(region, "describe_connections", "Connections", Filters=by_instance):
        if row["EndpointArn"] in ends and row["Status"] == "failed":
            why = failure_message(row.get("LastFailureMessage")) or "DMS gives no reason"
            raise SweepError(
                f"The last connection test of endpoint {row['EndpointIdentifier']} failed: {why}. Repair it and test it"
                " with dms_connection_test: DMS starts no task before. Nothing was changed."
            )
