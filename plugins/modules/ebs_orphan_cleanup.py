#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ebs_orphan_cleanup
version_added: 0.1.0
short_description: Delete orphan EBS volumes and obsolete snapshots
description:
  - Finds EBS volumes that are attached to nothing and own EBS snapshots that are old enough, over any number of
    regions, and deletes those that nothing protects.
  - Volumes and snapshots are protected by O(exclude_tags), by ownership of AWS Backup, Data Lifecycle Manager,
    CloudFormation, Kubernetes or an AWS service (C(Operator.Managed)).
  - Snapshots are protected as well when they back an AMI (also a disabled one), are locked, archived, or shared with
    another account or the public. An AMI is never deregistered.
  - The state of each resource is read again just before it is deleted.
options:
  resources:
    description:
      - What to look for.
    type: list
    elements: str
    choices: [volumes, snapshots]
    default: [volumes, snapshots]
  volume_min_age_days:
    description:
      - Volumes that were created fewer days ago are left alone. EC2 does not tell how long a volume has been detached.
    type: int
    default: 10
  snapshot_min_age_days:
    description:
      - Snapshots that were taken fewer days ago are left alone.
    type: int
    default: 15
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(ec2:DescribeVolumes), C(ec2:DescribeSnapshots),
    C(ec2:DescribeSnapshotAttribute), C(ec2:DescribeImages), C(ec2:DescribeLockedSnapshots); outside check mode also
    C(ec2:DeleteVolume) and C(ec2:DeleteSnapshot).
  - Whether a snapshot is shared with named accounts is not in any list of EC2. It is asked for each snapshot that would
    be deleted, as long as the plan is within O(max_actions); a larger plan is not acted on anyway.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Show what would go in all regions, and what it would save
  sysops.aws.ebs_orphan_cleanup:
    regions: [all]
  check_mode: true
  register: orphans

- name: Delete orphan volumes of at least 30 days in two regions, ten at the most
  sysops.aws.ebs_orphan_cleanup:
    regions: [eu-west-1, eu-central-1]
    resources: [volumes]
    volume_min_age_days: 30
    max_actions: 10
    exclude_tags:
      Keep: "*"
      Environment: production

- name: Delete what a person picked from the report, in the account that is meant
  sysops.aws.ebs_orphan_cleanup:
    regions: [all]
    only_ids: [vol-0123456789abcdef0, snap-0123456789abcdef0]
    expected_account_id: "123456789012"
"""

RETURN = r"""
findings:
  description:
    - What the check says of each resource. The first 200 if O(findings_path) is set.
  returned: success, or failure after the regions were read
  type: list
  elements: dict
  contains:
    check:
      description: The check that speaks.
      returned: always
      type: str
      sample: ebs_orphan_cleanup
    resource_type:
      description: The kind of resource, as the Resource Groups Tagging API names it.
      returned: always
      type: str
      sample: ec2:volume
    resource_id:
      description: The id, or the name of what has no id.
      returned: always
      type: str
      sample: vol-0123456789abcdef0
    arn:
      description: The resource's ARN.
      returned: always
      type: str
      sample: arn:aws:ec2:eu-west-1:123456789012:volume/vol-0123456789abcdef0
    account_id:
      description: The account.
      returned: always
      type: str
      sample: "123456789012"
    region:
      description: The region.
      returned: always
      type: str
      sample: eu-west-1
    name:
      description: The resource's name, or the value of its C(Name) tag; empty without one.
      returned: always
      type: str
      sample: data-1
    reason:
      description: One sentence on why the resource was found, and why it is left alone if it is skipped.
      returned: always
      type: str
      sample: The volume (100 GiB gp3) is attached to nothing and was created 42 days ago.
    reason_code:
      description: The reason for programs. V(unattached) or V(old_snapshot).
      returned: always
      type: str
      sample: unattached
    age_days:
      description: Whole days since the resource was created, or null.
      returned: always
      type: int
      sample: 42
    tags:
      description: The resource's tags.
      returned: always
      type: dict
      sample: {Team: data}
    estimated_monthly_cost_usd:
      description: What the resource costs in a month, C(low) to C(high), or null where no price is known.
      returned: always
      type: dict
      sample: {low: 8.0, high: 8.0}
    action:
      description: What enforcing does to it.
      returned: always
      type: str
      sample: delete
    status:
      description:
        - V(planned) in check mode, V(changed) when done, V(protected) by a guard, V(skipped) when it was not asked for,
          or no longer qualified when its turn came, V(failed) when AWS refused.
      returned: always
      type: str
      sample: planned
    protected_by:
      description: What protects the resource, in words.
      returned: always
      type: list
      elements: str
      sample: []
    error:
      description: AWS's C(code) and C(message) if the action failed, or null.
      returned: always
      type: dict
      sample: null
findings_truncated:
  description: Whether there are more findings in O(findings_path) than returned.
  returned: success, or failure after the regions were read
  type: bool
  sample: false
summary:
  description:
    - Counts over all regions, and the estimated savings of what is planned or changed. C(checks) has the same by check.
  returned: success, or failure after the regions were read
  type: dict
  sample:
    schema_version: 1
    mode: report
    examined: 31
    planned: 4
    changed: 0
    protected: 3
    skipped: 0
    failed: 0
    estimated_monthly_savings_usd: {low: 12.4, high: 31.0}
    unpriced: 0
    price_table_as_of: 2026-09
region_errors:
  description: What could not be read, and where.
  returned: success, or failure after the regions were read
  type: list
  elements: dict
  sample:
    - account_id: "123456789012"
      region: eu-central-1
      service: ec2
      operation: DescribeVolumes
      code: UnauthorizedOperation
      message: You are not authorized to perform this operation.
accounts:
  description: The accounts that were swept.
  returned: success, or failure after the regions were read
  type: list
  elements: str
  sample: ["123456789012"]
regions:
  description: The regions that were swept.
  returned: success, or failure after the regions were read
  type: list
  elements: str
  sample: [eu-west-1, us-east-1]
"""

from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_orphan_cleanup import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
