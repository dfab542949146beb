#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_image_cleanup
version_added: 0.3.0
short_description: Remove old images that were made before and after patching
description:
  - Deregisters images (AMIs) which the patch document of the role P(sysops.aws.patch_baseline#role) made before and
    after it patched an instance, once they are old, and deletes their snapshots.
  - It knows them by the tag C(sysops:made-by=sysops.aws.patch_now), which the document sets in the same call that makes
    an image. An image without it, or of another account, is never touched.
  - Protected are images that an instance, a launch template, an Auto Scaling group, a launch configuration, an EC2
    Fleet, a Spot Fleet request, a Spot Instance request, an SSM parameter or an Image Builder recipe uses, that are
    shared with another account, that have a deregistration protection or a locked snapshot, that AWS Backup, Data
    Lifecycle Manager, a CloudFormation stack or another service owns, or that have a tag of O(exclude_tags).
  - So are images of which a snapshot, which would go with the image, has such a tag, is shared, restores fast, is named
    by one of these that launch, or is what a volume in use was made from.
options:
  min_age_days:
    description:
      - Images of at least this age are removed.
    type: int
    default: 30
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(ec2:DescribeImages), C(ec2:DescribeImageReferences),
    C(ec2:DescribeImageAttribute), C(ec2:DescribeLaunchTemplateVersions), C(ec2:DescribeLockedSnapshots),
    C(ec2:DescribeFleets), C(ec2:DescribeSpotFleetRequests), C(ec2:DescribeSpotInstanceRequests),
    C(ec2:DescribeSnapshots), C(ec2:DescribeSnapshotAttribute), C(ec2:DescribeFastSnapshotRestores),
    C(ec2:DescribeVolumes),
    C(autoscaling:DescribeAutoScalingGroups) and C(autoscaling:DescribeLaunchConfigurations), and to enforce
    C(ec2:DeregisterImage) and C(ec2:DeleteSnapshot).
  - A snapshot that another image needs too stays.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Say which images made before and after patching would go
  sysops.aws.ssm_patch_image_cleanup:
    regions: [all]
  check_mode: true

- name: Remove those of more than two months
  sysops.aws.ssm_patch_image_cleanup:
    regions: [eu-west-1]
    min_age_days: 60
    max_actions: 50
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
      sample: ssm_patch_image_cleanup
    resource_type:
      description: The kind of resource, as the Resource Groups Tagging API names it.
      returned: always
      type: str
      sample: ec2:image
    resource_id:
      description: The id, or the name of what has no id.
      returned: always
      type: str
      sample: ami-0123456789abcdef0
    arn:
      description: The resource's ARN.
      returned: always
      type: str
      sample: arn:aws:ec2:eu-west-1:123456789012:image/ami-0123456789abcdef0
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
      description: The name of the image.
      returned: always
      type: str
      sample: before-i-0123456789abcdef0-2026-10-13_03.04.05
    reason:
      description: One sentence on why the resource was found, and why it is left alone if it is skipped.
      returned: always
      type: str
      sample: The image was made 42 days ago, before patching i-0123456789abcdef0.
    reason_code:
      description: The reason for programs.
      returned: always
      type: str
      sample: old_patch_image
    age_days:
      description: Whole days since the resource was created, or null.
      returned: always
      type: int
      sample: 42
    tags:
      description: The resource's tags.
      returned: always
      type: dict
      sample: {"sysops:made-by": sysops.aws.patch_now}
    estimated_monthly_cost_usd:
      description: What the resource costs in a month, C(low) to C(high), or null where no price is known.
      returned: always
      type: dict
      sample: {low: 8.0, high: 8.0}
    action:
      description: What enforcing does to it.
      returned: always
      type: str
      sample: deregister
    outcome:
      description: What it is once that is done, or null if nothing is.
      returned: always
      type: str
      sample: absent
    due_date:
      description: The day on which a resource in a grace period goes, if nothing changes until then; else null.
      returned: always
      type: str
      sample: null
    reversible:
      description: Whether the action can be undone; null where there is nothing to undo.
      returned: always
      type: bool
      sample: false
    recoverable_until:
      description: Until which day the Recycle Bin keeps the resource once it is deleted, or null.
      returned: always
      type: str
      sample: null
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
    schema_version: 2
    mode: report
    examined: 31
    planned: 4
    changed: 0
    protected: 3
    skipped: 0
    failed: 0
    estimated_monthly_savings_usd: {low: 12.4, high: 31.0}
    unpriced: 0
    irreversible: 2
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.ssm_patch_image_cleanup import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
