#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_automation
version_added: 0.3.0
short_description: Run an SSM Automation runbook, and tell what became of each target
description:
  - Starts an execution of an Automation runbook, once or on each of many targets with rate control, waits for it, and
    returns what became of it on each.
  - SSM does the fan-out, so that a fleet of any size takes one execution.
  - The task fails if the runbook did not succeed on every target, and names those targets. What succeeded is in the
    result all the same.
options:
  document_name:
    description:
      - The name of the Automation runbook, or its ARN if another account shares it.
    type: str
    required: true
  document_version:
    description:
      - Its version, V($DEFAULT) or V($LATEST). Without it, SSM takes the default version.
    type: str
  parameters:
    description:
      - The runbook's parameters, each with a value or a list of values.
    type: dict
    default: {}
  target_parameter_name:
    description:
      - The parameter that is different for each target, such as C(InstanceId). Without it, the runbook is run once.
    type: str
  target_tag:
    description:
      - The targets are the resources with this tag. A dictionary of one key; its value may be a list of up to 50
        values, of which one must match.
      - Instances that are stopped are among them.
    type: dict
  target_values:
    description:
      - The targets by the values of the parameter, up to 50.
    type: list
    elements: str
  max_concurrency:
    description:
      - On how many targets the runbook runs at the same time, as a number or in percent such as V(10%).
    type: str
    default: "10"
  max_errors:
    description:
      - After how many errors more SSM starts on no further target, as a number or in percent. V(0) stops with the first
        error.
      - Targets on which it was not started have the status C(NotStarted).
    type: str
    default: "0"
  allow_no_targets:
    description:
      - Don't fail if no resource has the tag. An execution that ended otherwise than in success fails in any case.
    type: bool
    default: false
  expected_account_id:
    description:
      - The account that the credentials must belong to. In another one nothing is read or started.
    type: str
  wait:
    description:
      - Wait until the execution came to its end. Without it, nothing is known of the targets.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds to wait. Then the task fails; the execution goes on.
    type: int
    default: 14400
  wait_delay:
    description:
      - How many seconds lie between two looks. Each look is one call, however many targets there are.
    type: float
    default: 15
notes:
  - Needs the IAM permissions C(ssm:StartAutomationExecution), C(ssm:GetAutomationExecution),
    C(ssm:DescribeAutomationExecutions), C(ssm:DescribeDocument) for check mode, and C(iam:PassRole) on the role that
    the runbook assumes. What the steps of the runbook need is up to that role.
attributes:
  check_mode:
    description: Says whether there is such a runbook. Nothing is started.
    support: full
  diff_mode:
    description: An execution has no state to compare.
    support: none
  idempotency:
    description: Each run starts another execution. Whether that changes anything is up to the runbook.
    support: none
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Patch the instances of a patch group, two at a time, and stop at the first error
  sysops.aws.ssm_automation:
    document_name: sysops-patch-instance
    parameters:
      AutomationAssumeRole: arn:aws:iam::123456789012:role/sysops-patching
      RebootOption: RebootIfNeeded
    target_parameter_name: InstanceId
    target_tag:
      PatchGroup: test
    max_concurrency: "2"

- name: Restart one instance
  sysops.aws.ssm_automation:
    document_name: AWS-RestartEC2Instance
    parameters:
      InstanceId: i-0123456789abcdef0
"""

RETURN = r"""
execution_id:
  description: The id of the execution that was started, or null in check mode.
  returned: success, or failure after it was started
  type: str
  sample: 73c8eef8-f4ee-4a05-820c-e354fEXAMPLE
status:
  description: SSM's status of the whole, or V(Planned) in check mode.
  returned: success, or failure after it was started
  type: str
  sample: Success
executions:
  description: What became of the runbook on each target. Empty in check mode and with O(wait=false).
  returned: success, or failure after it was started
  type: list
  elements: dict
  contains: &execution
    execution_id:
      description: The execution of this target. Empty if none was started.
      returned: always
      type: str
      sample: 4105a4fc-f944-11e6-9d32-0a1b2EXAMPLE
    target:
      description: The target, or empty without O(target_parameter_name).
      returned: always
      type: str
      sample: i-0123456789abcdef0
    status:
      description: SSM's V(Success), V(Failed), V(TimedOut), V(Cancelled) and others, or V(NotStarted).
      returned: always
      type: str
      sample: Success
    failure_message:
      description: SSM's words on a failure.
      returned: always
      type: str
      sample: ""
    outputs:
      description: The runbook's outputs.
      returned: always
      type: dict
      sample: {readState.MissingCount: ["3"]}
failed_executions:
  description: Those that did not succeed, or were not started.
  returned: success, or failure after it was started
  type: list
  elements: dict
  contains: *execution
"""

from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task
from ansible_collections.sysops.aws.plugins.module_utils.ssm.automation import (
    ARGUMENT_SPEC,
    CONSTRAINTS,
    run_automation,
)


def main() -> None:
    run_task(run_automation, ARGUMENT_SPEC, **CONSTRAINTS)


if __name__ == "__main__":
    main()
