# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which error codes each policy knows that its own resource is gone; the same said of anything else is a failure.

Codes of query and JSON services are those of botocore's models. EC2's models list none:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks import launch_sources, load_balancers, recycle_bin
from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import CHECKS, UNDO
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo_deletions import KEY_GONE
from ansible_collections.sysops.aws.plugins.module_utils.dms import lookup
from ansible_collections.sysops.aws.plugins.module_utils.rds import databases, db_proxy_targets, global_cluster
from ansible_collections.sysops.aws.plugins.module_utils.rds import migration as rds_migration
from ansible_collections.sysops.aws.plugins.module_utils.sweep.acting import act, inspected, prepare
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Inspection
from ansible_collections.sysops.aws.plugins.module_utils.sweep.job import Job
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from tests.unit.module_utils.checks.fake import Lists, finding, refused

RULES = {
    "rds_maintenance": {
        "deletion_protection": True,
        "pending_maintenance": "next-maintenance",
        "minimum_engine_version": {"mysql": "8.0"},
        "extended_support_warning_days": 1,
        "backup_replication_region": "eu-central-1",
        "manual_snapshot_min_age_days": 30,
    },
    "log_group_retention": {"retention_in_days": 3},
    "ebs_orphan_cleanup": {"grace_days": 7, "final_snapshot": True},
}
#: what an action's call, or its inspection, may say of the resource itself
OWN = {
    "ec2:volume": {"InvalidVolume.NotFound"},
    "ec2:snapshot": {"InvalidSnapshot.NotFound"},
    "ec2:image": {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"},
    "ec2:instance": {"InvalidInstanceID.NotFound"},
    "logs:log-group": {"ResourceNotFoundException"},
    # ApplyPendingMaintenanceAction takes an ARN and knows no other code
    "rds:db": {"DBInstanceNotFound", "ResourceNotFoundFault"},
    "rds:cluster": {"DBClusterNotFoundFault", "ResourceNotFoundFault"},
    "rds:snapshot": {"DBSnapshotNotFound"},
    "rds:cluster-snapshot": {"DBClusterSnapshotNotFoundFault"},
}
EC2 = (
    *("InvalidAMIID.NotFound", "InvalidGroup.NotFound", "InvalidInstanceID.NotFound", "InvalidKeyPair.NotFound"),
    *("InvalidKMSKey.NotFound", "InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.VersionNotFound"),
    *("InvalidSnapshot.NotFound", "InvalidSubnetID.NotFound", "InvalidVolume.NotFound", "InvalidZone.NotFound"),
)


def policies_of(name: str) -> list[Policy]:
    check = CHECKS[name]
    defaults = {option: spec.get("default") for option, spec in check.argument_spec.items()}
    return list(check.policies({**defaults, **RULES.get(name, {})}, Common({}, PriceTable({}))))


def acting() -> Iterator[Any]:
    """Every policy that changes something."""
    for name in CHECKS:
        for number, policy in enumerate(policies_of(name)):
            if type(policy).act is not Policy.act:
                yield pytest.param(policy, id=f"{name}-{type(policy).__name__}-{number}")


def codes(service: str) -> set[str]:
    """All error codes of a service."""
    model = botocore.session.get_session().get_service_model(service)
    return {(shape.metadata.get("error") or {}).get("code", shape.name) for shape in model.error_shapes}


def not_found(service: str) -> set[str]:
    return set(EC2) if service == "ec2" else {code for code in codes(service) if "NotFound" in code}


ACTING = list(acting())


def test_every_kind_of_resource_is_looked_at():
    assert {param.values[0].resource_type for param in ACTING} == set(OWN)


@pytest.mark.parametrize("policy", ACTING)
def test_a_policy_names_codes_of_its_own_kind_and_aws_has_them(policy):
    service = policy.resource_type.partition(":")[0]
    assert policy.gone_codes
    assert set(policy.gone_codes) <= OWN[policy.resource_type]
    assert set(policy.gone_codes) <= not_found(service) | {"InvalidAMIID.Unavailable"}


class Answer(Inspection):
    name = "sharing"

    def __init__(self, error: CallError) -> None:
        self._error = error

    def inspect(self, region: Any, finding: Any) -> str | None:
        raise self._error


@pytest.mark.parametrize("policy", ACTING)
def test_what_is_said_of_anything_else_is_a_failure(policy, monkeypatch):
    """InvalidKMSKey.NotFound of CreateSnapshot, DBParameterGroupNotFound of ModifyDBInstance, and all others."""
    service = policy.resource_type.partition(":")[0]
    for code in sorted(not_found(service) | {"KMSNotFoundFault"}):
        error = CallError(service, "Change", code, "because")

        def answer(*_arguments: Any, error: CallError = error) -> None:
            raise error

        for step in ("act", "prepare"):
            monkeypatch.setattr(policy, step, answer)
        monkeypatch.setattr(policy, "inspections", [Answer(error)])
        acted, prepared, asked = finding("x"), finding("x"), finding("x")
        job = Job(policy, Lists(), acting=True)  # type: ignore[arg-type]
        act(job, [acted])
        prepare(job, prepared)
        assert inspected(job, [asked]) == []
        own = code in policy.gone_codes
        assert [one.status for one in (acted, prepared)] == ["skipped" if own else "failed"] * 2, code
        assert ([one.operation for one in job.unread] == []) is own, code


@pytest.mark.parametrize("kind", sorted(set(UNDO.values()), key=lambda one: one.__name__), ids=lambda one: one.__name__)
def test_what_cannot_be_restored_is_never_taken_for_done(kind):
    deletes = kind.__name__ in ("PutBackVolume", "PutBackSnapshot")
    assert bool(kind.gone_codes) is not deletes
    assert set(kind.gone_codes) <= {code for some in OWN.values() for code in some}


def test_a_volume_whose_final_snapshot_is_gone_is_not_restored():
    (policy,) = [UNDO["ec2:volume", "delete"]("ec2:volume", [])]
    policy.act = lambda *_arguments: (nothing for nothing in ()).throw(  # type: ignore[method-assign]
        refused("CreateVolume", "InvalidSnapshot.NotFound")
    )
    one = finding("vol-1")
    act(Job(policy, Lists()), [one])  # type: ignore[arg-type]
    assert (one.status, one.error) == ("failed", {"code": "InvalidSnapshot.NotFound", "message": "no"})


@pytest.mark.parametrize(
    ("service", "named"),
    [
        ("rds", [databases.INSTANCE.missing, databases.CLUSTER.missing, databases.SNAPSHOT.missing]),
        ("rds", [kind.missing for kind in db_proxy_targets.KINDS.values()]),
        ("rds", [global_cluster.MISSING, rds_migration.GLOBAL_MISSING, rds_migration.GROUP_MISSING]),
        ("dms", [lookup.MISSING]),
        ("kms", [KEY_GONE]),
        ("rbin", [recycle_bin.RULE_GONE]),
        ("elbv2", [*load_balancers.PARENT_GONE.values(), load_balancers.BALANCER_GONE]),
        ("elb", [load_balancers.BALANCER_GONE]),
        ("ec2", launch_sources.TEMPLATE_GONE),
    ],
)
def test_codes_that_are_read_elsewhere_are_aws_own(service, named):
    assert set(named) <= not_found(service)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("rds", "DescribeDBInstances", databases.INSTANCE.missing),
        ("rds", "DescribeDBClusters", databases.CLUSTER.missing),
        ("rds", "DescribeDBSnapshots", databases.SNAPSHOT.missing),
        ("rds", "DeleteDBSnapshot", "DBSnapshotNotFound"),
        ("rds", "DeleteDBClusterSnapshot", "DBClusterSnapshotNotFoundFault"),
        ("rds", "ModifyDBInstance", "DBInstanceNotFound"),
        ("rds", "ModifyDBCluster", "DBClusterNotFoundFault"),
        ("rds", "StartDBInstanceAutomatedBackupsReplication", "DBInstanceNotFound"),
        ("rds", "ApplyPendingMaintenanceAction", "ResourceNotFoundFault"),
        ("rds", "DescribeGlobalClusters", global_cluster.MISSING),
        ("rds", "DescribeDBSubnetGroups", rds_migration.GROUP_MISSING),
        ("logs", "PutRetentionPolicy", "ResourceNotFoundException"),
        ("dms", "DescribeReplicationTasks", lookup.MISSING),
        ("dms", "DescribeTableStatistics", lookup.MISSING),
        ("kms", "DescribeKey", KEY_GONE),
        ("rbin", "GetRule", recycle_bin.RULE_GONE),
        ("elbv2", "DescribeTargetHealth", load_balancers.PARENT_GONE["describe_target_health"]),
        ("elbv2", "DescribeRules", load_balancers.PARENT_GONE["describe_rules"]),
        ("elbv2", "DescribeTags", load_balancers.BALANCER_GONE),
        ("elb", "DescribeInstanceHealth", load_balancers.PARENT_GONE["describe_instance_health"]),
        ("elb", "DescribeTags", load_balancers.BALANCER_GONE),
    ],
)
def test_the_operation_answers_that_code(service, operation, code):
    model = botocore.session.get_session().get_service_model(service).operation_model(operation)
    assert code in {(shape.metadata.get("error") or {}).get("code", shape.name) for shape in model.error_shapes}
