# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real browser (Debian's Chromium, headless), and reports to open in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.html import render_html
from tests.unit.plugin_utils.report.conftest import make_finding as made_finding

# As root in a container there is no sandbox; without the others Chromium calls home at each start.
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SAVINGS = {"low": 10.0, "high": 12.3}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="NOT TESTED IN A BROWSER: PyPI's playwright is missing")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("NOT TESTED IN A BROWSER: no program 'chromium' (Debian: apt-get install chromium)")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        yield started
        started.close()


@dataclass
class Opened:
    """A report in the browser, with everything that went wrong there."""

    page: Any
    problems: list[str] = field(default_factory=list)

    def names(self) -> list[str]:
        return self.page.locator("#findings-table .row .name").all_inner_texts()

    def column(self, label: str) -> list[str]:
        return self.page.locator(f'#findings-table td[data-label="{label}"]').all_inner_texts()


@pytest.fixture
def open_report(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Render a report to a file and open it; at the end nothing may have been logged, fetched or asked."""
    opened: list[Opened] = []

    def open_it(
        findings: list[dict[str, Any]], width: int = 1280, scheme: str = "light", title: str = "Cost", **changes: Any
    ) -> Opened:
        path = tmp_path / "report.html"
        text = render_html(make_summary(**changes), findings, title)
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
        page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        report = Opened(page)
        opened.append(report)
        page.on("console", lambda message: report.problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: report.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (report.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _note_request(report, request.url))
        page.goto(path.as_uri())
        return report

    yield open_it
    for report in opened:
        report.page.close()
    assert [problem for report in opened for problem in report.problems] == []


def _note_request(report: Opened, url: str) -> None:
    if not url.startswith(("file:", "data:")):
        report.problems.append(f"request: {url}")


def make_finding(number: int, **changes: Any) -> dict[str, Any]:
    """A planned deletion of a volume that costs `number` USD and is as many days old, with `changes`."""
    cost = {"low": float(number), "high": float(number)}
    return made_finding(number, **{"age_days": number, "estimated_monthly_cost_usd": cost, **changes})


def make_summary(**changes: Any) -> dict[str, Any]:
    """A report over one account and one region, with `changes`."""
    summary: dict[str, Any] = {
        "mode": "report",
        "started_at": "2026-11-23T10:00:00Z",
        "price_table_as_of": "2026-09",
        "accounts": ["123456789012"],
        "regions": ["eu-west-1"],
        "examined": 20,
        "planned": 4,
        "estimated_monthly_savings_usd": SAVINGS,
        "checks": {"ebs_orphan_cleanup": {"examined": 20, "planned": 4, "estimated_monthly_savings_usd": SAVINGS}},
        "savings_by_region": {"eu-west-1": SAVINGS},
    }
    return {**summary, **changes}


@pytest.fixture
def finding() -> Callable[..., dict[str, Any]]:
    return make_finding
