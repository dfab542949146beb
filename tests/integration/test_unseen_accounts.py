# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts that no other test has seen: what goes and what stays, resource by resource.

Rests on the emulated account's added behaviour, as test_checks.py does.
"""

from __future__ import annotations

import pytest
from tests.emulator import Emulator
from tests.integration.conftest import Module, changes

ALL = {"regions": ["all"], "max_actions": 100_000}
CHECKS = {
    "ebs_orphan_cleanup": {},
    "log_group_retention": {"retention_in_days": 3},
    "ec2_monitoring": {},
    "alb_idle_facts": {},
}


@pytest.mark.parametrize(("scale", "seed"), [("S", 2), ("S", 3), ("S", 4), ("M", 5)])
def test_exactly_what_should_stay_stays(served: Emulator, empty_aws: Emulator, module: Module, scale, seed):
    served.reset(scale, seed)
    before = served.state()
    report = module("sweep", check=True, checks=CHECKS, **ALL)
    told = {(row["region"], row["resource_type"], row["resource_id"]): row["status"] for row in report["findings"]}
    rows = {(row["region"], row["resource_type"], row["resource_id"]): row for row in served.manifest}
    assert told == {key: row["status"] for key, row in rows.items() if row["status"]}

    done = module("sweep", checks=CHECKS, **ALL)
    assert not done.get("failed"), done.get("msg")
    gone = {key[1:] for key in before.keys() - served.state().keys()}
    assert gone == {key for key, row in rows.items() if not row["survives"]}
    assert done["summary"]["changed"] == report["summary"]["planned"]

    served.calls.clear()
    again = module("sweep", checks=CHECKS, **ALL)
    assert again["changed"] is False
    assert changes(served) == {}
