# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""findings.csv."""

from __future__ import annotations

import csv
import io

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.csv_file import COLUMNS, csv_writer


def written(*findings):
    stream = io.StringIO(newline="")
    write = csv_writer(stream)
    for finding in findings:
        write(finding)
    stream.seek(0)
    return list(csv.DictReader(stream))


def test_flat_columns(finding):
    error = {"code": "VolumeInUse", "message": "in use"}
    row = written(finding(tags={"a": "1", "b": "2"}, protected_by=["tag Keep", "image ami-1"], error=error))[0]
    assert tuple(row) == COLUMNS
    assert (row["tags"], row["protected_by"]) == ("a=1; b=2", "tag Keep; image ami-1")
    assert (row["cost_low"], row["cost_high"], row["age_days"]) == ("1.0", "2.5", "42")
    assert (row["error_code"], row["error_message"]) == ("VolumeInUse", "in use")


def test_what_is_unknown_is_empty(finding):
    row = written(finding(estimated_monthly_cost_usd=None, age_days=None, tags=None, name=""))[0]
    assert [row[key] for key in ("cost_low", "cost_high", "age_days", "tags", "name", "error_code")] == [""] * 6


@pytest.mark.parametrize(("reversible", "cell"), [(True, "true"), (False, "false"), (None, "")])
def test_what_can_come_back_and_when_it_goes(finding, reversible, cell):
    changes = {"due_date": "2026-12-01", "reversible": reversible, "recoverable_until": "2026-12-08"}
    row = written(finding(**changes, plan={"id": "x", "checksum": "y"}))[0]
    assert list(row.items())[-3:] == [
        ("due_date", "2026-12-01"),
        ("reversible", cell),
        ("recoverable_until", "2026-12-08"),
    ]
    assert "plan" not in row
    assert written(finding(due_date="=1+1"))[0]["due_date"] == "'=1+1"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_formulas_are_text(finding, name):
    row = written(finding(name=name, tags={name: ""}))[0]
    assert row["name"] == "'" + name
    assert row["tags"].startswith("'")


@pytest.mark.parametrize("name", ["a,b", 'say "x"', "two\nlines", "data-1", "a=b"])
def test_other_text_comes_back_as_it_was(finding, name):
    rows = written(finding(name=name), finding(2))
    assert rows[0]["name"] == name
    assert rows[1]["name"] == "data-2"
