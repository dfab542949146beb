# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several checks at once, each with its own options, validated as if it were its own module."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.registry import CHECKS, chosen_checks
from ansible_collections.sysops.aws.plugins.module_utils.sweep.arguments import COMMON_ARGUMENT_SPEC
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate, Guard
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from tests.unit.module_utils.checks.fake import finding
from tests.unit.module_utils.checks.test_ec2_monitoring import instance

COMMON = Common({}, PriceTable({}))

REQUIRED = {"log_group_retention": {"retention_in_days": 3}}
MORE = {
    "alb_idle_facts": {"load_balancer_types": ["application", "network", "gateway", "classic"]},
    "rds_maintenance": {"manual_snapshot_min_age_days": 1},
    **REQUIRED,
}


def guards(name: str) -> list[Guard]:
    check, options = chosen_checks({"checks": {name: MORE.get(name)}})[name]
    return [guard for policy in check.policies(options, COMMON) for guard in policy.guards]


@pytest.mark.parametrize("given", [None, {}])
@pytest.mark.parametrize("name", [name for name in CHECKS if name not in REQUIRED])
def test_a_check_without_options_has_its_defaults(name, given):
    check, options = chosen_checks({"checks": {name: given}})[name]
    assert check is CHECKS[name]
    assert options == {option: spec.get("default") for option, spec in check.argument_spec.items()}


def test_options_are_converted_as_those_of_a_module():
    given = {"ebs_orphan_cleanup": {"resources": "volumes", "volume_min_age_days": "30"}}
    _check, options = chosen_checks({"checks": given})["ebs_orphan_cleanup"]
    assert options == {
        "resources": ["volumes"],
        "volume_min_age_days": 30,
        "snapshot_min_age_days": 15,
        "snapshot_keep_last": 0,
        "disaster_recovery_tags": {"DisasterRecovery": "*", "DR": "*"},
        "grace_days": 0,
        "grace_tag": "sysops:orphan-since",
        "final_snapshot": False,
        "final_snapshot_retention_days": 90,
        "wait_timeout": 3600,
    }


def test_the_checks_are_those_named_in_their_order():
    names = ["ec2_monitoring", "alb_idle_facts", "ebs_orphan_cleanup"]
    assert list(chosen_checks({"checks": dict.fromkeys(names)})) == names


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({"ebs_orphan_cleanups": {}}, "no check 'ebs_orphan_cleanups'.*Did you mean ebs_orphan_cleanup"),
        ({"moon": {}}, "no check 'moon': the checks are ebs_orphan_cleanup, .*dms_premigration.$"),
        ({"ebs_orphan_cleanup": ["volumes"]}, "options of the check ebs_orphan_cleanup are not a dict"),
        ({"ebs_orphan_cleanup": "volumes"}, "options of the check ebs_orphan_cleanup are not a dict"),
        ({"ebs_orphan_cleanup": {"min_age": 3}}, "checks.ebs_orphan_cleanup: .*min_age"),
        ({"ebs_orphan_cleanup": {"volume_min_age_days": "old"}}, "checks.ebs_orphan_cleanup: .*volume_min_age_days"),
        ({"ebs_orphan_cleanup": {"resources": ["images"]}}, "checks.ebs_orphan_cleanup: .*images"),
        ({"log_group_retention": {}}, "checks.log_group_retention: .*retention_in_days"),
        ({"ec2_monitoring": {}, "alb_idle_facts": {"load_balancer_types": ["alb"]}}, "checks.alb_idle_facts: .*alb"),
    ],
)
def test_an_unknown_check_or_a_wrong_option_is_refused_by_name(checks, words):
    with pytest.raises(SweepError, match=words):
        chosen_checks({"checks": checks})


@pytest.mark.parametrize("name", CHECKS)
def test_where_an_endpoint_does_not_know_the_list_of_a_guard_nothing_is_on_it(name):
    for guard in [guard for guard in guards(name) if guard.listing]:
        assert guard.protects(Candidate(instance(), finding("i-1")), guard.nothing) is None


def test_names_that_a_survey_hands_over_are_read_without_the_space_around_them():
    given = {"log_group_retention": {"retention_in_days": 3, "exclude_names": "/aws/rds/*, /audit/*,"}}
    _check, options = chosen_checks({"checks": given})["log_group_retention"]
    assert options["exclude_names"] == ["/aws/rds/*", "/audit/*"]


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_takes_no_option_that_all_have_and_is_known_by_its_name(name):
    check = CHECKS[name]
    assert check.name == name
    assert not check.argument_spec.keys() & COMMON_ARGUMENT_SPEC.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_a_report_asks_for_permissions_that_only_read(name):
    reading = ("Describe", "Get", "List")
    assert CHECKS[name].permissions
    assert all(action.partition(":")[2].startswith(reading) for action in CHECKS[name].permissions)
    assert not any(action.partition(":")[2].startswith(reading) for action in CHECKS[name].enforce_permissions)
