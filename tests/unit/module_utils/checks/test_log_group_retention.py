# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which log groups get a retention, and what protects them: tables of cases, no AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.checks.log_group_retention import (
    CHECK,
    RETENTION_DAYS,
    arn_of,
    checked_retention,
    selects,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import Candidate
from ansible_collections.sysops.aws.plugins.module_utils.sweep.policy import Common, Policy
from ansible_collections.sysops.aws.plugins.module_utils.sweep.prices import PriceTable
from tests.unit.module_utils.checks.fake import NOW, SCOPE, Lists, refused, without

PRICES = PriceTable({"eu-west-1": {"cloudwatch_logs_storage_gb_month": 0.03}})
DEFAULTS = {name: spec.get("default") for name, spec in CHECK.argument_spec.items()}
ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/app/web"
HOSTILE = ["/a/<b>", "/{{ x }}", "/a.b_c#1", "/[a-z]*", "/" + "n" * 511]


def policy(exclude_tags: dict[str, Any] | None = None, **options: Any) -> Policy:
    (made,) = CHECK.policies({**DEFAULTS, "retention_in_days": 30, **options}, Common(exclude_tags or {}, PRICES))
    return made


def group(**changes: Any) -> dict[str, Any]:
    created = (NOW - timedelta(days=100)).timestamp() * 1000
    made = {"logGroupName": "/app/web", "creationTime": int(created), "arn": f"{ARN}:*", "logGroupArn": ARN}
    return {**made, "storedBytes": 2**30, "logGroupClass": "STANDARD", **changes}


def protected_by(made: Policy, resource: dict[str, Any], unknown: str = "", **lists: Any) -> list[str]:
    """`unknown` is a member of AWS's answers that the installed botocore drops."""
    found = made.decide(resource, SCOPE, NOW)
    assert found is not None
    candidate, region = Candidate(resource, found), Lists(**lists)
    region.unknown = {unknown}
    made.complete(region, [candidate])
    return [why for guard in made.guards if (why := guard.protects(candidate, guard.load(region)))]


@pytest.mark.parametrize(
    ("has", "code"),
    [
        (None, "no_retention"),
        (1, None),
        (14, None),
        (30, None),
        (60, "longer_retention"),
        (3653, "longer_retention"),
    ],
)
@pytest.mark.parametrize("shorten", [True, False])
def test_a_group_that_expires_later_than_wanted_is_found_and_never_one_that_expires_sooner(shorten, has, code):
    resource = group() if has is None else group(retentionInDays=has)
    found = policy(shorten=shorten).decide(resource, SCOPE, NOW)
    assert (found.reason_code if found else None) == code


def test_a_finding_says_what_it_is_where_and_why():
    found = policy().decide(group(retentionInDays=365), SCOPE, NOW)
    assert (found.resource_type, found.resource_id, found.name) == ("logs:log-group", "/app/web", "/app/web")
    assert (found.arn, found.action, found.age_days) == (ARN, "set_retention", 100)
    # the setting can be put back, what it removes can't
    assert found.reversible is True
    assert found.reason == "The log group expires after 365 days; 30 days are wanted. Older events go for good."
    never = policy().decide(group(), SCOPE, NOW)
    assert never.reason == "The log group never expires; 30 days are wanted. Older events go for good."
    assert found.cost.to_dict() == {"low": 0.0045, "high": 0.03}


@pytest.mark.parametrize(("missing", "high"), [(["storedBytes"], 0), (["logGroupClass", "logGroupArn", "arn"], 0.03)])
def test_what_an_answer_may_lack_is_not_needed(missing, high):
    found = policy().decide(without(group(), *missing), SCOPE, NOW)
    assert (found.reason_code, found.arn, found.cost.high) == ("no_retention", ARN, pytest.approx(high))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_kept_as_it_is_and_out_of_the_reason(name):
    found = policy().decide(group(logGroupName=name), SCOPE, NOW)
    assert (found.resource_id, found.name) == (name, name)
    assert name not in found.reason


@pytest.mark.parametrize(
    ("options", "changes", "why"),
    [
        ({}, {}, []),
        ({}, {"retentionInDays": 60}, ["has a retention of its own of 60 days, and shorten is false"]),
        ({"shorten": True}, {"retentionInDays": 60}, []),
        ({}, {"logGroupClass": "DELIVERY"}, ["class DELIVERY keeps one day, whatever is set"]),
        ({}, {"logGroupClass": "INFREQUENT_ACCESS"}, []),
        (
            {},
            {"deletionProtectionEnabled": True},
            ["its deletion protection is on, and include_deletion_protected is false"],
        ),
        ({"include_deletion_protected": True}, {"deletionProtectionEnabled": True}, []),
        ({}, {"deletionProtectionEnabled": False}, []),
        ({}, {"retentionPolicyName": "all"}, ["the account-level retention policy all overrides its own"]),
        ({"exclude_names": ["/app/*"]}, {}, ["excluded by the name pattern /app/*"]),
        ({"exclude_names": ["/aws/*", "*/we?"]}, {}, ["excluded by the name pattern */we?"]),
        ({"exclude_names": ["/app", "web", "/APP/*", "/app/web/*"]}, {}, []),
    ],
)
def test_what_a_group_says_of_itself_may_protect_it(options, changes, why):
    assert protected_by(policy(**options), group(**changes)) == why


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({"keep": "True"}, ["tag keep=True"]),
        (
            {"aws:cloudformation:stack-name": "x"},
            ["owned by a CloudFormation stack (tag aws:cloudformation:stack-name)"],
        ),
        ({"Keep": "no", "stack": "aws:cloudformation:x"}, []),
    ],
)
@pytest.mark.parametrize("arn", [ARN, f"{ARN}:*"])
def test_tags_come_from_one_list_of_the_region(arn, tags, why):
    rows = [
        {"ResourceARN": f"{ARN}-2", "Tags": [{"Key": "Keep", "Value": "true"}]},
        {"ResourceARN": arn, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]},
    ]
    assert protected_by(policy({"Keep": "true"}), group(), get_resources=rows) == why


STACK = [{"ResourceARN": ARN, "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "x"}]}]


@pytest.mark.parametrize(("included", "protected"), [(False, True), (True, False)])
def test_a_stacks_group_is_left_alone_unless_asked_for(included, protected):
    why = protected_by(policy(include_stacks=included), group(), get_resources=STACK)
    assert bool(why) is protected


@pytest.mark.parametrize(
    ("policies", "why"),
    [
        ([{"policyName": "all"}], ["the account-level retention policy all overrides its own"]),
        (
            [{"policyName": "other", "selectionCriteria": 'LogGroupNamePrefix IN ["/x"]'}, {"policyName": "all"}],
            ["the account-level retention policy all overrides its own"],
        ),
        ([{"policyName": "other", "selectionCriteria": 'LogGroupNamePrefix IN ["/x"]'}], []),
        # a group that a policy for new groups alone rules names it itself
        ([{"policyName": "new", "policyDocument": '{"retentionInDays": 90, "enforcementMode": "NEW_ONLY"}'}], []),
        (
            [{"policyName": "all", "policyDocument": '{"retentionInDays": 90, "enforcementMode": "RETROACTIVE"}'}],
            ["the account-level retention policy all overrides its own"],
        ),
        (
            [{"policyName": "torn", "policyDocument": '{"enforcementMode": "NEW_ONLY"'}],
            ["the account-level retention policy torn overrides its own"],
        ),
        ([], []),
    ],
)
def test_an_account_level_policy_overrides_the_groups_own(policies, why):
    assert protected_by(policy(), group(), describe_account_policies=policies) == why


NEW_ONLY = '{"retentionInDays": 90, "enforcementMode": "NEW_ONLY"}'


@pytest.mark.parametrize(
    ("policy_row", "unknown", "protected"),
    [
        # what rules a group can't be seen: each group that the policy selects is left as it is
        ({"policyName": "new", "policyDocument": NEW_ONLY}, "retentionPolicyName", True),
        (
            {"policyName": "new", "policyDocument": NEW_ONLY, "selectionCriteria": 'LogGroupNamePrefix IN ["/x"]'},
            "retentionPolicyName",
            False,
        ),
        ({"policyName": "new", "policyDocument": NEW_ONLY}, "", False),
    ],
)
def test_a_policy_for_new_groups_protects_while_botocore_drops_the_name_of_the_one_that_rules(
    policy_row, unknown, protected
):
    why = protected_by(policy(), group(), unknown, describe_account_policies=[policy_row])
    words = "the account-level retention policy new, for new groups, may override its own: install botocore 1.43.123 or"
    assert [one.startswith(words) for one in why] == ([True] if protected else [])


@pytest.mark.parametrize(("included", "protected"), [(False, True), (True, False)])
def test_all_groups_are_protected_while_botocore_drops_their_deletion_protection(included, protected):
    why = protected_by(policy(include_deletion_protected=included), group(), "deletionProtectionEnabled")
    words = "its deletion protection is unknown: install botocore 1.41.3 or newer, which reads it"
    assert why == ([words] if protected else [])


def inspected(made: Policy, region: Lists) -> str | None:
    found = made.decide(group(), SCOPE, NOW)
    assert found is not None
    made.complete(region, [Candidate(group(), found)])  # type: ignore[arg-type]
    (inspection,) = made.inspections
    return inspection.inspect(region, found)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "tags", "why"),
    [
        ({}, {"Keep": "true"}, "tag Keep=true"),
        ({}, {"Keep": "no"}, None),
        ({}, {}, None),
        ({}, {"aws:cloudformation:stack-name": "x"}, "owned by a CloudFormation stack (tag aws:cloudformation:sta"),
        ({"include_stacks": True}, {"aws:cloudformation:stack-name": "x"}, None),
    ],
)
def test_where_the_tagging_api_lists_no_log_group_each_is_asked_for_its_tags(options, tags, why):
    region = Lists(get_resources=[], list_tags_for_resource={"tags": tags})
    found = inspected(policy({"Keep": "true"}, **options), region)
    assert (found or "").startswith(why or "\0") if why else found is None
    assert region.asked[-1] == {"operation": "list_tags_for_resource", "resourceArn": ARN}


def test_where_the_tagging_api_lists_log_groups_none_is_asked_alone():
    rows = [{"ResourceARN": f"{ARN}-2", "Tags": [{"Key": "Team", "Value": "x"}]}]
    region = Lists(get_resources=rows)
    assert inspected(policy({"Keep": "true"}), region) is None
    assert region.operations() == ["get_resources"]


def test_tags_that_may_not_be_read_are_an_error():
    region = Lists(get_resources=[], list_tags_for_resource=refused("ListTagsForResource"))
    with pytest.raises(CallError, match="ListTagsForResource"):
        inspected(policy({"Keep": "true"}), region)


@pytest.mark.parametrize(
    ("criteria", "covers"),
    [
        ('LogGroupNamePrefix IN ["/app"]', True),
        ('LogGroupNamePrefix IN ["/x", "/app/web"]', True),
        ('  LogGroupNamePrefix  IN  [ "/app" ]\n', True),
        ('LogGroupNamePrefix IN ["/x"]', False),
        ('LogGroupNamePrefix IN ["app"]', False),
        ('LogGroupNamePrefix IN ["/app/web/2"]', False),
        ('LogGroupNamePrefix NOT IN ["/x"]', True),
        ('LogGroupNamePrefix NOT IN ["/app"]', False),
        ("LogGroupNamePrefix IN []", False),
        ("LogGroupNamePrefix NOT IN []", True),
        # nothing said, or something that can't be read: a guard never fails open
        (None, True),
        ("", True),
        ('LogGroupName IN ["/x"]', True),
        ("LogGroupNamePrefix IN [/x]", True),
        ('LogGroupNamePrefix IN "/x"', True),
        ('LogGroupNamePrefix IN ["/x"] OR LogGroupNamePrefix IN ["/app"]', True),
        ('LogGroupNamePrefix LIKE ["/x"]', True),
    ],
)
def test_selection_criteria_cover_a_group_by_its_prefix(criteria, covers):
    assert selects(criteria, "/app/web") is covers


@pytest.mark.parametrize("days", RETENTION_DAYS)
def test_every_retention_that_aws_offers_is_accepted(days):
    assert checked_retention(days) == days
    policy(retention_in_days=days)


@pytest.mark.parametrize(
    ("days", "nearest"),
    [
        (4, "3 and 5"),
        (2, "1 and 3"),
        (366, "365 and 400"),
        (1095, "731 and 1096"),
        (2191, "1827 and 2192"),
        (3652, "3288 and 3653"),
        (0, "1"),
        (-7, "1"),
        (3654, "3653"),
        (10**12, "3653"),
    ],
)
def test_another_retention_is_refused_with_the_nearest(days, nearest):
    with pytest.raises(SweepError, match=rf"retention_in_days is {days}, .* the nearest are {nearest}\.$"):
        policy(retention_in_days=days)


@pytest.mark.parametrize(
    ("days", "minimum", "refused"),
    [
        (30, 30, None),
        (365, 30, None),
        (14, 30, "retention_in_days is 14, below minimum_retention_in_days (30): raise it."),
        (1, 3, "retention_in_days is 1, below minimum_retention_in_days (3): raise it."),
        # first of all it must be one that AWS offers
        (4, 30, "retention_in_days is 4, which CloudWatch Logs does not offer: the nearest are 3 and 5."),
    ],
)
def test_a_retention_below_the_minimum_is_refused(days, minimum, refused):
    if refused is None:
        policy(retention_in_days=days, minimum_retention_in_days=minimum)
        return
    with pytest.raises(SweepError) as caught:
        policy(retention_in_days=days, minimum_retention_in_days=minimum)
    assert str(caught.value) == refused


@pytest.mark.parametrize("has", [None, 365])
def test_the_journal_learns_what_the_retention_was_and_becomes(has):
    made, resource = policy(), group() if has is None else group(retentionInDays=has)
    before, after = made.record(resource, made.decide(resource, SCOPE, NOW))
    assert (before, after) == ({"retention_in_days": has}, {"retention_in_days": 30})


@pytest.mark.parametrize(
    ("resource", "arn"),
    [
        (
            {"logGroupName": "/a", "logGroupArn": "arn:x:log-group:/a", "arn": "arn:x:log-group:/a:*"},
            "arn:x:log-group:/a",
        ),
        ({"logGroupName": "/a", "arn": "arn:x:log-group:/a:*"}, "arn:x:log-group:/a"),
        ({"logGroupName": "/a"}, "arn:aws:logs:eu-west-1:123456789012:log-group:/a"),
        ({"logGroupName": "/a", "arn": ""}, "arn:aws:logs:eu-west-1:123456789012:log-group:/a"),
    ],
)
def test_the_arn_is_that_of_the_tagging_api(resource, arn):
    assert arn_of(resource, SCOPE) == arn
