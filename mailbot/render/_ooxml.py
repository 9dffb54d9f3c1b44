"""WordprocessingML as text: runs, paragraphs, tables, sections.

Text is cleaned here, at the last moment before it becomes XML, so that no mail can spoil a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from xml.sax.saxutils import escape, quoteattr

from mailbot.render._styles import CHARACTER, FONT_OF
from mailbot.render.blocks import Align, GroupRow, HeadCell, Table
from mailbot.render.typography import Typography

PORTRAIT = (11906, 16838)
MARGINS = (2098, 1474, 1984, 1587)
"""上 37, 右 26, 下 35, 左 28 mm in twips."""
TWIPS_PER_MM = 1440 / 25.4
CLOSING = 3
"""Last rows of a table that stand on one page, so that 合计 is never there alone."""
SMALL_GROUP = 5
"""Rows that stay on the page of the row that names them."""

# What XML 1.0 cannot hold, C1 controls, and marks that turn the order of reading round.
_UNFIT = re.compile(
    "[^\\t\\n\\r\\x20-\\x7e\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]|[\u202a-\u202e\u2066-\u2069\ufeff]"
)
_WHITE = re.compile(r"[\t\n\r\u2028\u2029]+")


def clean(text: str) -> str:
    """One line of text that any XML reader takes: no controls, U+FFFE, lone surrogates or bidi overrides."""
    return _WHITE.sub(" ", _UNFIT.sub("", text))


@lru_cache(maxsize=8192)
def _is_rare(character: str) -> bool:
    """Whether a Chinese character lies outside GB 2312, and so outside fonts such as 仿宋_GB2312."""
    if not (
        "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or character >= "\U00020000"
    ):
        return False
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False


def width_of(text: str) -> float:
    """Width in characters of the same size: ASCII counts a half, as the figures of Times New Roman do."""
    return sum(0.5 if character < "\u0100" else 1 for character in text)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes text in the fonts of one Typography."""

    typography: Typography

    def runs(self, text: str, style: str = "Normal", *, lead: str = "", extra: str = "") -> str:
        """Runs for `text` in a paragraph of `style`; `lead` is a character style, `extra` run properties."""
        font = self.typography.fonts[FONT_OF.get(lead or style, "body")]
        other = self.typography.rare_fonts.get(font)
        rare = f" w:eastAsia={quoteattr(other)}" if other else ""
        chosen = f'<w:rStyle w:val="{lead}"/>' if lead else ""
        return "".join(
            f'<w:r><w:rPr>{chosen}<w:rFonts w:hint="eastAsia"{rare if is_rare else ""}/>{extra}</w:rPr>'
            f'<w:t xml:space="preserve">{escape("".join(part))}</w:t></w:r>'
            for is_rare, part in groupby(clean(text), _is_rare)
        )

    def paragraph(self, style: str, text: str = "", properties: str = "") -> str:
        return paragraph(style, self.runs(text, style), properties)

    def lines(self, style: str, lines: Sequence[str], properties: str = "") -> str:
        """One paragraph with a line break after each line but the last."""
        return paragraph(
            style, "<w:r><w:br/></w:r>".join(self.runs(line, style) for line in lines), properties
        )

    def table(self, table: Table) -> str:
        widths = [round(width * TWIPS_PER_MM) for width in table.widths]
        aligns = table.aligns or (Align.CENTER,) * len(widths)
        suffix = "12" if table.size >= 12 else "10"
        height, edge = (425, 28) if table.size >= 12 else (340, 14)
        head = "".join(self._head_row(row, suffix, height) for row in _placed(table.head, widths))
        kept = _kept(table.rows)
        rows = "".join(
            self._group_row(row, suffix, height, widths)
            if isinstance(row, GroupRow)
            else self._row(row, suffix, height, widths, aligns, keep=place in kept)
            for place, row in enumerate(table.rows)
        )
        return f"<w:tbl>{_table_properties(widths, edge)}{head}{rows}</w:tbl>"

    def _head_row(self, cells: Iterable[_Placed], suffix: str, height: int) -> str:
        inner = "".join(
            _cell(self.paragraph(f"Head{suffix}", cell.text), cell.width, cell.columns, cell.merge)
            for cell in cells
        )
        return _table_row(inner, height, head=True)

    def _group_row(self, row: GroupRow, suffix: str, height: int, widths: list[int]) -> str:
        text = self.paragraph(f"Group{suffix}", row.text)
        return _table_row(_cell(text, sum(widths), len(widths)), height)

    def _row(
        self,
        row: Sequence[str],
        suffix: str,
        height: int,
        widths: list[int],
        aligns: Sequence[Align],
        *,
        keep: bool,
    ) -> str:
        together = "<w:keepNext/>" if keep else ""
        cells = (
            _cell(
                self.paragraph(
                    f"Cell{suffix}",
                    text,
                    together + ("" if align is Align.CENTER else _justified(align)),
                ),
                width,
            )
            for text, width, align in zip(row, widths, aligns, strict=True)
        )
        return _table_row("".join(cells), height)


def paragraph(style: str, runs: str = "", properties: str = "") -> str:
    """`properties` are elements of w:pPr in the order of the schema."""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{runs}</w:p>'


def indent(*, left: int = 0, right: int = 0, hanging: int = 0, first: int | None = None) -> str:
    """w:ind in twips, for styles that set no indent in characters (that would win in Word)."""
    start = f'w:hanging="{hanging}"' if hanging else f'w:firstLine="{first or 0}"'
    return f'<w:ind w:left="{left}" w:right="{right}" {start}/>'


def section_xml(*, landscape: bool) -> str:
    """w:sectPr: A4, the 版心 of 156 x 225 mm, lines on a grid.  Turned left, its top lies at the 订口."""
    width, height = PORTRAIT
    top, right, bottom, left = MARGINS
    turned = ""
    if landscape:
        width, height, turned = height, width, ' w:orient="landscape"'
        top, right, bottom, left = left, top, right, bottom
    return (
        f'<w:sectPr><w:type w:val="nextPage"/><w:pgSz w:w="{width}" w:h="{height}"{turned}/>'
        f'<w:pgMar w:top="{top}" w:right="{right}" w:bottom="{bottom}" w:left="{left}" '
        f'w:header="{FROM_EDGE}" w:footer="{FROM_EDGE}" w:gutter="0"/>'
        '<w:docGrid w:type="lines" w:linePitch="579"/></w:sectPr>'
    )


FROM_EDGE = 1434
"""25.3 mm between the page's edge and the page number's line: its dash is then 7 mm below the 版心."""


def field(code: str, shown: str) -> str:
    """A field such as PAGE, with what stands in its place until it is updated."""
    return f'<w:fldSimple w:instr=" {code} "><w:r><w:t>{shown}</w:t></w:r></w:fldSimple>'


def characters(count: float) -> int:
    """Width of so many 3号 characters, in twips."""
    return round(count * CHARACTER)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A head cell in its place; `merge` is '', 'restart' or 'continue' downwards."""

    text: str
    column: int
    columns: int
    width: int
    merge: str


def _placed(head: Sequence[Sequence[HeadCell]], widths: Sequence[int]) -> list[list[_Placed]]:
    """Head rows as cells from left to right, with the lower parts of tall cells filled in."""
    grid: list[list[_Placed]] = [[] for _ in head]
    for number, row in enumerate(head):
        column = 0
        for cell in row:
            column = _free(grid[number], column)
            width = sum(widths[column : column + cell.columns])
            for below in range(cell.rows):
                merge = "" if cell.rows == 1 else ("continue" if below else "restart")
                text = "" if below else cell.text
                grid[number + below].append(_Placed(text, column, cell.columns, width, merge))
            column += cell.columns
    return [sorted(row, key=lambda cell: cell.column) for row in grid]


def _kept(rows: Sequence[Sequence[str] | GroupRow]) -> set[int]:
    """Places of rows that stay on the page of the next: the last ones, those of small groups."""
    last = len(rows) - 1
    kept = set(range(max(0, last - CLOSING + 1), last))
    starts = [place for place, row in enumerate(rows) if isinstance(row, GroupRow)]
    for start, end in pairwise((*starts, len(rows))):
        if end - start - 1 <= SMALL_GROUP:
            kept |= set(range(start, end - 1))
    return kept


def _free(row: Sequence[_Placed], column: int) -> int:
    taken = {c for cell in row for c in range(cell.column, cell.column + cell.columns)}
    while column in taken:
        column += 1
    return column


def _table_properties(widths: Sequence[int], edge: int) -> str:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{sides}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        f'<w:top w:w="{edge}" w:type="dxa"/><w:left w:w="57" w:type="dxa"/>'
        f'<w:bottom w:w="{edge}" w:type="dxa"/><w:right w:w="57" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{columns}</w:tblGrid>"
    )


def _table_row(cells: str, height: int, *, head: bool = False) -> str:
    repeated = "<w:tblHeader/>" if head else ""
    return (
        f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="atLeast"/>{repeated}</w:trPr>'
        f"{cells}</w:tr>"
    )


def _cell(content: str, width: int, columns: int = 1, merge: str = "") -> str:
    span = f'<w:gridSpan w:val="{columns}"/>' if columns > 1 else ""
    down = f'<w:vMerge w:val="{merge}"/>' if merge else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{down}<w:vAlign w:val="center"/></w:tcPr>'
        f"{content}</w:tc>"
    )


def _justified(align: Align) -> str:
    return f'<w:jc w:val="{align.value}"/>'
