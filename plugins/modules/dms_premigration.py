#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_premigration
version_added: 0.3.0
short_description: Find what can go wrong with DMS replication tasks before they are started
description:
  - Looks at the settings, tables and engines of DMS replication tasks over any number of regions and accounts. Nothing
    is ever changed.
  - Engines are compared with what DMS offers (C(DescribeEndpointTypes)). DMS may not support an engine at that end
    (V(engine_not_supported)), or not its ongoing replication (V(cdc_not_supported)), or only with a newer replication
    instance (V(instance_version_too_old)). B(The versions of the databases are not compared), as no API of DMS tells
    which it supports; its premigration assessment runs do.
  - Tables without a primary key (V(table_without_primary_key)) are known from three sources only, namely
    O(tables_without_primary_key), the validation state C(No primary key) of a task that validates, and the latest
    premigration assessment run of the task. B(Without any of them none is found), as DMS has no list of keys.
  - Everything else that the latest assessment run found amiss is V(assessment_failed), as is one that came to no
    result. Runs are not started here.
  - Large objects (LOBs) are migrated one by one (V(full_lob_mode)), cut off at a size (V(limited_lob_mode)), or not at
    all (V(lobs_left_out)). Each has its price, and which is right depends on the data.
  - V(drops_target_tables) and V(empties_target_tables) tell of a task that is yet to be started, and will drop or empty
    the target's tables first.
  - IAM roles that DMS needs by their names, C(dms-cloudwatch-logs-role) and C(dms-vpc-role), may be missing
    (V(role_missing)). They are looked for in regions with tasks or replication instances.
options:
  tasks:
    description:
      - Patterns of identifiers of tasks, such as V(orders-*). Without it all tasks.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  tables_without_primary_key:
    description:
      - Tables of the source that are known to have no primary key, as V(schema.table). Those that the table mappings of
        a task select are reported.
    type: list
    elements: str
    default: []
seealso:
  - module: sysops.aws.dms_status
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(dms:DescribeReplicationTasks),
    C(dms:DescribeReplicationInstances), C(dms:DescribeEndpoints), C(dms:DescribeEndpointTypes),
    C(dms:DescribeTableStatistics), C(dms:DescribeReplicationTaskAssessmentRuns),
    C(dms:DescribeReplicationTaskIndividualAssessments), C(dms:ListTagsForResource) and C(iam:GetRole).
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
- name: Look at a task before it is started
  sysops.aws.dms_premigration:
    regions: [eu-west-1]
    tasks: [orders]
    tables_without_primary_key: [shop.audit_log]
  register: premigration

- name: Say what was found
  ansible.builtin.debug:
    msg: "{{ premigration.findings | map(attribute='reason') }}"
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
      sample: dms_premigration
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
      sample: Large objects are cut off at 32 KB (LimitedSizeLobMode).
    reason_code:
      description: The reasons for programs, with commas between them, as the description of this module lists them.
      returned: always
      type: str
      sample: table_without_primary_key,limited_lob_mode
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
      description: Of a task, each of the reasons in words.
      returned: for tasks
      type: dict
      sample:
        table_without_primary_key: 1 table has no primary key (shop.audit_log)
        limited_lob_mode: large objects are cut off at 32 KB (LimitedSizeLobMode)
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
    attention: 1
    verdicts:
      - text: 1 of 2 replication tasks is not ready to start
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.dms_premigration import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
