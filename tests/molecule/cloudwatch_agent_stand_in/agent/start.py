# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service of the stand-in for the CloudWatch agent: translates its configurations, then waits, or dies."""

from __future__ import annotations

import signal
import sys
import time

import configuration

SECONDS_TO_LIVE = 4
try:
    configuration.translate()
except configuration.Refused as refused:
    sys.exit(f"E! {refused}")
reason = configuration.deadly()
if reason:
    time.sleep(SECONDS_TO_LIVE)
    sys.exit(reason)
with (configuration.HOME / "logs" / "amazon-cloudwatch-agent.log").open("a", encoding="utf-8") as log:
    log.write("I! the stand-in for the CloudWatch agent has started; it sends nothing\n")
signal.pause()
