# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What DMS publishes to CloudWatch of tasks that replicate: the setting `dms_latency`, minute by minute. moto publishes
nothing.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Monitoring.html#CHAP_Monitoring.Metrics.Task
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..wire import Call
from .dms import dms, life_of

NAMESPACE = "AWS/DMS"
MINUTE = 60
# also of the minutes to come, so that a test need not wait until a minute is over
MINUTES = range(-10, 3)

Point = tuple[str, tuple[tuple[str, str], ...], float, float]


def published(call: Call) -> Iterator[Point]:
    """Name, dimensions, time and value of each datapoint."""
    latency = call.settings.dms_latency
    if latency is None:
        return
    backend, this_minute = dms(call), time.time() // MINUTE * MINUTE
    for task in list(backend.replication_tasks.values()):
        instance = backend.replication_instances.get(task.replication_instance_arn)
        if instance is None or life_of(task).settle() != "running" or task.migration_type == "full-load":
            continue
        dimensions = (
            ("ReplicationInstanceIdentifier", instance.id),
            ("ReplicationTaskIdentifier", task.arn.rpartition(":")[2]),
        )
        values = {"CDCLatencySource": latency, "CDCLatencyTarget": latency, "CDCIncomingChanges": 100 * latency}
        for name, value in values.items():
            yield from ((name, dimensions, this_minute + number * MINUTE, value) for number in MINUTES)
