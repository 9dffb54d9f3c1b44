"""Looks at a rendered document as a person with a ruler would: lines, margins, page numbers, tables.

Pages come from pdftotext -bbox-layout (boxes in points from the upper left), ink from pdftoppm.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from conftest import need

FONTS = Path(__file__).parent / "data" / "fonts.conf"
MM = 72 / 25.4
LEFT, RIGHT, TOP, BOTTOM = 28 * MM, 26 * MM, 37 * MM, 35 * MM
"""The margins of GB/T 9704-2012 in points."""
INK = 128
DOTS = 150

_PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.S)
_WORD = re.compile(
    r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)" yMax="([-\d.]+)">(.*?)</word>', re.S
)
_NUMBER = re.compile(r"—(\d+)—")


@dataclass(frozen=True)
class Word:
    x0: float
    y0: float
    x1: float
    y1: float
    text: str

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


@dataclass(frozen=True)
class Line:
    """Words whose middles lie on one height."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)

    @property
    def x0(self) -> float:
        return min(word.x0 for word in self.words)

    @property
    def x1(self) -> float:
        return max(word.x1 for word in self.words)

    @property
    def middle(self) -> float:
        return self.words[0].middle


@dataclass(frozen=True)
class Page:
    number: int
    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def landscape(self) -> bool:
        return self.width > self.height

    @property
    def lines(self) -> list[Line]:
        """The lines of the 版心 of an upright page, from top to bottom."""
        inside = sorted(
            (word for word in self.words if TOP - 6 < word.middle < self.height - BOTTOM + 6),
            key=lambda word: word.middle,
        )
        rows: list[list[Word]] = []
        for word in inside:
            if rows and word.middle - rows[-1][0].middle < 6:
                rows[-1].append(word)
            else:
                rows.append([word])
        return [Line(tuple(sorted(row, key=lambda word: word.x0))) for row in rows]

    @property
    def text(self) -> str:
        """Everything on the page in reading order, without spaces."""
        return re.sub(r"\s", "", "".join(line.text for line in self.lines))

    def column(self, x0: float, x1: float) -> str:
        """The text whose words begin between two distances from the left edge, in mm, without spaces."""
        found = [line for line in self.lines for word in line.words if x0 * MM <= word.x0 < x1 * MM]
        words = [word for line in dict.fromkeys(found) for word in line.words if x0 * MM <= word.x0 < x1 * MM]
        return re.sub(r"\s", "", "".join(word.text for word in words))

    @property
    def foot(self) -> Line | None:
        """The page number of an upright page."""
        below = [word for word in self.words if word.middle > self.height - BOTTOM + 6]
        return Line(tuple(sorted(below, key=lambda word: word.x0))) if below else None


def rendered(document: bytes, directory: Path, name: str = "document") -> Path:
    """The PDF that LibreOffice makes of a .docx, with a profile of its own and the fonts of tests/data."""
    soffice = need("soffice")
    source = directory / f"{name}.docx"
    source.write_bytes(document)
    subprocess.run(
        [
            soffice,
            f"-env:UserInstallation={(directory / 'profile').as_uri()}",
            *("--headless", "--convert-to", "pdf", "--outdir", str(directory), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=180,
        env=os.environ | {"FONTCONFIG_FILE": str(FONTS)},
    )
    return directory / f"{name}.pdf"


def pages_of(pdf: Path) -> list[Page]:
    done = subprocess.run(
        [need("pdftotext"), "-bbox-layout", str(pdf), "-"], check=True, capture_output=True, timeout=60
    )
    return [
        Page(number, float(width), float(height), tuple(_words_in(body)))
        for number, (width, height, body) in enumerate(_PAGE.findall(done.stdout.decode()), 1)
    ]


def _words_in(body: str) -> Iterator[Word]:
    for x0, y0, x1, y1, text in _WORD.findall(body):
        yield Word(float(x0), float(y0), float(x1), float(y1), html.unescape(text))


def page_number(page: Page) -> int | None:
    """What the page says its number is."""
    match = _NUMBER.fullmatch(re.sub(r"\s", "", page.foot.text)) if page.foot else None
    return int(match[1]) if match else None


def full_lines(page: Page) -> list[Line]:
    """Lines of Chinese alone that begin at the left edge and end at the right one."""
    return [
        line
        for line in page.lines
        if abs(line.x0 - LEFT) < 3
        and line.x1 > page.width - RIGHT - 6
        and re.fullmatch(r"[\u4e00-\u9fff]+", line.text)
    ]


def wide_lines(page: Page) -> list[tuple[Line, Line]]:
    """Lines of full-width characters alone, stops too, over the whole width; each with the line after it."""
    return [
        (line, following)
        for line, following in pairwise(page.lines)
        if abs(line.x0 - LEFT) < 3
        and line.x1 > page.width - RIGHT - 18
        and following.x0 < LEFT + 3
        and re.fullmatch(r"[\u4e00-\u9fff，。、；：？！（）《》〔〕]+", line.text)
    ]


def excused(line: Line, following: Line) -> bool:
    """Whether 避头尾 shortens a line: a stop must not begin the next one, nor an opening bracket end this."""
    start = following.text[:2]
    return len(line.text) == 27 and (start[1:] in _STOPS or start[:1] in _OPENING)


_STOPS = tuple("，。、；：？！）》〕”")
_OPENING = tuple("（《〔“")


@dataclass(frozen=True)
class Ink:
    """A page as dots; `rows` says of each row which columns are dark, in points from the edges."""

    width: int
    height: int
    dots: bytes

    def box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float] | None:
        """The least box in points around all ink inside the given one."""
        scale = DOTS / 72
        columns = range(max(0, int(x0 * scale)), min(self.width, int(x1 * scale)))
        rows = range(max(0, int(y0 * scale)), min(self.height, int(y1 * scale)))
        dark = [(x, y) for y in rows for x in columns if self.dots[y * self.width + x] < INK]
        if not dark:
            return None
        xs, ys = [x for x, _ in dark], [y for _, y in dark]
        return min(xs) / scale, min(ys) / scale, (max(xs) + 1) / scale, (max(ys) + 1) / scale


def ink_of(pdf: Path, page: int) -> Ink:
    done = subprocess.run(
        [need("pdftoppm"), "-gray", "-r", str(DOTS), "-f", str(page), "-l", str(page), str(pdf)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", done.stdout)
    assert head
    return Ink(int(head[1]), int(head[2]), done.stdout[head.end() :])
