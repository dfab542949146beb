# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulator for all of these tests: moto's state is global. `account` is empty, `demo` holds every case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator import Emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Any]:
    with Emulator("none") as running:
        yield running


@pytest.fixture
def account(emulator: Any) -> Any:
    """An empty account."""
    emulator.reset("none")
    return emulator


@pytest.fixture
def demo(emulator: Any) -> Any:
    """The demo account, fresh."""
    emulator.reset("demo")
    return emulator


@pytest.fixture
def refusal() -> Any:
    """Call and return the error code; fails where the call succeeds."""

    def code(method: Any, **kwargs: Any) -> str:
        with pytest.raises(ClientError) as caught:
            method(**kwargs)
        return str(caught.value.response["Error"]["Code"])

    return code
