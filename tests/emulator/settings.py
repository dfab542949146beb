# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test may turn: how long AWS takes over things, and what it fails at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Settings:
    """`snapshot_seconds`: how long a snapshot is `pending`. `volume_seconds`: how long a volume is `creating`.
    `snapshot_errors`: volumes whose snapshots end in the state `error`."""

    snapshot_seconds: float = 0.0
    volume_seconds: float = 0.0
    snapshot_errors: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """From JSON. Raises TypeError or ValueError on an unknown name or a wrong type."""
        given = cls(**values)
        return cls(float(given.snapshot_seconds), float(given.volume_seconds), set(given.snapshot_errors))
