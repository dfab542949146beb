#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_replication_task_info
version_added: 0.3.0
short_description: Tell how far DMS replication tasks are
description:
  - Returns replication tasks of AWS Database Migration Service with their status, the progress of the full load, the
    statistics and the validation of their tables, and why they stopped or failed.
options:
  replication_task_identifiers:
    description:
      - The identifiers or ARNs of the tasks; all tasks of the region without it. One that doesn't exist is left out.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: list
    elements: str
  replication_instance:
    description:
      - Only the tasks of this replication instance, by its identifier or ARN.
      - A filter that is given and is empty selects nothing. Leave it out to select all.
    type: str
  table_statistics:
    description:
      - Whether to return the tables of each task, which takes a call a task and 500 tables.
    type: bool
    default: true
notes:
  - Needs the IAM permissions C(dms:DescribeReplicationTasks), C(dms:ListTagsForResource) and, as far as they are asked
    for, C(dms:DescribeTableStatistics) and C(dms:DescribeReplicationInstances).
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
  diff_mode:
    description: Nothing is ever changed.
    support: none
  idempotency:
    description: A second run changes nothing.
    support: full
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: How far is the migration of the orders?
  sysops.aws.dms_replication_task_info:
    replication_task_identifiers: [orders]
  register: info

- name: Go on only if every table was loaded and validated
  ansible.builtin.assert:
    that:
      - info.replication_tasks[0].full_load.finished
      - info.replication_tasks[0].errored_tables | length == 0
      - info.replication_tasks[0].validation.failed_tables | length == 0

- name: The status of all tasks of an instance, without their tables
  sysops.aws.dms_replication_task_info:
    replication_instance: orders
    table_statistics: false
"""

RETURN = r"""
replication_tasks:
  description: The tasks, by their identifiers, with the attributes that C(DescribeReplicationTasks) gives and more.
  returned: success
  type: list
  elements: dict
  contains:
    replication_task_identifier:
      description: Its name.
      returned: always
      type: str
      sample: orders
    status:
      description: Its status.
      returned: always
      type: str
      sample: running
    stop_reason:
      description: Why it stopped, in DMS's words.
      returned: if it stopped or failed
      type: str
      sample: Stop Reason FULL_LOAD_ONLY_FINISHED
    stop_reason_code:
      description: The word in RV(replication_tasks[].stop_reason) that counts, or null.
      returned: always
      type: str
      sample: FULL_LOAD_ONLY_FINISHED
    stopped_well:
      description: Whether it stopped as it should, and not for an error; null if it did not stop.
      returned: always
      type: bool
      sample: true
    last_failure_message:
      description: Why it failed the last time, without what looks like a password; empty if it didn't.
      returned: always
      type: str
      sample: ""
    full_load:
      description: How far the full load is.
      returned: always
      type: dict
      sample:
        progress_percent: 100
        finished: true
        tables_loaded: 12
        tables_loading: 0
        tables_queued: 0
        tables_errored: 0
    tables:
      description: The tables, by their names, with the attributes that C(DescribeTableStatistics) gives.
      returned: if asked for
      type: list
      elements: dict
      sample:
        - schema_name: shop
          table_name: orders
          table_state: Table completed
          full_load_rows: 1000
          inserts: 3
          validation_state: Validated
    errored_tables:
      description: The tables that could not be loaded or replicated, as C(schema.table).
      returned: if asked for
      type: list
      elements: str
      sample: []
    validation:
      description:
        - How many tables are in which state of validation, those whose rows differ or could not be compared, and those
          that are still being compared.
      returned: if asked for
      type: dict
      sample:
        states: {Validated: 12}
        failed_tables: []
        pending_tables: []
    tags:
      description: Its tags.
      returned: always
      type: dict
      sample: {Team: shop}
"""

from ansible_collections.sysops.aws.plugins.module_utils.dms.task_info import ARGUMENT_SPEC, FILTERS, inform
from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task


def main() -> None:
    run_task(inform, ARGUMENT_SPEC, FILTERS)


if __name__ == "__main__":
    main()
