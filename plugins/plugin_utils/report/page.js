"use strict";
(function () {
  const PAGE_SIZE = 50;
  const rows = JSON.parse(document.getElementById("findings-data").textContent).rows;
  const table = document.getElementById("findings-table");
  if (!table) { return; }
  const body = table.tBodies[0];
  const view = { rows: rows, page: 0, key: null, descending: false };
  const filters = ["check", "status", "undo", "region"].map((key) => [key, document.getElementById("filter-" + key)]);
  const search = document.getElementById("filter-text");
  const dueSort = table.querySelector('[data-sort="due"]');
  const showUndo = document.getElementById("show-undo");
  // What is put back has neither an age nor a price; what is only reported has no price.
  const ages = rows.some((row) => row.action !== "put_back");
  const prices = rows.some((row) => row.high !== undefined || !["put_back", "report"].includes(row.action));
  const collator = new Intl.Collator("en", { numeric: true });
  const money = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const whole = new Intl.NumberFormat("en-US");
  // As in text.py: characters that hide or reorder what a name really is are spelled out.
  const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
  const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

  function visible(value) {
    const spell = (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
    return String(value).replace(invisible, spell).replace(loneSurrogate, spell);
  }

  // The only way that data gets into the page: as text, never as markup.
  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) { made.className = className; }
    if (text !== undefined) { made.textContent = visible(text); }
    return made;
  }

  function dollars(value) { return value > 0 && value < 0.005 ? "<0.01" : money.format(value); }

  function cost(low, high) {
    if (high === undefined) { return "unknown"; }
    const first = dollars(low), last = dollars(high);
    return first === last ? last : first + "\u2013" + last;
  }

  function resourceOf(row) { return row.name || row.id || ""; }

  function searchable(row) {
    const tags = Object.entries(row.tags || {}).map((pair) => pair.join("="));
    const error = row.error ? [row.error.code, row.error.message] : [];
    return [row.name, row.id, row.arn, row.type, row.kind, row.check, row.account, row.region, row.reason, row.code, row.status,
      row.action, row.back, row.goes].concat(row.by || [], tags, error).join("\n").toLowerCase();
  }

  function columnCount() { return table.tHead.rows[0].cells.length; }

  function cell(label, ...parts) {
    const made = element("td");
    made.dataset.label = label;
    made.setAttribute("role", "cell");
    const inner = element("bdi");
    inner.append(...parts);
    made.append(inner);
    return made;
  }

  function resourceCell(row, index) {
    const toggle = element("button", "toggle");
    toggle.type = "button";
    toggle.setAttribute("aria-expanded", "false");
    toggle.setAttribute("aria-label", "Details of " + visible(resourceOf(row)).slice(0, 80));
    toggle.addEventListener("click", () => openDetails(toggle, row, index));
    const parts = [element("span", "name clamp", resourceOf(row))];
    if (row.name && row.name !== row.id) { parts.push(element("span", "id clamp", row.id)); }
    parts.push(element("span", "account", row.kind));
    const made = cell("Resource", ...parts);
    made.prepend(toggle);
    return made;
  }

  function reasonCell(row) {
    const made = cell("Reason", element("span", "clamp", row.reason || ""));
    const inner = made.firstChild;
    if (row.by) { inner.append(element("span", "guards clamp", "Protected by: " + row.by.join("; "))); }
    if (row.error) { inner.append(element("span", "fault clamp", row.error.code + ": " + row.error.message)); }
    return made;
  }

  // A browser may break a line at a hyphen.
  function keepDayWhole(badge) {
    const words = badge.textContent.split(/ (?=\d{4}-\d\d-\d\d$)/);
    if (words.length === 2) { badge.replaceChildren(words[0] + " ", element("span", "day", words[1])); }
  }

  function statusCell(row) {
    const known = row.status || "unknown";
    const made = cell("Status", element("span", "status " + known.replace(/[^a-z]/g, "-"), known));
    const add = (className, text) => made.firstChild.append(element("span", className, text));
    if (row.action && ["planned", "changed", "failed"].includes(known)) { add("action", row.action.replace(/_/g, " ")); }
    if (row.back) { add(row.undo === "for good" ? "back final" : "back", row.back); }
    if (row.goes) { add("goes", row.goes); }
    made.querySelectorAll(".back, .goes").forEach(keepDayWhole);
    return made;
  }

  function tableRow(row, index) {
    const made = element("tr", "row");
    made.setAttribute("role", "row");
    const age = cell("Age", row.age === undefined ? "" : whole.format(row.age) + " d");
    const price = cell("USD a month", cost(row.low, row.high));
    [age, price].forEach((amount) => amount.classList.add("n"));
    const place = [element("span", "", row.region || ""), element("span", "account", row.account || "")];
    made.append(resourceCell(row, index), cell("Check", element("code", "", row.check)), cell("Region", ...place),
      reasonCell(row), ...(ages ? [age] : []), ...(prices ? [price] : []), statusCell(row));
    return made;
  }

  function isNested(value) { return value !== null && typeof value === "object"; }

  // A plain value or a list of plain values is text; anything else is a list of its own, entries counted from 1.
  function fact(value, depth) {
    const entries = isNested(value) ? Object.entries(value) : [];
    if (isNested(value) && !entries.length || value === null) { return element("bdi", "", "none"); }
    if (!isNested(value)) { return element("bdi", "", value); }
    if (depth > 7) { return element("bdi", "", JSON.stringify(value)); }
    if (!Array.isArray(value)) { return facts(entries, depth + 1); }
    return value.some(isNested)
      ? facts(entries.map(([index, item]) => [Number(index) + 1, item]), depth + 1)
      : element("bdi", "", value.join(", "));
  }

  function facts(pairs, depth) {
    const list = element("dl", "facts");
    pairs.forEach(([key, value]) => {
      const term = element("dt"), shown = element("dd");
      term.append(element("bdi", "", key));
      shown.append(fact(value, depth));
      list.append(term, shown);
    });
    return list;
  }

  function openDetails(toggle, row, index) {
    const open = toggle.getAttribute("aria-expanded") === "true";
    const line = toggle.closest("tr");
    toggle.setAttribute("aria-expanded", String(!open));
    line.classList.toggle("open", !open);
    if (open) {
      line.nextElementSibling.remove();
      return;
    }
    const pairs = [["Name", row.name], ["Id", row.id], ["Type", row.type], ["ARN", row.arn], ["Reason", row.reason],
      ["Reason code", row.code], ["Action", row.action], ["Can be undone", row.undoable],
      ["Recoverable until", row.until], ["Grace period", row.goes], ["Protected by", row.by && row.by.join("; ")],
      ["Error", row.error], ["Tags", row.tags], ["Configuration", row.configuration],
    ].filter((pair) => pair[1] !== undefined);
    const details = element("tr", "details");
    const wide = element("td");
    details.id = "details-" + index;
    toggle.setAttribute("aria-controls", details.id);
    wide.colSpan = columnCount();
    wide.append(facts(pairs, 0));
    details.append(wide);
    line.after(details);
  }

  const columns = {
    resource: resourceOf, check: (row) => row.check, region: (row) => row.region + " " + row.account,
    reason: (row) => row.reason, age: (row) => row.age, high: (row) => row.high, status: (row) => row.status,
    due: (row) => row.due,
  };

  // What is unknown stays at the end in both directions.
  function compare(first, second) {
    const value = columns[view.key], a = value(first), b = value(second);
    if (a === undefined || b === undefined) { return (a === undefined) - (b === undefined); }
    const order = typeof a === "number" ? a - b : collator.compare(a, b);
    return view.descending ? -order : order;
  }

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    view.rows = rows.filter((row) => filters.every(([key, select]) => !select.value || row[key] === select.value)
      && words.every((word) => row.text.includes(word)));
    if (view.key) { view.rows.sort(compare); }
    view.page = 0;
    show();
  }

  function show(everything) {
    const first = everything ? 0 : view.page * PAGE_SIZE;
    const last = everything ? view.rows.length : Math.min(first + PAGE_SIZE, view.rows.length);
    const lines = view.rows.slice(first, last).map((row, index) => tableRow(row, first + index));
    if (!lines.length) {
      const none = element("td", "quiet", "No finding matches. Clear the filters to see them all.");
      none.colSpan = columnCount();
      lines.push(element("tr"));
      lines[0].append(none);
    }
    body.replaceChildren(...lines);
    describe(first, last);
  }

  function describe(first, last) {
    const pages = Math.max(1, Math.ceil(view.rows.length / PAGE_SIZE));
    const priced = view.rows.filter((row) => row.high !== undefined);
    const sum = (key) => priced.reduce((total, row) => total + row[key], 0);
    const range = view.rows.length ? whole.format(first + 1) + "\u2013" + whole.format(last) + " of " : "";
    document.getElementById("shown").textContent = range + whole.format(view.rows.length)
      + (view.rows.length === rows.length ? " findings" : " matching findings")
      + (priced.length ? ", together costing USD " + cost(sum("low"), sum("high")) + " a month (estimated)" : "");
    document.getElementById("page-number").textContent = "Page " + (view.page + 1) + " of " + pages;
    document.getElementById("page-back").disabled = view.page === 0;
    document.getElementById("page-next").disabled = view.page >= pages - 1;
    document.querySelector(".pager").hidden = pages === 1;
  }

  function turn(step) {
    view.page += step;
    show();
    document.getElementById("findings").scrollIntoView();
  }

  function sortBy(button) {
    const key = button.dataset.sort;
    const numeric = key === "age" || key === "high";
    view.descending = view.key === key ? !view.descending : numeric;
    view.key = key;
    table.querySelectorAll("thead th").forEach((head) => head.removeAttribute("aria-sort"));
    table.querySelectorAll("thead button").forEach((other) => other.classList.toggle("sorted", other === button));
    button.closest("th").setAttribute("aria-sort", view.descending ? "descending" : "ascending");
    apply();
  }

  function clear() {
    search.value = "";
    filters.forEach(([, select]) => { select.value = ""; });
    apply();
  }

  function showOnly(undo) {
    clear();
    document.getElementById("filter-undo").value = undo;
    apply();
    document.getElementById("findings").scrollIntoView();
  }

  rows.forEach((row) => { row.text = searchable(row); });
  filters.forEach(([key, select]) => {
    const values = new Set(rows.map((row) => row[key] || ""));
    [...values].filter(Boolean).sort(collator.compare).forEach((value) => {
      const option = element("option", "", value);
      option.value = value;
      select.append(option);
    });
    select.addEventListener("change", apply);
    select.parentElement.hidden = key === "undo" && !values.has("for good") && !values.has("can be undone");
  });
  if (!ages) { table.querySelector("thead .age").remove(); }
  if (!prices) { table.querySelector("thead .usd").remove(); }
  dueSort.hidden = !rows.some((row) => row.due);
  if (showUndo && rows.some((row) => row.undo === showUndo.dataset.undo)) {
    showUndo.hidden = false;
    showUndo.addEventListener("click", () => showOnly(showUndo.dataset.undo));
  }
  search.addEventListener("input", apply);
  document.getElementById("filter-clear").addEventListener("click", clear);
  document.getElementById("page-back").addEventListener("click", () => turn(-1));
  document.getElementById("page-next").addEventListener("click", () => turn(1));
  table.querySelectorAll("thead button").forEach((button) => button.addEventListener("click", () => sortBy(button)));
  window.addEventListener("beforeprint", () => show(true));
  window.addEventListener("afterprint", () => show());
  apply();
})();
