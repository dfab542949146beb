# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulated AWS account: moto with what it lacks added beside it. `Emulator` is the way in.

with Emulator(scale="demo") as emulator:
    emulator.client("ec2", "eu-west-1").describe_volumes()
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    """Import moto only where an emulator is really used."""
    if name == "Emulator":
        from .emulator import Emulator

        return Emulator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
