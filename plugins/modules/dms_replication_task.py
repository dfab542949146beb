#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_replication_task
version_added: 0.3.0
short_description: Keep a DMS replication task as wanted, started, stopped or reloaded
description:
  - Creates, changes, starts, stops, reloads and deletes a replication task of AWS Database Migration Service.
  - Table mappings and settings are compared in meaning, not as text.
  - Options that are left out leave what there is alone. A task that exists is started or stopped by its identifier.
  - What can't be done, and options that make no sense, are refused before anything is changed.
options:
  replication_task_identifier:
    description:
      - The name of the task. It can't be changed.
    type: str
    required: true
    aliases: [id]
  state:
    description:
      - V(present) creates the task, or changes it. A task that runs is not touched, since DMS changes a task only when
        it is stopped; the module fails if it differs.
      - V(started) is V(present), and lets the task run. The first time that is DMS's C(start-replication), afterwards
        C(resume-processing). A task that runs and differs is stopped, changed and resumed.
      - A task that has come to its end stays as it is with V(started), so that a second run changes nothing. A task of
        O(migration_type=full-load) is at its end when all is loaded, and one with O(cdc_stop_position) when it has
        reached that.
      - V(stopped) is V(present), and stops the task before it is changed. One that was never started is stopped, too.
      - V(reloaded) is V(present), and loads all tables anew, from the beginning. A task that runs is stopped first. The
        first time that is C(start-replication), afterwards C(reload-target). Each run does so again.
      - V(reloaded) of a task of O(migration_type=cdc), which has no tables to load, starts it anew from
        O(cdc_start_position) or O(cdc_start_time), of which one is required. Each run does so again.
      - V(reloaded) with O(tables) loads these alone, while the task goes on running.
      - V(absent) deletes the task. It is refused for one that runs, unless O(force=true).
    type: str
    choices: [present, started, stopped, reloaded, absent]
    default: present
  replication_instance:
    description:
      - The identifier or ARN of the replication instance. Required to create a task. It can't be changed.
    type: str
  source_endpoint:
    description:
      - The identifier or ARN of the source endpoint. Required to create a task. It can't be changed.
    type: str
  target_endpoint:
    description:
      - The identifier or ARN of the target endpoint. Required to create a task. It can't be changed.
    type: str
  migration_type:
    description:
      - V(full-load) copies what there is, V(cdc) replicates changes, V(full-load-and-cdc) does both.
      - Required to create a task.
    type: str
    choices: [full-load, cdc, full-load-and-cdc]
  table_mappings:
    description:
      - Which tables to replicate, and how, with the key C(rules) as in DMS's table mappings. They are checked, and the
        first rule and field that DMS would refuse or ignore is named.
      - This or O(table_mappings_file) is required to create a task. The order of rules doesn't matter.
    type: dict
  table_mappings_file:
    description:
      - The path of a file of JSON with the table mappings.
    type: path
  replication_task_settings:
    description:
      - Settings of the task, by their sections. Only those that are said are compared, since DMS adds all others. Upper
        and lower case of a name doesn't matter.
      - DMS leaves out some settings that it accepts. What is off, empty or null is no difference to what it leaves out,
        and a null leaves a setting as it is. Any other setting that DMS doesn't list is sent once while the task is
        stopped, or with another change. It never stops a task that runs; a warning names it.
      - The names of the CloudWatch log group and stream, which only DMS can set, are left out.
    type: dict
  replication_task_settings_file:
    description:
      - The path of a file of JSON with settings of the task.
    type: path
  cdc_start_time:
    description:
      - From when to replicate changes, such as V(2026-11-24T12:00:00Z). It is an order for a start, as
        O(cdc_start_position) is.
    type: str
  cdc_start_position:
    description:
      - From where to replicate changes, as a checkpoint, a position of the source's log or a time.
      - It is an order for a start and no property of the task, since DMS answers none, or a checkpoint, once the task
        runs. The order is recorded in the tag C(sysops:dms_cdc_start) of the task, and given again it changes nothing.
      - A stopped task of O(migration_type=cdc) for which another one is given begins there with O(state=started). A
        task that runs is never stopped for it. With O(state=started) the module fails and names the remedy.
      - A position for a task that was started and has no such tag (made by an earlier version, or by somebody else)
        changes nothing, with a warning. O(state=reloaded) starts the task there.
    type: str
  cdc_stop_position:
    description:
      - Where to stop, V(server_time:2026-11-24T12:00:00) or V(commit_time:2026-11-24T12:00:00), in UTC.
      - One that is past is refused if the task would start with it.
      - It is recorded in the tag C(sysops:dms_cdc_stop) of the task. Given again it changes nothing, whatever DMS
        answers. Another one stops a task that runs, changes it and lets it go on from where it stopped.
    type: str
  tables:
    description:
      - With O(state=reloaded), the tables to reload. The task must be running. Their load is not waited for.
      - DMS loads no table of a task of O(migration_type=cdc) anew.
    type: list
    elements: dict
    suboptions:
      schema_name:
        description:
          - The schema at the source.
        type: str
        required: true
      table_name:
        description:
          - The table at the source.
        type: str
        required: true
  reload_option:
    description:
      - With O(tables), whether to load them anew, or only to validate them anew.
    type: str
    choices: [data-reload, validate-only]
    default: data-reload
  force:
    description:
      - With O(state=absent), stop a task that runs, and delete it.
    type: bool
    default: false
  wait_for:
    description:
      - With O(state=started) and O(state=reloaded), how far the task must come with O(wait=true). In each case the
        module fails as soon as the task fails or stops with an error, and tells DMS's reasons.
      - V(running) also holds when a short task has come to its end meanwhile.
      - V(full_load) is the end of the full load. Tables that could not be loaded are a failure, though DMS calls the
        load finished. A task that stopped there as its settings say (C(StopTaskCachedChangesApplied) and
        C(StopTaskCachedChangesNotApplied)) is left so; with V(running) it is resumed.
      - V(stopped) is the end of the task, also when it was stopped by hand.
    type: str
    choices: [running, full_load, stopped]
    default: running
  wait_timeout:
    description:
      - For how many seconds to wait each time. A full load may take hours. Then the task fails; what was done stays
        done, and the next run goes on.
    type: int
    default: 3600
notes:
  - Needs the IAM permissions C(dms:DescribeReplicationTasks), C(dms:DescribeReplicationInstances),
    C(dms:DescribeEndpoints), C(dms:DescribeConnections) and C(dms:ListTagsForResource); outside check mode also
    C(dms:CreateReplicationTask), C(dms:ModifyReplicationTask), C(dms:StartReplicationTask),
    C(dms:StopReplicationTask), C(dms:ReloadTables), C(dms:DeleteReplicationTask), C(dms:AddTagsToResource) and
    C(dms:RemoveTagsFromResource).
  - DMS starts a task only if the last connection tests of both endpoints were successful, see
    M(sysops.aws.dms_connection_test). One that failed is told, with its reason, before anything is changed.
  - In check mode, too, the replication instance and the endpoints must exist.
  - After a change of its mappings, a V(full-load) task that is at its end loads nothing until it is V(reloaded).
attributes:
  idempotency:
    description: A second run changes nothing, but for O(state=reloaded), which loads again each time.
    support: partial
    details: The reload is what is asked for.
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - sysops.aws.resource
  - amazon.aws.tags
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Copy all tables of the schema shop, then replicate its changes; return when all is loaded
  sysops.aws.dms_replication_task:
    replication_task_identifier: orders
    state: started
    wait_for: full_load
    wait_timeout: 14400
    replication_instance: orders
    source_endpoint: orders-source
    target_endpoint: orders-target
    migration_type: full-load-and-cdc
    table_mappings:
      rules:
        - rule-type: selection
          rule-id: "1"
          rule-name: shop
          rule-action: include
          object-locator: {schema-name: shop, table-name: "%"}
    replication_task_settings:
      ValidationSettings: {EnableValidation: true}
      Logging: {EnableLogging: true}
    tags:
      Team: shop

- name: Stop it
  sysops.aws.dms_replication_task:
    replication_task_identifier: orders
    state: stopped

- name: Load two tables anew while it runs
  sysops.aws.dms_replication_task:
    replication_task_identifier: orders
    state: reloaded
    tables:
      - {schema_name: shop, table_name: orders}
      - {schema_name: shop, table_name: lines}

- name: Delete it, though it runs
  sysops.aws.dms_replication_task:
    replication_task_identifier: orders
    state: absent
    force: true
"""

RETURN = r"""
replication_task:
  description:
    - The task, with the attributes that C(DescribeReplicationTasks) gives and C(tags). In check mode, as far as it can
      be told beforehand.
    - Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    replication_task_identifier:
      description: Its name.
      returned: if there is a task
      type: str
      sample: orders
    replication_task_arn:
      description: Its ARN, which doesn't hold the name.
      returned: if there is a task
      type: str
      sample: arn:aws:dms:eu-west-1:123456789012:task:ABCDEFGHIJKLMNOPQRSTUVWXYZ
    status:
      description: Its status.
      returned: if there is a task
      type: str
      sample: running
    stop_reason:
      description: Why it stopped, in DMS's words.
      returned: if it stopped or failed
      type: str
      sample: Stop Reason FULL_LOAD_ONLY_FINISHED
    last_failure_message:
      description: Why it failed the last time, without what looks like a password; empty if it didn't.
      returned: if there is a task
      type: str
      sample: ""
    table_mappings:
      description: The table mappings, as JSON.
      returned: if there is a task
      type: str
      sample: '{"rules": []}'
    replication_task_settings:
      description: All its settings, as JSON.
      returned: if there is a task
      type: str
      sample: '{"Logging": {"EnableLogging": true}}'
    replication_task_stats:
      description: How far it is.
      returned: if there is a task
      type: dict
      sample: {full_load_progress_percent: 100, tables_loaded: 12, tables_errored: 0}
    recorded_orders:
      description:
        - Its tags C(sysops:dms_cdc_start), C(sysops:dms_cdc_stop) and C(sysops:dms_unlisted_settings), in which this
          module records what DMS doesn't echo. They are not among RV(replication_task.tags), and C(purge_tags) keeps
          them.
      returned: if something is recorded
      type: dict
      version_added: 0.4.1
      sample: {"sysops:dms_cdc_stop": "server_time:2026-11-24T12:00:00"}
    tags:
      description: Its tags.
      returned: if there is a task
      type: dict
      sample: {Team: shop}
changes:
  description:
    - The properties that were changed, or would be in check mode; all of them if the task comes or goes.
    - Of C(replication_task_settings), those that differ. C(start_replication_task_type) tells how the task is started,
      C(status) that it is stopped, and C(reloaded_tables) which tables are reloaded.
  returned: success
  type: list
  elements: dict
  sample: [{property: start_replication_task_type, before: null, after: start-replication}]
"""

from ansible_collections.sysops.aws.plugins.module_utils.dms.task import ReplicationTask
from ansible_collections.sysops.aws.plugins.module_utils.dms.task_options import ARGUMENT_SPEC, MUTUALLY_EXCLUSIVE
from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource


def main() -> None:
    run_resource(ReplicationTask, ARGUMENT_SPEC, mutually_exclusive=MUTUALLY_EXCLUSIVE)


if __name__ == "__main__":
    main()
