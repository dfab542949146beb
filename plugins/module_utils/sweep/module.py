# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How every module begins and ends: its options with the credentials hidden, and one way out.

Ansible hides a `no_log` option by cutting its value out of all that a module returns, ids and numbers too: with the
password `app`, the ARN of `app-db` comes out as that of `********-db`, and a role goes on with it. Here a secret is
hidden where it may be: in the options that are shown, and in texts that others wrote. What identifies stays whole.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils import basic
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from .account import Connection
from .errors import CallError, SweepError
from .options import lenient, nulls, secret_collections
from .result import COLLECTION_VERSION
from .secrets import DISTINCTIVE, Secrets, texts_in

#: without the environment variables, which botocore takes by itself and tells from options
CREDENTIALS: dict[str, Any] = {
    "access_key": {"type": "str", "aliases": ["aws_access_key_id", "aws_access_key"], "no_log": True},
    "secret_key": {"type": "str", "aliases": ["aws_secret_access_key", "aws_secret_key"], "no_log": True},
    "session_token": {"type": "str", "aliases": ["aws_session_token"], "no_log": True},
    "profile": {"type": "str", "aliases": ["aws_profile"]},
}
#: the return values in which somebody else's words stand, in which a secret may be quoted
FREE_TEXTS = frozenset(
    {"extra_connection_attributes", "external_table_definition", "init_query", "last_failure_message", "output"}
)


class Module:
    """An AnsibleAWSModule, and the secrets that it was given. Its options are read as `options` says, `filters` are the
    names of those that are filters. `free_texts` are the keys of those return values that quote what others wrote."""

    free_texts: Collection[str] = FREE_TEXTS
    #: what a defect breaks off, and what to do then
    work_name = "module"
    afterwards = "find out what had been done by then"

    def __init__(self, argument_spec: Mapping[str, Any], filters: Collection[str] = (), **constraints: Any) -> None:
        spec = lenient({**CREDENTIALS, **argument_spec}, filters)
        self.ansible = AnsibleAWSModule(argument_spec=spec, supports_check_mode=True, **constraints)
        self.ansible.params.update(nulls(basic._load_params(), argument_spec, filters))
        read = secret_collections(argument_spec, self.ansible.params)
        self.ansible.params.update(read)
        self.ansible.no_log_values.update(texts_in(read))
        self.secrets = Secrets.of_environment()
        self.secrets.add(self.ansible.no_log_values)

    @property
    def params(self) -> dict[str, Any]:
        params: dict[str, Any] = self.ansible.params
        return params

    @property
    def check_mode(self) -> bool:
        return bool(self.ansible.check_mode)

    @property
    def diff_mode(self) -> bool:
        return bool(self.ansible._diff)

    def warn(self, message: str) -> None:
        # AnsibleAWSModule's own would be shown with a deprecation of amazon.aws's
        warn(message)

    def connection(self, workers: int = 1) -> Connection:
        """Raises SweepError."""
        return Connection.of(self.params, self.secrets, workers)

    def leave(
        self, work: Callable[[], dict[str, Any]], told: Callable[[Exception], dict[str, Any]] | None = None
    ) -> None:
        """End the module with what `work` returns (with a `msg` as failed), or with one sentence for what it raises:
        `told` makes the result of a SweepError or CallError."""
        try:
            result = work()
        except (SweepError, CallError) as error:
            result = told(error) if told else {"msg": str(error)}
        except Exception as error:  # noqa: BLE001 - what a role registers to report it would hold no word of an exception
            text = self.secrets.redacted(traceback.format_exc())
            result = {"msg": self._defect(error), "exception": text}
        # no exception is pending here: Ansible would show its whole chain, with what the libraries quote
        self._end(result)

    def _end(self, result: dict[str, Any]) -> None:
        ansible, shown = self.ansible, {"module_args": self._shown_options()}
        # they are hidden below, and would be cut out of ids and numbers too
        ansible.no_log_values.clear()
        for warning in result.pop("warnings", []):
            self.warn(warning)
        if self.free_texts:
            result = self._without_secrets(result)
        if "msg" in result:
            result["msg"] = self.secrets.redacted(str(result["msg"]), at_least=DISTINCTIVE)
            ansible.fail_json(invocation=shown, **result)
        ansible.exit_json(invocation=shown, **result)

    def _shown_options(self) -> Any:
        """The options for -vvv: what is secret by its name, its value, or the look of it is hidden."""
        hidden = remove_values(self.params, self.ansible.no_log_values)
        return _mapped(hidden, self.secrets.redacted)

    def _without_secrets(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            quoted = self.free_texts
            if value.get("property") in quoted:
                quoted = {"before", "after"}
            return {
                key: _mapped(item, self.secrets.without_values) if key in quoted else self._without_secrets(item)
                for key, item in value.items()
            }
        return [self._without_secrets(item) for item in value] if isinstance(value, (list, tuple)) else value

    def _defect(self, error: Exception) -> str:
        """The sentence for what should not have happened."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = self.secrets.redacted(" ".join(str(error).split()))
        return (
            f"The {self.work_name} broke off with {type(error).__name__}: {text} ({Path(place.filename).name}, line"
            f" {place.lineno}), a defect of sysops.aws {COLLECTION_VERSION}: report it, and {self.afterwards}."
        )


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """With every text in lists and dicts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(item, change) for key, item in value.items()}
    return [_mapped(item, change) for item in value] if isinstance(value, (list, tuple)) else value
