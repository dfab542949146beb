#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rds_maintenance
version_added: 0.2.0
short_description: Keep backups, windows, maintenance and snapshots of RDS databases in order
description:
  - Compares RDS DB instances and DB clusters, Aurora included, with what is wanted of them, over any number of
    regions and accounts, and sets what differs.
  - Each rule is off until its option is set. In check mode all rules only report.
  - Settings of a cluster are set on the cluster. Its instances have none but O(auto_minor_version_upgrade), and that
    with Aurora only.
  - All settings of a database that differ are one finding and are set in one call.
  - Databases are protected by O(exclude_tags), while they are stopped or broken, and, against changes of their
    settings, when a CloudFormation stack owns them.
  - A database in a passing state (C(modifying), C(backing-up)) is waited for, at most O(wait_timeout) seconds.
  - The state of each resource, and all that protects it, is read again just before it is changed.
options:
  identifiers:
    description:
      - Patterns of identifiers of instances and clusters, such as V(orders-*). Without it all are meant.
      - Snapshots are chosen by the identifier of their database.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  engines:
    description:
      - Patterns of engines, such as V(postgres) or V(aurora-*). Without it all engines of RDS are meant.
      - Neptune and DocumentDB answer to the same API and are never touched.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  tags:
    description:
      - Only databases that have all of these tags. The value V(*) stands for any value.
      - Snapshots are chosen by the tags of their database, or by their own if the database is gone.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: dict
  backup_retention_days:
    description:
      - Automated backups are kept for at least this many days, 1 to 35. A longer retention is left as it is.
      - The first backups of an instance that keeps none begin in its next maintenance window, or at once with
        O(apply_immediately), in both cases with a short outage.
      - Read replicas are left alone.
    type: int
  backup_window:
    description:
      - The daily window in UTC in which automated backups are taken, such as V(02:00-02:30), of at least 30 minutes.
      - It must not overlap the maintenance window. A database whose own maintenance window it would overlap is
        protected, unless O(maintenance_window) is set too.
    type: str
  maintenance_window:
    description:
      - The weekly window in UTC in which maintenance happens, such as V(sun:03:00-sun:04:00), of 30 minutes to
        24 hours.
      - A database whose pending changes would be applied at once, because that window is open now, is protected
        without O(apply_immediately).
    type: str
  auto_minor_version_upgrade:
    description:
      - Whether RDS upgrades minor versions by itself, in the maintenance window.
    type: bool
  deletion_protection:
    description:
      - With V(true), databases get deletion protection. It is never switched off here; V(false) asks for nothing.
    type: bool
  pending_maintenance:
    description:
      - What to do about pending maintenance actions. V(report) tells of them, with the dates on which RDS applies them.
      - V(next-maintenance) has them applied in the next maintenance window.
      - V(immediate) has them applied now, which can't be undone. It needs O(apply_immediately).
      - Engine upgrades (C(db-upgrade)) are protected without O(apply_immediately), also with V(next-maintenance).
    type: str
    choices: [report, next-maintenance, immediate]
  minimum_engine_version:
    description:
      - Engine to the oldest version that is not reported, such as V(postgres) to V(15.10). Nothing is upgraded.
    type: dict
    default: {}
  extended_support_warning_days:
    description:
      - Report databases whose engine leaves standard support within this many days, or has left it, so that RDS
        charges Extended Support or upgrades them by itself.
    type: int
  backup_replication_region:
    description:
      - The region that automated backups are replicated to. Replication is started for DB instances that have none
        there; clusters and RDS Custom can't be replicated. The copies are kept as long as the instance keeps its own.
      - Databases in this region are left alone.
    type: str
  backup_replication_kms_key_id:
    description:
      - ARN of the KMS key in O(backup_replication_region) that copies of encrypted backups are encrypted with. Without
        it encrypted instances are protected.
    type: str
  manual_snapshot_min_age_days:
    description:
      - Manual snapshots that were taken at least this many days ago are deleted, except for the newest of each
        database.
      - Snapshots that are shared, not C(available), or owned by AWS Backup (by tag, or by a name that begins with
        C(awsbackup)), CloudFormation or another service are protected.
    type: int
  keep_last:
    description:
      - How many of the newest snapshots of each database stay, whatever their age. At least 1, so that the last one
        always stays, also of a database that is gone.
      - A database that was renamed is the same database. Snapshots that RDS lists without the resource id of their
        database are counted by its name, apart from those with it.
    type: int
    default: 3
  include_orphaned:
    description:
      - Also delete old snapshots of databases that are gone.
    type: bool
    default: false
  apply_immediately:
    description:
      - Allow what interrupts a database now or can't be taken back, namely V(immediate) in O(pending_maintenance),
        engine upgrades, and the first backups of an instance.
      - An instance that has other changes waiting for its window is protected, as RDS would apply them too.
    type: bool
    default: false
  wait_timeout:
    description:
      - How many seconds to wait for a database that is in a state that forbids its change.
    type: int
    default: 600
notes:
  - Needs the IAM permissions C(ec2:DescribeRegions), C(rds:DescribeDBInstances), C(rds:DescribeDBClusters) and, by
    rule, C(rds:DescribePendingMaintenanceActions), C(rds:DescribeDBMajorEngineVersions), C(rds:DescribeDBSnapshots),
    C(rds:DescribeDBClusterSnapshots), C(rds:DescribeDBSnapshotAttributes), C(rds:DescribeDBClusterSnapshotAttributes).
  - Outside check mode also C(rds:ModifyDBInstance), C(rds:ModifyDBCluster), C(rds:ApplyPendingMaintenanceAction),
    C(rds:StartDBInstanceAutomatedBackupsReplication), C(rds:DeleteDBSnapshot), C(rds:DeleteDBClusterSnapshot), and for
    encrypted copies C(kms:CreateGrant) and C(kms:DescribeKey) on both keys.
  - Whether a snapshot is shared is not in any list of RDS. It is asked for each snapshot that would be deleted, as long
    as the plan is within O(max_actions); a larger plan is not acted on anyway.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.sweep
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Report what differs from our rules on production databases, in all regions
  sysops.aws.rds_maintenance:
    regions: [all]
    tags:
      Environment: production
    backup_retention_days: 7
    backup_window: "02:00-02:30"
    maintenance_window: sun:03:00-sun:04:00
    auto_minor_version_upgrade: true
    deletion_protection: true
    pending_maintenance: report
    minimum_engine_version:
      postgres: "15.10"
    extended_support_warning_days: 180
  check_mode: true
  register: databases

- name: Have pending maintenance applied in the next maintenance window, engine upgrades excepted
  sysops.aws.rds_maintenance:
    regions: [eu-west-1]
    pending_maintenance: next-maintenance

- name: Apply pending maintenance of two test databases now
  sysops.aws.rds_maintenance:
    regions: [eu-west-1]
    identifiers: [test-*]
    pending_maintenance: immediate
    apply_immediately: true
    max_actions: 2

- name: Keep copies of backups in another region, and delete manual snapshots of half a year
  sysops.aws.rds_maintenance:
    regions: [eu-west-1]
    backup_replication_region: eu-central-1
    backup_replication_kms_key_id: arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    manual_snapshot_min_age_days: 180
    keep_last: 5
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
      sample: rds_maintenance
    resource_type:
      description: The kind of resource, as the Resource Groups Tagging API names it.
      returned: always
      type: str
      sample: rds:db
    resource_id:
      description: The id, or the name of what has no id.
      returned: always
      type: str
      sample: orders
    arn:
      description: The resource's ARN.
      returned: always
      type: str
      sample: arn:aws:rds:eu-west-1:123456789012:db:orders
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
      sample: The DB instance keeps backups for 1 day where at least 7 are wanted; has no deletion protection.
    reason_code:
      description:
        - The reason for programs. Of settings, the names of the options that differ, with commas between them.
        - V(pending_os_upgrade) and so on for each action; V(old_engine_version), V(extended_support),
          V(extended_support_soon), V(backups_not_replicated), V(old_snapshot), V(orphaned_snapshot).
      returned: always
      type: str
      sample: backup_retention_days,deletion_protection
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
      description:
        - What a snapshot, or the copies of a database's backups, cost in a month, C(low) to C(high); null for all else,
          and where no price is known. Copies are no saving.
      returned: always
      type: dict
      sample: null
    action:
      description:
        - What enforcing does to it. V(modify), V(replicate_backups), V(delete), V(report) if nothing, or, for pending
          maintenance, what is applied and when, such as V(apply_os_upgrade_next_maintenance).
      returned: always
      type: str
      sample: modify
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
    configuration:
      description:
        - Of settings, each option that differs, with C(current) and C(wanted). Of pending maintenance,
          C(pending_action), C(description), C(auto_applied_after_date), C(forced_apply_date), C(current_apply_date) and
          C(opt_in_status). Of replication, where to and how long.
      returned: for databases, if there is more to tell
      type: dict
      sample:
        backup_retention_days: {current: 1, wanted: 7}
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
      service: rds
      operation: DescribeDBInstances
      code: AccessDenied
      message: User is not authorized to perform rds:DescribeDBInstances
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

from ansible_collections.sysops.aws.plugins.module_utils.checks.rds_maintenance import CHECK
from ansible_collections.sysops.aws.plugins.module_utils.sweep.entry import run_check


def main() -> None:
    run_check(CHECK)


if __name__ == "__main__":
    main()
