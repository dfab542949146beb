#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_document
version_added: 0.3.0
short_description: Keep a document of Systems Manager, its versions and its sharing as wanted
description:
  - Creates, changes and deletes a document, sets its default version and shares it with other accounts.
  - Content is compared by what it means, so that the order of keys, comments and the change from YAML to JSON make no
    new version. If the newest version differs from what is wanted, but an older one does not, that one is used again,
    since AWS refuses the same content twice.
  - Options that are left out leave what there is alone, except where they have a default.
  - Content that can't be read or isn't of its type, and options that make no sense, are refused before any call.
options:
  name:
    description:
      - The name of the document, 3 to 128 letters, digits, hyphens, underscores and dots. It can't be changed.
      - Names that begin with C(aws), C(amazon) or C(amzn) are AWS's own.
    type: str
    required: true
  content:
    description:
      - The content, as a text in YAML or JSON, or as a dict. Up to 65536 bytes.
      - Documents have expressions in double curly braces, which Ansible takes for its own. Use O(path), or mark the
        text with the tag C(!unsafe).
      - Either this or O(path) is required with O(state=present).
    type: raw
  path:
    description:
      - A file that holds the content, on the host where the module runs.
    type: path
  document_type:
    description:
      - What kind of document it is. It can't be changed. AWS makes a V(Command) of a document without it.
      - V(Command) needs a C(schemaVersion) of 1.2, 2.0 or 2.2, V(Automation) of 0.3, V(Session) of 1.0 and V(Policy)
        of 2.0.
      - Documents of the type C(Package) consist of attachments, which this module doesn't handle.
    type: str
    choices:
      - ApplicationConfiguration
      - ApplicationConfigurationSchema
      - AutoApprovalPolicy
      - Automation
      - Automation.ChangeTemplate
      - ChangeCalendar
      - CloudFormation
      - Command
      - ConformancePackTemplate
      - DeploymentStrategy
      - ManualApprovalPolicy
      - Policy
      - ProblemAnalysis
      - ProblemAnalysisTemplate
      - QuickSetup
      - Session
  document_format:
    description:
      - The format that a new version is stored in. Without it, a text has the format that it is in, and a dict is
        stored as JSON.
      - The same content in another format is no change.
    type: str
    choices: [JSON, YAML, TEXT]
  target_type:
    description:
      - The kind of resources that the document can run on, like V(/AWS::EC2::Instance), or V(/) for all. To change it
        takes a new version.
    type: str
  version_name:
    description:
      - The name of the version that is made, if one is. It can't be changed later, and no other version of the document
        can have it.
    type: str
  update_method:
    description:
      - What becomes of the older versions. V(new_version) keeps them. AWS keeps up to 1000.
      - V(replace) deletes all versions but the one that has the content, when that one is the default.
    type: str
    choices: [new_version, replace]
    default: new_version
  default_version:
    description:
      - Which version is the default. V($LATEST) is the one that has the content. V($DEFAULT) leaves it as it is. Else
        it is the number of a version.
      - Systems Manager at once runs the State Manager associations that follow the version which changes.
    type: str
    default: $LATEST
  shared_with:
    description:
      - The ids of the accounts that may use the document, or V(all) for every AWS account there is. Others lose it.
    type: list
    elements: str
  allow_public:
    description:
      - Has to be set for O(shared_with) to be V(all).
    type: bool
    default: false
  force:
    description:
      - With O(state=absent), stop sharing the document and delete it. Without it, a shared document isn't deleted.
    type: bool
    default: false
notes:
  - Needs the IAM permissions C(ssm:DescribeDocument), C(ssm:GetDocument), C(ssm:ListDocumentVersions),
    C(ssm:DescribeDocumentPermission) and C(ssm:ListTagsForResource); outside check mode also C(ssm:CreateDocument),
    C(ssm:UpdateDocument), C(ssm:UpdateDocumentDefaultVersion), C(ssm:ModifyDocumentPermission),
    C(ssm:DeleteDocument), C(ssm:AddTagsToResource) and C(ssm:RemoveTagsFromResource).
  - Content in YAML needs the Python package PyYAML, which comes with Ansible, on the host where the module runs.
  - O(state=absent) deletes all versions. A document that instances are associated with is not deleted; AWS says so.
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
- name: An automation from a file
  sysops.aws.ssm_document:
    name: example-patch
    document_type: Automation
    path: "{{ playbook_dir }}/files/patch.yml"
    target_type: /AWS::EC2::Instance
    tags:
      Team: platform

- name: A command, written here, of which the newest version alone is kept
  sysops.aws.ssm_document:
    name: example-uptime
    document_type: Command
    content:
      schemaVersion: "2.2"
      description: How long the host has been up
      mainSteps:
        - action: aws:runShellScript
          name: uptime
          inputs:
            runCommand: [uptime]
    update_method: replace

- name: Two accounts may use it
  sysops.aws.ssm_document:
    name: example-patch
    path: "{{ playbook_dir }}/files/patch.yml"
    shared_with: ["210987654321"]

- name: Delete it, though it is shared
  sysops.aws.ssm_document:
    name: example-patch
    state: absent
    force: true
"""

RETURN = r"""
document:
  description:
    - The document, with what belongs to the version that has the content. In check mode, as far as it can be told
      beforehand. Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      returned: if there is a document
      type: str
      sample: example-patch
    document_version:
      description: The number of the version that has the content.
      returned: if there is a document
      type: str
      sample: "3"
    version_name:
      description: The name of that version.
      returned: if it has one
      type: str
      sample: release-3
    latest_version:
      description: The number of the newest version.
      returned: if there is a document
      type: str
      sample: "3"
    default_version:
      description: The number of the default version.
      returned: if there is a document
      type: str
      sample: "3"
    other_versions:
      description: The numbers of the versions that don't have the content.
      returned: if there is a document
      type: list
      elements: str
      sample: ["2", "1"]
    content:
      description: The content as JSON, with sorted keys.
      returned: always with O(state=present)
      type: str
      sample: '{"schemaVersion": "0.3"}'
    document_type:
      description: What kind of document it is.
      returned: if there is a document
      type: str
      sample: Automation
    document_format:
      description: The format that the version is stored in.
      returned: if there is a document
      type: str
      sample: YAML
    target_type:
      description: The kind of resources that it can run on.
      returned: if it has one
      type: str
      sample: /AWS::EC2::Instance
    status:
      description: The state of the version.
      returned: if there is a document
      type: str
      sample: Active
    hash:
      description: The hash of the version's content.
      returned: if there is a document
      type: str
      sample: 4a41bf22b1a3c0b2ab7c0d5b1d3f1c7d0a2b9a0d36a9a0b6e0d6c6c1f7b3f0aa
    account_ids:
      description: The accounts that it is shared with, or V(all).
      returned: if there is a document
      type: list
      elements: str
      sample: ["210987654321"]
    tags:
      description: Its tags.
      returned: if there is a document
      type: dict
      sample: {Team: platform}
changes:
  description: The properties that were changed, or would be in check mode; all of them if the document comes or goes.
  returned: success
  type: list
  elements: dict
  contains:
    property:
      description: The property, named as in RV(document).
      returned: always
      type: str
      sample: default_version
    before:
      description: What it was, or null.
      returned: always
      type: raw
      sample: "2"
    after:
      description: What it is now, or null.
      returned: always
      type: raw
      sample: "3"
"""

from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource
from ansible_collections.sysops.aws.plugins.module_utils.ssm.document import Document
from ansible_collections.sysops.aws.plugins.module_utils.ssm.document_options import (
    ARGUMENT_SPEC,
    MUTUALLY_EXCLUSIVE,
    REQUIRED_IF,
)


def main() -> None:
    run_resource(Document, ARGUMENT_SPEC, required_if=REQUIRED_IF, mutually_exclusive=MUTUALLY_EXCLUSIVE)


if __name__ == "__main__":
    main()
