# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patch ids and filters by operating system, against the pages that patch_baseline_patches.py and
patch_baseline_options.py name."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.sysops.aws.plugins.module_utils.ssm.patch_baseline import PatchBaseline
from ansible_collections.sysops.aws.plugins.module_utils.ssm.patch_baseline_options import (
    ARGUMENT_SPEC,
    COMPLIANCE_LEVELS,
    FILTER_KEYS,
    OPERATING_SYSTEMS,
)
from ansible_collections.sysops.aws.plugins.module_utils.ssm.patch_baseline_patches import check_patches
from ansible_collections.sysops.aws.plugins.module_utils.sweep.errors import SweepError
from botocore.session import get_session

YUM = ("AMAZON_LINUX", "AMAZON_LINUX_2", "AMAZON_LINUX_2023", "CENTOS", "ORACLE_LINUX", "REDHAT_ENTERPRISE_LINUX",
       "ROCKY_LINUX", "ALMA_LINUX")  # fmt: skip
APT = ("UBUNTU", "DEBIAN", "RASPBIAN")


def validated(**options: Any) -> dict[str, Any]:
    result = ArgumentSpecValidator(ARGUMENT_SPEC).validate({"name": "test", **options})
    assert result.error_messages == []
    return {"state": "present", **result.validated_parameters}


def model_enum(shape: str) -> set[str]:
    return set(get_session().get_service_model("ssm").shape_for(shape).enum)


def test_the_choices_are_those_of_the_service():
    assert set(OPERATING_SYSTEMS) == FILTER_KEYS.keys() == model_enum("OperatingSystem")
    assert {key for keys in FILTER_KEYS.values() for key in keys} <= model_enum("PatchFilterKey")
    assert set(COMPLIANCE_LEVELS) == model_enum("PatchComplianceLevel")
    assert set(ARGUMENT_SPEC["rejected_patches_action"]["choices"]) == model_enum("PatchAction")
    status = ARGUMENT_SPEC["available_security_updates_compliance_status"]["choices"]
    assert set(status) == model_enum("PatchComplianceStatus")


@pytest.mark.parametrize(
    ("systems", "patch"),
    [
        (("WINDOWS",), "KB2032276"),
        (("WINDOWS",), "KB123456"),
        (("WINDOWS",), "MS10-048"),
        (YUM, "1234567"),
        (YUM, "CVE-2018-1234567"),
        (YUM, "RHSA-2017:0864"),
        (YUM, "ELSA-2025-123"),
        (YUM, "ALAS-2018-123"),
        (YUM, "ALAS2023-2025-123"),
        (YUM, "ALAS2KERNEL-5.10-2024-050"),
        (YUM, "dbus"),
        (YUM, "dbus.x86_64:1:1.12.28-1.amzn2023.0.1"),
        (YUM, "1:dbus-1.12.28"),
        (YUM, "example-pkg-*.abcd.x86_64"),
        (YUM, "*"),
        (("SUSE",), "SUSE-SLE-Example-Package-12-2018-123"),
        (("SUSE",), "example-pkg-2018.11.4-46.17.1.*.rpm"),
        (APT, "ExamplePkg33"),
        (APT, "libstdc++6"),
        (APT, "linux-image-6.1.0-18-amd64"),
        (("MACOS",), "macOS Monterey 12.6"),
        (("MACOS",), "Safari"),
    ],
)
def test_a_patch_of_the_right_shape_is_taken(systems, patch):
    for system in systems:
        check_patches(system, [patch], [])


@pytest.mark.parametrize(
    ("systems", "patch"),
    [
        (("WINDOWS",), "2032276"),
        (("WINDOWS",), "kb2032276"),
        (("WINDOWS",), "KB20322761234"),
        (("WINDOWS",), "KB"),
        (("WINDOWS",), "MS10-48"),
        (("WINDOWS",), "CVE-2018-1234567"),
        (("WINDOWS",), "KB2032276,KB2124261"),
        ((*YUM, *APT, "SUSE", "MACOS"), "KB2032276"),
        ((*YUM, *APT, "SUSE"), "two words"),
        ((*YUM, *APT, "SUSE", "MACOS"), "one,two"),
        ((*YUM, *APT, "SUSE", "MACOS", "WINDOWS"), ""),
        ((*YUM, *APT, "SUSE", "MACOS", "WINDOWS"), "x" * 101),
        (YUM, "CVE-18-1"),
        (("SUSE", *APT), "CVE-2018-1234567"),
        (APT, "openssl=1.1.1"),
        (APT, "openssl:amd64"),
        (APT, "openssl*"),
        (APT, "openssl_1.1.1_amd64"),
    ],
)
def test_a_patch_of_a_wrong_shape_is_named_with_what_to_write(systems, patch):
    for system in systems:
        for lists in (([patch], []), ([], [patch])):
            with pytest.raises(SweepError) as refused:
                check_patches(system, *lists)
            assert repr(patch) in str(refused.value)
            assert f"is no patch for {system}: write " in str(refused.value)


@pytest.mark.parametrize("patch", ["1234567", "CVE-2018-1234567", "RHSA-2017:0864", "ALAS-2018-123"])
def test_ids_are_approved_but_not_rejected(patch):
    check_patches("AMAZON_LINUX_2", [patch], [])
    with pytest.raises(SweepError, match=f"rejected_patches names {patch}: AMAZON_LINUX_2 rejects packages alone"):
        check_patches("AMAZON_LINUX_2", [], [patch])


@pytest.mark.parametrize("system", OPERATING_SYSTEMS)
def test_an_operating_system_takes_its_own_filters_and_no_others(system):
    for key in model_enum("PatchFilterKey") & {key for keys in FILTER_KEYS.values() for key in keys}:
        options = validated(operating_system=system, global_filters=[{"key": key, "values": ["*"]}])
        if key in FILTER_KEYS[system]:
            assert PatchBaseline(options).desired()["GlobalFilters"]["PatchFilters"][0]["Key"] == key
        else:
            with pytest.raises(SweepError, match=f"has the key {key}, which {system} doesn't have"):
                PatchBaseline(options)


@pytest.mark.parametrize("system", APT)
@pytest.mark.parametrize("option", [{"approve_after_days": 0}, {"approve_until_date": "2026-01-01"}])
def test_what_does_not_tell_its_release_has_no_delay(system, option):
    rule = {"patch_filters": [{"key": "PRIORITY", "values": ["Required"]}], **option}
    with pytest.raises(SweepError, match=f"is not for {system}, whose packages don't tell when they were released"):
        PatchBaseline(validated(operating_system=system, approval_rules=[rule]))


@pytest.mark.parametrize("system", ["WINDOWS", "MACOS"])
@pytest.mark.parametrize(
    "option",
    [
        {"approved_patches_enable_non_security": True},
        {"sources": [{"name": "corporate", "products": ["x"], "configuration": "x"}]},
        {"approval_rules": [{"patch_filters": [], "approve_after_days": 0, "enable_non_security": True}]},
    ],
)
def test_what_is_for_linux_is_refused_elsewhere(system, option):
    with pytest.raises(SweepError, match=f"is for Linux alone, not for {system}"):
        PatchBaseline(validated(operating_system=system, **option))


def test_only_what_is_said_is_desired():
    assert PatchBaseline(validated(operating_system="SUSE")).desired() == {"OperatingSystem": "SUSE"}
