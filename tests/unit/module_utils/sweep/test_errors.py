# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS answers, in words for the operator."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import CallError, RegionError, nearest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError


def client_error(retries: int = 0, **error: str) -> ClientError:
    answer: Any = {"Error": error, "ResponseMetadata": {"RetryAttempts": retries}}
    return ClientError(answer, "DescribeVolumes")


def test_a_call_error_names_the_call_and_what_was_answered():
    error = CallError.of("ec2", "DescribeVolumes", client_error(Code="UnauthorizedOperation", Message="Not you."))
    assert str(error) == "ec2:DescribeVolumes answered UnauthorizedOperation: Not you."


@pytest.mark.parametrize(("retries", "retried"), [(0, False), (1, True), (5, True)])
def test_a_call_error_knows_of_earlier_attempts(retries, retried):
    assert CallError.of("ec2", "DeleteVolume", client_error(retries, Code="X", Message="m")).retried is retried


def test_a_network_error_is_known_by_its_name():
    error = CallError.of("ec2", "DescribeVolumes", EndpointConnectionError(endpoint_url="https://aws.invalid"))
    assert (error.code, error.retried) == ("EndpointConnectionError", False)
    assert "https://aws.invalid" in error.message


@pytest.mark.parametrize(
    ("status", "code", "answered"),
    [
        (400, "VolumeInUse", True),
        (403, "UnauthorizedOperation", True),
        (429, "TooManyRequestsException", True),
        # too busy is a no
        (503, "RequestLimitExceeded", True),
        (503, "SlowDown", True),
        # a server that fails does not tell whether it was done before
        (500, "InternalError", False),
        (503, "Unavailable", False),
        (503, "ServiceUnavailable", False),
        (504, "RequestTimeout", False),
        (502, "502", False),
    ],
)
def test_a_call_error_knows_whether_aws_said_what_became_of_it(status, code, answered):
    answer: Any = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert CallError.of("ec2", "DeleteVolume", ClientError(answer, "DeleteVolume")).answered is answered


def test_where_nothing_came_back_nobody_knows():
    lost = ReadTimeoutError(endpoint_url="https://ec2.eu-west-1.amazonaws.com")
    assert CallError.of("ec2", "DeleteVolume", lost).answered is False


@pytest.mark.parametrize("answer", [{}, {"Error": {}}, {"Error": {"Code": "Unknown", "Message": ""}}])
def test_an_answer_without_details_is_still_an_error_with_words(answer):
    error = CallError.of("ec2", "DescribeVolumes", ClientError(answer, "DescribeVolumes"))
    assert error.code == "Unknown"
    assert "DescribeVolumes" in error.message


def test_a_page_of_a_proxy_becomes_one_short_line():
    page = "<!doctype html>\n<html lang=en>\n<body>\n\t" + "Gateway\r\n" * 500 + "</body>"
    message = CallError.of("ec2", "DescribeVolumes", client_error(Code="502", Message=page)).message
    assert message.splitlines() == [message]
    assert message.startswith("Gateway Gateway")
    assert len(message) <= 500


@pytest.mark.parametrize(
    ("code", "in_use", "unsupported"),
    [
        ("InvalidVolume.NotFound", False, False),
        ("VolumeInUse", True, False),
        ("InvalidSnapshot.InUse", True, False),
        ("ResourceInUseException", True, False),
        ("InvalidAction", False, True),
        ("UnknownOperationException", False, True),
        ("UnauthorizedOperation", False, False),
        ("AccessDeniedException", False, False),
        ("NotFoundInCache", False, False),
        ("InternalError", False, False),
    ],
)
def test_the_code_tells_what_happened_to_the_resource(code, in_use, unsupported):
    error = CallError("ec2", "DeleteVolume", code, "m")
    assert (error.in_use, error.unsupported) == (in_use, unsupported)


def test_a_region_error_says_where():
    error = CallError("logs", "DescribeLogGroups", "AccessDeniedException", "no", retried=True)
    assert RegionError.of("123456789012", "eu-west-1", error).to_dict() == {
        "account_id": "123456789012",
        "region": "eu-west-1",
        "service": "logs",
        "operation": "DescribeLogGroups",
        "code": "AccessDeniedException",
        "message": "no",
    }


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [
        ("us-esat-1", " Did you mean us-east-1?"),
        ("eu-west1", " Did you mean eu-west-1?"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_only_a_near_miss_gets_a_suggestion(word, suggestion):
    assert nearest(word, iter(["us-east-1", "eu-west-1"])) == suggestion
