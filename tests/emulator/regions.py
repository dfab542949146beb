# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated account's regions: 17 enabled, the opt-in ones not, as in an account that never opted in."""

from __future__ import annotations

from .wire import AwsError, Call, xml

ENABLED = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-west-1",
    "eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-southeast-1", "ap-southeast-2",
)  # fmt: skip
OPT_IN = (
    "af-south-1", "ap-east-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ca-west-1", "eu-central-2",
    "eu-south-1", "eu-south-2", "il-central-1", "me-central-1", "me-south-1",
)  # fmt: skip
FILTERS = {"region-name": 0, "endpoint": 1, "opt-in-status": 2}
# What a call to a region that is not enabled answers (docs.aws.amazon.com/general/latest/gr/rande-manage.html).
REFUSALS = {
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    "query": ("InvalidClientTokenId", "The security token included in the request is invalid", 403),
    "json": ("UnrecognizedClientException", "The security token included in the request is invalid.", 400),
    "rest-json": ("UnrecognizedClientException", "The security token included in the request is invalid.", 403),
}


def check_enabled(call: Call) -> None:
    """Refuse a call to a region that the account has not enabled. Raises AwsError."""
    if call.region not in ENABLED and call.region in OPT_IN and call.protocol in REFUSALS:
        raise AwsError(*REFUSALS[call.protocol])


def describe_regions(call: Call) -> str:
    """DescribeRegions: only enabled regions unless AllRegions; unknown RegionName: InvalidParameterValue.

    moto lists every region of every partition.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html
    """
    names = call.values("RegionName")
    rows = [(r, f"ec2.{r}.amazonaws.com", "opt-in-not-required") for r in ENABLED]
    optional = [(r, f"ec2.{r}.amazonaws.com", "not-opted-in") for r in OPT_IN]
    if call.flag("AllRegions") or names:
        rows += optional
    for unknown in set(names) - {row[0] for row in rows}:
        raise AwsError("InvalidParameterValue", f"Invalid region provided: [{unknown}]")
    if names:
        rows = [row for row in rows if row[0] in names]
    for name, values in call.filters():
        if name not in FILTERS:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        rows = [row for row in rows if row[FILTERS[name]] in values]
    return xml({"regionInfo": [{"regionName": n, "regionEndpoint": e, "optInStatus": s} for n, e, s in rows]})
