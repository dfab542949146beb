# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of checks that only report, by resource type: how many resources need attention, of how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .finding import Summary
from .job import Job
from .policy import Verdict


def verdicts_of(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """One dict for each policy with a verdict: `check`, `resource_type`, `examined`, `attention` (how many resources
    need attention), `resource_ids` (the first of them) and `text` ("41 of 47 instances are not compliant")."""
    by_policy: dict[tuple[str, str, Verdict], list[Summary]] = {}
    for job in jobs:
        if job.policy.verdict:
            key = job.policy.check, job.policy.resource_type, job.policy.verdict
            by_policy.setdefault(key, []).append(job.summary())
    return [_verdict(*key, Summary.total(parts)) for key, parts in by_policy.items()]


def _verdict(check: str, resource_type: str, verdict: Verdict, total: Summary) -> dict[str, Any]:
    return {
        "check": check,
        "resource_type": resource_type,
        "examined": total.examined,
        "attention": total.attention,
        "resource_ids": total.attention_ids,
        "text": verdict.sentence(total.attention, total.examined),
    }
