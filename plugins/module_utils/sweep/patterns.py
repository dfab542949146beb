# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of names, as a shell has them: one that no name can match is refused, as it would protect nothing. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .errors import SweepError

CLASS = r"\[!?[^\[\]]+\]"


@dataclass(frozen=True)
class Names:
    """A kind of names: what they are called, and the characters that they have, as in a character class of `re`."""

    words: str
    characters: str
    told: str

    def refuse_unmatchable(self, option: str, patterns: Sequence[str]) -> None:
        """Raises SweepError for the first pattern that none of these names can match."""
        one = rf"[{self.characters}*?]|{CLASS}"
        for pattern in patterns:
            classes = re.findall(CLASS, pattern)
            matchable = re.fullmatch(f"(?:{one})+", pattern) and all(map(self._is_matchable, classes))
            # `[/aws/lambda/a]` is a list in YAML, and as a pattern one character
            if not matchable or classes == [pattern]:
                raise SweepError(
                    f"{option} holds {pattern!r}, which matches no {self.words}; expected {self.told}, with * and ? for"
                    " any: write each pattern on its own, without quotes."
                )

    def _is_matchable(self, one: str) -> bool:
        """Whether a class such as `[a-z]` has a character of these names: `[z-a]` has none."""
        some = re.findall(f"[{self.characters}]", string.printable)
        return any(fnmatchcase(character, one) for character in some)


# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
LOG_GROUPS = Names("log group's name", r"\.\-_/#A-Za-z0-9", "letters, digits and . - _ / #")
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
DATABASES = Names("database's identifier", r"\-A-Za-z0-9", "letters, digits and -")
ENGINES = Names("engine", r"\-A-Za-z0-9", "letters, digits and -")
# https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationTask.html
TASKS = Names("replication task's identifier", r"\-A-Za-z0-9", "letters, digits and -")
