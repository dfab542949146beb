# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a document: which make no sense, and how AWS writes the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..sweep.errors import SweepError
from .common import DOCUMENT_VERSION, check_count, check_distinct, check_name

# all of CreateDocument's but Package, which is nothing without attachments
DOCUMENT_TYPES = (
    "ApplicationConfiguration",
    "ApplicationConfigurationSchema",
    "AutoApprovalPolicy",
    "Automation",
    "Automation.ChangeTemplate",
    "ChangeCalendar",
    "CloudFormation",
    "Command",
    "ConformancePackTemplate",
    "DeploymentStrategy",
    "ManualApprovalPolicy",
    "Policy",
    "ProblemAnalysis",
    "ProblemAnalysisTemplate",
    "QuickSetup",
    "Session",
)
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
RESERVED = ("aws", "amazon", "amzn")
LATEST, DEFAULT = "$LATEST", "$DEFAULT"
VERSION_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
TARGET_TYPE = re.compile(r"/[\w.:/-]{0,199}")
EVERYBODY = "all"
MOST_ACCOUNTS = 1000

ARGUMENT_SPEC: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "content": {"type": "raw"},
    "path": {"type": "path"},
    "document_type": {"type": "str", "choices": list(DOCUMENT_TYPES)},
    "document_format": {"type": "str", "choices": ["JSON", "YAML", "TEXT"]},
    "target_type": {"type": "str"},
    "version_name": {"type": "str"},
    "update_method": {"type": "str", "choices": ["new_version", "replace"], "default": "new_version"},
    "default_version": {"type": "str", "default": LATEST},
    "shared_with": {"type": "list", "elements": "str"},
    "allow_public": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
}
REQUIRED_IF = [("state", "present", ("content", "path"), True)]
MUTUALLY_EXCLUSIVE = [("content", "path")]


def check(options: Mapping[str, Any]) -> None:
    """Raises SweepError for the first option that makes no sense."""
    check_name("name", options["name"])
    if options["name"].casefold().startswith(RESERVED):
        raise SweepError(f"name is {options['name']!r}: names that begin with {', '.join(RESERVED)} are AWS's own.")
    if options["state"] == "absent":
        return
    _check_versions(options)
    target_type = options["target_type"]
    if target_type is not None and not TARGET_TYPE.fullmatch(target_type):
        raise SweepError(f"target_type is {target_type!r}: write /, or a type like /AWS::EC2::Instance.")
    _check_sharing(options)


def _check_versions(options: Mapping[str, Any]) -> None:
    name, default = options["version_name"], options["default_version"]
    if name is not None and not VERSION_NAME.fullmatch(name):
        raise SweepError(
            f"version_name is {name!r}: Systems Manager takes 1 to 128 letters, digits, hyphens, underscores and dots."
        )
    if not DOCUMENT_VERSION.fullmatch(default):
        raise SweepError(f"default_version is {default!r}: write {LATEST}, {DEFAULT} or the number of a version.")
    if options["update_method"] == "replace" and default != LATEST:
        raise SweepError(
            f"default_version is {default}, but update_method replace keeps the newest version alone: leave one of them"
            " out."
        )


def _check_sharing(options: Mapping[str, Any]) -> None:
    accounts = shared_with(options) or []
    check_count("shared_with", accounts, MOST_ACCOUNTS)
    check_distinct("shared_with", accounts)
    if EVERYBODY in accounts:
        if len(accounts) > 1:
            raise SweepError("shared_with names all and accounts: write one or the other.")
        if not options["allow_public"]:
            raise SweepError(
                "shared_with is all, which shares the document with every AWS account there is: set allow_public if"
                " that is meant."
            )
    for account in accounts:
        if account != EVERYBODY and not re.fullmatch(r"[0-9]{12}", account):
            raise SweepError(
                f"shared_with names {account!r}: write account ids of 12 digits, in quotes because of leading zeros."
            )


def shared_with(options: Mapping[str, Any]) -> list[str] | None:
    """Account ids, or `all` in AWS's spelling."""
    if options["shared_with"] is None:
        return None
    return [EVERYBODY if account.lower() == EVERYBODY else account for account in options["shared_with"]]
