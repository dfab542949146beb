#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_wait
version_added: 0.2.0
short_description: Wait until RDS instances, clusters and snapshots are in a status
description:
  - Waits until all of the named resources are in one of the O(statuses), and returns them.
  - It fails at once where a resource is in a status that RDS doesn't leave by itself, such as C(stopped) or C(failed),
    and says what to do.
  - The RDS modules of C(amazon.aws) wait for what they have changed themselves, and for 20 to 60 minutes.
    This module waits for what an earlier run, RDS itself or somebody else has begun, and for as long as is wanted.
options:
  db_instance_identifiers:
    description:
      - The instances to wait for.
      - Where it is given and is empty, nothing of this kind is waited for.
    type: list
    elements: str
  db_cluster_identifiers:
    description:
      - The clusters to wait for.
      - Where it is given and is empty, nothing of this kind is waited for.
    type: list
    elements: str
  db_snapshot_identifiers:
    description:
      - The snapshots of instances to wait for.
      - Where it is given and is empty, nothing of this kind is waited for.
    type: list
    elements: str
  statuses:
    description:
      - The statuses to wait for, one of which is enough.
    type: list
    elements: str
    default: [available]
  wait_timeout:
    description:
      - For how many seconds to wait each time. Databases of terabytes take hours.
    type: int
    default: 3600
  wait_delay:
    description:
      - How many seconds lie between two looks.
    type: float
    default: 30
notes:
  - Needs the IAM permissions C(rds:DescribeDBInstances), C(rds:DescribeDBClusters) and C(rds:DescribeDBSnapshots), as
    far as there are such identifiers.
attributes:
  check_mode:
    description: The resources are returned as they are, without waiting.
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
- name: Wait until the database takes changes again
  sysops.aws.rds_wait:
    db_instance_identifiers: [orders]
    wait_timeout: 1800

- name: Wait for a large snapshot
  sysops.aws.rds_wait:
    db_snapshot_identifiers: [orders-before-the-release]
    wait_timeout: 14400
    wait_delay: 60
"""

RETURN = r"""
db_instances:
  description: The instances, with the attributes that C(DescribeDBInstances) gives.
  returned: success
  type: list
  elements: dict
  sample: [{db_instance_identifier: orders, db_instance_status: available, engine: postgres}]
db_clusters:
  description: The clusters, with the attributes that C(DescribeDBClusters) gives.
  returned: success
  type: list
  elements: dict
  sample: [{db_cluster_identifier: orders-aurora, status: available, engine: aurora-postgresql}]
db_snapshots:
  description: The snapshots, with the attributes that C(DescribeDBSnapshots) gives.
  returned: success
  type: list
  elements: dict
  sample: [{db_snapshot_identifier: orders-before-the-release, status: available}]
"""

from ansible_collections.sysops.aws.plugins.module_utils.rds.wait import ARGUMENT_SPEC, OPTIONS, wait
from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task


def main() -> None:
    run_task(wait, ARGUMENT_SPEC, tuple(OPTIONS.values()), required_one_of=[list(OPTIONS.values())])


if __name__ == "__main__":
    main()
