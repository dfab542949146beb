#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dms_connection_test
version_added: 0.3.0
short_description: Test whether a DMS replication instance reaches its endpoints
description:
  - Lets a replication instance of AWS Database Migration Service log in to the databases of its endpoints, waits for
    all tests and returns what they said. It fails if one of them failed, with DMS's own reason.
  - DMS starts a replication task only if the last tests of both its endpoints were successful.
options:
  replication_instance:
    description:
      - The identifier or ARN of the replication instance. It must be available.
    type: str
    required: true
  endpoints:
    description:
      - The identifiers or ARNs of the endpoints, which are tested at the same time.
    type: list
    elements: str
    required: true
    aliases: [endpoint]
  retest:
    description:
      - Test also those endpoints whose last test was successful. DMS doesn't tell when that was.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds to wait for each test.
    type: int
    default: 600
notes:
  - Needs the IAM permissions C(dms:DescribeReplicationInstances), C(dms:DescribeEndpoints), C(dms:DescribeConnections)
    and, outside check mode, C(dms:TestConnection).
  - What looks like a password in DMS's reason is replaced by C(***).
attributes:
  check_mode:
    description: What the last tests said is returned. Nothing is tested, and a failed last test is no failure.
    support: full
  diff_mode:
    description: Nothing is ever changed.
    support: none
  idempotency:
    description: A test changes nothing. Each run tests again, unless O(retest=false).
    support: full
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Both ends can be reached
  sysops.aws.dms_connection_test:
    replication_instance: orders
    endpoints: [orders-source, orders-target]

- name: Test only what was never tested, or failed
  sysops.aws.dms_connection_test:
    replication_instance: orders
    endpoints: [orders-source, orders-target]
    retest: false
"""

RETURN = r"""
connections:
  description: The connections, in the order of O(endpoints).
  returned: success
  type: list
  elements: dict
  contains:
    endpoint_identifier:
      description: The endpoint.
      returned: always
      type: str
      sample: orders-source
    endpoint_arn:
      description: Its ARN.
      returned: always
      type: str
      sample: arn:aws:dms:eu-west-1:123456789012:endpoint:ABCDEFGHIJKLMNOPQRSTUVWXYZ
    endpoint_type:
      description: V(source) or V(target).
      returned: always
      type: str
      sample: source
    replication_instance_identifier:
      description: The replication instance.
      returned: always
      type: str
      sample: orders
    replication_instance_arn:
      description: Its ARN.
      returned: always
      type: str
      sample: arn:aws:dms:eu-west-1:123456789012:rep:ABCDEFGHIJKLMNOPQRSTUVWXYZ
    status:
      description: V(successful); in check mode also V(testing), V(failed) or V(never tested).
      returned: always
      type: str
      sample: successful
    last_failure_message:
      description: Why the last test failed, or an empty text.
      returned: always
      type: str
      sample: ""
"""

from ansible_collections.sysops.aws.plugins.module_utils.dms.connection import ARGUMENT_SPEC, test_connections
from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task


def main() -> None:
    run_task(test_connections, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
