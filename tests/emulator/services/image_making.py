# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images of instances: made with tags, and deregistered together with their snapshots."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

from ..wire import AwsError, Call, xml
from .common import check_dry_run, ec2
from .ebs import delete_snapshot
from .instances import find
from .recycle_bin import IMAGES, discard
from .tags import checked

NAME = re.compile(r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}")


def create_image(call: Call) -> str:
    """CreateImage: names are 3 to 128 characters of a few kinds, and there is one image of a name; tags for the image
    and for its snapshots (moto: not implemented for snapshots). It is `pending` for `settings.snapshot_seconds`.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html
    """
    backend, name = ec2(call), call.text("Name")
    if not NAME.fullmatch(name):
        raise AwsError("InvalidAMIName.Malformed", f"AMI names must be between 3 and 128 characters long: {name}")
    if any(image.name == name and image.owner_id == call.account for image in backend.amis.values()):
        raise AwsError("InvalidAMIName.Duplicate", f"AMI name {name} is already in use.")
    instance = find(backend, [call.text("InstanceId")])[0]
    tags, snapshot_tags = (_specified(call, kind) for kind in ("image", "snapshot"))
    check_dry_run(call)
    image = backend.create_image(instance.id, name, call.text("Description"), [])
    image.no_reboot = call.flag("NoReboot")
    image.ready_at = time.time() + call.settings.snapshot_seconds
    for resource_id, given in ((image.id, tags), (image.ebs_snapshot.id, snapshot_tags)):
        if given:
            backend.tags[resource_id] = given
    return xml({"imageId": image.id})


def _specified(call: Call, kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for specification in call.tree("TagSpecification") or []:
        if specification.get("ResourceType") not in ("image", "snapshot"):
            message = f"'{specification.get('ResourceType')}' is not a valid taggable resource type for this operation."
            raise AwsError("InvalidParameterValue", message)
        if specification["ResourceType"] == kind:
            found |= checked(specification.get("Tag"))
    return found


def deregister_image(call: Call) -> str:
    """DeregisterImage: refused while the image has a deregistration protection; with DeleteAssociatedSnapshots its
    snapshots go too, and the answer has a code for each (moto: the parameter is ignored). A Recycle Bin rule that
    matches retains the image.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeregisterImage.html
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSnapshotReturnCode.html
    """
    backend, image_id = ec2(call), call.text("ImageId")
    image = backend.amis.get(image_id)
    if image is None:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    if image.owner_id != call.account:
        raise AwsError("AuthFailure", "Not authorized for image", 403)
    if getattr(image, "deregistration_protection", "disabled") != "disabled":
        raise AwsError("OperationNotPermitted", f"The image {image_id} is protected from deregistration.")
    check_dry_run(call)
    backend.deregister_image(image_id)
    discard(backend, IMAGES, image)
    rows = [_delete(call, image.ebs_snapshot.id)] if call.flag("DeleteAssociatedSnapshots") else []
    return xml({"return": True, "deleteSnapshotResultSet": rows})


def _delete(call: Call, snapshot_id: str) -> dict[str, Any]:
    try:
        delete_snapshot(replace(call, operation="DeleteSnapshot", params={"SnapshotId": snapshot_id}))
    except AwsError as error:
        return {"snapshotId": snapshot_id, "returnCode": "skipped" if "InUse" in error.code else "client-error"}
    return {"snapshotId": snapshot_id, "returnCode": "success"}


OPERATIONS = {"CreateImage": create_image, "DeregisterImage": deregister_image}
