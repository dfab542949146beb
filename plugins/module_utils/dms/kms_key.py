# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The KMS key of a DMS resource, as an operator writes it and as DMS tells it. Pure."""

from __future__ import annotations

from ..sweep.errors import SweepError


def refuse_alias(key: str | None) -> None:
    """Raises SweepError."""
    if "alias/" in (key or ""):
        raise SweepError(
            f"kms_key_id {key!r} is an alias, of which DMS doesn't tell the key: write the key's ARN or id."
        )


def is_id_of(key: str, arn: str) -> bool:
    """Whether a key written by its id is the one of which DMS tells the ARN."""
    return arn.endswith(f":key/{key}")
