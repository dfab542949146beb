# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the nodes that SSM names there still are."""

from __future__ import annotations

from collections.abc import Container

# the states of EC2 instances that are not on their way out
EXISTING = ("pending", "running", "stopping", "stopped")


def exists(node_id: str, instances: Container[str]) -> bool:
    """SSM goes on naming EC2 instances for a while after they are terminated; `instances` are those that EC2 names."""
    return not node_id.startswith("i-") or node_id in instances
