# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log groups and the tagging API. Every test rests on behaviour added to moto (services/log_groups, log_policies)."""

from __future__ import annotations

import json
from typing import Any

import pytest

REGION = "eu-west-1"


def shown(logs: Any, name: str) -> dict[str, Any]:
    return dict(logs.describe_log_groups(logGroupIdentifiers=[name])["logGroups"][0])


def test_class_and_size_are_kept(demo: Any) -> None:
    logs = demo.client("logs", REGION)
    groups = {g["logGroupName"]: g for g in logs.describe_log_groups()["logGroups"]}
    assert {g["logGroupClass"] for g in groups.values()} == {"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"}
    assert groups["/aws/lambda/orders-api"]["storedBytes"] == 20_000 * 2**20
    logs.create_log_group(logGroupName="/new", logGroupClass="INFREQUENT_ACCESS")
    assert shown(logs, "/new")["logGroupClass"] == "INFREQUENT_ACCESS"


def test_a_group_with_deletion_protection_shows_it_and_cannot_be_deleted(account: Any, refusal: Any) -> None:
    logs = account.client("logs", REGION)
    logs.create_log_group(logGroupName="/held", deletionProtectionEnabled=True)
    logs.create_log_group(logGroupName="/free")
    assert shown(logs, "/held")["deletionProtectionEnabled"] is True
    assert shown(logs, "/free")["deletionProtectionEnabled"] is False
    assert refusal(logs.delete_log_group, logGroupName="/held") == "ValidationException"
    arn = shown(logs, "/held")["logGroupArn"]
    logs.put_log_group_deletion_protection(logGroupIdentifier=arn, deletionProtectionEnabled=False)
    logs.put_log_group_deletion_protection(logGroupIdentifier="/free", deletionProtectionEnabled=True)
    logs.delete_log_group(logGroupName="/held")
    assert refusal(logs.delete_log_group, logGroupName="/free") == "ValidationException"


def test_only_awss_retention_values_are_accepted(account: Any, refusal: Any) -> None:
    logs = account.client("logs", REGION)
    logs.create_log_group(logGroupName="/a")
    assert refusal(logs.put_retention_policy, logGroupName="/a", retentionInDays=4) == "InvalidParameterException"
    assert refusal(logs.put_retention_policy, logGroupName="/b", retentionInDays=3) == "ResourceNotFoundException"
    logs.put_retention_policy(logGroupName="/a", retentionInDays=3288)
    assert shown(logs, "/a")["retentionInDays"] == 3288


def test_groups_come_in_pages_of_at_most_fifty(account: Any, refusal: Any) -> None:
    logs = account.client("logs", REGION)
    names = [f"/g/{n:03d}" for n in range(60)]
    for name in names:
        logs.create_log_group(logGroupName=name)
    pages = [p["logGroups"] for p in logs.get_paginator("describe_log_groups").paginate()]
    assert [len(p) for p in pages] == [50, 10]
    assert [g["logGroupName"] for p in pages for g in p] == names
    too_many = {"logGroupIdentifiers": names}
    assert refusal(logs.describe_log_groups, **too_many) == "InvalidParameterException"


def test_an_account_policy_overrides_in_silence(account: Any, refusal: Any) -> None:
    logs = account.client("logs", REGION)
    for name in ("/governed/a", "/free"):
        logs.create_log_group(logGroupName=name)
    document = json.dumps({"retentionInDays": 90, "enforcementMode": "RETROACTIVE"})
    policy = {"policyName": "p", "policyType": "RETENTION_POLICY", "policyDocument": document}
    logs.put_account_policy(**policy, selectionCriteria='LogGroupNamePrefix IN ["/governed/"]')
    logs.put_retention_policy(logGroupName="/governed/a", retentionInDays=3)
    governed = shown(logs, "/governed/a")
    assert (governed["retentionInDays"], governed["retentionPolicyName"]) == (90, "p")
    assert "retentionInDays" not in shown(logs, "/free")
    listed = logs.describe_account_policies(policyType="RETENTION_POLICY")["accountPolicies"]
    assert [p["policyName"] for p in listed] == ["p"]
    logs.delete_account_policy(policyName="p", policyType="RETENTION_POLICY")
    assert shown(logs, "/governed/a")["retentionInDays"] == 3
    short = json.dumps({"retentionInDays": 7, "enforcementMode": "RETROACTIVE"})
    assert refusal(logs.put_account_policy, **{**policy, "policyDocument": short}) == "InvalidParameterException"


@pytest.mark.parametrize("kind", ["logs:log-group", "ec2:volume", "elasticloadbalancing:loadbalancer"])
def test_the_tagging_api_lists_what_is_tagged(demo: Any, kind: str) -> None:
    tagging = demo.client("resourcegroupstaggingapi", REGION)
    pages = list(
        tagging.get_paginator("get_resources").paginate(ResourceTypeFilters=[kind], PaginationConfig={"PageSize": 1})
    )
    rows = [r for page in pages for r in page["ResourceTagMappingList"]]
    state = {k[3]: v for k, v in demo.state().items() if k[:3] == ("123456789012", REGION, kind) and v["tags"]}
    assert len(pages) == len(rows) == len(state) > 0
    expected = sorted(sorted(v["tags"].items()) for v in state.values())
    assert sorted(sorted((t["Key"], t["Value"]) for t in r["Tags"]) for r in rows) == expected


def test_tags_go_with_their_log_group(account: Any) -> None:
    logs, tagging = account.client("logs", REGION), account.client("resourcegroupstaggingapi", REGION)
    logs.create_log_group(logGroupName="/a", tags={"Keep": "yes"})
    assert len(tagging.get_resources(ResourceTypeFilters=["logs:log-group"])["ResourceTagMappingList"]) == 1
    logs.delete_log_group(logGroupName="/a")
    assert tagging.get_resources(ResourceTypeFilters=["logs:log-group"])["ResourceTagMappingList"] == []
