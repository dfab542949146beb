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

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info

from ..sweep.errors import SweepError
from ..sweep.options import open_module
from .choice import Controller
from .files import Files


def run_on_controller(
    work: Callable[[Mapping[str, Any], Controller], dict[str, Any]],
    argument_spec: Mapping[str, Any],
    **constraints: Any,
) -> None:
    """The whole of a module's `main`: `work` returns the result, or raises SweepError."""
    module = open_module(argument_spec, **constraints)
    controller = Controller(
        files=_files(module),
        run=lambda command: module.run_command(list(command), environ_update={"LC_ALL": "C"}),
        gpg=module.get_bin_path("gpg"),
        directory=Path(module.tmpdir),
        check_mode=module.check_mode,
    )
    try:
        result = work(module.params, controller)
    except SweepError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)


def _files(module: Any) -> Files:
    _region, endpoint_url, _parameters = get_aws_connection_info(module)

    def make_client(region: str | None) -> Any:
        # a URL signed in the older way is refused by newer regions and by KMS-encrypted buckets
        config = Config(signature_version="s3v4", connect_timeout=10, retries={"mode": "standard", "max_attempts": 5})
        return module.client("s3", config=config, **({"region": region} if region else {}))

    return Files(make_client, own_endpoint=bool(endpoint_url))
