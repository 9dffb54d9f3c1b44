"""The body of a 通报 as its template gives it, line by line -> blocks; numbering is done here.

'# ' begins a first-level heading, '## ' a second-level one (what follows its first full stop runs on in the
same paragraph), '- ' a point of a list.  Numbers are counted out of what is really there, so that a passage
which is left out leaves no gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from mailbot.render import masking
from mailbot.render.blocks import Block, Heading, Paragraph
from mailbot.render.figures import ItemFigures
from mailbot.render.wording import Texts

_MARK = re.compile(r"(#{1,4}|-)\s+(.*)")
_STOP = "。"


def body_blocks(text: str, forms: Texts) -> tuple[Block, ...]:
    """Blocks of one passage, with headings and points numbered as `forms` (numbering.j2) has it."""
    return tuple(_Numbering(forms).blocks(text.splitlines()))


def without_contacts(item: ItemFigures) -> ItemFigures:
    """The item with no phone or address in its title, whatever a sender wrote there."""
    return replace(item, title=masking.without_contacts(item.title))


def as_typed(lines: Sequence[str], forms: Texts, *, points: bool = False) -> tuple[str, ...]:
    """Lines as people type them, numbers and all, marked as templates mark theirs; numbers are counted anew.

    `points`: each line is a point of a list, however it was numbered.
    """
    patterns = [
        ("" if mark == "- " else mark, _number_pattern(forms, key))
        for mark, key in (("# ", "level1"), ("## ", "level2"), ("- ", "point"))
    ]
    return tuple(_remarked(line.strip(), patterns, points=points) for line in lines if line.strip())


def _number_pattern(forms: Texts, key: str) -> re.Pattern[str]:
    numerals = rf"(?:[{re.escape(forms.text('numerals'))}]{{1,3}})"
    before, after = (re.escape(part) for part in forms.filled(key, number="\0").split("\0"))
    return re.compile(before + numerals + after)


def _remarked(line: str, patterns: Sequence[tuple[str, re.Pattern[str]]], *, points: bool) -> str:
    written = _MARK.fullmatch(line)
    mark, text = (f"{written[1]} ", written[2]) if written else ("", line)
    for sign, pattern in patterns:
        if not mark and (match := pattern.match(text)):
            mark, text = sign or "- ", text[match.end() :]
    return f"- {text}" if points else mark + text


class _Numbering:
    """Counts headings by level: a heading of one level begins those below it anew."""

    def __init__(self, forms: Texts) -> None:
        self._forms = forms
        self._numerals = forms.text("numerals")
        for key in ("level1", "level2", "level3", "level4", "point"):
            forms.filled(key, number="")
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
        shown = self._forms.filled(f"level{level}", number=number) + lead
        return Heading(level=level, text=shown + stop if rest else shown, run_on=rest)

    def _points(self, texts: Sequence[str]) -> Iterator[Paragraph]:
        """A single point needs no number."""
        for number, text in enumerate(texts, 1):
            mark = self._forms.filled("point", number=self.numeral(number)) if len(texts) > 1 else ""
            yield Paragraph(text=mark + text)

    def numeral(self, number: int) -> str:
        """1 to 99 in Chinese."""
        tens, ones = divmod(number, 10)
        ten = self._numerals[9]
        head = ("" if tens == 1 else self._numerals[tens - 1]) + ten if tens else ""
        return head + (self._numerals[ones - 1] if ones else "")
