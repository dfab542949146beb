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


def headline_of(page: str) -> str:
    return re.search(r'<section class="totals".*?</section>', page, re.S)[0]


def test_what_is_for_good_stands_first_in_the_headline(finding, summary):
    shown = headline_of(render_html(summary(planned=40, irreversible=12), [finding(reversible=False)], "Title"))
    assert shown.index("12 of 40 planned actions can't be undone.") < shown.index("Potential savings")
    assert "be undone" not in headline_of(render_html(summary(), [finding(reversible=True)], "Title"))


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"changed": 40, "planned": 0, "irreversible": 12}, "12 of 40 changes were for good."),
        ({"changed": 1, "planned": 0, "irreversible": 1}, "1 of 1 change was for good."),
        ({"changed": 0, "planned": 40, "irreversible": 12}, "12 of 40 planned actions can't be undone."),
        ({"changed": 9, "planned": 1, "irreversible": 2}, "2 of 10 actions, done or still planned, can't be undone."),
    ],
)
def test_an_enforcing_run_says_what_is_gone_for_good(finding, summary, counts, words):
    assert words in headline_of(render_html(summary(mode="enforce", **counts), [finding()], "Title"))


def test_each_check_tells_how_much_is_for_good(finding, summary):
    checks = {"ebs_orphan_cleanup": {"irreversible": 12}, "ec2_monitoring": {"irreversible": 0}}
    page = render_html(summary(irreversible=12, checks=checks), [finding()], "Title")
    assert re.findall(r'data-label="For good"><bdi>(\d+)<', page) == ["12", "0", "12"]
    assert "For good" not in render_html(summary(checks=checks), [finding()], "Title")


def test_who_waits_is_counted_over_all_findings(finding, summary):
    waiting = [finding(number, status="protected", due_date=f"2026-12-{number:02}") for number in (9, 3, 20)]
    marked = finding(4, action="mark", status="changed", due_date="2026-12-05")
    planned = finding(5, due_date="2026-11-20")
    page = render_html(summary(), [*waiting, marked, planned], "Title")
    assert "4 resources are in their grace period; the next goes on 2026-12-03." in headline_of(page)
    alone = headline_of(render_html(summary(), waiting[:1], "Title"))
    assert "1 resource is in its grace period; it goes on 2026-12-09." in alone
    assert "grace period" not in headline_of(render_html(summary(), [planned], "Title"))


def test_nothing_saved_is_no_saving_of_nothing(finding, summary):
    nothing = {"estimated_monthly_savings_usd": {"low": 0.0, "high": 0.0}, "unpriced": 0}
    marks = [finding(number, action="mark", reversible=True) for number in range(4)]
    shown = headline_of(render_html(summary(**nothing), marks, "Title"))
    assert "4 resources" in shown
    assert "Potential savings" not in shown
    assert "Nothing planned" in headline_of(render_html(summary(**nothing, planned=0), marks, "Title"))
    unpriced = headline_of(render_html(summary(**{**nothing, "unpriced": 1}), marks, "Title"))
    assert "Not counted: 1 finding without a known price." in unpriced


def test_an_undo_says_what_is_put_back(finding, undo):
    rows = [finding(number, check="sweep_undo", action="put_back") for number in range(2)]
    planned = render_html(undo(failed=2), rows, "Undo")
    assert "To put back" in headline_of(planned)
    assert "2 resources" in headline_of(planned)
    assert "2 resources can't be put back" in headline_of(planned)
    page = render_html(
        undo(mode="enforce", changed=2, planned=0), [{**row, "status": "changed"} for row in rows], "Undo"
    )
    assert "2 resources put back." in page
    assert "1 left alone" in headline_of(page)
    assert [row["status"] for row in embedded(page)] == ["put back", "put back"]
    assert not re.findall(
        "[Ss]avings|USD|list prices|Ages", without_data(page).split("<script>")[0].split("<thead role")[0]
    )


def test_an_undo_of_nothing_says_so(finding, undo):
    rows = [finding(check="sweep_undo", action="put_back", status="skipped")]
    assert "Nothing to put back" in headline_of(render_html(undo(planned=0), rows, "Undo"))
    assert "Nothing put back" in headline_of(render_html(undo(planned=0, mode="enforce"), rows, "Undo"))
    assert "Nothing to put back" in headline_of(render_html(undo(planned=0), [], "Undo"))


def test_seals_are_not_in_the_page(finding, summary):
    assert "checksum" not in render_html(summary(), [finding(plan={"id": "x", "checksum": "y"})], "Title")


def test_order_is_failed_then_for_good_then_planned_by_cost_then_protected(finding):
    cost = {"low": 0, "high": 99.0}
    findings = [
        finding(1, status="protected", estimated_monthly_cost_usd=cost),
        finding(2, status="skipped", estimated_monthly_cost_usd=cost),
        finding(3, estimated_monthly_cost_usd=None),
        finding(4),
        finding(5, status="skipped", action="report", estimated_monthly_cost_usd=cost),
        finding(6, status="failed", estimated_monthly_cost_usd=None),
        finding(7, status="protected", reversible=False, estimated_monthly_cost_usd=cost),
        finding(8, reversible=False, estimated_monthly_cost_usd=None),
        finding(9, status="changed", reversible=False),
    ]
    rows = select(findings).rows
    assert [row["id"][-1] for row in rows] == ["6", "9", "8", "5", "4", "3", "2", "1", "7"]
    assert rows[3]["status"] == "report only"


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


def looking(check: str = "dms_status", **changes):
    """The summary of a run whose checks only report."""
    counts = {"examined": 47, "attention": 41, "protected": 2, "planned": 0, "skipped": 41, "failed": 0}
    verdict = {"check": check, "examined": 47, "attention": 41, "resource_ids": ["a"], "text": "41 of 47 tasks <need>"}
    return {**counts, "checks": {"dms_status": counts}, "verdicts": [verdict], **changes}


def test_checks_that_only_report_lead_with_their_verdict_and_show_no_money(finding, summary):
    page = without_data(render_html(summary(**looking()), [finding(action="report", status="skipped")], "Title"))
    assert "41 of 47 tasks &lt;need&gt;" in headline_of(page)
    assert "Nothing planned" not in page
    assert "a month" not in page.partition('id="findings-table"')[0].partition("</style>")[2]
    assert "<dt>Needs attention</dt><dd>41</dd>" in page
    assert "<dt>Failed</dt>" not in page


def test_a_verdict_leads_only_where_no_other_check_runs(finding, summary):
    page = render_html(summary(**looking(check="another")), [finding()], "Title")
    assert "41 of 47" not in headline_of(page)
