# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of the CloudWatch agent: instances that send them, that have stopped, and that never did."""

from __future__ import annotations

from .site import Site

LINUX, WINDOWS = "mem_used_percent", "Memory % Committed Bytes In Use"
# instances of the demo, by how many minutes ago they sent their last value; all others never sent one
SENDERS = {"orders-api-1": 1, "payments-1": 2, "batch-1": 100}


def send_agent_metric(
    site: Site, instance_id: str, minutes: float = 1, metric: str = LINUX, namespace: str = "CWAgent"
) -> None:
    """One value of an agent's metric, so many minutes ago, with the dimensions of `append_dimensions`."""
    from moto.cloudwatch.models import MetricDatum

    dimensions = {"InstanceId": instance_id, "ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.medium"}
    rows = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    datum = MetricDatum(namespace, metric, 42.0, rows, site.ago(hours=minutes / 60), "Percent")
    site.backend("cloudwatch").metric_data.append(datum)


def build_agent_metrics(site: Site) -> None:
    """Metrics of some of the instances that are there already."""
    for instance_id, tags in site.ec2.tags.items():
        if instance_id.startswith("i-") and tags.get("Name") in SENDERS:
            send_agent_metric(site, instance_id, SENDERS[tags["Name"]])
