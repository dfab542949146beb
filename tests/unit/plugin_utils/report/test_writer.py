# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report directory."""

from __future__ import annotations

import csv
import json
import os
import stat

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report.errors import ReportError
from ansible_collections.sysops.aws.plugins.plugin_utils.report.writer import findings_of, write_findings, write_report

FILES = ["findings.csv", "findings.jsonl", "report.html", "summary.json"]


def test_a_report_is_four_files_that_agree(tmp_path, finding, summary):
    folder = tmp_path / "new" / "report"
    path = write_findings(folder, [finding(1), finding(2, name="b\ud800\u2028")])
    paths = write_report(folder, summary(), path, "Title")
    assert sorted(os.listdir(folder)) == FILES
    assert sorted(paths) == ["csv", "findings", "html", "summary"]
    assert paths["html"] == str(folder / "report.html")
    assert json.loads((folder / "summary.json").read_text()) == summary()
    assert [row["resource_id"] for row in csv.DictReader((folder / "findings.csv").open(newline=""))] == [
        "vol-00000001",
        "vol-00000002",
    ]
    assert "vol-00000002" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("umask", "readable"), [(0o000, 0o640), (0o022, 0o640), (0o077, 0o600)])
@pytest.mark.parametrize("earlier", [True, False])
def test_a_plan_is_its_owners_alone_and_the_group_reads_the_rest(tmp_path, finding, summary, umask, readable, earlier):
    folder = tmp_path / "report"
    if earlier:
        folder.mkdir()
        for name in FILES:
            (folder / name).write_text("")
            (folder / name).chmod(0o666)
    before = os.umask(umask)
    try:
        elsewhere = write_findings(tmp_path / "elsewhere", [finding()])
        write_report(folder, summary(), elsewhere, "Title")
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in FILES}
    assert modes == {**dict.fromkeys(FILES, readable), "findings.jsonl": 0o600}
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o600
    assert stat.S_IMODE(elsewhere.parent.stat().st_mode) & 0o027 == 0


@pytest.mark.parametrize("name", FILES)
def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path, finding, summary, name):
    folder, victim = tmp_path / "report", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("mine")
    (folder / name).symlink_to(victim)
    write_report(folder, summary(), write_findings(tmp_path / "elsewhere", [finding()]), "Title")
    assert victim.read_text() == "mine"
    assert not (folder / name).is_symlink()


def test_findings_from_elsewhere_are_copied_into_the_report(tmp_path, finding, summary):
    source = write_findings(tmp_path / "elsewhere", [finding(7)])
    write_report(tmp_path / "report", summary(), source, "Title")
    assert (tmp_path / "report" / "findings.jsonl").read_bytes() == source.read_bytes()


SEAL = {"plan": {"id": "x", "created_at": "2026-11-23T10:00:00+00:00", "schema_version": 2, "checksum": "y"}}


def test_the_sweeps_own_file_keeps_its_seals(tmp_path, finding, summary):
    own = write_findings(tmp_path, [finding(1, **SEAL), finding(2, **SEAL)])
    before = own.read_bytes()
    path = findings_of(tmp_path, [finding(1), finding(2)])
    paths = write_report(tmp_path, summary(), path, "Title")
    assert path == own
    assert own.read_bytes() == before
    assert not any("checksum" in (tmp_path / name).read_text() for name in FILES if not name.endswith("jsonl"))
    assert paths["findings"] == str(own)


@pytest.mark.parametrize("others", [[], [1], [1, 3], [2, 1], [1, 2, 3], None])
def test_findings_of_another_run_are_replaced(tmp_path, finding, others):
    if others is None:
        (tmp_path / "findings.jsonl").write_text("{")
    else:
        write_findings(tmp_path, [finding(number, **SEAL) for number in others])
    path = findings_of(tmp_path, [finding(1), finding(2)])
    assert [json.loads(line) for line in path.read_text().splitlines()] == [finding(1), finding(2)]


@pytest.mark.parametrize("line", ["{", "[]", '"text"', '{"no": "check"}', "[" * 100_000, "\x00"])
def test_a_broken_line_leaves_the_earlier_report(tmp_path, finding, summary, line):
    path = write_findings(tmp_path, [finding()])
    write_report(tmp_path, summary(), path, "Title")
    before = {name: (tmp_path / name).read_bytes() for name in FILES if name != "findings.jsonl"}
    with path.open("a") as stream:
        stream.write(line + "\n")
    with pytest.raises(ReportError, match=r"Line 2 of the findings file .*findings\.jsonl is not a finding"):
        write_report(tmp_path, summary(), path, "Other title")
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert sorted(os.listdir(tmp_path)) == FILES


def test_not_a_number_does_not_reach_the_page(tmp_path, finding, summary):
    path = tmp_path / "findings.jsonl"
    path.write_text(json.dumps(finding(age_days=float("nan"), configuration={"x": float("inf")})) + "\n\n")
    write_report(tmp_path, summary(), path, "Title")
    page = (tmp_path / "report.html").read_text()
    data = page.split('id="findings-data">')[1].split("</script>")[0]
    assert "NaN" not in data
    assert "Infinity" not in data
    assert json.loads(data)["rows"][0]["id"] == "vol-00000000"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "directory"),
        (lambda path: path.write_bytes(b"\xff\xfe\n"), "not UTF-8"),
    ],
)
def test_unreadable_findings_are_one_clear_sentence(tmp_path, summary, make, words):
    make(tmp_path / "x.jsonl")
    with pytest.raises(ReportError, match=rf"x\.jsonl can't be read \(.*{words}.*\); name the file"):
        write_report(tmp_path / "report", summary(), tmp_path / "x.jsonl", "Title")


def test_a_directory_that_can_not_be_written_is_one_clear_sentence(tmp_path, finding, summary):
    path = write_findings(tmp_path, [finding()])
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match=r"can't be written to .*file/report \(Not a directory\); choose another"):
        write_report(tmp_path / "file" / "report", summary(), path, "Title")


def of_run(run_id: str, **seal: str) -> dict[str, dict[str, str]]:
    return {"plan": {**SEAL["plan"], "id": run_id, **seal}}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("mine", 10), ("yours", 1)], "holds run yours; expected run mine"),
        ([("mine", 9)], "holds 9 findings; expected 10 of run mine"),
        ([("mine", 11)], "holds 11 findings; expected 10 of run mine"),
        ([], "holds 0 findings; expected 10 of run mine"),
    ],
)
def test_a_findings_file_of_another_run_is_refused_and_the_report_stays(tmp_path, finding, summary, rows, words):
    """The file is one path that several hosts, or runs, may write: the last one would give the others its findings."""
    mine = write_findings(tmp_path, [finding(n, **of_run("mine")) for n in range(10)])
    write_report(tmp_path, summary(run_id="mine"), mine, "Title")
    before = {name: (tmp_path / name).read_bytes() for name in FILES if name != "findings.jsonl"}
    other = write_findings(tmp_path, [finding(n, **of_run(run)) for run, count in rows for n in range(count)])
    with pytest.raises(ReportError, match=words):
        write_report(tmp_path, summary(run_id="mine"), other, "Title")
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
