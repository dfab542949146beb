# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error that the report raises."""

from __future__ import annotations


class ReportError(Exception):
    """The report can't be made. The message is one sentence: what, where, and what to do."""
