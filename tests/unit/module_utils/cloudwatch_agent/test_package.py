# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a host's package is: distribution, architecture, region, version."""

from __future__ import annotations

import pytest
from ansible_collections.sysops.aws.plugins.module_utils.cloudwatch_agent.package import (
    Package,
    bucket_address,
    normal_version,
    platform_of,
)
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError

GLOBAL = "https://amazoncloudwatch-agent.s3.amazonaws.com"
VERSION = "1.300064.0b1337"


@pytest.mark.parametrize(
    ("distribution", "family", "architecture", "path"),
    [
        ("Amazon", "RedHat", "x86_64", "amazon_linux/amd64/{}/amazon-cloudwatch-agent.rpm"),
        ("Amazon", "RedHat", "aarch64", "amazon_linux/arm64/{}/amazon-cloudwatch-agent.rpm"),
        ("RedHat", "RedHat", "x86_64", "redhat/amd64/{}/amazon-cloudwatch-agent.rpm"),
        ("RedHat", "RedHat", "aarch64", "redhat/arm64/{}/amazon-cloudwatch-agent.rpm"),
        ("Rocky", "RedHat", "x86_64", "redhat/amd64/{}/amazon-cloudwatch-agent.rpm"),
        ("AlmaLinux", "RedHat", "aarch64", "redhat/arm64/{}/amazon-cloudwatch-agent.rpm"),
        ("OracleLinux", "RedHat", "x86_64", "redhat/amd64/{}/amazon-cloudwatch-agent.rpm"),
        ("CentOS", "RedHat", "x86_64", "centos/amd64/{}/amazon-cloudwatch-agent.rpm"),
        ("CentOS", "RedHat", "aarch64", "redhat/arm64/{}/amazon-cloudwatch-agent.rpm"),
        ("SLES", "Suse", "x86_64", "suse/amd64/{}/amazon-cloudwatch-agent.rpm"),
        ("SLES_SAP", "Suse", "aarch64", "suse/arm64/{}/amazon-cloudwatch-agent.rpm"),
        ("Debian", "Debian", "x86_64", "debian/amd64/{}/amazon-cloudwatch-agent.deb"),
        ("Debian", "Debian", "aarch64", "debian/arm64/{}/amazon-cloudwatch-agent.deb"),
        ("Ubuntu", "Debian", "x86_64", "ubuntu/amd64/{}/amazon-cloudwatch-agent.deb"),
        ("Ubuntu", "Debian", "aarch64", "ubuntu/arm64/{}/amazon-cloudwatch-agent.deb"),
        (
            "Microsoft Windows Server 2022 Datacenter",
            "Windows",
            "64-bit",
            "windows/amd64/{}/amazon-cloudwatch-agent.msi",
        ),
    ],
)
@pytest.mark.parametrize("version", [VERSION, "latest"])
def test_the_package_of_a_platform(distribution, family, architecture, path, version):
    package = Package(bucket_address(None), platform_of(distribution, family, architecture))
    assert package.package(version) == f"{GLOBAL}/{path.format(version)}"
    assert package.signature_of(version) == f"{GLOBAL}/{path.format(version)}.sig"


@pytest.mark.parametrize(
    ("region", "address"),
    [
        (None, f"{GLOBAL}/"),
        ("", f"{GLOBAL}/"),
        ("eu-west-1", "https://amazoncloudwatch-agent-eu-west-1.s3.eu-west-1.amazonaws.com/"),
        ("us-gov-west-1", "https://amazoncloudwatch-agent-us-gov-west-1.s3.us-gov-west-1.amazonaws.com/"),
        ("cn-north-1", "https://amazoncloudwatch-agent-cn-north-1.s3.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_the_bucket_of_a_region(region, address):
    assert bucket_address(region) == address


@pytest.mark.parametrize(
    ("distribution", "family", "architecture", "said"),
    [
        ("Fedora", "RedHat", "x86_64", "AWS has no CloudWatch agent for Fedora: supported are AlmaLinux, Amazon, "),
        ("Alpine", "Alpine", "x86_64", "AWS has no CloudWatch agent for Alpine"),
        ("Debian", "Debian", "armv7l", "AWS has no CloudWatch agent for Debian on armv7l."),
        ("Debian", "Debian", "i386", "on i386"),
        ("Microsoft Windows Server 2022", "Windows", "ARM 64-bit Processor", "on ARM 64-bit Processor"),
        ("Microsoft Windows Server 2022", "Windows", "32-bit", "on 32-bit"),
    ],
)
def test_what_aws_has_no_agent_for(distribution, family, architecture, said):
    with pytest.raises(SweepError) as refused:
        platform_of(distribution, family, architecture)
    assert said in str(refused.value)


DEBIAN = platform_of("Debian", "Debian", "x86_64")


@pytest.mark.parametrize(
    ("address", "signature", "package", "expected"),
    [
        ("s3://b/tree/", None, f"s3://b/tree/debian/amd64/{VERSION}/amazon-cloudwatch-agent.deb", None),
        ("s3://b/agent.deb", None, "s3://b/agent.deb", "s3://b/agent.deb.sig"),
        ("https://h/a.deb", "s3://b/a.sig", "https://h/a.deb", "s3://b/a.sig"),
        ("https://h/a.deb?token=x", None, "https://h/a.deb?token=x", "https://h/a.deb.sig?token=x"),
    ],
)
def test_mirrors_and_single_packages(address, signature, package, expected):
    found = Package(address, DEBIAN, signature)
    assert found.package(VERSION) == package
    assert found.signature_of(VERSION) == (expected or f"{package}.sig")


def test_where_a_mirror_says_what_is_latest():
    assert Package("s3://b/tree/", DEBIAN).latest_version_file == "s3://b/tree/info/latest/CWAGENT_VERSION"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("latest", "latest"),
        (f"{VERSION}\n", VERSION),
        # as dpkg and rpm tell it
        (f"{VERSION}-1", VERSION),
        ("1.247358.0b252413", "1.247358.0b252413"),
    ],
)
def test_versions(given, found):
    assert normal_version(given) == found


@pytest.mark.parametrize("given", ["", "newest", "1", "../1.2", "1.2/3", "v1.2.3", "Latest"])
def test_what_is_no_version(given):
    with pytest.raises(SweepError, match="it must be `latest` or a version such as"):
        normal_version(given)
