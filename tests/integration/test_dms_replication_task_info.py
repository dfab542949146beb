# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_replication_task_info on the emulated account. Rests on tests/emulator/services/dms_tables.py for table
statistics and their pages: moto has none."""

from __future__ import annotations

import pytest
from moto.dms.models import dms_backends
from tests.emulator import Emulator
from tests.emulator.services.dms import life_of
from tests.integration.conftest import changes
from tests.integration.test_dms_replication_task import ACCOUNT, MAPPINGS, aws, options

REGION = "us-east-1"
NAME = "dms_replication_task_info"
__all__ = ["aws", "options"]
pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def loaded(aws: Emulator, module, options):
    aws.settings.dms_tables = {
        "shop.orders": {"ValidationState": "Mismatched records", "ValidationFailedRecords": 3},
        "shop.lines": {"TableState": "Table error", "ValidationState": "Table error"},
        **{f"shop.t{number:04}": {} for number in range(700)},
        "other.secret": {},
    }
    aws.settings.dms_full_load_seconds = 0
    validated = {**options, "replication_task_settings": {"ValidationSettings": {"EnableValidation": True}}}
    module("dms_replication_task", **validated, state="started")
    module("dms_replication_task", **{**options, "replication_task_identifier": "unborn"})
    aws.calls.clear()


def test_a_task_is_told_with_its_progress_its_tables_and_their_errors(aws, module, loaded):
    (task,) = module(NAME, replication_task_identifiers=["orders"])["replication_tasks"]
    assert (task["status"], task["stop_reason_code"], task["stopped_well"]) == ("running", None, None)
    assert task["full_load"] == {
        "progress_percent": 100,
        "finished": True,
        "tables_loaded": 701,
        "tables_loading": 0,
        "tables_queued": 0,
        "tables_errored": 1,
    }
    assert len(task["tables"]) == 702  # more than the largest page
    assert task["tables"][0]["table_name"] == "lines"
    assert task["errored_tables"] == ["shop.lines"]
    assert task["validation"]["states"] == {"Mismatched records": 1, "Table error": 1, "Validated": 700}
    assert task["validation"]["failed_tables"] == ["shop.orders"]
    assert task["tags"] == {"Team": "shop"}
    assert changes(aws) == {}


def test_tasks_are_filtered_and_a_task_that_never_ran_has_no_tables(aws, module, loaded):
    tasks = module(NAME)["replication_tasks"]
    assert [task["replication_task_identifier"] for task in tasks] == ["orders", "unborn"]
    assert (tasks[1]["tables"], tasks[1]["full_load"]["finished"]) == ([], False)
    names = ["unborn", tasks[0]["replication_task_arn"], "missing"]
    both = module(NAME, replication_task_identifiers=names, replication_instance="orders", table_statistics=False)
    assert [task["replication_task_identifier"] for task in both["replication_tasks"]] == ["orders", "unborn"]
    assert "tables" not in both["replication_tasks"][0]
    assert module(NAME, replication_task_identifiers=["missing"])["replication_tasks"] == []
    assert "no DMS replication instance 'oders'" in module(NAME, replication_instance="oders")["msg"]


def test_a_task_without_statistics_is_told_with_the_others(aws, module, options, loaded):
    """One that failed before its load, and one that was never started and is being assessed: DMS answers
    InvalidResourceStateFault when it is asked for their tables."""
    aws.settings.dms_failures["broken"] = "No route to host."
    module("dms_replication_task", **{**options, "replication_task_identifier": "broken"}, state="started")
    unborn = next(one for one in dms_backends[ACCOUNT][REGION].replication_tasks.values() if one.id == "unborn")
    life_of(unborn).enter("testing")
    told = {task["replication_task_identifier"]: task for task in module(NAME)["replication_tasks"]}
    assert {name: (task["status"], len(task["tables"])) for name, task in told.items()} == {
        "broken": ("failed", 0),
        "orders": ("running", 702),
        "unborn": ("testing", 0),
    }


def test_a_task_that_failed_says_why_without_the_password(aws, module, options):
    aws.settings.dms_failures["orders"] = "Cannot connect; PWD=open sesame;"
    module("dms_replication_task", **options, state="started")
    (task,) = module(NAME)["replication_tasks"]
    assert (task["status"], task["stop_reason_code"], task["stopped_well"]) == ("failed", "FATAL_ERROR", False)
    assert task["last_failure_message"] == "Cannot connect; PWD=***;"
    assert MAPPINGS["rules"][0]["rule-name"] in task["table_mappings"]
