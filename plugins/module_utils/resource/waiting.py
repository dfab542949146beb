# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until a resource is in a state, by botocore's waiters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.waiter import custom_waiter_config

try:
    from botocore.exceptions import BotoCoreError, ClientError, WaiterError
except ImportError:
    pass  # AnsibleAWSModule says that it is missing

from ..sweep.errors import CallError, SweepError
from ..sweep.region import Region
from .resource import Goal, Resource

PAUSE_SECONDS = 5


class NotReachedError(SweepError):
    """A resource did not come into the state that was waited for. What was done before stays done."""


@dataclass(frozen=True)
class Waiting:
    """`client` is the boto3 client of the resource's service, `timeout` the seconds for each wait."""

    resource: Resource
    region: Region
    client: Any
    timeout: int

    def until(self, goal: Goal | None) -> None:
        """At once where there is no goal. Raises NotReachedError or CallError."""
        if goal is None:
            return
        waiter = self.resource.waiters.get_waiter(self.client, goal.waiter)
        try:
            waiter.wait(**self.resource.identity, WaiterConfig=custom_waiter_config(self.timeout, PAUSE_SECONDS))
        except WaiterError as error:
            raise self._not_reached(goal, error) from error
        except (BotoCoreError, ClientError) as error:
            raise CallError.of(self.resource.service, waiter.config.operation, error, self.region.secrets) from error

    def _not_reached(self, goal: Goal, error: WaiterError) -> Exception:
        answer = error.last_response or {}
        if "Error" in answer:
            failed = ClientError(answer, goal.waiter)
            return CallError.of(self.resource.service, goal.waiter, failed, self.region.secrets)
        current = self.resource.describe(self.region)
        state = "it no longer exists" if current is None else self.resource.unfinished(current)
        gave_up = "Max attempts exceeded" in str(error)
        return NotReachedError(
            f"{self.resource.kind} {self.resource.name} did not become {goal.words}"
            + (f" within {self.timeout} seconds" if gave_up else "")
            + (f": {state}" if state else "")
            + (". Start again with a longer wait_timeout: what is done stays done." if gave_up else ".")
        )
