# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""rds_to_aurora.yml as an operator runs it: whole, killed and started again, in check mode, and with bad input.

It rests on what tests/emulator/services/rds_*.py add to moto: the states that RDS takes its time in, the upgrades that
it offers, restoring an instance's snapshot as a cluster, and global databases.
"""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.emulator import Emulator
from tests.emulator.services.rds_states import pass_through
from tests.integration.conftest import ROOT, changes, same_in_check_mode, unanswered

ACCOUNT, HOME, AWAY = "123456789012", "eu-west-1", "us-west-2"
PLAYBOOK = "sysops.aws.rds_to_aurora"
MARK = "sysops:rds_aurora_migration"
PASSWORD = "a-password-that-nobody-may-see"
STEPS = [
    "Stop the writers",
    "Take the snapshot",
    "Restore the cluster",
    "Create the writer and the readers",
    "Upgrade the engine",
    "Test the cluster",
    "Add the replica regions",
    "Switch the applications",
    "Resume the writers",
]
Variables = dict[str, Any]
Run = subprocess.CompletedProcess[str]


@pytest.fixture
def account(empty_aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An encrypted PostgreSQL 9.6.11 instance `orders`, a DNS record of it, and what its replica region needs."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", HOME)
    for region in (HOME, AWAY):
        subnets = empty_aws.client("ec2", region).describe_subnets()["Subnets"]
        empty_aws.client("rds", region).create_db_subnet_group(
            DBSubnetGroupName="databases",
            DBSubnetGroupDescription="databases",
            SubnetIds=[subnet["SubnetId"] for subnet in subnets],
        )
    empty_aws.client("rds", HOME).create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.m5.large",
        Engine="postgres",
        EngineVersion="9.6.11",
        AllocatedStorage=100,
        MasterUsername="orders",
        MasterUserPassword=PASSWORD,
        DBSubnetGroupName="databases",
        BackupRetentionPeriod=14,
        StorageEncrypted=True,
        KmsKeyId=key(empty_aws, HOME),
        Tags=[{"Key": "Team", "Value": "shop"}],
    )
    record(empty_aws, "UPSERT", "orders.example.com", source().endpoint["Address"])
    empty_aws.calls.clear()
    return empty_aws


def key(emulator: Emulator, region: str) -> str:
    arn: str = emulator.client("kms", region).create_key()["KeyMetadata"]["Arn"]
    return arn


def zone(emulator: Emulator) -> str:
    route53 = emulator.client("route53")
    zones = route53.list_hosted_zones()["HostedZones"]
    made = zones[0] if zones else route53.create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]
    return str(made["Id"]).rpartition("/")[2]


def record(emulator: Emulator, action: str, name: str, value: str) -> None:
    change = {"Name": name, "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": value}]}
    emulator.client("route53").change_resource_record_sets(
        HostedZoneId=zone(emulator), ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": change}]}
    )


def records(emulator: Emulator) -> dict[str, str]:
    sets = emulator.client("route53").list_resource_record_sets(HostedZoneId=zone(emulator))["ResourceRecordSets"]
    return {row["Name"].rstrip("."): row["ResourceRecords"][0]["Value"] for row in sets if row["Type"] == "CNAME"}


def backend(region: str = HOME) -> Any:
    from moto.rds.models import rds_backends

    return rds_backends[ACCOUNT][region]


def source() -> Any:
    return backend().databases["orders"]


def settings(resource: Any) -> dict[str, Any]:
    """What a resource is, as moto keeps it."""
    return {name: str(value) for name, value in vars(resource).items() if name not in ("backend", "stages")}


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """Task files that write down that they ran, and what they saw of the cluster."""
    lines = {
        "stop_writers": "stop",
        "smoke_test": "test {{ rds_aurora_migration_db_cluster.endpoint }}",
        "resume_writers": "resume",
    }
    for name, line in lines.items():
        log = f"echo '{line}' >> {tmp_path}/hooks.log"
        task = [{"name": f"Hook {name}", "ansible.builtin.shell": {"cmd": log}, "changed_when": False}]
        (tmp_path / f"{name}.yml").write_text(json.dumps(task))
    return tmp_path


def ran(hooks: Path) -> list[str]:
    log = hooks / "hooks.log"
    return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []


def wanted(**more: Any) -> Variables:
    """The least that a migration needs."""
    return {
        "rds_aurora_migration_source": "orders",
        "rds_aurora_migration_cluster": "orders-aurora",
        "rds_aurora_migration_engine": "aurora-postgresql",
        "rds_aurora_migration_path": [{"engine_version": number} for number in ("9.6.11", "10.11", "11.8")],
        "rds_aurora_migration_instances": [
            {"db_instance_identifier": f"orders-aurora-{number}", "db_instance_class": "db.r5.large"}
            for number in (1, 2)
        ],
        "rds_aurora_migration_wait_delay": 0.05,
        **more,
    }


def everything(emulator: Emulator, hooks: Path) -> Variables:
    """A migration with all that there is: hooks, a replica region, DNS records."""
    replica = {
        "region": AWAY,
        "db_cluster_identifier": "orders-aurora-west",
        "kms_key_id": key(emulator, AWAY),
        "db_subnet_group_name": "databases",
        "instances": [{"db_instance_identifier": "orders-aurora-west-1", "db_instance_class": "db.r5.large"}],
    }
    steps = ("stop_writers", "smoke_test", "resume_writers")
    return wanted(
        rds_aurora_migration_tags={"Team": "shop"},
        rds_aurora_migration_global_cluster="orders-global",
        rds_aurora_migration_replica_regions=[replica],
        rds_aurora_migration_dns_records=[
            {"zone": "example.com", "record": "orders.example.com"},
            {"zone": "example.com", "record": "orders-read.example.com", "endpoint": "reader"},
        ],
        **{f"rds_aurora_migration_{step}_tasks": str(hooks / f"{step}.yml") for step in steps},
    )


def said(done: Run) -> str:
    return " ".join((done.stdout + done.stderr).split())


def plan(done: Run) -> dict[str, str]:
    """The step's title -> its state, as the plan shows it."""
    states = {}
    for line in done.stdout.splitlines():
        text = line.strip().removeprefix("- ").strip("'")
        for title in STEPS:
            state, colon, rest = text.partition(": ")
            if colon and rest.startswith(title) and state in ("done", "to do", "left out"):
                states[title] = state
    return states


def recap(done: Run) -> dict[str, int]:
    line = next(line for line in done.stdout.splitlines() if line.startswith("localhost") and "changed=" in line)
    return {name: int(value) for name, _equals, value in (word.partition("=") for word in line.split() if "=" in word)}


def made() -> dict[str, Any]:
    """Everything of RDS that a migration leaves, in both regions."""
    home, away = backend(HOME), backend(AWAY)
    cluster = home.clusters["orders-aurora"]
    return {
        "snapshots": sorted(name for name in home.database_snapshots if not name.startswith("rds:")),
        "clusters": sorted(home.clusters),
        "instances": sorted(home.databases),
        "version": cluster.engine_version,
        "status": cluster.status,
        "writer": cluster.writer.db_instance_identifier,
        "retention": cluster.backup_retention_period,
        "password": cluster._master_user_password,
        "protected": cluster.deletion_protection,
        "tags": {tag["Key"]: tag["Value"] for tag in cluster.tags},
        "away": (sorted(away.clusters), sorted(away.databases)),
        "global": [
            (name, [member.db_cluster_identifier for member in found.members])
            for name, found in backend("us-east-1").global_clusters.items()
        ],
    }


# in HOME and AWAY, once all is done
DONE = {
    "snapshots": ["orders-to-orders-aurora"],
    "clusters": ["orders-aurora"],
    "instances": ["orders", "orders-aurora-1", "orders-aurora-2"],
    "version": "11.8",
    "status": "available",
    "writer": "orders-aurora-1",
    "retention": 14,
    "password": PASSWORD,
    "protected": True,
    "tags": {"Team": "shop", MARK: "orders-to-orders-aurora", f"{MARK}_step": "resume_writers"},
    "away": (["orders-aurora-west"], ["orders-aurora-west-1"]),
    "global": [("orders-global", ["orders-aurora", "orders-aurora-west"])],
}


def test_the_whole_runbook_in_one_run(account, playbook, hooks):
    before = settings(source())
    variables = {
        **everything(account, hooks),
        "rds_aurora_migration_instances": wanted()["rds_aurora_migration_instances"][:1],
        "rds_aurora_migration_path": wanted()["rds_aurora_migration_path"][:2],
        "rds_aurora_migration_replica_regions": [],
    }
    done = playbook(PLAYBOOK, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    less = {"instances": ["orders", "orders-aurora-1"], "version": "10.11", "away": ([], []), "global": []}
    assert made() == {**DONE, **less}
    assert settings(source()) == before
    cluster = backend().clusters["orders-aurora"]
    assert records(account) == {
        "orders.example.com": cluster.endpoint,
        "orders-read.example.com": cluster.reader_endpoint,
    }
    assert ran(hooks) == ["stop", "test", "resume"]
    assert cluster.endpoint in (hooks / "hooks.log").read_text()
    left_out = {"Add the replica regions": "left out"}
    assert plan(done) == {**dict.fromkeys(STEPS, "to do"), **left_out}
    assert recap(done)["changed"] >= 8
    assert PASSWORD not in done.stdout + done.stderr


def test_numbers_and_booleans_may_be_text(account, playbook):
    instance = {**wanted()["rds_aurora_migration_instances"][0], "promotion_tier": "3"}
    record_set = {"zone": "example.com", "record": "orders.example.com", "ttl": "120", "private_zone": "false"}
    values = {
        "backup_retention_days": "0",
        "deletion_protection": "false",
        "snapshot_max_age_hours": "48",
        "wait_timeout": "60",
        "wait_delay": "0.05",
    }
    text = [arg for name, value in values.items() for arg in ("-e", f"rds_aurora_migration_{name}={value}")]
    variables = wanted(
        rds_aurora_migration_path=[{"engine_version": "9.6.11"}],
        rds_aurora_migration_instances=[instance],
        rds_aurora_migration_dns_records=[record_set],
    )
    del variables["rds_aurora_migration_wait_delay"]
    done = playbook(PLAYBOOK, *text, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    cluster = backend().clusters["orders-aurora"]
    # 0 stands for the source's
    assert (cluster.backup_retention_period, cluster.deletion_protection) == (14, False)
    assert backend().databases["orders-aurora-1"].promotion_tier == 3
    assert records(account)["orders.example.com"] == cluster.endpoint


# Each start is killed once AWS has got this call so many times: at the end of each step, and in the midst of some.
KILLS = [
    ("CreateDBSnapshot", 1),
    ("RestoreDBClusterFromSnapshot", 1),
    ("AddTagsToResource", 1),  # the cluster is recorded
    ("CreateDBInstance", 1),  # the writer
    ("CreateDBInstance", 1),  # the reader
    ("ModifyDBCluster", 2),  # the second upgrade
    ("AddTagsToResource", 1),  # the test is recorded
    ("CreateGlobalCluster", 1),
    ("CreateDBInstance", 1),  # of the replica region
    ("AddTagsToResource", 1),  # the switch is recorded
    ("AddTagsToResource", 1),  # the end is recorded
]


def test_killed_in_and_after_each_step_it_ends_the_same_and_a_further_run_changes_nothing(
    account, killed, playbook, hooks
):
    before, variables = settings(source()), everything(account, hooks)
    called: set[str] = set()
    for operation, times in KILLS:
        account.calls.clear()
        killed(PLAYBOOK, account, variables, operation, times)
        called |= {f"{key[2]}:{key[3]}" for key in account.calls if key[2] in ("kms", "rds") and "/" not in key[3]}
    account.calls.clear()
    done = playbook(PLAYBOOK, **variables)
    assert (done.returncode, recap(done)["changed"], changes(account)) == (0, 0, {}), done.stdout
    assert plan(done) == dict.fromkeys(STEPS, "done")
    assert made() == DONE
    assert settings(source()) == before
    assert records(account)["orders.example.com"] == backend().clusters["orders-aurora"].endpoint
    assert ran(hooks) == ["stop", "test", "resume"]
    assert called == offered_permissions("kms:Describe", "rds:")


def offered_permissions(*prefixes: str) -> set[str]:
    policy = json.loads((ROOT / "docs" / "iam" / "rds_to_aurora.json").read_text())
    return {
        action for statement in policy["Statement"] for action in statement["Action"] if action.startswith(prefixes)
    }


def restored(emulator: Emulator, version: str = "9.6.11", tags: dict[str, str] | None = None) -> None:
    """The cluster and its snapshot as they are after the restore, without the runbook."""
    rds = emulator.client("rds", HOME)
    source().engine_version = version
    tag_list = [{"Key": name, "Value": value} for name, value in (tags or {}).items()]
    rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="orders-to-orders-aurora", Tags=tag_list)
    backend().newly_created.clear()
    rds.restore_db_cluster_from_snapshot(
        DBClusterIdentifier="orders-aurora",
        SnapshotIdentifier=backend().database_snapshots["orders-to-orders-aurora"].arn,
        Engine="aurora-postgresql",
        EngineVersion=version,
        Tags=tag_list,
    )
    emulator.calls.clear()


OURS = {MARK: "orders-to-orders-aurora", f"{MARK}_step": "cluster"}


def test_check_shows_the_plan_and_changes_nothing_at_the_start_and_half_way(account, playbook, hooks):
    variables = wanted(rds_aurora_migration_smoke_test_tasks=str(hooks / "smoke_test.yml"))
    fresh = playbook(PLAYBOOK, "--check", **variables)
    assert fresh.returncode == 0, fresh.stdout
    left_out = {"Add the replica regions": "left out", "Switch the applications": "left out"}
    assert plan(fresh) == {**dict.fromkeys(STEPS, "to do"), **left_out}
    assert changes(account) == {}

    restored(account, tags=OURS)
    half_way = playbook(PLAYBOOK, "--check", **variables)
    assert half_way.returncode == 0, half_way.stdout
    assert plan(half_way) == {**plan(fresh), **dict.fromkeys(STEPS[:3], "done")}
    assert "orders-aurora-1 to be created, orders-aurora-2 to be created" in said(half_way)
    assert "to 10.11, then 11.8" in said(half_way)
    assert changes(account) == {}
    assert ran(hooks) == []


def test_a_failed_step_says_how_to_go_back(account, playbook):
    restored(account, tags=OURS)
    account.faults.deny(operation="CreateDBInstance")
    done = playbook(PLAYBOOK, **wanted())
    assert done.returncode != 0
    assert "The step instances failed: " in said(done)
    assert "is not authorized to perform: rds:CreateDBInstance" in said(done)
    assert "To go back, start the writers again, as the source still serves and was not changed" in said(done)
    assert "delete DB cluster orders-aurora and DB snapshot orders-to-orders-aurora before the next" in said(done)
    assert "Traceback" not in said(done)


def test_a_smoke_test_that_fails_stops_the_run_before_the_switch(account, playbook, tmp_path):
    restored(account, version="10.11", tags=OURS)
    pass_through(backend().clusters["orders-aurora"])
    account.client("rds", HOME).describe_db_clusters()
    account.client("rds", HOME).create_db_instance(
        DBInstanceIdentifier="orders-aurora-1",
        DBInstanceClass="db.r5.large",
        DBClusterIdentifier="orders-aurora",
        Engine="aurora-postgresql",
    )
    backend().newly_created.clear()
    old = records(account)
    test = tmp_path / "test.yml"
    test.write_text(json.dumps([{"name": "Count orders", "ansible.builtin.fail": {"msg": "3 orders are missing."}}]))
    variables = wanted(
        rds_aurora_migration_path=[{"engine_version": "10.11"}],
        rds_aurora_migration_instances=wanted()["rds_aurora_migration_instances"][:1],
        rds_aurora_migration_smoke_test_tasks=str(test),
        rds_aurora_migration_dns_records=[{"zone": "example.com", "record": "orders.example.com"}],
    )
    done = playbook(PLAYBOOK, **variables)
    assert done.returncode != 0
    assert "The step smoke_test failed: 3 orders are missing." in said(done)
    assert records(account) == old


def test_an_upgrade_that_rds_rolls_back_is_told(account, module):
    restored(account)
    backend().clusters["orders-aurora"].upgrades_fail = True
    upgrade = {"db_cluster_identifier": "orders-aurora", "engine_version": "10.11", "wait_delay": 0.01}
    result = module("rds_cluster_upgrade", **upgrade)
    assert result["failed"] is True
    assert "The upgrade of DB cluster orders-aurora to 10.11 failed and RDS went back to 9.6.11" in result["msg"]


def test_an_upgrade_step_that_rds_does_not_offer_names_those_that_it_does(account, module):
    restored(account)
    upgrade = {"db_cluster_identifier": "orders-aurora", "engine_version": "11.8", "wait_delay": 0.01}
    assert "to 11.8: from there it offers 9.6.12, 10.11." in module("rds_cluster_upgrade", **upgrade)["msg"]
    assert changes(account) == {}


def test_an_upgrade_allows_a_major_version_waits_for_it_and_is_done_once(account, module):
    restored(account)
    upgrade = {"db_cluster_identifier": "orders-aurora", "engine_version": "10.11", "wait_delay": 0.01}
    assert module("rds_cluster_upgrade", check=True, **upgrade)["changed"] is True
    assert backend().clusters["orders-aurora"].engine_version == "9.6.11"
    done = module("rds_cluster_upgrade", **upgrade)
    assert (done["changed"], done["db_cluster"]["status"]) == (True, "available")
    assert done["db_cluster"]["engine_version"] == backend().clusters["orders-aurora"].engine_version == "10.11"
    assert module("rds_cluster_upgrade", **upgrade)["changed"] is False


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"rds_aurora_migration_path": [{"engine_version": "9.6.11"}, {"engine_version": "11.8"}]},
            "RDS doesn't upgrade aurora-postgresql 9.6.11 to 11.8: from there it offers 9.6.12, 10.11.",
        ),
        ({"rds_aurora_migration_smoke_test_tasks": "/nonexistent.yml"}, "there is no file /nonexistent.yml"),
        ({"rds_aurora_migration_dns_records": [{"record": "a.b"}]}, "a.b needs a zone or a hosted_zone_id"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_changed(account, playbook, changed, words):
    done = playbook(PLAYBOOK, **wanted(**changed))
    assert done.returncode != 0
    assert words in said(done), done.stdout
    assert "Traceback" not in said(done)
    assert changes(account) == {}


def asked(**more: Any) -> Variables:
    """The least that the info module takes."""
    return {
        "name": "orders-to-orders-aurora",
        "source_db_instance_identifier": "orders",
        "db_snapshot_identifier": "orders-to-orders-aurora",
        "db_cluster_identifier": "orders-aurora",
        "db_instance_identifiers": ["orders-aurora-1", "orders-aurora-2"],
        "engine": "aurora-postgresql",
        "engine_versions": ["9.6.11", "10.11", "11.8"],
        **more,
    }


WEST = {"region": AWAY, "db_cluster_identifier": "west", "db_instance_identifiers": ["west-1"]}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"engine_versions": ["10.11"]},
            "RDS doesn't make aurora-postgresql 10.11 of a snapshot of postgres 9.6.11: it offers 9.6.11, 9.6.12.",
        ),
        ({"engine_versions": ["9.6.11", "10.111"]}, "RDS has no aurora-postgresql 10.111 in this region. Did you mean"),
        ({"engine_versions": []}, "The engine_versions are empty."),
        ({"expected_account_id": "210987654321"}, "expected_account_id is 210987654321"),
        ({"engine_versions": ["9.6.11", "9.6.11"]}, "name a version twice"),
        ({"source_db_instance_identifier": "order"}, "There is no DB instance order in eu-west-1."),
        (
            {"engine": "aurora-mysql", "engine_versions": ["8.0.mysql_aurora.3.05.2"]},
            "DB instance orders is postgres: aurora-mysql takes snapshots of mysql only.",
        ),
        ({"db_cluster_identifier": "orders_aurora"}, "'orders_aurora' is no identifier of RDS"),
        ({"db_instance_identifiers": ["orders"]}, "must differ, also from orders"),
        ({"db_subnet_group_name": "nowhere"}, "There is no DB subnet group nowhere in eu-west-1."),
        ({"kms_key_id": "alias/none"}, "There is no KMS key alias/none in eu-west-1."),
        (
            {"replicas": [{**WEST, "region": "us-wset-2"}]},
            "There is no AWS region 'us-wset-2'. Did you mean us-west-2?",
        ),
        ({"replicas": [WEST]}, "Replica regions need a global_cluster_identifier."),
        (
            {"replicas": [WEST], "global_cluster_identifier": "orders-global"},
            "The database is encrypted: the replica in us-west-2 needs the kms_key_id of a key there.",
        ),
        (
            {"replicas": [WEST], "global_cluster_identifier": "orders-global", "engine_versions": ["9.6.11"]},
            "aurora-postgresql 9.6.11 supports no global database",
        ),
    ],
)
def test_what_cannot_be_migrated_so_is_told_in_one_sentence(account, module, changed, words):
    result = module("rds_aurora_migration_info", **asked(**changed))
    assert result["failed"] is True
    assert words in result["msg"]
    assert "Traceback" not in json.dumps(result)


def test_a_key_that_is_disabled_is_told(account, module):
    west = key(account, AWAY)
    account.client("kms", AWAY).disable_key(KeyId=west.rpartition("/")[2])
    replicas = [{**WEST, "kms_key_id": west}]
    result = module("rds_aurora_migration_info", **asked(replicas=replicas, global_cluster_identifier="orders-global"))
    assert f"KMS key {west} in us-west-2 is Disabled." in result["msg"]


@pytest.mark.parametrize("resource", ["snapshot", "cluster", "instance"])
def test_what_others_made_under_the_same_name_is_left_alone(account, module, resource):
    rds = account.client("rds", HOME)
    if resource == "snapshot":
        rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="orders-to-orders-aurora")
    elif resource == "cluster":
        restored(account)
    else:
        other = {"DBInstanceClass": "db.m5.large", "Engine": "postgres", "AllocatedStorage": 20}
        rds.create_db_instance(
            DBInstanceIdentifier="orders-aurora-1", MasterUsername="other", MasterUserPassword=PASSWORD, **other
        )
    result = module("rds_aurora_migration_info", **asked())
    assert f"There is already a DB {resource} orders" in result["msg"]
    assert "isn't part of the migration orders-to-orders-aurora" in result["msg"]


def test_a_source_in_a_passing_state_is_waited_for_and_an_old_snapshot_is_refused(account, playbook, module):
    pass_through(source(), *["modifying"] * 5)
    account.faults.deny(operation="RestoreDBClusterFromSnapshot")
    done = playbook(PLAYBOOK, **wanted())
    assert "The step cluster failed" in said(done)
    snapshot = backend().database_snapshots["orders-to-orders-aurora"]
    assert snapshot.status == "available"

    snapshot.created -= timedelta(hours=25)
    told = module("rds_aurora_migration_info", **asked())["msg"]
    assert "was taken 25 hours ago, and what was written to orders since then isn't in it" in told
    assert not module("rds_aurora_migration_info", **asked(snapshot_max_age_hours=48)).get("failed")


def test_a_source_that_stays_in_a_forbidding_state_is_told_before_the_writers_stop(account, playbook, hooks):
    source().status = "modifying"
    stop = {"rds_aurora_migration_stop_writers_tasks": str(hooks / "stop_writers.yml")}
    done = playbook(PLAYBOOK, **wanted(rds_aurora_migration_wait_timeout=1, **stop))
    assert done.returncode != 0
    assert "DB instance orders is still modifying after 1 seconds; it has to be available" in said(done)
    assert changes(account) == {}
    assert ran(hooks) == []


def test_a_source_that_can_never_be_snapshotted_is_told_what_to_do(account, module):
    source().status = "stopped"
    assert (
        "orders is stopped and can't be snapshotted: start it." in module("rds_aurora_migration_info", **asked())["msg"]
    )
    waited = module("rds_wait", db_instance_identifiers=["orders"])
    assert "orders is stopped, which it doesn't leave by itself: start it." in waited["msg"]


def test_waiting_ends_with_the_resources_and_in_check_mode_at_once(account, module):
    pass_through(source(), "modifying", "modifying")
    checked = module("rds_wait", check=True, db_instance_identifiers=["orders"])
    assert [row["db_instance_status"] for row in checked["db_instances"]] == ["modifying"]
    waited = module("rds_wait", db_instance_identifiers=["orders"], wait_delay=0.01)
    assert [row["db_instance_status"] for row in waited["db_instances"]] == ["available"]
    assert waited["db_instances"][0]["tags"] == {"Team": "shop"}
    assert "There is no DB cluster nothing" in module("rds_wait", db_cluster_identifiers=["nothing"])["msg"]
    assert "wait_delay is 0.0" in module("rds_wait", db_instance_identifiers=["orders"], wait_delay=0)["msg"]


def test_a_global_cluster_is_made_of_a_cluster_once_and_never_of_another(account, module):
    restored(account, version="10.11")
    account.client("rds", HOME).get_waiter("db_cluster_available").wait(WaiterConfig={"Delay": 0.01})
    arn = backend().clusters["orders-aurora"].arn
    options = {
        "global_cluster_identifier": "orders-global",
        "source_db_cluster_identifier": arn,
        "tags": {"Team": "shop"},
    }
    assert module("rds_global_cluster", check=True, **options)["changed"] is True
    assert backend("us-east-1").global_clusters == {}
    made_now = module("rds_global_cluster", **options)
    assert (made_now["changed"], made_now["global_cluster"]["status"]) == (True, "available")
    assert module("rds_global_cluster", **options)["changed"] is False
    other = {**options, "source_db_cluster_identifier": arn.replace("orders-aurora", "others")}
    assert "can't be changed to" in module("rds_global_cluster", **other)["msg"]
    assert "must be the ARN" in module("rds_global_cluster", **{**options, "source_db_cluster_identifier": "a"})["msg"]
    result = module("rds_aurora_migration_info", **asked(replicas=[WEST], global_cluster_identifier="orders-global"))
    assert "There is already a DB cluster orders-aurora" in result["msg"]


def test_what_a_survey_leaves_open_is_the_default(account, playbook):
    given = wanted()
    open_ones = {**unanswered("rds_aurora_migration"), **given}
    same_in_check_mode(account, playbook, PLAYBOOK, given, open_ones)
