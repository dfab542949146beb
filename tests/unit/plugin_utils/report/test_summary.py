# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a registered result to summary.json."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.errors import ReportError
from ansible_collections.sysops.aws.plugins.plugin_utils.report.summary import summary_of


def test_a_sweep_gives_its_summary_and_nothing_else(summary, finding):
    result = summary(findings=[finding()], changed=False, failed=False, access_key="AKIA", invocation={"secret": 1})
    assert summary_of(result) == summary()


def test_the_booleans_that_ansible_sets_are_not_counts(summary):
    counts = {"examined": 9, "planned": 0, "changed": 4, "protected": 0, "skipped": 2, "failed": 3}
    result = summary(checks={"a": counts, "b": counts}, changed=True, failed=True, skipped=False)
    made = summary_of(result)
    assert (made["changed"], made["failed"], made["skipped"]) == (8, 6, 4)


def test_a_check_module_keeps_its_counts_under_summary(finding, region_error):
    savings = {"low": 1.0, "high": 2.0}
    inner = {"examined": 5, "planned": 0, "changed": 2, "protected": 1, "failed": 0}
    inner["estimated_monthly_savings_usd"] = savings
    made = summary_of(
        {"changed": True, "failed": False, "summary": inner, "findings": [finding()], "accounts": ["123456789012"],
         "regions": ["eu-west-1"], "region_errors": [region_error]}
    )  # fmt: skip
    assert (made["examined"], made["changed"], made["protected"], made["skipped"]) == (5, 2, 1, 0)
    assert made["checks"]["ebs_orphan_cleanup"]["changed"] == 2
    assert made["estimated_monthly_savings_usd"] == savings
    assert made["region_errors"] == [region_error]


@pytest.mark.parametrize("result", [{}, {"failed": True, "msg": "no credentials"}, {"examined": True}, {"summary": {}}])
def test_a_result_without_a_summary_is_refused(result):
    with pytest.raises(ReportError, match="holds no summary"):
        summary_of(result)
