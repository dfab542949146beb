# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times in AWS's answers: read as botocore reads them, faster where they are written as usual."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.account import timestamp
from botocore.utils import parse_timestamp

TEN = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:00:00Z", TEN),
        ("2026-11-23T10:00:00.250Z", TEN + timedelta(milliseconds=250)),
        ("2026-11-23T12:00:00+02:00", TEN),
        ("Mon, 23 Nov 2026 10:00:00 GMT", TEN),
        (1795428000, TEN),
        (1795428000.25, TEN + timedelta(milliseconds=250)),
        ("1795428000", TEN),
    ],
)
def test_a_time_is_read_in_every_form_that_aws_writes(text, expected):
    assert timestamp(text) == parse_timestamp(text) == expected
    assert timestamp(text).tzinfo is not None


@pytest.mark.parametrize(
    "garbage", ["", "Z", "never", "2026-13-01T00:00:00Z", "2026-11-23T99:00:00Z", "10:00 or soZ", None]
)
def test_what_is_no_time_is_whatever_botocore_makes_of_it(garbage):
    def read(parse: Callable[[Any], datetime]) -> object:
        try:
            return parse(garbage)
        except (RuntimeError, TypeError, ValueError) as error:
            return type(error), str(error)

    assert read(timestamp) == read(parse_timestamp)
