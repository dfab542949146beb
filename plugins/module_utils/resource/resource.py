# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a kind of AWS resource has to say for itself. The engine does everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ..sweep.region import Region
from .properties import Change, Properties, differences


@dataclass(frozen=True)
class Goal:
    """A state to wait for: the name of its waiter, and words that fit after `did not become`."""

    waiter: str
    words: str


@dataclass(frozen=True)
class Step:
    """A call that changes some properties of a resource which exists. It is made if one of them differs.

    `call` gets the resource as it is and the changes by property, and raises CallError. `in_create` tells whether
    creating the resource says these properties already; those that it can't say are set by their steps as soon as the
    resource has settled.
    """

    properties: Sequence[str]
    call: Callable[[Region, Properties, Mapping[str, Change]], None]
    in_create: bool = True


@dataclass(frozen=True)
class Move:
    """A call that brings a resource which exists into another state, as starting and stopping do.

    `call` gets the resource as it is. `done` is the word for the move when it is made. `change` is what differs after
    all moves; None where a later move puts it back. `reached` is waited for in any case.
    """

    done: str
    call: Callable[[Region, Properties], None]
    change: Change | None = None
    reached: Goal | None = None


@dataclass(frozen=True)
class Moves:
    """What is to be made before the properties are changed, or the resource deleted, and what afterwards."""

    before: Sequence[Move] = ()
    after: Sequence[Move] = ()

    @property
    def any(self) -> bool:
        return bool(self.before or self.after)

    @property
    def changes(self) -> dict[str, Change]:
        return {move.change.name: move.change for move in (*self.before, *self.after) if move.change}


class Resource:
    """One resource, made from a module's options, which it refuses with a SweepError where they make no sense.

    Its methods speak AWS's names and raise CallError. None of them knows of check mode, of waiting, or of Ansible.
    """

    #: the kind in words, the boto3 client's name, and the key of the module's return values
    kind: ClassVar[str]
    service: ClassVar[str]
    returned_as: ClassVar[str]
    #: the option that names it
    named_by: ClassVar[str] = "name"
    #: properties that AWS can't change, each with what to do instead
    immutable: ClassVar[Mapping[str, str]] = {}
    #: an amazon.aws BaseWaiterFactory, and the goals: ready for a change, ready for deletion, gone, fit for use.
    #: A resource that is there as soon as AWS has answered has none of them.
    waiters: ClassVar[Any] = None
    settled: ClassVar[Goal | None] = None
    deletable: ClassVar[Goal | None] = None
    deleted: ClassVar[Goal | None] = None
    finished: Sequence[Goal] = ()

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Raises SweepError for the first option that makes no sense."""
        self._options = options

    @property
    def name(self) -> str:
        name: str = self._options[self.named_by]
        return name

    @property
    def identity(self) -> Mapping[str, Any]:
        """The parameters that name the resource in every call, and so in a waiter's."""
        raise NotImplementedError

    @property
    def steps(self) -> Sequence[Step]:
        """In the order in which they are to be made."""
        raise NotImplementedError

    def prepare(self, region: Region) -> None:
        """Look up what the options name. Raises SweepError for what isn't there."""

    def describe(self, region: Region) -> Properties | None:
        """What there is now, or None. `Tags` is a dict."""
        raise NotImplementedError

    def desired(self) -> Properties:
        """What there should be. Properties that are left out are left alone. Tags are the engine's."""
        raise NotImplementedError

    def compare(self, current: Properties, desired: Properties) -> dict[str, Change]:
        """The changes by property, where AWS's terms are not those of `differences`."""
        return differences(current, desired)

    def moves(self, region: Region, current: Properties | None, changes: Mapping[str, Change]) -> Moves:
        """The moves that the wanted state takes. Raises SweepError for those that can't or may not be made."""
        return Moves()

    def warnings(self, current: Properties | None) -> Sequence[str]:
        """What the operator has to know of a resource that is there, or is to be created, and that fails nothing."""
        return ()

    def preflight(self, region: Region, changes: Mapping[str, Change]) -> None:
        """Raise SweepError for what AWS would refuse only when half of the changes are made."""

    def refuse_deletion(self, region: Region, current: Properties) -> None:
        """Raise SweepError for what must not be deleted, or what AWS would refuse to delete."""

    def leaving(self, current: Properties) -> bool:
        """Whether it is being deleted already."""
        return False

    def unfinished(self, current: Properties) -> str | None:
        """What keeps it from being fit for use, in words, or None."""
        return None

    def create(self, region: Region, desired: Properties) -> None:
        raise NotImplementedError

    def delete(self, region: Region, current: Properties) -> None:
        raise NotImplementedError

    def tag(self, region: Region, current: Properties, tags: Mapping[str, str]) -> None:
        raise NotImplementedError

    def untag(self, region: Region, current: Properties, keys: Sequence[str]) -> None:
        raise NotImplementedError
