#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_cluster_upgrade
version_added: 0.2.0
short_description: Upgrade the engine of an Aurora cluster by one step that RDS offers
description:
  - Upgrades an Aurora cluster to an engine version, at once, and waits until the cluster and its instances have it.
  - The version is checked first against those that RDS offers for the one that the cluster runs. If RDS doesn't offer
    it, the module names those that it does, and changes nothing.
  - A cluster that is being created, changed or upgraded is waited for before and after. If RDS rolls a failed upgrade
    back, the module says so.
  - M(amazon.aws.rds_cluster) can't allow major versions, and takes a cluster for upgraded that has not begun to be.
options:
  db_cluster_identifier:
    description:
      - The cluster.
    type: str
    required: true
    aliases: [cluster_id, id]
  engine_version:
    description:
      - The version that the cluster should run.
    type: str
    required: true
  db_cluster_parameter_group_name:
    description:
      - The cluster parameter group for a new major version. Without it RDS takes the default one.
    type: str
  db_instance_parameter_group_name:
    description:
      - The parameter group of all instances for a new major version. Without it RDS takes the default one.
    type: str
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
  - Needs the IAM permissions C(rds:DescribeDBClusters), C(rds:DescribeDBInstances), C(rds:DescribeDBEngineVersions)
    and, outside check mode, C(rds:ModifyDBCluster).
  - An upgrade interrupts all connections.
attributes:
  check_mode:
    description: Says whether the cluster would be upgraded, and refuses what RDS does not offer. It does not wait.
    support: full
  diff_mode:
    description: Versions are among the return values.
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
- name: Upgrade the cluster to its next major version
  sysops.aws.rds_cluster_upgrade:
    db_cluster_identifier: orders-aurora
    engine_version: "11.8"
    db_cluster_parameter_group_name: orders-aurora-postgresql11
"""

RETURN = r"""
previous_engine_version:
  description: The version that the cluster ran before.
  returned: success
  type: str
  sample: "10.11"
engine_version:
  description: The version that the cluster runs, or would run.
  returned: success
  type: str
  sample: "11.8"
db_cluster:
  description: The cluster, with the attributes that C(DescribeDBClusters) gives.
  returned: success
  type: dict
  sample: {db_cluster_identifier: orders-aurora, status: available, engine_version: "11.8"}
"""

from ansible_collections.sysops.aws.plugins.module_utils.rds.upgrade import ARGUMENT_SPEC, upgrade
from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task


def main() -> None:
    run_task(upgrade, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
