# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to its exit, for the modules that work for the role cloudwatch_agent on the controller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

try:
    from botocore.config import Config
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..sweep.account import Connection, open_session
from ..sweep.credentials import load_credentials
from ..sweep.module import Module
from .choice import Controller
from .files import Files


def run_on_controller(
    work: Callable[[Mapping[str, Any], Controller], dict[str, Any]],
    argument_spec: Mapping[str, Any],
    **constraints: Any,
) -> None:
    """The whole of a module's `main`: `work` returns the result, or raises SweepError."""
    module = Module(argument_spec, **constraints)
    module.leave(lambda: work(module.params, _controller(module)))


def _controller(module: Module) -> Controller:
    """Raises SweepError."""
    ansible = module.ansible
    return Controller(
        files=_files(module.connection()),
        run=lambda command: ansible.run_command(list(command), environ_update={"LC_ALL": "C"}),
        gpg=ansible.get_bin_path("gpg"),
        directory=Path(ansible.tmpdir),
        check_mode=module.check_mode,
    )


def _files(connection: Connection) -> Files:
    # a URL signed in the older way is refused by newer regions and by KMS-encrypted buckets
    ours = Config(signature_version="s3v4", connect_timeout=10, retries={"mode": "standard", "max_attempts": 5})
    config = (connection.config or Config()).merge(ours)

    def make_client(region: str | None) -> Any:
        session = open_session(connection)
        load_credentials(session, connection.secrets)
        return session.client(
            "s3",
            region_name=region or connection.region,
            endpoint_url=connection.endpoint_url,
            verify=connection.verify,
            config=config,
        )

    return Files(make_client, own_endpoint=bool(connection.endpoint_url), secrets=connection.secrets)
