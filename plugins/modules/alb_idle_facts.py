#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alb_idle_facts
version_added: 0.1.0
short_description: Find idle load balancers
description:
  - Finds load balancers that serve nobody, over any number of regions, and returns with each the configuration that a
    person needs before removing it. Nothing is ever removed or changed.
  - A load balancer is idle if it has no target group (V(no_target_groups)), if no target is registered
    (V(no_registered_targets)), if none of the targets of all its target groups together is healthy
    (V(no_healthy_targets)), or, with O(no_traffic_days), if it had no traffic (V(no_traffic)).
  - Those that need no target are V(protected). All rules of all listeners redirect, answer or authenticate; or it
    stands behind a network load balancer; or it serves a VPC endpoint service (PrivateLink).
options:
  load_balancer_types:
    description:
      - The types to look at.
    type: list
    elements: str
    choices: [application, network, gateway, classic]
    default: [application]
  no_traffic_days:
    description:
      - Also report load balancers with healthy targets that had no traffic for this many days; V(0) does not look.
      - Read with C(cloudwatch:GetMetricData), which AWS bills by the metric (two or three for each load balancer).
    type: int
    default: 0
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(elasticloadbalancing:Describe*), for network and gateway load
    balancers C(ec2:DescribeVpcEndpointServiceConfigurations), and with O(no_traffic_days) C(cloudwatch:GetMetricData).
  - Idle load balancers have the status V(skipped) and the action V(report), since this check only reports. What they
    cost counts as savings in RV(summary).
  - The estimated cost is that of the hours, and of one public IPv4 address for each zone of an internet-facing one.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Find idle application load balancers in all regions
  sysops.aws.alb_idle_facts:
    regions: [all]

- name: Name them
  ansible.builtin.debug:
    msg: "{{ item.region }} {{ item.name }} {{ item.configuration.dns_name }}: {{ item.reason }}"
  loop: "{{ alb_idle | selectattr('status', 'eq', 'skipped') }}"

- name: Look at all types, and at traffic over two weeks
  sysops.aws.alb_idle_facts:
    regions: [eu-west-1]
    load_balancer_types: [application, network, gateway, classic]
    no_traffic_days: 14
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
      sample: alb_idle_facts
    resource_type:
      description: The kind of resource, as the Resource Groups Tagging API names it.
      returned: always
      type: str
      sample: elasticloadbalancing:loadbalancer
    resource_id:
      description: The id, or the name of what has no id.
      returned: always
      type: str
      sample: web-old
    arn:
      description: The resource's ARN.
      returned: always
      type: str
      sample: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web-old/50dc6c495c0c9188
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
      sample: web-old
    reason:
      description: One sentence on why the resource was found, and why it is left alone if it is skipped.
      returned: always
      type: str
      sample: No target is registered with the load balancer (no_registered_targets).
    reason_code:
      description: The reason for programs. V(no_target_groups), V(no_registered_targets), V(no_healthy_targets),
        V(no_traffic), or V(intentional) where it needs no target.
      returned: always
      type: str
      sample: no_registered_targets
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
      sample: report
    outcome:
      description: What it is once that is done, or null if nothing is.
      returned: always
      type: str
      sample: null
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
    configuration:
      description: Listeners with their rules, DNS name, security groups, target groups and attributes, in snake_case.
      returned: always
      type: dict
      sample:
        dns_name: web-old-1234567890.eu-west-1.elb.amazonaws.com
        listeners: []
        security_groups: [sg-0123456789abcdef0]
        attributes: {deletion_protection.enabled: "false"}
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
      service: elbv2
      operation: DescribeLoadBalancers
      code: AccessDenied
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
ansible_facts:
  description: The findings as a fact.
  returned: success
  type: dict
  contains:
    alb_idle:
      description: The same list as RV(findings).
      returned: success
      type: list
      elements: dict
      sample: []
"""

from ansible_collections.sysops.aws.plugins.module_utils.checks.alb_idle_facts import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
