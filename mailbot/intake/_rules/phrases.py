"""Phrases of intake.toml: ways of putting something, looked for in squeezed text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mailbot.policy import Phrases

_GAPS = re.compile(r"[\s\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_NEVER = re.compile(r"(?!)")
WILD = 60
"""What `*` may stand for at most, in characters: keeps the search linear."""


def squeeze(text: str) -> str:
    """NFKC, lower case, without white space and invisible characters: what phrases are compared with."""
    return _GAPS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def says(phrases: Phrases, squeezed: str) -> bool:
    """Whether any of the phrases stands in `squeezed`."""
    return compiled(phrases).search(squeezed) is not None


@lru_cache(maxsize=128)
def compiled(phrases: Phrases) -> re.Pattern[str]:
    """One expression for all phrases; one that never matches where there are none."""
    parts = [_expression(phrase) for phrase in phrases if phrase.strip("^*$ ")]
    return re.compile("|".join(parts)) if parts else _NEVER


def _expression(phrase: str) -> str:
    bare = phrase.removeprefix("^").removesuffix("$")
    words = f".{{0,{WILD}}}?".join(re.escape(squeeze(word)) for word in bare.split("*"))
    return f"{'^' if phrase.startswith('^') else ''}{words}{'$' if phrase.endswith('$') else ''}"


@lru_cache(maxsize=128)
def any_of(phrases: Phrases) -> re.Pattern[str]:
    """The words themselves, longest first, to be taken out of a text."""
    words = sorted((re.escape(squeeze(word)) for word in phrases if word.strip()), key=len, reverse=True)
    return re.compile("|".join(words)) if words else _NEVER


@lru_cache(maxsize=16)
def prefixes(words: Phrases, own: Phrases) -> re.Pattern[str]:
    """Reply, forward and our own marks at the beginning of a squeezed subject: 're:回复:re[2]:回执:'.

    One of ours, the group `own`, counts behind what a program put before it too: '[工单12]回执:'.
    """
    foreign = rf"(?:(?:{any_of(words).pattern})(?:\[\d+\])?:)*"
    ours = rf"(?:.{{0,{WILD}}}(?<!\w))?(?P<own>(?:{any_of(own).pattern}):)"
    return re.compile(rf"^{foreign}(?:{ours}{foreign})*")


@lru_cache(maxsize=16)
def secrecy(levels: Phrases, stars: Phrases, labels: Phrases) -> re.Pattern[str]:
    """密级标志 in text as written: a level beside a star in either order, or a level after a label.

    Blanks may stand between all characters; the star may stand in brackets of its own.
    """
    level, star, label = (
        f"(?:{'|'.join(_spaced(word) for word in words)})" for words in (levels, stars, labels)
    )
    opening = r"[\s　]*[（(【\[〔〈<]?[\s　]*"
    closing = r"[\s　]*[）)】\]〕〉>]?[\s　]*"
    marks = []
    if levels and stars:
        marks += [f"{level}{opening}{star}", f"{level}{closing}{star}", f"{star}{closing}{level}"]
    if levels and labels:
        marks.append(f"{label}{closing}[：:]?{opening}{level}")
    return re.compile("|".join(marks)) if marks else _NEVER


def _spaced(word: str) -> str:
    return r"[\s\u200b-\u200f\u2060\ufeff]{0,8}".join(re.escape(character) for character in word)
