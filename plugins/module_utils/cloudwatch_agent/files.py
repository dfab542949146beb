# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that lie in S3 or on a web server, as the controller reads them."""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit

try:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ansible.module_utils.urls import open_url

from ..sweep.errors import SweepError, one_line
from ..sweep.secrets import Secrets

MISSING = frozenset({"404", "NoSuchBucket", "NoSuchKey", "NotFound"})
DENIED = frozenset({"403", "AccessDenied", "AllAccessDisabled", "Forbidden"})
CHUNK = 1 << 20
# of configurations, signatures and keys: more is none of these
SMALL = 1 << 20
SECONDS = 60


class NotThereError(SweepError):
    """There is no such file."""


@dataclass
class Files:
    """`make_client` gives an S3 client of a region (None: that of the credentials)."""

    make_client: Callable[[str | None], Any]
    own_endpoint: bool = False
    secrets: Secrets = field(default_factory=Secrets.of_environment)
    _clients: dict[str, Any] = field(default_factory=dict)

    def read(self, address: str) -> bytes:
        """A small file. Raises SweepError."""
        with self._opened(address) as source:
            found: bytes = source.read(SMALL + 1)
        if len(found) > SMALL:
            raise SweepError(f"{shown(address)} is larger than {SMALL >> 20} MiB: it is not what is wanted here.")
        return found

    def tag(self, address: str) -> str:
        """What changes when the file does (its ETag), or "" where the server tells nothing. Raises SweepError."""
        if address.startswith("s3://"):
            bucket, key = bucket_and_key(address)
            with _told_by_s3(address, self.secrets):
                return str(self._client(bucket).head_object(Bucket=bucket, Key=key).get("ETag", ""))
        with _told_by_server(address, self.secrets), open_url(address, method="HEAD", timeout=SECONDS) as answer:
            return str(answer.headers.get("ETag") or answer.headers.get("Last-Modified") or "")

    def download(self, address: str, path: Path) -> str:
        """Its SHA-256. Raises SweepError."""
        digest = hashlib.sha256()
        with self._opened(address) as source, path.open("wb") as target:
            while block := source.read(CHUNK):
                digest.update(block)
                target.write(block)
        return digest.hexdigest()

    def presigned(self, address: str, seconds: int) -> str:
        """A URL that anybody may read it with for so long. A secret. Raises SweepError."""
        bucket, key = bucket_and_key(address)
        with _told_by_s3(address, self.secrets):
            return str(
                self._client(bucket).generate_presigned_url(
                    "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
                )
            )

    @contextmanager
    def _opened(self, address: str) -> Iterator[BinaryIO]:
        if address.startswith("s3://"):
            bucket, key = bucket_and_key(address)
            with _told_by_s3(address, self.secrets):
                yield self._client(bucket).get_object(Bucket=bucket, Key=key)["Body"]
        else:
            with _told_by_server(address, self.secrets), open_url(address, timeout=SECONDS) as answer:
                yield cast(BinaryIO, answer)

    def _client(self, bucket: str) -> Any:
        """A client of the bucket's own region: a URL that is signed for another one is refused."""
        if bucket not in self._clients:
            client = self.make_client(None)
            if not self.own_endpoint:
                region = _region_of(client, bucket)
                if region and region != client.meta.region_name:
                    client = self.make_client(region)
            self._clients[bucket] = client
        return self._clients[bucket]


def bucket_and_key(address: str) -> tuple[str, str]:
    """Raises SweepError."""
    bucket, _slash, key = address.removeprefix("s3://").partition("/")
    if not bucket or not key:
        raise SweepError(f"{address!r} names no S3 object: it must be s3://bucket/key.")
    return bucket, key


def shown(address: str) -> str:
    """An address in a message: a URL without password and query, which may be a signature."""
    if address.startswith("s3://"):
        return address
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _region_of(client: Any, bucket: str) -> str | None:
    """S3 tells a bucket's region to everybody, in the answer that refuses too (API_HeadBucket)."""
    try:
        answer = client.head_bucket(Bucket=bucket)
    except ClientError as error:
        answer = error.response
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region: str | None = headers.get("x-amz-bucket-region")
    return region


@contextmanager
def _told_by_s3(address: str, secrets: Secrets) -> Iterator[None]:
    try:
        yield
    except NoCredentialsError as error:
        raise SweepError(
            f"{address} can't be read without AWS credentials on the controller: set AWS_PROFILE or"
            " cloudwatch_agent_aws_profile."
        ) from error
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        if code in MISSING:
            kind = "bucket" if code == "NoSuchBucket" else "object"
            raise NotThereError(
                f"There is no {kind} {address}: check the name, and the account of the credentials."
            ) from error
        if code in DENIED:
            raise SweepError(
                f"{address} may not be read (AccessDenied): allow s3:GetObject to the controller's credentials (without"
                " s3:ListBucket, S3 answers the same for an object that doesn't exist)."
            ) from error
        raise SweepError(f"{address} could not be read: S3 answered {code}.") from error
    except BotoCoreError as error:
        raise SweepError(f"{address} could not be read: {one_line(str(error), secrets)}") from error


@contextmanager
def _told_by_server(address: str, secrets: Secrets) -> Iterator[None]:
    try:
        yield
    except HTTPError as error:
        # S3 answers 403 to whoever may not list the bucket: AWS's public one too
        if error.code in (403, 404, 410):
            raise NotThereError(f"There is no {shown(address)} (HTTP {error.code}).") from error
        raise SweepError(f"{shown(address)} could not be read: HTTP {error.code}.") from error
    except (URLError, OSError, ssl.SSLError, ValueError) as error:
        reason = one_line(str(getattr(error, "reason", error)), secrets)
        raise SweepError(f"{shown(address)} could not be read: {reason}.") from error
