# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pattern that matches no name protects nothing: it is refused."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from ansible_collections.sysops.aws.plugins.module_utils.sweep.patterns import DATABASES, LOG_GROUPS


@pytest.mark.parametrize("pattern", ["*", "/aws/rds/*", "/app/[ab]?", "a-b_c.d#9", "[!a]*", "/APP"])
def test_a_pattern_that_some_name_matches(pattern):
    LOG_GROUPS.refuse_unmatchable("exclude_names", [pattern])


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        " ",
        "/app/* ",
        "'/app/*'",
        '"/app/*"',
        "/app/*\n/web/*",
        "/app/[ab",
        "/app/[]",
        "/app/[z-a]*",
        "/app/[ :]*",
        "/app:*",
        "/app/*;/web/*",
        "ä*",
        "a\\*",
        # a list in YAML of one name, read as one character
        "[/aws/lambda/a]",
    ],
)
def test_a_pattern_that_no_name_can_match_is_refused_by_name(pattern):
    with pytest.raises(SweepError) as caught:
        LOG_GROUPS.refuse_unmatchable("exclude_names", ["/fine/*", pattern])
    assert str(caught.value).startswith(f"exclude_names holds {pattern!r}, which matches no log group's name; expected")


def test_each_kind_of_name_has_its_characters():
    DATABASES.refuse_unmatchable("identifiers", ["orders-*", "ORDERS-1"])
    with pytest.raises(SweepError, match="identifiers holds 'orders_1', which matches no database's identifier"):
        DATABASES.refuse_unmatchable("identifiers", ["orders_1"])
