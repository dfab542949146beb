# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patch ids and package names, as the lists of approved and rejected patches take them.

https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-approved-rejected-package-name-formats.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..sweep.errors import SweepError
from .common import check_count, check_distinct

LONGEST_LIST = 50
LONGEST_ID = 100

KNOWLEDGE_BASE = re.compile(r"KB[0-9]{5,8}")
BULLETIN = re.compile(r"MS[0-9]{2}-[0-9]{3}")
CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")
BUGZILLA = re.compile(r"[0-9]+")
ADVISORY = re.compile(r"(?:RH[SBE]A|EL[SBE]A|ALAS[0-9A-Z.-]*?)-[0-9]{4}[:-][0-9]+")
# name, version, release, epoch and architecture in any of their orders, with wildcards
RPM_PACKAGE = re.compile(r"[A-Za-z0-9_*][A-Za-z0-9_.+~^:*-]*")
DEB_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
MAC_PACKAGE = re.compile(r"[^\s,][^,\n]*")
# what isn't said of a package, but would pass for its name
FOREIGN = re.compile(r"(?:kb[0-9]+|ms[0-9]{2}-[0-9]{3}|cve-.*)", re.IGNORECASE)


@dataclass(frozen=True)
class Formats:
    """What an operating system's lists take: `ids` are approved alone, `packages` approved and rejected."""

    ids: Sequence[re.Pattern[str]]
    packages: re.Pattern[str]
    words: str


WINDOWS = Formats((), re.compile(f"{KNOWLEDGE_BASE.pattern}|{BULLETIN.pattern}"), "KB2032276 or MS10-048")
YUM = Formats(
    (CVE, ADVISORY, BUGZILLA),
    RPM_PACKAGE,
    "a package (kernel, dbus.x86_64, example-pkg-*.x86_64) or, to approve, CVE-2018-1234567, ALAS-2018-123,"
    " RHSA-2017:0864 or a Bugzilla number",
)
ZYPPER = Formats(
    (), RPM_PACKAGE, "a package (SUSE-SLE-Example-Package-12-2018-123, example-pkg-2018.11.4-46.17.1.*.rpm)"
)
APT = Formats((), DEB_PACKAGE, "a package's name without version, architecture and wildcard (openssl)")
MAC = Formats((), MAC_PACKAGE, "a package's name (Safari)")


def formats_of(operating_system: str) -> Formats:
    """Of one of CreatePatchBaseline's operating systems."""
    special = {"WINDOWS": WINDOWS, "SUSE": ZYPPER, "UBUNTU": APT, "DEBIAN": APT, "RASPBIAN": APT, "MACOS": MAC}
    return special.get(operating_system, YUM)


def check_patches(operating_system: str, approved: Sequence[str] | None, rejected: Sequence[str] | None) -> None:
    """Raises SweepError for the first id that the operating system's lists don't take, or that is in both."""
    for option, patches in (("approved_patches", approved), ("rejected_patches", rejected)):
        check_count(option, patches, LONGEST_LIST)
        check_distinct(option, patches or [])
        for patch in patches or []:
            _check_patch(option, patch, operating_system)
    for patch in approved or []:
        if patch in (rejected or []):
            raise SweepError(f"{patch} is in approved_patches and in rejected_patches: leave it in one of them.")


def _check_patch(option: str, patch: str, operating_system: str) -> None:
    formats = formats_of(operating_system)
    if len(patch) <= LONGEST_ID:
        if any(pattern.fullmatch(patch) for pattern in formats.ids):
            if option == "approved_patches":
                return
            raise SweepError(
                f"{option} names {patch}: {operating_system} rejects packages alone, so write the package's name."
            )
        foreign = operating_system != "WINDOWS" and FOREIGN.fullmatch(patch)
        if formats.packages.fullmatch(patch) and not foreign:
            return
    raise SweepError(
        f"{option} names {patch!r}, which is no patch for {operating_system}: write {formats.words},"
        f" {LONGEST_ID} characters at the most."
    )
