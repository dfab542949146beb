# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to its result: the one place where the engine meets Ansible."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .account import Connection, open_accounts
from .arguments import COMMON_ARGUMENT_SPEC, Options
from .errors import LimitExceededError, RegionError, SweepError
from .finding import CHANGED, FAILED, PLANNED, Summary
from .limit import Limit, Selection
from .policy import Check, Common
from .price_table import AS_OF
from .region import open_regions
from .runner import Sweep
from .spool import FindingsFile

SCHEMA_VERSION = 1
COLLECTION_VERSION = "0.1.0"
RETURNED_FINDINGS = 200


Parameters = Mapping[str, Any]
Checks = Mapping[str, "tuple[Check, Parameters]"]


def run_check(check: Check) -> None:
    """The whole of a sweep module's `main`."""
    spec = {**COMMON_ARGUMENT_SPEC, **check.argument_spec}
    module = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True)
    leave(module, lambda parameters: {check.name: (check, parameters)})


def leave(module: Any, choose: Callable[[Parameters], Checks]) -> None:
    """Run the chosen checks and leave the module, with the findings also where it fails."""
    # botocore's models are a million objects that live as long as the process: walking them took a fifth of the time
    gc.set_threshold(100_000, 50, 100)
    try:
        run = Run.of(module, choose(module.params))
    except SweepError as error:
        module.fail_json(msg=str(error))
    for warning in run.warnings:
        warn(warning)
    if run.failure:
        module.fail_json(msg=run.failure, **run.result)
    module.exit_json(**run.result)


@dataclass
class Run:
    """One sweep and what the operator is told of it."""

    sweep: Sweep
    options: Options
    checks: Sequence[Check]
    enforce: bool
    setup_errors: list[RegionError]
    warnings: list[str] = field(default_factory=list)
    failure: str | None = None
    result: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, module: Any, checks: Checks) -> Run:
        """Raises SweepError if there is nothing to report: bad input, no credentials, no region."""
        options = Options.of(module.params)
        output = FindingsFile(options.findings_path) if options.findings_path else None
        started = time.monotonic()
        try:
            run = cls._open(module, options, checks)
            run._work()
            run._tell(time.monotonic() - started, with_diff=module._diff)
        except BaseException:
            if output:
                output.discard()
            raise
        if output:
            output.commit(run.sweep.lines())
        return run

    @classmethod
    def _open(cls, module: Any, options: Options, checks: Checks) -> Run:
        common = Common(options.exclude_tags, options.prices)
        policies = [policy for check, values in checks.values() for policy in check.policies(values, common)]
        connection = Connection.of(get_aws_connection_info(module), options.workers)
        accounts, account_errors = open_accounts(
            connection, options.assume_role_arn, options.external_id, options.expected_account_id
        )
        if options.plan:
            options.plan.refuse_foreign([account.id for account in accounts])
        regions, region_errors = open_regions(accounts, options.regions)
        sweep = Sweep(
            policies=policies,
            regions=regions,
            limit=Limit(options.max_actions, options.max_actions_percent),
            selection=Selection(options.only_ids, options.plan),
            now=datetime.now(timezone.utc),
            workers=options.workers,
        )
        return cls(
            sweep,
            options,
            [check for check, _options in checks.values()],
            not module.check_mode,
            account_errors + region_errors,
        )

    def _work(self) -> None:
        self.sweep.plan()
        self.failure = self._refusal()
        if self.enforce and not self.failure:
            self.sweep.act()
        self.sweep.finish()

    def _refusal(self) -> str | None:
        """Why nothing may be changed."""
        errors = self.errors()
        if errors and all(job.errors and not job.examined for job in self.sweep.jobs):
            return f"Nothing could be read: {_first(errors)}"
        if errors and self.options.fail_on_region_errors:
            return f"Nothing was changed, since region_errors is fail: {_first(errors)}"
        try:
            self.sweep.refuse_over_limit()
        except LimitExceededError as error:
            if self.enforce:
                return str(error)
            self.warnings.append(f"Enforcing would be refused. {error}")
        return None

    def errors(self) -> list[RegionError]:
        return self.setup_errors + self.sweep.errors()

    def _tell(self, seconds: float, with_diff: bool) -> None:
        checks = self.sweep.summaries()
        total = Summary.total(checks.values())
        errors = self.errors()
        if errors and not self.failure:
            self.warnings.append(f"Not everything could be read: {_first(errors)}")
        if total.counts[FAILED] and not self.failure:
            self.failure = (
                f"{total.counts[FAILED]} of {_attempted(total)} actions failed: see the findings with status failed."
            )
        self.result = {
            "changed": bool(total.counts[CHANGED] or (not self.enforce and total.counts[PLANNED])),
            **self._findings(),
            "summary": self._summary(checks, total, seconds),
            "region_errors": [error.to_dict() for error in errors],
            "accounts": self._accounts(),
            "regions": self._regions(),
        }
        self.result["ansible_facts"] = {
            check.facts_name: [row for row in self.result["findings"] if row["check"] == check.name]
            for check in self.checks
            if check.facts_name
        }
        if with_diff:
            self.result["diff"] = self._diff()

    def _findings(self) -> dict[str, Any]:
        most = RETURNED_FINDINGS if self.options.findings_path else None
        lines = list(islice(self.sweep.lines(), most and most + 1))
        findings = [json.loads(line) for line in lines[:most]]
        return {"findings": findings, "findings_truncated": len(lines) > len(findings)}

    def _summary(self, checks: Mapping[str, Summary], total: Summary, seconds: float) -> dict[str, Any]:
        """What `summary.json` holds."""
        return {
            "schema_version": SCHEMA_VERSION,
            "collection_version": COLLECTION_VERSION,
            "mode": "enforce" if self.enforce else "report",
            "started_at": self.sweep.now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "duration_seconds": round(seconds, 1),
            "price_table_as_of": AS_OF,
            "accounts": self._accounts(),
            "regions": self._regions(),
            **total.to_dict(),
            "checks": {name: summary.to_dict() for name, summary in checks.items()},
            "savings_by_region": {name: cost.to_dict() for name, cost in sorted(total.savings_by_region.items())},
            "region_errors": [error.to_dict() for error in self.errors()],
        }

    def _accounts(self) -> list[str]:
        return list(dict.fromkeys(region.scope.account_id for region in self.sweep.regions))

    def _regions(self) -> list[str]:
        return list(dict.fromkeys(region.scope.region for region in self.sweep.regions))

    def _diff(self) -> dict[str, str]:
        """One line a resource, before and after."""
        before, after = [], []
        for job in self.sweep.jobs:
            for line in job.settled.lines():
                row = json.loads(line)
                if row["status"] in (PLANNED, CHANGED):
                    place = f"{row['account_id']} {row['region']} {row['resource_type']} {row['resource_id']}"
                    before.append(f"{place}: {job.policy.transition[0]}\n")
                    after.append(f"{place}: {job.policy.transition[1]}\n")
        return {"before": "".join(before), "after": "".join(after)}


def _first(errors: Sequence[RegionError]) -> str:
    first, more = errors[0], len(errors) - 1
    where = f"{first.service}:{first.operation} in {first.region} of account {first.account_id}"
    return f"{where} answered {first.code}: {first.message}" + (f" (and {more} more in region_errors)" if more else "")


def _attempted(total: Summary) -> int:
    return total.counts[CHANGED] + total.counts[FAILED]
