#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ec2_monitoring
version_added: 0.1.0
short_description: Switch detailed monitoring of EC2 instances off or on
description:
  - Finds running instances with detailed monitoring, over any number of regions, and switches them to basic monitoring,
    in batches. With O(state=detailed) it does the opposite.
  - An instance is protected by O(exclude_tags), by an alarm on EC2's metrics of it or of its Auto Scaling group with a
    period under 300 seconds (metric math included, status checks not, which are free), by one on an average over
    instances, and by membership of an Auto Scaling group that has a scaling policy, or whose launch template or
    configuration switches detailed monitoring on again with the next instance.
  - An alarm whose metrics are not known, such as one on a PromQL query, protects all instances of its region.
  - Instances that an AWS service manages (C(Operator.Managed)) are left to it.
options:
  state:
    description:
      - The monitoring that running instances should have.
    type: str
    choices: [basic, detailed]
    default: basic
  filters:
    description:
      - Further filters of C(ec2:DescribeInstances), as a dict of filter name to value or list of values.
      - See U(https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html).
      - C(instance-state-name) is set by the module.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: dict
  include_auto_scaling:
    description:
      - Also switch off the detailed monitoring of instances whose Auto Scaling group has a scaling policy, which then
        reacts to values of five minutes, or launches its next instances with detailed monitoring again.
    type: bool
    default: false
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(ec2:DescribeInstances), C(cloudwatch:DescribeAlarms),
    C(autoscaling:DescribePolicies), C(autoscaling:DescribeAutoScalingGroups),
    C(autoscaling:DescribeLaunchConfigurations) and C(ec2:DescribeLaunchTemplateVersions); outside check mode also
    C(ec2:UnmonitorInstances) or C(ec2:MonitorInstances).
  - The estimated cost is that of seven metrics at the price of the first 10,000.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Show which running instances pay for detailed monitoring that nothing uses
  sysops.aws.ec2_monitoring:
    regions: [all]
  check_mode: true

- name: Switch the test instances to basic monitoring
  sysops.aws.ec2_monitoring:
    regions: [eu-west-1]
    filters:
      "tag:Environment": test

- name: Give production instances detailed monitoring
  sysops.aws.ec2_monitoring:
    regions: [eu-west-1]
    state: detailed
    filters:
      "tag:Environment": production
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
      sample: ec2_monitoring
    resource_type:
      description: The kind of resource, as the Resource Groups Tagging API names it.
      returned: always
      type: str
      sample: ec2:instance
    resource_id:
      description: The id, or the name of what has no id.
      returned: always
      type: str
      sample: i-0123456789abcdef0
    arn:
      description: The resource's ARN.
      returned: always
      type: str
      sample: arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0
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
      sample: web-1
    reason:
      description: One sentence on why the resource was found, and why it is left alone if it is skipped.
      returned: always
      type: str
      sample: The running instance has detailed monitoring; basic is wanted.
    reason_code:
      description: The reason for programs. V(detailed_monitoring) or V(basic_monitoring).
      returned: always
      type: str
      sample: detailed_monitoring
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
      sample: disable_detailed_monitoring
    outcome:
      description: What it is once that is done, or null if nothing is.
      returned: always
      type: str
      sample: basic
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
      operation: DescribeInstances
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.ec2_monitoring import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
