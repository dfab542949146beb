#!/usr/bin/python

# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_agent_config
version_added: 0.3.0
short_description: Read and check configurations of the CloudWatch agent
description:
  - Reads configurations of the CloudWatch agent, from S3 or as they are given, and checks them against what the agent
    accepts. A mistake is named with its path, such as C(metrics.metrics_collected.mem.measurement[0]).
  - It works on the controller, with the controller's credentials, and is what the roles of this collection ask before
    they touch a host.
  - The check knows the sections C(agent), C(metrics) and C(logs). What is inside of C(traces), C(jmx), C(otlp) and the
    like, the agent checks by itself.
options:
  config:
    description:
      - The configuration.
    type: dict
  config_s3:
    description:
      - The configuration as C(s3://bucket/key), in place of O(config).
    type: str
  append:
    description:
      - Configurations that the agent merges with the first one.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - A name of letters, digits, C(-) and C(_).
        type: str
        required: true
      config:
        description:
          - The configuration.
        type: dict
      s3:
        description:
          - The configuration as C(s3://bucket/key).
        type: str
  mode:
    description:
      - Where the host is. With V(onPremise) also refuse what the agent needs the EC2 instance metadata service for,
        C(metrics.append_dimensions) and C(${aws:...}); without that service the agent would end.
    type: str
    choices: [ec2, onPremise]
    version_added: 0.4.1
  presign_seconds:
    description:
      - Also return RV(url), from where a host without AWS credentials reads the object of O(config_s3) for so long. It
        is a secret for that time, so give the task C(no_log).
    type: int
    version_added: 0.4.0
notes:
  - Needs the IAM permission C(s3:GetObject) for the objects. With C(s3:ListBucket) too, an object that does not exist
    is told from one that may not be read.
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
  diff_mode:
    description: Nothing is ever changed.
    support: none
  idempotency:
    description: A second run gives the same texts.
    support: full
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
seealso:
  - name: CloudWatch agent configuration file
    description: What the agent accepts.
    link: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-Agent-Configuration-File-Details.html
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Check the configurations before they are rolled out
  sysops.aws.cloudwatch_agent_config:
    config_s3: s3://example-configurations/cloudwatch-agent/linux.json
    append:
      - name: nginx
        config:
          logs:
            logs_collected:
              files:
                collect_list:
                  - file_path: /var/log/nginx/access.log
                    retention_in_days: 14
  delegate_to: localhost
"""

RETURN = r"""
url:
  description: A presigned URL of O(config_s3), for the region of its bucket. A secret.
  returned: with O(presign_seconds)
  type: str
config:
  description: The configuration.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the file that the agent is given.
      type: str
      sample: ansible.json
    text:
      description: Its content, always the same text for the same meaning.
      type: str
    sha1:
      description: The SHA-1 of the text, by which Ansible's modules compare files.
      type: str
append:
  description: The configurations of O(append), in that order, as RV(config).
  returned: success
  type: list
  elements: dict
  sample: [{name: ansible_nginx.json, text: "{}", sha1: bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f}]
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.choice import Controller
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.entry import run_on_controller
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.reading import (
    ARGUMENT_SPEC,
    read_configurations,
)


def read(options: Mapping[str, Any], controller: Controller) -> dict[str, Any]:
    return read_configurations(options, controller.files)


def main() -> None:
    run_on_controller(read, ARGUMENT_SPEC, required_by={"presign_seconds": ["config_s3"]})


if __name__ == "__main__":
    main()
