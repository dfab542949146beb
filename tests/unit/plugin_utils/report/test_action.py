# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""sysops.aws.sweep_report as a task of a playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.plugin_utils.report import writer

# .../<path>/ansible_collections/sysops/aws/plugins/plugin_utils/report/writer.py
COLLECTIONS = Path(writer.__file__).parents[6]
Play = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Run one sysops.aws.sweep_report task with `options` and the arguments given."""

    def run(options: dict[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
        tasks = [
            {"sysops.aws.sweep_report": {"directory": str(tmp_path / "report"), **options}, "register": "made"},
            {"ansible.builtin.assert": {"that": ["made is not changed", "made.table | length > 4"]}},
            {"ansible.builtin.debug": {"msg": "HTML AT {{ made.report.html }}"}},
        ]
        playbook = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
        (tmp_path / "play.yml").write_text(json.dumps(playbook))
        command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "play.yml", *arguments]
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_NOCOLOR": "1"}
        environment["ANSIBLE_HOME"] = str(tmp_path / "home")
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_task_writes_and_prints_the_report(play, tmp_path, summary, finding, arguments):
    hostile = "{{ lookup('env', 'HOME') }}</script>"
    sweep = {"summary": summary(), "findings": [finding(name=hostile)], "changed": True, "access_key": "AKIA-SECRET"}
    (tmp_path / "sweep.json").write_text(json.dumps(sweep))
    done = play({"sweep": "{{ lookup('file', 'sweep.json') | from_json }}"}, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    report = tmp_path / "report"
    assert f"HTML AT {report / 'report.html'}" in done.stdout
    assert f"\nReport: {report / 'report.html'}\n" in done.stdout
    assert "\ntotal " in done.stdout
    assert json.loads((report / "findings.jsonl").read_text())["name"] == hostile
    assert not any("AKIA-SECRET" in path.read_text() for path in report.iterdir())


def test_cut_result_is_completed_from_the_findings_file(play, tmp_path, summary, finding):
    writer.write_findings(tmp_path / "report", [finding(1), finding(2)])
    done = play({"sweep": {"summary": summary(), "findings": [finding(1)], "findings_truncated": True}, "quiet": True})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "vol-00000002" in (tmp_path / "report" / "findings.csv").read_text()
    assert "\nReport: " not in done.stdout


def test_a_plan_that_the_sweep_wrote_stays_one(play, tmp_path, summary, finding):
    written = writer.write_findings(tmp_path / "report", [finding(name="{{ 1 }}", plan={"checksum": "abc"})])
    before = written.read_bytes()
    sweep = {"summary": summary(irreversible=2), "findings": [finding(name="{{ 1 }}")]}
    (tmp_path / "sweep.json").write_text(json.dumps(sweep))
    done = play({"sweep": "{{ lookup('file', 'sweep.json') | from_json }}"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert written.read_bytes() == before
    assert "For good: 2 of 4 planned actions can't be undone" in done.stdout
    assert json.loads((tmp_path / "report" / "summary.json").read_text())["irreversible"] == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sweep": {"failed": True, "msg": "no"}}, "the result given holds no summary"),
        ({}, "missing required arguments: sweep"),
        ({"sweep": {}, "colour": "red"}, "Unsupported parameters for"),
        (
            {"sweep": {"summary": {"examined": 0}}, "findings_path": "missing.jsonl"},
            "The findings file missing.jsonl can't be read",
        ),
    ],
)
def test_bad_input_is_a_clear_error(play, tmp_path, options, words):
    done = play(options)
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 2
    assert words in output
    assert "Traceback" not in output
    assert not list(tmp_path.glob("report/*"))


@pytest.mark.parametrize(
    ("sweep", "words"),
    [
        ({"msg": "3 of 4 actions failed."}, "3 of 4 actions failed."),
        (
            {"region_errors": [{"region": "eu-west-1"}, {"region": "eu-west-1"}, {"region": "ap-south-1"}]},
            "3 lists could not be read, in ap-south-1, eu-west-1: all else was done, see",
        ),
    ],
)
def test_a_report_may_fail_as_the_sweep_did_once_it_is_written(play, tmp_path, summary, finding, sweep, words):
    given = {"summary": summary(), "findings": [finding()], **sweep}
    done = play({"sweep": given, "fail": True})
    assert done.returncode != 0
    assert words in " ".join((done.stdout + done.stderr).split())
    assert (tmp_path / "report" / "report.html").exists()
    assert play({"sweep": given}).returncode == 0


def test_a_sweep_without_anything_to_report_is_told_in_its_own_words(play, tmp_path):
    done = play({"sweep": {"msg": "No region is set."}, "fail": True})
    assert done.returncode != 0
    assert "No region is set." in done.stdout + done.stderr
    assert not (tmp_path / "report").exists()


def test_a_sweep_that_went_well_does_not_fail_its_report(play, summary, finding):
    assert play({"sweep": {"summary": summary(), "findings": [finding()]}, "fail": True}).returncode == 0


def test_a_report_that_cannot_be_written_is_one_sentence_that_is_said_once(play, tmp_path, summary, finding):
    (tmp_path / "report" / "report.html").mkdir(parents=True)
    done = play({"sweep": {"summary": summary(), "findings": [finding()], "changed": True}})
    assert done.returncode == 2
    (error,) = [line for line in (done.stdout + done.stderr).splitlines() if "Task failed: " in line]
    assert error.endswith(
        f"The report can't be written to {tmp_path / 'report'} (Is a directory); choose another directory or make this"
        " one writable"
    )
