# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that uses an account at random: it makes volumes and snapshots, attaches, tags, detaches, registers AMIs.

`python -m tests.soak.mischief SEED REGION ...`, until its standard input ends; AWS_ENDPOINT_URL names the account.
It changes one thing after the other, so that what it did to a resource has an order.
"""

from __future__ import annotations

import os
import random
import select
import sys
import time
from collections.abc import Callable
from itertools import count

import boto3
from botocore.exceptions import ClientError

#: what a sweep may have been faster at, or what is so already
GONE = ("InvalidVolume.NotFound", "InvalidSnapshot.NotFound", "InvalidID")
EXPECTED = (*GONE, "VolumeInUse", "IncorrectState")
KEEP = [{"Key": "Keep", "Value": "true"}]
LONGEST_PAUSE_SECONDS = 0.04
MOST, NEWEST = 120, 10


class Mischief:
    """One region. `volumes` and `snapshots` are what it has made and not yet seen to be gone; `attached` where to."""

    def __init__(self, region: str, chance: random.Random) -> None:
        self._ec2 = boto3.client("ec2", region_name=region)
        self._zone = f"{region}a"
        self._chance = chance
        self._numbers = count(1)
        reservations = self._ec2.describe_instances()["Reservations"]
        self._instances = [instance["InstanceId"] for one in reservations for instance in one["Instances"]]
        self.volumes: list[str] = []
        self.snapshots: list[str] = []
        self.attached: dict[str, str] = {}

    def step(self) -> None:
        """Make something, or do one thing to one resource. Raises ClientError for what nobody expects."""
        ways = (
            (self._attach, [name for name in self.volumes if name not in self.attached]),
            (self._detach, list(self.attached)),
            (self._tag, self.volumes + self.snapshots),
            (self._untag, self.volumes + self.snapshots),
            (self._register, self.snapshots),
        )
        if len(self.volumes) + len(self.snapshots) < MOST and self._chance.random() < 0.4:
            self._make()
            return
        act, names = self._chance.choice(ways)
        if names:
            # the newest are what a run just looks at; the others keep the old ones from being forgotten
            newest = names[-NEWEST:] if self._chance.random() < 0.7 else names
            self._try(act, self._chance.choice(newest))

    def _try(self, act: Callable[[str], None], name: str) -> None:
        try:
            act(name)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in EXPECTED:
                raise
            if code in GONE:
                self._forget(name)

    def _forget(self, name: str) -> None:
        """Else all it had in hand would be gone after some minutes, and it would make nothing new."""
        for names in (self.volumes, self.snapshots):
            if name in names:
                names.remove(name)

    def _make(self) -> None:
        made = self._ec2.create_volume(Size=1, AvailabilityZone=self._zone)["VolumeId"]
        self.volumes.append(made)
        if self._chance.random() < 0.3:
            self.snapshots.append(self._ec2.create_snapshot(VolumeId=made)["SnapshotId"])

    def _attach(self, name: str) -> None:
        device, instance = f"/dev/xvd{next(self._numbers)}", self._chance.choice(self._instances)
        self._ec2.attach_volume(VolumeId=name, InstanceId=instance, Device=device)
        self.attached[name] = instance

    def _detach(self, name: str) -> None:
        self._ec2.detach_volume(VolumeId=name, InstanceId=self.attached.pop(name))

    def _tag(self, name: str) -> None:
        self._ec2.create_tags(Resources=[name], Tags=KEEP)

    def _untag(self, name: str) -> None:
        self._ec2.delete_tags(Resources=[name], Tags=KEEP)

    def _register(self, name: str) -> None:
        """Seldom: an AMI stays, and its snapshot with it, which makes room for others then."""
        if self._chance.random() >= 0.2:
            return
        mapping = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": name}}
        image = f"image-{next(self._numbers)}"
        self._ec2.register_image(Name=image, RootDeviceName="/dev/sda1", BlockDeviceMappings=[mapping])
        self._forget(name)


def main() -> None:
    seed, *regions = sys.argv[1:]
    chance = random.Random(int(seed))
    places = [Mischief(region, chance) for region in regions]
    print("at work", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        chance.choice(places).step()
        time.sleep(chance.uniform(0, LONGEST_PAUSE_SECONDS))


if __name__ == "__main__":
    main()
    # boto3's connections need no farewell
    os._exit(0)
