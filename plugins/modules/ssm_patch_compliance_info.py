#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_compliance_info
version_added: 0.3.0
short_description: Find instances that are not patched as they should be
description:
  - Reads the patch states that Patch Manager keeps of instances, over any number of regions and accounts, and tells of
    each instance that is not compliant what is wrong with it, in one sentence. Nothing is changed.
  - The reasons are patches that failed to install (V(failed)), patches that are missing (V(missing)), installed ones
    that wait for a reboot (V(pending_reboot)), rejected ones that are installed (V(installed_rejected)), and security
    updates that the baseline has not approved but counts as non-compliant (V(available_security_updates)).
  - Others are an instance that was never scanned (V(never_scanned)), whose last scan is too old (V(scan_too_old)), that
    has lost its connection to Systems Manager (V(connection_lost)), or that it does not manage (V(unmanaged)).
  - An instance that is stopped is not expected to answer or to be scanned.
options:
  patch_groups:
    description:
      - Only instances of these patch groups, that is, with one of these values in the tag C(PatchGroup) or
        C(Patch Group).
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  tags:
    description:
      - Only instances with all of these tags. The value of a tag may be a list of values, of which one must match, or
        V(*) for any value.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: dict
  baseline_ids:
    description:
      - Only instances that were last scanned or patched by one of these patch baselines, by id or ARN.
      - Instances that were never scanned, or are not managed, have no baseline.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  scan_max_age_days:
    description:
      - Report instances whose last scan, or installation, is longer ago than this many days. V(0) does not look.
    type: int
    default: 7
  include_unmanaged:
    description:
      - Report running EC2 instances that Systems Manager does not manage, so that nothing can patch them. Those that
        were started within the last hour are not.
    type: bool
    default: true
  include_compliant:
    description:
      - Return compliant instances too, with the reason V(compliant), to have the state of every instance at hand.
    type: bool
    default: false
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(ec2:DescribeInstances), C(ssm:DescribeInstanceInformation) and
    C(ssm:DescribeInstancePatchStates), and C(tag:GetResources) for the tags of nodes outside EC2.
  - It takes one call for 50 instances, whatever their number.
  - What it finds has the status V(skipped) and the action V(report), since this check only reports.
  - O(exclude_tags) applies here too. An instance that is tagged C(Keep=true) is V(protected) by default, with the
    reason in the report; pass an empty dictionary to have it counted.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: What is not patched, in all regions
  sysops.aws.ssm_patch_compliance_info:
    regions: [all]
  register: compliance

- name: Name it
  ansible.builtin.debug:
    msg: "{{ item.region }} {{ item.name or item.resource_id }}: {{ item.reason }}"
  loop: "{{ compliance.findings }}"
  loop_control:
    label: "{{ item.resource_id }}"

- name: The state of every instance of two patch groups
  sysops.aws.ssm_patch_compliance_info:
    patch_groups: [test, prod]
    include_compliant: true
    exclude_tags: {}
  register: states

- name: How many patches the instances of each baseline miss
  ansible.builtin.debug:
    msg: "{{ item.0 }}: {{ item.1 | map(attribute='configuration.missing_count') | sum }}"
  loop: >-
    {{ states.findings | selectattr('configuration.baseline_id', 'defined')
       | groupby('configuration.baseline_id') }}
  loop_control:
    label: "{{ item.0 }}"
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
      sample: ssm_patch_compliance_info
    resource_type:
      description: V(ec2:instance), or V(ssm:managed-instance) for nodes outside EC2.
      returned: always
      type: str
      sample: ec2:instance
    resource_id:
      description: The id of the instance.
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
      description: Its C(Name) tag, or the name that Systems Manager knows.
      returned: always
      type: str
      sample: web-1
    reason:
      description: One sentence on why the resource was found, and why it is left alone if it is skipped.
      returned: always
      type: str
      sample: The instance is missing 3 patches (1 critical); last scanned 9 days ago, and should be every 7 days.
    reason_code:
      description: The reasons for programs, joined by commas if there are several. V(compliant) with
        O(include_compliant).
      returned: always
      type: str
      sample: missing,scan_too_old
    age_days:
      description: Whole days since the instance was started, or the node registered.
      returned: always
      type: int
      sample: 42
    tags:
      description: The resource's tags.
      returned: always
      type: dict
      sample: {Team: data}
    estimated_monthly_cost_usd:
      description: Null, since patching saves nothing.
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
        - V(skipped), as nothing is done to it, or V(protected) by O(exclude_tags).
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
      description: The instance and its patch state, in snake_case; the counts only where it was scanned once.
      returned: always
      type: dict
      contains:
        managed:
          description: Whether Systems Manager manages it.
          returned: always
          type: bool
          sample: true
        instance_state:
          description: EC2's state, or null for a node outside EC2.
          returned: always
          type: str
          sample: running
        patch_group:
          description: Its patch group, or null.
          returned: always
          type: str
          sample: prod
        ping_status:
          description: V(Online), V(ConnectionLost) or V(Inactive).
          returned: if it is managed
          type: str
          sample: Online
        baseline_id:
          description: The patch baseline of the last operation.
          returned: if it was scanned
          type: str
          sample: pb-0123456789abcdef0
        operation:
          description: The last operation, V(Scan) or V(Install).
          returned: if it was scanned
          type: str
          sample: Scan
        operation_end_time:
          description: When it ended.
          returned: if it was scanned
          type: str
          sample: "2026-11-15T03:10:00+00:00"
        missing_count:
          description: Approved patches that are missing.
          returned: if it was scanned
          type: int
          sample: 3
        failed_count:
          description: Patches that failed to install.
          returned: if it was scanned
          type: int
          sample: 0
        installed_pending_reboot_count:
          description: Patches that were installed and wait for a reboot.
          returned: if it was scanned
          type: int
          sample: 0
        installed_rejected_count:
          description: Installed patches that the baseline rejects.
          returned: if it was scanned
          type: int
          sample: 0
        installed_count:
          description: Installed patches of the baseline. C(installed_other_count) has those it does not name.
          returned: if it was scanned
          type: int
          sample: 120
        critical_non_compliant_count:
          description: Non-compliant patches of level critical. C(security_non_compliant_count) and
            C(other_non_compliant_count) have the others.
          returned: if it was scanned
          type: int
          sample: 1
findings_truncated:
  description: Whether there are more findings in O(findings_path) than returned.
  returned: success, or failure after the regions were read
  type: bool
  sample: false
summary:
  description:
    - Counts over all regions; C(examined) has the compliant ones too. C(checks) has the same by check.
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
    skipped: 4
    failed: 0
    estimated_monthly_savings_usd: {low: 0.0, high: 0.0}
    unpriced: 0
    irreversible: 0
    attention: 4
    verdicts:
      - text: 4 of 31 instances are not compliant
    price_table_as_of: 2026-09
region_errors:
  description: What could not be read, and where.
  returned: success, or failure after the regions were read
  type: list
  elements: dict
  sample:
    - account_id: "123456789012"
      region: eu-central-1
      service: ssm
      operation: DescribeInstanceInformation
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.ssm_patch_compliance import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
