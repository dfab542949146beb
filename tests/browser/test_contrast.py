# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every text of the report can be read, in light and in dark."""

from __future__ import annotations

import pytest

# WCAG 2.2, 1.4.3: the contrast of text and what is behind it, of every element that has text of its own.
CONTRASTS = """() => {
  const parse = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = (colour) => {
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) { return colour.slice(0, 3); }
    }
    return [255, 255, 255];
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const shown = (element) => own(element) && element.getClientRects().length && element.tagName !== "title";
  return [...document.querySelectorAll("main *")].filter(shown)
    .map((element) => {
      const style = getComputedStyle(element);
      const front = light(parse(element.closest("svg") ? style.fill : style.color).slice(0, 3));
      const back = light(behind(element));
      const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      return [ratio, element.tagName + "." + element.getAttribute("class") + ": " + element.textContent.slice(0, 30)];
    });
}"""
STATUSES = ["planned", "changed", "protected", "skipped", "failed"]


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_at_least_4_5(open_report, finding, scheme, width):
    findings = [finding(number, status=status, protected_by=["a guard"]) for number, status in enumerate(STATUSES)]
    findings.append(finding(9, status="skipped", action="report", error={"code": "E", "message": "m"}))
    findings += [finding(20, reversible=False, due_date="2026-11-20"), finding(21, action="put_back", status="changed")]
    findings += [finding(22, reversible=True, recoverable_until="2026-12-08")]
    errors = [{"account_id": "210987654321", "region": "eu-south-2", "code": "AccessDenied"}]
    counts = {"failed": 1, "changed": 1, "irreversible": 1}
    page = open_report(findings, width, scheme, mode="enforce", region_errors=errors, **counts).page
    page.locator(".toggle").first.click()
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 80
    assert [(round(ratio, 2), what) for ratio, what in contrasts if ratio < 4.5] == []


def test_dark_is_dark(open_report, finding):
    brightness = {}
    for scheme in ("light", "dark"):
        page = open_report([finding(1)], scheme=scheme).page
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
        brightness[scheme] = sum(colour) / len(colour)
    assert brightness["light"] > 200
    assert brightness["dark"] < 50
