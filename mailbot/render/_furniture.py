"""What frames the text of an official document: page numbers (7.5), 版头 (7.2) and 版记 (7.4)."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.render._ooxml import Writer, field, indent, paragraph, width_of
from mailbot.render.blocks import Imprint, RedHead
from mailbot.render.typography import Typography

_NUMBER_CHARACTER = 280
"""一字 of the page number's 4号, in twips."""
_TEXT_WIDTH = 8845
_IMPRINT_WIDTH = _TEXT_WIDTH - 20
"""A third of a millimetre under the 版心's width: LibreOffice floats no table that is as wide as the text."""
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
    """版记, at the last page's foot: 抄送 if any; 印发机关 left, 印发日期 right; 4号, one character in."""
    words = write.typography
    rows = []
    if block.copies:
        hanging = indent(left=_NUMBER_CHARACTER * 4, right=_NUMBER_CHARACTER, hanging=_NUMBER_CHARACTER * 3)
        rows.append(write.paragraph("Imprint", f"{words.copies}：{block.copies}。", hanging))
    tabs = f'<w:tabs><w:tab w:val="right" w:pos="{_IMPRINT_WIDTH - _NUMBER_CHARACTER}"/></w:tabs>'
    issued = write.runs(words.day(block.date) + words.printed, "Imprint")
    runs = write.runs(block.printer, "Imprint") + "<w:r><w:tab/></w:r>" + issued
    rows.append(paragraph("Imprint", runs, tabs + indent(left=_NUMBER_CHARACTER)))
    cell = f'<w:tcPr><w:tcW w:w="{_IMPRINT_WIDTH}" w:type="dxa"/></w:tcPr>'
    cells = "".join(f"<w:tr><w:trPr><w:cantSplit/></w:trPr><w:tc>{cell}{row}</w:tc></w:tr>" for row in rows)
    grid = f'<w:tblGrid><w:gridCol w:w="{_IMPRINT_WIDTH}"/></w:tblGrid>'
    yield f"<w:tbl>{_imprint_properties()}{grid}{cells}</w:tbl>"
    yield paragraph("Gap")


def _imprint_properties() -> str:
    """At the foot of the 版心, with lines of 0.35 mm (one point) at its edges and 0.25 mm within."""
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="auto"/>'
        for side, size in (("top", 8), ("bottom", 8), ("insideH", 6))
    )
    return (
        '<w:tblPr><w:tblpPr w:leftFromText="0" w:rightFromText="0" w:vertAnchor="margin" '
        'w:horzAnchor="margin" '
        f'w:tblpXSpec="center" w:tblpYSpec="bottom"/><w:tblW w:w="{_IMPRINT_WIDTH}" w:type="dxa"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    )
