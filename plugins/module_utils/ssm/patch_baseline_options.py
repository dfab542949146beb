# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a patch baseline: which make no sense, and how AWS writes the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ..resource.properties import Properties, said
from ..sweep.errors import SweepError
from .common import LONGEST_GROUP, check_between, check_count, check_distinct, check_name, check_text
from .patch_baseline_patches import check_patches

OPERATING_SYSTEMS = (
    "ALMA_LINUX",
    "AMAZON_LINUX",
    "AMAZON_LINUX_2",
    "AMAZON_LINUX_2022",
    "AMAZON_LINUX_2023",
    "CENTOS",
    "DEBIAN",
    "MACOS",
    "ORACLE_LINUX",
    "RASPBIAN",
    "REDHAT_ENTERPRISE_LINUX",
    "ROCKY_LINUX",
    "SUSE",
    "UBUNTU",
    "WINDOWS",
)
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribePatchProperties.html, with PATCH_SET of
# API_PatchFilter.html and SECTION of the predefined baselines of Debian and its relatives
RPM_KEYS = ("PRODUCT", "CLASSIFICATION", "SEVERITY")
APT_KEYS = ("PRODUCT", "PRIORITY", "SECTION")
FILTER_KEYS: dict[str, Sequence[str]] = {
    **dict.fromkeys(OPERATING_SYSTEMS, RPM_KEYS),
    "WINDOWS": ("PATCH_SET", "PRODUCT", "PRODUCT_FAMILY", "CLASSIFICATION", "MSRC_SEVERITY"),
    "MACOS": ("PRODUCT", "CLASSIFICATION"),
    **dict.fromkeys(("DEBIAN", "RASPBIAN", "UBUNTU"), APT_KEYS),
}
# they don't tell when a package was released: API_PatchRule.html, patch-manager-ssm-documents
UNDATED = ("DEBIAN", "RASPBIAN", "UBUNTU")
NOT_LINUX = ("MACOS", "WINDOWS")
COMPLIANCE_LEVELS = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED")
SOURCE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,50}")
# \w has all letters and digits, \s all separators
GROUP = re.compile(r"[\w\s.:/=+@-]*")

_FILTERS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "options": {
        "key": {
            "type": "str",
            "required": True,
            "no_log": False,
            "choices": sorted({key for keys in FILTER_KEYS.values() for key in keys}),
        },
        "values": {"type": "list", "elements": "str", "required": True},
    },
}
ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "operating_system": {"type": "str", "choices": list(OPERATING_SYSTEMS)},
    "description": {"type": "str"},
    "approval_rules": {
        "type": "list",
        "elements": "dict",
        "options": {
            "patch_filters": {**_FILTERS, "required": True},
            "compliance_level": {"type": "str", "choices": list(COMPLIANCE_LEVELS), "default": "UNSPECIFIED"},
            "approve_after_days": {"type": "int"},
            "approve_until_date": {"type": "str"},
            "enable_non_security": {"type": "bool", "default": False},
        },
    },
    "global_filters": _FILTERS,
    "approved_patches": {"type": "list", "elements": "str"},
    "approved_patches_compliance_level": {"type": "str", "choices": list(COMPLIANCE_LEVELS)},
    "approved_patches_enable_non_security": {"type": "bool"},
    "rejected_patches": {"type": "list", "elements": "str"},
    "rejected_patches_action": {"type": "str", "choices": ["ALLOW_AS_DEPENDENCY", "BLOCK"]},
    "sources": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "products": {"type": "list", "elements": "str", "required": True},
            "configuration": {"type": "str", "required": True, "no_log": True},
        },
    },
    "available_security_updates_compliance_status": {"type": "str", "choices": ["COMPLIANT", "NON_COMPLIANT"]},
    "patch_groups": {"type": "list", "elements": "str"},
    "default": {"type": "bool"},
    "force": {"type": "bool", "default": False},
}
REQUIRED_IF = [("state", "present", ("operating_system",))]


def check(options: Mapping[str, Any]) -> None:
    """Raises SweepError for the first option that makes no sense."""
    check_name("name", options["name"])
    if options["state"] == "absent":
        return
    system = options["operating_system"]
    check_text("description", options["description"], 1024)
    _check_rules(options["approval_rules"], system)
    _check_filters("global_filters", options["global_filters"], system)
    check_patches(system, options["approved_patches"], options["rejected_patches"])
    _check_for_other_systems(options, system)
    _check_sources(options["sources"])
    _check_groups(options["patch_groups"])


def _check_rules(rules: Sequence[Mapping[str, Any]] | None, system: str) -> None:
    check_count("approval_rules", rules, 10)
    seen: list[Any] = []
    for number, rule in enumerate(rules or [], 1):
        where = f"approval_rules[{number}]"
        _check_filters(f"{where}.patch_filters", rule["patch_filters"], system)
        filters = sorted((entry["key"], sorted(entry["values"])) for entry in rule["patch_filters"])
        if filters in seen:
            raise SweepError(
                f"{where} has the filters of approval_rules[{seen.index(filters) + 1}]: two rules can't claim the same"
                " patches, so leave one of them out."
            )
        seen.append(filters)
        _check_approval(where, rule, system)
        if rule["enable_non_security"]:
            _refuse_outside_linux(f"{where}.enable_non_security", system)


def _check_approval(where: str, rule: Mapping[str, Any], system: str) -> None:
    given = [name for name in ("approve_after_days", "approve_until_date") if rule[name] is not None]
    if system in UNDATED:
        if given:
            raise SweepError(
                f"{where}.{given[0]} is not for {system}, whose packages don't tell when they were released: leave it"
                " out."
            )
        return
    if len(given) != 1:
        told = "both of" if given else "neither of"
        raise SweepError(f"{where} has {told} approve_after_days and approve_until_date: write one of them.")
    check_between(f"{where}.approve_after_days", rule["approve_after_days"], 0, 360)
    _check_date(f"{where}.approve_until_date", rule["approve_until_date"])


def _check_date(option: str, text: str | None) -> None:
    try:
        valid = text is None or date.fromisoformat(text).isoformat() == text
    except ValueError:
        valid = False
    if not valid:
        raise SweepError(f"{option} is {text!r}: write a date like 2026-11-16.")


def _check_filters(option: str, filters: Sequence[Mapping[str, Any]] | None, system: str) -> None:
    # the keys come first: whoever has the wrong system has too many of them too
    for entry in filters or []:
        if entry["key"] not in FILTER_KEYS[system]:
            raise SweepError(
                f"{option} has the key {entry['key']}, which {system} doesn't have: it has"
                f" {', '.join(FILTER_KEYS[system])}."
            )
    check_count(option, filters, 4)
    check_distinct(option, [entry["key"] for entry in filters or []])
    for entry in filters or []:
        check_count(f"{option} {entry['key']}", entry["values"], 20, least=1)
        check_distinct(f"{option} {entry['key']}", entry["values"])
        for value in entry["values"]:
            check_text(f"{option} {entry['key']} {value!r}", value, 64)


def _check_for_other_systems(options: Mapping[str, Any], system: str) -> None:
    if options["approved_patches_enable_non_security"]:
        _refuse_outside_linux("approved_patches_enable_non_security", system)
    if options["sources"]:
        _refuse_outside_linux("sources", system)
    if options["available_security_updates_compliance_status"] and system != "WINDOWS":
        raise SweepError(
            f"available_security_updates_compliance_status is for WINDOWS alone, not for {system}: leave it out."
        )


def _refuse_outside_linux(option: str, system: str) -> None:
    if system in NOT_LINUX:
        raise SweepError(f"{option} is for Linux alone, not for {system}: leave it out.")


def _check_sources(sources: Sequence[Mapping[str, Any]] | None) -> None:
    check_count("sources", sources, 20)
    check_distinct("sources", [source["name"] for source in sources or []])
    for source in sources or []:
        if not SOURCE_NAME.fullmatch(source["name"]):
            raise SweepError(
                f"sources has the name {source['name']!r}: Systems Manager takes 3 to 50 letters, digits, hyphens,"
                " underscores and dots."
            )
        check_count(f"products of source {source['name']}", source["products"], 20, least=1)
        for product in source["products"]:
            check_text(f"product {product!r} of source {source['name']}", product, 128)
        check_text(f"configuration of source {source['name']}", source["configuration"], 1024)


def _check_groups(groups: Sequence[str] | None) -> None:
    check_distinct("patch_groups", groups or [])
    for group in groups or []:
        if not 1 <= len(group) <= LONGEST_GROUP or not GROUP.fullmatch(group):
            raise SweepError(
                f"patch_groups names {group!r}: write 1 to {LONGEST_GROUP} letters, digits, spaces and _ . : / = + - @,"
                " as in the tag PatchGroup of the instances."
            )


def rules_of(rules: Sequence[Mapping[str, Any]] | None) -> Properties | None:
    """PatchRuleGroup, with AWS's defaults said."""
    if rules is None:
        return None
    return {"PatchRules": [_rule(rule) for rule in rules]}


def _rule(rule: Mapping[str, Any]) -> Properties:
    found = said(
        {
            "PatchFilterGroup": filters_of(rule["patch_filters"]),
            "ComplianceLevel": rule["compliance_level"],
            "ApproveAfterDays": rule["approve_after_days"],
            "ApproveUntilDate": rule["approve_until_date"],
            "EnableNonSecurity": rule["enable_non_security"],
        }
    )
    # 0 days is no difference to nothing, so that it is said that there is no date
    return {**found, "ApproveUntilDate": None} if "ApproveAfterDays" in found else found


def without_nothing(rules: Properties) -> Properties:
    """As AWS takes them."""
    return {"PatchRules": [said(rule) for rule in rules["PatchRules"]]}


def filters_of(filters: Sequence[Mapping[str, Any]] | None) -> Properties | None:
    """PatchFilterGroup."""
    if filters is None:
        return None
    return {"PatchFilters": [{"Key": entry["key"], "Values": entry["values"]} for entry in filters]}


def sources_of(sources: Sequence[Mapping[str, Any]] | None) -> list[Properties] | None:
    """PatchSource entries."""
    if sources is None:
        return None
    return [
        {"Name": source["name"], "Products": source["products"], "Configuration": source["configuration"]}
        for source in sources
    ]
