# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Managed instances and their patch states: every reason of ssm_patch_compliance_info, on instances that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..services.ssm_instances import manage
from ..services.ssm_patch_states import set_state
from .site import Expect, Site, ignored, reported, spared

VARIANT = "patching"
COMPLIANT = ignored("all patches installed")
UNMANAGED = reported("unmanaged", "no SSM Agent")

# the instances of building/instances.py by name: what their last operation left, and what is said of it
CASES: Mapping[str, tuple[Mapping[str, Any] | None, Expect]] = {
    "orders-api-1": (
        {"MissingCount": 3, "CriticalNonCompliantCount": 1, "days_ago": 1},
        reported("missing", "3 patches"),
    ),
    "batch-1": (
        {"MissingCount": 1, "FailedCount": 2, "Operation": "Install", "days_ago": 2},
        reported("failed,missing", "the last installation failed in part"),
    ),
    "payments-1": (
        {"InstalledPendingRebootCount": 2, "Operation": "Install", "RebootOption": "NoReboot", "days_ago": 4},
        reported("pending_reboot", "installed without a reboot"),
    ),
    "payments-2": ({"InstalledRejectedCount": 1}, reported("installed_rejected", "a rejected patch")),
    "web-1": (None, reported("never_scanned", "managed, but never scanned")),
    "cron-1": ({"days_ago": 3}, reported("connection_lost", "its agent is silent")),
    "stream-1": ({"days_ago": 30}, reported("scan_too_old", "compliant a month ago")),
    "legacy-1": (
        {"AvailableSecurityUpdateCount": 5, "SecurityNonCompliantCount": 5},
        reported("available_security_updates", "its baseline counts them as non-compliant"),
    ),
    "stream-green-1": ({"MissingCount": 1, "days_ago": 9}, reported("missing,scan_too_old", "both")),
    "trading-1": ({"MissingCount": 7}, spared("missing", "keep=true", "tagged")),
    "old-bastion": ({"days_ago": 60}, ignored("stopped: nobody expects an answer or a scan")),
}
SILENT = ("cron-1", "old-bastion")
WITHOUT_AGENT = ("stream-blue-1",)


def build_patching(site: Site) -> None:
    """Have SSM manage the instances that are there, but for some, and two nodes outside EC2."""
    backend = site.backend("ssm")
    for reservation in site.ec2.reservations.values():
        for instance in reservation.instances:
            name = site.ec2.tags[instance.id].get("Name", "")
            if name in WITHOUT_AGENT:
                _expect(site, instance.id, UNMANAGED)
                continue
            manage(backend, instance.id, ping_status="ConnectionLost" if name in SILENT else "Online")
            facts, expect = CASES.get(name, ({}, COMPLIANT))
            if facts is not None:
                set_state(backend, instance.id, **facts)
            _expect(site, instance.id, expect)
    _add_hybrid(site, "rack-7", {}, reported("missing", "no EC2 instance"))
    _add_hybrid(site, "rack-8", {"Keep": "true"}, spared("missing", "keep=true", "its tags come from another list"))


def _add_hybrid(site: Site, name: str, tags: Mapping[str, str], expect: Expect) -> None:
    backend, node_id = site.backend("ssm"), site.hex("mi-")
    manage(backend, node_id, name=name)
    set_state(backend, node_id, MissingCount=2)
    backend._resource_tags["ManagedInstance"][node_id].update(tags)
    site.expect("ssm:managed-instance", node_id, name, expect)


def expect_unmanaged(site: Site) -> None:
    """Of instances that nobody had SSM manage."""
    for reservation in site.ec2.reservations.values():
        for instance in reservation.instances:
            _expect(site, instance.id, UNMANAGED)


def _expect(site: Site, instance_id: str, expect: Expect) -> None:
    """Add to the instance's line of the manifest what this check should say."""
    row = next(row for row in site.manifest if row["resource_id"] == instance_id)
    row["variants"][VARIANT] = expect.verdict()
