# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page, as far as it shows without a browser; the rest is in tests/browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
import tracemalloc

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.html import render_html
from ansible_collections.sysops.aws.plugins.plugin_utils.report.selection import EMBEDDED_AT_MOST, select

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a\u2028b&c",
    "\ud800",
    "$title ${data}",
]


def embedded(page: str) -> list[dict]:
    return json.loads(re.search(r'id="findings-data">(.*?)</script>', page, re.S)[1])["rows"]


def without_data(page: str) -> str:
    return re.sub(r'(id="findings-data">).*?(</script>)', r"\1\2", page, flags=re.S)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_data(finding, summary, region_error, text):
    region_error["message"] = text
    hostile = summary(region_errors=[region_error], regions=[text], checks={text: {}}, savings_by_region={text: {}})
    page = render_html(hostile, [finding(name=text, tags={text: text}, reason=text)], text)
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert "\u2028" not in page
    row = embedded(page)[0]
    assert (row["name"], row["reason"], row["tags"]) == (text, text, {text: text})


def test_policy_allows_the_pages_own_script_and_style_and_nothing_else(finding, summary):
    page = render_html(summary(), [finding()], "Title")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    for tag in ("script", "style"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r'(?:src|href)=(?!"data:)|https?://|@import|url\(', without_data(page))


def test_page_without_script_shows_totals_charts_and_honest_words(finding, summary):
    page = without_data(render_html(summary(), [finding()], "Cost hygiene"))
    assert "10.00 \u2013 12.30" in page
    assert page.count('<svg class="chart"') == 2
    assert "EBS volumes, snapshots" in page
    assert "us-east-1" in page
    assert "Nothing was changed." in page
    assert "AWS public list prices as of 2026-09" in page
    assert "23 November 2026, 10:00 UTC" in page
    assert "account 123456789012" in page
    assert 'id="errors"' not in page


def test_enforce_mode_says_what_was_changed_and_what_was_not(finding, summary):
    page = render_html(summary(mode="enforce", changed=3, planned=2), [finding(status="changed")], "Title")
    assert "3 resources changed. 2 planned but not carried out." in page
    assert "Nothing was changed" not in page


def test_regions_that_could_not_be_read_come_before_the_savings(finding, summary, region_error):
    page = render_html(summary(region_errors=[region_error]), [finding()], "Title")
    assert page.index("this report is incomplete") < page.index("Potential savings")
    for shown in ("210987654321", "eu-south-2", "ec2", "DescribeVolumes", "UnauthorizedOperation", "&lt;by&gt;"):
        assert shown in page


def test_empty_account_says_nothing_found(summary, region_error):
    page = render_html(summary(), [], "Title")
    assert "Nothing found" in page
    assert "20 resources examined; none" in page
    assert 'id="findings-table"' not in page
    assert "in the regions that could be read" in render_html(summary(region_errors=[region_error]), [], "Title")


def test_order_is_failed_then_planned_by_cost_then_protected(finding):
    cost = {"low": 0, "high": 99.0}
    findings = [
        finding(1, status="protected", estimated_monthly_cost_usd=cost),
        finding(2, status="skipped", estimated_monthly_cost_usd=cost),
        finding(3, estimated_monthly_cost_usd=None),
        finding(4),
        finding(5, status="skipped", action="report", estimated_monthly_cost_usd=cost),
        finding(6, status="failed", estimated_monthly_cost_usd=None),
    ]
    rows = select(findings).rows
    assert [row["id"][-1] for row in rows] == ["6", "5", "4", "3", "2", "1"]
    assert rows[1]["status"] == "report only"


def test_what_does_not_fit_is_counted_and_said(finding, summary):
    protected = (finding(number, status="protected") for number in range(EMBEDDED_AT_MOST))
    page = render_html(summary(), [*protected, finding(9_999_999)], "Title")
    rows = embedded(page)
    assert len(rows) == EMBEDDED_AT_MOST
    assert rows[0]["name"] == "data-9999999"
    assert "5,000 findings of 5,001 are in this page" in page
    assert "The others (1) are only in findings.csv" in page


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), "12", True, None])
def test_a_number_that_is_none_is_unknown(finding, summary, odd):
    page = render_html(summary(), [finding(age_days=odd, estimated_monthly_cost_usd={"low": odd, "high": 1})], "Title")
    assert not {"age", "low", "high"} & set(embedded(page)[0])


def test_fifty_thousand_findings_are_quick_and_not_all_kept(finding, summary):
    def findings():
        for number in range(50_000):
            yield finding(number, estimated_monthly_cost_usd={"low": 0, "high": number % 977})

    started = time.process_time()
    sum(1 for _finding in findings())
    making = time.process_time() - started
    started = time.process_time()
    page = render_html(summary(), findings(), "Title")
    assert time.process_time() - started - making < 1.5
    assert len(embedded(page)) == EMBEDDED_AT_MOST
    tracemalloc.start()
    render_html(summary(), findings(), "Title")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * 2**20


def test_notices_stand_above_the_totals(summary):
    page = render_html(summary(notices=["The plan holds <9> actions."]), [], "Cost hygiene")
    assert page.index("The plan holds &lt;9&gt; actions.") < page.index('class="totals"')
