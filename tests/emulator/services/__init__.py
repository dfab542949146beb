# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations that the emulated account answers itself, by (boto3 client name, operation).

Two kinds: what moto lacks or does otherwise than AWS, and the hot calls of a sweep, answered straight from moto's
backend objects (moto spends 8 ms a call, most of it in its serializer). A handler takes a `Call` and returns inner XML
(ec2, query), a dict (json, rest-json), or None to let moto answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import regions
from ..wire import Call
from . import (
    autoscaling,
    autoscaling_groups,
    cloudwatch,
    create_snapshot,
    create_volume,
    dms,
    dms_connections,
    dms_endpoints,
    dms_instances,
    dms_premigration,
    dms_tables,
    dms_task_runs,
    dms_tasks,
    ebs,
    elb,
    elbv2,
    fast_restore,
    fleets,
    image_making,
    image_references,
    images,
    instances,
    launch_templates,
    locks,
    log_groups,
    log_policies,
    rds,
    rds_clusters,
    rds_engine_versions,
    rds_global_clusters,
    rds_proxies,
    rds_proxy_targets,
    rds_snapshots,
    rds_states,
    rds_upkeep,
    recycle_bin,
    recycled,
    resource_groups,
    s3,
    snapshot_tiers,
    ssm_associations,
    ssm_automation,
    ssm_commands,
    ssm_documents,
    ssm_instances,
    ssm_maintenance_windows,
    ssm_patch_baselines,
    ssm_patch_states,
    tagging,
    tags,
)

Handler = Callable[[Call], str | dict[str, Any] | None]

OPERATIONS: dict[tuple[str, str], Handler] = {
    (service, name): handler
    for service, operations in (
        ("ec2", {"DescribeRegions": regions.describe_regions}),
        ("ec2", ebs.OPERATIONS),
        ("ec2", locks.OPERATIONS),
        ("ec2", create_snapshot.OPERATIONS),
        ("ec2", create_volume.OPERATIONS),
        ("ec2", fast_restore.OPERATIONS),
        ("ec2", fleets.OPERATIONS),
        ("ec2", snapshot_tiers.OPERATIONS),
        ("ec2", recycled.OPERATIONS),
        ("ec2", tags.OPERATIONS),
        ("ec2", images.OPERATIONS),
        ("ec2", image_making.OPERATIONS),
        ("ec2", image_references.OPERATIONS),
        ("ec2", launch_templates.OPERATIONS),
        ("ec2", instances.OPERATIONS),
        ("logs", log_groups.OPERATIONS),
        ("logs", log_policies.OPERATIONS),
        ("resourcegroupstaggingapi", tagging.OPERATIONS),
        ("elbv2", elbv2.OPERATIONS),
        ("elb", elb.OPERATIONS),
        ("rbin", recycle_bin.OPERATIONS),
        ("s3", s3.OPERATIONS),
        ("autoscaling", autoscaling.OPERATIONS),
        ("autoscaling", autoscaling_groups.OPERATIONS),
        ("cloudwatch", cloudwatch.OPERATIONS),
        ("resource-groups", resource_groups.OPERATIONS),
        ("ssm", ssm_automation.OPERATIONS),
        ("ssm", ssm_commands.OPERATIONS),
        ("ssm", ssm_instances.OPERATIONS),
        ("ssm", ssm_patch_states.OPERATIONS),
        ("rds", rds_proxies.OPERATIONS),
        ("rds", rds_proxy_targets.OPERATIONS),
        ("rds", rds_states.OPERATIONS),
        ("rds", rds_engine_versions.OPERATIONS),
        ("rds", rds_clusters.OPERATIONS),
        ("rds", rds_global_clusters.OPERATIONS),
        ("dms", dms.OPERATIONS),
        ("dms", dms_connections.OPERATIONS),
        ("dms", dms_endpoints.OPERATIONS),
        ("dms", dms_premigration.OPERATIONS),
        ("dms", dms_instances.OPERATIONS),
        ("dms", dms_tables.OPERATIONS),
        ("dms", dms_tasks.OPERATIONS),
        ("dms", dms_task_runs.OPERATIONS),
        # what follows calls the handlers of the same operations above
        ("rds", rds.OPERATIONS),
        ("rds", rds_snapshots.OPERATIONS),
        ("rds", rds_upkeep.OPERATIONS),
        ("ssm", ssm_patch_baselines.OPERATIONS),
        ("ssm", ssm_associations.OPERATIONS),
        ("ssm", ssm_maintenance_windows.OPERATIONS),
        ("ssm", ssm_documents.OPERATIONS),
    )
    for name, handler in operations.items()
}
# Services of which moto knows nothing at all.
UNKNOWN_TO_MOTO = frozenset({"rbin"})
