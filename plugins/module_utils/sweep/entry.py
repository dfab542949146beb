# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to its exit: the one place where the engine meets Ansible."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .account import Account, open_accounts, open_home
from .arguments import COMMON_ARGUMENT_SPEC, COMMON_FILTERS, Options
from .errors import LimitExceededError, RegionError, SweepError, words_of
from .finding import CHANGED
from .limit import Limit, Selection
from .module import Module
from .options import empty_filters, nothing_selected
from .plan import sealed
from .policy import Check, Common
from .progress import watched
from .region import Region, open_regions
from .result import result_of, sentence
from .runner import Sweep
from .spool import FindingsFile
from .stores import Store, open_store, refuse_unwritable

Parameters = Mapping[str, Any]
Checks = Mapping[str, "tuple[Check, Parameters]"]


class SweepModule(Module):
    """What the findings say is the engine's own words."""

    free_texts = ()
    work_name = "sweep"
    afterwards = "read in the journal what had been done by then"


def run_check(check: Check) -> None:
    """The whole of a sweep module's `main`."""
    module = SweepModule({**COMMON_ARGUMENT_SPEC, **check.argument_spec}, (*COMMON_FILTERS, *check.filters))
    leave(module, lambda parameters: {check.name: (check, parameters)})


def leave(module: SweepModule, choose: Callable[[Parameters], Checks]) -> None:
    """Run the chosen checks and leave the module, with the findings also where it fails."""
    # botocore's models are a million objects that live as long as the process: walking them took a fifth of the time
    gc.set_threshold(100_000, 50, 100)
    module.leave(lambda: _run(module, choose(module.params)))


def home_account(module: SweepModule) -> Account:
    """The account of the module's own credentials. Raises SweepError without usable ones."""
    return open_home(module.connection(module.params["workers"]))


def _run(module: SweepModule, checks: Checks) -> dict[str, Any]:
    """Raises SweepError if there is nothing to report: bad input, no credentials, no region."""
    options = Options.of(module.params)
    enforce = not module.check_mode
    if enforce:
        refuse_unwritable(options.journal)
    output = FindingsFile(options.findings_path) if options.findings_path else None
    started = time.monotonic()
    try:
        sweep, setup_errors = _open(module, options, checks)
        with watched(sweep):
            failure, notices = _work(sweep, setup_errors, options, enforce)
        if unselected := _unselected(options, checks):
            notices.append(unselected)
            acts = enforce and any(check.acts for check, _values in checks.values())
            failure = failure or (unselected if acts else None)
        if sweep.total().counts[CHANGED]:
            notices += [check.afterword for check, _values in checks.values() if check.afterword]
    except BaseException:
        if output:
            output.discard()
        raise
    lost = _write(output, sweep, options) if output else None
    notices += [lost] if lost else []
    return result_of(
        sweep,
        [check for check, _parameters in checks.values()],
        errors=setup_errors + sweep.errors(),
        failure=failure or lost,
        notices=notices,
        enforce=enforce,
        seconds=time.monotonic() - started,
        truncate=output is not None and not lost,
        with_diff=module.diff_mode,
    )


def _write(output: FindingsFile, sweep: Sweep, options: Options) -> str | None:
    """In one sentence, why the findings are not in their file: what was done is in the result all the same."""
    try:
        output.commit(sealed(sweep.lines(), sweep.run_id, sweep.now, options.journal_key))
    except OSError as error:
        return f"findings_path {options.findings_path} can't be written: {words_of(error)}. The result holds them."
    return None


def _open(module: SweepModule, options: Options, checks: Checks) -> tuple[Sweep, list[RegionError]]:
    common = Common(options.exclude_tags, options.prices)
    policies = [
        policy
        for check, values in checks.values()
        # all of them are made, as each refuses what can't be meant
        for policy in check.policies(values, common)
        if options.only_ids != [] and not empty_filters(check.filters, values)
    ]
    now = datetime.now(timezone.utc)
    if options.plan:
        options.plan.refuse_old(options.plan_max_age_hours, now)
    connection = module.connection(options.workers)
    home = open_home(connection)
    accounts, account_errors = open_accounts(
        connection, options.assume_role_arn, options.external_id, options.expected_account_id, home
    )
    _refuse_foreign(options, checks, [account.id for account in accounts])
    regions, region_errors = _open_regions(options, checks, accounts) if policies or options.regions else ([], [])
    sweep = Sweep(
        policies,
        regions,
        Limit(options.max_actions, options.max_actions_percent),
        Selection(options.only_ids or (), options.plan),
        now,
        options.workers,
        stores=[] if module.check_mode else _stores(options, home),
    )
    return sweep, account_errors + region_errors


def _stores(options: Options, home: Account) -> list[Store]:
    owner, key = options.journal_bucket_owner, options.journal_key
    return [open_store(place, lambda: home, owner, key) for place in options.journal]


def _open_regions(
    options: Options, checks: Checks, accounts: Sequence[Account]
) -> tuple[list[Region], list[RegionError]]:
    """What `regions` says, of every account; else of each account where the checks have work in it, if they know."""
    places = [place for check, _values in checks.values() for place in check.places]
    if options.regions or not places:
        return open_regions(accounts, options.regions)
    regions: list[Region] = []
    for account in accounts:
        if names := [region for account_id, region in places if account_id == account.id]:
            regions += open_regions([account], names)[0]
    return regions, []


def _refuse_foreign(options: Options, checks: Checks, account_ids: Sequence[str]) -> None:
    """Raises SweepError if a plan or a check speaks of an account that this run doesn't."""
    if options.plan:
        options.plan.refuse_foreign(account_ids)
    for check, _values in checks.values():
        if foreign := sorted({account_id for account_id, _region in check.places} - set(account_ids)):
            raise SweepError(
                f"{check.name} has work in account {', '.join(foreign)}, this run is of {', '.join(account_ids)}:"
                " nothing was changed."
            )


def _work(
    sweep: Sweep, setup_errors: list[RegionError], options: Options, enforce: bool
) -> tuple[str | None, list[str]]:
    """Plan, and act if nothing speaks against it. Returns why the run failed, and what a person should know of it."""
    sweep.plan()
    failure = _unreadable(sweep, setup_errors, options)
    notices = [failure] if failure else []
    notices += _of_interest(sweep)
    try:
        sweep.refuse_otherwise()
        sweep.refuse_over_limit()
    except LimitExceededError as error:
        notices.append(str(error) if enforce else f"Enforcing would be refused. {error}")
        notices += [f"Not asked of so large a plan, as it takes a call for each: {what}." for what in sweep.not_asked()]
        failure = failure or (str(error) if enforce else None)
    if enforce and not failure:
        sweep.act()
        failure = sweep.journal.lost
    sweep.finish()
    return failure, notices


def _unselected(options: Options, checks: Checks) -> str | None:
    """In one sentence, which filters are empty, so that nothing was asked for; None where something was."""
    empty = [
        f"{name} of {check.name}" for check, values in checks.values() for name in empty_filters(check.filters, values)
    ]
    if options.only_ids == []:
        empty.insert(0, "only_ids")
    return nothing_selected(empty) if empty else None


def _of_interest(sweep: Sweep) -> list[str]:
    notices = []
    if unmet := sweep.selection.unmet_ids():
        some = ", ".join(unmet[:10]) + (f" and {len(unmet) - 10} more" if len(unmet) > 10 else "")
        notices.append(f"Asked for but not found, or no longer qualifying: {some}.")
    if errors := sweep.unforeseen():
        where = "1 region" if len(errors) == 1 else f"{len(errors)} regions"
        notices.append(f"What could come back could not be read in {where} ({errors[0]}): it counts as gone for good.")
    return notices


def _unreadable(sweep: Sweep, setup_errors: list[RegionError], options: Options) -> str | None:
    errors = setup_errors + sweep.errors()
    if errors and all(job.errors and not job.examined for job in sweep.jobs):
        return f"Nothing could be read: {sentence(errors)}"
    if errors and options.fail_on_region_errors:
        return f"Nothing was changed, since region_errors is fail: {sentence(errors)}"
    return None
