# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugin of sysops.aws.dms_migration_wait: it shows how far the task is, while the module waits."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.sysops.aws.plugins.plugin_utils.following import Follower


def show(lines: Sequence[str]) -> None:
    for line in lines:
        Display().display(f"  {json.loads(line)['progress']}")


class ActionModule(ActionBase):
    """Run the module of the same name. Where that is not the controller, its file can't be read: it waits mutely."""

    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if self._connection.transport != "local" or "progress_path" in arguments:
            result.update(self._wait(arguments, task_vars))
            return result
        with tempfile.TemporaryDirectory(dir=constants.DEFAULT_LOCAL_TMP) as directory:
            path = Path(directory) / "progress.jsonl"
            path.touch()
            follower = Follower(path, show)
            follower.start()
            try:
                result.update(self._wait({**arguments, "progress_path": str(path)}, task_vars))
            finally:
                follower.finish()
        return result

    def _wait(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        done: dict[str, Any] = self._execute_module(
            module_name="sysops.aws.dms_migration_wait", module_args=arguments, task_vars=task_vars
        )
        return done
