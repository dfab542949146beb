#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_agent_coverage
version_added: 0.3.0
short_description: Report running instances that the CloudWatch agent sends no metric of
description:
  - Finds running instances, over any number of regions and accounts, of which CloudWatch has no value of the agent's
    metrics in the last O(minutes). Without memory metrics an instance can't be sized right.
  - Nothing is ever changed.
  - CloudWatch is asked for all instances of a region together. Where it can't be asked, that region is an error, and
    none of its instances is found.
  - Instances that were launched within the last O(minutes) are not found, as their agent had no time yet.
options:
  namespace:
    description:
      - The namespace that the agent writes to.
    type: str
    default: CWAgent
  metric_names:
    description:
      - The metrics of which one is enough. They must have the dimension C(InstanceId), which the agent adds with
        C(append_dimensions).
    type: list
    elements: str
    default: [mem_used_percent, "Memory % Committed Bytes In Use"]
  minutes:
    description:
      - How far back to look, 1 to 20160 (two weeks). It must be longer than the agent's collection interval.
      - Up to 180 minutes CloudWatch is asked for the metrics of the last three hours only, which is faster.
    type: int
    default: 60
  filters:
    description:
      - Further filters of C(ec2:DescribeInstances), as a dict of filter name to value or list of values.
      - C(instance-state-name) is set by the module.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: dict
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(ec2:DescribeInstances), C(cloudwatch:ListMetrics) and
    C(cloudwatch:GetMetricData).
  - AWS charges C(cloudwatch:GetMetricData) by the metric, USD 0.01 for 1,000. A run asks for one metric of each
    instance, or more where an instance's other dimensions have changed.
  - An agent that runs with other metrics than O(metric_names), or under another namespace, counts as none.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Which running instances lack the agent, in all regions
  sysops.aws.cloudwatch_agent_coverage:
    regions: [all]
  register: coverage

- name: Name them
  ansible.builtin.debug:
    msg: "{{ coverage.findings | map(attribute='resource_id') }}"

- name: Production only, except for what is tagged as without agent
  sysops.aws.cloudwatch_agent_coverage:
    regions: [eu-west-1]
    filters:
      "tag:Environment": production
    minutes: 15
    exclude_tags:
      CloudWatchAgent: none
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
      sample: cloudwatch_agent_coverage
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
      sample: The CloudWatch agent has sent no metric of the running instance in three hours (no_agent_metric).
    reason_code:
      description:
        - The reason for programs. V(no_agent_metric) if CloudWatch lists none of the metrics, V(agent_metric_stopped)
          if it lists one without a value in the last O(minutes).
      returned: always
      type: str
      sample: no_agent_metric
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
      description: Always null, as nothing is saved.
      returned: always
      type: dict
      sample: null
    action:
      description: V(report), as nothing is ever done.
      returned: always
      type: str
      sample: report
    outcome:
      description: What it is once that is done, or null if nothing is.
      returned: always
      type: str
      sample: null
    due_date:
      description: Always null, as nothing ever goes.
      returned: always
      type: str
      sample: null
    reversible:
      description: Always null, as there is nothing to undo.
      returned: always
      type: bool
      sample: null
    recoverable_until:
      description: Always null, as nothing is ever deleted.
      returned: always
      type: str
      sample: null
    configuration:
      description:
        - What helps to find out why. C(platform_details), C(image_id), C(instance_type) and C(iam_instance_profile).
      returned: always
      type: dict
      sample:
        platform_details: Linux/UNIX
        image_id: ami-0123456789abcdef0
        instance_type: t3.medium
        iam_instance_profile: ""
    status:
      description: V(skipped), as nothing is done, or V(protected) if O(exclude_tags) says that it needs no agent.
      returned: always
      type: str
      sample: skipped
    protected_by:
      description: What protects the resource, in words.
      returned: always
      type: list
      elements: str
      sample: []
    error:
      description: Always null.
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
    - Counts over all regions. C(examined) are the running instances, C(skipped) those without the agent's metrics.
    - C(attention) counts the findings that need attention. C(verdicts) holds what a gate needs without the findings
      file, by resource type (C(examined), C(attention), C(text), and C(resource_ids), the first ten).
  returned: success, or failure after the regions were read
  type: dict
  sample:
    schema_version: 2
    mode: report
    examined: 31
    planned: 0
    changed: 0
    protected: 3
    skipped: 4
    failed: 0
    estimated_monthly_savings_usd: {low: 0.0, high: 0.0}
    unpriced: 0
    irreversible: 0
    attention: 2
    verdicts:
      - text: 2 of 40 running instances send no agent metric
    price_table_as_of: 2026-09
region_errors:
  description: What could not be read, and where.
  returned: success, or failure after the regions were read
  type: list
  elements: dict
  sample:
    - account_id: "123456789012"
      region: eu-central-1
      service: cloudwatch
      operation: ListMetrics
      code: AccessDenied
      message: User is not authorized to perform cloudwatch:ListMetrics
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.cloudwatch_agent_coverage import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
