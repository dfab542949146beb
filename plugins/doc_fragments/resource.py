# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation that all modules share which keep one resource in a wanted state."""

from __future__ import annotations


class ModuleDocFragment:
    """Common options and attributes of the resource modules; tags are amazon.aws's fragment."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.10
  - boto3 >= 1.41.3
  - botocore >= 1.41.3
options:
  state:
    description:
      - V(present) creates what is missing and changes what differs. V(absent) deletes.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description:
      - Return only when the resource is fit for use, or gone.
      - In between, where AWS refuses a change of what is still being created or changed, the module waits in any case.
    type: bool
    default: true
  wait_timeout:
    description:
      - For how many seconds to wait each time. Then the task fails; what was done stays done, and the next run goes on.
    type: int
    default: 900
attributes:
  check_mode:
    description: What would be changed is returned. Nothing is changed.
    support: full
  diff_mode:
    description: Shows the properties that differ, before and after; all of them where the resource comes or goes.
    support: full
  idempotency:
    description: A second run changes nothing.
    support: full
"""
