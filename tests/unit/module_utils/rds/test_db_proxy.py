# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an RDS Proxy says for itself: options in AWS's names, targets, and what keeps it from being fit for use."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sysops.aws.plugins.module_utils.rds.db_proxy import DbProxy
from ansible_collections.sysops.aws.plugins.module_utils.rds.db_proxy_options import (
    ARGUMENT_SPEC,
    connection_pool_of,
    identifiers,
)
from ansible_collections.sysops.aws.plugins.module_utils.rds.db_proxy_targets import ENGINES, registered
from ansible_collections.sysops.aws.plugins.module_utils.rds.waiters import STUCK, WAITERS
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from botocore.session import get_session
from botocore.waiter import AcceptorConfig

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-a1b2c3"
OPTIONS: dict[str, Any] = {
    "name": "orders",
    "engine_family": "MYSQL",
    "auth": [{"secret_arn": SECRET}],
    "role_arn": "arn:aws:iam::123456789012:role/orders",
    "vpc_subnet_ids": ["subnet-1", "subnet-2"],
}


def validated(**options: Any) -> dict[str, Any]:
    result = ArgumentSpecValidator(ARGUMENT_SPEC).validate({**OPTIONS, **options})
    assert result.error_messages == []
    return {"state": "present", **result.validated_parameters}


def test_only_what_is_said_is_desired():
    assert DbProxy(validated()).desired() == {
        "EngineFamily": "MYSQL",
        "Auth": [{"AuthScheme": "SECRETS", "SecretArn": SECRET, "IAMAuth": "DISABLED"}],
        "RoleArn": OPTIONS["role_arn"],
        "VpcSubnetIds": ["subnet-1", "subnet-2"],
        "RequireTLS": True,
    }


@pytest.mark.parametrize(
    ("config", "family", "most", "idle"),
    [
        ({}, "MYSQL", 100, 50),
        ({}, "SQLSERVER", 10, 5),
        ({"max_connections_percent": 75}, "POSTGRESQL", 75, 37),
        ({"max_connections_percent": 1}, "POSTGRESQL", 1, 0),
        ({"max_idle_connections_percent": 0}, "MYSQL", 100, 0),
    ],
)
def test_pool_limits_that_are_left_out_have_the_documented_defaults(config, family, most, idle):
    options = validated(target_group={"connection_pool_config": config})["target_group"]["connection_pool_config"]
    pool = connection_pool_of(options, family)
    assert (pool["MaxConnectionsPercent"], pool["MaxIdleConnectionsPercent"]) == (most, idle)
    assert pool["ConnectionBorrowTimeout"] == 120


@pytest.mark.parametrize(
    ("group", "wanted"),
    [
        ({}, {}),
        (
            {"db_instance_identifiers": ["Orders-DB"]},
            {"DBInstanceIdentifiers": ["orders-db"], "DBClusterIdentifiers": []},
        ),
        ({"db_cluster_identifiers": ["c"]}, {"DBInstanceIdentifiers": [], "DBClusterIdentifiers": ["c"]}),
        ({"db_instance_identifiers": []}, {"DBInstanceIdentifiers": [], "DBClusterIdentifiers": []}),
    ],
)
def test_databases_are_wanted_exactly_or_left_alone(group, wanted):
    assert identifiers(group) == wanted


def test_the_instances_of_a_cluster_were_not_registered_themselves():
    cluster = {"Type": "TRACKED_CLUSTER", "RdsResourceId": "c"}
    member = {"Type": "RDS_INSTANCE", "RdsResourceId": "c-1", "TrackedClusterId": "c"}
    alone = {"Type": "RDS_INSTANCE", "RdsResourceId": "i"}
    assert registered([member, cluster]) == {"DBInstanceIdentifiers": [], "DBClusterIdentifiers": ["c"]}
    assert registered([alone]) == {"DBInstanceIdentifiers": ["i"], "DBClusterIdentifiers": []}
    assert registered([]) == {"DBInstanceIdentifiers": [], "DBClusterIdentifiers": []}


def health(state: str, **why: str) -> dict[str, Any]:
    return {"Type": "RDS_INSTANCE", "RdsResourceId": "i", "TargetHealth": {"State": state, **why}}


CLUSTER = {"Type": "TRACKED_CLUSTER", "RdsResourceId": "c"}
TARGETS = [
    ([], None),
    ([health("AVAILABLE")], None),
    ([CLUSTER, health("AVAILABLE")], None),
    ([health("UNUSED")], None),
    ([health("REGISTERING")], "its target i is REGISTERING"),
    (
        [health("AVAILABLE"), health("UNAVAILABLE", Reason="AUTH_FAILURE", Description="denied")],
        "its target i is UNAVAILABLE (AUTH_FAILURE: denied)",
    ),
    ([CLUSTER], "none of its targets has told its health"),
]


@pytest.mark.parametrize(("targets", "words"), TARGETS)
def test_a_proxy_is_fit_for_use_when_its_targets_are(targets, words):
    proxy = DbProxy(validated())
    assert proxy.unfinished({"Status": "available", "Targets": targets}) == words
    assert proxy.unfinished({"Status": "creating", "Targets": targets}) == "its status is creating"


@pytest.mark.parametrize(("targets", "words"), TARGETS)
def test_the_waiter_is_content_with_the_same_targets(targets, words):
    (acceptor,) = WAITERS["db_proxy_targets_available"]["acceptors"]
    assert AcceptorConfig(acceptor).matcher_func({"Targets": targets}) is (words is None)


def test_every_status_that_rds_documents_is_waited_for_or_given_up():
    model = get_session().get_service_model("rds")
    known = set(model.shape_for("DBProxyStatus").enum)
    for waiter, content in (("db_proxy_available", {"available"}), ("db_proxy_deletable", {"available", *STUCK})):
        for status in known:
            answer = {"DBProxies": [{"Status": status}], "ResponseMetadata": {"HTTPStatusCode": 200}}
            acceptors = [AcceptorConfig(acceptor) for acceptor in WAITERS[waiter]["acceptors"]]
            state = next((acceptor.state for acceptor in acceptors if acceptor.matcher_func(answer)), "retry")
            expected = "success" if status in content else "failure" if status in STUCK else "retry"
            assert state == expected, (waiter, status)


def test_every_choice_is_one_that_rds_documents():
    model = get_session().get_service_model("rds")
    auth = ARGUMENT_SPEC["auth"]["options"]
    assert set(ARGUMENT_SPEC["engine_family"]["choices"]) == set(model.shape_for("EngineFamily").enum) == set(ENGINES)
    assert set(auth["iam_auth"]["choices"]) == set(model.shape_for("IAMAuthMode").enum)
    assert set(auth["client_password_auth_type"]["choices"]) == set(model.shape_for("ClientPasswordAuthType").enum)


@pytest.mark.parametrize("option", ["engine_family", "auth", "role_arn", "vpc_subnet_ids"])
def test_an_option_that_is_null_is_missing(option):
    with pytest.raises(SweepError, match=f"{option} is missing: it is required with state present"):
        DbProxy({**validated(), option: None})


@pytest.mark.parametrize("name", ["", "-a", "a-", "a--b", "1a", "a_b", "a" * 64])
def test_a_name_that_rds_would_refuse_is_refused_also_for_a_deletion(name):
    for state in ("present", "absent"):
        with pytest.raises(SweepError, match="is not a name for an RDS Proxy"):
            DbProxy({**validated(name=name), "state": state})
