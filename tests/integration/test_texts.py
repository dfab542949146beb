# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists as lines of a text area and dicts as YAML text: in modules, and through the roles as a survey gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.integration.conftest import Module, changes

PLAYBOOK = "sysops.aws.cost_hygiene"
RDS = {"backup_retention_days": 7}


def decided(report: dict[str, Any]) -> set[tuple[Any, ...]]:
    return {(row["region"], row["resource_id"], row["status"], *row["protected_by"]) for row in report["findings"]}


@pytest.mark.parametrize(
    "text", ["/aws/*\n/app/*", "/aws/*\r\n/app/*\r\n", "/aws/*,\n /app/*", '["/aws/*", "/app/*"]', "- /aws/*\n- /app/*"]
)
def test_patterns_on_lines_protect_what_a_list_protects(aws, module: Module, text):
    options = {"check": True, "regions": ["all"], "retention_in_days": 30}
    wanted = decided(module("log_group_retention", exclude_names=["/aws/*", "/app/*"], **options))
    assert sum("excluded by the name pattern" in word for row in wanted for word in row[3:]) > 1
    assert decided(module("log_group_retention", exclude_names=text, **options)) == wanted
    nested = {"log_group_retention": {"retention_in_days": 30, "exclude_names": text}}
    assert decided(module("sweep", check=True, regions="all\n", checks=nested)) == wanted
    assert decided(module("sweep", check=True, regions=["all"], checks=json.dumps(nested))) == wanted


@pytest.mark.parametrize("pattern", ["'/app/*'", "/app/*;/web/*", "/app:*", "/app/[ab"])
def test_a_pattern_that_matches_no_name_is_refused_before_anything_is_changed(aws, module: Module, pattern):
    done = module("log_group_retention", regions=["all"], retention_in_days=30, exclude_names=[pattern])
    assert done["failed"] is True
    assert done["msg"].startswith(f"exclude_names holds {pattern!r}, which matches no log group's name")
    assert changes(aws) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Environment: production\nKeep: '*'",
        '{"Environment": "production", "Keep": "*"}',
        "Environment=production\nKeep=*",
    ],
)
def test_tags_in_text_protect_what_a_dict_protects(aws, module: Module, text):
    tags = {"Environment": "production", "Keep": "*"}
    wanted = decided(module("ebs_orphan_cleanup", check=True, regions=["all"], exclude_tags=tags))
    assert any("tag Keep" in word for row in wanted for word in row[3:])
    assert decided(module("ebs_orphan_cleanup", check=True, regions=["all"], exclude_tags=text)) == wanted


@pytest.mark.parametrize(
    "text", ["Keep", "Keep: true, Owner: x", "- Keep: true", "Keep: a\nKeep: b", "Keep true\nOwner x"]
)
def test_text_that_is_no_mapping_is_refused_before_anything_is_changed(aws, module: Module, text):
    done = module("ebs_orphan_cleanup", regions=["all"], exclude_tags=text)
    assert done["failed"] is True
    assert "'exclude_tags'" in done["msg"]
    assert "Traceback" not in json.dumps(done)
    assert changes(aws) == {}


@pytest.mark.parametrize("nothing", ["", " ", None])
def test_tags_that_a_survey_leaves_open_are_the_default_which_protects(aws, module: Module, nothing):
    wanted = decided(module("ebs_orphan_cleanup", check=True, regions=["all"]))
    assert decided(module("ebs_orphan_cleanup", check=True, regions=["all"], exclude_tags=nothing)) == wanted


def test_a_secret_in_text_that_is_no_mapping_is_not_quoted(aws, module: Module):
    done = module(
        "ssm_run_command",
        document_name="AWS-RunShellScript",
        instance_ids=["i-0123456789abcdef0"],
        secret_parameters="password hunter2",
    )
    assert done["failed"] is True
    assert "hunter2" not in json.dumps({**done, "invocation": None})


def rows(directory: Path) -> set[tuple[Any, ...]]:
    found = [json.loads(line) for line in (directory / "findings.jsonl").read_text().splitlines()]
    return decided({"findings": [row for row in found if "resource_id" in row]})


def test_a_survey_of_text_areas_means_what_the_same_lists_and_dicts_mean(aws, playbook, tmp_path):
    native = {
        "checks": ["log_group_retention", "ebs_orphan_cleanup"],
        "regions": ["eu-west-1", "us-east-1"],
        "log_exclude_names": ["/aws/*", "/app/*"],
        "exclude_tags": {"Keep": "*", "Environment": "production"},
        "disaster_recovery_tags": {"DR": "*"},
        "price_overrides": {"*": {"ebs_gp3_gb_month": 1}},
        "log_retention_days": 3,
        "expected_account_id": ["123456789012"],
    }
    texts = {
        "checks": "log_group_retention\nebs_orphan_cleanup",
        "regions": "eu-west-1\r\nus-east-1\r\n",
        "log_exclude_names": "/aws/*\n/app/*",
        "exclude_tags": "Keep: '*'\nEnvironment: production",
        "disaster_recovery_tags": "DR: '*'",
        "price_overrides": "'*':\n  ebs_gp3_gb_month: 1",
        "log_retention_days": "",
        "expected_account_id": "123456789012\n",
        **dict.fromkeys(("mode", "volume_min_age_days", "log_shorten", "max_actions", "workers", "grace_tag"), ""),
    }
    told = []
    for number, values in enumerate((native, texts)):
        where = {"cost_hygiene_report_dir": str(tmp_path / str(number))}
        done = playbook(PLAYBOOK, **where, **{f"cost_hygiene_{name}": value for name, value in values.items()})
        assert done.returncode == 0, done.stdout + done.stderr
        told.append(rows(tmp_path / str(number)))
    assert told[0] == told[1]
    assert any(word.startswith("excluded by the name pattern") for row in told[0] for word in row[3:])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("exclude_tags", "Keep true", "exclude_tags"),
        ("log_exclude_names", "'/app/*'", "matches no log group's name"),
        ("volume_min_age_days", "ten", "volume_min_age_days"),
    ],
)
def test_text_that_means_nothing_is_refused_with_nothing_changed(aws, playbook, tmp_path, name, value, words):
    where = {"cost_hygiene_report_dir": str(tmp_path), "cost_hygiene_mode": "enforce"}
    done = playbook(PLAYBOOK, **where, **{f"cost_hygiene_{name}": value})
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert words in said
    assert "Traceback" not in said
    assert changes(aws) == {}
