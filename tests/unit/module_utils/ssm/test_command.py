# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What SSM's answers mean, where documents have several steps, and what a rate allows."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.ssm.command_invocations import Invocation
from ansible_collections.sysops.aws.plugins.module_utils.ssm.command_options import Rate
from ansible_collections.sysops.aws.plugins.module_utils.ssm.common import INSTANCE_ID, MAX_CONCURRENCY, MAX_ERRORS

SKIPPED = {"Status": "Success", "ResponseCode": 0, "Output": ""}
RAN = {"Status": "Success", "ResponseCode": 0, "Output": "patched\n"}
FAILED = {"Status": "Failed", "ResponseCode": 156, "Output": "no repository\n"}
CRASHED = {"Status": "Failed", "ResponseCode": -1073741510, "Output": ""}
# what the agent writes where it cuts
OUTPUT_CUT, ERROR_CUT = "\n---Output truncated---", "\n---Error truncated----"
NEVER_RAN = {"Status": "TimedOut", "ResponseCode": -1, "Output": ""}


def invocation(*plugins: dict[str, Any], status: str = "Success", details: str = "Success") -> Invocation:
    row = {"CommandId": "c", "InstanceId": "i-0123456789abcdef0", "Status": status, "StatusDetails": details}
    return Invocation.of({**row, "CommandPlugins": list(plugins)})


@pytest.mark.parametrize(
    ("plugins", "exit_code", "output"),
    [
        ([], None, ""),
        ([SKIPPED, RAN, SKIPPED], 0, "patched"),
        ([RAN, FAILED, SKIPPED], 156, "patched\nno repository"),
        ([CRASHED], -1073741510, ""),
        ([NEVER_RAN], None, ""),
    ],
)
def test_the_exit_code_is_that_of_the_step_that_failed(plugins, exit_code, output):
    found = invocation(*plugins)
    assert (found.exit_code, found.output) == (exit_code, output)


@pytest.mark.parametrize(
    ("output", "cut"),
    [
        ("g" * 2499, False),
        ("g" * 2500, True),
        # an odd size is cut in half
        ("g" * 1200 + OUTPUT_CUT + "\n----------ERROR-------\n" + "e" * 1200 + ERROR_CUT, True),
        ("ü" * 1238 + OUTPUT_CUT, True),
        ("ü" * 1227 + ERROR_CUT, True),
        ("ü" * 1249, False),
        ("ü" * 1250, True),
    ],
)
def test_output_is_cut_where_the_agent_says_so_or_at_its_size_in_bytes(output, cut):
    assert invocation(RAN, {**FAILED, "Output": output}).is_cut is cut


@pytest.mark.parametrize(
    ("status", "details", "counts"),
    [
        ("Failed", "Failed", True),
        ("Failed", "AccessDenied", False),
        ("TimedOut", "ExecutionTimedOut", True),
        ("TimedOut", "DeliveryTimedOut", False),
        ("TimedOut", "Delivery Timed Out", False),
        ("TimedOut", "Execution Timed Out", True),
        ("Failed", "Undeliverable", False),
        ("Failed", "InvalidPlatform", False),
        ("Cancelled", "Terminated", False),
        ("Success", "Success", False),
    ],
)
def test_what_never_ran_does_not_count_against_the_errors(status, details, counts):
    assert invocation(status=status, details=details).counts is counts


@pytest.mark.parametrize(
    ("max_errors", "targets", "allowed"),
    [("0", 100, 0), ("3", 100, 3), ("10%", 50, 5), ("10%", 9, 0), ("100%", 7, 7), ("0%", 7, 0)],
)
def test_errors_are_a_number_or_a_part_of_the_targets(max_errors, targets, allowed):
    assert Rate("50", max_errors).allowed_errors(targets) == allowed


@pytest.mark.parametrize("right", ["1", "50", "9999999", "1%", "10%", "99%", "100%"])
def test_a_concurrency_that_ssm_takes(right):
    assert MAX_CONCURRENCY.fullmatch(right)


@pytest.mark.parametrize("wrong", ["", "0", "0%", "01", "101%", "1.5", "5 %", "%", "-1", "10000000", "1\n"])
def test_a_concurrency_that_ssm_refuses(wrong):
    assert not MAX_CONCURRENCY.fullmatch(wrong)


@pytest.mark.parametrize("right", ["0", "1", "0%", "9%", "100%"])
def test_errors_that_ssm_takes(right):
    assert MAX_ERRORS.fullmatch(right)


@pytest.mark.parametrize("wrong", ["", "00", "-1", "101%", "one"])
def test_errors_that_ssm_refuses(wrong):
    assert not MAX_ERRORS.fullmatch(wrong)


@pytest.mark.parametrize("right", ["i-01234567", "i-0123456789abcdef0", "mi-0123456789abcdef0"])
def test_ids_of_instances(right):
    assert INSTANCE_ID.fullmatch(right)


@pytest.mark.parametrize("wrong", ["i-0123", "I-01234567", "mi-01234567", "vol-01234567", "i-0123456789abcdefg", "*"])
def test_what_is_no_id_of_an_instance(wrong):
    assert not INSTANCE_ID.fullmatch(wrong)
