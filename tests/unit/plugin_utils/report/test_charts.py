# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The charts of the page."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ansible_collections.sysops.aws.plugins.plugin_utils.report.charts import Saving, bar_chart, top_savings


def test_what_does_not_fit_is_added_up_in_the_last_row():
    shown = top_savings([Saving(f"region-{number}", 0.0, float(number)) for number in range(18)])
    assert [saving.high for saving in shown] == [17, 16, 15, 14, 13, 12, 11, sum(range(1, 11))]
    assert shown[-1].label == "10 others"


def test_widths_are_in_proportion_and_text_is_text():
    chart = bar_chart([Saving("<b>&" * 20, 25.0, 100.0), Saving("half", 0.0, 50.0)], 'Savings "by" check')
    root = ElementTree.fromstring(chart)
    assert root.get("aria-label") == 'Savings "by" check'
    widths = {kind: re.findall(rf'"chart-{kind}"[^>]*width="([0-9.]+)%"', chart) for kind in ("low", "high")}
    assert widths == {"low": ["25.00", "0.00"], "high": ["100.00", "50.00"]}
    assert [text.text for text in root.iter("text")][1] == "25.00\u2013100.00"


def test_nothing_saved_is_no_chart():
    assert bar_chart(top_savings([Saving("a", 0.0, 0.0)]), "Savings") == ""
