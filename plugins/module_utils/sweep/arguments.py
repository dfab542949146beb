# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that all sweep modules share, and their validation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import SweepError, words_of
from .plan import Plan
from .prices import PriceTable
from .signing import JournalKey

COMMON_ARGUMENT_SPEC: dict[str, Any] = {
    "regions": {"type": "list", "elements": "str", "default": []},
    "assume_role_arn": {"type": "list", "elements": "str", "default": []},
    "external_id": {"type": "str", "no_log": True},
    "expected_account_id": {"type": "list", "elements": "str", "default": []},
    "exclude_tags": {"type": "dict", "default": {"Keep": "true"}},
    "max_actions": {"type": "int", "default": 100},
    "max_actions_percent": {"type": "int", "default": 100},
    "only_ids": {"type": "list", "elements": "str"},
    "plan_path": {"type": "path"},
    "plan_max_age_hours": {"type": "int", "default": 72},
    "region_errors": {"type": "str", "choices": ["continue", "fail"], "default": "continue"},
    "workers": {"type": "int", "default": 32},
    "findings_path": {"type": "path"},
    "journal": {"type": "list", "elements": "str", "default": []},
    "journal_bucket_owner": {"type": "str"},
    "journal_key": {"type": "str", "no_log": True},
    "price_overrides": {"type": "dict", "default": {}},
}
#: those of them that select: given and empty, nothing
COMMON_FILTERS = ("only_ids",)


@dataclass(frozen=True)
class Options:
    """The common options, checked: everything that can be refused without asking AWS has been."""

    regions: list[str]
    assume_role_arn: list[str]
    external_id: str | None
    expected_account_id: list[str]
    exclude_tags: dict[str, Any]
    max_actions: int
    max_actions_percent: int
    #: None for all
    only_ids: list[str] | None
    plan: Plan | None
    plan_max_age_hours: int
    fail_on_region_errors: bool
    workers: int
    findings_path: str | None
    journal: list[str]
    journal_bucket_owner: str | None
    journal_key: JournalKey | None
    prices: PriceTable

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Options:
        """Raises SweepError for the first option that makes no sense."""
        _between(parameters, "max_actions", 0)
        _between(parameters, "max_actions_percent", 0, 100)
        _between(parameters, "workers", 1, 256)
        _between(parameters, "plan_max_age_hours", 1)
        key = JournalKey.of(parameters["journal_key"])
        return cls(
            regions=[name.lower() for name in parameters["regions"] or []],
            assume_role_arn=[_role_arn(arn) for arn in parameters["assume_role_arn"]],
            external_id=_external_id(parameters["external_id"]),
            expected_account_id=[_account_id(account) for account in parameters["expected_account_id"]],
            exclude_tags=parameters["exclude_tags"],
            max_actions=parameters["max_actions"],
            max_actions_percent=parameters["max_actions_percent"],
            only_ids=parameters["only_ids"],
            plan=Plan.read(parameters["plan_path"], key) if parameters["plan_path"] else None,
            plan_max_age_hours=parameters["plan_max_age_hours"],
            fail_on_region_errors=parameters["region_errors"] == "fail",
            workers=parameters["workers"],
            findings_path=parameters["findings_path"],
            journal=parameters["journal"] or [],
            journal_bucket_owner=bucket_owner(parameters),
            journal_key=key,
            prices=_prices(parameters["price_overrides"]),
        )


def not_negative(options: Mapping[str, Any], *names: str) -> None:
    """Raises SweepError for the first of the named options that is below zero."""
    for name in names:
        _between(options, name, 0)


def _between(parameters: Mapping[str, Any], name: str, low: int, high: int | None = None) -> None:
    value = parameters[name]
    if value < low or (high is not None and value > high):
        wanted = f"between {low} and {high}" if high is not None else f"{low} or more"
        raise SweepError(f"{name} is {value}: it must be {wanted}.")


def _role_arn(arn: str) -> str:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise SweepError(
            f"assume_role_arn {arn!r} is not the ARN of a role: write arn:aws:iam::123456789012:role/NAME."
        )
    return arn


def _external_id(external_id: str | None) -> str | None:
    """STS quotes one that it doesn't take (API_AssumeRole: ExternalId), so it is not asked."""
    if external_id and not re.fullmatch(r"[\w+=,.@:/-]{2,1224}", external_id, re.ASCII):
        raise SweepError(
            "external_id is not what STS takes: it must have 2 to 1224 letters, digits and characters of _+=,.@:/- with"
            " no blank or line break."
        )
    return external_id or None


def _account_id(account: str, option: str = "expected_account_id") -> str:
    # YAML reads an unquoted id as a number and drops its leading zeros
    account_id = str(account).zfill(12)
    if not (account_id.isascii() and account_id.isdigit() and len(account_id) == 12):
        raise SweepError(f"{option} {account!r} is not an AWS account id: write its 12 digits in quotes.")
    return account_id


def bucket_owner(parameters: Mapping[str, Any]) -> str | None:
    """The option `journal_bucket_owner`. Raises SweepError for what is no account id."""
    owner = parameters["journal_bucket_owner"]
    return _account_id(owner, "journal_bucket_owner") if owner else None


def _prices(overrides: Mapping[str, Any]) -> PriceTable:
    try:
        return PriceTable(overrides)
    except (TypeError, ValueError, AttributeError) as error:
        raise SweepError(words_of(error)) from error
