# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can't come back, what waits in a grace period, and what was put back, as a person sees it in the report."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.parametrize("width", [1280, 360])


@pytest.fixture
def rows(finding):
    """One of each kind: for good, undone by a snapshot, recoverable, marked, in its grace period, and kept by a tag."""
    return [
        finding(1, reversible=False, due_date="2026-11-20"),
        finding(2, reversible=True),
        finding(3, reversible=True, recoverable_until="2026-12-08"),
        finding(4, reversible=True, action="mark", due_date="2026-12-07"),
        finding(5, status="protected", due_date="2026-12-01", protected_by=["in its grace period"]),
        finding(6, status="protected", protected_by=["tag Keep=true"]),
    ]


@pytest.fixture
def undone(finding):
    return [
        finding(number, check="sweep_undo", action="put_back", status="changed", age_days=None, reason="It is back.",
                estimated_monthly_cost_usd=None)
        for number in (1, 2)
    ]  # fmt: skip


def fits(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def status_of(report, name):
    row = report.page.locator("#findings-table .row", has=report.page.get_by_text(name, exact=True))
    return row.locator('td[data-label="Status"]').inner_text().splitlines()


def test_each_row_tells_whether_it_comes_back_and_when_it_goes(open_report, rows, width):
    report = open_report(rows, width)
    assert status_of(report, "data-1") == ["planned", "delete", "for good", "due 2026-11-20"]
    assert status_of(report, "data-2") == ["planned", "delete", "can be undone"]
    assert status_of(report, "data-3") == ["planned", "delete", "recoverable until 2026-12-08"]
    assert status_of(report, "data-4") == ["planned", "mark", "can be undone", "goes on 2026-12-07"]
    assert status_of(report, "data-5") == ["protected", "goes on 2026-12-01"]
    assert status_of(report, "data-6") == ["protected"]
    assert report.names()[0] == "data-1"
    assert fits(report.page)


def test_details_tell_the_three_facts(open_report, rows, width):
    report = open_report(rows, width)
    for name, facts in {
        "data-1": ["Can be undone", "no, it is for good", "Grace period", "due 2026-11-20"],
        "data-3": ["Can be undone", "yes", "Recoverable until", "2026-12-08"],
        "data-5": ["Grace period", "goes on 2026-12-01"],
    }.items():
        report.page.fill("#filter-text", name)
        report.page.click(".toggle")
        lines = report.page.locator(".details bdi").all_inner_texts()
        start = lines.index(facts[0])
        assert lines[start : start + len(facts)] == facts


def test_filter_shows_what_goes_for_good_alone(open_report, rows, width):
    report = open_report(rows, width)
    options = report.page.locator("#filter-undo option").all_inner_texts()
    assert options == ["All", "can be undone", "for good"]
    report.page.select_option("#filter-undo", "for good")
    assert report.names() == ["data-1"]
    report.page.select_option("#filter-undo", "can be undone")
    assert sorted(report.names()) == ["data-2", "data-3", "data-4"]
    report.page.click("#filter-clear")
    report.page.fill("#filter-text", "goes on")
    assert sorted(report.names()) == ["data-4", "data-5"]


def test_the_warning_is_seen_before_anything_is_scrolled_and_leads_to_the_rows(open_report, rows, width):
    report = open_report(rows, width, planned=4, irreversible=1)
    warning = report.page.locator(".for-good")
    assert "1 of 4 planned actions can't be undone." in warning.inner_text()
    box = warning.bounding_box()
    assert box["y"] + box["height"] < 400
    assert box["y"] < report.page.locator(".figure").bounding_box()["y"]
    report.page.fill("#filter-text", "data-2")
    report.page.click("#show-undo")
    assert report.names() == ["data-1"]
    assert report.page.input_value("#filter-undo") == "for good"
    assert fits(report.page)


def test_a_warning_whose_rows_are_not_in_the_page_offers_none(open_report, rows, width):
    report = open_report(rows[1:], width, irreversible=1)
    assert report.page.locator(".for-good").is_visible()
    assert not report.page.locator("#show-undo").is_visible()


def test_due_dates_sort_both_ways_and_those_without_come_last(open_report, rows, width):
    report = open_report(rows, width)
    report.page.click('[data-sort="due"]')
    assert report.names()[:3] == ["data-1", "data-5", "data-4"]
    report.page.click('[data-sort="due"]')
    assert report.names()[:3] == ["data-4", "data-5", "data-1"]
    assert report.page.locator("#findings-table .sorted").all_inner_texts() == ["Due"]
    head = report.page.locator("#findings-table th[aria-sort]")
    assert head.get_attribute("aria-sort") == "descending"
    report.page.click('[data-sort="status"]')
    assert report.page.locator("#findings-table .sorted").all_inner_texts() == ["Status"]


def test_without_anything_to_undo_or_due_neither_is_offered(open_report, rows, width):
    report = open_report(rows[-1:], width)
    assert not report.page.locator("#filter-undo").is_visible()
    assert not report.page.locator('[data-sort="due"]').is_visible()
    assert report.page.locator(".for-good").count() == 0


def test_a_badge_keeps_inside_its_cell(open_report, rows, width):
    page = open_report(rows, width).page
    inside = page.locator(".back, .goes").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().right <= e.closest('td').getBoundingClientRect().right)"
    )
    assert len(inside) == 7
    assert all(inside)


def test_on_paper_the_warning_is_there_and_its_button_is_not(open_report, rows, width):
    page = open_report(rows, width, irreversible=1).page
    page.emulate_media(media="print")
    assert page.locator(".for-good strong").is_visible()
    assert not page.locator("#show-undo").is_visible()
    assert page.locator(".back.final").first.is_visible()


def test_a_report_of_an_undo_has_no_column_of_money_or_age(open_report, undone, width):
    checks = {"sweep_undo": {"examined": 2, "changed": 2}}
    nothing = {"estimated_monthly_savings_usd": {"low": 0.0, "high": 0.0}, "savings_by_region": {}}
    report = open_report(undone, width, title="Undo", mode="enforce", planned=0, changed=2, checks=checks, **nothing)
    text = report.page.inner_text("main")
    assert report.page.locator(".headline p").all_inner_texts() == ["Put back", "2 resources"]
    assert not [word for word in ("USD", "avings", "unknown", "Age") if word in text]
    assert report.column("Status") == ["put back", "put back"]
    buttons = report.page.locator("#findings-table thead button").all()
    assert [button.inner_text() for button in buttons if button.is_visible()] == [
        "Resource", "Check", "Region", "Reason", "Status",
    ]  # fmt: skip
    report.page.click(".toggle")
    assert report.page.locator(".details td").get_attribute("colspan") == "5"
    assert fits(report.page)
