# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role rds_proxy as an operator runs it. Rests on the emulated account as test_rds_proxy.py says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.rds_proxies import set_passing_describes
from tests.integration.conftest import ROOT, changes, same_in_check_mode, unanswered

REGION, ACCOUNT = "us-east-1", "123456789012"
PASSWORD = "made-up-0rders-passw0rd"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
PLAY = [
    {
        "name": "A proxy",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "roles": ["sysops.aws.rds_proxy"],
    }
]


@pytest.fixture
def aws(empty_aws: Emulator) -> Emulator:
    from moto.rds.models import rds_backends

    empty_aws.client("rds", REGION).create_db_instance(
        DBInstanceIdentifier="orders-db",
        Engine="mysql",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        MasterUsername="root",
        MasterUserPassword="made-up-password",
    )
    for _describe in range(5):
        empty_aws.client("rds", REGION).describe_db_instances()
    # each passing state costs a waiter's real pause
    set_passing_describes(rds_backends[ACCOUNT][REGION], 0)
    empty_aws.calls.clear()
    return empty_aws


@pytest.fixture
def variables(aws: Emulator) -> dict[str, Any]:
    subnets = aws.client("ec2", REGION).describe_subnets()["Subnets"]
    return {
        "rds_proxy_name": "orders",
        "rds_proxy_engine_family": "MYSQL",
        "rds_proxy_db_instance_identifier": "orders-db",
        "rds_proxy_vpc_subnet_ids": [subnet["SubnetId"] for subnet in subnets[:2]],
        "rds_proxy_username": "orders_app",
        "rds_proxy_password": PASSWORD,
        "rds_proxy_max_connections_percent": 80,
        "rds_proxy_kms_key_arn": KEY,
        "rds_proxy_tags": {"Team": "shop"},
    }


@pytest.fixture
def role(playbook, tmp_path: Path):
    play = tmp_path / "rds_proxy.json"
    play.write_text(json.dumps(PLAY))
    return lambda *arguments, **variables: playbook(str(play), *arguments, **variables)


def changed(done) -> int:
    return int(re.search(r"changed=(\d+)", done.stdout).group(1))


def said(done) -> str:
    return " ".join((done.stdout + done.stderr).split())


def policies(aws: Emulator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Who may assume the role, and what it may do."""
    iam = aws.client("iam", REGION)
    trust = iam.get_role(RoleName="orders-rds-proxy")["Role"]["AssumeRolePolicyDocument"]
    (name,) = iam.list_role_policies(RoleName="orders-rds-proxy")["PolicyNames"]
    assert iam.list_attached_role_policies(RoleName="orders-rds-proxy")["AttachedPolicies"] == []
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    return trust, iam.get_role_policy(RoleName="orders-rds-proxy", PolicyName=name)["PolicyDocument"]


def test_the_role_makes_secret_role_and_proxy_and_then_changes_nothing(aws, role, variables):
    planned = role("--check", "--diff", **variables)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert changes(aws) == {}
    assert changed(planned) == 3

    done = role("-vvv", **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    (proxy,) = aws.client("rds", REGION).describe_db_proxies()["DBProxies"]
    secret = aws.client("secretsmanager", REGION).get_secret_value(SecretId="rds-proxy/orders")
    assert json.loads(secret["SecretString"]) == {"username": "orders_app", "password": PASSWORD}
    assert (proxy["Status"], proxy["RequireTLS"]) == ("available", True)
    assert [entry["SecretArn"] for entry in proxy["Auth"]] == [secret["ARN"]]
    assert proxy["RoleArn"] == f"arn:aws:iam::{ACCOUNT}:role/orders-rds-proxy"
    trust, allowed = policies(aws)
    assert [(row["Principal"], row["Action"]) for row in trust["Statement"]] == [
        ({"Service": "rds.amazonaws.com"}, "sts:AssumeRole")
    ]
    assert [(row["Effect"], row["Action"], row["Resource"], row.get("Condition")) for row in allowed["Statement"]] == [
        ("Allow", "secretsmanager:GetSecretValue", secret["ARN"], None),
        ("Allow", "kms:Decrypt", KEY, {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}),
    ]

    aws.calls.clear()
    again = role("--diff", **variables)
    assert again.returncode == 0, again.stdout
    assert (changed(again), changes(aws)) == (0, {})
    assert (changed(role("--check", **variables)), changes(aws)) == (0, {})


def test_the_policy_in_the_documentation_allows_every_call_of_the_role(aws, role, variables):
    aws.calls.clear()
    role(**variables)
    other = {"rds_proxy_tags": {"Owner": "us"}, "rds_proxy_password": "x", "rds_proxy_idle_client_timeout": 60}
    role(**{**variables, **other, "rds_proxy_secret_overwrite": True})
    role(rds_proxy_name="orders", rds_proxy_state="absent")
    called = {f"{service}:{operation}" for _account, _region, service, operation in aws.calls}
    policy = json.loads((ROOT / "docs" / "iam" / "rds_proxy.json").read_text())
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    # who one is, AWS tells everybody
    assert called - {"sts:GetCallerIdentity"} <= allowed
    # besides: other changes of the proxy, what somebody else did to secret and role, and what AWS asks for itself
    assert allowed - called == {
        *("rds:DescribeDBClusters", "rds:DeregisterDBProxyTargets"),
        *("secretsmanager:CancelRotateSecret", "secretsmanager:DeleteResourcePolicy", "secretsmanager:RestoreSecret"),
        *("iam:UpdateAssumeRolePolicy", "iam:UpdateRole"),
        *("kms:Decrypt", "kms:GenerateDataKey", "iam:PassRole", "iam:CreateServiceLinkedRole"),
    }


def test_a_changed_variable_changes_the_proxy_alone(aws, role, variables):
    role(**variables)
    aws.calls.clear()
    done = role(**{**variables, "rds_proxy_max_connections_percent": 50, "rds_proxy_password": "another"})
    assert done.returncode == 0, done.stdout
    assert (changed(done), changes(aws)) == (1, {"ModifyDBProxyTargetGroup": 1})
    secret = aws.client("secretsmanager", REGION).get_secret_value(SecretId="rds-proxy/orders")
    assert PASSWORD in secret["SecretString"]


def test_numbers_booleans_and_lists_may_be_text(aws, role, variables):
    values = {
        "require_tls": "false",
        "debug_logging": "yes",
        "idle_client_timeout": "600",
        "wait_timeout": "60",
        "max_connections_percent": "80",
        "max_idle_connections_percent": "0",
        "connection_borrow_timeout": "30",
        "secret_overwrite": "no",
        "vpc_subnet_ids": ",".join(variables["rds_proxy_vpc_subnet_ids"]),
    }
    text = [arg for name, value in values.items() for arg in ("-e", f"rds_proxy_{name}={value}")]
    others = {name: value for name, value in variables.items() if name.removeprefix("rds_proxy_") not in values}
    done = role(*text, **others)
    assert done.returncode == 0, done.stdout + done.stderr
    rds = aws.client("rds", REGION)
    (proxy,) = rds.describe_db_proxies()["DBProxies"]
    assert (proxy["RequireTLS"], proxy["DebugLogging"], proxy["IdleClientTimeout"]) == (False, True, 600)
    assert proxy["VpcSubnetIds"] == variables["rds_proxy_vpc_subnet_ids"]
    (group,) = rds.describe_db_proxy_target_groups(DBProxyName="orders")["TargetGroups"]
    pool = group["ConnectionPoolConfig"]
    assert (pool["MaxConnectionsPercent"], pool["MaxIdleConnectionsPercent"]) == (80, 0)
    assert pool["ConnectionBorrowTimeout"] == 30


def test_a_secret_and_an_iam_role_of_ones_own_are_left_alone(aws, role, variables):
    arn = aws.client("secretsmanager", REGION).create_secret(Name="own", SecretString="{}")["ARN"]
    own = {key: value for key, value in variables.items() if key not in ("rds_proxy_username", "rds_proxy_password")}
    aws.calls.clear()
    done = role(**own, rds_proxy_secret_arn=arn, rds_proxy_role_arn=f"arn:aws:iam::{ACCOUNT}:role/own")
    assert done.returncode == 0, done.stdout
    assert set(changes(aws)) == {"CreateDBProxy", "ModifyDBProxyTargetGroup", "RegisterDBProxyTargets"}
    (proxy,) = aws.client("rds", REGION).describe_db_proxies()["DBProxies"]
    assert ([entry["SecretArn"] for entry in proxy["Auth"]], proxy["RoleArn"][-3:]) == ([arn], "own")


def test_absent_deletes_the_proxy_and_leaves_secret_role_and_database(aws, role, variables):
    role(**variables)
    aws.calls.clear()
    planned = role("--check", rds_proxy_name="orders", rds_proxy_state="absent")
    assert (planned.returncode, changed(planned), changes(aws)) == (0, 1, {})
    done = role(rds_proxy_name="orders", rds_proxy_state="absent")
    assert (done.returncode, changed(done), changes(aws)) == (0, 1, {"DeleteDBProxy": 1})
    assert aws.client("rds", REGION).describe_db_proxies()["DBProxies"] == []
    assert len(aws.client("rds", REGION).describe_db_instances()["DBInstances"]) == 1
    assert policies(aws)
    assert aws.client("secretsmanager", REGION).describe_secret(SecretId="rds-proxy/orders")
    again = role(rds_proxy_name="orders", rds_proxy_state="absent")
    assert (again.returncode, changed(again)) == (0, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rds_proxy_db_instance_identifier": ""}, "Set either rds_proxy_db_instance_identifier or"),
        ({"rds_proxy_db_cluster_identifier": "c"}, "Set either rds_proxy_db_instance_identifier or"),
        ({"rds_proxy_password": ""}, "Set either rds_proxy_secret_arn, or rds_proxy_username and rds_proxy_password."),
        ({"rds_proxy_secret_arn": "x"}, "Set either rds_proxy_secret_arn, or rds_proxy_username and"),
        ({"rds_proxy_engine_family": ""}, "missing: engine_family"),
        ({"rds_proxy_engine_family": "ORACLE"}, "value of rds_proxy_engine_family must be one of"),
        ({"rds_proxy_max_connections_percent": 120}, "max_connections_percent is 120: it must be between 1 and 100"),
        ({"rds_proxy_db_instance_identifier": "order-db"}, "Did you mean orders-db?"),
        ({"rds_proxy_vpc_subnet_ids": []}, "vpc_subnet_ids is empty"),
    ],
)
def test_bad_input_is_named_before_anything_is_made(aws, role, variables, change, words):
    done = role(**{**variables, **change})
    assert done.returncode != 0
    assert words in said(done)
    assert PASSWORD not in done.stdout + done.stderr
    assert changes(aws) == {}


def test_a_refused_secret_is_told_without_the_password(aws, role, variables):
    aws.faults.deny(service="secretsmanager", operation="CreateSecret")
    done = role("-vvv", **variables)
    assert done.returncode != 0
    assert "AccessDenied" in said(done)
    assert PASSWORD not in done.stdout + done.stderr
    assert changes(aws).keys() == {"CreateSecret"}


@pytest.mark.parametrize(
    ("username", "password"),
    [("app", PASSWORD), ("db", "secret:rds-proxy/app"), ("orders", 99887766554)],
    ids=["name", "both", "digits"],
)
def test_what_the_role_goes_on_with_is_whole_whatever_the_secret_is(aws, role, variables, username, password):
    login = {"rds_proxy_username": username, "rds_proxy_password": password}
    done = role("-vvv", **{**variables, **login, "rds_proxy_name": "app-db", "rds_proxy_kms_key_arn": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    secret = aws.client("secretsmanager", REGION).get_secret_value(SecretId="rds-proxy/app-db")
    assert json.loads(secret["SecretString"]) == {"username": username, "password": str(password)}
    (proxy,) = aws.client("rds", REGION).describe_db_proxies()["DBProxies"]
    assert [entry["SecretArn"] for entry in proxy["Auth"]] == [secret["ARN"]]
    iam = aws.client("iam", REGION)
    policy = iam.get_role_policy(RoleName="app-db-rds-proxy", PolicyName="read-secret")["PolicyDocument"]
    assert [row["Resource"] for row in policy["Statement"]] == [secret["ARN"]]
    if str(password) not in secret["ARN"]:
        assert str(password) not in done.stdout + done.stderr
    again = role(**{**variables, **login, "rds_proxy_name": "app-db", "rds_proxy_kms_key_arn": ""})
    assert (again.returncode, changed(again)) == (0, 0), again.stdout


def test_what_a_survey_leaves_open_is_the_default(aws, role, variables):
    same_in_check_mode(aws, role, "--diff", variables, {**unanswered("rds_proxy"), **variables})
