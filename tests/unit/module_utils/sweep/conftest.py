# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests of the engine's clients share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import boto3
import pytest


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.session.Session]:
    with pytest.MonkeyPatch.context() as environment:
        # a profile of whoever runs the tests is none of their business
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            environment.delenv(name)
        environment.setenv("AWS_CONFIG_FILE", os.devnull)
        yield boto3.session.Session("AKIDEXAMPLE", "secret", region_name="eu-west-1")
