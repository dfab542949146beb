#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_maintenance_window
version_added: 0.3.0
short_description: Keep a maintenance window of Systems Manager with its targets and tasks as wanted
description:
  - Creates, changes and deletes a maintenance window, with everything that belongs to it. Targets and tasks that are no
    longer declared are removed.
  - Targets and tasks are told apart by their names within the window. A task is registered when its targets are there,
    and a target is removed when no task names it any more.
  - Options that are left out leave what there is alone, except where they have a default.
  - A schedule that Systems Manager would refuse, a cutoff that is not below the duration, a task that names a target
    which isn't declared, and other options that make no sense are refused before any call.
options:
  name:
    description:
      - The name of the window, 3 to 128 letters, digits, hyphens, underscores and dots. The window is found by it, and
        it can't be changed.
      - If more than one window has the name, the task fails and names their ids.
    type: str
    required: true
  description:
    description:
      - What the window is for, up to 128 characters. An empty text removes it.
    type: str
  schedule:
    description:
      - When the window opens. Required with O(state=present).
      - C(cron(minutes hours day-of-month month day-of-week year)), with seconds before them if need be. Day of month or
        day of week has to be V(?). Day of month takes V(L), V(LW) and V(15W) too, day of week V(6L) (the last Friday)
        and V(TUE#3) (the third Tuesday). It can't run more often than every 5 minutes.
      - C(rate(value unit)) with C(minute), C(hour) or C(day), in the plural for all values but 1.
      - C(at(yyyy-mm-ddThh:mm:ss)) opens it once.
    type: str
  schedule_timezone:
    description:
      - The time zone of the schedule by its IANA name, like V(Europe/Berlin). An empty text removes it; then it is UTC.
    type: str
  schedule_offset:
    description:
      - How many days after the date of the C(cron) expression the window opens, 1 to 6. V(0) removes it.
      - It is removed if the schedule is no C(cron) expression.
    type: int
  start_date:
    description:
      - The time from which on the window may open, in ISO 8601 with its offset, like V(2026-11-16T15:55:00+01:00). An
        empty text removes it.
      - With a C(rate) schedule, AWS takes the present moment in place of a time in the past; such a time is left out.
    type: str
  end_date:
    description:
      - The time from which on the window doesn't open any more, as O(start_date). An empty text removes it.
    type: str
  duration:
    description:
      - For how many hours the window is open, 1 to 24. Required with O(state=present).
    type: int
  cutoff:
    description:
      - How many hours before its end no more tasks are started, 0 to 23 and less than O(duration).
      - Required with O(state=present).
    type: int
  allow_unassociated_targets:
    description:
      - Whether tasks may run on instances that are not among the window's targets.
    type: bool
    default: false
  enabled:
    description:
      - Whether the window opens at all. A new window is enabled.
    type: bool
  targets:
    description:
      - All targets of the window. A target that is not in the list is removed.
      - Has to be given together with O(tasks). Without both, the window keeps its targets and tasks.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name by which tasks refer to the target.
        type: str
        required: true
      description:
        description:
          - What the target is, up to 128 characters.
        type: str
      owner_information:
        description:
          - A text that is in the events which tasks on this target raise, up to 128 characters.
        type: str
      instance_ids:
        description:
          - The ids of instances, up to 50.
          - Exactly one of O(targets[].instance_ids), O(targets[].tags), O(targets[].tag_keys) and
            O(targets[].resource_group) is required.
        type: list
        elements: str
      tags:
        description:
          - Instances that have all of these tags, up to 5. Each value is a text, or a list of texts of which one has to
            match.
        type: dict
      tag_keys:
        description:
          - Instances that have tags with these keys, whatever their values.
        type: list
        elements: str
      resource_group:
        description:
          - The name of a resource group. A target can't change between resource group and instances; another name makes
            it another target.
        type: str
      resource_types:
        description:
          - The types of resources of O(targets[].resource_group) that are meant, like V(AWS::EC2::Instance).
        type: list
        elements: str
  tasks:
    description:
      - All tasks of the window. A task that is not in the list is removed.
      - Has to be given together with O(targets).
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the task within the window.
        type: str
        required: true
      description:
        description:
          - What the task does, up to 128 characters.
        type: str
      task_type:
        description:
          - What kind of task it is. A task of another type takes the old one's place.
        type: str
        required: true
        choices: [RUN_COMMAND, AUTOMATION, LAMBDA, STEP_FUNCTIONS]
      task_arn:
        description:
          - What is run. A document's name or ARN, a function's name or ARN, or a state machine's ARN.
        type: str
        required: true
      service_role_arn:
        description:
          - The ARN of the IAM role by which Systems Manager runs the task. Without it, it is the service-linked role.
        type: str
      targets:
        description:
          - The names of the O(targets) that the task runs on. Targets of one task are served one after the other.
          - A V(RUN_COMMAND) task needs this or O(tasks[].instance_ids).
        type: list
        elements: str
      instance_ids:
        description:
          - The ids of instances that the task runs on, in place of O(tasks[].targets). Needs
            O(allow_unassociated_targets).
        type: list
        elements: str
      priority:
        description:
          - Tasks with a lower number are started before those with a higher one, those with the same number together.
        type: int
        default: 1
      max_concurrency:
        description:
          - On how many instances the task runs at a time, as a number or a percentage like V(10%).
          - Without it V(1). Not for a task without targets.
        type: str
      max_errors:
        description:
          - How many errors stop the task, as a number or a percentage like V(10%). V(0) stops it at the first one.
          - Without it V(1). Not for a task without targets.
        type: str
      cutoff_behavior:
        description:
          - What becomes of the task when O(cutoff) is reached. V(CONTINUE_TASK) lets it run on. V(CANCEL_TASK) cancels
            commands, and starts no more of the others.
        type: str
        choices: [CONTINUE_TASK, CANCEL_TASK]
        default: CONTINUE_TASK
      alarm_name:
        description:
          - The name of a CloudWatch alarm that stops the task.
        type: str
      ignore_poll_alarm_failure:
        description:
          - Whether the task runs on if the state of O(tasks[].alarm_name) can't be read.
        type: bool
        default: false
      run_command:
        description:
          - How a V(RUN_COMMAND) task is run.
        type: dict
        suboptions:
          parameters:
            description:
              - The parameters of the document. Each value is a text or a list of texts, whose order counts.
              - Everybody who may read the window can read them, and they are returned.
            type: dict
          comment:
            description:
              - A text that is shown with the command, up to 100 characters.
            type: str
          document_version:
            description:
              - The version of the document, V($LATEST) or V($DEFAULT). Without it V($DEFAULT).
            type: str
          document_hash:
            description:
              - The hash that the document must have.
            type: str
          document_hash_type:
            description:
              - What kind of hash it is.
            type: str
            choices: [Sha256, Sha1]
          timeout_seconds:
            description:
              - For how many seconds a command waits to be started on an instance, 30 to 2592000.
              - Without it, it is AWS's own default.
            type: int
          service_role_arn:
            description:
              - The ARN of the role that publishes notifications.
            type: str
          output_s3_bucket_name:
            description:
              - The bucket that the output goes to.
            type: str
          output_s3_key_prefix:
            description:
              - The prefix of the output's keys in that bucket.
            type: str
          cloudwatch_output_enabled:
            description:
              - Whether the output goes to CloudWatch Logs.
            type: bool
          cloudwatch_log_group_name:
            description:
              - The log group that it goes to. Without it, it is one of the document's name.
            type: str
          notification_arn:
            description:
              - The ARN of the SNS topic that is told.
            type: str
          notification_events:
            description:
              - What it is told of.
            type: list
            elements: str
            choices: [All, InProgress, Success, TimedOut, Cancelled, Failed]
          notification_type:
            description:
              - Whether it is told once for a command, or once for each instance.
            type: str
            choices: [Command, Invocation]
      automation:
        description:
          - How an V(AUTOMATION) task is run.
        type: dict
        suboptions:
          parameters:
            description:
              - The parameters of the document, as O(tasks[].run_command.parameters).
            type: dict
          document_version:
            description:
              - The version of the document, as O(tasks[].run_command.document_version).
            type: str
      lambda:
        description:
          - How a V(LAMBDA) task is run.
        type: dict
        suboptions:
          payload:
            description:
              - What the function gets, as JSON text or as a dict, up to 4096 characters.
              - Everybody who may read the window can read it, and it is returned.
            type: json
          qualifier:
            description:
              - The version or alias of the function.
            type: str
          client_context:
            description:
              - The client context, in Base64.
            type: str
      step_functions:
        description:
          - How a V(STEP_FUNCTIONS) task is run.
        type: dict
        suboptions:
          input:
            description:
              - What the state machine gets, as JSON text or as a dict, up to 4096 characters.
            type: json
          name:
            description:
              - The name of the execution.
            type: str
notes:
  - Needs the IAM permissions C(ssm:DescribeMaintenanceWindows), C(ssm:GetMaintenanceWindow),
    C(ssm:DescribeMaintenanceWindowTargets), C(ssm:DescribeMaintenanceWindowTasks), C(ssm:GetMaintenanceWindowTask) and
    C(ssm:ListTagsForResource); outside check mode also C(ssm:CreateMaintenanceWindow),
    C(ssm:UpdateMaintenanceWindow), C(ssm:DeleteMaintenanceWindow), C(ssm:RegisterTargetWithMaintenanceWindow),
    C(ssm:UpdateMaintenanceWindowTarget), C(ssm:DeregisterTargetFromMaintenanceWindow),
    C(ssm:RegisterTaskWithMaintenanceWindow), C(ssm:UpdateMaintenanceWindowTask),
    C(ssm:DeregisterTaskFromMaintenanceWindow), C(ssm:AddTagsToResource), C(ssm:RemoveTagsFromResource),
    C(iam:PassRole) on the tasks' roles and, for the first task of an account that has none,
    C(iam:CreateServiceLinkedRole).
  - O(state=absent) deletes the window with its targets and tasks. What they refer to stays.
  - A window is there at once, so O(wait) and O(wait_timeout) have no effect.
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
- name: Patch by tag every Sunday night, a tenth of the instances at a time
  sysops.aws.ssm_maintenance_window:
    name: patch-prod
    schedule: cron(0 2 ? * SUN *)
    schedule_timezone: Europe/Berlin
    duration: 3
    cutoff: 1
    targets:
      - name: prod
        tags:
          PatchGroup: prod
    tasks:
      - name: install
        task_type: RUN_COMMAND
        task_arn: AWS-RunPatchBaseline
        targets: [prod]
        max_concurrency: 10%
        max_errors: "2"
        cutoff_behavior: CANCEL_TASK
        run_command:
          parameters:
            Operation: Install
            RebootOption: RebootIfNeeded
          output_s3_bucket_name: example-patch-logs
          timeout_seconds: 600
    tags:
      Team: platform

- name: An automation and a function, two days after the second Tuesday
  sysops.aws.ssm_maintenance_window:
    name: patch-windows
    schedule: cron(0 22 ? * TUE#2 *)
    schedule_offset: 2
    duration: 4
    cutoff: 1
    targets:
      - name: windows
        resource_group: windows-servers
        resource_types: ["AWS::EC2::Instance"]
    tasks:
      - name: patch
        task_type: AUTOMATION
        task_arn: example-patch
        service_role_arn: arn:aws:iam::123456789012:role/example-patch
        targets: [windows]
        automation:
          document_version: $LATEST
          parameters:
            InstanceId: "{{ '{{' }}TARGET_ID{{ '}}' }}"
      - name: report
        task_type: LAMBDA
        task_arn: arn:aws:lambda:eu-west-1:123456789012:function:patch-report
        priority: 2
        lambda:
          payload: {window: windows}

- name: Keep the window, but don't open it
  sysops.aws.ssm_maintenance_window:
    name: patch-prod
    schedule: cron(0 2 ? * SUN *)
    duration: 3
    cutoff: 1
    enabled: false

- name: Delete the window with its targets and tasks
  sysops.aws.ssm_maintenance_window:
    name: patch-prod
    state: absent
"""

RETURN = r"""
maintenance_window:
  description:
    - The maintenance window. In check mode, as far as it can be told beforehand. Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    window_id:
      description: Its id.
      returned: if there is a window
      type: str
      sample: mw-0123456789abcdef0
    name:
      description: Its name.
      returned: if there is a window
      type: str
      sample: patch-prod
    description:
      description: What it is for.
      returned: if it has one
      type: str
      sample: Sunday night
    schedule:
      description: When it opens.
      returned: always with O(state=present)
      type: str
      sample: cron(0 2 ? * SUN *)
    schedule_timezone:
      description: The time zone of the schedule.
      returned: if it has one
      type: str
      sample: Europe/Berlin
    schedule_offset:
      description: How many days after the date of the schedule it opens.
      returned: if it has one
      type: int
      sample: 2
    start_date:
      description: The time from which on it may open, in UTC.
      returned: if it has one
      type: str
      sample: "2026-11-16T14:55:00+00:00"
    end_date:
      description: The time from which on it doesn't open any more, in UTC.
      returned: if it has one
      type: str
      sample: "2027-11-16T14:55:00+00:00"
    next_execution_time:
      description: When it opens next.
      returned: if AWS tells it
      type: str
      sample: 2026-11-22T01:00Z
    duration:
      description: For how many hours it is open.
      returned: always with O(state=present)
      type: int
      sample: 3
    cutoff:
      description: How many hours before its end no more tasks are started.
      returned: always with O(state=present)
      type: int
      sample: 1
    allow_unassociated_targets:
      description: Whether tasks may run on instances that are not among its targets.
      returned: always with O(state=present)
      type: bool
      sample: false
    enabled:
      description: Whether it opens at all.
      returned: if there is a window
      type: bool
      sample: true
    targets:
      description: Its targets.
      returned: if there is a window
      type: list
      elements: dict
      sample:
        - name: prod
          window_target_id: 0a1b2c3d-0a1b-0a1b-0a1b-0123456789ab
          resource_type: INSTANCE
          targets: [{key: "tag:PatchGroup", values: [prod]}]
    tasks:
      description:
        - Its tasks. C(target_names) are the targets' names, or the ids of targets that have none. The names of
          C(parameters) are left as they are.
      returned: if there is a window
      type: list
      elements: dict
      sample:
        - name: install
          window_task_id: 4d5e6f70-4d5e-4d5e-4d5e-0123456789ab
          task_type: RUN_COMMAND
          task_arn: AWS-RunPatchBaseline
          target_names: [prod]
          instance_ids: []
          priority: 1
          max_concurrency: 10%
          max_errors: "2"
          cutoff_behavior: CANCEL_TASK
          task_invocation_parameters:
            run_command:
              parameters: {Operation: [Install]}
    tags:
      description: Its tags.
      returned: if there is a window
      type: dict
      sample: {Team: platform}
changes:
  description: The properties that were changed, or would be in check mode; all of them if the window comes or goes.
  returned: success
  type: list
  elements: dict
  contains:
    property:
      description: The property, named as in RV(maintenance_window).
      returned: always
      type: str
      sample: duration
    before:
      description: What it was, or null.
      returned: always
      type: raw
      sample: 3
    after:
      description: What it is now, or null.
      returned: always
      type: raw
      sample: 4
"""

from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource
from ansible_collections.sysops.aws.plugins.module_utils.ssm.maintenance_window import MaintenanceWindow
from ansible_collections.sysops.aws.plugins.module_utils.ssm.maintenance_window_options import (
    ARGUMENT_SPEC,
    REQUIRED_IF,
)


def main() -> None:
    run_resource(MaintenanceWindow, ARGUMENT_SPEC, required_if=REQUIRED_IF)


if __name__ == "__main__":
    main()
