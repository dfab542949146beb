# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""EC2 images: pages, disabled AMIs, which DescribeImages hides unless asked, and the snapshots that they need."""

from __future__ import annotations

import time
from typing import Any

from ..wire import AwsError, Call, timestamp, xml
from .common import check_dry_run, ec2, paged, select, tag_set
from .ebs_items import find_snapshot

IMAGE_PAGE = 1000


def image_state(image: Any) -> str:
    """`pending` until its snapshots are complete (moto: available at once)."""
    return "pending" if time.time() < getattr(image, "ready_at", 0.0) else str(image.state)


FILTERS = {
    "architecture": lambda i: i.architecture,
    "block-device-mapping.snapshot-id": lambda i: i.ebs_snapshot.id,
    "creation-date": lambda i: i.creation_date,
    "description": lambda i: i.description,
    "image-id": lambda i: i.id,
    "image-type": lambda i: i.image_type,
    "is-public": lambda i: i.is_public,
    "name": lambda i: i.name,
    "owner-alias": lambda i: i.owner_alias,
    "owner-id": lambda i: i.owner_id,
    "platform": lambda i: i.platform,
    "root-device-type": lambda i: i.root_device_type,
    "state": image_state,
    "virtualization-type": lambda i: i.virtualization_type,
}


def describe_images(call: Call) -> str:
    """DescribeImages: MaxResults (moto: ignored); disabled AMIs only with IncludeDisabled (moto: always).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/disable-an-ami.html
    """
    backend = ec2(call)
    check_dry_run(call)
    ids = call.values("ImageId")
    owners = [call.account if o == "self" else o for o in call.values("Owner")]
    if missing := [i for i in ids if i not in backend.amis]:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{', '.join(missing)}]' does not exist")
    found = [backend.amis[i] for i in ids] if ids else list(backend.amis.values())
    found = [i for i in found if _may_launch(i, call.account)]
    if not call.flag("IncludeDisabled"):
        found = [i for i in found if i.state != "disabled"]
    if owners:
        found = [i for i in found if i.owner_id in owners or i.owner_alias in owners]
    if users := [call.account if u == "self" else u for u in call.values("ExecutableBy")]:
        found = [i for i in found if any(_is_shared(i, user) for user in users)]
    chosen, token = paged(select(found, call, FILTERS, backend.tags), call, ids, IMAGE_PAGE)
    return f"<imagesSet>{''.join(_image_xml(i, backend.tags.get(i.id)) for i in chosen)}</imagesSet>{token}"


def _is_shared(image: Any, user: str) -> bool:
    return image.is_public or {"UserId": user} in image.launch_permissions


def _may_launch(image: Any, account: str) -> bool:
    return image.owner_id == account or _is_shared(image, account)


def _image_xml(image: Any, tags: dict[str, str] | None) -> str:
    row = {
        "imageId": image.id,
        "imageLocation": image.image_location or f"{image.owner_id}/{image.name}",
        "imageState": image_state(image),
        "imageOwnerId": image.owner_id,
        "imageOwnerAlias": image.owner_alias,
        "isPublic": image.is_public,
        "architecture": image.architecture or "x86_64",
        "imageType": image.image_type,
        "name": image.name,
        "description": image.description,
        "creationDate": timestamp(image.creation_date),
        "platform": image.platform,
        "bootMode": image.boot_mode,
        "rootDeviceType": image.root_device_type,
        "rootDeviceName": image.root_device_name,
        "virtualizationType": image.virtualization_type or "hvm",
        "hypervisor": image.hypervisor or "xen",
        "sourceInstanceId": image.source_instance_id,
        "blockDeviceMapping": [_mapping(m) for m in image.block_device_mappings],
        "deregistrationProtection": getattr(image, "deregistration_protection", "disabled"),
    }
    return f"<item>{xml(row)}{tag_set(tags)}</item>"


def _mapping(mapping: dict[str, Any]) -> dict[str, Any]:
    ebs = mapping["Ebs"]
    return {
        "deviceName": mapping["DeviceName"],
        "ebs": {
            "snapshotId": ebs["SnapshotId"],
            "volumeSize": ebs["VolumeSize"],
            "deleteOnTermination": ebs["DeleteOnTermination"],
            "volumeType": ebs["VolumeType"],
            "encrypted": False,
        },
    }


def describe_image_attribute(call: Call) -> str | None:
    """DescribeImageAttribute of launchPermission, which only the owner may ask for; NotFound for an unknown AMI (moto:
    HTTP 500). Other attributes are left to moto.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImageAttribute.html
    """
    image = ec2(call).amis.get(call.text("ImageId"))
    if image is None:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{call.text('ImageId')}]' does not exist")
    if call.text("Attribute") != "launchPermission":
        return None
    if image.owner_id != call.account:
        raise AwsError("AuthFailure", f"Not authorized for image:{image.id}", 403)
    check_dry_run(call)
    rows = [{name[0].lower() + name[1:]: value for name, value in p.items()} for p in image.launch_permissions]
    return xml({"imageId": image.id, "launchPermission": rows})


def register_image(call: Call) -> str:
    """RegisterImage: the AMI needs the snapshot of its block device mapping (moto: makes one of its own).

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html
    """
    backend = ec2(call)
    check_dry_run(call)
    mappings = call.tree("BlockDeviceMapping") or []
    ids = [name for mapping in mappings if (name := mapping.get("Ebs", {}).get("SnapshotId"))]
    snapshot = find_snapshot(backend, ids[0]) if ids else None
    image = backend.register_image(call.text("Name"), call.text("Description"))
    if snapshot:
        backend.snapshots.pop(image.ebs_snapshot.id, None)
        image.ebs_snapshot = snapshot
    return f"<imageId>{image.id}</imageId>"


OPERATIONS = {
    "DescribeImageAttribute": describe_image_attribute,
    "DescribeImages": describe_images,
    "RegisterImage": register_image,
}
