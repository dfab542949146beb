# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One of several that write to the same journal. As a program: writer.py WHO PATH APPENDS LINES."""

from __future__ import annotations

import json
import sys

from ansible_collections.sysops.aws.plugins.module_utils.sweep.stores import FileStore


def write(who: str, path: str, appends: int, lines: int) -> None:
    """Lines that are numbered through, `lines` at once."""
    store = FileStore(path)
    for first in range(0, appends * lines, lines):
        # together longer than a page, which the system might write in one step anyway
        some = [{"who": who, "number": first + one, "pad": "x" * 700} for one in range(lines)]
        store.append("".join(json.dumps(row) + "\n" for row in some), sync=False)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
