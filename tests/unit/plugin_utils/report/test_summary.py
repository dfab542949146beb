# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a registered result to summary.json."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.errors import ReportError
from ansible_collections.sysops.aws.plugins.plugin_utils.report.summary import summary_of


def test_a_result_gives_its_summary_and_nothing_else(summary, finding):
    inner = {**summary(notices=["Careful."], irreversible=3), "access_key": "AKIA"}
    result = {"summary": inner, "findings": [finding()], "changed": False, "invocation": {"secret": 1}}
    assert summary_of(result) == summary(notices=["Careful."], irreversible=3)


@pytest.mark.parametrize("result", [{}, {"failed": True, "msg": "no credentials"}, {"summary": {}}])
def test_a_result_without_a_summary_is_refused(result):
    with pytest.raises(ReportError, match="holds no summary"):
        summary_of(result)
