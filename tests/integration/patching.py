# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small fleet whose machines answer AWS-RunPatchBaseline, for the tests of the patching roles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.emulator import Emulator
from tests.emulator.building.instances import PLAIN, add_instance
from tests.emulator.services.ssm_instances import manage
from tests.emulator.services.ssm_patch_states import PatchedMachine

REGION, ACCOUNT = "us-east-1", "123456789012"


@dataclass
class Fleet:
    """Instances by name; `machines` hold what is missing on each, and what was asked of it."""

    aws: Emulator
    ids: dict[str, str] = field(default_factory=dict)
    machines: dict[str, PatchedMachine] = field(default_factory=dict)

    @property
    def ssm(self) -> Any:
        from moto.ssm.models import ssm_backends

        return ssm_backends[ACCOUNT][REGION]

    @property
    def ec2(self) -> Any:
        return self.aws.site(REGION).ec2

    def add(self, name: str, group: str = "test", ping_status: str = "Online", **machine: int) -> str:
        """A managed instance of a patch group, with so many patches `missing` and `failing`, scanned once."""
        instance = add_instance(self.aws.site(REGION), PLAIN, name, tags={"PatchGroup": group}, root=False)
        self.ids[name] = instance.id
        self.machines[name] = PatchedMachine(self.ssm, instance.id, group=group, **machine)
        manage(self.ssm, instance.id, machine=self.machines[name], ping_status=ping_status)
        self.machines[name]({"Operation": ["Scan"]})
        self.machines[name].operations = ()
        return self.ids[name]

    def images(self, name: str) -> list[str]:
        """Which images there are of an instance, oldest first: before, after."""
        made = [i for i in self.ec2.amis.values() if i.instance_id == self.ids[name]]
        return [self.ec2.tags[i.id]["sysops:patch-image"] for i in sorted(made, key=lambda i: i.creation_date)]

    def tags(self, name: str) -> dict[str, str]:
        return dict(self.ec2.tags[self.ids[name]])
