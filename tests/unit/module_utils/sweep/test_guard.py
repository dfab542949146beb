# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guards that need no list: tags, owners, and plain tests of a resource."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.finding import Finding
from ansible_collections.sysops.aws.plugins.module_utils.sweep.guard import (
    BACKUP,
    KUBERNETES,
    STACK,
    Candidate,
    ExcludedByTag,
    Guard,
    Holds,
    OwnedBy,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.region import Resource, Scope


def candidate(tags: dict[str, str] | None = None, resource: Resource | None = None) -> Candidate:
    scope = Scope("123456789012", "eu-west-1")
    found = Finding("things", "fake:thing", "a", "arn", scope, "", "It is old.", "old", "delete", tags=tags or {})
    return Candidate(resource or {}, found)


@pytest.mark.parametrize(
    ("excluded", "tags", "why"),
    [
        ({"Keep": "true"}, {"Keep": "true"}, "tag Keep=true"),
        ({"Keep": "true"}, {"KEEP": "True"}, "tag KEEP=True"),
        # what YAML makes of yes, and of 0123
        ({"Keep": True}, {"keep": "true"}, "tag keep=true"),
        ({"Keep": True}, {"Keep": "Yes"}, "tag Keep=Yes"),
        ({"Spare": False}, {"Spare": "off"}, "tag Spare=off"),
        ({"Spare": False}, {"Spare": "on"}, None),
        ({"CostCentre": 42}, {"CostCentre": "42"}, "tag CostCentre=42"),
        ({"CostCentre": 83}, {"CostCentre": "0123"}, "tag CostCentre=0123"),
        # `Keep: 1` means yes, `CostCentre: 1` one number among others
        ({"CostCentre": 1}, {"CostCentre": "yes"}, "tag CostCentre=yes"),
        ({"CostCentre": 1}, {"CostCentre": "42"}, None),
        ({"Keep": "*"}, {"Keep": "whatever"}, "tag Keep=whatever"),
        ({"Keep": "*"}, {"Keep": ""}, "tag Keep="),
        ({"Keep": ""}, {"Keep": ""}, "tag Keep="),
        ({"Keep": "true", "Team": "db"}, {"Name": "x", "Team": "DB"}, "tag Team=DB"),
        ({"stra\u00dfe": "*"}, {"STRASSE": "x"}, "tag STRASSE=x"),
        ({"Keep": "true"}, {"Keep": "false"}, None),
        ({"Keep": "true"}, {"Keep": "true "}, "tag Keep=true "),
        ({"Keep": "true"}, {"Keeper": "true"}, None),
        ({"Keep": "true"}, {"true": "Keep"}, None),
        ({"Keep": "true"}, {}, None),
        ({"Stage": ["prod", "Staging"]}, {"Stage": "STAGING"}, "tag Stage=STAGING"),
        ({"Stage": ["prod", "staging"]}, {"Stage": "test"}, None),
        # two keys that are one without case
        ({"Keep": "true", "keep": "yes"}, {"Keep": "true"}, "tag Keep=true"),
        ({True: 1}, {"true": "1"}, "tag true=1"),
        # patterns are the operator's alone, and what looks like one may be meant as it is
        ({"Stage": "prod-*"}, {"Stage": "Prod-2"}, "tag Stage=Prod-2"),
        ({"example.com/*": "*"}, {"example.com/owner": "x"}, "tag example.com/owner=x"),
        ({"Keep": "[yes]"}, {"Keep": "[yes]"}, "tag Keep=[yes]"),
        ({"Stage": "prod"}, {"Stage": "*"}, None),
        ({"Keep": "t*"}, {"Keep": "false"}, None),
        ({}, {"Keep": "true"}, None),
    ],
)
def test_exclude_tags_are_compared_without_case(excluded, tags, why):
    assert ExcludedByTag(excluded).protects(candidate(tags), None) == why


@pytest.mark.parametrize("wanted", ["true", "yes", "on", True, 1, "1", "True "])
@pytest.mark.parametrize("value", ["true", "yes", "y", "1", "on", "keep", "x", "", "YES", " Yes ", "X"])
def test_a_word_for_yes_and_a_bare_label_protect(wanted, value):
    assert ExcludedByTag({"Keep": wanted}).protects(candidate({"keep": value}), None) == f"tag keep={value}"


@pytest.mark.parametrize("wanted", ["true", True, 1])
@pytest.mark.parametrize("value", ["false", "no", "n", "0", "off", "FALSE", " No "])
def test_a_word_for_no_does_not_protect(wanted, value):
    assert ExcludedByTag({"Keep": wanted}).protects(candidate({"Keep": value}), None) is None


NEAR = ", which is nearly {} of exclude_tags: correct the tag, or remove it if it does not protect"


@pytest.mark.parametrize(
    ("excluded", "tags", "nearly"),
    [
        # any other value, beside a word for yes
        *[({"Keep": "true"}, {"Keep": value}, "Keep=true") for value in ("ture", "maybe", "2027-01-01", "legal", "*")],
        ({"Keep": True}, {"Keep": "until March"}, "Keep=true"),
        # a key that nearly is it
        *[
            ({"Keep": "true"}, {key: "yes"}, "Keep=true")
            for key in ("Keep ", " keep", "Keeps", "Kepe", "Kep", "Keeep", "Keap", "keep:", "_KEEP", "Keep\u200b")
        ],
        ({"Keep": "true"}, {"keeps": "whatever"}, "Keep=true"),
        ({"Keep": "true"}, {"Keep": "no", "keeps": ""}, "Keep=true"),
        ({"DisasterRecovery": "*"}, {"disaster-recovery": "x"}, "DisasterRecovery=*"),
        ({"DisasterRecovery": "*"}, {"Disaster Recovry": "x"}, "DisasterRecovery=*"),
        ({"CostCentre": "42"}, {"cost_center": "42"}, "CostCentre=42"),
        # other values are compared with care: separators, or one slip in one word
        *[({"Environment": "prod"}, {"Environment": one}, "Environment=prod") for one in ("Prod ", "prdo", "prods")],
        ({"Environment": "prod"}, {"Environmnet": "prod"}, "Environment=prod"),
        ({"Environment": "prod"}, {"environments": "PROD"}, "Environment=prod"),
        ({"Environment": "pre-prod"}, {"Environment": "preprod"}, "Environment=pre-prod"),
        ({"Environment": ["test", "production"]}, {"Environment": "produktion"}, "Environment=production"),
    ],
)
def test_a_near_miss_protects_and_is_named(excluded, tags, nearly):
    key, value = list(tags.items())[-1]
    expected = f"tag {key}={value}" + NEAR.format(nearly)
    assert ExcludedByTag(excluded).protects(candidate(tags), None) == expected


@pytest.mark.parametrize(
    ("excluded", "tags"),
    [
        ({"Keep": "true"}, {"Keeps": "no"}),
        ({"Keep": "true"}, {"Keeper": "true"}),
        ({"Keep": "true"}, {"Name": "keep"}),
        ({"Keep": "true"}, {"KeepUntil": "2027"}),
        ({"DR": "*"}, {"D": "x", "PR": "x", "DRY": "x"}),
        # a key that is wanted as it is, is no slip of another one
        ({"Keep": "true", "Keeps": "never"}, {"Keeps": "always"}),
        # another value is another value
        ({"Environment": "prod"}, {"Environment": "test"}),
        ({"Environment": "prod"}, {"Environment": "prod-2"}),
        ({"Environment": "prod-1"}, {"Environment": "prod-2"}),
        ({"Environment": "prod"}, {"Environment": ""}),
        ({"Environment": "dev"}, {"Environment": "rev"}),
        ({"Team": "team-a"}, {"Team": "team-b"}),
        ({"Tier": "gold"}, {"Tier": "cold"}),
        ({"Zone": "internal"}, {"Zone": "external"}),
        ({"Lifecycle": "keep"}, {"Lifecycle": "delete"}),
        ({"CostCentre": "42"}, {"CostCentre": "43"}),
        ({"CostCentre": "42"}, {"CostCentre": "420"}),
        # YAML reads Norway's code as false
        ({"Country": False}, {"Country": "se"}),
        # patterns are as they are written
        ({"Stage": "prod*"}, {"Stage": "prdo"}),
        ({"*": "true"}, {"Name": "web", "Team": "", "Size": "1"}),
        ({"team*": "prod"}, {"team-x": "prdo"}),
    ],
)
def test_what_is_not_nearly_the_tag_does_not_protect(excluded, tags):
    assert ExcludedByTag(excluded).protects(candidate(tags), None) is None


def test_an_exact_tag_is_named_before_a_near_miss():
    tags = {"Keeps": "true", "Keep": "yes"}
    assert ExcludedByTag({"Keep": "true"}).protects(candidate(tags), None) == "tag Keep=yes"


def test_a_near_miss_of_a_disaster_recovery_tag_says_which_option_it_is_of():
    guard = ExcludedByTag({"DR": "yes"}, "disaster_recovery_tags", "kept for disaster recovery: ")
    why = guard.protects(candidate({"dr": "weekly"}), None)
    assert why == "kept for disaster recovery: tag dr=weekly" + NEAR.format("DR=yes").replace(
        "exclude_tags", "disaster_recovery_tags"
    )


@pytest.mark.parametrize(
    "value",
    [None, [], {}, {"Keep": "true"}, ["true", None], [["true"]], 1.1, "true\nTeam=data", "true;Team=data"],
)
def test_an_exclusion_that_could_protect_nothing_is_refused(value):
    with pytest.raises(SweepError, match=r"exclude_tags holds Keep: .*which no tag is as it is meant: write a value"):
        ExcludedByTag({"Team": "db", "Keep": value})


@pytest.mark.parametrize(
    ("key", "owner"),
    [
        ("aws:cloudformation:stack-name", "a CloudFormation stack"),
        ("aws:backup:source-resource", "AWS Backup"),
        ("aws:dlm:lifecycle-policy-id", "Data Lifecycle Manager"),
        ("dlm:managed", "Data Lifecycle Manager"),
        ("AWSElasticDisasterRecoveryManaged", "AWS Elastic Disaster Recovery"),
        ("AWSElasticDisasterRecoverySourceServerID", "AWS Elastic Disaster Recovery"),
        ("AWSApplicationMigrationServiceManaged", "AWS Application Migration Service"),
        ("kubernetes.io/cluster/prod", "Kubernetes"),
        ("kubernetes.io/created-for/pvc/name", "Kubernetes"),
        ("KubernetesCluster", "Kubernetes"),
        ("CSIVolumeName", "the EBS CSI driver of Kubernetes"),
        ("CSIVolumeSnapshotName", "the EBS CSI driver of Kubernetes"),
        ("ebs.csi.aws.com/cluster", "the EBS CSI driver of Kubernetes"),
        ("EBS.CSI.aws.com/Cluster", "the EBS CSI driver of Kubernetes"),
        # neighbours that mean nothing
        ("cloudformation:stack-name", None),
        ("aws:cloudformation", None),
        ("my/kubernetes.io/cluster", None),
        ("CSIVolumeNames", None),
        ("dlm:managed-by-me", None),
        ("Name", None),
        ("[a-z]*", None),
    ],
)
def test_what_a_service_manages_is_known_by_its_tags(key, owner):
    guard = OwnedBy({**STACK, **BACKUP, **KUBERNETES})
    why = guard.protects(candidate({"Team": "x", key: "anything"}), None)
    assert why == (f"owned by {owner} (tag {key})" if owner else None)


@pytest.mark.parametrize("words", ["in the archive tier", None])
def test_a_plain_test_sees_the_resource_and_its_words_are_passed_on(words):
    guard = Holds("tier", lambda resource: words if resource["Tier"] == "archive" else "wrong resource")
    assert guard.name == "tier"
    assert guard.protects(candidate(resource={"Tier": "archive"}), None) == words


def test_only_a_guard_that_asks_aws_costs_a_call():
    class Listed(Guard):
        def load(self, region: object) -> frozenset[str]:
            return frozenset()

    assert Listed().listing
    assert not any(guard.listing for guard in (ExcludedByTag({}), OwnedBy({}), Holds("x", lambda resource: None)))


def test_a_pattern_for_every_key_takes_no_near_miss_from_another_tag():
    why = ExcludedByTag({"*": "prod", "Keep": "true"}).protects(candidate({"Keeps": "true"}), None)
    assert why == "tag Keeps=true" + NEAR.format("Keep=true")
