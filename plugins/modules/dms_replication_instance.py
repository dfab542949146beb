#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_replication_instance
version_added: 0.3.0
short_description: Keep a DMS replication instance as wanted
description:
  - Creates, changes and deletes a replication instance of AWS Database Migration Service, the machine that replication
    tasks run on.
  - Options that are left out leave what there is alone, except where they have a default.
  - What can't be changed, and options that make no sense, are refused before anything is changed.
options:
  replication_instance_identifier:
    description:
      - The name of the instance, which DMS keeps in lower case. It can't be changed.
    type: str
    required: true
    aliases: [id]
  replication_instance_class:
    description:
      - The class of the instance, such as V(dms.t3.medium). Required with O(state=present).
    type: str
    aliases: [instance_class]
  allocated_storage:
    description:
      - Storage for logs and cached changes, 5 to 6144 gibibytes. A new instance has 50. It can only grow.
    type: int
  replication_subnet_group_identifier:
    description:
      - The replication subnet group (M(community.aws.dms_replication_subnet_group)) that the instance is in.
        It can't be changed.
    type: str
  vpc_security_group_ids:
    description:
      - The security groups of the instance. Without it, a new instance gets the VPC's default security group.
    type: list
    elements: str
  multi_az:
    description:
      - Keep a standby in another Availability Zone.
    type: bool
  availability_zone:
    description:
      - The Availability Zone of an instance without O(multi_az). It can't be changed.
    type: str
  publicly_accessible:
    description:
      - Whether the instance has a public address, which it needs to reach a database over the internet.
      - Without it, a new instance has none, other than by DMS's own default. It can't be changed.
    type: bool
  network_type:
    description:
      - V(IPV4), or V(DUAL) for IPv4 and IPv6.
    type: str
    choices: [IPV4, DUAL]
  kms_key_id:
    description:
      - The ARN or the id of the KMS key that encrypts the storage; an alias is refused, since DMS doesn't tell of which
        key it is. Without it, a new instance has the key C(aws/dms). It can't be changed.
    type: str
  engine_version:
    description:
      - The version of DMS on the instance, as a string. V(3.5) stands for any 3.5. Without it, a new instance has the
        latest.
      - DMS can't go back to an older one.
    type: str
  allow_major_version_upgrade:
    description:
      - Whether O(engine_version) may be another major version (V(3.5), V(3.6)) than the one that the instance has.
    type: bool
    default: false
  auto_minor_version_upgrade:
    description:
      - Whether DMS upgrades minor versions by itself in the maintenance window. A new instance does.
    type: bool
  preferred_maintenance_window:
    description:
      - The weekly window for maintenance in UTC, such as V(sun:03:00-sun:04:00), of at least 30 minutes.
    type: str
  apply_immediately:
    description:
      - Change class, storage, Multi-AZ, version and network type at once, which interrupts the tasks.
      - V(false) leaves these changes to the maintenance window. Until then they are in
        RV(replication_instance.pending_modified_values) and count as made.
    type: bool
    default: false
notes:
  - Needs the IAM permissions C(dms:DescribeReplicationInstances), C(dms:DescribeReplicationTasks) and
    C(dms:ListTagsForResource); outside check mode also C(dms:CreateReplicationInstance),
    C(dms:ModifyReplicationInstance), C(dms:DeleteReplicationInstance), C(dms:AddTagsToResource),
    C(dms:RemoveTagsFromResource) and, for a new instance, C(ec2:DescribeVpcs), C(ec2:DescribeSubnets),
    C(ec2:DescribeSecurityGroups), C(ec2:DescribeAvailabilityZones), C(kms:ListAliases) and C(kms:DescribeKey).
  - DMS works only in an account that has the role C(dms-vpc-role).
  - O(state=absent) is refused as long as the instance has replication tasks, which are named.
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
- name: A replication instance for the migration of the orders
  sysops.aws.dms_replication_instance:
    replication_instance_identifier: orders
    replication_instance_class: dms.t3.medium
    allocated_storage: 100
    replication_subnet_group_identifier: orders
    vpc_security_group_ids: [sg-0c1d2e3f]
    multi_az: true
    preferred_maintenance_window: sun:03:00-sun:04:00
    tags:
      Team: shop

- name: A larger one, at once
  sysops.aws.dms_replication_instance:
    replication_instance_identifier: orders
    replication_instance_class: dms.r6i.large
    apply_immediately: true

- name: Delete it when its tasks are gone
  sysops.aws.dms_replication_instance:
    replication_instance_identifier: orders
    state: absent
"""

RETURN = r"""
replication_instance:
  description:
    - The instance, with the attributes that C(DescribeReplicationInstances) gives, C(vpc_security_group_ids),
      C(replication_subnet_group_identifier) and C(tags). In check mode, as far as it can be told beforehand.
    - Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    replication_instance_identifier:
      description: Its name.
      returned: if there is an instance
      type: str
      sample: orders
    replication_instance_arn:
      description: Its ARN, which doesn't hold the name.
      returned: if there is an instance
      type: str
      sample: arn:aws:dms:eu-west-1:123456789012:rep:ABCDEFGHIJKLMNOPQRSTUVWXYZ
    replication_instance_status:
      description: Its status.
      returned: if there is an instance
      type: str
      sample: available
    replication_instance_class:
      description: Its class now.
      returned: always with O(state=present)
      type: str
      sample: dms.t3.medium
    pending_modified_values:
      description: What the next maintenance window changes.
      returned: if there is an instance
      type: dict
      sample: {replication_instance_class: dms.r6i.large}
    replication_instance_private_ip_addresses:
      description: The addresses that the databases must let in.
      returned: if there is an instance
      type: list
      elements: str
      sample: [10.0.0.17]
    tags:
      description: Its tags.
      returned: if there is an instance
      type: dict
      sample: {Team: shop}
changes:
  description: The properties that were changed, or would be in check mode; all of them if the instance comes or goes.
  returned: success
  type: list
  elements: dict
  sample: [{property: allocated_storage, before: 50, after: 100}]
"""

from ansible_collections.sysops.aws.plugins.module_utils.dms.instance import ReplicationInstance
from ansible_collections.sysops.aws.plugins.module_utils.dms.instance_options import ARGUMENT_SPEC, REQUIRED_IF
from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource


def main() -> None:
    run_resource(ReplicationInstance, ARGUMENT_SPEC, required_if=REQUIRED_IF)


if __name__ == "__main__":
    main()
