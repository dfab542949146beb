#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_association
version_added: 0.3.0
short_description: Keep a State Manager association as wanted
description:
  - Creates, changes and deletes a State Manager association, which runs an SSM document on instances by a schedule, and
    on each new instance with its tags as soon as SSM manages it.
  - SSM runs the document on all targets when the association is created and each time that it is changed, unless
    O(apply_only_at_cron_interval) says otherwise.
  - Options that are left out leave what there is alone.
options:
  name:
    description:
      - The name of the association. SSM lets several have the same name; the module refuses to work on those.
    type: str
    required: true
    aliases: [association_name]
  document_name:
    description:
      - The Command document, such as V(AWS-RunShellScript), or its ARN if another account shares it.
      - Required with O(state=present).
    type: str
  document_version:
    description:
      - Its version, V($DEFAULT) or V($LATEST).
    type: str
  parameters:
    description:
      - The document's parameters, each with a value or a list of values. All of them are set, if the option is given.
      - Whoever may describe the association can read them, so that they must hold no secrets.
    type: dict
  target_tags:
    description:
      - The instances that have all of these tags, at most five. The value of a tag may be a list of values.
      - Exactly one of O(target_tags), O(instance_ids) and O(resource_group) is required with O(state=present).
    type: dict
  instance_ids:
    description:
      - The instances by their ids, at most 50. V(*) stands for all managed instances of the account in the region.
    type: list
    elements: str
  resource_group:
    description:
      - The instances in the resource group of this name.
    type: str
  schedule_expression:
    description:
      - When to run, as C(cron(...)), C(rate(...)) or C(at(...)). Without it, the association runs when it is made or
        changed, and on new instances.
    type: str
  apply_only_at_cron_interval:
    description:
      - Run by the schedule only, which must be C(cron(...)).
    type: bool
  max_concurrency:
    description:
      - On how many instances the document runs at the same time, as a number or in percent.
    type: str
  max_errors:
    description:
      - After how many errors more SSM stops, as a number or in percent.
    type: str
  compliance_severity:
    description:
      - How severe it is that the document did not succeed on an instance.
    type: str
    choices: [CRITICAL, HIGH, MEDIUM, LOW, UNSPECIFIED]
  output_s3_bucket_name:
    description:
      - The bucket to which instances write their output. An empty text takes it away.
    type: str
  output_s3_key_prefix:
    description:
      - The prefix of its objects. An empty text takes it away.
    type: str
notes:
  - Needs the IAM permissions C(ssm:ListAssociations), C(ssm:DescribeAssociation) and C(ssm:ListTagsForResource);
    outside check mode also C(ssm:CreateAssociation), C(ssm:UpdateAssociation), C(ssm:DeleteAssociation),
    C(ssm:AddTagsToResource) and C(ssm:RemoveTagsFromResource).
  - An association is there as soon as it is made, so that O(wait) waits for nothing. Whether the document succeeded is
    in the compliance of State Manager.
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
- name: Collect the inventory of production every day, new instances included
  sysops.aws.ssm_association:
    name: production-inventory
    document_name: AWS-GatherSoftwareInventory
    target_tags:
      Environment: production
    schedule_expression: rate(1 day)
    max_concurrency: 10%
    max_errors: 10%
    tags:
      Team: operations

- name: Delete it
  sysops.aws.ssm_association:
    name: production-inventory
    state: absent
"""

RETURN = r"""
association:
  description:
    - The association, with the attributes that C(DescribeAssociation) gives. In check mode, as far as it can be told
      beforehand.
    - Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    association_id:
      description: Its id.
      returned: if there is one
      type: str
      sample: 8dfe3659-4309-493a-8755-0123456789ab
    association_name:
      description: Its name.
      returned: always with O(state=present)
      type: str
      sample: production-inventory
    name:
      description: The document.
      returned: always with O(state=present)
      type: str
      sample: AWS-GatherSoftwareInventory
    targets:
      description: The instances that it is for.
      returned: always with O(state=present)
      type: list
      elements: dict
      sample: [{key: "tag:Environment", values: [production]}]
    parameters:
      description: The document's parameters, as a text of JSON.
      returned: if there are any
      type: str
      sample: '{"executionTimeout": ["600"]}'
    schedule_expression:
      description: When it runs.
      returned: if it has one
      type: str
      sample: rate(1 day)
    tags:
      description: Its tags.
      returned: if there is one
      type: dict
      sample: {Team: operations}
changes:
  description:
    - The properties that were changed, or would be in check mode; all of them if the association comes or goes.
  returned: success
  type: list
  elements: dict
  contains:
    property:
      description: The property, named as in RV(association).
      returned: always
      type: str
      sample: schedule_expression
    before:
      description: What it was, or null.
      returned: always
      type: raw
      sample: rate(7 days)
    after:
      description: What it is now, or null.
      returned: always
      type: raw
      sample: rate(1 day)
"""

from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource
from ansible_collections.sysops.aws.plugins.module_utils.ssm.association import (
    ARGUMENT_SPEC,
    CONSTRAINTS,
    Association,
)


def main() -> None:
    run_resource(Association, ARGUMENT_SPEC, **CONSTRAINTS)


if __name__ == "__main__":
    main()
