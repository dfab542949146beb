# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many random accounts are made: 500, or as many as SYSOPS_EXAMPLES says."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("sysops", max_examples=int(os.environ.get("SYSOPS_EXAMPLES", "500")), deadline=None)
settings.load_profile("sysops")
