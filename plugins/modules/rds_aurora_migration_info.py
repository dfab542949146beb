#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_aurora_migration_info
version_added: 0.2.0
short_description: Say how far the migration of an RDS instance to Aurora has come, and what speaks against it
description:
  - Reads what there is of a migration by the role P(sysops.aws.rds_aurora_migration#role), and returns its steps with
    what is done and what remains. Nothing is changed.
  - Fails where something speaks against starting or going on, with one sentence for each reason. It looks at the
    source's engine and status, each upgrade of the path against the versions that RDS offers, the age of the snapshot,
    subnet groups, KMS keys, global databases, and names that are taken by something else.
  - What the migration has made is known by its tag C(sysops:rds_aurora_migration), and steps that leave no other trace
    in RDS by the cluster's tag C(sysops:rds_aurora_migration_step).
  - No modules of C(amazon.aws) tell of subnet groups or of versions that RDS no longer offers, and the ten
    that would be needed for the rest take ten seconds.
options:
  name:
    description:
      - The name of the migration.
    type: str
    required: true
  source_db_instance_identifier:
    description:
      - The instance to migrate. It may be gone once its snapshot is taken.
    type: str
    required: true
  db_snapshot_identifier:
    description:
      - The snapshot that the migration takes.
    type: str
    required: true
  db_cluster_identifier:
    description:
      - The new cluster.
    type: str
    required: true
  db_instance_identifiers:
    description:
      - The instances of the new cluster, the writer first.
    type: list
    elements: str
    required: true
  engine:
    description:
      - The engine of the new cluster.
    type: str
    required: true
    choices: [aurora-mysql, aurora-postgresql]
  engine_versions:
    description:
      - The path of engine versions. The cluster is restored at the first and upgraded to each of the others in turn.
    type: list
    elements: str
    required: true
  db_subnet_group_name:
    description:
      - The subnet group of the new cluster, if it isn't the source's.
    type: str
  kms_key_id:
    description:
      - The KMS key of the new cluster, if it isn't the snapshot's.
    type: str
  global_cluster_identifier:
    description:
      - The global database that the cluster and its replicas form.
    type: str
  replicas:
    description:
      - The clusters in other regions that follow the new one.
    type: list
    elements: dict
    default: []
    suboptions:
      region:
        description: The region.
        type: str
        required: true
      db_cluster_identifier:
        description: The cluster in that region.
        type: str
        required: true
      db_instance_identifiers:
        description: Its instances.
        type: list
        elements: str
        required: true
      kms_key_id:
        description: A KMS key of that region. Required if the database is encrypted.
        type: str
      db_subnet_group_name:
        description: The subnet group in that region.
        type: str
  left_out:
    description:
      - Steps that have nothing to do in this migration.
    type: list
    elements: str
    choices: [smoke_test, switch]
    default: []
  snapshot_max_age_hours:
    description:
      - Until the switch, an older snapshot is refused. What was written to the source since then isn't in it.
    type: int
    default: 24
  expected_account_id:
    description:
      - The account that the credentials must belong to. Nothing is read in another one.
    type: str
notes:
  - Needs the IAM permissions C(rds:DescribeDBInstances), C(rds:DescribeDBSnapshots), C(rds:DescribeDBClusters),
    C(rds:DescribeDBEngineVersions), C(rds:DescribeDBSubnetGroups), C(rds:DescribeGlobalClusters) and
    C(kms:DescribeKey), as far as there are such options.
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
  diff_mode:
    description: Nothing is ever changed.
    support: none
  idempotency:
    description: A second run changes nothing.
    support: full
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Look how far the migration has come
  sysops.aws.rds_aurora_migration_info:
    name: orders-to-orders-aurora
    source_db_instance_identifier: orders
    db_snapshot_identifier: orders-to-orders-aurora
    db_cluster_identifier: orders-aurora
    db_instance_identifiers: [orders-aurora-1, orders-aurora-2]
    engine: aurora-postgresql
    engine_versions: ["9.6.11", "10.11", "11.8"]
"""

RETURN = r"""
complete:
  description: Whether the last step is done.
  returned: success
  type: bool
  sample: false
steps:
  description: All steps in their order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The step.
      returned: always
      type: str
      sample: snapshot
    state:
      description: V(done), V(to do) or V(left out).
      returned: always
      type: str
      sample: done
    detail:
      description: What there is, or will be.
      returned: always
      type: str
      sample: orders-to-orders-aurora, of 2026-11-23 10:00 UTC, available
tags:
  description: The tags that everything of this migration has.
  returned: success
  type: dict
  sample: {"sysops:rds_aurora_migration": orders-to-orders-aurora}
step_tag:
  description: The key of the tag that names the cluster's last step.
  returned: success
  type: str
  sample: sysops:rds_aurora_migration_step
source:
  description: The source with the attributes that C(DescribeDBInstances) gives, or null if it is gone.
  returned: success
  type: dict
  sample: {db_instance_identifier: orders, engine: postgres, engine_version: 9.6.11}
db_snapshot:
  description: The snapshot with the attributes that C(DescribeDBSnapshots) gives, or null.
  returned: success
  type: dict
  sample: null
db_snapshot_arn:
  description: The ARN that the snapshot has or will have.
  returned: success
  type: str
  sample: arn:aws:rds:eu-west-1:123456789012:snapshot:orders-to-orders-aurora
db_cluster:
  description: The cluster with the attributes that C(DescribeDBClusters) gives, or null.
  returned: success
  type: dict
  sample: null
db_cluster_arn:
  description: The ARN that the cluster has or will have.
  returned: success
  type: str
  sample: arn:aws:rds:eu-west-1:123456789012:cluster:orders-aurora
missing_db_instance_identifiers:
  description: The cluster's instances that are still to be created.
  returned: success
  type: list
  elements: str
  sample: [orders-aurora-1, orders-aurora-2]
remaining_engine_versions:
  description: The versions that the cluster is still to be upgraded to.
  returned: success
  type: list
  elements: str
  sample: ["10.11", "11.8"]
replicas:
  description: For each replica its C(region), C(db_cluster) or null, and C(missing_db_instance_identifiers).
  returned: success
  type: list
  elements: dict
  sample: []
"""

from ansible_collections.sysops.aws.plugins.module_utils.rds.migration_info import ARGUMENT_SPEC, inform
from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task


def main() -> None:
    run_task(inform, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
