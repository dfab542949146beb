# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runbooks have in common: steps, of which those that leave no other trace are recorded in a tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DONE, TO_DO, LEFT_OUT, WAITS = "done", "to do", "left out", "waits"


@dataclass(frozen=True)
class Step:
    """`state` is `done`, `to do`, `left out`, or `waits` for the operator; `detail` says in words what there is, or
    what there will be."""

    name: str
    state: str
    detail: str


def has_reached(recorded: str | None, step: str, steps: Sequence[str]) -> bool:
    """Whether the record names this step or a later one."""
    return recorded in steps and steps.index(recorded) >= steps.index(step)
