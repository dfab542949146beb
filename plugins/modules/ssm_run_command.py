#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_run_command
version_added: 0.3.0
short_description: Run an SSM document on instances, and tell what became of it on each
description:
  - Sends a command with Systems Manager Run Command to instances by their ids, by tags or by a resource group, waits
    for it, and returns each instance's status, exit code and output.
  - SSM does the fan-out, so that a fleet of any size takes one command. Only named instances go in commands of 50, one
    after the other.
  - The task fails if the command did not succeed on every instance that was meant, and names those instances. What
    succeeded is in the result all the same. An instance that SSM does not manage counts as one on which it failed.
  - Options that SSM would refuse are refused before any call.
options:
  document_name:
    description:
      - The name of the Command document, such as V(AWS-RunShellScript), or its ARN if another account shares it.
    type: str
    required: true
  document_version:
    description:
      - Its version, V($DEFAULT) or V($LATEST). Without it, SSM takes the default version.
    type: str
  parameters:
    description:
      - The document's parameters, each with a value or a list of values.
      - They are not returned. With C(-vvv) Ansible shows them, as all options; secrets belong in O(secret_parameters).
    type: dict
    default: {}
  secret_parameters:
    description:
      - Further parameters whose values must not be seen. Ansible hides the values wherever they appear in the output.
      - They are visible to whoever may read the command in SSM.
    type: dict
    default: {}
  instance_ids:
    description:
      - The instances, by their ids, also C(mi-) ids of machines outside EC2.
      - Exactly one of O(instance_ids), O(tags) and O(resource_group) is needed.
    type: list
    elements: str
  tags:
    description:
      - The instances that have all of these tags, at most five. The value of a tag may be a list of values, of which
        one must match. SSM knows no wildcards here.
    type: dict
  resource_group:
    description:
      - The instances in the resource group of this name.
    type: str
  platform_type:
    description:
      - Only instances of this platform.
      - If the tags or the group hold others too, the command is sent to the ids of those that match, as with
        O(instance_ids). Large mixed fleets are faster with tags of their own for each platform.
    type: str
    choices: [Linux, Windows, MacOS]
  max_concurrency:
    description:
      - On how many instances the command runs at the same time, as a number or in percent such as V(10%).
      - Of instances by id, the percentage is that of each command of 50.
    type: str
    default: "50"
  max_errors:
    description:
      - After how many errors more SSM sends the command to no further instance, as a number or in percent. V(0) stops
        with the first error.
      - Instances which it was not sent to any more are C(Terminated), or C(NotSent) where they were in a later command.
    type: str
    default: "0"
  timeout_seconds:
    description:
      - For how many seconds SSM tries to deliver the command, 30 to 2592000. After that an offline instance is
        C(DeliveryTimedOut). (SSM's own default is 3600.)
    type: int
    default: 600
  execution_timeout:
    description:
      - For how many seconds the document may run, 1 to 172800. It is the document's parameter C(executionTimeout), and
        only for documents that have it, such as V(AWS-RunShellScript) and V(AWS-RunPowerShellScript).
    type: int
  comment:
    description:
      - What the command is for, at most 100 characters.
    type: str
  output_s3_bucket_name:
    description:
      - The bucket to which each instance writes its whole output. The instance profile needs C(s3:PutObject) on it.
    type: str
  output_s3_key_prefix:
    description:
      - The prefix of its objects.
    type: str
  cloudwatch_output:
    description:
      - Send the output to CloudWatch Logs.
    type: bool
    default: false
  cloudwatch_log_group_name:
    description:
      - The log group for it, which switches O(cloudwatch_output) on. Without it, SSM uses
        C(/aws/ssm/) and the document's name.
    type: str
  service_role_arn:
    description:
      - The role that SSM sends notifications with.
    type: str
  notification_arn:
    description:
      - The SNS topic to notify. It needs O(service_role_arn).
    type: str
  notification_events:
    description:
      - What to notify of.
    type: list
    elements: str
    choices: [All, InProgress, Success, TimedOut, Cancelled, Failed]
    default: [All]
  notification_type:
    description:
      - Whether to notify of the command, or of each instance.
    type: str
    choices: [Command, Invocation]
    default: Command
  full_output:
    description:
      - Return up to 24,000 characters of the output of each step of the document on each instance. That takes a call
        for each step whose output is longer than the 2,500 bytes of the list.
      - Where the command failed, it is done in any case.
    type: bool
    default: false
  read_only:
    description:
      - What is run changes nothing, so that the task doesn't report a change. In check mode it is not run all the same.
    type: bool
    default: false
  ignore_unmanaged:
    description:
      - Don't fail because of instances that SSM does not manage. They are in RV(unmanaged_instances).
    type: bool
    default: false
  allow_no_targets:
    description:
      - Don't fail if there is no instance to send the command to.
    type: bool
    default: false
  expected_account_id:
    description:
      - The account that the credentials must belong to. In another one nothing is read or sent.
    type: str
  wait:
    description:
      - Wait until the command came to its end on all instances. Without it, nothing is known of the instances.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds to wait for each command. Then the task fails; the command goes on.
    type: int
    default: 3600
  wait_delay:
    description:
      - How many seconds lie between two looks. Each look is one call, however many instances there are; at a command
        that ended before it was done on all of them, it takes a call more for 50 instances.
    type: float
    default: 5
notes:
  - Needs the IAM permissions C(ssm:DescribeInstanceInformation), C(ssm:SendCommand), C(ssm:ListCommands),
    C(ssm:ListCommandInvocations) and C(ssm:GetCommandInvocation); with O(tags) also C(ec2:DescribeInstances), and with
    O(resource_group) besides that C(resource-groups:ListGroupResources), C(cloudformation:DescribeStacks),
    C(cloudformation:ListStackResources) and C(tag:GetResources).
  - With O(tags) and O(resource_group), an instance which is not running and which SSM doesn't know is not looked for,
    nor is one that is terminated.
  - With O(instance_ids), an instance that is terminated, unknown or not managed doesn't keep the others from the
    command. It is named in RV(failed_instances), and the task fails when all else is done. In check mode a warning
    names it. Without C(ec2:DescribeInstances) a terminated instance is only known from SSM's refusal, and not in check
    mode.
  - SSM lists invocations later than it takes a command. They are read again, at most 12 times, O(wait_delay) apart,
    until there are as many as SSM counts. An instance of which SSM still says nothing fails the task.
  - A command counts as a change. Where its output tells whether it was one, use C(changed_when).
attributes:
  check_mode:
    description: The instances that it would be sent to are returned, and which of them are offline or not managed.
    support: full
  diff_mode:
    description: A command has no state to compare.
    support: none
  idempotency:
    description: Each run sends the command again. Whether that changes anything is up to the document.
    support: none
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Restart the web server on a tenth of the fleet at a time, and stop at the third error
  sysops.aws.ssm_run_command:
    document_name: AWS-RunShellScript
    parameters:
      commands:
        - systemctl restart nginx
    tags:
      Role: web
      Environment: [test, staging]
    max_concurrency: 10%
    max_errors: "2"
    execution_timeout: 120

- name: Which kernel runs where
  sysops.aws.ssm_run_command:
    document_name: AWS-RunShellScript
    parameters:
      commands: uname -r
    tags:
      Role: web
    platform_type: Linux
    read_only: true
  register: kernels

- name: Show it
  ansible.builtin.debug:
    msg: "{{ kernels.invocations | items2dict(key_name='name', value_name='output') }}"

- name: Scan two instances for missing patches
  sysops.aws.ssm_run_command:
    document_name: AWS-RunPatchBaseline
    parameters:
      Operation: Scan
    instance_ids:
      - i-0123456789abcdef0
      - i-0fedcba9876543210
    output_s3_bucket_name: our-command-output
    output_s3_key_prefix: patching
"""

RETURN = r"""
command_id:
  description: The id of the first command, or null if none was sent.
  returned: success, or failure after the instances were found
  type: str
  sample: 0831e1a8-a1ac-4257-a1fd-c831bEXAMPLE
command_ids:
  description: The ids of all commands. There are several only for more than 50 instances by id.
  returned: success, or failure after the instances were found
  type: list
  elements: str
  sample: [0831e1a8-a1ac-4257-a1fd-c831bEXAMPLE]
targets:
  description: The instances that were meant.
  returned: success, or failure after the instances were found
  type: list
  elements: dict
  contains: &target
    instance_id:
      description: Its id.
      returned: always
      type: str
      sample: i-0123456789abcdef0
    name:
      description: Its C(Name) tag, or the computer's name; empty if neither is known.
      returned: always
      type: str
      sample: web-1
    ping_status:
      description: SSM's V(Online), V(ConnectionLost) or V(Inactive), or V(Unmanaged) or V(InstanceTerminated).
      returned: always
      type: str
      sample: Online
    platform_type:
      description: V(Linux), V(Windows) or V(MacOS); empty if it isn't known.
      returned: always
      type: str
      sample: Linux
offline_instances:
  description: Those of RV(targets) that SSM manages, but has lost sight of.
  returned: success, or failure after the instances were found
  type: list
  elements: dict
  contains: *target
unmanaged_instances:
  description:
    - Those of RV(targets) that SSM does not manage. They have no SSM Agent, no instance profile, or no network, or they
      are terminated (a C(ping_status) of V(InstanceTerminated)).
  returned: success, or failure after the instances were found
  type: list
  elements: dict
  contains: *target
invocations:
  description: What became of the command on each instance. Empty in check mode and with O(wait=false).
  returned: success, or failure after the instances were found
  type: list
  elements: dict
  contains: &invocation
    instance_id:
      description: The instance.
      returned: always
      type: str
      sample: i-0123456789abcdef0
    name:
      description: Its name.
      returned: always
      type: str
      sample: web-1
    command_id:
      description: The command. Empty if none was sent to the instance.
      returned: always
      type: str
      sample: 0831e1a8-a1ac-4257-a1fd-c831bEXAMPLE
    status:
      description: V(Success), V(Failed), V(TimedOut), V(Cancelled), or V(InProgress) and others after O(wait_timeout).
      returned: always
      type: str
      sample: Success
    status_details:
      description:
        - SSM's reason, such as V(Failed), V(DeliveryTimedOut), V(ExecutionTimedOut), V(Undeliverable), V(Terminated),
          V(AccessDenied) or V(InvalidPlatform). V(NotSent), V(Unmanaged), V(InstanceTerminated), V(NoInvocation) and
          V(Unknown) are the module's own words. V(InvalidInstanceId) says that SSM refused the instance when the
          command was sent. V(NoInvocation) says that SSM names no invocation of the command on the instance.
          V(Unknown) says that AWS's answer was lost, so that the command may be running all the same. It is not sent
          again, since it might run twice.
      returned: always
      type: str
      sample: Success
    exit_code:
      description: That of the step that failed, else of the last one; null if nothing was run.
      returned: always
      type: int
      sample: 0
    output:
      description: What the steps of the document wrote, errors included. See O(full_output).
      returned: always
      type: str
      sample: 6.1.0-18-cloud-amd64
failed_instances:
  description:
    - The instances on which the command did not succeed, or to which it was not sent. In check mode, those to which it
      would not be sent.
  returned: success, or failure after the instances were found
  type: list
  elements: dict
  contains: *invocation
"""

from ansible_collections.sysops.aws.plugins.module_utils.resource.task import run_task
from ansible_collections.sysops.aws.plugins.module_utils.ssm.command import run_command
from ansible_collections.sysops.aws.plugins.module_utils.ssm.command_options import ARGUMENT_SPEC, CONSTRAINTS


def main() -> None:
    run_task(run_command, ARGUMENT_SPEC, **CONSTRAINTS)


if __name__ == "__main__":
    main()
