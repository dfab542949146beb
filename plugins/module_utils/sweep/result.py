# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operator is told of a run: the module's return values, and what `summary.json` holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from .errors import RegionError
from .finding import CHANGED, FAILED, PLANNED, SCHEMA_VERSION, Summary
from .policy import Check
from .price_table import AS_OF
from .runner import Sweep
from .verdicts import verdicts_of

COLLECTION_VERSION = "0.4.1"
RETURNED_FINDINGS = 200


def result_of(
    sweep: Sweep,
    checks: Sequence[Check],
    *,
    errors: Sequence[RegionError],
    failure: str | None,
    notices: Sequence[str],
    enforce: bool,
    seconds: float,
    truncate: bool,
    with_diff: bool,
) -> dict[str, Any]:
    """The return values, with `warnings` to be shown and, where the run failed, `msg`."""
    total = sweep.total()
    if total.counts[FAILED] and not failure:
        attempted = total.counts[PLANNED] + total.counts[CHANGED] + total.counts[FAILED]
        failure = (
            f"{total.counts[FAILED]} of {attempted} actions failed, see the findings with status failed; the first is"
            f" {total.first_failure}"
        )
    if (missed := sweep.unread()) and not failure:
        failure = f"Not all that was planned was done: what may protect it could not be read again: {sentence(missed)}"
    findings = _findings(sweep, RETURNED_FINDINGS if truncate else None)
    summary = _summary(sweep, total, enforce, seconds)
    scopes = {
        "accounts": list(dict.fromkeys(region.scope.account_id for region in sweep.regions)),
        "regions": list(dict.fromkeys(region.scope.region for region in sweep.regions)),
        "region_errors": [error.to_dict() for error in errors],
    }
    unread = [f"Not everything could be read: {sentence(errors)}"] if errors else []
    return {
        "changed": bool(total.counts[CHANGED] or (not enforce and total.counts[PLANNED])),
        "findings": findings,
        "findings_truncated": len(findings) < sum(total.counts.values()),
        "summary": {**summary, **scopes, "notices": list(notices)},
        **scopes,
        "ansible_facts": {
            check.facts_name: [row for row in findings if row["check"] == check.name]
            for check in checks
            if check.facts_name
        },
        **({"diff": _diff(sweep)} if with_diff else {}),
        **({"msg": failure} if failure else {}),
        "warnings": [notice for notice in (*notices, *unread) if notice != failure],
    }


def _summary(sweep: Sweep, total: Summary, enforce: bool, seconds: float) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "collection_version": COLLECTION_VERSION,
        "run_id": sweep.run_id,
        "mode": "enforce" if enforce else "report",
        "started_at": sweep.now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "duration_seconds": round(seconds, 1),
        "price_table_as_of": AS_OF,
        **total.to_dict(),
        "checks": {name: summary.to_dict() for name, summary in sweep.summaries().items()},
        "savings_by_region": {name: cost.to_dict() for name, cost in sorted(total.savings_by_region.items())},
        "verdicts": verdicts_of(sweep.jobs),
    }


def _findings(sweep: Sweep, most: int | None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in islice(sweep.lines(), most)]


def _diff(sweep: Sweep) -> dict[str, str]:
    """One line a resource, before and after."""
    before, after = [], []
    for job in sweep.jobs:
        for row in map(json.loads, job.settled.lines()):
            if row["status"] in (PLANNED, CHANGED):
                place = f"{row['account_id']} {row['region']} {row['resource_type']} {row['resource_id']}"
                before.append(f"{place}: {job.policy.transition[0]}\n")
                after.append(f"{place}: {row['outcome']}\n")
    return {"before": "".join(before), "after": "".join(after)}


def sentence(errors: Sequence[RegionError]) -> str:
    """The first of some errors in full, and how many more there are."""
    first, more = errors[0], len(errors) - 1
    where = f"{first.service}:{first.operation} in {first.region} of account {first.account_id}"
    return f"{where} answered {first.code}: {first.message}" + (f" (and {more} more in region_errors)" if more else "")
