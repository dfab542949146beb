#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_migration_info
version_added: 0.3.0
short_description: Say how far a migration with DMS has come, and what speaks against it
description:
  - Reads what there is of a migration by the role P(sysops.aws.dms_migration#role), and returns its steps with what is
    done and what remains, and whether its gate is open. Nothing is changed.
  - Fails where something speaks against starting or going on, with one sentence for each reason. It looks at names that
    are taken by something else, subnets, the IAM role C(dms-vpc-role), a task that is being deleted or works with other
    endpoints, and at a clean-up of what isn't cut over.
  - What the migration has made is known by its tag C(sysops:dms_migration), and steps that leave no other trace in DMS
    by the tag C(sysops:dms_migration_step).
options:
  name:
    description:
      - The name of the migration, which is the identifier of its replication task.
    type: str
    required: true
  source_endpoint_identifier:
    description:
      - The endpoint of the source.
    type: str
    required: true
  target_endpoint_identifier:
    description:
      - The endpoint of the target.
    type: str
    required: true
  replication_instance_identifier:
    description:
      - The replication instance that the task runs on.
    type: str
    required: true
  manage_replication_instance:
    description:
      - Whether the migration makes the replication instance. If not, it must exist and is left as it is.
    type: bool
    default: true
  replication_subnet_group_identifier:
    description:
      - The replication subnet group of the replication instance.
    type: str
  subnet_ids:
    description:
      - The subnets of the replication subnet group, if the migration makes it.
    type: list
    elements: str
    default: []
  migration_type:
    description:
      - What the task does.
    type: str
    choices: [full-load, cdc, full-load-and-cdc]
    default: full-load-and-cdc
  max_latency_seconds:
    description:
      - How far the task may be behind its source at the gate, by the newest datapoints of C(CDCLatencySource) and
        C(CDCLatencyTarget) in CloudWatch. Datapoints older than 15 minutes don't count.
    type: int
    default: 60
  require_validation:
    description:
      - Whether the gate asks for tables that DMS has validated.
    type: bool
    default: true
  accept_unvalidated_tables:
    description:
      - Tables as V(schema.table) that may pass the gate without having been validated, such as those without primary
        key.
    type: list
    elements: str
    default: []
  cut_over:
    description:
      - Whether the migration is asked to cut over. Until then its last steps have the state V(waits).
    type: bool
    default: false
  clean_up:
    description:
      - Whether the migration is asked to delete what it has made. That is refused unless the task is stopped and cut
        over.
    type: bool
    default: false
  clean_up_replication_instance:
    description:
      - Whether the replication instance is deleted too.
    type: bool
    default: false
  expected_account_id:
    description:
      - The account that the credentials must belong to. Nothing is read in another one.
    type: str
notes:
  - Needs the IAM permissions C(dms:DescribeReplicationTasks), C(dms:DescribeEndpoints),
    C(dms:DescribeReplicationInstances), C(dms:DescribeReplicationSubnetGroups), C(dms:DescribeConnections),
    C(dms:DescribeTableStatistics), C(dms:ListTagsForResource), C(cloudwatch:GetMetricData) and C(iam:GetRole).
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
  sysops.aws.dms_migration_info:
    name: orders
    source_endpoint_identifier: orders-source
    target_endpoint_identifier: orders-target
    replication_instance_identifier: orders
  register: migration

- name: Say what keeps it from being cut over
  ansible.builtin.debug:
    msg: "{{ migration.gate.refusals }}"
"""

RETURN = r"""
cut_over:
  description: Whether the migration is cut over, and its task stopped.
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
      sample: full_load
    state:
      description: V(done), V(to do), V(left out), or V(waits) for the operator.
      returned: always
      type: str
      sample: to do
    detail:
      description: What there is, or will be.
      returned: always
      type: str
      sample: "running, 62 % of the full load: 12 tables loaded, 3 loading, 10 queued, 0 in error"
gate:
  description:
    - Whether the migration may be cut over.
  returned: success
  type: dict
  contains:
    passed:
      description: Whether nothing speaks against it.
      returned: always
      type: bool
      sample: false
    may_pass:
      description: Whether nothing speaks against it that doesn't pass by itself, as validation and latency do.
      returned: always
      type: bool
      sample: false
    refusals:
      description: What speaks against it, one sentence each.
      returned: always
      type: list
      elements: str
      sample: ["1 table in error (shop.items): see the task's log, put it right and reload them."]
    cdc_latency_source_seconds:
      description: The newest datapoint of C(CDCLatencySource), or null.
      returned: always
      type: float
      sample: 2.0
    cdc_latency_target_seconds:
      description: The newest datapoint of C(CDCLatencyTarget), or null.
      returned: always
      type: float
      sample: 3.0
    cdc_incoming_changes:
      description: The newest datapoint of C(CDCIncomingChanges), or null.
      returned: always
      type: float
      sample: 0.0
progress:
  description: How far the full load is, in words, or null without a task.
  returned: success
  type: str
  sample: "running, 62 % of the full load: 12 tables loaded, 3 loading, 10 queued, 0 in error"
now:
  description: When this was read.
  returned: success
  type: str
  sample: "2026-11-24T10:00:00+00:00"
tags:
  description: The tags that everything of this migration has.
  returned: success
  type: dict
  sample: {"sysops:dms_migration": orders}
step_tag:
  description: The key of the tag that names the last step.
  returned: success
  type: str
  sample: sysops:dms_migration_step
replication_task:
  description: The task with the attributes that C(DescribeReplicationTasks) gives, or null.
  returned: success
  type: dict
  sample: null
source_endpoint:
  description: The endpoint with the attributes that C(DescribeEndpoints) gives, or null. DMS never returns a password.
  returned: success
  type: dict
  sample: null
target_endpoint:
  description: The same of the target.
  returned: success
  type: dict
  sample: null
replication_instance:
  description: The instance with the attributes that C(DescribeReplicationInstances) gives, or null.
  returned: success
  type: dict
  sample: null
replication_subnet_group:
  description: The subnet group with the attributes that C(DescribeReplicationSubnetGroups) gives, or null.
  returned: success
  type: dict
  sample: null
"""

from ansible_collections.sysops.aws.plugins.module_utils.dms.migration_info import ARGUMENT_SPEC, inform
from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task


def main() -> None:
    run_task(inform, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
