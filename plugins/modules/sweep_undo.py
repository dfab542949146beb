#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sweep_undo
version_added: 0.2.0
short_description: Undo what a journal says was changed
description:
  - Takes the O(journal) of one or more enforcing runs of the sweep modules, finds each resource as it is now, and
    restores what it was.
  - The retention of log groups, the monitoring of instances and the marks of a grace period get their former value. If
    somebody has changed them since, they are left as they are.
  - Volumes and snapshots are restored from the Recycle Bin, with their ids. Volumes that had a final snapshot are made
    again of it, in the same zone, with type, size, IOPS, throughput, KMS key and tags, and with a new id; the tag
    C(sysops:restored-from) holds the former one.
  - AWS's state counts, not the journal. An entry that no run could have written is refused before anything is changed,
    such as one that raises a retention, or whose ARN contradicts its id. No resource is deleted, no retention is
    shortened, no other tag than O(grace_tag) is removed, and a final snapshot must be one of that volume by what AWS
    says of it.
  - What cannot be restored is returned as V(failed), with the reason. Log events that a retention has deleted, and tags
    of AWS services (C(aws:)), cannot.
  - Undoing is written into the journal too, so that a second run has nothing left to do.
options:
  journal:
    description:
      - The journal, as a file on the controller or V(s3://bucket/prefix). Of several, all are read and written to.
      - A prefix may be that of all runs, or of one.
      - Reading a bucket takes the permissions C(s3:ListBucket) and C(s3:GetObject).
      - A file must be a regular file of the user of the run. A link is refused.
      - Without one the run is refused.
    type: list
    elements: str
    default: []
  only_ids:
    description:
      - Restore only the resources with these ids or ARNs. One that is not in the journal is refused before anything is
        changed.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  grace_tag:
    description:
      - The tag with which the runs marked, as O(sysops.aws.ebs_orphan_cleanup#module:grace_tag). No other tag is set or
        removed, and this one is removed only where its value is a day.
      - A key of O(exclude_tags), of a disaster recovery tag or of the owner of a resource is refused.
    type: str
    default: sysops:orphan-since
    version_added: 0.4.1
  regions:
    description:
      - Restore only what is in these regions. Without it, what is in all regions of the journal.
    type: list
    elements: str
    default: []
  exclude_tags:
    description:
      - What was changed is restored whatever its tags are. A tag of one of these keys is never removed or set.
    type: dict
    default: {Keep: "true"}
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(ec2:DescribeVolumes), C(ec2:DescribeSnapshots),
    C(ec2:DescribeInstances), C(logs:DescribeLogGroups), C(ec2:ListSnapshotsInRecycleBin),
    C(ec2:ListVolumesInRecycleBin), C(kms:DescribeKey), and where a run switched detailed monitoring on
    C(autoscaling:DescribeAutoScalingGroups), C(autoscaling:DescribeLaunchConfigurations),
    C(autoscaling:DescribePolicies), C(cloudwatch:DescribeAlarms), C(ec2:DescribeLaunchTemplateVersions);
    outside check mode also C(ec2:CreateTags), C(ec2:DeleteTags),
    C(ec2:CreateVolume), C(ec2:RestoreSnapshotFromRecycleBin), C(ec2:RestoreVolumeFromRecycleBin),
    C(ec2:MonitorInstances), C(ec2:UnmonitorInstances), C(logs:PutRetentionPolicy), C(logs:DeleteRetentionPolicy), and
    for encrypted volumes C(kms:CreateGrant), C(kms:Decrypt), C(kms:GenerateDataKeyWithoutPlaintext),
    C(kms:ReEncryptFrom) and C(kms:ReEncryptTo) on their keys.
  - A journal of an account that is not among those of the run is refused before anything is changed.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
seealso:
  - module: sysops.aws.sweep
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Show what would be restored, and what can't be
  sysops.aws.sweep_undo:
    journal: [./reports/cost_hygiene/journal.jsonl]
  check_mode: true

- name: Restore one volume
  sysops.aws.sweep_undo:
    journal: [./reports/cost_hygiene/journal.jsonl]
    only_ids: [vol-0123456789abcdef0]

- name: Undo all that runs did, from the journal in a bucket
  sysops.aws.sweep_undo:
    journal: [s3://audit-example/sysops]
    max_actions: 1000
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
      sample: sweep_undo
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
      sample: A run did delete on 2026-11-24. A new volume is made of its final snapshot snap-0123456789abcdef0.
    reason_code:
      description: The action that is undone.
      returned: always
      type: str
      sample: delete
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
      sample: put_back
    outcome:
      description: What it is once that is done, or null if nothing is.
      returned: always
      type: str
      sample: as it was before
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import UNDO
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo import check_of
from ansible_collections.sysops.aws.plugins.module_utils.checks.undo_rules import GRACE_TAG
from ansible_collections.sysops.aws.plugins.module_utils.sweep.arguments import COMMON_ARGUMENT_SPEC, COMMON_FILTERS
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import SweepModule, home_account, leave


def main() -> None:
    spec = {
        **COMMON_ARGUMENT_SPEC,
        "grace_tag": {"type": "str", "default": GRACE_TAG},
    }
    module = SweepModule(spec, COMMON_FILTERS)
    leave(module, lambda parameters: check_of(parameters, lambda: home_account(module), UNDO))


if __name__ == "__main__":
    main()
