"""What frames the text of an official document: page numbers (7.5), 版头 (7.2) and 版记 (7.4)."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.render._ooxml import Writer, field, indent, paragraph, width_of
from mailbot.render._titles import filled
from mailbot.render.blocks import Imprint, RedHead
from mailbot.render.typography import Typography

_NUMBER_CHARACTER = 280
"""一字 of the page number's 4号, in twips."""
_TEXT_WIDTH = 8845
_TURNED_X, _TURNED_Y, _TURNED_WIDTH = 1427, 1587, 320
"""The number's cell on a page that is turned: as wide as its line, its middle 28 mm from the left edge."""
_MARK_BELOW = 1984
"""版头: the office's mark begins 35 mm below the 版心's upper edge."""


def edge(typography: Typography, *, even: bool, top: bool, turned: bool) -> str:
    """What stands at the head or foot of a page: the number, or an empty paragraph.

    Odd pages have it at the right, even ones at the left, one character in.  On a turned page it
    stays where it is on the sheet: on the left edge as one reads, turned with the sheet.
    """
    if turned and top:
        return _turned_number(typography, even=even) + paragraph("Page")
    if turned or top:
        return paragraph("Page")
    return paragraph("Page", _number(typography), _place(even=even))


def _place(*, even: bool) -> str:
    if even:
        return indent(left=_NUMBER_CHARACTER)
    return indent(right=_NUMBER_CHARACTER) + '<w:jc w:val="right"/>'


def _number(typography: Typography) -> str:
    """— 1 —: a dash either side."""
    write = Writer(typography)
    return write.runs("— ", "Page") + field("PAGE", "1") + write.runs(" —", "Page")


def _turned_number(typography: Typography, *, even: bool) -> str:
    """A cell as tall as the 版心 in the left margin, its text running downwards, 7 mm from the 版心."""
    number = paragraph("Page", _number(typography), _place(even=even))
    return (
        '<w:tbl><w:tblPr><w:tblpPr w:leftFromText="0" w:rightFromText="0" w:vertAnchor="page" '
        'w:horzAnchor="page" '
        f'w:tblpX="{_TURNED_X}" w:tblpY="{_TURNED_Y}"/><w:tblW w:w="{_TURNED_WIDTH}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        '<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{_TURNED_WIDTH}"/></w:tblGrid>'
        f'<w:tr><w:trPr><w:trHeight w:val="{_TEXT_WIDTH}" w:hRule="exact"/></w:trPr>'
        f'<w:tc><w:tcPr><w:tcW w:w="{_TURNED_WIDTH}" w:type="dxa"/><w:textDirection w:val="tbRl"/>'
        f'<w:vAlign w:val="center"/></w:tcPr>{number}</w:tc></w:tr></w:tbl>'
    )


def red_head(write: Writer, block: RedHead) -> Iterator[str]:
    """发文机关标志 as large as one line takes, 发文字号 two lines below, the red line 4 mm below that."""
    half_points = min(120, int(2 * _TEXT_WIDTH / 20 / max(width_of(block.office), 1)))
    size = f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'
    runs = write.runs(block.office, "OfficeMark", extra=size)
    yield paragraph("OfficeMark", runs, f'<w:spacing w:before="{_MARK_BELOW}"/>')
    yield paragraph("Normal") * 2
    line = '<w:pBdr><w:bottom w:val="single" w:sz="18" w:space="11" w:color="FF0000"/></w:pBdr>'
    yield write.paragraph("DocumentNumber", block.number, line)


def imprint(write: Writer, block: Imprint) -> Iterator[str]:
    """版记, at the last page's foot: 抄送 if any; 印发机关 left, 印发日期 right; 4号, one character in.

    A frame and no table: Word, WPS and LibreOffice all hold a frame to the lower edge of the 版心, but
    LibreOffice 7 leaves a table where the text ends.  Its paragraphs are alike in all but their text, without
    indents, and their rules stand in the style, for else they are no one frame.
    """
    words = write.typography
    if block.copies:
        label = f"{words.copies}："
        room = _TEXT_WIDTH // _NUMBER_CHARACTER - 2 - width_of(label)
        lines = filled(f"{block.copies}。", room)
        blank = "\u3000" * (1 + len(label))
        told = (f"\u3000{label}{lines[0]}", *(blank + line for line in lines[1:]))
        yield write.lines("Imprint", told, _FRAME)
    issued = write.runs(words.day(block.date) + words.printed, "Imprint")
    runs = write.runs(f"\u3000{block.printer}", "Imprint") + "<w:r><w:tab/></w:r>" + issued
    yield paragraph("Imprint", runs, _FRAME)
    yield paragraph("Gap")


_FRAME = (
    f'<w:framePr w:w="{_TEXT_WIDTH}" w:hSpace="0" w:vSpace="0" w:wrap="around" w:vAnchor="margin" '
    'w:hAnchor="margin" w:xAlign="center" w:yAlign="bottom"/>'
)
