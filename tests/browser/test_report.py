# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as a person uses it: in a browser, on a desktop and on a phone."""

from __future__ import annotations

import time

import pytest

WIDTHS = [1280, 360]
pytestmark = pytest.mark.parametrize("width", WIDTHS)
LONG = "n" * 4096
ERROR = {"code": "E", "message": "m"}
HOSTILE = [
    "<img src=x onerror=\"document.title='run'\">",
    "</script><script>document.title='run'</script>",
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "abc\u202egnp.exe",
    LONG,
]


@pytest.fixture
def mixed(finding):
    return [
        finding(3),
        finding(20, region="us-east-1", tags={"Owner": "Zoe"}),
        finding(100, check="ec2_monitoring", status="protected", protected_by=["alarm cpu-high"]),
        finding(5, status="failed", age_days=None, estimated_monthly_cost_usd=None, error=ERROR),
    ]


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_search_reads_names_tags_guards_and_errors(open_report, mixed, width):
    report = open_report(mixed, width)
    for words, names in {"zoe": ["data-20"], "CPU-high": ["data-100"], "volume data-3": ["data-3"], "zzz": []}.items():
        report.page.fill("#filter-text", words)
        assert report.names() == names
    assert "No finding matches" in report.page.inner_text("#findings-table tbody")
    report.page.click("#filter-clear")
    assert len(report.names()) == len(mixed)


def test_selects_hold_the_values_there_are_and_combine(open_report, mixed, width):
    report = open_report(mixed, width)
    assert report.page.locator("#filter-status option").all_inner_texts() == ["All", "failed", "planned", "protected"]
    report.page.select_option("#filter-status", "planned")
    assert report.names() == ["data-20", "data-3"]
    report.page.select_option("#filter-region", "us-east-1")
    assert report.names() == ["data-20"]
    report.page.select_option("#filter-check", "ec2_monitoring")
    assert report.names() == []


def test_every_column_sorts_both_ways_and_unknown_stays_last(open_report, mixed, width):
    report = open_report(mixed, width)
    buttons = report.page.locator("#findings-table thead button")
    assert buttons.evaluate_all("all => all.filter(b => b.checkVisibility()).length") == 7
    for button in buttons.all()[:7]:
        orders = []
        for _click in range(2):
            button.click()
            orders.append(report.page.locator("#findings-table th[aria-sort]").get_attribute("aria-sort"))
            assert len(report.names()) == len(mixed)
        assert sorted(orders) == ["ascending", "descending"]
    report.page.click('[data-sort="high"]')
    assert report.column("USD a month") == ["100.00", "20.00", "3.00", "unknown"]
    report.page.click('[data-sort="high"]')
    assert report.column("USD a month") == ["3.00", "20.00", "100.00", "unknown"]
    report.page.click('[data-sort="resource"]')
    assert report.names() == ["data-3", "data-5", "data-20", "data-100"]


def test_keyboard_sorts_and_opens_details(open_report, mixed, width):
    report = open_report(mixed, width)
    report.page.focus('[data-sort="age"]')
    report.page.keyboard.press("Enter")
    assert report.names()[0] == "data-100"
    report.page.locator(".toggle").nth(1).focus()
    report.page.keyboard.press("Space")
    details = report.page.locator(".details")
    assert "Zoe" in details.inner_text()
    assert "arn:aws:ec2" in details.inner_text()
    assert report.page.locator(".toggle").nth(1).get_attribute("aria-expanded") == "true"
    report.page.keyboard.press("Space")
    assert details.count() == 0


def test_protected_by_error_and_configuration_are_shown(open_report, mixed, finding, width):
    configuration = {"listeners": [{"port": 443, "rules": []}], "dns_name": "lb.example.com", "nothing": None}
    report = open_report([*mixed, finding(1, status="skipped", action="report", configuration=configuration)], width)
    text = report.page.inner_text("#findings-table tbody")
    assert "Protected by: alarm cpu-high" in text
    assert "E: m" in text
    assert "report only" in text
    report.page.fill("#filter-text", "data-1 report only")
    report.page.click(".toggle")
    shown = report.page.inner_text(".details")
    assert "lb.example.com" in shown
    assert "443" in shown
    assert "none" in shown
    assert fits(report.page)


def test_hostile_names_are_text_and_break_nothing(open_report, finding, width):
    findings = [
        finding(number, name=text, resource_id=text, arn=text, reason=text, tags={text: text}, check=text, region=text,
                protected_by=[text], due_date=text, recoverable_until=text, reversible=text,
                configuration={text: [text, {text: text}]}, error={"code": text, "message": text})
        for number, text in enumerate(HOSTILE)
    ]  # fmt: skip
    errors = [dict.fromkeys(("account_id", "region", "message"), text) for text in HOSTILE]
    checks = {text: {"estimated_monthly_savings_usd": {"low": 1, "high": 2}} for text in HOSTILE}
    savings = {text: {"low": 1, "high": 2} for text in HOSTILE}
    changes = {"region_errors": errors, "checks": checks, "savings_by_region": savings, "regions": HOSTILE}
    report = open_report(findings, width, title="</title><script>alert(1)</script>", **changes)
    shown = [text.replace("\u202e", "\\u202e") for text in reversed(HOSTILE)]
    assert report.page.locator("#findings-table .name").evaluate_all("all => all.map(e => e.textContent)") == shown
    for toggle in report.page.locator(".toggle").all():
        toggle.click()
    assert report.page.locator("main script, main img, main a, main [onload]").count() == 0
    assert report.page.title() == "</title><script>alert(1)</script>"
    assert fits(report.page)


def test_policy_stops_a_script_that_got_in(open_report, mixed, width):
    report = open_report(mixed, width)
    report.page.evaluate(
        "() => { const s = document.createElement('script'); s.text = 'window.ran = 1'; document.body.append(s); }"
    )
    assert report.page.evaluate("window.ran === undefined")
    assert any("Content Security Policy" in problem for problem in report.problems)
    report.problems.clear()


def test_nothing_is_wider_than_the_screen(open_report, mixed, width):
    errors = [{"account_id": "1" * 12, "region": "eu-south-2", "service": "ec2", "operation": "DescribeVolumes" * 3}]
    savings = {"low": 123456.78, "high": 9876543.21}
    report = open_report(mixed, width, region_errors=errors, estimated_monthly_savings_usd=savings, examined=10**9)
    assert fits(report.page)
    assert report.page.locator(".alert").bounding_box()["y"] < report.page.locator(".totals").bounding_box()["y"]


def test_an_empty_account_says_so(open_report, width):
    report = open_report([], width)
    assert "Nothing found" in report.page.inner_text(".totals")
    assert fits(report.page)


def test_five_thousand_findings_stay_quick_and_print_whole(open_report, finding, width):
    report = open_report([finding(number) for number in range(5000)], width)
    assert len(report.names()) == 50
    assert report.names()[0] == "data-4999"
    started = time.monotonic()
    report.page.fill("#filter-text", "data-1")
    report.page.click('[data-sort="age"]')
    report.page.click("#page-next")
    assert report.names()[0] == "data-1949"
    assert time.monotonic() - started < 2
    report.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert len(report.names()) == 1111
    report.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert len(report.names()) == 50


def test_a_report_without_money_has_no_price_column(open_report, finding, width):
    """Patch compliance and the like: 41 of 47 is the headline, and USD nowhere to be seen."""
    counts = {"examined": 47, "attention": 41, "protected": 2}
    verdict = {"check": "dms_status", "text": "41 of 47 replication tasks need attention"}
    rows = [finding(42, action="report", status="skipped", estimated_monthly_cost_usd=None, check="dms_status")]
    report = open_report(rows, width, **counts, checks={"dms_status": counts}, verdicts=[verdict])
    assert report.page.locator(".headline .figure").all_inner_texts() == ["41 of 47 replication tasks need attention"]
    assert report.column("Age") == ["42 d"]
    assert "USD" not in report.page.locator("main").inner_text()
