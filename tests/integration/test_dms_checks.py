# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""dms_premigration on the emulated account, and dms_status beyond what test_checks compares by the manifest.

They rest on what tests/emulator/services/dms*.py and iam add to moto: states, table statistics, endpoint types and
assessment runs.
"""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from tests.emulator import Emulator
from tests.emulator.building.dms import add_endpoint, add_instance, add_task, set_latency
from tests.emulator.building.site import Site, ignored
from tests.emulator.services.dms_premigration import set_assessed
from tests.integration.conftest import Json, Module, changes

ACCOUNT, REGION = "123456789012", "eu-west-1"
HERE = {"regions": [REGION]}
NOTHING = ignored("")
TRUST = '{"Version": "2012-10-17", "Statement": []}'


@pytest.fixture
def site(empty_aws: Emulator) -> Site:
    """A region with the roles that DMS needs."""
    for role in ("dms-vpc-role", "dms-cloudwatch-logs-role"):
        empty_aws.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    empty_aws.calls.clear()
    now = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
    return Site(ACCOUNT, REGION, 1, now, empty_aws.manifest)


def codes(result: Json) -> dict[str, str]:
    assert result["region_errors"] == []
    return {row["resource_id"]: row["reason_code"] for row in result["findings"]}


def test_a_task_that_nothing_speaks_against_is_not_reported(site, empty_aws, module: Module):
    add_task(site, "orders", add_instance(site, "dms", NOTHING), NOTHING)
    assert codes(module("dms_premigration", **HERE)) == {}
    assert changes(empty_aws) == {}


def test_engines_are_compared_with_what_dms_offers(site, module: Module):
    new, old = (add_instance(site, name, NOTHING, version=v) for name, v in (("new", "3.5.4"), ("old", "3.4.7")))
    for engine in ("informix", "postgres", "azuredb"):
        add_endpoint(site, engine, "source", engine)
    ends = {end.endpoint_identifier: end.endpoint_arn for end in site.backend("dms").endpoints.values()}
    for name, engine, instance in (("a", "informix", new), ("b", "azuredb", new), ("c", "postgres", old)):
        add_task(site, name, instance, NOTHING, source_endpoint_arn=ends[engine])
    add_task(site, "d", new, NOTHING, source_endpoint_arn=ends["azuredb"], migration_type="full-load")
    add_task(site, "e", new, NOTHING, source_endpoint_arn=ends["postgres"])
    assert codes(module("dms_premigration", **HERE)) == {
        "a": "engine_not_supported",
        "b": "cdc_not_supported",
        "c": "instance_version_too_old",
    }


def test_tables_without_key_are_known_by_validation_by_assessment_or_by_the_operator(site, module: Module):
    instance = add_instance(site, "dms", NOTHING)
    add_task(site, "validated", instance, NOTHING, tables={"shop.log": {"ValidationState": "No primary key"}})
    assessed = add_task(site, "assessed", instance, NOTHING)
    set_assessed(site.backend("dms"), assessed.arn, unsupported_data_types_in_source="failed")
    set_assessed(
        site.backend("dms"), assessed.arn, table_with_no_primary_key_or_unique_constraint="failed", full_lob="passed"
    )
    add_task(site, "named", instance, NOTHING)
    options = {"tables_without_primary_key": ["shop.audit", "hr.people"], **HERE}
    found = {row["resource_id"]: row for row in module("dms_premigration", **options)["findings"]}
    assert {row["reason_code"] for row in found.values()} == {"table_without_primary_key"}
    assert "(shop.audit, shop.log)" in found["validated"]["reason"]
    assert "1 table has no primary key (shop.audit)" in found["named"]["reason"]
    assert codes(module("dms_premigration", **HERE)).keys() == {"validated", "assessed"}


def test_an_assessment_run_that_came_to_no_result_is_told(site, module: Module):
    task = add_task(site, "orders", add_instance(site, "dms", NOTHING), NOTHING)
    set_assessed(site.backend("dms"), task.arn, ended="error-provisioning")
    (finding,) = module("dms_premigration", **HERE)["findings"]
    assert finding["reason_code"] == "assessment_failed"
    assert finding["reason"] == "Its latest assessment run has come to no result (error-provisioning)."


def test_large_objects_and_a_target_that_would_be_dropped(site, module: Module):
    instance = add_instance(site, "dms", NOTHING)
    cut = {"TargetMetadata": {"SupportLobs": True, "LimitedSizeLobMode": True, "LobMaxSize": 32}}
    add_task(site, "cut", instance, NOTHING, settings=cut)
    add_task(site, "slow", instance, NOTHING, settings={"TargetMetadata": {"FullLobMode": True}})
    drop = {"FullLoadSettings": {"TargetTablePrepMode": "DROP_AND_CREATE"}}
    add_task(site, "new", instance, NOTHING, "ready", settings=drop)
    add_task(site, "running", instance, NOTHING, settings=drop)
    assert codes(module("dms_premigration", **HERE)) == {
        "cut": "limited_lob_mode",
        "slow": "full_lob_mode",
        "new": "drops_target_tables",
    }
    assert codes(module("dms_premigration", tasks=["c*"], **HERE)) == {"cut": "limited_lob_mode"}


def test_missing_roles_are_told_where_dms_is_used(site, empty_aws, module: Module):
    empty_aws.client("iam").delete_role(RoleName="dms-cloudwatch-logs-role")
    assert codes(module("dms_premigration", **HERE)) == {}
    add_instance(site, "dms", NOTHING)
    (finding,) = module("dms_premigration", **HERE)["findings"]
    assert (finding["resource_id"], finding["reason_code"]) == ("dms-cloudwatch-logs-role", "role_missing")
    assert finding["arn"] == f"arn:aws:iam::{ACCOUNT}:role/dms-cloudwatch-logs-role"
    empty_aws.faults.deny(operation="GetRole")
    result = module("dms_premigration", **HERE)
    assert [error["operation"] for error in result["region_errors"]] == ["GetRole"]
    assert result["findings"] == []


def test_a_table_that_is_written_wrongly_is_told(site, module: Module):
    result = module("dms_premigration", tables_without_primary_key=["audit"], **HERE)
    assert result["msg"] == "tables_without_primary_key: 'audit' is no table: write schema.table."


def test_the_lag_is_the_newest_datapoint_and_an_old_one_says_nothing(site, module: Module):
    instance = add_instance(site, "dms", NOTHING)
    task = add_task(site, "orders", instance, NOTHING, latency=0)
    set_latency(site, task, instance, 5000, minutes=5)
    result = module("dms_status", **HERE)
    assert codes(result) == {"orders": "healthy"}
    facts = result["findings"][0]["configuration"]
    assert (facts["cdc_latency_source_seconds"], facts["cdc_latency_target_seconds"]) == (0.0, 0.0)
    site.backend("cloudwatch").metric_data.clear()
    set_latency(site, task, instance, 1, minutes=20)
    assert codes(module("dms_status", **HERE)) == {"orders": "latency_unknown"}


def test_lists_are_read_once_and_only_table_statistics_a_task(site, empty_aws, module: Module):
    instance = add_instance(site, "dms", NOTHING)
    for number in range(5):
        add_task(site, f"orders-{number}", instance, NOTHING)
    module("sweep", checks={"dms_status": {}, "dms_premigration": {}}, **HERE)
    made = {operation: count for (_a, _r, service, operation), count in empty_aws.calls.items() if service == "dms"}
    assert made.pop("DescribeTableStatistics") == 5
    assert made.pop("ListTagsForResource") == 1
    assert set(made.values()) == {1}, made
