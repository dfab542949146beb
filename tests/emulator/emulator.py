# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulated account: moto in this process behind the front layer, built from a scale and a seed."""

from __future__ import annotations

import os
from collections import Counter
from types import TracebackType
from typing import Any

from .regions import ENABLED
from .settings import Settings

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"


class Emulator:
    """A server on 127.0.0.1 with one built account set; a context manager. moto's state is global: one a process."""

    def __init__(
        self,
        scale: str = "demo",
        seed: int = 1,
        latency_ms: float = 0,
        port: int = 0,
        snapshot_seconds: float = 0,
    ) -> None:
        """`scale` is demo, S, M, L, none (an empty account) or orphans-N (nothing but N orphan volumes).
        `snapshot_seconds` is how long a new snapshot is pending. Raises ValueError on another scale."""
        os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        from .front import Front
        from .server import Server

        self.front = Front(DomainDispatcherApplication(create_backend_app), latency_ms)
        self._server = Server(self.front, port)
        self._snapshot_seconds = snapshot_seconds
        self.reset(scale, seed)

    def __enter__(self) -> Emulator:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def faults(self) -> Any:
        """See tests.emulator.faults.Faults."""
        return self.front.faults

    @property
    def settings(self) -> Settings:
        """What AWS takes its time over and fails at; `reset` puts it back."""
        return self.front.settings

    @property
    def calls(self) -> Counter[tuple[str, str, str, str]]:
        """How often each (account, region, service, operation) was called."""
        return self.front.calls

    @property
    def manifest(self) -> list[dict[str, Any]]:
        """One dict a resource: what it is and what a sweep with default options should do (see account.Expected)."""
        return self.front.manifest

    def reset(self, scale: str = "demo", seed: int = 1) -> None:
        """Forget everything and build anew; calls, faults and settings are cleared too."""
        from .account import build

        self.front.forget()
        self.front.settings = Settings(snapshot_seconds=self._snapshot_seconds)
        self._sites: dict[tuple[str, str, int], Any] = {}
        self.front.manifest = build(scale, seed)

    def site(self, region: str = ENABLED[0], account_id: str = ACCOUNT, seed: int = 1) -> Any:
        """A place for the functions of tests.emulator.building to add to; what they add is in the manifest too."""
        from .account import site

        place = (account_id, region, seed)
        if place not in self._sites:  # its ids go on where they were left
            self._sites[place] = site(*place, self.manifest)
        return self._sites[place]

    def environment(self) -> dict[str, str]:
        """The variables that point any AWS tool here, with credentials of the first account."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_DEFAULT_REGION": ENABLED[0],
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self, service: str, region: str = ENABLED[0], account_id: str | None = None) -> Any:
        """A boto3 client of this account, or of another one through sts:AssumeRole."""
        import boto3

        keys = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}
        if account_id not in (None, ACCOUNT):
            role = f"arn:aws:iam::{account_id}:role/emulated"
            sts = self.client("sts")
            granted = sts.assume_role(RoleArn=role, RoleSessionName="emulated")["Credentials"]
            keys = {
                "aws_access_key_id": granted["AccessKeyId"],
                "aws_secret_access_key": granted["SecretAccessKey"],
                "aws_session_token": granted["SessionToken"],
            }
        return boto3.client(service, region_name=region, endpoint_url=self.url, **keys)

    def state(self) -> dict[tuple[str, str, str, str], dict[str, Any]]:
        """Everything that exists now, by (account, region, resource_type, resource_id), from moto's own objects."""
        from .state import read_state

        return read_state()
