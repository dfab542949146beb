# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to its exit, for the modules that carry out a task in one region."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..sweep.account import Account, open_accounts
from ..sweep.errors import SweepError, nearest
from ..sweep.module import Module
from ..sweep.options import empty_filters, nothing_selected
from ..sweep.region import Region
from .patience import Patience


@dataclass(frozen=True)
class Task:
    """What a module was told: its options, whether it may change anything, and the account that it works in."""

    options: Mapping[str, Any]
    check_mode: bool
    account: Account

    def region(self, name: str | None = None) -> Region:
        """A region by name, or the session's own. Raises SweepError where there is no such region."""
        wanted = name or self.account.own_region
        if not wanted:
            raise SweepError("No region is set: set `region`, AWS_REGION or the profile's region.")
        offered = self.account.offered_regions()
        if wanted not in offered:
            raise SweepError(f"There is no AWS region {wanted!r}.{nearest(wanted, offered)}")
        return Region(self.account, wanted)

    @property
    def patience(self) -> Patience:
        """Raises SweepError."""
        return Patience.of(self.options["wait_timeout"], self.options["wait_delay"])


def run_task(
    work: Callable[[Task], dict[str, Any]],
    argument_spec: Mapping[str, Any],
    filters: Sequence[str] = (),
    **constraints: Any,
) -> None:
    """The whole of a module's `main`: `work` returns the result, or raises SweepError or CallError. A result with a
    `msg` is that of a failed task. `filters` are the options that select: None for all, empty for nothing."""
    module = Module(argument_spec, filters, **constraints)

    def run() -> dict[str, Any]:
        expected = module.params.get("expected_account_id")
        (account,), _errors = open_accounts(module.connection(), expected_account_ids=[expected] if expected else [])
        result = work(Task(module.params, module.check_mode, account))
        if empty := empty_filters(filters, module.params):
            result["warnings"] = [*result.get("warnings", []), nothing_selected(empty)]
        return result

    module.leave(run)
