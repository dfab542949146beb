# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes `ansible_collections.sysops.aws...` and `tests.emulator` importable in pytest, without installing anything."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

ROOT = Path(__file__).resolve().parent.parent
COLLECTIONS = ROOT / ".ansible" / "collections"


def _link_collection() -> None:
    """The same relative link as `make setup` makes, for whoever runs pytest from an environment of their own."""
    link = COLLECTIONS / "ansible_collections" / "sysops" / "aws"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(Path("..", "..", "..", ".."), target_is_directory=True)


_link_collection()
for path in (str(COLLECTIONS), str(ROOT)):
    if path not in sys.path:
        sys.path.insert(0, path)
# site-packages, where amazon.aws is, comes after ours: the finder adds sys.path's own ansible_collections.
_AnsibleCollectionFinder(paths=[str(COLLECTIONS)])._install()
