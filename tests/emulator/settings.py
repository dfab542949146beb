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
    `snapshot_errors`: volumes whose snapshots end in the state `error`.

    `dms_seconds`: how long DMS's passing states last. `dms_full_load_seconds`: how long a full load takes.
    `dms_failures`: messages by the identifier of an endpoint that can't be reached, or of a task that fails.
    `dms_latency`: how many seconds tasks are behind their source, as CloudWatch tells it; None tells nothing.
    `dms_tables`: the tables of every source, `schema.table` -> members of TableStatistics that differ from a good end.
    """

    snapshot_seconds: float = 0.0
    volume_seconds: float = 0.0
    snapshot_errors: set[str] = field(default_factory=set)
    dms_seconds: float = 0.0
    dms_full_load_seconds: float = 0.0
    dms_failures: dict[str, str] = field(default_factory=dict)
    dms_tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    dms_latency: float | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Settings:
        """From JSON. Raises TypeError or ValueError on an unknown name or a wrong type."""
        given = cls(**values)
        return cls(
            snapshot_seconds=float(given.snapshot_seconds),
            volume_seconds=float(given.volume_seconds),
            snapshot_errors=set(given.snapshot_errors),
            dms_seconds=float(given.dms_seconds),
            dms_full_load_seconds=float(given.dms_full_load_seconds),
            dms_failures=dict(given.dms_failures),
            dms_tables=dict(given.dms_tables),
            dms_latency=None if given.dms_latency is None else float(given.dms_latency),
        )
