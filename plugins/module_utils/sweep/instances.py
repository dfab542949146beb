# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances of EC2, without the reservations around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .region import Region, Resource


def instance_pages(region: Region, filters: Sequence[Resource]) -> Iterator[list[Resource]]:
    """Raises CallError."""
    for page in region.pages("ec2", "describe_instances", "Reservations", Filters=list(filters)):
        yield [instance for reservation in page for instance in reservation["Instances"]]
