# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a JSON value may look like, as small objects: each tells what is wrong, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Protocol

SECONDS_OF_TWO_DAYS = 172800


class Shape(Protocol):
    def problems(self, value: Any, path: str) -> Iterator[str]:
        """`path: what is wrong` for each thing that is; `path` is like `metrics.metrics_collected.mem`."""


@dataclass(frozen=True)
class Anything:
    """Not looked into: the agent itself says what is wrong there."""

    def problems(self, value: Any, path: str) -> Iterator[str]:
        yield from ()


@dataclass(frozen=True)
class Text:
    longest: int = 4096
    shortest: int = 1
    choices: tuple[str, ...] = ()

    def problems(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"{path}: must be text, not {told(value)}"
        elif self.choices and value not in self.choices:
            yield f"{path}: {value!r} is none of {', '.join(self.choices)}{meant(value, self.choices)}"
        elif not self.shortest <= len(value) <= self.longest:
            yield f"{path}: must have {self.shortest} to {self.longest} characters, not {len(value)}"


@dataclass(frozen=True)
class Boolean:
    def problems(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield f"{path}: must be true or false, not {told(value)}"


@dataclass(frozen=True)
class Whole:
    """A whole number. `unit` is for the message."""

    least: int = 1
    most: int = SECONDS_OF_TWO_DAYS
    unit: str = "seconds"

    def problems(self, value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield f"{path}: must be a whole number of {self.unit}, not {told(value)}"
        elif not self.least <= value <= self.most:
            yield f"{path}: must be {self.least} to {self.most} {self.unit}, not {value}"


@dataclass(frozen=True)
class OneOf:
    """One of a few numbers."""

    values: tuple[int, ...]

    def problems(self, value: Any, path: str) -> Iterator[str]:
        if isinstance(value, bool) or value not in self.values:
            yield f"{path}: {told(value)} is none of {', '.join(str(one) for one in self.values)}"


@dataclass(frozen=True)
class Many:
    """A list, whose elements have one shape."""

    of: Shape
    least: int = 0
    most: int = 16384
    unique: bool = False

    def problems(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: must be a list, not {told(value)}"
            return
        if not self.least <= len(value) <= self.most:
            yield f"{path}: must have {self.least} to {self.most} elements, not {len(value)}"
        for place, element in enumerate(value):
            if self.unique and element in value[:place]:
                yield f"{path}[{place}]: {told(element)} is listed twice"
            yield from self.of.problems(element, f"{path}[{place}]")


@dataclass(frozen=True)
class TextOr:
    """Text, or something else."""

    text: Text
    other: Shape

    def problems(self, value: Any, path: str) -> Iterator[str]:
        chosen = self.text if isinstance(value, (str, int, float, list)) or value is None else self.other
        yield from chosen.problems(value, path)


@dataclass(frozen=True)
class Keys:
    """A dictionary. `rest` is the shape of keys that aren't named; None: there may be none.

    Of `any_of` one key at least must be there.
    """

    named: Mapping[str, Shape] = field(default_factory=dict)
    rest: Shape | None = None
    required: Sequence[str] = ()
    any_of: Sequence[str] = ()
    least: int = 0
    most: int | None = None

    def problems(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, Mapping):
            yield f"{path}: must be a dictionary, not {told(value)}"
            return
        yield from self._missing(value, path)
        for key, inner in value.items():
            shape = self.named.get(key, self.rest)
            if shape is None:
                yield f"{joined(path, key)}: there is no such key here{meant(str(key), self.named)}"
            else:
                yield from shape.problems(inner, joined(path, key))

    def _missing(self, value: Mapping[Any, Any], path: str) -> Iterator[str]:
        for key in self.required:
            if key not in value:
                yield f"{joined(path, key)}: is missing"
        if self.any_of and not any(key in value for key in self.any_of):
            yield f"{path}: needs one of {', '.join(self.any_of)}"
        if len(value) < self.least:
            yield f"{path}: is empty"
        if self.most is not None and len(value) > self.most:
            yield f"{path}: must have at most {self.most} keys, not {len(value)}"


def told(value: Any) -> str:
    """A value in a message, short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a dictionary"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def meant(word: str, words: Sequence[str] | Mapping[str, Any]) -> str:
    close = get_close_matches(word, list(words), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def joined(path: str, key: Any) -> str:
    """The path of a key below `path`."""
    name = str(key)
    readable = name if name and all(letter.isalnum() or letter in "_-" for letter in name) else f"[{name!r}]"
    if not path:
        return readable
    return f"{path}{readable}" if readable.startswith("[") else f"{path}.{readable}"
