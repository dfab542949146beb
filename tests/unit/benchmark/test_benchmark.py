# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark itself: what it measures, what it counts, and how it tells it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.benchmark.contenders import CONTENDERS, ROOT
from tests.benchmark.measure import Measured, measure
from tests.benchmark.results import Results
from tests.benchmark.runs import Run, altered, calls_for, median_of
from tests.benchmark.table import table
from tests.benchmark.trials import Trial, bucket_seconds


def run(name: str = "sysops.aws", wall: float = 5.0, **facts: object) -> Run:
    return Run(name, "S", "report", Measured(wall, 4.0, 110.0, 0), calls=277, **facts)  # type: ignore[arg-type]


def measured(program: str, tmp_path: Path, timeout: float = 30) -> Measured:
    return measure([sys.executable, "-c", program], os.environ, tmp_path, tmp_path / "log", timeout)


def test_a_program_is_measured_with_what_it_starts(tmp_path: Path):
    work = "x = bytearray(80_000_000); sum(range(10**7))"
    cost = measured(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])", tmp_path)
    assert cost.exit_code == 0
    assert 80 < cost.peak_mb < 130
    assert cost.cpu_seconds > 0.1
    assert cost.wall_seconds >= 0.1


def test_a_peak_is_not_that_of_whoever_measures(tmp_path: Path):
    ballast = bytearray(300_000_000)
    assert measured("pass", tmp_path).peak_mb < 100
    assert len(ballast) == 300_000_000


def test_what_a_program_says_is_kept_and_how_it_ended_is_told(tmp_path: Path):
    assert measured("print('so'); raise SystemExit(3)", tmp_path).exit_code == 3
    assert (tmp_path / "log").read_text() == "so\n"


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path):
    cost = measured("import time; time.sleep(60)", tmp_path, timeout=0.5)
    assert cost.timed_out
    assert cost.wall_seconds < 10


def test_the_median_is_of_each_figure_and_a_failure_is_not_lost_in_it():
    some = [run(wall=5), run(wall=9), run(wall=6)]
    assert median_of(some).measured.wall_seconds == 6
    assert median_of(some).runs == 3
    failed = Run("sysops.aws", "S", "report", Measured(7, 4, 110, 2))
    assert median_of([*some, failed]).measured.exit_code == 2


def test_the_fullest_bucket_tells_how_long_ec2_would_take():
    calls = Counter(
        {
            ("1", "eu-west-1", "ec2", "DeleteVolume"): 200,
            ("1", "eu-west-1", "ec2", "DeleteSnapshot"): 100,
            ("1", "us-east-1", "ec2", "DeleteVolume"): 40,
            ("1", "us-east-1", "ec2", "DescribeVolumes"): 160,
        }
    )
    assert bucket_seconds(calls) == pytest.approx((300 - 50) / 5)
    assert bucket_seconds(Counter({("1", "eu-west-1", "ec2", "DeleteVolume"): 3})) == 0


def test_what_is_gone_or_set_otherwise_was_altered():
    group = ("1", "eu-west-1", "logs:log-group", "/a")
    volume = ("1", "eu-west-1", "ec2:volume", "vol-1")
    image = ("1", "eu-west-1", "ec2:image", "ami-1")
    before = {group: {"retention_in_days": None}, volume: {}, image: {}}
    assert altered(before, {group: {"retention_in_days": 3}, image: {}}) == {group, volume}
    assert altered(before, before) == set()
    assert altered(before, {group: {"retention_in_days": None}, volume: {}}) == set(), "AMIs are not looked at"


def test_a_table_gives_ratios_and_says_who_was_left_out_and_why():
    runs = [run(over_minimum=0), run("c7n", wall=25.0)]
    text = table(runs, [("M", "enforce", "amazon.aws", "skipped: it would take an hour")])
    ours, theirs = (line for line in text.splitlines() if "| S" in line)
    assert "|      5.0 |    1.0 |" in ours
    assert "|     25.0 |    5.0 |" in theirs
    assert "M enforce, amazon.aws: skipped: it would take an hour" in text


def test_results_are_written_as_json_chart_and_page(tmp_path: Path):
    trial = Trial("throttled", run(), {"nothing missed": True, "no failure": False}, {"ratio": 1.2})
    results = Results([run(), run("c7n", wall=25.0)], [("L", "report", "amazon.aws", "why <&>")], [trial], 60)
    paths = [tmp_path / name for name in ("a.json", "a.svg", "a.md")]
    results.write(*paths)
    rows = json.loads(paths[0].read_text())
    assert [row["wall_seconds"] for row in rows["runs"]] == [5.0, 25.0]
    assert rows["trials"][0]["limits"] == {"nothing missed": True, "no failure": False}
    texts = [element.text for element in ElementTree.fromstring(paths[1].read_text()).iter() if element.text]
    assert {"5.0 s", "25.0 s", "c7n"} <= set(texts)
    page = paths[2].read_text()
    assert "BROKEN no failure" in page
    assert "held   nothing missed" in page


@pytest.mark.parametrize("name", CONTENDERS)
def test_every_contender_does_the_job_with_files_that_are_there(name: str, tmp_path: Path):
    report, enforce = (CONTENDERS[name].command(mode, tmp_path) for mode in ("report", "enforce"))
    assert report != enforce
    files = [word for word in (*report, *enforce) if word.endswith(".yml")]
    assert files
    assert all((ROOT / name).is_file() for name in files)


def test_a_run_that_failed_or_was_stopped_is_marked():
    ended = [
        Run("c7n", "S", "report", Measured(9.0, 4.0, 110.0, code, late)) for code, late in ((2, False), (-9, True))
    ]
    assert [cell.strip() for line in table(ended, []).splitlines()[2:] for cell in line.split("|")[4:5]] == [
        "9.0!",
        "9.0+",
    ]


def test_changes_take_a_call_each_but_instances_of_a_region_share_one():
    groups = {("1", region, "logs:log-group", "/aws/lambda/same") for region in ("eu-west-1", "us-east-1")}
    instances = {("1", "eu-west-1", "ec2:instance", name) for name in ("i-1", "i-2")}
    assert calls_for(groups | instances) == 3
