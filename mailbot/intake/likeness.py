"""How like two texts are: fingerprints to find candidates by, a share to judge them by, passages to show.

For 雷同 and 网络抄袭 (考评办法 三(一)).  A likeness only proposes; a person decides.  Texts are compared bare
(NFKC, letters and digits only), so that spacing and punctuation hide nothing.  Costs are linear in length.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from mailbot.intake._count import bare

_GRAM = 8
_SHARE_GRAM = 5
_SHORT_TEXT = 300
_MOST_PLACES = 4
"""Places of one run that are tried: a text that repeats itself must not cost its square."""


@lru_cache(maxsize=8)
def fingerprints(text: str) -> tuple[int, ...]:
    """Sorted 32-bit numbers of 8-character runs: those that divide by 8, by 4 for texts under 300 characters.

    A run is kept or not whatever stands around it, and what a long text keeps a short one keeps too, so that
    texts of any lengths can be compared.  () for fewer than 8 characters.  The last few are remembered: one
    text is asked for by the search for likenesses, the corpus and the register in turn.
    """
    plain = bare(text)
    sieve = 4 if len(plain) < _SHORT_TEXT else 8
    data = plain.encode("utf-32-le", "replace")
    numbers = {crc32(data[at : at + 4 * _GRAM]) for at in range(0, len(data) - 4 * _GRAM + 1, 4)}
    return tuple(sorted(number for number in numbers if number % sieve == 0))


def containment(a: str, b: str) -> float:
    """The share of the 5-character runs of `a` that stand in `b` too, 0 to 1; 0 where `a` has none."""
    return containments(a, (b,))[0]


def containments(a: str, others: Iterable[str]) -> list[float]:
    """containment() of one text in each of several."""
    ours = _grams(a)
    return [len(ours & _grams(other)) / len(ours) if ours else 0.0 for other in others]


def shared_passages(a: str, b: str, *, minimum: int = 13, most: int = 5) -> tuple[str, ...]:
    """The longest runs that `a` has in common with `b`, longest first, as `a` writes them.

    `minimum` is their least length in bare characters.  Runs do not overlap in `a`; a run is given once.
    """
    ours, theirs = _Positions.of(a), bare(b)
    runs = sorted(_common_runs(ours.plain, theirs, minimum), key=lambda run: (-run.length, run.start))
    passages: dict[str, str] = {}
    for run in runs:
        passages.setdefault(ours.plain[run.start : run.start + run.length], ours.written(run))
        if len(passages) == most:
            break
    return tuple(passages.values())


class _Run(NamedTuple):
    start: int
    length: int


class _Positions(NamedTuple):
    """A text, its bare form, and where in the text each bare character comes from."""

    text: str
    plain: str
    places: list[int]

    @classmethod
    def of(cls, text: str) -> _Positions:
        plain: list[str] = []
        places: list[int] = []
        for place, character in enumerate(text):
            usual = character.isalnum() and unicodedata.is_normalized("NFKC", character)
            kept = character if usual else bare(character)
            plain.append(kept)
            places.extend([place] * len(kept))
        return cls(text, "".join(plain), places)

    def written(self, run: _Run) -> str:
        """The run as written, from its first letter or digit to its last."""
        return self.text[self.places[run.start] : self.places[run.start + run.length - 1] + 1]


def _grams(text: str) -> set[str]:
    plain = bare(text)
    return {plain[at : at + _SHARE_GRAM] for at in range(len(plain) - _SHARE_GRAM + 1)}


def _common_runs(a: str, b: str, minimum: int) -> Iterator[_Run]:
    """Runs of `a` of at least `minimum` characters that stand in `b`, found from left to right."""
    places = _places(b, minimum)
    at = 0
    while at + minimum <= len(a):
        length = max(
            (_extent(a, at, b, place, minimum) for place in places.get(a[at : at + minimum], ())), default=0
        )
        if length:
            yield _Run(at, length)
        at += length or 1


def _places(text: str, length: int) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for at in range(len(text) - length + 1):
        found = places.setdefault(text[at : at + length], [])
        if len(found) < _MOST_PLACES:
            found.append(at)
    return places


def _extent(a: str, at: int, b: str, place: int, known: int) -> int:
    """How long the two texts stay equal from two places on, `known` characters being so."""
    step, length = 64, known
    while a[at + length : at + length + step] == b[place + length : place + length + step] != "":
        if len(a) - at - length < step or len(b) - place - length < step:
            break
        length += step
    while at + length < len(a) and place + length < len(b) and a[at + length] == b[place + length]:
        length += 1
    return length
