"""A subject as a line of characters: cleaned text, its folded twin of the same length, and its bracket pairs.

Folding (half width, simplified, lower case, one dash, one space) is one character for one, so that a place in
the folded twin is the same place in the text as written.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from dataclasses import dataclass, field

from mailbot.lexicon import Variants

MAX_CHARS = 1000
"""A subject is read no further (docs/intake.md, Decoding)."""

PAIRS = {
    "(": ")", "[": "]", "{": "}", "【": "】", "〔": "〕", "〖": "〗", "<": ">", "《": "》", "〈": "〉",
    "「": "」", "『": "』", "“": "”", "‘": "’", "〝": "〞",
}  # fmt: skip
QUOTES = frozenset("《〈“‘〝")
"""Opening marks that mostly belong to a title; the other pairs mostly hold a field."""
_CLOSERS = {close: open_ for open_, close in PAIRS.items()}

SEPARATORS = frozenset(" -_+/\\|、,;。:·…~>→*&●■◆▲▼★☆※=#^`")
"""Folded characters that may stand between fields.  A full stop counts only between other than digits."""

_FOLDS = {
    char: folded
    for folded, chars in {
        "-": "‐‑‒–—―─━﹣−ー﹘﹉",
        "|": "｜丨│┃¦∣︱ⅼ",
        "·": "•‧・∙⋅●○◦▪",
        "~": "～∼〜˜﹋",
        ">": "⇒➜➔➡»›▶►⟶",
        "*": "★☆※＊✱",
        "+": "＋﹢➕",
        "/": "⁄∕╱",
        "…": "‥⋯⋮",
        "、": "﹑､",
        ":": "﹕︰∶",
        ",": "﹐，",
        ";": "﹔",
        ".": "﹒",
        "。": "｡",
        "_": "﹏",
        '"': "＂",
        "(": "﹙❨",
        ")": "﹚❩",
        "〔": "﹝",
        "〕": "﹞",
        "〈": "⟨",
        "〉": "⟩",
        "◆": "◇",
        "■": "□",
        "▲": "△",
        "▼": "▽",
    }.items()
    for char in chars
}
_DROPPED = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\u2614\u2615\u2648-\u2653\u2693\u26a0-\u26ab\u26bd-\u27bf\u2b50\u2b55\u20e3"
    "\U0001f000-\U0001f4dd\U0001f4df-\U0001f4f0\U0001f4f2-\U0001faff\U000e0000-\U000e0fff]"
)
"""What has no width or is a picture; the telephone signs stay, for they are labels."""
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")


def _one_for_one() -> dict[int, str]:
    table: dict[int, str] = {}
    for low, high in (
        (0x2000, 0x2070),
        (0x2460, 0x24FF),
        (0x3000, 0x3001),
        (0xFE30, 0xFE70),
        (0xFF01, 0xFFE6),
    ):
        for code in range(low, high):
            folded = unicodedata.normalize("NFKC", chr(code))
            if len(folded) == 1 and not (0x2460 <= code < 0x2500):
                table[code] = folded
    table.update({code: " " for code in range(0x3001) if chr(code).isspace()})
    table.update({ord(c): f for c, f in _FOLDS.items()})
    table.update({code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})
    for code, folded in list(table.items()):
        table[code] = table.get(ord(folded), folded)
    return table


_TABLE = _one_for_one()


def fold_table(variants: Variants) -> dict[int, str]:
    """The table that str.translate folds by."""
    return {
        **_TABLE,
        **{ord(t): sys.intern(s) for t, s in zip(variants.traditional, variants.simplified, strict=True)},
    }


def clean(subject: str) -> str:
    """The first 1,000 characters without pictures, zero-width characters and controls."""
    text = _DROPPED.sub("", subject[:MAX_CHARS])
    return _CONTROLS.sub(" ", text)


@dataclass(slots=True)
class Line:
    """A subject being read.  `blank` places were courtesy, tags or the like: nothing can join across them."""

    text: str
    norm: str
    pairs: dict[int, int] = field(default_factory=dict)
    """Opening place to closing place."""
    tags: list[str] = field(default_factory=list)
    solicited: bool = False
    """Whether one of the tags is a 约稿."""

    def blank(self, start: int, end: int, *, tag: bool = False) -> None:
        """Replaces a stretch by the hard separator NUL."""
        if tag:
            self.tags.append(self.text[start:end])
            self.solicited = self.solicited or "约稿" in self.norm[start:end]
        self.norm = f"{self.norm[:start]}{BLANK * (end - start)}{self.norm[end:]}"


BLANK = "\x00"
CLOSERS = frozenset(PAIRS.values()) | {'"', "'"}
_MAY_CUT = SEPARATORS | CLOSERS | frozenset(PAIRS) | {BLANK, "."}


def cuts(norm: str, at: int) -> bool:
    """Whether a separator, a bracket or something blanked stands there."""
    char = norm[at]
    if char not in _MAY_CUT:
        return False
    return char == BLANK or char in PAIRS or char in CLOSERS or is_separator(norm, at)


def is_separator(norm: str, at: int) -> bool:
    """Whether the character can stand between two fields here: not between digits or Latin letters."""
    char = norm[at]
    if char not in SEPARATORS:
        return char == "." and not _joins(norm, at)
    if char in "-:~/、·+*&,":
        return not _joins(norm, at)
    return True


def _joins(norm: str, at: int) -> bool:
    before, after = norm[at - 1 : at] if at else "", norm[at + 1 : at + 2]
    if before.isdigit() and after.isdigit() and before.isascii() and after.isascii():
        return True
    return (
        norm[at] not in "、,~:"
        and before.isascii()
        and before.isalnum()
        and after.isascii()
        and after.isalnum()
    )


def pair_up(norm: str, skip: list[tuple[int, int]]) -> dict[int, int]:
    """Matches brackets and quotation marks, linear; those inside `skip` (telephone numbers) are left out."""
    pairs: dict[int, int] = {}
    stack: list[tuple[str, int]] = []
    opens: dict[str, int] = {}
    skipped = {at for start, end in skip for at in range(start, end)}
    for at, char in enumerate(norm):
        if at in skipped:
            continue
        if char in ('"', "'"):
            opener = char
            closing = opens.get(char, 0) > 0
        elif char in PAIRS:
            opener, closing = char, False
            if char in "“‘" and opens.get(char, 0) > 0:
                closing = True
        elif char in _CLOSERS:
            opener = _CLOSERS[char]
            closing = opens.get(opener, 0) > 0
            if not closing and char not in "”’":
                continue
        else:
            continue
        if not closing:
            stack.append((opener, at))
            opens[opener] = opens.get(opener, 0) + 1
            continue
        while stack:
            top, place = stack.pop()
            opens[top] -= 1
            if top == opener:
                pairs[place] = at
                break
    return pairs
