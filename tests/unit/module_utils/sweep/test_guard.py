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
        ({"CostCentre": 1}, {"CostCentre": "yes"}, None),
        ({"Keep": "*"}, {"Keep": "whatever"}, "tag Keep=whatever"),
        ({"Keep": "*"}, {"Keep": ""}, "tag Keep="),
        ({"Keep": ""}, {"Keep": ""}, "tag Keep="),
        ({"Keep": "true", "Team": "db"}, {"Name": "x", "Team": "DB"}, "tag Team=DB"),
        ({"stra\u00dfe": "*"}, {"STRASSE": "x"}, "tag STRASSE=x"),
        ({"Keep": "true"}, {"Keep": "false"}, None),
        ({"Keep": "true"}, {"Keep": "true "}, None),
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
        ({"Keep": "true"}, {"Keep": "*"}, None),
        ({"Keep": "t*"}, {"Keep": "false"}, None),
        ({}, {"Keep": "true"}, None),
    ],
)
def test_exclude_tags_are_compared_without_case(excluded, tags, why):
    assert ExcludedByTag(excluded).protects(candidate(tags), None) == why


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
