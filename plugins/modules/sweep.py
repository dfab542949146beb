#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sweep
version_added: 0.1.0
short_description: Run several checks of the sweep family at once
description:
  - Runs any of M(sysops.aws.ebs_orphan_cleanup), M(sysops.aws.log_group_retention), M(sysops.aws.ec2_monitoring),
    M(sysops.aws.alb_idle_facts), M(sysops.aws.rds_maintenance), M(sysops.aws.cloudwatch_agent_coverage),
    M(sysops.aws.ssm_patch_compliance_info), M(sysops.aws.ssm_patch_image_cleanup), M(sysops.aws.dms_status) and
    M(sysops.aws.dms_premigration) in one process, over one set of regions, connections and lists, with one limit.
  - Each check takes the options of its own module; those that the modules share are options of this one.
options:
  checks:
    description:
      - The checks to run, by name, each with its own options. An unknown name or option is refused before anything is
        read.
    type: dict
    required: true
seealso:
  - module: sysops.aws.sweep_undo
notes:
  - Needs the IAM permissions of each check that it runs.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Report on volumes and log groups in all regions
  sysops.aws.sweep:
    regions: [all]
    checks:
      ebs_orphan_cleanup:
        volume_min_age_days: 30
      log_group_retention:
        retention_in_days: 30
      alb_idle_facts: {}
    findings_path: ./reports/findings.jsonl
  check_mode: true
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
      description: The reason for programs. Each check documents its own.
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
    configuration:
      description: What a check tells of the resource besides, in snake_case. Each check documents its own.
      returned: for checks that have more to tell
      type: dict
      sample: {dns_name: web-old-1234567890.eu-west-1.elb.amazonaws.com}
findings_truncated:
  description: Whether there are more findings in O(findings_path) than returned.
  returned: success, or failure after the regions were read
  type: bool
  sample: false
summary:
  description:
    - Counts over all regions, and the estimated savings of what is planned or changed. C(checks) has the same by check.
    - C(attention) counts the findings that need attention, of checks that only report. C(verdicts) has, by resource
      type of such a check, C(examined), C(attention), C(text), and C(resource_ids), the first ten.
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
ansible_facts:
  description: What checks that are named for facts have found.
  returned: success, if one of them is among O(checks)
  type: dict
  contains:
    alb_idle:
      description: The findings of M(sysops.aws.alb_idle_facts).
      returned: success, if that check is run
      type: list
      elements: dict
      sample: []
"""

from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import chosen_checks
from ansible_collections.sysops.aws.plugins.module_utils.sweep.arguments import COMMON_ARGUMENT_SPEC, COMMON_FILTERS
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import SweepModule, leave


def main() -> None:
    spec = {**COMMON_ARGUMENT_SPEC, "checks": {"type": "dict", "required": True}}
    module = SweepModule(spec, COMMON_FILTERS)
    leave(module, chosen_checks)


if __name__ == "__main__":
    main()
