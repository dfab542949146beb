# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes, snapshots and AMIs: every reason and every guard of ebs_orphan_cleanup."""

from __future__ import annotations

from datetime import timezone
from typing import Any

from ..services.fast_restore import set_fast_restore
from ..services.locks import Lock
from ..services.recycle_bin import SNAPSHOTS, VOLUMES, add_recycle_bin_rule
from .site import Expect, Site, ignored, spared, waste

HOSTILE = (
    "<script>alert('name')</script>",
    '"><img src=x onerror=alert(1)>',
    '=HYPERLINK("http://example.invalid","open me")',
    "{{ lookup('pipe', 'id') }}",
    "line\nbreak, comma; \u202egnp.exe \U0001f4a5",
)
STRANGER = "999999999999"
MARK = "sysops:orphan-since"


def add_volume(
    site: Site,
    expect: Expect,
    name: str = "",
    age: tuple[float, float] = (40, 0),
    tags: dict[str, str] | None = None,
    size: int = 100,
    kind: str = "gp3",
    operator: str | None = None,
) -> Any:
    """One available volume; `age` is (days, hours)."""
    from moto.ec2.models.elastic_block_store import Volume

    zones = site.ec2.describe_availability_zones()
    iops = {"gp3": 3000, "io1": 1000, "io2": 4000}.get(kind)
    volume = Volume(site.ec2, site.hex("vol-"), size, site.random.choice(zones), volume_type=kind, iops=iops)
    volume.throughput = 125 if kind == "gp3" else None
    volume.create_time = site.ago(*age)
    volume.operator = operator
    site.ec2.volumes[volume.id] = volume
    _tag(site, volume.id, name, tags)
    site.expect("ec2:volume", volume.id, name, expect)
    return volume


def add_volume_metric(
    site: Site, volume: Any, days_ago: float, name: str = "VolumeReadOps", value: float = 0.0
) -> None:
    """One datapoint of EBS, which publishes them only while the volume is attached.

    https://docs.aws.amazon.com/ebs/latest/userguide/using_cloudwatch_ebs.html
    """
    from moto.cloudwatch.models import MetricDatum

    dimensions = [{"Name": "VolumeId", "Value": volume.id}]
    datum = MetricDatum("AWS/EBS", name, value, dimensions, site.ago(days_ago), "Count")
    site.backend("cloudwatch").metric_data.append(datum)


def attach(site: Site, volume: Any, instance: Any, device: str) -> None:
    """Attach without moto's walk over all instances."""
    from moto.ec2.models.block_device import BlockDeviceType
    from moto.ec2.models.elastic_block_store import VolumeAttachment

    volume.attachment = VolumeAttachment(volume, instance, device, "attached")
    volume.attachment.attach_time = volume.create_time
    instance.block_device_mapping[device] = BlockDeviceType(
        volume_id=volume.id, status="in-use", size=volume.size, attach_time=volume.create_time
    )


def add_snapshot(
    site: Site,
    expect: Expect,
    name: str = "",
    age: tuple[float, float] = (60, 0),
    tags: dict[str, str] | None = None,
    size: int = 50,
    description: str = "",
    owner: str | None = None,
) -> Any:
    """One completed snapshot of a volume that is gone."""
    from moto.ec2.models.elastic_block_store import Snapshot, Volume

    source = Volume(site.ec2, site.hex("vol-"), size, None)
    snapshot = Snapshot(site.ec2, site.hex("snap-"), source, description, owner_id=owner)
    snapshot.start_time = site.ago(*age)
    site.ec2.snapshots[snapshot.id] = snapshot
    _tag(site, snapshot.id, name, tags)
    site.expect("ec2:snapshot", snapshot.id, name, expect)
    return snapshot


def add_image(
    site: Site, name: str, state: str = "available", age_days: float = 200, expect: Expect | None = None
) -> Any:
    """An own AMI and the snapshot that it needs; `expect` is of the snapshot."""
    from moto.ec2.models.amis import Ami

    image = Ami(site.ec2, site.hex("ami-"), name=name, state=state, creation_date=site.ago(age_days),
                virtualization_type="hvm", architecture="x86_64", root_device_type="ebs", hypervisor="xen",
                region_name=f"{site.region}a")  # fmt: skip
    site.ec2.amis[image.id] = image
    snapshot = image.ebs_snapshot
    site.ec2.snapshots.pop(snapshot.id)
    snapshot.id, snapshot.volume.id = site.hex("snap-"), site.hex("vol-")
    snapshot.start_time = site.ago(age_days)
    site.ec2.snapshots[snapshot.id] = snapshot
    site.expect("ec2:image", image.id, name, ignored("AMIs are another decision"))
    expect = expect or spared("old_snapshot", "ami-", f"backs the AMI {name} ({state})")
    site.expect("ec2:snapshot", snapshot.id, "", expect)
    return image


def mark(site: Site, resource_id: str, since: str) -> None:
    """The mark that a run with a grace period leaves: `since` is what the tag holds, a date or anything else."""
    site.ec2.tags[resource_id][MARK] = since


def partner(site: Site) -> str:
    """The other one of the two accounts."""
    return "210987654321" if site.account[0] == "1" else "123456789012"


def _tag(site: Site, resource_id: str, name: str, tags: dict[str, str] | None) -> None:
    found = ({"Name": name} if name else {}) | (tags or {})
    if found:
        site.ec2.tags[resource_id] = found


def build_volumes(site: Site) -> None:
    """One volume for every case."""
    orphan = waste("unattached", "attached to nothing for long enough")
    add_volume(site, orphan, "orders-db-data-old", (90, 0), {"Team": "orders"}, 500, "gp2")
    add_volume(site, waste("unattached", "age limit of 10 days plus an hour"), "ci-cache", (10, 1), size=200)
    add_volume(site, ignored("an hour short of the age limit of 10 days"), "ci-cache-new", (9, 23))
    add_volume(site, ignored("created today"), "migration-scratch", (0, 2), size=1000, kind="io2")
    other = waste("unattached", "Keep has another value")
    add_volume(site, other, "analytics-tmp", tags={"Keep": "no"}, size=500, kind="st1")
    guards = {
        "keep": {"keep": "TRUE"},
        "aws:backup": {"aws:backup:source-resource": f"arn:aws:ec2:{site.region}:{site.account}:volume/vol-1"},
        "aws:dlm": {"aws:dlm:lifecycle-policy-id": "policy-0abc"},
        "aws:cloudformation": {"aws:cloudformation:stack-name": "billing"},
        "kubernetes.io": {"kubernetes.io/created-for/pvc/name": "data-postgres-0"},
        "CSIVolumeName": {"CSIVolumeName": "pvc-7d1f"},
        "ebs.csi.aws.com": {"ebs.csi.aws.com/cluster": "true"},
    }
    for word, tags in guards.items():
        note = f"guard of the tag {next(iter(tags))}"
        add_volume(site, spared("unattached", word, note), f"guarded-{word.rpartition(':')[2]}", tags=tags)
    add_volume(site, spared("unattached", "backup", "named as AWS Backup names"), "AwsBackup_0f3", size=80)
    managed = spared("unattached", "managed", "Operator.Managed: DeleteVolume would be refused")
    add_volume(site, managed, "eks-auto-data", operator="eks.amazonaws.com")
    lately = add_volume(site, spared("unattached", "attached on", "detached 2 days ago"), "reports-scratch", (700, 0))
    add_volume_metric(site, lately, 2, "VolumeIdleTime", 60.0)
    long_ago = add_volume(site, waste("unattached", "detached 12 days ago"), "reports-2024", (700, 0))
    add_volume_metric(site, long_ago, 12)
    hostile = site.random.sample(HOSTILE, 2)
    for name in hostile:
        add_volume(
            site, waste("unattached", "hostile name"), name, tags={"Owner": HOSTILE[0], name[:20]: name}, size=10
        )


def build_snapshots(site: Site) -> None:
    """One snapshot for every case, and the AMIs that some of them back."""
    add_snapshot(
        site, waste("old_snapshot", "old enough"), "orders-db-before-upgrade", (120, 0), {"Team": "orders"}, 500
    )
    add_snapshot(site, waste("old_snapshot", "age limit of 15 days plus an hour"), "", (15, 1), description="manual")
    add_snapshot(site, ignored("an hour short of the age limit of 15 days"), "weekly-report", (14, 23))
    add_snapshot(site, waste("old_snapshot", "hostile description"), HOSTILE[1], description=HOSTILE[0])
    guards = {
        "keep": {"KEEP": "True"},
        "aws:backup": {"aws:backup:source-resource": "x"},
        "aws:dlm": {"aws:dlm:lifecycle-schedule-name": "daily"},
        "aws:cloudformation": {"aws:cloudformation:logical-id": "Seed"},
        "kubernetes.io": {"kubernetes.io/cluster/prod": "owned"},
        "CSIVolumeName": {"CSIVolumeName": "pvc-1a2b"},
        "ebs.csi.aws.com": {"ebs.csi.aws.com/cluster": "true"},
    }
    for word, tags in guards.items():
        add_snapshot(site, spared("old_snapshot", word, f"guard of the tag {next(iter(tags))}"), tags=tags)
    named = spared("old_snapshot", "backup", "named as AWS Backup names")
    add_snapshot(site, named, "awsbackup-daily-0f3")
    described = spared("old_snapshot", "backup", "described as AWS Backup describes")
    add_snapshot(site, described, description="awsbackup of orders-db")
    archive = add_snapshot(site, spared("old_snapshot", "archive", "storage tier archive"), "audit-2024", (400, 0))
    archive.storage_tier = "archive"
    _build_locked(site)
    _build_shared(site)
    foreign = add_snapshot(site, ignored("another account's, shared with this one"), "vendor-base", owner=STRANGER)
    foreign.create_volume_permission_userids.add(site.account)
    add_image(site, "web-golden-2026-03")
    add_image(site, "web-golden-2025-11", "disabled", 380)
    _build_images_in_use(site)
    _build_fast_restores(site)
    elsewhere = spared("old_snapshot", "disaster recovery", "a tag says that it is kept for another region")
    add_snapshot(site, elsewhere, "crm-weekly", tags={"DisasterRecovery": "eu-central-1"})


def _build_locked(site: Site) -> None:
    created = site.ago(30).replace(tzinfo=timezone.utc)
    for mode, days in (("governance", 365), ("compliance", 3650)):
        locked = add_snapshot(site, spared("old_snapshot", "locked", f"locked in {mode} mode"), f"ledger-{mode}")
        locked.lock = Lock(mode, created, days)
    expired = add_snapshot(site, waste("old_snapshot", "its lock expired"), "ledger-2024")
    expired.lock = Lock("governance", created, 7)


def _build_shared(site: Site) -> None:
    with_account = add_snapshot(site, spared("old_snapshot", "shared", "shared with an account"), "partner-export")
    with_account.create_volume_permission_userids.add(partner(site))
    public = add_snapshot(site, spared("old_snapshot", "public", "shared publicly"), "open-data")
    public.create_volume_permission_groups.add("all")


def _build_images_in_use(site: Site) -> None:
    shared = spared("old_snapshot", "shared with account", "backs an AMI that another account may launch")
    image = add_image(site, "partner-appliance", expect=shared)
    image.launch_permissions.append({"UserId": partner(site)})
    named = spared("old_snapshot", "parameter", "backs an AMI that an SSM parameter names")
    image = add_image(site, "ci-runner", expect=named)
    site.backend("ssm").put_parameter(
        name="/golden/ci-runner", description="", value=image.id, parameter_type="String", allowed_pattern="",
        keyid="", overwrite=False, tags=[], data_type="aws:ec2:image", tier=None, policies=None,
    )  # fmt: skip


def _build_fast_restores(site: Site) -> None:
    zone = site.ec2.describe_availability_zones()[0]
    fast = spared("old_snapshot", "Fast Snapshot Restore", "Fast Snapshot Restore is enabled")
    set_fast_restore(site.ec2, add_snapshot(site, fast, "vdi-base").id, zone, "enabled")
    slow = waste("old_snapshot", "Fast Snapshot Restore was disabled")
    set_fast_restore(site.ec2, add_snapshot(site, slow, "vdi-base-2024").id, zone, "disabled")


def build_recycle_bin_rules(site: Site) -> None:
    """Region-level rules: snapshots for 14 days, but for those tagged Scratch=yes; volumes for 7. And one by tag that
    keeps Team=orders longer, one that isn't available yet, and one of images."""
    scratch = {"Scratch": "yes"}
    add_recycle_bin_rule(site, SNAPSHOTS, 14, excluded=scratch, identifier="Snapshots14")
    add_recycle_bin_rule(site, VOLUMES, 7, identifier="AllVolumes7")
    add_recycle_bin_rule(site, SNAPSHOTS, 90, tags={"Team": "orders"}, identifier="OrdersSnap1")
    add_recycle_bin_rule(site, SNAPSHOTS, 365, status="pending", identifier="PendingSnap")
    add_recycle_bin_rule(site, "EC2_IMAGE", 30, identifier="AllImages30")
