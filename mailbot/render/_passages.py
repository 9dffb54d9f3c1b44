"""The body of a 通报 as its template gives it, line by line -> blocks; numbering is done here.

'# ' begins a first-level heading, '## ' a second-level one (what follows its first full stop runs on in the
same paragraph), '- ' a point of a list.  Numbers are counted out of what is really there, so that a passage
which is left out leaves no gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from mailbot.render.blocks import Block, Heading, Paragraph
from mailbot.render.figures import ItemFigures
from mailbot.render.wording import Wording

_MARK = re.compile(r"(#{1,4}|-)\s+(.*)")
_STOP = "。"
# Only a person's: mobile numbers, numbers with an area code, mail addresses; in digits of any width.
_CONTACT = re.compile(
    r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}[-\u2010-\u2015\uff0d ]?\d{7,8})(?!\d)"
    r"|[\w.+-]+[@\uff20][\w-]+(?:\.[\w-]+)+"
)


def body_blocks(text: str, wording: Wording) -> tuple[Block, ...]:
    """Blocks of one passage, with headings and points numbered."""
    return tuple(_Numbering(wording.settings("bulletin/numbering.j2")).blocks(text.splitlines()))


def without_contacts(item: ItemFigures) -> ItemFigures:
    """The item with no phone or address in its title, whatever a sender wrote there."""
    return replace(item, title=" ".join(_CONTACT.sub(" ", item.title).split()))


class _Numbering:
    """Counts headings by level: a heading of one level begins those below it anew."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._numerals = str(settings["numerals"])
        self._formats = {level: str(settings[f"level{level}"]) for level in range(1, 5)}
        self._point = str(settings["point"])
        self._counts = [0] * 5

    def blocks(self, lines: Sequence[str]) -> Iterator[Block]:
        for is_point, group in groupby(lines, key=lambda line: line.startswith("- ")):
            marked = [_MARK.fullmatch(line) or line for line in group]
            if is_point:
                yield from self._points([part[2] for part in marked if not isinstance(part, str)])
            else:
                yield from (
                    Paragraph(text=p) if isinstance(p, str) else self._heading(p[1], p[2]) for p in marked
                )

    def _heading(self, mark: str, text: str) -> Heading:
        level = len(mark)
        self._counts[level] += 1
        self._counts[level + 1 :] = [0] * (4 - level)
        count = self._counts[level]
        number = self.numeral(count) if level <= 2 else str(count)
        lead, stop, rest = text.partition(_STOP)
        shown = self._formats[level].format(number) + lead
        return Heading(level=level, text=shown + stop if rest else shown, run_on=rest)

    def _points(self, texts: Sequence[str]) -> Iterator[Paragraph]:
        """A single point needs no number."""
        for number, text in enumerate(texts, 1):
            mark = self._point.format(self.numeral(number)) if len(texts) > 1 else ""
            yield Paragraph(text=mark + text)

    def numeral(self, number: int) -> str:
        """1 to 99 in Chinese."""
        tens, ones = divmod(number, 10)
        ten = self._numerals[9]
        head = ("" if tens == 1 else self._numerals[tens - 1]) + ten if tens else ""
        return head + (self._numerals[ones - 1] if ones else "")
