# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter sysops.aws.report_directory."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: report_directory
short_description: Get the absolute report directory of a host
version_added: 0.4.1
description:
  - Expands C(~) and makes a directory absolute, from the working directory of C(ansible-playbook).
  - In a play of several hosts each host gets a directory of its own below it, named after the host, since hosts that
    share a report directory overwrite each other's report. A directory that names the host already stays as it is.
positional: _input, host, hosts
options:
  _input:
    description: The directory that the hosts of the play share.
    type: str
    required: true
  host:
    description: The host, C(inventory_hostname).
    type: str
    required: true
  hosts:
    description: The hosts of the play, C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
author:
  - Contributors to the sysops.aws collection (@sysops)
"""

EXAMPLES = r"""
- name: Write the report of each host into a directory of its own
  sysops.aws.sweep_report:
    directory: "{{ './reports' | sysops.aws.report_directory(inventory_hostname, ansible_play_hosts_all) }}"
    sweep: "{{ sweep }}"
"""

RETURN = r"""
_value:
  description: The absolute path of the directory.
  type: str
  sample: /srv/reports/web-1
"""

import os
from collections.abc import Callable, Sequence


def report_directory(directory: str, host: str, hosts: Sequence[str]) -> str:
    """The absolute path of `directory`, or of the directory of `host` below it where the play has several `hosts`."""
    # an inventory name is no path: `a/b` and `..` must not lead out of the directory
    own = host.replace(os.sep, "_").strip(".") or "_"
    path = os.path.realpath(os.path.expanduser(str(directory)))
    return path if len(hosts) <= 1 or own in path.split(os.sep) else os.path.join(path, own)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"report_directory": report_directory}
