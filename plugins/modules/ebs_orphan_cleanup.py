#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ebs_orphan_cleanup
version_added: 0.1.0
short_description: Delete orphan EBS volumes and obsolete snapshots
description:
  - Finds EBS volumes that are attached to nothing and own EBS snapshots that are old enough, over any number of
    regions, and deletes those that nothing protects.
  - Volumes and snapshots are protected by O(exclude_tags), by ownership of AWS Backup, Data Lifecycle Manager,
    Elastic Disaster Recovery, Application Migration Service, Velero, N2W, CloudFormation, Kubernetes, EKS, ECS, Elastic
    Beanstalk, Storage Gateway, EC2 Fast Launch or another AWS service (C(Operator.Managed), tags that begin with
    C(aws:)).
  - Volumes are protected as well when their metrics (C(AWS/EBS)) show that they were attached within
    O(volume_min_age_days), or since they were marked, and when CloudWatch does not answer.
  - Snapshots are protected as well when they back an AMI (also a disabled one, or one that the Recycle Bin keeps), are
    locked, archived, on their way into the archive tier or restored from it, shared with another account or the public,
    restored fast (Fast Snapshot Restore), or when a volume was made from them that is in use or being created.
  - Snapshots are protected when they are named by the default or latest version of a launch template, by what an Auto
    Scaling group, an EC2 Fleet, a Spot Fleet request or a Spot Instance request launches from, or by a launch
    configuration. An AMI is never deregistered.
  - The state of each resource, and all that protects it, is read again just before it is deleted.
  - RV(findings[].reversible) tells before the deletion whether it can be undone by M(sysops.aws.sweep_undo), through a
    final snapshot or the Recycle Bin.
options:
  resources:
    description:
      - What to look for.
    type: list
    elements: str
    choices: [volumes, snapshots]
    default: [volumes, snapshots]
  volume_min_age_days:
    description:
      - Volumes that were created fewer days ago are not examined. EC2 has no field for how long a volume has been
        detached, but EBS publishes metrics of a volume only while it is attached. A volume with a datapoint of any
        value within this many days, counted from midnight UTC, is protected. V(0) asks for no metrics of unmarked
        volumes.
    type: int
    default: 10
  snapshot_min_age_days:
    description:
      - Snapshots that were taken fewer days ago are left alone.
    type: int
    default: 15
  snapshot_keep_last:
    description:
      - Protects the newest snapshots of each volume, so many of them, whether the volume still exists or not.
      - A copy of a snapshot does not name the volume that it was taken of, so that every copy is protected above V(0).
      - At V(0) the only snapshot of a volume that no longer exists is deleted like any other; RV(findings[].reason)
        says that it is the only one.
    type: int
    default: 0
    version_added: 0.4.1
  disaster_recovery_tags:
    description:
      - Snapshots with one of these tags are protected, as copies that are kept for the loss of another region.
      - Keys and values are compared as those of O(exclude_tags).
    type: dict
    default: {DisasterRecovery: "*", DR: "*"}
    version_added: 0.2.0
  grace_days:
    description:
      - With a grace period, what qualifies is not deleted but marked with the tag O(grace_tag) and the day. A later run
        deletes what has been marked for at least this many days and still qualifies; until then it is V(protected), and
        RV(findings[].due_date) is the day on which it goes.
      - What is in use again loses its mark, also a volume that was attached since it was marked and is detached again.
        V(0) deletes at once.
      - A mark that is not a date counts as set today. It is left as it is, so the resource does not go before the tag
        is corrected or taken away.
    type: int
    default: 0
    version_added: 0.2.0
  grace_tag:
    description:
      - The key of the tag that marks an orphan. Its value is a day in UTC, such as V(2026-11-24).
      - A tag that protects, by O(exclude_tags), O(disaster_recovery_tags) or as that of an owner, is refused.
    type: str
    default: sysops:orphan-since
    version_added: 0.2.0
  final_snapshot:
    description:
      - Take a snapshot of each volume before it is deleted. It has the volume's tags, and its id in the tag
        C(sysops:final-snapshot-of).
      - A volume whose snapshot is not completed is not deleted, and its finding is V(failed).
    type: bool
    default: false
    version_added: 0.2.0
  final_snapshot_retention_days:
    description:
      - Final snapshots are protected for this many days, whatever O(snapshot_min_age_days) says. Older ones are
        snapshots like any other.
    type: int
    default: 90
    version_added: 0.2.0
  wait_timeout:
    description:
      - For how many seconds to wait until a final snapshot is completed, from its begin. All are taken at the same
        time.
    type: int
    default: 3600
    version_added: 0.2.0
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(ec2:DescribeVolumes), C(ec2:DescribeSnapshots),
    C(ec2:DescribeSnapshotAttribute), C(ec2:DescribeImages), C(ec2:DescribeLockedSnapshots),
    C(ec2:DescribeLaunchTemplateVersions), C(ec2:DescribeFastSnapshotRestores), C(ec2:DescribeSnapshotTierStatus),
    C(ec2:DescribeFleets), C(ec2:DescribeSpotFleetRequests), C(ec2:DescribeSpotInstanceRequests),
    C(ec2:ListImagesInRecycleBin), C(autoscaling:DescribeAutoScalingGroups),
    C(autoscaling:DescribeLaunchConfigurations), C(cloudwatch:GetMetricData); outside check mode also
    C(ec2:DeleteVolume) and C(ec2:DeleteSnapshot), with O(final_snapshot) C(ec2:CreateSnapshot), with O(grace_days) or
    O(final_snapshot) C(ec2:CreateTags), with O(grace_days) C(ec2:DeleteTags).
  - C(cloudwatch:GetMetricData) is billed by the metric, three for each volume that nothing else protects, and the same
    again before it is changed.
  - C(rbin:ListRules) and C(rbin:GetRule) read what the Recycle Bin keeps; without them what is deleted counts as
    irreversible. C(ec2:DescribeImageReferences) and C(ec2:DescribeImageAttribute) read who uses the AMI that a snapshot
    backs; without them the finding does not name the users.
  - Whether a snapshot is shared with named accounts is not in any list of EC2. It is asked for each snapshot that would
    be deleted, as long as the plan is within O(max_actions); a larger plan is not acted on anyway.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Show what would go in all regions, and what it would save
  sysops.aws.ebs_orphan_cleanup:
    regions: [all]
  check_mode: true
  register: orphans

- name: Delete orphan volumes of at least 30 days in two regions, ten at the most
  sysops.aws.ebs_orphan_cleanup:
    regions: [eu-west-1, eu-central-1]
    resources: [volumes]
    volume_min_age_days: 30
    max_actions: 10
    exclude_tags:
      Keep: "*"
      Environment: production

- name: Mark orphans, delete what has been one for two weeks, and keep a last snapshot of each volume
  sysops.aws.ebs_orphan_cleanup:
    regions: [all]
    grace_days: 14
    final_snapshot: true
    journal: [./reports/journal.jsonl, s3://audit-example/sysops]

- name: Delete what a person picked from the report, in the account that is meant
  sysops.aws.ebs_orphan_cleanup:
    regions: [all]
    only_ids: [vol-0123456789abcdef0, snap-0123456789abcdef0]
    expected_account_id: "123456789012"
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
      description: The reason for programs. V(unattached) or V(old_snapshot).
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.ebs_orphan_cleanup import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
