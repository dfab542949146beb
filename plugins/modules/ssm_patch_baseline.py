#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssm_patch_baseline
version_added: 0.3.0
short_description: Keep a patch baseline of Systems Manager and its patch groups as wanted
description:
  - Creates, changes and deletes a patch baseline of Patch Manager, registers it for patch groups and makes it the
    default for its operating system.
  - Options that are left out leave what there is alone. A list that is given replaces the one that there is, so an
    empty list removes all of it.
  - A patch id of a wrong shape, a filter that the operating system lacks, a patch group that has another baseline
    and options that make no sense are refused before anything is changed.
options:
  name:
    description:
      - The name of the baseline, 3 to 128 letters, digits, hyphens, underscores and dots. The baseline is found by it
        among the account's own, and it can't be changed.
      - If more than one baseline has the name, the task fails and names their ids.
    type: str
    required: true
  operating_system:
    description:
      - The operating system that the baseline is for. It can't be changed.
      - Required with O(state=present).
    type: str
    choices:
      - ALMA_LINUX
      - AMAZON_LINUX
      - AMAZON_LINUX_2
      - AMAZON_LINUX_2022
      - AMAZON_LINUX_2023
      - CENTOS
      - DEBIAN
      - MACOS
      - ORACLE_LINUX
      - RASPBIAN
      - REDHAT_ENTERPRISE_LINUX
      - ROCKY_LINUX
      - SUSE
      - UBUNTU
      - WINDOWS
  description:
    description:
      - What the baseline is for, 1 to 1024 characters.
    type: str
  approval_rules:
    description:
      - The rules by which patches are approved by themselves, up to 10. A patch that no rule matches is not approved.
    type: list
    elements: dict
    suboptions:
      patch_filters:
        description:
          - Which patches the rule is for, up to 4 keys. A patch must match all of them; an empty list matches all.
        type: list
        elements: dict
        required: true
        suboptions:
          key:
            description:
              - The property of a patch.
              - V(WINDOWS) has C(PATCH_SET), C(PRODUCT), C(PRODUCT_FAMILY), C(CLASSIFICATION) and C(MSRC_SEVERITY);
                V(UBUNTU), V(DEBIAN) and V(RASPBIAN) have C(PRODUCT), C(PRIORITY) and C(SECTION); V(MACOS) has
                C(PRODUCT) and C(CLASSIFICATION); the others have C(PRODUCT), C(CLASSIFICATION) and C(SEVERITY).
            type: str
            required: true
            choices:
              - CLASSIFICATION
              - MSRC_SEVERITY
              - PATCH_SET
              - PRIORITY
              - PRODUCT
              - PRODUCT_FAMILY
              - SECTION
              - SEVERITY
          values:
            description:
              - The values that match, any of them, up to 20. V(*) matches all.
              - C(aws ssm describe-patch-properties) lists those of an operating system.
            type: list
            elements: str
            required: true
      compliance_level:
        description:
          - How severe it is if an approved patch is missing.
        type: str
        choices: [CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED]
        default: UNSPECIFIED
      approve_after_days:
        description:
          - Approve a patch so many days after its release, 0 to 360.
          - Either this or O(approval_rules[].approve_until_date) is required, except for V(UBUNTU), V(DEBIAN) and
            V(RASPBIAN), which have neither since their packages don't tell when they were released.
        type: int
      approve_until_date:
        description:
          - Approve all patches that were released until this date, like V(2026-11-16).
        type: str
      enable_non_security:
        description:
          - Approve updates too that are no security updates. For Linux alone.
        type: bool
        default: false
  global_filters:
    description:
      - Which patches the baseline is for at all, up to 4 keys.
    type: list
    elements: dict
    suboptions:
      key:
        description:
          - The property of a patch, as in O(approval_rules[].patch_filters[].key).
        type: str
        required: true
        choices:
          - CLASSIFICATION
          - MSRC_SEVERITY
          - PATCH_SET
          - PRIORITY
          - PRODUCT
          - PRODUCT_FAMILY
          - SECTION
          - SEVERITY
      values:
        description:
          - The values that match, any of them, up to 20. V(*) matches all.
        type: list
        elements: str
        required: true
  approved_patches:
    description:
      - Patches that are approved whatever the rules say, up to 50.
      - For V(WINDOWS) they are ids like V(KB2032276) and V(MS10-048).
      - For V(UBUNTU), V(DEBIAN) and V(RASPBIAN) they are names of packages without version, architecture and wildcard.
      - For V(SUSE) they are names of packages, with C(*) as wildcard; for V(MACOS) without.
      - For the others they are names of packages, with C(*) as wildcard, or ids like V(CVE-2018-1234567),
        V(ALAS-2018-123) and V(RHSA-2017:0864), or the number of a Bugzilla entry.
    type: list
    elements: str
  approved_patches_compliance_level:
    description:
      - How severe it is if one of O(approved_patches) is missing. A new baseline has C(UNSPECIFIED).
    type: str
    choices: [CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED]
  approved_patches_enable_non_security:
    description:
      - Whether O(approved_patches) has updates that are no security updates. For Linux alone.
    type: bool
  rejected_patches:
    description:
      - Patches that are not approved whatever the rules say, up to 50, as in O(approved_patches). Other systems than
        V(WINDOWS) reject packages alone.
    type: list
    elements: str
  rejected_patches_action:
    description:
      - What becomes of O(rejected_patches). V(ALLOW_AS_DEPENDENCY) installs one if another package needs it, V(BLOCK)
        installs neither. A new baseline has C(ALLOW_AS_DEPENDENCY).
    type: str
    choices: [ALLOW_AS_DEPENDENCY, BLOCK]
  sources:
    description:
      - Repositories that patches come from, in place of those that the instance has, up to 20. For Linux alone.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - The name of the source, 3 to 50 letters, digits, hyphens, underscores and dots.
        type: str
        required: true
      products:
        description:
          - The versions of the operating system that it is for, like V(AmazonLinux2), up to 20.
        type: list
        elements: str
        required: true
      configuration:
        description:
          - The repository's configuration, as in a C(.repo) file or a line of C(sources.list), up to 1024 characters.
          - It may hold a password, so it is never returned; its SHA-256 is.
        type: str
        required: true
  available_security_updates_compliance_status:
    description:
      - What a security update counts as which is available but not approved. For V(WINDOWS) alone.
    type: str
    choices: [COMPLIANT, NON_COMPLIANT]
  patch_groups:
    description:
      - The patch groups that the baseline is registered for. Instances are in a patch group by their tag C(PatchGroup)
        or C(Patch Group).
      - A patch group has one baseline for each operating system. One that has another baseline already is refused, with
        that baseline's name.
    type: list
    elements: str
  default:
    description:
      - V(true) makes the baseline the default for its operating system, for instances that are in no patch group. It
        takes the place of the former default.
      - V(false) asserts that it isn't the default, and fails if it is, since a baseline stops being the default only
        when another one becomes it.
    type: bool
  force:
    description:
      - With O(state=absent), deregister the patch groups and delete the baseline. Without it, a baseline that is
        registered for patch groups isn't deleted, since their instances would be patched by the default baseline.
    type: bool
    default: false
notes:
  - Needs the IAM permissions C(ssm:DescribePatchBaselines), C(ssm:GetPatchBaseline), C(ssm:DescribePatchGroups) and
    C(ssm:ListTagsForResource); outside check mode also C(ssm:CreatePatchBaseline), C(ssm:UpdatePatchBaseline),
    C(ssm:DeletePatchBaseline), C(ssm:RegisterPatchBaselineForPatchGroup),
    C(ssm:DeregisterPatchBaselineForPatchGroup), C(ssm:RegisterDefaultPatchBaseline), C(ssm:AddTagsToResource) and
    C(ssm:RemoveTagsFromResource).
  - A default baseline is not deleted. Make another one the default first.
  - A patch baseline is there at once, so O(wait) and O(wait_timeout) have no effect.
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
- name: Amazon Linux 2, seven days after release
  sysops.aws.ssm_patch_baseline:
    name: amazon-linux-2-prod
    operating_system: AMAZON_LINUX_2
    description: Security, bugfix and recommended updates, seven days after their release
    approval_rules:
      - patch_filters:
          - {key: PRODUCT, values: [AmazonLinux2, AmazonLinux2.0]}
          - {key: CLASSIFICATION, values: [Security, Bugfix, Recommended]}
        approve_after_days: 7
        compliance_level: HIGH
    rejected_patches: ["kernel-5.10*"]
    rejected_patches_action: BLOCK
    patch_groups: [prod]
    tags:
      Team: platform

- name: The default for Windows, with updates until a date
  sysops.aws.ssm_patch_baseline:
    name: windows
    operating_system: WINDOWS
    approval_rules:
      - patch_filters:
          - {key: CLASSIFICATION, values: [CriticalUpdates, SecurityUpdates]}
          - {key: MSRC_SEVERITY, values: [Critical, Important]}
        approve_until_date: "2026-10-31"
    approved_patches: [KB5034441]
    available_security_updates_compliance_status: NON_COMPLIANT
    default: true

- name: Delete a baseline with the registrations of its patch groups
  sysops.aws.ssm_patch_baseline:
    name: amazon-linux-2-test
    state: absent
    force: true
"""

RETURN = r"""
patch_baseline:
  description:
    - The patch baseline. In check mode, as far as it can be told beforehand. Empty with O(state=absent).
  returned: success
  type: dict
  contains:
    baseline_id:
      description: Its id.
      returned: if there is a baseline
      type: str
      sample: pb-0123456789abcdef0
    name:
      description: Its name.
      returned: if there is a baseline
      type: str
      sample: amazon-linux-2-prod
    operating_system:
      description: The operating system that it is for.
      returned: always with O(state=present)
      type: str
      sample: AMAZON_LINUX_2
    description:
      description: What it is for.
      returned: if it has one
      type: str
      sample: Security updates, seven days after their release
    approval_rules:
      description: The rules by which patches are approved.
      returned: if there is a baseline
      type: dict
      sample:
        patch_rules:
          - patch_filter_group:
              patch_filters:
                - {key: CLASSIFICATION, values: [Security]}
            approve_after_days: 7
            compliance_level: HIGH
            enable_non_security: false
    global_filters:
      description: Which patches it is for at all.
      returned: if there is a baseline
      type: dict
      sample: {patch_filters: []}
    approved_patches:
      description: Patches that are approved whatever the rules say.
      returned: if there is a baseline
      type: list
      elements: str
      sample: []
    approved_patches_compliance_level:
      description: How severe it is if one of them is missing.
      returned: if there is a baseline
      type: str
      sample: UNSPECIFIED
    approved_patches_enable_non_security:
      description: Whether they have updates that are no security updates.
      returned: if there is a baseline
      type: bool
      sample: false
    rejected_patches:
      description: Patches that are not approved whatever the rules say.
      returned: if there is a baseline
      type: list
      elements: str
      sample: ["kernel-5.10*"]
    rejected_patches_action:
      description: What becomes of them.
      returned: if there is a baseline
      type: str
      sample: BLOCK
    sources:
      description: The repositories that patches come from, with the SHA-256 of each one's configuration.
      returned: if there is a baseline
      type: list
      elements: dict
      sample: []
    available_security_updates_compliance_status:
      description: What a security update counts as which is available but not approved.
      returned: if it is set
      type: str
      sample: NON_COMPLIANT
    patch_groups:
      description: The patch groups that it is registered for.
      returned: if there is a baseline
      type: list
      elements: str
      sample: [prod]
    default_baseline:
      description: Whether it is the default for its operating system.
      returned: if there is a baseline
      type: bool
      sample: false
    created_date:
      description: When it was created.
      returned: if there is a baseline
      type: str
      sample: "2026-11-16T09:30:00+00:00"
    modified_date:
      description: When it was changed last.
      returned: if there is a baseline
      type: str
      sample: "2026-11-16T09:30:00+00:00"
    tags:
      description: Its tags.
      returned: if there is a baseline
      type: dict
      sample: {Team: platform}
changes:
  description: The properties that were changed, or would be in check mode; all of them if the baseline comes or goes.
  returned: success
  type: list
  elements: dict
  contains:
    property:
      description: The property, named as in RV(patch_baseline).
      returned: always
      type: str
      sample: rejected_patches
    before:
      description: What it was, or null.
      returned: always
      type: raw
      sample: []
    after:
      description: What it is now, or null.
      returned: always
      type: raw
      sample: ["kernel-5.10*"]
"""

from ansible_collections.sysops.aws.plugins.module_utils.resource.entry import run_resource
from ansible_collections.sysops.aws.plugins.module_utils.ssm.patch_baseline import PatchBaseline
from ansible_collections.sysops.aws.plugins.module_utils.ssm.patch_baseline_options import ARGUMENT_SPEC, REQUIRED_IF


def main() -> None:
    run_resource(PatchBaseline, ARGUMENT_SPEC, required_if=REQUIRED_IF)


if __name__ == "__main__":
    main()
