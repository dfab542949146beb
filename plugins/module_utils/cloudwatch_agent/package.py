# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the package of a host's distribution and architecture is, in AWS's buckets and in mirrors laid out like them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/verify-CloudWatch-Agent-Package-Signature.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..sweep.errors import SweepError

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "64-bit": "amd64", "aarch64": "arm64", "arm64": "arm64"}
# the folder of each distribution, by Ansible's fact `distribution`
FOLDERS = {
    "Amazon": "amazon_linux",
    "AlmaLinux": "redhat",
    "CentOS": "centos",
    "Debian": "debian",
    "OracleLinux": "redhat",
    "RedHat": "redhat",
    "Rocky": "redhat",
    "Ubuntu": "ubuntu",
}
# and of those that have many names, by the fact `os_family`
FAMILIES = {"Suse": "suse", "Windows": "windows"}
EXTENSIONS = {"debian": "deb", "ubuntu": "deb", "windows": "msi"}
LATEST = "latest"
VERSION = re.compile(r"\d+(\.\d+)+(b\d+)?")


@dataclass(frozen=True)
class Platform:
    """`folder` and `architecture` as AWS's buckets name them: ubuntu/arm64."""

    folder: str
    architecture: str

    @property
    def extension(self) -> str:
        return EXTENSIONS.get(self.folder, "rpm")

    @property
    def file_name(self) -> str:
        return f"amazon-cloudwatch-agent.{self.extension}"

    @property
    def windows(self) -> bool:
        return self.folder == "windows"

    def __str__(self) -> str:
        return f"{self.folder}/{self.architecture}"


def platform_of(distribution: str, os_family: str, architecture: str) -> Platform:
    """From Ansible's facts of the same names. Raises SweepError where AWS has no package."""
    folder = FOLDERS.get(distribution) or FAMILIES.get(os_family)
    if folder is None:
        raise SweepError(
            f"AWS has no CloudWatch agent for {distribution}: supported are {', '.join(sorted(FOLDERS))}, SUSE and"
            " Windows Server."
        )
    found = ARCHITECTURES.get(architecture.lower())
    if found is None or (folder == "windows" and found != "amd64"):
        raise SweepError(f"AWS has no CloudWatch agent for {distribution} on {architecture}.")
    if folder == "centos" and found == "arm64":  # there it has one package for the whole family
        folder = "redhat"
    return Platform(folder, found)


def bucket_address(region: str | None) -> str:
    """AWS's own bucket: that of the region, or the global one."""
    if not region:
        return "https://amazoncloudwatch-agent.s3.amazonaws.com/"
    suffix = ".cn" if region.startswith("cn-") else ""
    return f"https://amazoncloudwatch-agent-{region}.s3.{region}.amazonaws.com{suffix}/"


@dataclass(frozen=True)
class Package:
    """`address` is s3://bucket/key or a URL. `mirror`: it is the root of a tree laid out as AWS's bucket."""

    address: str
    platform: Platform
    signature: str | None = None

    @property
    def mirror(self) -> bool:
        return self.address.endswith("/")

    @property
    def latest_version_file(self) -> str:
        """Holds the version that is `latest`, in a mirror."""
        return f"{self.address}info/latest/CWAGENT_VERSION"

    def package(self, version: str) -> str:
        if not self.mirror:
            return self.address
        return f"{self.address}{self.platform}/{version}/{self.platform.file_name}"

    def signature_of(self, version: str) -> str:
        """The detached GPG signature, which lies beside the package."""
        if self.signature:
            return self.signature
        package, question, query = self.package(version).partition("?")
        return f"{package}.sig{question}{query}"


def normal_version(version: str) -> str:
    """Without the release that deb and rpm append (`-1`), as the agent itself tells it. Raises SweepError."""
    found = version.strip()
    if found == LATEST:
        return found
    found = found.partition("-")[0]
    if not VERSION.fullmatch(found):
        raise SweepError(
            f"cloudwatch_agent_version is {version!r}: it must be `latest` or a version such as 1.300064.0b1337."
        )
    return found
