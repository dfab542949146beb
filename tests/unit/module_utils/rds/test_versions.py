# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which upgrades and migrations RDS offers, in words."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.rds.versions import (
    Target,
    Version,
    family,
    refused_migration,
    refused_upgrade,
    unknown_version,
)

AURORA = {number: Version("aurora-postgresql", number) for number in ("11.9", "11.21", "12.9")}


@pytest.mark.parametrize(
    ("engine", "number", "wanted"),
    [
        ("postgres", "9.6.11", "9.6"),
        ("aurora-postgresql", "9.6.12", "9.6"),
        ("postgres", "11.22", "11"),
        ("aurora-postgresql", "11.9", "11"),
        ("mysql", "8.0.35", "8.0"),
        ("aurora-mysql", "8.0.mysql_aurora.3.05.2", "8.0"),
        ("mysql", "5.7.44", "5.7"),
    ],
)
def test_the_family_of_a_version(engine, number, wanted):
    assert family(engine, number) == wanted


def test_an_upgrade_is_refused_with_what_is_offered_for_the_same_engine():
    targets = [Target("aurora-postgresql", "12.9", True), Target("postgres", "13.1", True)]
    current = Version("aurora-postgresql", "11.9", targets)
    assert refused_upgrade(current, "12.9") is None
    assert refused_upgrade(current, "13.1") == (
        "RDS doesn't upgrade aurora-postgresql 11.9 to 13.1: from there it offers 12.9."
    )
    assert "offers nothing" in (refused_upgrade(Version("aurora-postgresql", "16.1"), "17") or "")


def test_what_rds_says_of_a_source_counts_and_not_its_family():
    source = Version("postgres", "11.22", [Target("aurora-postgresql", "11.21", False)])
    assert refused_migration(source, "aurora-postgresql", "11.21", AURORA) is None
    assert "it offers 11.21." in (refused_migration(source, "aurora-postgresql", "11.9", AURORA) or "")


def test_of_a_source_that_is_no_longer_listed_the_family_counts():
    source = Version("postgres", "11.1", listed=False)
    assert refused_migration(source, "aurora-postgresql", "11.9", AURORA) is None
    assert "it offers 11.9, 11.21." in (refused_migration(source, "aurora-postgresql", "12.9", AURORA) or "")
    listed = Version("postgres", "11.1")
    assert "it offers nothing." in (refused_migration(listed, "aurora-postgresql", "11.9", AURORA) or "")


def test_a_version_that_there_is_not_is_told_with_the_nearest():
    assert unknown_version("aurora-postgresql", "11.9", AURORA) is None
    assert unknown_version("aurora-postgresql", "11.99", AURORA) == (
        "RDS has no aurora-postgresql 11.99 in this region. Did you mean 11.9?"
    )
