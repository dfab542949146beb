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
from itertools import count

import boto3
from botocore.exceptions import ClientError

#: what a sweep may have been faster at, or what is so already
EXPECTED = ("InvalidVolume.NotFound", "InvalidSnapshot.NotFound", "InvalidID", "VolumeInUse", "IncorrectState")
KEEP = [{"Key": "Keep", "Value": "true"}]
LONGEST_PAUSE_SECONDS = 0.04
MOST = 120


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
        """Do one thing to one resource. Raises ClientError for what nobody expects."""
        makes, uses = self._make, (self._attach, self._detach, self._tag, self._untag, self._register)
        ways = [makes] * (4 if len(self.volumes) + len(self.snapshots) < MOST else 0) + list(uses)
        try:
            self._chance.choice(ways)()
        except ClientError as error:
            if error.response["Error"]["Code"] not in EXPECTED:
                raise

    def _make(self) -> None:
        made = self._ec2.create_volume(Size=1, AvailabilityZone=self._zone)["VolumeId"]
        self.volumes.append(made)
        if self._chance.random() < 0.3:
            self.snapshots.append(self._ec2.create_snapshot(VolumeId=made)["SnapshotId"])

    def _attach(self) -> None:
        if volume := self._one([name for name in self.volumes if name not in self.attached]):
            device, instance = f"/dev/xvd{next(self._numbers)}", self._chance.choice(self._instances)
            try:
                self._ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=device)
                self.attached[volume] = instance
            except ClientError as error:
                if error.response["Error"]["Code"].endswith("NotFound"):
                    self.volumes.remove(volume)
                raise

    def _detach(self) -> None:
        if volume := self._one(list(self.attached)):
            self._ec2.detach_volume(VolumeId=volume, InstanceId=self.attached.pop(volume))

    def _tag(self) -> None:
        if name := self._one(self.volumes + self.snapshots):
            self._ec2.create_tags(Resources=[name], Tags=KEEP)

    def _untag(self) -> None:
        if name := self._one(self.volumes + self.snapshots):
            self._ec2.delete_tags(Resources=[name], Tags=KEEP)

    def _register(self) -> None:
        if (snapshot := self._one(self.snapshots)) and self._chance.random() < 0.2:
            mapping = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}
            name = f"image-{next(self._numbers)}"
            self._ec2.register_image(Name=name, RootDeviceName="/dev/sda1", BlockDeviceMappings=[mapping])

    def _one(self, names: list[str]) -> str | None:
        return self._chance.choice(names) if names else None


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
