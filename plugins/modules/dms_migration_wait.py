#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_migration_wait
version_added: 0.3.0
short_description: Wait for a DMS replication task to have loaded, or to have caught up
description:
  - Waits until the full load of a replication task is over, or until its target holds everything that was written to
    the source before a moment.
  - Each new state of the task is shown while the playbook waits, as far as the task runs on the controller.
  - It fails at once where the task has failed or stopped, with DMS's own reason.
  - It is told by CloudWatch that a task has caught up. Of C(CDCLatencySource), C(CDCLatencyTarget) and
    C(CDCIncomingChanges) the newest minutes count, and only those that began after O(since). DMS sets both latencies to
    0 when it finds no new events in the source's log. Expect two or three minutes.
options:
  replication_task_identifier:
    description:
      - The identifier or ARN of the task.
    type: str
    required: true
  until:
    description:
      - What to wait for. V(full_load) is over when all tables are loaded or in error, and, of a task that only loads,
        when the task has ended. V(caught_up) needs O(since).
    type: str
    choices: [full_load, caught_up]
    required: true
  since:
    description:
      - When the last write to the source was made, such as V(2026-11-24T10:00:00Z).
    type: str
  max_latency_seconds:
    description:
      - Which latencies count as none. A source that is also written to by others than those who are migrated may never
        come to 0.
    type: int
    default: 0
  progress_path:
    description:
      - A file that gets a line of JSON for each new state. The action plugin sets it itself.
    type: path
  wait_timeout:
    description:
      - For how many seconds to wait. Databases of terabytes take days.
    type: int
    default: 3600
  wait_delay:
    description:
      - How many seconds lie between two looks.
    type: float
    default: 30
  expected_account_id:
    description:
      - The account that the credentials must belong to. Nothing is read in another one.
    type: str
notes:
  - Needs the IAM permissions C(dms:DescribeReplicationTasks), C(dms:DescribeReplicationInstances) and
    C(cloudwatch:GetMetricData).
attributes:
  check_mode:
    description: The state is returned as it is, without waiting.
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
- name: Wait for the full load, and show how far it is
  sysops.aws.dms_migration_wait:
    replication_task_identifier: orders
    until: full_load
    wait_timeout: 86400

- name: Wait until the target holds everything
  sysops.aws.dms_migration_wait:
    replication_task_identifier: orders
    until: caught_up
    since: "{{ writers_stopped_at }}"
"""

RETURN = r"""
reached:
  description: Whether it is so far. In check mode that may be false.
  returned: success
  type: bool
  sample: true
progress:
  description: The states that were seen, in words.
  returned: success
  type: list
  elements: str
  sample:
    - "running, 62 % of the full load: 12 tables loaded, 3 loading, 10 queued, 0 in error"
    - "running, 100 % of the full load: 25 tables loaded, 0 loading, 0 queued, 0 in error"
"""

from ansible_collections.sysops.aws.plugins.module_utils.dms.migration_wait import ARGUMENT_SPEC, wait
from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task


def main() -> None:
    run_task(wait, ARGUMENT_SPEC, required_if=[("until", "caught_up", ("since",))])


if __name__ == "__main__":
    main()
