#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: log_group_retention
version_added: 0.1.0
short_description: Give CloudWatch log groups a retention
description:
  - Finds log groups that never expire, or expire later than wanted, over any number of regions, and sets their
    retention.
  - Log groups that expire sooner than wanted are left alone.
  - Protected are log groups that have a longer retention of their own unless O(shorten) is set, those whose name or
    tags exclude them, those that a CloudFormation stack owns unless O(include_stacks) is set, those with deletion
    protection unless O(include_deletion_protected) is set, those of class C(DELIVERY), and those that an account-level
    retention policy governs, since CloudWatch Logs would answer success and change nothing.
options:
  retention_in_days:
    description:
      - For how many days log events are kept.
      - One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653.
      - Another value is refused with the two nearest named.
    type: int
    required: true
  shorten:
    description:
      - Also lower the retention of log groups that expire later. Events beyond it are deleted irreversibly,
        and raising the retention again does not restore them.
    type: bool
    default: false
  name_prefix:
    description:
      - Look only at log groups whose name begins with this.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: str
  exclude_names:
    description:
      - Patterns of names, as in a shell (C(/aws/rds/*)), of log groups to protect. Case matters, as it does in names.
      - Text is split at commas and line ends. A pattern that no name of a log group can match is refused.
    type: list
    elements: str
    default: []
  include_stacks:
    description:
      - Also set the retention of log groups that belong to a CloudFormation stack, which shows as drift there.
    type: bool
    default: false
    version_added: 0.2.0
  include_deletion_protected:
    description:
      - Also set the retention of log groups whose deletion protection is on (C(deletionProtectionEnabled)).
      - Without it they are protected. With a botocore older than 1.41.3, which does not read the protection, all log
        groups are protected.
    type: bool
    default: false
    version_added: 0.4.1
  minimum_retention_in_days:
    description:
      - A shorter O(retention_in_days) is refused before anything is read. For those who must keep events for some time.
    type: int
    default: 1
    version_added: 0.2.0
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(logs:DescribeLogGroups), C(logs:DescribeAccountPolicies),
    C(logs:ListTagsForResource) and C(tag:GetResources); outside check mode also C(logs:PutRetentionPolicy).
  - The estimated cost is that of the bytes stored now, of which CloudWatch Logs bills 15 to 100 percent after
    compression. It is the most that the retention can save. Ingestion costs more than storage, and retention does not
    change it.
  - Tags are read from one list for each region (Resource Groups Tagging API), not with a call for each log group. Where
    that list holds no log group of the region, each log group that would be changed is asked for its tags.
  - With a botocore older than 1.43.123, which does not read the retention policy that a log group names, an
    account-level policy for new groups protects all log groups that it selects.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Show the log groups that never expire
  sysops.aws.log_group_retention:
    regions: [all]
    retention_in_days: 30
  check_mode: true

- name: Let the logs of functions expire after two weeks, also where they are kept longer
  sysops.aws.log_group_retention:
    regions: [eu-west-1]
    retention_in_days: 14
    shorten: true
    name_prefix: /aws/lambda/
    exclude_names: ["/aws/lambda/audit-*"]
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
      sample: log_group_retention
    resource_type:
      description: The kind of resource, as the Resource Groups Tagging API names it.
      returned: always
      type: str
      sample: "logs:log-group"
    resource_id:
      description: The id, or the name of what has no id.
      returned: always
      type: str
      sample: /aws/lambda/orders
    arn:
      description: The resource's ARN.
      returned: always
      type: str
      sample: "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/orders"
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
      sample: /aws/lambda/orders
    reason:
      description: One sentence on why the resource was found, and why it is left alone if it is skipped.
      returned: always
      type: str
      sample: The log group never expires; 30 days are wanted.
    reason_code:
      description: The reason for programs. V(no_retention) or V(longer_retention).
      returned: always
      type: str
      sample: no_retention
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
      sample: set_retention
    outcome:
      description: What it is once that is done, or null if nothing is.
      returned: always
      type: str
      sample: expires after 30 days
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
      service: logs
      operation: DescribeLogGroups
      code: AccessDeniedException
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.log_group_retention import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
