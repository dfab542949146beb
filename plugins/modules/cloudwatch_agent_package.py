#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_agent_package
version_added: 0.3.0
short_description: Find and verify the package of the CloudWatch agent for a host
description:
  - Tells whether a host needs another package of the CloudWatch agent, where it is for the host's distribution and
    architecture, and which bytes exactly may be installed.
  - It works on the controller, with the controller's credentials. A detached GPG signature is checked there, in a key
    ring that is thrown away, and the host needs no more than the SHA-256 of the verified bytes and a URL.
  - A version that is installed already costs no request. What was verified once is remembered in O(cache_dir), so that
    a fleet costs one download.
options:
  source:
    description:
      - V(aws) is AWS's own bucket of the region, or the global one without a region. V(s3) and V(url) are O(address).
    type: str
    choices: [aws, s3, url]
    default: aws
  address:
    description:
      - The package as C(s3://bucket/key) or URL. If it ends with C(/), it is a mirror laid out as AWS's bucket.
    type: str
  version:
    description:
      - The version that is wanted, or V(latest).
    type: str
    default: latest
  distribution:
    description:
      - Ansible's fact C(distribution) of the host.
    type: str
    required: true
  os_family:
    description:
      - Ansible's fact C(os_family) of the host.
    type: str
    required: true
  architecture:
    description:
      - Ansible's fact C(architecture) of the host, or C(architecture2) where there is one. On Windows the first is
        in the language of the host.
    type: str
    required: true
  sha256:
    description:
      - The SHA-256 that the package must have.
    type: str
  verify_signature:
    description:
      - Check the detached GPG signature, for which the controller needs C(gpg). A package for Windows has none.
    type: bool
    default: true
  signature:
    description:
      - Where the signature is. Without it, the package's address and C(.sig).
    type: str
  gpg_key:
    description:
      - The public key - a URL, C(s3://bucket/key), a path, or the armoured key itself.
    type: str
  gpg_fingerprint:
    description:
      - The fingerprint that the key must have, all 40 digits.
    type: str
  installed_version:
    description:
      - The version on the host, as the agent tells it.
    type: str
  installed_identity:
    description:
      - What RV(identity) was when that version was installed.
    type: str
  presign_seconds:
    description:
      - Return RV(url), for an object in S3 a presigned URL that is valid for so long. It is a secret for that time, so
        give the task C(no_log).
    type: int
  cache_dir:
    description:
      - A directory for what is remembered of verified packages. Without it, nothing is remembered.
    type: path
notes:
  - Needs the IAM permission C(s3:GetObject) for the objects in S3.
attributes:
  check_mode:
    description: Looks whether package and signature are there, and downloads no package.
    support: full
  diff_mode:
    description: Nothing is ever changed.
    support: none
  idempotency:
    description: A second run tells the same.
    support: full
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
seealso:
  - name: Verifying the signature of the CloudWatch agent package
    description: AWS's addresses, its key and its fingerprint.
    link: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/verify-CloudWatch-Agent-Package-Signature.html
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Find the package in an own mirror
  sysops.aws.cloudwatch_agent_package:
    source: s3
    address: s3://example-mirror/cloudwatch-agent/
    version: 1.300064.0b1337
    distribution: "{{ ansible_facts.distribution }}"
    os_family: "{{ ansible_facts.os_family }}"
    architecture: "{{ ansible_facts.architecture }}"
    gpg_key: https://amazoncloudwatch-agent.s3.amazonaws.com/assets/amazon-cloudwatch-agent.gpg
    gpg_fingerprint: 937616F3450B7D806CBD9725D58167303B789C72
  delegate_to: localhost
"""

RETURN = r"""
install:
  description: Whether the host needs this package.
  returned: success
  type: bool
version:
  description: The package's version. None where only the package itself tells it.
  returned: success
  type: str
  sample: 1.300064.0b1337
identity:
  description: What tells this package from the next one - the signature, the SHA-256, or the server's own tag.
  returned: success
  type: str
sha256:
  description: The SHA-256 that the installed bytes must have. None for Windows without O(sha256), and in check mode.
  returned: when the host needs the package
  type: str
file_name:
  description: The package's file name.
  returned: success
  type: str
  sample: amazon-cloudwatch-agent.deb
url:
  description: From where the host downloads it. A secret.
  returned: with O(presign_seconds), when the host needs the package, and not in check mode
  type: str
"""

from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.choice import ARGUMENT_SPEC, find_package
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.entry import run_on_controller


def main() -> None:
    run_on_controller(
        find_package, ARGUMENT_SPEC, required_if=[("source", "s3", ["address"]), ("source", "url", ["address"])]
    )


if __name__ == "__main__":
    main()
