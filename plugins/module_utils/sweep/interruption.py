# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether Ansible was stopped. It ends its workers then, and leaves a module running that nobody watches any more."""

from __future__ import annotations

import select

STANDARD_OUTPUT = 1


def is_abandoned() -> bool:
    """Whether the other end of our standard output was closed. Only pipes tell: a file or a terminal never is."""
    poller = select.poll()
    # errors are told unasked
    poller.register(STANDARD_OUTPUT, 0)
    return any(events & select.POLLERR for _handle, events in poller.poll(0))
