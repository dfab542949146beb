# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rds_proxy on the emulated account. Rests on tests/emulator/services/rds_proxies.py and rds_proxy_targets.py for the
states of proxies, ModifyDBProxy, one database a proxy, and refusals in the wrong state: moto has none of them."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.rds_proxies import set_passing_describes, set_status
from tests.emulator.services.rds_proxy_targets import set_target_health
from tests.integration.conftest import Json, Module, changes

REGION, ACCOUNT = "us-east-1", "123456789012"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:orders-a1b2c3"
OTHER_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:reports-d4e5f6"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/orders-rds-proxy"
POOL = {"max_connections_percent": 80, "max_idle_connections_percent": 20}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Waiters ask again at once: RDS takes minutes, the emulated account a number of describes."""
    monkeypatch.setattr("botocore.waiter.time", SimpleNamespace(sleep=lambda _seconds: None))


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    """Two MySQL instances, one PostgreSQL instance, an Aurora MySQL cluster with one instance."""
    rds = empty_aws.client("rds", REGION)
    for name, engine in (("orders-db", "mysql"), ("orders-new", "mysql"), ("stock-db", "postgres")):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            Engine=engine,
            DBInstanceClass="db.t3.micro",
            AllocatedStorage=20,
            MasterUsername="root",
            MasterUserPassword="made-up-password",
        )
    rds.create_db_cluster(
        DBClusterIdentifier="orders-aurora",
        Engine="aurora-mysql",
        MasterUsername="root",
        MasterUserPassword="made-up-password",
    )
    rds.create_db_instance(
        DBInstanceIdentifier="orders-aurora-1",
        DBClusterIdentifier="orders-aurora",
        Engine="aurora-mysql",
        DBInstanceClass="db.r6g.large",
    )
    for kind in ("db_instance", "db_cluster"):
        for _describe in range(5):
            getattr(rds, f"describe_{kind}s")()
    empty_aws.calls.clear()
    return empty_aws


@pytest.fixture
def options(aws: Emulator) -> Json:
    subnets = aws.client("ec2", REGION).describe_subnets()["Subnets"]
    aws.calls.clear()
    return {
        "name": "orders",
        "engine_family": "MYSQL",
        "auth": [{"secret_arn": SECRET}],
        "role_arn": ROLE,
        "vpc_subnet_ids": [subnet["SubnetId"] for subnet in subnets[:2]],
        "target_group": {"connection_pool_config": POOL, "db_instance_identifiers": ["orders-db"]},
        "tags": {"Team": "shop"},
    }


@pytest.fixture
def existing(aws: Emulator, module: Module, options: Json) -> Json:
    """The proxy of `options`, made by the module."""
    made = module("rds_proxy", **options)
    assert made["changed"] is True, made
    aws.calls.clear()
    return made["db_proxy"]


def moto_proxy(name: str = "orders") -> Any:
    return backend().db_proxies[name]


def backend() -> Any:
    from moto.rds.models import rds_backends

    return rds_backends[ACCOUNT][REGION]


def state(aws: Emulator) -> list[Json]:
    """Every proxy with its pool and its targets, as AWS tells it."""
    rds = aws.client("rds", REGION)
    return [
        {
            **proxy,
            "Pool": rds.describe_db_proxy_target_groups(DBProxyName=proxy["DBProxyName"])["TargetGroups"],
            "Targets": rds.describe_db_proxy_targets(DBProxyName=proxy["DBProxyName"])["Targets"],
            "Tags": rds.list_tags_for_resource(ResourceName=proxy["DBProxyArn"])["TagList"],
        }
        for proxy in rds.describe_db_proxies()["DBProxies"]
    ]


def test_a_proxy_is_made_with_its_pool_and_its_database(aws, module, options):
    result = module("rds_proxy", **options)
    assert result["changed"] is True
    proxy = result["db_proxy"]
    assert (proxy["status"], proxy["require_tls"], proxy["tags"]) == ("available", True, {"Team": "shop"})
    assert proxy["auth"][0]["secret_arn"] == SECRET
    assert proxy["connection_pool_config"] == {
        **POOL,
        "connection_borrow_timeout": 120,
        "session_pinning_filters": [],
    }
    assert [target["target_health"]["state"] for target in proxy["targets"]] == ["AVAILABLE"]
    (there,) = state(aws)
    assert (there["DBProxyName"], there["RequireTLS"], there["RoleArn"]) == ("orders", True, ROLE)
    assert [target["RdsResourceId"] for target in there["Targets"]] == ["orders-db"]


def test_a_second_run_changes_nothing(aws, module, options, existing):
    result = module("rds_proxy", diff=True, **options)
    assert (result["changed"], result["changes"], result["db_proxy"]) == (False, [], existing)
    assert result["diff"]["before"] == result["diff"]["after"] == {}
    assert changes(aws) == {}


def test_the_order_of_lists_is_no_change(aws, module, options, existing):
    reordered = {**options, "vpc_subnet_ids": options["vpc_subnet_ids"][::-1]}
    assert module("rds_proxy", **reordered)["changed"] is False
    assert changes(aws) == {}


@pytest.mark.parametrize(
    ("change", "told", "calls"),
    [
        ({"require_tls": False}, {"require_tls": (True, False)}, {"ModifyDBProxy": 1}),
        ({"idle_client_timeout": 600}, {"idle_client_timeout": (1800, 600)}, {"ModifyDBProxy": 1}),
        ({"debug_logging": True}, {"debug_logging": (False, True)}, {"ModifyDBProxy": 1}),
        ({"role_arn": f"{ROLE}-new"}, {"role_arn": (ROLE, f"{ROLE}-new")}, {"ModifyDBProxy": 1}),
        ({"tags": {"Team": "web"}}, {"tags": ({"Team": "shop"}, {"Team": "web"})}, {"AddTagsToResource": 1}),
        ({"tags": {}}, {"tags": ({"Team": "shop"}, {})}, {"RemoveTagsFromResource": 1}),
        (
            {"tags": {"Cost": "1"}, "purge_tags": False},
            {"tags": ({"Team": "shop"}, {"Team": "shop", "Cost": "1"})},
            {"AddTagsToResource": 1},
        ),
        (
            {"target_group": {"db_instance_identifiers": ["orders-new"]}},
            {"db_instance_identifiers": (["orders-db"], ["orders-new"])},
            {"DeregisterDBProxyTargets": 1, "RegisterDBProxyTargets": 1},
        ),
        (
            {"target_group": {"db_cluster_identifiers": ["orders-aurora"]}},
            {"db_instance_identifiers": (["orders-db"], []), "db_cluster_identifiers": ([], ["orders-aurora"])},
            {"DeregisterDBProxyTargets": 1, "RegisterDBProxyTargets": 1},
        ),
        (
            {"target_group": {"db_instance_identifiers": []}},
            {"db_instance_identifiers": (["orders-db"], [])},
            {"DeregisterDBProxyTargets": 1},
        ),
    ],
)
def test_each_option_changes_what_it_says_and_nothing_else(aws, module, options, existing, change, told, calls):
    wanted = {**options, **change}
    planned = module("rds_proxy", check=True, **wanted)
    assert changes(aws) == {}
    result = module("rds_proxy", **wanted)
    found = {row["property"]: (row["before"], row["after"]) for row in result["changes"]}
    assert found == told
    assert result["changes"] == planned["changes"]
    assert changes(aws) == calls
    for name, (_before, after) in told.items():
        assert result["db_proxy"][name] == after
    aws.calls.clear()
    assert module("rds_proxy", **wanted)["changed"] is False
    assert changes(aws) == {}


def test_pool_limits_that_are_left_out_have_the_defaults_of_aws(aws, module, options, existing):
    pool = {
        "max_connections_percent": 50,
        "session_pinning_filters": ["EXCLUDE_VARIABLE_SETS"],
        "init_query": "SET x=1",
    }
    wanted = {**options, "target_group": {"connection_pool_config": pool}}
    assert module("rds_proxy", **wanted)["changed"] is True
    assert changes(aws) == {"ModifyDBProxyTargetGroup": 1}
    (there,) = state(aws)
    assert there["Pool"][0]["ConnectionPoolConfig"] == {
        "MaxConnectionsPercent": 50,
        "MaxIdleConnectionsPercent": 25,
        "ConnectionBorrowTimeout": 120,
        "SessionPinningFilters": ["EXCLUDE_VARIABLE_SETS"],
        "InitQuery": "SET x=1",
    }
    assert [target["RdsResourceId"] for target in there["Targets"]] == ["orders-db"]
    assert module("rds_proxy", **wanted)["changed"] is False
    back = {**options, "target_group": {"connection_pool_config": {}}}
    assert module("rds_proxy", **back)["changed"] is True
    config = state(aws)[0]["Pool"][0]["ConnectionPoolConfig"]
    assert (config["MaxConnectionsPercent"], config["MaxIdleConnectionsPercent"]) == (100, 50)
    assert (config["SessionPinningFilters"], config.get("InitQuery")) == ([], None)


def test_secrets_are_added_and_removed_and_keep_what_is_not_said(aws, module, options, existing):
    md5 = {"secret_arn": SECRET, "client_password_auth_type": "MYSQL_NATIVE_PASSWORD", "description": "orders"}
    module("rds_proxy", **{**options, "auth": [md5]})
    both = [{"secret_arn": OTHER_SECRET}, {"secret_arn": SECRET, "iam_auth": "REQUIRED"}]
    result = module("rds_proxy", **{**options, "auth": both})
    assert result["changed"] is True
    auth = {entry["SecretArn"]: entry for entry in state(aws)[0]["Auth"]}
    assert auth.keys() == {SECRET, OTHER_SECRET}
    assert auth[SECRET]["IAMAuth"] == "REQUIRED"
    assert (auth[SECRET]["ClientPasswordAuthType"], auth[SECRET]["Description"]) == ("MYSQL_NATIVE_PASSWORD", "orders")
    assert module("rds_proxy", **{**options, "auth": both[::-1]})["changed"] is False
    assert module("rds_proxy", **{**options, "auth": both[1:]})["changed"] is True
    assert [entry["SecretArn"] for entry in state(aws)[0]["Auth"]] == [SECRET]


def test_security_groups_are_replaced(aws, module, options, existing):
    ec2 = aws.client("ec2", REGION)
    groups = [ec2.create_security_group(GroupName=name, Description=name)["GroupId"] for name in ("one", "two")]
    assert module("rds_proxy", vpc_security_group_ids=groups, **options)["changed"] is True
    assert sorted(state(aws)[0]["VpcSecurityGroupIds"]) == sorted(groups)
    assert module("rds_proxy", vpc_security_group_ids=groups[::-1], **options)["changed"] is False


def test_options_that_are_left_out_are_left_alone(aws, module, options, existing):
    module("rds_proxy", **{**options, "idle_client_timeout": 600, "debug_logging": True})
    fewer = {key: value for key, value in options.items() if key not in ("target_group", "tags")}
    aws.calls.clear()
    assert module("rds_proxy", **fewer)["changed"] is False
    assert changes(aws) == {}


def test_check_mode_plans_a_creation_and_makes_nothing(aws, module, options):
    result = module("rds_proxy", check=True, diff=True, **options)
    assert result["changed"] is True
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"]["require_tls"] is True
    assert result["db_proxy"]["db_instance_identifiers"] == ["orders-db"]
    assert (changes(aws), state(aws)) == ({}, [])


def test_a_diff_shows_what_differs_and_only_that(aws, module, options, existing):
    result = module("rds_proxy", check=True, diff=True, **{**options, "require_tls": False})
    assert (result["diff"]["before"], result["diff"]["after"]) == ({"require_tls": True}, {"require_tls": False})


def test_absent_deletes_the_named_proxy_and_nothing_else(aws, module, options, existing):
    module("rds_proxy", **{**options, "name": "orders-reports"})
    databases = set(backend().databases), set(backend().clusters)
    aws.calls.clear()
    planned = module("rds_proxy", check=True, diff=True, name="orders", state="absent")
    assert (planned["changed"], planned["diff"]["after"]) == (True, {})
    assert changes(aws) == {}
    assert {proxy["DBProxyName"] for proxy in state(aws)} == {"orders", "orders-reports"}
    result = module("rds_proxy", name="orders", state="absent")
    assert (result["changed"], result["db_proxy"]) == (True, {})
    assert changes(aws) == {"DeleteDBProxy": 1}
    assert {proxy["DBProxyName"] for proxy in state(aws)} == {"orders-reports"}
    assert (set(backend().databases), set(backend().clusters)) == databases
    aws.calls.clear()
    assert module("rds_proxy", name="orders", state="absent")["changed"] is False
    assert changes(aws) == {}


def test_part_of_a_name_deletes_nothing(aws, module, options, existing):
    for name in ("order", "orders2"):
        assert module("rds_proxy", name=name, state="absent")["changed"] is False
    assert [proxy["DBProxyName"] for proxy in state(aws)] == ["orders"]


BAD: list[tuple[Json, str]] = [
    ({"name": "2-orders"}, "name '2-orders' is not a name for an RDS Proxy"),
    ({"name": "orders--x"}, "single hyphens"),
    ({"auth": []}, "auth is empty: a proxy needs the secret_arn"),
    ({"auth": [{"secret_arn": "orders"}]}, "secret_arn 'orders' is not such an ARN: write one like arn:aws:secret"),
    ({"auth": [{"secret_arn": SECRET}, {"secret_arn": SECRET}]}, f"auth names the secret {SECRET} twice"),
    ({"auth": [{"secret_arn": SECRET, "iam_auth": "ENABLED"}]}, "iam_auth ENABLED is for SQLSERVER alone"),
    (
        {"auth": [{"secret_arn": SECRET, "client_password_auth_type": "POSTGRES_MD5"}]},
        "POSTGRES_MD5 is for engine_family POSTGRESQL, but engine_family is MYSQL",
    ),
    ({"role_arn": "orders-rds-proxy"}, "role_arn 'orders-rds-proxy' is not such an ARN"),
    ({"vpc_subnet_ids": []}, "vpc_subnet_ids is empty"),
    ({"idle_client_timeout": 28801}, "idle_client_timeout is 28801: it must be between 1 and 28800"),
    ({"wait_timeout": 0}, "wait_timeout is 0"),
    ({"engine_family": "ORACLE"}, "value of engine_family must be one of"),
    ({"target_group": {"connection_pool_config": {"max_connections_percent": 101}}}, "max_connections_percent is 101"),
    ({"target_group": {"connection_pool_config": {"max_connections_percent": 0}}}, "must be between 1 and 100"),
    (
        {
            "target_group": {
                "connection_pool_config": {"max_connections_percent": 30, "max_idle_connections_percent": 40}
            }
        },
        "max_idle_connections_percent is 40: it must be between 0 and max_connections_percent, which is 30",
    ),
    ({"target_group": {"connection_pool_config": {"connection_borrow_timeout": 301}}}, "must be between 0 and 300"),
    (
        {"target_group": {"db_instance_identifiers": ["orders-db"], "db_cluster_identifiers": ["orders-aurora"]}},
        "names the DB instance orders-db and the DB cluster orders-aurora: a proxy serves one of them",
    ),
    (
        {"target_group": {"db_instance_identifiers": ["orders-db", "orders-new"]}},
        "db_instance_identifiers names orders-db, orders-new: a proxy serves one database",
    ),
    (
        {"target_group": {"db_instance_identifiers": ["order-db"]}},
        "There is no DB instance 'order-db' in us-east-1. Did you mean orders-db?",
    ),
    (
        {"target_group": {"db_cluster_identifiers": ["orders-auroras"]}},
        "There is no DB cluster 'orders-auroras' in us-east-1. Did you mean orders-aurora?",
    ),
    (
        {"target_group": {"db_instance_identifiers": ["stock-db"]}},
        "DB instance stock-db runs postgres, which a proxy with engine_family MYSQL doesn't speak",
    ),
]


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
@pytest.mark.parametrize(("change", "words"), BAD)
def test_bad_input_is_named_and_nothing_is_made(aws, module, options, change, words, check):
    result = module("rds_proxy", check=check, **{**options, **change})
    assert result["failed"] is True
    assert words in result["msg"]
    assert "Traceback" not in json.dumps(result)
    assert (changes(aws), state(aws)) == ({}, [])


def test_a_missing_secret_list_is_named(aws, module, options):
    result = module("rds_proxy", **{key: value for key, value in options.items() if key != "auth"})
    assert result["failed"] is True
    assert "auth" in result["msg"]
    assert changes(aws) == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"engine_family": "POSTGRESQL", "target_group": None},
            "engine_family of RDS Proxy orders is MYSQL and can't be changed to POSTGRESQL: make a proxy under another",
        ),
        ({"vpc_subnet_ids": ["subnet-0a1b2c3d"]}, "vpc_subnet_ids of RDS Proxy orders is ["),
    ],
)
def test_what_cannot_be_changed_is_refused_with_everything_else(aws, module, options, existing, change, words):
    before = state(aws)
    aws.calls.clear()
    result = module("rds_proxy", **{**options, **change, "require_tls": False, "tags": {}})
    assert result["failed"] is True
    assert words in result["msg"]
    assert "Nothing was changed." in result["msg"]
    assert changes(aws) == {}
    assert state(aws) == before


def test_a_proxy_that_is_being_modified_is_waited_for(aws, module, options, existing):
    set_passing_describes(backend(), 3)
    aws.client("rds", REGION).modify_db_proxy(DBProxyName="orders", DebugLogging=True)
    aws.calls.clear()
    assert module("rds_proxy", **{**options, "require_tls": False})["db_proxy"]["require_tls"] is False
    assert changes(aws) == {"ModifyDBProxy": 1}


@pytest.mark.parametrize("status", ["modifying", "creating", "suspending"])
def test_a_state_that_lasts_is_named_after_the_wait_and_nothing_was_changed(aws, module, options, existing, status):
    set_status(moto_proxy(), status)
    result = module("rds_proxy", wait_timeout=2, **{**options, "require_tls": False})
    assert result["failed"] is True
    assert result["msg"].startswith(
        f"RDS Proxy orders did not become available within 2 seconds: its status is {status}. Start again"
    )
    assert result["changed"] is False
    assert changes(aws) == {}


@pytest.mark.parametrize("status", ["incompatible-network", "insufficient-resource-limits", "suspended"])
def test_a_state_that_waiting_cannot_mend_ends_at_once(aws, module, options, existing, status):
    set_status(moto_proxy(), status)
    result = module("rds_proxy", **{**options, "require_tls": False})
    assert result["msg"] == f"RDS Proxy orders did not become available: its status is {status}."
    assert changes(aws) == {}
    deleted = module("rds_proxy", name="orders", state="absent", wait=False)
    assert (deleted["changed"], changes(aws)) == (True, {"DeleteDBProxy": 1})


def test_a_proxy_is_not_deleted_while_it_is_being_modified(aws, module, options, existing):
    set_status(moto_proxy(), "modifying")
    result = module("rds_proxy", name="orders", state="absent", wait_timeout=2)
    assert "did not become fit for deletion within 2 seconds: its status is modifying" in result["msg"]
    assert changes(aws) == {}


def test_a_database_that_lets_nobody_in_is_told_with_the_reason_and_again(aws, module, options, existing):
    set_target_health(moto_proxy(), "UNAVAILABLE", "AUTH_FAILURE", "Proxy does not have any registered credentials")
    words = (
        "did not become available within 2 seconds: its target orders-db is UNAVAILABLE"
        " (AUTH_FAILURE: Proxy does not have any registered credentials)"
    )
    for _run in range(2):
        result = module("rds_proxy", wait_timeout=2, **options)
        assert result["failed"] is True
        assert words in result["msg"]
    assert changes(aws) == {}
    assert module("rds_proxy", wait=False, **options)["changed"] is False
    assert module("rds_proxy", check=True, **options)["changed"] is False


def test_without_wait_the_module_returns_while_the_last_change_is_under_way(aws, module, options):
    set_passing_describes(backend(), 4)
    plain = {key: value for key, value in options.items() if key != "target_group"}
    result = module("rds_proxy", wait=False, **plain)
    assert (result["changed"], result["db_proxy"]["status"]) == (True, "creating")
    # the next run goes on where this one ended
    result = module("rds_proxy", **options)
    assert (result["changed"], result["db_proxy"]["status"]) == (True, "available")
    assert result["db_proxy"]["db_instance_identifiers"] == ["orders-db"]


def test_a_failure_half_way_names_what_was_done_and_the_next_run_does_the_rest(aws, module, options):
    aws.faults.deny(operation="RegisterDBProxyTargets")
    result = module("rds_proxy", **options)
    assert (result["failed"], result["changed"]) == (True, True)
    assert "rds:RegisterDBProxyTargets answered AccessDenied" in result["msg"]
    assert "Done before: created, ConnectionPoolConfig." in result["msg"]
    assert "Traceback" not in json.dumps(result)
    aws.faults.clear()
    aws.calls.clear()
    again = module("rds_proxy", **options)
    assert {row["property"] for row in again["changes"]} == {"db_instance_identifiers"}
    assert changes(aws) == {"RegisterDBProxyTargets": 1}


def test_a_proxy_that_is_being_deleted_is_made_anew(aws, module, options, existing):
    set_passing_describes(backend(), 3)
    aws.client("rds", REGION).delete_db_proxy(DBProxyName="orders")
    aws.calls.clear()
    assert module("rds_proxy", name="orders", state="absent", wait=False)["changed"] is False
    result = module("rds_proxy", **options)
    assert result["changed"] is True
    assert result["db_proxy"]["db_proxy_arn"] != existing["db_proxy_arn"]
    assert changes(aws)["CreateDBProxy"] == 1


@pytest.mark.parametrize("operation", ["DescribeDBProxies", "DescribeDBProxyTargets", "ListTagsForResource"])
def test_a_denied_read_changes_nothing(aws, module, options, existing, operation):
    aws.faults.deny(operation=operation)
    result = module("rds_proxy", **{**options, "require_tls": False})
    assert f"rds:{operation} answered AccessDenied" in result["msg"]
    assert changes(aws) == {}


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_database_that_cannot_be_registered_now_is_told_before_the_proxy_is_made(aws, module, options, check):
    backend().databases["orders-db"].status = "stopped"
    result = module("rds_proxy", check=check, **options)
    assert result["msg"].startswith("DB instance orders-db is stopped: RDS puts a proxy before it only when it is")
    assert (changes(aws), state(aws)) == ({}, [])


def test_a_proxy_that_is_being_created_is_found_as_wanted_when_it_has_settled(aws, module, options, existing):
    """RDS tells nothing of the target group meanwhile, so that it seems to differ."""
    proxy = moto_proxy()
    proxy.status, proxy.describes_left = "creating", 3
    result = module("rds_proxy", **options)
    assert (result["changed"], result["changes"], changes(aws)) == (False, [], {})
    assert result["db_proxy"]["db_instance_identifiers"] == ["orders-db"]


def test_throttled_calls_are_repeated(aws, module, options):
    aws.faults.throttle(operation="CreateDBProxy", times=2)
    assert module("rds_proxy", **options)["changed"] is True
    assert len(state(aws)) == 1


def test_no_credentials_are_told_as_by_the_sweep_modules(aws, module, options, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "Unable to locate credentials" in module("rds_proxy", **options)["msg"]


def test_no_region_is_told(aws, module, options, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "No region is set" in module("rds_proxy", **options)["msg"]
