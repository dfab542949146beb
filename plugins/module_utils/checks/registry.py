# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All checks by name, for those who run several of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..sweep.errors import SweepError, nearest
from ..sweep.options import lenient, nulls
from ..sweep.policy import Check
from . import (
    alb_idle_facts,
    cloudwatch_agent_coverage,
    dms_premigration,
    dms_status,
    ebs_orphan_cleanup,
    ec2_monitoring,
    log_group_retention,
    rds_maintenance,
    ssm_patch_compliance,
    ssm_patch_image_cleanup,
)
from .grace import MARK, UNMARK
from .undo import PutBack
from .undo_deletions import PutBackSnapshot, PutBackVolume
from .undo_settings import PutBackBasicMonitoring, PutBackMark, PutBackMonitoring, PutBackRetention

MODULES = (
    *(ebs_orphan_cleanup, log_group_retention, ec2_monitoring, alb_idle_facts, rds_maintenance),
    *(ssm_patch_compliance, ssm_patch_image_cleanup, cloudwatch_agent_coverage),
    *(dms_status, dms_premigration),
)
CHECKS: Mapping[str, Check] = {module.CHECK.name: module.CHECK for module in MODULES}

#: how each action of the checks is undone, by resource type and action
UNDO: Mapping[tuple[str, str], type[PutBack]] = {
    ("ec2:volume", ebs_orphan_cleanup.DELETE): PutBackVolume,
    ("ec2:snapshot", ebs_orphan_cleanup.DELETE): PutBackSnapshot,
    **{(kind, action): PutBackMark for kind in ("ec2:volume", "ec2:snapshot") for action in (MARK, UNMARK)},
    ("ec2:instance", ec2_monitoring.DISABLE): PutBackMonitoring,
    ("ec2:instance", ec2_monitoring.ENABLE): PutBackBasicMonitoring,
    ("logs:log-group", log_group_retention.SET_RETENTION): PutBackRetention,
}


def chosen_checks(parameters: Mapping[str, Any]) -> dict[str, tuple[Check, Mapping[str, Any]]]:
    """The checks named in the option `checks`, each with its own options, validated by its own argument spec.

    Raises:
        SweepError: an unknown check (the nearest is named) or an option that the check refuses.
    """
    chosen = {}
    for name, options in parameters["checks"].items():
        if name not in CHECKS:
            raise SweepError(f"There is no check {name!r}: the checks are {', '.join(CHECKS)}.{nearest(name, CHECKS)}")
        chosen[name] = (CHECKS[name], _validated(CHECKS[name], options or {}))
    return chosen


def _validated(check: Check, options: Any) -> Mapping[str, Any]:
    if not isinstance(options, dict):
        raise SweepError(f"The options of the check {check.name} are not a dict but {options!r}.")
    given = {**options, **nulls(options, check.argument_spec, check.filters)}
    result = ArgumentSpecValidator(lenient(check.argument_spec, check.filters)).validate(given)
    if result.error_messages:
        raise SweepError(f"checks.{check.name}: {'; '.join(result.error_messages)}")
    values: Mapping[str, Any] = result.validated_parameters
    return values
