# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The common options: what is refused before AWS is asked, and what is made of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sysops.aws.plugins.module_utils.sweep.arguments import (
    COMMON_ARGUMENT_SPEC,
    COMMON_FILTERS,
    Options,
    not_negative,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.options import lenient

ROLE = "arn:aws:iam::123456789012:role/path/reader"


def options(**given: Any) -> Options:
    """As Ansible hands them over: types converted, defaults filled in."""
    result = ArgumentSpecValidator(lenient(COMMON_ARGUMENT_SPEC, COMMON_FILTERS)).validate(given)
    assert result.error_messages == []
    return Options.of(result.validated_parameters)


def test_the_defaults_are_those_of_the_design():
    made = options()
    assert (made.regions, made.assume_role_arn, made.expected_account_id, made.only_ids) == ([], [], [], None)
    assert made.exclude_tags == {"Keep": "true"}
    assert (made.max_actions, made.max_actions_percent, made.workers) == (100, 100, 32)
    assert (made.plan, made.findings_path, made.external_id) == (None, None, None)
    assert made.fail_on_region_errors is False
    assert (made.plan_max_age_hours, made.journal) == (72, [])


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("max_actions", 0, True),
        ("max_actions", 10**9, True),
        ("max_actions", -1, False),
        ("max_actions_percent", 0, True),
        ("max_actions_percent", 100, True),
        ("max_actions_percent", 101, False),
        ("max_actions_percent", -1, False),
        ("workers", 1, True),
        ("workers", 256, True),
        ("workers", 0, False),
        ("workers", 257, False),
        ("plan_max_age_hours", 1, True),
        ("plan_max_age_hours", 10**6, True),
        ("plan_max_age_hours", 0, False),
        ("plan_max_age_hours", -1, False),
    ],
)
def test_a_number_out_of_its_range_is_named_with_the_range(name, value, allowed):
    if allowed:
        assert getattr(options(**{name: value}), name) == value
        return
    with pytest.raises(SweepError, match=f"^{name} is {value}: it must be (between )?[0-9]+ "):
        options(**{name: value})


@pytest.mark.parametrize(("values", "refused"), [((0, 5), None), ((5, -1), "b is -1: it must be 0 or more")])
def test_ages_are_not_negative(values, refused):
    given = dict(zip("ab", values, strict=True))
    if refused is None:
        not_negative(given, "a", "b")
        return
    with pytest.raises(SweepError, match=refused):
        not_negative(given, "a", "b")


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("123456789012", ["123456789012"]),
        # unquoted in YAML: a number, and one that began with zeros has lost them
        (123456789012, ["123456789012"]),
        (12345678901, ["012345678901"]),
        ([123456789012, "210987654321"], ["123456789012", "210987654321"]),
        # a survey's empty answer
        ([""], []),
    ],
)
def test_an_account_id_may_be_a_number(given, read):
    assert options(expected_account_id=given).expected_account_id == read


@pytest.mark.parametrize("given", ["1234567890123", "12345678901a", "my-account", "-1", "1234-5678-9012", "1e11"])
def test_what_is_no_account_id_is_refused(given):
    with pytest.raises(SweepError, match="is not an AWS account id") as caught:
        options(expected_account_id=["123456789012", given])
    assert given in str(caught.value)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([ROLE], [ROLE]),
        ([f" {ROLE}\n"], [ROLE]),
        (["arn:aws-us-gov:iam::123456789012:role/r"], ["arn:aws-us-gov:iam::123456789012:role/r"]),
        (["", "  "], []),
    ],
)
def test_roles_are_read_without_the_space_around_them(given, read):
    assert options(assume_role_arn=given).assume_role_arn == read


@pytest.mark.parametrize(
    "given",
    [
        "reader",
        "arn:aws:iam::123456789012:user/reader",
        "arn:aws:sts::123456789012:assumed-role/reader/session",
        "arn:aws:iam:123456789012:role/reader",
        "arn:aws:s3:::role/reader",
    ],
)
def test_what_is_no_role_is_refused(given):
    with pytest.raises(SweepError, match="is not the ARN of a role") as caught:
        options(assume_role_arn=[ROLE, given])
    assert given in str(caught.value)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (None, []),
        ([], []),
        (["", " "], []),
        (["all"], ["all"]),
        ("eu-west-1, us-east-1", ["eu-west-1", "us-east-1"]),
        (["EU-West-1"], ["eu-west-1"]),
    ],
)
def test_regions_are_read_without_the_space_around_them(given, read):
    assert options(regions=given).regions == read


@pytest.mark.parametrize(("given", "fails"), [("continue", False), ("fail", True)])
def test_region_errors_decide_whether_one_stops_the_run(given, fails):
    assert options(region_errors=given).fail_on_region_errors is fails


def test_an_empty_external_id_is_none():
    assert options(external_id="").external_id is None
    assert options(external_id="shared").external_id == "shared"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([], []),
        (["", " "], []),
        ("a/journal.jsonl, s3://bucket/prefix", ["a/journal.jsonl", "s3://bucket/prefix"]),
        ([" a b.jsonl\n"], ["a b.jsonl"]),
    ],
)
def test_journals_are_read_without_the_space_around_them(given, read):
    assert options(journal=given).journal == read


def test_a_plan_is_read(tmp_path):
    path = tmp_path / "findings.jsonl"
    path.write_text("")
    assert options(plan_path=str(path)).plan.path == str(path)


def test_a_plan_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(SweepError, match="could not be read"):
        options(plan_path=str(tmp_path / "missing.jsonl"))


def test_price_overrides_reach_the_prices():
    assert options(price_overrides={"*": {"alb_hour": "0.5"}}).prices.price("eu-west-1", "alb_hour") == 0.5


@pytest.mark.parametrize(
    ("overrides", "word"),
    [
        ({"moon": {"alb_hour": 1}}, "'moon'"),
        ({"*": {"alb_hours": 1}}, "'alb_hour'"),
        ({"*": {"alb_hour": -1}}, "zero or more"),
        ({"*": {"alb_hour": None}}, "None"),
        ({"*": 3}, "3"),
        ({"*": None}, "None"),
    ],
)
def test_price_overrides_that_make_no_sense_are_refused(overrides, word):
    with pytest.raises(SweepError, match=r"^price_overrides: ") as caught:
        options(price_overrides=overrides)
    assert word in str(caught.value)
    assert str(caught.value).count("price_overrides") == 1
