# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says, a line each, from which hosts CloudWatch has a metric: by its dimension `host`, which the agent adds by itself.

Usage: .venv/bin/python -m tests.molecule.metric_hosts NAMESPACE METRIC    (AWS_ENDPOINT_URL as ever)
"""

from __future__ import annotations

import sys

import boto3


def hosts(namespace: str, metric: str) -> list[str]:
    pages = boto3.client("cloudwatch").get_paginator("list_metrics").paginate(Namespace=namespace, MetricName=metric)
    found = {d["Value"] for page in pages for m in page["Metrics"] for d in m["Dimensions"] if d["Name"] == "host"}
    return sorted(found)


if __name__ == "__main__":
    print("\n".join(hosts(sys.argv[1], sys.argv[2])))
