# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""S3: whose bucket it is. moto takes ExpectedBucketOwner and does not look at it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

from ..wire import AwsError, Call


def check_owner(call: Call) -> None:
    """403 AccessDenied where the bucket belongs to another account than the request expects; then moto answers."""
    from moto.s3.models import s3_backends

    expected = call.text("ExpectedBucketOwner")
    _partition, owner = s3_backends.bucket_accounts.get(call.text("Bucket"), ("", expected))
    if expected and expected != owner:
        raise AwsError("AccessDenied", "Access Denied", 403)


OPERATIONS = dict.fromkeys(("GetObject", "ListObjectsV2", "PutObject"), check_owner)
