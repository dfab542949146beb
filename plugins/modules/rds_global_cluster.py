#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_global_cluster
version_added: 0.2.0
short_description: Keep an Aurora global database as wanted
description:
  - Makes an Aurora global database of an existing cluster, which becomes the one that writes, or deletes a global
    database that has no clusters left.
  - Clusters in other regions are added with M(amazon.aws.rds_cluster), which takes a global cluster identifier.
  - The collection C(amazon.aws) can only list global databases, with M(amazon.aws.rds_global_cluster_info).
options:
  global_cluster_identifier:
    description:
      - The name of the global database.
    type: str
    required: true
    aliases: [id]
  source_db_cluster_identifier:
    description:
      - The ARN of the cluster that writes. It can't be changed here once the global database exists.
      - Required with O(state=present).
    type: str
  deletion_protection:
    description:
      - Whether the global database can't be deleted.
    type: bool
notes:
  - Needs the IAM permissions C(rds:DescribeGlobalClusters) and, outside check mode, C(rds:CreateGlobalCluster),
    C(rds:ModifyGlobalCluster), C(rds:DeleteGlobalCluster), C(rds:AddTagsToResource) and C(rds:RemoveTagsFromResource).
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.resource
  - amazon.aws.tags
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Make a global database of the cluster
  sysops.aws.rds_global_cluster:
    global_cluster_identifier: orders-global
    source_db_cluster_identifier: arn:aws:rds:eu-west-1:123456789012:cluster:orders-aurora
    deletion_protection: true
"""

RETURN = r"""
global_cluster:
  description: The global database, with the attributes that C(DescribeGlobalClusters) gives.
  returned: success
  type: dict
  sample: {global_cluster_identifier: orders-global, status: available, engine: aurora-postgresql}
changes:
  description: What was changed, or would be.
  returned: success
  type: list
  elements: dict
  sample: [{property: deletion_protection, before: false, after: true}]
"""

from ansible_collections.sysops.aws.plugins.module_utils.rds.global_cluster import ARGUMENT_SPEC, GlobalCluster
from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource


def main() -> None:
    run_resource(GlobalCluster, ARGUMENT_SPEC, required_if=[("state", "present", ["source_db_cluster_identifier"])])


if __name__ == "__main__":
    main()
