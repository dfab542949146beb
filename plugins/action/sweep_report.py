# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Action plugin of sysops.aws.sweep_report: it writes the report on the controller, in the process of the playbook."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.sysops.aws.plugins.plugin_utils.report.errors import ReportError
from ansible_collections.sysops.aws.plugins.plugin_utils.report.summary import failure_of, summary_of
from ansible_collections.sysops.aws.plugins.plugin_utils.report.table import render_table
from ansible_collections.sysops.aws.plugins.plugin_utils.report.writer import (
    findings_in,
    findings_of,
    write_report,
)

_ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "directory": {"type": "path", "required": True},
    "sweep": {"type": "dict", "required": True},
    "findings_path": {"type": "path"},
    "title": {"type": "str", "default": "Cost hygiene"},
    "quiet": {"type": "bool", "default": False},
    "fail": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Write and print the report of a sweep. In check mode too: it changes nothing in the account."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=_ARGUMENT_SPEC)
        if options["fail"] and "summary" not in options["sweep"] and options["sweep"].get("msg"):
            raise AnsibleActionFail(str(options["sweep"]["msg"]))
        try:
            summary = summary_of(options["sweep"])
            report = write_report(options["directory"], summary, _findings_path(options), options["title"])
        except ReportError as error:
            # Ansible would append the message of each cause
            raise AnsibleActionFail(str(error)) from None
        table = render_table(summary).splitlines()
        if not options["quiet"]:
            Display().display("\n".join(["", *table, "", f"Report: {report['html']}", ""]))
        if options["fail"] and (why := failure_of(options["sweep"], report["html"])):
            raise AnsibleActionFail(why)
        result.update(changed=False, report=report, table=table)
        return result


def _findings_path(options: dict[str, Any]) -> str:
    """The findings file: the one named, else one that holds a complete list in the result, else the directory's own."""
    if options["findings_path"]:
        return str(options["findings_path"])
    sweep = options["sweep"]
    if isinstance(sweep.get("findings"), list) and not sweep.get("findings_truncated"):
        return str(findings_of(options["directory"], sweep["findings"]))
    return str(findings_in(options["directory"]))
