# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: aggregate
version_added: 0.3.0
short_description: Show how far a sweep is while it works
description:
  - Shows one line with the regions that are done, the resources that were examined and found, the actions that were
    done and failed, the rate, and what remains. On a terminal the line is live, in a log it is repeated every few
    seconds.
  - It is fed by the modules of the sweep family (M(sysops.aws.sweep) and the checks), which append to a file whose
    path they get in the environment variable E(SYSOPS_AWS_PROGRESS). So it speaks of sweeps that run on the
    controller, with C(connection=local); of others it knows nothing.
  - What a sweep finds, does and returns is the same with it and without it.
requirements:
  - Enabled in configuration, as C(callbacks_enabled = sysops.aws.progress) in section C([defaults]) of
    C(ansible.cfg), or by E(ANSIBLE_CALLBACKS_ENABLED).
options:
  mode:
    description:
      - V(live) for one line that is written over itself, V(log) for a plain line every O(interval) seconds.
      - V(auto) is V(live) on a terminal, and V(log) elsewhere and in automation controller, AWX and ansible-runner.
    type: str
    choices: [auto, live, log]
    default: auto
    env:
      - name: SYSOPS_AWS_PROGRESS_MODE
    ini:
      - section: callback_progress
        key: mode
  interval:
    description:
      - Seconds between two lines in a log.
    type: float
    default: 5
    env:
      - name: SYSOPS_AWS_PROGRESS_INTERVAL
    ini:
      - section: callback_progress
        key: interval
author:
  - Contributors to the sysops.aws collection (@sysops-aws)
"""

EXAMPLES = r"""
# ANSIBLE_CALLBACKS_ENABLED=sysops.aws.progress ansible-playbook sysops.aws.cost_hygiene
#
# Sweep: 12/17 regions, 3,204 examined (1,410/s), 1,911 found, 0 changed, 0 failed; 5 regions remaining
#
# or, for good, in ansible.cfg:
#
# [defaults]
# callbacks_enabled = sysops.aws.progress
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible_collections.sysops.aws.plugins.plugin_utils.following import Follower
from ansible_collections.sysops.aws.plugins.plugin_utils.progress import Progress

PATH_VARIABLE = "SYSOPS_AWS_PROGRESS"
# up one line, and away with what stands there
OVER_THE_LAST_LINE = "\x1b[1A\x1b[2K"


class CallbackModule(CallbackBase):
    """Reads what sweeps append to a file, in a thread that lives as long as the playbook."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "sysops.aws.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._progress = Progress()
        self._follower: Follower | None = None
        self._path = ""
        self._live = False
        #: whether the last line on the terminal is ours, to be written over
        self._ours = False
        self._due = 0.0
        if sys.stdout.isatty():
            # for each of these ansible-core copies the whole result of each task: only a live line has to know of them
            for event in ("ok", "failed", "skipped", "unreachable"):
                setattr(self, f"v2_runner_on_{event}", self._leave_line)

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._live = is_live(self.get_option("mode"), os.environ, sys.stdout.isatty())
        handle, self._path = tempfile.mkstemp(prefix="progress-", dir=constants.DEFAULT_LOCAL_TMP)
        os.close(handle)
        # workers are forked from this process, and modules started by them
        os.environ[PATH_VARIABLE] = self._path
        self._follower = Follower(Path(self._path), self._take)
        self._follower.start()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        os.environ.pop(PATH_VARIABLE, None)
        if self._follower:
            self._follower.finish()
        with suppress(OSError):
            os.unlink(self._path)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._leave_line()

    def _leave_line(self, *_result: Any, **_options: Any) -> None:
        self._ours = False

    def _take(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._progress.take(line)
            if self._progress.done:
                self._show()
        if not self._progress.done and (self._live or time.monotonic() >= self._due):
            self._show()

    def _show(self) -> None:
        line = self._progress.line()
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            line = f"{OVER_THE_LAST_LINE if self._ours else ''}{line[:width]}"
        self._display.display(line, screen_only=self._live)
        sys.stdout.flush()
        self._ours = not self._progress.done
        self._due = time.monotonic() + float(self.get_option("interval"))


def is_live(mode: str, environment: Mapping[str, str], terminal: bool) -> bool:
    """Whether to write a line over itself: ansible-runner, and so AWX, gives its playbooks a terminal that is none."""
    if mode != "auto":
        return bool(mode == "live")
    runner = "AWX_ISOLATED_DATA_DIR" in environment
    return terminal and not runner and environment.get("TERM", "dumb") != "dumb"
