#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_status
version_added: 0.3.0
short_description: Report DMS replication tasks with their lag, errors and tables
description:
  - Tells of every DMS replication task of any number of regions and accounts how it stands, and what is wrong with it.
    Nothing is ever changed.
  - A task is in trouble if it failed (V(failed)) or stopped by an error (V(stopped_on_error)), if tables are errored
    (V(tables_errored)) or their validation failed (V(validation_failed)), if it lags behind its source (V(latency)) or
    CloudWatch doesn't know whether it does (V(latency_unknown)), if it has stood still for long (V(stopped_long_ago)),
    or if it writes no log to CloudWatch (V(logging_disabled)).
  - Replication instances on which nothing runs, although they are paid for by the hour, are V(instance_idle).
options:
  tasks:
    description:
      - Patterns of identifiers of tasks, such as V(orders-*). Without it all tasks, and replication instances as well.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  max_latency_seconds:
    description:
      - How far a task may be behind its source. The newest datapoints of the CloudWatch metrics C(CDCLatencySource) and
        C(CDCLatencyTarget) are compared with it.
    type: int
    default: 300
  stopped_min_age_days:
    description:
      - For how many days a task may be stopped, and a replication instance idle, without being reported for it.
    type: int
    default: 7
  report_healthy:
    description:
      - Also report tasks that have no trouble, as V(healthy).
    type: bool
    default: true
seealso:
  - module: sysops.aws.dms_premigration
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(dms:DescribeReplicationTasks),
    C(dms:DescribeReplicationInstances), C(dms:DescribeTableStatistics), C(dms:ListTagsForResource) and
    C(cloudwatch:GetMetricData), which AWS bills by the metric (three for each task that replicates).
  - Table statistics take a call for each task, as DMS has no list of them.
  - All findings have the action V(report) and the status V(skipped), or V(protected) by O(exclude_tags).
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Look at all replication tasks of all regions
  sysops.aws.dms_status:
    regions: [all]
  register: tasks

- name: Name those in trouble
  ansible.builtin.debug:
    msg: "{{ item.region }} {{ item.name }}: {{ item.reason }}"
  loop: "{{ tasks.findings | rejectattr('reason_code', 'eq', 'healthy') }}"

- name: Only tasks of orders, of which none may lag by more than a minute
  sysops.aws.dms_status:
    regions: [eu-west-1]
    tasks: [orders-*]
    max_latency_seconds: 60
    report_healthy: false
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
      sample: dms_status
    resource_type:
      description: The kind of resource, as the Resource Groups Tagging API names it.
      returned: always
      type: str
      sample: dms:task
    resource_id:
      description: The id, or the name of what has no id.
      returned: always
      type: str
      sample: orders
    arn:
      description: The resource's ARN.
      returned: always
      type: str
      sample: arn:aws:dms:eu-west-1:123456789012:task:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567
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
      sample: orders
    reason:
      description: One sentence on why the resource was found, and why it is left alone if it is skipped.
      returned: always
      type: str
      sample: >-
        The task is running (full-load-and-cdc), 12 tables loaded, 412 seconds behind: 1 table in error (shop.items);
        it is 412 seconds behind, more than 300.
    reason_code:
      description: The reasons for programs, with commas between them, as the description of this module lists them.
      returned: always
      type: str
      sample: tables_errored,latency
    age_days:
      description: Whole days since the resource was created, or null.
      returned: always
      type: int
      sample: 42
    tags:
      description: The resource's tags.
      returned: always
      type: dict
      sample: {Team: orders}
    estimated_monthly_cost_usd:
      description: Always null; the price table holds no prices of DMS.
      returned: always
      type: dict
      sample: null
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
      sample: skipped
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
      description:
        - Of a task its C(status), C(migration_type), C(replication_instance_identifier), C(stop_reason),
          C(last_failure_message), C(full_load_progress_percent), the counts C(tables_loaded), C(tables_loading),
          C(tables_queued) and C(tables_errored), its lag as C(cdc_latency_source_seconds),
          C(cdc_latency_target_seconds) and C(cdc_incoming_changes), null where it isn't known, and
          C(tables_in_trouble), each with C(table), C(table_state), C(validation_state) and
          C(validation_failed_records).
        - Of a replication instance its C(tasks).
      returned: always
      type: dict
      sample:
        status: running
        migration_type: full-load-and-cdc
        tables_loaded: 12
        tables_errored: 1
        cdc_latency_source_seconds: 2.0
        cdc_latency_target_seconds: 412.0
findings_truncated:
  description: Whether there are more findings in O(findings_path) than returned.
  returned: success, or failure after the regions were read
  type: bool
  sample: false
summary:
  description:
    - Counts over all regions. C(checks) has the same by check.
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
    protected: 1
    skipped: 30
    failed: 0
    estimated_monthly_savings_usd: {low: 0.0, high: 0.0}
    unpriced: 0
    irreversible: 0
    attention: 3
    verdicts:
      - text: 3 of 14 replication tasks need attention
    price_table_as_of: 2026-09
region_errors:
  description: What could not be read, and where.
  returned: success, or failure after the regions were read
  type: list
  elements: dict
  sample:
    - account_id: "123456789012"
      region: eu-central-1
      service: dms
      operation: DescribeReplicationTasks
      code: AccessDeniedFault
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.dms_status import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
