# Copyright: Contributors to the sysops.aws collection
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags that people type by hand, compared with the tag that an option names: the same, nearly the same, or another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase

WILDCARDS = frozenset("*?[")

# what people write for yes and for no in a tag that protects; an empty value is a bare label
TRUE_WORDS = frozenset({"true", "yes", "y", "1", "on", "keep", "x"})
FALSE_WORDS = frozenset({"false", "no", "n", "0", "off"})
# the wanted words beside which any value but a word for no is a slip; `keep` may be one of several: `Lifecycle: keep`
AFFIRMATIONS = TRUE_WORDS - {"keep", "x"}
# of a key pattern, which may meet any tag
PLAIN_TRUE_WORDS = TRUE_WORDS - {"1", "keep", "x"}

# in a shorter word, one letter makes another word: `dev` and `rev`, `team-a` and `team-b`
SHORTEST_WITH_SLIP = 4
SHORTEST_WITH_PLURAL = 3
# values of one tag are often words of one length: `gold` and `cold`
SHORTEST_VALUE_WITH_WRONG_LETTER = 5
SHORTEST_JOINED_WITH_WRONG_LETTER = 8


class Match(IntEnum):
    """How a tag's key or value compares with the wanted one. Both a near and an exact one protect."""

    NO = 0
    NEAR = 1
    EXACT = 2


@dataclass(frozen=True)
class WantedTag:
    """A tag that an option names. A key or value with `*` or `?` is a pattern; all else is compared without case."""

    key: str
    value: str

    @property
    def has_key_pattern(self) -> bool:
        return _is_pattern(self.key)

    def match_key(self, key: str) -> Match:
        return _match(key, self.key, SHORTEST_WITH_SLIP)

    def match_value(self, value: str) -> Match:
        """A wanted word for yes is met by each of them, and nearly met by all that is no word for no; a wanted word for
        no by each word for no. Beside a key pattern, nothing is nearly met."""
        wanted, word = self.value.strip().casefold(), value.strip().casefold()
        if self.has_key_pattern:
            same_word = any({wanted, word} <= words for words in (PLAIN_TRUE_WORDS, FALSE_WORDS))
            return Match.EXACT if same_word else _exactly(_match(value, self.value, SHORTEST_VALUE_WITH_WRONG_LETTER))
        if (wanted in TRUE_WORDS and (word in TRUE_WORDS or not word)) or {wanted, word} <= FALSE_WORDS:
            return Match.EXACT
        if wanted in AFFIRMATIONS:
            # `CostCentre: 1` is a number among others, not a word for yes
            another_number = wanted.isdigit() and word.isdigit()
            return Match.NO if word in FALSE_WORDS or another_number else Match.NEAR
        return _match(value, self.value, SHORTEST_VALUE_WITH_WRONG_LETTER)


def _is_pattern(wanted: str) -> bool:
    return not WILDCARDS.isdisjoint(wanted)


def _exactly(match: Match) -> Match:
    return match if match is Match.EXACT else Match.NO


def _match(text: str, wanted: str, shortest_with_wrong_letter: int) -> Match:
    text, wanted = text.casefold(), wanted.casefold()
    if text == wanted:
        return Match.EXACT
    if _is_pattern(wanted):
        return Match.EXACT if fnmatchcase(text, wanted) else Match.NO
    return Match.NEAR if is_near(text, wanted, shortest_with_wrong_letter) else Match.NO


def is_near(text: str, wanted: str, shortest_with_wrong_letter: int = SHORTEST_WITH_SLIP) -> bool:
    """Whether two texts differ in blanks and separators alone, or in one word by one slip: a letter too many, too few,
    swapped with its neighbour, or wrong. Digits never differ by a slip: `prod-1` is not `prod-2`."""
    words, wanted_words = _words(text), _words(wanted)
    joined, wanted_joined = "".join(words), "".join(wanted_words)
    if not wanted_joined:
        return not text.strip() and not wanted.strip()
    if joined == wanted_joined:
        return True
    if len(words) != len(wanted_words):
        # `cost_center` and `CostCentre`
        words, wanted_words = [joined], [wanted_joined]
        shortest_with_wrong_letter = max(SHORTEST_JOINED_WITH_WRONG_LETTER, shortest_with_wrong_letter)
    pairs = [(one, other) for one, other in zip(words, wanted_words, strict=True) if one != other]
    return len(pairs) == 1 and _is_slip(*pairs[0], shortest_with_wrong_letter)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def _is_slip(word: str, wanted: str, shortest_with_wrong_letter: int) -> bool:
    if _digits(word) != _digits(wanted):
        return False
    shorter, longer = sorted((word, wanted), key=len)
    if longer == f"{shorter}s":
        return len(shorter) >= SHORTEST_WITH_PLURAL
    one, other = _differing(word, wanted)
    if len(one) == len(other) == 1:
        return len(wanted) >= shortest_with_wrong_letter
    swapped = len(one) == 2 and one == other[::-1]
    return len(wanted) >= SHORTEST_WITH_SLIP and (swapped or len(one) + len(other) == 1)


def _digits(word: str) -> str:
    return "".join(filter(str.isdigit, word))


def _differing(one: str, other: str) -> tuple[str, str]:
    """What is left of two words without their common beginning and end."""
    for _side in range(2):
        common = next((at for at, pair in enumerate(zip(one, other, strict=False)) if len(set(pair)) > 1), None)
        common = min(len(one), len(other)) if common is None else common
        one, other = one[common:][::-1], other[common:][::-1]
    return one, other
